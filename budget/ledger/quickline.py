"""The one line in which a person records a transaction: ``12.50 coffee house #food @cash yesterday "note"``.

The pieces come in any order. No database: the categories and accounts to choose from are handed in, and whatever is
wrong comes back as a sentence beside the piece that it is about.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from budget.dates import DAYS_AGO, MONTHS, WEEKDAYS, read_date
from budget.errors import BudgetError
from budget.ledger.naming import Choice, called, choose
from budget.money.currencies import all_currency_marks
from budget.money.reading import SIGNS, NoAmount, read_sum

LONGEST_LINE = 500
LONGEST_PAYEE = 100
SMALL_WORDS = frozenset({"a", "and", "at", "by", "de", "der", "du", "for", "in", "la", "of", "on", "the", "to", "und"})
LOOKALIKES = frozenset("oil")
"""Letters typed where a digit was meant."""

PIECE = re.compile(r'([#@]?)"([^"]*)"?|(>)|([^\s>"]+)')
SPACED_SUM = re.compile(r"(?<=[0-9]) ([-+\N{MINUS SIGN}]) (?=[0-9.])", re.ASCII)
SPACED_THOUSANDS = re.compile(r"(?<!\S)([0-9]{1,3}) ([0-9]{3}[.,][0-9]{1,2})(?!\S)", re.ASCII)
AMOUNT = re.compile(r"[-+\N{MINUS SIGN}(]?\D{0,4}?[-+\N{MINUS SIGN}]?[0-9.,][0-9.,'’+)\N{MINUS SIGN}-]*\D{0,3}")
DAY_NUMBER = re.compile(r"[0-9]{1,2}(?:st|nd|rd|th|\.)?,?", re.ASCII)
YEAR = re.compile(r"(?:19|20|21)[0-9]{2}", re.ASCII)
WHOLE_DATE = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}/[0-9]{1,2}(?:/[0-9]{2,4})?|[0-9]{1,2}\.[0-9]{1,2}\.(?:[0-9]{2,4})?",
    re.ASCII,
)


class WhichWay(BudgetError, ValueError):
    """A minus before an amount: some people mean money out by it, some a refund."""

    def __init__(self, plain: str) -> None:
        super().__init__(f"Write +{plain} for money in, or {plain} for money out.")


class Problem(NamedTuple):
    """What is wrong with a line: the piece as it was typed, and the sentence about it."""

    piece: str
    sentence: str


@dataclass(slots=True)
class QuickLine:
    """What a line says. A field is None or empty where it says nothing.

    ``amount`` is above zero; ``is_income`` says which way the money went. A transfer has ``transfer_from`` and
    ``transfer_to`` and neither account nor category.
    """

    date: date
    amount: Decimal | None = None
    is_income: bool = False
    payee: str = ""
    category: Any = None
    account: Any = None
    note: str = ""
    transfer_from: Any = None
    transfer_to: Any = None
    has_date: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_transfer(self) -> bool:
        """Whether the line moves money between two accounts."""
        return self.transfer_from is not None and self.transfer_to is not None

    @property
    def signed_amount(self) -> Decimal | None:
        """The amount as a transaction has it: money out is positive, money in negative."""
        return -self.amount if self.amount is not None and self.is_income else self.amount


def parse(
    line: str,
    *,
    today: date,
    currency: str,
    categories: Sequence[Choice],
    accounts: Sequence[Choice],
    day_first: bool | None = None,
    locale_hint: str | None = None,
) -> QuickLine:
    """Read a line; never raises, ``problems`` says what could not be read. The date is today unless it says another."""
    found = QuickLine(date=today)
    text = "".join(character if character.isprintable() else " " for character in line).replace("“", '"')
    text = text.replace("”", '"').replace("->", ">").replace("→", ">").strip()
    if len(text) > LONGEST_LINE:
        found.problems.append(Problem(text[:24], f"This line is too long. Use up to {LONGEST_LINE} characters."))
        return found
    text = SPACED_THOUSANDS.sub(r"\1'\2", SPACED_SUM.sub(r"\1", text))

    words: list[str] = []
    notes: list[str] = []
    named_categories: list[str] = []
    sides: list[list[str]] = [[]]
    for mark, quoted, arrow, word in PIECE.findall(text):
        sigil, name = (mark, quoted) if not word else (word[0], word[1:])
        if arrow:
            sides.append([])
        elif sigil == "#" and not name.isdigit():
            named_categories.append(name)
        elif sigil == "@":
            sides[-1].append(name)
        elif word:
            words.append(word)
        elif quoted.strip():
            notes.append(quoted.strip())

    found.note = " ".join(notes)
    _take_date(found, words, today, day_first)
    _take_amount(found, words, currency, locale_hint)
    _take_category(found, named_categories, categories)
    _take_accounts(found, sides, accounts)
    found.payee = title_case(" ".join(words))
    if len(found.payee) > LONGEST_PAYEE:
        found.problems.append(
            Problem(found.payee[:24], f"This payee is too long. Use up to {LONGEST_PAYEE} characters.")
        )
    return found


def refuse_minus(typed: str) -> None:
    """Raises WhichWay for an amount that begins with a minus."""
    if SIGNS.get(typed[:1]) == -1:
        raise WhichWay(typed.lstrip("".join(SIGNS)))


def title_case(payee: str) -> str:
    """``coffee house`` as ``Coffee House``; what has a capital already stays as it was typed."""
    if payee != payee.lower():
        return payee
    words = payee.split()
    return " ".join(
        word if index and word in SMALL_WORDS else word[:1].upper() + word[1:] for index, word in enumerate(words)
    )


def _take_date(found: QuickLine, words: list[str], today: date, day_first: bool | None) -> None:
    """Take the first date out of the words."""
    for index in range(len(words)):
        if length := _date_length(words, index):
            typed = " ".join(words[index : index + length])
            del words[index : index + length]
            try:
                found.date, found.has_date = read_date(typed, today, day_first=day_first), True
            except BudgetError as error:
                found.problems.append(Problem(typed, str(error)))
            return


def _date_length(words: list[str], index: int) -> int:
    """How many words from this one on are one date; 0 if it begins none."""
    lowered = [word.lower() for word in words[index : index + 4]]
    first = lowered[0]
    if WHOLE_DATE.fullmatch(first) or first in DAYS_AGO:
        return 1
    if first.rstrip(",") in WEEKDAYS:
        return 1 + (_day_and_month_length(lowered[1:]) if len(lowered) > 1 else 0)
    return _day_and_month_length(lowered)


def _day_and_month_length(words: list[str]) -> int:
    if len(words) < 2:
        return 0
    day_first = DAY_NUMBER.fullmatch(words[0]) and words[1].rstrip(".,") in MONTHS
    month_first = words[0].rstrip(".") in MONTHS and DAY_NUMBER.fullmatch(words[1])
    if not (day_first or month_first):
        return 0
    return 3 if len(words) > 2 and YEAR.fullmatch(words[2]) else 2


def _take_amount(found: QuickLine, words: list[str], currency: str, locale_hint: str | None) -> None:
    """Take the amount out of the words, with the currency beside it."""
    _join_currency(words)
    numbers = [word for word in words if _is_amount(word)]
    telling = [word for word in numbers if not word.isdigit()]
    if len(telling) > 1:
        typed = " and ".join(telling[:3])
        found.problems.append(Problem(telling[1], f"This line has the amounts {typed}. Keep one, or join them with +."))
    if not numbers:
        found.problems.append(Problem("", str(NoAmount(currency))))
        return
    typed = (telling or numbers)[0]
    words.remove(typed)
    found.is_income = typed[0] == "+"
    try:
        refuse_minus(typed)
        amount = read_sum(typed.lstrip("".join(SIGNS)), currency=currency, locale_hint=locale_hint)
    except BudgetError as error:
        found.problems.append(Problem(typed, str(error)))
        return
    if amount <= 0:
        found.problems.append(
            Problem(typed, "The amount has to be above zero. For money that came in, put + before it.")
        )
        return
    found.amount = amount


def _is_amount(word: str) -> bool:
    """Whether a word is meant as an amount: digits with at most a sign and a currency, or almost (``12,5o``)."""
    if not AMOUNT.fullmatch(word) or not any(character in "0123456789" for character in word):
        return False
    letters = word.strip("0123456789.,'’+-()\N{MINUS SIGN}").lower()
    return not letters or letters in all_currency_marks() or letters in LOOKALIKES


def _join_currency(words: list[str]) -> None:
    """Make ``12.50 EUR`` and ``$ 5`` one word each."""
    for index in range(len(words) - 1):
        one, other = words[index], words[index + 1]
        if _is_currency(one) and other[:1].isdigit() and _is_amount(other):
            words[index : index + 2] = [one + other]
            return
        if _is_currency(other) and one[-1:].isdigit() and _is_amount(one):
            words[index : index + 2] = [one + other]
            return


def _is_currency(word: str) -> bool:
    return word.lower() in all_currency_marks() and (word.isupper() or not word.isalpha())


def _take_category(found: QuickLine, named: list[str], categories: Sequence[Choice]) -> None:
    if len(named) > 1:
        typed = " and ".join(f"#{name}" for name in named[:3])
        found.problems.append(Problem(f"#{named[1]}", f"This line has the categories {typed}. Keep one."))
    if named:
        found.category = _choose(found, "#", named[0], categories, "category")
    if getattr(found.category, "is_income", False):
        found.is_income = True


def _take_accounts(found: QuickLine, sides: list[list[str]], accounts: Sequence[Choice]) -> None:
    named = [name for side in sides for name in side]
    if len(sides) == 1:
        if len(named) > 1:
            one, other = named[:2]
            sentence = f"This line has two accounts. Keep one, or write @{one} > @{other} to move money between them."
            found.problems.append(Problem(f"@{other}", sentence))
        if named:
            found.account = _choose(found, "@", named[0], accounts, "account")
        return
    if [len(side) for side in sides] != [1, 1]:
        sentence = "To move money, write one account on each side, such as @visa > @savings."
        found.problems.append(Problem(">", sentence))
        return
    source = _choose(found, "@", named[0], accounts, "account")
    target = _choose(found, "@", named[1], accounts, "account")
    if source is None or target is None:
        return
    if source.pk == target.pk:
        sentence = f"Money cannot move from {called(source)} to itself. Name two accounts."
        found.problems.append(Problem(f"@{named[1]}", sentence))
        return
    found.transfer_from, found.transfer_to, found.is_income = source, target, False
    if found.category is not None:
        found.category = None
        sentence = "Money moved between accounts has no category. Leave the category out."
        found.problems.append(Problem("#", sentence))


def _choose(found: QuickLine, sigil: str, typed: str, choices: Sequence[Choice], kind: str) -> Any:
    """The choice that a name means; None, with the reason among the problems, if it means none or several."""
    try:
        return choose(typed, choices, kind=kind, sigil=sigil)
    except BudgetError as error:
        found.problems.append(Problem(f"{sigil}{typed}", str(error)))
        return None
