"""The overview's pictures and what needs the person: equal to plain Python over the rows, on random books."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budget.books.models import Book
from budget.envelopes.facts import month_facts
from budget.envelopes.operations import set_budget
from budget.ledger.directory import directory
from budget.ledger.models import Account, Transaction
from budget.ledger.search import read as read_search
from budget.months import Month
from budget.recount.models import MonthRecount
from budget.reports.accounts import Balances
from budget.reports.dashboard import Dashboard, Outgo, dashboard
from budget.reports.monthly import MonthReport, month_report
from budget.reports.needs import needs
from budget.reports.standing import pace_picture, worth_picture, year_picture
from budget.reports.worth import worths_of
from budget.tests import factories
from budget.tests.reports.ledgers import fill, open_ledger
from budget.tests.reports.test_overview import words

SHOWN = Month(2024, 2)


def read_of(book: Book, month: Month = SHOWN) -> tuple[Dashboard, Balances]:
    facts = month_facts(book, month)
    return dashboard(book, facts, shown=month, until=month), Balances(book, facts.accounts, facts.waiting)


def plain(book: Book) -> tuple[dict[str, list[Decimal]], dict[str, Decimal], dict[str, Decimal]]:
    """Income and spending by month, what days spent, and net worth by month: loops over all rows, dates as text."""
    flows: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    moved: dict[str, Decimal] = defaultdict(Decimal)
    days: dict[str, Decimal] = defaultdict(Decimal)
    rows = [
        r for r in Transaction.objects.of(book).select_related("account", "category") if r.account.currency == "EUR"
    ]
    for row in rows:
        month = row.date.isoformat()[:7]
        moved[month] += row.amount
        if not row.is_transfer:
            place = 2 if row.category is None else 0 if row.category.is_income else 1
            flows[month][place] += row.amount
    for row in rows:
        is_spent = row.category is not None and not row.category.is_income
        is_unfiled = row.category is None and flows[row.date.isoformat()[:7]][2] >= 0
        if not row.is_transfer and (is_spent or is_unfiled):
            days[row.date.isoformat()] += row.amount
    opening = sum((account.opening_balance for account in Account.objects.of(book).filter(currency="EUR")), Decimal(0))
    worth = {
        str(month): opening - sum((each for key, each in moved.items() if key <= str(month)), Decimal(0))
        for month in Month(2023, 1).until(Month(2025, 1))
    }
    return flows, days, worth


@pytest.mark.parametrize("seed", range(4))
def test_months_days_and_worth_are_what_the_rows_add_up_to(book, seed):
    """R002-10: as a loop over the raw rows counts them, to the last digit."""
    ledger = open_ledger(book)
    ledger.accounts.append(factories.make_account(book, "Old", opening_balance=Decimal("1234.50")))
    fill(ledger, 200, seed)
    flows, days, worth = plain(book)
    first = min(row.date.isoformat()[:7] for row in Transaction.objects.of(book))

    for month in (Month(2023, 12), SHOWN, Month(2024, 12)):
        read, held = read_of(book, month)
        assert [(read.flow(each).came, read.flow(each).went) for each in read.months] == [
            (-income - min(none, Decimal(0)), spent + max(none, Decimal(0)))
            for income, spent, none in (flows[str(each)] for each in read.months)
        ]
        assert worths_of(read, held) == [worth[str(each)] if str(each) >= first else None for each in read.months]
        facts = month_facts(book, month)
        shown = Table(pace_picture(read, report_of(book, month), month.end), facts.book.currency)
        running = Decimal(0)
        for number in range(1, month.days + 1):
            running += days[date(month.year, month.month, number).isoformat()]
            assert shown.amount(number - 1, month.name) == running


def report_of(book: Book, month: Month) -> MonthReport:
    return month_report(month_facts(book, month), month)


class Table:
    """The table of a picture, read back from its HTML."""

    def __init__(self, picture: str, currency: str) -> None:
        self.heads = [unescape(head) for head in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', picture)]
        self.rows = [
            [unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", picture)
        ]
        self.links = [
            unescape(link) for link in re.findall(r'<tr><th scope="row"><a class="t" href="([^"]*)"', picture)
        ]
        self.marks = [
            (unescape(href), unescape(name))
            for href, name in re.findall(r'<a class="stop" href="([^"]*)" aria-label="([^"]*)"', picture)
        ]

    def amount(self, row: int, head: str) -> Decimal:
        return Decimal(self.rows[row][self.heads.index(head)].replace("−", "-").replace(",", "").replace("+", ""))


def test_each_mark_opens_the_rows_that_make_its_amount(book):
    """R002-4, R002-9: of the days, the months and net worth alike; the table has the same links."""
    fill(open_ledger(book), 150, 3)
    names = directory(book)
    read, held = read_of(book)
    report = report_of(book, SHOWN)

    def rows_of(url: str) -> list[Transaction]:
        asked = dict(part.split("=") for part in url.split("?")[1].split("&"))
        found = read_search(asked, names, currency=book.currency, path="/transactions/").of(book, names)
        return [row for row in found.select_related("category") if names.accounts[row.account_id].currency == "EUR"]

    pace = Table(pace_picture(read, report, SHOWN.end), "EUR")
    for number, (href, _) in enumerate(pace.marks[: SHOWN.days]):
        assert sum(row.amount for row in rows_of(href)) == pace.amount(number, SHOWN.name)
    year = Table(year_picture(read, "EUR"), "EUR")
    for number, (href, _) in enumerate(year.marks):
        kept = -sum(row.amount for row in rows_of(href) if not row.is_transfer)
        assert kept == year.amount(number, "Kept")
    worth = Table(worth_picture(read, held), "EUR")
    for number, amount in enumerate(worths_of(read, held)):
        if amount is not None:
            assert -sum(row.amount for row in rows_of(worth.links[number])) == amount
    for table in (pace, year, worth):
        assert table.links == [href for href, _ in table.marks]


def test_marks_say_their_date_and_their_amounts(account, food):
    pay = factories.make_category(account.book, "Pay", is_income=True)
    factories.make_txn(account, "12.50", food, "2024-02-20")
    factories.make_txn(account, "-2000.00", pay, "2024-02-01")
    factories.make_txn(account, "40.00", food, "2024-01-31")
    read, held = read_of(account.book)

    pace = pace_picture(read, report_of(account.book, SHOWN), date(2024, 2, 21))

    assert (
        "/transactions/?from=2024-02-01&to=2024-02-20&type=expense",
        "Through Tue 20 Feb: February 12.50, January 0.00",
    ) in (Table(pace, "EUR").marks)
    assert "You spent 12.50 by Wed 21 Feb, 12.50 more than by 21 January." in pace
    assert Table(year_picture(read, "EUR"), "EUR").marks[-1] == (
        "/transactions/?month=2024-02",
        "February 2024: income 2,000.00, spending 12.50, kept +1,987.50",
    )
    assert Table(worth_picture(read, held), "EUR").marks[-1][1] == "End of February 2024: Net worth 1,947.50"


def test_month_is_compared_with_an_even_pace_to_its_budget(account, food):
    set_budget(book=account.book, by=None, category=food, month=SHOWN, amount=Decimal("290.00"))
    factories.make_txn(account, "150.00", food, "2024-02-05")

    pace = pace_picture(read_of(account.book)[0], report_of(account.book, SHOWN), date(2024, 2, 10))

    assert "You spent 150.00 by Sat 10 Feb, 50.00 more than an even pace to the budget of 290.00." in pace
    assert Table(pace, "EUR").rows[9] == ["Through Sat 10 Feb", "150.00", "100.00"]
    assert Table(pace, "EUR").rows[10] == ["Through Sun 11 Feb", "", "110.00"]


def test_what_is_held_back_is_on_no_picture(reader, account, food, day):
    """A month that was counted and differs has no bar, no days, and no net worth from it on."""
    day("2024-02-21")
    book = account.book
    factories.make_txn(account, "77.77", food, "2024-01-20")
    factories.make_txn(account, "12.50", food, "2024-02-20")
    MonthRecount.objects.create(book=book, month=date(2024, 1, 1), status="blocked")
    read, held = read_of(book)

    year, worth = year_picture(read, "EUR"), worth_picture(read, held)

    assert ["77.77" in each for each in (year, worth, pace_picture(read, report_of(book, SHOWN), SHOWN.end))] == [
        False
    ] * 3
    assert Table(year, "EUR").rows[-2] == ["January 2024", "held back", "held back", "held back"]
    assert Table(worth, "EUR").marks[-1][1] == "End of February 2024: held back"
    page = words(reader.get("/"))
    assert "January 2024 is held back Rows, totals and history do not say the same. See both counts" in page
    assert "Net worth Held back until both counts agree" in page
    assert "The days of January are held back until both counts agree." in words(reader.get("/?month=2024-01"))


def test_what_needs_the_person_is_listed_with_its_way(reader, account, food, day):
    """R001-33: overspent categories, rows to review, files that could not be read."""
    day("2024-02-21")
    book = account.book
    set_budget(book=book, by=None, category=food, month=SHOWN, amount=Decimal("10.00"))
    factories.make_txn(account, "12.50", food, "2024-02-20", status="pending_review")
    for stage in ("refused", "recorded", "ready"):
        factories.make_import(book, stage.encode(), file_name=f"{stage}.csv", stage=stage)
    facts = month_facts(book, SHOWN)

    found = needs(dashboard(book, facts, shown=SHOWN, until=SHOWN), facts)

    assert [(need.text, need.action) for need in found] == [
        ("ready.csv is ready to import", "Open"),
        ("refused.csv could not be read", "Open"),
        ("Food is 2.50 over", "Cover"),
        ("1 row to review", "Review"),
    ]
    for need in found:
        assert reader.get(need.href).status_code == 200


def test_empty_book_and_book_of_one_row_have_a_page(reader, account, food, day):
    """R002-11: the page says what it is."""
    day("2024-02-21")
    assert "Your Finance Dashboard Nothing here yet" in words(reader.get("/"))
    factories.make_txn(account, "9999999999999.99", food, "2024-02-21", "One")

    page = words(reader.get("/"))

    assert "Your Finance Dashboard Spent so far" in page
    assert "You spent 9,999,999,999,999.99 by Wed 21 Feb." in page
    assert "You spent 9,999,999,999,999.99 more than you earned in the one month that has rows." in page
    assert "All accounts together have −9,999,999,999,999.99 at the end of February 2024." in page


def test_negative_month_is_drawn_below_zero(account, food):
    factories.make_txn(account, "-15.00", food, "2024-02-20")

    read, _ = read_of(account.book)

    assert (
        Table(year_picture(read, "EUR"), "EUR").marks[-1][1]
        == "February 2024: income 0.00, spending −15.00, kept +15.00"
    )
    assert "You got back 15.00 more than you spent in February." in pace_picture(
        read, report_of(account.book, SHOWN), SHOWN.end + timedelta(days=30)
    )


def test_new_row_is_at_once_in_totals_and_pictures(reader, account, food, day):
    """R002-2."""
    day("2024-02-21")
    factories.make_txn(account, "5.00", food, "2024-02-20")
    reader.get("/")
    factories.make_txn(account, "1.25", food, "2024-02-21")

    page = unescape(reader.get("/").content.decode())

    assert "Through Wed 21 Feb: February 6.25" in page
    assert "February 2024: income 0.00, spending 6.25, kept −6.25" in page
    assert "End of February 2024: Net worth −6.25" in page


def test_other_currencies_are_named_and_never_added(account, food):
    abroad = factories.make_account(account.book, "Abroad", currency="USD", opening_balance=Decimal("300.00"))
    factories.make_txn(abroad, "1.00", food, "2024-02-20")
    factories.make_txn(account, "2.00", food, "2024-02-20")
    read, held = read_of(account.book)

    assert read.flow(SHOWN).went == Decimal("2.00")
    assert worths_of(read, held)[-1] == Decimal("-2.00")
    assert "Not in it: 299.00 USD." in worth_picture(read, held)


def test_days_are_added_up_once_for_each_state_of_the_book(account, food):
    """R002-2: any change is in the very next answer; another book's days, or another month's, never are."""
    other = factories.make_account(factories.make_book(factories.make_user()), "Theirs")
    factories.make_txn(account, "5.00", food, "2024-02-20")
    seen = []
    for _ in range(2):
        account.book.refresh_from_db()
        facts = month_facts(account.book, SHOWN)
        with CaptureQueriesContext(connection) as queries:
            seen.append(dashboard(account.book, facts, shown=SHOWN, until=SHOWN).days)
        assert [("budget_transaction t" in query["sql"]) for query in queries] == [len(seen) == 1]
    factories.make_txn(account, "1.25", food, "2024-02-20")
    account.book.refresh_from_db()

    assert seen == [{date(2024, 2, 20): Outgo(Decimal("5.00"))}] * 2
    assert read_of(account.book)[0].days == {date(2024, 2, 20): Outgo(Decimal("6.25"))}
    assert read_of(account.book, Month(2024, 4))[0].days == {}
    assert read_of(other.book)[0].days == {}


def test_category_without_a_budget_needs_nobody_unless_others_have_one(account, food):
    rent = factories.make_category(account.book, "Rent")
    factories.make_txn(account, "700.00", rent, "2024-02-05")

    def said() -> list[str]:
        facts = month_facts(account.book, SHOWN)
        return [need.text for need in needs(dashboard(account.book, facts, shown=SHOWN, until=SHOWN), facts)]

    before = said()
    set_budget(book=account.book, by=None, category=food, month=SHOWN, amount=Decimal("10.00"))

    assert (before, said()) == ([], ["Rent has 700.00 and no budget"])


def test_days_of_an_altered_row_are_forgotten_when_it_is_mended(account, food):
    """Whoever writes behind the application's back makes no new state of the book, whose days would be known."""
    row = factories.make_txn(account, "5.00", food, "2024-02-20")
    found = []
    for units in (6_000, 5_000):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE budget_transaction SET amount = %s WHERE id = %s", [units, row.pk])
        found.append(read_of(account.book)[0].days[row.date].filed)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_transaction SET date = '2024-02-21' WHERE id = %s", [row.pk])
    MonthRecount.objects.create(book=account.book, month=SHOWN.first, status="blocked")
    read_of(account.book)
    MonthRecount.objects.update(status="verified")

    assert found == [Decimal("6.00"), Decimal("5.00")]
    assert list(read_of(account.book)[0].days) == [date(2024, 2, 21)]


@pytest.mark.parametrize(
    ("today", "told"),
    [
        ("2024-04-02", "You spent 7.00 in March, 5.00 less than in February."),
        ("2024-03-31", "You spent 7.00 by Sun 31 Mar, 5.00 less than by 29 February."),
        ("2024-03-10", "You spent 7.00 by Sun 10 Mar, as much as by 10 February."),
    ],
)
def test_longer_month_is_compared_with_all_of_a_shorter_one(account, food, today, told):
    for amount, day in (("7.00", "2024-02-01"), ("5.00", "2024-02-29"), ("7.00", "2024-03-01")):
        factories.make_txn(account, amount, food, day)
    march = Month(2024, 3)

    picture = pace_picture(read_of(account.book, march)[0], report_of(account.book, march), date.fromisoformat(today))

    assert told in picture
