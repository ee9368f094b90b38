"""A person's devices: who is signed in, and ending it everywhere."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from budget.books.middleware import needs_no_book
from budget.http import HtmxRequest
from budget.users.signing_out import sign_out_everywhere


@require_GET
def security(request: HtmxRequest) -> HttpResponse:
    """Password and sessions."""
    return render(request, "users/security.html")


@needs_no_book
@require_POST
def sessions_end(request: HtmxRequest) -> HttpResponse:
    """End every other session of the person; this one stays."""
    ended = sign_out_everywhere(request.user, but=request.session.session_key)
    text = f"Ended {ended} other session{'' if ended == 1 else 's'}." if ended else "You are signed in here only."
    messages.info(request, text)
    return redirect("users:security")
