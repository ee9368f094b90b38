"""The rows of the history in words: labels of fields, money in its account's currency, names of what rows point at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import models
from django.utils import timezone

from budget.books.models import Book
from budget.dates import spell_date
from budget.history.models import Action, Entry
from budget.history.rows import Column, Value, Values, shape_named
from budget.history.undoing import rows_of
from budget.money import MoneyField, format_with_currency, from_units
from budget.money.display import Sign

LABELS = {
    "amountrule.pattern": "Text contains",
    "category.is_archived": "Archived",
    "amount_since": "Amount holds since",
    "anchor": "Due on",
    "created_at": "Added",
    "confidence": "How sure, of 1,000",
    "envelope": "Budget",
    "external_id": "Bank's own id",
    "is_archived": "Closed",
    "is_income": "Income",
    "is_pending": "Not yet posted",
    "is_recurring": "Recurring",
    "is_transfer": "Transfer",
    "label": "Display name",
    "line": "In the bank's file",
    "model_version": "By model number",
    "pattern": "Proposed because of",
    "posts_from": "Records itself from",
    "predicted_category": "Proposed category",
    "rhythm": "How often",
    "tier": "Proposed by",
}
"""What people call a field whose name in the code says something else; one model's own before that of all."""
NOUNS = {
    "amountrule": ("rule", "rules"),
    "allocation": ("budget change", "budget changes"),
    "envelope": ("budget", "budgets"),
    "envelopetransfer": ("move of budget", "moves of budget"),
    "recurringseries": ("recurring payment", "recurring payments"),
    "settleddue": ("due date", "due dates"),
    "merchantmapping": ("known merchant", "known merchants"),
    "statementline": ("line", "lines"),
}
"""What people call rows whose model has a name of its own in the code."""
TITLES = ("payee", "description", "label", "name", "note")
"""The fields that say what a row is about, best first."""
NOTHING = "none"


@dataclass(frozen=True)
class FieldInWords:
    """One field of a recorded row; an empty text where there was no such row, or nothing in it."""

    name: str
    label: str
    before: str
    after: str

    @property
    def value(self) -> str:
        """What it is now, else what it was."""
        return self.after or self.before


@dataclass(frozen=True)
class RowInWords:
    """One recorded row: what it was called, and what is worth saying of its fields."""

    noun: str
    pk: int
    action: str
    title: str
    fields: list[FieldInWords] = field(default_factory=list)

    @property
    def is_change(self) -> bool:
        """Whether the row was there before and after."""
        return self.action == Action.UPDATE

    @property
    def verb(self) -> str:
        """What was done to it: added, changed, deleted."""
        return str(Action(self.action).label)

    @property
    def amount(self) -> str:
        """Its amount, if it is a row that has one."""
        return next((f.value for f in self.fields if f.name == "amount"), "")


def noun(model: str, count: int = 1) -> str:
    """What people call rows of a model."""
    if model in NOUNS:
        return NOUNS[model][count != 1]
    meta = apps.get_model("budget", model)._meta
    return str(meta.verbose_name if count == 1 else meta.verbose_name_plural)


class Wording:
    """Says the rows of one book's entries; finds the currencies of its accounts once, also of those that are gone."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.today = timezone.localdate()

    def rows(self, entry: Entry) -> Iterator[RowInWords]:
        """The entry's rows, in order."""
        names: Mapping[str, Mapping[str, str]] = json.loads(entry.payload)["names"]
        for pk, before, after in rows_of(entry):
            yield self._row(entry, names, pk, before, after)

    def _row(
        self, entry: Entry, names: Mapping[str, Mapping[str, str]], pk: int, before: Values | None, after: Values | None
    ) -> RowInWords:
        shape = shape_named(entry.model)
        known = dict(zip(shape.names, after or before or [], strict=True))
        currency = self._currency(known)
        fields = []
        for place, column in enumerate(shape.columns):
            old = before[place] if before else None
            new = after[place] if after else None
            if before and after:
                if old == new:
                    continue
            elif not (new if after else old):
                continue
            was = self._say(column, old, currency, names) if before else ""
            now = self._say(column, new, currency, names) if after else ""
            fields.append(FieldInWords(column.field.name, _label(column), was, now))
        return RowInWords(noun(entry.model), pk, entry.action, self._title(known, names, currency), fields)

    def _title(self, known: Mapping[str, Value], names: Mapping[str, Mapping[str, str]], currency: str) -> str:
        for name in TITLES:
            if known.get(name):
                return str(known[name])
        for name in ("category_id", "envelope_id", "series_id", "incoming_id", "user_id"):
            target = known.get(name)
            if target and names.get(name, {}).get(str(target)):
                return names[name][str(target)]
        return ""

    def _say(self, column: Column, value: Value, currency: str, names: Mapping[str, Mapping[str, str]]) -> str:
        if value is None or value == "":
            return NOTHING
        if column.target is not None:
            return names.get(column.name, {}).get(str(value)) or f"{noun(column.target._meta.model_name or '')} {value}"
        if isinstance(column.field, MoneyField):
            sign: Sign = "income" if column.field.model._meta.model_name == "transaction" else "result"
            return format_with_currency(from_units(int(value)), currency, sign=sign)
        if isinstance(column.field, models.DateTimeField):
            return spell_moment(column.read(value), self.today)
        if isinstance(column.field, models.DateField):
            return spell_date(column.read(value), self.today)
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(dict(column.field.flatchoices).get(value, value))

    def _currency(self, known: Mapping[str, Any]) -> str:
        """What the row's amounts are in: its own currency, its account's, else the book's."""
        if known.get("currency"):
            return str(known["currency"])
        account = known.get("account_id")
        return self._currencies.get(account, self.book.currency) if account else self.book.currency

    @cached_property
    def _currencies(self) -> dict[int, str]:
        """Every account's currency; two queries, whatever the number of rows."""
        account = apps.get_model("budget", "account")
        gone = Entry.objects.of(self.book).filter(model="account", action=Action.DELETE)
        found: dict[int, str] = {}
        place = shape_named("account").names.index("currency")
        for entry in gone.order_by("pk"):
            for pk, before, _ in rows_of(entry):
                assert before is not None  # a deletion says what was there
                found[pk] = str(before[place])
        found.update(account._base_manager.filter(book=self.book).values_list("pk", "currency"))
        return found


def spell_moment(at: datetime, today: date) -> str:
    """``Fri 20 Nov, 14:05``, in the server's zone."""
    local = timezone.localtime(at)
    return f"{spell_date(local.date(), today)}, {local:%H:%M}"


def _label(column: Column) -> str:
    name = column.field.name
    own = LABELS.get(f"{column.field.model._meta.model_name}.{name}")
    label = own or LABELS.get(name) or str(column.field.verbose_name)
    return label[:1].upper() + label[1:]


def summed_up(counts: Iterable[tuple[str, str, int]]) -> str:
    """What a change did, from `(model, action, rows)`: "3 transactions added, 1 account changed"."""
    parts = [f"{count:,} {noun(model, count)} {Action(action).label}" for model, action, count in counts]
    return ", ".join(parts)
