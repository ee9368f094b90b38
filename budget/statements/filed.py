"""The statements that an account's files brought, each beside the bank's balances and the account's own."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from budget.ledger.models import Account
from budget.statements.balances import Agreement, Identity, agreements, end_of, identities
from budget.statements.breaches import broken_among
from budget.statements.certificates import of_account
from budget.statements.models import Certificate, Stage, Statement

NEWEST = 12


@dataclass(frozen=True)
class Filed:
    """One statement: what the bank says of itself, and whether the account agrees at its end."""

    statement: Statement
    first: dt.date | None
    last: dt.date | None
    identity: Identity
    agreement: Agreement | None = None
    certificate: Certificate | None = None


def filed(account: Account, certificates: Sequence[Certificate], undone: Collection[int]) -> tuple[list[Filed], int]:
    """The newest statements of an account that stand in the book, and how many there are beside them.

    Args:
        undone: the ids of the imports that were taken back.
    """
    own = Statement.objects.filter(account=account, source__stage=Stage.RECORDED)
    own = own.exclude(source__in=undone).select_related("source__file")
    found = list(own.order_by("-closing_on", "-last", "-pk"))
    found.sort(key=lambda each: (end_of(each) or dt.date.min, each.pk), reverse=True)
    shown = found[:NEWEST]
    told = identities(shown)
    agreed = agreements(account, shown)
    parts = []
    for each in shown:
        starts = [day for day in (each.first, each.opening_on) if day]
        start, closed_by = min(starts, default=None), certificate_of(each, certificates)
        parts.append(Filed(each, start, end_of(each), told[each.pk], agreed.get(each.pk), closed_by))
    return parts, len(found) - len(shown)


def certificate_of(statement: Statement, certificates: Iterable[Certificate]) -> Certificate | None:
    """The certificate of its account that was given for this part of this very file, or that has all of its days."""
    days = [day for day in (statement.first, statement.last, statement.opening_on, statement.closing_on) if day]
    own = [each for each in certificates if each.account_id == statement.account_id]
    if not days:
        return None
    start, end = statement.first or min(days), statement.last or max(days)
    inside = [each for each in own if each.first <= start and end <= each.last]
    of_file = [each for each in own if each.file_sha256 == statement.source.kept.sha256]
    within = [each for each in of_file if min(days) <= each.first and each.last <= max(days)]
    return next((each for each in inside if each in of_file), next(iter([*within, *inside]), None))


def certificates_of(statements: Sequence[Statement]) -> list[tuple[Statement, Certificate | None]]:
    """Statements of any accounts with the certificate that each has. One query."""
    accounts = {each.account_id for each in statements if each.account_id}
    known: dict[int, list[Certificate]] = defaultdict(list)
    for certificate in Certificate.objects.filter(account__in=accounts).order_by("-last", "-first"):
        known[certificate.account_id].append(certificate)
    return [(each, certificate_of(each, known[each.account_id or 0])) for each in statements]


@dataclass(frozen=True)
class Closed:
    """A certificate as the account's page lists it."""

    certificate: Certificate
    is_broken: bool


def closed(account: Account) -> list[Closed]:
    """All certificates of an account, the newest period first, and which of them hold."""
    own = of_account(account)
    broken = broken_among(own)
    return [Closed(each, each.pk in broken) for each in own]
