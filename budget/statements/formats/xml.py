"""XML from strangers, read safely: a stream of small trees, no document type, no entities, nothing opened.

The parser is expat, which Python brings (bandit's B407 warns of it unguarded). What it is refused, each before anything
is expanded or opened:

- a document type declaration, so that there are no entities to expand and no files to name (OWASP ASVS 1.5.1);
- nesting deeper than `DEEPEST`;
- a single tag, comment or name longer than `LONGEST_TOKEN`, over which expat takes quadratic time (CVE-2023-52425).

A tree holds at most `MOST_ELEMENTS` elements and `LONGEST_TEXT` characters of each text; what is beyond is left out and
counted in `Element.left_out`, so that an entry of a million details costs no more memory than one of a thousand.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat  # nosec B407

from budget.statements.formats.base import LONGEST_TEXT, UnreadableFile
from budget.statements.formats.texts import shorten

CHUNK = 64 * 1024
DEEPEST = 64
LONGEST_TOKEN = 512 * 1024
MOST_ELEMENTS = 2_000
MOST_ATTRIBUTES = 50
ENCODINGS = re.compile(
    r"utf-?8|utf-?16(?:[-_]?[lb]e)?|(?:us-)?ascii|iso[-_]?8859-\d{1,2}|latin-?\d|windows-125\d|cp\d{3,4}|koi8-[ru]|macintosh",
    re.IGNORECASE | re.ASCII,
)
BAD_ENCODING = "The XML is in an encoding that cannot be read. Save it as UTF-8."
NO_DOCUMENT_TYPE = (
    "The XML has a document type declaration (DOCTYPE), which statements never have and attacks use. "
    "It was not read. Download the statement from the bank again."
)


@dataclass(slots=True, eq=False)
class Element:
    """One element with all that is in it; names are without their prefix."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    children: list[Element] = field(default_factory=list)
    left_out: int = 0  # elements of this tree that were not kept; counted at its root
    is_cut: bool = False  # the text went on beyond `LONGEST_TEXT` characters
    has_cuts: bool = False  # a text or an attribute of this tree did; known at its root

    def all(self, path: str) -> list[Element]:
        """Every element at a path such as "Refs/AcctSvcrRef"."""
        found = [self]
        for name in path.split("/"):
            found = [child for element in found for child in element.children if child.name == name]
        return found

    def find(self, path: str) -> Element | None:
        """The first element at a path."""
        return next(iter(self.all(path)), None)

    def at(self, *paths: str) -> str:
        """The text at the first of the paths that has one, else nothing."""
        for path in paths:
            for element in self.all(path):
                if text := element.text.strip():
                    return text
        return ""


@dataclass(frozen=True, slots=True)
class Opened:
    """An element began that is not read whole."""

    name: str


@dataclass(frozen=True, slots=True)
class Closed:
    """It ended."""

    name: str


Part = Element | Opened | Closed


def read_parts(source: BinaryIO, *, trees: frozenset[str], bounds: frozenset[str]) -> Iterator[Part]:
    """The parts of a document in its order, in little memory.

    Args:
        source: read to its end in pieces.
        trees: names of the elements that are given whole.
        bounds: names of the elements whose begin and end are told; the trees are within them.

    Raises:
        UnreadableFile: hostile, cut off, or no XML. The parts before that place have been given by then.
    """
    parser = SafeParser(trees, bounds)
    while chunk := source.read(CHUNK):
        parser.feed(chunk)
        yield from parser.take()
    parser.feed(b"", is_last=True)
    yield from parser.take()


def looks_like_xml(head: bytes) -> bool:
    """Whether a file that begins with these bytes begins with a tag, in whatever encoding."""
    return head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\r\n\t ").startswith(b"<")


def first_names(head: bytes, most: int = 40) -> list[str]:
    """The names of the elements that a document begins with; fewer where it is broken or goes on.

    Raises:
        UnreadableFile: it has a document type declaration.
    """
    parser = SafeParser(frozenset(), frozenset(), most_names=most)
    try:
        parser.feed(head)
    except DocumentTypeRefused:
        raise
    except UnreadableFile:
        return parser.names
    return parser.names


class DocumentTypeRefused(UnreadableFile):
    """The document declares a type, and with it perhaps entities."""

    def __init__(self, *args: object) -> None:
        super().__init__(NO_DOCUMENT_TYPE)


class SafeParser:
    """Expat with the guards; collects parts until they are taken."""

    def __init__(self, trees: frozenset[str], bounds: frozenset[str], most_names: int = 0) -> None:
        self.names: list[str] = []
        self._trees, self._bounds, self._most_names = trees, bounds, most_names
        self._parts: list[Part] = []
        self._short: dict[str, str] = {}  # names without their prefix, as long as there are few
        self._depth = 0
        self._fed = 0
        self._open: list[Element] = []  # the tree that is being read, from its root
        self._kept = 0
        self._lost = 0  # depth below the last kept element
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.XmlDeclHandler = _check_encoding
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.EntityDeclHandler = _refuse
        self._parser.ExternalEntityRefHandler = _refuse

    def feed(self, chunk: bytes, *, is_last: bool = False) -> None:
        """Read on.

        Raises:
            UnreadableFile: the document breaks here.
        """
        if not self._fed:
            chunk = _without_blanks(chunk)
        self._fed += len(chunk)
        try:
            self._parser.Parse(chunk, is_last)
        except UnreadableFile:
            raise
        except expat.ExpatError as error:
            raise UnreadableFile(_sentence(error)) from error
        except (LookupError, ValueError) as error:
            raise UnreadableFile(BAD_ENCODING) from error
        if self._fed - self._parser.CurrentByteIndex > LONGEST_TOKEN:
            raise UnreadableFile("The XML has a tag that is longer than any statement has. It was not read further.")

    def take(self) -> list[Part]:
        """The parts since the last time."""
        taken, self._parts = self._parts, []
        return taken

    def _start(self, raw: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise UnreadableFile(
                f"The XML is nested deeper than {DEEPEST} levels, which no statement is. It was not read."
            )
        name = self._short.get(raw) or self._without_prefix(raw)
        if len(self.names) < self._most_names:
            self.names.append(name)
        if self._open:
            self._grow(name, attributes)
        elif name in self._trees:
            self._open.append(Element(name, attributes))
            self._kept, self._lost = 1, 0
            self._check(attributes)
        elif name in self._bounds:
            self._parts.append(Opened(name))

    def _grow(self, name: str, attributes: dict[str, str]) -> None:
        if self._lost or self._kept >= MOST_ELEMENTS:
            self._lost += 1
            self._open[0].left_out += 1
            return
        self._kept += 1
        if attributes:
            self._check(attributes)
        child = Element(name, attributes)
        self._open[-1].children.append(child)
        self._open.append(child)

    def _end(self, raw: str) -> None:
        self._depth -= 1
        if self._lost:
            self._lost -= 1
        elif self._open:
            element = self._open.pop()
            if not self._open:
                self._parts.append(element)
        elif (name := self._short.get(raw) or self._without_prefix(raw)) in self._bounds:
            self._parts.append(Closed(name))

    def _characters(self, text: str) -> None:
        if not self._open or self._lost or text.isspace():
            return
        element = self._open[-1]
        element.text += text
        if len(element.text) > LONGEST_TEXT:
            element.text, element.is_cut = element.text[:LONGEST_TEXT], True
            self._open[0].has_cuts = True

    def _check(self, attributes: dict[str, str]) -> None:
        if len(attributes) > MOST_ATTRIBUTES or any(len(value) > LONGEST_TEXT for value in attributes.values()):
            attributes.clear()
            self._open[0].has_cuts = True

    def _without_prefix(self, raw: str) -> str:
        name = raw.rpartition(":")[2]
        if len(self._short) < 1_000:
            self._short[raw] = name
        return name


def _without_blanks(chunk: bytes) -> bytes:
    """The first piece without the blanks that some banks write before the XML declaration."""
    if b"\0" in chunk[:4]:
        return chunk  # UTF-16, where a blank is two bytes
    return chunk.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n\t ")


def _check_encoding(version: str, encoding: str | None, standalone: int) -> None:
    if encoding and not ENCODINGS.fullmatch(encoding):
        raise UnreadableFile(BAD_ENCODING)


def _refuse(*args: object) -> int:
    raise DocumentTypeRefused


def _sentence(error: expat.ExpatError) -> str:
    reasons: dict[str, str] = {
        expat.errors.XML_ERROR_NO_ELEMENTS: "it ends too early",
        expat.errors.XML_ERROR_UNCLOSED_TOKEN: "it ends too early",
        expat.errors.XML_ERROR_TAG_MISMATCH: "a tag is closed that was not the last one opened",
        expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: "there is something behind its end",
        expat.errors.XML_ERROR_INVALID_TOKEN: "there is a character that cannot stand there",
        expat.errors.XML_ERROR_UNKNOWN_ENCODING: "its encoding is not known",
    }
    reason = expat.ErrorString(error.code)
    return (
        f"The XML cannot be read beyond line {error.lineno}: {reasons.get(reason, shorten(reason))}. "
        "Download the statement from the bank again."
    )
