"""Answers are compressed as the browser takes them, and stay what they were."""

import gzip
from collections.abc import Iterator

import brotli
import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import RequestFactory

from config.compression import CompressionMiddleware, compressed

TEXT = "<p>Rent 1,250.00</p>\n" * 300


def answer(response: HttpResponseBase, accepts: str = "gzip, deflate, br") -> HttpResponseBase:
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    return CompressionMiddleware(lambda _: response)(request)  # type: ignore[return-value]


def test_page_is_brotli_for_browsers_that_take_it() -> None:
    got = answer(HttpResponse(TEXT, headers={"ETag": '"7"'}))

    assert isinstance(got, HttpResponse)
    assert brotli.decompress(got.content).decode() == TEXT
    assert got["Content-Encoding"] == "br"
    assert (got["Content-Length"], got["Vary"], got["ETag"]) == (str(len(got.content)), "Accept-Encoding", 'W/"7"')


@pytest.mark.parametrize("accepts", ["gzip", "gzip, br;q=0", "gzip, br; q=0.0, deflate", "gzip, brush"])
def test_other_browsers_get_gzip(accepts: str) -> None:
    got = answer(HttpResponse(TEXT), accepts)

    assert isinstance(got, HttpResponse)
    assert (got["Content-Encoding"], gzip.decompress(got.content).decode()) == ("gzip", TEXT)


@pytest.mark.parametrize("accepts", ["br", "gzip, br;q=0.5", "br;q=1, gzip"])
def test_brotli_is_understood_however_it_is_offered(accepts: str) -> None:
    assert answer(HttpResponse(TEXT), accepts)["Content-Encoding"] == "br"


def test_short_and_compressed_answers_are_left_alone() -> None:
    short, packed = answer(HttpResponse("No.")), answer(HttpResponse(TEXT, headers={"Content-Encoding": "gzip"}))

    assert "Content-Encoding" not in short.headers
    assert isinstance(packed, HttpResponse)
    assert (packed["Content-Encoding"], packed.content) == ("gzip", TEXT.encode())


def test_stream_arrives_whole() -> None:
    def lines() -> Iterator[str]:
        yield from TEXT.splitlines(keepends=True)

    got = answer(StreamingHttpResponse(lines()))

    assert isinstance(got, StreamingHttpResponse)
    assert "Content-Length" not in got.headers
    assert brotli.decompress(got.getvalue()).decode() == TEXT


def test_length_of_the_same_page_differs() -> None:
    lengths = {len(compressed(TEXT.encode())) for _ in range(100)}

    assert len(lengths) > 5
    assert all(brotli.decompress(compressed(text)) == text for text in (b"x" * 10, b"x" * 200))
