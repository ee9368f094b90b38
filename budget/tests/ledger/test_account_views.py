"""The accounts' pages: balances, opening, changing, closing, deleting, moving money."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from budget import history
from budget.books.models import Book, Role
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, AccountTransfer, Transaction
from budget.ledger.queries import balance
from budget.tests.factories import last_change, make_account, make_book, make_member, make_txn, make_user
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # security/ asks every page and form on both engines


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


def _typed(**values: Any) -> dict[str, Any]:
    typed = {"name": "Cash", "type": "cash", "institution": "", "currency": "EUR", "opening_balance": "20"}
    return typed | {"request_key": str(uuid.uuid4())} | values


def test_list_groups_accounts_and_adds_them_up_per_currency(signed_in: Client, book: Book) -> None:
    everyday = make_account(book, "Everyday", opening_balance=Decimal(100))
    make_account(book, "Visa", type="credit", opening_balance=Decimal("-40.50"))
    make_account(book, "Dollars", type="savings", currency="USD", opening_balance=Decimal(7))
    old = make_account(book, "Old", opening_balance=Decimal(1))
    operations.change_account(old, by=None, is_archived=True)
    make_txn(everyday, "12.50")

    standing = signed_in.get("/accounts/").context["standing"]

    assert [(group.title, [a.name for a in group.accounts]) for group in standing.groups] == [
        ("Checking and cash", ["Everyday"]),
        ("Cards", ["Visa"]),
        ("Savings", ["Dollars"]),
    ]
    assert [account.name for account in standing.closed] == ["Old"]
    assert standing.sums == {"EUR": Decimal("48.00"), "USD": Decimal("7.00")}


def test_list_takes_the_same_queries_for_any_number_of_accounts(
    signed_in: Client, book: Book, django_assert_num_queries
) -> None:
    for number in range(2):
        make_account(book, f"First {number}")
    with django_assert_num_queries(_queries(signed_in, "/accounts/")):
        signed_in.get("/accounts/")
    with history.change(book, None, "Many", kind="account.create") as change:
        change.create_many(Account, ["name", "currency"], [(f"Account {n}", "EUR") for n in range(298)])

    with django_assert_num_queries(_queries(signed_in, "/accounts/")):
        page = signed_in.get("/accounts/")

    assert len(page.context["standing"].groups[0].accounts) == 300


def _queries(client: Client, url: str) -> int:
    """What the page is to cost, whatever it shows: session, person, memberships, accounts, files, certificates."""
    client.get(url)
    return 10


def test_detail_explains_the_balance(signed_in: Client, account: Account) -> None:
    operations.change_account(account, by=None, opening_balance=Decimal(100))
    make_txn(account, "12.50")
    make_txn(account, "-30.00", description="Refund")

    page = signed_in.get(f"/accounts/{account.pk}/")

    found = page.context["statement"]
    assert (found.opening, found.came_in, found.went_out) == (Decimal(100), Decimal(30), Decimal("12.50"))
    assert found.balance == balance(account) == Decimal("117.50")
    assert [txn.title for txn in page.context["newest"]] == ["Refund", "Coffee house"]


@pytest.mark.parametrize("count", [1, 3, 300])
def test_detail_takes_the_same_queries_for_any_number_of_rows(
    signed_in: Client, book: Book, account: Account, django_assert_num_queries, count: int
) -> None:
    rows = [(account.pk, "2026-11-20", 1000 + n, f"Row {n}") for n in range(count)]
    with history.change(book, None, "Many", kind="ledger.load") as change:
        change.create_many(Transaction, ["account_id", "date", "amount", "description"], rows)
    signed_in.get("/accounts/")

    with django_assert_num_queries(14):
        page = signed_in.get(f"/accounts/{account.pk}/")

    assert len(page.context["newest"]) == min(count, 20)


def test_create_opens_an_account_once_and_offers_undo(signed_in: Client, book: Book) -> None:
    """R003-17: name, type and balance, once."""
    before = history.digest(book)
    typed = _typed(opening_balance="1,250.50")

    first, again = signed_in.post("/accounts/new/", typed), signed_in.post("/accounts/new/", typed)

    assert [response.headers["Location"] for response in (first, again)] == ["/accounts/", "/accounts/"]
    made = Account.objects.get(book=book)
    assert (made.name, made.type, made.opening_balance) == ("Cash", "cash", Decimal("1250.50"))
    page = signed_in.get("/accounts/").content.decode()
    assert "Opened Cash." in page
    assert "Already saved." in page
    signed_in.post(reverse("history:undo", args=[last_change(book).number]))
    assert history.digest(book) == before


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": ""}, "name", "Give the account a name, such as Everyday."),
        ({"name": "everyday"}, "name", "There is an account named “everyday” already. Choose another name."),
        ({"name": "x" * 101}, None, "Name has 101 characters; 100 is the most. Shorten it."),
        (
            {"opening_balance": "12,5o"},
            "opening_balance",
            "We could not read “12,5o”. Use digits, such as 12.50.",
        ),
        ({"opening_balance": "1.505"}, "opening_balance", "Is “1.505” 1,505.00 or 1.505?"),
        ({"currency": "XXQ"}, "currency", "Select a valid choice"),
        ({"type": "piggy"}, "type", "Select a valid choice"),
    ],
)
def test_create_says_what_is_wrong_and_keeps_what_was_typed(
    signed_in: Client, book: Book, account: Account, wrong: dict[str, str], field: str | None, sentence: str
) -> None:
    before = history.digest(book)

    response = signed_in.post("/accounts/new/", _typed(institution="Blue Bank") | wrong)

    assert response.status_code == 422
    errors = response.context["form"].errors
    assert list(errors) == [field or "__all__"]
    assert sentence in str(errors[field or "__all__"][0])
    assert "Blue Bank" in response.content.decode()
    assert history.digest(book) == before


def test_change_writes_what_differs(signed_in: Client, book: Book, account: Account) -> None:
    """R003-17: name, institution and balance."""
    typed = _typed(name="Daily", type="checking", institution="Blue Bank", opening_balance="-5", seen=account.version)

    response = signed_in.post(f"/accounts/{account.pk}/edit/", typed)

    assert response.headers["Location"] == f"/accounts/{account.pk}/"
    account.refresh_from_db()
    assert (account.name, account.institution, account.opening_balance) == ("Daily", "Blue Bank", Decimal(-5))


def test_change_in_two_tabs_shows_what_the_other_one_saved(signed_in: Client, account: Account) -> None:
    seen = account.version
    operations.change_account(account, by=None, name="Theirs")
    typed = _typed(name="Mine", type="checking", seen=seen)

    refused = signed_in.post(f"/accounts/{account.pk}/edit/", typed)

    assert refused.status_code == 422
    page = refused.content.decode()
    assert "It is now “Theirs”" in page
    assert 'value="Mine"' in page
    keep = typed | {"seen": refused.context["form"]["seen"].value(), "request_key": str(uuid.uuid4())}
    assert signed_in.post(f"/accounts/{account.pk}/edit/", keep).status_code == 302
    account.refresh_from_db()
    assert account.name == "Mine"


def test_currency_stays_once_there_are_transactions(signed_in: Client, account: Account) -> None:
    make_txn(account)

    typed = _typed(name="Everyday", type="checking", currency="USD", seen=account.version)
    signed_in.post(f"/accounts/{account.pk}/edit/", typed)

    account.refresh_from_db()
    assert account.currency == "EUR"


def test_close_and_reopen(signed_in: Client, account: Account) -> None:
    signed_in.post(f"/accounts/{account.pk}/closing/")
    account.refresh_from_db()
    assert account.is_archived

    signed_in.post(f"/accounts/{account.pk}/closing/", {"reopen": "1"})
    account.refresh_from_db()
    assert not account.is_archived


def test_empty_account_is_deleted_at_once_with_undo(signed_in: Client, book: Book, account: Account) -> None:
    before = history.digest(book)

    signed_in.post(f"/accounts/{account.pk}/deletion/")

    assert not Account.objects.filter(pk=account.pk).exists()
    undo = reverse("history:undo", args=[last_change(book).number])
    assert f'action="{undo}"' in signed_in.get("/accounts/").content.decode()
    signed_in.post(undo)
    assert history.digest(book) == before


def test_account_with_history_is_deleted_only_by_its_name(signed_in: Client, book: Book, account: Account) -> None:
    savings = make_account(book, "Savings", type="savings")
    make_txn(account, date="2023-05-01")
    operations.transfer_between_accounts(book=book, by=None, source=account, target=savings, amount=Decimal(5))
    before, url = history.digest(book), f"/accounts/{account.pk}/deletion/"

    asked, wrong = signed_in.get(url), signed_in.post(url, {"typed_name": "everyday"})

    for page in (asked, wrong):
        assert "its 2 transactions since 2023, and the other side of 1 transfer." in page.content.decode()
    assert (asked.status_code, wrong.status_code) == (200, 422)
    assert "Type “Everyday” exactly as it is to confirm." in wrong.content.decode()
    assert history.digest(book) == before
    assert signed_in.post(url, {"typed_name": "Everyday"}).headers["Location"] == "/accounts/"
    assert (Transaction.objects.of(book).count(), AccountTransfer.objects.of(book).count()) == (0, 0)
    signed_in.post(reverse("history:undo", args=[last_change(book).number]))
    assert history.digest(book) == before


@pytest.mark.parametrize("has_rows", [False, True], ids=["empty", "with history"])
def test_deletion_sent_twice_is_answered_alike(signed_in: Client, book: Book, account: Account, has_rows: bool) -> None:
    """The account is gone when the second press arrives: that is what was asked, not a page that is missing."""
    if has_rows:
        make_txn(account)
    url = reverse("ledger:account-delete", args=[account.pk])
    sent = {"typed_name": "Everyday", "request_key": signed_in.get(url).context["request_key"]}

    answers = [signed_in.post(url, sent) for _ in range(2)]

    assert [answer.headers.get("Location") for answer in answers] == ["/accounts/"] * 2
    assert Change.objects.filter(book=book, kind="account.delete").count() == 1


def test_rows_that_come_before_the_deletion_are_said(
    signed_in: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = reverse("ledger:account-delete", args=[account.pk])
    delete = operations.delete_account

    def after_another(account: Account, **kwargs: Any) -> None:
        make_txn(account)
        delete(account, **kwargs)

    monkeypatch.setattr(operations, "delete_account", after_another)
    answer = signed_in.post(url, {"request_key": str(uuid.uuid4())})

    assert answer.status_code == 422
    assert "“Everyday” has 1 transaction. Close it instead" in answer.content.decode()
    assert "Type “Everyday” to confirm" in answer.content.decode()


def test_account_deleted_meanwhile_is_not_closed(
    signed_in: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = operations.change_account

    def after_deletion(account: Account, **kwargs: Any) -> Account:
        operations.delete_account(Account.objects.get(pk=account.pk), by=None)
        return change(account, **kwargs)

    monkeypatch.setattr(operations, "change_account", after_deletion)
    answer = signed_in.post(reverse("ledger:account-close", args=[account.pk]))

    assert answer.status_code == 422
    assert not Account.objects.exists()


def test_transfer_moves_money_once(signed_in: Client, book: Book, account: Account) -> None:
    savings = make_account(book, "Savings", type="savings")
    typed = {
        "source": account.pk,
        "target": savings.pk,
        "amount": "1,000.25",
        "date": "20 nov",
        "note": "",
        "request_key": str(uuid.uuid4()),
    }

    for _ in range(2):
        assert signed_in.post("/accounts/transfer/", typed).headers["Location"] == "/accounts/"

    assert (balance(account), balance(savings)) == (Decimal("-1000.25"), Decimal("1000.25"))
    assert AccountTransfer.objects.of(book).count() == 1


def test_transfer_to_another_currency_asks_what_arrived(signed_in: Client, book: Book, account: Account) -> None:
    dollars = make_account(book, "Dollars", currency="USD")
    typed = {"source": account.pk, "target": dollars.pk, "amount": "100", "date": "2026-11-20", "note": "Trip"}

    asked = signed_in.post("/accounts/transfer/", typed)
    done = signed_in.post("/accounts/transfer/", typed | {"arriving": "108.40"})

    assert asked.status_code == 422
    assert asked.context["form"].errors == {"arriving": ["Say how much arrived on Dollars, in USD."]}
    assert done.status_code == 302
    assert (balance(account), balance(dollars)) == (Decimal(-100), Decimal("108.40"))


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"amount": "0"}, "__all__", "The amount must be above zero."),
        (
            {"amount": "-3"},
            "__all__",
            "The amount must be above zero.",
        ),
        ({"amount": "1.005"}, "amount", "Is “1.005” 1,005.00 or 1.005? Write 1005 or 1,005.00."),
        ({"amount": ""}, "amount", "Enter an amount, such as 12.50."),
        ({"date": "31 february"}, "date", "31 February does not exist. Did you mean 28 February?"),
        ({"target": "same"}, "__all__", "Both sides are the same account. Choose two different accounts."),
        ({"target": "foreign"}, "target", "Account not found. Choose one of this book's accounts."),
    ],
)
def test_transfer_refuses_in_words(
    signed_in: Client, book: Book, account: Account, wrong: dict[str, Any], field: str, sentence: str
) -> None:
    savings = make_account(book, "Savings")
    foreign = make_account(make_book(make_user()), "Theirs")
    places = {"same": account.pk, "foreign": foreign.pk}
    typed: dict[str, Any] = {
        "source": account.pk,
        "target": savings.pk,
        "amount": "5",
        "date": "2026-11-20",
        "note": "",
    } | wrong
    typed["target"] = places.get(typed["target"], typed["target"])
    before = history.digest(book)

    response = signed_in.post("/accounts/transfer/", typed)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert response.context["form"].errors[field][0].startswith(sentence)
    assert history.digest(book) == before


def test_somebody_elses_account_is_not_found(signed_in: Client) -> None:
    foreign = make_account(make_book(make_user()), "Theirs")

    for what in ("", "edit/", "deletion/"):
        assert signed_in.get(f"/accounts/{foreign.pk}/{what}").status_code == 404
    for what in ("edit/", "closing/", "deletion/"):
        assert signed_in.post(f"/accounts/{foreign.pk}/{what}", _typed()).status_code == 404
    foreign.refresh_from_db()
    assert (foreign.name, foreign.is_archived) == ("Theirs", False)


def test_viewer_sees_accounts_and_changes_none(client: Client, book: Book, account: Account) -> None:
    viewer = make_user()
    make_member(book, viewer, Role.VIEWER)
    client.force_login(viewer)
    before = history.digest(book)

    seen = [client.get(url).status_code for url in ("/accounts/", f"/accounts/{account.pk}/")]
    urls = ("new/", "transfer/", f"{account.pk}/edit/", f"{account.pk}/closing/", f"{account.pk}/deletion/")
    refused = [client.post(f"/accounts/{url}", _typed()).status_code for url in urls]

    assert (seen, refused) == ([200, 200], [403] * 5)
    assert history.digest(book) == before
