"""What is pressed twice on the pages of rules and merchants counts once, and what came in between is said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from budget.books.models import Book
from budget.categorization import operations
from budget.categorization.models import AmountRule, MerchantMapping
from budget.history import Change
from budget.history.answers import ALREADY
from budget.ledger.models import Account, Category, Source, Status, Transaction
from budget.tests.factories import make_txn
from budget.users.models import User

pytestmark = pytest.mark.django_db

LIST = "/settings/rules/"
MERCHANTS = "/settings/rules/merchants/"
KEY = "a-key-of-this-page"


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def rows(book: Book, account: Account, food: Category) -> tuple[AmountRule, AmountRule, MerchantMapping]:
    """Two rules, a merchant, and a row that waits and that the first rule would file."""
    first = operations.add_rule(book=book, by=None, pattern="NETFLIX", amount=Decimal("15.99"), category=food)
    second = operations.add_rule(book=book, by=None, pattern="SPOTIFY", amount=Decimal("9.99"), category=food)
    merchant = operations.add_mapping(book=book, by=None, merchant="Blue Bottle", category=food)
    words: dict[str, Any] = {"description": "NETFLIX.COM", "status": Status.PENDING_REVIEW, "source": Source.CSV_IMPORT}
    make_txn(account, "15.99", **words)
    return first, second, merchant


def content_of(row: AmountRule | MerchantMapping) -> dict[str, Any]:
    shared = {"category": row.category_id, "is_active": "on", "seen": row.version}
    if isinstance(row, MerchantMapping):
        return shared | {"merchant": "Blue Bottle Coffee"}
    return shared | {"pattern": "NETFLIX", "amount": "17.99", "tolerance": "0", "name": "", "note": ""}


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.mark.parametrize(
    "button", ["change", "delete", "move", "run", "run all", "threshold", "merchant", "add merchant", "forget"]
)
def test_button_pressed_twice_counts_once(
    signed_in: Client, book: Book, food: Category, rows: tuple[AmountRule, AmountRule, MerchantMapping], button: str
) -> None:
    """C1, C2: the second press finds what the first did and says so, also where the row is gone by then."""
    first, _, merchant = rows
    path, form = {
        "change": (f"{LIST}{first.pk}/", content_of(first)),
        "delete": (f"{LIST}{first.pk}/deletion/", {}),
        "move": (f"{LIST}{first.pk}/position/", {"up": ""}),
        "run": (f"{LIST}{first.pk}/runs/", {}),
        "run all": (f"{LIST}runs/", {}),
        "threshold": (f"{LIST}confirmations/", {"count": "2"}),
        "merchant": (f"{MERCHANTS}{merchant.pk}/", content_of(merchant)),
        "add merchant": (f"{MERCHANTS}new/", {"merchant": "Corner shop", "category": food.pk}),
        "forget": (f"{MERCHANTS}{merchant.pk}/deletion/", {}),
    }[button]
    before = Change.objects.filter(book=book).count()

    answers = [signed_in.post(path, form | {"request_key": KEY}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Change.objects.filter(book=book).count() == before + 1
    assert told(answers[1])[-1] == ALREADY
    assert ALREADY not in told(answers[0])


def test_merchant_that_somebody_else_changed_meanwhile_is_shown(
    signed_in: Client, rows: tuple[AmountRule, AmountRule, MerchantMapping], rent: Category
) -> None:
    """C9."""
    _, _, merchant = rows
    form = content_of(merchant)
    operations.change_mapping(merchant, by=None, category=rent)

    answer = signed_in.post(f"{MERCHANTS}{merchant.pk}/", form | {"request_key": KEY})

    merchant.refresh_from_db()
    assert (answer.status_code, merchant.category, merchant.merchant) == (422, rent, "BLUE BOTTLE")


def test_nobody_to_ask_is_said(signed_in: Client, rows: tuple[AmountRule, AmountRule, MerchantMapping]) -> None:
    """Off by default: the button is not there, and its address does nothing."""
    answer = signed_in.post(f"{LIST}questions/", {"request_key": KEY})

    assert answer.status_code == 422
    assert Transaction.objects.filter(predicted_category__isnull=False).count() == 0
