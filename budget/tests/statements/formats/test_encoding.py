"""Encodings told by mark, by UTF-8 and by letters. I6."""

from __future__ import annotations

import io

import pytest

from budget.statements.formats.base import UnreadableFile
from budget.statements.formats.encoding import as_text, find_encoding

pytestmark = pytest.mark.once

GERMAN = "Empfänger;Straße;Über 5 €\n"
POLISH = "Płatność kartą;Żabka Łódź;Wpłata własna\n"
RUSSIAN = "Оплата покупки в магазине;Перевод средств на карту\n"
CHINESE = "交易时间,交易类型,交易对方,商品,收支,金额\n二零二六年,商户消费,某某便利店,早餐咖啡,支出,十二\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("plain", "ascii"),
        ("", "ascii"),
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "utf-32"),
        (GERMAN, "cp1252"),
        ("Padaria São João;Descrição\n", "cp1252"),
        (POLISH, "cp1250"),
        ("Empfänger;Büro\n", "cp850"),
        (RUSSIAN * 3, "cp1251"),
        (CHINESE * 3, "gb18030"),
        (CHINESE, "utf-8"),
    ],
)
def test_what_was_written_is_read(content, encoding):
    source = io.BytesIO(content.encode(encoding))

    with as_text(source, find_encoding(source)) as text:
        assert text.read() == content

    assert not source.closed


def test_letters_far_behind_the_beginning_count():
    source = io.BytesIO(b"plain ascii, line after line\n" * 20_000 + GERMAN.encode("cp1252"))

    assert find_encoding(source) == "cp1252"


def test_a_letter_across_two_chunks_is_no_broken_one():
    source = io.BytesIO(b"x" * ((1 << 18) - 1) + "ä".encode())

    assert find_encoding(source) == "utf-8"


def test_a_file_that_ends_within_a_letter_is_utf8_where_most_letters_are():
    source = io.BytesIO((GERMAN * 10 + "ä").encode()[:-1])

    with as_text(source, find_encoding(source)) as text:
        assert text.read() == GERMAN * 10 + "\N{REPLACEMENT CHARACTER}"


def test_file_of_two_encodings_is_refused_with_both_lines() -> None:
    content = "Date,Payee,Amount\n2026-05-01,Café,-4.50\n".encode() + "2026-05-02,Bäcker,-3.00\n".encode("latin-1")

    with pytest.raises(UnreadableFile, match=r"^Line 2 is written in UTF-8, line 3 in another encoding\."):
        find_encoding(io.BytesIO(content))


def test_long_file_of_one_code_page_is_not_taken_for_two() -> None:
    content = "".join(f"2026-05-01,Bäcker Müller Süß {number},-4.50\n" for number in range(9_000)).encode("cp1252")

    assert find_encoding(io.BytesIO(content)) == "cp1252"
