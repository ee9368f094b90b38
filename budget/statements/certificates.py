"""A statement closed as right: what was agreed, and which certificates a change would break."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import BigIntegerField, CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from budget import history
from budget.errors import BudgetError
from budget.history import IdempotentRequest
from budget.ledger.models import Account, Transaction
from budget.ledger.operations.current import current_account
from budget.money import format_with_currency, require_fit
from budget.statements.balances import ONE_DAY, balances_on
from budget.statements.models import Certificate, Fate, Statement
from budget.users.models import User

ROWS_AT_ONCE = 10_000
IDS_AT_ONCE = 500
MADE = (Fate.NEW.value, Fate.DOUBTFUL.value)
"""Of lines that a transaction was made of; others were joined with one that was there."""


class DoesNotAgree(BudgetError):
    """The ledger and the bank differ, so nothing can be certified."""

    def __init__(self, account: Account, day: dt.date, ledger: Decimal, bank: Decimal) -> None:
        own, theirs = (format_with_currency(amount, account.currency) for amount in (ledger, bank))
        gap = format_with_currency(abs(ledger - bank), account.currency)
        said = f"{day.day} {day:%B %Y}"
        super().__init__(f"{account} has {own} on {said}, the bank says {theirs}: {gap} apart. Find the rows first.")


class AlreadyCertified(BudgetError):
    """The period was closed before."""

    def __init__(self, account: Account) -> None:
        super().__init__(f"This period of {account} is certified already. Withdraw that certificate first.")


class DaysOutOfOrder(BudgetError):
    """A period that ends before it begins."""

    def __init__(self) -> None:
        super().__init__("The period ends before it begins. Give its first and its last day.")


def certify(
    *,
    account: Account,
    by: User | None,
    first: dt.date,
    last: dt.date,
    opening: Decimal,
    closing: Decimal,
    statement: Statement | None = None,
    later: Collection[int] = (),
    request: IdempotentRequest | None = None,
) -> Certificate:
    """Close a period of an account as agreed with the bank, to the cent.

    Args:
        first, last: the period's days, both included.
        opening, closing: the bank's balances before `first` and after `last`; positive is money one has.
        statement: the file's part that says so, if there is one.
        later: ids of rows of the period that the bank books after it; they are dated to the day after `last`, in the
            same change.

    Raises:
        DoesNotAgree: the ledger has another balance at the start or the end; nothing is written.
        AlreadyCertified: the period has a certificate.
        DaysOutOfOrder: `last` is before `first`.
        AccountNotFound: the account was deleted meanwhile.
    """
    if last < first:
        raise DaysOutOfOrder
    with history.change(
        account.book, by, f"Certified {account} from {first} to {last}", kind="certificate.create", request=request
    ) as change:
        account = current_account(change, account)
        for amount in (opening, closing):
            require_fit(amount, account.currency)
        if Certificate.objects.filter(account=account, first=first, last=last).exists():
            raise AlreadyCertified(account)
        ids = sorted(later)
        for start in range(0, len(ids), IDS_AT_ONCE):
            chosen = Transaction.objects.of(change.book).filter(account=account, date__range=(first, last))
            change.update_many(chosen.filter(pk__in=ids[start : start + IDS_AT_ONCE]), date=last + ONE_DAY)
        ledger = balances_on(account, (first - ONE_DAY, last))
        for day, bank in ((first - ONE_DAY, opening), (last, closing)):
            if ledger[day] != bank:
                raise DoesNotAgree(account, day, ledger[day], bank)
        count, digest = digest_of(account, first, last).state
        source = statement.source if statement else None
        return change.create(
            Certificate(
                account=account,
                first=first,
                last=last,
                opening=opening,
                closing=closing,
                rows=count,
                digest=digest,
                file_name=source.file_name if source else "",
                file_sha256=source.kept.sha256 if source else "",
            )
        )


def withdraw(certificate: Certificate, *, by: User | None, request: IdempotentRequest | None = None) -> None:
    """Take a certificate back, so that its period can be worked on and certified anew."""
    account = certificate.account
    summary = f"Withdrew the certificate of {account} from {certificate.first} to {certificate.last}"
    with history.change(certificate.book, by, summary, kind="certificate.delete", request=request) as change:
        change.fresh(certificate)
        change.delete(certificate)


def period(account: Account | int, first: dt.date, last: dt.date) -> QuerySet[Transaction]:
    """An account's transactions of some days, both ends included, in a fixed order: that of the index."""
    return Transaction.objects.filter(account=account, date__range=(first, last)).order_by("date", "pk")


TOLD = ("pk", "day", "units", "line__fate", "line__bank_id", "line__fingerprint")
"""What counts of a row of `plainly`, beside its id."""

Told = tuple[int, str, int, str | None, str | None, str | None]


def content_of(day: str, units: int, fate: str | None, bank_id: str | None, mark: str | None) -> str:
    """What a certificate vouches for in a row: its day and amount, and what the bank's line said that it was made of.

    A row that was typed by hand has no such line, also once a line was joined with it: that alters nothing in it.

    Args:
        units: the amount in whole thousandths.
        fate, bank_id, mark: of the row's line, with its fingerprint; None where it has none.
    """
    told = f"{mark} {bank_id}" if fate in MADE else ""
    return f"{day} {units} {told}\n"


class Digest:
    """Counts rows and adds up their contents: the same for the same rows, whatever their ids; equal ones are counted.

    The rows of a day are put in order, so that a day is all that is in memory.
    """

    def __init__(self) -> None:
        self.count = 0
        self._total, self._by_id = hashlib.sha256(), hashlib.sha256()
        self._day: str = ""
        self._contents: list[str] = []

    def add(self, rows: Iterable[Told]) -> None:
        """Take the next rows in, in the order of `period`: as `TOLD` says."""
        by_id = []
        for pk, day, units, *said in rows:
            if day != self._day:
                self._close_day()
                self._day = day
            self._contents.append(content_of(day, units, *said))
            by_id.append(f"{pk} {day} {units}\n")
        self.count += len(by_id)
        self._by_id.update("".join(by_id).encode())

    def _close_day(self) -> None:
        self._total.update("".join(sorted(self._contents)).encode())
        self._contents.clear()

    @property
    def state(self) -> tuple[int, str]:
        """How many rows there were, and what they come to."""
        self._close_day()
        return self.count, self._total.hexdigest()

    def agrees_with(self, certificate: Certificate) -> bool:
        """Whether these are the rows that were certified; one made before contents counted went by ids."""
        by_id = self.count, self._by_id.hexdigest()
        return (certificate.rows, certificate.digest) in (self.state, by_id)


def plainly(rows: QuerySet[Transaction]) -> QuerySet[Any]:
    """Rows with `day` and `units`, as the database has them: a million are hashed, and none needs a Decimal."""
    return rows.annotate(day=Cast("date", CharField()), units=Cast("amount", BigIntegerField()))


def digest_of(
    account: Account | int, first: dt.date, last: dt.date, *, without: QuerySet[Transaction] | None = None
) -> Digest:
    """How many transactions a period has, and one digest over what counts of them.

    A page at a time along the account's index, so that neither memory nor time grows faster than the rows.
    """
    digest = Digest()
    own = period(account, first, last)
    if without is not None:
        own = own.exclude(pk__in=without.order_by().values("pk"))
    rows = plainly(own).values_list(*TOLD)
    page = list(rows[:ROWS_AT_ONCE])
    while page:
        digest.add(page)
        if len(page) < ROWS_AT_ONCE:
            break
        after, day, *_ = page[-1]
        page = list(rows.filter(Q(date__gt=day) | Q(pk__gt=after), date__gte=day)[:ROWS_AT_ONCE])
    return digest


def covering(book_id: int, rows: Iterable[tuple[int, dt.date]]) -> list[Certificate]:
    """The certificates whose period has one of these few (account, day): what a change to such a row would break."""
    inside = Q()
    for account, day in rows:
        inside |= Q(account=account, first__lte=day, last__gte=day)
    if not inside:
        return []
    return list(Certificate.objects.filter(inside, book=book_id).select_related("account").order_by("first", "pk"))


def covering_any(book_id: int, rows: QuerySet[Transaction]) -> list[Certificate]:
    """The certificates whose period has one of these transactions, however many they are. One query."""
    inside = rows.order_by().filter(
        account=OuterRef("account"), date__gte=OuterRef("first"), date__lte=OuterRef("last")
    )
    own = Certificate.objects.filter(Exists(inside), book=book_id)
    return list(own.select_related("account").order_by("first", "pk"))


def of_account(account: Account) -> Sequence[Certificate]:
    """All certificates of an account, the newest period first."""
    return list(Certificate.objects.filter(account=account).order_by("-last", "-first"))
