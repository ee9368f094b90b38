"""The books' pages: choosing, opening, renaming, removing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from budget import history
from budget.books.models import Book, Membership, Role
from budget.history import Change
from budget.ledger.models import Category
from budget.tests.factories import make_account, make_book, make_member, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db
LIST = "/settings/books/"


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


def test_switch_leads_to_a_page_of_this_site(signed_in: Client, owner: User) -> None:
    other = make_book(owner, "Personal")

    answers = [
        signed_in.post("/books/switch/", {"book": other.pk, "next": target}).headers["Location"]
        for target in ("/accounts/", "https://elsewhere.example/", "")
    ]

    assert answers == ["/accounts/", "/", "/"]
    assert signed_in.get(LIST).context["shell"].book == other


def test_list_shows_ones_books_with_ones_role(signed_in: Client, owner: User, book: Book) -> None:
    shared = make_book(make_user(), "Shared")
    make_member(shared, owner, Role.VIEWER)
    make_book(make_user(), "Foreign")

    page = signed_in.get(LIST)

    shown = [(each.book.name, each.role) for each in page.context["memberships"]]
    assert shown == [(book.name, "owner"), ("Shared", "viewer")]
    assert f"{LIST}{shared.pk}/" not in page.content.decode()


def test_create_opens_a_book_once_and_shows_it(signed_in: Client, owner: User) -> None:
    typed = {"name": "Personal", "currency": "USD", "starter": "full"}

    first, again = signed_in.post(f"{LIST}new/", typed), signed_in.post(f"{LIST}new/", typed)

    assert (first.status_code, again.status_code) == (302, 422)
    made = Book.objects.get(name="Personal")
    assert (made.currency, Category.objects.of(made).exists()) == ("USD", True)
    assert signed_in.get(LIST).context["shell"].book == made
    assert "There is a book named “Personal” already." in again.content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Give the book a name, such as Household."),
        ({"name": "x" * 101}, "Name has 101 characters; 100 is the most. Shorten it."),
        ({"currency": "XXQ"}, "Select a valid choice"),
    ],
)
def test_create_says_what_is_wrong(signed_in: Client, wrong: dict[str, Any], sentence: str) -> None:
    response = signed_in.post(f"{LIST}new/", {"name": "Personal", "currency": "EUR", "starter": "none"} | wrong)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Book.objects.count() == 1


def test_rename_is_a_change_that_can_be_undone(signed_in: Client, book: Book) -> None:
    before = history.digest(book)

    signed_in.post(f"{LIST}{book.pk}/", {"name": "Ours"})

    book.refresh_from_db()
    assert book.name == "Ours"
    done = Change.objects.filter(book=book).latest("number")
    page = signed_in.get(LIST).content.decode()
    assert f'action="/history/{done.number}/undo/"' in page
    signed_in.post(f"/history/{done.number}/undo/")
    assert history.digest(book) == before


def test_remove_needs_the_name_and_leaves_nothing(signed_in: Client, owner: User, book: Book) -> None:
    make_txn(make_account(book))
    other = make_book(owner, "Personal")
    url = f"{LIST}{book.pk}/deletion/"

    wrong = signed_in.post(url, {"typed_name": "household"})
    assert (wrong.status_code, Book.objects.filter(pk=book.pk).exists()) == (422, True)

    assert signed_in.post(url, {"typed_name": "Household"}).headers["Location"] == LIST
    assert list(Book.objects.all()) == [other]
    assert not Change.objects.filter(book_id=book.pk).exists()


def test_remove_of_the_last_book_leads_to_the_welcome_page(signed_in: Client, book: Book) -> None:
    signed_in.post(f"{LIST}{book.pk}/deletion/", {"typed_name": "Household"})

    assert signed_in.get(LIST).headers["Location"] == "/welcome/"
    assert Membership.objects.count() == 0


def test_only_owners_remove_and_only_writers_rename(client: Client, book: Book) -> None:
    codes = {}
    for role in (Role.EDITOR, Role.VIEWER):
        person = make_user()
        make_member(book, person, role)
        client.force_login(person)
        urls = (f"{LIST}{book.pk}/", f"{LIST}{book.pk}/deletion/")
        codes[str(role)] = [client.post(url, {"name": "Ours", "typed_name": "Household"}).status_code for url in urls]

    assert codes == {"editor": [302, 403], "viewer": [403, 403]}
    assert Book.objects.filter(pk=book.pk).exists()


def test_somebody_elses_book_is_not_found(signed_in: Client) -> None:
    foreign = make_book(make_user(), "Foreign")

    answers = [signed_in.post(f"{LIST}{foreign.pk}/{what}", {"typed_name": "Foreign"}) for what in ("", "deletion/")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Book.objects.filter(pk=foreign.pk).exists()
