"""One record of a QIF file, from its lines to a movement or to why it cannot be one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from budget.statements.formats.amounts import BadAmount, read_amount
from budget.statements.formats.base import (
    LONGEST_TEXT,
    MOVES_NOTHING,
    DateOrder,
    DecimalMark,
    IdleLine,
    ParsedLine,
    RefusedLine,
    SplitPart,
)
from budget.statements.formats.dates import BadDate, read_date
from budget.statements.formats.refusing import Refused
from budget.statements.formats.texts import keep, tidy

MOST_LINES = 2_000
SPLIT = "--split--"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the dates and amounts of the file are written."""

    order: DateOrder | None
    mark: DecimalMark


@dataclass(slots=True)
class Record:
    """The lines of a record by their letters, or a header; `is_ended` where `^` stood, `is_cut` within a line."""

    line: int
    header: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    is_ended: bool = True
    is_cut: bool = False

    def add(self, code: str, text: str) -> None:
        """Take one line; of too many, no more than shows that they are too many."""
        if len(self.fields) <= MOST_LINES:
            self.fields.append((code, text))

    def has(self, *codes: str) -> bool:
        """Whether there is a line with one of these letters."""
        return any(code in codes for code, _ in self.fields)

    def get(self, wanted: str) -> str:
        """What stands in the first line with this letter."""
        return next((text for code, text in self.fields if code == wanted), "")

    def all(self, wanted: str) -> str:
        """What stands in all lines with this letter, on one line."""
        return tidy(" ".join(text for code, text in self.fields if code == wanted))

    def original(self) -> str:
        """The record as it came."""
        return keep("\n".join(f"{code}{text}" for code, text in self.fields))


def read_record(record: Record, number: int, reading: Reading, account: str) -> ParsedLine | RefusedLine | IdleLine:
    """The movement, or that it moves none. `account` is the name of the account it is of."""
    place = f"entry {number} (line {record.line})"
    try:
        return _line(record, number, place, reading, account)
    except Refused as refused:
        return refused.line(number=number, place=place, original=record.original())


def _line(record: Record, number: int, place: str, reading: Reading, account: str) -> ParsedLine | IdleLine:
    _refuse_broken(record)
    date = _date(record, reading)
    printed = _amount(record, reading)
    splits, remarks = _splits(record, printed, reading)
    category, other_account = _category(record.get("L"), splits)
    payee, text = tidy(record.get("P")), record.all("M")
    if not payee and not text:
        text = record.all("A") or category or tidy(f"No. {record.get('N')}" if record.get("N") else "Movement")
    if not printed:
        return IdleLine(
            number=number,
            place=place,
            date=date,
            printed=f"{printed:f}",
            reason=MOVES_NOTHING,
            payee=payee,
            text=text,
            original=record.original(),
        )
    if account and other_account == account and not splits:
        remarks = (*remarks, "This is the account's opening balance rather than a movement.")
    return ParsedLine(
        number=number,
        place=place,
        date=date,
        printed=printed,
        amount=-printed,
        payee=payee,
        text=text,
        category=category,
        other_account=other_account,
        splits=splits,
        remarks=remarks,
        original=record.original(),
    )


def _refuse_broken(record: Record) -> None:
    if record.is_cut or not (record.is_ended or (record.has("D") and record.has("T", "U"))):
        raise Refused("^", "", "The file breaks off in this record, so the rest is missing. Export it again.")
    for code, what in (("D", "dates"), ("T", "amounts"), ("U", "amounts")):
        if sum(known == code for known, _ in record.fields) > 1:
            raise Refused(code, record.get(code), f"Two {what} stand in one record; the “^” between them is missing.")
    if len(record.fields) > MOST_LINES:
        raise Refused("^", "", f"The record has more than {MOST_LINES:,} lines.")
    for code, text in record.fields:
        if len(text) > LONGEST_TEXT:
            raise Refused(code, text, f"The text has more than {LONGEST_TEXT:,} characters.")
    if len(record.all("M")) > LONGEST_TEXT:
        raise Refused("M", record.get("M"), f"The text has more than {LONGEST_TEXT:,} characters.")


def _date(record: Record, reading: Reading) -> dt.date:
    text = record.get("D")
    try:
        return read_date(text, reading.order)
    except BadDate as error:
        raise Refused("D", text, str(error)) from error


def _amount(record: Record, reading: Reading) -> Decimal:
    """What `T` says, and `U` where there is no `T`."""
    texts = [(code, text) for code in "TU" if (text := record.get(code))]
    amounts = [_number(code, text, reading) for code, text in texts or [("T", "")]]
    if len(set(amounts)) > 1:
        raise Refused("U", record.get("U"), f"T says {amounts[0]} and U says {amounts[1]}; they should be the same.")
    return amounts[0]


def _number(code: str, text: str, reading: Reading) -> Decimal:
    try:
        return read_amount(text, reading.mark)
    except BadAmount as error:
        raise Refused(code, text, str(error)) from error


def _splits(record: Record, printed: Decimal, reading: Reading) -> tuple[tuple[SplitPart, ...], tuple[str, ...]]:
    """The parts with money out positive, without those of 0, and a remark where they are no parts of this amount."""
    parts: list[dict[str, str]] = []
    for code, text in record.fields:
        if code == "S":
            parts.append({})
        if code in "SE$" and parts:
            parts[-1].setdefault(code, text)
    if not parts:
        return (), ()
    amounts = [_number("$", part["$"], reading) if part.get("$") else None for part in parts]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(parts):
        return (), ("The parts of this split have no amounts, so they are left out.",)
    if sum(known) != printed:
        return (), (f"The parts of this split add up to {sum(known)}, not to {printed}, so they are left out.",)
    made = (
        SplitPart(amount=-amount, category=tidy(part.get("S", "")), note=tidy(part.get("E", "")))
        for amount, part in zip(known, parts, strict=True)
        if amount
    )
    return tuple(made), ()


def _category(text: str, splits: tuple[SplitPart, ...]) -> tuple[str, str]:
    """Category and own account of `L`; one of a split is said by its parts."""
    category = tidy(text)
    if splits or category.strip("|").lower() == SPLIT:
        return "", ""
    if category.startswith("[") and "]" in category:
        return "", category[1 : category.index("]")].strip()
    return category, ""
