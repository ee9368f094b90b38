"""What was previewed into the ledger: one change, whole or not at all, once; what is not sure waits for review."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from budget import history
from budget.books.models import Book
from budget.categorization.engine import Engine
from budget.history import IdempotentRequest, Recorder
from budget.history.rows import Value
from budget.ledger.models import Account, AccountType, Source, Status, Tier, Transaction
from budget.statements import columns, duplicates, openings, transfers
from budget.statements.anchors import opening_of
from budget.statements.choices import require_open
from budget.statements.errors import BookChanged, LinesRefused, NotReady
from budget.statements.filing import Filing, open_categories
from budget.statements.formats.delimited_export import EXPORT_DIGEST
from budget.statements.lines import in_order
from budget.statements.models import Fate, Stage, Statement, StatementImport, StatementLine
from budget.statements.standing import is_taught
from budget.users.models import User

FIELDS = (
    "account_id", "category_id", "date", "amount", "description", "payee", "note", "status", "source", "is_pending",
    "line_id", "predicted_category_id", "tier", "confidence", "pattern", "model_version",
)  # fmt: skip
DESCRIPTION, PAYEE, PATTERN = 200, 100, 200
SURE_OF_THE_FILE = 800
"""How sure, in thousandths, a file's own category makes; it waits for review, but not in an archive."""

TO_RECORD = (Fate.NEW, Fate.DOUBTFUL)
"""A doubtful line that nobody decided about is kept apart: nothing is ever dropped for being alike."""


class Line(NamedTuple):
    """Of a line what its transaction is made of: an ISO date, thousandths, signed like a transaction."""

    pk: int
    account: int
    currency: str
    date: str
    units: int
    payee: str
    text: str
    is_pending: bool
    hint: str
    note: str = ""
    other_account: str = ""


def confirm(
    found: StatementImport,
    *,
    by: User | None,
    is_partial: bool = False,
    as_shown: Callable[[], bool] | None = None,
    request: IdempotentRequest | None = None,
) -> StatementImport:
    """Record the new lines of an import in the ledger; a second time changes nothing.

    Args:
        is_partial: take the others although some lines cannot be read.
        as_shown: asked with the book locked, whether what somebody saw is still what would be stored.

    Raises:
        LinesRefused: some lines cannot be read, and `is_partial` is not said; nothing is written.
        NotReady: a statement has no account yet, or the file is still being read.
        BookChanged: meanwhile the book got or lost rows that the preview did not know; look at it again.
        AlreadySettled: it was imported or discarded before.
        AlreadyDone: this very request was carried out before.
        MayOnlyView: `by` may not write.
    """
    version = Book.objects.values_list("version", flat=True).get(pk=found.book_id)
    engine = Engine(found.book)  # before the book is locked, because it may have to learn first
    with transaction.atomic():
        summary = f"Imported {found.file_name}"
        with history.change(found.book, by, summary, kind="statement.import", request=request) as change:
            require_open(found)
            refused = lines_of(found).filter(fate=Fate.REFUSED).count()
            if refused and not is_partial:
                raise LinesRefused(refused)
            if as_shown and not as_shown():
                raise BookChanged
            _open_accounts(found, change)
            open_categories(change, found, lines_of(found).filter(fate__in=TO_RECORD))
            _require_as_shown(found, change)
            joined = _join(found, change)
            known = engine if change.book.version == version else Engine(found.book)
            made = Maker.of(found, known).rows
            recorded = change.create_pages(Transaction, FIELDS, _new_lines(found), made, scattered="amount")
            begun = openings.settle(change, found)
            linked = transfers.link_certain(change, found)
            noun = "transaction" if recorded == 1 else "transactions"
            lines = "line" if joined == 1 else "lines"
            did = f"Imported {recorded:,} {noun}" if recorded or not joined else f"Joined {joined:,} {lines}"
            with_links = f", linked {linked:,} as transfers between own accounts" if linked else ""
            with_opening = "".join(f", set what {each.account} began with" for each in begun if not each.is_new)
            change.record.summary = f"{did} from {found.file_name}{with_links}{with_opening}"[:300]
        if change.digests:
            found.change = change.record
        found.stage = Stage.RECORDED
        found.save(update_fields=["change", "stage"])
        columns.remember(found)
    return found


def lines_of(found: StatementImport) -> QuerySet[StatementLine]:
    """All lines of an import."""
    return StatementLine.objects.filter(statement__source=found)


def _open_accounts(found: StatementImport, change: Recorder) -> None:
    """Open the accounts that the import brings; statements of one name and currency share one."""
    opened: dict[tuple[str, str], Account] = {}
    for statement in found.statements.filter(account=None, lines_count__gt=0).order_by("number"):
        if not statement.new_account:
            raise NotReady(f"Choose the account that “{statement}” belongs to.")
        key = (statement.new_account.lower(), statement.currency)
        if key not in opened:
            if Account.objects.of(change.book).filter(name__iexact=statement.new_account).exists():
                raise NotReady(f"There is an account “{statement.new_account}” already. Choose it, or another name.")
            opened[key] = change.create(
                Account(
                    name=statement.new_account,
                    institution=statement.bank,
                    type=statement.account_type or AccountType.CHECKING,
                    currency=statement.currency,
                    opening_balance=opening_of(_earliest(statement)) or Decimal(0),
                )
            )
        statement.account = opened[key]
        statement.save(update_fields=["account"])
    for statement in found.statements.filter(account=None):  # quiet days: nothing moved, yet the bank says a balance
        if made := opened.get((statement.new_account.lower(), statement.currency)):
            statement.account = made
            statement.save(update_fields=["account"])


def _earliest(statement: Statement) -> Statement:
    """Of the parts of a file that go to one new account, the one that its days begin with."""
    same = statement.source.statements.filter(
        account=None, new_account__iexact=statement.new_account, currency=statement.currency, lines_count__gt=0
    )
    return min(same, key=lambda part: (part.opening_on or part.first or date.max, part.number), default=statement)


def _require_as_shown(found: StatementImport, change: Recorder) -> None:
    """What the preview showed is what the book, now locked, would get."""
    if found.version == change.book.version:
        return
    taught, before = is_taught(found.book_id, found.version), _fates(found)
    duplicates.compare(found)
    if taught or _fates(found) != before:
        raise BookChanged


def _fates(found: StatementImport) -> list[Mapping[str, object]]:
    told = lines_of(found).values("fate").order_by("fate")
    return list(told.annotate(lines=Count("pk"), again=Sum("same_as_id"), like=Sum("matched_id")))


def _join(found: StatementImport, change: Recorder) -> int:
    """Tie lines to the transactions that a person said they are; what was only announced becomes what was posted."""
    chosen = lines_of(found).filter(fate=Fate.JOINED).select_related("statement")
    for line in chosen:
        txn = Transaction.objects.of(change.book).filter(pk=line.matched_id or 0).first()
        if txn is None or txn.account_id != line.statement.account_id:
            raise BookChanged
        values: dict[str, object] = {"is_pending": txn.is_pending and line.is_pending}
        if txn.line_id is None:
            values["line_id"] = line.pk
        else:  # it keeps the line that it came from; this one is that line again
            StatementLine.objects.filter(pk=line.pk).update(same_as_id=txn.line_id)
        if txn.is_pending and not line.is_pending:
            values |= {"amount": line.amount, "date": line.date}
        change.update(txn, **values)
    return len(chosen) + _post(found, change)


def _post(found: StatementImport, change: Recorder) -> int:
    """What was announced and is told again as posted is pending no longer; answers how many."""
    told = lines_of(found).filter(fate=Fate.THERE, is_pending=False).values("matched_id")
    announced = Transaction.objects.of(change.book).filter(pk__in=told, is_pending=True)
    return change.update_many(announced, is_pending=False)


def _new_lines(found: StatementImport) -> Iterator[list[Line]]:
    """The new lines, in the order of the file, in pages."""
    accounts = {pk: account for pk, account in found.statements.values_list("pk", "account_id") if account}
    query = (
        "SELECT id, statement_id, currency, CAST(date AS varchar(10)), amount, payee, text, is_pending, category_hint, "
        "note, other_account FROM budget_statementline WHERE fate IN ('new', 'doubtful')"
    )
    for page in in_order(query, accounts):
        yield [
            Line(pk, accounts[statement], currency, day, units, payee, text, bool(is_pending), *said)
            for pk, statement, currency, day, units, payee, text, is_pending, *said in page
        ]


@dataclass
class Maker:
    """Makes the transaction of a line; the preview shows what this makes."""

    engine: Engine
    is_archive: bool
    is_export: bool
    filing: Filing

    @classmethod
    def of(cls, found: StatementImport, engine: Engine | None = None) -> Maker:
        """For one import, as its book stands."""
        return cls(engine or Engine(found.book), found.is_archive, found.layout == EXPORT_DIGEST, Filing.of(found))

    def rows(self, lines: Sequence[Line]) -> Sequence[tuple[Value, ...]]:
        """The transactions of some lines, as `Recorder.create_pages` takes them; asks nobody."""
        return list(map(self.row, lines))

    def row(self, line: Line) -> tuple[Value, ...]:
        """The values of `FIELDS`."""
        description = (line.text or line.payee)[:DESCRIPTION].rstrip()
        filed = self.filed(line)
        return (
            line.account, filed.category, line.date, line.units, description,
            (filed.payee or line.payee)[:PAYEE].rstrip(), line.note, filed.status, self.source, line.is_pending,
            line.pk, filed.predicted, filed.tier, filed.confidence, filed.pattern[:PATTERN], filed.model,
        )  # fmt: skip

    @property
    def source(self) -> str:
        """Where the transactions come from."""
        return (Source.ARCHIVE if self.is_archive else Source.CSV_IMPORT).value

    def filed(self, line: Line) -> Filed:
        """Which category is proposed for a line, by what, and whether it goes without saying."""
        hinted = self.filing.category_of(line.hint)
        if hinted and self.is_archive:
            return Filed(hinted, hinted, Status.CONFIRMED, Tier.FILE, SURE_OF_THE_FILE, line.hint)
        if self.filing.opens(line.hint):
            return Filed(None, None, Status.CONFIRMED, Tier.FILE, SURE_OF_THE_FILE, line.hint, opens=line.hint)
        if line.other_account or (self.is_export and self.is_archive):
            return Filed(None, hinted, Status.PENDING_REVIEW)
        said = self.engine.suggest_units(line.payee, line.text, line.units, line.currency)
        if said is not None:
            status = Status.AUTO_CONFIRMED if said.is_sure else Status.PENDING_REVIEW
            return Filed(
                said.category_id if said.is_sure else None,
                said.category_id,
                status,
                said.tier,
                said.thousandths,
                said.pattern,
                said.model_version,
                said.name,
                said.reason,
            )
        if hinted:
            return Filed(None, hinted, Status.PENDING_REVIEW, Tier.FILE, SURE_OF_THE_FILE, line.hint)
        return Filed(None, None, Status.PENDING_REVIEW)


class Filed(NamedTuple):
    """Where a line goes: `category` where that is sure, `predicted` what is proposed, `confidence` in thousandths."""

    category: int | None
    predicted: int | None
    status: str
    tier: str = ""
    confidence: int | None = None
    pattern: str = ""
    model: int | None = None
    payee: str = ""
    reason: str = ""
    opens: str = ""
    """The category of our own export that the import adds to the book, as a path."""
