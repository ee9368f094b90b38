"""Writes the sample books, through history like everything else: a few changes for thousands of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random

from allauth.account.models import EmailAddress
from django.db import transaction

from budget import history
from budget.books.models import Book
from budget.demo.habits import BUDGETS, CABIN, CARD, CASH, CHECKING, NEVER_SPENT, ROLLOVER, SAVINGS
from budget.demo.household import Move, Row, household, months_until, standing_orders
from budget.envelopes import operations as planning
from budget.envelopes.models import Allocation, Envelope
from budget.history import Recorder
from budget.history.rows import Value
from budget.ledger import operations
from budget.ledger.models import Account, AccountTransfer, AccountType, Category, Source, Status, Transaction
from budget.money import UNIT
from budget.months import Month
from budget.recurring import operations as recurring
from budget.recurring import searching
from budget.recurring.models import RecurringSeries, State
from budget.recurring.rhythm import Rhythm
from budget.users.models import User

EMAIL, NAME = "demo@example.org", "Demo"
PASSWORD = "three sample years"  # noqa: S105  (of the sample book only; never made for anybody's own data)

HOUSEHOLD, CABIN_BOOK, CABIN_ACCOUNT = "Household", "Mountain Cabin", "Cabin Account"
ACCOUNTS = (
    (CHECKING, AccountType.CHECKING, "Community Bank", 185000),
    (SAVINGS, AccountType.SAVINGS, "Community Bank", 640000),
    (CARD, AccountType.CREDIT, "Union Card", 0),
    (CASH, AccountType.CASH, "", 6000),
)
"""Name, type, institution, and what was there at the start, in cents."""

PLANNED_MONTHS = 7
LEFT_OPEN = ("Iron Works Gym", "Song Stream")
"""Payees that are left for the reader to confirm."""
FIELDS = ("account_id", "category_id", "date", "amount", "description", "payee", "status", "source", "created_at")


@dataclass(frozen=True)
class Demo:
    """The sample books as they are now; `is_new` where they were made just now."""

    user: User
    books: Sequence[Book]
    is_new: bool


def load(today: date) -> Demo:
    """Make the demo user with two books of sample data up to `today`; if they are there, leave all as it is."""
    if user := User.objects.filter(email=EMAIL).first():
        return Demo(user, list(Book.objects.for_user(user)), is_new=False)
    with transaction.atomic():
        user = User.objects.create_user(EMAIL, NAME, PASSWORD)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        books = [_household(user, today), _cabin(user, today)]
    return Demo(user, books, is_new=True)


def _household(user: User, today: date) -> Book:
    book = operations.create_book(by=user, name=HOUSEHOLD, currency="EUR")
    categories = {category.name: category for category in Category.objects.of(book)}
    rows, moves = household(today)
    with history.change(book, user, "Set up accounts and rollover", kind="demo.setup") as change:
        accounts = {
            name: change.create(
                Account(name=name, type=type_, institution=bank, currency="EUR", opening_balance=_euros(cents))
            )
            for name, type_, bank, cents in ACCOUNTS
        }
        for name, rollover in ROLLOVER.items():
            change.update(categories[name], rollover=rollover)
    with history.change(book, user, "Brought in three years", kind="demo.load") as change:
        count = _record(change, rows, accounts, categories)
        _transfer(change, moves, accounts)
        change.record.summary = f"Brought in three years: {count:,} transactions and {len(moves):,} transfers"
    _plan(book, user, months_until(today)[-PLANNED_MONTHS:], categories)
    _use(book, user, today, accounts, categories)
    _recur(book, user, today, accounts, categories)
    return book


def _cabin(user: User, today: date) -> Book:
    book = operations.create_book(
        by=user, name=CABIN_BOOK, currency="CHF", account_name=CABIN_ACCOUNT, opening_balance=Decimal(1200)
    )
    accounts = {CHECKING: Account.objects.of(book).get()}
    categories = {category.name: category for category in Category.objects.of(book)}
    rows = [
        row
        for number, month in enumerate(months_until(today))
        for row in standing_orders(CABIN, month, number, Random(f"cabin {month}"))  # noqa: S311  (sample data)
    ]
    with history.change(book, user, "Brought in three years", kind="demo.load") as change:
        count = _record(change, [row for row in rows if row.date <= today], accounts, categories)
        change.record.summary = f"Brought in three years: {count:,} transactions"
    return book


def _record(
    change: Recorder, rows: Iterable[Row], accounts: Mapping[str, Account], categories: Mapping[str, Category]
) -> int:
    return change.create_many(Transaction, FIELDS, (_values(row, accounts, categories) for row in rows))


def _values(row: Row, accounts: Mapping[str, Account], categories: Mapping[str, Category]) -> Sequence[Value]:
    category = categories[row.category].pk if row.category else None
    return (
        accounts[row.account].pk,
        category,
        row.date.isoformat(),
        row.cents * UNIT // 100,
        row.description,
        row.payee,
        Status.CONFIRMED.value if category else Status.PENDING_REVIEW.value,
        Source.CSV_IMPORT.value,
        _evening(row.date).isoformat(timespec="microseconds"),
    )


def _transfer(change: Recorder, moves: Sequence[Move], accounts: Mapping[str, Account]) -> None:
    legs = change.create_all([leg for move in moves for leg in _legs(move, accounts)])
    change.create_all(
        [
            AccountTransfer(outgoing=out, incoming=into, created_at=out.created_at)
            for out, into in zip(legs[::2], legs[1::2], strict=True)
        ]
    )


def _legs(move: Move, accounts: Mapping[str, Account]) -> list[Transaction]:
    source, target = accounts[move.source], accounts[move.target]
    sides = ((source, move.cents, f"Transfer to {target}"), (target, -move.cents, f"Transfer from {source}"))
    return [
        Transaction(
            account=account,
            amount=_euros(cents),
            description=description,
            date=move.date,
            is_transfer=True,
            status=Status.CONFIRMED,
            source=Source.CSV_IMPORT,
            created_at=_evening(move.date),
        )
        for account, cents, description in sides
    ]


def _plan(book: Book, user: User, months: Sequence[Month], categories: Mapping[str, Category]) -> None:
    """Give every planned month the same budgets, and move a little between them, as people do."""
    summary = f"Planned {months[0].title} to {months[-1].title}"
    with history.change(book, user, summary, kind="demo.plan") as change:
        planned = [(categories[name], month, cents) for month in months for name, cents in BUDGETS.items()]
        envelopes = change.create_all([Envelope(category=category, month=m.first) for category, m, _ in planned])
        change.create_all(
            [
                Allocation(envelope=envelope, amount=_euros(cents))
                for envelope, (_, _, cents) in zip(envelopes, planned, strict=True)
            ]
        )
    for month, target, amount in ((months[-2], "Restaurant", 60), (months[-1], "Coffee", 15)):
        planning.transfer(
            book=book,
            by=user,
            source=categories[NEVER_SPENT],
            target=categories[target],
            month=month,
            amount=Decimal(amount),
        )


def _use(
    book: Book, user: User, today: date, accounts: Mapping[str, Account], categories: Mapping[str, Category]
) -> None:
    """A few single steps, so that the history has something to show and to undo."""
    bakery = operations.record_transaction(
        book=book,
        by=user,
        account=accounts[CARD],
        amount=Decimal("6.80"),
        description="Corner Bakery",
        payee="Corner Bakery",
        category=categories["Snacks"],
        date=today,
    )
    operations.change_transaction(bakery, by=user, category=categories["Coffee"])
    twin = operations.record_transaction(
        book=book,
        by=user,
        account=accounts[CASH],
        amount=Decimal("4.20"),
        description="Farmers Market",
        payee="Farmers Market",
        category=categories["Groceries"],
        date=today,
    )
    operations.delete_transactions(book=book, by=user, rows=Transaction.objects.filter(pk=twin.pk))


def _recur(
    book: Book, user: User, today: date, accounts: Mapping[str, Account], categories: Mapping[str, Category]
) -> None:
    """What comes again: most of it confirmed, some left as suggestions, and pocket money that records itself."""
    searching.search(book, user, on=today)
    recurring.confirm_sure(book=book, by=user)
    for name in LEFT_OPEN:
        for series in RecurringSeries.objects.of(book).filter(name=name, state=State.CONFIRMED):
            recurring.set_state(series, by=user, state=State.SUGGESTED)
    day = Month.of(today).next.first
    content = recurring.Content(
        "Pocket money",
        accounts[CASH],
        Decimal("20.00"),
        Rhythm.MONTHLY,
        day,
        categories["Gifts"],
        posts=True,
        since=day,
    )
    recurring.add_series(book=book, by=user, content=content)


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _evening(day: date) -> datetime:
    return datetime.combine(day, time(18), tzinfo=UTC)
