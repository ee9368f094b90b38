"""The page for what broke: a reference that is in the log as well, and nothing about the inside."""

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger("budget.errors")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500. It touches neither the database nor the session: they may be what broke."""
    reference = secrets.token_hex(2).upper()
    logger.error("Reference %s: %s %s", reference, request.method, request.path)
    page = render_to_string("500.html", {"reference": reference})
    return HttpResponse(page, status=500, headers={"Cache-Control": "no-store"})
