"""The statements that an account's files brought, each beside the bank's balances and the account's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
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
        start, closed_by = min(starts, default=None), _closed(each, certificates)
        parts.append(Filed(each, start, end_of(each), told[each.pk], agreed.get(each.pk), closed_by))
    return parts, len(found) - len(shown)


def _closed(statement: Statement, certificates: Sequence[Certificate]) -> Certificate | None:
    """The certificate that was given for this very file, or that has all of its days."""
    end = statement.last or statement.closing_on
    inside = [each for each in certificates if end and each.first <= (statement.first or end) and end <= each.last]
    return next((each for each in inside if each.file_sha256 == statement.source.file.sha256), next(iter(inside), None))


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
