"""The program that unpacks one spreadsheet: its cells as JSON lines, within hard limits of memory and time.

Run as a process of its own, since the library that reads spreadsheets lays a whole sheet out in memory, cell by cell:
two cells in opposite corners of a small file need 400 GB, and a failing allocation ends the process. Imports nothing
of this project. A number is written with the 15 digits that a spreadsheet itself keeps and shows (the library gives
binary fractions: `-1123.4`, and `0.30000000000000004` where the sheet shows 0.3).

Each line is one of `{"sheet": name}`, a row as its number from 1 and its cells (a text, or `[text]` for a number, a
date or a flag), and last `{"done": true}` or `{"error": kind}`.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
from typing import Any, TextIO

MEMORY = 160 * 1024 * 1024
"""Bytes of address space, of which the program itself, without a file, takes a fifth."""

SECONDS = 15
MOST_WRITTEN = 256 * 1024 * 1024
MOST_CELLS = 4_000_000


def main(path: str, out: TextIO) -> None:
    """Write every sheet of the file, within the limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    write_book(path, out)


def write_book(path: str, out: TextIO) -> None:
    """Write every sheet of the file, or why it cannot be read."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        for about in book.sheets_metadata:
            if about.typ == python_calamine.SheetTypeEnum.WorkSheet:
                write_sheet(book.get_sheet_by_name(about.name), out)
    except python_calamine.PasswordError:
        say(out, {"error": "password"})
    except MemoryError:
        say(out, {"error": "large"})
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        say(out, {"error": "damaged", "why": str(error)[:200]})
    else:
        say(out, {"done": True})


def write_sheet(sheet: Any, out: TextIO) -> None:
    """One sheet: its name, then its rows that are not blank."""
    say(out, {"sheet": sheet.name})
    if sheet.total_height * sheet.total_width > MOST_CELLS:
        raise MemoryError
    for number, row in enumerate(sheet.iter_rows(), 1):
        if any(value != "" for value in row):
            say(out, [number, [cell(value) for value in row]])


def say(out: TextIO, what: object) -> None:
    """One line of the answer."""
    out.write(json.dumps(what, ensure_ascii=True))
    out.write("\n")


def cell(value: object) -> str | list[str]:
    """The text of a cell; in a list where the sheet stores no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int):
        return [str(value)]
    if isinstance(value, float):
        return [number(value)]
    if isinstance(value, dt.datetime):
        return [value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")]
    return [str(value)]


def number(value: float) -> str:
    """A number with at most 15 digits, never with an exponent where it could be an amount."""
    text = format(value, ".15g")
    if "e" in text and abs(value) < 1e15:
        text = format(value, ".20f").rstrip("0").rstrip(".")
    return text


if __name__ == "__main__":
    main(sys.argv[1], sys.stdout)
