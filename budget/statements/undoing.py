"""What an undo does to imports: no row of the bank comes back twice, and accounts begin as the files say that stand."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

from django.db.models import Q, QuerySet

from budget import history
from budget.history import Change, Recorder
from budget.history.errors import BuiltUpon
from budget.ledger.models import Account, Transaction
from budget.statements import cameback, openings, warning
from budget.statements.models import Fate, Stage, StatementImport, StatementLine
from budget.statements.standing import undone_imports

LINES_AT_ONCE = 500


class Told(NamedTuple):
    """A line with a transaction of its own; `account` is that one's, `told_of` its statement's, `since` its import."""

    pk: int
    source: int
    since: int | None
    account: int
    told_of: int | None
    bank_id: str
    fingerprint: str
    date: dt.date
    amount: Decimal
    same_as: int | None
    is_chosen: bool
    fate: str
    matched: int | None

    @property
    def is_wanted_twice(self) -> bool:
        """Whether a person saw the same row here and took this one all the same."""
        return self.is_chosen and self.fate == Fate.NEW and self.matched is not None


NAMES = (
    "pk", "statement__source_id", "statement__source__change__number", "transaction__account_id",
    "statement__account_id", "bank_id", "fingerprint", "date", "amount", "same_as_id",
    "is_chosen", "fate", "matched_id",
)  # fmt: skip


def register() -> None:
    """Have every undo of transactions and accounts looked at; a person hears first what it breaks or doubles."""
    history.ask_before_undo(cameback.before_undoing)
    history.ask_before_undo(warning.before_undoing)
    history.on_undo(Transaction, require_single)
    history.on_undo(Transaction, _begin_anew)
    history.on_undo(Account, _begin_anew_with)


def _begin_anew(taking_back: Recorder, undone: Change, ids: Sequence[int]) -> None:
    """Rows of an import went or came back: its accounts begin as the files say that stand now."""
    root = _root(undone)
    if root.kind not in openings.BY_FILES:
        return
    concerned = StatementImport.objects.filter(Q(change=root) | Q(taken_back=root), book=taking_back.book.pk)
    accounts = Account.objects.of(taking_back.book).filter(statements__source__in=concerned)
    out = undone_imports(taking_back.book.pk, undone)
    openings.settle_anew(taking_back, accounts.order_by("pk").distinct(), out, undoing=undone)


def _begin_anew_with(taking_back: Recorder, undone: Change, ids: Sequence[int]) -> None:
    """What accounts begin with was put back to what it was then; files may have come since."""
    if _root(undone).kind in openings.BY_FILES:
        _begin_anew(taking_back, undone, ids)
        return
    accounts = Account.objects.of(taking_back.book).filter(pk__in=ids).order_by("pk")
    again = [each for each in accounts if openings.sets_opening(undone, each)]
    out = undone_imports(taking_back.book.pk, undone)
    openings.settle_anew(taking_back, again, out, undoing=undone, otherwise=None)


def _root(undone: Change) -> Change:
    """What was done first, of a change and all undos between."""
    while undone.undoes is not None:
        undone = undone.undoes
    return undone


def require_single(taking_back: Recorder, undone: Change, ids: Sequence[int]) -> None:
    """Refuse to bring rows back that another import brought again meanwhile.

    Which row is which follows what importing goes by (`again`): the bank's id, or day, amount and text, counted; not
    where a person saw both and kept both.

    Raises:
        BuiltUpon: a row would stand twice.
    """
    lines = StatementLine.objects.filter(book=taking_back.book.pk)
    for start in range(0, len(ids), LINES_AT_ONCE):
        back = _told(lines.filter(transaction__in=ids[start : start + LINES_AT_ONCE]))
        if not back or not _has_others(taking_back.book.pk, back):
            continue
        marks = Q(fingerprint__in={line.fingerprint for line in back})
        if bank_ids := {line.bank_id for line in back if line.bank_id}:
            marks |= Q(bank_id__in=bank_ids)
        accounts = {line.account for line in back}
        known = _told(lines.filter(marks, transaction__account__in=accounts).order_by("number"))
        came_back = {line.pk for line in back}
        for one, other in _twice(known):
            if came_back & {one.pk, other.pk} and not _stood_together(one, other, undone):
                again = StatementImport.objects.select_related("change").get(
                    pk=other.source if one.pk in came_back else one.source
                )
                raise BuiltUpon(undone, f"“{again.change or again}” brought the same rows again")


def _stood_together(one: Told, other: Told, undone: Change) -> bool:
    """Whether they are rows of two accounts, one of which was moved to the other before what is undone."""
    return one.told_of != other.told_of and all((line.since or 0) < undone.number for line in (one, other))


def _told(lines: QuerySet[StatementLine]) -> list[Told]:
    return list(map(Told._make, lines.values_list(*NAMES)))


def _has_others(book: int, back: Iterable[Told]) -> bool:
    """Whether any other file was imported into the accounts that these are on, or were told of."""
    accounts = {account for line in back for account in (line.account, line.told_of) if account}
    others = StatementImport.objects.filter(book=book, stage=Stage.RECORDED, statements__account__in=accounts)
    return others.order_by().values("pk").distinct()[:2].count() > 1


def _twice(known: Sequence[Told]) -> Iterable[tuple[Told, Told]]:
    """The pairs of lines, each of another import, that are one row of the bank and have a transaction each."""
    said = dict(
        StatementLine.objects.filter(
            statement__source__in={line.source for line in known}, same_as_id__in=[line.pk for line in known]
        ).values_list("pk", "same_as_id")
    )
    by_pk = {line.pk: line for line in known}
    for line in known:
        if (first := by_pk.get(line.same_as or 0)) and not line.is_wanted_twice:
            yield first, line
    sources = dict(StatementLine.objects.filter(pk__in=said).values_list("pk", "statement__source_id"))
    spoken_for = {(sources[pk], first) for pk, first in said.items()}
    groups: dict[Hashable, dict[int, list[Told]]] = defaultdict(lambda: defaultdict(list))
    for line in known:
        if line.same_as is None:
            groups[line.account, line.fingerprint][line.source].append(line)
            if line.bank_id:
                groups[line.account, line.bank_id, line.date, line.amount][line.source].append(line)
    for group in groups.values():
        for source, other in combinations(group, 2):
            free = [line for line in group[source] if (other, line.pk) not in spoken_for]
            left = [line for line in group[other] if (source, line.pk) not in spoken_for]
            yield from _paired(free, left)


def _paired(some: Sequence[Told], others: Sequence[Told]) -> Iterable[tuple[Told, Told]]:
    left = list(others)
    for line in some:
        same = next((other for other in left if not line.bank_id or other.bank_id in ("", line.bank_id)), None)
        if same is not None:
            left.remove(same)
            if not line.is_wanted_twice and not same.is_wanted_twice:
                yield line, same
