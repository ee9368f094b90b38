"""How far the bank's files and certificates reach: the strip of twelve months of each account."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from budget import history
from budget.books.models import Book
from budget.ledger.models import Account
from budget.statements import takingback
from budget.statements.coverage import Coverage, coverage, months_until
from budget.statements.models import Statement
from budget.tests.factories import make_account, make_certificate, make_import, make_statement, make_txn
from budget.tests.statements.bringing import csv, imported
from budget.users.models import User

pytestmark = pytest.mark.django_db

TODAY = dt.date(2026, 11, 21)


def part(account: Account, first: str, last: str, **fields: Any) -> Statement:
    """A file's statement of some days, recorded."""
    days = {"first": dt.date.fromisoformat(first), "last": dt.date.fromisoformat(last)}
    return make_statement(make_import(account.book, stage="recorded", **fields), account, **days)


def of(account: Account) -> Coverage:
    return coverage(account.book, TODAY)[account.pk]


def states(account: Account) -> dict[str, str]:
    """The state of each month by its name, without those of which nothing is known."""
    return {str(cell.month): cell.state for cell in of(account).cells if cell.state != "nothing"}


def test_last_twelve_months_end_with_this_one() -> None:
    months = months_until(TODAY)

    assert (len(months), str(months[0]), str(months[-1])) == (12, "2025-12", "2026-11")


def test_account_without_files_has_nothing_missing(account: Account) -> None:
    make_txn(account, date="2026-01-05")

    assert states(account) == {}
    assert (of(account).summary, of(account).imported, of(account).as_of) == ("No files yet", "", "5 Jan")
    assert of(account).is_empty


def test_months_between_files_are_missing_but_not_this_one(account: Account) -> None:
    part(account, "2026-06-03", "2026-07-31")
    part(account, "2026-09-01", "2026-09-30")

    assert states(account) == {
        "2026-06": "covered",
        "2026-07": "covered",
        "2026-08": "missing",
        "2026-09": "covered",
        "2026-10": "missing",
    }
    told = {str(cell.month): cell.text for cell in of(account).cells}
    assert told["2026-06"] == "June 2026: bank's file, 3 to 30"
    assert told["2026-07"] == "July 2026: bank's file"
    assert told["2026-08"] == "August 2026: no file"
    assert of(account).summary == "3 from files, 2 missing"


def test_rows_before_the_first_file_are_missing_files(account: Account) -> None:
    make_txn(account, date="2026-08-15")
    part(account, "2026-10-01", "2026-10-31")

    assert states(account) == {"2026-09": "missing", "2026-10": "covered"}


def test_one_day_is_said_as_one_day(account: Account) -> None:
    part(account, "2026-10-05", "2026-10-05")

    assert next(cell.text for cell in of(account).cells if cell.state == "covered") == "October 2026: bank's file, 5"


def test_certified_months_are_whole(account: Account) -> None:
    part(account, "2026-06-01", "2026-08-31")
    make_certificate(account, "2026-06-01", "2026-06-30")
    make_certificate(account, "2026-07-01", "2026-07-15")
    make_certificate(account, "2026-07-16", "2026-07-31")
    make_certificate(account, "2026-08-01", "2026-08-15")

    found = {str(cell.month): cell for cell in of(account).cells}

    assert (found["2026-06"].state, found["2026-07"].state) == ("certified", "certified")
    assert (found["2026-08"].state, found["2026-08"].text) == (
        "covered",
        "August 2026: bank's file, partly certified",
    )


def test_broken_certificate_shows_in_its_months_until_it_is_mended(account: Account) -> None:
    make_certificate(account, "2026-06-10", "2026-07-09")
    make_txn(account, date="2026-06-15")

    broken = states(account)
    change = account.book.changes.latest("number")
    history.undo(change, by=None)

    assert (broken["2026-06"], broken["2026-07"]) == ("broken", "broken")
    assert (states(account)["2026-06"], states(account)["2026-07"]) == ("covered", "covered")


def test_import_that_was_taken_back_covers_nothing_until_it_is_back(account: Account) -> None:
    found = imported(account.book, csv("2026-10-05,Bakery,-4.50"), account=account)
    assert states(account) == {"2026-10": "covered"}
    assert of(account).last is not None

    undone = takingback.take_back(found, by=None, keep_edited=False)
    assert (states(account), of(account).last) == ({}, None)

    history.undo(undone, by=None)
    assert states(account) == {"2026-10": "covered"}


def test_files_that_are_not_recorded_do_not_count(account: Account) -> None:
    make_statement(make_import(account.book, stage="ready"), account, first=TODAY, last=TODAY)

    assert (states(account), of(account).last) == ({}, None)


def test_newest_file_is_the_last_import(account: Account) -> None:
    part(account, "2026-10-01", "2026-10-31", file_name="october.csv")
    part(account, "2026-05-01", "2026-05-31", file_name="may.csv")

    newest = of(account).last

    assert newest is not None
    assert newest.source.file_name == "may.csv"


def test_only_the_accounts_asked_for(account: Account, book: Book) -> None:
    part(make_account(book, "Other"), "2026-10-01", "2026-10-31")
    part(account, "2026-10-01", "2026-10-31")

    assert set(coverage(book, TODAY, [account.pk])) == {account.pk}


def test_queries_do_not_grow_with_accounts_files_and_certificates(book: Book, django_assert_num_queries: Any) -> None:
    for number in range(12):
        own = make_account(book, f"Account {number}")
        for month in range(1, 11):
            part(own, f"2026-{month:02}-01", f"2026-{month:02}-28")
            row = make_txn(own, date=f"2026-{month:02}-05")
            make_certificate(own, f"2026-{month:02}-01", f"2026-{month:02}-28")
            if month == 5:
                with history.change(book, None, "Looked at", kind="transaction.update") as change:
                    change.update(row, note="looked at")
        if number == 0:
            with django_assert_num_queries(7):
                coverage(book, TODAY)

    with django_assert_num_queries(7):
        found = coverage(book, TODAY)

    assert [each.count("covered", "certified") for each in found.values()] == [10] * 12


def test_strip_is_read_without_colour_and_without_style(client: Client, owner: User, account: Account) -> None:
    part(account, "2026-10-01", "2026-10-31")
    make_certificate(account, "2026-09-01", "2026-09-30")
    client.force_login(owner)

    page = client.get("/accounts/").content.decode()

    assert '<span class="vh">October 2026: bank&#x27;s file</span>' in page
    assert '<span class="vh">September 2026: certified</span>' in page
    assert "style=" not in page
    assert "1 certified, 1 from files" in page
