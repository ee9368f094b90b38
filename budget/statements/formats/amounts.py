"""Amounts as banks print them: one grammar, one decimal mark per column, every digit kept, nothing guessed.

An amount is digits, perhaps grouped in thousands (`1,234` `1.234` `1 234` `1'234` `1,23,456`), perhaps with decimals,
with at most one sign (before, behind, or brackets) and at most one currency code or sign. Linear in the text's length.

Which of `1.234` and `1,234` has decimals is a matter of the column: `find_mark` looks for rows that prove it, and where
none does, a person is asked (`UnclearAmounts`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache

from budget.errors import BudgetError
from budget.money.currencies import all_currency_marks
from budget.statements.formats.base import DecimalMark, UnreadableFile
from budget.statements.formats.texts import shorten

LONGEST = 60
LARGEST = Decimal("9999999999999.99")
MOST_DECIMALS = 12

SIGNS = {"+": 1, "-": -1}
SPELLINGS = str.maketrans(
    dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}\t", " ")
    | dict.fromkeys("\N{MINUS SIGN}\N{EN DASH}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FULLWIDTH HYPHEN-MINUS}", "-")
    | dict.fromkeys("\N{RIGHT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}`", "'")
)
PLAIN = re.compile(r"[+-]?[0-9]{1,12}\.[0-9]{1,12}", re.ASCII)
PROOF = re.compile(r"[+-]?[0-9]{1,12}([.,])[0-9]{1,2}", re.ASCII)
OVERLONG = re.compile(rf"[+-]?[0-9]{{1,12}}([.,])[0-9]{{{MOST_DECIMALS + 1},}}", re.ASCII)
BODY = re.compile(r"[0-9]*(?:[ '.,][0-9]+)*[.,]?", re.ASCII)
SEPARATOR = re.compile(r"[ '.,]")


AS_ON_PAPER = "Mend it to the amount on your statement, or leave the row out."


class BadAmount(BudgetError, ValueError):
    """A text that is no amount; the sentence says why."""


class UnclearAmounts(UnreadableFile):
    """No row of the file proves which mark stands before the decimals; the person has to say.

    `example` is an amount as the file prints it, which reads both ways.
    """

    def __init__(self, example: str) -> None:
        self.example = example
        super().__init__(
            f"“{example:.40}” could have thousands or decimals, and no row says which. Choose the decimal mark."
        )


def read_amount(text: str, mark: DecimalMark) -> Decimal:
    """The amount that a text says, with its sign and every digit; may be zero, never minus zero.

    Args:
        text: one cell. A minus before or behind, or brackets, makes it negative.
        mark: what stands before the decimals in this column; the other mark can only group thousands.

    Raises:
        BadAmount: the text is no amount; nothing is guessed.
    """
    if mark == DecimalMark.POINT and PLAIN.fullmatch(text):
        return Decimal(text) + 0
    sign, body = _take_marks(text)
    whole, fraction = _split(text, body, mark)
    if (decimals := len(fraction.rstrip("0"))) > MOST_DECIMALS:
        raise BadAmount(f"“{_cut(text)}” has {decimals} decimals, more than any bank writes. {AS_ON_PAPER}")
    amount = Decimal(f"{whole}.{fraction}" if fraction else whole or "0")
    if amount > LARGEST:
        raise BadAmount(f"“{_cut(text)}” is too large: {LARGEST:,} is the most. {AS_ON_PAPER}")
    return sign * amount + 0


def find_mark(texts: Iterable[str]) -> DecimalMark | None:
    """The decimal mark that the amounts of a column prove; None where none of them proves one.

    `1.234,56`, `12,5` and `0,123` prove a comma, `1,234,567` a point; `1.234`, whole numbers and what is no amount
    prove nothing.

    Raises:
        BadAmount: one amount proves the point and another the comma.
    """
    proofs: dict[DecimalMark, str] = {}
    for text in texts:
        proved = proved_mark(text)
        if proved is not None and proved not in proofs:
            proofs[proved] = text
            if len(proofs) > 1:
                point, comma = _cut(proofs[DecimalMark.POINT]), _cut(proofs[DecimalMark.COMMA])
                raise BadAmount(f"Some amounts have a decimal point (“{point}”), others a decimal comma (“{comma}”).")
    return next(iter(proofs), None)


def decide_mark(texts: Iterable[str], answer: DecimalMark | None = None) -> DecimalMark:
    """The column's decimal mark: the person's answer, else what the amounts prove; the point where it is all the same.

    Raises:
        UnclearAmounts: an amount reads both ways, and no other proves which one is meant.
        UnreadableFile: the amounts prove both marks, and nobody said which holds.
    """
    if answer is not None:
        return answer
    unclear: list[str] = []
    try:
        proved = find_mark(_noting(texts, unclear))
    except BadAmount as error:
        raise UnreadableFile(f"{error} Choose the decimal mark.") from error
    if proved is None and unclear:
        raise UnclearAmounts(_cut(unclear[0]))
    return proved or DecimalMark.POINT


def _noting(texts: Iterable[str], unclear: list[str]) -> Iterator[str]:
    """The texts, with the first unclear one noted."""
    for text in texts:
        if not unclear and is_unclear(text):
            unclear.append(text)
        yield text


def proved_mark(text: str) -> DecimalMark | None:
    """The decimal mark that one amount proves by itself: the only one with which it is an amount.

    One with more decimals than any bank writes is no amount, and proves its mark all the same.
    """
    if plain := PROOF.fullmatch(text):
        return DecimalMark(plain[1])
    marks = _marks_that_read(text)
    if not marks and (overlong := OVERLONG.fullmatch(text)):
        return DecimalMark(overlong[1])
    return marks[0] if len(marks) == 1 else None


def is_unclear(text: str) -> bool:
    """Whether an amount reads as two different ones: `1.234`."""
    if PROOF.fullmatch(text):
        return False
    return len(marks := _marks_that_read(text)) == 2 and len({read_amount(text, mark) for mark in marks}) == 2


def _marks_that_read(text: str) -> list[DecimalMark]:
    if "." not in text and "," not in text:
        return []
    readable = []
    for mark in DecimalMark:
        try:
            read_amount(text, mark)
        except BadAmount:
            continue
        readable.append(mark)
    return readable


def _take_marks(text: str) -> tuple[int, str]:
    """The sign, and the text without it and without the currency. Each may be there once."""
    if len(text) > LONGEST:
        raise BadAmount(f"“{_cut(text)}” is too long for an amount.")
    body = text.translate(SPELLINGS).strip()
    if not body:
        raise BadAmount("There is no amount.")
    sign, has_currency = 0, False
    for _ in range(4):
        if not sign and body[:1] in SIGNS:
            sign, body = SIGNS[body[0]], body[1:].lstrip()
        elif not sign and body[-1:] in SIGNS:
            sign, body = SIGNS[body[-1]], body[:-1].rstrip()
        elif not sign and body[:1] == "(" and body[-1:] == ")":
            sign, body = -1, body[1:-1].strip()
        elif not has_currency:
            rest = _without_currency(body)
            has_currency, body = rest != body, rest
    return sign or 1, body


def _without_currency(body: str) -> str:
    letters = body.lower().strip("0123456789.,' -+()")
    if letters and letters + "." in currency_marks() and f"{letters}." in body.lower():
        letters += "."
    if not letters or letters not in currency_marks():
        return body
    if body.lower().startswith(letters):
        return body[len(letters) :].lstrip()
    return body[: -len(letters)].rstrip() if body.lower().endswith(letters) else body


@cache
def currency_marks() -> frozenset[str]:
    """Everything that may stand beside an amount for its currency, in lower case."""
    return frozenset(mark for mark in all_currency_marks() if mark != ".") | {"￥", "元", "円", "us$", "au$"}


def _split(text: str, body: str, mark: DecimalMark) -> tuple[str, str]:
    """The digits before and after the decimal mark."""
    if not BODY.fullmatch(body) or not any(character.isdigit() for character in body):
        raise BadAmount(f"“{_cut(text)}” is no amount.")
    groups, marks = SEPARATOR.split(body), SEPARATOR.findall(body)
    fraction = ""
    if mark in marks:
        if marks.count(mark) > 1:
            raise BadAmount(f"“{_cut(text)}” has more than one decimal {mark.name.lower()}.")
        if marks[-1] != mark:
            raise BadAmount(f"“{_cut(text)}” has thousands behind its decimals.")
        *groups, fraction = groups
        marks.pop()
    if marks and not (len(set(marks)) == 1 and _are_thousands(groups, by_pairs=marks[0] == ",")):
        name = mark.name.lower()
        raise BadAmount(f"“{_cut(text)}” is no amount with a decimal {name}: its thousands are no groups of three.")
    return "".join(groups), fraction


def _are_thousands(groups: list[str], *, by_pairs: bool) -> bool:
    """Whether digits are grouped as somebody groups them: by three, or in India by two above the last three."""
    first, *middle, last = groups
    if not first or first[0] == "0" or len(last) != 3:
        return False
    if len(first) <= 3 and all(len(group) == 3 for group in middle):
        return True
    return by_pairs and bool(middle) and len(first) <= 2 and all(len(group) == 2 for group in middle)


def _cut(text: str) -> str:
    return shorten(text, 40)
