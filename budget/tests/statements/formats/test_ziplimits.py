"""ZIP bombs and odd ZIPs are refused before anything is unpacked. S14."""

from __future__ import annotations

import io
import stat
import zipfile

import pytest

from budget.statements.formats.base import UnreadableFile
from budget.statements.formats.ziplimits import MOST_MEMBERS, safe_members

pytestmark = pytest.mark.once


def archive(members: dict[str, bytes], **kept: int) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            about = zipfile.ZipInfo(name)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = kept.get("external_attr", 0)
            packed.writestr(about, content)
    return made


def refusal(source: io.BytesIO) -> str:
    with pytest.raises(UnreadableFile) as refused:
        safe_members(source)
    return str(refused.value)


def claiming(source: io.BytesIO, size: int) -> io.BytesIO:
    """The archive with another unpacked size in its directory."""
    content = bytearray(source.getvalue())
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = size.to_bytes(4, "little")
    return io.BytesIO(bytes(content))


def test_an_office_file_is_let_through():
    source = archive({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": b"<row/>" * 1000})

    assert safe_members(source) == ["xl/workbook.xml", "xl/worksheets/sheet1.xml"]
    assert source.tell() == 0


def test_four_gigabytes_in_a_few_bytes_are_refused():
    assert "unpack to more" in refusal(claiming(archive({"xl/sheet.xml": b"x" * 1000}), 0xFFFFFFF0))


def test_what_packs_a_hundred_times_smaller_is_refused():
    assert "unpack to more" in refusal(archive({"xl/sheet.xml": b" " * 2_000_000}))


def test_many_members_are_refused():
    assert "holds 1,001 files" in refusal(archive({f"m{number}": b"" for number in range(MOST_MEMBERS + 1)}))


def test_a_directory_of_a_hundred_thousand_names_is_not_read():
    content = archive({"a": b""}).getvalue()
    at = content.rindex(b"PK\x05\x06")
    longer = content[: at + 12] + (2_000_000).to_bytes(4, "little") + content[at + 16 :]

    assert "far more files" in refusal(io.BytesIO(longer))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\up.xml", "C:\\x.xml"])
def test_names_that_lead_outside_are_refused(name):
    assert "outside of itself" in refusal(archive({name: b"x"}))


def test_a_link_is_refused():
    assert "outside of itself" in refusal(archive({"link": b"/etc/passwd"}, external_attr=(stat.S_IFLNK | 0o777) << 16))


def test_a_packed_file_inside_is_refused():
    assert "another packed file inside" in refusal(archive({"statement.zip": b"PK"}))


def test_an_encrypted_member_is_refused():
    content = bytearray(archive({"xl/workbook.xml": b"x"}).getvalue())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1

    assert "password" in refusal(io.BytesIO(bytes(content)))


@pytest.mark.parametrize("cut", range(1, 10))
def test_a_truncated_archive_is_refused(cut):
    """I6."""
    content = archive({"xl/workbook.xml": b"<workbook/>" * 100}).getvalue()

    assert "damaged" in refusal(io.BytesIO(content[: len(content) * cut // 10]))
