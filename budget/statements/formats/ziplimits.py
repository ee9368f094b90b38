"""What a ZIP may be before anything of it is unpacked: an office file of a person, no bomb.

Limits from RELIABILITY.md, S14. Sizes are the ones that the ZIP's own directory gives; whoever unpacks it does so with
limits of its own, since a directory can lie.
"""

from __future__ import annotations

import zipfile
from typing import BinaryIO

from budget.statements.formats.base import UnreadableFile

MAGIC = b"PK\x03\x04"
MOST_MEMBERS = 1_000
MOST_UNPACKED = 100 * 1024 * 1024
MOST_TIMES = 100
"""Times that unpacking may make it larger; tables of a bank pack to a tenth."""

SMALL = 1024 * 1024
"""Bytes unpacked up to which no ratio is looked at: a small empty sheet packs very well."""

LONGEST_DIRECTORY = 1024 * 1024
ENCRYPTED = 0x1
LINK = 0o120000
NESTED = (".zip", ".xlsx", ".xlsm", ".xlsb", ".ods", ".jar", ".7z", ".gz", ".rar", ".bz2", ".xz")
TOO_LARGE = "It would unpack to more than a statement ever has. Save the sheet as CSV and bring that in."


def safe_members(source: BinaryIO) -> list[str]:
    """The names of the files inside.

    Raises:
        UnreadableFile: it is no ZIP, is damaged or encrypted, or would not be safe to unpack.
    """
    source.seek(0, 2)
    size = source.tell()
    if _directory_length(source, size) > LONGEST_DIRECTORY:
        raise UnreadableFile("This ZIP holds far more files than an office file has, so it is not opened.")
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, OSError, UnicodeError) as error:
        raise UnreadableFile("The file is damaged: it begins like an office file and is not whole.") from error
    _check(members, size)
    source.seek(0)
    return [member.filename for member in members]


def _directory_length(source: BinaryIO, size: int) -> int:
    """Bytes of the ZIP's directory as its end says; 0 where there is no end, which `zipfile` then says."""
    tail = min(size, 65_536 + 22)
    source.seek(size - tail)
    end = source.read(tail)
    at = end.rfind(b"PK\x05\x06")
    return int.from_bytes(end[at + 12 : at + 16], "little") if at >= 0 else 0


def _check(members: list[zipfile.ZipInfo], size: int) -> None:
    if len(members) > MOST_MEMBERS:
        raise UnreadableFile(f"This ZIP holds {len(members):,} files, more than any office file, so it is not opened.")
    for member in members:
        if member.flag_bits & ENCRYPTED:
            raise UnreadableFile("The file is protected by a password. Save a copy without one and bring that in.")
        if _leads_outside(member):
            raise UnreadableFile("This ZIP names files outside of itself, so it is not opened.")
        if member.filename.lower().endswith(NESTED):
            raise UnreadableFile("There is another packed file inside. Unpack it and bring in the statement itself.")
        if _grows_too_much(member.file_size, member.compress_size):
            raise UnreadableFile(TOO_LARGE)
    if _grows_too_much(sum(member.file_size for member in members), size):
        raise UnreadableFile(TOO_LARGE)


def _grows_too_much(unpacked: int, packed: int) -> bool:
    return unpacked > MOST_UNPACKED or (unpacked > SMALL and unpacked > packed * MOST_TIMES)


def _leads_outside(member: zipfile.ZipInfo) -> bool:
    name = member.filename.replace("\\", "/")
    is_link = (member.external_attr >> 16) & 0o170000 == LINK
    return is_link or name.startswith("/") or ".." in name.split("/") or ":" in name
