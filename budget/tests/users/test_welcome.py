"""The first steps in an empty installation, and a person's first book."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from budget.books.models import Book, Membership
from budget.ledger.models import Account, Category
from budget.tests.factories import PASSWORD, make_book, make_user
from budget.users import operations
from budget.users.errors import SomebodyIsHereAlready
from budget.users.forms import likely_currency
from budget.users.models import User

pytestmark = pytest.mark.django_db

ALICE = {"name": "Alice", "email": "Alice@example.org", "password": PASSWORD}
BOOK = {
    "name": "Household",
    "currency": "EUR",
    "starter": "full",
    "account_name": "Everyday",
    "account_type": "checking",
    "opening_balance": "1,204.10",
}


@pytest.mark.parametrize("page", ["/login/", "/signup/", "/password/reset/"])
def test_empty_installation_leads_to_its_first_page(client: Client, page: str) -> None:
    assert client.get(page).headers["Location"] == "/welcome/"


def test_first_person_may_do_everything_and_is_signed_in(client: Client) -> None:
    answer = client.post("/welcome/", ALICE)

    user = User.objects.get()
    assert answer.headers["Location"] == "/welcome/"
    assert (user.email, user.is_staff, user.is_superuser) == ("alice@example.org", True, True)
    assert client.session["_auth_user_id"] == str(user.pk)


def test_first_page_refuses_a_password_made_of_the_name(client: Client) -> None:
    answer = client.post("/welcome/", ALICE | {"name": "Alice Wonderland", "password": "alicewonderland"})

    assert answer.status_code == 422
    assert "too similar to the name" in answer.text
    assert not User.objects.exists()


def test_first_page_is_gone_once_somebody_is_there(client: Client) -> None:
    make_user("bob@example.org")

    assert client.get("/welcome/").headers["Location"] == "/login/"
    assert client.post("/welcome/", ALICE).headers["Location"] == "/login/"
    assert list(User.objects.values_list("email", flat=True)) == ["bob@example.org"]


def test_first_user_is_refused_even_if_the_only_one_is_switched_off() -> None:
    make_user(is_active=False)

    with pytest.raises(SomebodyIsHereAlready, match="Somebody has set this up already"):
        operations.create_first_user(**ALICE)


def test_new_person_opens_a_book_with_categories_and_an_account(client: Client) -> None:
    """R003-83: an account and the categories to begin with."""
    user = make_user()
    client.force_login(user)
    answer = client.post("/welcome/", BOOK)

    book = Book.objects.get()
    account = Account.objects.get(book=book)
    assert answer.headers["Location"] == "/"
    assert (book.name, book.currency) == ("Household", "EUR")
    assert Membership.objects.get(book=book).user == user
    assert (account.name, account.opening_balance) == ("Everyday", Decimal("1204.10"))
    assert Category.objects.filter(book=book, parent=None).count() == 18


def test_first_book_can_begin_without_categories_and_with_a_debt(client: Client) -> None:
    client.force_login(make_user())
    client.post("/welcome/", BOOK | {"starter": "none", "account_type": "credit", "opening_balance": "-618.40"})

    assert not Category.objects.exists()
    assert Account.objects.get().opening_balance == Decimal("-618.40")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"opening_balance": "12,5o"}, "We could not read “12,5o”. Use digits, such as 12.50."),
        ({"name": " "}, "Give the book a name, such as Personal."),
        ({"currency": "XXQ"}, "Select a valid choice"),
        ({"account_name": "x" * 101}, "at most 100 characters"),
        ({"name": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_wrong_input_is_named_and_opens_nothing(client: Client, wrong: dict[str, str], sentence: str) -> None:
    client.force_login(make_user())
    answer = client.post("/welcome/", BOOK | wrong)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Book.objects.exists()


def test_first_book_sent_twice_is_one_book(client: Client) -> None:
    client.force_login(make_user())
    client.post("/welcome/", BOOK)
    client.post("/welcome/", BOOK)

    assert Book.objects.count() == 1


def test_welcome_leads_on_whoever_has_a_book(client: Client) -> None:
    user = make_user()
    make_book(user)
    client.force_login(user)

    assert client.get("/welcome/").headers["Location"] == "/"


@pytest.mark.parametrize(
    ("languages", "currency"),
    [("en-US,en;q=0.9", "USD"), ("de-CH", "CHF"), ("ja-JP", "JPY"), ("en", "EUR"), ("", "EUR"), ("x-ZZ,--", "EUR")],
)
def test_currency_is_guessed_from_the_country_of_the_language(languages: str, currency: str) -> None:
    assert likely_currency(languages) == currency


@pytest.mark.pooled
@pytest.mark.django_db(transaction=True)
def test_of_several_first_users_at_once_one_is_made_on_postgresql() -> None:
    together = Barrier(4)

    def make(number: int) -> str:
        together.wait()
        try:
            return operations.create_first_user(name="A", email=f"a{number}@example.org", password=PASSWORD).email
        except SomebodyIsHereAlready:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(make, range(4)))

    assert made.count("refused") == 3
    assert User.objects.count() == 1
