"""Which account a file belongs to: the same file twice never doubles, and two accounts are never taken for one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import bringing, choices, recording, takingback
from budget.statements.accounts import choose_account
from budget.statements.errors import AlreadySettled, NotReady
from budget.statements.models import Fate, Stage, StatementImport
from budget.statements.takingback import discard
from budget.tests.factories import make_account, make_book, make_user
from budget.tests.statements.bringing import amounts, brought, csv, fates, imported, mt940, ofx, ofx_part

pytestmark = pytest.mark.django_db

BAKERY = "20260502 -4.50 a1 Bakery"
POWER = "20260503 -63.10 a2 Power"


def names(book: Book) -> list[str]:
    """The accounts of a book, oldest first."""
    return list(Account.objects.of(book).order_by("pk").values_list("name", flat=True))


def chosen(found: object) -> list[str]:
    """Where each part of a file would go: an account's name, or `new` and the name that it would have."""
    statements = found.statements.order_by("number")  # type: ignore[attr-defined]  # of an import
    return [str(each.account) if each.account else f"new {each.new_account}" for each in statements]


def test_same_file_goes_where_it_went_although_its_number_is_another_account_s_by_now(book: Book) -> None:
    """I2: of everything that speaks for an account the file itself comes first, or all its rows would double."""
    first, second = make_account(book, "Everyday"), make_account(book, "Savings")
    imported(book, ofx(BAKERY), account=first)
    imported(book, ofx(POWER), account=second)

    again = imported(book, ofx(BAKERY), "renamed.ofx")

    assert (chosen(again), fates(again)) == (["Everyday"], [Fate.THERE])
    assert len(amounts(book)) == 2


def test_same_file_of_two_accounts_is_known_part_by_part(book: Book) -> None:
    first, second = make_account(book, "Everyday"), make_account(book, "Savings")
    parts = ofx_part(BAKERY, number="77") + ofx_part(POWER, number="88")
    both = f"OFXHEADER:100\n\n<OFX><BANKMSGSRSV1>{parts}</BANKMSGSRSV1></OFX>".encode()
    found = brought(book, both)
    for statement, account in zip(found.statements.order_by("number"), (second, first), strict=True):
        choose_account(statement, account)
    recording.confirm(found, by=None)

    assert chosen(brought(book, both)) == ["Savings", "Everyday"]


def test_same_file_to_a_closed_account_is_asked_about_anew(book: Book) -> None:
    account = make_account(book, "Everyday")
    imported(book, ofx(BAKERY), account=account)
    operations.change_account(account, by=None, is_archived=True)

    assert chosen(brought(book, ofx(BAKERY))) == ["new Checking 77"]


@pytest.mark.parametrize("stage", ["brought", "discarded", "other book"])
def test_file_that_never_became_part_of_this_book_says_nothing(book: Book, stage: str) -> None:
    account = make_account(book, "Everyday")
    make_account(book, "Savings")
    if stage == "other book":
        other = make_book(make_user(), "Other")
        imported(other, csv("2026-05-02,Bakery,-4.50"), account=make_account(other, "Theirs"))
    else:
        found = brought(book, csv("2026-05-02,Bakery,-4.50"), account=account)
        if stage == "discarded":
            discard(found)

    assert chosen(brought(book, csv("2026-05-02,Bakery,-4.50"))) == ["new Checking"]


def test_file_that_overlaps_goes_to_the_account_that_its_lines_are_known_from(book: Book) -> None:
    """I2: two tables of one bank look alike; which account one is of is told by the rows that it shares."""
    everyday, savings = make_account(book, "Everyday"), make_account(book, "Savings")
    imported(book, csv("2026-05-02,Bakery,-4.50", "2026-05-03,Power,-63.10"), account=everyday)
    imported(book, csv("2026-05-02,Bakery,-4.50", "2026-05-04,Interest,1.10"), account=savings)

    found = imported(book, csv("2026-05-02,Bakery,-4.50", "2026-05-03,Power,-63.10", "2026-05-09,Shell,-41.22"))

    assert (chosen(found), fates(found)) == (["Everyday"], [Fate.THERE, Fate.THERE, Fate.NEW])


def test_number_is_known_again_and_one_of_another_bank_is_another(book: Book) -> None:
    """A savings bank has many branches whose customers have the same numbers."""
    imported(book, ofx(BAKERY, number="1234567", bank="10020030"))

    assert chosen(brought(book, ofx(POWER, number="1234567", bank="10020030"))) == ["Checking 4567"]
    assert chosen(brought(book, ofx(POWER, number="1234567"))) == ["Checking 4567"]
    assert chosen(brought(book, ofx(POWER, number="1234567", bank="70080090"))) == ["new Checking 4567 EUR"]


def test_number_without_a_bank_is_found_by_a_file_that_names_one(book: Book) -> None:
    imported(book, ofx(BAKERY, number="1234567"))

    assert chosen(brought(book, ofx(POWER, number="1234567", bank="10020030"))) == ["Checking 4567"]


def test_accounts_with_the_same_last_digits_are_kept_apart(book: Book) -> None:
    """R003-18: in one file, and in two."""
    parts = ofx_part(BAKERY, number="1114444") + ofx_part(POWER, number="2224444")
    both = f"OFXHEADER:100\n\n<OFX><BANKMSGSRSV1>{parts}</BANKMSGSRSV1></OFX>".encode()

    imported(book, both)
    imported(book, ofx("20260504 -7.00 a3 Cinema", number="3334444"))

    assert names(book) == ["Checking 4444", "Checking 4444 EUR", "Checking 4444 EUR 2"]
    assert [account.transactions.count() for account in Account.objects.of(book).order_by("pk")] == [1, 1, 1]


def test_parts_of_one_account_share_the_name_of_the_new_one(book: Book) -> None:
    found = brought(book, mt940("260503 100,00 260504D10,00 90,00", "260504 90,00 260505D20,00 70,00"))

    assert chosen(found) == ["new Checking 4567", "new Checking 4567"]
    recording.confirm(found, by=None)
    assert names(book) == ["Checking 4567"]


@pytest.mark.parametrize("newest_first", [False, True])
def test_new_account_opens_with_what_was_there_before_its_earliest_part(book: Book, newest_first: bool) -> None:
    """I3: some banks put the newest statement first; the oldest opening balance counts."""
    parts = ["260503 100,00 260504D10,00 90,00", "260504 90,00 260505D20,00 70,00"]

    imported(book, mt940(*(reversed(parts) if newest_first else parts)))

    (account,) = Account.objects.of(book)
    assert (account.opening_balance, sum(amounts(book))) == (Decimal("100.00"), Decimal("30.00"))


@pytest.mark.parametrize("typed", ["Savings", "  savings ", "SAVINGS"])
def test_new_name_that_is_an_account_s_is_that_account(book: Book, typed: str) -> None:
    """Its rows are compared with what is there, instead of going in a second time."""
    account = make_account(book, "Savings")
    imported(book, csv("2026-05-02,Bakery,-4.50"), account=account)
    found = brought(
        book, csv("2026-05-02,Bakery,-4.50", "2026-05-03,Power,-63.10"), answers={"accounts": {"1": "Else"}}
    )
    assert (chosen(found), fates(found)) == (["new Else"], [Fate.NEW, Fate.NEW])

    choose_account(found.statements.get(), None, new_name=typed)
    choices.compare_again(found)

    assert (chosen(found), fates(found)) == (["Savings"], [Fate.THERE, Fate.NEW])
    assert found.answers["accounts"] == {"1": account.pk}


def test_new_name_that_an_account_of_another_currency_has_is_refused_when_it_is_opened(book: Book) -> None:
    make_account(book, "Savings", currency="USD")
    found = brought(book, csv("2026-05-02,Bakery,-4.50"))
    choose_account(found.statements.get(), None, new_name="savings")

    with pytest.raises(NotReady, match="There is an account “savings” already"):
        recording.confirm(found, by=None)

    found.refresh_from_db()
    assert (found.stage, found.change_id, amounts(book), names(book)) == (Stage.READY, None, [], ["Savings"])


def test_name_that_was_taken_since_the_preview_is_refused(book: Book) -> None:
    """I9: the account that the preview would open is there by now, with rows that nobody compared."""
    found = brought(book, ofx(BAKERY))
    make_account(book, "checking 77")

    with pytest.raises(NotReady, match="There is an account “Checking 77” already"):
        recording.confirm(found, by=None)

    assert Transaction.objects.of(book).count() == 0
    assert list(found.statements.values_list("account", flat=True)) == [None]


def test_choice_of_an_account_is_kept_when_the_file_is_read_again(book: Book) -> None:
    savings = make_account(book, "Savings")
    make_account(book, "Everyday")
    found = brought(book, csv("2026-05-02,Bakery,-4.50"))
    choose_account(found.statements.get(), savings)

    bringing.answer(found, {"decimal_mark": "."})

    assert chosen(found) == ["Savings"]


@pytest.mark.parametrize("kind", ["number", "lines", "file"])
def test_account_of_an_import_that_was_taken_back_is_not_the_likelier_one(book: Book, kind: str) -> None:
    """I2: right the first time, wrong the second and undone; a third time the rows must not go in beside the first."""
    right, wrong = make_account(book, "Everyday"), make_account(book, "Savings")
    first = ofx(BAKERY, number="77") if kind != "lines" else csv("2026-05-02,Bakery,-4.50", "2026-05-03,Power,-63.10")
    imported(book, first, account=right)
    takingback.take_back(imported(book, first, "slip", account=wrong), by=None, keep_edited=False)
    third = {
        "number": ofx(BAKERY, POWER, number="77"),
        "lines": csv("2026-05-02,Bakery,-4.50", "2026-05-03,Power,-63.10", "2026-05-04,Cinema,-7.00"),
        "file": first,
    }[kind]

    found = imported(book, third, "third")

    assert chosen(found) == ["Everyday"]
    assert fates(found)[0] == Fate.THERE
    assert wrong.transactions.count() == 0


def test_account_is_not_changed_under_an_import_that_was_recorded_meanwhile(book: Book) -> None:
    """C10: of two windows one confirms and the other still chooses; the lines stay with the account they went to."""
    right, wrong = make_account(book, "Everyday"), make_account(book, "Savings")
    found = brought(book, ofx(BAKERY), account=right)
    stale = found.statements.get()
    recording.confirm(StatementImport.objects.get(pk=found.pk), by=None)

    with pytest.raises(AlreadySettled):
        choose_account(stale, wrong)

    assert chosen(found) == ["Everyday"]
    assert fates(brought(book, ofx(BAKERY))) == [Fate.THERE]
