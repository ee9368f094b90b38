"""Rows of a table to the movements that they say, by a layout: the same for delimited text and for sheets.

A row is a movement, or refused with its place, column, value and reason, or left out with a remark at the end: an
amount of zero, a line that only says a balance, the header once more, and the rows at the end that the layout calls a
footer.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from budget.ledger.exporting import unguard
from budget.statements.formats.amounts import BadAmount, read_amount
from budget.statements.formats.base import (
    LONGEST_TEXT,
    MOVES_NOTHING,
    DateOrder,
    DecimalMark,
    IdleLine,
    ParsedLine,
    RefusedLine,
    StatementEnd,
)
from budget.statements.formats.dates import BadDate, read_date
from budget.statements.formats.delimited_balances import Balances
from budget.statements.formats.delimited_fees import FeeBalances, fee_column
from budget.statements.formats.delimited_records import Row, Typed, is_blank
from budget.statements.formats.delimited_states import is_announced, why_no_movement
from budget.statements.formats.delimited_totals import Totals, begins_total, only_totals, says_total
from budget.statements.formats.delimited_words import SYMBOLS
from budget.statements.formats.layout import Layout, Sign, plain_name
from budget.statements.formats.refusing import Refused
from budget.statements.formats.texts import exact, keep, shorten, tidy

LARGEST = Decimal("9999999999999.999")
CODE = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
WITH_COMMA = re.compile(r"[+-]?[0-9]{1,13},[0-9]{1,2}", re.ASCII)
"""The amounts of most files with a decimal comma, which need no more looking at."""

NO_TEXT = "(no text)"
Place = Callable[[Row, int], str]


class TableReader:
    """Reads the rows of one table; `end` says afterwards what there is to say about all of them.

    Args:
        layout: where everything stands.
        order: of the dates; None where they say it themselves.
        mark: before the decimals, of all amounts.
        place: where a person finds a row, from the row and its number among the movements.
        before: rows that other tables of the same file have.
        account: where the table has rows of several, the one that is read, and whether it is the first, which rows
            that name none of them go to.
    """

    def __init__(
        self,
        layout: Layout,
        order: DateOrder | None,
        mark: DecimalMark,
        *,
        place: Place,
        before: int = 0,
        account: tuple[str, bool] | None = None,
    ) -> None:
        self._layout, self._order, self._mark, self._place = layout, order, mark, place
        self._account = account
        self._says_all = account is None or account[1]
        self.number = before
        self._left_out: Counter[str] = Counter()
        self._said: list[str] = []
        self._footer: deque[Row] = deque()
        self._totals = Totals()
        self._words = {plain_word(word): -1 for word in layout.words_out}
        self._words |= {plain_word(word): 1 for word in layout.words_in}
        self._needed = 1 + max(
            place for place in (layout.date, layout.amount, layout.debit, layout.credit) if place is not None
        )
        named = {layout.date, layout.amount, layout.debit, layout.credit, layout.balance, layout.value_date}
        self._unnamed = [place for place in range(layout.width) if place not in named]
        self._fee = None if layout.balance is None else fee_column(layout, self._unnamed)
        self._balances: Balances | FeeBalances = Balances()
        if self._fee is not None:
            self._balances = FeeBalances(layout.name(self._fee))

    def lines(self, rows: Iterable[Row]) -> Iterator[ParsedLine | RefusedLine | IdleLine]:
        """The movements and the refused rows, in the table's order."""
        first, keeping = self._layout.first, self._layout.footer
        for row in rows:
            if row.number < first or is_blank(row.cells):
                if 0 < self._layout.header < row.number < first and self._says_balance(row.cells):
                    self._say(row.cells)
                continue
            self._footer.append(row)
            if len(self._footer) > keeping and (line := self._line(self._footer.popleft())):
                if keeping and isinstance(line, ParsedLine):
                    self._totals.add(line.printed)
                yield line
        footer, self._footer = self._footer, deque()
        for row in footer:
            if self._is_note(row):
                self._footer.append(row)
            elif line := self._line(row):
                yield line

    def _line(self, row: Row) -> ParsedLine | RefusedLine | IdleLine | None:
        if self._is_header(row.cells):
            self._left_out["row repeats the header and was left out"] += self._says_all
            return None
        self.number += 1
        if self._account is not None and not self._is_own(row.cells, *self._account):
            return None
        place = self._place(row, self.number)
        try:
            return self._movement(row, place)
        except Refused as refused:
            self._balances.gap()
            return RefusedLine(
                number=self.number,
                place=place,
                column=shorten(refused.column),
                value=shorten(refused.value, 200),
                reason=refused.reason,
                original=keep(_original(row)),
            )

    def _is_note(self, row: Row) -> bool:
        """Whether a row at the end is a total or a note for certain; a movement whose date is missing is none."""
        amounts: list[Decimal] = []
        for column in (self._layout.amount, self._layout.debit, self._layout.credit):
            if column is None or column >= len(row.cells) or is_blank([row.cells[column]]):
                continue
            try:
                amount = self._amount(row.cells, column)
            except Refused:
                if begins_total(row.cells):
                    return only_totals(row.cells)
                continue
            amounts += [] if amount is None else [amount]
        return not amounts or self._totals.explain(row.cells, amounts, self._balances.known())

    def _is_header(self, cells: list[str]) -> bool:
        names = self._layout.names
        return bool(names) and cells[0] == names[0] and tuple(cells) == names

    def _is_own(self, cells: list[str], account: str, is_first: bool) -> bool:
        said = account_of(cells, self._layout)
        return said == account or (is_first and not said)

    def _movement(self, row: Row, place: str) -> ParsedLine | IdleLine | None:
        layout, cells = self._layout, row.cells
        self._check_width(row)
        printed, amount, currency = self._money(cells)
        if printed is None:
            if self._says_balance(cells):
                self._left_out["row only says a balance or a total and was left out"] += 1
                self._say(cells)
                return None
            raise Refused(self._amount_name(), "", "There is no amount.")
        state = "" if layout.pending is None else _cell(cells, layout.pending)
        reason = why_no_movement(state, layout.name(layout.pending or 0), has_date=bool(cells[layout.date].strip()))
        day = None if reason and not cells[layout.date].strip() else self._date(cells)
        payee = self._text(cells, layout.payee)
        if not printed or day is None or reason:
            return IdleLine(
                number=self.number,
                place=place,
                date=day,
                printed=f"{printed:f}",
                reason=reason or MOVES_NOTHING,
                payee=payee,
                text=self._texts(cells, payee),
                original=keep(_original(row)),
            )
        remarks: list[str] = []
        category = self._text(cells, layout.category)
        return ParsedLine(
            number=self.number,
            place=place,
            date=day,
            printed=printed,
            amount=amount,
            currency=currency,
            value_date=self._value_date(cells, remarks),
            payee=payee,
            text=self._texts(cells, payee),
            bank_id=self._text(cells, layout.bank_id),
            category=category,
            other_account=self._text(cells, layout.transfer),
            note=self._text(cells, layout.note, lines=True),
            is_exact=layout.is_export,
            is_pending=is_announced(state),
            balance=self._balance(cells, place, day, currency, amount, remarks),
            remarks=tuple(remarks),
            original=keep(_original(row)),
        )

    def _check_width(self, row: Row) -> None:
        if row.problem:
            raise Refused("", row.raw, row.problem)
        cells, layout = row.cells, self._layout
        if max(layout.narrowest, self._needed) <= len(cells) <= layout.width:
            return
        if len(cells) > layout.width and is_blank(cells[layout.width :]):
            return
        count = "1 value" if len(cells) == 1 else f"{len(cells):,} values"
        raise Refused("", row.raw, f"The row has {count}, the others have {layout.width:,}.")

    def _date(self, cells: list[str]) -> dt.date:
        text = cells[self._layout.date]
        try:
            return read_date(text.strip(), self._order)
        except BadDate as error:
            raise Refused(self._layout.name(self._layout.date), text, str(error)) from error

    def _money(self, cells: list[str]) -> tuple[Decimal | None, Decimal, str]:
        """What is printed (None where nothing is), what it is with money out positive, and its currency."""
        layout = self._layout
        if layout.amount is None:
            printed, column = self._debit_or_credit(cells)
            return printed, -(printed or 0) + Decimal(0), self._currency(cells, column)
        printed = self._amount(cells, layout.amount)
        if printed is None:
            return None, Decimal(0), ""
        currency = self._currency(cells, layout.amount)
        if layout.direction is None:
            amount = printed if layout.sign == Sign.MONEY_OUT_POSITIVE else -printed
            return printed, amount, currency
        word = _cell(cells, layout.direction)
        sign = self._words.get(plain_word(word))
        if sign is None:
            raise Refused(
                layout.name(layout.direction), word, f"“{shorten(word)}” says neither money in nor money out."
            )
        return (sign * printed if layout.direction_signs else printed), -sign * printed, currency

    def _debit_or_credit(self, cells: list[str]) -> tuple[Decimal | None, int]:
        """The amount with money in positive, whichever column it stands in."""
        layout = self._layout
        debit = None if layout.debit is None else self._amount(cells, layout.debit)
        credit = None if layout.credit is None else self._amount(cells, layout.credit)
        if debit and credit:
            assert layout.debit is not None
            reason = f"There is an amount in “{layout.name(layout.debit)}” and one in “{self._amount_name()}”."
            raise Refused(layout.name(layout.debit), cells[layout.debit], reason)
        if debit:
            assert layout.debit is not None
            return (debit if layout.debit_is_negative else -debit), layout.debit
        column = layout.credit if layout.credit is not None else layout.debit
        assert column is not None
        return (debit if credit is None else credit), column

    def _amount(self, cells: list[str], column: int) -> Decimal | None:
        text = cells[column]
        if not text or text.isspace():
            return None
        if self._mark == DecimalMark.COMMA and WITH_COMMA.fullmatch(text):
            return Decimal(text.replace(",", ".")) + 0
        try:
            amount = read_amount(text, DecimalMark.POINT if isinstance(text, Typed) else self._mark)
        except BadAmount as error:
            raise Refused(self._layout.name(column), text, str(error)) from error
        if abs(amount) > LARGEST:
            raise Refused(self._layout.name(column), text, f"The amount is larger than {LARGEST:,}.")
        return amount

    def _amount_name(self) -> str:
        layout = self._layout
        column = next(place for place in (layout.amount, layout.credit, layout.debit) if place is not None)
        return layout.name(column)

    def _currency(self, cells: list[str], amount: int) -> str:
        if self._layout.currency is None:
            found = CODE.search(cells[amount]) if not cells[amount].isdigit() else None
            return found[0] if found else ""
        text = _cell(cells, self._layout.currency).strip()
        if not text or (len(text) == 3 and text.isascii() and text.isalpha()):
            return text.upper()
        if text in SYMBOLS:
            return SYMBOLS[text]
        raise Refused(self._layout.name(self._layout.currency), text, f"“{shorten(text)}” is no code of a currency.")

    def _value_date(self, cells: list[str], remarks: list[str]) -> dt.date | None:
        if self._layout.value_date is None or not (text := _cell(cells, self._layout.value_date).strip()):
            return None
        try:
            return read_date(text, self._order)
        except BadDate:
            remarks.append(f"The value date “{shorten(text, 30)}” cannot be read and is left out.")
            return None

    def _balance(
        self, cells: list[str], place: str, day: dt.date, currency: str, amount: Decimal, remarks: list[str]
    ) -> Decimal | None:
        if self._layout.balance is None:
            return None
        try:
            balance = self._amount(cells, self._layout.balance) if self._layout.balance < len(cells) else None
        except Refused as refused:
            remarks.append(f"The balance “{shorten(refused.value, 30)}” cannot be read and is left out.")
            balance = None
        if balance is None:
            self._balances.gap()
        elif isinstance(self._balances, FeeBalances):
            self._balances.add(place, day, currency, amount, balance, self._fee_of(cells))
        else:
            self._balances.add(place, day, currency, amount, balance)
        return balance

    def _fee_of(self, cells: list[str]) -> Decimal:
        """What the row says beside its amount; nothing where that is no amount."""
        try:
            fee = self._amount(cells, self._fee) if self._fee is not None and self._fee < len(cells) else None
        except Refused:
            fee = None
        return fee or Decimal(0)

    def _text(self, cells: list[str], column: int | None, *, lines: bool = False) -> str:
        if column is None or column >= len(cells):
            return ""
        text = text_of(cells[column], self._layout, lines=lines)
        if len(text) > LONGEST_TEXT:
            reason = f"The text has {len(text):,} characters; {LONGEST_TEXT:,} is the most."
            raise Refused(self._layout.name(column), text, reason)
        return text

    def _texts(self, cells: list[str], payee: str) -> str:
        parts = dict.fromkeys(text for place in self._layout.text if (text := self._text(cells, place)))
        parts.pop(payee, None)
        said = " ".join(parts)
        if len(said) > LONGEST_TEXT:
            raise Refused(self._layout.name(self._layout.text[0]), said, f"The texts have {len(said):,} characters.")
        return said or ("" if payee else self._something(cells))

    def _something(self, cells: list[str]) -> str:
        """Whatever else the row says, where neither payee nor text does."""
        for column in (self._layout.category, self._layout.direction, *self._unnamed):
            if text := self._text(cells, column):
                return text
        return NO_TEXT

    def _says_balance(self, cells: list[str]) -> bool:
        return any(says_total(cell) for cell in cells)

    def _say(self, cells: list[str]) -> None:
        if len(self._said) < 3:
            self._said.append(shorten(" ".join(cell for cell in cells if cell), 80))

    def end(self) -> StatementEnd:
        """What follows the last line: balances where a column gives them, and what was left out."""
        remarks = [
            f"1 {what}." if count == 1 else f"{count:,} {_plural(what)}."
            for what, count in self._left_out.items()
            if count
        ]
        remarks += [f"Left out: “{said}”" for said in self._said]
        remarks += [
            f"Left out at the end: “{shorten(' '.join(cell for cell in row.cells if cell), 80)}”"
            for row in (self._footer if self._says_all else ())
        ]
        remarks += self._balances.astray()
        opening, closing = self._balances.ends()
        return StatementEnd(opening=opening, closing=closing, remarks=tuple(remarks))


def account_of(cells: list[str], layout: Layout) -> str:
    """What a row says in the account's column; nothing where the row is not as wide as it should be."""
    if layout.account is None or not layout.narrowest <= len(cells) <= layout.width:
        return ""
    return _cell(cells, layout.account).strip()


def text_of(cell: str, layout: Layout, *, lines: bool = False) -> str:
    """What a cell says: on one line unless `lines`, and of our own export exactly as it was written."""
    if layout.is_export:
        return exact(unguard(cell), lines=lines)
    return exact(cell, lines=True) if lines else tidy(cell)


def plain_word(word: str) -> str:
    """A word as it is compared; signs such as `+` stay as they are."""
    return plain_name(word) or word.strip()


def _cell(cells: list[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def _original(row: Row) -> str:
    return row.raw.rstrip("\r\n") or " | ".join(row.cells)


def _plural(what: str) -> str:
    return what.replace("row ", "rows ", 1).replace("repeats", "repeat").replace("says", "say").replace("was ", "were ")
