"""Reads what a list is narrowed to from its address, and says it in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from budget.dates import read_date
from budget.errors import BudgetError
from budget.ledger.directory import AccountName, CategoryName, Directory
from budget.ledger.filters import FILTERS, LEAST_ROWS, MOST_ROWS, NEWEST_FIRST, PLACE, Chip, Cursor, Search
from budget.ledger.models import Status, today
from budget.ledger.naming import folded, no_such
from budget.ledger.rows import short_day
from budget.money import format_amount, read_amount
from budget.months import Month
from budget.texts import clean_text

KINDS = {"expense": "Expenses", "income": "Income", "transfer": "Transfers"}
SORTS = ("date", "payee", "category", "amount")
NO_CATEGORY = "none"
LONGEST = 200

WORD = re.compile(r'[#@]?"[^"]*"?|\S+')
COMPARISON = re.compile(r"([<>]=?)(.+)")
TOKEN = re.compile(r"([ab])\.([0-9]{1,18})\.(.{0,400})", re.DOTALL)


def read(params: Mapping[str, str], names: Directory, *, currency: str, path: str, kind: str = "") -> Search:
    """Understand an address.

    Args:
        params: its parameters as text, the last of each.
        currency: of the book; amounts are read in it.
        kind: what the page itself is narrowed to: expense, income, or nothing.
    """
    given = {name: params.get(name, "").strip() for name in (*FILTERS, *PLACE)}
    search = Search(path=path, given={n: v for n, v in given.items() if v}, kind=kind, fixed_kind=kind)
    reader = _Reader(search, names, currency)
    for name in (*FILTERS, *PLACE):
        if typed := given[name]:
            try:
                getattr(reader, f"read_{name}")(clean_text(typed, "This", 1000))
            except BudgetError as error:
                search.errors[name] = str(error)
    return search


class CannotSearch(BudgetError):
    """Something in the address that means nothing."""


class _Reader:
    def __init__(self, search: Search, names: Directory, currency: str) -> None:
        self.search = search
        self.names = names
        self.currency = currency

    def _chip(self, text: str, **changes: str) -> None:
        self.search.chips.append(Chip(text, self.search.url(**changes)))

    def read_q(self, typed: str) -> None:
        if len(typed) > LONGEST:
            raise CannotSearch(f"This is too long to search for. Use up to {LONGEST} characters.")
        words = WORD.findall(typed)
        for place, word in enumerate(words):
            self._word(word)
            self._chip(word, q=" ".join(words[:place] + words[place + 1 :]))

    def _word(self, word: str) -> None:
        name = word[1:].strip('"')
        if word[0] == "#" and name:
            fitting = _called(name, self.names.categories.values(), "category")
            below = {pk for category in fitting for pk in self.names.below(category.pk)}
            self.search.categories.append(frozenset(below))
        elif word[0] == "@" and name:
            fitting_accounts = _called(name, self.names.accounts.values(), "account")
            self.search.accounts.append(frozenset(account.pk for account in fitting_accounts))
        elif match := COMPARISON.fullmatch(word):
            self.search.amounts.append((match[1], self._amount(match[2])))
        elif re.fullmatch(Month.PATTERN, word):
            self._within(Month.parse(word).first, Month.parse(word).end)
        else:
            self.search.text.append(word.strip('"'))

    def _amount(self, typed: str) -> Decimal:
        return abs(read_amount(typed, currency=self.currency))

    def _within(self, start: date | None, end: date | None) -> None:
        search = self.search
        if start and (search.start is None or start > search.start):
            search.start = start
        if end and (search.end is None or end < search.end):
            search.end = end

    def read_month(self, typed: str) -> None:
        month = Month.parse(typed)
        self.search.month = month
        self._within(month.first, month.end)
        self._chip(month.title, month="")

    def read_from(self, typed: str) -> None:
        day = read_date(typed, today())
        self._within(day, None)
        self._chip(f"From {short_day(day)}", **{"from": ""})

    def read_to(self, typed: str) -> None:
        day = read_date(typed, today())
        self._within(None, day + timedelta(days=1))
        self._chip(f"Up to {short_day(day)}", to="")

    def read_category(self, typed: str) -> None:
        if typed == NO_CATEGORY:
            self.search.is_uncategorized = True
            self._chip("No category", category="")
            return
        category = self.names.categories.get(_id(typed))
        if category is None:
            raise CannotSearch("Category not found. Choose one of this book's categories.")
        self.search.categories.append(frozenset(self.names.below(category.pk)))
        self._chip(category.label, category="")

    def read_account(self, typed: str) -> None:
        account = self.names.accounts.get(_id(typed))
        if account is None:
            raise CannotSearch("Account not found. Choose one of this book's accounts.")
        self.search.accounts.append(frozenset([account.pk]))
        self._chip(account.name, account="")

    def read_type(self, typed: str) -> None:
        if typed not in KINDS:
            raise CannotSearch(f"There is no type “{typed:.20}”. Choose expenses, income or transfers.")
        if self.search.fixed_kind and typed != self.search.fixed_kind:
            raise CannotSearch(f"This page shows {KINDS[self.search.fixed_kind].lower()} only.")
        self.search.kind = typed
        self._chip(KINDS[typed], type="")

    def read_status(self, typed: str) -> None:
        if typed not in Status.values:
            raise CannotSearch(f"There is no status “{typed:.20}”. Choose one from the list.")
        self.search.status = typed
        self._chip(Status(typed).label, status="")

    def read_filed(self, typed: str) -> None:
        day = read_date(typed, today())
        self.search.filed_since = timezone.make_aware(datetime.combine(day, time.min))
        self._chip(f"Filed by rules since {short_day(day)}", filed="")

    def read_payee(self, typed: str) -> None:
        self.search.payee = typed
        self._chip(f"Payee {typed}", payee="")

    def read_min(self, typed: str) -> None:
        amount = self._amount(typed)
        self.search.amounts.append((">=", amount))
        self._chip(f"At least {format_amount(amount, self.currency)}", min="")

    def read_max(self, typed: str) -> None:
        amount = self._amount(typed)
        self.search.amounts.append(("<=", amount))
        self._chip(f"At most {format_amount(amount, self.currency)}", max="")

    def read_sort(self, typed: str) -> None:
        if typed.removeprefix("-") not in SORTS:
            raise CannotSearch(f"The list cannot be sorted by “{typed:.20}”. Choose date, payee, category or amount.")
        self.search.sort = typed

    def read_page(self, typed: str) -> None:
        match = TOKEN.fullmatch(typed)
        if match is None or not _fits_sort(match[3], self.search.given.get("sort", NEWEST_FIRST)):
            raise CannotSearch("This address names a page that there is not. Begin with the first page.")
        self.search.cursor = Cursor(match[1] == "a", int(match[2]), match[3])

    def read_rows(self, typed: str) -> None:
        if not re.fullmatch("[0-9]{1,3}", typed) or not LEAST_ROWS <= int(typed) <= MOST_ROWS:
            raise CannotSearch(f"A page shows {LEAST_ROWS} to {MOST_ROWS} rows.")
        self.search.rows = int(typed)


def _fits_sort(key: str, sort: str) -> bool:
    by = sort.removeprefix("-")
    if by == "amount":
        return re.fullmatch(r"-?[0-9]{1,16}", key, re.ASCII) is not None
    if by == "date":
        try:
            date.fromisoformat(key)
        except ValueError:
            return False
    return True


def _called(typed: str, choices: Iterable[CategoryName | AccountName], kind: str) -> list[CategoryName | AccountName]:
    """All that a name may mean: the whole name wins over a beginning, a beginning over a word within."""
    wanted = folded(typed)
    known = [(choice, {folded(choice.name), folded(str(choice))}) for choice in choices]
    tests = (str.__eq__, str.startswith, lambda name, begin: f" {begin}" in name)
    for fits in tests:
        if found := [choice for choice, names in known if any(fits(name, wanted) for name in names)]:
            return found
    raise CannotSearch(no_such(typed, kind, [choice for choice, _ in known]))


def _id(typed: str) -> int:
    return int(typed) if re.fullmatch("[0-9]{1,18}", typed, re.ASCII) else 0
