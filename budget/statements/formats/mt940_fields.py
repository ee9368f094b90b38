"""The tagged fields of SWIFT messages in a file of any encoding and with any line ends."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from budget.statements.formats.base import UnreadableFile
from budget.statements.formats.encoding import find_encoding

TAG = re.compile(r"\s{0,4}:(\d\d[A-Z]?|NS):", re.ASCII)
BEGIN = re.compile(rb"(?:^|[\r\n]|\{4:)[ \t]{0,4}:20:")
FIELDS = re.compile(rb"[\r\n][ \t]{0,4}:(?:25P?|28C?|60[FM]|61|34F|13D?):")
LONGEST_LINE = 4_096  # bytes; SWIFT's longest has 65 characters
MOST_LINES_OF_A_FIELD = 200
MOST_LINES_WITHOUT_TAG = 10_000


@dataclass(slots=True)
class Field:
    """One tag with its lines; `line` is where it begins in the file, from 1."""

    tag: str
    lines: list[str]
    line: int


def recognises(head: bytes) -> bool:
    """Whether a line begins with `:20:` and a later one with another of the tags that every statement has."""
    head = head.replace(b"\0", b"").removeprefix(codecs.BOM_UTF8).lstrip(b"\xff\xfe")  # also in UTF-16
    begin = BEGIN.search(head)
    return begin is not None and FIELDS.search(head, begin.end()) is not None


def read_fields(source: BinaryIO) -> Iterator[Field]:
    """The tagged fields of the file, with the lines that go on from the one before."""
    current: Field | None = None
    begun = 1
    for number, line in enumerate(_lines(source), start=1):
        if tag := TAG.match(line):
            begun = number
            if current:
                yield current
            current = Field(tag[1], [line[tag.end() :]], number)
        elif line.rstrip() == "-" or line.startswith(("-}", "{1:")):
            if current:
                yield current
            current = None
        elif current and len(current.lines) < MOST_LINES_OF_A_FIELD and line:
            current.lines.append(line)
        elif number - begun > MOST_LINES_WITHOUT_TAG:
            raise UnreadableFile(f"After line {begun:,} come {MOST_LINES_WITHOUT_TAG:,} lines without a tag of MT940.")
    if current:
        yield current


def _lines(source: BinaryIO) -> Iterator[str]:
    """The lines of the file as text, without their ends."""
    characters = codecs.getincrementaldecoder(find_encoding(source))("replace")
    decoder = io.IncrementalNewlineDecoder(characters, translate=True)
    rest = ""
    while chunk := source.read(64 * 1024):
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        if max(len(rest), *map(len, lines), 0) > LONGEST_LINE:
            raise UnreadableFile("The file has a line that is longer than any line of an MT940 statement.")
        yield from (line.removeprefix("\ufeff").removeprefix("{4:") for line in lines)
    yield rest + decoder.decode(b"", final=True)
