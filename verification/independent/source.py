"""A file's bytes as text in blocks of whole rows, with its size and digest taken on the way: it is read once."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BLOCK = 1 << 15
"""Bytes read at a time. Its values fit the processor's cache: with eight times as many, all takes twice as long."""

LONGEST_ROW = 1 << 22
"""Bytes without the end of a row; what is longer is no row of a ledger, and would fill memory."""


class Block(NamedTuple):
    """Some rows. `is_clean` says that they are UTF-8 without a NUL; bytes that are not come as lone surrogates."""

    text: str
    is_clean: bool


class Source:
    """The rows of an open file, from its start."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0
        self.encoding = "utf-8"

    @property
    def sha256(self) -> str:
        """The digest of what was read so far, in hex."""
        return self._digest.hexdigest()

    def blocks(self) -> Iterator[Block]:
        """The rows; a block ends where a line ends and all quotes are closed, or where no row would be so long."""
        rest = b""
        while read := self._file.read(BLOCK):
            is_start = self.size == 0
            self._digest.update(read)
            self.size += len(read)
            if is_start and read.startswith(codecs.BOM_UTF8):
                self.encoding = "utf-8-sig"
                read = read.removeprefix(codecs.BOM_UTF8)
            rest += read
            # A carriage return at the very end may be half of a line end.
            cut = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, len(rest) - 1)) + 1
            if (cut and rest.count(b'"', 0, cut) % 2 == 0) or len(rest) > LONGEST_ROW:
                cut = cut or len(rest)
                yield _block(rest[:cut])
                rest = rest[cut:]
        if rest:
            yield _block(rest)


def _block(raw: bytes) -> Block:
    try:
        return Block(raw.decode(), is_clean=b"\0" not in raw)
    except UnicodeDecodeError:
        return Block(raw.decode(errors="surrogateescape"), is_clean=False)
