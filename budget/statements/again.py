"""Which lines of a file are lines of an earlier one again. Equal is not duplicate: occurrences are counted.

A line that this very file brought before is that line again, whatever is read in it now. Another one is an earlier one
again if the bank gives it the same id, day and amount, or else the same day, amount and plain text; of several equal
ones the first is the first again, the second the second, and a third is new. Those that stand come before those that
were deleted. Two lines with different ids of the bank are two. However long the files are, some thousand lines are in
memory at a time.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from heapq import merge

from budget.statements.known import Earlier, Known, Line
from budget.statements.lines import Settled, among, parts_by_day, select, settle
from budget.statements.models import Fate


def mark_again(known: Known) -> None:
    """Mark the lines of an import that are lines of earlier ones again; those that a person decided about stay."""
    if known:
        _Marking(known).run()


class _Marking:
    """One comparison of an import with what its book was told before."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.again = array("q")
        """The lines that are earlier ones again, in their order."""
        self.used: set[int] = set()
        """Movements that were found, where they could be found a second time by other marks."""

    def run(self) -> None:
        """The same file first, then by the bank's id, then by day, amount and text."""
        if self.known.of_file and self.by_file():
            return
        if self.known.has("bank_id <> ''"):
            self.by_bank_id()
        for first, end in parts_by_day(self.known.statements):
            lines = self.known.fresh("fingerprint >= %s AND fingerprint < %s ORDER BY number, id", [first, end])
            self.by_text(self.rest(lines))

    def rest(self, lines: Sequence[Line]) -> Sequence[Line]:
        """Those that are not found yet."""
        return [line for line in lines if not _is_in(self.again, line.pk)] if self.again else lines

    def free(self, known: Sequence[Earlier]) -> Sequence[Earlier]:
        """Those that were not found yet."""
        return [line for line in known if line.movement not in self.used] if self.used else known

    def by_file(self) -> bool:
        """What another import of this very file brought; answers whether those are all of its lines."""
        count, used = 0, array("q")
        for page in self.known.pages("TRUE"):
            count += len(page)
            pairs = self.known.of_same_file(page)
            _settle(pairs)
            self.again.extend(line.pk for line, _ in pairs)
            used.extend(earlier.movement for _, earlier in pairs)
        if len(self.again) == count:
            return True
        self.used.update(used)
        return False

    def by_bank_id(self) -> None:
        """The same id, day and amount; one id on several movements proves nothing by itself."""
        is_mixed = self.known.has("bank_id = ''")
        places = self.repeated()
        again, used = array("q"), set[int]()
        moved: dict[int, int] = {}
        """For which account a movement was found that is known on two."""
        for lines in self.known.pages("bank_id <> ''"):
            page = self.rest(lines)
            if not page:
                continue
            days = [line.day for line in page]
            earlier = self.known.earlier(
                "k.bank_id",
                {line.bank_id for line in page},
                _same_movement,
                (" AND k.date BETWEEN %s AND %s", [min(days), max(days)]),  # type: ignore[type-var]  # of one type
            )
            pairs = []
            for line in page:
                key = _same_movement(line)
                nth = places.get(key, 0)
                if key in places:
                    places[key] += 1
                free = self.free(earlier[key])
                if moved:
                    free = [each for each in free if moved.get(each.movement, line.account) == line.account]
                if nth < len(free):
                    pairs.append((line, free[nth]))
                    if free[nth].is_moved:
                        moved[free[nth].movement] = line.account
            _settle(pairs)
            again.extend(line.pk for line, _ in pairs)
            if is_mixed:
                used.update(earlier_line.movement for _, earlier_line in pairs)
        self.used |= used | moved.keys()
        self.again = array("q", merge(self.again, again)) if self.again else again

    def repeated(self) -> dict[Hashable, int]:
        """What several lines of the file say of account, id, day and amount, each with zero."""
        own, ids = among("l.statement_id", self.known.statements)
        rows = select(
            "SELECT s.account_id, l.bank_id, l.date, l.amount FROM budget_statementline l "  # noqa: S608  (ours)
            f"JOIN budget_statement s ON s.id = l.statement_id WHERE {own} AND l.amount IS NOT NULL "
            "AND l.bank_id <> '' GROUP BY 1, 2, 3, 4 HAVING COUNT(*) > 1",
            [ids],
        )
        return dict.fromkeys(rows, 0)

    def by_text(self, lines: Sequence[Line]) -> None:
        """The same day, amount and text, counted; not where the bank gives two different ids."""
        if not lines:
            return
        groups: dict[Hashable, list[Line]] = defaultdict(list)
        for line in lines:
            groups[same_text(line)].append(line)
        earlier = self.known.earlier("k.fingerprint", {line.fingerprint for line in lines}, same_text)
        pairs = []
        for key, known in earlier.items():
            if key in groups:
                found = _paired(groups[key], self.free(known))
                self.used.update(line.movement for _, line in found if line.is_moved)
                pairs += found
        _settle(pairs)


def _settle(pairs: Sequence[tuple[Line, Earlier]]) -> None:
    """Write down which line is which, and whether what it became is still there."""
    rows = [
        Settled((Fate.THERE if earlier.txn else Fate.DELETED).value, earlier.pk, earlier.txn, line.pk)
        for line, earlier in pairs
        if not line.is_chosen
    ]
    settle(rows, [(earlier.pk, line.pk) for line, earlier in pairs if line.is_chosen])


def _paired(fresh: Sequence[Line], known: Sequence[Earlier]) -> list[tuple[Line, Earlier]]:
    """The first with the first, the second with the second; a line with an id only with one that has none."""
    with_id = deque(line for line in known if line.bank_id)
    without = deque(line for line in known if not line.bank_id)
    pairs = []
    for line in fresh:
        is_sooner = not with_id or (bool(without) and _turn(without[0]) < _turn(with_id[0]))
        queue = without if line.bank_id or is_sooner else with_id
        if queue:
            pairs.append((line, queue.popleft()))
    return pairs


def _turn(line: Earlier) -> tuple[bool, int]:
    return line.txn is None, line.pk


def _is_in(ordered: Sequence[int], wanted: int) -> bool:
    place = bisect_left(ordered, wanted)
    return place < len(ordered) and ordered[place] == wanted


def _same_movement(line: Line | Earlier) -> Hashable:
    return line.account, line.bank_id, line.day, line.amount


def same_text(line: Line | Earlier) -> Hashable:
    """By which lines are equal: their account, and day, amount and plain text."""
    return line.account, line.fingerprint
