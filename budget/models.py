"""Every model, in order of dependence: the schema at a glance."""

from budget.books.models import Book, Membership
from budget.categorization.models import AmountRule, MerchantMapping, TrainedModel
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.files.models import FilePart, StoredFile
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
from budget.recurring.models import RecurringSeries, SeriesRow, SeriesSearch, SettledDue
from budget.statements.models import (
    Certificate,
    RejectedTransfer,
    RememberedColumns,
    Statement,
    StatementImport,
    StatementLine,
)
from budget.users.models import User

__all__ = [
    "Account",
    "AccountTransfer",
    "Allocation",
    "AmountRule",
    "Book",
    "BookRecount",
    "Category",
    "Certificate",
    "Change",
    "Entry",
    "Envelope",
    "EnvelopeTransfer",
    "Expense",
    "FilePart",
    "Membership",
    "MerchantMapping",
    "MonthRecount",
    "MonthlyTotal",
    "RecurringSeries",
    "RejectedTransfer",
    "RememberedColumns",
    "SeriesRow",
    "SeriesSearch",
    "SettledDue",
    "StandardCategory",
    "Statement",
    "StatementImport",
    "StatementLine",
    "StoredFile",
    "TrainedModel",
    "Transaction",
    "User",
]
