"""Counts raw rows, of a CSV ledger or of a book's history, and answers one JSON object on standard output.

    python -m verification.independent.count --ledger FILE [--user U]... [--month YYYY-MM]... [--category-map FILE]
    python -m verification.independent.count --history FILE

A file named `-` is standard input. Exit codes: 0 counted, 4 the input cannot be counted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from verification.independent.history import count_history
from verification.independent.ledger import Ledger
from verification.independent.mapping import read_map
from verification.independent.refusal import Refused
from verification.independent.totals import add_up, merged
from verification.independent.values import MONTH, BadValue, read_user

BAD_INPUT = 4


class Parser(argparse.ArgumentParser):
    """Arguments; what is wrong with them is bad input like any other."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(BAD_INPUT, f"{self.prog}: {message}\n")


def count_ledger(
    file: BinaryIO, users: Sequence[str] = (), months: Sequence[str] = (), names: dict[str, str] | None = None
) -> dict[str, Any]:
    """What a raw ledger adds up to, of these people and months, or of all where none are named.

    Args:
        users: numbers or emails as the ledger has them.
        months: such as 2024-02.
        names: the database's names for categories that the ledger calls otherwise, both as they are compared.

    Raises:
        Refused: it cannot be counted.
    """
    try:
        ledger = Ledger(file)
        everything = add_up(ledger.batches())
    except OSError as error:
        raise _unreadable(error, "raw ledger") from error
    chosen = [
        total for total in everything if (not users or total.user in users) and (not months or total.month in months)
    ]
    mapped: set[str] = set()
    if names:
        mapped = {total.category for total in chosen if total.category in names}
        chosen = merged(total._replace(category=names.get(total.category, total.category)) for total in chosen)
    return {
        "status": "ok",
        "rows": ledger.rows,
        "rows_in_scope": sum(total.rows for total in chosen),
        "columns": ledger.columns,
        "encoding": ledger.source.encoding,
        "bytes": ledger.source.size,
        "sha256": ledger.source.sha256,
        "respelled": ledger.respelled,
        "mapped": sorted(mapped),
        "totals": [total.as_dict() for total in chosen],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Count what the arguments name; answers the exit code."""
    options = _parser().parse_args(arguments)
    try:
        answer = _count(options)
    except Refused as refused:
        answer = refused.as_dict()
    sys.stdout.write(json.dumps(answer, separators=(",", ":")) + "\n")
    return 0 if answer["status"] == "ok" else BAD_INPUT


def _count(options: argparse.Namespace) -> dict[str, Any]:
    names = read_map(Path(options.category_map)) if options.category_map else None
    if options.history:
        with _opened(options.history, "history") as file:
            return count_history(file)
    with _opened(options.ledger, "raw ledger") as file:
        return count_ledger(file, options.user, options.month, names)


def _opened(name: str, what: str) -> AbstractContextManager[BinaryIO]:
    """A file, or standard input for `-`."""
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise _unreadable(error, what) from error


def _unreadable(error: OSError, what: str) -> Refused:
    code = what.replace(" ", "_")
    if isinstance(error, FileNotFoundError):
        return Refused(f"{code}_missing", f"There is no {what} of that name.")
    return Refused(f"{code}_unreadable", f"The {what} cannot be read: {error.strerror}.")


def _user(text: str) -> str:
    try:
        return read_user(text)
    except BadValue as bad:
        raise argparse.ArgumentTypeError("a user is a number or an email") from bad


def _month(text: str) -> str:
    if not MONTH.fullmatch(text):
        raise argparse.ArgumentTypeError("a month is written as 2024-02")
    return text


def _parser() -> Parser:
    parser = Parser(prog="python -m verification.independent.count", description="Counts raw rows.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--ledger", metavar="FILE", help="a CSV file user_id,date,category,amount[,currency]")
    what.add_argument("--history", metavar="FILE", help="entries of a book's history, one JSON object a line")
    parser.add_argument("--user", action="append", default=[], type=_user, help="only this person, may be repeated")
    parser.add_argument("--month", action="append", default=[], type=_month, help="only this month, may be repeated")
    parser.add_argument("--category-map", metavar="FILE", help="CSV file old,new: new names of categories")
    return parser


if __name__ == "__main__":
    sys.exit(main())
