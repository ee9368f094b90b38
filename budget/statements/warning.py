"""What to say before a row of a certified period is changed, deleted or added."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from budget.history import Change, entries_about, rows_of
from budget.history.rows import Values, shape_of
from budget.ledger.models import Transaction
from budget.statements.breaches import broken_among, is_broken
from budget.statements.certificates import covering, covering_any
from budget.statements.models import Certificate, Fate, StatementImport, StatementLine
from budget.statements.takingback import made_by_import

MOST_SAID = 3
MOST_TRIED = 12
"""Broken certificates that are looked at without the rows of an import."""

Place = tuple[int, dt.date]
"""An account's id and a day."""


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


def before_placing(book_id: int, places: Iterable[Place], was: Sequence[Place] = ()) -> str:
    """What is asked before rows come to be in these places; empty where nothing is certified. One query.

    Args:
        was: where the rows are now; of a certificate that has both, the form spoke already.
    """
    found = [
        each
        for each in covering(book_id, places)
        if not any(account == each.account_id and each.first <= day <= each.last for account, day in was)
    ]
    if not found:
        return ""
    accounts = ", ".join(dict.fromkeys(str(each.account) for each in found[:MOST_SAID]))
    return f"That day is in a statement of {accounts} certified on {_days(found)}. Another row in it breaks it."


@dataclass(frozen=True)
class TakenBack:
    """What undoing an import does to certificates, in sentences; empty where it does nothing of the kind."""

    breaks: str = ""
    mends: str = ""


def before_taking_back(found: StatementImport) -> TakenBack:
    """What is asked before an import is taken out again, and what is said.

    One that holds breaks if rows of the import are in it; one that only these rows broke holds again.
    """
    made = made_by_import(found)
    concerned = covering_any(found.book_id, made)
    known = broken_among(concerned)
    breaks = [each for each in concerned if each.pk not in known]
    broken = [each for each in concerned if each.pk in known][:MOST_TRIED]
    mends = [each for each in broken if not is_broken(each, without=made)]
    return TakenBack(
        f"Undoing this import takes rows out of {_named(breaks)}, and breaks it." if breaks else "",
        f"Undoing this import mends {_named(mends)}: only its rows broke it." if mends else "",
    )


def _named(found: Sequence[Certificate]) -> str:
    """``a statement of Everyday certified on 3 May``."""
    accounts = ", ".join(dict.fromkeys(str(each.account) for each in found[:MOST_SAID]))
    what = "a statement" if len(found) == 1 else f"{len(found)} statements"
    return f"{what} of {accounts} certified on {_days(found)}"


def before_deleting(book_id: int, rows: QuerySet[Transaction]) -> str:
    """What is asked before rows are deleted; empty where none of them is in a certificate. One query."""
    found = covering_any(book_id, rows)
    if not found:
        return ""
    return f"This deletes from {_named(found)}, and breaks it."


def before_undoing(change: Change) -> list[str]:
    """What is asked before a change is taken back that wrote rows of certified days; those it mends or deletes not."""
    shape = shape_of(Transaction)
    if not (own := list(Certificate.objects.filter(book=change.book_id).select_related("account").order_by("first"))):
        return []
    made = {pk for entry in entries_about(change, Certificate) for pk, before, _ in rows_of(entry) if before is None}
    own = [each for each in own if each.pk not in made]  # they go with it
    accounts = {each.account_id for each in own}
    counted = [shape.names.index(name) for name in ("account_id", "date", "amount")]
    places: set[tuple[int, str]] = set()
    for entry in entries_about(change, Transaction):
        for _, *ends in rows_of(entry):
            was, now = (_counted(values, counted) for values in ends)
            if was != now:
                places |= {(each[0], each[1]) for each in (was, now) if each and each[0] in accounts}
    days: dict[int, list[str]] = defaultdict(list)
    for account, day in sorted(places):
        days[account].append(day)
    concerned = [each for each in own if _has_any(days[each.account_id], each)]
    known = broken_among(concerned)
    breaks = [each for each in concerned if each.pk not in known]
    return [f"Undoing this changes rows of {_named(breaks)}, and breaks it."] if breaks else []


def _counted(values: Values | None, places: Sequence[int]) -> tuple[int, str, object] | None:
    if values is None:
        return None
    account, day, amount = (values[place] for place in places)
    return int(str(account)), str(day), amount


def _has_any(days: Sequence[str], certificate: Certificate) -> bool:
    """Whether one of these days, in their order, is in its period."""
    place = bisect_left(days, certificate.first.isoformat())
    return place < len(days) and days[place] <= certificate.last.isoformat()


def before_importing(found: StatementImport) -> list[str]:
    """What the preview of an import says of its new rows, for each certificate whose period they are in.

    One query, and where something is certified those of `broken_among`: what is broken may lack just these rows.
    """
    lines = StatementLine.objects.filter(
        statement__source=found,
        statement__account=OuterRef("account"),
        fate__in=(Fate.NEW, Fate.DOUBTFUL),
        date__gte=OuterRef("first"),
        date__lte=OuterRef("last"),
    )
    own = Certificate.objects.filter(Exists(lines), book=found.book_id).select_related("account").order_by("first")
    concerned = list(own[:MOST_SAID])
    known = broken_among(concerned)
    return [
        f"New rows of this file are in a statement of {each.account} certified on {spelled(each)}. "
        + (
            "It is broken now, and holds again if these are the rows it lacks."
            if each.pk in known
            else "Importing them breaks it."
        )
        for each in concerned
    ]


def _days(found: Sequence[Certificate]) -> str:
    days = list(dict.fromkeys(spelled(each) for each in found))
    return " and ".join(days[:MOST_SAID]) + (" and other days" if len(days) > MOST_SAID else "")
