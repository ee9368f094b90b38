"""Reads an archive that anybody may have made: nothing in it is trusted, and little of it is in memory at a time.

Its lines are exactly what the program would write: one way to say a thing, so nothing hides in a second one.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from budget.archive.errors import ArchiveRefused
from budget.archive.tables import CHANGES, ENTRIES, FILES, FORMAT, MANIFEST, TABLES, VERSION
from budget.archive.writing import content_digest
from budget.history.rows import canonical

MOST_FILES = 20_000
MOST_UNPACKED = 64 * 1024**3
MOST_TIMES = 200
"""Times that unpacking may make a member larger; books pack to a tenth, or a thirtieth where rows are all alike."""
SMALL = 1024 * 1024
LONGEST_MANIFEST, LONGEST_LINE = 8 * 1024**2, 32 * 1024**2
LONGEST_DIRECTORY = 8 * 1024**2
PIECE = 256 * 1024
PLAIN = frozenset([*(table.member for table in TABLES), CHANGES, ENTRIES])
FILE = re.compile(rf"{FILES}[0-9a-f]{{64}}")
LINK, ENCRYPTED = 0o120000, 0x1
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, OverflowError, NotImplementedError)


class Archive:
    """An archive whose outside was looked at: its members are those of a book, none is too large."""

    def __init__(self, source: IO[bytes]) -> None:
        _require_short_directory(source)
        try:
            self._zip = zipfile.ZipFile(source)
        except DAMAGED as error:
            raise ArchiveRefused("This is no ZIP file, or it is damaged: perhaps it was not copied whole.") from error
        self._infos = _checked(self._zip.infolist())
        self.manifest = self._read_manifest()
        self.size = sum(info.file_size for info in self._infos.values())
        self._require_members()

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()

    def verify(self) -> None:
        """Read all of it once, and compare the digest of each member with the manifest."""
        for name, said in self.manifest["members"].items():
            digest, size = hashlib.sha256(), 0
            for piece in self._pieces(name):
                digest.update(piece)
                size += len(piece)
            if digest.hexdigest() != said["sha256"] or size != said["bytes"]:
                raise ArchiveRefused("It is not what the manifest says: its digest differs. It was altered.", name)
            if name.startswith(FILES) and name != f"{FILES}{said['sha256']}":
                raise ArchiveRefused("It is called by another digest than its own.", name)
        if content_digest(self.manifest) != self.manifest["content"]:
            raise ArchiveRefused("The digest of the whole content differs. It was altered.", MANIFEST)

    def lines(self, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """The lines of a member with their numbers, each an object."""
        try:
            with self._zip.open(self._infos[name]) as stream:
                number = 0
                while text := stream.readline(LONGEST_LINE + 1):
                    number += 1
                    yield number, parsed(text, name, number)
        except DAMAGED as error:
            raise ArchiveRefused("It is damaged and cannot be unpacked.", name) from error

    def open(self, name: str) -> IO[bytes]:
        """A kept file's content."""
        return self._zip.open(self._infos[name])

    def files(self) -> list[str]:
        """The digests of the kept files."""
        return sorted(name.removeprefix(FILES) for name in self._infos if name.startswith(FILES))

    def _pieces(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(self._infos[name]) as stream:
                while piece := stream.read(PIECE):
                    yield piece
        except DAMAGED as error:
            raise ArchiveRefused("It is damaged and cannot be unpacked.", name) from error

    def _read_manifest(self) -> dict[str, Any]:
        info = self._infos.get(MANIFEST)
        if info is None:
            raise ArchiveRefused("It has no manifest.json, so it is no archive of a book.")
        if info.file_size > LONGEST_MANIFEST:
            raise ArchiveRefused("It is far larger than a manifest is.", MANIFEST)
        content = b"".join(self._pieces(MANIFEST))
        try:
            said = json.loads(content, parse_float=_no_float, parse_constant=_no_float)
        except (ValueError, RecursionError) as error:
            raise ArchiveRefused("It cannot be read as JSON.", MANIFEST) from error
        if not isinstance(said, dict) or said.get("format") != FORMAT:
            raise ArchiveRefused("It is not the manifest of a book.", MANIFEST)
        if said.get("version") != VERSION or isinstance(said.get("version"), bool):
            raise ArchiveRefused(
                f"Its version is {str(said.get('version'))[:20]}; this program reads version {VERSION}. "
                "Bring it in with the release that wrote it, or a newer one.",
                MANIFEST,
            )
        _require_shape(said)
        return said

    def _require_members(self) -> None:
        told, there = set(self.manifest["members"]), self._infos.keys() - {MANIFEST}
        for name in sorted(PLAIN - there):
            raise ArchiveRefused("It is missing.", name)
        for name in sorted(told - there):
            raise ArchiveRefused("The manifest names it, and it is missing.", name[:100])
        for name in sorted(there - told):
            raise ArchiveRefused("The manifest does not name it.", name)
        for space, count in self.manifest["ids"].items():
            if count > self.size:
                raise ArchiveRefused(f"It speaks of {count:,} rows of {space[:40]}, more than can be in it.", MANIFEST)


def parsed(text: bytes, name: str, number: int) -> dict[str, Any]:
    """One line, which must be written as the program writes it."""
    if len(text) > LONGEST_LINE:
        raise ArchiveRefused("The line is longer than any that is written.", name, number)
    if not text.endswith(b"\n"):
        raise ArchiveRefused("The line has no end.", name, number)
    try:
        said = json.loads(text, parse_float=_no_float, parse_constant=_no_float)
        if not isinstance(said, dict):
            raise ArchiveRefused("It is not an object.", name, number)
        again = f"{canonical(said)}\n".encode()
    except (ValueError, RecursionError) as error:
        raise ArchiveRefused("The line cannot be read as JSON.", name, number) from error
    if again != text:
        raise ArchiveRefused(
            "The line is not written as it must be: sorted, without blanks, each key once.", name, number
        )
    if b"\\u0000" in text and _has_nul(said):
        raise ArchiveRefused("A text has a NUL character.", name, number)
    return said


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(each) for pair in value.items() for each in pair)
    return isinstance(value, list) and any(map(_has_nul, value))


def _no_float(text: str) -> Any:
    raise ValueError(f"{text[:20]} is no whole number")


def _require_short_directory(source: IO[bytes]) -> None:
    """Before `zipfile` reads the directory into memory: it is as long as one of a book's archive may be."""
    size = source.seek(0, 2)
    tail = min(size, 65_536 + 22)
    source.seek(size - tail)
    end = source.read(tail)
    at = end.rfind(b"PK\x05\x06")
    if at < 0:
        raise ArchiveRefused("This is no ZIP file, or it is damaged: perhaps it was not copied whole.")
    length = int.from_bytes(end[at + 12 : at + 16], "little")
    if length != 0xFFFFFFFF and length > LONGEST_DIRECTORY:
        raise ArchiveRefused("It holds far more files than a book's archive does.")
    source.seek(0)


def _checked(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > MOST_FILES:
        raise ArchiveRefused(f"It holds {len(infos):,} files, more than a book's archive does.")
    known: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name, shown = info.filename, ascii(info.filename)[1:-1][:100]
        if name in known:
            raise ArchiveRefused("It is there more than once.", shown)
        if name != MANIFEST and name not in PLAIN and not FILE.fullmatch(name):
            raise ArchiveRefused("No archive of a book has a file of that name.", shown)
        if info.flag_bits & ENCRYPTED:
            raise ArchiveRefused("It is protected by a password.", shown)
        if (info.external_attr >> 16) & 0o170000 == LINK:
            raise ArchiveRefused("It is a link and not a file.", shown)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArchiveRefused("It is packed in a way that no archive of a book is.", shown)
        if info.file_size > SMALL and info.file_size > info.compress_size * MOST_TIMES:
            raise ArchiveRefused("It would unpack to far more than a book ever has.", shown)
        known[name] = info
    if sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise ArchiveRefused("It would unpack to far more than a book ever has.")
    return known


def _require_shape(said: dict[str, Any]) -> None:
    """The parts of the manifest that are looked up later."""
    members, ids, tables = said.get("members"), said.get("ids"), said.get("tables")
    is_sound = (
        isinstance(members, dict)
        and all(isinstance(m, dict) and isinstance(m.get("sha256"), str) for m in members.values())
        and all(_is_count(m.get("bytes")) for m in members.values())
        and isinstance(ids, dict)
        and all(map(_is_count, ids.values()))
        and isinstance(tables, dict)
        and all(isinstance(t, dict) and _is_count(t.get("rows")) for t in tables.values())
        and isinstance(said.get("content"), str)
        and isinstance(said.get("book"), str)
    )
    if not is_sound:
        raise ArchiveRefused("Parts of the manifest are missing.", MANIFEST)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62
