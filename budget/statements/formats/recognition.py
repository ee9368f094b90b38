"""Which format a file is of, from its content; what to say of a file that is no statement."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import BinaryIO

from budget.statements.formats.base import Answers, Event, FileFormat, StatementStart, UnreadableFile
from budget.statements.formats.strangers import refuse_strangers

HEAD = 64 * 1024
MOST_STATEMENTS = 20_000
"""Statements of one file: fifty years of daily ones; far more are made to keep a machine busy."""


@cache
def all_formats() -> tuple[FileFormat, ...]:
    """Every format that is read, the ones that are told apart most surely first; any text may be a delimited one."""
    from budget.statements.formats.camt import CAMT
    from budget.statements.formats.delimited import DELIMITED
    from budget.statements.formats.mt940 import MT940
    from budget.statements.formats.ofx import OFX1, OFX2
    from budget.statements.formats.qif import QIF
    from budget.statements.formats.spreadsheet import ODS, XLS, XLSX

    return (CAMT, OFX2, OFX1, MT940, QIF, XLSX, ODS, XLS, DELIMITED)


def recognise(source: BinaryIO) -> FileFormat:
    """The format of a file; the file is at its beginning afterwards.

    Raises:
        UnreadableFile: it is no statement; the sentence says what it is and what would help.
    """
    source.seek(0)
    head = source.read(HEAD)
    refuse_strangers(head, source)
    source.seek(0)
    for candidate in all_formats():
        if candidate.recognises(head):
            return candidate
    raise UnreadableFile(
        "The file is of no kind that is known here. "
        "Download the statement from the bank as CSV, XLSX, OFX, QIF, CAMT or MT940."
    )


def read_statements(source: BinaryIO, answers: Answers | None = None) -> Iterator[Event]:
    """The events of a file of whatever format, streamed.

    Raises:
        UnreadableFile: nothing of it can be imported.
    """
    statements = 0
    for event in recognise(source).read(source, answers or Answers()):
        if isinstance(event, StatementStart):
            statements += 1
            if statements > MOST_STATEMENTS:
                raise UnreadableFile(f"The file has more than {MOST_STATEMENTS:,} statements. Import it in parts.")
        yield event
