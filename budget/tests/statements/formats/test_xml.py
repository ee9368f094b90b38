"""XML from strangers: no document type, no depth, no endless tags, nothing opened, little memory (S15, V11)."""

import builtins
import io
import socket
import time
import tracemalloc
from typing import BinaryIO, cast

import pytest

from budget.statements.formats.base import LONGEST_TEXT, UnreadableFile
from budget.statements.formats.xml import (
    DEEPEST,
    MOST_ELEMENTS,
    Closed,
    DocumentTypeRefused,
    Element,
    Opened,
    first_names,
    read_parts,
)
from budget.tests.statements.reading import sample

pytestmark = pytest.mark.once


def parts(content: bytes | str):
    source = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return list(read_parts(source, trees=frozenset({"row"}), bounds=frozenset({"list"})))


def tree(content: str) -> Element:
    [element] = parts(f"<list>{content}</list>")[1:-1]
    assert isinstance(element, Element)
    return element


def test_bounds_and_trees_come_in_order():
    assert [type(part) for part in parts("<a><list><row/><other/><row/></list></a>")] == [
        Opened,
        Element,
        Element,
        Closed,
    ]


def test_tree_is_asked_by_path():
    row = tree("<row><a><b>1</b><b> 2 </b></a><a><b/></a><c>3</c></row>")

    assert [element.text for element in row.all("a/b")] == ["1", " 2 ", ""]
    assert (row.at("x", "c"), row.at("a/b"), row.at("nothing")) == ("3", "1", "")
    assert row.find("nothing") is None


def test_prefixes_and_entities_of_xml_are_read():
    assert tree("<x:row xmlns:x='u'><x:a>A &amp; B &#65;<![CDATA[ <C> ]]></x:a></x:row>").at("a") == "A & B A <C>"


HOSTILE = {
    "nested entities": sample("hostile/entity_expansion.xml"),
    "external entity": sample("hostile/external_entity_file.xml"),
    "document type without entities": b"<!DOCTYPE a><a/>",
    "document type from elsewhere": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "document type behind a comment": b"<!-- " + b"x" * 100_000 + b" --><!DOCTYPE a []><a/>",
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
    "quadratic": b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 50_000 + b'">]><a>' + b"&x;" * 50_000 + b"</a>",
    "utf-16": '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a []><a/>'.encode("utf-16"),
    "attribute defaults": b'<!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_document_type_is_refused_at_once_and_nothing_is_opened(content, monkeypatch):
    def never(*args, **kwargs):
        raise AssertionError("something was opened")

    monkeypatch.setattr(builtins, "open", never)
    monkeypatch.setattr(socket, "socket", never)
    began = time.perf_counter()

    with pytest.raises(DocumentTypeRefused, match="document type declaration"):
        parts(content)

    assert time.perf_counter() - began < 0.1


def test_depth_of_200_000_is_refused_at_once():
    began = time.perf_counter()

    with pytest.raises(UnreadableFile, match=f"deeper than {DEEPEST} levels"):
        parts("<list>" + "<row>" * 200_000)

    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize(
    "content",
    [
        b"<list><row a='" + b"x" * 5_000_000,
        b"<list><!--" + b"x" * 5_000_000,
        b"<" + b"x" * 5_000_000,
        b"<list><row " + b" ".join(b"a%d=''" % number for number in range(300_000)),
    ],
    ids=["attribute", "comment", "name", "attributes"],
)
def test_endless_tag_is_refused(content):
    began = time.process_time()

    with pytest.raises(UnreadableFile, match="longer than any statement has"):
        parts(content)

    assert time.process_time() - began < 1


def test_tree_keeps_no_more_than_it_may():
    row = tree("<row>" + "<a><b>text</b></a>" * 50_000 + "<z>end</z></row>")

    assert sum(1 for part in row.children) <= MOST_ELEMENTS
    assert row.left_out > 90_000
    assert row.at("a/b") == "text"


def test_text_keeps_no_more_than_it_may_and_says_so():
    row = tree(f"<row><a>{'x' * 100_000}</a><b>short</b></row>")

    assert (len(row.at("a")), row.at("b"), row.has_cuts) == (LONGEST_TEXT, "short", True)


@pytest.mark.parametrize("attributes", [f"a='{'x' * 3_000}'", " ".join(f"a{number}=''" for number in range(60))])
def test_long_and_many_attributes_are_said(attributes):
    assert tree(f"<row><a {attributes}>1</a></row>").has_cuts


def test_fifty_thousand_rows_take_little_memory():
    class Endless(io.RawIOBase):
        left = 50_000

        def read(self, size=-1):
            if self.left == 50_000:
                self.left -= 1
                return b"<list>"
            taken = min(self.left, 500)
            self.left -= taken
            return b"<row><a>1</a></row>" * taken

    tracemalloc.start()
    try:
        with pytest.raises(UnreadableFile, match="ends too early"):
            for _ in read_parts(cast(BinaryIO, Endless()), trees=frozenset({"row"}), bounds=frozenset()):
                pass
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it ends too early"),
        ("<a>", "it ends too early"),
        ("<a", "it ends too early"),
        ("<a></b>", "a tag is closed that was not the last one opened"),
        ("<a/>more", "there is something behind its end"),
        ("<a>\x01</a>", "there is a character that cannot stand there"),
        ("<a>&nbsp;</a>", "undefined entity"),
        (b"<a>\xff</a>", "there is a character that cannot stand there"),
    ],
)
def test_broken_document_says_where_and_why(content, reason):
    with pytest.raises(UnreadableFile, match=rf"cannot be read beyond line 1: {reason}"):
        parts(content)


@pytest.mark.parametrize(
    "encoding",
    ["utf-7", "nonsense", "shift_jis", "gb18030", "zlib", "idna", "rot13", "unicode_escape", "cp65001", "cp932"],
)
def test_strange_encoding_is_refused(encoding):
    with pytest.raises(UnreadableFile, match=r"in an encoding that cannot be read|its encoding is not known"):
        parts(f'<?xml version="1.0" encoding="{encoding}"?><list><row>é</row></list>'.encode())


@pytest.mark.parametrize(
    "encoding", ["utf-8", "UTF-16", "iso-8859-1", "ISO-8859-15", "windows-1250", "cp1252", "cp852"]
)
def test_encoding_of_a_bank_is_read(encoding):
    found = parts(f'<?xml version="1.0" encoding="{encoding}"?><list><row>é</row></list>'.encode(encoding))

    assert found[1].text == "é"


def test_first_names_are_told_of_a_file_that_is_cut():
    assert first_names(b"<?xml version='1.0'?><x:a xmlns:x='u'><b>1</b><c") == ["a", "b"]
    assert first_names(b"no xml") == []
    with pytest.raises(DocumentTypeRefused):
        first_names(b"<!DOCTYPE a><a/>")
