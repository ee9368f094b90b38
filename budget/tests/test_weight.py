"""A person's first page, with all that it needs, stays below 60 kB on the line."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import brotli
import pytest
import time_machine
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from budget import history
from budget.books.models import Book
from budget.envelopes.models import Allocation, Envelope
from budget.ledger.models import Category, Transaction
from budget.tests import factories
from budget.users.models import User
from config.staticfiles import OURS, slim

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MOST = 60_000
"""Bytes, headers included."""
HEADERS = 430
"""What the answer with a file has of them; a page's are counted."""
LINKED = re.compile(r"""(?:src|href)="(/static/[^"#?]+\.(?:js|css|svg))[#"]""")
PAGES = (
    "/", "/transactions/", "/expenses/", "/budgets/2026-11/", "/reports/categories/", "/review/", "/accounts/",
    "/import/",
)  # fmt: skip
WORDS = (
    "alder",
    "birch",
    "cedar",
    "elm",
    "fir",
    "hazel",
    "ivy",
    "juniper",
    "larch",
    "maple",
    "oak",
    "pine",
    "rowan",
    "yew",
)


@pytest.fixture
def filled(owner: User) -> Book:
    """A third of the starter's categories with a plan, and three months of rows: thirty shops, fourteen categories."""
    book = factories.make_book(owner, "Weighty", categories=True)
    chance = random.Random(60)  # the same rows each time
    accounts = [factories.make_account(book, name) for name in ("Daily", "Savings", "Cash", "Card")]
    categories = list(Category.objects.of(book))
    often = chance.sample(categories, 14)
    shops = [" ".join(chance.sample(WORDS, 2)).title() for _ in range(30)]
    with history.change(book, None, "Filled", kind="test.fill") as change:
        envelopes = change.create_all([Envelope(category=each, month=date(2026, 11, 1)) for each in categories[::3]])
        change.create_all([Allocation(envelope=each, amount=Decimal(chance.randrange(20, 900))) for each in envelopes])
        fields = ("account_id", "category_id", "date", "amount", "payee", "description")
        rows = [
            (
                chance.choice(accounts).pk,
                chance.choice(often).pk,
                (date(2026, 11, 21) - timedelta(days=number // 3)).isoformat(),
                chance.randrange(100, 9_999),
                shop := chance.choice(shops),
                shop,
            )
            for number in range(240)
        ]
        change.create_many(Transaction, fields, rows)
    return book


@pytest.mark.parametrize("address", PAGES)
def test_first_page_is_light(client: Client, owner: User, filled: Book, address: str) -> None:
    session_of(client, owner, filled)
    with time_machine.travel("2026-11-21 12:00:00+00:00", tick=False):
        page = client.get(address, headers={"Accept-Encoding": "br"})

    assert (page.status_code, page.headers["Content-Encoding"]) == (200, "br")
    html = brotli.decompress(page.content).decode()
    parts = {name: HEADERS + weight(name) for name in {*LINKED.findall(html), "/static/fonts/inter-latin.woff2"}}
    parts["page"] = len(page.content) + sum(len(name) + len(value) + 4 for name, value in page.headers.items())
    assert len(parts) >= 7
    assert sum(parts.values()) < MOST, parts


def session_of(client: Client, owner: User, book: Book) -> None:
    """Sign in, and work on this book."""
    client.force_login(owner)
    session = client.session
    session["book"] = book.pk
    session.save()


@cache
def weight(address: str) -> int:
    """The bytes of a file as it is served: without what only its readers need, compressed as well as can be."""
    name = urlsplit(address).path.removeprefix(settings.STATIC_URL)
    content = Path(str(finders.find(name))).read_bytes()
    if ours := OURS.fullmatch(name):
        content = slim(content.decode(), ours[1]).encode()
    return len(content) if name.endswith(".woff2") else len(brotli.compress(content))
