"""The page that looks ahead: its figures against the ledger's rows, what it refuses, and what it never does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budget import history
from budget.books.models import Book, Role
from budget.history.models import Change
from budget.ledger import operations as ledger
from budget.ledger.models import Account, AccountType, Category, Transaction
from budget.months import Month
from budget.recount.models import MonthRecount
from budget.recurring import operations
from budget.recurring.forecast import Assumed, Coming, Kind
from budget.recurring.models import RecurringSeries, State
from budget.recurring.outlook import outlook
from budget.tests.factories import (
    make_account,
    make_book,
    make_category,
    make_member,
    make_series,
    make_txn,
    make_user,
)
from budget.tests.reports.ledgers import fill, open_ledger
from budget.users.models import User

pytestmark = pytest.mark.django_db
D = Decimal
TODAY = date(2026, 11, 20)
HERE = "/recurring/forecast/"


@pytest.fixture(autouse=True)
def _friday(db: None) -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def browser(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def earn(account: Account, amount: str, on: str = "2026-11-10") -> Transaction:
    return make_txn(account, f"-{amount}", date=on, description="Brightwater")


def move(source: Account, target: Account, amount: str, on: date) -> None:
    ledger.transfer_between_accounts(book=source.book, by=None, source=source, target=target, amount=D(amount), date=on)


def spend(account: Account, category: Category, amounts: dict[int, str]) -> None:
    for month, amount in amounts.items():
        make_txn(account, amount, category, f"2026-{month:02}-15", "Corner shop")


def test_new_book_is_told_what_to_do_first(browser: Client) -> None:
    page = text_of(browser.get(HERE))

    assert "Nothing to foresee yet. Open the account you pay from most." in page
    assert "<figure" not in page


def test_page_names_the_lowest_day_and_what_comes_when(browser: Client, account: Account, food: Category) -> None:
    earn(account, "1000.00")
    rent = make_series(account, "Rent", "900.00", anchor=date(2026, 11, 27))
    make_series(account, "Salary", "-2000.00", anchor=date(2026, 12, 1))

    page = text_of(browser.get(HERE))

    assert "Everyday is lowest on Fri 27 Nov: 100.00. It stays above zero." in page
    assert f'<a class="t b" href="/recurring/{rent.pk}/">Rent</a>' in page
    assert page.index(">Fri 27 Nov</time>") < page.index(">Tue 1 Dec</time>") < page.index(">Sun 27 Dec</time>")
    assert '<a class="t" href="#day-2026-11-27">Fri 27 Nov</a></th><td class="r n">100.00</td>' in page


def test_days_below_zero_are_named(browser: Client, account: Account) -> None:
    earn(account, "100.00")
    make_series(account, "Rent", "150.00", anchor=date(2026, 11, 27))
    make_series(account, "Salary", "-2000.00", anchor=date(2026, 12, 1))

    page = text_of(browser.get(HERE))

    assert "Everyday is lowest on Fri 27 Nov: −50.00. Below zero from Fri 27 Nov to Mon 30 Nov." in page


def test_credit_card_is_below_zero_by_its_nature(browser: Client, book: Book) -> None:
    card = make_account(book, "Card", type=AccountType.CREDIT)
    make_txn(card, "40.00", date="2026-11-02")

    page = text_of(browser.get(HERE))

    assert "Card is lowest today: −40.00." in page
    assert "Below zero" not in page


def test_what_is_usually_spent_is_what_full_months_took_besides(
    browser: Client, account: Account, food: Category, book: Book
) -> None:
    savings = make_account(book, "Savings", type=AccountType.SAVINGS)
    earning = make_category(book, "Wages", is_income=True)
    make_txn(account, "-5000.00", earning, "2026-07-10", "Employer")
    make_series(account, "Film Stream", "13.99", category=food)
    for month in (8, 9, 10):
        make_txn(account, "13.99", food, f"2026-{month:02}-16", "FILM STREAM 4412")
        make_txn(account, "-999.00", earning, f"2026-{month:02}-28", "Odd job")
        move(account, savings, "77.00", date(2026, month, {8: 3, 9: 21, 10: 5}[month]))
    spend(account, food, {7: "900.00", 8: "310.00", 9: "600.00", 10: "31.00", 11: "800.00"})

    found = outlook(book, TODAY, 90)

    assert found.assumed[account.pk] == Assumed(
        Fraction(10), 3
    )  # August, of 31 days: between September's 20 and October's 1
    assert found.assumed[savings.pk].a_day == 0
    page = text_of(browser.get(HERE))
    assert "Besides that 10.00 a day from tomorrow on: the median of the last 3 full months on Everyday" in page
    assert found.line(find(found, account)).balances[10] == found.balance(find(found, account)) - 100 - D("13.99")


def find(found: Any, account: Account) -> Any:
    return next(each for each in found.accounts if each.pk == account.pk)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("now", [date(2024, 3, 1), date(2024, 2, 29), date(2025, 1, 13)])
def test_what_it_begins_with_is_what_a_loop_over_all_rows_says(book: Book, seed: int, now: date) -> None:
    ledger_of = open_ledger(book)
    fill(ledger_of, 150, seed)

    found = outlook(book, now, 30)

    for account in ledger_of.accounts:
        rows = [txn for txn in Transaction.objects.select_related("category") if txn.account_id == account.pk]
        balance = account.opening_balance - sum(txn.amount for txn in rows if txn.date <= now)
        later = {txn.date for txn in rows if now < txn.date}
        assert found.balance(find(found, account)) == balance
        assert {each.day for each in found.on(account.pk)} == later
        assert found.assumed[account.pk].a_day == a_day(rows, now)


def a_day(rows: list[Transaction], now: date) -> Fraction:
    """The median of six full months by a loop over all rows; the account's first month is none of them."""
    first = min(Month.of(txn.date) for txn in rows)
    rates = []
    for back in range(1, 7):
        month = Month.of(now) - back
        if month <= first:
            continue
        own = [txn for txn in rows if txn.date in month and not txn.is_transfer]
        filed = sum(txn.amount for txn in own if txn.category and not txn.category.is_income)
        unfiled = sum(txn.amount for txn in own if not txn.category)
        rates.append(Fraction(filed + max(unfiled, D(0))) / month.days)
    return max(median(rates), Fraction(0)) if rates else Fraction(0)


def test_rows_dated_ahead_are_on_their_days_and_not_in_todays_balance(account: Account, book: Book) -> None:
    earn(account, "100.00")
    make_txn(account, "30.00", date="2026-11-25")
    make_series(account, "Film Stream", "13.99", anchor=date(2026, 11, 26))
    make_txn(account, "13.99", date="2026-11-26", description="FILM STREAM")

    found = outlook(book, TODAY, 10)

    assert found.balance(find(found, account)) == D("100.00")
    assert found.on(account.pk) == [
        Coming(date(2026, 11, 25), account.pk, D("30.00"), "Entered already", Kind.ENTERED),
        Coming(date(2026, 11, 26), account.pk, D("13.99"), "Entered already", Kind.ENTERED),
    ]
    assert found.line(find(found, account)).balances[-1] == D("56.01")


def test_transfers_that_come_again_are_foreseen_on_both_accounts(browser: Client, account: Account, book: Book) -> None:
    savings = make_account(book, "Savings", type=AccountType.SAVINGS)
    earn(account, "1000.00", "2026-07-01")
    for month in (8, 9, 10, 11):
        move(account, savings, "50.00", date(2026, month, 3))

    found = outlook(book, TODAY, 30)
    page = text_of(browser.get(HERE, {"account": savings.pk}))

    assert [(each.account, each.amount) for each in found.coming] == [(account.pk, D(50)), (savings.pk, D(-50))]
    assert f'<a class="t b" href="{HERE}?account={account.pk}">Transfer from Everyday</a>' in page


def test_only_what_was_confirmed_is_expected(account: Account, book: Book) -> None:
    for name, state in (("Rent", State.PAUSED), ("Gym", State.ENDED), ("Club", None)):
        series = make_series(account, name, "10.00", anchor=date(2026, 11, 27))
        if state:
            operations.set_state(series, by=None, state=state)

    assert {each.name for each in outlook(book, TODAY, 30).coming} == {"Club"}


def test_what_if_moves_the_line_and_is_never_recorded(browser: Client, account: Account, book: Book) -> None:
    earn(account, "1000.00")
    rows, changes = Transaction.objects.count(), Change.objects.count()
    typed = {"account": str(account.pk), "amount": "600", "on": "1 dec", "every": "monthly", "label": "New <b>bike"}

    answer = browser.get(HERE, typed)
    page = text_of(browser.get(answer["Location"]))

    assert answer.status_code == 302
    assert "Everyday is lowest on Mon 1 Feb 2027: −800.00. Below zero from Fri 1 Jan 2027 on." in page
    assert "At the end there is 1,800.00 less than without." in page
    assert page.count('<span class="tag acc">what if</span>') == 3
    assert "New &lt;b&gt;bike" in page
    assert "<b>bike" not in page
    assert "With what if</span>" in page
    assert (Transaction.objects.count(), Change.objects.count(), RecurringSeries.objects.count()) == (rows, changes, 0)
    assert "lowest today: 1,000.00" in text_of(browser.get(HERE))


def test_what_ifs_add_up_and_each_can_be_taken_away(browser: Client, account: Account) -> None:
    one = f"{account.pk}~2026-12-01~once~600.00~Bike"
    first = browser.get(
        HERE, {"account": str(account.pk), "days": "30", "if": one, "amount": "+50", "label": "Lessons"}
    )

    page = text_of(browser.get(first["Location"]))

    assert "600.00, Tue 1 Dec, Everyday" in page
    assert "+50.00, Sat 21 Nov, Everyday" in page
    assert f'href="{HERE}?account={account.pk}&amp;days=30&amp;if={account.pk}~2026-12-01~once~600.00~Bike"' in page
    assert "At the end there is 550.00 less than without." in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"amount": "12,5o"}, "We could not read “12,5o”."),
        ({"amount": ""}, "Enter an amount, such as 12.50."),
        ({"amount": "0"}, "Enter an amount other than zero"),
        ({"amount": "5", "on": "31 feb"}, "31 February does not exist."),
        ({"amount": "5", "on": "soon"}, "We could not read “soon” as a date."),
        ({"amount": "5", "on": "2026-11-01"}, "Sun 1 Nov has passed. Choose a day from today to a year ahead."),
        ({"amount": "5", "on": "2199-12-31"}, "is more than a year ahead."),
        ({"amount": "5", "direction": "up"}, "Choose money out or money in."),
        ({"amount": "5", "every": "hour"}, "Choose once, or every month."),
        ({"days": "0"}, "We cannot look “0” days ahead. Use a number from 1 to 366."),
        ({"days": "367"}, "We cannot look “367” days ahead."),
        ({"days": "1e9"}, "We cannot look “1e9” days ahead."),
        ({"days": "9" * 5000}, "days ahead. Use a number from 1 to 366."),
        ({"if": "1~x"}, "A what-if in this address could not be read and is left out."),
        ({"if": "\x00"}, "A what-if in this address could not be read and is left out."),
    ],
)
def test_bad_input_is_refused_in_words(browser: Client, account: Account, asked: dict[str, str], words: str) -> None:
    answer = browser.get(HERE, asked)

    assert (answer.status_code, words in text_of(answer)) == (422, True)


def test_no_more_what_ifs_than_an_address_holds(browser: Client, account: Account) -> None:
    many = [f"{account.pk}~2026-12-01~once~1.00~n" for _ in range(13)]

    over = browser.get(HERE, {"if": many})
    one_more = browser.get(HERE, {"if": many[:12], "amount": "1"})

    assert [each.status_code for each in (over, one_more)] == [422, 422]
    assert all("At most 12 what-ifs fit on one page." in text_of(each) for each in (over, one_more))


def test_a_year_is_foreseen_to_its_last_day(browser: Client, account: Account) -> None:
    make_series(account, "Rent", "1.00", anchor=TODAY, rhythm="weekly")

    assert "After 366 days" in text_of(browser.get(HERE, {"days": 366}))
    assert len(outlook(account.book, TODAY, 366).line(find(outlook(account.book, TODAY, 366), account)).balances) == 367


def test_account_of_another_book_is_not_found(browser: Client, account: Account) -> None:
    theirs = make_account(make_book(make_user()), "Theirs")

    codes = [browser.get(HERE, {"account": text}).status_code for text in (theirs.pk, "x", "9" * 40, "-1", account.pk)]
    supposed = browser.get(HERE, {"if": f"{theirs.pk}~2026-12-01~once~5.00~"})

    assert codes == [404, 404, 404, 404, 200]
    assert "Theirs" not in text_of(supposed)


def test_closed_account_is_told_to_be_closed(browser: Client, account: Account, book: Book) -> None:
    old = make_account(book, "Old")
    ledger.change_account(old, by=None, is_archived=True)

    answer = browser.get(HERE, {"account": old.pk})

    assert answer.status_code == 422
    assert "Old is closed, so nothing is foreseen for it." in text_of(answer)
    assert ">Old<" not in text_of(answer)


def test_each_currency_stays_by_itself(browser: Client, account: Account, book: Book) -> None:
    francs = make_account(book, "Cabin", currency="CHF")
    yen = make_account(book, "Tokyo", currency="JPY")
    earn(account, "10.00")
    make_series(francs, "Power", "44.50", anchor=date(2026, 12, 5))
    make_series(yen, "Rail", "500", anchor=date(2026, 12, 5))

    page = text_of(browser.get(HERE, {"account": yen.pk}))

    assert "Tokyo is lowest on Fri 5 Feb 2027: −1,500." in page
    assert "−133.50 CHF" in page
    assert "−1,500 JPY" in page
    assert ">Power<" not in page


def test_longest_names_and_largest_amounts_are_shown_whole(browser: Client, book: Book) -> None:
    account = make_account(book, "W" * 100, opening_balance=D("9999999999999.99"))
    make_series(account, "أهلا وسهلا" * 10, "9999999999.99", rhythm="weekly", anchor=TODAY)

    page = text_of(browser.get(HERE, {"days": 366}))

    assert f"{'W' * 100} is lowest on Fri 19 Nov 2027: 9,470,000,000,000.52." in page


def test_viewers_see_it(client: Client, book: Book, account: Account) -> None:
    guest = make_user()
    make_member(book, guest, Role.VIEWER)
    client.force_login(guest)

    assert "Everyday is lowest today: 0.00." in text_of(client.get(HERE))


@pytest.mark.parametrize("month", [Month(2026, 3), Month(2026, 11)])
def test_balances_that_rest_on_a_month_that_differs_are_held_back(
    browser: Client, account: Account, month: Month
) -> None:
    earn(account, "987.65")
    MonthRecount.objects.create(book=account.book, month=month.first, status="blocked")
    make_series(account, "Rent", "150.00", anchor=date(2026, 11, 27))

    page = text_of(browser.get(HERE))

    main = page[page.index('<div class="grid foresee">') :]
    assert f"Held back from {month.title} on" in page
    assert f'href="/reports/month/{month}/counts/"' in page
    assert "Everyday is held back until both counts agree." in main
    assert "987.65" not in main
    assert "837.65" not in main
    assert ">Rent</a>" in main


def test_only_days_from_a_later_month_that_differs_on_are_held_back(browser: Client, account: Account) -> None:
    earn(account, "100.00")
    MonthRecount.objects.create(book=account.book, month=date(2026, 12, 1), status="blocked")
    make_series(account, "Rent", "150.00", anchor=date(2026, 12, 2))

    page = text_of(browser.get(HERE))

    assert "Everyday is lowest today: 100.00. It stays above zero." in page
    assert "−50.00" not in page


def test_lists_and_accounts_lead_here(browser: Client, account: Account) -> None:
    pages = [text_of(browser.get(at)) for at in ("/recurring/", "/recurring/?view=calendar", "/accounts/")]

    assert [f'href="{HERE}"' in page for page in pages] == [True] * 3
    assert 'aria-current="page">Forecast</a>' in text_of(browser.get(HERE))


def test_number_of_queries_is_the_same_for_any_number_of_rows(
    browser: Client, account: Account, food: Category, book: Book
) -> None:
    counts = []
    for upto in (1, 3, 300):
        add_rows(account, food, upto - Transaction.objects.filter(is_transfer=False).count())
        browser.get(HERE)
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(HERE).status_code == 200
        counts.append(len(seen))

    assert RecurringSeries.objects.count() == 300
    assert counts[0] == counts[1] == counts[2] <= 10  # four of them for what recurs


def add_rows(account: Account, food: Category, count: int) -> None:
    """So many series with a row each, and a transfer, in one change; an account for each hundred of them."""
    number = RecurringSeries.objects.count()
    with history.change(account.book, None, "Many", kind="recurring.create") as change:
        change.create_all(
            [
                RecurringSeries(
                    book=account.book, account=account, category=food, name=f"Club {place}", merchant=f"CLUB {place}",
                    amount=D("9.90"), amount_since=TODAY, rhythm="monthly", anchor=TODAY, state=State.CONFIRMED,
                )
                for place in range(number, number + count)
            ]
        )  # fmt: skip
        change.create_all(
            [
                Transaction(
                    book=account.book, account=account, category=food, amount=D("9.90"), date=date(2026, 10, 16),
                    description=f"Club {place}",
                )
                for place in range(number, number + count)
            ]
        )  # fmt: skip
    other = make_account(account.book, f"Other {number}")
    move(account, other, "1.00", TODAY - timedelta(days=30))
