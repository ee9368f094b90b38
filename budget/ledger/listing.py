"""A page of transactions ready to be drawn: rows with finished texts, grouped by day, found by keyset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, Value
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
    rows, key = _keyed(search.of(book, names), search.sort_by)
    found = list(_from(rows, key, search).values_list(*COLUMNS, key)[: search.rows + 1])
    has_more = len(found) > search.rows
    found, peeked = found[: search.rows], found[search.rows :]
    if not forward:
        found.reverse()
    shown = [row_of(values, names) for values in found]
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
        newer_url=search.url(page=str(_cursor(False, found[0], search.sort_by))) if newer and shown else "",
        older_url=search.url(page=str(_cursor(True, found[-1], search.sort_by))) if older and shown else "",
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


def _keyed(rows: TransactionQuerySet, by: str) -> tuple[TransactionQuerySet, str]:
    """The rows, and the name of the value that they are sorted by."""
    if by == "payee":
        return rows.annotate(key=Lower(Coalesce(NullIf("payee", Value("")), "description"))), "key"
    if by == "category":
        label = Coalesce(NullIf("category__label", Value("")), "category__name", Value(""))
        return rows.annotate(key=Lower(label)), "key"
    return rows, by


def _from(rows: TransactionQuerySet, name: str, search: Search) -> TransactionQuerySet:
    """Sorted, from the cursor on; a page before the cursor comes in reverse."""
    cursor = search.cursor
    descending = search.is_descending ^ (cursor is not None and not cursor.is_after)
    order = "-" if descending else ""
    if cursor is not None:
        beyond = "lt" if descending else "gt"
        key = _key(cursor.key, search.sort_by)
        # The first condition is a range of the index, the second only looks at the rows with the very same key.
        rows = rows.filter(**{f"{name}__{beyond}e": key})
        rows = rows.filter(Q(**{f"{name}__{beyond}": key}) | Q(**{f"pk__{beyond}": cursor.pk}))
    return rows.order_by(f"{order}{name}", f"{order}pk")


def _key(text: str, by: str) -> object:
    if by == "date":
        return date.fromisoformat(text)
    return from_units(int(text)) if by == "amount" else text


def _cursor(is_after: bool, values: Sequence[Any], by: str) -> Cursor:
    """The place of a row, from what was read of it: first its id, last its key."""
    key = values[-1]
    if by == "date":
        return Cursor(is_after, values[0], key.isoformat())
    return Cursor(is_after, values[0], str(to_units(key) if by == "amount" else key))


def _more_url(search: Search) -> str:
    place = {"page": search.given["page"]} if search.given.get("page") else {}
    return search.url(**place, rows=str(min(search.rows + ROWS, MOST_ROWS)))
