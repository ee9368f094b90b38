"""The frame around every page: links, theme, books, messages, errors."""

import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path

from budget.books.models import Book, Membership, Role
from budget.context_processors import Shell, _Entry
from budget.tests import factories
from budget.users.models import User

pytestmark = pytest.mark.django_db
PROFILE = "/settings/profile/"


def broken(request: HttpRequest) -> HttpResponse:
    """A page with a fault."""
    raise RuntimeError("a secret of the inside")


urlpatterns = [path("broken/", broken), path("", include("config.urls"))]
handler500 = "budget.error_pages.server_error"


@pytest.fixture
def signed_in(client: Client, book: Book, owner: User) -> Client:
    client.force_login(owner)
    return client


def test_entry_is_current_on_its_own_pages_only() -> None:
    overview, transactions = _Entry("O", "o", "/"), _Entry("T", "t", "/transactions/", also=("/expenses/",))

    assert [overview.link(at).is_current for at in ("/", "/transactions/")] == [True, False]
    assert [transactions.link(at).is_current for at in ("/", "/transactions/7/", "/expenses/")] == [False, True, True]


def test_profile_is_saved_and_the_theme_comes_with_the_next_page(signed_in: Client, owner: User) -> None:
    answer = signed_in.post(PROFILE, {"name": "Olive", "theme": "dark"}, follow=True)

    owner.refresh_from_db()
    assert (owner.name, owner.theme, owner.single_keys) == ("Olive", "dark", False)
    assert 'data-theme="dark"' in answer.text
    assert "data-single-keys" not in answer.text
    assert "<span>Saved.</span>" in answer.text


def test_sign_in_page_keeps_the_theme_of_the_browser(signed_in: Client) -> None:
    signed_in.post(PROFILE, {"name": "Olive", "theme": "dark"})
    signed_in.post("/logout/")

    assert 'data-theme="dark"' in signed_in.get("/login/").text


def test_theme_cookie_with_anything_else_in_it_is_ignored(client: Client, owner: User) -> None:
    client.cookies["theme"] = '"><b>'

    assert 'data-theme="system"' in client.get("/login/").text


@pytest.mark.parametrize(
    "wrong",
    [{"name": " ", "theme": "dark"}, {"name": "x" * 101, "theme": "dark"}, {"name": "A", "theme": "pink"}],
)
def test_profile_with_wrong_input_changes_nothing(signed_in: Client, owner: User, wrong: dict[str, str]) -> None:
    answer = signed_in.post(PROFILE, wrong)

    assert answer.status_code == 422
    owner.refresh_from_db()
    assert (owner.name, owner.theme) == ("Olive Owner", "system")


def test_book_is_switched_among_ones_own_only(signed_in: Client, owner: User, book: Book) -> None:
    second = factories.make_book(owner, "Second")
    foreign = factories.make_book(factories.make_user(), "Foreign")

    assert signed_in.post("/books/switch/", {"book": second.pk}).status_code == 302
    assert signed_in.get(PROFILE).context["shell"].book == second
    assert [signed_in.post("/books/switch/", {"book": other}).status_code for other in (foreign.pk, "x", "")] == [
        404
    ] * 3
    assert signed_in.get(PROFILE).context["shell"].book == second


def test_viewer_is_told_so_and_offered_nothing_to_write(client: Client, book: Book) -> None:
    viewer = factories.make_user()
    factories.make_member(book, viewer, Role.VIEWER)
    client.force_login(viewer)
    page = client.get(PROFILE).text

    assert "You can view this book" in page
    assert 'data-open="quick"' not in page
    assert 'id="quick"' not in page


def test_names_are_shown_as_text(client: Client) -> None:
    user = factories.make_user(name="<script>alert(1)</script>")
    factories.make_book(user, "<img src=x>")
    factories.make_book(user, "Second")
    client.force_login(user)
    page = client.get(PROFILE).text

    assert "<script>alert" not in page
    assert "<img" not in page


def test_page_holds_no_inline_script_style_or_handler(signed_in: Client) -> None:
    page = signed_in.get(PROFILE).text

    assert re.findall(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|hx-on|javascript:", page) == []


def test_page_that_is_not_there_says_where_to_look(signed_in: Client) -> None:
    answer = signed_in.get("/nothing/here/")

    assert answer.status_code == 404
    assert 'If it was deleted, <a href="/history/">History</a> can bring it back.' in answer.text


@pytest.mark.urls("budget.tests.users.test_shell")
def test_fault_shows_a_reference_that_is_in_the_log_and_nothing_of_the_inside(
    owner: User, book: Book, caplog: pytest.LogCaptureFixture
) -> None:
    """R001-29: no fault is swallowed."""
    client = Client(raise_request_exception=False)
    client.force_login(owner)
    answer = client.get("/broken/")

    reference = re.search(r"Reference <b class=\"n\">([0-9A-F]{4})</b>", answer.text)
    assert answer.status_code == 500
    assert reference
    assert f"Reference {reference[1]}: GET /broken/" in caplog.text
    assert "secret" not in answer.text


def test_form_without_its_token_is_refused_in_words(owner: User) -> None:
    answer = Client(enforce_csrf_checks=True).post("/login/", {"login": "a", "password": "b"})

    assert answer.status_code == 403
    assert "This form is too old" in answer.text


def test_shell_of_a_stranger_reads_nothing_from_the_database(
    client: Client, owner: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    request = client.get("/login/").wsgi_request
    with django_assert_num_queries(0):  # type: ignore[operator]  # a callable fixture
        shell = Shell(request)

        assert (shell.book, shell.books, shell.links, shell.theme, shell.single_keys) == (None, [], [], "system", False)


def test_books_of_one_name_are_told_apart(rf: RequestFactory, owner: User) -> None:
    request = rf.get("/")
    request.user = owner
    home, dollars, other = (factories.make_book(owner, name) for name in ("Home", "home", "Trip"))
    for book, currency in ((home, "EUR"), (dollars, "USD"), (other, "EUR")):
        book.currency = currency
    memberships = [Membership(book=book, user=owner, role=Role.OWNER) for book in (home, dollars, other)]
    request.memberships = memberships  # type: ignore[attr-defined]  # what the middleware sets
    assert [label for _, label in Shell(request).switch] == ["Home, EUR", "home, USD", "Trip"]

    dollars.currency = "EUR"
    memberships[1].role = Role.EDITOR
    assert [label for _, label in Shell(request).switch] == ["Home, yours", "home, shared with you", "Trip"]

    memberships[1].role = Role.OWNER
    assert [label for _, label in Shell(request).switch] == ["Home, no. 1", "home, no. 2", "Trip"]


def test_sentence_of_a_refusal_is_said_once(signed_in: Client) -> None:
    page = signed_in.get("/admin/")
    assert page.status_code == 403
    assert page.text.count("This page is for administrators") == 1


def test_what_is_no_month_says_so_and_leads_to_budgets(signed_in: Client) -> None:
    page = signed_in.get("/budgets/2026-13/")
    assert page.status_code == 404
    assert "There is no such month" in page.text
    assert 'href="/budgets/"' in page.text


def test_request_with_a_token_of_before_the_sign_in_is_given_the_new_one(owner: User, book: Book) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    htmx = {"HX-Request": "true", "X-Person": str(owner.pk)}
    refused = browser.post(PROFILE, {"name": "Renamed"}, headers=htmx | {"X-CSRFToken": "a" * 64})
    assert refused.status_code == 403

    token = refused.headers["X-CSRFToken"]
    answer = browser.post(PROFILE, {"name": "Renamed"}, headers=htmx | {"X-CSRFToken": token})
    assert answer.status_code != 403

    someone_else = browser.post(PROFILE, {"name": "X"}, headers={"HX-Request": "true", "X-Person": "0"})
    assert "X-CSRFToken" not in someone_else.headers
    assert "Somebody%20else%20is%20signed%20in" in someone_else.headers["X-Message"]
