"""What to say before a row of a certified period is changed or deleted."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from budget.ledger.models import Transaction
from budget.statements.certificates import covering, covering_any
from budget.statements.models import Certificate, Fate, StatementImport, StatementLine

MOST_SAID = 3


def spelled(certificate: Certificate) -> str:
    """The day it was certified, as people say it: ``3 May``, with the year where it is another."""
    day = timezone.localtime(certificate.created_at).date()
    year = "" if day.year == timezone.localdate().year else f" {day.year}"
    return f"{day.day} {day:%B}{year}"


def before_changing(txn: Transaction) -> str:
    """What the form of a transaction says; empty where its day is in no certificate. One query."""
    found = covering(txn.book_id, [(txn.account_id, txn.date)])
    if not found:
        return ""
    return (
        f"This row is in a statement certified on {_days(found)}. "
        "Changing its amount, date or account breaks it, and so does deleting it."
    )


def before_deleting(book_id: int, rows: QuerySet[Transaction]) -> str:
    """What is asked before rows are deleted; empty where none of them is in a certificate. One query."""
    found = covering_any(book_id, rows)
    if not found:
        return ""
    accounts = ", ".join(dict.fromkeys(str(each.account) for each in found[:MOST_SAID]))
    what = "a statement" if len(found) == 1 else f"{len(found)} statements"
    return f"This deletes from {what} of {accounts} certified on {_days(found)}, and breaks it."


def before_importing(found: StatementImport) -> list[str]:
    """What the preview of an import says of its new rows, for each certificate they would break. One query."""
    lines = StatementLine.objects.filter(
        statement__source=found,
        statement__account=OuterRef("account"),
        fate__in=(Fate.NEW, Fate.DOUBTFUL),
        date__gte=OuterRef("first"),
        date__lte=OuterRef("last"),
    )
    own = Certificate.objects.filter(Exists(lines), book=found.book_id).select_related("account").order_by("first")
    return [
        f"New rows of this file are in a statement of {each.account} certified on {spelled(each)}. "
        "Importing them breaks it."
        for each in own[:MOST_SAID]
    ]


def _days(found: Sequence[Certificate]) -> str:
    days = list(dict.fromkeys(spelled(each) for each in found))
    return " and ".join(days[:MOST_SAID]) + (" and other days" if len(days) > MOST_SAID else "")
