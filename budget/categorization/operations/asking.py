"""Asking a language model about what nothing else knows; its answers wait for review."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from budget import history
from budget.books.models import Book
from budget.categorization import provider
from budget.categorization.errors import NobodyToAsk
from budget.categorization.operations.filing import write
from budget.categorization.provider import Question
from budget.categorization.tiers import USUALLY, Suggestion
from budget.history import IdempotentRequest
from budget.ledger.models import Category, Status, Tier, Transaction, TransactionQuerySet
from budget.users.models import User

QUESTIONS = 40
SECONDS = 25
"""How many are asked in one go, and for how long: the person waits for it."""


def ask_provider(book: Book, *, by: User | None, request: IdempotentRequest | None = None) -> int:
    """Have the configured language model propose categories for rows that wait without one; answers for how many.

    R003-52: each merchant is asked about once, before anything is locked; a row that got a category or a proposal
    meanwhile is left as it is.

    Raises:
        NobodyToAsk: none is configured.
    """
    asked = provider.configured()
    if asked is None:
        raise NobodyToAsk
    categories = list(Category.objects.of(book).filter(is_archived=False).order_by("pk"))
    chosen: dict[Question, Category] = {}
    until = time.monotonic() + SECONDS
    for question in list(_questions(unknown(book)))[:QUESTIONS]:
        if time.monotonic() >= until:
            break
        fitting = [category for category in categories if question.is_income or not category.is_income]
        if found := provider.choose(asked, question, fitting):
            chosen[question] = found
    with history.change(book, by, "Asked the language model", kind="rules.ask", request=request) as change:
        told = [
            (pk, _suggestion(chosen[question], question))
            for question, ids in _questions(unknown(book)).items()
            if question in chosen
            for pk in ids
        ]
        write(change, told)
        count = len(told)
        change.record.summary = f"Asked the language model: {count:,} proposal{'' if count == 1 else 's'}"
    return count


def unknown(book: Book) -> TransactionQuerySet:
    """The rows that wait for review without a proposal."""
    waiting = Transaction.objects.of(book).unsettled().filter(status=Status.PENDING_REVIEW, is_transfer=False)
    return waiting.filter(predicted_category__isnull=True, category__isnull=True)


def _questions(rows: TransactionQuerySet) -> Mapping[Question, Sequence[int]]:
    """What is to be asked, the newest first, with the ids of the rows that it is about."""
    found: dict[Question, list[int]] = {}
    newest = rows.order_by("-date", "-pk").values_list("pk", "payee", "description", "amount")
    for pk, payee, text, amount in newest[: QUESTIONS * 25]:
        if question := provider.question_of(payee, text, amount):
            found.setdefault(question, []).append(pk)
    return found


def _suggestion(category: Category, question: Question) -> Suggestion:
    return Suggestion(
        category_id=category.pk,
        tier=Tier.PROVIDER,
        confidence=USUALLY[Tier.PROVIDER],
        pattern=question.merchant,
        model_version=None,
        reason="",
    )
