"""One movement of an OFX file, from its tags to a line or to why it cannot be one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from budget.statements.formats.amounts import BadAmount, read_amount
from budget.statements.formats.base import (
    LONGEST_TEXT,
    MOVES_NOTHING,
    Answers,
    DecimalMark,
    IdleLine,
    ParsedLine,
    RefusedLine,
)
from budget.statements.formats.dates import BadDate, read_date
from budget.statements.formats.refusing import Refused
from budget.statements.formats.texts import keep, shorten, tidy

MOST_VALUES = 100
TYPES = {
    "CREDIT": "Credit", "DEBIT": "Debit", "INT": "Interest", "DIV": "Dividend", "FEE": "Fee", "SRVCHG": "Service fee",
    "DEP": "Deposit", "ATM": "Cash machine", "POS": "Point of sale", "XFER": "Transfer", "CHECK": "Check",
    "PAYMENT": "Payment", "CASH": "Cash", "DIRECTDEP": "Direct deposit", "DIRECTDEBIT": "Direct debit",
    "REPEATPMT": "Standing order", "HOLD": "Hold",
}  # fmt: skip


@dataclass(slots=True)
class Entry:
    """The tags of one `STMTTRN`; `part` is the group inside it that is open (`PAYEE`)."""

    line: int
    is_pending: bool
    values: dict[str, str] = field(default_factory=dict)
    part: str = ""
    is_doubled: bool = False

    def add(self, name: str, text: str, direct: set[str]) -> None:
        """Take one tag. The first of several equal ones counts."""
        if name == "TRNAMT" and name in self.values:
            self.is_doubled = True
        key = f"{self.part}.{name}" if self.part and name not in direct else name
        if len(self.values) < MOST_VALUES:
            self.values.setdefault(key, text)

    def get(self, *names: str) -> str:
        """The first of these values that is not empty, on one line."""
        return next((text for name in names if (text := tidy(self.values.get(name, "")))), "")

    def original(self) -> str:
        """All tags with their texts, one to a line."""
        return keep("\n".join(f"<{name}>{text}" for name, text in self.values.items()))


def read_entry(
    entry: Entry, number: int, mark: DecimalMark, currency: str, answers: Answers
) -> ParsedLine | RefusedLine | IdleLine:
    """The movement; `currency` is the statement's."""
    place = _place(number, entry.line)
    try:
        return _line(entry, number, place, mark, currency, answers)
    except Refused as refused:
        return refused.line(number=number, place=place, original=entry.original())


def astray(number: int, text: str, line: int) -> RefusedLine:
    """What stands for an amount outside of all movements."""
    return RefusedLine(
        number=number,
        place=_place(number, line),
        column="STMTTRN",
        value=shorten(text),
        reason="This amount stands outside of a movement; the tags before it are damaged.",
        original=keep(f"<TRNAMT>{text}"),
    )


def cut_off(number: int, entry: Entry | None, line: int) -> RefusedLine:
    """What stands for the missing rest of a file."""
    return RefusedLine(
        number=number,
        place=_place(number, entry.line if entry else line),
        column="</OFX>",
        value="",
        reason="The file ends here without its last tag, so the rest of it is missing. Download it again.",
        original=entry.original() if entry else "",
    )


def _line(
    entry: Entry, number: int, place: str, mark: DecimalMark, currency: str, answers: Answers
) -> ParsedLine | IdleLine:
    if entry.is_doubled:
        raise Refused("TRNAMT", entry.get("TRNAMT"), "Two amounts stand in one movement; the tags between are damaged.")
    date = _date(entry, answers)
    try:
        printed = read_amount(entry.values.get("TRNAMT", ""), mark)
    except BadAmount as error:
        raise Refused("TRNAMT", entry.values.get("TRNAMT", ""), str(error)) from error
    _refuse_long(entry)
    if entry.get("CORRECTACTION").upper() == "DELETE":
        raise Refused(
            "CORRECTACTION",
            "DELETE",
            f"The bank takes back its movement {shorten(entry.get('CORRECTFITID'))}. Delete that and skip this row.",
        )
    payee, text = _texts(entry)
    if not printed:
        return IdleLine(
            number=number,
            place=place,
            date=date,
            printed=f"{printed:f}",
            reason=MOVES_NOTHING,
            payee=payee,
            text=text,
            original=entry.original(),
        )
    own_currency = entry.get("CURRENCY.CURSYM").upper()
    return ParsedLine(
        number=number,
        place=place,
        date=date,
        printed=printed,
        amount=-printed,
        currency=own_currency if own_currency != currency and len(own_currency) == 3 else "",
        value_date=_other_date(entry),
        payee=payee,
        text=text,
        bank_id=entry.get("FITID"),
        is_pending=entry.is_pending,
        remarks=_remarks(entry),
        original=entry.original(),
    )


def _date(entry: Entry, answers: Answers) -> dt.date:
    column = "DTTRAN" if entry.is_pending and not entry.get("DTPOSTED") else "DTPOSTED"
    text = entry.values.get(column, "")
    try:
        return read_date(text, answers.date_order)
    except BadDate as error:
        raise Refused(column, text, str(error)) from error


def _other_date(entry: Entry) -> dt.date | None:
    """When the money counts (DTAVAIL); many banks leave it out or empty."""
    try:
        return read_date(entry.values.get("DTAVAIL", ""), None)
    except BadDate:
        return None


def _refuse_long(entry: Entry) -> None:
    for name, text in entry.values.items():
        if len(text) > LONGEST_TEXT:
            raise Refused(name, text, f"The text has more than {LONGEST_TEXT:,} characters.")


def _texts(entry: Entry) -> tuple[str, str]:
    """Payee and text; what kind of movement it is where the bank printed neither."""
    payee = entry.get("EXTDNAME", "NAME", "PAYEE.NAME")
    text = entry.get("MEMO")
    if not payee and not text:
        kind = TYPES.get(entry.get("TRNTYPE").upper(), "Movement")
        return "", f"{kind} {entry.get('CHECKNUM').lstrip('0')}".strip()
    return payee, text


def _remarks(entry: Entry) -> tuple[str, ...]:
    if entry.get("CORRECTACTION").upper() == "REPLACE":
        return (f"The bank says that this replaces its movement {shorten(entry.get('CORRECTFITID'))}.",)
    return ()


def _place(number: int, line: int) -> str:
    return f"entry {number} (line {line})"
