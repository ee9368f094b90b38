"""Answers as small as they can be: brotli for browsers that take it, a quarter less than gzip at the same cost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from secrets import randbelow
from typing import Any, cast

import brotli
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

QUALITY = 5
"""Of 11; above it the time grows faster than the page shrinks."""
SHORTEST = 200
"""Bytes; less is not worth it."""
PADDING = 25
"""How often, below this, the end of an answer is cut, which makes it up to 100 bytes longer, by chance: whoever watches
the line learns nothing from lengths. Django's own middleware does the same for gzip."""
TAKES_BROTLI = re.compile(r"\bbr\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")


class CompressionMiddleware(GZipMiddleware):
    """Compresses with brotli where the browser takes it, else as Django does."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress, unless the answer is short or compressed already."""
        is_async = isinstance(response, StreamingHttpResponse) and response.is_async
        if is_async or not TAKES_BROTLI.search(request.headers.get("Accept-Encoding", "")):
            return super().process_response(request, response)
        if response.has_header("Content-Encoding"):
            return response
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = compressed_stream(cast("Iterable[bytes]", response.streaming_content))
            del response.headers["Content-Length"]
        elif isinstance(response, HttpResponse) and len(response.content) >= SHORTEST:
            response.content = compressed(response.content)
            response.headers["Content-Length"] = str(len(response.content))
        else:
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        etag = response.headers.get("ETag", "")
        if etag.startswith('"'):  # other bytes than those it was made of: it can only be a weak one
            response.headers["ETag"] = f"W/{etag}"
        response.headers["Content-Encoding"] = "br"
        return response


def compressed(content: bytes) -> bytes:
    """The content, a little longer than it need be, and never twice the same."""
    compressor: Any = brotli.Compressor(quality=QUALITY)
    end = max(0, len(content) - randbelow(PADDING))
    pieces = [compressor.process(content[:end])]
    for place in range(end, len(content)):
        pieces += [compressor.process(content[place : place + 1]), compressor.flush()]
    return b"".join([*pieces, compressor.finish()])


def compressed_stream(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same piece by piece, so that the first of them leaves before the last one is made."""
    compressor: Any = brotli.Compressor(quality=QUALITY)
    for piece in pieces:
        if made := compressor.process(piece) + compressor.flush():
            yield made
    yield compressor.finish()
