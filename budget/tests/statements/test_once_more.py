"""A file that comes once more: after rows were let back in, read with other answers, or with other ids of its bank."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import bringing, choices, mending, recording, takingback
from budget.statements.duplicates import compare
from budget.statements.models import Fate, StatementImport, StatementLine
from budget.statements.receipts import receipt
from budget.tests.factories import make_account
from budget.tests.statements.bringing import amounts, brought, csv, fates, imported, ofx
from budget.users.models import User

pytestmark = pytest.mark.django_db

ROWS = csv("2026-05-01,Shop,-10.00", "2026-05-02,Cafe,-4.50", "2026-05-02,Cafe,-4.50")
LATER = csv("2026-05-02,Cafe,-4.50", "2026-05-02,Cafe,-4.50", "2026-05-04,Bar,-7.00")


def delete(book: Book, amount: str) -> None:
    """The newest row of that amount, by hand."""
    newest = Transaction.objects.of(book).filter(amount=Decimal(amount)).latest("pk")
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=newest.pk))


def let_in(found: StatementImport, fate: Fate = Fate.DELETED) -> StatementImport:
    lines = StatementLine.objects.filter(statement__source=found, fate=fate)
    choices.choose(found, [line.pk for line in lines], Fate.NEW)
    return recording.confirm(found, by=None)


@pytest.mark.parametrize("name", ["the same", "another"])
def test_row_that_was_let_back_in_is_there_for_every_later_file(book: Book, account: Account, name: str) -> None:
    content = {"the same": ROWS, "another": ROWS + b"2026-05-09,Bar,-7.00\n"}[name]
    imported(book, ROWS)
    delete(book, "10.00")
    assert fates(let_in(brought(book, ROWS))) == [Fate.NEW, Fate.THERE, Fate.THERE]

    again = brought(book, content)

    (shop,) = Transaction.objects.of(book).filter(amount=10)
    assert fates(again)[:3] == [Fate.THERE] * 3
    first = StatementLine.objects.filter(statement__source=again).earliest("number")
    assert (first.matched_id, first.same_as_id) == (shop.pk, shop.line_id)


def test_row_that_was_let_back_in_and_deleted_again_is_one_row(book: Book, account: Account) -> None:
    """A real second one beside it is new."""
    imported(book, ROWS)
    for _ in range(3):
        delete(book, "10.00")
        let_in(brought(book, ROWS))
    delete(book, "10.00")

    twice = csv("2026-05-01,Shop,-10.00", "2026-05-01,Shop,-10.00")

    assert fates(brought(book, twice)) == [Fate.DELETED, Fate.NEW]
    assert Transaction.objects.of(book).filter(amount=10).count() == 0


def test_row_that_was_let_back_in_goes_with_the_import_that_took_it(book: Book, account: Account) -> None:
    first = imported(book, ROWS)
    delete(book, "10.00")
    second = let_in(brought(book, ROWS))

    takingback.take_back(first, by=None, keep_edited=False)
    assert fates(brought(book, ROWS)) == [Fate.THERE, Fate.NEW, Fate.NEW]
    takingback.take_back(second, by=None, keep_edited=False)
    assert fates(brought(book, ROWS)) == [Fate.NEW] * 3


def test_of_two_equal_rows_one_of_which_was_deleted_the_other_is_there(book: Book, account: Account) -> None:
    imported(book, ROWS)
    delete(book, "4.50")

    assert fates(brought(book, LATER)) == [Fate.THERE, Fate.DELETED, Fate.NEW]
    assert fates(brought(book, csv("2026-05-02,Cafe,-4.50"))) == [Fate.THERE]
    let_in(brought(book, LATER))
    assert fates(brought(book, LATER)) == [Fate.THERE] * 3
    assert fates(brought(book, csv(*["2026-05-02,Cafe,-4.50"] * 3))) == [Fate.THERE, Fate.THERE, Fate.NEW]


def test_row_imported_again_although_it_was_there_is_there_twice(book: Book, account: Account) -> None:
    imported(book, ROWS)
    found = brought(book, csv("2026-05-01,Shop,-10.00"))
    let_in(found, Fate.THERE)

    assert fates(brought(book, csv(*["2026-05-01,Shop,-10.00"] * 3))) == [Fate.THERE, Fate.THERE, Fate.NEW]


def test_row_that_was_let_in_is_there_also_for_a_file_with_other_words(book: Book, account: Account) -> None:
    """The bank's ids are the same, its texts are not; a table without ids has the older text."""
    imported(book, ofx("20260501 -10.00 a1 Shop"), account=account)
    delete(book, "10.00")
    let_in(brought(book, ofx("20260501 -10.00 a1 Shop&nbsp;Ltd"), account=account))

    assert fates(brought(book, csv("2026-05-01,Shop,-10.00"), account=account)) == [Fate.THERE]


def answered(found: StatementImport, **said: Any) -> StatementImport:
    bringing.answer(found, said)
    return found


WITH_TEXT = (
    b"Date,Payee,Text,Amount\n03/04/2026,Shop,Card 7,-10.00\n05/06/2026,Cafe,Card 7,-4.50\n07/08/2026,Bar,,-2.00\n"
)


def other_answers(found: StatementImport) -> list[dict[str, Any]]:
    columns = found.answers["columns"]
    return [
        {"columns": columns | {"text": []}, "date_order": "dmy"},
        {"date_order": "mdy"},
        {"columns": columns | {"sign": "money_out_positive"}, "date_order": "dmy"},
    ]


def test_same_file_with_other_answers_brings_nothing_twice(book: Book, account: Account) -> None:
    first = answered(brought(book, WITH_TEXT, account=account), date_order="dmy")
    recording.confirm(first, by=None)
    kept = amounts(book)

    for said in other_answers(first):
        found = answered(brought(book, WITH_TEXT, account=account), **said)
        texts = set(StatementLine.objects.filter(statement__source=found).values_list("fingerprint", flat=True))
        assert not texts <= set(
            StatementLine.objects.filter(statement__source=first).values_list("fingerprint", flat=True)
        )
        assert fates(found) == [Fate.THERE] * 3, said
        recording.confirm(found, by=None)

    assert amounts(book) == kept


def test_same_file_read_otherwise_is_new_where_it_was_left_out_taken_back_or_elsewhere(
    book: Book, account: Account
) -> None:
    first = answered(brought(book, WITH_TEXT, account=account), date_order="dmy")
    left_out = StatementLine.objects.filter(statement__source=first).earliest("number")
    choices.choose(first, [left_out.pk], Fate.SKIPPED)
    recording.confirm(first, by=None)
    delete(book, "2.00")

    elsewhere = make_account(book, "Savings")
    assert fates(answered(brought(book, WITH_TEXT, account=elsewhere), date_order="mdy")) == [Fate.NEW] * 3
    found = answered(brought(book, WITH_TEXT, account=account), date_order="mdy")
    assert fates(found) == [Fate.NEW, Fate.THERE, Fate.DELETED]
    takingback.take_back(first, by=None, keep_edited=False)
    found = answered(brought(book, WITH_TEXT, account=account), date_order="mdy")
    assert fates(found) == [Fate.NEW] * 3


def test_row_left_out_then_is_not_taken_for_its_twin(book: Book, account: Account) -> None:
    first = brought(book, ROWS)
    twin = StatementLine.objects.filter(statement__source=first, amount=Decimal("4.50")).earliest("number")
    choices.choose(first, [twin.pk], Fate.SKIPPED)
    recording.confirm(first, by=None)

    assert fates(brought(book, ROWS)) == [Fate.THERE, Fate.NEW, Fate.THERE]


def test_rows_found_there_are_there_however_the_file_is_read(book: Book, account: Account) -> None:
    """Another file brought them first; this one, read again, must not bring them beside."""
    answered(shared := brought(book, WITH_TEXT + b"09/10/2026,Late,,-1.00\n", account=account), date_order="dmy")
    recording.confirm(shared, by=None)
    answered(second := brought(book, WITH_TEXT, account=account), date_order="dmy")
    recording.confirm(second, by=None)

    again = answered(brought(book, WITH_TEXT, account=account), date_order="mdy")

    assert (fates(second), fates(again)) == ([Fate.THERE] * 3, [Fate.THERE] * 3)


def test_preview_says_when_this_very_file_was_imported(
    client: Client, book: Book, owner: User, account: Account
) -> None:
    """And that undoing it is the way to have it read anew; not once it is taken back."""
    first = imported(book, ROWS)
    client.force_login(owner)

    def page() -> str:
        return client.get(reverse("statements:import-detail", args=[brought(book, ROWS).pk])).content.decode()

    assert "This very file was imported on" in page()
    assert reverse("statements:import-detail", args=[first.pk]) in page()
    assert (
        "This very file"
        not in client.get(reverse("statements:import-detail", args=[brought(book, LATER).pk])).content.decode()
    )
    takingback.take_back(first, by=None, keep_edited=False)
    assert "This very file" not in page()


def test_rows_in_another_layout_of_the_bank_are_perhaps_here(book: Book, account: Account) -> None:
    """Undecided they are recorded beside, as ever; a month that the other did not have is new."""
    imported(book, csv("2026-05-01,Shop,-10.00", "2026-05-02,Cafe,-4.50"), account=account)

    rows = b"2026-05-01,Shop,Card 1,-10.00\n2026-05-03,Cafe,Card 2,-4.50\n2026-06-01,Shop,,-10.00\n"
    wider = b"Date,Payee,Text,Amount\n" + rows

    assert fates(imported(book, wider, account=account)) == [Fate.DOUBTFUL, Fate.DOUBTFUL, Fate.NEW]
    assert len(amounts(book)) == 5
    assert fates(brought(book, wider + b"2026-06-02,Shop,,-10.00\n", account=account)) == [*[Fate.THERE] * 3, Fate.NEW]


def matched(found: StatementImport) -> list[str]:
    """Who the transactions are of that the lines are or may be, in the order of the file."""
    payees = dict(Transaction.objects.of(found.book).values_list("pk", "payee"))
    lines = StatementLine.objects.filter(statement__source=found).order_by("number")
    return [payees.get(line.matched_id or 0, "") for line in lines]


FIRST_WEEK = ofx("20260501 -10.00 a1 Shop", "20260502 -4.50 a2 Cafe", "20260503 -7.00 a3 Bar")


def test_same_id_with_another_day_or_amount_is_perhaps_here(book: Book, account: Account) -> None:
    imported(book, FIRST_WEEK, account=account)

    changed = ofx(
        "20260601 -10.00 a1 Shop", "20260502 -5.40 a2 Cafe", "20260505 -8.00 a3 Barbara", "20260505 -7.00 a4 Bar"
    )
    found = brought(book, changed, account=account)

    assert fates(found) == [Fate.DOUBTFUL, Fate.DOUBTFUL, Fate.DOUBTFUL, Fate.NEW]
    assert matched(found) == ["Shop", "Cafe", "Bar", ""]
    recording.confirm(found, by=None)
    assert len(amounts(book)) == 7
    assert fates(brought(book, changed, account=account)) == [Fate.THERE] * 4
    assert fates(brought(book, FIRST_WEEK, account=account)) == [Fate.THERE] * 3


def test_id_that_proves_nothing_makes_nothing_doubtful(book: Book, account: Account) -> None:
    """Counted from one in every file, on several rows, of a row that was deleted, in another account."""
    imported(book, FIRST_WEEK, account=account)
    delete(book, "4.50")

    counted = ofx("20260701 -11.00 a1 Rent", "20260502 -5.40 a2 Cafe")
    several = ofx("20260504 -7.00 a3 Bar", "20260504 -1.00 a3 Bar")

    assert fates(brought(book, counted, account=account)) == [Fate.NEW] * 2
    assert fates(brought(book, several, account=account)) == [Fate.NEW] * 2
    assert fates(brought(book, FIRST_WEEK, account=make_account(book, "Savings"))) == [Fate.NEW] * 3


def test_bank_that_gives_fresh_ids_at_every_download_doubles_nothing_unasked(book: Book, account: Account) -> None:
    imported(book, FIRST_WEEK, account=account)

    fresh = ofx("20260502 -4.50 b1 CAFE", "20260502 -4.50 b2 Cafe", "20260503 -7.00 b3 Bar", "20260504 -7.00 b4 Bar")
    found = brought(book, fresh, account=account)

    assert fates(found) == [Fate.DOUBTFUL, Fate.NEW, Fate.DOUBTFUL, Fate.NEW]
    joined = StatementLine.objects.filter(statement__source=found, fate=Fate.DOUBTFUL)
    choices.choose(found, [line.pk for line in joined], Fate.JOINED)
    recording.confirm(found, by=None)
    assert amounts(book) == [Decimal(amount) for amount in ("10.00", "4.50", "4.50", "7.00", "7.00")]
    assert fates(brought(book, FIRST_WEEK, account=account)) == [Fate.THERE] * 3


def test_ids_counted_from_one_in_files_that_overlap_are_asked_about(book: Book, account: Account) -> None:
    rows = ("20260501 -1.00 {} Shop", "20260502 -2.00 {} Cafe", "20260503 -3.00 {} Bar", "20260504 -4.00 {} Rent")
    first, second = (ofx(*(row.format(n) for n, row in enumerate(some, 1))) for some in (rows[:3], rows[1:]))
    imported(book, first, account=account)

    found = brought(book, second, account=account)

    assert fates(found)[:2] == [Fate.DOUBTFUL] * 2


def test_two_equal_rows_with_two_ids_stay_two(book: Book, account: Account) -> None:
    imported(book, FIRST_WEEK, account=account)

    twin = ofx("20260502 -4.50 a2 Cafe", "20260502 -4.50 a5 Cafe", "20260503 -7.00 a3 Bar")

    assert fates(imported(book, twin, account=account)) == [Fate.THERE, Fate.NEW, Fate.THERE]
    assert fates(brought(book, twin, account=account)) == [Fate.THERE] * 3


def test_questions_do_not_grow_with_the_rows(book: Book, account: Account) -> None:
    """Of the same file, of a file with some more rows, of corrected amounts and of fresh ids."""
    asked = []
    for account_, count in ((account, 2), (make_account(book, "Savings"), 40)):
        rows = [f"202605{n % 28 + 1:02} -{n + 100}.00 a{n} Shop {n}" for n in range(count)]
        imported(book, ofx(*rows), account=account_)
        corrected = [row.replace(".00", ".50") for row in rows]
        fresh = [row.replace(" a", " b") for row in rows]
        for content in (ofx(*rows), ofx(*rows, "20260530 -1.00 c1 More"), ofx(*corrected), ofx(*fresh)):
            found = brought(book, content, account=account_)
            with CaptureQueriesContext(connection) as captured:
                compare(found)
            asked.append((len(captured), len(set(fates(found)))))

    assert asked[:4] == asked[4:]


PARTLY = csv("2026-05-02,Bakery,-4.50", "2026-05-03,Power,about 60", "2026-05-04,Gym,-30.00")


def mended(found: StatementImport) -> StatementImport:
    """The import, recorded after a person said what its one unreadable row means."""
    row = StatementLine.objects.get(statement__source=found, fate=Fate.REFUSED)
    day = dt.date(2026, 5, 3)
    mending.mend(found, row.pk, date=day, amount=Decimal("61.20"), payee="Power", by_name="Alice")
    return recording.confirm(found, by=None)


def test_row_that_was_mended_is_here_when_the_same_file_comes_again(book: Book, account: Account) -> None:
    mended(brought(book, PARTLY))

    for _ in range(2):
        again = brought(book, PARTLY)
        assert fates(again) == ["there"] * 3
        assert receipt(again).refused == 0
        row = StatementLine.objects.get(statement__source=again, number=2)
        assert (row.amount, row.payee, row.problem) == (Decimal("61.20"), "Power", "")
        assert "about 60" in row.original
        assert row.remarks[-1].startswith("Mended by Alice")
        recording.confirm(again, by=None)
    assert len(amounts(book)) == 3


def test_row_that_was_mended_and_deleted_is_told_so(book: Book, account: Account) -> None:
    mended(brought(book, PARTLY))
    rows = Transaction.objects.of(book).filter(payee="Power")
    operations.delete_transactions(book=book, by=None, rows=rows)

    assert fates(brought(book, PARTLY)) == ["there", "deleted", "there"]


def test_row_that_was_mended_is_here_on_the_account_that_it_was_moved_to(book: Book, account: Account) -> None:
    mended(brought(book, PARTLY))
    savings = make_account(book, "Savings")
    operations.change_transaction(Transaction.objects.get(payee="Power"), by=None, account=savings)

    assert fates(brought(book, PARTLY, account=savings)) == ["new", "there", "new"]


def test_row_that_was_mended_is_mended_anew_where_that_was_taken_back(book: Book, account: Account) -> None:
    found = mended(brought(book, PARTLY))
    takingback.take_back(found, by=None, keep_edited=False)

    assert fates(brought(book, PARTLY)) == ["new", "refused", "new"]
