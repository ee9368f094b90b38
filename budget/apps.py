"""The product as a Django app."""

from django.apps import AppConfig


class BudgetConfig(AppConfig):
    """One app made of feature packages; the gathering modules say which."""

    name = "budget"
    verbose_name = "Budget Tracker"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what runs beside the models: system checks, schema guards, the keeper of monthly totals."""
        from budget import checks, guards  # noqa: F401  (imported for their registration)
        from budget.categorization import dependence as filing_dependence
        from budget.categorization import starter
        from budget.categorization import undoing as filing_undoing
        from budget.envelopes import dependence
        from budget.envelopes import undoing as plan_undoing
        from budget.ledger import taxonomy, totals, undoing
        from budget.recurring import dependence as recurring_dependence
        from budget.recurring import links
        from budget.recurring import undoing as recurring_undoing
        from budget.statements import dependence as statements_dependence
        from budget.statements import undoing as statements_undoing

        totals.register()
        guards.register()
        taxonomy.register()
        undoing.register()
        dependence.register()
        plan_undoing.register()
        filing_dependence.register()
        filing_undoing.register()
        starter.register()
        statements_dependence.register()
        statements_undoing.register()
        links.register()
        recurring_dependence.register()
        recurring_undoing.register()
