"""What a page says after a write: what was done, with its Undo."""

from __future__ import annotations

from django.contrib import messages
from django.urls import reverse

from budget.history.models import Change
from budget.http import HtmxRequest

ALREADY = "Already saved."


def undo_url(request: HtmxRequest, since: int) -> str:
    """Where the change is taken back that this request made; empty if it wrote nothing.

    Args:
        since: the version of the book before.
    """
    version = request.book.version
    if version <= since:
        return ""
    made = Change.objects.of(request.book).filter(number=version, by=request.user).exists()
    return reverse("history:undo", args=[version]) if made else ""


def say(request: HtmxRequest, text: str, since: int | None = None) -> None:
    """Show a sentence on the page that comes next; `since`, the book's version before, gives it its Undo."""
    messages.info(request, text, extra_tags="" if since is None else undo_url(request, since))
