"""Counts a book's transactions from its append-only history alone, by replaying what each entry did to them.

Entries come as JSON, one object a line, oldest first: `{"book": 1, "model": "transaction", "action": "create",
"payload": "..."}`. A payload names the `fields` of its rows in order and has `rows`, each `[id, before, after]`: an
update's after has the altered fields only, and rows that were added by the thousand have what they share in `same`.

Transactions are not remembered: what a row was is taken off, what it is is added. Accounts and categories, of which
there are few, are remembered as they were left.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from verification.independent.refusal import Places, Refused, malformed
from verification.independent.totals import Total, merged
from verification.independent.values import written

Row = Mapping[str, Any]
TRANSACTION = "transaction"
KEPT = ("account", "category")


class Key(NamedTuple):
    """What rows are added up by; `category` is None for a row without one."""

    book: int | str
    month: str
    account: int
    category: int | None
    is_transfer: bool


class Replay:
    """What the entries seen so far add up to, in thousandths. Memory grows with the totals, not with the rows."""

    def __init__(self) -> None:
        self.entries = 0
        self.counts: Counter[Key] = Counter()
        self.units: Counter[Key] = Counter()
        self.kept: dict[str, dict[tuple[int | str, int], Row]] = {name: {} for name in KEPT}

    def take(self, entry: Mapping[str, Any]) -> None:
        """Replay one entry; of models that no total rests on, nothing."""
        self.entries += 1
        book, model = entry["book"], entry["model"]
        if model not in (TRANSACTION, *KEPT):
            return
        for pk, before, after in rows_of(json.loads(entry["payload"])):
            if model == TRANSACTION:
                for row, sign in ((before, -1), (after, 1)):
                    if row is not None:
                        self._add(book, row, sign)
            elif after is None:
                del self.kept[model][book, pk]
            else:
                self.kept[model][book, pk] = after

    def _add(self, book: int, row: Row, sign: int) -> None:
        key = Key(book, row["date"][:7], row["account_id"], row["category_id"], bool(row["is_transfer"]))
        self.counts[key] += sign
        self.units[key] += sign * row["amount"]

    def totals(self) -> Iterator[tuple[Key, int, int]]:
        """Every key that rows are left of, sorted, with their number and sum."""
        for key in sorted(self.counts, key=_place):
            if self.counts[key] or self.units[key]:
                yield key, self.counts[key], self.units[key]


def _place(key: Key) -> tuple[str, str, int, int, bool]:
    return str(key.book), key.month, key.account, key.category or 0, key.is_transfer


def rows_of(payload: Mapping[str, Any]) -> Iterator[tuple[int, Row | None, Row | None]]:
    """A payload's rows: id, all fields before, all fields after."""
    fields: Sequence[str] = payload["fields"]
    same: Row = payload.get("same") or {}
    varying = [name for name in fields if name not in same]
    for pk, before, after in payload["rows"]:
        was = None if before is None else dict(zip(fields, before, strict=True))
        if isinstance(after, dict):
            yield pk, was, {**(was or {}), **after}
        else:
            yield pk, was, None if after is None else {**same, **dict(zip(varying, after, strict=True))}


def count_history(lines: Iterable[str | bytes]) -> dict[str, Any]:
    """What entries add up to: per account and category by id, and per category and currency by name.

    Raises:
        Refused: a line is no entry, or totals are left of an account or category that is not there.
    """
    replay = Replay()
    for number, line in enumerate(lines, start=1):
        try:
            replay.take(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _altered(number, type(error).__name__) from error
    totals = list(replay.totals())
    try:
        named = list(_named(replay, totals))
    except KeyError as error:
        raise _altered(replay.entries, "row_without_account_or_category") from error
    if any(count <= 0 for _, count, _ in totals):
        raise _altered(replay.entries, "more_rows_taken_than_there_were")
    return {
        "status": "ok",
        "entries": replay.entries,
        "rows": sum(count for _, count, _ in totals),
        "totals": [total.as_dict() for total in merged(named)],
        "by_account": [{**key._asdict(), "count": count, "total": written(units)} for key, count, units in totals],
    }


def _named(replay: Replay, totals: Iterable[tuple[Key, int, int]]) -> Iterator[Total]:
    """Totals by the names that categories have now, the book in the place of the user; transfers are left out."""
    for key, count, units in totals:
        currency = replay.kept["account"][key.book, key.account]["currency"]
        name = "" if key.category is None else replay.kept["category"][key.book, key.category]["name"]
        if not key.is_transfer:
            yield Total(str(key.book), key.month, name, currency, count, units)


def _altered(line: int, kind: str) -> Refused:
    places = Places()
    places.add(line, "", kind)
    return malformed("history_altered", "The history", places)
