"""Ending a person's sessions on every device."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from budget.users.models import User


def sign_out_everywhere(user: User, *, but: str | None = None) -> int:
    """End every session of `user`; answers how many there were.

    Args:
        but: the key of a session that stays.
    """
    # Who a session belongs to is inside it, so all that are alive are looked at: as many as there are devices.
    alive = Session.objects.filter(expire_date__gt=timezone.now()).exclude(session_key=but or "")
    ended = [
        session.session_key
        for session in alive.iterator(chunk_size=200)
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]
    for start in range(0, len(ended), 500):
        Session.objects.filter(session_key__in=ended[start : start + 500]).delete()
    return len(ended)
