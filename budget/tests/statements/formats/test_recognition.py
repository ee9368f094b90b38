"""Which format a file is, by its content; what is said of a file that is no statement (R003-18, S14)."""

import io
import zipfile

import pytest

from budget.statements.formats import all_formats, recognise
from budget.statements.formats.base import UnreadableFile
from budget.tests.statements.reading import SAMPLES, sample

pytestmark = pytest.mark.once

STATEMENTS = sorted(f"{path.parent.name}/{path.name}" for path in SAMPLES.glob("*/*") if path.parent.name != "hostile")
FORMATS = {"qfx": "ofx1"}


def archive(*names: str, content: bytes = b"x") -> bytes:
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w") as packed:
        for name in names:
            packed.writestr(name, content)
    return source.getvalue()


STRANGERS = {
    "nothing": (b"", "is empty"),
    "blank": (b" \r\n" * 3, "is empty"),
    "many blanks": (b" \r\n" * 3_000, "is blank"),
    "zeros": (b"\0" * 5_000, "is blank"),
    "mark alone": (b"\xef\xbb\xbf", "is empty"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "is a PDF"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)), "is a photo"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a picture"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0", "is a photo, a film or a sound"),
    "webp": (b"RIFF\x10\0\0\0WEBPVP8 ", "is a photo, a film or a sound"),
    "zip": (archive("statement.csv"), "is a ZIP archive"),
    "zip of statements": (archive("a.xml", "b.xml"), "is a ZIP archive"),
    "word": (archive("word/document.xml"), "is a document and no table"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", "is a packed file .gzip."),
    "7-zip": (b"7z\xbc\xaf\x27\x1c\0\x04", "is a packed file .7-Zip."),
    "rar": (b"Rar!\x1a\x07\x01\0", "is a packed file .RAR."),
    "password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000_000) + "EncryptedPackage".encode("utf-16-le"),
        "protected by a password",
    ),
    "password on a ZIP": (b"PK\x03\x04\x14\0\x01\0\x08\0" + bytes(60), "protected by a password"),
    "html": (b"<!DOCTYPE html>\n<html><body>Please log in</body></html>", "is a web page"),
    "html without a type": (b"\n<html lang=en><head>", "is a web page"),
    "json": (b'{"transactions": []}', "is a JSON file"),
    "json list": (b'[\n {"a": 1}]', "is a JSON file"),
    "rtf": (b"{\\rtf1\\ansi", "is a text document"),
    "sqlite": (b"SQLite format 3\0" + bytes(80), "is a database"),
    "program": (b"\x7fELF\x02\x01\x01", "is a program"),
    "pgp": (b"-----BEGIN PGP MESSAGE-----\n", "is encrypted"),
    "feed": (b"<?xml version='1.0'?><rss><channel/></rss>", "is an XML file that begins with “rss”"),
    "payment order": (
        b"<?xml version='1.0'?><Document xmlns='x'><CstmrCdtTrfInitn/></Document>",
        "is a payment order",
    ),
    "document type": (b"<?xml version='1.0'?><!DOCTYPE a><a/>", "document type declaration"),
    "noise": (bytes(range(1, 32)) * 50, "of no kind that is known"),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_sample_is_recognised_by_its_content(name):
    folder = name.partition("/")[0]

    assert recognise(io.BytesIO(sample(name))).name == FORMATS.get(folder, folder)


@pytest.mark.parametrize(("content", "sentence"), STRANGERS.values(), ids=STRANGERS)
def test_stranger_is_named(content, sentence):
    with pytest.raises(UnreadableFile, match=sentence) as caught:
        recognise(io.BytesIO(content))

    assert str(caught.value).endswith(".")


def test_file_is_at_its_beginning_afterwards():
    source = io.BytesIO(sample("camt/camt053_batch.xml"))

    recognise(source)

    assert source.tell() == 0


def test_only_the_head_of_a_large_file_is_read():
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            content = super().read(size)
            self.taken += len(content)
            return content

    source = Counting(sample("csv/european_decimals.csv") + b"x" * 5_000_000)

    recognise(source)

    assert source.taken <= 64 * 1024


def test_names_and_titles_are_told_apart():
    formats = all_formats()

    assert (
        len({candidate.name for candidate in formats})
        == len({candidate.title for candidate in formats})
        == len(formats)
    )


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"<", b"<?xml", b"PK\x03\x04", b"\xff\xfe", b":20:", b"!Type:Bank", b"OFXHEADER:100"]
)
def test_every_format_answers_to_the_shortest_of_heads(content):
    answers = [candidate.recognises(content) for candidate in all_formats()]

    assert {type(answer) for answer in answers} == {bool}
