"""What all rows of a table prove about the order of its dates and the mark before its decimals, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from budget.statements.formats.amounts import UnclearAmounts, decide_mark, is_unclear, proved_mark
from budget.statements.formats.base import Answers, DateOrder, DecimalMark, UnreadableFile
from budget.statements.formats.dates import decide_order
from budget.statements.formats.delimited_columns import any_amount
from budget.statements.formats.delimited_records import Row, Typed
from budget.statements.formats.delimited_taking import Doubt, Guess
from budget.statements.formats.layout import Layout

MOST = 50_000
"""Different dates or kinds of amounts that are kept; sound files have a few thousand."""

LIKE = 12
"""Characters by which dates are told apart, so that a time behind them does not make each another one."""

SHAPES = str.maketrans("23456789", "11111111")
"""Amounts that differ only in digits above zero prove the same."""


class Evidence:
    """What the rows of a table prove; they are gone through when it is first asked for.

    Args:
        rows: gives all rows of the table, each time anew.
    """

    def __init__(self, layout: Layout, rows: Callable[[], Iterable[Row]]) -> None:
        self._layout, self._rows = layout, rows
        self._dates: dict[str, str] = {}
        self._amounts: dict[str, str] = {}
        self._balances: dict[str, str] = {}
        self._add_all()

    def _add_all(self) -> None:
        layout = self._layout
        whens = [place for place in (layout.date, layout.value_date) if place is not None]
        amounts = [place for place in (layout.amount, layout.debit, layout.credit) if place is not None]
        for row in self._rows():
            if row.number < layout.first:
                continue
            for place in whens:
                _keep(self._dates, row.cells, place, _like)
            for place in amounts:
                _keep(self._amounts, row.cells, place, _shape)
            if layout.balance is not None:
                _keep(self._balances, row.cells, layout.balance, _shape)

    def order(self, answer: DateOrder | None) -> DateOrder | None:
        """The order of the dates; raises `UnclearDates` where it is for a person to say."""
        return decide_order(self._dates.values(), answer)

    def mark(self, answer: DecimalMark | None) -> DecimalMark:
        """The mark before the decimals; raises `UnclearAmounts` where it is for a person to say.

        Where the amounts leave it open, the balances beside them may know, and then any other column of numbers, such
        as the rate `0.848252` beside amounts like `29.000`.
        """
        amounts = list(self._amounts.values())
        if answer is not None or not any(map(is_unclear, amounts)):
            return decide_mark(amounts, answer)
        try:
            return decide_mark([*amounts, *self._balances.values()])
        except UnclearAmounts:
            if (mark := self._mark_of_others()) is None:
                raise
            return mark

    def _mark_of_others(self) -> DecimalMark | None:
        """The mark that all the other columns of nothing but numbers prove."""
        layout = self._layout
        named = {layout.date, layout.value_date, layout.bank_id, layout.payee, layout.category, *layout.text}
        shapes: dict[int, dict[str, str]] = {place: {} for place in range(layout.width) if place not in named}
        for row in self._rows():
            if row.number < layout.first or len(row.cells) < layout.narrowest:
                continue
            for place in [place for place in shapes if not _is_number(row.cells, place)]:
                del shapes[place]
            for place, kept in shapes.items():
                _keep(kept, row.cells, place, _shape)
        proofs = {proved_mark(text) for kept in shapes.values() for text in kept.values()} - {None}
        return proofs.pop() if len(proofs) == 1 else None


def _is_number(cells: list[str], place: int) -> bool:
    text = cells[place].strip() if place < len(cells) else ""
    return not text or (any_amount(text) is not None and not any(map(str.isalpha, text)))


def _like(text: str) -> str:
    return text[:LIKE]


def _shape(text: str) -> str:
    return text.translate(SHAPES)


def _keep(kept: dict[str, str], cells: list[str], place: int, key: Callable[[str], str]) -> None:
    if place < len(cells) and len(kept) < MOST and not isinstance(text := cells[place], Typed):
        kept.setdefault(key(text), text)


def decided(layout: Layout, answers: Answers, rows: Callable[[], Iterable[Row]]) -> Layout:
    """The layout with what the person says of dates and amounts, else what it says itself, else what all rows prove.

    Raises:
        UnclearDates, UnclearAmounts: nothing does.
    """
    order = answers.date_order or layout.date_order
    mark = answers.decimal_mark or layout.decimal_mark
    if order is None or mark is None:
        evidence = Evidence(layout, rows)
        order, mark = evidence.order(order), evidence.mark(mark)
    return replace(layout, date_order=order, decimal_mark=mark)


def with_evidence(guess: Guess, evidence: Evidence) -> Guess:
    """The guess with what all rows prove; where nothing does, with a doubt."""
    layout, doubts = guess.layout, list(guess.doubts)
    if layout.date_order and layout.decimal_mark:
        return guess
    try:
        layout = replace(layout, date_order=evidence.order(None))
    except UnreadableFile as unclear:
        doubts.append(Doubt("date_order", str(unclear)))
    try:
        layout = replace(layout, decimal_mark=evidence.mark(None))
    except UnreadableFile as unclear:
        doubts.append(Doubt("decimal_mark", str(unclear)))
    return Guess(layout, tuple(doubts))
