"""What the pages show of a month: the kept totals, as the reports read them, and the names that stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from budget.books.models import Book
from budget.history.rows import Values, shape_named, shape_of
from budget.ledger.models import Account, Category, MonthlyTotal
from budget.money import UNIT
from budget.months import Month
from budget.recount.tallies import Key
from budget.reports.queries import category_totals


class Figure(NamedTuple):
    """A number of rows and their sum in thousandths, out positive."""

    rows: int = 0
    units: int = 0


class Heading(NamedTuple):
    """What a page has one figure for: a category (None where there is none) or the transfers, in one currency."""

    category: int | None
    currency: str
    is_transfer: bool = False


@dataclass(frozen=True)
class Shown:
    """The kept totals by key, the figures of the reports, and every account, category and the book as they are."""

    kept: dict[Key, Figure]
    figures: dict[Heading, Figure]
    states: dict[str, dict[int, Values]]


def names(book: Book) -> dict[str, dict[int, Values]]:
    """Every account, category and the book as they are. Two queries."""
    states = {"account": _rows(book, Account), "category": _rows(book, Category)}
    return states | {"book": {book.pk: shape_of(Book).values(book)}}


def shown(book: Book, month: Month, states: dict[str, dict[int, Values]]) -> Shown:
    """What pages show of `month`, given `names`. Three queries."""
    kept = {
        Key(account, category, is_transfer): Figure(rows, int(total * UNIT))
        for account, category, is_transfer, rows, total in MonthlyTotal.objects.filter(
            book=book, month=month.first
        ).values_list("account_id", "category_id", "is_transfer", "count", "total")
    }
    figures = {
        Heading(total.category, total.currency): Figure(total.count, int(total.total * UNIT))
        for total in category_totals(book, month)
    }
    for key, figure in kept.items():
        if key.is_transfer:
            heading = Heading(None, currency_of(states, key.account), is_transfer=True)
            before = figures.get(heading, Figure())
            figures[heading] = Figure(before.rows + figure.rows, before.units + figure.units)
    return Shown(kept, figures, states)


def currency_of(states: Mapping[str, Mapping[int, Values]], account: int) -> str:
    """The currency of an account as these states have it; empty where they do not know it."""
    values = states["account"].get(account)
    return str(values[shape_of(Account).names.index("currency")]) if values else ""


def _rows(book: Book, model: type[Account] | type[Category]) -> dict[int, Values]:
    shape = shape_of(model)
    rows = model.objects.of(book).values_list("pk", *shape.names)
    return {pk: [c.write(v) for c, v in zip(shape.columns, values, strict=True)] for pk, *values in rows}


def value_of(model: str, values: Values, field: str) -> str:
    """One recorded value as text."""
    return str(values[shape_named(model).names.index(field)])


def name_of(states: Mapping[str, Mapping[int, Values]], model: str, pk: int) -> str:
    """What an account or category is called on pages; empty where these states do not know it."""
    values = states[model].get(pk)
    if not values:
        return ""
    label = value_of(model, values, "label") if model == "category" else ""
    return label or value_of(model, values, "name")
