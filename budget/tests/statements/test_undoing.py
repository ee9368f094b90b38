"""Undo and redo of imports beside other imports of the same rows: nothing stands twice, nothing goes unsaid."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from budget import history
from budget.books.models import Book
from budget.history import Change, NotSure
from budget.history.errors import BuiltUpon
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import accounts, choices, recording, takingback
from budget.statements.models import Fate, StatementImport, StatementLine
from budget.tests.factories import last_change, make_txn
from budget.tests.statements.bringing import amounts, brought, csv, fates, imported, ofx
from budget.users.models import User

pytestmark = pytest.mark.django_db

MAY = csv("2026-05-02,Bakery,-4.50", "2026-05-03,Salary,2150.00", "2026-05-03,Bakery,-4.50")
COFFEE = "2026-05-04,Coffee,-3.00"


@pytest.fixture(autouse=True)
def everyday(account: Account) -> Account:
    return account


def take_back(found: StatementImport) -> Change:
    return takingback.take_back(found, by=None, keep_edited=False)


def chosen(found: StatementImport, was: Fate, fate: Fate) -> StatementImport:
    """The import, recorded after a person said of one row what becomes of it."""
    line = StatementLine.objects.filter(statement__source=found, fate=was).earliest("number")
    choices.choose(found, [line.pk], fate)
    return recording.confirm(found, by=None)


def by_history(found: StatementImport) -> Change:
    assert found.change is not None
    return history.undo(found.change, by=None)


@pytest.mark.parametrize("out", [take_back, by_history], ids=["on its page", "in the history"])
def test_import_taken_back_and_imported_again_does_not_come_back_as_well(
    book: Book, out: Callable[[StatementImport], Change]
) -> None:
    undone = out(imported(book, MAY))
    imported(book, MAY, "again.csv")

    with pytest.raises(BuiltUpon, match=r"“Imported 3 transactions from again\.csv” brought the same rows again"):
        history.undo(undone, by=None)

    assert len(amounts(book)) == 3


def test_edited_import_taken_back_row_by_row_does_not_come_back_as_well(book: Book) -> None:
    found = imported(book, MAY)
    salary = Transaction.objects.of(book).get(amount=-2150)
    operations.change_transaction(salary, by=None, amount=Decimal("-2151.00"))
    undone = take_back(found)
    imported(book, MAY)

    with pytest.raises(BuiltUpon, match="brought the same rows again"):
        history.undo(undone, by=None)

    assert len(amounts(book)) == 3


def test_once_the_later_import_is_out_the_earlier_one_comes_back(book: Book) -> None:
    undone = take_back(imported(book, MAY))
    later = imported(book, MAY)
    again = take_back(later)

    history.undo(undone, by=None)

    assert len(amounts(book)) == 3
    with pytest.raises(BuiltUpon):
        history.undo(again, by=None)


def test_overlap_in_another_file_counts_row_by_row(book: Book) -> None:
    undone = take_back(imported(book, csv("2026-05-02,Bakery,-4.50", COFFEE)))
    imported(book, csv(COFFEE, "2026-05-05,Shell,-41.22"))

    with pytest.raises(BuiltUpon):
        history.undo(undone, by=None)

    assert len(amounts(book)) == 2


def test_bank_s_id_counts_where_the_text_became_another(book: Book, account: Account) -> None:
    body = (
        "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>77</BANKACCTFROM>"
        "<BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260502<TRNAMT>-4.50<FITID>{}<NAME>{}</STMTTRN>"
        "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
    undone = take_back(imported(book, body.format("one", "Bakery").encode(), "a.ofx", account=account))
    other = imported(book, body.format("two", "Bakery").encode(), "b.ofx", account=account)
    history.undo(undone, by=None)
    assert len(amounts(book)) == 2

    undone = take_back(other)
    imported(book, body.format("two", "Bakery Ltd").encode(), "c.ofx", account=account)
    with pytest.raises(BuiltUpon):
        history.undo(undone, by=None)


def test_equal_rows_that_both_files_have_are_counted(book: Book) -> None:
    """Two coffees in the first file, three in the second: deleting and bringing back any of them is no doubling."""
    imported(book, csv(COFFEE, COFFEE))
    imported(book, csv(COFFEE, COFFEE, COFFEE))

    for coffee in Transaction.objects.of(book):
        operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book).filter(pk=coffee.pk))
        history.undo(last_change(book), by=None)

    assert len(amounts(book)) == 3


def test_deleted_row_that_was_let_back_in_is_not_also_undeleted(book: Book) -> None:
    imported(book, MAY)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book).filter(amount=-2150))
    deletion = last_change(book)
    let_in = chosen(brought(book, MAY), Fate.DELETED, Fate.NEW)

    with pytest.raises(BuiltUpon, match="brought the same rows again"):
        history.undo(deletion, by=None)
    take_back(let_in)
    history.undo(deletion, by=None)

    assert len(amounts(book)) == 3
    assert set(fates(brought(book, MAY))) == {Fate.THERE}


def test_row_that_a_person_wanted_twice_may_be_twice(book: Book) -> None:
    imported(book, MAY)
    twice = chosen(brought(book, MAY), Fate.THERE, Fate.NEW)
    assert len(amounts(book)) == 4

    history.undo(take_back(twice), by=None)

    assert len(amounts(book)) == 4


@pytest.mark.parametrize("answer", [Fate.JOINED, Fate.NEW])
def test_answer_about_a_doubtful_row_is_undone_with_its_import_and_comes_back_with_it(book: Book, answer: Fate) -> None:
    by_hand = make_txn(Account.objects.get(), "4.50", None, "2026-05-01", "bread")
    before = history.digest(book)
    found = chosen(brought(book, MAY), Fate.DOUBTFUL, answer)
    after = history.digest(book)

    undone = take_back(found)
    assert history.digest(book) == before
    assert fates(brought(book, MAY))[0] == Fate.DOUBTFUL
    history.undo(undone, by=None)

    assert history.digest(book) == after
    by_hand.refresh_from_db()
    assert (by_hand.line_id is not None) == (answer is Fate.JOINED)


@pytest.mark.parametrize("edited", [False, True])
def test_announced_row_is_announced_again_once_the_import_that_posted_it_is_out(book: Book, edited: bool) -> None:
    pending = make_txn(Account.objects.get(), "20.00", None, "2026-05-01", "Trattoria Da Nino")
    with history.change(book, None, "Announced", kind="test") as change:
        change.update(pending, is_pending=True)
    before = history.digest(book)
    rows = csv("2026-05-03,Trattoria Da Nino,-23.00", "2026-05-03,Other,-23.00")
    found = chosen(brought(book, rows), Fate.DOUBTFUL, Fate.JOINED)
    if edited:
        other = Transaction.objects.get(line__payee="Other")
        operations.change_transaction(other, by=None, note="mine")

    take_back(found)

    assert history.digest(book) == before
    pending.refresh_from_db()
    assert (pending.amount, pending.is_pending, pending.line_id) == (Decimal("20.00"), True, None)


def test_joined_row_is_not_joined_to_two_imports_of_one_file(book: Book) -> None:
    make_txn(Account.objects.get(), "4.50", None, "2026-05-01", "bread")
    undone = take_back(chosen(brought(book, MAY), Fate.DOUBTFUL, Fate.JOINED))
    chosen(brought(book, MAY), Fate.DOUBTFUL, Fate.JOINED)

    with pytest.raises(BuiltUpon):
        history.undo(undone, by=None)

    assert len(amounts(book)) == 3


# --- What came meanwhile by another way ---


def typed_meanwhile(book: Book, day: str = "2026-05-04", amount: str = "4.50") -> Change:
    """An import taken back, one of its rows typed by hand; answers the taking back."""
    undone = take_back(imported(book, MAY))
    make_txn(Account.objects.get(), amount, None, day, "bread")
    return undone


def test_row_typed_while_its_import_was_undone_is_asked_about(book: Book) -> None:
    undone = typed_meanwhile(book)
    before = history.digest(book)

    with pytest.raises(NotSure, match=r"“bread” of Mon 4 May, 4\.50 EUR, came meanwhile .* import the file again"):
        history.undo(undone, by=None)
    assert history.digest(book) == before

    history.undo(undone, by=None, is_sure=True)
    assert len(amounts(book)) == 4


def test_question_leads_to_the_pair_that_is_joined(book: Book) -> None:
    """As it says: importing the file again shows both side by side."""
    typed_meanwhile(book)

    chosen(brought(book, MAY), Fate.DOUBTFUL, Fate.JOINED)

    assert sorted(amounts(book)) == [Decimal("-2150.00"), Decimal("4.50"), Decimal("4.50")]


@pytest.mark.parametrize(("day", "amount"), [("2026-05-08", "4.50"), ("2026-05-03", "4.51")])
def test_row_of_another_week_or_amount_is_nobody_s_twin(book: Book, day: str, amount: str) -> None:
    history.undo(typed_meanwhile(book, day, amount), by=None)

    assert len(amounts(book)) == 4


def test_row_that_stood_beside_the_import_before_is_not_asked_about(book: Book) -> None:
    """Kept apart then; a note written to it meanwhile does not make it another one."""
    by_hand = make_txn(Account.objects.get(), "4.50", None, "2026-05-01", "bread")
    undone = take_back(imported(book, MAY))
    operations.change_transaction(by_hand, by=None, note="mine")

    history.undo(undone, by=None)

    assert len(amounts(book)) == 4


def test_row_moved_to_the_amount_meanwhile_is_asked_about(book: Book) -> None:
    by_hand = make_txn(Account.objects.get(), "9.00", None, "2026-05-01", "bread")
    undone = take_back(imported(book, MAY))
    operations.change_transaction(by_hand, by=None, amount=Decimal("4.50"))

    with pytest.raises(NotSure, match="bread"):
        history.undo(undone, by=None)


def test_typed_row_does_not_come_back_beside_the_file_that_brought_it_meanwhile(book: Book) -> None:
    by_hand = make_txn(Account.objects.get(), "4.50", None, "2026-05-02", "bread")
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=by_hand.pk))
    deletion = last_change(book)
    imported(book, MAY)

    with pytest.raises(NotSure, match="“Bakery” of Sat 2 May"):
        history.undo(deletion, by=None)


def test_deleted_row_of_a_file_does_not_come_back_beside_a_typed_one(book: Book) -> None:
    imported(book, MAY)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book).filter(amount=-2150))
    deletion = last_change(book)
    make_txn(Account.objects.get(), "-2150.00", None, "2026-05-04", "wages")

    with pytest.raises(NotSure, match=r"“wages” .* came meanwhile and may be a row that this brings back"):
        history.undo(deletion, by=None)


def test_file_of_another_kind_that_told_the_same_meanwhile_is_asked_about(book: Book, account: Account) -> None:
    undone = take_back(imported(book, MAY, account=account))
    imported(book, ofx("20260502 -4.50 a1 BACKEREI", "20260503 -4.50 a2 BACKEREI"), "b.ofx", account=account)

    with pytest.raises(NotSure, match=r"“BACKEREI” of Sat 2 May, .* and “BACKEREI” of Sun 3 May"):
        history.undo(undone, by=None)


def test_each_typed_row_is_one_row_of_the_file(book: Book) -> None:
    undone = take_back(imported(book, csv(*[COFFEE] * 6)))
    for _ in range(4):
        make_txn(Account.objects.get(), "3.00", None, "2026-05-05", "coffee")

    with pytest.raises(NotSure) as asked:
        history.undo(undone, by=None)
    assert str(asked.value).count("coffee") == 3
    assert "and 1 more came meanwhile" in str(asked.value)


def test_what_cannot_be_undone_at_all_is_refused_not_asked_about(book: Book) -> None:
    undone = typed_meanwhile(book)
    imported(book, MAY)

    with pytest.raises(BuiltUpon):
        history.undo(undone, by=None)


def test_page_asks_and_undoes_all_the_same(client: Client, book: Book, owner: User) -> None:
    undone = typed_meanwhile(book)
    client.force_login(owner)
    address = reverse("history:undo", args=[undone.number])

    asked = client.post(address, {"next": "/transactions/"})
    in_place = client.post(address, headers={"HX-Request": "true"})

    assert (asked.status_code, in_place.status_code, len(amounts(book))) == (422, 422, 1)
    for page in (asked.content.decode(), in_place.content.decode()):
        assert "“bread” of Mon 4 May" in page
        assert "Undo anyway" in page
        assert 'name="sure" value="yes"' in page
    assert client.post(address, {"next": "/transactions/", "sure": "yes"}).status_code == 302
    assert len(amounts(book)) == 4


def test_import_whose_rows_were_all_deleted_is_taken_back_all_the_same(
    book: Book, account: Account, owner: User, client: Client
) -> None:
    found = imported(book, MAY)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book))
    page = reverse("statements:import-detail", args=[found.pk])
    client.force_login(owner)

    said = client.post(reverse("statements:import-undo", args=[found.pk]), follow=True).content.decode()

    assert f"Took {found.file_name} back." in said
    assert "Taken back" in client.get(page).content.decode()
    assert fates(brought(book, MAY)) == ["new"] * 3
    undone = StatementImport.objects.get(pk=found.pk).taken_back
    assert undone is not None
    assert "Taken back" not in said_after_undo(client, undone, page)
    assert fates(brought(book, MAY)) == ["deleted"] * 3
    assert history.verify(book).is_whole


def said_after_undo(client: Client, change: Change, page: str) -> str:
    history.undo(change, by=None)
    return client.get(page).content.decode()


def test_rows_whose_edits_were_undone_or_put_back_are_not_edited(book: Book) -> None:
    found = imported(book, MAY)
    bakery, _, salary = Transaction.objects.of(book).order_by("-amount")
    operations.change_transaction(bakery, by=None, note="Bread")
    history.undo(last_change(book), by=None)
    operations.change_transaction(salary, by=None, amount=Decimal("-2151.00"))
    operations.change_transaction(salary, by=None, amount=Decimal("-2150.00"))

    assert not takingback.edited_since(found).exists()

    takingback.take_back(found, by=None, keep_edited=True)
    assert amounts(book) == []


def test_row_whose_undone_edit_was_done_again_is_edited(book: Book) -> None:
    found = imported(book, MAY)
    bakery = Transaction.objects.of(book).latest("amount")
    operations.change_transaction(bakery, by=None, note="Bread")
    history.undo(history.undo(last_change(book), by=None), by=None)

    assert list(takingback.edited_since(found)) == [bakery]


def test_only_what_goes_with_an_import_is_told_to_go(book: Book, account: Account) -> None:
    make_txn(account, "4.50", None, "2026-05-02", "Bakery", payee="Bakery")
    found = chosen(brought(book, MAY), Fate.DOUBTFUL, Fate.JOINED)
    later = imported(book, MAY + b"2026-05-09,Shop,-1.00\n", "later.csv")

    told = takingback.told_again_by(found)

    take_back(found)
    assert [(each.pk, rows) for each, rows in told] == [(later.pk, 2)]
    assert len(amounts(book)) == 2


def test_import_again_goes_to_the_account_that_it_once_opened(book: Book, account: Account) -> None:
    found = brought(book, MAY)
    accounts.choose_account(found.statements.get(), None, new_name="Giro")
    recording.confirm(choices_made(found), by=None)
    giro = Account.objects.get(name="Giro")
    edited = Transaction.objects.filter(account=giro).latest("amount")
    operations.change_transaction(edited, by=None, note="Bread")
    takingback.take_back(found, by=None, keep_edited=True)

    again = brought(book, MAY, answers=StatementImport.objects.get(pk=found.pk).answers)

    assert again.statements.get().account == giro
    assert sorted(fates(again)) == ["new", "new", "there"]


def choices_made(found: StatementImport) -> StatementImport:
    """The import, compared again after its account was chosen."""
    choices.compare_again(found)
    found.refresh_from_db()
    return found
