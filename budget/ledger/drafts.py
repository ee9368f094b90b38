"""From what was typed to what will be recorded: the one line, and the few fields of a phone, with good guesses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from budget.books.models import Book
from budget.errors import BudgetError
from budget.ledger import habits, quickline
from budget.ledger.directory import AccountName, CategoryName, Directory
from budget.ledger.errors import ArrivingMissing
from budget.ledger.models import today
from budget.ledger.rows import short_day
from budget.money import format_amount, read_sum
from budget.texts import clean_text


@dataclass
class Draft:
    """A transaction about to be recorded. `amount` is signed like one: out is positive."""

    date: date
    amount: Decimal | None = None
    payee: str = ""
    description: str = ""
    note: str = ""
    category: CategoryName | None = None
    account: AccountName | None = None
    source: AccountName | None = None
    target: AccountName | None = None
    is_learned: bool = False
    problems: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    """Those problems that are worth saying while somebody is typing: not what is only missing yet."""

    @property
    def is_transfer(self) -> bool:
        """Whether money moves between two accounts."""
        return self.source is not None and self.target is not None

    @property
    def currency(self) -> str:
        """What the amount is in."""
        account = self.source or self.account
        return account.currency if account else ""

    @property
    def shown(self) -> str:
        """The amount as the list will show it."""
        return format_amount(self.amount, self.currency, sign="income") if self.amount and self.currency else ""

    @property
    def day(self) -> str:
        """The date as people say it."""
        return "Today" if self.date == today() else short_day(self.date)


def of_line(book: Book, names: Directory, line: str) -> Draft:
    """What the one line says; `problems` holds what it says wrong."""
    usual = _usual_account(book, names)
    said = _parse(book, names, line, usual.currency if usual else book.currency)
    account = said.transfer_from or said.account
    if account is not None and account.currency != (usual.currency if usual else book.currency):
        said = _parse(book, names, line, account.currency)
    draft = Draft(
        date=said.date,
        amount=said.signed_amount,
        payee=said.payee,
        description=said.payee,
        note=said.note,
        category=said.category,
        account=said.account,
        source=said.transfer_from,
        target=said.transfer_to,
        problems=[problem.sentence for problem in said.problems],
        mistakes=[problem.sentence for problem in said.problems if problem.piece.strip("#@>")],
    )
    if draft.source and draft.target and draft.source.currency != draft.target.currency:
        asks = str(ArrivingMissing(draft.target.name, draft.target.currency))
        draft.problems.append(asks)
        draft.mistakes.append(asks)
    if not draft.is_transfer:
        _fill_in(book, names, draft, usual)
    return draft


def of_fields(book: Book, names: Directory, amount: str, payee: str, category: str) -> Draft:
    """What the phone's few fields say."""
    usual = _usual_account(book, names)
    draft = Draft(date=today())
    try:
        draft.payee = draft.description = clean_text(payee, "Payee", 100)
        typed = clean_text(amount, "Amount", 240)
        quickline.refuse_minus(typed)
        read = read_sum(typed, currency=usual.currency if usual else book.currency)
        draft.amount = -read if typed.startswith("+") else read
    except BudgetError as error:
        draft.problems.append(str(error))
        draft.mistakes += [str(error)] if amount.strip() else []
    if category:
        draft.category = names.categories.get(int(category) if category.isdecimal() and len(category) < 19 else 0)
        if draft.category is None:
            draft.problems.append("Category not found. Choose one of this book's categories.")
        elif draft.category.is_income and draft.amount is not None:
            draft.amount = -abs(draft.amount)
    _fill_in(book, names, draft, usual)
    return draft


def _parse(book: Book, names: Directory, line: str, currency: str) -> quickline.QuickLine:
    return quickline.parse(
        line, today=today(), currency=currency, categories=names.open_categories, accounts=names.open_accounts
    )


def _usual_account(book: Book, names: Directory) -> AccountName | None:
    """The account used last, else the first."""
    used = names.accounts.get(habits.last_account(book) or 0)
    return used if used and not used.is_archived else next(iter(names.open_accounts), None)


def _is_earning(category: CategoryName) -> bool:
    """Whether it is a group of income: the guess for money in that says nothing else, or it would lower spending."""
    return category.is_income and category.parent is None


def _fill_in(book: Book, names: Directory, draft: Draft, usual: AccountName | None) -> None:
    """Category and account of this payee's last row; a description where no payee was named."""
    habit = habits.habit_of(book, draft.payee) if draft.payee else habits.Habit()
    draft.payee = habit.payee or draft.payee
    known = names.categories.get(habit.category or 0)
    came_in = draft.amount is not None and draft.amount < 0
    if draft.category is None and known is not None and not known.is_archived and known.is_income == came_in:
        draft.category, draft.is_learned = known, True
    elif draft.category is None and came_in and (known is None or known.is_income):
        draft.category = next(filter(_is_earning, names.open_categories), None)
        draft.is_learned = draft.category is not None
    if draft.account is None:
        known_account = names.accounts.get(habit.account or 0)
        fits = known_account and usual and known_account.currency == usual.currency and not known_account.is_archived
        draft.account = known_account if fits else usual
    if not draft.payee and draft.category:
        draft.description = draft.category.label
    if draft.account is None:
        draft.problems.append("There is no account yet. Open one under Accounts first.")
    elif draft.amount is not None and not draft.description:
        draft.problems.append("Say who was paid, or choose a category.")
