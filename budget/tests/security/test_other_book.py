"""A page of a book that one no longer works in writes nothing, whatever it is that it sends."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import unquote

import pytest

from budget import history
from budget.books.models import Book
from budget.tests import factories
from budget.tests.security.client import HTMX, CheckedClient
from budget.tests.security.routes import MISSING, OWN
from budget.tests.security.world import World

pytestmark = pytest.mark.django_db

APART = {"books:book-switch", "books:book-create", "books:book-change", "books:book-delete", "archive:book-import"}
"""They name the book that they mean themselves, or none."""
WRITING = [name for name, own in OWN.items() if own.form and name not in APART]
TakenBack = Callable[[], AbstractContextManager[None]]
NAMED = re.compile(r'<input type="hidden" name="page_book" value="(\d+)">')


@pytest.fixture
def cabin(mine: World) -> Book:
    """Another book of the same person."""
    return factories.make_book(mine.user, "Mountain Cabin")


@pytest.fixture
def site(mine: World) -> CheckedClient:
    """Signed in; works in `mine`."""
    return CheckedClient().sign_in(mine.user)


def sentence(of: str, here: Book) -> str:
    return f"Nothing was saved: this page is of {of}; you work in {here} now. Reload, or switch back."


@pytest.mark.once
def test_nothing_is_written_from_a_page_of_another_book(site: CheckedClient, mine: World, cabin: Book) -> None:
    before = history.digest(mine.book), history.digest(cabin)

    for name in WRITING:
        own = OWN[name]
        form = own.form(mine) if own.form else {}
        asked = site.post(own.path(name, mine), form, headers=HTMX | {"X-Book": str(cabin.pk)})
        sent = site.post(own.path(name, mine), form | {"page_book": cabin.pk})

        assert (asked.status_code, sent.status_code) == (409, 409), name
        assert unquote(asked.headers["X-Message"]) == sentence("Mountain Cabin", mine.book), name
        assert sentence("Mountain Cabin", mine.book) in sent.text, name
        assert (history.digest(mine.book), history.digest(cabin)) == before, name


def test_page_of_the_book_one_works_in_is_taken(mine: World, cabin: Book, taken_back: TakenBack) -> None:
    here = mine.book.pk
    statuses = {}
    for name in WRITING:
        own = OWN[name]
        form = own.form(mine) if own.form else {}
        with taken_back():
            site = CheckedClient().sign_in(mine.user)
            answer = site.post(own.path(name, mine), form | {"page_book": here}, headers={"X-Book": str(here)})
            statuses[name] = answer.status_code

    assert [name for name, status in statuses.items() if status == 409] == []


@pytest.mark.once
def test_what_names_its_own_book_is_not_held_back(mine: World, cabin: Book, taken_back: TakenBack) -> None:
    for name in sorted(APART):
        own = OWN[name]
        form = own.form(mine) if own.form else {}
        with taken_back():
            site = CheckedClient().sign_in(mine.user)
            assert site.post(own.path(name, mine), form | {"page_book": cabin.pk}).status_code != 409, name


@pytest.mark.once
def test_profile_belongs_to_no_book(site: CheckedClient, mine: World, cabin: Book) -> None:
    site.post("/settings/profile/", {"name": "Renamed", "theme": "dark", "page_book": cabin.pk})

    mine.user.refresh_from_db()
    assert mine.user.name == "Renamed"


@pytest.mark.once
def test_reading_is_not_affected(site: CheckedClient, mine: World, cabin: Book) -> None:
    for name, own in OWN.items():
        if own.reads:
            answer = site.get(own.path(name, mine), headers={"X-Book": str(cabin.pk)})
            assert answer.status_code in {200, 302}, name


@pytest.mark.once
def test_books_of_others_are_not_named(site: CheckedClient, mine: World, theirs: World) -> None:
    for stated in (str(theirs.book.pk), str(MISSING), "no number"):
        form = OWN["ledger:transaction-create"].form
        typed = (form(mine) if form else {}) | {"page_book": stated, "into_book": stated}
        answer = site.post("/transactions/new/", typed)

        assert answer.status_code == 409
        assert sentence("another book", mine.book) in answer.text
        assert str(theirs.book) not in answer.text.replace(str(mine.book), "")
        assert 'name="into_book"' not in answer.text


@pytest.mark.once
def test_refused_form_is_sent_to_its_own_book_after_all(site: CheckedClient, mine: World, cabin: Book) -> None:
    """Without a script: nothing has to be typed again, and the answer's button switches back and saves it once."""
    everyday = factories.make_account(cabin, "Cash box")
    typed = {"line": "7 stale & test", "request_key": "key-of-the-old-page", "page_book": str(cabin.pk)}
    refused = site.post("/transactions/new/", typed)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', refused.text))
    assert fields["line"] == "7 stale &amp; test"
    assert f'name="into_book" value="{cabin.pk}">Save it in Mountain Cabin' in refused.text

    again = {"line": typed["line"], "request_key": fields["request_key"], "page_book": fields["page_book"]}
    for _ in range(2):
        assert site.post("/transactions/new/", again | {"into_book": cabin.pk}).status_code == 302

    assert [row.account for row in everyday.transactions.all()] == [everyday]
    assert f'data-book="{cabin.pk}"' in site.get("/").text


@pytest.mark.once
def test_every_form_of_a_page_names_its_book(mine: World, taken_back: TakenBack) -> None:
    for name in [name for name, own in OWN.items() if own.reads]:
        with taken_back():
            answer = CheckedClient().sign_in(mine.user).get(OWN[name].path(name, mine), follow=True)
        if not answer.headers["Content-Type"].startswith("text/html"):
            continue
        forms = re.findall(r'<form[^>]*method="post".*?</form>', answer.text, re.DOTALL)

        assert forms, name
        assert [NAMED.findall(form) for form in forms] == [[str(mine.book.pk)]] * len(forms), name
        assert f'id="main" tabindex="-1" data-book="{mine.book.pk}"' in answer.text, name
