"""MT940 and MT942 (SWIFT): customer statements and interim reports in lines that begin with a tag such as `:61:`.

Field meanings: SWIFT category 9 message reference guide, MT 940 and MT 942. Oddities that are met and read:

- Several statements in one file, also of one account: each is told by itself, split at `:20:` (or at the next
  `:60F:`), so that opening + lines = closing holds for each. (volksbank_8_statements.sta)
- `RC` and `RD` turn C and D round: the reversal of a credit is money out. (reversal_of_credit.sta)
- `EC` and `ED` of an MT942 are expected, not booked: such lines are pending. (own_interim_report.sta)
- A letter behind the mark is the third one of the currency (`DR6,00` is a debit in EUR, `CD5,00` a credit in USD).
- 30 February, as 30-day interest months end: the entry date is taken and said; without one the line is refused.
- The date is the one that `:61:` begins with, as the bank wrote it; the four digits behind it, the entry date, only
  help where it does not exist.
- `:86:` in sub-fields, `166?00…?20…?32…` with any separator (German and Polish banks), as `/NAME/…/REMI/…/` (Dutch and
  Belgian banks), or free text. A `:86:` behind the closing balance is about the statement, not about its last line.
  (own_slashes_in_pages.sta, in pages with :60M: and :62M:)
- Lines that a bank writes before the first `:20:`, SWIFT's own blocks `{1:…}{4:`, any line ends, lower-case junk.
- A closing balance that is missing, which an MT940 must have: the file is cut off, and that is a refused row.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import BinaryIO

from budget.statements.formats.amounts import BadAmount, read_amount
from budget.statements.formats.base import (
    LONGEST_TEXT,
    MOVES_NOTHING,
    AccountHint,
    Answers,
    Balance,
    DecimalMark,
    Event,
    FileFormat,
    IdleLine,
    ParsedLine,
    RefusedLine,
    StatementEnd,
    StatementStart,
    UnreadableFile,
)
from budget.statements.formats.mt940_fields import Field, read_fields, recognises
from budget.statements.formats.purpose import read_purpose
from budget.statements.formats.texts import keep, shorten, tidy

LINE = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?(?P<mark>[RE]?[CD])(?P<funds>[A-Z])?\s?(?P<amount>\d{0,15}(?:[,.]\d{0,12})?)(?P<rest>.*)",
    re.ASCII,
)
BALANCE = re.compile(
    r"(?P<mark>[CD])(?P<date>\d{6})(?P<currency>[A-Z]{3})\s?(?P<amount>\d{0,15}(?:[,.]\d{0,12})?)\s*", re.ASCII
)
FLOOR = re.compile(r"([A-Z]{3})")
IBAN = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}")
MONEY_OUT = {"D", "RC", "ED"}


@dataclass(slots=True)
class Part:
    """One statement while it is read."""

    account: AccountHint = field(default_factory=AccountHint)
    currency: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    remarks: list[str] = field(default_factory=list)
    waiting: Field | None = None  # a `:61:` whose `:86:` may follow
    rows: int = 0
    line: int = 0
    is_started: bool = False
    is_interim: bool = False
    is_closed: bool = False


def read(source: BinaryIO, answers: Answers) -> Iterator[Event]:
    """The statements of an MT940 or MT942 file, each told by itself."""
    part: Part | None = None
    number = 0
    for item in read_fields(source):
        if item.tag == "20" or (item.tag in ("60F", "60M") and part and (part.is_started or part.is_closed)):
            known = part.account if part and item.tag != "20" else AccountHint()
            if part:
                yield from _finish(part, number)
                number += part.rows
            part = Part(account=known, line=item.line)
        if part:
            yield from _take(part, item, number)
    if part is None:
        raise UnreadableFile("The file has no statement: no line begins with “:20:”.")
    yield from _finish(part, number)


def _take(part: Part, item: Field, before: int) -> Iterator[Event]:
    """One field of a statement; yields its line as soon as it is whole."""
    if part.waiting and item.tag != "NS":
        movement, part.waiting = part.waiting, None
        yield from _movement(part, movement, item if item.tag == "86" else None, before)
    if item.tag in ("25", "25P"):
        part.account = _account(item)
    elif item.tag in ("60F", "60M"):
        part.opening = _balance(part, item)
    elif item.tag in ("62F", "62M"):
        part.closing, part.is_closed = _balance(part, item), True
    elif item.tag in ("34F", "13", "13D"):
        part.is_interim = True
        part.currency = part.currency or _currency(item)
    elif item.tag == "61":
        if not part.is_started:
            yield _start(part)
        part.waiting = item


def _start(part: Part) -> StatementStart:
    part.is_started = True
    number, currency = part.account.number, part.currency
    if currency and number.endswith(currency) and IBAN.fullmatch(number[:-3]):
        part.account = AccountHint(
            number=number[:-3], bank=part.account.bank
        )  # ING writes the currency behind the IBAN
    return StatementStart(account=part.account, currency=part.currency, opening=part.opening)


def _finish(part: Part, before: int) -> Iterator[Event]:
    if part.waiting:
        movement, part.waiting = part.waiting, None
        yield from _movement(part, movement, None, before)
    if not part.is_started:
        yield _start(part)
    if not part.is_closed and not part.is_interim:
        part.rows += 1
        yield RefusedLine(
            number=before + part.rows,
            place=f"end of the statement of line {part.line}",
            column=":62F:",
            value="",
            reason="The closing balance is missing: the file is probably cut off, and rows may be missing.",
        )
    yield StatementEnd(opening=part.opening, closing=part.closing, remarks=tuple(part.remarks))


def _movement(part: Part, item: Field, details: Field | None, before: int) -> Iterator[Event]:
    """The `:61:` with the `:86:` behind it, as one row."""
    original = keep("\n".join([f":61:{item.lines[0]}", *item.lines[1:], *_with_tag(details)]))
    part.rows += 1
    number, place = before + part.rows, f"line {item.line}"

    def refused(column: str, value: str, reason: str) -> RefusedLine:
        return RefusedLine(
            number=number, place=place, column=column, value=shorten(value), reason=reason, original=original
        )

    read = LINE.fullmatch(item.lines[0])
    if read is None or not (read["amount"].strip(",.")):
        yield refused(":61:", item.lines[0], "This is no entry: a date, C or D, and an amount are expected.")
        return
    try:
        size = _amount(read["amount"])
        date, remarks = _booked(read["value"], read["entry"])
    except BadAmount as error:
        yield refused("amount", read["amount"], str(error))
        return
    except ValueError:
        yield refused("date", read["value"] + (read["entry"] or ""), f"“{read['value']}” is no date that exists.")
        return
    payee, text = read_purpose(details.lines if details else [])
    extra = tidy(" ".join(item.lines[1:]))
    rest, _, bank_id = read["rest"].partition("//")
    text = text or extra or ("" if payee else tidy(rest) or "No details")
    if max(len(text), len(payee), len(bank_id)) > LONGEST_TEXT:
        yield refused(":86:", text, "The text is longer than any bank writes.")
        return
    if not size:
        yield IdleLine(
            number=number,
            place=place,
            date=date,
            printed=f"{size:f}",
            reason=MOVES_NOTHING,
            payee=payee,
            text=text,
            original=original,
        )
        return
    amount = size if read["mark"] in MONEY_OUT else -size
    yield ParsedLine(
        number=number,
        place=place,
        date=date,
        printed=-amount,
        amount=amount,
        value_date=date,
        payee=payee,
        text=text,
        bank_id="" if bank_id.strip() == "NONREF" else tidy(bank_id),
        is_pending=read["mark"][0] == "E",
        remarks=remarks,
        original=original,
    )


def _with_tag(details: Field | None) -> list[str]:
    return [f":86:{details.lines[0]}", *details.lines[1:]] if details else []


def _amount(text: str) -> Decimal:
    """An amount of the file: digits, a comma (some banks: a point), decimals; never a sign, never thousands."""
    return read_amount(text.replace(",", ".").rstrip("."), DecimalMark.POINT)


def _booked(value: str, entry: str | None) -> tuple[dt.date, tuple[str, ...]]:
    """The date of a line, and what to say about it.

    Raises:
        ValueError: neither of its dates exists.
    """
    try:
        return _date(value), ()
    except ValueError:
        if not entry or not 1 <= int(value[2:4]) <= 12 or not 1 <= int(value[4:]) <= 31:
            raise
    near = dt.date(_year(value), int(value[2:4]), 28)
    candidates = []
    for year in (near.year - 1, near.year, near.year + 1):
        try:
            candidates.append(dt.date(year, int(entry[:2]), int(entry[2:])))
        except ValueError:
            continue
    date = min(candidates, key=lambda candidate: abs(candidate - near))
    printed = f"{_year(value)}-{value[2:4]}-{value[4:]}"
    return date, (f"The bank printed {printed}, which does not exist; the entry date is used.",)


def _date(text: str) -> dt.date:
    return dt.date(_year(text), int(text[2:4]), int(text[4:]))


def _year(text: str) -> int:
    """Two digits of a year: 00 to 79 are of this century."""
    return int(text[:2]) + (2000 if int(text[:2]) < 80 else 1900)


def _balance(part: Part, item: Field) -> Balance | None:
    read = BALANCE.fullmatch(item.lines[0])
    try:
        amount = _amount(read["amount"]) if read and read["amount"].strip(",.") else None
    except BadAmount:
        amount = None
    if read is None or amount is None:
        part.remarks.append(f"The balance “{shorten(item.lines[0])}” in line {item.line} cannot be read.")
        return None
    part.currency = part.currency or read["currency"]
    try:
        on = _date(read["date"])
    except ValueError:
        on = None
    return Balance(amount=amount if read["mark"] == "C" else -amount, on=on)


def _currency(item: Field) -> str:
    found = FLOOR.match(item.lines[0]) if item.tag == "34F" else None
    return found[1] if found else ""


def _account(item: Field) -> AccountHint:
    """`BLZ/number`, an IBAN or whatever number the bank has; `:25P:` has the bank's BIC in a second line."""
    printed = "".join(item.lines[0].split())[:100]
    bank, _, number = printed.partition("/")
    if not number:
        bank, number = "", printed
    if item.tag == "25P" and len(item.lines) > 1:
        bank = "".join(item.lines[1].split())[:100]
    return AccountHint(number=tidy(number), bank=tidy(bank))


MT940 = FileFormat("mt940", "MT940", recognises, read)
