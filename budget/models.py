"""Every model, in order of dependence: the schema at a glance."""

from budget.books.models import Book, Membership
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.history.models import Change, Entry
from budget.ledger.models import (
    Account,
    AccountTransfer,
    Category,
    Expense,
    MonthlyTotal,
    StandardCategory,
    Transaction,
)
from budget.recount.models import BookRecount, MonthRecount
from budget.users.models import User

__all__ = [
    "Account",
    "AccountTransfer",
    "Allocation",
    "Book",
    "BookRecount",
    "Category",
    "Change",
    "Entry",
    "Envelope",
    "EnvelopeTransfer",
    "Expense",
    "Membership",
    "MonthRecount",
    "MonthlyTotal",
    "StandardCategory",
    "Transaction",
    "User",
]
