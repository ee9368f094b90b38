"""CAMT.052, 053 and 054 (ISO 20022): reports, statements and notifications of a bank in XML, of any version.

Field meanings: ISO 20022 message definitions camt.052, camt.053 and camt.054, elements Stmt, Rpt, Ntfctn and Ntry.
Element names decide; namespaces and prefixes differ by version and bank, and some wrap several documents in one.
What is met:

- The money is on the entry (Ntry). Its details may repeat it, so they give text only. (camt053_batch.xml)
- CdtDbtInd alone has the sign; RvslInd says that an entry reverses another and does not turn it again.
  (own_camt054_reversal.xml)
- Entries in another currency than the account's in one statement: each line names its own.
  (camt053_v8_two_currencies.xml)
- More decimals than the currency has are kept as they are. (camt053_three_decimals.xml)
- The date is BookgDt, as Dt or as DtTm in the bank's own time; else ValDt, else one of the details, with a remark.
- Sts is text or a code within; PDNG and FUTR are pending, INFO is no movement and left out with a remark.
  (own_camt052_pending.xml, also with prefixes, another encoding and a time zone)
- Balances: OPBD or PRCD opens, CLBD closes; ITBD stands for either where a statement is cut into pages. Of several
  currencies the account's counts.
- The counterparty is the creditor of a debit and the debtor of a credit; of a reversal it may be the other one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import suppress
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
from budget.statements.formats.camt_details import payee_of, source_of, text_of
from budget.statements.formats.texts import keep, shorten, tidy
from budget.statements.formats.xml import Closed, Element, Opened, first_names, looks_like_xml, read_parts

MESSAGES = frozenset({"BkToCstmrAcctRpt", "BkToCstmrStmt", "BkToCstmrDbtCdtNtfctn"})
STATEMENTS = frozenset({"Rpt", "Stmt", "Ntfctn"})
TREES = frozenset({"Acct", "Bal", "Ntry"})
AMOUNT = re.compile(r"\+?\d{1,18}(?:\.\d{0,18})?|\.\d{1,18}", re.ASCII)
DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[TZ+-].{0,40})?", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
TYPES = {"CACC": "checking", "SVGS": "savings", "LOAN": "loan", "CASH": "cash", "CARD": "credit", "ODFT": "checking"}
OPENING, CLOSING, INTERIM = ("OPBD", "PRCD"), ("CLBD",), "ITBD"
STATES = {"BOOK": False, "PDNG": True, "FUTR": True, "": False}


@dataclass(slots=True)
class Part:
    """One statement while it is read."""

    account: AccountHint = field(default_factory=AccountHint)
    currency: str = ""
    balances: list[tuple[str, str, Balance]] = field(default_factory=list)  # code, currency, balance
    remarks: list[str] = field(default_factory=list)
    is_started: bool = False


class Refusal(Exception):
    """What is wrong with an entry: in which element, and why."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason
        super().__init__(reason)


def recognises(head: bytes) -> bool:
    """Whether an XML document begins with one of the three messages, perhaps within a wrapper."""
    return looks_like_xml(head) and not MESSAGES.isdisjoint(first_names(head))


def read(source: BinaryIO, answers: Answers) -> Iterator[Event]:
    """The statements of a CAMT file."""
    source.seek(0)
    part: Part | None = None
    entries, found = 0, False
    for piece in read_parts(source, trees=TREES, bounds=STATEMENTS):
        if isinstance(piece, Opened):
            part, found = Part(), True
        elif part is None:
            continue
        elif isinstance(piece, Closed):
            yield from _finish(part)
            part = None
        elif piece.name == "Acct":
            _take_account(part, piece)
        elif piece.name == "Bal":
            _take_balance(part, piece)
        else:
            if not part.is_started:
                yield _start(part, piece)
            entries += 1
            yield _row(part, piece, entries, f"entry {entries}")
    if not found:
        raise UnreadableFile("The XML has no statement: no element Stmt, Rpt or Ntfctn of a CAMT message.")


def _start(part: Part, entry: Element | None) -> StatementStart:
    part.is_started = True
    if not part.currency:
        part.currency = next((currency for _, currency, _ in part.balances), "")
    if not part.currency and entry is not None:
        part.currency = _currency(entry.find("Amt"))
    return StatementStart(account=part.account, currency=part.currency, opening=_opening_and_closing(part)[0])


def _finish(part: Part) -> Iterator[Event]:
    if not part.is_started:
        yield _start(part, None)
    opening, closing = _opening_and_closing(part)
    yield StatementEnd(opening=opening, closing=closing, remarks=tuple(part.remarks))


def _row(part: Part, entry: Element, number: int, place: str) -> ParsedLine | RefusedLine | IdleLine:
    """One entry."""
    try:
        return _line(part, entry, number, place)
    except Refusal as refusal:
        return RefusedLine(
            number=number,
            place=place,
            column=refusal.column,
            value=shorten(refusal.value),
            reason=refusal.reason,
            original=keep(source_of(entry)),
        )


def _line(part: Part, entry: Element, number: int, place: str) -> ParsedLine | IdleLine:
    state = entry.at("Sts", "Sts/Cd", "Sts/Prtry").upper()
    amounts = entry.all("Amt")
    if len(amounts) != 1:
        raise Refusal("Amt", "", "The entry has no amount." if not amounts else "The entry has more than one amount.")
    size, printed = _size(amounts[0])
    sign = _sign(entry.at("CdtDbtInd"))
    if state == "INFO" or not size:
        return _idle(part, entry, number, place, size * sign)
    date, value_date, remarks = _dates(entry)
    currency = _currency(amounts[0])
    if not currency and not part.currency:
        raise Refusal("Amt", printed, "The amount has no currency.")
    if entry.has_cuts:
        raise Refusal("NtryDtls", "", f"A text is longer than {LONGEST_TEXT} characters.")
    if state not in STATES:
        remarks += (f"The bank marked this entry “{shorten(state, 20)}”; it counts as booked.",)
    is_out = sign < 0
    text, is_shortened = text_of(entry)
    if is_shortened:
        remarks += ("Not all details of this entry are kept.",)
    payee = payee_of(entry, is_out=is_out, owner=part.account.name)
    return ParsedLine(
        number=number,
        place=place,
        date=date,
        printed=size * sign,
        amount=-size * sign,
        currency=currency,
        value_date=value_date,
        payee=payee,
        text=text or ("" if payee else "No details"),
        bank_id=tidy(entry.at("AcctSvcrRef") or _only(entry.all("NtryDtls/TxDtls/Refs/AcctSvcrRef"))),
        is_pending=STATES.get(state, False),
        remarks=remarks,
        original=keep(source_of(entry)),
    )


def _idle(part: Part, entry: Element, number: int, place: str, printed: Decimal) -> IdleLine:
    """An entry of nothing, or one that the bank prints for information only."""
    payee = payee_of(entry, is_out=printed < 0, owner=part.account.name)
    date: dt.date | None = None
    with suppress(Refusal):
        date, _, _ = _dates(entry)
    return IdleLine(
        number=number,
        place=place,
        date=date,
        printed=f"{printed:f}",
        reason="The bank prints it for information only." if printed else MOVES_NOTHING,
        payee=payee,
        text=text_of(entry)[0],
        original=keep(source_of(entry)),
    )


def _size(element: Element) -> tuple[Decimal, str]:
    """The amount without a sign, and how it is printed."""
    printed = element.text.strip()
    if element.is_cut or not AMOUNT.fullmatch(printed):
        reason = "The amount has a sign of its own." if printed.startswith("-") else "This is no amount."
        raise Refusal("Amt", printed, reason)
    try:
        size = read_amount(printed.removesuffix("."), DecimalMark.POINT)
    except BadAmount as error:
        raise Refusal("Amt", printed, str(error)) from error
    return size, printed


def _sign(printed: str) -> int:
    """Plus for money in, as the bank sees it."""
    if printed not in ("CRDT", "DBIT"):
        raise Refusal(
            "CdtDbtInd", printed, "CRDT or DBIT is expected: without it nobody knows which way the money went."
        )
    return 1 if printed == "CRDT" else -1


def _dates(entry: Element) -> tuple[dt.date, dt.date | None, tuple[str, ...]]:
    """The booking date, the value date, and what to say about them. No zone moves a date."""
    printed_value = entry.at("ValDt/Dt", "ValDt/DtTm")
    value = _date(printed_value)
    if printed := entry.at("BookgDt/Dt", "BookgDt/DtTm"):
        if booked := _date(printed):
            return booked, value, ()
        raise Refusal("BookgDt", printed, "This is no date that exists.")
    if value:
        return value, value, ("The entry has no booking date; its value date is used.",)
    if printed_value:
        raise Refusal("ValDt", printed_value, "This is no date that exists.")
    for path in ("AccptncDtTm", "TxDtTm", "IntrBkSttlmDt", "TradDt"):
        if found := _date(entry.at(f"NtryDtls/TxDtls/RltdDts/{path}", f"TxDtls/RltdDts/{path}")):
            return found, None, ("The entry has no date of its own; the one in its details is used.",)
    raise Refusal("BookgDt", "", "The entry has no date.")


def _date(printed: str) -> dt.date | None:
    """A date, or the date of a time as printed; nothing where there is none that exists."""
    read = DATE.fullmatch(printed)
    try:
        date = dt.date.fromisoformat(read[1]) if read else None
    except ValueError:
        return None
    return date if date and 1900 <= date.year <= 2200 else None


def _currency(amount: Element | None) -> str:
    printed = amount.attributes.get("Ccy", "").strip().upper() if amount is not None else ""
    return printed if CURRENCY.fullmatch(printed) else ""


def _only(elements: list[Element]) -> str:
    return elements[0].text.strip() if len(elements) == 1 else ""


def _take_account(part: Part, element: Element) -> None:
    number = "".join(element.at("Id/IBAN", "Id/Othr/Id", "Id/PrtryAcct/Id", "Id/BBAN").split())
    part.account = AccountHint(
        number=tidy(number)[:100],
        bank=tidy(element.at("Svcr/FinInstnId/BICFI", "Svcr/FinInstnId/BIC", "Svcr/FinInstnId/Nm"))[:100],
        name=tidy(element.at("Nm", "Ownr/Nm", "Ownr/Pty/Nm"))[:200],
        type=TYPES.get(element.at("Tp/Cd"), ""),
    )
    currency = element.at("Ccy").upper()
    part.currency = currency if CURRENCY.fullmatch(currency) else ""


def _take_balance(part: Part, element: Element) -> None:
    code = element.at("Tp/CdOrPrtry/Cd", "Tp/Cd")
    if code not in (*OPENING, *CLOSING, INTERIM):
        return
    amount = element.find("Amt")
    try:
        size, _ = _size(amount) if amount is not None else (None, "")
        sign = _sign(element.at("CdtDbtInd"))
    except Refusal:
        size = None
    if size is None:
        part.remarks.append(f"The balance {code} cannot be read.")
        return
    on = _date(element.at("Dt/Dt", "Dt/DtTm"))
    part.balances.append((code, _currency(amount), Balance(amount=size * sign, on=on)))


def _opening_and_closing(part: Part) -> tuple[Balance | None, Balance | None]:
    """The balances in the account's currency. An interim one opens or closes a page where no other does."""
    own = [(code, balance) for code, currency, balance in part.balances if currency in ("", part.currency)]

    def first(codes: tuple[str, ...]) -> Balance | None:
        return next((balance for wanted in codes for code, balance in own if code == wanted), None)

    opening, closing = first(OPENING), first(CLOSING)
    interim = [balance for code, balance in own if code == INTERIM]
    if opening is None and interim and (closing is not None or len(interim) > 1):
        opening = interim.pop(0)
    if closing is None and interim:
        closing = interim[-1]
    return opening, closing


CAMT = FileFormat("camt", "CAMT", recognises, read)
