"""Series are entered, found, confirmed, skipped, paused and ended; their rows are linked by whatever writes rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from budget import history
from budget.books.models import Book
from budget.history.errors import MayOnlyView
from budget.ledger import operations as ledger
from budget.ledger.errors import AccountNotFound, AmountIsZero, CategoryNotFound
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
from budget.recurring import operations
from budget.recurring.errors import AlreadySettled, NotADueDate, NothingLeftToSkip, StillRecurring
from budget.recurring.links import relink
from budget.recurring.models import Origin, RecurringSeries, SeriesRow, SettledDue, State
from budget.recurring.queries import Rise, Status, expected, fixed_costs, series_of, standings
from budget.recurring.searching import search, wants_search
from budget.tests.factories import (
    last_change,
    make_account,
    make_book,
    make_category,
    make_series,
    make_txn,
    make_user,
)

pytestmark = pytest.mark.django_db
D = Decimal
TODAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)


def pay(account: Account, months: int, amount: str = "13.99", day: int = 16, name: str = "FILM STREAM 4412") -> None:
    """Rows of a subscription, the last one this month."""
    for back in reversed(range(months)):
        make_txn(account, amount, date=(Month(2026, 11) - back).day(day).isoformat(), description=name)


def linked(series: RecurringSeries) -> list[tuple[str, str]]:
    rows = SeriesRow.objects.filter(series=series, transaction__date__isnull=False).order_by("due")
    return [(f"{day}", f"{due}") for day, due in rows.values_list("transaction__date", "due")]


def test_search_suggests_what_comes_again_once(account: Account) -> None:
    pay(account, 8)
    account.book.refresh_from_db()

    assert (search(account.book, None), search(account.book, None)) == (1, 0)

    series = RecurringSeries.objects.get()
    assert (series.name, series.merchant, series.amount, series.state, series.origin) == (
        "FILM STREAM 4412",
        "FILM STREAM",
        D("13.99"),
        State.SUGGESTED,
        Origin.FOUND,
    )
    assert series.is_sure
    assert len(linked(series)) == 8


def test_search_leaves_transfers_out(account: Account) -> None:
    savings = make_account(account.book, "Savings")
    for back in range(8):
        ledger.transfer_between_accounts(
            book=account.book,
            by=None,
            source=account,
            target=savings,
            amount=D("250.00"),
            date=(Month(2026, 11) - back).day(2),
        )

    assert search(account.book, None) == 0


@pytest.mark.parametrize("state", [State.DISMISSED, State.PAUSED, State.CONFIRMED, State.ENDED])
def test_what_is_known_is_not_suggested_again(account: Account, state: State) -> None:
    pay(account, 8)
    search(account.book, None)
    operations.set_state(RecurringSeries.objects.get(), by=None, state=state)
    make_txn(account, "13.99", date="2026-10-17", description="FILM STREAM 9917")

    assert search(account.book, None) == 0
    assert RecurringSeries.objects.get().state == state


def test_search_is_wanted_once_a_day_and_only_where_something_changed(account: Account) -> None:
    assert wants_search(account.book)
    account.book.refresh_from_db()
    search(account.book, None)

    assert not wants_search(account.book)


def test_search_is_undone_as_one_thing(account: Account) -> None:
    pay(account, 8)
    pay(account, 8, "29.90", 2, "GYM")
    search(account.book, None)
    assert last_change(account.book).summary == "Found 2 recurring payments"

    history.undo(last_change(account.book), by=None)

    assert (RecurringSeries.objects.count(), SeriesRow.objects.count()) == (0, 0)


def test_a_row_is_linked_by_the_change_that_writes_it_and_let_go_by_the_one_that_takes_it(account: Account) -> None:
    series = make_series(account)
    txn = make_txn(account, "13.99", date="2026-11-18", description="Film Stream 4412")
    assert linked(series) == [("2026-11-18", "2026-11-16")]

    ledger.change_transaction(txn, by=None, amount=D("99.00"))
    assert linked(series) == []
    history.undo(last_change(account.book), by=None)
    assert linked(series) == [("2026-11-18", "2026-11-16")]
    ledger.delete_transactions(book=account.book, by=None, rows=Transaction.objects.filter(pk=txn.pk))
    assert linked(series) == []
    history.undo(last_change(account.book), by=None)
    assert linked(series) == [("2026-11-18", "2026-11-16")]
    assert history.verify(account.book).is_whole


def test_links_kept_are_those_that_a_fresh_look_at_all_rows_gives(account: Account) -> None:
    """The keeper and a rebuild agree, whatever was written in between."""
    series = make_series(account)
    pay(account, 14)
    make_txn(account, "4.00", date="2026-11-02", description="Film Stream")
    other = make_series(account, "Film Stream", "4.20", anchor=date(2026, 11, 2))
    ledger.change_transaction(Transaction.objects.latest("pk"), by=None, date=date(2026, 10, 3))

    kept = [linked(series), linked(other)]
    relink(account.book, {"FILM STREAM"})

    assert [linked(series), linked(other)] == kept
    assert len(kept[0]) == 14
    assert kept[1] == [("2026-10-03", "2026-10-02")]


def test_a_series_entered_by_hand_finds_its_rows_and_what_is_changed_finds_them_anew(account: Account) -> None:
    pay(account, 5)
    series = make_series(account)
    assert len(linked(series)) == 5

    content = operations.Content("Film Stream", account, D("13.99"), "monthly", date(2026, 11, 2))
    operations.change_series(series, by=None, content=content)

    assert linked(series) == []  # a fortnight beside every due date


def test_bulk_loaded_rows_are_linked(account: Account) -> None:
    series = make_series(account)
    with history.change(account.book, None, "Loaded", kind="test") as change:
        change.create_many(
            Transaction,
            ("account_id", "date", "amount", "description", "payee"),
            [(account.pk, f"2026-{month:02}-16", 13_990, "FILM STREAM", "") for month in range(1, 12)],
        )

    assert len(linked(series)) == 11


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"amount": D("0.00")}, AmountIsZero),
        ({"account": "theirs"}, AccountNotFound),
        ({"category": "theirs"}, CategoryNotFound),
    ],
)
def test_a_series_that_cannot_be_is_refused_and_nothing_is_written(
    account: Account, wrong: dict[str, Any], refusal: type[Exception]
) -> None:
    theirs = make_book(make_user())
    others = {"account": make_account(theirs), "category": make_category(theirs)}
    said: dict[str, Any] = {name: others[name] if value == "theirs" else value for name, value in wrong.items()}
    content = operations.Content("Club", account, D("9.90"), "monthly", TODAY)

    with pytest.raises(refusal):
        operations.add_series(book=account.book, by=None, content=replace(content, **said))

    assert RecurringSeries.objects.count() == 0


def test_state_is_changed_and_taken_back(account: Account) -> None:
    series = make_series(account)
    seen = []
    for state in (State.PAUSED, State.CONFIRMED, State.ENDED):
        change = operations.set_state(series, by=None, state=state)
        assert change is not None
        seen.append(change.summary)
    history.undo(last_change(account.book), by=None)
    series.refresh_from_db()

    assert seen == [
        "Paused the recurring Film Stream",
        "Resumed the recurring Film Stream",
        "Ended the recurring Film Stream",
    ]
    assert series.state == State.CONFIRMED
    assert operations.set_state(series, by=None, state=State.CONFIRMED) is None


def test_viewers_change_nothing(account: Account) -> None:
    series, stranger = make_series(account), make_user()

    with pytest.raises(MayOnlyView):
        operations.set_state(series, by=stranger, state=State.ENDED)
    with pytest.raises(MayOnlyView):
        operations.skip(series, by=stranger, due=date(2026, 12, 16))


def test_skipping_needs_a_due_date_that_is_open(account: Account) -> None:
    series = make_series(account)
    pay(account, 1)
    operations.skip(series, by=None, due=date(2026, 12, 16))

    for day, refusal in (
        (date(2026, 12, 16), AlreadySettled),
        (date(2026, 11, 16), AlreadySettled),
        (date(2026, 12, 17), NotADueDate),
    ):
        with pytest.raises(refusal):
            operations.skip(series, by=None, due=day)
    operations.set_state(series, by=None, state=State.PAUSED)
    with pytest.raises(NothingLeftToSkip):
        operations.skip(series, by=None, due=date(2027, 1, 16))

    assert [row.due for row in SettledDue.objects.all()] == [date(2026, 12, 16)]


def test_standing_says_what_is_next_what_it_costs_and_what_is_the_matter(account: Account) -> None:
    series = make_series(account)
    pay(account, 6)
    make_txn(account, "29.90", date="2026-08-02", description="Gym")
    make_series(account, "Gym", "29.90", anchor=date(2026, 8, 2))
    make_series(account, "Late Club", "5.00", anchor=date(2026, 11, 10))
    RecurringSeries.objects.filter(name="Late Club")  # entered today, so that what was due before is not late
    operations.skip(series, by=None, due=date(2026, 12, 16))

    found = {each.series.name: each for each in standings(account.book, TODAY)}

    film, gym, club = found["Film Stream"], found["Gym"], found["Late Club"]
    assert (film.status, film.next_due, film.amount, film.yearly) == (
        Status.ON_TIME,
        date(2027, 1, 16),
        D("13.99"),
        D("167.88"),
    )
    assert (gym.status, gym.next_due, gym.missed) == (
        Status.MISSED,
        date(2026, 11, 2),
        (date(2026, 9, 2), date(2026, 10, 2)),
    )
    assert (club.status, club.next_due) == (Status.ON_TIME, date(2026, 12, 10))


def test_a_price_that_rose_is_told_and_expected(account: Account) -> None:
    pay(account, 6)
    search(account.book, None)
    operations.set_state(RecurringSeries.objects.get(), by=None, state=State.CONFIRMED)
    make_txn(account, "15.49", date="2026-12-16", description="FILM STREAM 4413")

    (film,) = standings(account.book, date(2026, 12, 18))

    assert (film.amount, film.rise) == (D("15.49"), Rise(D("13.99"), D("15.49"), date(2026, 12, 16)))
    assert film.next_due == date(2027, 1, 16)


def test_the_newest_row_given_another_amount_is_the_new_price(account: Account) -> None:
    pay(account, 6)
    search(account.book, None)
    operations.confirm_sure(book=account.book, by=None)

    ledger.change_transaction(Transaction.objects.latest("date"), by=None, amount=D("15.49"))

    assert standings(account.book, TODAY)[0].amount == D("15.49")


def test_an_amount_said_by_a_person_holds_until_newer_rows_come(account: Account) -> None:
    series = make_series(account, "Rent", "1000.00", anchor=date(2026, 11, 1))
    make_txn(account, "1000.00", date="2026-11-01", description="Rent")
    content = operations.Content("Rent", account, D("1100.00"), "monthly", date(2026, 11, 1))
    operations.change_series(series, by=None, content=content)
    assert standings(account.book, TODAY)[0].amount == D("1100.00")

    make_txn(account, "1120.00", date="2026-12-01", description="Rent")

    assert standings(account.book, date(2026, 12, 2))[0].amount == D("1120.00")


def test_what_varies_is_expected_to_cost_what_it_did_a_year_before(account: Account) -> None:
    make_series(account, "City Power", "80.00", anchor=date(2026, 11, 6), varies=True)
    for back in range(13):
        month = Month(2026, 11) - back
        amount = "110.00" if month.month in (12, 1, 2) else "60.00"
        make_txn(account, amount, date=month.day(6).isoformat(), description="City Power")

    (power,) = standings(account.book, TODAY)

    assert [power.amount_on(date(2026, 12, 6)), power.amount_on(date(2027, 4, 6))] == [D("110.00"), D("60.00")]
    assert power.yearly == D("870.00")


def test_expected_lists_every_due_date_and_what_is_late_today(account: Account) -> None:
    make_series(account, "Gym", "29.90", anchor=date(2026, 11, 2))
    make_txn(account, "29.90", date="2026-10-02", description="Gym")
    make_series(account, "Salary", "-2000.00", anchor=date(2026, 11, 30))
    operations.set_state(make_series(account, "Old"), by=None, state=State.ENDED)

    found = [
        (each.day, each.due, each.series.name, each.amount) for each in expected(account.book, TODAY, date(2027, 1, 1))
    ]

    assert found == [
        (TODAY, date(2026, 11, 2), "Gym", D("29.90")),
        (date(2026, 11, 30), date(2026, 11, 30), "Salary", D("-2000.00")),
        (date(2026, 12, 2), date(2026, 12, 2), "Gym", D("29.90")),
        (date(2026, 12, 30), date(2026, 12, 30), "Salary", D("-2000.00")),
    ]


def test_fixed_costs_add_series_and_recurring_categories_without_one(book: Book, account: Account) -> None:
    """R003-15: the recurring flag of a category feeds the prediction."""
    streaming = make_category(book, "Streaming", is_recurring=True)
    power = make_category(book, "Power", is_recurring=True)
    food = make_category(book, "Food")
    make_series(account, category=streaming)
    make_series(account, "Salary", "-2000.00", anchor=date(2026, 11, 30))
    for month in (8, 9, 10):
        make_txn(account, "60.00", power, f"2026-{month:02}-05", "Power")
        make_txn(account, "13.99", streaming, f"2026-{month:02}-16", "Film Stream")
        make_txn(account, "300.00", food, f"2026-{month:02}-16", "Shop")

    fixed = fixed_costs(book, Month(2026, 12), standings(book, TODAY), TODAY)

    assert (fixed.series, fixed.habits, fixed.total) == ({"EUR": D("13.99")}, {"EUR": D("60.00")}, {"EUR": D("73.99")})


def test_deleting_a_category_leaves_its_series_and_merging_files_them_anew(book: Book, account: Account) -> None:
    food, rent = make_category(book, "Food"), make_category(book, "Rent")
    series = make_series(account, category=food)
    ledger.merge_categories(source=food, target=rent, by=None)
    series.refresh_from_db()
    assert series.category == rent

    ledger.delete_category(rent, by=None)
    series.refresh_from_db()

    assert series.category is None


def test_an_account_with_series_keeps_its_currency_and_takes_them_along(account: Account) -> None:
    make_series(account)
    operations.skip(RecurringSeries.objects.get(), by=None, due=date(2026, 12, 16))
    with pytest.raises(StillRecurring):
        ledger.change_account(account, by=None, currency="CHF")

    ledger.delete_account(account, by=None)

    assert (RecurringSeries.objects.count(), SettledDue.objects.count()) == (0, 0)


def test_three_statements_say_how_any_number_of_series_stand(
    account: Account, food: Category, django_assert_num_queries: Any
) -> None:
    for number in range(12):
        make_series(account, f"Club {chr(65 + number)}", "9.90", category=food)
        make_txn(account, "9.90", date="2026-11-16", description=f"Club {chr(65 + number)}")

    with django_assert_num_queries(3):
        assert len(standings(account.book, TODAY)) == 12
    with django_assert_num_queries(3):
        assert len(standings(account.book, TODAY, series_of(account.book))) == 12


def test_a_book_without_series_costs_a_write_one_query_more(
    account: Account, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        make_txn(account, "1.00")

    assert sum("recurringseries" in query["sql"] for query in seen) == 1
    assert sum("seriesrow" in query["sql"] for query in seen) == 0


def test_late_means_past_the_days_of_grace(account: Account) -> None:
    make_series(account, "Gym", "29.90", anchor=date(2026, 11, 2))
    make_txn(account, "29.90", date="2026-11-02", description="Gym")

    by_day = [standings(account.book, date(2026, 12, 2) + timedelta(days=late))[0].status for late in (0, 4, 5)]

    assert by_day == [Status.ON_TIME, Status.ON_TIME, Status.LATE]
