"""A language model behind the three tiers: off unless the server's owner switches it on.

What leaves the server is the normalised name of a merchant, the band of the amount, and the names of the book's
categories. What comes back counts only where it is the name of one of them, and waits for review like every guess. A
failure of any kind is no suggestion; what is logged names its kind, never what was sent or answered.

A plug-in is a callable named in `LLM_PROVIDER` as `package.module:factory`; the factory takes no arguments and answers
a `Provider`. The one that comes along is `http`: it posts JSON to `LLM_URL`, which a gateway to any model answers.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http.client import HTTPException
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils.module_loading import import_string

from budget.categorization.classifier import band_of
from budget.categorization.merchants import merchant_of
from budget.ledger.models import Category

log = logging.getLogger(__name__)

SECONDS = 8
LARGEST_ANSWER = 64 * 1024
HTTP = "http"


class Question(NamedTuple):
    """All that a provider is told about a row."""

    merchant: str
    band: str

    @property
    def is_income(self) -> bool:
        """Whether money came in."""
        return self.band.startswith("in ")


class Provider(Protocol):
    """Something that names a category for a merchant."""

    def choose(self, question: Question, names: Sequence[str]) -> str | None:
        """One of `names`, or None; what networks and the reading of answers raise counts as None."""


class Refused(Exception):
    """A provider answered something else than it was asked for."""


FAILURES = (OSError, HTTPException, ValueError, LookupError, TypeError, AttributeError, Refused)
"""Whatever goes wrong with a server, or with a plug-in that reads its answer."""


class _NoRedirects(HTTPRedirectHandler):
    """What is sent goes to the configured address and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass(frozen=True)
class HttpProvider:
    """Posts `{"merchant", "amount", "categories"}` as JSON; expects `{"category": name or null}` back."""

    url: str
    key: str = ""
    seconds: float = SECONDS

    def choose(self, question: Question, names: Sequence[str]) -> str | None:
        asked = {"merchant": question.merchant, "amount": question.band, "categories": list(names)}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = Request(self.url, json.dumps(asked).encode(), headers, method="POST")  # noqa: S310  (checked when made)
        with self._opener().open(request, timeout=self.seconds) as response:
            content = response.read(LARGEST_ANSWER + 1)
        if len(content) > LARGEST_ANSWER:
            raise Refused
        answer = json.loads(content)
        chosen = answer.get("category") if isinstance(answer, dict) else None
        return chosen if isinstance(chosen, str) else None

    def _opener(self) -> OpenerDirector:
        return build_opener(_NoRedirects)


def configured() -> Provider | None:
    """The provider that the settings name; None where it is off, as it is unless somebody switched it on.

    Raises:
        ImproperlyConfigured: the settings name none that can be had.
    """
    name: str = settings.LLM_PROVIDER
    if not name:
        return None
    if name == HTTP:
        address = urlsplit(settings.LLM_URL)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ImproperlyConfigured("LLM_URL must be the http or https address that LLM_PROVIDER=http asks.")
        return HttpProvider(settings.LLM_URL, settings.LLM_KEY, settings.LLM_SECONDS)
    try:
        factory: Callable[[], Provider] = import_string(name.replace(":", "."))
    except ImportError as error:
        raise ImproperlyConfigured(f"LLM_PROVIDER names {name}, which cannot be imported.") from error
    return factory()


def question_of(payee: str, text: str, amount: Decimal) -> Question | None:
    """What may be asked about a row; None where it names no merchant."""
    merchant = merchant_of(payee, text)
    return Question(merchant, band_of(amount)) if merchant else None


def choose(provider: Provider, question: Question, categories: Sequence[Category]) -> Category | None:
    """The category that a provider names, if it is one of `categories`.

    Raises:
        RuntimeError: a transaction is open, which would wait for somebody else's server.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A language model is never asked while a transaction is open.")
    named = {str(category): category for category in categories}
    try:
        answer = provider.choose(question, sorted(named))
    except FAILURES as failure:
        log.warning("The language model gave no suggestion: %s.", type(failure).__name__)
        return None
    if answer is None:
        return None
    if answer not in named:
        log.warning("The language model named no category of the book.")
        return None
    return named[answer]
