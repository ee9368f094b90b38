"""Files that people take for statements and that are none: what they are, and what would help."""

from __future__ import annotations

import re
from typing import BinaryIO

from budget.statements.formats.base import UnreadableFile
from budget.statements.formats.texts import shorten
from budget.statements.formats.xml import first_names, looks_like_xml

INSTEAD = "Download the statement from the bank as CSV, XLSX, OFX, QIF, CAMT or MT940 and bring that in."
UNPACK = "Unpack it and bring in the files inside."

STRANGERS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", f"This is a PDF, which is made for printing. {INSTEAD}"),
    (b"\xff\xd8\xff", f"This is a photo. {INSTEAD}"),
    (b"\x89PNG", f"This is a picture. {INSTEAD}"),
    (b"GIF8", f"This is a picture. {INSTEAD}"),
    (b"II*\0", f"This is a picture. {INSTEAD}"),
    (b"MM\0*", f"This is a picture. {INSTEAD}"),
    (b"{\\rtf", f"This is a text document (RTF). {INSTEAD}"),
    (b"\x1f\x8b", f"This is a packed file (gzip). {UNPACK}"),
    (b"BZh", f"This is a packed file (bzip2). {UNPACK}"),
    (b"\xfd7zXZ", f"This is a packed file (xz). {UNPACK}"),
    (b"7z\xbc\xaf\x27\x1c", f"This is a packed file (7-Zip). {UNPACK}"),
    (b"Rar!", f"This is a packed file (RAR). {UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"This is a packed file (zstd). {UNPACK}"),
    (b"SQLite format 3\0", f"This is a database. {INSTEAD}"),
    (b"\x7fELF", f"This is a program. {INSTEAD}"),
    (b"MZ\x90", f"This is a program. {INSTEAD}"),
    (b"ID3", f"This is a sound. {INSTEAD}"),
    (b"-----BEGIN PGP", "The file is encrypted. Decrypt it and bring in the statement itself."),
)
"""What a file of the kind begins with, and the sentence about it."""

OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
PROTECTED = "The file is protected by a password. Save a copy without one and bring that in."
ZIP = b"PK\x03\x04"
SHEETS = re.compile(
    rb"xl/|\[Content_Types\]\.xml|application/vnd\.oasis\.opendocument\.spreadsheet|mimetype|_rels/|docProps/"
)
OTHER_OFFICE = re.compile(rb"PK\x03\x04.{26}(?:word/|ppt/|Index/)", re.DOTALL)
HTML = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE | re.DOTALL
)
JSON = re.compile(rb"\s*(?:\{\s*\"|\[\s*[{\[\"]|\[\s*\])")
MOST_LOOKED_AT = 32  # megabytes of an office file in which its directory is looked for
MARKS = b"\xef\xbb\xbf"


def refuse_strangers(head: bytes, source: BinaryIO) -> None:
    """Name what is no statement; quiet about what may be one.

    Args:
        head: how the file begins.
        source: the file; read on only where its beginning does not say enough.

    Raises:
        UnreadableFile: it is no statement.
    """
    if not head.strip(b"\0\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile(f"The file is empty. {INSTEAD}" if len(head) < 64 else f"The file is blank. {INSTEAD}")
    for beginning, sentence in STRANGERS:
        if head.startswith(beginning):
            raise UnreadableFile(sentence)
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"AVI ", b"WAVE")):
        raise UnreadableFile(f"This is a photo, a film or a sound. {INSTEAD}")
    if head.startswith(OFFICE) and _holds(source, ENCRYPTED_OFFICE):
        raise UnreadableFile(PROTECTED)
    if head.startswith(ZIP):
        _refuse_zip(head)
    if HTML.match(head.removeprefix(MARKS)):
        raise UnreadableFile(f"This is a web page, perhaps one that asked to log in again. {INSTEAD}")
    if JSON.match(head.removeprefix(MARKS)):
        raise UnreadableFile(f"This is a JSON file. {INSTEAD}")
    _refuse_xml(head)


def _refuse_zip(head: bytes) -> None:
    if int.from_bytes(head[6:8], "little") & 1:
        raise UnreadableFile(PROTECTED)
    if OTHER_OFFICE.search(head):
        raise UnreadableFile(f"This is a document and no table. {INSTEAD}")
    if not SHEETS.search(head):
        raise UnreadableFile(f"This is a ZIP archive. {UNPACK}")


def _refuse_xml(head: bytes) -> None:
    """XML that declares a document type, or is of another kind than statements are."""
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\r\n\t ")
    if not looks_like_xml(head) or start[:5].upper() == b"<OFX>":
        return
    names = first_names(head)
    if {"CstmrCdtTrfInitn", "CstmrDrctDbtInitn"} & set(names):
        raise UnreadableFile("This is a payment order, which goes to a bank; a statement comes from it. " + INSTEAD)
    if (start[:5].lower() == b"<?xml" or start.startswith(b"<!")) and not _may_be_statement(start, names):
        what = f" that begins with “{shorten(names[0], 40)}”" if names else ""
        raise UnreadableFile(f"This is an XML file{what} and no statement. {INSTEAD}")


def _may_be_statement(start: bytes, names: list[str]) -> bool:
    return any(name.startswith("BkToCstmr") for name in names) or b"<OFX" in start.upper()


def _holds(source: BinaryIO, wanted: bytes) -> bool:
    source.seek(0)
    rest = b""
    for _ in range(MOST_LOOKED_AT):
        chunk = source.read(1024 * 1024)
        if wanted in rest + chunk:
            return True
        rest = chunk[-len(wanted) :]
        if not chunk:
            break
    return False
