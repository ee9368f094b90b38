"""A row of the list of transactions: one transaction in finished texts, and what it might be filed under."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from budget.books.models import Book
from budget.ledger.directory import CategoryName, Directory
from budget.ledger.models import Status, Transaction, today
from budget.money import format_amount, to_units

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
)
TO_CONFIRM = frozenset({Status.PENDING_REVIEW.value, Status.PENDING_SAVE.value})


@dataclass(slots=True)
class Row:
    """One transaction as the list shows it; every text is finished, none is escaped."""

    pk: int
    day: datetime.date
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
    first: CategoryName | None = None
    second: CategoryName | None = None
    past: str = ""

    @property
    def date(self) -> str:
        """Its day as text."""
        return short_day(self.day)


def row_of(values: Sequence[Any], names: Directory) -> Row:
    """A row from its recorded `COLUMNS`; what stands behind them is left out."""
    pk, day, amount, description, payee, category_id, account_id, status, is_transfer, is_pending, *_ = values
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
    return Row(
        pk=pk,
        day=day,
        title=title,
        printed=description if payee and description.casefold() != payee.casefold() else "",
        category=label,
        icon=icon,
        tint=tint,
        chip=chip,
        account=account.name,
        amount=format_amount(amount, account.currency, sign="income"),
        currency=account.currency if names.has_currencies else "",
        is_in=amount < 0,
        is_transfer=is_transfer,
        is_pending=is_pending,
        is_guess=is_guess,
        units=to_units(amount),
        category_id=category_id,
        account_id=account_id,
    )


def one_row(book: Book, names: Directory, pk: int) -> Row:
    """The row of one transaction."""
    row = row_of(Transaction.objects.of(book).values_list(*COLUMNS).get(pk=pk), names)
    add_alternatives([row], names)
    return row


def add_alternatives(rows: Sequence[Row], names: Directory) -> None:
    """Give each row the two likeliest other categories: what its payee has elsewhere on the page, then what is used."""
    by_payee: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.category_id is not None and row.category_id not in by_payee[row.title]:
            by_payee[row.title].append(row.category_id)
    ranked = {is_income: names.likely(is_income=is_income)[: ALTERNATIVES + 1] for is_income in (True, False)}
    for row in rows:
        if row.is_transfer:
            continue
        category = names.categories.get(row.category_id or 0)
        is_income = category.is_income if category else row.is_in
        others = [pk for pk in by_payee[row.title] if pk != row.category_id]
        others += [c.pk for c in ranked[is_income] if c.pk != row.category_id and c.pk not in others]
        row.first, row.second = (*map(names.categories.__getitem__, others[:ALTERNATIVES]), None, None)[:ALTERNATIVES]


def short_day(day: datetime.date) -> str:
    """``Fri 20 Nov``; the year where it is another."""
    return f"{day:%a} {day.day} {day:%b}" + ("" if day.year == today().year else f" {day.year}")
