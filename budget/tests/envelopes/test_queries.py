"""What is available: against sums done by hand, and against a second calculation that shares nothing with the first."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from budget.books.models import Book
from budget.envelopes.board import board
from budget.envelopes.errors import NotEnoughInEnvelope
from budget.envelopes.operations import set_budget, transfer
from budget.envelopes.queries import available, plan, plan_line
from budget.ledger.models import Account, Category, Rollover
from budget.ledger.operations import transfer_between_accounts
from budget.months import Month
from budget.tests.envelopes.conftest import NOVEMBER, Give
from budget.tests.factories import make_account, make_category, make_txn

pytestmark = pytest.mark.django_db
D = Decimal
OCTOBER = NOVEMBER.previous


def figures(book: Book, category: Category, month: Month) -> tuple[Decimal, Decimal, Decimal, Decimal]:
    line = plan_line(book, category, month)
    return line.allocated, line.rollover, line.spent, line.available


def rolling(book: Book, mode: str) -> Category:
    return make_category(book, f"Carries {mode}", rollover=mode)


@pytest.mark.parametrize(
    ("mode", "spent", "carried"),
    [
        (Rollover.NONE, "80.00", "0.00"),
        (Rollover.SURPLUS, "80.00", "20.00"),
        (Rollover.BOTH, "80.00", "20.00"),
        (Rollover.NONE, "130.00", "0.00"),
        (Rollover.SURPLUS, "130.00", "0.00"),
        (Rollover.BOTH, "130.00", "-30.00"),
    ],
)
def test_what_a_month_carries_into_the_next(
    book: Book, account: Account, give: Give, mode: str, spent: str, carried: str
) -> None:
    category = rolling(book, mode)
    give(category, "100.00", OCTOBER)
    make_txn(account, spent, category, date="2026-10-31")

    assert figures(book, category, NOVEMBER) == (D("0.00"), D(carried), D("0.00"), D(carried))


def test_year_end_is_a_month_end(book: Book, account: Account, give: Give) -> None:
    category = rolling(book, Rollover.SURPLUS)
    give(category, "100.00", Month(2026, 12))
    make_txn(account, "30.00", category, date="2026-12-31")
    make_txn(account, "5.00", category, date="2027-01-01")

    assert figures(book, category, Month(2027, 1)) == (D("0.00"), D("70.00"), D("5.00"), D("65.00"))


def test_months_before_the_first_budget_carry_nothing(book: Book, account: Account, give: Give) -> None:
    category = rolling(book, Rollover.BOTH)
    make_txn(account, "500.00", category, date="2026-09-10")
    give(category, "100.00", OCTOBER)

    assert figures(book, category, NOVEMBER) == (D("0.00"), D("100.00"), D("0.00"), D("100.00"))


@pytest.mark.parametrize("mode", [Rollover.SURPLUS, Rollover.BOTH])
def test_budget_set_back_to_zero_starts_no_carrying(book: Book, account: Account, give: Give, mode: str) -> None:
    category = rolling(book, mode)
    make_txn(account, "-40.00", category, date="2026-09-10")
    make_txn(account, "500.00", category, date="2026-10-10")
    for amount in ("50.00", "0.00"):
        give(category, amount, OCTOBER.previous)
    give(category, "100.00")

    assert figures(book, category, NOVEMBER) == (D("100.00"), D("0.00"), D("0.00"), D("100.00"))
    assert figures(book, category, NOVEMBER.next) == (D("0.00"), D("100.00"), D("0.00"), D("100.00"))


def test_refund_raises_what_is_available(book: Book, account: Account, food: Category, give: Give) -> None:
    give(food, "100.00")
    make_txn(account, "30.00", food)
    make_txn(account, "-10.00", food)

    assert figures(book, food, NOVEMBER) == (D("100.00"), D("0.00"), D("20.00"), D("80.00"))


def test_money_between_own_accounts_and_in_other_currencies_is_no_spending(
    book: Book, account: Account, food: Category, give: Give
) -> None:
    give(food, "100.00")
    dollars = make_account(book, "Dollars", currency="USD")
    savings = make_account(book, "Savings")
    make_txn(dollars, "60.00", food)
    transfer_between_accounts(book=book, by=None, source=account, target=savings, amount=D("50.00"))

    assert figures(book, food, NOVEMBER) == (D("100.00"), D("0.00"), D("0.00"), D("100.00"))


class Event(NamedTuple):
    """Something that happened to one category: kind, month counted from year 0, thousandths."""

    kind: str
    category: int
    month: int
    units: int


def carried_by_hand(mode: str, events: list[Event], month: int) -> int:
    """The second calculation: recursive, on whole thousandths, from the list of what happened."""
    given = [event for event in events if event.kind == "given"]
    budgets = {event.month: sum(e.units for e in given if e.month == event.month) for event in given}
    if mode == "none" or month <= min((at for at, units in budgets.items() if units), default=month):
        return 0
    before = month - 1
    left = carried_by_hand(mode, events, before)
    left += sum(e.units for e in events if e.kind == "given" and e.month == before)
    left -= sum(e.units for e in events if e.kind == "spent" and e.month == before)
    return left if mode == "both" else left if left > 0 else 0


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.once) for seed in range(4, 12))])
def test_random_plans_agree_with_a_second_calculation(book: Book, account: Account, seed: int) -> None:
    """Three modes, six months over the turn of a year: budgets set and set again, spending, refunds, moves."""
    chance = random.Random(seed)
    modes = ["none", "surplus", "both"] * 2
    categories = [make_category(book, f"Category {i}", rollover=mode) for i, mode in enumerate(modes)]
    start = 2026 * 12 + 9  # October 2026, counted from month 0 of year 0
    events: list[Event] = []

    def as_month(number: int) -> Month:
        return Month(number // 12, number % 12 + 1)

    def given_so_far(index: int, number: int) -> int:
        return sum(e.units for e in events if e.kind == "given" and (e.category, e.month) == (index, number))

    for _ in range(70):
        index, number = chance.randrange(6), start + chance.randrange(6)
        month, units = as_month(number), chance.randrange(1, 20_000) * 10
        amount = D(units).scaleb(-3)
        kind = chance.choice(["set", "set", "spend", "spend", "refund", "move"])
        if kind == "set":
            set_budget(book=book, by=None, category=categories[index], month=month, amount=amount)
            events.append(Event("given", index, number, units - given_so_far(index, number)))
        elif kind in ("spend", "refund"):
            signed = units if kind == "spend" else -units // 100 * 10 or -10
            day = month.day(chance.randrange(1, 32))
            make_txn(account, str(D(signed).scaleb(-3)), categories[index], date=day.isoformat())
            events.append(Event("spent", index, number, signed))
        else:
            other = (index + 1) % 6
            left = available(book, categories[index], month)
            asked: Any = {"source": categories[index], "target": categories[other], "month": month}
            try:
                transfer(book=book, by=None, amount=max(left, D("0.01")), **asked)
            except NotEnoughInEnvelope as short:
                left = short.left
                if left <= 0:
                    continue
                transfer(book=book, by=None, amount=left, **asked)
            moved = int(left * 1000)
            events += [Event("given", index, number, -moved), Event("given", other, number, moved)]

    for number in range(start - 1, start + 8):
        for index, line in enumerate(sorted(plan(book, as_month(number)), key=lambda line: line.category.pk)):
            own = [event for event in events if event.category == index]
            rollover = carried_by_hand(modes[index], own, number)
            spent = sum(e.units for e in own if e.kind == "spent" and e.month == number)
            allocated = given_so_far(index, number)
            expected = (allocated, rollover, spent, allocated + rollover - spent)
            found = (line.allocated, line.rollover, line.spent, line.available)
            assert tuple(int(amount * 1000) for amount in found) == expected, (as_month(number), modes[index])


def test_head_subtotals_and_rows_add_up(book: Book, account: Account, give: Give) -> None:
    home = make_category(book, "Home", position=1)
    rent = make_category(book, "Rent", parent=home)
    fun = make_category(book, "Fun", position=2)
    salary = make_category(book, "Salary", is_income=True)
    give(rent, "1450.00")
    give(fun, "100.00")
    for amount, category in (("1450.00", rent), ("12.00", home), ("130.00", fun), ("22.00", None), ("-4300", salary)):
        make_txn(account, amount, category)

    shown = board(book, NOVEMBER, today=NOVEMBER.day(21))

    assert [(g.name, [row.name for row in g.lines], g.sums.allocated, g.sums.spent) for g in shown.groups] == [
        ("Home", ["Rent", "Home, general"], D("1450.00"), D("1462.00")),
        ("Other", ["Fun"], D("100.00"), D("130.00")),
    ]
    assert (shown.sums.allocated, shown.sums.spent, shown.sums.available) == (D("1550"), D("1614"), D("-64"))
    assert (shown.unfiled.count, shown.unfiled.spent, shown.income) == (1, D("22.00"), D("4300.00"))
    assert [(row.name, row.over) for row in shown.overspent] == [("Fun", D("30.00")), ("Home, general", D("12.00"))]


def bar(book: Book, category: Category, today: Any) -> tuple[str, str, str, bool]:
    line = next(row for row in board(book, NOVEMBER, today).lines if row.category.pk == category.pk)
    return line.bar.filled, line.bar.over, line.bar.pace, line.bar.is_done


def test_bar_is_measured_against_its_own_budget(book: Book, account: Account, food: Category, give: Give) -> None:
    day = NOVEMBER.day(21)
    give(food, "200.00")
    assert bar(book, food, day) == ("0.0", "", "70.0", False)
    make_txn(account, "150.00", food)
    assert bar(book, food, day) == ("75.0", "", "70.0", False)
    assert bar(book, food, OCTOBER.day(1)) == ("75.0", "", "", False)
    make_txn(account, "50.00", food)
    assert bar(book, food, day) == ("100.0", "", "", True)
    make_txn(account, "50.00", food)
    assert bar(book, food, day) == ("80.0", "20.0", "", False)


def test_bar_of_spending_without_a_budget_is_all_over(book: Book, account: Account, food: Category) -> None:
    make_txn(account, "50.00", food)

    assert bar(book, food, NOVEMBER.day(21)) == ("0.0", "100.0", "", False)
