"""QIF, Quicken's old exchange format: lines that begin with a letter, records that end with `^`, sections with `!`.

Field meanings: Intuit's QIF description of 1997 as it is passed on in the documentation of GnuCash. The format names no
currency, no order of dates and no decimal mark. Oddities that are met and read:

- One order of dates for the whole file, from all of them, or from `!Option:MDY`. (day_first.qif, month_first.qif)
- `1/ 1'00`: padded with blanks, the apostrophe means 2000. (split_apostrophe_year.qif)
- A mark in front of UTF-8, other code pages, any line ends, no `^` or no line end at the end. (sample_bom.qif)
- `U` and `T` are the same amount; where they differ, the row is refused.
- `S`, `E` and `$` are parts, which have to add up to the whole; `[Savings]` instead of a category is a transfer.
  (split_apostrophe_year.qif, own_declared_order.qif)
- Several `!Type` sections, `!Account` blocks in front of them, lists between `!Option:AutoSwitch` and
  `!Clear:AutoSwitch`, which say nothing about what follows. (own_accounts_and_trades.qif)
- Sections of investments are counted and left out, and that is said; lists of categories, classes, securities, prices
  and memorized payments are no movements.
- Unknown (translated) section names are read as accounts. No section name at all: records from the first line on.
- A payee “Opening Balance” with the account's own name in brackets is a balance in the guise of a movement; it is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TextIO

from budget.statements.formats.amounts import BadAmount, decide_mark, read_amount
from budget.statements.formats.base import (
    AccountHint,
    Answers,
    Balance,
    DateOrder,
    Event,
    FileFormat,
    ParsedLine,
    StatementEnd,
    StatementStart,
    UnclearDates,
    UnreadableFile,
)
from budget.statements.formats.dates import BadDate, decide_order, read_date
from budget.statements.formats.encoding import as_text, find_encoding
from budget.statements.formats.qifentries import Reading, Record, read_record
from budget.statements.formats.remarks import LeftOut
from budget.statements.formats.texts import shorten, tidy

MOST_WITHOUT_END = 10_000
"""Lines after which no `^` is awaited any more; a record of more than `MOST_LINES` is refused by itself."""
TOO_LONG = f"A record has more than {MOST_WITHOUT_END:,} lines: the “^” that ends each is missing. Export it again."
LONGEST_LINE = 8_192
AROUND = " \t\r\n\v\f\0\x1a\ufeff"  # \x1a ends files of DOS
ACCOUNT_TYPES = {
    "bank": "checking", "cash": "cash", "ccard": "credit", "otha": "", "othl": "loan", "oths": "",
    "invst": "investment", "port": "investment", "401(k)/403(b)": "investment", "mutual": "investment",
}  # fmt: skip
LISTS = {"cat", "class", "memorized", "security", "prices", "tag", "budget", "tax", "invitem", "template", "payee"}
HEADER = re.compile(rb"(?:^|[\r\n])[ \t]{0,9}!(?:type|account|option|clear)[ \t]{0,9}(?::|[\r\n]|$)", re.IGNORECASE)
ORDERS = {"dmy": DateOrder.DAY_FIRST, "mdy": DateOrder.MONTH_FIRST, "ymd": DateOrder.YEAR_FIRST}
HEADLESS = re.compile(rb"D[ \t]{0,3}[0-9][^\r\n]{0,40}[\r\n]", re.IGNORECASE)
RECORD = re.compile(rb"[\r\n][TU][ \t]{0,3}[-+]?[0-9.,]{1,30}[ \t]{0,9}[\r\n](?s:.*)(?<=[\r\n])\^")


@dataclass(slots=True)
class _Account:
    """What `!Account` says; `closing` is its statement balance, which need not be that of the rows."""

    name: str = ""
    type: str = ""
    closing: Balance | None = None


@dataclass(slots=True)
class _Part:
    """One section of movements."""

    account: _Account
    type: str
    trades: LeftOut = field(default_factory=LeftOut)
    strange: LeftOut = field(default_factory=LeftOut)
    last: ParsedLine | None = None

    def start(self) -> StatementStart:
        return StatementStart(account=AccountHint(name=self.account.name, type=self.type or self.account.type))

    def end(self) -> StatementEnd:
        closing = self.account.closing
        if closing and closing.on and self.last and closing.on < self.last.date:
            closing = None
        remarks = (
            *self.trades.told("trade in securities", "trades in securities", "only movements of money are imported."),
            *self.strange.told("record", "records", "no date and no amount."),
        )
        return StatementEnd(closing=closing, remarks=remarks)


class _Reader:
    """Goes through the records and keeps which section and which account they are of."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.account = _Account()
        self.part: _Part | None = None
        self.section = "headless"
        self.accounts = self.rows = 0
        self.headers: list[str] = []

    def events(self, text: TextIO) -> Iterator[Event]:
        for record in _records(text):
            if record.header:
                yield from self._begin(record.header)
            elif self.section == "account":
                self._note_account(record)
            elif self.section not in LISTS and self.section != "other":
                yield from self._row(record)
        if self.part is None and not self.rows:
            raise UnreadableFile(self._why_nothing())
        yield from self._finish()

    def _begin(self, header: str) -> Iterator[Event]:
        kind, _, name = header[1:].lower().partition(":")
        kind, name = kind.strip(), name.replace(" ", "")
        if kind == "account":
            yield from self._finish()
            self.section, self.accounts = "account", 0
        elif kind == "clear" and self.accounts > 1:
            self.account = _Account()
        elif kind == "type":
            yield from self._finish()
            self.section = name or "bank"
            self.headers.append(shorten(header[1:], 30))
            if self.section not in LISTS:
                yield from self._start(ACCOUNT_TYPES.get(self.section, ""))
        elif kind not in ("option", "clear"):
            self.section = "other"

    def _start(self, type_: str) -> Iterator[Event]:
        self.part = _Part(self.account, type_)
        yield self.part.start()

    def _row(self, record: Record) -> Iterator[Event]:
        is_movement = record.has("D", "T", "U")
        if self.part is None and is_movement:
            yield from self._start("")
        part = self.part
        if part is None:
            return
        if part.type == "investment":
            part.trades.add("")
            return
        if self.section not in ACCOUNT_TYPES and not is_movement:
            part.strange.add(f"line {record.line}")
            return
        self.rows += 1
        event = read_record(record, self.rows, self.reading, self.account.name)
        if isinstance(event, ParsedLine) and (part.last is None or event.date >= part.last.date):
            part.last = event
        yield event

    def _note_account(self, record: Record) -> None:
        self.accounts += 1
        type_ = ACCOUNT_TYPES.get(record.get("T").lower().replace(" ", ""), "")
        self.account = _Account(tidy(record.get("N"))[:200], type_, self._closing(record))

    def _closing(self, record: Record) -> Balance | None:
        """Only with its date, since otherwise nobody knows what it is a balance of."""
        try:
            on = read_date(record.get("/"), self.reading.order)
            return Balance(amount=read_amount(record.get("$"), self.reading.mark), on=on)
        except (BadAmount, BadDate):
            return None

    def _finish(self) -> Iterator[Event]:
        if self.part:
            yield self.part.end()
            self.part = None

    def _why_nothing(self) -> str:
        if self.headers:
            return f"This QIF file holds only lists ({', '.join(self.headers[:5])}), no movements of an account."
        return "There is no movement in this QIF file. Export the transactions of an account."


def read(source: BinaryIO, answers: Answers) -> Iterator[Event]:
    """The events of a QIF file, which is read three times: for the order of dates, for the decimal mark, for the rows.

    Raises:
        UnreadableFile: it holds no movements, or its dates or amounts leave their order or mark open.
    """
    encoding = find_encoding(source)
    with as_text(source, encoding) as text:
        order = _order(text, answers.date_order)
    with as_text(source, encoding) as text:
        mark = decide_mark(_values(text, "TU$"), answers.decimal_mark)
    with as_text(source, encoding) as text:
        yield from _Reader(Reading(order, mark)).events(text)


def _order(text: TextIO, answer: DateOrder | None) -> DateOrder | None:
    """The order of the file's dates: the answer, else what they prove, else what `!Option:MDY` says."""
    declared: list[DateOrder] = []

    def dates() -> Iterator[str]:
        for line, _ in _lines(text):
            if line[:1] == "D":
                yield line[1:].strip()
            elif line[:1] == "!" and (order := ORDERS.get(line.lower().removeprefix("!option:").strip())):
                declared.append(order)

    try:
        return decide_order(dates(), answer)
    except UnclearDates:
        if declared:
            return declared[0]
        raise


def _values(text: TextIO, codes: str) -> Iterator[str]:
    """What stands in all lines with one of these letters, in every section: one program wrote them all."""
    for line, _ in _lines(text):
        if line[:1] in codes and line:
            yield line[1:].strip()


def _records(text: TextIO) -> Iterator[Record]:
    """Headers and records, in the file's order."""
    record = Record(line=1)
    for number, (line, is_whole) in enumerate(_lines(text), start=1):
        if line[:1] in ("^", "!"):
            if record.fields:
                record.is_ended = line[0] == "^"
                yield record
            record = Record(line=number + 1)
            if line[0] == "!":
                yield Record(line=number, header=line)
        elif line:
            if not record.fields:
                record.line = number
            record.add(line[0].upper(), line[1:].strip())
            record.is_cut = not is_whole
    if record.fields:
        record.is_ended = False
        yield record


def _lines(text: TextIO) -> Iterator[tuple[str, bool]]:
    """Lines without blanks around them, and whether they have a line end. Of too long ones, the first characters."""
    lines = 0  # since the last that ends a record or begins a section
    while line := text.readline(LONGEST_LINE):
        lines = 0 if line[0] in "^!" else lines + 1
        if lines > MOST_WITHOUT_END:
            raise UnreadableFile(TOO_LONG)
        is_whole = line[-1] in "\r\n"
        while not is_whole and (rest := text.readline(LONGEST_LINE)):
            is_whole = rest[-1] in "\r\n"
        yield line.strip(AROUND), is_whole


def _recognises(head: bytes) -> bool:
    begin = head[:8192]
    if b"\0" in begin[:64]:
        begin = begin.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    begin = begin.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bool(HEADER.search(begin) or (HEADLESS.match(begin) and RECORD.search(begin)))


QIF = FileFormat("qif", "QIF", _recognises, read)
