"""S6: what people type is shown as text, on every page, in every fragment, in every form that comes back."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from budget import history
from budget.books.models import Book
from budget.envelopes import operations as plan
from budget.ledger.models import Account, Category, Transaction, today
from budget.ledger.operations import rename_book
from budget.months import Month
from budget.tests.security.client import HTMX, CheckedClient
from budget.tests.security.payloads import ALL, COMBINED, SCRIPTS
from budget.tests.security.routes import OWN, staff_paths
from budget.tests.security.world import World
from budget.users.models import User

pytestmark = pytest.mark.django_db

NEVER = {"iframe", "object", "embed", "base", "style", "math", "marquee", "video", "plaintext", "applet", "img"}
HANDLED = ("javascript:", "data:", "vbscript:")
TEXTS = (
    *("payee", "description", "note", "label", "name", "institution", "typed_name", "line", "amount", "date"),
    *("opening_balance", "color", "icon", "category", "account", "request_key", "seen", "starter", "currency", "count"),
)


class Elements(HTMLParser):
    """What a browser would make of a page: whatever people's texts became, beside text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what no page of ours has."""
        values = dict(attrs)
        if tag in NEVER or "zq" in tag or (tag == "script" and "src" not in values and "json" not in str(values)):
            self.wrong.append(f"<{tag} {attrs}>")
        for name, value in attrs:
            is_handler = name.startswith(("on", "hx-on")) or "zq" in name or name == "srcdoc"
            leads = name in ("href", "src", "action", "formaction", "hx-get", "hx-post", "data")
            text = re.sub(r"\s", "", value or "").lower()
            if is_handler or (leads and text.startswith((*HANDLED, "//", "http"))) or text.startswith("js:"):
                self.wrong.append(f"<{tag} {name}={value!r}>")
        self.text += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        """Keep the words."""
        self.text.append(data)


def read(page: str) -> Elements:
    """The page as a browser reads it."""
    elements = Elements()
    elements.feed(page)
    elements.close()
    return elements


@pytest.fixture
def texts() -> list[str]:
    """What people type; the long tests have more of it."""
    return ALL


@pytest.fixture
def hostile(mine: World, texts: list[str]) -> World:
    """The book with every payload in every text of every kind of row."""
    book, month = mine.book, Month.of(today())
    User.objects.filter(pk=mine.user.pk).update(name=SCRIPTS[0] + '" zq="1')
    mine.user.refresh_from_db()
    rename_book(book, by=mine.user, name='</title><script>zq()</script>" zq="')
    with history.change(book, mine.user, SCRIPTS[0], kind="ledger.load") as change:
        for place, text in enumerate(texts):
            name = f"{text[:46]}{place:03}"
            account = change.create(Account(name=name, institution=text[:100], currency="EUR"))
            category = change.create(Category(name=name, label=text[:100], icon=text[:20]))
            change.create(
                Transaction(
                    account=account,
                    category=category,
                    amount=Decimal("9.99"),
                    description=text,
                    payee=text[:100],
                    note=text,
                )
            )
    for category in Category.objects.of(book).order_by("-pk")[:6]:
        plan.set_budget(book=book, by=mine.user, category=category, month=month, amount=Decimal(50))
    return mine


def assert_plain(where: str, page: str) -> Elements:
    """No payload became anything but text."""
    elements = read(page)
    assert elements.wrong == [], where
    for payload in SCRIPTS:
        assert payload not in page, (where, payload)
    assert "zq49zq" not in page, where
    return elements


PARTS = [COMBINED[start : start + 76] for start in range(0, len(COMBINED), 76)]


@pytest.mark.once
@pytest.mark.parametrize(
    "texts", [ALL, *(pytest.param(part, marks=pytest.mark.nightly) for part in PARTS)], ids=lambda texts: texts[0][:8]
)
def test_every_page_shows_hostile_texts_as_text(hostile: World, site: CheckedClient, texts: list[str]) -> None:
    """81 texts; 684 more in the long tests."""
    account, category = (model.objects.of(hostile.book).latest("pk") for model in (Account, Category))
    month = Month.of(today())
    paths = [own.path(name, hostile) for name, own in OWN.items() if own.reads]
    more = [
        f"/accounts/{account.pk}/",
        f"/settings/categories/{category.pk}/merge/",
        f"/budgets/{month}/{category.pk}/",
    ]
    more += ["/?parts=1", "/history/?show=deletions", "/settings/profile/", "/welcome/"]

    for path in [*paths, *more]:
        for headers in ({}, HTMX) if path in paths else ({},):
            answer = site.get(path, headers=headers)
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                assert_plain(path, answer.text)

    shown = "".join(assert_plain("list", site.get("/transactions/?rows=500").text).text)
    assert [text for text in texts if text not in shown] == []


@pytest.mark.once
def test_changes_and_refusals_name_hostile_rows_as_text(hostile: World, site: CheckedClient) -> None:
    categories = list(Category.objects.of(hostile.book).order_by("-pk"))[: len(ALL) : 9]

    for category in categories:
        for action, headers in (("deletion", {}), ("deletion", HTMX), ("closing", {})):
            path = f"/settings/categories/{category.pk}/{action}/"
            assert_plain(path, site.post(path, headers=headers).text)
    assert_plain("toasts", site.get("/settings/security/").text)
    for number in range(hostile.number - 3, hostile.number + 1):
        assert_plain("change", site.get(f"/history/{number}/").text)
        assert_plain("undo", site.post(f"/history/{number}/undo/").text)
    assert_plain("toasts", site.get("/history/").text)


@pytest.mark.once
def test_search_shows_hostile_text_as_text(mine: World, site: CheckedClient) -> None:
    names = (
        "q",
        "month",
        "category",
        "account",
        "type",
        "status",
        "sort",
        "page",
        "from",
        "to",
        "line",
        "limit",
        "next",
    )

    for payload in ALL:
        every = dict.fromkeys(names, payload)
        assert_plain("list", site.get("/transactions/", every).text)
        assert_plain("found", site.get("/transactions/", {"q": payload}, headers=HTMX).text)
        assert_plain("history", site.get("/history/", every, headers=HTMX | {"HX-Target": "results"}).text)
        preview = HTMX | {"HX-Target": "quick-preview"}
        assert_plain("preview", site.get("/transactions/new/", {"line": payload}, headers=preview).text)
    for payload in ALL[::8]:
        every = dict.fromkeys(names, payload)
        for path in ("/", "/reports/top/", "/history/", "/transactions/new/", "/accounts/transfer/", "/login/"):
            assert_plain(path, site.get(path, every).text)
        assert_plain("not there", site.get("/nothing/" + quote(payload)).text)


@pytest.mark.once
@pytest.mark.parametrize("rounds", [5, pytest.param(len(ALL), marks=pytest.mark.nightly)])
def test_forms_come_back_with_hostile_text_as_text(mine: World, site: CheckedClient, rounds: int) -> None:
    """Each field of each form gets one text in each round: another in the next round, the next field and form."""
    kinds = [(name, own) for name, own in OWN.items() if own.form is not None and not name.startswith("books:")]
    for around in range(rounds):
        for place, (name, own) in enumerate(kinds):
            form = dict(own.form(mine)) if own.form else {}
            start = around * (len(ALL) // rounds) + place
            payloads = iter(ALL[start % len(ALL) :] + ALL)
            form |= {field: next(payloads) for field in form if field in TEXTS}
            answer = site.post(own.path(name, mine), form, headers=HTMX if around % 2 else {})
            assert_plain(f"{name} {form}", answer.text)
    assert_plain("toasts", site.get("/").text)


@pytest.mark.once
def test_people_and_books_are_called_hostile_names_as_text(mine: World, site: CheckedClient) -> None:
    stranger, new = CheckedClient(), {"currency": "EUR", "starter": "none"}

    for payload in ALL[::5]:
        typed = dict.fromkeys(("name", "email", "login", "password", "password1"), payload)
        pages = [
            site.post("/settings/profile/", {"name": payload, "theme": payload}).text,
            site.post("/settings/profile/", {"name": payload, "theme": "dark"}, follow=True).text,
            site.post("/settings/books/new/", {"name": payload} | new, follow=True).text,
            site.post(f"/settings/books/{mine.book.pk}/", {"name": payload}, follow=True).text,
            *(stranger.post(path, typed).text for path in ("/login/", "/signup/", "/password/reset/")),
        ]
        for page in pages:
            assert_plain(payload, page)
    assert set(ALL[::5]) <= set(Book.objects.for_user(mine.user).values_list("name", flat=True))


@pytest.mark.once
def test_administration_shows_hostile_texts_as_text(hostile: World) -> None:
    User.objects.filter(pk=hostile.user.pk).update(is_staff=True)
    site = CheckedClient().sign_in(hostile.user)

    for path in staff_paths(hostile):
        answer = site.get(path)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            wrong = [tag for tag in read(answer.text).wrong if not tag.startswith("<img")]
            assert wrong == [], path
            assert [payload for payload in SCRIPTS if payload in answer.text] == [], path


def test_control_characters_are_refused_beside_the_field(mine: World, site: CheckedClient) -> None:
    for name, field in (
        ("ledger:transaction-create", "payee"),
        ("ledger:transaction-create", "description"),
        ("ledger:transaction-create", "note"),
        ("ledger:account-create", "name"),
        ("ledger:account-create", "institution"),
        ("ledger:category-create", "label"),
        ("ledger:category-create", "name"),
        ("books:book-change", "name"),
    ):
        own = OWN[name]
        for character in ("\x00", "\x07", "\x1b[31m", "\x85"):
            form = (own.form(mine) if own.form else {}) | {field: f"zq{character}zq"}
            answer = site.post(own.path(name, mine), form)
            assert answer.status_code == 422, (name, field, character)
    mine.book.refresh_from_db()
    assert "zq" not in unescape(site.get("/history/").text)
