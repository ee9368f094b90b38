"""Does it add up: a statement's own figures, an account beside its bank, and the rows that explain a difference."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from budget import history
from budget.books.models import Book
from budget.ledger.models import Account
from budget.statements import likeliness, recording
from budget.statements.anchors import waiting_in
from budget.statements.balances import agreement, balance_on, balances_on, identities, identity, period_of
from budget.statements.certificates import certify
from budget.statements.models import Fate, Statement
from budget.tests.factories import make_account, make_import, make_line, make_statement, make_txn
from budget.tests.statements.bringing import brought, csv, imported
from budget.tests.statements.reading import SAMPLES

pytestmark = pytest.mark.django_db

BANKS_FILES = sorted(
    file.relative_to(SAMPLES).as_posix()
    for folder in ("camt", "mt940", "ofx1", "ofx2", "qfx")
    for file in (SAMPLES / folder).iterdir()
)
OTHERWISE = {
    "ofx1/date_missing.ofx": {"not all read"},
    "camt/camt053_batch.xml": {"12774.14 apart"},
    "camt/camt053_three_decimals.xml": {"0.05 apart"},
    "camt/camt053_v8_two_currencies.xml": {"1230.05 apart", "no balances"},
    "mt940/reversal_of_credit.sta": {"1279.46 apart"},
    "ofx2/multiple_accounts.ofx": {"certified", "no rows"},
} | dict.fromkeys(
    (
        *("camt/camt053_two_equal_coffees.xml", "camt/own_camt054_reversal.xml", "mt940/own_interim_report.sta"),
        *("ofx1/four_decimals.ofx", "ofx1/multi_decimal.ofx", "ofx1/own_cut_off.ofx"),
        *("ofx1/own_investment_trades.ofx", "ofx1/own_windows_1252.ofx"),
    ),
    frozenset({"no balances"}),
)
"""Samples whose entries were thinned out by whoever published them, or that say no balances."""

FIRST, LAST = dt.date(2026, 5, 1), dt.date(2026, 5, 31)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture
def account(book: Book) -> Account:
    return make_account(book, opening_balance=Decimal(100))


def recorded(account: Account, **fields: Any) -> Statement:
    return make_statement(make_import(account.book, stage="recorded"), account, **fields)


def whys(account: Account, bank: str, **more: Any) -> list[tuple[str, str]]:
    """The clues of a difference at the end of May: title and reason."""
    found = agreement(account, Decimal(bank), LAST, more.pop("since", FIRST), **more)
    return [(clue.title, clue.why) for clue in found.clues]


# --- Of a statement itself ---


def test_identity_adds_posted_lines_whatever_became_of_them(account: Account) -> None:
    statement = recorded(account, opening=Decimal(100), closing=Decimal(70))
    make_line(statement, "12.50", fate=Fate.SKIPPED)
    make_line(statement, "20.00", fate=Fate.THERE)
    make_line(statement, "-2.50")
    make_line(statement, "99.00", is_pending=True)

    told = identity(statement)

    assert (told.moved, told.expected, told.difference, told.lines) == (Decimal(-30), Decimal(70), Decimal(0), 3)
    assert told.holds


@pytest.mark.parametrize(
    ("opening", "closing", "difference", "holds"),
    [
        (None, "70", None, False),
        ("100", None, None, False),
        ("100", "70.01", "-0.01", False),
        ("-100", "-130", "0", True),
    ],
)
def test_identity_is_only_told_with_both_balances(
    account: Account, opening: str | None, closing: str | None, difference: str | None, *, holds: bool
) -> None:
    statement = recorded(account, opening=opening and Decimal(opening), closing=closing and Decimal(closing))
    make_line(statement, "30.00")

    told = identity(statement)

    assert told.difference == (None if difference is None else Decimal(difference))
    assert (told.is_told, told.holds) == (difference is not None, holds)


def test_identities_of_many_take_one_query(account: Account, django_assert_num_queries: Any) -> None:
    statements = [recorded(account, opening=Decimal(0), closing=Decimal(-5)) for _ in range(5)]
    for statement in statements[1:]:
        make_line(statement, "5.00")

    with django_assert_num_queries(1):
        told = identities(statements)

    assert [told[statement.pk].holds for statement in statements] == [False, True, True, True, True]


# --- Of an account ---


def test_balances_on_days_count_the_whole_day(account: Account, django_assert_num_queries: Any) -> None:
    for when, amount in (("2026-05-01", "1"), ("2026-05-01", "2"), ("2026-05-03", "-10"), ("2026-05-09", "4")):
        make_txn(account, amount, date=when)
    days = [day(f"2026-05-{n:02}") for n in (9, 2, 1, 3)] + [day("2026-04-30"), day("2026-06-30")]

    with django_assert_num_queries(2):
        found = balances_on(account, days)

    assert [found[each] for each in days] == [Decimal(n) for n in (103, 97, 97, 107, 100, 103)]
    assert found[day("2026-05-02")] == balance_on(account, day("2026-05-02"))
    assert balances_on(account, []) == {}


def test_agreement_names_nothing_where_both_agree(account: Account, django_assert_num_queries: Any) -> None:
    make_txn(account, "12.50", date="2026-05-07")

    with django_assert_num_queries(1):
        found = agreement(account, Decimal("87.50"), LAST)

    assert (found.difference, list(found.clues)) == (Decimal(0), [])


# --- Which rows explain it ---


def test_row_that_should_not_be_there(account: Account) -> None:
    make_txn(account, "12.50", date="2026-05-07", description="Bakery")
    make_txn(account, "-30.00", date="2026-05-08", description="Employer")

    assert whys(account, "130") == [("Bakery", "Without it both agree.")]
    assert whys(account, "87.50") == [("Employer", "Without it both agree.")]


def test_row_by_hand_comes_before_those_of_the_bank(account: Account) -> None:
    imported(account.book, csv(*(f"2026-05-{n:02},Bank {n},-12.50" for n in range(10, 20))), account=account)
    make_txn(account, "12.50", date="2026-05-02", description="By hand")

    titles = [title for title, _ in whys(account, "-25.00")]

    assert titles[0] == "By hand"
    assert len(titles) == 5


def test_row_that_is_there_twice_comes_first(account: Account) -> None:
    make_txn(account, "12.50", date="2026-05-20", description="Alone")
    make_txn(account, "12.50", date="2026-05-07", description="One")
    make_txn(account, "12.50", date="2026-05-07", description="Other")

    found = whys(account, "75.00")

    assert [title for title, _ in found] == ["Other", "One", "Alone"]
    assert found[0][1] == "Here twice: same day, same amount. Without one of them both agree."


def test_row_with_the_wrong_sign(account: Account) -> None:
    make_txn(account, "15.00", date="2026-05-07", description="Refund")

    assert whys(account, "115.00") == [("Refund", "With the other sign both agree.")]


def test_wrong_sign_has_no_half_units(book: Book) -> None:
    yen = make_account(book, "Yen", currency="JPY", opening_balance=Decimal(100))
    make_txn(yen, "1", date="2026-05-07", description="One")

    found = agreement(yen, Decimal(98), LAST, FIRST)
    assert [(clue.title, clue.why) for clue in found.clues] == []


def test_row_dated_after_the_last_day(account: Account) -> None:
    make_txn(account, "12.50", date="2026-06-02", description="Late")
    make_txn(account, "12.50", date="2026-06-30", description="Too late")

    assert whys(account, "87.50") == [("Late", "Dated after the last day. Inside the period both agree.")]


def test_row_on_another_account_of_the_currency(account: Account) -> None:
    make_txn(make_account(account.book, "Visa"), "12.50", date="2026-05-07", description="Bakery")
    make_txn(make_account(account.book, "Dollars", currency="USD"), "12.50", date="2026-05-07", description="Diner")

    assert whys(account, "87.50") == [("Bakery", "On Visa. On Everyday both agree.")]


def test_two_rows_together(account: Account) -> None:
    make_txn(account, "12.50", date="2026-05-07", description="Bakery")
    make_txn(account, "7.50", date="2026-05-08", description="Kiosk")
    make_txn(account, "40.00", date="2026-05-09", description="Shoes")

    assert whys(account, "60.00") == [
        ("Kiosk", "Without it and Bakery, 12.50, both agree."),
        ("Bakery", "Without it and Kiosk, 7.50, both agree."),
    ]


def test_pairs_are_not_looked_for_in_a_long_period(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeliness, "MOST_PAIRED", 1)
    make_txn(account, "12.50", date="2026-05-07")
    make_txn(account, "7.50", date="2026-05-08")

    assert whys(account, "100.00") == []


def test_lines_of_the_file_that_were_left_out(account: Account) -> None:
    statement = recorded(account)
    make_line(statement, "12.50", "2026-05-07", payee="Bakery", fate=Fate.SKIPPED)
    make_line(statement, "7.50", "2026-05-08", payee="Kiosk", fate=Fate.DELETED)
    make_line(statement, "99.00", "2026-05-08", payee="Announced", is_pending=True)
    make_line(statement, "20.00", "2026-05-08", payee="Here", fate=Fate.THERE)

    one = whys(account, "87.50", statement=statement)
    both = whys(account, "80.00", statement=statement)

    assert one == [("Bakery", "In the bank's file, row 1, and not here. With it both agree.")]
    assert both == [
        ("Bakery", "In the bank's file, row 1, and not here. With all 2 of these both agree."),
        ("Kiosk", "In the bank's file, row 2, and not here. With all 2 of these both agree."),
    ]


def test_row_that_the_bank_only_announced_comes_first(account: Account) -> None:
    make_txn(account, "12.50", date="2026-05-20", description="Posted")
    announced = make_txn(account, "12.50", date="2026-05-07", description="Announced")
    with history.change(account.book, None, "Announced", kind="transaction.update") as change:
        change.update(announced, is_pending=True)

    found = whys(account, "87.50")

    assert found[0] == ("Announced", "Announced by the bank, not posted yet. Without it both agree.")


def test_at_most_five_are_named(account: Account) -> None:
    for number in range(9):
        make_txn(account, "12.50", date=f"2026-05-0{number + 1}", description=f"Row {number}")

    assert len(whys(account, "0.00")) == 5


# --- The days of a statement ---


def test_statement_without_days_has_no_period(account: Account) -> None:
    assert period_of(recorded(account)) is None


@pytest.mark.parametrize("opening_on", [None, "2026-04-30", "2026-05-01", "2026-05-03"])
def test_opening_balance_is_of_the_day_before_or_the_first_day(account: Account, opening_on: str | None) -> None:
    make_txn(account, "5.00", date="2026-04-30")
    make_txn(account, "12.50", date="2026-05-03")
    statement = recorded(
        account,
        opening=Decimal(95),
        opening_on=opening_on and day(opening_on),
        closing=Decimal("82.50"),
        closing_on=LAST,
    )
    make_line(statement, "12.50", "2026-05-03")

    told = period_of(statement)

    assert told is not None
    assert balance_on(account, told.first - dt.timedelta(1)) == told.opening == Decimal(95)
    assert (told.last, told.closing) == (LAST, Decimal("82.50"))


def test_two_statements_that_share_a_day_are_cut_between_days(account: Account) -> None:
    for when, amount in (("2026-05-03", "1"), ("2026-05-15", "2"), ("2026-05-15", "4"), ("2026-05-20", "8")):
        make_txn(account, amount, date=when)
    earlier = recorded(account, opening=Decimal(100), closing=Decimal(97))
    make_line(earlier, "1.00", "2026-05-03")
    make_line(earlier, "2.00", "2026-05-15")
    later = recorded(account, opening=Decimal(97), closing=Decimal(85))
    make_line(later, "4.00", "2026-05-15")
    make_line(later, "8.00", "2026-05-20")

    first, second = period_of(earlier), period_of(later)

    assert first is not None
    assert second is not None
    assert (first.first, first.last, first.opening, first.closing) == (
        day("2026-05-03"),
        day("2026-05-14"),
        Decimal(100),
        Decimal(99),
    )
    assert (second.first, second.last) == (day("2026-05-16"), day("2026-05-20"))
    assert (second.opening, second.closing) == (Decimal(93), Decimal(85))


def test_balance_that_the_file_does_not_print_follows_from_its_lines(account: Account) -> None:
    make_txn(account, "12.50", date="2026-05-03")
    statement = recorded(account, closing=Decimal("87.50"), closing_on=LAST)
    make_line(statement, "12.50", "2026-05-03")

    told = period_of(statement)

    assert told is not None
    assert (told.opening, told.closing) == (Decimal(100), Decimal("87.50"))


def test_balance_of_a_later_day_counts_where_nothing_came_between(account: Account) -> None:
    make_txn(account, "12.50", date="2026-05-03")
    make_txn(account, "5.00", date="2026-06-04")
    statement = recorded(account, opening=Decimal(100), closing=Decimal("87.50"), closing_on=day("2026-06-05"))
    make_line(statement, "12.50", "2026-05-03")

    told = period_of(statement)

    assert told is not None
    assert (told.first, told.last) == (day("2026-05-03"), day("2026-05-03"))


def test_statement_without_balances_has_its_days(account: Account) -> None:
    statement = recorded(account)
    make_line(statement, "12.50", "2026-05-03")
    make_line(statement, "12.50", "2026-05-09")

    told = period_of(statement)

    assert told is not None
    assert (told.first, told.last, told.opening, told.closing) == (day("2026-05-03"), day("2026-05-09"), None, None)


@pytest.mark.parametrize("name", BANKS_FILES)
def test_account_that_a_file_opened_agrees_with_it_and_can_be_certified(book: Book, name: str) -> None:
    """I3: opening and rows make the closing balance, the account agrees, and its statement is closed as right."""
    found = recording.confirm(brought(book, name, name.rpartition("/")[2]), by=None, is_partial=True)

    told = [what_of(statement) for statement in found.statements.select_related("account", "source__file")]

    assert set(told) == OTHERWISE.get(name, {"certified"})


def what_of(statement: Statement) -> str:
    """What becomes of a statement: certified, without balances or rows, or by how much its own figures differ.

    Where rows cannot be read and the file says one balance, the other one does not follow from it.
    """
    own, days = identity(statement), period_of(statement)
    if own.is_told and not own.holds:
        return f"{own.apart} apart"
    if statement.account is None:
        return "no rows"
    if days is None or days.opening is None or days.closing is None:
        return "not all read" if waiting_in([statement]) and statement.closing is not None else "no balances"
    assert agreement(statement.account, days.closing, days.last).difference == 0
    certify(
        account=statement.account,
        by=None,
        first=days.first,
        last=days.last,
        opening=days.opening,
        closing=days.closing,
        statement=statement,
    )
    return "certified"
