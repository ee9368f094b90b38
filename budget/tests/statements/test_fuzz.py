"""Spoiled files of every format: nothing but a refusal leaves a reader, and what it yields keeps the contract (I7).

1,000 spoiled files of each format of text in the suite, and 100,000 at night from seeds that change every day. Sheets
are spoiled twice: cell by cell, and as packed files, which takes a process each.
"""

import contextlib
import datetime as dt
import io
import json
import random
import time
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from budget.statements.formats import all_formats, recognise
from budget.statements.formats import spreadsheet as spreadsheets
from budget.statements.formats.base import Answers, UnreadableFile
from budget.tests.statements.mutations import check_events, mutate, random_answers, read_spoiled
from budget.tests.statements.reading import sample

pytestmark = pytest.mark.once

SEEDS = {
    "csv": ["csv/european_decimals.csv", "csv/garbled_amount.csv", "csv/card_viseca.csv"],
    "ofx1": ["ofx1/date_missing.ofx", "qfx/latin1_declared.qfx", "ofx1/bank_medium.ofx"],
    "ofx2": ["ofx2/suncorp.ofx"],
    "qif": ["qif/day_first.qif", "qif/split_apostrophe_year.qif", "qif/month_first.qif"],
    "camt": ["camt/camt053_two_equal_coffees.xml", "camt/camt053_three_decimals.xml"],
    "mt940": ["mt940/reversal_of_credit.sta", "mt940/february_30.sta", "mt940/volksbank_8_statements.sta"],
}
READERS = {candidate.name: candidate for candidate in all_formats()}
PORTION = 1_000
LONGEST = 2.0  # seconds for one small file


def spoil_and_read(name: str, seeds: range) -> None:
    originals = [sample(one) for one in SEEDS[name]]
    for seed in seeds:
        chance = random.Random(f"{name}-{seed}")
        content = mutate(chance.choice(originals), chance)
        began = time.process_time()
        try:
            read_spoiled(content, READERS[name], random_answers(chance))
        except Exception as error:
            raise AssertionError(f"seed {name}-{seed}: {error!r} from {content[:3_000]!r}") from error
        assert time.process_time() - began < LONGEST, f"seed {name}-{seed}: {content[:3_000]!r}"


@pytest.mark.parametrize("name", SEEDS)
def test_spoiled_files_are_read_or_refused(name):
    spoil_and_read(name, range(PORTION))


@pytest.mark.nightly
@pytest.mark.parametrize("portion", range(100))
@pytest.mark.parametrize("name", SEEDS)
def test_many_spoiled_files_are_read_or_refused(name, portion):
    first = dt.datetime.now(dt.UTC).date().toordinal() * 1_000_000 + portion * PORTION

    spoil_and_read(name, range(first, first + PORTION))


def test_spoiled_files_are_recognised_as_something_or_refused():
    originals = [sample(one) for names in SEEDS.values() for one in names]
    for seed in range(2_000):
        chance = random.Random(f"recognition-{seed}")
        content = mutate(chance.choice(originals), chance)
        with contextlib.suppress(UnreadableFile):
            assert recognise(io.BytesIO(content)) in all_formats()


@pytest.mark.parametrize("given", SEEDS)
@pytest.mark.parametrize("name", SEEDS)
def test_reader_survives_every_other_format(name, given):
    for seed in range(20):
        chance = random.Random(f"{name}-{given}-{seed}")
        content = sample(SEEDS[given][0])
        read_spoiled(mutate(content, chance) if seed else content, READERS[name], random_answers(chance))


CELLS = [
    "",
    " ",
    "x" * 3_000,
    "\0",
    "1e5",
    "12..34",
    "2026-02-30",
    "1.234",
    "−5,00",
    "=1+1",
    "余额",
    "31/12/2026",
    "\u202e",
    "NaN",
]
TYPED = [[0], [-0.0], [1e15], [0.1], [True], ["2026-04-01"], ["2026-04-01T10:00:00"], [""], [12345678901234567]]


def spoiled_rows(chance: random.Random) -> bytes:
    """A sheet as the unpacking program writes it, with cells and rows that nobody expects."""
    header = ["Date", "Payee", "Amount", "Currency"]
    rows: list[list[object]] = [list(header)]
    rows += [[f"2026-04-{day:02}", f"Shop {day}", f"-{day}.50", "EUR"] for day in range(1, 9)]
    for _ in range(chance.choice((1, 2, 5))):
        row = chance.choice(rows)
        match chance.randrange(4):
            case 0:
                rows.insert(chance.randrange(len(rows) + 1), [chance.choice(CELLS) for _ in range(chance.randrange(9))])
            case 1:
                del row[chance.randrange(len(row) + 1) :]
            case 2:
                row.append(chance.choice(CELLS))
            case _ if row:
                row[chance.randrange(len(row))] = chance.choice([*CELLS, *TYPED])
            case _:
                rows.remove(row)
    said = [
        {"sheet": chance.choice(CELLS)},
        *([number, row] for number, row in enumerate(rows, 1) if row),
        {"done": True},
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in said)


def test_spoiled_sheets_are_read_or_refused(monkeypatch):
    lines = b""

    @contextlib.contextmanager
    def unpacked(source: BinaryIO) -> Iterator[spreadsheets.Book]:
        yield spreadsheets.Book(io.BytesIO(lines), "damaged")

    monkeypatch.setattr(spreadsheets, "_unpacked", unpacked)
    for seed in range(1_500):
        chance = random.Random(f"sheet-{seed}")
        lines = spoiled_rows(chance)
        try:
            read_spoiled(b"", READERS["xlsx"], random_answers(chance))
        except Exception as error:
            raise AssertionError(f"seed sheet-{seed}: {error!r} from {lines!r}") from error


def spoil_packed(seeds: range) -> None:
    original = sample("xlsx/four_sheets.xlsx")
    for seed in seeds:
        content = mutate(original, random.Random(f"packed-{seed}"))
        try:
            read_spoiled(content, READERS["xlsx"], Answers())
        except Exception as error:
            raise AssertionError(f"seed packed-{seed}: {error!r}") from error


def test_spoiled_workbooks_are_read_or_refused():
    spoil_packed(range(15))


@pytest.mark.nightly
def test_many_spoiled_workbooks_are_read_or_refused():
    first = dt.datetime.now(dt.UTC).date().toordinal() * 1_000_000

    spoil_packed(range(first, first + 2_000))


def test_samples_themselves_keep_the_contract():
    for names in SEEDS.values():
        for name in names:
            content = sample(name)
            check_events(list(recognise(io.BytesIO(content)).read(io.BytesIO(content), Answers())))
