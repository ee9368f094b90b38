"""Reading statement files in tests: the samples by name, all events of a file, sums and dates."""

from __future__ import annotations

import datetime as dt
import io
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from budget.statements.formats.base import (
    Answers,
    Event,
    FileFormat,
    IdleLine,
    ParsedLine,
    RefusedLine,
    StatementEnd,
    StatementStart,
)

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def events_of(content: bytes | str, format_: FileFormat, answers: Answers | None = None) -> list[Event]:
    source = content.encode() if isinstance(content, str) else content
    return list(format_.read(io.BytesIO(source), answers or Answers()))


def lines_of(events: list[Event]) -> list[ParsedLine]:
    return [event for event in events if isinstance(event, ParsedLine)]


def refused_of(events: list[Event]) -> list[RefusedLine]:
    return [event for event in events if isinstance(event, RefusedLine)]


def idle_of(events: list[Event]) -> list[tuple[int, str]]:
    """The numbers of the rows that move nothing, and why."""
    return [(event.number, event.reason) for event in events if isinstance(event, IdleLine)]


def ends_of(events: list[Event]) -> list[StatementEnd]:
    return [event for event in events if isinstance(event, StatementEnd)]


def starts_of(events: list[Event]) -> list[StatementStart]:
    return [event for event in events if isinstance(event, StatementStart)]


def sums_of(events: list[Event]) -> dict[str, Decimal]:
    """What is printed, added up per currency with the file's sign."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    currency = ""
    for event in events:
        if isinstance(event, StatementStart):
            currency = event.currency
        elif isinstance(event, ParsedLine):
            sums[event.currency or currency] += event.printed
    return dict(sums)


def first_and_last(events: list[Event]) -> tuple[dt.date, dt.date]:
    dates = [line.date for line in lines_of(events)]
    return min(dates), max(dates)


def differences(events: list[Event]) -> list[Decimal]:
    """Opening + lines - closing of every statement that has both balances; zero where it agrees."""
    found = []
    total = Decimal()
    for event in events:
        if isinstance(event, StatementStart):
            total = Decimal()
        elif isinstance(event, ParsedLine):
            total += event.printed
        elif isinstance(event, StatementEnd) and event.opening and event.closing:
            found.append(event.opening.amount + total - event.closing.amount)
    return found
