"""What an archive of a book holds: which rows, in which order, and how each of their fields is written in it.

Every model of a book is either here or among `DERIVED`, which is made anew from the others, or in `APART`, which has a
form of its own in the archive. Who may open a book belongs to where it is kept, not to the book: members stay behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import models

from budget.books.models import Book, Membership
from budget.categorization.models import AmountRule, MerchantMapping, TrainedModel
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.files.models import FilePart, StoredFile
from budget.history.models import Change, Entry
from budget.history.rows import Column, column_of
from budget.ledger.models import Account, AccountTransfer, Category, MonthlyTotal, Transaction
from budget.recount.models import BookRecount, MonthRecount
from budget.recurring.models import RecurringSeries, SeriesRow, SeriesSearch, SettledDue
from budget.statements.models import (
    Certificate,
    RejectedTransfer,
    RememberedColumns,
    Statement,
    StatementImport,
    StatementLine,
)
from budget.users.models import User

Translate = Callable[[str, int], int | None]
"""Given the name of a model and an id: the id that stands for it on the other side."""


@dataclass(frozen=True)
class Table:
    """A model whose rows travel; `loose` names fields that hold ids without being foreign keys, and of which model."""

    model: type[models.Model]
    loose: Mapping[str, str]

    @property
    def name(self) -> str:
        """The model's name, as the history has it."""
        return self.model._meta.model_name or ""

    @property
    def member(self) -> str:
        """Its file in the archive."""
        return f"rows/{self.name}.jsonl"

    @cached_property
    def columns(self) -> Sequence[Column]:
        """What travels of a row, its id aside: not whose it is, nor who of another place's users did it."""
        left = {"id", "book_id", *(("version", "head") if self.model is Book else ())}
        return [
            column_of(field)
            for field in self.model._meta.concrete_fields
            if field.attname not in left and field.related_model is not User
        ]

    @cached_property
    def names(self) -> list[str]:
        """The fields' names, in order; a foreign key's ends in `_id`."""
        return [column.name for column in self.columns]

    @cached_property
    def pointing(self) -> Mapping[str, str]:
        """The fields that hold ids, and the names of the models whose ids they are."""
        keys = {c.name: c.target._meta.model_name or "" for c in self.columns if c.target is not None}
        return {**keys, **self.loose}


TABLES: Sequence[Table] = [
    Table(model, loose)
    for model, loose in (
        (Book, {}),
        (StoredFile, {}),
        (Account, {}),
        (Category, {}),
        (StatementImport, {}),
        (Statement, {}),
        (StatementLine, {"same_as_id": "statementline", "matched_id": "transaction"}),
        (Transaction, {}),
        (AccountTransfer, {}),
        (Envelope, {}),
        (Allocation, {}),
        (EnvelopeTransfer, {}),
        (AmountRule, {}),
        (MerchantMapping, {}),
        (Certificate, {}),
        (RecurringSeries, {}),
        (SettledDue, {}),
        (RememberedColumns, {}),
        (RejectedTransfer, {"outgoing_id": "transaction", "incoming_id": "transaction"}),
    )
]
"""In the order in which they are written: what is pointed at comes first."""

APART = frozenset({Change, Entry, FilePart, Membership})
"""The history and the files have members of their own; who may open the book stays where it was."""

DERIVED = frozenset({MonthlyTotal, BookRecount, MonthRecount, TrainedModel, SeriesRow, SeriesSearch})
"""Made anew where the book arrives."""

NAMED = {table.name: table for table in TABLES}

LEFT_BEHIND = "membership"
"""Of the history: who was let in, by ids of people whom no other place knows."""

CHANGES, ENTRIES, FILES, MANIFEST = "history/changes.jsonl", "history/entries.jsonl", "files/", "manifest.json"
FORMAT, VERSION = "budget-tracker-book", 1


def translated(table: Table, values: dict[str, Any], of: Translate) -> dict[str, Any]:
    """A row's values with every id as the other side knows it."""
    for name, space in table.pointing.items():
        if values[name] is not None:
            values[name] = of(space, values[name])
    if table.model is StatementImport:
        values["answers"] = _answers(values["answers"], of)
    return values


def _answers(said: Any, of: Translate) -> Any:
    """What a person said of a file names accounts by id: one for all of it, or one for each part."""

    def other(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (int, str)) or not str(value).isdecimal():
            return value
        found = of("account", int(value))
        return value if found is None else type(value)(found)

    if not isinstance(said, dict):
        return said
    changed = dict(said)
    if "account" in said:
        changed["account"] = other(said["account"])
    if isinstance(said.get("accounts"), dict):
        parts = said["accounts"].items()
        changed["accounts"] = {part: other(value) if isinstance(value, int) else value for part, value in parts}
    return changed
