"""What records itself: each due date exactly once, whenever and however often `run_due` runs (C13)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from random import Random
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from budget import history
from budget.books.models import Book
from budget.ledger import operations as ledger
from budget.ledger.models import Account, Transaction
from budget.ledger.story import story_of
from budget.recurring import operations
from budget.recurring.models import Outcome, RecurringSeries, SettledDue, State
from budget.recurring.posting import post_due
from budget.recurring.rhythm import dues
from budget.tests.factories import last_change, make_account, make_book, make_series, make_txn, make_user

D = Decimal
STARTED = date(2026, 1, 31)


@pytest.fixture(autouse=True)
def _new_year(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: date(2026, 1, 1))


def rent_of(account: Account, **said: object) -> RecurringSeries:
    """A rent that records itself, due on the last day of each month."""
    return make_series(account, "Rent", "900.00", anchor=STARTED, posts=True, **said)  # type: ignore[arg-type]


def posted() -> list[tuple[str, Decimal]]:
    return [(f"{row.date}", row.amount) for row in Transaction.objects.filter(description="Rent").order_by("date")]


@pytest.mark.django_db
def test_what_is_due_is_recorded_once_however_often_it_runs(account: Account) -> None:
    """R001-34: expenses that come again record themselves."""
    rent_of(account, note="flat")
    days = [date(2026, 1, 30), date(2026, 1, 31), date(2026, 1, 31), date(2026, 2, 27), date(2026, 2, 28)]

    made = [len(post_due(account.book, day)) for day in days]

    assert made == [0, 1, 0, 0, 1]
    assert posted() == [("2026-01-31", D("900.00")), ("2026-02-28", D("900.00"))]
    assert {row.outcome for row in SettledDue.objects.all()} == {Outcome.POSTED}
    assert last_change(account.book).summary == "Recorded by itself: Rent, 900.00"
    assert history.verify(account.book).is_whole


@pytest.mark.django_db
def test_after_downtime_everything_due_since_is_recorded_and_a_clock_set_back_adds_nothing(account: Account) -> None:
    rent_of(account)

    made = [len(post_due(account.book, date(2026, month, 10))) for month in (7, 6, 1, 7)]

    assert made == [6, 0, 0, 0]
    assert [day for day, _ in posted()] == [
        *("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30")
    ]


@pytest.mark.django_db
def test_what_was_skipped_paused_ended_or_entered_by_hand_is_not_recorded(account: Account) -> None:
    series = rent_of(account)
    operations.skip(series, by=None, due=date(2026, 2, 28))
    make_txn(account, "900.00", date="2026-03-30", description="Rent")
    post_due(account.book, date(2026, 4, 1))
    assert [day for day, _ in posted()] == ["2026-01-31", "2026-03-30"]

    for state in (State.PAUSED, State.ENDED, State.DISMISSED, State.SUGGESTED):
        operations.set_state(series, by=None, state=state)
        assert post_due(account.book, date(2026, 12, 31)) == []


@pytest.mark.django_db
def test_what_was_due_during_a_pause_is_not_recorded_later(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    series = rent_of(account)
    operations.set_state(series, by=None, state=State.PAUSED)
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: date(2026, 4, 15))
    operations.set_state(series, by=None, state=State.CONFIRMED)

    post_due(account.book, date(2026, 5, 1))

    assert [day for day, _ in posted()] == ["2026-04-30"]


@pytest.mark.django_db
def test_a_row_that_recorded_itself_says_so(account: Account) -> None:
    rent_of(account)
    post_due(account.book, STARTED)
    txn = Transaction.objects.get()
    by_hand = make_txn(account, "1.00")

    ledger.change_transaction(txn, by=None, note="late")

    assert [story_of(row).source for row in (txn, by_hand)] == ["Recorded by itself", "Entered by hand"]


@pytest.mark.django_db
def test_nothing_is_recorded_unless_asked_for(account: Account) -> None:
    make_series(account, "Rent", "900.00", anchor=STARTED)

    assert post_due(account.book, date(2026, 12, 31)) == []


@pytest.mark.django_db
def test_undone_or_deleted_it_is_not_recorded_again(account: Account) -> None:
    rent_of(account)
    post_due(account.book, date(2026, 2, 28))
    undone = history.undo(last_change(account.book), by=None)
    ledger.delete_transactions(book=account.book, by=None, rows=Transaction.objects.filter(date="2026-01-31"))

    assert post_due(account.book, date(2026, 2, 28)) == []
    assert posted() == []
    assert {f"{row.due}": row.outcome for row in SettledDue.objects.all()} == {
        "2026-01-31": Outcome.POSTED,
        "2026-02-28": Outcome.SKIPPED,
    }
    history.undo(undone, by=None)
    assert [day for day, _ in posted()] == ["2026-02-28"]
    assert SettledDue.objects.get(due="2026-02-28").outcome == Outcome.POSTED
    assert post_due(account.book, date(2026, 2, 28)) == []


@pytest.mark.django_db
def test_a_closed_account_is_said_and_the_others_are_recorded(account: Account) -> None:
    other = make_account(account.book, "Savings")
    rent_of(other)
    make_series(account, "Club", "5.00", anchor=STARTED, posts=True)
    ledger.change_account(other, by=None, is_archived=True)
    out, err = StringIO(), StringIO()

    with pytest.raises(CommandError, match="1 could not be recorded"):
        call_command("run_due", "--today", "2026-01-31", stdout=out, stderr=err)

    assert "Savings is closed" in err.getvalue()
    assert "2026-01-31 Club, 5.00 EUR" in out.getvalue()
    assert Transaction.objects.count() == 1


@pytest.mark.django_db
def test_the_command_says_what_it_did(account: Account) -> None:
    rent_of(account)
    said = []
    for _ in range(2):
        out = StringIO()
        call_command("run_due", "--today", "2026-02-01", stdout=out)
        said.append(out.getvalue().splitlines())

    book = account.book
    assert said == [
        [f"{book} ({book.pk}): 2026-01-31 Rent, 900.00 EUR", "Recorded 1, found 0 new"],
        ["Recorded 0, found 0 new"],
    ]


@pytest.mark.django_db
def test_a_mistyped_year_records_nothing(account: Account) -> None:
    rent_of(account)

    with pytest.raises(CommandError, match="2062-02-01 is more than 31 days ahead"):
        call_command("run_due", "--today", "2062-02-01")

    assert posted() == []


@pytest.mark.django_db
def test_a_failure_halfway_leaves_no_trace_and_the_next_run_records_it(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    rent_of(account)
    version = Book.objects.get(pk=account.book_id).version
    with monkeypatch.context() as broken:
        broken.setattr("budget.recurring.posting.Outcome", None)  # fails between the transaction and its due date
        with pytest.raises(AttributeError):
            post_due(account.book, date(2026, 1, 31))

    assert (posted(), SettledDue.objects.count()) == ([], 0)
    assert Book.objects.get(pk=account.book_id).version == version
    assert len(post_due(account.book, date(2026, 1, 31))) == 1


def at_once(calls: list[Callable[[], int]]) -> list[int]:
    """What each call answers; all begin at the same moment, each on a connection of its own."""
    together = Barrier(len(calls))

    def run(call: Callable[[], int]) -> int:
        try:
            connection.ensure_connection()
            together.wait(timeout=30)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("due_dates", [12, pytest.param(500, marks=pytest.mark.nightly)])
def test_four_runners_at_once_with_clocks_a_day_apart_record_each_due_date_once(due_dates: int) -> None:
    """C13: four runs at a time, again and again, some a day ahead or behind; each due entry exactly once."""
    book = make_book(make_user())
    account = make_account(book)
    make_series(account, "Club", "5.00", rhythm="weekly", anchor=date(2026, 1, 5), posts=True)
    rent_of(account)
    end = date(2026, 1, 5) + timedelta(weeks=due_dates - 1)
    dice, day = Random(13), date(2026, 1, 1)

    def running(on: date) -> Callable[[], int]:
        return lambda: len(post_due(Book.objects.get(pk=book.pk), on))

    made = 0
    while day < end:
        day = min(day + timedelta(days=dice.choice([1, 20, 45])), end)
        made += sum(at_once([running(min(day + timedelta(days=off), end)) for off in (-1, 0, 0, 1)]))
    rows = list(Transaction.objects.of(book).order_by("date", "pk").values_list("description", "date"))

    clubs = [when for what, when in rows if what == "Club"]
    assert clubs == [date(2026, 1, 5) + timedelta(weeks=week) for week in range(due_dates)]
    rents = [when for what, when in rows if what == "Rent"]
    assert rents == list(dues("monthly", STARTED, STARTED, end + timedelta(days=1)))
    assert made == len(rows) == SettledDue.objects.of(book).count()
    assert history.verify(book).is_whole
