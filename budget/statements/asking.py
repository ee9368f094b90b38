"""What a file does not say and a person has to: which number of a date is the day, what stands before the decimals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from budget.money.display import plain_amount
from budget.statements.formats.amounts import BadAmount
from budget.statements.formats.amounts import read_amount as read_printed
from budget.statements.formats.base import DateOrder, DecimalMark
from budget.statements.formats.dates import BadDate
from budget.statements.formats.dates import read_date as read_day
from budget.statements.models import Stage, StatementImport

EXAMPLE = re.compile(r"“([^”]{1,60})”")
MANNERS = {
    DateOrder.DAY_FIRST: "day first",
    DateOrder.MONTH_FIRST: "month first",
    DateOrder.YEAR_FIRST: "year first",
}
MARKS = {DecimalMark.POINT: "decimal point", DecimalMark.COMMA: "decimal comma"}


@dataclass(frozen=True)
class Choice:
    """One answer: `value` is what the reader is told, `label` what the example is then, `manner` how it is read."""

    value: str
    label: str
    manner: str


@dataclass(frozen=True)
class Question:
    """What is asked: `field` is the part of the answers that is missing."""

    field: str
    choices: Sequence[Choice]


def question_of(found: StatementImport) -> Question | None:
    """What would help with a file that was not read; None where no answer does."""
    if found.stage not in (Stage.ASKING, Stage.REFUSED):
        return None
    examples = EXAMPLE.findall(found.problem)
    if found.problem.endswith("Choose the order."):
        return Question("date_order", [_day(examples, order) for order in DateOrder if _reads(examples, order)])
    if found.problem.endswith("Choose the decimal mark."):
        return Question("decimal_mark", [_amount(examples, mark) for mark in DecimalMark])
    return None


def _reads(examples: Sequence[str], order: DateOrder) -> bool:
    return not examples or _as_day(examples[0], order) is not None


def _day(examples: Sequence[str], order: DateOrder) -> Choice:
    day = _as_day(examples[0], order) if examples else None
    manner = MANNERS[order]
    return Choice(order, f"{day.day} {day:%B %Y}" if day else manner.capitalize(), manner if day else "")


def _as_day(text: str, order: DateOrder) -> dt.date | None:
    try:
        return read_day(text, order)
    except BadDate:
        return None


def _amount(examples: Sequence[str], mark: DecimalMark) -> Choice:
    manner = MARKS[mark]
    for text in examples:
        try:
            amount = read_printed(text, mark)
        except BadAmount:
            continue
        return Choice(mark, plain_amount(amount, "EUR"), manner)
    return Choice(mark, manner.capitalize(), "")
