"""What a book was told by earlier files: their lines, each with the transaction that stands for it, if one does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from budget.ledger.models import Transaction
from budget.statements.lines import PART, among, select
from budget.statements.models import Stage, Statement, StatementImport
from budget.statements.standing import undone_imports

FRESH = (
    "SELECT id, statement_id, bank_id, fingerprint, date, amount, is_chosen, number, place FROM budget_statementline "
)
KNOWN = (
    "SELECT k.id, k.statement_id, k.bank_id, k.fingerprint, k.date, k.amount, COALESCE(joined.id, own.id), "
    "COALESCE(joined.account_id, own.account_id), origin.statement_id "
    "FROM budget_statementline k "
    "LEFT JOIN budget_transaction own ON own.line_id = k.id "
    "LEFT JOIN budget_transaction joined ON k.fate = 'joined' AND joined.line_id = k.same_as_id "
    "LEFT JOIN budget_statementline origin ON k.fate = 'joined' AND origin.id = k.same_as_id "
    "WHERE k.book_id = %s AND k.fate IN ('new', 'doubtful', 'joined')"
)
"""Lines that were recorded, or joined with what was there, each with the transaction that is still its own.

What a joined line became keeps the line that it came from, and is gone with the import of that one.
"""

OF_FILE = (
    "SELECT k.number, k.place, k.id, k.statement_id, k.bank_id, k.fingerprint, k.date, k.amount, "
    "COALESCE(found.id, joined.id, own.id), COALESCE(found.account_id, joined.account_id, own.account_id), "
    "origin.statement_id, found.id, k.same_as_id "
    "FROM budget_statementline k "
    "LEFT JOIN budget_transaction own ON own.line_id = k.id "
    "LEFT JOIN budget_transaction joined ON k.fate = 'joined' AND joined.line_id = k.same_as_id "
    "LEFT JOIN budget_transaction found ON k.fate = 'there' AND found.id = k.matched_id "
    "LEFT JOIN budget_statementline origin ON k.fate = 'joined' AND origin.id = k.same_as_id "
    "WHERE k.number BETWEEN %s AND %s "
    "AND (k.fate IN ('new', 'doubtful', 'joined') OR (k.fate = 'there' AND found.id IS NOT NULL))"
)
"""The same of some rows of a file, and those that were found here and are here still."""

LET_IN = (
    "SELECT k.same_as_id, k.id, k.statement_id, own.id, own.account_id FROM budget_statementline k "
    "LEFT JOIN budget_transaction own ON own.line_id = k.id "
    "WHERE k.book_id = %s AND k.is_chosen AND k.fate = 'new' AND k.same_as_id IS NOT NULL ORDER BY k.id"
)
"""Lines that a person took in although they are earlier ones again, by the earlier one."""


class Line(NamedTuple):
    """A line of the file; `day` and `amount` are only compared."""

    pk: int
    account: int
    bank_id: str
    fingerprint: str
    day: object
    amount: int
    is_chosen: bool
    number: int
    place: str


class Earlier(NamedTuple):
    """A line of an earlier file, with the transaction that stands for it, if one does."""

    pk: int
    account: int
    """Its statement's; or its transaction's, where somebody moved that to another account."""
    bank_id: str
    fingerprint: str
    day: object
    amount: int
    txn: int | None
    root: int
    """The first line that it is again; itself where it is none."""
    is_moved: bool
    """Whether its transaction is on another account than its statement's, so that it is known on both."""

    @property
    def movement(self) -> int:
        """What tells movements apart: a transaction, else, negated, the line that it began with."""
        return self.txn or -self.root


class Known:
    """What the book of an import knows of the accounts that the import is for.

    A row that was moved to another account is known on that one, and on the one that its file was for.
    """

    def __init__(self, found: StatementImport) -> None:
        self.book = found.book_id
        own = found.statements.exclude(account=None).values_list("pk", "account_id")
        self.statements: dict[int, int] = {pk: account for pk, account in own if account}
        """The account of each statement of the file."""
        self.accounts = set(self.statements.values())
        undone = set(undone_imports(self.book))
        recorded = Statement.objects.filter(book=self.book, source__stage=Stage.RECORDED).exclude(account=None)
        self.recorded: dict[int, tuple[int, bool]] = {}
        """The account of each statement that was recorded, and whether it was taken back."""
        self.of_file: set[int] = set()
        """Those of them that are of the very same file."""
        told = recorded.values_list("pk", "account_id", "source_id", "source__file_id")
        for pk, account, source, file in told if self.statements else ():
            if account:
                self.recorded[pk] = account, source in undone
                self.of_file |= {pk} if file == found.file_id else set()

    def __bool__(self) -> bool:
        """Whether anything may be known: a file was for one of the accounts, or a row of a file is on one."""
        if any(account in self.accounts for account, _ in self.recorded.values()):
            return True
        return (
            bool(self.recorded) and Transaction.objects.filter(account__in=self.accounts, line__isnull=False).exists()
        )

    def has(self, condition: str) -> bool:
        """Whether the file has such a line."""
        own, ids = among("statement_id", self.statements)
        query = f"SELECT 1 FROM budget_statementline WHERE {own} AND amount IS NOT NULL AND {condition} LIMIT 1"  # noqa: S608  (names of ours)
        return bool(select(query, [ids]))

    def fresh(self, condition: str, parameters: Sequence[Any]) -> list[Line]:
        """Lines of the file that could be read."""
        own, ids = among("statement_id", self.statements)
        rows = select(f"{FRESH}WHERE {own} AND amount IS NOT NULL AND {condition}", [ids, *parameters])
        accounts = self.statements
        return [Line._make((pk, accounts[statement], *said)) for pk, statement, *said in rows]

    def pages(self, condition: str) -> Iterator[list[Line]]:
        """Such lines of the file, as they were written."""
        last = 0
        while page := self.fresh(f"{condition} AND id > %s ORDER BY id LIMIT {PART}", [last]):
            yield page
            last = page[-1].pk

    def earlier(
        self,
        column: str,
        values: Collection[str],
        key: Callable[[Earlier], Hashable],
        within: tuple[str, Sequence[Any]] = ("", ()),
    ) -> defaultdict[Hashable, list[Earlier]]:
        """Lines of earlier files by `key`, those that stand first, then oldest first; each movement once.

        Those of an import that was taken back are known only if they stayed.
        """
        condition, wanted = among(column, values)
        rows: list[tuple[Any, ...]] = select(
            f"{KNOWN} AND {condition}{within[0]} ORDER BY k.id", [self.book, wanted, *within[1]]
        )
        by_key: defaultdict[Hashable, list[Earlier]] = defaultdict(list)
        for pk, statement, *said, txn, on, origin in rows:
            for each in self._earlier(pk, statement, said, txn, on, origin):
                by_key[key(each)].append(each)
        for group, lines in by_key.items():
            if len(lines) > 1:
                by_key[group] = _each_once(lines)
        return by_key

    def of_same_file(self, lines: Sequence[Line]) -> list[tuple[Line, Earlier]]:
        """What another import of this very file brought of these rows, into the same account or moved there since."""
        own, ids = among("k.statement_id", self.of_file)
        numbers = [line.number for line in lines]
        told: defaultdict[Hashable, list[Earlier]] = defaultdict(list)
        for number, place, pk, statement, *said, txn, on, origin, is_found, same_as in select(
            f"{OF_FILE} AND {own} ORDER BY k.id", [min(numbers), max(numbers), ids]
        ):
            for each in self._earlier(pk, statement, said, txn, on, origin):
                told[each.account, number, place].append(each._replace(pk=same_as) if is_found else each)
        pairs: list[tuple[Line, Earlier]] = []
        for line in lines:
            if known := told.get((line.account, line.number, line.place)):
                pairs.append((line, min(known, key=_is_gone)))
        return pairs

    def _earlier(
        self, pk: int, statement: int, said: Sequence[Any], txn: int | None, on: int | None, origin: int | None
    ) -> Iterator[Earlier]:
        """The line on its statement's account and on its transaction's, as far as the import is for these."""
        account, is_undone = self.recorded.get(statement, (0, False))
        is_undone |= self.recorded.get(origin or 0, (0, False))[1]
        root = self.root(pk)
        if not txn:
            pk, txn, on = self._let_in[1].get((root, account), (pk, None, None))
        if not account or (is_undone and not txn):
            return
        is_moved = bool(on) and on != account
        for known_on in (account, on) if is_moved else (account,):
            if known_on in self.accounts:
                yield Earlier._make((pk, known_on, *said, txn, root, is_moved))

    def root(self, pk: int) -> int:
        """The line that a person let in anew by this one, or by one that was let in by this one."""
        parents = self._let_in[0]
        while pk in parents:
            pk = parents[pk]
        return pk

    @cached_property
    def _let_in(self) -> tuple[dict[int, int], dict[tuple[int, int], tuple[int, int, int]]]:
        """What each line that was let in anew is again; and by the first such line and account what stands of them."""
        parents: dict[int, int] = {}
        stands: list[tuple[int, int, int, int]] = []
        for same_as, pk, statement, txn, on in select(LET_IN, [self.book]):
            account, is_undone = self.recorded.get(statement, (0, False))
            if account and (txn or not is_undone):
                parents[pk] = same_as
                stands += [(pk, account, txn, on)] if txn else []
        by_root: dict[tuple[int, int], tuple[int, int, int]] = {}
        for pk, account, txn, on in stands:
            root = pk
            while root in parents:
                root = parents[root]
            by_root.setdefault((root, account), (pk, txn, on))
        return parents, by_root


def _each_once(lines: list[Earlier]) -> list[Earlier]:
    by_movement: dict[int, Earlier] = {}
    for line in lines:
        by_movement.setdefault(line.movement, line)
    return sorted(by_movement.values(), key=_is_gone)  # it keeps their order


def _is_gone(line: Earlier) -> bool:
    return line.txn is None
