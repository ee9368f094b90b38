"""What the frame around every page shows: links, books, theme. Nothing is read from the database until it is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from budget.books.models import Role
from budget.ledger.directory import Held, held, in_sidebar, total_held

THEME_COOKIE = "theme"
THEMES = ("system", "light", "dark")


@dataclass(frozen=True)
class NavLink:
    """One entry of the main navigation; `key` follows G, as in "G then T"."""

    label: str
    icon: str
    href: str
    is_current: bool = False
    key: str = ""
    counts: bool = False
    """Whether it says how much waits for review."""


@dataclass(frozen=True)
class _Entry:
    label: str
    icon: str
    path: str
    """`{month}` stands for the current month, 2026-11."""
    key: str = ""
    also: tuple[str, ...] = ()
    """Other beginnings of an address that belong to this entry."""

    def link(self, at: str) -> NavLink:
        """The link as a page at the address `at` shows it."""
        href = self.path.format(month=f"{timezone.localdate():%Y-%m}")
        return NavLink(self.label, self.icon, href, self.has(at), self.key, self is REVIEW)

    def has(self, at: str) -> bool:
        """Whether the page at the address `at` belongs to this entry."""
        return at == "/" if self.path == "/" else at.startswith((self.path.split("{")[0], *self.also))


OVERVIEW = _Entry("Overview", "overview", "/", "o")
TRANSACTIONS = _Entry("Transactions", "list", "/transactions/", "t", ("/expenses/", "/income/"))
REVIEW = _Entry("Review", "check", "/review/", "r")
BUDGETS = _Entry("Budgets", "pie", "/budgets/{month}/", "b")
RECURRING = _Entry("Recurring", "rep", "/recurring/", "c")
ACCOUNTS = _Entry("Accounts", "wallet", "/accounts/", "a")
REPORTS = _Entry("Reports", "chart", "/reports/month/{month}/", "e", ("/reports/",))
IMPORT = _Entry("Import", "inbox", "/import/", "i")
HISTORY = _Entry("History", "history", "/history/", "h")
SETTINGS = _Entry("Settings", "gear", "/settings/profile/", also=("/settings/", "/password/"))

MAIN = (OVERVIEW, TRANSACTIONS, REVIEW, BUDGETS, RECURRING, ACCOUNTS, REPORTS, IMPORT, HISTORY)
EVERYWHERE = (*MAIN, SETTINGS)
STAFF: list[_Entry] = []
"""What only administrators see; `staff_link` adds to it."""

TABS_LEFT, TABS_RIGHT = (OVERVIEW, TRANSACTIONS), (BUDGETS,)
MORE = (REVIEW, RECURRING, ACCOUNTS, REPORTS, IMPORT, HISTORY, SETTINGS)


def staff_link(label: str, icon: str, path: str) -> None:
    """Show administrators a link more; for a part of the program that is not known here, called as it starts."""
    entry = _Entry(label, icon, path)
    if entry not in STAFF:
        STAFF.append(entry)


@lru_cache(maxsize=64)
def _exists(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


class Shell:
    """The frame of one request's page; templates read it as `shell`."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def _user(self) -> Any:
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def theme(self) -> str:
        """The signed-in person's theme, else the one that this browser last used."""
        chosen = self._user.theme if self._user else self._request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else "system"

    @property
    def single_keys(self) -> bool:
        """Whether single letters are shortcuts."""
        return bool(self._user and self._user.single_keys)

    @property
    def book(self) -> Any:
        """The book that this page works on, if any."""
        return getattr(self._request, "book", None) if self._user else None

    @cached_property
    def books(self) -> list[Any]:
        """Every book that the person is a member of, for the switch."""
        return [membership.book for membership in getattr(self._request, "memberships", ())]

    @cached_property
    def switch(self) -> list[tuple[Any, str]]:
        """Those books with what each is called; of two with one name, currency, owner or order tell which is which."""
        memberships = getattr(self._request, "memberships", ())
        labels = [membership.book.name for membership in memberships]
        marks: tuple[Callable[[Any], str], ...] = (
            lambda membership: membership.book.currency,
            lambda membership: "yours" if membership.role == Role.OWNER else "shared with you",
            lambda membership: f"no. {memberships.index(membership) + 1}",
        )
        for mark in marks:
            told = [f"{label}, {mark(each)}" for label, each in zip(labels, memberships, strict=True)]
            times, apart = Counter(map(str.casefold, labels)), Counter(map(str.casefold, told))
            labels = [
                longer if times[label.casefold()] > 1 and apart[longer.casefold()] < times[label.casefold()] else label
                for label, longer in zip(labels, told, strict=True)
            ]
        return [(membership.book, label) for membership, label in zip(memberships, labels, strict=True)]

    @property
    def only_views(self) -> bool:
        """Whether writing controls are left out."""
        membership = getattr(self._request, "membership", None)
        return bool(self.book and membership and not membership.may_write)

    @cached_property
    def accounts(self) -> Held:
        """The accounts of the book with their balances; one query."""
        return held(self.book) if self.book else Held()

    @property
    def _of_staff(self) -> tuple[_Entry, ...]:
        """What this person sees as an administrator, with a book or without."""
        return tuple(STAFF) if self._user and self._user.is_staff else ()

    def _links(self, entries: tuple[_Entry, ...]) -> list[NavLink]:
        if not self.book:
            entries = tuple(entry for entry in entries if entry in self._of_staff)
        links = [entry.link(self._request.path) for entry in entries]
        return [link for link in links if _exists(link.href)]

    @cached_property
    def place(self) -> str:
        """All that the links depend on, for ``{% kept %}``: which there are, the current entry, the month."""
        entries = (*(EVERYWHERE if self.book else ()), *self._of_staff)
        if not entries:
            return ""
        current = next((entry.label for entry in entries if entry.has(self._request.path)), "elsewhere")
        return f"{current} {timezone.localdate():%Y-%m} {len(entries)}"

    @cached_property
    def links(self) -> list[NavLink]:
        """The main links of the sidebar, those whose page exists."""
        return self._links(MAIN)

    @cached_property
    def own_links(self) -> list[NavLink]:
        """The links at the foot of the sidebar."""
        return self._links((*self._of_staff, SETTINGS))

    @cached_property
    def tabs_left(self) -> list[NavLink]:
        """Left of Add in the phone's bar; Transactions says there how much waits for review."""
        return [replace(link, counts=link.label == TRANSACTIONS.label) for link in self._links(TABS_LEFT)]

    @cached_property
    def tabs_right(self) -> list[NavLink]:
        """Right of Add in the phone's bar."""
        return self._links(TABS_RIGHT)

    @cached_property
    def more_links(self) -> list[NavLink]:
        """What More opens on a phone."""
        return self._links((*MORE, *self._of_staff))


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell` in every template, and the sidebar's accounts, which a page that has the balances anyway gives itself."""
    frame = Shell(request)
    return {
        "shell": frame,
        "nav_accounts": SimpleLazyObject(lambda: in_sidebar(frame.accounts)),
        "nav_waiting": SimpleLazyObject(lambda: frame.accounts.waiting),
        "nav_total": SimpleLazyObject(lambda: total_held(frame.accounts, frame.book.currency) if frame.book else ""),
    }
