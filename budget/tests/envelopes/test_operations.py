"""Setting budgets, copying months, moving plan: what each does, what it refuses, what a failure leaves behind."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from django.db.models import Sum

from budget import history
from budget.books.models import Book
from budget.envelopes import operations
from budget.envelopes.errors import (
    BudgetBelowZero,
    NoPlanForIncome,
    NotEnoughInEnvelope,
    NothingSpent,
    NothingToCopy,
    PlanMovedOn,
    SameEnvelope,
    StillPlanned,
)
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.envelopes.queries import available, plan_line
from budget.history import AlreadyDone, Change, IdempotentRequest, KeyReused, Recorder
from budget.ledger.errors import AmountNotPositive, CategoryNotFound, InUse, OtherKind
from budget.ledger.models import Account, Category, Rollover, today
from budget.ledger.operations import change_category, delete_category, merge_categories
from budget.money import TooPrecise
from budget.months import Month
from budget.tests.envelopes.conftest import NOVEMBER, Give
from budget.tests.factories import make_book, make_category, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db
D = Decimal


def amounts(category: Category, month: Month = NOVEMBER) -> list[Decimal]:
    rows = Allocation.objects.filter(envelope__category=category, envelope__month=month.first)
    return list(rows.order_by("pk").values_list("amount", flat=True))


def test_new_budget_is_what_was_typed_and_the_rows_add_up_to_it(book: Book, owner: User, food: Category) -> None:
    """R003-55: a limit per category and month."""
    for amount in ("200.00", "163.15", "163.15", "0.00"):
        operations.set_budget(book=book, by=owner, category=food, month=NOVEMBER, amount=D(amount))

    assert amounts(food) == [D("200.00"), D("-36.85"), D("-163.15")]
    assert Envelope.objects.filter(category=food).count() == 1


def test_same_budget_again_is_no_change(book: Book, owner: User, food: Category, give: Give) -> None:
    give(food, "200.00")
    version = Book.objects.get(pk=book.pk).version

    assert operations.set_budget(book=book, by=owner, category=food, month=NOVEMBER, amount=D("200")) is None
    assert Book.objects.get(pk=book.pk).version == version


def test_budget_for_later_months_reaches_into_the_next_year(book: Book, owner: User, food: Category) -> None:
    made = operations.set_budget(book=book, by=owner, category=food, month=NOVEMBER, amount=D("90"), later=11)

    months = list(Envelope.objects.order_by("month").values_list("month", flat=True))
    assert [Month.of(day) for day in months] == [NOVEMBER + number for number in range(12)]
    assert made is not None
    assert made.summary == "Budgeted 90.00 for Food in November 2026 and the 11 months after"


def test_budget_for_later_months_ends_with_the_last_month_there_is(book: Book, owner: User, food: Category) -> None:
    operations.set_budget(book=book, by=owner, category=food, month=Month(2200, 11), amount=D("90"), later=11)

    assert Envelope.objects.count() == 2


def test_several_budgets_are_one_change_and_are_undone_as_one(
    book: Book, owner: User, food: Category, rent: Category
) -> None:
    before = history.digest(book)
    made = operations.set_budgets(
        book=book, by=owner, month=NOVEMBER, amounts={food.pk: D("10.00"), rent.pk: D("20.00")}
    )

    assert made is not None
    assert (made.summary, amounts(food), amounts(rent)) == (
        "Set 2 budgets of November 2026",
        [D("10.00")],
        [D("20.00")],
    )
    history.undo(made, by=owner)
    assert history.digest(book) == before


@pytest.mark.parametrize(
    ("amount", "error", "sentence"),
    [
        ("-0.01", BudgetBelowZero, "A budget cannot be below zero. Enter 0 to plan nothing."),
        ("1.005", TooPrecise, "“1.005” has too many decimals: EUR has two decimals."),
    ],
)
def test_budget_that_cannot_be_writes_nothing(
    book: Book, owner: User, food: Category, amount: str, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as refused:
        operations.set_budget(book=book, by=owner, category=food, month=NOVEMBER, amount=D(amount))
    with pytest.raises(error):
        operations.set_budgets(book=book, by=owner, month=NOVEMBER, amounts={food.pk: D(amount)})

    assert str(refused.value) == sentence
    assert not Envelope.objects.exists()


def test_income_and_foreign_categories_have_no_budget(book: Book, owner: User) -> None:
    salary = make_category(book, "Salary", is_income=True)
    foreign = make_category(make_book(make_user()), "Food")

    for category, error in ((salary, NoPlanForIncome), (foreign, CategoryNotFound)):
        with pytest.raises(error):
            operations.set_budget(book=book, by=owner, category=category, month=NOVEMBER, amount=D("1"))
        with pytest.raises(error):
            operations.set_budgets(book=book, by=owner, month=NOVEMBER, amounts={category.pk: D("1")})

    assert not Envelope.objects.exists()


def test_copied_month_has_the_same_budgets(book: Book, owner: User, food: Category, rent: Category, give: Give) -> None:
    give(food, "100.00")
    give(rent, "1450.00")
    december = NOVEMBER.next
    give(food, "80.00", december)

    made = operations.copy_month(book=book, by=owner, source=NOVEMBER, target=december)

    assert (amounts(food, december), amounts(rent, december)) == ([D("80.00"), D("20.00")], [D("1450.00")])
    assert made is not None
    assert made.summary == "Copied the budgets of November 2026 to December 2026"


def test_category_that_earns_since_is_not_copied(
    book: Book, owner: User, food: Category, rent: Category, give: Give
) -> None:
    past, later = Month(2020, 1), Month(2020, 2)
    give(food, "100.00", past)
    give(rent, "50.00", past)
    change_category(food, by=None, is_income=True)

    operations.copy_month(book=book, by=owner, source=past, target=later)
    change_category(rent, by=None, is_income=True)

    assert (amounts(food, later), amounts(rent, later)) == ([], [D("50.00")])
    with pytest.raises(NothingToCopy):
        operations.copy_month(book=book, by=owner, source=past, target=later)


def test_month_without_budgets_cannot_be_copied(book: Book, owner: User) -> None:
    with pytest.raises(NothingToCopy, match=r"October 2026 has no budgets to copy\. Set a budget first\."):
        operations.copy_month(book=book, by=owner, source=Month(2026, 10), target=NOVEMBER)


def test_month_can_begin_with_what_the_last_one_spent(
    book: Book, owner: User, account: Account, food: Category, rent: Category
) -> None:
    salary = make_category(book, "Salary", is_income=True)
    make_txn(account, "412.36", food, date="2026-10-02")
    make_txn(account, "-10.00", rent, date="2026-10-02")
    make_txn(account, "-4300.00", salary, date="2026-10-02")

    operations.plan_from_spending(book=book, by=owner, source=Month(2026, 10), target=NOVEMBER)

    assert (amounts(food), amounts(rent), amounts(salary)) == ([D("412.36")], [], [])
    with pytest.raises(NothingSpent, match=r"Nothing was spent in January 2020\."):
        operations.plan_from_spending(book=book, by=owner, source=Month(2020, 1), target=NOVEMBER)


def move(book: Book, source: Category, target: Category, amount: str, **more: object) -> EnvelopeTransfer:
    return operations.transfer(
        book=book,
        by=None,
        source=source,
        target=target,
        month=NOVEMBER,
        amount=D(amount),
        **more,  # type: ignore[arg-type]  # passed on
    )


def test_move_is_two_linked_allocations_that_add_up_to_zero(
    book: Book, food: Category, rent: Category, give: Give
) -> None:
    """R001-14: minus in the source, plus in the target, described."""
    give(food, "100.00")
    made = move(book, food, rent, "36.85")

    assert [(a.amount, a.note) for a in (made.outgoing, made.incoming)] == [
        (D("-36.85"), "Transfer to Rent"),
        (D("36.85"), "Transfer from Food"),
    ]
    assert (available(book, food, NOVEMBER), available(book, rent, NOVEMBER)) == (D("63.15"), D("36.85"))
    assert (
        Change.objects.get(book=book, number=made.version).summary == "Moved 36.85 from Food to Rent in November 2026"
    )


def test_move_is_no_spending(book: Book, food: Category, rent: Category, give: Give) -> None:
    give(food, "100.00")
    move(book, food, rent, "36.85")

    assert [plan_line(book, category, NOVEMBER).spent for category in (food, rent)] == [D("0.00"), D("0.00")]


def test_everything_there_can_be_moved_and_not_a_cent_more(
    book: Book, food: Category, rent: Category, give: Give
) -> None:
    give(food, "20.00")
    with pytest.raises(NotEnoughInEnvelope) as refused:
        move(book, food, rent, "20.01")
    move(book, food, rent, "20.00")

    assert str(refused.value) == "Food has 20.00 left, 20.01 is needed. Move 20.00 or less."
    assert available(book, food, NOVEMBER) == D("0.00")


def test_refusal_says_what_is_left_where_there_is_nothing_to_move(
    book: Book, account: Account, food: Category, rent: Category
) -> None:
    with pytest.raises(NotEnoughInEnvelope, match=r"^Food has nothing left, 5\.00 is needed\. Choose another"):
        move(book, food, rent, "5.00")
    make_txn(account, "12.50", food)
    with pytest.raises(NotEnoughInEnvelope, match=r"^Food is 12\.50 over its budget, 5\.00 is needed\. Choose another"):
        move(book, food, rent, "5.00")


@pytest.mark.parametrize("mode", [Rollover.SURPLUS, Rollover.BOTH])
def test_what_a_later_month_has_spent_already_cannot_be_moved_away(
    book: Book, account: Account, rent: Category, give: Give, mode: str
) -> None:
    fun = make_category(book, "Fun", rollover=mode)
    give(fun, "100.00")
    make_txn(account, "80.00", fun, date="2027-01-10")
    before = history.digest(book)

    with pytest.raises(NotEnoughInEnvelope) as refused:
        move(book, fun, rent, "20.01")
    assert str(refused.value) == "Fun has 20.00 left in January 2027, 20.01 is needed. Move 20.00 or less."
    assert history.digest(book) == before
    move(book, fun, rent, "20.00")

    assert [available(book, fun, NOVEMBER + later) for later in range(4)] == [D("80"), D("80"), D("0"), D("0")]


def test_later_months_do_not_matter_where_nothing_is_carried_into_them(
    book: Book, account: Account, food: Category, rent: Category, give: Give
) -> None:
    give(food, "100.00")
    make_txn(account, "80.00", food, date="2027-01-10")
    fun = make_category(book, "Fun", rollover=Rollover.SURPLUS)
    give(fun, "100.00")
    make_txn(account, "100.00", fun)
    give(fun, "10.00", NOVEMBER.next)
    make_txn(account, "80.00", fun, date="2026-12-10")
    make_txn(account, "-30.00", fun)

    move(book, food, rent, "100.00")
    with pytest.raises(NotEnoughInEnvelope, match=r"^Fun is 40\.00 over its budget in December 2026, 30\.00 is"):
        move(book, fun, rent, "30.00")

    assert available(book, food, NOVEMBER) == D("0.00")


def test_first_budget_that_is_moved_away_whole_takes_its_refund_out_of_later_months(
    book: Book, account: Account, rent: Category, give: Give
) -> None:
    fun = make_category(book, "Fun", rollover=Rollover.SURPLUS)
    give(fun, "100.00")
    make_txn(account, "-10.00", fun)
    give(fun, "5.00", NOVEMBER.next)
    make_txn(account, "15.00", fun, date="2026-12-10")

    with pytest.raises(NotEnoughInEnvelope, match=r"^Fun has 90\.00 left"):
        move(book, fun, rent, "100.00")
    move(book, fun, rent, "90.00")

    assert available(book, fun, NOVEMBER.next) == D("10.00")


@pytest.mark.parametrize(
    ("amount", "error"), [("0", AmountNotPositive), ("-5", AmountNotPositive), ("0.001", TooPrecise)]
)
def test_amounts_that_cannot_be_moved_write_nothing(
    book: Book, food: Category, rent: Category, give: Give, amount: str, error: type[Exception]
) -> None:
    """R001-16: zero, negative, too precise."""
    give(food, "100.00")
    before = history.digest(book)

    with pytest.raises(error):
        move(book, food, rent, amount)

    assert history.digest(book) == before


def test_move_to_itself_to_income_or_to_somebody_elses_category_writes_nothing(
    book: Book, food: Category, give: Give
) -> None:
    """R001-15, R001-16: an unknown category, or the same one."""
    give(food, "100.00")
    foreign = make_category(make_book(make_user()), "Rent")
    salary = make_category(book, "Salary", is_income=True)
    before = history.digest(book)

    with pytest.raises(SameEnvelope):
        move(book, food, food, "1")
    with pytest.raises(NoPlanForIncome):
        move(book, food, salary, "1")
    for source, target in ((food, foreign), (foreign, food)):
        with pytest.raises(CategoryNotFound, match="Category not found"):
            move(book, source, target, "1")

    assert history.digest(book) == before


def test_merge_takes_the_plan_along_month_by_month_and_is_undone(
    book: Book, owner: User, food: Category, rent: Category, give: Give
) -> None:
    give(food, "100.00")
    give(rent, "30.00")
    give(food, "50.00", NOVEMBER.next)
    move(book, food, rent, "10.00")
    before = history.digest(book)

    merge_categories(source=food, target=rent, by=None)

    assert not Category.objects.filter(pk=food.pk).exists()
    assert [plan_line(book, rent, NOVEMBER + later).allocated for later in range(2)] == [D("130.00"), D("50.00")]
    made = EnvelopeTransfer.objects.get()
    assert (made.outgoing.amount, made.outgoing.envelope.category, made.incoming.amount) == (D("-10"), rent, D("10"))
    history.undo(Change.objects.filter(book=book).latest("number"), by=owner)
    assert history.digest(book) == before


@pytest.mark.parametrize("way", ["delete", "merge"])
def test_budget_set_back_to_zero_does_not_keep_its_category(
    book: Book, food: Category, rent: Category, give: Give, way: str
) -> None:
    for amount in ("100.00", "0.00"):
        give(food, amount)
    before = history.digest(book)

    if way == "delete":
        delete_category(food, by=None)
    else:
        merge_categories(source=food, target=rent, by=None)

    assert (Category.objects.of(book).count(), Envelope.objects.count(), Allocation.objects.count()) == (1, 0, 0)
    history.undo(Change.objects.filter(book=book).latest("number"), by=None)
    assert history.digest(book) == before


def test_category_with_a_budget_or_one_side_of_a_move_is_not_deleted(
    book: Book, food: Category, rent: Category, give: Give
) -> None:
    give(food, "100.00")
    give(food, "0.00", NOVEMBER.next)
    before = history.digest(book)
    sentence = r"“Food” has 1 monthly budget\. Merge it into another one, or archive it\."

    with pytest.raises(InUse, match=sentence):
        delete_category(food, by=None)
    assert history.digest(book) == before
    move(book, food, rent, "100.00")
    with pytest.raises(InUse, match=sentence):
        delete_category(food, by=None)


def test_merge_with_subcategories_or_across_kinds_writes_nothing(
    book: Book, account: Account, food: Category, rent: Category, give: Give
) -> None:
    salary = make_category(book, "Salary", is_income=True)
    make_category(book, "Bars", parent=rent)
    for category in (food, rent):
        give(category, "100.00")
        make_txn(account, "5.00", category)
    before = history.digest(book)

    with pytest.raises(InUse, match=r"“Rent” has 1 subcategory\. Move them below another category first\."):
        merge_categories(source=rent, target=food, by=None)
    for source, target in ((food, salary), (salary, food)):
        with pytest.raises(OtherKind, match=r"one is spending, the other is income\. Choose one of its kind\."):
            merge_categories(source=source, target=target, by=None)

    assert history.digest(book) == before


def test_category_with_a_budget_ahead_stays_spending(book: Book, food: Category, give: Give) -> None:
    current = Month.of(today())
    give(food, "100.00", current.previous)
    give(food, "100.00", current.next)

    with pytest.raises(StillPlanned, match=f"^Food has a budget in {current.next.title}"):
        change_category(food, by=None, is_income=True)
    give(food, "0.00", current.next)
    change_category(food, by=None, is_income=True)

    assert Category.objects.get(pk=food.pk).is_income


def test_move_to_a_deleted_category_is_refused(book: Book, food: Category, rent: Category, give: Give) -> None:
    give(food, "100.00")
    with history.change(book, None, "Deleted Rent", kind="category.delete") as change:
        change.delete(rent)

    with pytest.raises(CategoryNotFound):
        move(book, food, rent, "1")


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_move_that_fails_halfway_leaves_nothing(
    book: Book, food: Category, rent: Category, give: Give, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """R000-2, R001-14: both or neither. The first row, the second, and what links them."""
    give(food, "100.00")
    give(rent, "1.00")
    before = (history.digest(book), Book.objects.get(pk=book.pk).head)
    calls = 0
    create = Recorder.create

    def fails(self: Recorder, row: Allocation) -> Allocation:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError("disk full")
        return create(self, row)

    monkeypatch.setattr(Recorder, "create", fails)
    with pytest.raises(OSError, match="disk full"):
        move(book, food, rent, "36.85")

    assert calls == failing
    assert (history.digest(book), Book.objects.get(pk=book.pk).head) == before
    assert EnvelopeTransfer.objects.count() == 0


def test_move_is_undone_as_one(book: Book, owner: User, food: Category, rent: Category, give: Give) -> None:
    give(food, "100.00")
    before = history.digest(book)
    made = move(book, food, rent, "36.85")

    history.undo(Change.objects.get(book=book, number=made.version), by=owner)

    assert history.digest(book) == before


def set_november(book: Book, category: Category, amount: str) -> Change:
    made = operations.set_budget(book=book, by=None, category=category, month=NOVEMBER, amount=D(amount))
    assert made is not None
    return made


def test_undo_takes_no_plan_that_was_moved_on(book: Book, food: Category, rent: Category) -> None:
    set_november(book, food, "50.00")
    second = set_november(book, food, "80.00")
    moved = move(book, food, rent, "80.00")
    before = history.digest(book)

    with pytest.raises(PlanMovedOn) as refused:
        history.undo(second, by=None)
    assert str(refused.value) == (
        "“Budgeted 80.00 for Food in November 2026” cannot be undone, because its plan was moved on: "
        "Food would be 30.00 below zero in November 2026. Move it back first."
    )
    assert history.digest(book) == before
    history.undo(Change.objects.get(book=book, number=moved.version), by=None)
    history.undo(second, by=None)

    assert amounts(food) == [D("50.00")]


def test_undo_of_a_move_takes_back_only_what_is_still_there(book: Book, food: Category, rent: Category) -> None:
    set_november(book, food, "50.00")
    set_november(book, rent, "1.00")
    first = move(book, food, rent, "50.00")
    fun = make_category(book, "Fun")
    move(book, rent, fun, "20.00")

    with pytest.raises(PlanMovedOn, match=r"Rent would be 19\.00 below zero in November 2026"):
        history.undo(Change.objects.get(book=book, number=first.version), by=None)


def test_undo_takes_no_plan_that_was_carried_and_moved_on(book: Book, rent: Category, give: Give) -> None:
    fun = make_category(book, "Fun", rollover=Rollover.SURPLUS)
    made = set_november(book, fun, "50.00")
    operations.transfer(book=book, by=None, source=fun, target=rent, month=NOVEMBER.next, amount=D("50.00"))

    with pytest.raises(PlanMovedOn, match=r"Fun would be 50\.00 below zero in December 2026"):
        history.undo(made, by=None)


def test_undo_may_leave_a_category_overspent_and_restores_what_was(
    book: Book, account: Account, food: Category, rent: Category, give: Give
) -> None:
    made = set_november(book, food, "50.00")
    make_txn(account, "40.00", food)
    history.undo(made, by=None)
    assert available(book, food, NOVEMBER) == D("-40.00")

    refunded = make_category(book, "Refunded")
    make_txn(account, "-30.00", refunded)
    move(book, refunded, rent, "30.00")
    make_txn(account, "5.00", refunded)
    history.undo(set_november(book, refunded, "0.00"), by=None)
    assert plan_line(book, refunded, NOVEMBER).allocated == D("-30.00")
    lower = set_november(book, rent, "20.00")
    make_txn(account, "1.00", rent)
    history.undo(lower, by=None)
    assert plan_line(book, rent, NOVEMBER).allocated == D("30.00")


def test_move_sent_twice_is_made_once(book: Book, food: Category, rent: Category, give: Give) -> None:
    give(food, "100.00")
    first = move(book, food, rent, "10.00", request=IdempotentRequest("one-key-1", "a"))

    with pytest.raises(AlreadyDone) as again:
        move(book, food, rent, "10.00", request=IdempotentRequest("one-key-1", "a"))
    with pytest.raises(KeyReused):
        move(book, food, rent, "11.00", request=IdempotentRequest("one-key-1", "b"))

    assert again.value.change.number == first.version
    assert available(book, food, NOVEMBER) == D("90.00")


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.once) for seed in (2, 3, 4))])
def test_random_moves_keep_the_sum_of_all_allocations(book: Book, account: Account, seed: int) -> None:
    chance = random.Random(seed)
    categories = [make_category(book, f"Category {number}") for number in range(5)]
    for category in categories:
        amount = D(chance.randrange(0, 50_000)) / 100
        operations.set_budget(book=book, by=None, category=category, month=NOVEMBER, amount=amount)
    total = Allocation.objects.aggregate(sum=Sum("amount"))["sum"]
    moved = refused = 0

    for _ in range(40):
        source, target = chance.sample(categories, 2)
        left = available(book, source, NOVEMBER)
        amount = D(chance.randrange(1, 60_000)) / 100
        try:
            move(book, source, target, str(amount))
        except NotEnoughInEnvelope:
            refused += 1
            assert amount > left
        else:
            moved += 1
            assert amount <= left
        assert Allocation.objects.aggregate(sum=Sum("amount"))["sum"] == total
        assert available(book, source, NOVEMBER) >= 0

    assert moved
    assert refused
