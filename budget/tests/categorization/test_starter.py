"""What a new book knows from its first day."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budget import history
from budget.books.models import Book
from budget.categorization import starter
from budget.categorization.engine import Engine
from budget.categorization.merchants import normalise
from budget.categorization.models import AmountRule, MerchantMapping, Origin
from budget.ledger import operations
from budget.ledger.models import Tier
from budget.ledger.taxonomy import GROUPS, SHORT_LIST, Starter
from budget.tests.factories import make_book
from budget.users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "amount", "category"),
    [
        ("SAFEWAY #1234 OAKLAND CA", "41.20", "Groceries"),
        ("STARBUCKS STORE 04412 SEATTLE WA", "5.75", "Coffee"),
        ("CHEVRON 0203 SAN JOSE CA", "60.00", "Fuel"),
        ("ACME INC DES:PAYROLL ID:XX12 INDN:A PERSON", "-2150.00", "Salary"),
        ("APPLE.COM/BILL 866-712-7753 CA", "9.99", "Apple TV"),
        ("APPLE.COM/BILL 866-712-7753 CA", "2.99", "Phone"),
        ("VENMO PAYMENT 1029384756", "15.39", "Netflix"),
        ("VENMO PAYMENT 1029384756", "60.00", "Internet"),
    ],
)
def test_new_book_files_common_merchants_at_once(owner: User, text: str, amount: str, category: str) -> None:
    """R003-82, R003-48: ambiguous billers by price, common merchants at count 10, without a single confirmation."""
    book = make_book(owner, categories=True)

    said = Engine(book).suggest(payee="", text=text, amount=Decimal(amount), currency="EUR")

    assert said is not None
    assert (Engine(book).known.categories[said.category_id].name, said.is_sure) == (category, True)


def test_new_book_asks_about_an_ambiguous_biller_at_another_price(owner: User) -> None:
    book = make_book(owner, categories=True)

    said = Engine(book).suggest(payee="", text="VENMO PAYMENT 1", amount=Decimal("23.00"), currency="EUR")

    assert said is None or said.tier != Tier.AMOUNT_RULE


def test_starter_merchants_have_ten_confirmations_and_are_active(owner: User) -> None:
    book = make_book(owner, categories=True)

    rows = MerchantMapping.objects.of(book)

    assert {(row.confirmations, row.is_active, row.origin) for row in rows} == {(10, True, Origin.STARTER)}
    assert {"SAFEWAY", "STARBUCKS", "CHEVRON", "PAYROLL"} <= {row.merchant for row in rows}
    assert AmountRule.objects.of(book).count() == len(starter.RULES)
    assert history.verify(book).is_whole


def test_short_list_gets_the_groups_instead(owner: User) -> None:
    book = operations.create_book(by=owner, name="Small", currency="EUR", starter=Starter.SHORT)

    names = dict(MerchantMapping.objects.of(book).values_list("merchant", "category__name"))

    assert (names["SAFEWAY"], names["CHEVRON"], names["PAYROLL"]) == ("Food", "Transportation", "Income")
    assert len(names) == len(MerchantMapping.objects.of(make_book(owner, categories=True)))


def test_book_without_categories_begins_without_rules(book: Book) -> None:
    assert not AmountRule.objects.of(book).exists()
    assert not MerchantMapping.objects.of(book).exists()


def test_starter_names_categories_that_there_are_and_merchants_as_they_are_recognised() -> None:
    known = {group.name for group in GROUPS} | {name for group in GROUPS for name, _ in group.split()}
    named = [*starter.MERCHANTS, *(rule[3] for rule in starter.RULES)]
    merchants = [merchant for merchants in starter.MERCHANTS.values() for merchant in merchants.split(", ")]

    assert {name for names in named for name in names.split("|")} <= known
    assert {names.split("|")[-1] for names in named} <= set(SHORT_LIST)
    assert len({normalise(merchant) for merchant in merchants}) == len(merchants)
