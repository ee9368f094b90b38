"""Files made to do harm: refused within 2 seconds and little memory, nothing opened, nothing run (S14, S15)."""

import contextlib
import io
import os
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from itertools import islice

import pytest

from budget.statements.formats import all_formats, read_statements
from budget.statements.formats.base import Answers, FileFormat, ParsedLine, UnreadableFile
from budget.tests.statements.reading import lines_of, sample

pytestmark = pytest.mark.once

MEMORY = 150 * 1024 * 1024


def packed(members: dict[str, bytes], attributes: int = 0) -> bytes:
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = attributes
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return source.getvalue()


OFFICE = "http://schemas.openxmlformats.org"
SHEET = "/officeDocument/2006/relationships/worksheet"


def sheet(xml: bytes, more: dict[str, bytes] | None = None) -> bytes:
    """A workbook of one sheet, and what else is packed with it."""
    links = f'<Relationship Id="rId1" Type="{OFFICE}{SHEET}" Target="worksheets/sheet1.xml"/>'
    sheets = '<sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets>'
    spaces = f'xmlns="{OFFICE}/spreadsheetml/2006/main" xmlns:r="{OFFICE}/officeDocument/2006/relationships"'
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{OFFICE}/package/2006/content-types"/>'.encode(),
            "xl/workbook.xml": f"<workbook {spaces}>{sheets}</workbook>".encode(),
            "xl/_rels/workbook.xml.rels": (
                f'<Relationships xmlns="{OFFICE}/package/2006/relationships">{links}</Relationships>'.encode()
            ),
            "xl/worksheets/sheet1.xml": xml,
            **(more or {}),
        }
    )


@cache
def bomb_of_zeros(megabytes: int) -> bytes:
    """A workbook whose sheet is so many megabytes of blanks, packed without holding them."""
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _ in range(megabytes):
                member.write(b" " * 1024 * 1024)
    return source.getvalue()


def lying_directory() -> bytes:
    """A workbook that says it unpacks to 100 bytes and unpacks to 20 megabytes."""
    honest = sheet(b" " * 20_000_000)
    size = (20_000_000).to_bytes(4, "little")
    return honest.replace(size, (100).to_bytes(4, "little"))


def own_wording(xml: bytes) -> bytes:
    return b'<?xml version="1.0"?><Document><BkToCstmrStmt><Stmt>' + xml


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nested entities": lambda: sample("hostile/entity_expansion.xml"),
    "external entity": lambda: sample("hostile/external_entity_file.xml"),
    "nested entities in CAMT": lambda: b'<!DOCTYPE a [<!ENTITY a "b">]>' + own_wording(b"<Id>&a;</Id>"),
    "document type far behind": lambda: b"<!--" + b"-" * 100_000 + b"x--><!DOCTYPE a []>" + own_wording(b""),
    "document type in OFX": lambda: b'<?xml version="1.0"?><!DOCTYPE OFX [<!ENTITY a "b">]><OFX>&a;</OFX>',
    "deep CAMT": lambda: own_wording(b"<Ntry>" * 200_000),
    "deep OFX": lambda: b"OFXHEADER:100\n\n<OFX>" + b"<STMTRS>" * 200_000,
    "a million statements of CAMT": lambda: own_wording(b"</Stmt>" + b"<Stmt></Stmt>" * 700_000),
    "a million statements of MT940": lambda: b":20:A\n:25:B\n" * 700_000,
    "endless attribute": lambda: own_wording(b'<Ntry a="' + b"x" * 9_000_000),
    "endless tag of OFX": lambda: b"OFXHEADER:100\n\n<OFX><" + b"A" * 9_000_000,
    "endless field of MT940": lambda: b":20:A\n:25:B\n:86:" + b"x" * 9_000_000,
    "bomb": lambda: bomb_of_zeros(120),
    "small bomb": lambda: sheet(b" " * 30_000_000),
    "lying directory": lying_directory,
    "thousands of members": lambda: packed({f"xl/{number}": b"" for number in range(3_000)}),
    "nested archive": lambda: sheet(b"<worksheet/>", {"xl/inner.zip": packed({"a": b"b"})}),
    "path outside": lambda: sheet(b"<worksheet/>", {"../../etc/passwd": b"x"}),
    "absolute path": lambda: sheet(b"<worksheet/>", {"/etc/passwd": b"x"}),
    "link": lambda: packed({"xl/workbook.xml": b"/etc/passwd", "[Content_Types].xml": b""}, 0o120777 << 16),
    "entities in a sheet": lambda: sheet(b'<!DOCTYPE a [<!ENTITY a "b">]><worksheet>&a;</worksheet>'),
    "sheet without end": lambda: sheet(b"<worksheet><sheetData>" + b"<row><c><v>1</v></c></row>" * 50),
    "cut archive": lambda: sheet(b"<worksheet/>")[:200],
    "archive in a picture": lambda: b"\x89PNG\r\n\x1a\n" + sheet(b"<worksheet/>"),
    "old workbook of noise": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + zlib.compress(bytes(range(256)) * 400, 0),
    "million columns": lambda: b"Date" + b",a" * 1_000_000 + b"\n2026-04-01" + b",1" * 1_000_000,
    "million separators": lambda: b";" * 3_000_000,
    "one endless line": lambda: b"a" * 9_000_000,
    "quote that never ends": lambda: b'Date,Payee,Amount\n2026-04-01,"' + b"x\n" * 3_000_000,
    "zip named as a statement": lambda: packed({"statement.ofx": b"OFXHEADER:100"}),
    "nothing": lambda: b"",
    "noise": lambda: bytes((number * 7919) % 251 for number in range(300_000)),
    "formulas": lambda: sample("hostile/formula_payloads.txt"),
}


LARGE = [
    "endless attribute",
    "endless tag of OFX",
    "endless field of MT940",
    "million columns",
    "million separators",
    "one endless line",
    "quote that never ends",
    "bomb",
]


def read_by_stranger(content: bytes) -> None:
    assert lines_of(list(read_statements(io.BytesIO(content)))) == []


def processor_seconds() -> float:
    """Of this process and of the ones that it waited for: a sheet is unpacked in one of its own."""
    return sum(os.times()[:4])


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_hostile_file_is_refused_quickly_with_a_sentence(make):
    content = make()
    began = processor_seconds()

    with pytest.raises(UnreadableFile) as caught:
        read_by_stranger(content)

    assert processor_seconds() - began < 2
    assert 20 < len(str(caught.value)) < 400


@pytest.mark.parametrize("attack", LARGE)
def test_large_hostile_file_is_refused_in_little_memory(attack):
    content = HOSTILE[attack]()
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile):
            read_by_stranger(content)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < MEMORY


XML_ATTACKS = ["nested entities", "external entity", "nested entities in CAMT", "document type in OFX"]


@pytest.mark.parametrize("attack", XML_ATTACKS)
def test_document_type_is_refused_in_a_tenth_of_a_second(attack):
    content = HOSTILE[attack]()
    began = processor_seconds()

    with pytest.raises(UnreadableFile, match="document type"):
        read_by_stranger(content)

    assert processor_seconds() - began < 0.1


READERS = {candidate.name: candidate for candidate in all_formats()}
SHORT_ATTACKS = [
    "nested entities",
    "external entity",
    "deep CAMT",
    "bomb",
    "link",
    "noise",
    "nothing",
    "million columns",
]


@pytest.mark.parametrize("attack", SHORT_ATTACKS)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_reader_that_is_given_another_format_refuses_it(reader: FileFormat, attack: str):
    """Recognition may be wrong or passed by: each reader is safe by itself."""
    content = HOSTILE[attack]()
    began = processor_seconds()

    lines: list[ParsedLine] = []
    with contextlib.suppress(UnreadableFile):
        lines = lines_of(list(islice(reader.read(io.BytesIO(content), Answers()), 50_000)))

    assert lines == []
    assert processor_seconds() - began < 3
