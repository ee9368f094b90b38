"""The tags of an OFX file, one after the other, with the text behind each: SGML and XML alike, of whatever length.

No parser of XML has a part in it, so nothing is expanded or opened. A document type is refused all the same (nobody's
bank writes one). What is no tag is text: a lone `<` or `&`.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from html.entities import html5
from typing import BinaryIO

from budget.statements.formats.base import LONGEST_TEXT, UnreadableFile
from budget.statements.formats.encoding import as_text, find_encoding

CHUNK = 1 << 16
TAG, TEXT, LITERAL = "tag", "text", "literal"
DOCUMENT_TYPE = "The file declares a document type, which no bank's file needs; it is not read."
LONGEST_TAG = 1_024
DEEPEST = 1_000
TOO_DEEP = f"Line {{:,}} opens more than {DEEPEST:,} tags within each other, which no statement does."
LONGEST_VALUE = 4 * LONGEST_TEXT
"""Characters of a value that are kept; more than a field may have, so that a longer one is seen to be too long."""

MARKUP = re.compile(
    r"<(?P<name>/?[A-Za-z][A-Za-z0-9._:-]{0,63}+)[^<>]{0,900}+>|<!\[CDATA\[|<!--|<\?[^<>]{0,900}+>|<!(?i:DOCTYPE|ENTITY)"
)
NAME = r"/?[A-Za-z][A-Za-z0-9._:-]{0,63}+"
PLAIN = re.compile(rf"<({NAME})>([^<]{{0,{LONGEST_TEXT}}}+)(?=<{NAME}>)")
"""A tag and the text behind it, up to the next tag: nearly all that there is in nearly every file."""
AMOUNT = re.compile(r"<(?i:TRNAMT|BALAMT)>\s{0,20}+([^<>\r\n]{1,60})|<!(?i:DOCTYPE|ENTITY)")
ENDS = {"<![CDATA[": "]]>", "<!--": "-->"}
REFERENCE = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
CHARSET = re.compile(rb"(?:CHARSET:[ \t]*|encoding=[\"'])([A-Za-z0-9_-]{1,20})", re.IGNORECASE)
CODE_PAGE = re.compile(r"(?:windows-?|cp)?(125[0-8]|437|850|852|866|874|932|936|949|950)")
ISO = re.compile(r"(?:iso-?)?8859-([1-9]|1[0-6])|latin-?1")
ASIAN = {"gb18030", "gbk", "gb2312", "big5", "shift_jis", "euc-jp", "euc-kr", "koi8-r"}


Tag = tuple[str, str, int]
"""A tag's name in capitals, with a slash in front where it closes, the text behind it, and its line, from 1."""


def find_charset(source: BinaryIO) -> str:
    """The encoding: what the bytes prove before what the header says, since headers are copied and often wrong."""
    source.seek(0)
    head = source.read(4096)
    if b"\0" in head or head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return find_encoding(source)
    if _is_utf8(source):
        return "utf-8"
    return _declared(head) or find_encoding(source)


def tags(source: BinaryIO, encoding: str) -> Iterator[Tag]:
    """All tags in the file's order.

    Raises:
        UnreadableFile: it declares a document type.
    """
    name, line, parts, length = "", 1, [""], 0
    nested = 0  # tags in a row that open, with nothing in them
    for kind, text, behind, at in _pieces(source, encoding):
        if kind is TAG:
            if name:
                yield name, "".join(parts).strip(), line
            name, line, parts, length = text.upper(), at, [behind], 0
            nested = 0 if text[0] == "/" or behind.strip() else nested + 1
            if nested > DEEPEST:
                raise UnreadableFile(TOO_DEEP.format(at))
        elif length <= LONGEST_VALUE:
            nested = 0 if nested and not text.isspace() else nested
            parts.append(_resolved(text) if kind is TEXT else text)
            length += len(text)
    if name:
        yield name, "".join(parts).strip(), line


def amounts(source: BinaryIO, encoding: str) -> Iterator[str]:
    """What stands behind the tags of amounts, some of it twice; quicker than all tags, to see how decimals are written.

    Raises:
        UnreadableFile: the file declares a document type.
    """
    before = ""
    for chunk, is_last in _chunks(source, encoding):
        buffer = before + chunk
        for found in AMOUNT.finditer(buffer):
            if not found[1]:
                raise UnreadableFile(DOCUMENT_TYPE)
            if is_last or found.end() < len(buffer):
                yield found[1].rstrip()
        before = buffer[-120:]


def _pieces(source: BinaryIO, encoding: str) -> Iterator[tuple[str, str, str, int]]:
    """Tags with the text right behind them, more text, and text that is not to be looked into (CDATA), with lines.

    Comments are left out.
    """
    buffer, line, inside = "", 1, ""
    for chunk, is_last in _chunks(source, encoding):
        buffer += chunk
        at = 0
        while True:
            if inside:
                end = buffer.find(ENDS[inside], at)
                until = end if end >= 0 else len(buffer) if is_last else max(at, len(buffer) - 2)
                if inside == "<![CDATA[":
                    yield LITERAL, buffer[at:until], "", line
                line += buffer.count("\n", at, until)
                at = until
                if end < 0:
                    break
                at, inside = end + 3, ""
            while plain := PLAIN.match(buffer, at):
                name, text = plain.groups()
                yield TAG, name, _resolved(text) if "&" in text else text, line
                line += plain[0].count("\n")
                at = plain.end()
            found = MARKUP.search(buffer, at)
            until = found.start() if found else _safe_end(buffer, at, is_last)
            if until > at:
                yield TEXT, buffer[at:until], "", line
                line += buffer.count("\n", at, until)
            at = until
            if not found:
                break
            if found["name"]:
                yield TAG, found["name"], "", line
            elif found[0] in ENDS:
                inside = found[0]
            elif found[0].startswith("<!"):
                raise UnreadableFile(DOCUMENT_TYPE)
            line += found[0].count("\n")
            at = found.end()
        buffer = buffer[at:]


def _safe_end(buffer: str, at: int, is_last: bool) -> int:
    """How far text without a tag can be given out: not what may be a tag or a reference that the next chunk ends."""
    if is_last:
        return len(buffer)
    begin = max(at, len(buffer) - LONGEST_TAG)
    opening = buffer.find("<", begin)
    reference = buffer.rfind("&", max(at, len(buffer) - 40))
    return min(place for place in (opening, reference, len(buffer)) if place >= 0)


def _chunks(source: BinaryIO, encoding: str) -> Iterator[tuple[str, bool]]:
    """The file's characters with one kind of line end, and whether they are the last ones."""
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    with as_text(source, encoding) as text:
        while chunk := text.read(CHUNK):
            yield newlines.decode(chunk), False
        yield newlines.decode("", final=True), True


def _resolved(text: str) -> str:
    return REFERENCE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    """The character that a reference stands for; the reference itself where it stands for none."""
    name = found[1]
    if name[0] != "#":
        return html5.get(f"{name};", found[0])
    number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(number) if 32 <= number < 0xD800 or 0xDFFF < number <= 0x10FFFF else " "


def _is_utf8(source: BinaryIO) -> bool:
    source.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := source.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _declared(head: bytes) -> str:
    """The encoding that the header names, if it is one that banks write."""
    found = CHARSET.search(head)
    name = found[1].decode("ascii").lower() if found else ""
    if page := CODE_PAGE.fullmatch(name):
        return f"cp{page[1]}"
    if iso := ISO.fullmatch(name):
        return "cp1252" if iso[1] in (None, "1") else f"iso8859-{iso[1]}"
    return name if name in ASIAN else ""
