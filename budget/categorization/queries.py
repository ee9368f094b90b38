"""What the pages of rules and accuracy show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth

from budget.books.models import Book
from budget.categorization.models import AmountRule, MerchantMapping, Origin, TrainedModel
from budget.categorization.tiers import rule_in_words
from budget.history import Change
from budget.ledger.models import Category, Source, Status, Tier, Transaction
from budget.money import format_amount
from budget.months import Month

DECIDED = (Status.CONFIRMED, Status.AUTO_CONFIRMED)
RUNS = ("rules.run", "rule.run", "rule.create")
RUNS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule as its page lists it; `filed` is how many rows stand where it, worded as it is now, put them."""

    rule: AmountRule
    words: str
    amount: str
    filed: int
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A known merchant as its page lists it; `filed` as for rules, `is_sure` where nobody is asked any more."""

    mapping: MerchantMapping
    filed: int
    is_sure: bool


@dataclass(frozen=True, slots=True)
class TierMonth:
    """What one tier proposed for a month's rows, and what people made of it.

    Attributes:
        agreed: rows whose category a person confirmed as proposed.
        corrected: rows that a person filed elsewhere.
        unseen: rows that were filed without asking, and that nobody touched since.
        waiting: rows that nobody has looked at yet.
    """

    tier: str
    label: str
    agreed: int
    corrected: int
    unseen: int
    waiting: int

    @property
    def judged(self) -> int:
        """How many a person looked at."""
        return self.agreed + self.corrected

    @property
    def accuracy(self) -> int | None:
        """How many of a hundred were right, of those that a person looked at; None where nobody did."""
        return round(100 * self.agreed / self.judged) if self.judged else None

    @property
    def proposed(self) -> int:
        """All rows that it proposed a category for."""
        return self.judged + self.unseen + self.waiting


@dataclass(frozen=True, slots=True)
class AccuracyMonth:
    """A month of rows that came from banks: each tier's record, and how many rows had no proposal."""

    month: Month
    tiers: Sequence[TierMonth]
    unproposed: int

    @property
    def rows(self) -> int:
        """All of the month's rows that could have a proposal."""
        return self.unproposed + sum(tier.proposed for tier in self.tiers)

    @property
    def coverage(self) -> int:
        """For how many of a hundred rows there was a proposal."""
        return round(100 * (self.rows - self.unproposed) / self.rows) if self.rows else 0

    @property
    def work(self) -> int:
        """How many of a hundred rows a person had to look at (R003-53: it goes down)."""
        unseen = sum(tier.unseen for tier in self.tiers)
        return round(100 * (self.rows - unseen) / self.rows) if self.rows else 0


def rule_rows(book: Book) -> list[RuleRow]:
    """All rules, the first to be asked first. Two queries."""
    rules = list(AmountRule.objects.of(book).select_related("category").order_by("position", "pk"))
    filed = _filed(book, Tier.AMOUNT_RULE)
    rows = []
    for place, rule in enumerate(rules):
        words = rule_in_words(rule, book.currency)
        amount = "" if rule.amount is None else format_amount(rule.amount, book.currency)
        if amount and rule.tolerance:
            amount += f" ± {format_amount(rule.tolerance, book.currency)}"
        count = filed.get((words[:200], rule.category_id), 0)
        rows.append(RuleRow(rule, words, amount, count, place == 0, place == len(rules) - 1))
    return rows


def mapping_rows(book: Book, *, search: str = "", start: int = 0, count: int = 100) -> list[MappingRow]:
    """Known merchants whose name contains `search`, in order of name. Two queries.

    One row more than `count` is answered where there are more, so that a page knows of the next one.
    """
    found = _mappings(book, search)[start : start + count + 1]
    filed = _filed(book, Tier.MERCHANT_MAP)
    return [
        MappingRow(
            mapping,
            filed.get((mapping.merchant, mapping.category_id), 0),
            mapping.is_active
            and (mapping.origin == Origin.MANUAL or mapping.confirmations >= book.confirmations_needed),
        )
        for mapping in found
    ]


def mapping_count(book: Book) -> int:
    """How many merchants are known."""
    return MerchantMapping.objects.of(book).count()


def runs(book: Book) -> list[tuple[Change, bool]]:
    """The latest runs of rules, newest first, each with whether it can be undone. Two queries."""
    made = Change.objects.filter(book=book, kind__in=RUNS).filter(Q(kind="rules.run") | Q(summary__contains=": filed "))
    found = list(made.order_by("-number")[:RUNS_SHOWN])
    undone = set(Change.objects.filter(book=book, undoes__in=found).values_list("undoes", flat=True))
    return [(change, change.pk not in undone) for change in found]


def waiting_count(book: Book) -> int:
    """How many rows wait for review."""
    return Transaction.objects.of(book).unsettled().filter(status=Status.PENDING_REVIEW, is_transfer=False).count()


def model_facts(book: Book) -> TrainedModel | None:
    """The book's model without what it counted."""
    return TrainedModel.objects.filter(book=book).defer("counts").first()


def open_categories(book: Book) -> list[Category]:
    """The categories that may be proposed, each group before what is below it. One query."""
    found = list(Category.objects.of(book).select_related("parent").order_by("position", "name"))
    groups = [category for category in found if category.parent_id is None]
    ordered = [each for group in groups for each in (group, *(c for c in found if c.parent_id == group.pk))]
    return [category for category in ordered if not category.is_archived]


def touched_rows(book: Book, ids: Sequence[int]) -> list[Transaction]:
    """Transactions by their ids, the newest first, with what a list says of them. One query."""
    found = Transaction.objects.of(book).filter(pk__in=ids).select_related("account", "category")
    return list(found.order_by("-date", "-pk"))


def accuracy(book: Book, first: date | None = None) -> list[AccuracyMonth]:
    """What every tier proposed and what became of it, by month, the newest first. One query.

    R003-30: prediction against decision, for rows that came from banks.

    Args:
        first: the first month's first day; all months where it is left out.
    """
    rows = Transaction.objects.of(book).filter(is_transfer=False).exclude(source__in=[Source.MANUAL, Source.LEDGER])
    if first is not None:
        rows = rows.filter(date__gte=first)
    counted = (
        rows.annotate(month=TruncMonth("date"))
        .values_list("month", "tier")
        .annotate(
            all=Count("pk"),
            agreed=Count("pk", filter=Q(status=Status.CONFIRMED, category=F("predicted_category"))),
            decided=Count("pk", filter=Q(status=Status.CONFIRMED)),
            unseen=Count("pk", filter=Q(status=Status.AUTO_CONFIRMED)),
        )
        .order_by("-month", "tier")
    )
    by_month: dict[date, dict[str, tuple[int, ...]]] = {}
    for month, tier, *figures in counted:
        by_month.setdefault(month, {})[tier] = tuple(figures)
    return [_month(month, found) for month, found in by_month.items()]


def totals(months: Sequence[AccuracyMonth]) -> list[TierMonth]:
    """Each tier's record over all months, in the order in which they are asked."""
    summed: dict[str, list[int]] = {}
    for tier in (tier for month in months for tier in month.tiers):
        held = summed.setdefault(tier.tier, [0, 0, 0, 0])
        for place, figure in enumerate((tier.agreed, tier.corrected, tier.unseen, tier.waiting)):
            held[place] += figure
    return [TierMonth(tier.value, str(tier.label), *summed[tier]) for tier in Tier if tier in summed]


def _month(month: date, found: Mapping[str, tuple[int, ...]]) -> AccuracyMonth:
    tiers = []
    for tier in Tier:
        if tier in found:
            rows, agreed, decided, unseen = found[tier]
            tiers.append(
                TierMonth(tier.value, str(tier.label), agreed, decided - agreed, unseen, rows - decided - unseen)
            )
    return AccuracyMonth(Month.of(month), tiers, sum(found.get("", (0,))[:1]))


def _filed(book: Book, tier: str) -> dict[tuple[str, int | None], int]:
    """How many rows stand where a tier put them, by pattern and category."""
    rows = Transaction.objects.of(book).filter(tier=tier, status__in=DECIDED, category=F("predicted_category"))
    found = rows.values_list("pattern", "category").annotate(count=Count("pk")).order_by()
    return {(pattern, category): count for pattern, category, count in found}


def _mappings(book: Book, search: str) -> QuerySet[MerchantMapping]:
    found = MerchantMapping.objects.of(book).select_related("category").order_by("merchant")
    return found.filter(merchant__contains=search.upper()) if search else found
