"""Making and keeping the model of a book: from its own rows that a person confirmed, never from anybody else's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

from django.db import transaction
from django.utils import timezone

from budget.books.models import Book
from budget.categorization.classifier import Example, Model, band_of, train
from budget.categorization.merchants import merchant_of
from budget.categorization.models import TrainedModel
from budget.ledger.models import Status, Transaction, TransactionQuerySet

MOST_ROWS = 200_000
"""The newest rows that are learned from; what was bought long ago says little."""
FEWEST_CHANGES = 25


def model_of(book: Book, *, renew: bool = True) -> tuple[Model | None, int]:
    """The book's model with its number, trained anew where enough has happened since.

    Args:
        renew: whether it may be trained here, which takes up to some seconds; else the one there is.
    """
    kept = TrainedModel.objects.filter(book=book).select_related("book").first()
    if renew and _is_due(book, kept):
        kept = retrain(book)
    if kept is None:
        return None, 0
    return _loaded(kept.pk, kept.number, kept.counts), kept.number


def retrain(book: Book) -> TrainedModel:
    """Train the book's model anew and keep it."""
    version = Book.objects.values_list("version", flat=True).get(pk=book.pk)
    newest = _confirmed(book).order_by("-date", "-pk").values_list("payee", "description", "amount", "category_id")
    rows = list(newest[:MOST_ROWS])
    model = train([*_examples(reversed(rows))])
    with transaction.atomic():
        Book.objects.select_for_update().get(pk=book.pk)
        earlier = TrainedModel.objects.filter(book=book).first()
        made, _ = TrainedModel.objects.update_or_create(
            book=book,
            defaults={
                "number": earlier.number + 1 if earlier else 1,
                "version": version,
                "rows": len(rows),
                "counts": model.dump(),
                "trained_at": timezone.now(),
            },
        )
    return made


def _is_due(book: Book, kept: TrainedModel | None) -> bool:
    """Whether much was confirmed since: one change may be a thousand rows, but also a budget; so both are asked."""
    if kept is None:
        return True
    passed = kept.book.version - kept.version
    if passed <= 0:
        return passed < 0
    if passed >= max(FEWEST_CHANGES, kept.rows // 1000):
        return True
    rows = _confirmed(book).count()
    return abs(min(rows, MOST_ROWS) - kept.rows) > max(10, kept.rows // 20)


def _confirmed(book: Book) -> TransactionQuerySet:
    return Transaction.objects.of(book).filter(status=Status.CONFIRMED, category__isnull=False)


def _examples(rows: Iterable[tuple[str, str, Decimal, int | None]]) -> Iterator[Example]:
    for payee, text, amount, category in rows:
        if category is not None and (merchant := merchant_of(payee, text)):
            yield Example(merchant, band_of(amount), category)


@lru_cache(maxsize=8)
def _loaded(pk: int, number: int, counts: str) -> Model | None:
    return Model.load(counts)
