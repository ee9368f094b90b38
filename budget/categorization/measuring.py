"""How good the tiers are at a book's own rows: trained on older ones, asked about newer ones. Writes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from zlib import crc32

from django.db.models import QuerySet

from budget.books.models import Book
from budget.categorization.classifier import Example, band_of, train
from budget.categorization.models import AmountRule, MerchantMapping, Origin
from budget.categorization.operations.learning import confirm
from budget.categorization.tiers import TIERS, Known, Row, Suggestion, model
from budget.ledger.models import Category, Status, Tier, Transaction

FOLDS = 5
STEPS = (Decimal("0.3"), Decimal("0.5"), Decimal("0.7"), Decimal("0.8"), Decimal("0.9"))
"""Where the bands of certainty begin that are compared with how often they were right."""


class Decided(NamedTuple):
    """A row that a person filed."""

    row: Row
    category: int


@dataclass
class Record:
    """How often proposals were right.

    `said` adds up how sure they were, so that divided by `proposed` it can be compared with the share that was right.
    """

    proposed: int = 0
    right: int = 0
    said: Decimal = Decimal(0)

    def take(self, told: Suggestion, category: int) -> None:
        """Count one proposal."""
        self.proposed += 1
        self.right += told.category_id == category
        self.said += told.confidence

    def figures(self) -> dict[str, Any]:
        """For people and machines; shares are None where nothing was proposed."""
        count = self.proposed
        return {
            "proposed": count,
            "right": self.right,
            "accuracy": round(self.right / count, 4) if count else None,
            "said": round(float(self.said) / count, 4) if count else None,
        }


@dataclass
class Measured:
    """What came of it: per tier, of what would be filed without asking, and by band of certainty."""

    asked: int = 0
    tiers: dict[str, Record] = field(default_factory=dict)
    unasked: Record = field(default_factory=Record)
    bands: dict[Decimal, Record] = field(default_factory=lambda: {step: Record() for step in STEPS})
    lower: Record = field(default_factory=Record)
    new: Record = field(default_factory=Record)

    def take(self, told: Suggestion | None, category: int, *, is_new: bool) -> None:
        """Count one row, with what was proposed for it."""
        self.asked += 1
        if told is None:
            return
        self.tiers.setdefault(str(told.tier), Record()).take(told, category)
        band = max((step for step in STEPS if step <= told.confidence), default=None)
        (self.lower if band is None else self.bands[band]).take(told, category)
        if told.is_sure:
            self.unasked.take(told, category)
        if is_new:
            self.new.take(told, category)

    def figures(self) -> dict[str, Any]:
        """For people and machines."""
        all_records = list(self.tiers.values())
        proposed, right = sum(r.proposed for r in all_records), sum(r.right for r in all_records)
        return {
            "rows": self.asked,
            "coverage": round(proposed / self.asked, 4) if self.asked else None,
            "accuracy": round(right / proposed, 4) if proposed else None,
            "tiers": {tier.value: self.tiers[tier].figures() for tier in Tier if tier in self.tiers},
            "filed_without_asking": self.unasked.figures(),
            "of_new_merchants": self.new.figures(),
            "calibration": [
                {"from": str(step), **record.figures()} for step, record in self.bands.items() if record.proposed
            ],
        }


def measure(book: Book, since: date) -> dict[str, Any]:
    """Train on a book's decided rows before `since`, ask about those from it on, and compare.

    `tiers` is the whole of it as an import would ask; `model` is the third tier alone, asked about every row; `unmet`
    is the third tier asked about merchants that it was kept from meeting, a fifth of them at a time. Rules are the
    book's of today; merchants are learned anew from the older rows.
    """
    older, newer = _parted(book, since)
    start = time.perf_counter()
    known = _known(book, older)
    trained = time.perf_counter() - start
    seen = {decided.row.merchant for decided in older}
    alone = Measured()
    start = time.perf_counter()
    whole = _asked(known, older, newer)
    asked = time.perf_counter() - start
    for decided in newer:
        alone.take(model(known, decided.row), decided.category, is_new=decided.row.merchant not in seen)
    return {
        "since": since.isoformat(),
        "learned_from": len(older),
        "training_seconds": round(trained, 3),
        "asking_seconds": round(asked, 3),
        "tiers": whole.figures(),
        "model": alone.figures(),
        "unmet": _unmet(known, older, newer).figures(),
    }


def trial(book: Book, since: date) -> dict[str, Any]:
    """The part of `measure` that a page shows: the tiers as an import would ask them."""
    older, newer = _parted(book, since)
    return {"learned_from": len(older), **_asked(_known(book, older), older, newer).figures()}


def decided_count(book: Book) -> int:
    """How many rows of a book a person filed, which is what there is to learn from and to be asked about."""
    return _decided_rows(book).count()


def _decided_rows(book: Book) -> QuerySet[Transaction]:
    return Transaction.objects.of(book).filter(status=Status.CONFIRMED, category__isnull=False, is_transfer=False)


def _parted(book: Book, since: date) -> tuple[list[Decided], list[Decided]]:
    """What a person filed before a day, and from it on."""
    fields = ("date", "payee", "description", "amount", "account__currency", "category_id")
    found = list(_decided_rows(book).order_by("date", "pk").values_list(*fields))
    older = [_decided(each) for each in found if each[0] < since]
    return older, [_decided(each) for each in found if each[0] >= since]


def _asked(known: Known, older: Sequence[Decided], newer: Sequence[Decided]) -> Measured:
    """All tiers in order, asked about each newer row."""
    seen, measured = {decided.row.merchant for decided in older}, Measured()
    for decided in newer:
        told = next((said for tier in TIERS if (said := tier(known, decided.row))), None)
        measured.take(told, decided.category, is_new=decided.row.merchant not in seen)
    return measured


def _unmet(known: Known, older: Sequence[Decided], newer: Sequence[Decided]) -> Measured:
    """The model on merchants whose rows it never saw: how it takes a shop that opened yesterday."""
    measured = Measured()
    for fold in range(FOLDS):
        kept = [decided for decided in older if _fold(decided) != fold]
        partly = replace(known, model=train(_examples(kept)))
        for decided in newer:
            if _fold(decided) == fold:
                measured.take(model(partly, decided.row), decided.category, is_new=True)
    return measured


def _fold(decided: Decided) -> int:
    return crc32(decided.row.merchant.encode()) % FOLDS


def _examples(rows: Iterable[Decided]) -> list[Example]:
    return [Example(d.row.merchant, band_of(d.row.amount), d.category) for d in rows if d.row.merchant]


def _decided(found: Sequence[Any]) -> Decided:
    _, payee, text, amount, currency, category = found
    return Decided(Row.of(payee, text, amount, currency), category)


def _known(book: Book, older: Sequence[Decided]) -> Known:
    categories = {category.pk: category for category in Category.objects.of(book).filter(is_archived=False)}
    rules = AmountRule.objects.of(book).filter(is_active=True, category__in=categories).order_by("position", "pk")
    return Known(
        currency=book.currency,
        confirmations_needed=book.confirmations_needed,
        categories=categories,
        rules=list(rules),
        mappings=_learned(book, older),
        model=train(_examples(older)),
        model_version=1,
    )


def _learned(book: Book, older: Iterable[Decided]) -> Mapping[str, MerchantMapping]:
    """What came with the book or was written by hand, and what confirming the older rows would have taught."""
    given = MerchantMapping.objects.of(book).filter(is_active=True).exclude(origin=Origin.LEARNED)
    known = {mapping.merchant: mapping for mapping in given}
    for decided in older:
        merchant = decided.row.merchant
        if merchant:
            row = known.setdefault(merchant, MerchantMapping(merchant=merchant, category_id=decided.category))
            confirm(row, [decided.category])
    return known
