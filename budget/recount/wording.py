"""What a recount says to people: the badge's few words, and every row that differs in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from budget.dates import spell_date
from budget.money import format_amount, from_units
from budget.money.currencies import fits
from budget.money.display import MINUS, format_with_currency
from budget.recount.comparing import Altered, FigureLine, Finding

FIELD_NAMES = {
    "account_id": "account",
    "category_id": "category",
    "external_id": "bank's id",
    "is_income": "income",
    "is_pending": "announced",
    "is_transfer": "transfer",
    "opening_balance": "opening balance",
    "parent_id": "parent",
    "created_at": "time of entry",
}
MONEY = {"amount", "opening_balance"}


def headline(finding: Finding) -> str:
    """``Food differs by 0.50``: the most that differs, in a few words."""
    lines = finding.differing
    if lines:
        first = lines[0]
        by = f" by {amount(first.difference, first.currency)}" if first.difference else ""
        if len(lines) == 1:
            return f"{first.name} differs{by}"
        return f"{first.name} differs{by}, and {len(lines) - 1} more"
    if finding.altered:
        return f"{_who(finding.altered[0])} was altered"
    return "its history was altered" if finding.problems else "its rows were altered"


def sentence(altered: Altered, today: date) -> str:
    """``Transaction 812, Bakery, 3 Oct: 12.51 in the table, 12.50 in the history``."""
    who = _who(altered)
    if altered.date:
        who += f", {_day(altered.date, today)}"
    if altered.field:
        name = "" if altered.field == "amount" else f"{FIELD_NAMES.get(altered.field, altered.field)} "
        table, then = (_value(altered, value, today) for value in (altered.table, altered.history))
        return f"{who}: {name}{table} in the table, {then} in the history"
    value = altered.table if altered.in_table else altered.history
    size = f", {amount(value, altered.currency)}" if isinstance(value, int) else ""
    where = "in the table, not in the history" if altered.in_table else "in the history, not in the table"
    return f"{who}{size}: {where}"


def line_texts(line: FigureLine) -> dict[str, object]:
    """One figure as a row of the page's table."""
    shown, table, then = (amount(units, line.currency) for units in line.units)
    return {
        "name": line.name,
        "currency": line.currency,
        "shown": shown,
        "table": table,
        "history": then,
        "counts": [f"{rows:,}" for rows in line.rows],
        "difference": amount(line.difference, line.currency),
        "differs": line.differs,
    }


def totals(finding: Finding, currency: str) -> Sequence[tuple[str, str]]:
    """What was counted: the month's two sums."""
    return [
        ("Spent", format_with_currency(from_units(finding.spent), currency)),
        ("Income", format_with_currency(from_units(finding.earned), currency)),
    ]


def _who(altered: Altered) -> str:
    if altered.model == "transaction":
        return f"Transaction {altered.pk}, {altered.name}"
    return f"{altered.model.capitalize()} {altered.name or altered.pk}"


def _value(altered: Altered, value: object, today: date) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if altered.field in MONEY and isinstance(value, int):
        return amount(value, altered.currency)
    if altered.field == "date":
        return _day(str(value), today)
    return f"“{value}”"


def amount(units: int, currency: str) -> str:
    """Thousandths as an amount of their currency, or exactly as they are where it has fewer decimals."""
    value = from_units(units)
    if currency and fits(value, currency):
        return format_amount(value, currency)
    return f"{value:,}".replace("-", MINUS)


def _day(text: str, today: date) -> str:
    """``3 Oct``, with the year where it is another than today's; an altered date as it is written."""
    try:
        return spell_date(date.fromisoformat(text), today).partition(" ")[2]
    except ValueError:
        return f"“{text}”"
