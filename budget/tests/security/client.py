"""A client that holds every single answer to the promises that all answers keep."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any
from unittest.mock import patch

from django.http import HttpResponse
from django.template.base import Template
from django.test import Client

from budget.users.models import User

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
}
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
LEADING = ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url")
EVENTS = {"app:close", "app:show", "ledger:changed"}
RENDER = Template._render  # type: ignore[attr-defined]  # private to Django
"""As it is outside tests: a test environment copies the context of every template, which nobody here asks for."""
PLAIN = re.compile(r"[\x20-\x7e]*")
HTMX = {"HX-Request": "true"}
PACKED = b"PK\x03\x04"


class CheckedClient(Client):
    """Django's client; each answer is looked at before the test sees it."""

    person: User | None = None

    def sign_in(self, user: User) -> CheckedClient:
        """Come in as `user`, without a password."""
        self.force_login(user)
        self.person = user
        return self

    def request(self, **request: Any) -> Any:
        """Send it, and check what every answer must keep."""
        with patch.object(Template, "_render", RENDER):
            response = super().request(**request)
        check(response, is_private=self.person is not None)
        content = b"".join(response) if response.streaming else response.content
        if response.streaming or content.startswith(PACKED):  # a file: whole and open, to look into it like into a page
            headers = {name: value for name, value in response.headers.items() if name != "Content-Length"}
            return HttpResponse(unpacked(content), status=response.status_code, headers=headers)
        return response


def unpacked(content: bytes) -> bytes:
    """What is in a workbook or an archive, one member after the other; other files as they are."""
    if not content.startswith(PACKED):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as members:
        return b"\n".join(members.read(name) for name in members.namelist())


def check(response: Any, *, is_private: bool) -> None:
    """Nothing broke, leads away, splits a header or is stored; the browser is told what to refuse."""
    assert response.status_code < 500
    headers = response.headers
    assert {part.strip() for part in headers["Content-Security-Policy"].split(";")} == CSP
    assert {name: headers.get(name) for name in FIXED} == FIXED
    assert "camera=()" in headers["Permissions-Policy"]
    for name, value in headers.items():
        assert PLAIN.fullmatch(value), (name, value)
    for name in LEADING:
        if name in headers:
            assert is_own_path(headers[name]), (name, headers[name])
    for name in ("HX-Trigger", "HX-Trigger-After-Swap", "HX-Trigger-After-Settle"):
        if name in headers:
            assert events(headers[name]) <= EVENTS, headers[name]
    is_page = headers.get("Content-Type", "").startswith("text/html") and not response.streaming
    if is_page and response.content and response.status_code != 400:  # refused before anybody looked at it
        assert "HX-Request" in headers.get("Vary", "")
    if is_private:
        assert "no-store" in headers.get("Cache-Control", ""), headers


def is_own_path(address: str) -> bool:
    """Whether a browser stays on this site when it is led there."""
    return re.match(r"/(?![/\\])", address) is not None


def events(value: str) -> set[str]:
    """The names of the events that a header makes the page hear."""
    return set(json.loads(value)) if value.startswith("{") else {name.strip() for name in value.split(",")}
