"""How the bytes of a text file are to be read as characters: by its mark, as UTF-8, and only then by statistics.

Oddities met: UTF-16 without a mark (every second byte is NUL); a file that says Latin-1 and is UTF-8; UTF-8 with a few
broken bytes, which stays UTF-8 with a replacement character there; DOS and Windows code pages, which can only be told
apart by how likely the letters are, so that the person sees the first rows before anything is stored.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import BinaryIO, TextIO

from charset_normalizer import from_bytes

from budget.statements.formats.base import UnreadableFile

CHUNK = 1 << 18
SAMPLE = 16_384
"""Bytes of lines with other than ASCII letters that are looked at; more takes longer and says the same."""

MIXED = "Line {:,} is written in UTF-8, line {:,} in another encoding. Save the file in one, best in UTF-8."
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WEST = frozenset("äöüßÄÖÜàâçéèêëîïôùûœñáíóúãõåæøÀÂÇÉÈÊÎÔÑÁÍÓÚÃÕÅÆØ€£§°·’‘–“”„«»¿¡…ºª\u00a0")
CENTRE = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽőűŐŰäöüßÄÖÜľĺŕôÔ€§°–„”“’…\u00a0")
WESTERN = {"cp1252": WEST, "cp1250": CENTRE, "mac_roman": WEST, "cp850": WEST, "cp852": CENTRE}
"""The letters and marks that are usual in a code page, the likeliest page first."""

CODE_PAGES = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp850", "cp852", "mac_roman",
    "gb18030", "big5", "shift_jis", "euc_kr",
]  # fmt: skip
"""What banks are known to write; a guess among all code pages there are is more often wrong."""


def find_encoding(source: BinaryIO) -> str:
    """The name of the encoding as Python knows it. Reads the whole file once or twice, in little memory.

    It is rewound.

    Raises:
        UnreadableFile: some of its lines are UTF-8 and others are not.
    """
    source.seek(0)
    head = source.read(4096)
    source.seek(0)
    if found := _marked(head) or _without_mark(head):
        return found
    others, broken = _non_ascii(source)
    source.seek(0)
    if broken == 0 or _mostly_utf8(others):
        return "utf-8"
    found = _western(others) or _by_statistics(others)
    if found.startswith("cp") or found == "mac_roman":
        _refuse_mixed(source)
    return found


def _refuse_mixed(source: BinaryIO) -> None:
    """Lines of two encodings: whichever is taken, the letters of the others would be stored as wrong ones.

    No line that a bank writes in a code page of single bytes happens to be UTF-8 as well.
    """
    known: dict[bool, int] = {}
    number, is_begun = 1, False
    while line := source.readline(CHUNK):
        if not line.isascii() and not is_begun:
            known.setdefault(_decodes(codecs.getincrementaldecoder("utf-8")(), line, final=True), number)
            if len(known) == 2:
                raise UnreadableFile(MIXED.format(known[True], known[False]))
        is_begun = not line.endswith(b"\n")
        number += not is_begun
    source.seek(0)


def _western(sample: bytes) -> str:
    """The code page with which nearly every letter is one that Western or Central European languages have, if any.

    A short statement has a handful of such letters, too few for statistics over all code pages.
    """
    scores = {page: _share(sample.decode(page, "replace"), letters) for page, letters in WESTERN.items()}
    best = max(scores, key=lambda page: scores[page])
    return best if scores[best] >= 0.9 else ""


def _share(text: str, letters: frozenset[str]) -> float:
    """Of the letters that are not ASCII, the share of usual ones; a capital within a word is none of those."""
    pairs = [(before, letter) for before, letter in pairwise(f" {text}") if not letter.isascii()]
    usual = sum(letter in letters and not (letter.isupper() and before.islower()) for before, letter in pairs)
    return usual / max(len(pairs), 1)


def _by_statistics(sample: bytes) -> str:
    best = from_bytes(sample, cp_isolation=CODE_PAGES, chunk_size=1024).best()
    return best.encoding if best else "cp1252"


def _marked(head: bytes) -> str:
    return next((name for mark, name in MARKS if head.startswith(mark)), "")


def _without_mark(head: bytes) -> str:
    """UTF-16 without a mark: most letters of a statement are ASCII, whose other byte is NUL."""
    pairs = len(head) // 2
    if not pairs:
        return ""
    first, second = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if second > pairs * 0.6 and first < pairs * 0.1:
        return "utf-16-le"
    if first > pairs * 0.6 and second < pairs * 0.1:
        return "utf-16-be"
    return ""


def _non_ascii(source: BinaryIO) -> tuple[bytes, int]:
    """Some of the lines with other letters than ASCII, and whether the file is not UTF-8 (0: it is)."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    others, broken = bytearray(), 0
    while chunk := source.read(CHUNK):
        if len(others) < SAMPLE and not chunk.isascii():
            lines = (line for line in chunk.splitlines(keepends=True) if not line.isascii())
            for line in lines:
                others += line[:SAMPLE]
                if len(others) >= SAMPLE:
                    break
        if not broken:
            broken = not _decodes(decoder, chunk)
        elif len(others) >= SAMPLE:
            break
    if not broken:
        broken = not _decodes(decoder, b"", final=True)
    return bytes(others[:SAMPLE]), int(broken)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final=final)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(sample: bytes) -> bool:
    """Whether letters that are sound UTF-8 far outnumber bytes that are not: a broken file, no other encoding."""
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\N{REPLACEMENT CHARACTER}")
    letters = sum(not character.isascii() for character in text) - wrong
    return letters >= 10 * wrong


@contextmanager
def as_text(source: BinaryIO, encoding: str) -> Iterator[TextIO]:
    """The file from its beginning as characters, line ends as they are; `source` stays open.

    A byte that does not belong there becomes a replacement character, which no amount and no date reader takes.
    """
    source.seek(0)
    text = io.TextIOWrapper(source, encoding=encoding, errors="replace", newline="")
    try:
        yield text
    finally:
        text.detach()
