"""Large nonsense in the clothes of a format: refused where it shows, long before the file has been read."""

from __future__ import annotations

import io

import pytest

from budget.statements.formats.base import Answers, FileFormat, RefusedLine, UnreadableFile
from budget.statements.formats.camt import CAMT
from budget.statements.formats.mt940 import MT940
from budget.statements.formats.ofx import OFX1
from budget.statements.formats.qif import QIF

pytestmark = pytest.mark.once

QIF_HEAD = b"!Type:Bank\nD2026-01-02\nT-5\n"
MT940_HEAD = b":20:A\r\n:25:1/2\r\n:28C:1\r\n:60F:C260101EUR1,00\r\n:61:2601010101D1,00NTRFNONREF\r\n:86:"
OFX_HEAD = b"OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX>"


class Counted(io.BytesIO):
    """A file that counts how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.taken += len(piece)
        return piece

    def read1(self, size: int | None = -1, /) -> bytes:
        piece = super().read1(size or -1)
        self.taken += len(piece)
        return piece


@pytest.mark.parametrize(
    ("form", "content", "reason"),
    [
        (QIF, QIF_HEAD + b"SFood\n$-1\n" * 200_000, "more than 10,000 lines"),
        (MT940, MT940_HEAD + b"x?20\r\n" * 500_000, "After line 6 come 10,000 lines without a tag"),
        (MT940, MT940_HEAD + b"\r\n" * 500_000, "After line 6 come 10,000 lines without a tag"),
        (OFX1, OFX_HEAD + b"<A>" * 500_000, "Line 5 opens more than 1,000 tags"),
        (OFX1, OFX_HEAD + b"<A>\n" * 500_000, "opens more than 1,000 tags"),
    ],
    ids=["qif", "mt940", "mt940-blank", "ofx", "ofx-lines"],
)
def test_nonsense_is_refused_where_it_shows(form: FileFormat, content: bytes, reason: str) -> None:
    source = Counted(content)

    with pytest.raises(UnreadableFile, match=reason):
        list(form.read(source, Answers()))

    # Once for the encoding and, of OFX, once for the amounts, which is quick; not once more for the rows.
    assert source.taken < 2.6 * len(content)


def test_record_of_some_thousand_splits_is_refused_by_itself() -> None:
    splits = b"SFood\n$-1\n" * 3_000
    told = list(QIF.read(io.BytesIO(QIF_HEAD + splits + b"^\nD2026-01-03\nT-6\nPShop\n^\n"), Answers()))

    assert [type(event).__name__ for event in told] == ["StatementStart", "RefusedLine", "ParsedLine", "StatementEnd"]


def test_amount_of_a_camt_file_is_not_kept_beyond_what_a_text_may_have() -> None:
    entry = b"<Ntry><Amt Ccy='EUR'>" + b"1" * 3_000_000 + b"</Amt></Ntry>"
    space = b"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
    content = b"<Document xmlns='" + space + b"'><BkToCstmrStmt><Stmt>" + entry + b"</Stmt></BkToCstmrStmt></Document>"

    refused = [each for each in CAMT.read(io.BytesIO(content), Answers()) if isinstance(each, RefusedLine)]

    assert len(refused) == 1
    assert len(refused[0].value) + len(refused[0].original) < 5_000
