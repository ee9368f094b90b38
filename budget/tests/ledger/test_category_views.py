"""The categories' pages: the tree, adding, changing in place, archiving, merging, deleting."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from budget import history
from budget.books.models import Book, Role
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.tests.factories import last_change, make_book, make_category, make_member, make_txn, make_user
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # security/ asks every page and form on both engines
HTMX = {"HX-Request": "true"}
LIST = "/settings/categories/"


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


def _typed(**values: Any) -> dict[str, Any]:
    typed = {"label": "Bars", "name": "", "parent": "", "color": "#123abc", "icon": "drop", "rollover": "none"}
    return typed | {"request_key": str(uuid.uuid4())} | values


def test_tree_has_two_levels_with_counts(signed_in: Client, book: Book, account: Account, food: Category) -> None:
    """R003-11: from a group to what is below it."""
    bars = make_category(book, "Bars", parent=food)
    make_txn(account, category=bars)
    make_txn(account, category=bars)

    branches = signed_in.get(LIST).context["branches"]

    assert [(b.category.name, b.count, [(c.category.name, c.count) for c in b.below]) for b in branches] == [
        ("Food", 0, [("Bars", 2)])
    ]


@pytest.mark.parametrize("count", [1, 3, 300])
def test_tree_takes_the_same_queries_for_any_number_of_categories(
    signed_in: Client, book: Book, django_assert_num_queries, count: int
) -> None:
    with history.change(book, None, "Many", kind="category.create") as change:
        change.create_many(Category, ["name"], [(f"Category {n}",) for n in range(count)])
    signed_in.get(LIST)

    with django_assert_num_queries(6):
        page = signed_in.get(LIST)

    assert len(page.context["branches"]) == count


def test_create_adds_a_category_once(signed_in: Client, book: Book, food: Category) -> None:
    """R003-12: a name with free characters, and a group."""
    typed = _typed(parent=food.pk, is_recurring="on", rollover="both")

    for _ in range(2):
        assert signed_in.post(f"{LIST}new/", typed).headers["Location"] == LIST

    made = Category.objects.get(book=book, name="Bars")
    assert (made.label, made.parent, made.color, made.icon) == ("Bars", food, "#123abc", "drop")
    assert (made.is_recurring, made.is_income, made.rollover) == (True, False, "both")


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"label": ""}, "label", "Give the category a name, such as Groceries."),
        ({"label": "FOOD"}, "name", "There is a category named “FOOD” already. Choose another name."),
        ({"name": "x" * 51}, "__all__", "Short name has 51 characters; 50 is the most. Shorten it."),
        ({"color": "blue"}, "color", "Use a colour such as #FF6B6B."),
        ({"parent": "0"}, "parent", "Category not found. Choose one of this book's categories."),
        ({"icon": "unicorn"}, "icon", "Select a valid choice"),
    ],
)
def test_create_says_what_is_wrong_beside_the_field(
    signed_in: Client, book: Book, food: Category, wrong: dict[str, str], field: str, sentence: str
) -> None:
    """R000-6, R001-2, R003-12: required, once, at most 50 characters, a colour in hex."""
    before = history.digest(book)

    response = signed_in.post(f"{LIST}new/", _typed() | wrong)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert sentence in response.context["form"].errors[field][0]
    assert history.digest(book) == before


def test_change_in_place_opens_in_its_row_and_answers_the_tree(signed_in: Client, book: Book, food: Category) -> None:
    """R003-12: short name and shown name are two."""
    url = f"{LIST}{food.pk}/"

    opened = signed_in.get(url, headers=HTMX)
    refused = signed_in.post(url, _typed(label="", seen=food.version), headers=HTMX)
    saved = signed_in.post(url, _typed(label="Meals", name="meals", seen=food.version), headers=HTMX)

    row = f'<li id="category-{food.pk}"'
    assert opened.content.decode().strip().startswith(row)
    assert refused.status_code == 422
    assert refused.content.decode().strip().startswith(row)
    assert refused.headers["HX-Retarget"] == f"#category-{food.pk}"
    assert saved.headers["Location"] == LIST
    food.refresh_from_db()
    assert (food.name, food.label) == ("meals", "Meals")


def test_change_without_htmx_is_a_page(signed_in: Client, food: Category) -> None:
    page = signed_in.get(f"{LIST}{food.pk}/")

    assert "<html" in page.content.decode()
    assert page.context["form"]["label"].value() == "Food"


def test_change_that_somebody_else_was_faster_with_is_refused(signed_in: Client, food: Category) -> None:
    seen = food.version
    operations.change_category(food, by=None, label="Theirs")

    refused = signed_in.post(f"{LIST}{food.pk}/", _typed(label="Mine", seen=seen))

    assert refused.status_code == 422
    assert "It is now “Theirs”" in refused.content.decode()
    again = _typed(label="Mine", seen=refused.context["form"]["seen"].value())
    assert signed_in.post(f"{LIST}{food.pk}/", again).status_code == 302


def test_category_cannot_stand_below_itself_or_on_a_third_level(signed_in: Client, book: Book, food: Category) -> None:
    bars = make_category(book, "Bars", parent=food)
    drinks = make_category(book, "Drinks")

    itself = signed_in.post(f"{LIST}{food.pk}/", _typed(parent=food.pk, seen=food.version))
    deeper = signed_in.post(f"{LIST}{food.pk}/", _typed(parent=drinks.pk, seen=food.version))
    below = signed_in.post(f"{LIST}{drinks.pk}/", _typed(parent=bars.pk, seen=drinks.version))

    for response in (itself, deeper, below):
        assert (response.status_code, list(response.context["form"].errors)) == (422, ["parent"])


def test_archive_and_restore(signed_in: Client, food: Category) -> None:
    signed_in.post(f"{LIST}{food.pk}/closing/")
    food.refresh_from_db()
    assert food.is_archived

    signed_in.post(f"{LIST}{food.pk}/closing/", {"restore": "1"})
    food.refresh_from_db()
    assert not food.is_archived


def test_merge_moves_all_rows_and_can_be_undone(
    signed_in: Client, book: Book, account: Account, food: Category, rent: Category
) -> None:
    for _ in range(3):
        make_txn(account, category=food)
    before, url = history.digest(book), f"{LIST}{food.pk}/merge/"

    assert "3 transactions move, then Food is deleted." in signed_in.get(url).content.decode()
    signed_in.post(url, {"target": rent.pk})

    assert Transaction.objects.filter(category=rent).count() == 3
    assert not Category.objects.filter(pk=food.pk).exists()
    assert "Merged Food into Rent: 3 transactions moved." in signed_in.get(LIST).content.decode()
    signed_in.post(reverse("history:undo", args=[last_change(book).number]))
    assert history.digest(book) == before


def test_merge_into_nothing_or_somebody_elses_is_refused(signed_in: Client, book: Book, food: Category) -> None:
    foreign = make_category(make_book(make_user()), "Theirs")

    answers = [signed_in.post(f"{LIST}{food.pk}/merge/", {"target": pk}) for pk in ("", foreign.pk, food.pk)]

    assert [answer.status_code for answer in answers] == [422, 422, 422]
    assert Category.objects.filter(pk=food.pk).exists()


def test_delete_of_an_unused_category(signed_in: Client, book: Book, food: Category) -> None:
    signed_in.post(f"{LIST}{food.pk}/deletion/")

    assert not Category.objects.filter(pk=food.pk).exists()
    assert "Deleted Food." in signed_in.get(LIST).content.decode()


def test_delete_of_a_category_in_use_is_refused_in_words(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    make_txn(account, category=food)
    before = history.digest(book)

    response = signed_in.post(f"{LIST}{food.pk}/deletion/")

    assert response.status_code == 422
    assert "“Food” has 1 transaction. Merge it into another one, or archive it." in response.content.decode()
    assert history.digest(book) == before


def test_somebody_elses_category_is_not_found(signed_in: Client) -> None:
    foreign = make_category(make_book(make_user()), "Theirs")

    for what in ("", "merge/"):
        assert signed_in.get(f"{LIST}{foreign.pk}/{what}").status_code == 404
    for what in ("", "merge/", "closing/", "deletion/"):
        assert signed_in.post(f"{LIST}{foreign.pk}/{what}", _typed()).status_code == 404


def test_viewer_changes_no_category(client: Client, book: Book, food: Category) -> None:
    viewer = make_user()
    make_member(book, viewer, Role.VIEWER)
    client.force_login(viewer)

    refused = [client.post(f"{LIST}{what}", _typed()).status_code for what in ("new/", f"{food.pk}/")]

    assert (client.get(LIST).status_code, refused) == (200, [403, 403])


@pytest.mark.parametrize("what", ["delete", "merge"])
def test_removal_sent_twice_is_answered_alike(signed_in: Client, book: Book, food: Category, what: str) -> None:
    """The category is gone when the second press arrives: that is what was asked, not a page that is missing."""
    target = make_category(book, "Groceries")
    url = reverse(f"ledger:category-{what}", args=[food.pk])
    sent = {"request_key": str(uuid.uuid4()), "target": target.pk}

    answers = [signed_in.post(url, sent) for _ in range(2)]

    assert [answer.headers.get("Location") for answer in answers] == ["/settings/categories/"] * 2
    assert list(Category.objects.of(book)) == [target]
    assert Change.objects.filter(book=book, kind=f"category.{what}").count() == 1
