"""Transfers in the preview: each row says which row of another account it will go with, and then it does."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from budget.books.models import Book
from budget.ledger import operations as ledger
from budget.ledger.models import Account, AccountTransfer, Category, Status, Transaction
from budget.review import operations
from budget.statements import choices, foreseeing, recording, transfers
from budget.statements.models import Fate, StatementImport, StatementLine
from budget.statements.preview import page_of
from budget.tests import factories
from budget.tests.statements.bringing import brought, csv, imported, ofx_part
from budget.tests.statements.test_round_trip import exported
from budget.tests.statements.test_views import press, words
from budget.users.models import User

pytestmark = pytest.mark.django_db

Told = dict[int, tuple[str, str, str]]


def told(found: StatementImport) -> Told:
    """What each row of the page says of its other side: which account, when, how much."""
    rows = page_of(found).rows
    return {row.line.pk: (row.linked.way, row.linked.date, row.linked.amount) for row in rows if row.linked}


def kept(found: StatementImport) -> Told:
    """The same after it was recorded; what was told before has to be what was stored."""
    before = told(found)
    count = AccountTransfer.objects.of(found.book).count()
    recording.confirm(found, by=None)
    assert told(found) == before
    new = set()
    for pair in AccountTransfer.objects.of(found.book).order_by("pk")[count:]:
        new |= {pair.outgoing.line_id or 0, pair.incoming.line_id or 0}
    mine = StatementLine.objects.filter(statement__source=found, pk__in=new)
    assert set(mine.values_list("pk", flat=True)) == set(before)
    return before


@pytest.fixture
def savings(book: Book) -> Account:
    return factories.make_account(book, "Savings")


def to_savings(book: Book, account: Account, *rows: str) -> StatementImport:
    return imported(book, csv(*(rows or ("2026-05-02,To savings,-300.00",))), "out.csv", account=account)


def test_row_names_the_side_that_is_here(book: Book, account: Account, savings: Account) -> None:
    """R003-18: the other account, its day and its amount."""
    to_savings(book, account)
    found = brought(book, csv("2026-05-03,From everyday,300.00", "2026-05-04,Shoes,-80.00"), account=savings)

    assert list(kept(found).values()) == [("Transfer from Everyday", "Sat 2 May", "300.00")]


def test_rows_of_one_file_name_each_other(book: Book) -> None:
    """Also where the accounts are opened by that very import."""
    out = ofx_part("20260502 -40.00 a1 Move", "20260502 -9.00 a2 Shoes", number="11")
    into = ofx_part("20260503 40.00 b1 Move", number="22")
    file = f"OFXHEADER:100\n\n<OFX><BANKMSGSRSV1>{out}{into}</BANKMSGSRSV1></OFX>"
    found = brought(book, file.encode(), "both.ofx")

    before = kept(found)

    assert ["Transfer to" in way for way, _, _ in before.values()] == [True, False]
    assert [(day, amount) for _, day, amount in before.values()] == [("Sun 3 May", "+40.00"), ("Sat 2 May", "40.00")]


@pytest.mark.parametrize(
    "second", ["2026-05-03,Again,-300.00", "2026-05-04,Rent,-300.00"], ids=["one day", "other text"]
)
def test_row_that_fits_two_is_left_to_the_person(book: Book, account: Account, savings: Account, second: str) -> None:
    to_savings(book, account, "2026-05-02,To savings,-300.00", second)

    assert kept(brought(book, csv("2026-05-03,From everyday,300.00"), account=savings)) == {}


def test_row_that_a_rule_files_is_no_side(book: Book, account: Account, savings: Account, food: Category) -> None:
    to_savings(book, account)
    factories.make_rule(food, "bonus")

    assert kept(brought(book, csv("2026-05-03,Bonus,300.00"), account=savings)) == {}


def test_row_that_is_left_out_is_no_candidate_any_more(book: Book, account: Account, savings: Account) -> None:
    to_savings(book, account)
    found = brought(book, csv("2026-05-03,From everyday,300.00", "2026-05-03,Interest,300.00"), account=savings)
    assert told(found) == {}
    interest = StatementLine.objects.get(statement__source=found, payee="Interest")

    choices.choose(found, [interest.pk], Fate.SKIPPED)

    assert len(kept(found)) == 1


def test_pair_that_was_rejected_is_no_other_candidate(book: Book, account: Account, savings: Account) -> None:
    to_savings(book, account)
    wallet = factories.make_account(book, "Wallet")
    factories.make_mapping(factories.make_category(book, "Cash"), "CASH", confirmations=9)
    imported(book, csv("2026-05-02,Found,300.00", "2026-05-02,Found,300.00"), "cash.csv", account=wallet)
    out = Transaction.objects.of(book).get(amount__gt=0)
    found = brought(book, csv("2026-05-03,From everyday,300.00"), account=savings)
    assert told(found) == {}

    for each in Transaction.objects.of(book).filter(account=wallet):
        transfers.reject(book, out.pk, each.pk)

    assert len(kept(found)) == 1


def test_typed_row_that_a_line_is_joined_to_goes_with_it(book: Book, account: Account, savings: Account) -> None:
    to_savings(book, account)
    factories.make_txn(savings, "-300.00", None, "2026-05-04", "Typed", status=Status.PENDING_REVIEW)
    found = brought(book, csv("2026-05-03,From everyday,300.00"), account=savings)
    (line,) = StatementLine.objects.filter(statement__source=found)
    choices.choose(found, [line.pk], Fate.JOINED)

    assert list(kept(found).values()) == [("Transfer from Everyday", "Sat 2 May", "300.00")]


@pytest.mark.parametrize("is_archive", [False, True], ids=["file", "archive"])
def test_our_own_export_names_the_other_accounts(owner: User, book: Book, is_archive: bool) -> None:
    everyday, dollars = (
        factories.make_account(book, "Everyday"),
        factories.make_account(book, "Dollars", currency="USD"),
    )
    for sent, came in (("50", "55"), ("70", "77")):
        ledger.transfer_between_accounts(
            book=book, by=None, source=everyday, target=dollars, amount=Decimal(sent), arriving=Decimal(came),
            date=dt.date(2026, 5, 2),
        )  # fmt: skip
        factories.make_txn(everyday, sent, None, "2026-05-02", "Looks like one")
    empty = factories.make_book(owner, "Empty")

    found = brought(empty, exported(book), "ledger.csv", is_archive=is_archive)

    assert len(kept(found)) == 4


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_rows_are_the_links_are_those_that_were_told(book: Book, food: Category, seed: int) -> None:
    """Few amounts and days, so that sides meet, rival and miss; typed rows, rules, joins and rejections among them."""
    chance = random.Random(seed)
    accounts = [factories.make_account(book, name) for name in ("One", "Two", "Three")]
    factories.make_rule(food, "Shop 3")

    def row() -> str:
        way = chance.choice("-+").replace("+", "")
        return f"2026-05-{chance.randint(1, 12):02},Shop {chance.randint(1, 5)},{way}{chance.randint(1, 6)}.00"

    for number, each in enumerate(accounts):
        imported(book, csv(*(row() for _ in range(4))), f"{number}.csv", account=each)
        typed = f"{chance.choice('- ').strip()}{chance.randint(1, 6)}"
        factories.make_txn(each, typed, None, "2026-05-06", f"Typed {number}", status=Status.PENDING_REVIEW)
    outgoing = Transaction.objects.of(book).filter(amount__gt=0, is_transfer=False)
    for one, other in zip(outgoing, Transaction.objects.of(book).filter(amount__lt=0, is_transfer=False), strict=False):
        transfers.reject(book, one.pk, other.pk)
    rows = [
        f"202605{chance.randint(1, 12):02} {chance.choice('-+')}{chance.randint(1, 6)}.00 {n} Pay" for n in range(9)
    ]
    file = "".join(ofx_part(*rows[place::3], number=str(place)) for place in range(3))
    found = brought(book, f"OFXHEADER:100\n\n<OFX><BANKMSGSRSV1>{file}</BANKMSGSRSV1></OFX>".encode(), "new.ofx")
    for statement, account in zip(found.statements.order_by("number"), (*accounts[:2], None), strict=True):
        if account:
            statement.account, statement.new_account = account, ""
            statement.save()
    choices.compare_again(found)
    for line in StatementLine.objects.filter(statement__source=found, fate=Fate.DOUBTFUL):
        choices.choose(found, [line.pk], chance.choice((Fate.JOINED, Fate.NEW, Fate.SKIPPED)))

    kept(found)


# --- The page ---


@pytest.fixture
def site(client: Client, owner: User, account: Account) -> Client:
    client.force_login(owner)
    return client


def test_page_says_it_and_the_receipt_says_the_same(
    site: Client, book: Book, account: Account, savings: Account
) -> None:
    to_savings(book, account)
    found = brought(book, csv("2026-05-03,From everyday,300.00"), account=savings)

    answer = site.get(f"/import/{found.pk}/")

    assert "Transfer from Everyday Sat 2 May, 300.00" in words(answer)
    assert "1 row goes with a row on another of your accounts." in words(answer)
    press(site, "import-record", found, **shown(answer))
    assert "Transfer from Everyday Sat 2 May, 300.00" in words(site.get(f"/import/{found.pk}/"))


def shown(answer: Any) -> dict[str, str]:
    """What the page's form tells of what it showed."""
    page = answer.context["page"]
    return {"links": page.links, "seen": str(answer.wsgi_request.book.version)}


def test_other_side_that_went_meanwhile_is_said_and_nothing_is_stored(
    site: Client, book: Book, account: Account, savings: Account, food: Category
) -> None:
    to_savings(book, account)
    found = brought(book, csv("2026-05-03,From everyday,300.00", "2026-05-09,Leave it,-1.00"), account=savings)
    left_out = StatementLine.objects.get(statement__source=found, payee="Leave it")
    choices.choose(found, [left_out.pk], Fate.SKIPPED)
    form = shown(site.get(f"/import/{found.pk}/"))
    other = Transaction.objects.of(book).get()
    operations.decide(book=book, by=None, choices={food: [other.pk]})

    answer = press(site, "import-record", found, **form)

    assert answer.status_code == 422
    said = words(answer)
    assert "The book has changed since this preview was made, so nothing was imported yet." in said
    assert "Filed To savings under Food." in said
    assert "What you chose for rows is kept." in said
    assert "Transfer from" not in said
    left_out.refresh_from_db()
    assert left_out.fate == Fate.SKIPPED
    assert Transaction.objects.of(book).count() == 1
    assert press(site, "import-record", found, **shown(answer)).status_code == 302


@pytest.fixture
def is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any file is too long to foresee all of its links for each page."""
    monkeypatch.setattr(foreseeing, "LARGEST", 0)


def test_long_file_stores_what_its_page_showed(
    site: Client, book: Book, account: Account, savings: Account, is_long: None
) -> None:
    to_savings(book, account)
    found = brought(book, csv("2026-05-03,From everyday,300.00", "2026-05-09,Other,-1.00"), account=savings)
    form = shown(site.get(f"/import/{found.pk}/"))
    factories.make_txn(account, "7.00", None, "2026-05-20", "Nothing to do with it")

    assert form["links"]
    assert press(site, "import-record", found, **form).status_code == 302
    assert AccountTransfer.objects.of(book).count() == 1


def _file(book: Book) -> None:
    other = Transaction.objects.of(book).earliest("pk")
    operations.decide(book=book, by=None, choices={factories.make_category(book, "Pots"): [other.pk]})


def _reject(book: Book) -> None:
    other = Transaction.objects.of(book).earliest("pk")
    transfers.reject(book, other.pk, other.pk + 1)


def _second(book: Book) -> None:
    imported(book, csv("2026-05-02,Again,-300.00"), "second.csv", account=Account.objects.get(name="Everyday"))


def _leave_out(book: Book) -> None:
    line = StatementLine.objects.get(payee="From everyday")
    choices.choose(line.statement.source, [line.pk], Fate.SKIPPED)


@pytest.mark.parametrize("meanwhile", [_file, _reject, _second, _leave_out])
def test_long_file_is_shown_anew_where_a_link_may_have_become_another(
    site: Client, book: Book, account: Account, savings: Account, is_long: None, meanwhile: Callable[[Book], None]
) -> None:
    to_savings(book, account)
    found = brought(book, csv("2026-05-03,From everyday,300.00", "2026-05-09,Other,-1.00"), account=savings)
    form = shown(site.get(f"/import/{found.pk}/"))
    meanwhile(book)
    before = Transaction.objects.of(book).count()

    answer = press(site, "import-record", found, **form)

    assert answer.status_code == 422
    assert Transaction.objects.of(book).count() == before
    assert press(site, "import-record", found, **shown(answer)).status_code == 302


def test_rows_of_any_number_are_linked_as_they_were_shown(
    book: Book, account: Account, savings: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In parts of any size: the links that are stored are those of the pages."""
    monkeypatch.setattr(transfers, "AMOUNTS_AT_ONCE", 2)
    monkeypatch.setattr(transfers, "ROWS_AT_ONCE", 8)
    to_savings(book, account, *(f"2026-05-{n % 28 + 1:02},Out,-{n % 9 + 1}.00" for n in range(40)))

    found = brought(book, csv(*(f"2026-05-{n * 3 % 28 + 1:02},In,{n % 11 + 1}.00" for n in range(40))), account=savings)

    assert kept(found)
