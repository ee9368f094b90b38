"""Small delimited texts and spreadsheets for the tests, and what is read from them."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

from budget.statements.formats import delimited
from budget.statements.formats.base import Answers, Event, ParsedLine, RefusedLine, StatementEnd
from budget.statements.formats.layout import Layout

CONTENT_TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="xml" ContentType="application/xml"/>
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def text(content: str, encoding: str = "utf-8") -> io.BytesIO:
    return io.BytesIO(content.encode(encoding))


def layout(content: str, encoding: str = "utf-8") -> Layout:
    return delimited.guess(text(content, encoding)).layout


def doubts(content: str) -> list[str]:
    return [doubt.about for doubt in delimited.guess(text(content)).doubts]


def events(content: str, answers: Answers | None = None, encoding: str = "utf-8") -> list[Event]:
    return list(delimited.read(text(content, encoding), answers or Answers()))


def lines(found: list[Event]) -> list[ParsedLine]:
    return [event for event in found if isinstance(event, ParsedLine)]


def refused(found: list[Event]) -> list[RefusedLine]:
    return [event for event in found if isinstance(event, RefusedLine)]


def remarks(found: list[Event]) -> tuple[str, ...]:
    return tuple(remark for event in found if isinstance(event, StatementEnd) for remark in event.remarks)


def money(found: list[Event]) -> list[Decimal]:
    """The amounts as transactions have them, money out positive."""
    return [line.amount for line in lines(found)]


def xlsx(sheet: str, **others: str) -> io.BytesIO:
    """A workbook of sheets as XML rows; `others` by name."""
    sheets = {"Sheet1": sheet, **others}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("_rels/.rels", _relations("officeDocument", ["xl/workbook.xml"]))
        names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>'
        )
        parts = [f"worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)]
        archive.writestr("xl/_rels/workbook.xml.rels", _relations("worksheet", parts))
        for part, content in zip(parts, sheets.values(), strict=True):
            archive.writestr(f"xl/{part}", f'<worksheet xmlns="{MAIN}"><sheetData>{content}</sheetData></worksheet>')
    made.seek(0)
    return made


def _relations(kind: str, targets: list[str]) -> str:
    made = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for number, target in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{RELATIONS}">{made}</Relationships>'


def row(number: int, *cells: str | float, first: str = "A") -> str:
    made = "".join(_cell(f"{chr(ord(first) + place)}{number}", cell) for place, cell in enumerate(cells))
    return f'<row r="{number}">{made}</row>'


def _cell(where: str, value: str | float) -> str:
    if isinstance(value, str):
        return f'<c r="{where}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{where}"><v>{value!r}</v></c>'


ODS_NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


def ods(rows: str) -> io.BytesIO:
    """An OpenDocument spreadsheet of one sheet with these XML rows."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f'<office:document-content {ODS_NAMES} office:version="1.2"><office:body><office:spreadsheet>'
            f'<table:table table:name="Uitgaven">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    made.seek(0)
    return made
