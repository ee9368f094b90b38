"""Statement files spoiled at random, and what must hold of anything that a reader makes of them (I7)."""

from __future__ import annotations

import datetime as dt
import io
import random
import unicodedata

from budget.statements.formats.base import (
    LONGEST_TEXT,
    Answers,
    DateOrder,
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

TOKENS = [
    b"", b"\0", b"\r", b"\n", b"\r\n", b"\x1a", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80",
    b"\xe2\x80\xa8", b"\x85", b'"', b"'", b";", b",", b"\t", b"|", b"&", b"<", b">", b"</", b"]]>", b"<!--",
    b"<![CDATA[", b"&#0;", b"&#x110000;", b"&amp;", b"-", b"+", b"0", b"0.00", b"-0", b"1e5", b"NaN", b"Infinity",
    b"99999999999999999999", b"0.0000000000001", b"1.234", b"1,234", b"1.234,56", b"(5.00)", "−5".encode(),
    "１２".encode(), b"1_000", b"=1+1", b"0x10", b"12..5", b"2026-02-30", b"30.02.2026", b"00000000", b"99991231",
    b"0001-01-01", b"20260401", b"04/05/06", b"160230", b"[-5:EST]", b":20:", b":61:", b":62F:", b":86:",
    b"\n:61:2602310230RCR1,NMSC\n", b"\n-\n", b"?20", b"{4:", b"^", b"\nD", b"\nT", b"\n$", b"!Type:Invst",
    b"!Account", b"<STMTTRN>", b"</OFX>", b"<TRNAMT>", b"<BALAMT>", b"<CURDEF>", b"<Ntry>", b"</Ntry>", b"<Stmt>",
    b"</Stmt>", b"<Amt>", b"<!DOCTYPE a []>", b"<Amt Ccy='XXX'>5</Amt>", b"PDNG", b"DBIT", b"x" * 3_000, b"a" * 70,
    b"9" * 40,
]  # fmt: skip


def mutate(content: bytes, chance: random.Random) -> bytes:
    """The content with one to six things done to it."""
    spoiled = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        at = chance.randrange(len(spoiled) + 1)
        end = min(len(spoiled), at + chance.choice((1, 1, 2, 8, 40, 300)))
        match chance.randrange(7):
            case 0:
                spoiled[at:end] = bytes(chance.randrange(256) for _ in range(end - at))
            case 1:
                del spoiled[at:end]
            case 2:
                spoiled[at:at] = spoiled[at:end] * chance.choice((1, 2, 20))
            case 3:
                spoiled[at:at] = chance.choice(TOKENS)
            case 4:
                spoiled[at:end] = chance.choice(TOKENS)
            case 5:
                _spoil_number(spoiled, at, chance)
            case _ if chance.random() < 0.2:
                del spoiled[at:]
            case _:
                lines = spoiled.split(b"\n")
                chance.shuffle(lines)
                spoiled[:] = b"\n".join(lines)
    return bytes(spoiled)


def _spoil_number(spoiled: bytearray, at: int, chance: random.Random) -> None:
    """Another digit or mark where the next digit is."""
    while at < len(spoiled):
        if 48 <= spoiled[at] <= 57:
            spoiled[at] = chance.choice(b"0123456789.,-")
            return
        at += 1


def random_answers(chance: random.Random) -> Answers:
    """What a person may have said: nothing, or something that fits or does not."""
    return Answers(
        date_order=chance.choice((None, None, *DateOrder)),
        decimal_mark=chance.choice((None, None, *DecimalMark)),
    )


def read_spoiled(content: bytes, format_: FileFormat, answers: Answers) -> list[Event]:
    """The events as far as they go; an `UnreadableFile` ends them, with a sentence, and nothing else may."""
    events: list[Event] = []
    try:
        events.extend(format_.read(io.BytesIO(content), answers))
    except UnreadableFile as refusal:
        sentence = str(refusal)
        _check_text(sentence, 600)
        assert len(sentence) > 20
        return []
    check_events(events)
    return events


def check_events(events: list[Event]) -> None:
    """Whether the events keep the contract of `formats.base`."""
    is_inside, number = False, 0
    numbers: list[int] = []
    for event in events:
        match event:
            case StatementStart():
                assert not is_inside
                is_inside, number = True, 0  # rows of several accounts may come mixed; each account's come in order
                _check_text(event.currency, 3)
                for text in (event.account.number, event.account.bank, event.account.name, event.account.type):
                    _check_text(text, LONGEST_TEXT)
            case StatementEnd():
                assert is_inside
                is_inside = False
                for remark in event.remarks:
                    _check_text(remark, 1_000)
            case ParsedLine() | RefusedLine() | IdleLine():
                assert is_inside
                assert event.number > number
                number = event.number
                numbers.append(number)
                _check_text(event.place, 200)
                assert event.place
                if isinstance(event, ParsedLine):
                    _check_line(event)
                elif isinstance(event, IdleLine):
                    _check_idle(event)
                else:
                    _check_refused(event)
    assert not is_inside
    assert len(set(numbers)) == len(numbers)


def _check_line(line: ParsedLine) -> None:
    assert line.amount.is_finite()
    assert 0 < abs(line.amount) < 10**13
    assert abs(line.printed) == abs(line.amount)
    assert dt.date(1900, 1, 1) <= line.date < dt.date(2201, 1, 1)
    assert line.payee or line.text
    for text in (line.payee, line.text, line.bank_id, line.category, line.other_account):
        _check_text(text, LONGEST_TEXT)
    _check_text(line.currency, 3)
    assert line.currency == line.currency.upper()
    if line.splits:
        assert sum(part.amount for part in line.splits) == line.amount
    for remark in line.remarks:
        _check_text(remark, 1_000)
    assert "\0" not in line.original


def _check_idle(row: IdleLine) -> None:
    for text in (row.payee, row.text):
        _check_text(text, LONGEST_TEXT)
    assert row.date is None or dt.date(1900, 1, 1) <= row.date < dt.date(2201, 1, 1)
    assert row.reason
    assert "\0" not in row.original


def _check_refused(row: RefusedLine) -> None:
    _check_text(row.reason, 1_000)
    _check_text(row.value, LONGEST_TEXT)
    _check_text(row.column, LONGEST_TEXT)
    assert row.reason
    assert "\0" not in row.original


def _check_text(text: str, most: int) -> None:
    """One line that both databases store and every page shows."""
    assert len(text) <= most
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in text), ascii(text)
