"""How long a login lasts: 12 hours without a request, 30 days at most."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

TOUCH_EVERY = 10 * 60
"""Seconds. A session is written at most this often, not with every page; idleness is counted that coarsely."""


class SessionLimitsMiddleware:
    """Ends a session that has lasted too long and keeps a used one alive, with few writes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look at the session before anything reads the user from it."""
        session = request.session
        if SESSION_KEY in session:
            now = int(time.time())
            if now - session.setdefault("began", now) >= settings.SESSION_LONGEST:
                session.flush()
            elif now - session.get("touched", 0) >= TOUCH_EVERY:
                session["touched"] = now
        return self.get_response(request)
