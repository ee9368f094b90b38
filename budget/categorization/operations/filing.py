"""Filing what waits for review by rules and known merchants, and saying beforehand what a rule would do.

R003-38. What a person decided, or has staged to be saved, is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q

from budget import history
from budget.books.models import Book
from budget.categorization.engine import Engine
from budget.categorization.models import AmountRule
from budget.categorization.operations import rules as writing
from budget.categorization.operations.payees import named_by_hand
from budget.categorization.patterns import fold, matcher
from budget.categorization.tiers import CERTAIN, Suggestion, fits_amount, rule_in_words
from budget.categorization.training import model_of
from budget.history import IdempotentRequest, Recorder
from budget.history.rows import shape_of
from budget.ledger.models import Category, Status, Tier, Transaction, TransactionQuerySet
from budget.users.models import User

SHOWN = 50
ROWS_AT_ONCE = 1000
ROWS_READ = 5000


class NotFiled(NamedTuple):
    """What a run did: how many rows were filed, and how many of the waiting rows are still waiting."""

    filed: int
    left: int


@dataclass(frozen=True)
class RulePreview:
    """What a rule would do to the rows there are.

    Attributes:
        waiting: ids of rows that wait for review and would be filed.
        refiled: ids of rows that the program filed elsewhere and that would move.
        agreeing: how many rows it fits are in its category already.
        by_hand: how many rows it fits a person filed elsewhere; they stay.
        earlier: how many rows that it fits an earlier rule takes.
    """

    waiting: Sequence[int] = ()
    refiled: Sequence[int] = ()
    agreeing: int = 0
    by_hand: int = 0
    earlier: int = 0

    @property
    def count(self) -> int:
        """How many rows would change."""
        return len(self.waiting) + len(self.refiled)

    @property
    def shown(self) -> Sequence[int]:
        """The newest rows that would change, to look at."""
        return sorted([*self.waiting, *self.refiled], reverse=True)[:SHOWN]


@dataclass
class _Count:
    waiting: list[int] = field(default_factory=list)
    refiled: list[int] = field(default_factory=list)
    agreeing: int = 0
    by_hand: int = 0
    earlier: int = 0


class _Asked(NamedTuple):
    pk: int
    status: str
    category: int | None
    payee: str
    text: str
    amount: Decimal
    currency: str


def preview_rule(book: Book, rule: AmountRule) -> RulePreview:
    """Which rows a rule would change if it were run, saved or not. Reads all rows of its amount; writes nothing.

    Rows that wait for review would be filed, rows that the program filed elsewhere moved; a decision by hand stays.
    """
    order = [other for other in writing.rules_in_order(book) if other.is_active and other.pk != rule.pk]
    ahead = sum((other.position, other.pk) < (rule.position, rule.pk) for other in order) if rule.pk else None
    place = writing.place_for(rule, order) if ahead is None else ahead
    in_use = set(Category.objects.of(book).filter(is_archived=False).values_list("pk", flat=True))
    if rule.category_id not in in_use:
        return RulePreview()
    fits = _fitting(rule, book.currency)
    earlier = [_fitting(other, book.currency) for other in order[:place] if other.category_id in in_use]
    count = _Count()
    for asked in _rows(_of_amount(Transaction.objects.of(book), rule)):
        texts = fold(asked.payee), fold(asked.text)
        if not fits(texts, asked):
            continue
        if any(other(texts, asked) for other in earlier):
            count.earlier += 1
        elif asked.status == Status.PENDING_REVIEW:
            count.waiting.append(asked.pk)
        elif asked.category == rule.category_id:
            count.agreeing += 1
        elif asked.status == Status.AUTO_CONFIRMED:
            count.refiled.append(asked.pk)
        else:
            count.by_hand += 1
    return RulePreview(count.waiting, count.refiled, count.agreeing, count.by_hand, count.earlier)


def run_rule(rule: AmountRule, *, by: User | None, request: IdempotentRequest | None = None) -> int:
    """File all rows that `preview_rule` names; answers how many.

    Raises:
        Vanished: the rule was deleted meanwhile.
    """
    with history.change(rule.book, by, f"Ran the rule {rule}", kind="rule.run", request=request) as change:
        change.fresh(rule)
        filed = _run(change, rule)
        said = writing.in_words(rule, rule.book)
        change.record.summary = f"Ran the rule {said}: {_rows_in_words(filed)}"[:300]
    return filed


def add_rule_and_run(
    *,
    book: Book,
    by: User | None,
    pattern: str,
    category: Category,
    request: IdempotentRequest | None = None,
    **values: Any,
) -> tuple[AmountRule, int]:
    """Add a rule and file at once all rows that it would change, as one change; answers it and how many rows.

    Args:
        values: `amount`, `tolerance`, `name`, `note`, as `add_rule` takes them.
    """
    given = {"pattern": pattern, "category": category, "tolerance": writing.TOLERANCE, **values}
    with history.change(book, by, f"Added the rule {pattern}", kind="rule.create", request=request) as change:
        rule = writing.create_rule(change, given)
        filed = _run(change, rule)
        said = writing.in_words(rule, book)
        change.record.summary = f"Added the rule {said}: {_rows_in_words(filed)}"[:300]
    return rule, filed


def run_rules(book: Book, *, by: User | None, request: IdempotentRequest | None = None) -> NotFiled:
    """Ask all tiers about every row that waits for review: file what is sure, propose what is likely."""
    model_of(book)  # trained, where that is due, before the book is locked
    with history.change(book, by, "Ran all rules", kind="rules.run", request=request) as change:
        engine = Engine(change.book, renew=False)
        waiting = Transaction.objects.of(book).unsettled().filter(status=Status.PENDING_REVIEW, is_transfer=False)
        told: list[tuple[int, Suggestion]] = []
        left = 0
        for asked in _rows(waiting):
            said = engine.suggest(payee=asked.payee, text=asked.text, amount=asked.amount, currency=asked.currency)
            if said is not None:
                told.append((asked.pk, said))
            left += said is None or not said.is_sure
        write(change, told)
        filed = sum(said.is_sure for _, said in told)
        change.record.summary = f"Ran all rules: {_rows_in_words(filed)}"
    return NotFiled(filed, left)


def _run(change: Recorder, rule: AmountRule) -> int:
    found = preview_rule(change.book, rule)
    ids = [*found.waiting, *found.refiled]
    said = Suggestion(
        category_id=rule.category_id,
        tier=Tier.AMOUNT_RULE,
        confidence=CERTAIN,
        pattern=rule_in_words(rule, change.book.currency)[:200],
        model_version=None,
        reason="",
        is_sure=True,
        name=rule.name,
    )
    write(change, [(pk, said) for pk in ids])
    return len(ids)


def write(change: Recorder, told: Sequence[tuple[int, Suggestion]]) -> None:
    """Keep each suggestion beside its row, and file those that are sure. A payee that a person wrote stays."""
    shape = shape_of(Transaction)
    places = {name: place for place, name in enumerate(shape.names)}
    kept = named_by_hand(change.book, {pk for pk, said in told if said.is_sure and said.name})
    for start in range(0, len(told), ROWS_AT_ONCE):
        part = dict(told[start : start + ROWS_AT_ONCE])
        found = Transaction.objects.of(change.book).filter(pk__in=part).order_by("pk")
        altered: list[Any] = []
        for pk, *values in found.values_list("pk", *shape.names):
            before = [column.write(value) for column, value in zip(shape.columns, values, strict=True)]
            after = list(before)
            for name, value in _values(part[pk], keeps_payee=pk in kept).items():
                after[places[name]] = value
            if after != before:
                altered.append((pk, before, after))
        if altered:
            change.rewrite(shape, altered)


def _values(said: Suggestion, *, keeps_payee: bool) -> dict[str, Any]:
    """What a suggestion writes into its row."""
    values: dict[str, Any] = {
        "predicted_category_id": said.category_id,
        "tier": str(said.tier),
        "confidence": said.thousandths,
        "pattern": said.pattern,
        "model_version": said.model_version,
    }
    if said.is_sure:
        values |= {"category_id": said.category_id, "status": Status.AUTO_CONFIRMED.value}
        if said.name and not keeps_payee:
            values["payee"] = said.name
    return values


def _rows(rows: TransactionQuerySet) -> Iterator[_Asked]:
    wanted = rows.filter(is_transfer=False).order_by("pk")
    fields = ("pk", "status", "category_id", "payee", "description", "amount", "account__currency")
    last = 0
    while found := [_Asked(*row) for row in wanted.filter(pk__gt=last).values_list(*fields)[:ROWS_READ]]:
        yield from found
        last = found[-1].pk


def _of_amount(rows: TransactionQuerySet, rule: AmountRule) -> TransactionQuerySet:
    """Only the rows whose amount can fit, so that the database leaves out the others."""
    if rule.amount is None:
        return rows
    low, high = rule.amount - rule.tolerance, rule.amount + rule.tolerance
    return rows.filter(Q(amount__range=(low, high)) | Q(amount__range=(-high, -low)))


def _fitting(rule: AmountRule, own: str) -> Callable[[tuple[str, str], _Asked], bool]:
    """Says of a row whether the rule's text and amount are its own."""
    matches = matcher(rule.pattern)

    def fits(texts: tuple[str, str], asked: _Asked) -> bool:
        payee, text = texts
        return fits_amount(rule, asked.amount, asked.currency, own) and (matches(text) or matches(payee))

    return fits


def _rows_in_words(count: int) -> str:
    return f"filed {count:,} transaction{'' if count == 1 else 's'}" if count else "nothing to file"
