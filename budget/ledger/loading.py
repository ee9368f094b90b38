"""A raw ledger into a book: streamed, as one change, whole or not at all, once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain, repeat
from pathlib import Path
from typing import BinaryIO

from django.db.models import Count, Max, Sum

from budget import history
from budget.books.models import Book
from budget.errors import BudgetError
from budget.history import AlreadyDone, Change, IdempotentRequest
from budget.history.rows import Value
from budget.ledger.errors import SumsTooLarge
from budget.ledger.ledgerfile import (
    Batch,
    LedgerFile,
    LedgerUnreadable,
    Problem,
    Problems,
    Progress,
    inspect,
)
from budget.ledger.ledgernames import Names, choose_book, members_by_text, not_a_member
from budget.ledger.ledgervalues import Known, read_date
from budget.ledger.models import Source, Status, Transaction
from budget.ledger.totals import MOST
from budget.money import UNIT, from_units
from budget.texts import TextMissing, clean_text
from budget.users.models import User

FIELDS = ("account_id", "category_id", "date", "amount", "description", "status", "source")
CONFIRMED, TO_REVIEW, RAW = Status.CONFIRMED.value, Status.PENDING_REVIEW.value, Source.LEDGER.value
MOST_PROBLEMS = 20
NO_DESCRIPTION = "Raw ledger"


class LedgerRefused(BudgetError):
    """Values of the file cannot be read; nothing was written. `problems` are the first of them."""

    def __init__(self, problems: Problems, rows: int) -> None:
        noun = "problem" if problems.count == 1 else "problems"
        super().__init__(
            f"{problems.count:,} {noun} in {rows:,} rows. Nothing was recorded; mend the file and load again."
        )
        self.problems: Sequence[Problem] = problems.first
        self.count = problems.count
        self.rows = rows


class LoadedOtherwise(RuntimeError):
    """The book does not hold what the file says; a mistake of ours, so the load is taken back."""


@dataclass
class Receipt:
    """What became of the rows of a file: `rows` = `recorded` + `already_there` + `gone`; in a dry run, what would.

    `already_there` and `gone` are of a file that was loaded before, in `change`: how many of its rows the book still
    has, and how many were deleted since. `sums` are the file's own, per currency, out positive; after a load they were
    counted again in the database.
    """

    book: Book
    is_dry_run: bool = False
    rows: int = 0
    recorded: int = 0
    already_there: int = 0
    gone: int = 0
    uncategorized: int = 0
    sums: Mapping[str, Decimal] = field(default_factory=dict)
    new_categories: Sequence[str] = ()
    new_accounts: Sequence[str] = ()
    unread_columns: Sequence[str] = ()
    change: Change | None = None

    @property
    def was_loaded_before(self) -> bool:
        """Whether an earlier change holds the file already."""
        return bool(self.already_there or self.gone)


def load_ledger(
    path: Path,
    *,
    book: str = "",
    user: User | None = None,
    dry_run: bool = False,
    strict: bool = False,
    progress: Progress = lambda done, size: None,
) -> Receipt:
    """Record every row of a raw ledger, in one change that can be undone; the same file again changes nothing.

    Args:
        book: its number or name; the first book of the user of the first row where it is left out.
        user: whom the file is about, when its `user_id` is not one of ours; it must name one person only.
        dry_run: read everything, write nothing.
        strict: refuse categories and accounts that the book does not have, instead of adding them.

    Raises:
        LedgerUnreadable: the file as a whole cannot be read.
        LedgerRefused: some of its values cannot be read; nothing is written.
        SumsTooLarge: its amounts are more than a book can add up; nothing is written.
        BookNotFound: there is no such book, or the user of the first row is in none.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        digest = inspect(file)
        file.seek(0)
        problems = Problems(MOST_PROBLEMS)
        ledger = LedgerFile(file, problems)
        batches = ledger.batches()
        first = next(batches, None)
        if first is None:
            raise LedgerUnreadable("The file has no rows.")
        if not first.count and not book and user is None:  # no row is whole: nobody can tell whose it is
            raise LedgerRefused(problems, sum(batch.refused + batch.count for batch in chain([first], batches)))
        target = choose_book(book, user, first)
        loading = _Loading(target, user, problems, strict=strict)
        receipt = Receipt(target, is_dry_run=dry_run, unread_columns=ledger.head.unread)
        told = _told(chain([first], batches), file, size, progress)
        if dry_run:
            key = usable_key(target, None, f"ledger:{digest}")
            if earlier := Change.objects.filter(book=target, by=None, key=key).first():
                return _already_there(receipt, earlier)
            loading.names = Names(target, None, strict=strict)
            for _ in loading.rows(told):
                pass
            loading.require_sound()
            return loading.tell(receipt)
        request = IdempotentRequest(usable_key(target, None, f"ledger:{digest}"), digest)
        try:
            with history.change(target, None, f"Loaded {path.name}", kind="ledger.load", request=request) as change:
                loading.names = Names(target, change, strict=strict)
                last = Transaction.objects.of(target).aggregate(last=Max("pk"))["last"] or 0
                change.create_many(Transaction, FIELDS, loading.rows(told), scattered="amount")
                loading.require_sound()
                loading.require_recorded(last)
                noun = "row" if loading.count == 1 else "rows"
                change.record.summary = f"Loaded {loading.count:,} {noun} from {path.name}"[:300]
        except AlreadyDone as done:
            return _already_there(receipt, done.change)
        receipt.change = change.record if change.digests else None
        return loading.tell(receipt)


class _Loading:
    """One file on its way into one book."""

    names: Names

    def __init__(self, book: Book, user: User | None, problems: Problems, *, strict: bool) -> None:
        self.book, self.problems = book, problems
        self.count = self.seen = self.uncategorized = 0
        self._moved = 0
        self.units: dict[int, int] = defaultdict(int)
        self._days: Known[str] = Known(read_date)
        self._descriptions: Known[str] = Known(_description, most=5000)
        self._any_user = user is not None
        self._users = {} if user else members_by_text(book)

    def rows(self, batches: Iterator[Batch]) -> Iterator[Sequence[Value]]:
        """The file's rows as recorded values of `FIELDS`; none any more after the first problem."""
        for batch in batches:
            self.seen += batch.count + batch.refused
            values = self._read(batch)
            if not self.problems.count:
                yield from values

    def require_sound(self) -> None:
        """Raise `LedgerRefused` if there was any problem."""
        if self.problems.count:
            raise LedgerRefused(self.problems, self.seen)

    def require_recorded(self, last: int) -> None:
        """Count what was written after the row `last`, in the database: it must be what the file says."""
        new = Transaction.objects.of(self.book).filter(pk__gt=last).values_list("account")
        found = {pk: (count, int(sum_ * UNIT)) for pk, count, sum_ in new.annotate(n=Count("pk"), s=Sum("amount"))}
        sums = {pk: units for pk, (_, units) in found.items()}
        if sum(count for count, _ in found.values()) != self.count or sums != dict(self.units):
            raise LoadedOtherwise(f"The book has {found}, the file {self.count} rows with {dict(self.units)}.")

    def tell(self, receipt: Receipt) -> Receipt:
        """Fill the receipt in."""
        sums: dict[str, int] = defaultdict(int)
        for account, units in self.units.items():
            sums[self.names.currencies[account]] += units
        receipt.rows = self.seen
        receipt.recorded = self.count
        receipt.uncategorized = self.uncategorized
        receipt.sums = {currency: from_units(units) for currency, units in sorted(sums.items())}
        receipt.new_categories, receipt.new_accounts = self.names.new_categories, self.names.new_accounts
        return receipt

    def _read(self, batch: Batch) -> Iterator[Sequence[Value]]:
        self._require_members(batch)
        days = batch.read("date", batch.texts("date"), self._days)
        accounts = self._accounts(batch)
        units = batch.amounts(self.names.decimals(accounts))
        filed_under = batch.texts("category")
        categories = batch.read("category", filed_under, self.names.categories)
        unfiled = categories.count(0)
        descriptions = self._texts(batch, filed_under) if "description" in batch or not self.problems.count else ()
        if self.problems.count:
            return iter(())
        self.count += batch.count
        self.uncategorized += unfiled
        self._add(accounts, units)
        statuses: Iterator[Value] = repeat(CONFIRMED)
        if unfiled:
            statuses = (CONFIRMED if c else TO_REVIEW for c in categories)
            categories = [c or None for c in categories]
        return zip(accounts, categories, days, units, descriptions, statuses, repeat(RAW), strict=False)

    def _add(self, accounts: Sequence[int | None], units: Sequence[int]) -> None:
        self._moved += sum(map(abs, units))
        if self._moved > MOST:  # the database could not even count them again
            raise SumsTooLarge
        if accounts and accounts.count(accounts[0]) == len(accounts):
            self.units[accounts[0] or 0] += sum(units)
            return
        for account, amount in zip(accounts, units, strict=True):
            self.units[account or 0] += amount

    def _require_members(self, batch: Batch) -> None:
        texts = batch.texts("user_id")
        if self._any_user and not self._users and texts:
            self._users = {texts[0]: texts[0]}
        if set(texts) <= self._users.keys():
            return
        for index, text in enumerate(texts):
            if text not in self._users and text.strip().lower() not in self._users:
                batch.refuse(index, "user_id", not_a_member(text, self.book, alone=self._any_user))

    def _accounts(self, batch: Batch) -> Sequence[int | None]:
        if "account" not in batch:
            return [self.names.accounts.read("")] * batch.count
        return batch.read("account", batch.texts("account"), self.names.accounts)

    def _texts(self, batch: Batch, instead: Sequence[str]) -> Sequence[str | None]:
        texts = batch.texts("description") if "description" in batch else instead
        together = "".join(texts)
        is_plain = together.isascii() and together.isprintable() and "" not in texts and len(max(texts, key=len)) <= 200
        if is_plain and list(map(str.strip, texts)) == list(texts):
            return texts
        filled = [text or other for text, other in zip(texts, instead, strict=True)]
        return batch.read("description", filled, self._descriptions)


def _description(text: str) -> str:
    try:
        return clean_text(text, "It", 200, required=True)
    except TextMissing:
        return NO_DESCRIPTION


def _told(batches: Iterator[Batch], file: BinaryIO, size: int, progress: Progress) -> Iterator[Batch]:
    for batch in batches:
        progress(file.tell(), size)
        yield batch


def usable_key(book: Book, by: User | None, first_key: str) -> str:
    """The idempotency key of what is done once; another one after it was undone, so that it can be done anew."""
    key, again = first_key, 1
    while (earlier := Change.objects.filter(book=book, by=by, key=key).first()) and not _stands(earlier):
        again += 1
        key = f"{first_key}:{again}"
    return key


def _stands(change: Change) -> bool:
    undone_by = Change.objects.filter(undoes=change).first()
    return undone_by is None or not _stands(undone_by)


def _already_there(receipt: Receipt, change: Change) -> Receipt:
    entries = change.entries.filter(model="transaction", action=history.Action.CREATE)
    kept = Transaction.objects.of(receipt.book)
    for first, last, count in entries.values_list("first_id", "last_id", "count"):
        receipt.rows += count
        receipt.already_there += kept.filter(pk__range=(first, last)).count()
    receipt.gone = receipt.rows - receipt.already_there
    receipt.change = change
    return receipt
