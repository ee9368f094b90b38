"""The app that judges a release. It has no models: it reads what the product wrote, and keeps its evidence in files."""

from django.apps import AppConfig


class VerificationConfig(AppConfig):
    """Registers the commands `release_check` and `release_verify`, and the pages of evidence."""

    name = "verification"
    verbose_name = "Release evidence"

    def ready(self) -> None:
        """Put the link to the pages before administrators."""
        from budget.context_processors import staff_link

        staff_link("Evidence", "proof", "/evidence/")
