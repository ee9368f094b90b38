"""Which columns of a table hold its dates and its money, and whether a plain amount is money in or out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from budget.statements.formats.amounts import BadAmount, find_mark, read_amount
from budget.statements.formats.base import DecimalMark, UnreadableFile
from budget.statements.formats.delimited_columns import Column, is_date, mostly_marks, says_sign, word_sign
from budget.statements.formats.delimited_records import Row
from budget.statements.formats.delimited_rows import plain_word
from budget.statements.formats.delimited_taking import Doubt, Taking, called
from budget.statements.formats.delimited_words import IN_KINDS, IN_MARKS, MONEY_OUT_POSITIVE, OUT_KINDS, OUT_MARKS
from budget.statements.formats.layout import Layout, Sign, plain_name
from budget.statements.formats.texts import shorten

NUMBER = re.compile(r"[+-]?[0-9][0-9., ']{12,}", re.ASCII)


class Money(NamedTuple):
    """The places of the columns with money."""

    amount: int | None
    debit: int | None
    credit: int | None
    balance: int | None

    @property
    def amounts(self) -> list[int]:
        """Those of them that say what was moved."""
        return [place for place in self[:3] if place is not None]


def take_date(taking: Taking, head: Sequence[Row]) -> int:
    """The column of the booking dates, by its name or by what stands in it."""
    found = (
        taking.named("date", lambda column: column.dates > 0 and column.holds_dates)
        or taking.named("value_date", lambda column: column.dates > 0 and column.holds_dates)
        or next(iter(taking.free(lambda column: column.dates > 0 and column.holds_dates)), None)
    )
    place = taking.take(found)
    if place is None:
        raise UnreadableFile(f"No column has dates. {_first_line(head)} A statement has a date in every row.")
    return place


def take_money(taking: Taking, head: Sequence[Row], doubts: list[Doubt]) -> Money:
    """The columns of the amounts and of the balance."""
    balance = taking.named("balance", lambda column: column.amounts > 0 and column.holds_amounts)
    taking.take(balance)
    amount = taking.named("amount", lambda column: column.amounts > 0 and column.holds_amounts)
    debit = taking.named("debit", lambda column: column.holds_amounts, near=True)
    credit = taking.named("credit", lambda column: column.holds_amounts, near=True)
    has_pair = debit is not None and credit is not None and debit.amounts + credit.amounts > 0
    if has_pair and (amount is None or not amount.negatives):
        amount = None
    elif amount is not None or (not (debit and debit.amounts) and not (credit and credit.amounts)):
        debit = credit = None
    if not amount and not debit and not credit:
        amount, debit, credit, balance = _money_by_content(taking, balance, doubts)
    if not amount and not debit and not credit:
        amount = taking.named("amount", lambda column: any(map(is_overlong, column.texts)))
    if not amount and not debit and not credit:
        raise UnreadableFile(f"No column has amounts. {_first_line(head)} A statement has an amount in every row.")
    return Money(*map(taking.take, (amount, debit, credit, balance)))


def is_overlong(text: str) -> bool:
    """Whether a text looks like an amount and is none: with more digits than any bank writes. Its row is refused."""
    return NUMBER.fullmatch(text) is not None and not is_date(text)


def _money_by_content(
    taking: Taking, balance: Column | None, doubts: list[Doubt]
) -> tuple[Column | None, Column | None, Column | None, Column | None]:
    """Amount, debit, credit and balance where no name says which column they are."""
    found = taking.free(lambda column: column.amounts > 0 and column.amounts * 5 >= column.filled * 4)
    found = [column for column in found if column.fractions] or found
    full = [column for column in found if column.filled * 5 >= len(column.texts) * 4]
    for debit, credit in pairwise(found):
        if (
            debit.filled
            and credit.filled
            and all(bool(one) != bool(other) for one, other in zip(debit.texts, credit.texts, strict=True))
        ):
            names = f"{called(debit)} as money out and {called(credit)} as money in"
            doubts.append(Doubt("columns", f"Read: {names}. Is that right?"))
            return None, debit, credit, balance
    signed = [column for column in full if column.negatives] or full
    if not signed:
        return None, None, None, balance
    amount = signed[0]
    for other in full:
        for one, running in ((amount, other), (other, amount)):
            if balance is None and one is not running and proved_sign(one, running):
                amount, balance = one, running
    doubts.append(Doubt("columns", f"The amounts are read from {called(amount)}; no name says so."))
    return amount, None, None, balance


def _first_line(head: Sequence[Row]) -> str:
    cells = " | ".join(shorten(cell, 20) for cell in head[0].cells[:12] if cell.strip())
    return f"The first line is “{shorten(cells, 160)}”."


def with_sign(layout: Layout, taking: Taking, doubts: list[Doubt]) -> Layout:
    """What an amount without a minus means, and how sure that is."""
    if layout.amount is None:
        debit = None if layout.debit is None else taking.columns[layout.debit]
        return replace(layout, debit_is_negative=bool(debit and debit.amounts and debit.negatives * 2 > debit.amounts))
    amount = taking.columns[layout.amount]
    if layout.balance is not None and (sign := proved_sign(amount, taking.columns[layout.balance])):
        return replace(layout, sign=sign)
    if (directed := _with_direction(layout, amount, taking)) is not None:
        return directed
    plain = frozenset(map(plain_name, layout.names))
    sign = Sign.MONEY_IN_POSITIVE
    if any(known <= plain for known in MONEY_OUT_POSITIVE):
        sign = Sign.MONEY_OUT_POSITIVE
    doubts.append(Doubt("sign", _sign_question(sign, amount)))
    return replace(layout, sign=sign)


def _with_direction(layout: Layout, amount: Column, taking: Taking) -> Layout | None:
    """The layout with the word column that says in or out, or with the sign that such a column proves."""
    column = taking.named("direction", says_sign) or taking.named("direction", mostly_marks)
    column = column or next(iter(taking.free(says_sign)), None)
    if column is None:
        return None
    pairs = [
        (word_sign(word), value < 0)
        for word, text in zip(column.texts, amount.texts, strict=True)
        if word_sign(word) and (value := _value(text))
    ]
    if {sign for sign, _ in pairs} == {1, -1}:
        if all((sign < 0) == is_negative for sign, is_negative in pairs):
            return replace(layout, sign=Sign.MONEY_IN_POSITIVE)
        if all((sign > 0) == is_negative for sign, is_negative in pairs):
            return replace(layout, sign=Sign.MONEY_OUT_POSITIVE)
    taking.take(column)
    words = list(dict.fromkeys(text for text in column.texts if word_sign(text)))
    are_marks = all(plain_word(word) in IN_MARKS + OUT_MARKS for word in words)
    seen_in, seen_out = ([word for word in words if word_sign(word) == sign] for sign in (1, -1))
    return replace(
        layout,
        direction=column.place,
        words_in=tuple(dict.fromkeys((*seen_in, *(IN_MARKS if are_marks else IN_KINDS)))),
        words_out=tuple(dict.fromkeys((*seen_out, *(OUT_MARKS if are_marks else OUT_KINDS)))),
        direction_signs=are_marks,
        text=tuple(place for place in layout.text if place != column.place),
    )


def _sign_question(sign: Sign, amount: Column) -> str:
    example = next((text for text in amount.texts if (value := _value(text)) is not None and value > 0), "")
    positive = f"“{shorten(example, 30)}” in {called(amount)}" if example else "An amount without a minus"
    if sign == Sign.MONEY_OUT_POSITIVE:
        return f"{positive} is read as money out, as this kind of export has it. Is that right?"
    if not amount.negatives:
        return f"{positive} is read as money in, and no amount has a minus. Is that right?"
    return f"{positive} is read as money in, and amounts with a minus as money out. Is that right?"


def proved_sign(amount: Column, balance: Column) -> Sign | None:
    """The sign that a running balance proves: each one is the one before it and the amount, downwards or upwards."""
    rows = [
        (value, after)
        for text, running in zip(amount.texts, balance.texts, strict=True)
        if (value := _value(text)) is not None and (after := _value(running)) is not None
    ]
    if len(rows) < 2:
        return None
    votes = {Sign.MONEY_IN_POSITIVE: 0, Sign.MONEY_OUT_POSITIVE: 0}
    for (value, after), (next_value, next_after) in pairwise(rows):
        if not value or not next_value:
            continue
        step = next_after - after
        votes[Sign.MONEY_IN_POSITIVE] += step in (next_value, -value)
        votes[Sign.MONEY_OUT_POSITIVE] += step in (-next_value, value)
    sign, most = max(votes.items(), key=lambda vote: vote[1])
    others = sum(votes.values()) - most
    return sign if most * 5 >= (len(rows) - 1) * 4 and most > others else None


def _value(text: str) -> Decimal | None:
    """An amount of the sample, with the mark that it proves itself."""
    if not text:
        return None
    try:
        mark = find_mark([text])
        return read_amount(text, mark or DecimalMark.POINT)
    except BadAmount:
        return None
