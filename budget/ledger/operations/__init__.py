"""Everything that is done to a ledger; each operation is one change, whole or not at all."""

from budget.ledger.operations.accounts import change_account, delete_account, delete_account_with_history, open_account
from budget.ledger.operations.books import create_book, remove_book, rename_book
from budget.ledger.operations.categories import add_category, change_category, delete_category, merge_categories
from budget.ledger.operations.people import (
    LastOwner,
    OwnersOnly,
    add_member,
    change_role,
    delete_user,
    leaving,
    remove_member,
)
from budget.ledger.operations.transactions import (
    UNSET,
    categorize_transactions,
    change_transaction,
    delete_transactions,
    made_by,
    record_transaction,
)
from budget.ledger.operations.transfers import transfer_between_accounts

__all__ = [
    "UNSET",
    "LastOwner",
    "OwnersOnly",
    "add_category",
    "add_member",
    "categorize_transactions",
    "change_account",
    "change_category",
    "change_role",
    "change_transaction",
    "create_book",
    "delete_account",
    "delete_account_with_history",
    "delete_category",
    "delete_transactions",
    "delete_user",
    "leaving",
    "made_by",
    "merge_categories",
    "open_account",
    "record_transaction",
    "remove_book",
    "remove_member",
    "rename_book",
    "transfer_between_accounts",
]
