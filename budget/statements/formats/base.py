"""What every reader of a bank's file yields, in the file's own order: statements, their lines, what is unreadable.

Plain Python: a binary file in, events out, one after the other, so that a file of any length is read in little memory.
For each account in the file a reader yields one `StatementStart`, then its `ParsedLine`s, `RefusedLine`s and
`IdleLine`s, then one `StatementEnd`. Whatever is no statement at all, or hostile, is an `UnreadableFile`.

Signs are turned here, once: `ParsedLine.printed` is what the file says, with the file's sign and every digit that it
gives; `ParsedLine.amount` is the same amount as a transaction has it, money out positive.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO, Protocol

from budget.errors import BudgetError

LONGEST_TEXT = 2_000
"""Characters of one field; a longer one makes its line a refused one."""

LARGEST_UPLOAD = 10 * 1024 * 1024
"""Bytes of a file that comes through a page; the command reads larger ones."""


class DateOrder(StrEnum):
    """Which number of a date comes first; one order holds for a whole file."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


class DecimalMark(StrEnum):
    """What stands before the decimals; one mark holds for a whole column."""

    POINT = "."
    COMMA = ","


class UnreadableFile(BudgetError, ValueError):
    """A file of which nothing can be imported: what it is or where it breaks, and what would help."""


class UnclearDates(UnreadableFile):
    """No row of the file proves whether the day or the month comes first; the person has to say.

    `example` is a date as the file prints it, which reads both ways.
    """

    def __init__(self, example: str) -> None:
        self.example = example
        super().__init__(f"“{example:.20}” could be day first or month first, and no row says which. Choose the order.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What was on an account at the start or the end of a day; positive is money one has, as banks print it."""

    amount: Decimal
    on: dt.date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHint:
    """What a file says about the account that it is of; every part may be empty."""

    number: str = ""  # IBAN, card or account number as printed, without blanks
    bank: str = ""  # bank code, BIC or the bank's name
    name: str = ""  # the owner's or the account's name, or the sheet's
    type: str = ""  # one of `budget.ledger.models.AccountType`, or empty


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementStart:
    """One account's part of the file begins. `opening` where the file gives it before the lines.

    `layout` is the digest of our own export's header, where it is a sheet of a spreadsheet.
    """

    account: AccountHint = field(default_factory=AccountHint)
    currency: str = ""  # three letters, or empty where the file names none
    opening: Balance | None = None
    layout: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEnd:
    """One account's part of the file is over. Balances where the file gives them.

    `remarks` are sentences for people about this part: a pending entry left out, made-up looking balances.
    """

    opening: Balance | None = None
    closing: Balance | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPart:
    """One part of a movement that the file itself splits; `amount` has the sign of `ParsedLine.amount`."""

    amount: Decimal
    category: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedLine:
    """One money movement of the file.

    Attributes:
        number: its place among all rows of the file, refused ones too, from 1.
        place: where a person finds it: "row 7", "line 93", "row 3 of “Expense”", "entry 4".
        date: the booking date as the bank wrote it; no zone moves it.
        printed: the amount with the file's sign and every digit; never zero.
        amount: the same with money out positive and money in negative, still with every digit.
        currency: three letters where this row names its own, else empty.
        payee: who was paid or paid, as printed; may be empty.
        text: what else the bank printed (memo, purpose); payee and text are not both empty.
        bank_id: the bank's own id of the movement (FITID, AcctSvcrRef); a hint, not unique.
        category: what the file calls its category, may be empty.
        other_account: the own account that a transfer goes to, where the file says so (QIF "[Savings]").
        balance: the account's balance after this row, where the file has such a column.
        note: what a person wrote beside it, with its line ends; only files of our own have such.
        is_exact: every blank of its texts means what it is: they are of our own export.
        remarks: what the reader did that a person should know ("30 February is printed; the entry date is used").
        original: the row as it came, for the record.
    """

    number: int
    place: str
    date: dt.date
    printed: Decimal
    amount: Decimal
    currency: str = ""
    value_date: dt.date | None = None
    payee: str = ""
    text: str = ""
    bank_id: str = ""
    category: str = ""
    other_account: str = ""
    is_pending: bool = False
    balance: Decimal | None = None
    splits: tuple[SplitPart, ...] = ()
    note: str = ""
    is_exact: bool = False
    remarks: tuple[str, ...] = ()
    original: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A row that cannot be read: which, in which column, and why. `value` is what stands there."""

    number: int
    place: str
    column: str
    value: str
    reason: str
    original: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleLine:
    """A row that can be read and moves no money: it is counted and left out. `reason` says why, as a sentence.

    `printed` is the amount as the file has it; `payee` is whatever names the row, and may be empty.
    """

    number: int
    place: str
    date: dt.date | None
    printed: str
    reason: str
    payee: str = ""
    text: str = ""
    original: str = ""


MOVES_NOTHING = "It moves nothing: the amount is 0."

Event = StatementStart | ParsedLine | RefusedLine | IdleLine | StatementEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a person said about a file that does not say it itself; a reader uses what applies to it.

    `columns` is the mapping of a delimited file (`formats.delimited.Layout`), as plain data.
    """

    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None
    columns: dict[str, object] | None = None


class Format(Protocol):
    """One format of files from banks."""

    name: str  # "ofx1", as the receipt has it
    title: str  # "OFX 1", for people

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with these bytes is of this format. Decides by content, never by name."""

    def read(self, source: BinaryIO, answers: Answers) -> Iterator[Event]:
        """The events of the file, streamed. `source` can be rewound; the caller closes it.

        Raises:
            UnreadableFile: nothing of it can be imported.
        """


Reader = Callable[[BinaryIO, Answers], Iterator[Event]]


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A `Format` from two functions."""

    name: str
    title: str
    recognises: Callable[[bytes], bool]
    read: Reader
