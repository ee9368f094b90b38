"""What the columns of a table mean: kept as plain data, remembered for files with the same header."""

from __future__ import annotations

import codecs
import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from budget.statements.formats.base import DateOrder, DecimalMark, UnreadableFile

WIDEST = 1_000
"""Columns of a row that are looked at; no bank writes so many."""

LONGEST_WORD = 100


class Sign(StrEnum):
    """What an amount without a minus means."""

    MONEY_IN_POSITIVE = "money_in_positive"
    MONEY_OUT_POSITIVE = "money_out_positive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything stands in a delimited file or a sheet. Columns count from 0, rows from 1.

    There is an `amount`, or a `debit` or `credit` column or both.

    Attributes:
        names: the cells of the header row; empty where the file has none.
        header: the number of the header row among the file's rows, blank ones too; 0 when it has none.
        first: the number of the first row that can be a movement.
        footer: so many rows at the end, blank ones not counted, are no movements (totals, notes).
        width: values in the widest row that is sound.
        narrowest: values in the narrowest row that is sound.
        direction: the column with the word that says whether money came in or went out.
        direction_signs: the word stands for a sign that the amount lacks ("12.50 D"). When false the amount has a sign
            of its own and the word only says what a positive one means (an "expense" of -5 is money in).
        debit_is_negative: amounts of the debit column are printed with a minus and still mean money out.
        currency_code: the currency of the whole file, where a header cell names it ("Amount (EUR)").
        transfer: the column with the person's own account on the other side of a transfer.
        is_export: the table is our own export: its texts are guarded and exact, its accounts and categories are names.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    names: tuple[str, ...] = ()
    header: int = 1
    first: int = 2
    footer: int = 0
    width: int
    narrowest: int
    date: int
    value_date: int | None = None
    amount: int | None = None
    debit: int | None = None
    credit: int | None = None
    direction: int | None = None
    words_in: tuple[str, ...] = ()
    words_out: tuple[str, ...] = ()
    direction_signs: bool = True
    debit_is_negative: bool = False
    currency: int | None = None
    currency_code: str = ""
    payee: int | None = None
    text: tuple[int, ...] = ()
    bank_id: int | None = None
    category: int | None = None
    balance: int | None = None
    pending: int | None = None
    account: int | None = None
    note: int | None = None
    transfer: int | None = None
    is_export: bool = False
    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None
    sign: Sign = Sign.MONEY_IN_POSITIVE

    def to_plain(self) -> dict[str, object]:
        """As JSON can hold it; `from_plain` is the way back."""
        return {
            field.name: list(value) if isinstance(value := getattr(self, field.name), tuple) else value
            for field in dataclasses.fields(self)
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, object]) -> Layout:
        """The layout that `to_plain` wrote, or that a person put together.

        Raises:
            UnreadableFile: it is none, with the part that is wrong.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := [str(name) for name in plain if name not in known]:
            raise UnreadableFile(f"The mapping has a part “{unknown[0]:.40}”, which no mapping has.")
        values = {name: _checked(name, value) for name, value in plain.items()}
        if missing := [name for name in ("width", "narrowest", "date") if values.get(name) is None]:
            raise UnreadableFile(f"The mapping does not say {missing[0]}.")
        made = cls(**values)  # type: ignore[arg-type]  # each is checked by its name
        if made.amount is None and made.debit is None and made.credit is None:
            raise UnreadableFile("The mapping names no column with amounts.")
        return made

    @property
    def digest(self) -> str:
        """Identifies files with the same header."""
        return header_digest(self.names)

    def name(self, column: int) -> str:
        """What people call a column: its name in the header, or its number from 1."""
        named = self.names[column].strip() if column < len(self.names) else ""
        return named or f"column {column + 1}"


PLACES = frozenset({
    "date", "value_date", "amount", "debit", "credit", "direction", "currency", "payee", "bank_id", "category",
    "balance", "pending", "account", "note", "transfer",
})  # fmt: skip
COUNTS = frozenset({"header", "first", "footer", "width", "narrowest"})
WORDS = frozenset({"names", "words_in", "words_out"})
FLAGS = frozenset({"direction_signs", "debit_is_negative", "is_export"})
ENUMS: dict[str, type[StrEnum]] = {"date_order": DateOrder, "decimal_mark": DecimalMark, "sign": Sign}


def _checked(name: str, value: object) -> object:
    if name in PLACES:
        if value is None or _is_count(value, WIDEST - 1):
            return value
    elif name in COUNTS:
        if _is_count(value, 10**9):
            return value
    elif name == "text":
        if isinstance(value, list | tuple) and all(_is_count(place, WIDEST - 1) for place in value):
            return tuple(value)
    elif name in WORDS:
        if isinstance(value, list | tuple) and all(isinstance(word, str) for word in value) and len(value) <= WIDEST:
            return tuple(word[:LONGEST_WORD] for word in value)
    elif name in FLAGS:
        if isinstance(value, bool):
            return value
    elif name in ENUMS:
        if value in set(ENUMS[name]):
            return ENUMS[name](str(value))
        if value is None and name != "sign":
            return None
    elif isinstance(value, str) and _is_fitting(name, value):
        return value
    raise UnreadableFile(f"The mapping says “{value!s:.40}” as {name.replace('_', ' ')}, which cannot be.")


def _is_count(value: object, largest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest


def _is_fitting(name: str, value: str) -> bool:
    if name == "delimiter":
        return len(value) == 1 and value not in '\r\n"' and not value.isalnum()
    if name == "quote":
        return value in {'"', "'", ""}
    if name == "currency_code":
        return value == "" or bool(re.fullmatch(r"[A-Z]{3}", value))
    return name == "encoding" and _is_text_encoding(value)


def _is_text_encoding(name: str) -> bool:
    try:
        "".encode(name)
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True


OTHER_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D"})
INSIDE_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
BETWEEN_WORDS = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def plain_name(name: str) -> str:
    """A header cell as it is compared: lower case, no accents, words parted by one blank (“valuta date”)."""
    apart = INSIDE_WORD.sub(" ", name[:LONGEST_WORD].translate(OTHER_LETTERS))
    letters = unicodedata.normalize("NFKD", apart).casefold()
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return BETWEEN_WORDS.sub(" ", bare).strip()


def header_digest(names: Iterable[str]) -> str:
    """Identifies a header: case, accents and blanks make no difference, the order of columns does.

    Empty for a file without a header, which nothing can be remembered for.
    """
    plain = [plain_name(name) for name in names]
    while plain and not plain[-1]:
        plain.pop()
    return hashlib.sha256("\n".join(plain).encode()).hexdigest() if plain else ""
