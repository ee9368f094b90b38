"""What all accounts in the book's currency have together, month by month."""

from __future__ import annotations

from decimal import Decimal

from budget.reports.accounts import Balances
from budget.reports.dashboard import Dashboard
from budget.reports.showing import signed

ZERO = Decimal("0.00")


def worths_of(read: Dashboard, held: Balances) -> list[Decimal | None]:
    """Net worth at the end of each month of the dashboard: what there is now, with what left later put back.

    None before the first row of the book, and from a month on that is held back.
    """
    found: list[Decimal | None] = []
    for month in read.months:
        is_known = read.first is not None and read.first <= month and not any(each <= month for each in read.held)
        later = sum((flow.lost for each, flow in read.flows.items() if each > month), ZERO)
        found.append(held.total + later if is_known else None)
    return found


def worth_change(read: Dashboard, currency: str) -> str:
    """How net worth moved in the month shown, as ``+1,208.11``; empty where nothing did."""
    lost = read.flow(read.shown).lost
    return signed(-lost, currency) if lost else ""
