"""What statements keep for an account: asked when it is deleted or gets another currency."""

from __future__ import annotations

from collections.abc import Sequence

from budget import history
from budget.errors import BudgetError
from budget.history import Change, Recorder
from budget.ledger import dependents
from budget.ledger.models import Account
from budget.statements.models import Certificate, RememberedColumns, Stage, Statement


class CertifiedInCurrency(BudgetError):
    """An account whose balances were certified keeps its currency."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Statements of “{name}” are certified in its currency. Withdraw those certificates first.")


class _OfAccounts:
    def release(self, change: Recorder, account: Account) -> None:
        """Its certificates go with it and come back with it; files keep what they say, with the account's name."""
        change.delete_many(Certificate.objects.of(change.book).filter(account=account))
        Statement.objects.filter(book=change.book, account=account).update(account=None, new_account=account.name)
        RememberedColumns.objects.filter(book=change.book, account=account).delete()

    def require_free_for_currency(self, change: Recorder, account: Account) -> None:
        """Raise where balances in its currency were certified."""
        if Certificate.objects.of(change.book).filter(account=account).exists():
            raise CertifiedInCurrency(account.name)


def register() -> None:
    """Have the ledger ask, and give files their account back when its deletion is undone."""
    dependents.register_of_accounts(_OfAccounts())
    history.on_undo(Account, _find_again)


def _find_again(taking_back: Recorder, undone: Change, ids: Sequence[int]) -> None:
    there = list(Account.objects.of(taking_back.book).filter(pk__in=ids))
    gone = set(ids) - {account.pk for account in there}
    # An import that opened an account is taken back: what it would be called is still on the statement.
    Statement.objects.filter(book=taking_back.book, account__in=gone).update(account=None)
    RememberedColumns.objects.filter(book=taking_back.book, account__in=gone).delete()
    for account in there:
        lost = Statement.objects.filter(
            book=taking_back.book, account=None, new_account=account.name, currency=account.currency
        )
        lost.filter(source__stage=Stage.RECORDED).update(account=account)
