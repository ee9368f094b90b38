"""A real browser for journeys: pages at both widths, silent consoles, no refused content."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

from budget.users.models import User
from config.testing.browsers import launch

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
Violations = list[tuple[str, str, list[str]]]
REPORT_REFUSALS = """
addEventListener("securitypolicyviolation",
    event => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""

AXE = """
async options => {
    document.getAnimations().forEach(each => each instanceof CSSTransition && each.finish());
    const found = await axe.run({resultTypes: ["violations"], ...options});
    return found.violations.map(rule => [rule.id, rule.nodes.map(node => node.html.slice(0, 160))]);
}
"""
"""Colours that are still fading from one theme to the other would be judged half-way."""

OF_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""The rules of axe that look at colours."""

THEMES: tuple[tuple[Literal["light", "dark"], dict[str, Any]], ...] = (("light", {}), ("dark", {"runOnly": OF_COLOURS}))
"""What is asked in each theme: everything, then what can differ."""


def violations(page: Page, **options: Any) -> Violations:
    """What axe finds on the page as it stands, in each theme: the theme, the rule, and where it is broken.

    The page is not loaded anew for the other theme, which costs more than the judgement; and as a theme is nothing but
    other colours, which `test_theme_changes_colours_alone` watches, only the rules of colours are asked about it.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: Violations = []
    for theme, asked in THEMES:
        page.emulate_media(color_scheme=theme)
        found += [(theme, rule, nodes) for rule, nodes in page.evaluate(AXE, asked | options)]
    return found


def shut_out(page: Page, **options: Any) -> list[Any]:
    """What is wrong with the page as it stands at both widths: violations, and how much wider it is than its window."""
    found: list[Any] = []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        found += [(size["width"], *violation) for violation in violations(page, **options)]
        if (wider := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            found.append((size["width"], "wider than its window", wider))
    return found


@dataclass
class Watch:
    """What a page complained about; a page is right when it has nothing to say."""

    complaints: list[str] = field(default_factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        """Note errors and warnings; a refused form (422) is an answer, which the browser logs all the same."""
        is_refused_form = "status of 422" in message.text
        if message.type in {"error", "warning"} and not is_refused_form:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def follow(self, page: Page) -> None:
        """Listen to everything the page reports, refused scripts and styles included."""
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.add_init_script(REPORT_REFUSALS)


class Answering:
    """How many requests the server works on now: a page that is closed does not stop what it asked for.

    What is still read for a page that is gone would meet the emptying of the tables after its test.
    """

    def __init__(self) -> None:
        self.under_way = 0
        self._changed = threading.Condition()

    def start(self, **_: Any) -> None:
        """A request came; those of the test's own client are none of the server's."""
        self._count(1)

    def finish(self, **_: Any) -> None:
        """Its answer was closed, whoever still wanted it."""
        self._count(-1)

    def wait(self) -> None:
        """Until nothing is under way."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.under_way <= 0, timeout=10), "A request never came to its end."

    def _count(self, by: int) -> None:
        if threading.current_thread() is not threading.main_thread():
            with self._changed:
                self.under_way += by
                self._changed.notify_all()


LAST_ANSWERS = 500
"""So often a page is looked at, 20 ms apart, before it is closed with an answer outstanding."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is a journey in a browser; marked before `-m` selects."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as it is served: in memory all threads share one connection, and readers lock writers out."""
    for database in settings.DATABASES.values():
        if database["ENGINE"].endswith("sqlite3"):
            database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "book.sqlite3")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test at its end when any of its pages complained."""
    watching = Watch()
    yield watching
    assert watching.complaints == []


@pytest.fixture
def answering(live_server: Any) -> Iterator[Answering]:
    """What the server is busy with; nothing when the test is over and its tables are emptied."""
    counting = Answering()
    request_started.connect(counting.start)
    request_finished.connect(counting.finish)
    yield counting
    counting.wait()
    request_started.disconnect(counting.start)
    request_finished.disconnect(counting.finish)


@dataclass(eq=False)
class Room:
    """A context of the browser with one session and one store, and what its pages have asked for and not yet got."""

    context: BrowserContext
    under_way: set[Any] = field(default_factory=set)
    is_taken: bool = True

    def __post_init__(self) -> None:
        self.context.set_default_timeout(10_000)
        self.context.on("request", lambda request: self.under_way.add(request))
        self.context.on("requestfinished", lambda request: self.under_way.discard(request))
        self.context.on("requestfailed", lambda request: self.under_way.discard(request))

    def wait(self) -> None:
        """Until everything is answered: an answer that is cut off would be a complaint in the log."""
        for _ in range(LAST_ANSWERS):
            if not self.under_way or not self.context.pages:
                break
            self.context.pages[0].wait_for_timeout(20)

    def tidy(self, origin: str) -> None:
        """As if nobody had been here, but for the static files that a browser keeps."""
        pages = self.context.pages
        if pages:
            session = self.context.new_cdp_session(pages[0])
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": STORES})
        for each in pages:
            each.close()
        self.context.clear_cookies()
        self.context.clear_permissions()
        self.under_way.clear()
        self.is_taken = False


STORES = "cookies,local_storage,indexeddb,cache_storage,service_workers,file_systems"


@pytest.fixture(scope="session")
def rooms(browser: Browser) -> dict[bool, Room]:
    """The contexts that one test after the other uses: one with scripts and one without."""
    return {}


@pytest.fixture
def open_page(
    browser: Browser, rooms: dict[bool, Room], live_server: Any, watch: Watch, answering: Answering
) -> Iterator[Callable[..., Page]]:
    """Opens a page in a context that no other page of the test has: ``open_page(viewport=PHONE)``.

    Where it needs nothing but a size, the context was another test's before, and is tidied up.
    """
    used: list[Room] = []

    def opened(*, viewport: ViewportSize = DESKTOP, java_script_enabled: bool = True, **options: Any) -> Page:
        room = None if options else rooms.get(java_script_enabled)
        if room is None or room.is_taken:
            others = {"viewport": viewport, "java_script_enabled": java_script_enabled, "base_url": live_server.url}
            room = Room(browser.new_context(**others, **options))
            if not options:
                rooms.setdefault(java_script_enabled, room)
        room.is_taken = True
        used.append(room)
        page: Page = room.context.new_page()
        page.set_viewport_size(viewport)
        watch.follow(page)
        return page

    yield opened
    for room in used:
        room.wait()
        if room in rooms.values():
            room.tidy(live_server.url)
        else:
            room.context.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A page 1280 px wide; nobody is signed in."""
    return open_page()


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    """A page 390 px wide, with touch; nobody is signed in."""
    return open_page(viewport=PHONE, has_touch=True, is_mobile=True)


@pytest.fixture
def sign_in(live_server: Any) -> Callable[[Page, User], None]:
    """Signs a user in on a page without walking through the form."""

    def signed_in(page: Page, user: User) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])

    return signed_in
