"""In what order the statements of an account follow each other, whatever place they have in a file."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from budget.statements.models import Statement


def in_time(statements: Iterable[Statement]) -> list[Statement]:
    """The earliest first: by their days, on the same days by balances that fit, and else as the file goes.

    Banks print the oldest statement first or the newest, and a file whose later days come first goes backwards.

    Args:
        statements: of one account, in the order of the file.
    """
    statements = list(statements)
    days = {each.pk: _days(each) for each in statements}
    dated = [told for told in days.values() if told]
    if not dated:
        return _chained(statements, None)
    goes_back = dated[0] > dated[-1]
    known = [each for each in (reversed(statements) if goes_back else statements) if days[each.pk]]
    ordered: list[Statement] = []
    for _, group in groupby(sorted(known, key=lambda each: days[each.pk] or ()), key=lambda each: days[each.pk]):
        ordered += _chained(list(group), ordered[-1].closing if ordered else None)
    at_no_day = [each for each in statements if not days[each.pk]]
    return [*(each for each in at_no_day if not _tells(each)), *_chained_on(ordered, at_no_day)]


def _chained_on(ordered: list[Statement], at_no_day: Sequence[Statement]) -> list[Statement]:
    """Statements that say balances and no day find their place by those balances alone."""
    more = [each for each in at_no_day if _tells(each)]
    return _chained([*ordered, *more], None) if more else ordered


def _chained(group: Sequence[Statement], before: Decimal | None) -> list[Statement]:
    """Statements of the same days, each of which begins with what another ended with, as far as they do.

    Args:
        before: what the account had before them, where it is known.
    """
    if len(group) < 2:
        return list(group)
    waiting: dict[Decimal | None, list[Statement]] = defaultdict(list)
    for each in reversed(group):
        waiting[each.opening].append(each)
    surplus = Counter(each.opening for each in group) - Counter(each.closing for each in group)
    starts = [before, *(each.opening for each in group if surplus[each.opening]), *(each.opening for each in group)]
    ordered: list[Statement] = []
    for start in starts:
        trail: list[Statement] = []
        path: list[tuple[Decimal | None, Statement | None]] = [(start, None)]
        while path:
            balance, reached_by = path[-1]
            if waiting.get(balance):
                following = waiting[balance].pop()
                path.append((following.closing, following))
                continue
            path.pop()
            if reached_by:
                trail.append(reached_by)
        ordered += reversed(trail)
    return ordered


def _days(statement: Statement) -> tuple[dt.date, dt.date] | None:
    """The first day and the last one that it tells."""
    begins = statement.opening_on or statement.first or statement.closing_on
    ends = statement.closing_on or statement.last or statement.opening_on
    return (begins, ends) if begins and ends else None


def _tells(statement: Statement) -> bool:
    return statement.opening is not None or statement.closing is not None
