"""Which lines of a file are lines of an earlier one again. Equal is not duplicate: occurrences are counted.

A line is an earlier one again if the bank gives it the same id, day and amount, or else the same day, amount and plain
text; of several equal ones the first is the first again, the second the second, and a third is new. Two lines with
different ids of the bank are two. However long the files are, some thousand lines are in memory at a time.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from typing import Any, NamedTuple

from budget.statements.lines import PART, Settled, among, parts_by_day, select, settle
from budget.statements.models import Fate, Stage, Statement, StatementImport
from budget.statements.standing import undone_imports

FRESH = "SELECT id, statement_id, bank_id, fingerprint, date, amount, is_chosen FROM budget_statementline"
KNOWN = (
    "SELECT k.id, k.statement_id, k.bank_id, k.fingerprint, k.date, k.amount, COALESCE(joined.id, own.id), "
    "origin.statement_id "
    "FROM budget_statementline k "
    "LEFT JOIN budget_transaction own ON own.line_id = k.id "
    "LEFT JOIN budget_transaction joined ON k.fate = 'joined' AND joined.line_id = k.same_as_id "
    "LEFT JOIN budget_statementline origin ON k.fate = 'joined' AND origin.id = k.same_as_id "
    "WHERE k.book_id = %s AND k.fate IN ('new', 'doubtful', 'joined')"
)
"""Lines that were recorded, or joined with what was there, each with the transaction that is still its own.

What a joined line became keeps the line that it came from, and is gone with the import of that one.
"""


class Line(NamedTuple):
    """A line of the file; `day` and `amount` are only compared."""

    pk: int
    account: int
    bank_id: str
    fingerprint: str
    day: object
    amount: int
    is_chosen: bool


class Earlier(NamedTuple):
    """A line of an earlier file, with the transaction that it became, if that is still there."""

    pk: int
    account: int
    bank_id: str
    fingerprint: str
    day: object
    amount: int
    txn: int | None


def mark_again(found: StatementImport) -> None:
    """Mark the lines of an import that are lines of earlier ones again; those that a person decided about stay."""
    marking = _Marking(found)
    if marking.statements and marking.known:
        marking.run()


class _Marking:
    """One comparison of an import with what its book was told before."""

    def __init__(self, found: StatementImport) -> None:
        self.book = found.book_id
        own = found.statements.exclude(account=None).values_list("pk", "account_id")
        self.statements: dict[int, int] = {pk: account for pk, account in own if account}
        """The account of each statement of the file."""
        undone = set(undone_imports(self.book))
        recorded = Statement.objects.filter(book=self.book, source__stage=Stage.RECORDED).exclude(account=None)
        recorded = recorded.filter(account__in=set(self.statements.values()))
        self.known: dict[int, tuple[int, bool]] = {
            pk: (account, source in undone)
            for pk, account, source in recorded.values_list("pk", "account_id", "source_id")
            if account
        }
        """The account of each statement that was recorded, and whether it was taken back."""
        self.used: set[int] = set()
        """Earlier lines that an id found, where they could be found a second time by their text."""

    def run(self) -> None:
        """By the bank's id first, then by day, amount and text."""
        again = self.by_bank_id() if self.has("bank_id <> ''") else array("q")
        for first, end in parts_by_day(self.statements):
            lines = self.fresh("fingerprint >= %s AND fingerprint < %s ORDER BY number, id", [first, end])
            self.by_text([line for line in lines if not _is_in(again, line.pk)] if again else lines)

    def has(self, condition: str) -> bool:
        """Whether the file has such a line."""
        own, ids = among("statement_id", self.statements)
        query = f"SELECT 1 FROM budget_statementline WHERE {own} AND amount IS NOT NULL AND {condition} LIMIT 1"  # noqa: S608
        return bool(select(query, [ids]))

    def fresh(self, condition: str, parameters: Sequence[Any]) -> list[Line]:
        """Lines of the file that could be read."""
        own, ids = among("statement_id", self.statements)
        rows = select(f"{FRESH} WHERE {own} AND amount IS NOT NULL AND {condition}", [ids, *parameters])
        accounts = self.statements
        return [Line._make((pk, accounts[statement], *said)) for pk, statement, *said in rows]

    def by_bank_id(self) -> array[int]:
        """The same id, day and amount; one id on several movements proves nothing by itself.

        Answers which lines are earlier ones again, in their order.
        """
        is_mixed = self.has("bank_id = ''")
        places = self.repeated()
        again = array("q")
        for page in self.pages_with_id():
            days = [line.day for line in page]
            earlier = self.earlier(
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
                if nth < len(earlier[key]):
                    pairs.append((line, earlier[key][nth]))
            _settle(pairs)
            again.extend(line.pk for line, _ in pairs)
            if is_mixed:
                self.used.update(earlier_line.pk for _, earlier_line in pairs)
        return again

    def repeated(self) -> dict[Hashable, int]:
        """What several lines of the file say of account, id, day and amount, each with zero."""
        own, ids = among("l.statement_id", self.statements)
        rows = select(
            "SELECT s.account_id, l.bank_id, l.date, l.amount FROM budget_statementline l "  # noqa: S608  (ours)
            f"JOIN budget_statement s ON s.id = l.statement_id WHERE {own} AND l.amount IS NOT NULL "
            "AND l.bank_id <> '' GROUP BY 1, 2, 3, 4 HAVING COUNT(*) > 1",
            [ids],
        )
        return dict.fromkeys(rows, 0)

    def pages_with_id(self) -> Iterator[list[Line]]:
        """The lines with an id of the bank, as they were written."""
        last = 0
        while page := self.fresh(f"bank_id <> '' AND id > %s ORDER BY id LIMIT {PART}", [last]):
            yield page
            last = page[-1].pk

    def by_text(self, lines: Sequence[Line]) -> None:
        """The same day, amount and text, counted; not where the bank gives two different ids."""
        if not lines:
            return
        groups: dict[Hashable, list[Line]] = defaultdict(list)
        for line in lines:
            groups[_same_text(line)].append(line)
        earlier = self.earlier("k.fingerprint", {line.fingerprint for line in lines}, _same_text)
        pairs = []
        for key, known in earlier.items():
            if key in groups:
                free = [line for line in known if line.pk not in self.used] if self.used else known
                pairs += _paired(groups[key], free)
        _settle(pairs)

    def earlier(
        self,
        column: str,
        values: Collection[str],
        key: Callable[[Earlier], Hashable],
        within: tuple[str, Sequence[Any]] = ("", ()),
    ) -> defaultdict[Hashable, list[Earlier]]:
        """Lines of earlier files by `key`, oldest first; those of an import that was taken back only if they stayed."""
        condition, wanted = among(column, values)
        rows: list[tuple[Any, ...]] = select(
            f"{KNOWN} AND {condition}{within[0]} ORDER BY k.id", [self.book, wanted, *within[1]]
        )
        by_key: defaultdict[Hashable, list[Earlier]] = defaultdict(list)
        for pk, statement, *said, txn, origin in rows:
            account, is_undone = self.known.get(statement, (0, False))
            is_undone |= self.known.get(origin, (0, False))[1]
            if account and (txn or not is_undone):
                line = Earlier._make((pk, account, *said, txn))
                by_key[key(line)].append(line)
        return by_key


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
        queue = without if line.bank_id or not with_id or (without and without[0].pk < with_id[0].pk) else with_id
        if queue:
            pairs.append((line, queue.popleft()))
    return pairs


def _is_in(ordered: Sequence[int], wanted: int) -> bool:
    place = bisect_left(ordered, wanted)
    return place < len(ordered) and ordered[place] == wanted


def _same_movement(line: Line | Earlier) -> Hashable:
    return line.account, line.bank_id, line.day, line.amount


def _same_text(line: Line | Earlier) -> Hashable:
    return line.account, line.fingerprint
