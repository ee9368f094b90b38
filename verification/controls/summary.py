"""Faults of figures: rows, totals, names and history altered with raw SQL, past every rule, and a file that is spoiled.

Planted in the books of the known answer, in the scratch database, in a transaction that is always rolled back.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from django.db import connection, transaction

from budget import guards
from budget.books.models import Book, Membership
from budget.envelopes.models import Allocation
from budget.history.models import Entry
from budget.ledger.models import Account, Category, MonthlyTotal, Transaction
from budget.reports.queries import category_totals
from verification import known_answer, livebooks
from verification.controls.base import Fault, Outcome, attempt
from verification.gates import summary
from verification.gates.base import GateResult

BOOK = "Known answer"
ROWS, HISTORY, LIVE, KNOWN = (f"verification.{name}" for name in ("rows", "history", "live_books", "known_answer"))


class NoGround(RuntimeError):
    """The books of the known answer are not there, or not whole before anything was planted."""


@dataclass(frozen=True)
class Ground:
    """Where faults are planted: the books, what SQL says of them, and one row to alter."""

    books: Sequence[Book]
    known: GateResult
    row: Transaction
    twin: Transaction
    """Another row of the same account, category and month."""


def run() -> list[Outcome]:
    """Plant every fault, one after the other.

    Raises:
        NoGround: the gate does not pass without any; then detecting one proves nothing.
    """
    ground = found_ground()
    for judge in (judge_books, judge_file):
        if judge(ground).status.blocks:
            raise NoGround("The verification gate fails before anything is planted.")
    return [attempt(fault, ground, judge_file if fault.check == KNOWN else judge_books) for fault in faults(ground)]


def found_ground() -> Ground:
    """The books that the step `known-answer` recorded."""
    books = list(Book.objects.filter(name=BOOK).order_by("pk"))
    if len(books) < 2:
        raise NoGround("The step known-answer has to run first.")
    rows = Transaction.objects.of(books[0]).filter(date__day=31, amount__gt=1).order_by("pk")
    for row in rows:
        alike = Transaction.objects.of(books[0]).filter(
            account=row.account_id, category=row.category_id, date__year=row.date.year, date__month=row.date.month
        )
        if twin := alike.exclude(pk=row.pk).order_by("pk").first():
            by_sql = known_answer.summed_by_sql([(_person(book), book) for book in books])
            return Ground(books, GateResult("verification", [], details={"sql": by_sql}), row, twin)
    raise NoGround("No row of the known answer is fit to be altered.")


def judge_books(ground: Ground) -> GateResult:
    """The gate on the two books that faults are planted in."""
    return summary.judge_books(ground.books[:2])


def judge_file(ground: Ground) -> GateResult:
    """The gate on the known answer, with what SQL says now and the file as it is now."""
    found = summary.Found()
    summary.compare_known_answer(found, ground.known, known_answer.FIXTURE)
    return GateResult("verification", found.checks, found.reasons[0] if found.reasons else "")


def faults(ground: Ground) -> list[Fault[Ground]]:
    """What is planted, by name. Amounts are thousandths, so that 10 is a cent."""
    row, twin, other = ground.row, ground.twin, ground.books[1]
    also = _others(ground)
    total, entry = also.total, also.entry
    named, first_day = f"transaction {row.pk}", row.date.replace(day=1)
    at_row = "UPDATE budget_transaction SET {} WHERE id = %s".format
    columns = ", ".join(f"{f.column}" for f in Transaction._meta.concrete_fields if not f.primary_key)
    doubling = "INSERT INTO budget_transaction (id, {0}) SELECT 900000000, {0} FROM budget_transaction WHERE id = %s"
    moved = at_row("book_id = %s, account_id = %s, category_id = %s")
    moving = [moved, other.pk, also.account.pk, also.category.pk, row.pk]
    rewritten = "UPDATE budget_entry SET payload = payload || %s WHERE id = %s"
    return [
        _altered("row_missing", "A row is gone", ["DELETE FROM budget_transaction WHERE id = %s", row.pk], named),
        _altered(
            "row_doubled",
            "A row is there twice",
            [doubling.format(columns), row.pk],
            "transaction 900000000 is in its table, but not in the history",
        ),
        _altered("cent_off", "An amount is a cent off", [at_row("amount = amount + 10"), row.pk], named),
        _altered("sign_flipped", "Money out became money in", [at_row("amount = -amount"), row.pk], named),
        _altered("month_edge", "The 31st counts in the next month", [at_row(_next_day()), row.pk], named),
        _altered("day_moved", "A date moved in its month", [at_row("date = %s"), first_day, row.pk], named),
        _altered("wrong_person", "A row is in another book", moving, named),
        _altered("category_gone", "A row lost its category", [at_row("category_id = NULL"), row.pk], named),
        _altered("text_altered", "A text changed, no sum did", [at_row("description = 'Other'"), row.pk], named),
        _altered(
            "errors_cancel",
            "Two errors cancel each other",
            [at_row("amount = amount + 500"), row.pk],
            named,
            also=[at_row("amount = amount - 500"), twin.pk],
        ),
        _altered(
            "category_renamed",
            "A category was renamed",
            ["UPDATE budget_category SET name = 'Renamed' WHERE id = %s", row.category_id],
            f"category {row.category_id}",
        ),
        _altered(
            "currency_mixed",
            "An account changed its currency",
            ["UPDATE budget_account SET currency = 'SEK' WHERE id = %s", row.account_id],
            f"account {row.account_id}",
        ),
        _altered(
            "opening_altered",
            "An opening balance changed",
            ["UPDATE budget_account SET opening_balance = opening_balance + 10 WHERE id = %s", row.account_id],
            f"account {row.account_id}",
        ),
        _altered(
            "total_altered",
            "A kept total is a cent off, its rows are not",
            ["UPDATE budget_monthlytotal SET total = total + 10 WHERE id = %s", total.pk],
        ),
        _altered(
            "total_missing",
            "A kept total is gone, its rows are not",
            ["DELETE FROM budget_monthlytotal WHERE id = %s", total.pk],
        ),
        _altered(
            "budget_altered",
            "A budget is a cent more",
            ["UPDATE budget_allocation SET amount = amount + 10 WHERE id = %s", also.allocation.pk],
            f"allocation {also.allocation.pk} differs from the history in its amount",
        ),
        _altered(
            "role_altered",
            "A member has another role",
            ["UPDATE budget_membership SET role = 'viewer' WHERE id = %s", also.membership.pk],
            f"membership {also.membership.pk} differs from the history in its role",
        ),
        _altered("history_altered", "An entry of the history was rewritten", [rewritten, " ", entry.pk], check=HISTORY),
        _altered(
            "history_missing",
            "An entry of the history is gone",
            ["DELETE FROM budget_entry WHERE id = %s", entry.pk],
            check=HISTORY,
        ),
        _fault("summary_drops_one", "The summary drops a category", LIVE, _drops_one),
        _fault("ledger_cent_off", "The raw ledger is two cents off", KNOWN, _spoiled(_two_cents_more)),
        _fault("ledger_row_missing", "The raw ledger lacks a row", KNOWN, _spoiled(lambda rows: rows[:-1])),
        _fault("ledger_empty", "The raw ledger has only its header", KNOWN, _spoiled(lambda rows: rows[:1])),
    ]


class Others(NamedTuple):
    """What else is altered: somebody else's account and category, and rows of the book itself."""

    account: Account
    category: Category
    total: MonthlyTotal
    entry: Entry
    allocation: Allocation
    membership: Membership


def _others(ground: Ground) -> Others:
    row, other = ground.row, ground.books[1]
    loose = Allocation.objects.filter(book=row.book_id, transfer_out=None, transfer_in=None)
    found = (
        Account.objects.of(other).order_by("pk").first(),
        Category.objects.of(other).order_by("pk").first(),
        MonthlyTotal.objects.filter(book=row.book_id, account=row.account_id, category=row.category_id).first(),
        Entry.objects.filter(book=row.book_id, model="transaction", first_id=row.pk).first(),
        loose.order_by("pk").first(),
        Membership.objects.filter(book=row.book_id).first(),
    )
    if not all(found):
        raise NoGround("The books of the known answer lack what is to be altered.")
    return Others(*found)  # type: ignore[arg-type]  # none is None


def _fault(
    name: str, title: str, check: str, plant: Callable[[Ground], AbstractContextManager[object]], sign: str = ""
) -> Fault[Ground]:
    return Fault(f"verification.{name}", title, "verification", check, plant, sign)


def _altered(
    name: str, title: str, statement: Sequence[Any], sign: str = "", check: str = ROWS, also: Sequence[Any] = ()
) -> Fault[Ground]:
    """One that is planted by SQL, after the triggers that would refuse it are out of the way.

    Args:
        statement: the SQL and its parameters; it has to alter exactly one row, and so has `also`.
    """

    @contextmanager
    def plant(ground: Ground) -> Iterator[None]:
        with transaction.atomic():
            try:
                with connection.cursor() as cursor:
                    for rule in guards.rules():
                        on_table = "" if connection.vendor == "sqlite" else f" ON {rule.table}"
                        cursor.execute(f"DROP TRIGGER {rule.name}{on_table}")
                    for sql, *parameters in filter(None, (statement, also)):
                        cursor.execute(sql, parameters)
                        if cursor.rowcount != 1:
                            raise NoGround(f"{title}: {cursor.rowcount} rows were altered instead of one.")
                yield
            finally:
                transaction.set_rollback(True)

    return _fault(name, title, check, plant, sign)


def _next_day() -> str:
    """The day after, in the engine's own words."""
    return "date = date(date, '+1 day')" if connection.vendor == "sqlite" else "date = date + 1"


def _drops_one(ground: Ground) -> AbstractContextManager[object]:
    """The product's query, without its largest category."""
    return mock.patch.object(livebooks, "category_totals", lambda book, month: category_totals(book, month)[1:])


def _spoiled(spoil: Callable[[list[list[str]]], list[list[str]]]) -> Callable[[Ground], AbstractContextManager[object]]:
    """The known answer's file, altered before it is counted."""

    @contextmanager
    def plant(ground: Ground) -> Iterator[None]:
        with known_answer.FIXTURE.open(newline="", encoding="utf-8") as lines:
            rows = spoil(list(csv.reader(lines)))
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "ledger.csv"
            file.write_text(text.getvalue(), encoding="utf-8")
            with mock.patch.object(known_answer, "FIXTURE", file):
                yield

    return plant


def _two_cents_more(rows: list[list[str]]) -> list[list[str]]:
    """Two cents more in one row; of one alone the tolerance only warns."""
    place = rows[0].index("amount")
    first = list(rows[1])
    first[place] = str(Decimal(first[place]) + Decimal("0.02"))
    return [rows[0], first, *rows[2:]]


def _person(book: Book) -> str:
    """The `user_id` that a book of the known answer stands for."""
    return book.memberships.get().user.email.removeprefix("known-answer-").partition("@")[0]
