"""How bytes become blocks of rows, rows become values, and what is said of those that do not."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
from pathlib import Path

import pytest

from verification.independent import source
from verification.independent.mapping import read_map
from verification.independent.refusal import MOST_PLACES, Place, Places, Refused, malformed
from verification.independent.rows import LONGEST_FIELD, NOT_TEXT, height, kind_of, plain_columns
from verification.independent.source import Block, Source

pytestmark = pytest.mark.once


def blocks(content: bytes, size: int, monkeypatch: pytest.MonkeyPatch, longest: int = 1 << 22) -> list[Block]:
    monkeypatch.setattr(source, "BLOCK", size)
    monkeypatch.setattr(source, "LONGEST_ROW", longest)
    read = Source(io.BytesIO(content))
    found = list(read.blocks())
    assert (read.size, read.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 100])
@pytest.mark.parametrize(
    "text", ["a,b\nc,d\ne", "a\r\nb\r\n", "a\rb\rc", 'a,"x\ny"\nb,"""\n"\nc\n', "\n\n", "\r\r\n\n\r", "ä\nö\n", ""]
)
def test_block_ends_where_a_row_does_whatever_is_read_at_a_time(
    text: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = blocks(text.encode(), size, monkeypatch)

    assert "".join(block.text for block in found) == text
    assert all(block.is_clean for block in found)
    for block in found[:-1]:
        assert block.text.endswith(("\n", "\r"))
        assert block.text.count('"') % 2 == 0
    for one, two in itertools.pairwise(found):
        assert not (one.text.endswith("\r") and two.text.startswith("\n"))


def test_blocks_are_as_small_as_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [block.text for block in blocks(b"a\nb\nc\nd", 4, monkeypatch)] == ["a\nb\n", "c\n", "d"]
    assert [block.text for block in blocks(b"a\rb\rc\rd", 4, monkeypatch)] == ["a\r", "b\rc\r", "d"]
    assert [block.text for block in blocks(b'a"\n\n\n"\nb\n', 3, monkeypatch)] == ['a"\n\n\n"\nb\n']


def test_row_without_an_end_is_cut_where_no_row_is_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [block.text for block in blocks(b"x" * 10, 2, monkeypatch, 4)] == ["xxxxxx", "xxxx"]
    assert [block.text for block in blocks(b'"\n' + b"x" * 8, 2, monkeypatch, 5)] == ['"\n', "xxxxxx", "xx"]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_mark_at_the_start_is_no_text_and_one_further_on_is(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK", max(size, 3))
    read = Source(io.BytesIO("\ufeffa\n\ufeffb\n".encode()))

    assert "".join(block.text for block in read.blocks()) == "a\n\ufeffb\n"
    assert read.encoding == "utf-8-sig"
    plain = Source(io.BytesIO("a\n\ufeffb\n".encode()))
    list(plain.blocks())
    assert plain.encoding == "utf-8"


@pytest.mark.parametrize(
    ("raw", "block"),
    [
        (b"a\n", Block("a\n", True)),
        (b"a\0\n", Block("a\0\n", False)),
        (b"a\xff\n", Block("a\udcff\n", False)),
        ("ä".encode(), Block("ä", True)),
    ],
)
def test_block_says_whether_it_is_text(raw: bytes, block: Block) -> None:
    assert source._block(raw) == block


@pytest.mark.parametrize(
    ("text", "width", "columns"),
    [
        ("a,b\nc,d\n", 2, [["a", "c"], ["b", "d"]]),
        ("a,b\r\nc,d", 2, [["a", "c"], ["b", "d"]]),
        ("a\nb\n", 1, [["a", "b"]]),
        (",\n,\n", 2, [["", ""], ["", ""]]),
        ("a,b,c\n", 2, None),
        ("a\n", 2, None),
        ("a\nb,c,d\n", 2, None),
        ("a,b\nc\n", 2, None),
        ("a,b\n\nc,d\n", 2, None),
        ('"a",b\n', 2, None),
        ("a\rb,c\n", 2, None),
        ("x" * LONGEST_FIELD + "\n", 1, None),
        ("x" * (LONGEST_FIELD - 1) + "\n", 1, [["x" * (LONGEST_FIELD - 1)]]),
    ],
)
def test_columns_are_split_at_once_only_where_every_row_has_its_width(
    text: str, width: int, columns: list[list[str]] | None
) -> None:
    assert plain_columns(Block(text, True), width) == columns
    assert plain_columns(Block(text, False), width) is None


@pytest.mark.parametrize(
    ("row", "lines"), [([], 1), (["a", "b"], 1), (["a\nb", "c\r\nd\re"], 4), (["\n\n"], 3), (["\r\n"], 2)]
)
def test_row_takes_a_line_and_one_more_for_each_end_within(row: list[str], lines: int) -> None:
    assert height(row) == lines


def test_fault_has_a_kind() -> None:
    kinds = {"a\0": "nul", "a\udc80b": "wrong_encoding", "\udcff": "wrong_encoding"}
    for text, kind in kinds.items():
        mark = NOT_TEXT.search(text)
        assert mark is not None
        assert kind_of(mark) == kind
    assert NOT_TEXT.search("aä\ud800\ud7ff\ue000") is None
    assert kind_of(csv.Error("field larger than field limit (131072)")) == "field_too_long"
    assert kind_of(csv.Error("unexpected end of data")) == "unbalanced_quote"
    assert LONGEST_FIELD == 131_072


def test_first_twenty_places_are_kept_by_line_and_all_are_counted() -> None:
    places = Places()
    for line in range(30, 0, -1):
        places.add(line, "amount", "not_a_number")

    assert [place.line for place in places.first] == list(range(1, MOST_PLACES + 1)) == list(range(1, 21))
    assert places.first[0] == Place(1, "amount", "not_a_number")
    assert places.total == 30
    assert malformed("r", "The file", places).as_dict() == {
        "status": "blocked",
        "reason": "r",
        "message": "The file cannot be read in 30 places, first line 1, column amount: not_a_number.",
        "places": [{"line": line, "column": "amount", "kind": "not_a_number"} for line in range(1, 21)],
        "places_total": 30,
    }


def test_one_place_without_a_column_is_told_as_one() -> None:
    places = Places()
    places.add(7, "", "short_row")

    refused = malformed("r", "The map", places)

    assert str(refused) == refused.message == "The map cannot be read in 1 place, first line 7: short_row."
    assert refused.places is places
    assert Refused("r", "Why.").as_dict()["places_total"] == 0


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("old,new\n", {}),
        ("\ufeffold,new\r\nA,B\r\n\r\n C , D \r\n", {"A": "B", "C": "D"}),
        ("old,new\nA,B\nA, B\nB,B\n", {"A": "B", "B": "B"}),
        ('old,new\n"A\nA",B\n', {"A\nA": "B"}),
    ],
)
def test_map_gives_names_as_they_are_compared(tmp_path: Path, content: str, names: dict[str, str]) -> None:
    file = tmp_path / "names.csv"
    file.write_bytes(content.encode())

    assert read_map(file) == names


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (b"", [(1, "", "missing_header")]),
        (b"\n", [(1, "", "missing_header")]),
        (b"new,old\nA,B\n", [(1, "", "missing_header")]),
        (b"old,new\nA\nA,B,C\n", [(2, "new", "short_row"), (3, "", "long_row")]),
        (b"old,new\n,B\nA,\n , \n", [(2, "old", "empty_name"), (3, "new", "empty_name"), (4, "old", "empty_name")]),
        (b'old,new\n"A\n",B\nA,C\nA,B\n', [(4, "old", "repeated_name")]),
        (
            b"old,new\nA\0,B\xff\nC,\xff\n",
            [(2, "new", "wrong_encoding"), (2, "old", "nul"), (3, "new", "wrong_encoding")],
        ),
        (b'old,new\nA,B\nA,"B', [(3, "", "unbalanced_quote")]),
        (b"old,new\nA," + b"x" * 131_073 + b"\n", [(2, "", "field_too_long")]),
    ],
)
def test_map_that_cannot_be_read_says_where(tmp_path: Path, content: bytes, places: list[tuple[int, str, str]]) -> None:
    file = tmp_path / "names.csv"
    file.write_bytes(content)

    with pytest.raises(Refused) as refused:
        read_map(file)

    assert refused.value.reason == "category_map_malformed"
    assert refused.value.message.startswith("The category map cannot be read in ")
    assert [(p.line, p.column, p.kind) for p in refused.value.places.first] == places


def test_map_that_is_not_there_or_no_file_says_so(tmp_path: Path) -> None:
    for place, reason in ((tmp_path / "none.csv", "category_map_missing"), (tmp_path, "category_map_unreadable")):
        with pytest.raises(Refused, match=r"^The category map cannot be opened\.$") as refused:
            read_map(place)
        assert refused.value.reason == reason
