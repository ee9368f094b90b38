"""What a book did before, as a guess for what comes next: the category and account of a payee, likely duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from budget.books.models import Book
from budget.ledger.models import Status, Transaction, TransactionQuerySet

RECENT = 2000
"""How many of the newest rows are looked through: a guess must not cost more in a larger book."""
SAME_DAYS = 3
SETTLED = (Status.CONFIRMED, Status.AUTO_CONFIRMED)


@dataclass(frozen=True, slots=True)
class Habit:
    """What a payee's rows had last; `payee` is how the name was written then."""

    payee: str = ""
    category: int | None = None
    account: int | None = None


def habit_of(book: Book, payee: str) -> Habit:
    """What the newest rows of this payee say, in any case of letters. One query."""
    rows = _recent(book).filter(_named(payee), is_transfer=False, status__in=SETTLED).order_by("-date", "-pk")
    found = list(rows.values_list("payee", "category_id", "account_id")[:20])
    if not payee or not found:
        return Habit()
    category = next(filter(None, (pk for _, pk, _ in found)), None)
    return Habit(found[0][0], category, found[0][2])


def last_account(book: Book) -> int | None:
    """The account of what was recorded last."""
    rows = Transaction.objects.of(book).filter(is_transfer=False).order_by("-pk")
    return rows.values_list("account_id", flat=True).first()


def twin_of(txn: Transaction) -> Transaction | None:
    """Another row of the same amount and payee within three days: perhaps the same purchase, recorded twice."""
    near = Transaction.objects.of(txn.book).filter(
        _named(txn.title),
        amount=txn.amount,
        date__gte=txn.date - timedelta(days=SAME_DAYS),
        date__lte=txn.date + timedelta(days=SAME_DAYS),
        is_transfer=False,
    )
    return near.exclude(pk=txn.pk).order_by("-date", "-pk").first()


def _named(payee: str) -> Q:
    return Q(payee__iexact=payee) | Q(payee="", description__iexact=payee)


def _recent(book: Book) -> TransactionQuerySet:
    newest = Transaction.objects.of(book).order_by("-date", "-pk").values("pk")[:RECENT]
    return Transaction.objects.filter(pk__in=newest)
