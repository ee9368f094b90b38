"""What one person keeps: an object of every kind, each with the person's own mark in its words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from budget.books.models import Book, Role
from budget.categorization.models import AmountRule, MerchantMapping
from budget.envelopes import operations as plan
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.ledger import operations
from budget.ledger.models import Account, AccountTransfer, Category, Status, Transaction, today
from budget.months import Month
from budget.recurring import operations as recurring
from budget.recurring.models import RecurringSeries, SettledDue
from budget.statements import choices, recording
from budget.statements.models import Certificate, Fate, StatementImport, StatementLine
from budget.tests import factories
from budget.users.models import User


@dataclass
class World:
    """A book with its people; `mark` is in every text of it and in no other book's."""

    mark: str
    user: User
    viewer: User
    book: Book
    account: Account
    savings: Account
    food: Category
    rent: Category
    leaf: Category
    salary: Category
    spare: Category
    txn: Transaction
    spent: Transaction
    transfer: AccountTransfer
    envelope: Envelope
    allocation: Allocation
    move: EnvelopeTransfer
    rule: AmountRule
    mapping: MerchantMapping
    series: RecurringSeries
    settled: SettledDue
    certificate: Certificate
    line: StatementLine
    refused: StatementLine
    done: StatementImport
    waiting: Transaction
    kept: Transaction
    sent: Transaction
    came: Transaction

    @property
    def number(self) -> int:
        """Of the newest change; other books have no change of that number as long as this one has more of them."""
        return factories.last_change(self.book).number


def make_world(mark: str, changes: int = 0) -> World:
    """Fill a book through the product's own operations.

    Args:
        changes: the fewest changes that the book has in the end.
    """
    user = factories.make_user(f"{mark.lower()}@example.org", f"{mark} Owner")
    viewer = factories.make_user(f"{mark.lower()}-viewer@example.org", f"{mark} Viewer")
    book = factories.make_book(user, f"{mark} Household")
    factories.make_member(book, viewer, Role.VIEWER)
    account = factories.make_account(book, f"{mark} Everyday", institution=f"{mark} Bank")
    savings = factories.make_account(book, f"{mark} Savings", opening_balance=Decimal("900.00"))
    food, rent, spare = (factories.make_category(book, f"{mark} {name}") for name in ("Food", "Rent", "Spare"))
    leaf = factories.make_category(book, f"{mark} Bakery", parent=food)
    salary = factories.make_category(book, f"{mark} Salary", is_income=True)
    day, month = today(), Month.of(today())
    txn, spent = (
        factories.make_txn(account, amount, food, day.isoformat(), f"{mark} {name}", payee=f"{mark} Payee", note=mark)
        for amount, name in (("12.50", "Coffee"), ("7.25", "Bread"))
    )
    factories.make_txn(account, "-2000.00", salary, day.isoformat(), f"{mark} Pay")
    transfer = operations.transfer_between_accounts(
        book=book, by=None, source=account, target=savings, amount=Decimal("50.00"), date=day, note=mark
    )
    for category, amount in ((food, "300.00"), (rent, "800.00")):
        plan.set_budget(book=book, by=None, category=category, month=month, amount=Decimal(amount))
    move = plan.transfer(book=book, by=None, source=rent, target=food, month=month, amount=Decimal("25.00"))
    rule = factories.make_rule(food, f"{mark} pattern", "3.21", name=f"{mark} Named", note=mark)
    mapping = factories.make_mapping(food, f"{mark} MERCHANT")
    series = factories.make_series(account, f"{mark} Stream", "9.90", category=food, anchor=day, note=mark)
    settled = recurring.skip(series, by=None, due=Month.of(day).next.day(day.day))
    source = factories.make_import(book, f"{mark} file".encode(), file_name=f"{mark}.csv", problem=mark, doubts=[mark])
    statement = factories.make_statement(
        source, account, account_number=mark, bank=f"{mark} Bank", account_name=mark, remarks=[mark]
    )
    line = factories.make_line(
        statement, date=day.isoformat(), payee=f"{mark} Line", text=mark, bank_id=mark, original=mark, remarks=[mark]
    )
    refused = StatementLine.objects.create(
        book=book,
        statement=statement,
        number=2,
        place="row 2",
        payee=mark,
        printed=mark,
        problem=f"“{mark}” is no amount.",
        problem_column="amount",
        original=mark,
        fate=Fate.REFUSED,
    )
    other = factories.make_import(book, f"{mark} other".encode(), file_name=f"{mark} other.csv")
    factories.make_line(factories.make_statement(other, savings), "3.00", day.isoformat(), payee=f"{mark} Other")
    choices.compare_again(other)
    done = recording.confirm(other, by=None)
    waiting, kept, sent, came = (
        factories.make_txn(where, amount, category, day.isoformat(), f"{mark} {name}", payee=mark, status=status)
        for where, amount, category, name, status in (
            (account, "6.60", None, "Waiting", Status.PENDING_REVIEW),
            (account, "7.70", rent, "Kept", Status.PENDING_SAVE),
            (account, "8.80", None, "Sent", Status.PENDING_REVIEW),
            (savings, "-8.80", None, "Came", Status.PENDING_REVIEW),
        )
    )
    certificate = factories.make_certificate(savings, day.isoformat(), day.isoformat())
    while factories.last_change(book).number < changes:
        factories.make_txn(account, "1.00", food, day.isoformat(), f"{mark} Filler")
    choices.compare_again(source)
    book.refresh_from_db()
    allocation = Allocation.objects.of(book).select_related("envelope").order_by("pk")[0]
    return World(
        mark=mark,
        user=user,
        viewer=viewer,
        book=book,
        account=account,
        savings=savings,
        food=food,
        rent=rent,
        leaf=leaf,
        salary=salary,
        spare=spare,
        txn=Transaction.objects.get(pk=txn.pk),
        spent=spent,
        transfer=transfer,
        envelope=allocation.envelope,
        allocation=allocation,
        move=move,
        rule=rule,
        mapping=mapping,
        series=RecurringSeries.objects.get(pk=series.pk),
        settled=settled,
        certificate=certificate,
        line=line,
        refused=refused,
        done=done,
        waiting=waiting,
        kept=kept,
        sent=sent,
        came=came,
    )
