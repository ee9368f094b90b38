"""What a table's column of states says of a row: booked, only announced, or never come about.

Revolut's export lists payments that were reverted or declined with their amount, and pending ones without a date.
"""

from __future__ import annotations

from budget.statements.formats.delimited_words import PENDING
from budget.statements.formats.layout import plain_name
from budget.statements.formats.texts import shorten

UNDONE = (
    "reverted", "failed", "declined", "rejected", "cancelled", "canceled", "voided", "void", "expired",
    "fehlgeschlagen", "abgelehnt", "storniert", "abgebrochen", "refuse", "annule", "echoue", "rechazado", "rechazada",
    "cancelado", "cancelada", "anulado", "fallido", "rifiutato", "annullato", "respinto", "odrzucona", "anulowana",
    "geweigerd", "geannuleerd", "mislukt", "交易关闭",
)  # fmt: skip
"""States of payments that moved no money in the end."""


def is_announced(state: str) -> bool:
    """Whether a row is a movement that is still to be booked."""
    return plain_name(state) in PENDING


def why_no_movement(state: str, column: str, *, has_date: bool) -> str:
    """Why a row with an amount moves nothing, or not yet; empty where it is a movement.

    Args:
        column: what the column of states is called.
        has_date: whether the row says when it was booked; what is announced without that has no day to stand on.
    """
    if plain_name(state) in UNDONE:
        return f"It moves nothing: “{shorten(column, 30)}” says “{shorten(state.strip(), 30)}”."
    if not has_date and is_announced(state):
        return f"“{shorten(state.strip(), 30)}” and without a date: it is not booked yet. A later file will have it."
    return ""
