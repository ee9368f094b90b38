"""The same file once more: when it was imported before, where that stands, so that its preview can say so."""

from __future__ import annotations

from collections.abc import Set

from django.utils import timezone

from budget.statements.accounts import where_now
from budget.statements.models import Stage, StatementImport
from budget.statements.standing import undone_imports


def said_of(earlier: StatementImport) -> str:
    """What is said of that: when, and that its rows are here."""
    assert earlier.change is not None
    when = timezone.localtime(earlier.change.at)
    return (
        f"This very file was imported on {when:%a} {when.day} {when:%b %Y, %H:%M}. "
        "Its rows that came in then are already here, however they are read now."
    )


def imported_before(found: StatementImport) -> StatementImport | None:
    """The newest other import of this very file that brought something into one of its accounts and stands."""
    same = StatementImport.objects.filter(book=found.book_id, file=found.file_id, stage=Stage.RECORDED)
    accounts = {*found.statements.exclude(account=None).values_list("account", flat=True)}
    newest = list(same.filter(change__isnull=False).exclude(pk=found.pk).select_related("change").order_by("-pk"))
    undone = undone_imports(found.book_id) if newest else ()
    return next((each for each in newest if each.pk not in undone and _is_of(each, accounts)), None)


def _is_of(earlier: StatementImport, accounts: Set[int]) -> bool:
    """Whether it was for one of these accounts, or its rows are on one of them now."""
    told = list(earlier.statements.exclude(account=None).select_related("account"))
    if accounts & {each.account_id for each in told}:
        return True
    return any(now.pk in accounts for each in told if (now := where_now(each)))
