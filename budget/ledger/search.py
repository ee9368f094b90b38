"""What a list is narrowed to: read from its address, said in words, turned into a query and into an address again."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from budget.books.models import Book
from budget.dates import read_date
from budget.errors import BudgetError
from budget.ledger.directory import AccountName, CategoryName, Directory
from budget.ledger.models import MonthlyTotal, Status, Transaction, TransactionQuerySet, today
from budget.ledger.naming import folded, no_such
from budget.money import format_amount, read_amount
from budget.months import Month
from budget.texts import clean_text

KINDS = {"expense": "Expenses", "income": "Income", "transfer": "Transfers"}
SORTS = ("date", "payee", "category", "amount")
NEWEST_FIRST = "-date"
FILTERS = ("q", "month", "from", "to", "category", "account", "type", "status", "min", "max")
PLACE = ("sort", "page", "rows")
ROWS, MOST_ROWS = 100, 500
NO_CATEGORY = "none"
LONGEST = 200

WORD = re.compile(r'[#@]?"[^"]*"?|\S+')
NUMBER = re.compile(r"[0-9][0-9.,]*")
COMPARISON = re.compile(r"([<>]=?)(.+)")
TOKEN = re.compile(r"([ab])\.([0-9]{1,18})\.(.{0,400})", re.DOTALL)


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: after or before the row that has this key and id."""

    is_after: bool
    pk: int
    key: str

    def __str__(self) -> str:
        return f"{'a' if self.is_after else 'b'}.{self.pk}.{self.key}"


@dataclass(frozen=True)
class Chip:
    """One thing that the list is narrowed to, and the address without it."""

    text: str
    url: str


@dataclass
class Search:
    """A list's address, understood. `errors` says per field what could not be; nothing is shown then."""

    path: str
    given: dict[str, str]
    kind: str = ""
    text: list[str] = field(default_factory=list)
    start: date | None = None
    end: date | None = None
    categories: list[frozenset[int]] = field(default_factory=list)
    is_uncategorized: bool = False
    accounts: list[frozenset[int]] = field(default_factory=list)
    amounts: list[tuple[str, Decimal]] = field(default_factory=list)
    status: str = ""
    sort: str = NEWEST_FIRST
    cursor: Cursor | None = None
    rows: int = ROWS
    chips: list[Chip] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    month: Month | None = None
    fixed_kind: str = ""

    @property
    def sort_by(self) -> str:
        """What the rows are sorted by."""
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the largest or newest comes first."""
        return self.sort.startswith("-")

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the page itself narrows the list."""
        return any(self.given.get(name) for name in FILTERS)

    @property
    def whole_months(self) -> bool:
        """Whether the period, if there is one, consists of whole months."""
        return all(day is None or day.day == 1 for day in (self.start, self.end))

    @property
    def is_in_months(self) -> bool:
        """Whether the monthly totals know the sums of exactly these rows."""
        return self.whole_months and not (self.text or self.amounts or self.status)

    def url(self, **changes: str) -> str:
        """The address with some parameters changed, from its first page on unless `page` is among them."""
        params = {name: value for name, value in self.given.items() if name not in ("page", "rows")} | changes
        query = urlencode({name: value for name, value in params.items() if value})
        return f"{self.path}?{query}" if query else self.path

    @property
    def address(self) -> str:
        """This very address, without empty parameters."""
        place = {name: self.given[name] for name in ("page", "rows") if self.given.get(name)}
        return self.url(**place)

    @property
    def query(self) -> str:
        """The filter alone, to send along with a form."""
        return urlencode({name: self.given[name] for name in FILTERS if self.given.get(name)})

    def of(self, book: Book, names: Directory) -> TransactionQuerySet:
        """The rows of `book` that match, in no order. Joins nothing."""
        rows = Transaction.objects.of(book).filter(self._common(names, "date", self.start, self.end))
        for word in self.text:
            found = Q(payee__icontains=word) | Q(description__icontains=word) | Q(note__icontains=word)
            if amount := _plain_number(word, book.currency):
                found |= Q(amount=amount) | Q(amount=-amount)
            rows = rows.filter(found)
        for sign, amount in self.amounts:
            lookup = {">": "gt", ">=": "gte"}.get(sign)
            if lookup:
                rows = rows.filter(Q(**{f"amount__{lookup}": amount}) | Q(**{f"amount__{_mirror(lookup)}": -amount}))
            else:
                lookup = "lt" if sign == "<" else "lte"
                rows = rows.filter(**{f"amount__{lookup}": amount, f"amount__{_mirror(lookup)}": -amount})
        return rows.filter(status=self.status) if self.status else rows

    def totals_of(self, book: Book, names: Directory) -> QuerySet[MonthlyTotal]:
        """The monthly totals of the same rows; only where `is_in_months`."""
        return MonthlyTotal.objects.filter(Q(book=book) & self._common(names, "month", self.start, self.end))

    def _common(self, names: Directory, day: str, start: date | None, end: date | None) -> Q:
        wanted = Q()
        if start:
            wanted &= Q(**{f"{day}__gte": start})
        if end:
            wanted &= Q(**{f"{day}__lt": end})
        for accounts in self.accounts:
            wanted &= _one_of("account_id", accounts)
        for categories in self.categories:
            wanted &= _one_of("category_id", categories)
        if self.is_uncategorized:
            wanted &= Q(category_id__isnull=True, is_transfer=False)
        incoming = names.incoming
        if self.kind == "transfer":
            wanted &= Q(is_transfer=True)
        elif self.kind == "income":
            wanted &= Q(category_id__in=incoming)
        elif self.kind == "expense":
            wanted &= Q(is_transfer=False)
            if incoming:
                wanted &= Q(category_id__isnull=True) | ~Q(category_id__in=incoming)
        return wanted


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
        self._chip(f"From {_day(day)}", **{"from": ""})

    def read_to(self, typed: str) -> None:
        day = read_date(typed, today())
        self._within(None, day + timedelta(days=1))
        self._chip(f"Up to {_day(day)}", to="")

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
        if not re.fullmatch("[0-9]{1,3}", typed) or not ROWS <= int(typed) <= MOST_ROWS:
            raise CannotSearch(f"A page shows {ROWS} to {MOST_ROWS} rows.")
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


def _one_of(column: str, ids: Collection[int]) -> Q:
    return Q(**{column: next(iter(ids))}) if len(ids) == 1 else Q(**{f"{column}__in": sorted(ids)})


def _mirror(lookup: str) -> str:
    return lookup.replace("g", "l") if lookup[0] == "g" else lookup.replace("l", "g", 1)


def _plain_number(word: str, currency: str) -> Decimal | None:
    """The amount that a word of digits says; None where it says none, or two."""
    if not NUMBER.fullmatch(word):
        return None
    try:
        return read_amount(word, currency=currency)
    except BudgetError:
        return None


def _id(typed: str) -> int:
    return int(typed) if re.fullmatch("[0-9]{1,18}", typed, re.ASCII) else 0


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today().year else f" {day.year}")
