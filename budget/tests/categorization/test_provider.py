"""The language model behind the tiers: off by default, told little, believed only where it names a category."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.test import Client

from budget import history
from budget.books.models import Book
from budget.categorization import operations, provider
from budget.categorization.engine import Engine
from budget.categorization.errors import NobodyToAsk
from budget.categorization.provider import HttpProvider, Question
from budget.ledger.models import Account, Category, Status, Tier, Transaction
from budget.tests.factories import last_change, make_category, make_txn
from budget.users.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


class FakeServer:
    """Answers like a gateway to a model, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, Any], str | None]] = []
        self.answer: Answer = lambda asked: (200, json.dumps({"category": asked["categories"][0]}).encode())
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.told.append((asked, self.headers.get("Authorization")))
                status, content = outer.answer(asked)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/categorize"
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def server(settings: Any) -> Iterator[FakeServer]:
    running = FakeServer()
    settings.LLM_PROVIDER, settings.LLM_URL = "http", running.url
    settings.LLM_KEY, settings.LLM_SECONDS = "a-secret-key", 1
    yield running
    running.server.shutdown()
    running.server.server_close()


def _waiting(account: Account, text: str = "SQ *BLUE BOTTLE 4412 JOHN DOE", amount: str = "5.55") -> Transaction:
    return make_txn(account, amount, description=text, status=Status.PENDING_REVIEW, note="a private note")


def test_nobody_is_asked_unless_it_is_switched_on(book: Book, account: Account, food: Category) -> None:
    _waiting(account)

    assert provider.configured() is None
    with pytest.raises(NobodyToAsk, match="No language model is switched on"):
        operations.ask_provider(book, by=None)


def test_model_is_told_merchant_band_and_categories_alone(
    book: Book, account: Account, food: Category, rent: Category, server: FakeServer
) -> None:
    """R003-52: nothing that says who, when, how much exactly, or where."""
    make_category(book, "Salary", is_income=True)
    _waiting(account, "SQ *BLUE BOTTLE 4412")
    _waiting(account, "SQ *BLUE BOTTLE 0815", "5.80")

    operations.ask_provider(book, by=None)

    told = {"merchant": "BLUE BOTTLE", "amount": "out below 10", "categories": ["Food", "Rent"]}
    assert server.told == [(told, "Bearer a-secret-key")]


def test_proposal_waits_for_review_and_can_be_undone(
    book: Book, account: Account, food: Category, server: FakeServer
) -> None:
    """R003-37: 0.7, and never filed without a person."""
    txn, before = _waiting(account), history.digest(book)

    assert operations.ask_provider(book, by=None) == 1

    txn.refresh_from_db()
    assert (txn.category, txn.predicted_category, txn.tier) == (None, food, Tier.PROVIDER)
    assert (txn.confidence, txn.status) == (700, Status.PENDING_REVIEW)
    history.undo(last_change(book), by=None)
    assert history.digest(book) == before


@pytest.mark.parametrize(
    "answer",
    [
        (200, b'{"category": "Nowhere"}'),
        (200, b'{"category": "food"}'),
        (200, b'{"category": null}'),
        (200, b'{"category": ["Food"]}'),
        (200, b'["Food"]'),
        (200, b"Food"),
        (200, b"\xff\xfe"),
        (200, b""),
        (200, b'{"category": "' + b"x" * 100_000 + b'"}'),
        (302, b'{"category": "Food"}'),
        (401, b'{"category": "Food"}'),
        (500, b'{"category": "Food"}'),
    ],
)
def test_any_other_answer_is_no_proposal_and_logged_without_contents(
    book: Book, account: Account, food: Category, server: FakeServer, caplog: Any, answer: tuple[int, bytes]
) -> None:
    txn = _waiting(account)
    server.answer = lambda asked: answer

    with caplog.at_level(logging.DEBUG, "budget"):
        assert operations.ask_provider(book, by=None) == 0

    txn.refresh_from_db()
    assert (txn.predicted_category, len(server.told)) == (None, 1)
    assert not [word for word in ("BOTTLE", "Nowhere", "Food", "secret", "5.55") if word in caplog.text]


def test_server_that_is_slow_or_not_there_is_no_proposal(
    book: Book, account: Account, food: Category, server: FakeServer, settings: Any
) -> None:
    _waiting(account)
    server.server.shutdown()  # it still takes connections, and answers none

    assert operations.ask_provider(book, by=None) == 0
    server.server.server_close()
    assert operations.ask_provider(book, by=None) == 0


def test_model_is_never_asked_while_a_transaction_is_open(food: Category, server: FakeServer) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="never asked while a transaction is open"):
        provider.choose(HttpProvider(server.url), Question("KIOSK", "out below 5"), [food])
    assert server.told == []


def test_files_are_never_sent(book: Book, account: Account, food: Category, server: FakeServer) -> None:
    """The tiers that an import asks know no provider, switched on or not."""
    txn = _waiting(account)

    Engine(book).suggest(payee="", text=txn.description, amount=txn.amount, currency="EUR")
    operations.run_rules(book, by=None)

    assert server.told == []


class Plugin:
    """A provider of somebody's own."""

    def choose(self, question: Question, names: Sequence[str]) -> str | None:
        return names[-1]


def test_plugin_is_named_by_the_settings(settings: Any) -> None:
    settings.LLM_PROVIDER = f"{__name__}:Plugin"

    assert isinstance(provider.configured(), Plugin)


@pytest.mark.parametrize(
    ("name", "url"),
    [("http", ""), ("http", "file:///etc/passwd"), ("http", "ftp://host/x"), ("nowhere:Nothing", ""), ("nonsense", "")],
)
def test_provider_that_cannot_be_had_is_named(settings: Any, name: str, url: str) -> None:
    settings.LLM_PROVIDER, settings.LLM_URL = name, url

    with pytest.raises(ImproperlyConfigured, match="LLM_"):
        provider.configured()


def test_button_is_there_only_where_somebody_can_be_asked(
    client: Client, owner: User, book: Book, account: Account, food: Category, server: FakeServer, settings: Any
) -> None:
    _waiting(account)
    client.force_login(owner)

    shown = client.get("/settings/rules/").content.decode()
    asked = client.post("/settings/rules/questions/", {"request_key": "the-same-key"}, follow=True)
    settings.LLM_PROVIDER = ""
    hidden = client.get("/settings/rules/").content.decode()
    refused = client.post("/settings/rules/questions/")

    assert ["Ask the language model" in page for page in (shown, hidden)] == [True, False]
    assert "1 proposal waits for review." in asked.content.decode()
    assert refused.status_code == 422
