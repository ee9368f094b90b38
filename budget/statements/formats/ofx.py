"""OFX 1 (SGML), OFX 2 (XML) and QFX (OFX with Quicken's tags), by one tolerant reader of tags.

Field meanings: Open Financial Exchange 1.0.2 and 2.2, chapter 11 (STMTRS, CCSTMTRS, STMTTRN) and 13 (INVSTMTRS);
amounts 3.2.9, dates 3.2.8. Money in is positive in them, on card accounts too. Oddities that are met and read:

- Values without closing tags, everything on one line, CR alone as line end, no header. (bank_medium, date_missing)
- A header that names another character set than the bytes have: UTF-8 wins where it is valid. (latin1_declared.qfx,
  own_windows_1252.ofx)
- A lone `&` or `<` in a text, CDATA, entities of HTML. (memo_with_ampersand.ofx, suncorp.ofx)
- Zones behind dates, `[-5:EST]`: the day is the bank's, and nothing moves it.
- Leading plus and zeros, more decimals than the currency has, decimal commas with points for thousands.
  (four_decimals.ofx, multi_decimal.ofx, own_decimal_commas.ofx)
- Several accounts; one FITID on several movements: it is a hint. (multiple_accounts.ofx, date_missing.ofx)
- `BANKTRANLISTP` and `STMTTRNP` (2.2): movements that are still pending. (own_pending_movements.ofx)
- Investment statements: their cash movements are read; trades in securities are counted and left out, and that is
  said. (four_decimals.ofx, own_investment_trades.ofx)
- A missing `</OFX>`: the file is cut off, and that is a refused row. An empty balance is none. (own_cut_off.ofx)
- `AVAILBAL` is no balance of the ledger (it holds the overdraft) and is left aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from budget.statements.formats.amounts import BadAmount, UnclearAmounts, decide_mark, is_unclear, read_amount
from budget.statements.formats.base import (
    AccountHint,
    Answers,
    Balance,
    DecimalMark,
    Event,
    FileFormat,
    StatementEnd,
    StatementStart,
    UnreadableFile,
)
from budget.statements.formats.dates import BadDate, read_date
from budget.statements.formats.ofxentries import Entry, astray, cut_off, read_entry
from budget.statements.formats.ofxtags import amounts, find_charset, tags
from budget.statements.formats.remarks import LeftOut
from budget.statements.formats.texts import shorten, tidy

STATEMENTS = {"STMTRS": "", "CCSTMTRS": "credit", "INVSTMTRS": "investment"}
ENTRIES = {"STMTTRN", "STMTTRNP"}
PARTS_OF_ENTRIES = {"PAYEE", "CURRENCY", "ORIGCURRENCY", "BANKACCTTO", "CCACCTTO"}
ALWAYS_DIRECT = {"TRNAMT", "DTPOSTED", "DTTRAN", "FITID", "MEMO", "TRNTYPE"}
PLACES = {"BANKACCTFROM", "CCACCTFROM", "INVACCTFROM", "LEDGERBAL", "AVAILBAL", "STATUS", "FI"}
WANTED = {"ACCTID", "BANKID", "BROKERID", "ACCTTYPE", "CURDEF", "BALAMT", "DTASOF", "ORG", "SEVERITY", "MESSAGE"}
ENDING_ENTRIES = {"BANKTRANLIST", "BANKTRANLISTP", "LEDGERBAL", "AVAILBAL", "INVBANKTRAN", "INVTRANLIST"}
ACCOUNT_TYPES = {
    "CHECKING": "checking", "SAVINGS": "savings", "MONEYMRKT": "savings", "CD": "savings",
    "CREDITLINE": "loan", "CREDITCARD": "credit", "LOAN": "loan",
}  # fmt: skip
KNOWN = STATEMENTS.keys() | ENTRIES | PARTS_OF_ENTRIES | PLACES | ENDING_ENTRIES | {"OFX"}


@dataclass(slots=True)
class _Part:
    """One account's part of the file while it is read; `seen` are its own values, by place and tag."""

    type: str
    seen: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    is_started: bool = False
    trades: LeftOut = field(default_factory=LeftOut)

    def start(self) -> Iterator[Event]:
        if not self.is_started:
            self.is_started = True
            yield StatementStart(account=self._account(), currency=self.currency())

    def currency(self) -> str:
        code = self.seen.get("CURDEF", "").upper()
        return code if re.fullmatch("[A-Z]{3}", code) else ""

    def _account(self) -> AccountHint:
        type_ = self.type or ACCOUNT_TYPES.get(self._first("ACCTTYPE").upper(), "")
        number = "".join(tidy(self._first("ACCTID")).split())
        bank = self._first("BANKID") or self._first("BROKERID") or self.seen.get("ORG", "")
        return AccountHint(number=number[:100], bank=tidy(bank)[:100], type=type_)

    def _first(self, tag: str) -> str:
        places = ("BANKACCTFROM", "CCACCTFROM", "INVACCTFROM")
        return next((text for place in places if (text := self.seen.get(f"{place}.{tag}"))), "")

    def end(self, mark: DecimalMark) -> Iterator[Event]:
        closing = self._closing(mark)
        if self.type == "investment":
            self.remarks.append("This is an investment statement; its movements of cash are imported.")
        self.remarks += self.trades.told("trade in securities", "trades in securities", "only cash is imported.")
        yield StatementEnd(closing=closing, remarks=tuple(self.remarks))

    def _closing(self, mark: DecimalMark) -> Balance | None:
        text = self.seen.get("LEDGERBAL.BALAMT", "")
        if not text:
            return None
        try:
            amount = read_amount(text, mark)
        except BadAmount as error:
            self.remarks.append(f"The closing balance cannot be read: {error}")
            return None
        try:
            return Balance(amount=amount, on=read_date(self.seen.get("LEDGERBAL.DTASOF", ""), None))
        except BadDate:
            return Balance(amount=amount)


class _Reader:
    """Goes through the tags and keeps where it is: in which account's part, in which movement."""

    def __init__(self, mark: DecimalMark, answers: Answers) -> None:
        self.mark, self.answers = mark, answers
        self.part: _Part | None = None
        self.entry: Entry | None = None
        self.place = self.message = self.bank = ""
        self.rows, self.line = 0, 1
        self.is_open = self.is_inside = False

    def events(self, source: BinaryIO, encoding: str) -> Iterator[Event]:
        for name, text, line in tags(source, encoding):
            self.line = line
            if name[0] == "/":
                if name[1:] in KNOWN:
                    yield from self._closed(name[1:])
            elif self.entry and name not in KNOWN:
                self.entry.add(name, text, ALWAYS_DIRECT)
            else:
                yield from self._opened(name, text)
        if self.part is None:
            raise UnreadableFile(self._why_nothing())
        if self.is_open:
            yield from self.part.start()
            yield cut_off(self.rows + 1, self.entry, self.line)
        else:
            yield from self._finish_entry()
        yield from self._finish_part()

    def _opened(self, name: str, text: str) -> Iterator[Event]:
        if name in STATEMENTS:
            yield from self._finish_entry()
            yield from self._finish_part()
            self.part, self.place, self.is_inside = _Part(STATEMENTS[name], {"ORG": self.bank}), "", True
        elif name in ENTRIES:
            yield from self._finish_entry()
            self.part = self.part or _Part("")
            self.entry = Entry(line=self.line, is_pending=name == "STMTTRNP")
        elif name in ENDING_ENTRIES or name in PLACES:
            yield from self._finish_entry()
            self.place = name if name in PLACES else ""
        elif self.entry and name in PARTS_OF_ENTRIES:
            self.entry.part = name
        elif name == "TRNAMT" and self.is_inside and self.part:
            self.rows += 1
            yield from self.part.start()
            yield astray(self.rows, text, self.line)
        else:
            self._note(name, text)

    def _note(self, name: str, text: str) -> None:
        if name == "OFX":
            self.is_open = True
        elif name == "INVTRAN" and self.part:
            self.part.trades.add("")
        elif name in WANTED and self.part is None:
            self.bank = text if name == "ORG" else self.bank
            self.message = text if name == "MESSAGE" else self.message
        elif name in WANTED and self.part:
            self.part.seen.setdefault(f"{self.place}.{name}" if self.place and name != "CURDEF" else name, text)

    def _closed(self, name: str) -> Iterator[Event]:
        if name in ENTRIES or name in ENDING_ENTRIES or name in STATEMENTS:
            yield from self._finish_entry()
        if name == "OFX":
            self.is_open = False
        if name in STATEMENTS:
            self.is_inside = False
        if self.entry and name == self.entry.part:
            self.entry.part = ""
        if name == self.place:
            self.place = ""

    def _finish_entry(self) -> Iterator[Event]:
        if self.entry is None or self.part is None:
            return
        entry, self.entry = self.entry, None
        self.rows += 1
        yield from self.part.start()
        yield read_entry(entry, self.rows, self.mark, self.part.currency(), self.answers)

    def _finish_part(self) -> Iterator[Event]:
        if self.part:
            yield from self.part.start()
            yield from self.part.end(self.mark)

    def _why_nothing(self) -> str:
        if self.message and self.message.upper() not in ("OK", "SUCCESS"):
            return f"There is no statement in this OFX file. The bank says: “{shorten(self.message, 200)}”"
        return "There is no statement in this OFX file. Download the movements of an account from your bank."


def read(source: BinaryIO, answers: Answers) -> Iterator[Event]:
    """The events of an OFX file of either version.

    Raises:
        UnreadableFile: it has no statement, declares a document type, or its amounts leave two decimal marks open.
    """
    encoding = find_charset(source)
    mark = _decimal_mark(source, encoding, answers)
    yield from _Reader(mark, answers).events(source, encoding)


def _decimal_mark(source: BinaryIO, encoding: str, answers: Answers) -> DecimalMark:
    """OFX allows point and comma for decimals and nothing for thousands, which not all banks know: all amounts count.

    `1.234` alone has three decimals by the standard; `1,234` alone is asked, since American banks write it for 1234.
    """
    commas: list[str] = []

    def noted() -> Iterator[str]:
        for text in amounts(source, encoding):
            if not commas and "," in text and is_unclear(text):
                commas.append(text)
            yield text

    try:
        return decide_mark(noted(), answers.decimal_mark)
    except UnclearAmounts:
        if commas:
            raise UnclearAmounts(commas[0]) from None
        return DecimalMark.POINT


def _head(head: bytes) -> bytes:
    """The beginning without marks and the NULs of UTF-16, in capitals."""
    return head[:8192].replace(b"\0", b"").upper()


def _is_version_2(head: bytes) -> bool:
    begin = _head(head)
    return b"<?OFX" in begin or (b"<?XML" in begin and b"<OFX" in begin)


def _is_version_1(head: bytes) -> bool:
    begin = _head(head)
    return not _is_version_2(head) and (b"OFXHEADER" in begin or b"<OFX>" in begin)


OFX1 = FileFormat("ofx1", "OFX 1 or QFX", _is_version_1, read)
OFX2 = FileFormat("ofx2", "OFX 2", _is_version_2, read)
