"""What an import's page says in sentences: how many rows of which fate, which days, which sums, does it add up."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Max, Min, Q, Sum

from budget.money import format_with_currency
from budget.money.display import format_amount
from budget.months import MONTH_NAMES
from budget.statements.balances import Identity
from budget.statements.models import Fate, Statement, StatementImport, StatementLine
from budget.statements.sequence import in_time

TO_RECORD = (Fate.NEW, Fate.DOUBTFUL)
THERE = (Fate.THERE, Fate.JOINED)
SKIPPED = (Fate.SKIPPED, Fate.DELETED)
NOTHING = Decimal(0)


@dataclass
class Part:
    """One account's part of the file: all its statements together, in the order of the file."""

    statements: list[Statement] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    moved: Decimal = NOTHING

    @property
    def statement(self) -> Statement:
        """The first one, which stands for all of them where the person chooses their account."""
        return self.statements[0]

    @property
    def currency(self) -> str:
        """Of the balances."""
        return self.statement.currency

    @property
    def rows(self) -> int:
        """Of all fates."""
        return sum(self.counts.values())

    @property
    def balance(self) -> Identity:
        """From the earliest opening to the latest closing; `moved` counts money in as positive."""
        ordered = in_time(self.statements)
        return Identity(ordered[0].opening, self.moved, ordered[-1].closing, self.rows)

    @property
    def title(self) -> str:
        """What the file calls the account."""
        first = self.statement
        return (
            " ".join(filter(None, [first.account_name or first.bank, first.account_number]))
            or "The file names no account"
        )

    @property
    def remarks(self) -> Sequence[str]:
        """What the reader says about it, each sentence once."""
        return list(dict.fromkeys(remark for statement in self.statements for remark in statement.remarks))


@dataclass
class Summary:
    """An import as a whole. Sums are of the rows that are or would be recorded, by currency, both positive."""

    source: StatementImport
    parts: Sequence[Part]
    counts: Mapping[str, int]
    out: Mapping[str, Decimal]
    into: Mapping[str, Decimal]
    first: dt.date | None
    last: dt.date | None

    def of(self, fates: Iterable[str]) -> int:
        """Rows of any of these fates."""
        return sum(self.counts.get(fate, 0) for fate in fates)

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    @property
    def recorded(self) -> int:
        return self.of(TO_RECORD)

    @property
    def there(self) -> int:
        return self.of(THERE)

    @property
    def skipped(self) -> int:
        return self.of(SKIPPED)

    @property
    def refused(self) -> int:
        return self.of([Fate.REFUSED])

    @property
    def joined(self) -> int:
        return self.of([Fate.JOINED])

    @property
    def undecided(self) -> int:
        """Perhaps in the book already; recorded beside those there unless somebody says otherwise."""
        return self.of([Fate.DOUBTFUL])

    @property
    def is_all_there(self) -> bool:
        """Whether the book has every row of the file."""
        return self.rows > 0 and self.counts.get(Fate.THERE, 0) == self.rows


def summary(found: StatementImport) -> Summary:
    """Two queries, however many rows and statements the file has."""
    lines = StatementLine.objects.filter(statement__source=found)
    told = lines.values("statement_id", "fate", "currency").order_by("statement_id", "fate", "currency")
    sums = told.annotate(
        rows=Count("pk"),
        out=Sum("amount", filter=Q(amount__gt=0)),
        into=Sum("amount", filter=Q(amount__lt=0)),
        first=Min("date"),
        last=Max("date"),
    )
    parts: dict[tuple[object, ...], Part] = {}
    by_statement: dict[int, Part] = {}
    for statement in found.statements.select_related("account").order_by("number"):
        key = (statement.account_number, statement.account_name, statement.bank, statement.currency)
        part = by_statement[statement.pk] = parts.setdefault(key, Part())
        part.statements.append(statement)
    counts: dict[str, int] = defaultdict(int)
    out: dict[str, Decimal] = defaultdict(Decimal)
    into: dict[str, Decimal] = defaultdict(Decimal)
    days: list[dt.date] = []
    for row in sums:
        part, went, came = by_statement[row["statement_id"]], row["out"] or NOTHING, row["into"] or NOTHING
        part.counts[row["fate"]] += row["rows"]
        part.moved -= went + came
        counts[row["fate"]] += row["rows"]
        days += [day for day in (row["first"], row["last"]) if day]
        if row["fate"] in TO_RECORD:
            out[row["currency"]] += went
            into[row["currency"]] -= came
    kept = [part for part in parts.values() if part.rows or part.balance.is_told]
    return Summary(found, kept, counts, out, into, min(days, default=None), max(days, default=None))


def days_in_words(first: dt.date | None, last: dt.date | None, today: dt.date) -> str:
    """``1 to 20 November``, ``28 October to 3 November``, ``30 December 2025 to 2 January``; both ends included."""
    if first is None or last is None:
        return ""
    tail = _day(last, today)
    if first == last:
        return tail
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {tail}"
    return f"{_day(first, last if first.year == last.year else today)} to {tail}"


def _day(day: dt.date, today: dt.date) -> str:
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day.day} {MONTH_NAMES[day.month - 1]}{year}"


def count_in_words(count: int, noun: str = "row") -> str:
    """``1 row``, ``1,204 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def say(told: Summary, today: dt.date) -> str:
    """The sums in words: ``10 rows, 1 to 20 November. 9 new, 1 to decide. Money out 279.25, money in 2,150.00``."""
    if told.is_all_there:
        return "The 1 row is already here." if told.rows == 1 else f"All {told.rows:,} rows are already here."
    days = days_in_words(told.first, told.last, today)
    sentences = [", ".join(filter(None, [count_in_words(told.rows), days])), fates_in_words(told.counts), *_sums(told)]
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def fates_in_words(counts: Mapping[str, int], *, is_recorded: bool = False) -> str:
    """``5 new, 4 to decide, 1 joined``; once recorded nothing is left to decide, so those count as new."""
    new, undecided = counts.get(Fate.NEW, 0), counts.get(Fate.DOUBTFUL, 0)
    fates = [(new + undecided, "new")] if is_recorded else [(new, "new"), (undecided, "to decide")]
    fates += [(counts.get(Fate.THERE, 0), "already here"), (counts.get(Fate.JOINED, 0), "joined")]
    fates += [(counts.get(Fate.DELETED, 0), "deleted before"), (counts.get(Fate.SKIPPED, 0), "left out")]
    fates += [(counts.get(Fate.REFUSED, 0), "cannot be read")]
    return ", ".join(f"{count:,} {word}" for count, word in fates if count)


def _sums(told: Summary) -> list[str]:
    """``Money out 279.25, money in 2,150.00``: a sentence, or one for each sum where there are several currencies."""
    sentences: list[str] = []
    own = told.source.book.currency
    for currency in sorted(told.out, key=lambda code: (code != own, code)):
        write = format_amount if len(told.out) == 1 else format_with_currency
        went, came = told.out[currency], told.into[currency]
        sums = [f"money out {write(went, currency)}"] if went else []
        sums += [f"money in {write(came, currency)}"] if came else []
        if sums:
            sentences.append(_first_up(", ".join(sums)))
    return sentences


def say_receipt(told: Summary) -> str:
    """Every line and every sum is accounted for.

    ``9 lines in the file = 6 new + 2 already here + 1 joined + 0 left out + 0 refused. Money out 279.25.``
    """
    deleted = told.counts.get(Fate.DELETED, 0)
    parts = [(told.recorded, "new"), (told.counts.get(Fate.THERE, 0), "already here"), (told.joined, "joined")]
    parts += [(deleted, "deleted before")] if deleted else []
    parts += [(told.counts.get(Fate.SKIPPED, 0), "left out"), (told.refused, "refused")]
    lines = " + ".join(f"{count:,} {word}" for count, word in parts)
    sentences = [f"{count_in_words(told.rows, 'line')} in the file = {lines}", *_sums(told)]
    return " ".join(f"{sentence}." for sentence in sentences)


def say_balance(balance: Identity, currency: str) -> str:
    """``Opening 1,204.10 − 228.85 in these rows = closing 975.25, as the bank says``; empty if it says nothing."""
    if balance.opening is None or balance.closing is None or balance.expected is None or balance.difference is None:
        return ""
    opening, closing, expected, moved = (
        format_amount(amount, currency)
        for amount in (balance.opening, balance.closing, balance.expected, abs(balance.moved))
    )
    sum_of = f"Opening {opening} {'−' if balance.moved < 0 else '+'} {moved} in these rows ="
    if balance.holds:
        return f"{sum_of} closing {closing} {currency}, as the bank says."
    gap = format_amount(abs(balance.difference), currency)
    return f"{sum_of} {expected}, but the bank says {closing} {currency}: {gap} apart."


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
