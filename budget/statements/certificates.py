"""A statement closed as right: what was agreed, and which rows have broken it since."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from budget import history
from budget.errors import BudgetError
from budget.history import Entry, IdempotentRequest, rows_of
from budget.history.rows import canonical, shape_of
from budget.ledger.models import Account, Transaction
from budget.ledger.operations.current import current_account
from budget.money import format_with_currency, require_fit, to_units
from budget.statements.balances import balance_on
from budget.statements.models import Certificate, Statement
from budget.users.models import User

ROWS_AT_ONCE = 2000
MOST_NAMED = 20


class DoesNotAgree(BudgetError):
    """The ledger and the bank differ, so nothing can be certified."""

    def __init__(self, account: Account, day: dt.date, ledger: Decimal, bank: Decimal) -> None:
        own, theirs = (format_with_currency(amount, account.currency) for amount in (ledger, bank))
        gap = format_with_currency(abs(ledger - bank), account.currency)
        super().__init__(f"{account} has {own} on {day}, the bank says {theirs}: {gap} apart. Find the rows first.")


class AlreadyCertified(BudgetError):
    """The period was closed before."""

    def __init__(self, account: Account) -> None:
        super().__init__(f"This period of {account} is certified already. Withdraw that certificate first.")


class DaysOutOfOrder(BudgetError):
    """A period that ends before it begins."""

    def __init__(self) -> None:
        super().__init__("The period ends before it begins. Give its first and its last day.")


@dataclass(frozen=True)
class Breach:
    """A row of a certified period that is no longer as it was: `what` says altered, added or deleted."""

    what: str
    title: str
    date: dt.date | None
    amount: Decimal | None
    pk: int | None


def certify(
    *,
    account: Account,
    by: User | None,
    first: dt.date,
    last: dt.date,
    opening: Decimal,
    closing: Decimal,
    statement: Statement | None = None,
    request: IdempotentRequest | None = None,
) -> Certificate:
    """Close a period of an account as agreed with the bank, to the cent.

    Args:
        first, last: the period's days, both included.
        opening, closing: the bank's balances before `first` and after `last`; positive is money one has.
        statement: the file's part that says so, if there is one.

    Raises:
        DoesNotAgree: the ledger has another balance at the start or the end; nothing is written.
        AlreadyCertified: the period has a certificate.
        DaysOutOfOrder: `last` is before `first`.
    """
    if last < first:
        raise DaysOutOfOrder
    with history.change(
        account.book, by, f"Certified {account} from {first} to {last}", kind="certificate.create", request=request
    ) as change:
        account = current_account(change, account)
        for amount in (opening, closing):
            require_fit(amount, account.currency)
        for day, bank in ((first - dt.timedelta(1), opening), (last, closing)):
            if (ledger := balance_on(account, day)) != bank:
                raise DoesNotAgree(account, day, ledger, bank)
        if Certificate.objects.filter(account=account, first=first, last=last).exists():
            raise AlreadyCertified(account)
        count, digest = state(account, first, last)
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
                file_sha256=source.file.sha256 if source else "",
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
    """An account's transactions of some days, both ends included, in a fixed order."""
    return Transaction.objects.filter(account=account, date__range=(first, last)).order_by("pk")


def state(account: Account, first: dt.date, last: dt.date) -> tuple[int, str]:
    """How many transactions a period has, and one digest over what counts of them: id, day, amount."""
    total, count, after = hashlib.sha256(), 0, 0
    while page := list(
        period(account, first, last).filter(pk__gt=after).values_list("pk", "date", "amount")[:ROWS_AT_ONCE]
    ):
        for pk, date, amount in page:
            total.update(canonical([pk, date.isoformat(), to_units(amount)]).encode())
        count, after = count + len(page), page[-1][0]
    return count, total.hexdigest()


def is_broken(certificate: Certificate) -> bool:
    """Whether its period has other rows than were certified."""
    return state(certificate.account, certificate.first, certificate.last) != (certificate.rows, certificate.digest)


def breaches(certificate: Certificate) -> list[Breach]:
    """Which rows broke a certificate: altered, added or deleted since, the first few; none where it holds."""
    if not is_broken(certificate):
        return []
    account, first, last = certificate.account, certificate.first, certificate.last
    found: list[Breach] = []
    names = shape_of(Transaction).names
    place = {name: names.index(name) for name in ("account_id", "date", "amount", "payee", "description")}
    seen: set[int] = set()
    later = Entry.objects.filter(
        book=certificate.book_id, model="transaction", change__number__gt=certificate.version
    ).order_by("change__number", "position")
    for entry in later.iterator(chunk_size=50):
        for pk, before, after in rows_of(entry):
            was, now = (_inside(values, place, account.pk, first, last) for values in (before, after))
            if pk in seen or not (was or now) or (was and now and _same(before, after, place)):
                continue
            seen.add(pk)
            values = after if now else before
            assert values is not None
            what = "altered" if was and now else "added" if now else "deleted" if after is None else "moved away"
            found.append(
                Breach(
                    what,
                    str(values[place["payee"]] or values[place["description"]]),
                    dt.date.fromisoformat(str(values[place["date"]])),
                    Decimal(int(str(values[place["amount"]]))) / 1000,
                    pk if Transaction.objects.filter(pk=pk).exists() else None,
                )
            )
            if len(found) >= MOST_NAMED:
                return found
    return found


def _inside(
    values: Sequence[object] | None, place: dict[str, int], account: int, first: dt.date, last: dt.date
) -> bool:
    if values is None or values[place["account_id"]] != account:
        return False
    return first.isoformat() <= str(values[place["date"]]) <= last.isoformat()


def _same(before: Sequence[object] | None, after: Sequence[object] | None, place: dict[str, int]) -> bool:
    assert before is not None
    assert after is not None
    return all(before[place[name]] == after[place[name]] for name in ("account_id", "date", "amount"))


def covering(book_id: int, rows: Iterable[tuple[int, dt.date]]) -> list[Certificate]:
    """The certificates whose period has one of these (account, day): what a change to such a row would break."""
    wanted = list(rows)
    if not wanted:
        return []
    accounts = {account for account, _ in wanted}
    own = Certificate.objects.filter(book=book_id, account__in=accounts).select_related("account").order_by("first")
    return [c for c in own if any(c.account_id == account and c.first <= day <= c.last for account, day in wanted)]
