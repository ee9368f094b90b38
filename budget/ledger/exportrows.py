"""The rows of an export: what a filter finds, oldest first, a page at a time.

Every page is one query by keyset, and a second one where it has transfers: no cursor stays open on a pooled connection,
and memory stays flat. Rows of one day come by their account's name and then in the order in which they were written:
nothing of that depends on ids, so a book that was filled from such a file gives the same file again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, CharField, ExpressionWrapper, F, Q
from django.db.models.functions import Cast, Collate

from budget.books.models import Book
from budget.ledger.directory import Directory, directory
from budget.ledger.exporting import Exported, category_path, plain_units
from budget.ledger.filters import Search
from budget.ledger.models import AccountTransfer

FIRST_ROWS, ROWS_AT_ONCE = 200, 4000
COLUMNS = (
    "pk", "day", "account_id", "payee", "description", "category_id", "is_transfer", "units", "note", "place",
)  # fmt: skip


def exported_pages(book: Book, names: Directory, search: Search) -> Iterator[list[Exported]]:
    """All rows that match, whatever page of the list was asked for. The first page is short, so that it comes soon."""
    collation = "BINARY" if connection.vendor == "sqlite" else "C"
    rows = search.of(book, names).annotate(
        place=Collate("account__name", collation),
        day=Cast("date", CharField()),
        units=ExpressionWrapper(F("amount"), output_field=BigIntegerField()),  # without a Decimal for each
    )
    rows = rows.order_by("date", "place", "pk")
    paths = _paths(names)
    after, size = rows, FIRST_ROWS
    while found := list(after.values_list(*COLUMNS)[:size]):
        if not ({row[2] for row in found} <= names.accounts.keys() and {row[5] for row in found} <= paths.keys()):
            # made after the export began
            names = directory(book)
            paths = _paths(names)
        yield _exported(found, names, paths)
        if len(found) < size:
            return
        pk, day, *_, place = found[-1]
        # The first condition is a range of the index, the second only looks at the rows of that very day.
        beyond = Q(date__gt=day) | Q(place__gt=place) | Q(place=place, pk__gt=pk)
        after, size = rows.filter(beyond, date__gte=day), ROWS_AT_ONCE


def _exported(found: list[tuple[Any, ...]], names: Directory, paths: Mapping[int | None, str]) -> list[Exported]:
    others = _other_sides([row[0] for row in found if row[6]])
    accounts = {pk: (names.accounts[pk].name, names.accounts[pk].currency) for pk in {row[2] for row in found}}
    days = {day: dt.date.fromisoformat(day) for day in {row[1] for row in found}}
    amounts = {key: plain_units(-key[0], accounts[key[1]][1]) for key in {(row[7], row[2]) for row in found}}
    made = []
    for pk, day, account, payee, description, category, _, units, note, _ in found:
        name, currency = accounts[account]
        other = names.accounts[others[pk]].name if pk in others else ""
        made.append(
            Exported(
                days[day], name, payee, description, paths[category], other, amounts[units, account], currency, note
            )
        )
    return made


def _paths(names: Directory) -> dict[int | None, str]:
    found: dict[int | None, str] = {None: ""}
    for category in names.categories.values():
        parent = names.categories.get(category.parent or 0)
        found[category.pk] = category_path(category.name, parent.name if parent else "")
    return found


def _other_sides(legs: list[int]) -> dict[int, int]:
    """The account of the other side, by the ids of some legs."""
    if not legs:
        return {}
    pairs = AccountTransfer.objects.filter(Q(outgoing__in=legs) | Q(incoming__in=legs)).values_list(
        "outgoing", "incoming", "outgoing__account", "incoming__account"
    )
    others: dict[int, int] = {}
    for outgoing, incoming, source, target in pairs:
        others[outgoing], others[incoming] = target, source
    return others
