"""The list as CSV: the same filter, every row of it, nothing that is held back."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import cast
from urllib.parse import quote

import pytest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from budget.books.models import Book, Role
from budget.history.models import Entry
from budget.ledger import exportrows, operations
from budget.ledger.models import Account, Category
from budget.months import Month
from budget.recount import clearing
from budget.recount.clearing import HeldBack
from budget.recount.models import MonthRecount
from budget.recount.operations import count_month
from budget.recount.replay import Steps
from budget.tests import factories
from budget.tests.factories import make_account, make_category, make_txn
from budget.tests.recount.conftest import Behind, behind
from budget.users.models import User

__all__ = ["behind"]

pytestmark = pytest.mark.django_db

EXPORT = "/transactions/export/"


@pytest.fixture
def reader(client: Client, owner: User, book: Book) -> Client:
    """Somebody signed in who owns `book`."""
    client.force_login(owner)
    return client


def got(client: Client, query: str = "") -> list[dict[str, str]]:
    """The rows of an export, by column."""
    answer = client.get(f"{EXPORT}{query}")
    assert answer.status_code == 200, answer.content
    text = cast(StreamingHttpResponse, answer).getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def column(rows: Iterable[dict[str, str]], name: str) -> list[str]:
    return [row[name] for row in rows]


def test_a_row_says_everything_about_itself(reader: Client, book: Book, account: Account) -> None:
    housing = make_category(book, "Housing", label="Home")
    rent = make_category(book, "Rent", label="The rent", parent=housing)
    make_txn(account, "850.00", rent, "2026-10-01", "SEPA 4711", payee="Landlord", note="with heating\nand water")

    assert got(reader) == [
        {
            "Date": "2026-10-01",
            "Account": "Everyday",
            "Payee": "Landlord",
            "Description": "SEPA 4711",
            "Category": "Housing > Rent",
            "Transfer with": "",
            "Amount (money out is negative)": "-850.00",
            "Currency": "EUR",
            "Note": "with heating\nand water",
        }
    ]


def test_rows_come_oldest_first_by_account_and_then_as_they_were_written(
    reader: Client, book: Book, account: Account
) -> None:
    """Whatever page and order the list has."""
    bank = make_account(book, "Bank")
    for held, day, text in (
        (account, "2026-10-03", "late"),
        (account, "2026-10-02", "second"),
        (account, "2026-10-02", "second"),
        (bank, "2026-10-02", "first"),
    ):
        make_txn(held, "1.00", date=day, description=text)

    assert column(got(reader, "?sort=-amount&rows=25"), "Description") == ["first", "second", "second", "late"]


def test_transfer_names_the_other_account(reader: Client, book: Book, account: Account) -> None:
    savings = make_account(book, "Savings", currency="JPY")
    operations.transfer_between_accounts(
        book=book,
        by=None,
        source=account,
        target=savings,
        amount=Decimal(10),
        arriving=Decimal(1600),
    )

    rows = got(reader)

    assert [(row["Account"], row["Transfer with"], row["Amount (money out is negative)"]) for row in rows] == [
        ("Everyday", "Savings", "-10.00"),
        ("Savings", "Everyday", "1600"),
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?month=2026-10", ["bread", "pay"]),
        ("?q=bread", ["bread"]),
        ("?type=income", ["pay"]),
        ("?from=2026-11-01", ["cinema"]),
        ("?min=2&type=expense", ["bread"]),
    ],
)
def test_filter_is_the_one_of_the_list(
    reader: Client, account: Account, food: Category, query: str, found: list[str]
) -> None:
    """R004-4."""
    salary = make_category(account.book, "Salary", is_income=True)
    make_txn(account, "4.50", food, "2026-10-03", "bread")
    make_txn(account, "-2000.00", salary, "2026-10-28", "pay")
    make_txn(account, "1.00", food, "2026-11-02", "cinema")

    assert column(got(reader, query), "Description") == found
    for part in query.removeprefix("?").split("&"):
        assert part in reader.get(f"/transactions/{query}").text.partition(EXPORT)[2].partition('"')[0]


def test_nothing_found_is_a_table_without_rows(reader: Client, account: Account) -> None:
    make_txn(account)

    assert got(reader, "?q=nothing") == []


def test_link_of_expenses_asks_for_expenses(reader: Client, account: Account, food: Category) -> None:
    make_txn(account, "4.50", food)

    assert f'href="{EXPORT}?type=expense&amp;q=coffee"' in reader.get("/expenses/?q=coffee").text
    assert f'href="{EXPORT}"' in reader.get("/transactions/").text


def test_address_without_meaning_is_refused_in_words(reader: Client) -> None:
    answer = reader.get(f"{EXPORT}?month=2026-13")

    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "text/plain; charset=utf-8")
    assert "2026-13" in answer.text


@pytest.mark.parametrize(
    ("name", "query", "file"),
    [
        ("Household", "?month=2026-10", 'attachment; filename="Household 2026-10-01 to 2026-10-31.csv"'),
        ("Household", "", 'attachment; filename="Household 2026-09-01 to 2026-11-30.csv"'),
        ("Zuhause Öl", "?month=2026-10", f"filename*=utf-8''{quote('Zuhause Öl 2026-10-01 to 2026-10-31.csv')}"),
        ('../a"\\b', "?month=2026-10", 'attachment; filename=".. a b 2026-10-01 to 2026-10-31.csv"'),
    ],
)
def test_file_is_named_for_book_and_days_and_kept_by_nobody(
    client: Client, owner: User, name: str, query: str, file: str
) -> None:
    """S14."""
    account = make_account(factories.make_book(owner, name))
    make_txn(account, date="2026-09-05")
    make_txn(account, date="2026-11-05")
    client.force_login(owner)

    headers = client.get(f"{EXPORT}{query}").headers

    assert file in headers["Content-Disposition"]
    assert headers["Content-Disposition"].startswith("attachment; ")
    assert headers["Content-Type"] == "text/csv; charset=utf-8"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_viewer_may_take_it_away_and_a_stranger_gets_their_own(client: Client, book: Book, account: Account) -> None:
    make_txn(account)
    viewer, stranger = factories.make_user(), factories.make_user()
    factories.make_member(book, viewer, Role.VIEWER)
    factories.make_book(stranger)

    client.force_login(viewer)
    assert len(got(client)) == 1
    client.force_login(stranger)
    assert got(client) == []
    assert client.post(EXPORT).status_code == 405


def test_queries_grow_with_pages_alone(
    reader: Client, account: Account, food: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exportrows, "FIRST_ROWS", 10)
    monkeypatch.setattr(exportrows, "ROWS_AT_ONCE", 100)

    def queries(rows: int) -> int:
        for _ in range(rows):
            make_txn(account, "1.00", food, "2026-10-05")
        got(reader)
        with CaptureQueriesContext(connection) as asked:
            got(reader)
        return len(asked)

    few, more, most = queries(11), queries(60), queries(60)

    assert more == few
    assert most == few + 1


def test_held_back_month_does_not_go_out(reader: Client, account: Account, food: Category, behind: Behind) -> None:
    """R000-5, R000-28: neither alone nor among others, until both counts agree."""
    bread = make_txn(account, "12.50", food, "2026-10-03", "Bakery")
    make_txn(account, "1.00", food, "2026-11-03", "Kiosk")
    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])

    for query in ("", "?month=2026-10", "?q=Bakery"):
        answer = reader.get(f"{EXPORT}{query}")
        assert answer.status_code == 409
        assert answer.text.startswith("The figures of October 2026 are held back: Food differs by 0.50.")
    assert reader.get(EXPORT, headers={"Accept": "text/html"}).text.count("October 2026 is held back") > 0
    assert column(got(reader, "?month=2026-11"), "Description") == ["Kiosk"]

    behind("UPDATE budget_transaction SET amount = 12500 WHERE id = %s", [bread.pk])
    assert len(got(reader)) == 2


def test_month_is_not_exported_before_its_history_is_read(
    reader: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_txn(account, date="2026-10-03")
    monkeypatch.setattr(clearing, "PATIENCE", 0)

    answer = reader.get(EXPORT)

    assert answer.status_code == 503
    assert "October 2026 is still being counted" in answer.text


def test_month_that_is_found_wrong_on_the_way_breaks_the_answer_off(
    reader: Client, account: Account, food: Category, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a long ledger the first months go out while the later ones are counted."""
    make_txn(account, "1.00", food, "2026-09-03", "Kiosk")
    bread = make_txn(account, "12.50", food, "2026-10-03", "Bakery")
    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])
    monkeypatch.setattr(clearing, "AT_ONCE", -1)
    monkeypatch.setattr(exportrows, "FIRST_ROWS", 1)

    answer = reader.get(EXPORT)
    pieces = iter(cast(Iterable[bytes], cast(StreamingHttpResponse, answer).streaming_content))

    assert b"Date," in next(pieces)
    assert b"Kiosk" in next(pieces)
    with pytest.raises(HeldBack, match="October 2026"):
        next(pieces)
    monkeypatch.setattr(clearing, "AT_ONCE", 1)
    assert reader.get(EXPORT).status_code == 409
    assert MonthRecount.objects.count() == 0


def test_category_added_while_it_goes_out_is_named(
    reader: Client, account: Account, food: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exportrows, "FIRST_ROWS", 1)
    make_txn(account, "1.00", food, "2026-10-03")
    later = make_txn(account, "1.00", food, "2026-10-04")
    answer = reader.get(EXPORT)
    pieces = iter(cast(Iterable[bytes], cast(StreamingHttpResponse, answer).streaming_content))
    assert b"Food" in next(pieces) + next(pieces)

    operations.change_transaction(later, by=None, category=make_category(account.book, "New one"))

    assert b"New one" in next(pieces)


def test_nothing_is_asked_of_the_rows_for_a_head_request(reader: Client, account: Account) -> None:
    make_txn(account)

    answer = reader.head(EXPORT)

    assert answer.status_code == 200
    assert not isinstance(answer, HttpResponse) or answer.content == b""


def test_history_is_read_once_for_all_months(
    reader: Client, account: Account, food: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many months go out, and although nothing of it is kept."""
    for month in range(1, 10):
        make_txn(account, "1.00", food, f"2026-{month:02}-05")
    taken = []
    take = Steps.take

    def noted(steps: Steps, entry: Entry, number: int) -> None:
        taken.append(entry.pk)
        take(steps, entry, number)

    monkeypatch.setattr(Steps, "take", noted)

    assert len(got(reader)) == 9
    assert len(taken) == len(set(taken))


def test_month_that_was_held_back_is_asked_first(
    reader: Client, account: Account, food: Category, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a long ledger too, so that its answer does not begin only to be broken off."""
    make_txn(account, "1.00", food, "2026-09-03", "Kiosk")
    bread = make_txn(account, "12.50", food, "2026-10-03", "Bakery")
    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])
    count_month(account.book, Month(2026, 10))
    monkeypatch.setattr(clearing, "AT_ONCE", -1)

    assert reader.get(EXPORT).status_code == 409
    assert len(got(reader, "?month=2026-09")) == 1


def sheet(client: Client, query: str = "") -> Sequence[Sequence[object]]:
    """The rows of the workbook, as a spreadsheet reads them."""
    answer = client.get(f"{EXPORT}xlsx/{query}")
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    content = io.BytesIO(cast(StreamingHttpResponse, answer).getvalue())
    return CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()


def test_workbook_has_the_rows_of_the_table(reader: Client, account: Account, food: Category) -> None:
    make_txn(account, "4.50", food, "2026-10-03", "=bread", payee="Bakery")
    make_txn(account, "1.00", food, "2026-11-02", "cinema")

    assert sheet(reader, "?month=2026-10") == [
        ["Date", "Account", "Payee", "Description", "Category", "Transfer with", "Amount (money out is negative)",
         "Currency", "Note"],
        [dt.date(2026, 10, 3), "Everyday", "Bakery", "=bread", "Food", "", -4.5, "EUR", ""],
    ]  # fmt: skip
    assert [line[3] for line in sheet(reader)] == ["Description", "=bread", "cinema"]


def test_workbook_is_linked_with_the_filter_and_named_for_its_days(reader: Client, account: Account) -> None:
    make_txn(account, date="2026-10-03")

    assert f'href="{EXPORT}xlsx/?month=2026-10"' in reader.get("/transactions/?month=2026-10").text
    headers = reader.get(f"{EXPORT}xlsx/?month=2026-10").headers
    assert headers["Content-Disposition"] == 'attachment; filename="Household 2026-10-01 to 2026-10-31.xlsx"'
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert reader.get(f"{EXPORT}xlsx/?month=2026-13").status_code == 422


def test_held_back_month_is_in_no_workbook(reader: Client, account: Account, food: Category, behind: Behind) -> None:
    """R000-5: as in the table, neither the rows nor the month's summary."""
    bread = make_txn(account, "12.50", food, "2026-10-03", "Bakery")
    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])

    for path in (f"{EXPORT}xlsx/", "/reports/month/2026-10/summary.xlsx"):
        answer = reader.get(path)
        assert (answer.status_code, "Food differs by 0.50" in answer.text) == (409, True)


def test_workbook_that_is_broken_off_cannot_be_opened(
    reader: Client, account: Account, food: Category, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_txn(account, "1.00", food, "2026-09-03", "Kiosk")
    bread = make_txn(account, "12.50", food, "2026-10-03", "Bakery")
    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])
    monkeypatch.setattr(clearing, "AT_ONCE", -1)
    monkeypatch.setattr(exportrows, "FIRST_ROWS", 1)
    sent: list[bytes] = []
    pieces = cast(Iterable[bytes], cast(StreamingHttpResponse, reader.get(f"{EXPORT}xlsx/")).streaming_content)

    with pytest.raises(HeldBack, match="October 2026"):
        sent.extend(pieces)

    assert sent
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(sent)))


def test_summary_of_a_month_is_a_workbook_too(reader: Client, account: Account) -> None:
    make_txn(account, "4.50", make_category(account.book, "=Bread"), "2026-10-03")

    answer = reader.get("/reports/month/2026-10/summary.xlsx")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="summary-2026-10.xlsx"'
    [[*head], [*line]] = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert (head, line) == (["category", "count", "total", "currency"], ["=Bread", 1, 4.5, "EUR"])
    assert 'summary.xlsx"' in reader.get("/reports/month/2026-10/").text
