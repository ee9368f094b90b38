"""A page of transactions ready to be drawn: rows with finished texts, grouped by day, found by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Lower, NullIf

from budget.books.models import Book
from budget.ledger.days import Day, days_of
from budget.ledger.directory import Directory
from budget.ledger.filters import MOST_ROWS, NEWEST_FIRST, ROWS, Cursor, Search
from budget.ledger.models import TransactionQuerySet
from budget.ledger.rows import COLUMNS, Row, add_alternatives, row_of
from budget.money import from_units, to_units


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: the address that sorts by it, and how it is sorted now."""

    label: str
    url: str
    direction: str
    css: str


@dataclass(frozen=True)
class Page:
    """A page of the list with the addresses around it."""

    days: Sequence[Day]
    by_date: bool
    newer_url: str = ""
    older_url: str = ""
    more_url: str = ""

    @property
    def rows(self) -> list[Row]:
        """Every row of the page, in order."""
        return [row for day in self.days for row in day.rows]


def page(book: Book, names: Directory, search: Search) -> Page:
    """The rows that an address names. One query; its cost does not depend on how far down the page is."""
    by_date = search.sort_by == "date"
    if search.errors:
        return Page((), by_date)
    forward = search.cursor is None or search.cursor.is_after
    rows = _from(_keyed(search.of(book, names), search.sort_by), search)
    found = list(rows.values_list(*COLUMNS, "key")[: search.rows + 1])
    has_more = len(found) > search.rows
    found, peeked = found[: search.rows], found[search.rows :]
    if not forward:
        found.reverse()
    keys = [_token_key(values[-1], search.sort_by) for values in found]
    shown = [row_of(values[:-1], names) for values in found]
    add_alternatives(shown, names)
    older = has_more if forward else True
    newer = search.cursor is not None if forward else has_more
    beyond = peeked[0][1] if peeked and forward else None
    before = date.fromisoformat(search.cursor.key) if by_date and forward and search.cursor else None
    return Page(
        days=days_of(shown, names, {beyond, before} if forward else {row.day for row in shown[:1] + shown[-1:]})
        if by_date
        else ([Day("", "", "", False, shown)] if shown else []),
        by_date=by_date,
        newer_url=search.url(page=str(Cursor(False, shown[0].pk, keys[0]))) if newer and shown else "",
        older_url=search.url(page=str(Cursor(True, shown[-1].pk, keys[-1]))) if older and shown else "",
        more_url=_more_url(search) if forward and has_more and search.rows < MOST_ROWS else "",
    )


def headings(search: Search) -> list[Heading]:
    """The headings that sort, in the table's order. A second press turns the order around."""
    shown: tuple[tuple[str, str, str], ...] = (
        ("payee", "Payee", "py"),
        ("category", "Category", "kc"),
        ("amount", "Amount", "am r"),
    )
    if search.sort_by != "date":
        shown = (("date", "Date", "dt"), *shown)
    first = {"date": NEWEST_FIRST, "amount": "-amount"}
    made = []
    for name, label, css in shown:
        is_current = search.sort_by == name
        turned = name if search.is_descending else f"-{name}"
        wanted = turned if is_current else first.get(name, name)
        direction = ("descending" if search.is_descending else "ascending") if is_current else ""
        made.append(Heading(label, search.url(sort="" if wanted == NEWEST_FIRST else wanted), direction, css))
    return made


def _keyed(rows: TransactionQuerySet, by: str) -> TransactionQuerySet:
    """The rows with `key`, the value that they are sorted by."""
    if by == "payee":
        return rows.annotate(key=Lower(Coalesce(NullIf("payee", Value("")), "description")))
    if by == "category":
        label = Coalesce(NullIf("category__label", Value("")), "category__name", Value(""))
        return rows.annotate(key=Lower(label))
    return rows.annotate(key=F(by))


def _from(rows: TransactionQuerySet, search: Search) -> TransactionQuerySet:
    """Sorted, from the cursor on; a page before the cursor comes in reverse."""
    cursor = search.cursor
    descending = search.is_descending ^ (cursor is not None and not cursor.is_after)
    order = "-" if descending else ""
    if cursor is not None:
        beyond = "lt" if descending else "gt"
        key = _key(cursor.key, search.sort_by)
        # The first condition is a range of the index, the second only looks at the rows with the very same key.
        rows = rows.filter(**{f"key__{beyond}e": key})
        rows = rows.filter(Q(**{f"key__{beyond}": key}) | Q(**{f"pk__{beyond}": cursor.pk}))
    return rows.order_by(f"{order}key", f"{order}pk")


def _key(text: str, by: str) -> object:
    if by == "date":
        return date.fromisoformat(text)
    return from_units(int(text)) if by == "amount" else text


def _token_key(value: Any, by: str) -> str:
    if by == "date":
        return str(value.isoformat())
    return str(to_units(value)) if by == "amount" else str(value)


def _more_url(search: Search) -> str:
    place = {"page": search.given["page"]} if search.given.get("page") else {}
    return search.url(**place, rows=str(min(search.rows + ROWS, MOST_ROWS)))
