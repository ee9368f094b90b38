"""A month's figures: equal to a plain count of the rows, right at the turn of the year, limited to one book."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budget.envelopes.facts import Tally, month_facts
from budget.envelopes.operations import set_budget
from budget.envelopes.queries import plan
from budget.ledger.models import Rollover
from budget.months import Month
from budget.reports.monthly import MonthReport, month_report
from budget.reports.queries import category_totals, month_summary
from budget.tests import factories
from budget.tests.reports.ledgers import counted, fill, open_ledger

MONTHS = ("2023-12", "2024-01", "2024-02", "2024-03", "2024-12", "2025-01")


def report_of(book, month: str) -> MonthReport:
    return month_report(month_facts(book, Month.parse(month)), Month.parse(month))


def flat(report: MonthReport) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Every category's own rows in the report, taken from its lowest level."""
    found = {
        (category.name if category else "", currency): (tally.count, tally.total)
        for currency, category, tally in report.others
    }
    for line in (*report.spending, *report.income):
        for own in line.parts or (line,):
            if own.tally.count:
                name = own.category.name if own.category else ""
                found[name, report.currency] = (own.tally.count, own.tally.total)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_month_equals_a_plain_count_of_random_rows(book, seed):
    """R000-17, R001-11: category, count and total."""
    fill(open_ledger(book), 150, seed)

    for month in MONTHS:
        expected = counted(book, month)
        totals = category_totals(book, Month.parse(month))
        assert {(t.name, t.currency): (t.count, t.total) for t in totals} == expected
        assert flat(report_of(book, month)) == expected


@pytest.mark.parametrize("seed", range(4))
def test_subtotals_and_figures_add_up(book, seed):
    fill(open_ledger(book), 150, seed)

    for month in MONTHS:
        report = report_of(book, month)
        own = {name: total for (name, currency), (_, total) in counted(book, month).items() if currency == "EUR"}
        earned = {"Pay", "Bonus"} | ({""} if own.get("", 0) < 0 else set())
        assert report.figures.income == -sum(total for name, total in own.items() if name in earned)
        assert report.figures.spent == sum(total for name, total in own.items() if name not in earned)
        assert report.is_mixed == ("" in earned)
        for line in (*report.spending, *report.income):
            if line.parts:
                parts = [part.tally for part in line.parts]
                assert line.tally == Tally(sum(p.count for p in parts), sum((p.total for p in parts), Decimal(0)))


def test_month_before_is_the_month_before(book):
    fill(open_ledger(book), 150, 9)

    for month in MONTHS:
        report, before = report_of(book, month), report_of(book, str(Month.parse(month).previous))
        assert report.previous == before.figures
        assert (
            month_report(month_facts(book, Month.parse(month)), Month.parse(month).previous).figures == before.figures
        )


def test_summary_of_january_2024_is_the_documented_one(account, food):
    """R000-17, R001-11, R001-24: largest first, in cents."""
    book = account.book
    transport, fun = factories.make_category(book, "Transportation"), factories.make_category(book, "Entertainment")
    factories.make_category(book, "Utilities")
    rows = (
        ("25.50", food, "2024-01-15"),
        ("45.00", transport, "2024-01-16"),
        ("30.00", fun, "2024-01-17"),
        ("45.75", food, "2024-01-18"),
        ("45.75", food, "2024-01-19"),
        ("99.99", food, "2024-02-01"),
    )
    for amount, category, date in rows:
        factories.make_txn(account, amount, category, date)

    assert [(t.name, t.count, str(t.total)) for t in month_summary(book, Month(2024, 1))] == [
        ("Food", 3, "117.00"),
        ("Transportation", 1, "45.00"),
        ("Entertainment", 1, "30.00"),
    ]


@pytest.mark.parametrize(
    ("month", "first", "last", "outside"),
    [
        ("2026-12", "2026-12-01", "2026-12-31", ("2026-11-30", "2027-01-01")),
        ("2024-02", "2024-02-01", "2024-02-29", ("2024-01-31", "2024-03-01")),
        ("2023-02", "2023-02-01", "2023-02-28", ("2023-01-31", "2023-03-01")),
        ("1900-01", "1900-01-01", "1900-01-31", ("1900-02-01",)),
        ("2200-12", "2200-12-01", "2200-12-31", ("2200-11-30",)),
    ],
)
def test_month_has_its_first_and_last_day_and_no_other(account, food, month, first, last, outside):
    """R000-15, R001-11: the end is not included; December among them."""
    for day in (first, last, *outside):
        factories.make_txn(account, "1.00", food, day)

    assert [(t.count, t.total) for t in month_summary(account.book, Month.parse(month))] == [(2, Decimal("2.00"))]
    assert report_of(account.book, month).figures.spent == Decimal("2.00")


def test_summary_is_one_statement_whatever_the_rows(book, django_assert_num_queries):
    """R000-3, R000-17, R001-40: grouped and sorted by the database."""
    ledger = open_ledger(book)
    for rows in (1, 30, 300):
        fill(ledger, rows, rows)
        with django_assert_num_queries(1):
            totals = month_summary(book, Month(2024, 1))
        assert totals == sorted(totals, key=lambda t: -t.total)
        with django_assert_num_queries(1):
            month_facts(book, Month(2024, 1))


def test_summary_of_an_empty_month_is_empty(book):
    """R000-17: nothing adds up to zero."""
    report = report_of(book, "2024-01")

    assert month_summary(book, Month(2024, 1)) == []
    assert (report.figures.spent, report.figures.income, report.budget) == (Decimal("0.00"), Decimal("0.00"), None)


def test_summary_is_limited_to_its_book(account, food):
    """R000-16, R001-27: nobody else's rows are in it."""
    other = factories.make_book(factories.make_user())
    factories.make_txn(factories.make_account(other), "99.00", factories.make_category(other, "Food"), "2024-01-15")
    factories.make_txn(account, "1.00", food, "2024-01-15")

    assert [t.total for t in month_summary(account.book, Month(2024, 1))] == [Decimal("1.00")]
    assert list(month_facts(account.book, Month(2024, 1)).categories) == [food.pk]


def test_refund_of_more_than_was_spent_is_a_negative_total(account, food):
    factories.make_txn(account, "10.00", food, "2024-01-15")
    factories.make_txn(account, "-25.00", food, "2024-01-16")

    assert [t.total for t in month_summary(account.book, Month(2024, 1))] == [Decimal("-15.00")]


def test_money_in_without_a_category_is_income_and_no_negative_spending(account, food):
    factories.make_txn(account, "10.00", food, "2024-01-15")
    factories.make_txn(account, "-2150.00", None, "2024-01-16")
    factories.make_txn(account, "150.00", None, "2024-01-17")
    factories.make_txn(account, "7.00", None, "2024-02-01")

    january, february = report_of(account.book, "2024-01"), report_of(account.book, "2024-02")

    assert (january.figures.income, january.figures.spent) == (Decimal("2000.00"), Decimal("10.00"))
    assert (february.figures.income, february.figures.spent) == (Decimal("0.00"), Decimal("7.00"))
    assert (february.previous, february.was_mixed, february.is_mixed) == (january.figures, True, False)
    assert [(t.name, t.total) for t in month_summary(account.book, Month(2024, 1))] == [
        ("Food", Decimal("10.00")),
        ("", Decimal("-2000.00")),
    ]


def test_income_below_a_spending_category_is_not_added_to_it(account, food):
    pay = factories.make_category(account.book, "Cashback", parent=food, is_income=True)
    factories.make_txn(account, "10.00", food, "2024-01-15")
    factories.make_txn(account, "-3.00", pay, "2024-01-15")

    report = report_of(account.book, "2024-01")

    assert [(str(line.category), line.tally.total) for line in report.spending] == [("Food", Decimal("10.00"))]
    assert [(str(line.category), line.tally.total) for line in report.income] == [("Cashback", Decimal("-3.00"))]


@pytest.mark.parametrize("rollover", Rollover.values)
def test_budget_is_what_the_page_of_budgets_says(account, rollover):
    book = account.book
    food = factories.make_category(book, "Food", rollover=rollover)
    for month, amount, spent in (
        ("2024-01", "100.00", "80.00"),
        ("2024-02", "100.00", "150.00"),
        ("2024-09", "5", "1"),
    ):
        set_budget(book=book, by=None, category=food, month=Month.parse(month), amount=Decimal(amount))
        factories.make_txn(account, spent, food, f"{month}-15")

    for month in ("2024-01", "2024-02", "2024-03", "2024-09", "2024-10"):
        (planned,) = plan(book, Month.parse(month))
        lines = report_of(book, month).spending
        assert [line.budget for line in lines] == ([planned.budget] if planned.is_planned else [None] * len(lines))
        assert [line.left for line in lines if line.budget is not None] == (
            [planned.available] if planned.is_planned else []
        )
