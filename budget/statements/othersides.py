"""The other side of a row that is a transfer between own accounts, or will be: the same words before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from budget.books.models import Book
from budget.dates import spell_date
from budget.ledger.models import AccountTransfer
from budget.money import format_in_book
from budget.statements.foreseeing import Other
from budget.statements.models import StatementImport


@dataclass(frozen=True)
class Linked:
    """The other side in words; `place` is its row where it comes with the same file and is not recorded yet."""

    way: str
    date: str
    amount: str
    txn: int
    place: str


def say_other(book: Book, other: Other) -> Linked:
    """``Transfer to Savings``, ``Fri 20 Nov``, ``+300.00``: the amount as the other account has it."""
    return Linked(
        way=f"{'Transfer to' if other.amount < 0 else 'Transfer from'} {other.account}",
        date=spell_date(other.day, timezone.localdate()),
        amount=format_in_book(other.amount, other.currency, own=book.currency, sign="income"),
        txn=other.txn,
        place=other.place,
    )


def links_of(found: StatementImport, rows: Mapping[int, int]) -> Mapping[int, Other]:
    """The other sides of transactions that are transfers: the ids of lines and of these. One query, none for none."""
    if not rows:
        return {}
    lines = {txn: line for line, txn in rows.items()}
    pairs = AccountTransfer.objects.of(found.book).filter(Q(outgoing__in=lines) | Q(incoming__in=lines))
    others = {}
    for pair in pairs.select_related("outgoing__account", "incoming__account"):
        for one, other in ((pair.outgoing, pair.incoming), (pair.incoming, pair.outgoing)):
            if one.pk in lines:
                account = other.account
                others[lines[one.pk]] = Other(account.name, account.currency, other.date, other.amount, other.pk)
    return others
