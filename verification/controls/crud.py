"""Faults that the CRUD gate has to see: the product is patched for real, and one row of the matrix filled again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import models
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from budget.history import Action, Entry, recording
from budget.history.recorder import Recorder
from budget.ledger import queries, totals
from budget.ledger.models import Account, Transaction
from budget.ledger.views import accounts
from verification.controls.base import Fault, Outcome, attempt
from verification.gates import crud
from verification.matrix.cells import Row
from verification.matrix.ledger import Accounts
from verification.matrix.transactions import Expenses

Rows = tuple[type[Row], ...]


@contextmanager
def _owner_forgotten(rows: Rows) -> Iterator[None]:
    """A page finds its account by number alone, whosever it is."""

    def anybodys(found: QuerySet[Account], **number: Any) -> Account:
        return get_object_or_404(Account._base_manager, **number)

    with patch.object(accounts, "get_object_or_404", anybodys):
        yield


@contextmanager
def _writer_forgotten(rows: Rows) -> Iterator[None]:
    with patch.object(recording, "_require_writer", lambda book, by: None):
        yield


@contextmanager
def _row_stays(rows: Rows) -> Iterator[None]:
    """A deletion is recorded, and the row is still there."""
    delete = QuerySet._raw_delete

    def leave(found: Any, using: str) -> int:
        return 0 if found.model is Transaction else delete(found, using)

    with patch.object(QuerySet, "_raw_delete", leave):
        yield


@contextmanager
def _other_field_written(rows: Rows) -> Iterator[None]:
    """Whoever changes a transaction is written into its note as well, history included."""
    update = Recorder.update

    def touch(change: Recorder, row: models.Model, **values: Any) -> models.Model:
        more = {"note": "Touched"} if isinstance(row, Transaction) else {}
        return update(change, row, **values | more)

    with patch.object(Recorder, "update", touch):
        yield


@contextmanager
def _update_lost(rows: Rows) -> Iterator[None]:
    with patch.object(Recorder, "update", lambda change, row, **values: row):
        yield


@contextmanager
def _row_dropped_from_list(rows: Rows) -> Iterator[None]:
    expenses = queries.expenses

    def without_newest(*args: Any) -> Any:
        return expenses(*args)[1:]

    with patch.object(queries, "expenses", without_newest):
        yield


@contextmanager
def _history_skipped(rows: Rows) -> Iterator[None]:
    """Updates are written and leave no entry."""
    enter = Recorder._add_entry

    def forget(change: Recorder, shape: Any, action: Action, *rest: Any) -> None:
        if action != Action.UPDATE:
            enter(change, shape, action, *rest)

    with patch.object(Recorder, "_add_entry", forget):
        yield


@contextmanager
def _history_says_otherwise(rows: Rows) -> Iterator[None]:
    """An entry's amount is a cent off; its digest and the chain fit it."""
    init = Entry.__init__

    def falsify(entry: Entry, *args: Any, **values: Any) -> None:
        if "payload" in values:
            values["payload"] = values["payload"].replace("12500", "12510")
        init(entry, *args, **values)

    with patch.object(Entry, "__init__", falsify):
        yield


@contextmanager
def _row_doubled(rows: Rows) -> Iterator[None]:
    create = Recorder.create

    def twice(change: Recorder, row: models.Model) -> models.Model:
        made = create(change, row)
        if isinstance(made, Transaction):
            again = Transaction(**{f.attname: getattr(made, f.attname) for f in made._meta.concrete_fields})
            again.pk = None
            create(change, again)
        return made

    with patch.object(Recorder, "create", twice):
        yield


@contextmanager
def _months_not_kept(rows: Rows) -> Iterator[None]:
    with patch.object(totals.TotalsKeeper, "close", lambda keeper: None):
        yield


@contextmanager
def _model_without_row(rows: Rows) -> Iterator[None]:
    """A new model of books, for which nobody wrote a row of the matrix."""
    with patch.object(crud, "required_models", lambda: ["unheard"]):
        yield


def _fault(name: str, title: str, row: type[Row], sign: str, plant: Callable[[Rows], Any]) -> tuple[Fault[Rows], Rows]:
    return Fault(f"crud_{name}", title, "crud", crud.check_id(row.name), plant, sign), (row,)


FAULTS: tuple[tuple[Fault[Rows], Rows], ...] = (
    _fault(
        "owner_forgotten",
        "A query forgets whose rows it may read",
        Accounts,
        "foreign: not expected: GET ledger:account-change: 200",
        _owner_forgotten,
    ),
    _fault(
        "writer_forgotten",
        "Anybody may write to any book",
        Accounts,
        "foreign: it was allowed; + account",
        _writer_forgotten,
    ),
    _fault("row_stays", "A deletion leaves its row", Expenses, "delete: the history of Household", _row_stays),
    _fault(
        "other_field",
        "An update writes a field that nobody named",
        Expenses,
        "note nothing -> Touched",
        _other_field_written,
    ),
    _fault(
        "update_lost",
        "An update is confirmed and not written",
        Expenses,
        "update: not expected: nothing was written",
        _update_lost,
    ),
    _fault(
        "row_dropped",
        "A list leaves out its newest row",
        Expenses,
        "list: not expected: expenses: Coffee house",
        _row_dropped_from_list,
    ),
    _fault(
        "history_skipped",
        "An update is written without its history",
        Accounts,
        "update: the history of Household does not lead to its rows",
        _history_skipped,
    ),
    _fault(
        "history_false",
        "The history says another amount than the row",
        Expenses,
        "create: the history of Household does not lead to its rows",
        _history_says_otherwise,
    ),
    _fault(
        "row_doubled",
        "A transaction is recorded twice",
        Expenses,
        "create: the same lines in another order or number",
        _row_doubled,
    ),
    _fault(
        "months_not_kept",
        "Monthly totals are not kept with their rows",
        Expenses,
        "create: the monthly totals of Household",
        _months_not_kept,
    ),
    (
        Fault(
            "crud_model_without_row",
            "A new model has no row in the matrix",
            "crud",
            "crud.matrix",
            _model_without_row,
            "unheard x foreign",
        ),
        (),
    ),
)


def attempts() -> Iterator[Outcome]:
    """Plant each fault and have the gate look."""
    for fault, rows in FAULTS:
        models_wanted = None if not rows else ()
        yield attempt(fault, rows, lambda chosen, wanted=models_wanted: crud.run(chosen, wanted))  # type: ignore[misc]
