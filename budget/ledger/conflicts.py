"""Two people changed one transaction: what each of them has, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from budget.history import Change
from budget.ledger.directory import Directory
from budget.ledger.forms.transactions import TransactionForm
from budget.ledger.models import Transaction
from budget.ledger.rows import short_day
from budget.money import format_in_book


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that the two versions disagree about."""

    label: str
    yours: str
    theirs: str


@dataclass(frozen=True)
class Conflict:
    """What was written meanwhile, when, and what would replace it; `again` is mine, to be sent once more."""

    at: str
    differences: Sequence[Difference]
    again: Sequence[tuple[str, str]]
    version: int

    @property
    def sentence(self) -> str:
        """The whole matter in words, where it is about one field; else the table says it."""
        if len(self.differences) == 1:
            one = self.differences[0]
            told = f"Yours: {one.yours or 'nothing'}. Theirs: {one.theirs or 'nothing'}. "
        else:
            told = ""
        return f"This was changed on another device at {self.at}. {told}Keep yours, or take theirs."


def conflict_of(txn: Transaction, form: TransactionForm, names: Directory) -> Conflict:
    """Compare a valid form with the row as it is now."""
    change = Change.objects.filter(book_id=txn.book_id, number=txn.version).first()
    yours, theirs = _of_form(form, names, txn), _of_row(txn)
    return Conflict(
        at=f"{timezone.localtime(change.at):%H:%M}" if change else "",
        differences=[
            Difference(label, yours[label], theirs[label]) for label in yours if yours[label] != theirs[label]
        ],
        again=[(name, value) for name, value in form.data.items() if name in form.fields and name not in OWN],
        version=txn.version,
    )


OWN = frozenset({"seen", "request_key"})


def _of_row(txn: Transaction) -> dict[str, str]:
    return {
        "Amount": format_in_book(txn.amount, txn.account.currency, own=txn.book.currency, sign="income"),
        "Payee": txn.payee,
        "Category": str(txn.category or ""),
        "Date": short_day(txn.date),
        "Account": str(txn.account),
        "Description": txn.description,
        "Note": txn.note,
    }


def _of_form(form: TransactionForm, names: Directory, txn: Transaction) -> dict[str, str]:
    cleaned = form.cleaned_data
    found = _of_row(txn)
    if "amount" in form.fields:
        account = names.accounts[cleaned["account"]]
        category = names.categories.get(cleaned["category"] or 0)
        found["Amount"] = format_in_book(cleaned["amount"], account.currency, own=txn.book.currency, sign="income")
        found["Category"] = category.label if category else ""
        found["Account"] = account.name
    return found | {
        "Payee": cleaned["payee"],
        "Date": short_day(cleaned["date"]),
        "Description": cleaned["description"],
        "Note": cleaned["note"],
    }
