"""A file into lines that can be looked at: streamed, in short transactions, so that others go on working meanwhile."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from budget.history import bulk
from budget.history.rows import Value
from budget.money import AmountOutOfRange, is_currency, round_amount, to_units
from budget.statements import accounts
from budget.statements.duplicates import compare
from budget.statements.fingerprints import fingerprint
from budget.statements.formats import read_statements, recognise
from budget.statements.formats.amounts import UnclearAmounts
from budget.statements.formats.base import (
    Answers,
    Balance,
    DateOrder,
    DecimalMark,
    IdleLine,
    ParsedLine,
    RefusedLine,
    StatementEnd,
    StatementStart,
    UnclearDates,
    UnreadableFile,
)
from budget.statements.models import Fate, Stage, Statement, StatementImport, StatementLine
from budget.statements.takingback import drop_lines
from budget.texts import clean_text

LINES_AT_ONCE = 4000
MOST_REFUSED = 5_000
"""With more rows that cannot be read a file is no statement."""

EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2200, 12, 31)
COLUMNS = (
    "statement_id", "number", "place", "date", "value_date", "amount", "currency", "printed", "payee", "text",
    "bank_id", "category_hint", "other_account", "note", "is_pending", "fingerprint", "remarks", "problem",
    "problem_column", "original", "fate",
)  # fmt: skip

UNPACKED = ("xlsx", "xls", "ods")
"""Formats that are unpacked as a whole first: where the file stands says nothing of the rows."""

Progress = Callable[[int], None]
"""Called with the number of lines read so far."""


def read_import(found: StatementImport, source: BinaryIO, progress: Progress = lambda lines: None) -> None:
    """Read the file of an import into statements and lines, and compare them with what is there.

    Whatever is wrong with the file is said on the import (`stage`, `problem`); nothing is in the ledger afterwards.
    Reading an import again begins anew.
    """
    _forget(found)
    try:
        found.format = recognise(source).name
        reading = _Reading(found, progress, None if found.format in UNPACKED else source)
        for event in read_statements(source, answers_of(found)):
            reading.take(event)
        reading.finish()
    except (UnclearDates, UnclearAmounts) as question:
        return _settle(found, Stage.ASKING, str(question))
    except UnreadableFile as refusal:
        return _settle(found, Stage.REFUSED, str(refusal))
    accounts.guess(found)
    compare(found, is_fresh=True)
    return _settle(found, Stage.READY, "")


def answers_of(found: StatementImport) -> Answers:
    """What the person said about the file so far."""
    said = found.answers
    return Answers(
        date_order=DateOrder(said["date_order"]) if said.get("date_order") else None,
        decimal_mark=DecimalMark(said["decimal_mark"]) if said.get("decimal_mark") else None,
        columns=said.get("columns") or None,
    )


def _forget(found: StatementImport) -> None:
    with transaction.atomic():
        drop_lines(found)
        found.lines_read, found.bytes_read, found.stage, found.problem = 0, 0, Stage.READING, ""
        found.save()


def _settle(found: StatementImport, stage: Stage, problem: str) -> None:
    if stage is not Stage.READY:
        with transaction.atomic():
            drop_lines(found)
    found.stage, found.problem, found.beat_at = stage, problem[:500], timezone.now()
    found.save()


@dataclass
class _Reading:
    """The reading of one file. A statement holds one currency: a line in another one begins a statement beside it."""

    found: StatementImport
    progress: Progress
    source: BinaryIO | None = None
    """The file, where its place tells how much of it was read."""
    start: StatementStart | None = None
    by_currency: dict[str, Statement] = field(default_factory=dict)
    pending: list[tuple[Value, ...]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**9)))
    own: str = ""
    unread: int = 0

    def take(self, event: object) -> None:
        """One event of the reader."""
        match event:
            case ParsedLine():
                self.pending.append(self.line(event))
            case StatementStart():
                self.begin(event)
            case RefusedLine():
                self.pending.append(self.refused(event))
            case IdleLine():
                self.pending.append(self.idle(event))
            case StatementEnd():
                self.end(event)
        if len(self.pending) >= LINES_AT_ONCE:
            self.write()

    def begin(self, start: StatementStart) -> None:
        """An account's part of the file."""
        self.start, self.by_currency = start, {}
        if start.layout:
            self.found.layout = start.layout
        self.own = start.currency if is_currency(start.currency) else accounts.usual_currency(self.found, start)
        if start.currency:
            self.statement(self.own)

    def statement(self, currency: str) -> Statement:
        """The statement of the current account in one currency, made when it is new."""
        if made := self.by_currency.get(currency):
            return made
        start = self.start or StatementStart()
        hint, opening = start.account, start.opening if currency == self.own else None
        made = Statement.objects.create(
            book_id=self.found.book_id,
            source=self.found,
            number=next(self.numbers),
            account_number=hint.number[:64],
            bank=hint.bank[:100],
            account_name=hint.name[:100],
            account_type=hint.type,
            currency=currency,
            opening=rounded_balance(opening, currency),
            opening_on=opening.on if opening else None,
        )
        self.by_currency[currency] = made
        return made

    def line(self, line: ParsedLine) -> tuple[Value, ...]:
        """A movement, with the decimals of its currency; one that no book could hold is refused."""
        currency = line.currency or self.own
        if not is_currency(currency):
            return self.not_taken(line, "currency", f"“{currency:.10}” is not a currency.")
        amount = round_amount(line.amount, currency)
        if not amount:
            return self.not_taken(line, "amount", f"{line.printed} rounds to nothing in {currency}.")
        if not EARLIEST <= line.date <= LATEST:
            return self.not_taken(line, "date", f"The year {line.date.year} is out of range.")
        try:
            units = to_units(amount)
        except AmountOutOfRange as error:
            return self.not_taken(line, "amount", str(error))
        remarks = list(line.remarks)
        if amount != line.amount:
            remarks.append(f"{abs(line.amount)} is kept as {abs(amount)}: {currency} has no smaller part.")
        statement = self.statement(currency)
        if statement.first is None or statement.last is None:
            statement.first = statement.last = line.date
        elif not statement.first <= line.date <= statement.last:
            statement.first, statement.last = min(statement.first, line.date), max(statement.last, line.date)
        statement.lines_count += 1
        payee, text = kept(line.payee, 300, line), kept(line.text, 2000, line)
        return (
            statement.pk, line.number, line.place[:100], line.date.isoformat(),
            line.value_date.isoformat() if line.value_date else None, units, currency, f"{line.printed:f}"[:60],
            payee, text, shortened(line.bank_id, 200), kept(line.category, 200, line),
            kept(line.other_account, 100, line) if line.is_exact else "", line.note[:1000], line.is_pending,
            fingerprint(line.date, units, currency, payee, text), json.dumps(remarks) if remarks else "[]", "", "",
            line.original[:4000], Fate.NEW.value,
        )  # fmt: skip

    def not_taken(self, line: ParsedLine, column: str, reason: str) -> tuple[Value, ...]:
        """A movement that the format could read, but no ledger can keep."""
        value = {"amount": str(line.printed), "date": line.date.isoformat()}.get(column, line.currency)
        return self.refused(
            RefusedLine(
                number=line.number, place=line.place, column=column, value=value, reason=reason, original=line.original
            )
        )

    def refused(self, line: RefusedLine) -> tuple[Value, ...]:
        """A row that cannot be read."""
        statement = next(iter(self.by_currency.values()), None) or self.statement(self.own)
        statement.lines_count += 1
        self.unread += 1
        if self.unread > MOST_REFUSED:
            raise UnreadableFile(
                f"More than {MOST_REFUSED:,} rows cannot be read; the last was {line.place}: {line.reason} "
                "Is this a statement, and are its columns named right?"
            )
        return (
            statement.pk, line.number, line.place[:100], None, None, None, "", shortened(line.value, 60), "", "", "",
            "", "", "", False, "", "[]", line.reason[:300], line.column[:100], line.original[:4000], Fate.REFUSED.value,
        )  # fmt: skip

    def idle(self, line: IdleLine) -> tuple[Value, ...]:
        """A row that moves nothing: counted, shown with its reason, and left out."""
        statement = next(iter(self.by_currency.values()), None) or self.statement(self.own)
        statement.lines_count += 1
        if line.date:
            statement.first = min(statement.first or line.date, line.date)
            statement.last = max(statement.last or line.date, line.date)
        return (
            statement.pk, line.number, line.place[:100], line.date.isoformat() if line.date else None, None, None, "",
            line.printed[:60], shortened(line.payee, 300), shortened(line.text, 2000), "", "", "", "", False, "",
            "[]", line.reason[:300], "", line.original[:4000], Fate.SKIPPED.value,
        )  # fmt: skip

    def end(self, end: StatementEnd) -> None:
        """The account's part is over; the lines so far are written, and what the file says of the whole is kept."""
        self.write()
        first = next(iter(self.by_currency.values()), None) or self.statement(self.own)
        if end.opening is not None:
            first.opening, first.opening_on = rounded_balance(end.opening, first.currency), end.opening.on
        if end.closing is not None:
            first.closing, first.closing_on = rounded_balance(end.closing, first.currency), end.closing.on
        first.remarks = list(end.remarks)
        for statement in self.by_currency.values():
            statement.save()

    def write(self) -> None:
        """Write the lines that have gathered."""
        if self.pending:
            varying = dict(zip(COLUMNS, map(list, zip(*self.pending, strict=True)), strict=True))
            with transaction.atomic():
                same = {"book_id": self.found.book_id, "is_chosen": False, "same_as_id": None, "matched_id": None}
                bulk.write(StatementLine, same, varying, len(self.pending))
                self.found.lines_read += len(self.pending)
                self.found.beat_at = timezone.now()
                self.found.bytes_read = self.place()
                self.found.save(update_fields=["lines_read", "bytes_read", "beat_at"])
            self.pending.clear()
        self.progress(self.found.lines_read)

    def place(self) -> int:
        """How many bytes were read; a file that is at its end while rows still come was read ahead: nobody knows."""
        if self.source is None or self.source.closed or (place := self.source.tell()) >= self.found.kept.size:
            return self.found.bytes_read
        return place

    def finish(self) -> None:
        """The file is read."""
        self.write()
        self.found.bytes_read = self.found.kept.size
        self.found.save(update_fields=["bytes_read"])
        if not self.found.lines_read:
            raise UnreadableFile("There are no movements in this file, so there is nothing to import.")
        if self.found.lines_read >= bulk_size():
            bulk.refresh_statistics(StatementLine)


def bulk_size() -> int:
    """From so many lines on the database should look at its tables anew."""
    return 10_000


def rounded_balance(balance: Balance | None, currency: str) -> Decimal | None:
    """A balance with the decimals of its currency."""
    return None if balance is None else round_amount(balance.amount, currency)


def kept(text: str, limit: int, line: ParsedLine) -> str:
    """A text of a line as its field keeps it."""
    return text[:limit].rstrip() if line.is_exact else shortened(text, limit)


def shortened(text: str, limit: int) -> str:
    """A bank's text in one spelling, without control characters; what is longer than the field is cut and says so."""
    if not text or (text.isascii() and text.isprintable() and len(text) <= limit and "  " not in text):
        return text.strip()
    printable = "".join(c if c.isprintable() else " " for c in text)
    joined = " ".join(printable.split())
    clean = clean_text(joined[: limit * 3], "Text", limit * 4)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
