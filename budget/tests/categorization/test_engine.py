"""Three tiers in fixed order, each with its evidence and its reason in words."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from budget.books.models import Book
from budget.categorization import operations
from budget.categorization.engine import Engine
from budget.categorization.models import MerchantMapping, Origin
from budget.categorization.tiers import Suggestion, shown, thousandths
from budget.categorization.training import model_of, retrain
from budget.history import change
from budget.ledger import operations as ledger
from budget.ledger.models import Account, Category, Tier
from budget.tests.factories import make_category, make_txn

pytestmark = pytest.mark.django_db


def _ask(book: Book, payee: str, amount: str = "15.99", text: str = "", currency: str = "EUR") -> Suggestion | None:
    return Engine(book).suggest(payee=payee, text=text, amount=Decimal(amount), currency=currency)


def _known(book: Book, merchant: str, category: Category, confirmations: int, origin: str = Origin.LEARNED) -> None:
    with change(book, None, "Known", kind="mapping.create") as open_change:
        open_change.create(
            MerchantMapping(merchant=merchant, category=category, confirmations=confirmations, origin=origin)
        )


def test_tiers_are_asked_in_their_order(book: Book, account: Account, food: Category, rent: Category) -> None:
    """R003-45: amount rule, then merchant, then model; the first that answers wins."""
    for _ in range(40):
        make_txn(account, category=food, payee="Film Stream")
    asked = [_ask(book, "FILM STREAM")]
    _known(book, "FILM STREAM", rent, 3)
    asked.append(_ask(book, "FILM STREAM"))
    operations.add_rule(book=book, by=None, pattern="film", amount=Decimal("15.99"), category=food)
    asked.append(_ask(book, "FILM STREAM"))

    assert [(a.tier, a.category_id, a.is_sure) for a in asked if a] == [
        (Tier.AI, food.pk, False),
        (Tier.MERCHANT_MAP, rent.pk, True),
        (Tier.AMOUNT_RULE, food.pk, True),
    ]


@pytest.mark.parametrize(
    ("amount", "fits"),
    [("15.38", False), ("15.39", True), ("15.89", True), ("16.39", True), ("16.40", False), ("-15.39", True)],
)
def test_tolerance_includes_both_ends(book: Book, food: Category, amount: str, fits: bool) -> None:
    """R003-47: 15.89 ± 0.50 covers 15.39 to 16.39, whatever the sign."""
    operations.add_rule(
        book=book, by=None, pattern="VENMO", amount=Decimal("15.89"), tolerance=Decimal("0.50"), category=food
    )

    assert bool(_ask(book, "VENMO", amount)) is fits


def test_rule_says_what_it_is(book: Book, food: Category) -> None:
    """R003-36, R003-37, R003-46: tier, confidence 1, and the reason in words."""
    operations.add_rule(
        book=book, by=None, pattern="NETFLIX", amount=Decimal("15.99"), category=food, name="Netflix", note="Family"
    )

    assert _ask(book, "", text="POS NETFLIX.COM 123") == Suggestion(
        category_id=food.pk,
        tier=Tier.AMOUNT_RULE,
        confidence=Decimal(1),
        pattern="NETFLIX, 15.99 ± 0.01",
        model_version=None,
        reason="Your rule “NETFLIX, 15.99 ± 0.01”",
        is_sure=True,
        name="Netflix",
    )


def test_one_text_with_several_prices_goes_to_several_categories(book: Book, food: Category, rent: Category) -> None:
    """R003-48: Apple bills everything under one name."""
    for amount, category in (("0.99", food), ("9.99", rent)):
        operations.add_rule(book=book, by=None, pattern="APPLE.COM/BILL", amount=Decimal(amount), category=category)

    asked = [_ask(book, "APPLE.COM/BILL 866-712-7753 CA", amount) for amount in ("0.99", "9.99", "5.00")]

    assert [a and a.category_id for a in asked] == [food.pk, rent.pk, None]


def test_rule_with_an_amount_holds_in_the_books_currency_alone(book: Book, food: Category) -> None:
    operations.add_rule(book=book, by=None, pattern="NETFLIX", amount=Decimal("15.99"), category=food)

    assert _ask(book, "NETFLIX", currency="USD") is None


@pytest.mark.parametrize(
    ("confirmations", "needed", "sure", "confidence"),
    [
        (1, 3, False, "0.500"),
        (2, 3, False, "0.667"),
        (3, 3, True, "0.750"),
        (10, 3, True, "0.909"),
        (3, 4, False, "0.750"),
    ],
)
def test_merchant_is_sure_from_the_threshold_on(
    book: Book, food: Category, confirmations: int, needed: int, sure: bool, confidence: str
) -> None:
    """R003-38, R003-51: three confirmations unless the book says otherwise."""
    operations.set_confirmations_needed(book, by=None, count=needed)
    _known(book, "BLUE BOTTLE", food, confirmations)

    asked = _ask(book, "SQ *BLUE BOTTLE 4412")

    assert asked is not None
    assert (asked.is_sure, str(asked.confidence), asked.pattern) == (sure, confidence, "BLUE BOTTLE")


def test_merchant_that_came_with_the_book_is_found_within_a_longer_name(book: Book, food: Category) -> None:
    """R003-82: PAYROLL stands behind the employer's name; a learned name holds for itself alone."""
    salary = make_category(book, "Salary", is_income=True)
    _known(book, "PAYROLL", salary, 10, Origin.STARTER)
    _known(book, "BOLT", food, 10, Origin.STARTER)
    _known(book, "SHELL", food, 10)
    _known(book, "CORNER SHOP", food, 0, Origin.MANUAL)

    asked = {
        name: _ask(book, name, amount)
        for name, amount in (
            ("ACME INC PAYROLL", "-2000"),
            ("ACME INC PAYROLL FEE", "20"),
            ("BOLT FURNITURE", "20"),
            ("NUTS AND BOLT", "20"),
            ("SHELL BEACH HOTEL", "20"),
            ("THE CORNER SHOP NORTH", "20"),
        )
    }

    assert {name: a and (a.category_id, a.is_sure) for name, a in asked.items()} == {
        "ACME INC PAYROLL": (salary.pk, True),
        "ACME INC PAYROLL FEE": None,
        "BOLT FURNITURE": (food.pk, False),
        "NUTS AND BOLT": None,
        "SHELL BEACH HOTEL": None,
        "THE CORNER SHOP NORTH": (food.pk, True),
    }


def test_archived_category_is_never_proposed(book: Book, account: Account, food: Category) -> None:
    for _ in range(40):
        make_txn(account, category=food, payee="Film Stream")
    _known(book, "NETFLIX", food, 9)
    operations.add_rule(book=book, by=None, pattern="netflix", category=food)
    ledger.change_category(food, by=None, is_archived=True)

    assert [_ask(book, "NETFLIX"), _ask(book, "FILM STREAM"), _ask(book, "FILM STREAMING")] == [None, None, None]


def test_reason_counts_the_persons_own_choices(book: Book, account: Account, food: Category, rent: Category) -> None:
    for category, count in ((food, 5), (rent, 2)):
        for _ in range(count):
            make_txn(account, category=category, payee="Amazon")
    _known(book, "AMAZON", food, 3)

    asked = _ask(book, "AMZN Mktp US*2K3L4")

    assert asked is not None
    assert asked.reason == "You chose Food for Amazon 5 times out of 7"


def test_reason_of_a_merchant_of_each_origin(book: Book, food: Category) -> None:
    _known(book, "STARBUCKS", food, 10, Origin.STARTER)
    _known(book, "CORNER SHOP", food, 0, Origin.MANUAL)
    _known(book, "ONE TIME", food, 1)
    _known(book, "H&M", food, 4)

    asked = [_ask(book, name) for name in ("STARBUCKS", "CORNER SHOP", "ONE TIME", "H&M")]

    assert [a and a.reason for a in asked] == [
        "Starbucks is usually Food",
        "You filed Corner Shop under Food in your rules",
        "You chose Food for One Time once",
        "You chose Food for H&M 4 times",
    ]


def test_model_proposes_for_review_and_says_why(book: Book, account: Account, food: Category, rent: Category) -> None:
    """R003-52: what the model says is never filed without a person."""
    for number in range(30):
        make_txn(account, "8.00", food, payee=f"T{number % 9} Bakery")
        make_txn(account, "900.00", rent, payee=f"T{number % 9} Homes")

    asked = _ask(book, "HILLSIDE BAKERY", "8.20")

    assert asked is not None
    assert (asked.category_id, asked.tier, asked.is_sure, asked.pattern) == (food.pk, Tier.AI, False, "BAKERY")
    assert asked.reason == "Rows with “Bakery” were Food"
    assert asked.model_version == 1


def test_model_learns_from_a_persons_confirmations_alone(book: Book, account: Account, food: Category) -> None:
    """What the program filed by itself teaches it nothing; another book's rows are never seen."""
    for _ in range(30):
        make_txn(account, "8.00", food, payee="Hillside Bakery", status="auto_confirmed")
        make_txn(account, "8.00", None, payee="Hillside Bakery", status="pending_review")

    assert retrain(book).rows == 0
    assert _ask(book, "HILLSIDE BAKERY") is None


def test_model_is_trained_again_when_enough_is_new(book: Book, account: Account, food: Category) -> None:
    numbers = [model_of(book)[1]]
    for count in (3, 30):
        for _ in range(count):
            make_txn(account, category=food)
        numbers.append(model_of(book)[1])
    numbers.append(model_of(book)[1])

    assert numbers == [1, 1, 2, 2]


@pytest.mark.parametrize("count", [1, 30])
def test_engine_takes_the_same_queries_for_any_number_of_rules(
    book: Book, food: Category, django_assert_num_queries, count: int
) -> None:
    for number in range(count):
        operations.add_rule(book=book, by=None, pattern=f"shop {number}", category=food)
        _known(book, f"SHOP {number}", food, 3)
    retrain(book)

    with django_assert_num_queries(5):
        engine = Engine(book)
        for number in range(50):
            engine.suggest(payee=f"shop {number}", text="", amount=Decimal(number + 1), currency="EUR")


@pytest.mark.once
def test_rows_of_known_merchants_are_answered_quickly(book: Book, food: Category) -> None:
    """At least 50,000 rows a second, so that an import is not held up."""
    for number in range(20):
        operations.add_rule(book=book, by=None, pattern=f"shop {number}", amount=Decimal(5), category=food)
    engine = Engine(book)
    rows = [(f"SHOP {n % 300} STORE 04412", Decimal(n % 40 + 1)) for n in range(60_000)]
    start = time.process_time()

    for payee, amount in rows:
        engine.suggest(payee=payee, text="Card payment", amount=amount, currency="EUR")

    assert len(rows) / (time.process_time() - start) > 50_000


@pytest.mark.parametrize(
    ("merchant", "name"),
    [("BLUE BOTTLE", "Blue Bottle"), ("H&M", "H&M"), ("7-ELEVEN", "7-Eleven"), ("APPLE.COM/BILL", "Apple.Com/Bill")],
)
def test_merchant_is_shown_as_people_write_it(merchant: str, name: str) -> None:
    assert shown(merchant) == name


@pytest.mark.parametrize(
    ("tier", "confidence", "kept"),
    [
        (Tier.AMOUNT_RULE, None, 1000),
        (Tier.MERCHANT_MAP, None, 800),
        (Tier.AI, None, 700),
        (Tier.AI, Decimal("1.7"), 1000),
        (Tier.AI, Decimal("0.65"), 650),
    ],
)
def test_confidence_that_is_not_known_is_the_tier_s_usual_one_and_never_above_one(tier, confidence, kept):
    """R003-77: nothing older has a confidence; what exceeds 1 is capped, and the database refuses more."""
    assert thousandths(tier, confidence) == kept
