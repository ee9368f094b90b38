"""Files that come through a page: none larger than a statement is, and nothing of one that is larger is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from budget.files.vault import clean_name
from budget.statements.formats.base import LARGEST_UPLOAD

FILES_AT_ONCE = 10
LARGEST_BODY = FILES_AT_ONCE * LARGEST_UPLOAD + 1024 * 1024
"""Bytes of a whole request: as many files as may come at once, and the form around them."""

TOO_LARGE = "too_large_files"
LONGEST_NAME_SAID = 60


def said_too_large(name: str) -> str:
    """The refusal of a file, in words."""
    shown = clean_name(name)
    shown = shown if len(shown) <= LONGEST_NAME_SAID else f"{shown[: LONGEST_NAME_SAID - 1]}…"
    return f"“{shown}” is larger than {LARGEST_UPLOAD // 1024**2} MB. Download a shorter period, or export as CSV."


class UploadLimit(FileUploadHandler):
    """Stops taking a file in once it is too large, and drops what came of it; `too_large` names those."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """A file begins."""
        super().new_file(*args, **kwargs)
        self.taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count what comes, and pass it on."""
        self.taken += len(raw_data)
        if self.taken > LARGEST_UPLOAD:
            request: Any = self.request
            setattr(request, TOO_LARGE, [*too_large(request), self.file_name or ""])
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The handlers behind this one make the file."""


def too_large(request: HttpRequest) -> list[str]:
    """The names of the files of this request that were not taken in."""
    found: list[str] = getattr(request, TOO_LARGE, [])
    return found


class BodyLimitMiddleware:
    """Refuses a request by the length that it announces, before anything of it is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """413 in words where it is too long."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()) or int(length) <= LARGEST_BODY:
            return self.get_response(request)
        most = LARGEST_UPLOAD // 1024**2
        said = f"That is too much at once. Bring at most {FILES_AT_ONCE} files of up to {most} MB each."
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(said, content_type="text/plain", status=413, headers={"X-Message": quote(said)})
        return render(request, "413.html", {"sentence": said}, status=413)
