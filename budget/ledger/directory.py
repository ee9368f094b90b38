"""Every account and category of a book by id, in one query: lists and forms name their rows with it, without joins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property

from budget.books.models import Book
from budget.ledger.models import today
from budget.money import format_amount, format_in_book, from_units
from budget.months import Month
from budget.prepared import run

ACCOUNTS = """
    SELECT 'account', a.id, a.name, a.currency, '', a.type, CAST(NULL AS BIGINT), a.is_archived, a.is_archived,
        {balance} FROM budget_account a WHERE a.book_id = %(book)s
    UNION ALL
    SELECT 'waiting', 0, '', '', '', '', CAST(NULL AS BIGINT), FALSE, FALSE, (SELECT COUNT(*) FROM budget_transaction w
        WHERE w.book_id = %(book)s AND NOT (w.status IN ('confirmed', 'auto_confirmed')))
"""
EVERYTHING = f"""{ACCOUNTS}
    UNION ALL
    SELECT 'category', c.id, c.name, c.label, c.icon, c.color, c.parent_id, c.is_income, c.is_archived, c.position
        FROM budget_category c WHERE c.book_id = %(book)s
    UNION ALL
    SELECT 'uses', u.category_id, '', '', '', '', NULL, FALSE, FALSE, CAST(SUM(u.count) AS BIGINT)
        FROM budget_monthlytotal u
        WHERE u.book_id = %(book)s AND u.month >= %(recent)s AND u.category_id IS NOT NULL GROUP BY u.category_id
    UNION ALL
    SELECT 'months', 0,
        CAST((SELECT MIN(f.month) FROM budget_monthlytotal f WHERE f.book_id = %(book)s) AS VARCHAR(10)),
        CAST((SELECT MAX(l.month) FROM budget_monthlytotal l WHERE l.book_id = %(book)s) AS VARCHAR(10)),
        '', '', NULL, FALSE, FALSE, 0
"""  # noqa: S608  # both parts are written here
BALANCE = """a.opening_balance
        - CAST(COALESCE((SELECT SUM(t.total) FROM budget_monthlytotal t WHERE t.account_id = a.id), 0) AS BIGINT)"""

SERIES: Mapping[str, tuple[int, int, int]] = {
    "k1": (0x0E, 0x5E, 0x73),
    "k2": (0x4F, 0x3A, 0x01),
    "k3": (0x9E, 0x51, 0x52),
    "k4": (0xA1, 0x91, 0x34),
    "k5": (0x8F, 0x82, 0xF0),
    "k6": (0x32, 0xA1, 0x90),
    "k0": (0x68, 0x6C, 0x73),
}
"""The stylesheet's colours for categories: a page may carry no colour of its own."""
RECENT_MONTHS = 3


@cache
def tint(color: str) -> str:
    """The class of the stylesheet's colour that is nearest to ``#RRGGBB``."""
    wanted = [int(color[place : place + 2], 16) for place in (1, 3, 5)]
    return min(SERIES, key=lambda name: sum((a - b) ** 2 for a, b in zip(SERIES[name], wanted, strict=True)))


@dataclass(frozen=True, slots=True)
class AccountName:
    """An account as lists and forms need it.

    `amount` is its balance, positive for money one has, and `balance` the same as text; both only where asked for.
    """

    pk: int
    name: str
    currency: str
    is_archived: bool
    type: str = ""
    amount: Decimal = Decimal("0.00")
    balance: str = ""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class CategoryName:
    """A category as lists and forms need it; `uses` counts its rows of the last three months."""

    pk: int
    name: str
    label: str
    parent: int | None
    is_income: bool
    icon: str
    tint: str
    is_archived: bool
    uses: int

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True)
class Directory:
    """A book's accounts by name, its categories in the taxonomy's order, and the months that have rows."""

    accounts: Mapping[int, AccountName]
    categories: Mapping[int, CategoryName]
    first: Month | None
    last: Month | None
    waiting: int = 0
    """How many rows nobody has confirmed."""

    def below(self, pk: int) -> list[int]:
        """A category's id and those of its subcategories."""
        return [pk, *(c.pk for c in self.categories.values() if c.parent == pk)]

    @cached_property
    def has_currencies(self) -> bool:
        """Whether amounts of this book need their currency beside them."""
        return len({account.currency for account in self.accounts.values()}) > 1

    @cached_property
    def incoming(self) -> list[int]:
        """The ids of the income categories."""
        return [c.pk for c in self.categories.values() if c.is_income]

    @cached_property
    def open_categories(self) -> list[CategoryName]:
        """The categories that new rows may have."""
        return [c for c in self.categories.values() if not c.is_archived]

    @property
    def open_accounts(self) -> list[AccountName]:
        """The accounts that new rows may be on."""
        return [a for a in self.accounts.values() if not a.is_archived]

    def likely(self, *, is_income: bool, first: Collection[int] = (), without: int | None = None) -> list[CategoryName]:
        """Categories in the order of their likelihood: `first`, then those used most of late, then the others.

        A group whose subcategories hold the rows comes last.
        """
        groups = {c.parent for c in self.categories.values()}
        wanted = [c for c in self.open_categories if c.is_income == is_income and c.pk != without]
        places = {pk: place for place, pk in enumerate(first)}
        return sorted(wanted, key=lambda c: (places.get(c.pk, len(places)), -c.uses, c.pk in groups and not c.uses))


def directory(book: Book, *, balances: bool = False) -> Directory:
    """Read them all. One query, with the accounts' balances if a page shows them."""
    accounts: list[AccountName] = []
    categories: list[tuple[int, CategoryName]] = []
    months: list[Month | None] = [None, None]
    waiting = 0
    recent = (Month.of(today()) - RECENT_MONTHS).first.isoformat()
    rows = run(EVERYTHING.format(balance=BALANCE if balances else 0), {"book": book.pk, "recent": recent})
    uses = {pk: number for kind, pk, *_, number in rows if kind == "uses"}
    for kind, pk, name, other, icon, color, parent, flag, archived, number in rows:
        if kind == "account":
            amount = from_units(number)
            shown = format_in_book(amount, other, own=book.currency) if balances else ""
            accounts.append(AccountName(pk, name, other, bool(archived), color, amount, shown))
        elif kind == "category":
            category = CategoryName(
                pk, name, other or name, parent, bool(flag), icon, tint(color), bool(archived), uses.get(pk, 0)
            )
            categories.append((number, category))
        elif kind == "months" and name:
            months = [Month.parse(name[:7]), Month.parse(other[:7])]
        elif kind == "waiting":
            waiting = number
    return Directory(
        accounts={a.pk: a for a in sorted(accounts, key=lambda a: a.name.casefold())},
        categories={c.pk: c for c in _in_order(categories)},
        first=months[0],
        last=months[1],
        waiting=waiting,
    )


class Held(list[AccountName]):
    """Accounts with their balances; `waiting` says how many rows of the book nobody has confirmed."""

    waiting: int = 0


def held(book: Book) -> Held:
    """The accounts with their balances alone, for the frame of pages that read no names. One query."""
    found = Held()
    for row, pk, name, currency, _, kind, _, _, archived, number in run(
        ACCOUNTS.format(balance=BALANCE), {"book": book.pk}
    ):
        if row == "waiting":
            found.waiting = number
        else:
            found.append(held_account(book, pk, name, currency, kind, bool(archived), from_units(number)))
    return found


def held_account(
    book: Book, pk: int, name: str, currency: str, kind: str, is_archived: bool, amount: Decimal
) -> AccountName:
    """An account with what is on it, also as text."""
    shown = format_in_book(amount, currency, own=book.currency)
    return AccountName(pk, name, currency, is_archived, kind, amount, shown)


def in_sidebar(accounts: Iterable[AccountName]) -> list[AccountName]:
    """Those that are not closed, as the sidebar orders them."""
    return sorted((a for a in accounts if not a.is_archived), key=lambda account: (account.type, account.name))


def total_held(accounts: Iterable[AccountName], currency: str) -> str:
    """The sum of what is on the accounts in this currency, closed ones included, as text."""
    return format_amount(sum((a.amount for a in accounts if a.currency == currency), Decimal("0.00")), currency)


def _in_order(categories: Iterable[tuple[int, CategoryName]]) -> Iterable[CategoryName]:
    """The groups by position, each followed by what is below it."""
    ordered = [category for _, category in sorted(categories, key=lambda each: (each[0], each[1].name.casefold()))]
    below: dict[int | None, list[CategoryName]] = defaultdict(list)
    for category in ordered:
        below[category.parent].append(category)
    for group in below[None]:
        yield group
        yield from below.get(group.pk, ())
