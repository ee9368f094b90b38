"""The administration: who may open it, that every write goes through the history, that money is read-only."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.test import Client
from django.urls import reverse

from budget import history
from budget.books.models import Book, Membership, Role
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, Category, StandardCategory, Transaction
from budget.tests.factories import (
    last_change,
    make_account,
    make_book,
    make_category,
    make_certificate,
    make_import,
    make_line,
    make_mapping,
    make_member,
    make_rule,
    make_statement,
    make_txn,
    make_user,
)
from budget.users.models import User

pytestmark = pytest.mark.django_db
READ_ONLY = (
    "book",
    "account",
    "transaction",
    "accounttransfer",
    "envelope",
    "allocation",
    "envelopetransfer",
    "change",
    "storedfile",
    "statementimport",
    "statement",
    "statementline",
    "certificate",
    "amountrule",
    "merchantmapping",
    "recurringseries",
    "settleddue",
)


@pytest.fixture
def staff(db: None) -> User:
    """An administrator who is in no book."""
    return make_user(name="Ada Admin", is_staff=True)


@pytest.fixture
def desk(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def _url(model: str, what: str, *args: Any) -> str:
    return reverse(f"admin:budget_{model}_{what}", args=args)


def _fields(category: Category, **values: Any) -> dict[str, Any]:
    typed = {
        "parent": category.parent_id or "",
        "name": category.name,
        "label": category.label,
        "color": category.color,
        "icon": category.icon,
        "rollover": category.rollover,
        "position": category.position,
    }
    return typed | values


def test_only_staff_open_the_administration(client: Client, owner: User, staff: User, book: Book) -> None:
    anonymous = client.get("/admin/")
    client.force_login(owner)
    pages = ("/admin/", _url("user", "changelist"), _url("transaction", "changelist"))
    refused = [client.get(page).status_code for page in pages]
    client.force_login(staff)
    opened = [client.get(page).status_code for page in pages]

    assert (anonymous.status_code, refused, opened) == (302, [403] * 3, [200] * 3)
    assert anonymous.headers["Location"] == "/admin/login/?next=/admin/"


def test_every_list_opens_with_rows_in_it(desk: Client, owner: User, book: Book, account: Account) -> None:
    savings, food = make_account(book, "Savings"), make_category(book, "Food")
    make_txn(account, category=food)
    operations.transfer_between_accounts(book=book, by=None, source=account, target=savings, amount=Decimal(5))
    rows = [
        make_rule(food),
        make_rule(food, amount="4.99"),
        make_mapping(food),
        make_certificate(account),
        line := make_line(make_statement(make_import(book), account, opening=Decimal(5))),
        make_line(make_statement(make_import(book)), fate="refused"),
        line.statement,
        line.statement.source,
        line.statement.source.kept,
    ]

    for model in admin.site._registry:
        if model._meta.app_label == "budget":
            assert desk.get(_url(str(model._meta.model_name), "changelist")).status_code == 200
    for row in rows:
        assert desk.get(_url(str(row._meta.model_name), "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY)
def test_money_is_read_only(desk: Client, model: str) -> None:
    page = admin.site._registry[next(m for m in admin.site._registry if m._meta.model_name == model)]
    request = desk.get("/admin/").wsgi_request

    may = (page.has_add_permission(request), page.has_change_permission(request), page.has_delete_permission(request))
    assert may == (False, False, False)
    assert desk.get(_url(model, "add")).status_code == 403


def test_transaction_cannot_be_written_or_deleted(desk: Client, book: Book, account: Account) -> None:
    txn = make_txn(account)
    before = history.digest(book)

    shown = desk.get(_url("transaction", "change", txn.pk))
    written = desk.post(_url("transaction", "change", txn.pk), {"description": "Other"})
    deleted = desk.post(_url("transaction", "delete", txn.pk), {"post": "yes"})

    assert (shown.status_code, written.status_code, deleted.status_code) == (200, 403, 403)
    assert "12.50 EUR" in shown.content.decode()
    assert history.digest(book) == before


def test_row_is_opened_in_the_app_by_members(desk: Client, staff: User, book: Book, account: Account) -> None:
    page = _url("account", "change", account.pk)
    assert "Open in the app" not in desk.get(page).content.decode()
    make_member(book, staff, Role.VIEWER)

    shown = desk.get(page).content.decode()
    led = desk.post("/books/switch/", {"book": book.pk, "next": f"/accounts/{account.pk}/"})

    assert f'value="/accounts/{account.pk}/"' in shown
    assert led.headers["Location"] == f"/accounts/{account.pk}/"
    assert desk.get(led.headers["Location"]).status_code == 200


def test_change_of_a_category_goes_through_the_history(desk: Client, book: Book, food: Category) -> None:
    before = history.digest(book)

    answer = desk.post(_url("category", "change", food.pk), _fields(food, label="Eating", is_recurring="on"))

    assert answer.headers["Location"] == _url("category", "changelist")
    food.refresh_from_db()
    assert (food.label, food.is_recurring) == ("Eating", True)
    done = last_change(book)
    assert (done.kind, done.by_name) == ("category.update", "Budget Tracker")
    assert LogEntry.objects.get().user.name == "Ada Admin"
    assert history.verify(book).is_whole
    history.undo(done, by=None)
    assert history.digest(book) == before


def test_writer_of_the_book_is_named_in_the_history(desk: Client, staff: User, book: Book, food: Category) -> None:
    make_member(book, staff)

    desk.post(_url("category", "change", food.pk), _fields(food, label="Eating"))

    assert last_change(book).by == staff


def test_category_is_added_to_the_book_that_was_chosen(desk: Client, book: Book, food: Category) -> None:
    """R003-83: categories are customised."""
    typed = _fields(Category(name="Bars"), in_book=book.pk, parent=food.pk)

    answer = desk.post(_url("category", "add"), typed)

    assert answer.status_code == 302
    assert Category.objects.get(book=book, name="Bars").parent == food
    assert last_change(book).kind == "category.create"


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": "FOOD"}, "name", "There is a category named “FOOD” already. Choose another name."),
        ({"name": ""}, "name", "This field is required."),
        ({"color": "blue"}, "color", "Use a colour such as #FF6B6B."),
        ({"parent": "foreign"}, "parent", "Category not found. Choose one of this book's categories."),
    ],
)
def test_category_is_refused_beside_the_field(
    desk: Client, book: Book, food: Category, wrong: dict[str, str], field: str, sentence: str
) -> None:
    foreign = make_category(make_book(make_user()), "Theirs")
    typed = _fields(Category(name="Bars"), in_book=book.pk) | wrong
    typed["parent"] = foreign.pk if typed["parent"] == "foreign" else typed["parent"]
    before = history.digest(book)

    answer = desk.post(_url("category", "add"), typed)

    assert answer.context["adminform"].errors[field] == [sentence]
    assert history.digest(book) == before


def test_category_in_use_is_not_deleted_in_words(desk: Client, book: Book, account: Account, food: Category) -> None:
    make_txn(account, category=food)
    before = history.digest(book)

    answer = desk.post(_url("category", "delete", food.pk), {"post": "yes"}, follow=True)

    assert "“Food” has 1 transaction. Merge it into another one, or archive it." in answer.content.decode()
    assert history.digest(book) == before


def test_unused_category_is_deleted_through_the_history(desk: Client, book: Book, food: Category) -> None:
    desk.post(_url("category", "delete", food.pk), {"post": "yes"})

    assert not Category.objects.filter(pk=food.pk).exists()
    assert last_change(book).kind == "category.delete"


def test_no_list_offers_to_delete_in_bulk(desk: Client, food: Category) -> None:
    page = desk.get(_url("category", "changelist")).content.decode()
    desk.post(_url("category", "changelist"), {"action": "delete_selected", "_selected_action": [food.pk]})

    assert "delete_selected" not in page
    assert Category.objects.filter(pk=food.pk).exists()


def test_archive_action_goes_through_the_history(desk: Client, book: Book, food: Category, rent: Category) -> None:
    number = last_change(book).number

    desk.post(_url("category", "changelist"), {"action": "archive", "_selected_action": [food.pk, rent.pk]})

    assert Category.objects.of(book).filter(is_archived=True).count() == 2
    assert last_change(book).number == number + 2


def test_category_list_takes_the_same_queries_for_any_number_of_rows(
    desk: Client, book: Book, django_assert_max_num_queries
) -> None:
    """R002-30: the administration too."""
    desk.get("/admin/")
    for count in (3, 80):
        with history.change(book, None, "Many", kind="category.create") as change:
            change.create_many(Category, ["name"], [(f"Category {count} {n}",) for n in range(count)])
        with django_assert_max_num_queries(9):
            desk.get(_url("category", "changelist"))


def test_standard_category_is_kept_plainly(desk: Client) -> None:
    typed = {"name": "Boats", "label": "Boats", "color": "#123456", "icon": "tag", "position": "99", "parent": ""}

    desk.post(_url("standardcategory", "add"), typed)

    assert StandardCategory.objects.get(name="Boats").label == "Boats"


def test_membership_goes_through_the_history(desk: Client, book: Book) -> None:
    """R001-37: somebody is let into a book."""
    person = make_user()
    desk.post(_url("membership", "add"), {"in_book": book.pk, "user": person.pk, "role": "viewer"})
    member = Membership.objects.get(book=book, user=person)
    desk.post(_url("membership", "change", member.pk), {"role": "editor"})
    member.refresh_from_db()
    role = member.role
    desk.post(_url("membership", "delete", member.pk), {"post": "yes"})

    kinds = list(Change.objects.filter(book=book).order_by("number").values_list("kind", flat=True))
    assert role == "editor"
    assert kinds[-3:] == ["member.create", "member.update", "member.delete"]
    assert not Membership.objects.filter(pk=member.pk).exists()


def test_last_owner_stays(desk: Client, book: Book, owner: User) -> None:
    own = Membership.objects.get(book=book, user=owner)

    demoted = desk.post(_url("membership", "change", own.pk), {"role": "viewer"}, follow=True)
    removed = desk.post(_url("membership", "delete", own.pk), {"post": "yes"}, follow=True)

    for answer in (demoted, removed):
        assert "“Household” needs an owner. Make another member its owner first." in answer.content.decode()
    own.refresh_from_db()
    assert own.role == "owner"


def test_user_is_added_and_changed(desk: Client) -> None:
    typed = {"email": "New@Example.org", "name": "New", "usable_password": "false"}
    desk.post(_url("user", "add"), typed)
    made = User.objects.get(email="new@example.org")
    desk.post(_url("user", "change", made.pk), {"email": "other@example.org", "name": "Newer", "is_active": "on"})

    made.refresh_from_db()
    assert (made.name, made.email, made.is_active) == ("Newer", "other@example.org", True)
    assert list(EmailAddress.objects.filter(user=made).values_list("email", flat=True)) == ["other@example.org"]


def test_user_actions(desk: Client, owner: User, staff: User, book: Book) -> None:
    phone = Client()
    phone.force_login(owner)
    chosen = {"_selected_action": [owner.pk, staff.pk]}
    page = _url("user", "changelist")

    desk.post(page, {"action": "send_password_reset", "_selected_action": [owner.pk]})
    assert [message.to for message in mail.outbox] == [[owner.email]]
    desk.post(page, {"action": "sign_out"} | chosen)
    assert phone.get("/accounts/").status_code == 302
    assert desk.get(page).status_code == 200
    desk.post(page, {"action": "deactivate"} | chosen)
    owner.refresh_from_db()
    staff.refresh_from_db()
    assert (owner.is_active, staff.is_active) == (False, True)


def test_user_deletion_names_the_books_that_go_and_asks(desk: Client, owner: User, book: Book) -> None:
    """R001-5: whoever deletes confirms it."""
    shared = make_book(make_user(), "Shared")
    make_member(shared, owner)
    url = _url("user", "delete", owner.pk)

    asked, wrong = desk.get(url), desk.post(url, {"typed_email": "somebody"})

    assert (
        [b.name for b in asked.context["leaving"].removed],
        [m.book.name for m in asked.context["leaving"].left],
    ) == (
        ["Household"],
        ["Shared"],
    )
    assert wrong.status_code == 422
    assert f"Type “{owner.email}” exactly as it is to confirm." in wrong.content.decode()
    assert User.objects.filter(pk=owner.pk).exists()


def test_user_deletion_leaves_no_orphan(desk: Client, owner: User, book: Book, account: Account) -> None:
    """R001-5: with a person go their own books."""
    shared = make_book(make_user(), "Shared")
    make_member(shared, owner)
    make_txn(account)
    theirs = operations.record_transaction(
        book=shared, by=owner, account=make_account(shared), amount=make_txn(account).amount, description="Tea"
    )

    answer = desk.post(_url("user", "delete", owner.pk), {"typed_email": owner.email})

    assert answer.headers["Location"] == _url("user", "changelist")
    assert not User.objects.filter(pk=owner.pk).exists()
    assert list(Book.objects.all()) == [shared]
    assert list(Transaction.objects.all()) == [theirs]
    assert Membership.objects.filter(book=shared).count() == 1
    assert set(Change.objects.values_list("book", flat=True)) == {shared.pk}
    assert Change.objects.filter(by_name="Olive Owner").exists()
    assert history.verify(shared).is_whole


def test_user_deletion_that_would_leave_a_book_without_owner_is_refused(
    desk: Client, owner: User, book: Book, account: Account
) -> None:
    make_member(book, make_user())
    before = history.digest(book)

    answer = desk.post(_url("user", "delete", owner.pk), {"typed_email": owner.email})

    assert answer.status_code == 422
    assert "“Household” needs an owner. Make another member its owner first." in answer.content.decode()
    assert history.digest(book) == before


def test_administrator_neither_deletes_nor_locks_out_themselves(desk: Client, staff: User) -> None:
    deleted = desk.post(_url("user", "delete", staff.pk), {"typed_email": staff.email})
    desk.post(_url("user", "change", staff.pk), {"email": staff.email, "name": "Ada"})

    staff.refresh_from_db()
    assert (deleted.status_code, staff.name, staff.is_staff, staff.is_active) == (403, "Ada", True, True)
