"""A page of transactions ready to be drawn: rows with finished texts, grouped by day, found by keyset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Any

from django.db.models import F, Q, Sum, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.templatetags.static import static

from budget.books.models import Book
from budget.ledger.directory import CategoryName, Directory
from budget.ledger.models import Status, Transaction, TransactionQuerySet, today
from budget.ledger.search import MOST_ROWS, NEWEST_FIRST, ROWS, Cursor, Search
from budget.money import format_amount, from_units, to_units

ZERO = Decimal("0.00")
ALTERNATIVES = 2
COLUMNS = (
    "pk",
    "date",
    "amount",
    "description",
    "payee",
    "category_id",
    "account_id",
    "status",
    "is_transfer",
    "is_pending",
    "version",
)
TO_CONFIRM = frozenset({Status.PENDING_REVIEW, Status.PENDING_SAVE})


@dataclass(slots=True)
class Row:
    """One transaction as the list shows it; every text is finished."""

    pk: int
    version: int
    day: date
    date: str
    title: str
    printed: str
    category: str
    icon: str
    tint: str
    chip: str
    account: str
    amount: str
    currency: str
    is_in: bool
    is_transfer: bool
    is_pending: bool
    is_guess: bool
    units: int
    category_id: int | None
    account_id: int
    url: str
    called: str
    shape: str
    first: CategoryName | None = None
    second: CategoryName | None = None
    past: str = ""

    @property
    def alternatives(self) -> list[CategoryName]:
        """The two likeliest other categories, the likelier first."""
        return [other for other in (self.first, self.second) if other]


@dataclass(slots=True)
class Day:
    """The rows of one date, or of a whole page under another sort. `total` is empty where the page cuts the day."""

    key: str
    title: str
    total: str
    is_in: bool
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: the address that sorts by it, and how it is sorted now."""

    label: str
    url: str
    direction: str
    css: str


@dataclass(frozen=True)
class Page:
    """A page of the list with the addresses around it."""

    days: Sequence[Day]
    by_date: bool
    newer_url: str = ""
    older_url: str = ""
    more_url: str = ""

    @property
    def rows(self) -> list[Row]:
        """Every row of the page, in order."""
        return [row for day in self.days for row in day.rows]


def page(book: Book, names: Directory, search: Search) -> Page:
    """The rows that an address names. One query; its cost does not depend on how far down the page is."""
    by_date = search.sort_by == "date"
    if search.errors:
        return Page((), by_date)
    forward = search.cursor is None or search.cursor.is_after
    rows = _from(_keyed(search.of(book, names), search.sort_by), search)
    found = list(rows.values_list(*COLUMNS, "key")[: search.rows + 1])
    has_more = len(found) > search.rows
    found, peeked = found[: search.rows], found[search.rows :]
    if not forward:
        found.reverse()
    keys = [_token_key(values[-1], search.sort_by) for values in found]
    shown = [row_of(values[:-1], names) for values in found]
    add_alternatives(shown, names)
    older = has_more if forward else True
    newer = search.cursor is not None if forward else has_more
    beyond = peeked[0][1] if peeked and forward else None
    before = date.fromisoformat(search.cursor.key) if by_date and forward and search.cursor else None
    return Page(
        days=_days(shown, names, {beyond, before} if forward else {row.day for row in shown[:1] + shown[-1:]})
        if by_date
        else ([Day("", "", "", False, shown)] if shown else []),
        by_date=by_date,
        newer_url=search.url(page=str(Cursor(False, shown[0].pk, keys[0]))) if newer and shown else "",
        older_url=search.url(page=str(Cursor(True, shown[-1].pk, keys[-1]))) if older and shown else "",
        more_url=_more_url(search) if forward and has_more and search.rows < MOST_ROWS else "",
    )


def headings(search: Search) -> list[Heading]:
    """The headings that sort, in the table's order. A second press turns the order around."""
    shown: tuple[tuple[str, str, str], ...] = (
        ("payee", "Payee", "py"),
        ("category", "Category", "kc"),
        ("amount", "Amount", "am r"),
    )
    if search.sort_by != "date":
        shown = (("date", "Date", "dt"), *shown)
    first = {"date": NEWEST_FIRST, "amount": "-amount"}
    made = []
    for name, label, css in shown:
        is_current = search.sort_by == name
        turned = name if search.is_descending else f"-{name}"
        wanted = turned if is_current else first.get(name, name)
        direction = ("descending" if search.is_descending else "ascending") if is_current else ""
        made.append(Heading(label, search.url(sort="" if wanted == NEWEST_FIRST else wanted), direction, css))
    return made


def day_total(book: Book, names: Directory, search: Search, day: date) -> Day:
    """One day's heading, as it is now; without rows of the filter it has no total."""
    rows = search.of(book, names).filter(date=day)
    grouped = rows.values_list("account_id", "is_transfer").annotate(sum=Sum("amount")).order_by()
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for account, is_transfer, total in grouped:
        if not is_transfer:
            sums[names.accounts[account].currency] += total
    return Day(day.isoformat(), day_title(day), *_day_sum(sums), [])


def _day_sum(sums: dict[str, Decimal]) -> tuple[str, bool]:
    """Signed like a transaction: what came in on balance has a plus."""
    if len(sums) > 1:
        text = " · ".join(f"{format_amount(total, code, sign='income')} {code}" for code, total in sorted(sums.items()))
        return text, False
    for code, total in sums.items():
        return format_amount(total, code, sign="income"), total < 0
    return "", False


def _days(rows: Sequence[Row], names: Directory, cut: set[date | None]) -> list[Day]:
    days = []
    for day, group in groupby(rows, key=lambda row: row.day):
        members = list(group)
        if day in cut:
            days.append(Day(day.isoformat(), day_title(day), "", False, members))
            continue
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for row in members:
            if not row.is_transfer:
                sums[names.accounts[row.account_id].currency] += from_units(row.units)
        days.append(Day(day.isoformat(), day_title(day), *_day_sum(sums), members))
    return days


def day_title(day: date) -> str:
    """``Today``, ``Yesterday``, ``Thursday 19 November``; the year where it is another."""
    now = today()
    if day in (now, now - timedelta(days=1)):
        return "Today" if day == now else "Yesterday"
    return f"{day:%A} {day.day} {day:%B}" + ("" if day.year == now.year else f" {day.year}")


def short_day(day: date) -> str:
    """``Fri 20 Nov``; the year where it is another."""
    return f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today().year else f" {day.year}")


def row_of(values: Sequence[Any], names: Directory) -> Row:
    """A row from its recorded `COLUMNS`."""
    pk, day, amount, description, payee, category_id, account_id, status, is_transfer, is_pending, version = values
    account = names.accounts[account_id]
    category = names.categories[category_id] if category_id is not None else None
    is_guess = category is not None and status in TO_CONFIRM
    if category is not None:
        label, icon, tint, chip = category.label, category.icon or "tag", category.tint, "sug" if is_guess else ""
    elif is_transfer:
        label, icon, tint, chip = "Transfer", "swap", "k0", ""
    else:
        label, icon, tint, chip = "No category", "tag", "k0", "none"
    title = payee or description
    shown = format_amount(amount, account.currency, sign="income")
    return Row(
        pk=pk,
        version=version,
        day=day,
        date=short_day(day),
        title=title,
        printed=description if description.casefold() != title.casefold() else "",
        category=label,
        icon=icon,
        tint=tint,
        chip=chip,
        account=account.name,
        amount=shown,
        currency=account.currency if names.has_currencies else "",
        is_in=amount < 0,
        is_transfer=is_transfer,
        is_pending=is_pending,
        is_guess=is_guess,
        units=to_units(amount),
        category_id=category_id,
        account_id=account_id,
        url=f"/transactions/{pk}/",
        called=f"{title}, {shown}",
        shape=f"{_sprite()}#i-{icon}",
    )


@cache
def _sprite() -> str:
    """The file of all shapes."""
    return static("icons/sprite.svg")


def one_row(book: Book, names: Directory, pk: int) -> Row:
    """The row of one transaction."""
    row = row_of(Transaction.objects.of(book).values_list(*COLUMNS).get(pk=pk), names)
    add_alternatives([row], names)
    return row


def add_alternatives(rows: Sequence[Row], names: Directory) -> None:
    """Give each row the two likeliest other categories: what its payee has elsewhere on the page, then what is used."""
    by_payee: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.category_id is not None:
            by_payee[row.title].append(row.category_id)
    ranked = {is_income: names.likely(is_income=is_income)[: ALTERNATIVES + 1] for is_income in (True, False)}
    for row in rows:
        if row.is_transfer:
            continue
        category = names.categories.get(row.category_id or 0)
        is_income = category.is_income if category else row.is_in
        seen = dict.fromkeys(by_payee[row.title])
        others = [names.categories[pk] for pk in seen if pk != row.category_id]
        others += [c for c in ranked[is_income] if c.pk != row.category_id and c not in others]
        row.first, row.second = (*others[:ALTERNATIVES], None, None)[:ALTERNATIVES]


def _keyed(rows: TransactionQuerySet, by: str) -> TransactionQuerySet:
    """The rows with `key`, the value that they are sorted by."""
    if by == "payee":
        return rows.annotate(key=Lower(Coalesce(NullIf("payee", Value("")), "description")))
    if by == "category":
        label = Coalesce(NullIf("category__label", Value("")), "category__name", Value(""))
        return rows.annotate(key=Lower(label))
    return rows.annotate(key=F(by))


def _from(rows: TransactionQuerySet, search: Search) -> TransactionQuerySet:
    """Sorted, from the cursor on; a page before the cursor comes in reverse."""
    cursor = search.cursor
    descending = search.is_descending ^ (cursor is not None and not cursor.is_after)
    order = "-" if descending else ""
    if cursor is not None:
        beyond = "lt" if descending else "gt"
        key = _key(cursor.key, search.sort_by)
        # The first condition is a range of the index, the second only looks at the rows with the very same key.
        rows = rows.filter(**{f"key__{beyond}e": key})
        rows = rows.filter(Q(**{f"key__{beyond}": key}) | Q(**{f"pk__{beyond}": cursor.pk}))
    return rows.order_by(f"{order}key", f"{order}pk")


def _key(text: str, by: str) -> object:
    if by == "date":
        return date.fromisoformat(text)
    return from_units(int(text)) if by == "amount" else text


def _token_key(value: Any, by: str) -> str:
    if by == "date":
        return str(value.isoformat())
    return str(to_units(value)) if by == "amount" else str(value)


def _more_url(search: Search) -> str:
    place = {"page": search.given["page"]} if search.given.get("page") else {}
    return search.url(**place, rows=str(min(search.rows + ROWS, MOST_ROWS)))
