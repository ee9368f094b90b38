"""The import page from the file to the receipt and back, over plain forms and over HTMX."""

from __future__ import annotations

import gzip
import io
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from budget import history
from budget.books.models import Book, Role
from budget.files.models import FilePart, StoredFile
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, Category, Status, Transaction
from budget.statements import bringing, reading, recording
from budget.statements.formats.base import LARGEST_UPLOAD
from budget.statements.looking import forget
from budget.statements.models import Fate, Stage, Statement, StatementImport, StatementLine
from budget.tests import factories
from budget.tests.statements.bringing import brought, csv, fates, imported, ofx
from budget.tests.statements.reading import sample
from budget.tests.statements.test_hostile import HOSTILE
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # security/ asks every page and form on both engines

HTMX = {"HX-Request": "true", "HX-Target": "import"}
TWO = csv("2026-11-02,Bakery,-4.50", "2026-11-14,Employer,2150.00")
BROKEN = csv("2026-11-02,Bakery,-4.50", "2026-11-03,Power,-63.x0", "2026-11-14,Employer,2150.00")


@pytest.fixture
def site(client: Client, owner: User, account: Account) -> Client:
    client.force_login(owner)
    return client


def url(name: str, found: StatementImport, *more: int) -> str:
    return reverse(f"statements:{name}", args=[found.pk, *more])


def page(site: Client, found: StatementImport, query: str = "") -> str:
    return words(site.get(url("import-detail", found) + query))


def words(answer: Any) -> str:
    """What an answer says, without its markup."""
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def upload(site: Client, *files: tuple[str, bytes], key: str = "", **more: Any) -> Any:
    content = [SimpleUploadedFile(name, data) for name, data in files]
    return site.post("/import/", {"files": content, "request_key": key or str(uuid.uuid4())}, **more)


def press(site: Client, route: str, found: StatementImport, *more: int, **form: Any) -> Any:
    return site.post(url(route, found, *more), {"request_key": str(uuid.uuid4())} | form)


def mend(site: Client, row: int, **form: Any) -> Any:
    return site.post(f"/import/rows/{row}/", form)


def line(found: StatementImport, place: int = 0) -> StatementLine:
    return StatementLine.objects.filter(statement__source=found).order_by("pk")[place]


def many_rows(name: str, count: int) -> bytes:
    """A file of a format with so many rows."""
    days = [n % 28 + 1 for n in range(count)]
    match name:
        case "csv":
            return csv(*(f"2026-05-{day:02},Shop {n},-{n + 1}.00" for n, day in enumerate(days)))
        case "ofx":
            return ofx(*(f"202605{day:02} -{n + 1}.00 a{n} Shop" for n, day in enumerate(days)))
        case _:
            rows = "".join(f"D{day:02}/05/2026\nT-{n + 1}.00\nPShop {n}\n^\n" for n, day in enumerate(days))
            return f"!Type:Bank\nD25/05/2026\nT-1.00\nPShop\n^\n{rows}".encode()


# --- Bringing ---


def test_file_leads_to_its_page_which_says_what_is_in_it(site: Client, book: Book) -> None:
    """R003-27: nothing is stored in the ledger before somebody says so."""
    answer = upload(site, ("nov.csv", TWO))

    found = StatementImport.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/import/{found.pk}/")
    said = page(site, found)
    assert "2 rows, 2 to 14 November. 2 new. Money out 4.50, money in 2,150.00." in said
    assert "Import 2" in said
    assert not Transaction.objects.exists()


def test_several_files_lead_to_the_list(site: Client, book: Book) -> None:
    answer = upload(site, ("one.csv", TWO), ("two.csv", BROKEN))

    assert answer.headers["Location"] == "/import/"
    assert StatementImport.objects.count() == 2
    said = words(site.get("/import/"))
    assert "2 files are here." in said
    assert "two.csv" in said
    assert "3 rows: 2 new, 1 cannot be read" in said


def test_same_file_under_two_names_is_here_once_and_said(site: Client, book: Book) -> None:
    answer = upload(site, ("one.csv", TWO), ("two.csv", TWO), key=str(uuid.uuid4()))

    found = StatementImport.objects.get()
    assert answer.headers["Location"] == f"/import/{found.pk}/"
    said = page(site, found)
    assert "“one.csv” and “two.csv” are the same file; it is here once." in said
    assert "2 files are here" not in said


def test_same_file_twice_beside_another_counts_as_one(site: Client, book: Book) -> None:
    upload(site, ("one.csv", TWO), ("two.csv", TWO), ("bad.csv", BROKEN), key=str(uuid.uuid4()))

    said = words(site.get("/import/"))
    assert "“one.csv” and “two.csv” are the same file; it is here once." in said
    assert "2 files are here." in said


def test_form_sent_twice_brings_a_file_once(site: Client, book: Book) -> None:
    key = str(uuid.uuid4())

    first, second = (upload(site, ("nov.csv", TWO), key=key) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert StatementImport.objects.count() == 1


def test_same_file_brought_on_purpose_is_another_import(site: Client, book: Book) -> None:
    for _ in range(2):
        upload(site, ("nov.csv", TWO))

    assert (StatementImport.objects.count(), StoredFile.objects.count()) == (2, 1)


def test_nothing_chosen_is_said(site: Client, book: Book) -> None:
    answer = site.post("/import/", {"request_key": str(uuid.uuid4())})

    assert answer.status_code == 422
    assert "Choose a file first." in words(answer)


def test_file_over_ten_megabytes_is_refused_in_words_and_not_stored(site: Client, book: Book) -> None:
    """S14."""
    answer = upload(site, ("huge.csv", b"x" * (LARGEST_UPLOAD + 1)))

    assert answer.status_code == 422
    assert "“huge.csv” is larger than 10 MB." in words(answer)
    assert not StoredFile.objects.exists()
    assert not StatementImport.objects.exists()


def test_large_file_beside_a_good_one_leaves_the_good_one(site: Client, book: Book) -> None:
    answer = upload(site, ("huge.csv", b"x" * (LARGEST_UPLOAD + 1)), ("nov.csv", TWO))

    assert StatementImport.objects.get().file_name == "nov.csv"
    assert "“huge.csv” is larger than 10 MB." in words(site.get(answer.headers["Location"]))


def test_request_far_too_long_is_refused_by_its_announced_length(site: Client, book: Book) -> None:
    for headers, said in (({}, "Too large"), (HTMX, "That is too much at once.")):
        answer = site.generic("POST", "/import/", b"", headers=headers, CONTENT_LENGTH="200000000")

        assert answer.status_code == 413
        assert said in words(answer)


def test_more_files_than_allowed_are_refused(site: Client, book: Book) -> None:
    answer = upload(site, *[(f"{n}.csv", TWO) for n in range(11)])

    assert answer.status_code == 422
    assert "at most 10 files" in words(answer)
    assert not StatementImport.objects.exists()


NO_STATEMENTS = {
    "nothing": "photo.png: The file is empty.",
    "archive in a picture": "photo.png: This is a picture.",
    "zip named as a statement": "photo.png: This is a ZIP archive.",
    "small bomb": "photo.png: It would unpack to more than a statement ever has.",
    "nested entities": "photo.png: The XML has a document type declaration",
    "deep CAMT": "photo.png: The XML is nested deeper than 64 levels",
    "million separators": "photo.png: Nothing parts the lines into columns.",
    "a million statements of MT940": "photo.png: None of the first 5,000 rows can be read.",
    "formulas": "photo.png: No column has dates.",
    "sheet without end": "photo.png: The spreadsheet cannot be read",
    "noise": "photo.png: The file is of no kind that is known here.",
}


@pytest.mark.parametrize(("kind", "said"), NO_STATEMENTS.items(), ids=list(NO_STATEMENTS))
def test_file_that_is_no_statement_says_what_it_is_and_leaves_nothing(
    site: Client, book: Book, kind: str, said: str
) -> None:
    answer = upload(site, ("photo.png", HOSTILE[kind]()))

    assert answer.status_code == 422
    assert said in words(answer)
    assert [each.objects.count() for each in (StatementImport, StoredFile, FilePart)] == [0, 0, 0]


def test_file_that_breaks_off_beyond_help_leaves_nothing(site: Client, book: Book) -> None:
    whole = sample("camt/camt053_batch.xml")

    answer = upload(site, ("cut.xml", whole[: len(whole) * 9 // 10]), ("whole.xml", whole))

    assert "cut.xml: The XML" in words(site.get(answer.headers["Location"]))
    assert [each.file_name for each in StatementImport.objects.all()] == ["whole.xml"]
    assert [each.name for each in StoredFile.objects.all()] == ["whole.xml"]


class AtOnce:
    """A thread that is over once it has begun."""

    def __init__(self, target: Callable[..., None], args: list[int], **named: object) -> None:
        self.start = lambda: target(*args)


@pytest.fixture
def in_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of any length are read in the background."""
    monkeypatch.setattr(bringing, "AT_ONCE", 10)
    monkeypatch.setattr("budget.statements.bringing.threading.Thread", AtOnce)
    monkeypatch.setattr(bringing, "close_old_connections", lambda: None)


def test_long_file_that_breaks_off_leaves_nothing_but_why(site: Client, book: Book, in_background: None) -> None:
    """Nobody may be there to be told: the list says it, until it is discarded there or on its page."""
    whole = sample("camt/camt053_batch.xml")
    upload(site, ("cut.xml", whole[: len(whole) * 9 // 10]))
    found = StatementImport.objects.get()

    assert (found.stage, found.file) == (Stage.REFUSED, None)
    assert [each.objects.count() for each in (StoredFile, FilePart, Statement, StatementLine)] == [0, 0, 0, 0]
    assert "The XML" in words(site.get("/import/"))
    assert "Nothing of the file was stored." in page(site, found)
    assert site.get(url("file-download", found)).status_code == 404
    for route in ("answers-change", "import-again"):
        assert "could not be read, so it was not kept" in words(press(site, route, found))
    press(site, "import-discard", found)

    assert not StatementImport.objects.exists()
    assert "No statement was imported yet." in words(site.get("/import/"))


def test_file_of_another_import_stays_when_it_cannot_be_read_this_time(
    site: Client, book: Book, in_background: None
) -> None:
    whole = sample("camt/camt053_batch.xml")
    cut = whole[: len(whole) * 9 // 10]
    other = factories.make_import(book, cut, stage=Stage.DISCARDED)

    upload(site, ("cut.xml", cut))

    other.refresh_from_db()
    assert [each.name for each in StoredFile.objects.all()] == [other.kept.name]


def test_refused_table_is_discarded_with_its_file(site: Client, book: Book) -> None:
    """Its columns may still be said, so that the file is kept till then."""
    found = brought(book, TWO)
    StatementImport.objects.filter(pk=found.pk).update(stage=Stage.REFUSED, problem="No.")

    press(site, "import-discard", found)

    assert [each.objects.count() for each in (StatementImport, StoredFile, FilePart)] == [0, 0, 0]


def test_file_that_is_kept_already_stays_though_it_is_brought_to_no_avail(book: Book, account: Account) -> None:
    kept = brought(book, TWO)
    StatementImport.objects.filter(pk=kept.pk).update(stage=Stage.DISCARDED)
    other = brought(book, TWO)

    forget(other)

    assert StatementImport.objects.get() == kept
    assert FilePart.objects.count() == 1


def test_hostile_name_is_text_and_no_path(site: Client, book: Book) -> None:
    answer = upload(site, ('../../<img src=x onerror=zq()>"\u202e.csv', TWO))

    found = StatementImport.objects.get()
    assert "/" not in found.file_name
    for address in ("/import/", answer.headers["Location"]):
        assert "<img src=x" not in site.get(address).content.decode()


def test_list_is_paged_by_the_last_one_shown(site: Client, book: Book) -> None:
    for _ in range(23):
        factories.make_import(book)

    first = site.get("/import/")
    second = site.get("/import/" + re.search(r"\?before=\d+", first.content.decode())[0])  # type: ignore[index]

    assert first.content.decode().count("data-row-focus") == 20
    assert second.content.decode().count("data-row-focus") == 3


def test_empty_list_says_so(site: Client) -> None:
    assert "No statement was imported yet." in words(site.get("/import/"))


# --- While it is read ---


def test_page_tells_how_far_it_is_and_asks_again(site: Client, book: Book) -> None:
    found = factories.make_import(book, stage=Stage.READING, lines_read=42_000)

    answer = site.get(url("import-detail", found), headers=HTMX)

    assert "42,000 lines read" in words(answer)
    assert "load delay:1s" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert '<progress aria-label="Reading the file"></progress>' in answer.content.decode()


@pytest.mark.parametrize(
    ("share", "said", "bar"),
    [
        (0.25, "42,000 of about 170,000 lines read", 'max="1000" value="250">25 %<'),
        (0.6, "42,000 of about 70,000 lines read", 'max="1000" value="600">60 %<'),
        (1, "42,000 lines read; they are compared with your book now", 'max="1000" value="1000">100 %<'),
    ],
)
def test_page_tells_how_much_there_is_by_the_bytes(site: Client, book: Book, share: float, said: str, bar: str) -> None:
    found = factories.make_import(book, b"x" * 1000, stage=Stage.READING, lines_read=42_000)
    StatementImport.objects.update(bytes_read=int(1000 * share))

    answer = site.get(url("import-detail", found))

    assert said in words(answer)
    assert bar in answer.content.decode()


@pytest.mark.parametrize("name", ["csv", "ofx", "qif"])
def test_bytes_that_were_read_grow_with_the_rows_or_are_not_told(
    book: Book, account: Account, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Towards the end the guess is close to what there is."""
    monkeypatch.setattr(reading, "LINES_AT_ONCE", 200)
    guesses: list[tuple[int, int, int]] = []
    found = factories.make_import(book, many_rows(name, 4_000), stage=Stage.READING)
    tell = lambda lines: guesses.append((lines, found.bytes_read, found.kept.size))  # noqa: E731  (a recorder)

    bringing.read(found, tell)

    assert found.stage == Stage.READY, found.problem
    assert found.bytes_read == found.kept.size
    told = [lines * size / read for lines, read, size in guesses if 0 < read < size]
    assert told
    assert 2_500 < told[-1] < 5_500


def test_reading_that_stopped_can_be_begun_again(site: Client, book: Book) -> None:
    stored = brought(book, TWO)
    StatementImport.objects.filter(pk=stored.pk).update(stage=Stage.READING, beat_at="2026-01-01T00:00Z")

    assert "Begin again" in page(site, stored)
    press(site, "answers-change", stored)

    stored.refresh_from_db()
    assert (stored.stage, stored.lines_read) == (Stage.READY, 2)


def test_reading_that_goes_on_is_not_begun_twice(site: Client, book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    found = factories.make_import(book, stage=Stage.READING)
    monkeypatch.setattr(bringing, "begin_reading", lambda found: pytest.fail("begun twice"))

    assert press(site, "answers-change", found).status_code == 302


# --- What the file does not say ---


def test_order_of_dates_is_asked_with_an_example(site: Client, book: Book) -> None:
    found = brought(book, csv("03/04/2026,Kiosk,-1.50", "05/06/2026,Cafe,-2.50"))

    said = page(site, found)
    assert "3 April 2026 day first" in said
    assert "4 March 2026 month first" in said
    press(site, "answers-change", found, date_order="mdy")

    assert line(found).date.isoformat() == "2026-03-04"  # type: ignore[union-attr]


def test_decimal_mark_is_asked_with_an_example(site: Client, book: Book) -> None:
    found = brought(book, csv("2026-11-02,Kiosk,-1.500", "2026-11-03,Cafe,-2.250"))

    said = page(site, found)
    assert "decimal point" in said
    assert "decimal comma" in said
    press(site, "answers-change", found, decimal_mark=",")

    assert [each.amount for each in (line(found), line(found, 1))] == [Decimal(1500), Decimal(2250)]


def test_answer_that_nobody_offered_changes_nothing(site: Client, book: Book) -> None:
    found = brought(book, csv("03/04/2026,Kiosk,-1.50", "05/06/2026,Cafe,-2.50"))

    press(site, "answers-change", found, date_order="zq")

    found.refresh_from_db()
    assert found.stage == Stage.ASKING


def test_column_that_is_changed_is_read_at_once(site: Client, book: Book) -> None:
    """R003-28."""
    found = brought(book, b"Date,Payee,Text,Amount\n2026-11-02,Bakery,Bread,-4.50\n2026-11-03,Kiosk,Paper,-1.00\n")

    answer = site.post(
        url("answers-change", found),
        {"column-0": "date", "column-1": "text", "column-2": "payee", "column-3": "amount"},
        headers=HTMX,
    )

    assert answer.status_code == 200
    assert (line(found).payee, line(found).text) == ("Bread", "Bakery")
    found.refresh_from_db()
    assert found.answers["is_guessed"] is False


def test_role_given_to_a_second_column_leaves_the_first(site: Client, book: Book) -> None:
    found = brought(book, b"Date,Payee,Text,Amount\n2026-11-02,Bakery,Bread,-4.50\n2026-11-03,Kiosk,Paper,-1.00\n")

    press(site, "answers-change", found, **{"column-1": "payee", "column-2": "payee"})

    found.refresh_from_db()
    assert (found.answers["columns"]["payee"], found.answers["columns"]["text"]) == (2, [])


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"column-0": ""}, "No column is the date."),
        ({"column-2": ""}, "No column has amounts."),
        ({"column-1": ""}, "No column says what it was for."),
    ],
)
def test_mapping_without_a_needed_column_is_refused(site: Client, book: Book, form: Any, said: str) -> None:
    found = brought(book, TWO)

    answer = press(site, "answers-change", found, **form)

    assert answer.status_code == 422
    assert said in words(answer)
    found.refresh_from_db()
    assert found.stage == Stage.READY


def test_sign_is_switched_in_the_header_of_the_preview(site: Client, book: Book) -> None:
    found = brought(book, csv("2026-11-02,Bakery,4.50", "2026-11-03,Kiosk,1.00"))
    assert line(found).amount == Decimal("-4.50")

    press(site, "answers-change", found, **{"column-0": "date", "sign": "money_out_positive"})

    assert line(found).amount == Decimal("4.50")


def test_columns_are_remembered_for_the_next_file(site: Client, book: Book) -> None:
    found = brought(book, csv("2026-11-02,Bakery,4.50"))
    press(site, "answers-change", found, **{"column-0": "date", "sign": "money_out_positive"})
    press(site, "import-record", found)

    anew = brought(book, csv("2026-12-02,Bakery,5.50"))

    assert line(anew).amount == Decimal("5.50")
    assert anew.doubts == []


# --- Accounts ---


def test_account_is_chosen_and_rows_are_compared_with_it(site: Client, book: Book, account: Account) -> None:
    factories.make_account(book, "Savings")
    factories.make_txn(account, "4.50", None, "2026-11-01", "Bakery")
    found = brought(book, TWO)
    assert "New account" in page(site, found)

    press(site, "account-choose", found, statement=found.statements.get().pk, account=account.pk)

    assert found.statements.get().account == account
    assert fates(found) == ["doubtful", "new"]


def test_new_account_takes_the_name_that_is_typed(site: Client, book: Book) -> None:
    factories.make_account(book, "Savings")
    found = brought(book, TWO)
    press(site, "account-choose", found, statement=found.statements.get().pk, account="new", name="Card <b>7</b>")
    press(site, "answers-change", found, date_order="ymd")  # read again: the choice stays
    press(site, "import-record", found)

    assert Account.objects.get(name="Card <b>7</b>").transactions.count() == 2


def test_account_of_another_currency_or_book_is_refused(site: Client, book: Book) -> None:
    dollars = factories.make_account(book, "Dollars", currency="USD")
    foreign = factories.make_account(factories.make_book(factories.make_user()))
    found = brought(book, TWO)
    statement = found.statements.get()

    for account, said in ((dollars, "is in USD"), (foreign, "Choose one of this book's accounts.")):
        answer = press(site, "account-choose", found, statement=statement.pk, account=account.pk)
        assert answer.status_code == 422
        assert said in words(answer)
    assert press(site, "account-choose", found, statement=statement.pk + 1, account="new").status_code == 404


# --- Rows ---


def test_preview_shows_exactly_what_is_stored(site: Client, book: Book, food: Category) -> None:
    """R003-30: the category that the preview shows is the one that the row gets, with the same reason."""
    factories.make_rule(food, "bakery")
    found = brought(book, TWO)

    said = page(site, found)
    assert "Food" in said
    assert "Your rule “bakery”" in said
    press(site, "import-record", found)

    bread, pay = Transaction.objects.of(book).order_by("date")
    assert (bread.category, bread.status) == (food, Status.AUTO_CONFIRMED)
    assert (pay.category, pay.status) == (None, Status.PENDING_REVIEW)


def test_row_is_left_out_and_taken_again(site: Client, book: Book) -> None:
    found = brought(book, TWO)
    first = line(found).pk

    answer = site.post(url("rows-choose", found), {"choice": f"{first} skipped"}, headers=HTMX)
    assert "1 left out" in words(answer)
    assert fates(found) == ["skipped", "new"]
    press(site, "rows-choose", found, choice=f"{first} new")

    assert fates(found) == ["new", "new"]


def test_doubtful_row_stands_beside_the_one_here_and_is_joined(site: Client, book: Book, account: Account) -> None:
    """R003-35."""
    here = factories.make_txn(account, "4.50", None, "2026-11-01", "The bakery")
    found = brought(book, TWO)
    said = page(site, found)
    assert "Perhaps already here" in said
    assert "The bakery" in said

    press(site, "rows-choose", found, choice=f"{line(found).pk} joined")
    press(site, "import-record", found)

    assert Transaction.objects.of(book).count() == 2
    here.refresh_from_db()
    assert here.line_id == line(found).pk


def test_all_rows_of_a_filter_are_decided_at_once(site: Client, book: Book, account: Account) -> None:
    for day in ("2026-11-02", "2026-11-14"):
        factories.make_txn(account, "4.50", None, day, "Bakery")
    found = brought(book, csv("2026-11-02,Bakery,-4.50", "2026-11-14,Bakery,-4.50"))

    answer = site.post(url("rows-choose", found), {"choice": "doubtful new"}, headers=HTMX)

    assert "2 rows changed." in words(answer)
    assert fates(found) == ["new", "new"]


def test_decision_can_be_turned(site: Client, book: Book, account: Account) -> None:
    factories.make_txn(account, "4.50", None, "2026-11-01", "Bakery")
    found = brought(book, TWO)
    for fate in ("new", "joined", "new", "skipped", "joined"):
        assert press(site, "rows-choose", found, choice=f"{line(found).pk} {fate}").status_code == 302
        assert fates(found)[0] == fate


def test_deleted_row_is_let_back_in(site: Client, book: Book) -> None:
    first = imported(book, TWO)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(amount__gt=0))
    found = brought(book, TWO)
    assert fates(found) == ["deleted", "there"]
    assert "Let back in" in page(site, found)

    press(site, "rows-choose", found, choice=f"{line(found).pk} new")
    press(site, "import-record", found)

    assert Transaction.objects.of(book).count() == 2
    assert first.pk != found.pk


def test_already_here_leads_to_the_row(site: Client, book: Book) -> None:
    imported(book, TWO)
    found = brought(book, TWO)

    content = site.get(url("import-detail", found)).content.decode()

    assert "All 2 rows are already here." in content
    for txn in Transaction.objects.of(book):
        assert f'href="/transactions/{txn.pk}/"' in content


@pytest.mark.parametrize(
    "choice", ["", "1", "zq new", "0 new", "999999 skipped", "new", "new there", "refused refused"]
)
def test_choice_of_nothing_known_is_refused(site: Client, book: Book, choice: str) -> None:
    found = brought(book, TWO)

    answer = press(site, "rows-choose", found, choice=choice)

    assert answer.status_code in (404, 422)
    assert fates(found) == ["new", "new"]


def test_filters_show_their_rows_and_count_them(site: Client, book: Book) -> None:
    found = brought(book, BROKEN)

    said = page(site, found, "?rows=refused")

    assert "All 3 New 2 Cannot be read 1" in said
    assert "Row 2 (line 3)" in said
    assert "Waits for review" not in said


def test_long_file_is_paged_by_keyset(site: Client, book: Book) -> None:
    found = brought(book, csv(*[f"2026-11-{1 + n % 28:02},Shop {n},-{n + 1}.00" for n in range(120)]))
    seen: list[str] = []
    address, back = url("import-detail", found), ""
    while address:
        content = site.get(address).content.decode()
        seen += re.findall(r"<bdi>(Shop \d+)</bdi></b>", content)
        older = re.search(r'rel="next" href="([^"]+)"', content)
        earlier = re.search(r'rel="prev" href="([^"]+)"', content)
        address, back = older[1] if older else "", earlier[1] if earlier else back

    assert seen == [f"Shop {n}" for n in range(120)]
    assert "<bdi>Shop 50</bdi>" in site.get(back).content.decode()


# --- Mending ---


def test_refused_row_names_place_column_value_and_reason(site: Client, book: Book) -> None:
    """R003-31."""
    said = page(site, brought(book, BROKEN))

    assert "Row 2 (line 3)" in said
    assert "Amount: “-63.x0” is no amount." in said
    assert "2026-11-03,Power,-63.x0" in said
    assert "It is all or nothing: mend it or leave it out first, or import the rest without it." in said


def test_main_button_mends_and_the_rest_is_the_lesser_choice(site: Client, book: Book) -> None:
    """R003-32: nobody takes a part for the whole by pressing the button that stands out."""
    found = brought(book, BROKEN)
    bad = StatementLine.objects.get(statement__source=found, fate=Fate.REFUSED)

    html = site.get(url("import-detail", found)).content.decode()
    (main,) = re.findall(
        r'<(?:a|button) class="btn p"[^>]*>.*?</(?:a|button)>',
        html.split('id="h-sum"')[1].split("</section>")[0],
        re.DOTALL,
    )

    assert main.endswith("Mend 1 row</a>")
    assert '<button class="btn g" name="partial" value="1" data-continue>Import 2 without 1 that cannot be read' in html
    (where,) = re.findall(r'id="mend-first" href="([^"]+)"', html)
    assert f'action="/import/rows/{bad.pk}/"' in site.get(where.replace("&amp;", "&")).content.decode()


def test_amount_of_thirteen_decimals_says_what_is_wrong_and_what_to_do(site: Client, book: Book) -> None:
    found = brought(book, csv("2026-11-02,Bakery,-4.50", "2026-11-03,Power,-63.1234567890123"))

    said = page(site, found)

    assert "Row 2 (line 3) Amount: “-63.1234567890123” has 13 decimals, more than any bank writes." in said
    assert "Mend it to the amount on your statement, or leave the row out." in said
    assert "Mend row 2 (line 3)" in said


def test_row_is_mended_in_place_and_becomes_an_ordinary_one(site: Client, book: Book) -> None:
    found = brought(book, BROKEN)
    refused = StatementLine.objects.get(fate=Fate.REFUSED)
    assert "Mend the row" in page(site, found, f"?mend={refused.pk}")

    answer = mend(site, refused.pk, date="3 nov 2026", payee="Power Co", amount="63,10", direction="out")
    assert answer.status_code == 302
    press(site, "import-record", found)

    refused.refresh_from_db()
    txn = Transaction.objects.of(book).get(line=refused)
    assert (txn.payee, txn.amount, txn.date.isoformat()) == ("Power Co", Decimal("63.10"), "2026-11-03")
    assert "-63.x0" in refused.original


def test_mended_row_that_is_already_here_is_not_stored_again(site: Client, book: Book) -> None:
    first = brought(book, BROKEN)
    form = {"date": "2026-11-03", "payee": "Power Co", "amount": "63.10", "direction": "out"}
    mend(site, StatementLine.objects.get(fate=Fate.REFUSED).pk, **form)
    press(site, "import-record", first)

    assert set(fates(brought(book, BROKEN))) == {"there"}  # the very same file is known with what was said of it
    other = brought(book, BROKEN + b"\n", "other.csv")
    mend(site, StatementLine.objects.get(fate=Fate.REFUSED).pk, **form)

    assert set(fates(other)) == {"there"}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"amount": "63,x"}, "We could not read “63,x”."),
        ({"amount": "0"}, "other than zero"),
        ({"amount": "1.234"}, "1.234"),
        ({"date": "31 feb"}, "31 February does not exist."),
        ({"date": ""}, "Enter a date"),
        ({"payee": "a\x07b"}, "control character"),
        ({"payee": "a\x00b"}, "Null characters"),
        ({"payee": ""}, "Enter who was paid"),
        ({"direction": "up"}, "Choose money out or money in."),
    ],
)
def test_mending_refuses_what_nothing_could_be(site: Client, book: Book, form: Any, said: str) -> None:
    brought(book, BROKEN)
    refused = StatementLine.objects.get(fate=Fate.REFUSED)
    good = {"date": "3 nov 2026", "payee": "Power", "amount": "63.10", "direction": "out"}

    for headers in ({}, HTMX):
        answer = site.post(f"/import/rows/{refused.pk}/", good | form, headers=headers)
        assert answer.status_code == 422
        assert said in words(answer)
    refused.refresh_from_db()
    assert refused.fate == Fate.REFUSED


def test_row_that_can_be_read_is_not_mended(site: Client, book: Book) -> None:
    found = brought(book, TWO)
    form = {"date": "3 nov 2026", "payee": "Power", "amount": "63.10", "direction": "out"}

    assert mend(site, line(found).pk, **form).status_code == 422
    assert mend(site, 10**18, **form).status_code == 404
    assert line(found).amount == Decimal("4.50")


# --- Recording ---


def test_refused_row_holds_all_of_them_back_until_somebody_says_otherwise(site: Client, book: Book) -> None:
    """R003-32: all or nothing is the rule, the rest without the bad ones is a choice."""
    found = brought(book, BROKEN)

    refused = press(site, "import-record", found)
    assert refused.status_code == 422
    assert "1 line cannot be read, so nothing was imported." in words(refused)
    assert not Transaction.objects.exists()
    press(site, "import-record", found, partial="1")

    assert Transaction.objects.of(book).count() == 2
    said = "3 lines in the file = 2 new + 0 already here + 0 joined + 0 left out + 1 refused."
    assert f"{said} Money out 4.50, money in 2,150.00." in page(site, found)


def test_button_pressed_twice_records_once(site: Client, book: Book) -> None:
    found = brought(book, TWO)
    form = {"request_key": str(uuid.uuid4())}

    first, second = (site.post(url("import-record", found), form) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 302)
    assert Transaction.objects.of(book).count() == 2
    assert "Already saved." in words(site.get(second.headers["Location"]))


def test_other_key_finds_it_imported(site: Client, book: Book) -> None:
    found = imported(book, TWO)

    answer = press(site, "import-record", found)

    assert answer.status_code == 422
    assert "was imported before" in words(answer)


def test_book_that_changed_shows_the_page_anew(site: Client, book: Book, account: Account) -> None:
    found, other = brought(book, TWO), brought(book, TWO)
    recording.confirm(other, by=None)

    answer = press(site, "import-record", found)
    assert answer.status_code == 422
    assert "The book has changed since this preview was made, so nothing was imported yet." in words(answer)
    assert "Imported 2 transactions from may.csv." in words(answer)
    assert "Row 1 (line 2) and row 2 (line 3) were new and are already here now." in words(answer)
    assert "All 2 rows are already here." in words(answer)
    done = press(site, "import-record", found)

    assert done.status_code == 302
    assert Transaction.objects.of(book).count() == 2


def test_joined_transaction_that_is_gone_is_asked_about_anew(site: Client, book: Book, account: Account) -> None:
    here = factories.make_txn(account, "4.50", None, "2026-11-01", "Bakery")
    found = brought(book, TWO)
    press(site, "rows-choose", found, choice=f"{line(found).pk} joined")
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=here.pk))

    assert press(site, "import-record", found).status_code == 422

    assert fates(found) == ["new", "new"]
    assert press(site, "import-record", found).status_code == 302


def test_receipt_adds_up_and_leads_to_the_rows(site: Client, book: Book, account: Account) -> None:
    found = imported(book, TWO)

    content = site.get(url("import-detail", found)).content.decode()

    assert (
        "2 lines in the file = 2 new + 0 already here + 0 joined + 0 left out + 0 refused. Money out 4.50, money"
        in content
    )
    assert "/transactions/?account=" in content
    assert "2 stored, 2 of them wait for review" in content
    for txn in Transaction.objects.of(book):
        assert f'href="/transactions/{txn.pk}/"' in content


def test_balance_line_says_what_the_bank_says(site: Client, book: Book) -> None:
    rows = b"Date,Payee,Amount,Balance\n2026-11-02,Bakery,-4.50,95.50\n2026-11-03,Kiosk,-5.50,%s\n"

    right, wrong = brought(book, rows % b"90.00"), brought(book, rows % b"80.00")

    assert "Opening 100.00 − 10.00 in these rows = closing 90.00 EUR, as the bank says." in page(site, right)
    assert "= 90.00, but the bank says 80.00 EUR: 10.00 apart." in page(site, wrong)


# --- Taking back ---


def test_import_is_undone_and_imported_again(site: Client, book: Book) -> None:
    """R003-40."""
    found = imported(book, TWO)
    press(site, "import-undo", found)
    assert not Transaction.objects.exists()
    said = page(site, found)
    assert "Taken back" in said
    assert "Import again" in said

    answer = press(site, "import-again", found)
    anew = StatementImport.objects.latest("pk")

    assert answer.headers["Location"] == url("import-detail", anew)
    assert fates(anew) == ["new", "new"]


@pytest.mark.parametrize(("choice", "left"), [("keep", 1), ("take", 0)])
def test_edited_rows_are_kept_or_taken_as_the_person_chooses(
    site: Client, book: Book, food: Category, choice: str, left: int
) -> None:
    found = imported(book, TWO)
    operations.change_transaction(Transaction.objects.filter(amount__gt=0).get(), by=None, category=food)
    assert "1 of its rows was edited since" in page(site, found)

    press(site, "import-undo", found, edited=choice)

    assert Transaction.objects.count() == left
    assert ("1 row that had been edited stayed" in page(site, found)) == bool(left)


def test_undo_pressed_twice_is_one_undo(site: Client, book: Book) -> None:
    found, form = imported(book, TWO), {"request_key": str(uuid.uuid4())}

    for _ in range(2):
        assert site.post(url("import-undo", found), form).status_code == 302

    assert Change.objects.filter(book=book, kind="undo").count() <= 1
    assert press(site, "import-undo", found).status_code == 422


def test_import_again_pressed_twice_begins_once(site: Client, book: Book) -> None:
    found, form = brought(book, TWO), {"request_key": str(uuid.uuid4())}
    press(site, "import-discard", found)

    first, second = (site.post(url("import-again", found), form) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert StatementImport.objects.count() == 2


def test_discarded_import_keeps_its_file_and_nothing_else(site: Client, book: Book) -> None:
    found = brought(book, TWO)

    press(site, "import-discard", found)

    assert "Nothing of this file was imported." in page(site, found)
    assert not StatementLine.objects.exists()
    assert press(site, "import-discard", imported(book, TWO)).status_code == 422


def test_file_comes_back_as_it_was_for_keeping(site: Client, book: Book) -> None:
    """S14, 3.2.1: never shown in our origin."""
    found = brought(book, TWO, "nov “ü”.csv")

    answer: Any = site.get(url("file-download", found))

    assert b"".join(answer.streaming_content) == TWO
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# --- Who may ---


def test_viewer_sees_and_cannot(client: Client, book: Book, account: Account) -> None:
    viewer = factories.make_user()
    factories.make_member(book, viewer, Role.VIEWER)
    client.force_login(viewer)
    found, done = brought(book, BROKEN), imported(book, TWO)
    before = history.digest(book)

    for one in (found, done):
        content = client.get(url("import-detail", one)).content.decode()
        assert 'method="post" action="/import/' not in content
    assert 'type="file"' not in client.get("/import/").content.decode()
    for name in ("import-record", "import-undo", "import-discard", "answers-change", "rows-choose", "import-again"):
        for headers in ({}, HTMX):
            assert client.post(url(name, found), {}, headers=headers).status_code == 403
    assert upload(client, ("nov.csv", TWO)).status_code == 403
    assert (history.digest(book), StatementImport.objects.count()) == (before, 2)


def test_import_of_another_book_is_not_there(site: Client, book: Book) -> None:
    other = factories.make_book(factories.make_user())
    factories.make_account(other)
    found = brought(other, BROKEN)
    mine = brought(book, TWO)
    row = line(found).pk

    for name in ("import-detail", "file-download"):
        assert site.get(url(name, found)).status_code == 404
    for name in ("import-record", "import-undo", "import-discard", "answers-change", "rows-choose", "import-again"):
        assert press(site, name, found, choice=f"{row} skipped").status_code == 404
    assert press(site, "rows-choose", mine, choice=f"{row} skipped").status_code == 404
    assert mend(site, row).status_code == 404
    assert press(site, "account-choose", mine, statement=found.statements.get().pk).status_code == 404


# --- Cost ---


@pytest.mark.parametrize("stage", ["ready", "recorded"])
def test_page_takes_the_same_queries_for_any_number_of_rows(
    site: Client, book: Book, food: Category, stage: str
) -> None:
    factories.make_rule(food, "shop")
    found = []
    for count in (1, 3, 180):
        each = brought(book, csv(*[f"{2000 + count}-11-{1 + n % 28:02},Shop {n},-{n + 1}.00" for n in range(count)]))
        found.append(recording.confirm(each, by=None) if stage == "recorded" else each)
    counts = []
    for each in found:
        site.get(url("import-detail", each))
        with CaptureQueriesContext(connection) as captured:
            site.get(url("import-detail", each))
        counts.append(len(captured))

    assert len(set(counts)) == 1
    assert counts[0] <= 24


def test_list_takes_the_same_queries_for_any_number_of_imports(site: Client, book: Book) -> None:
    site.get("/import/")
    counts = []
    for more in (1, 2, 12):
        for _ in range(more):
            factories.make_statement(factories.make_import(book))
        with CaptureQueriesContext(connection) as captured:
            site.get("/import/")
        counts.append(len(captured))

    assert len(set(counts)) == 1


def test_answer_of_fifty_rows_stays_small(site: Client, book: Book) -> None:
    found = brought(book, csv(*[f"2026-11-{1 + n % 28:02},Shop {n},-{n + 1}.00" for n in range(300)]))

    content = site.get(url("import-detail", found), headers=HTMX).content

    assert len(gzip.compress(content)) < 8 * 1024


def test_reading_in_the_page_keeps_the_file_closed_afterwards(site: Client, book: Book) -> None:
    found = bringing.bring(book, "nov.csv", io.BytesIO(TWO), by=None)
    bringing.begin_reading(found)

    assert found.stage == Stage.READY
