"""The pages for what broke and for what is too old: nothing about the inside."""

import logging
import secrets
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.views import csrf

logger = logging.getLogger("budget.errors")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500. It touches neither the database nor the session: they may be what broke."""
    reference = secrets.token_hex(2).upper()
    logger.error("Reference %s: %s %s", reference, request.method, request.path)
    page = render_to_string("500.html", {"reference": reference})
    return HttpResponse(page, status=500, headers={"Cache-Control": "no-store"})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403. A request of HTMX, whose page may be older than the sign-in, is given the token to try again with.

    Only pages of this site can read the answer. It holds no token where somebody else than the page's person is signed
    in now: what was typed there must not land in their book.
    """
    if request.headers.get("HX-Request") != "true":
        return csrf.csrf_failure(request, reason)
    here = str(request.user.pk or "")
    if here and request.headers.get("X-Person", "") != here:
        headers = {"X-Message": quote("Somebody else is signed in now. Reload the page to go on as them.")}
    else:
        headers = {"X-CSRFToken": get_token(request)}
    return HttpResponse("This page is too old.", content_type="text/plain; charset=utf-8", status=403, headers=headers)
