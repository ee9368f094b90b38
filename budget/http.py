"""The request of a logged-in person, with the book that it works on, and the idempotency key that it carries."""

from __future__ import annotations

import hashlib
import re
import uuid
from typing import TYPE_CHECKING, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from budget.history.recording import IdempotentRequest
from budget.history.rows import canonical

if TYPE_CHECKING:
    from budget.books.models import Book, Membership
    from budget.users.models import User

KEY_FIELD = "request_key"
_KEY = re.compile(r"[A-Za-z0-9_-]{8,100}")
PAGE_FIELD, INTO_FIELD = "page_book", "into_book"
"""The book that a form's page was made for; the one to switch to before it counts, pressed after a refusal."""
_NOT_CONTENT = frozenset({"csrfmiddlewaretoken", KEY_FIELD, PAGE_FIELD, INTO_FIELD})


class HtmxRequest(HttpRequest):
    """What every view of a book gets; `BookMiddleware` and django-htmx put the attributes there."""

    htmx: HtmxDetails
    user: User
    memberships: list[Membership]
    membership: Membership
    book: Book


def new_request_key() -> str:
    """A key for one form on one page; sent twice, the form counts once."""
    return str(uuid.uuid4())


def idempotent_request(request: HttpRequest) -> IdempotentRequest | None:
    """The request's key with a digest of what it asks for; None where a form carries no (readable) key."""
    key = str(request.POST.get(KEY_FIELD, ""))
    if not _KEY.fullmatch(key):
        return None
    content = {name: values for name, values in request.POST.lists() if name not in _NOT_CONTENT}
    asked = canonical({"path": request.path, "content": content})
    return IdempotentRequest(key, hashlib.sha256(asked.encode()).hexdigest())


def own_path(address: str | None, otherwise: str) -> str:
    """`address`, if it is a path of this site; never another host, and never the name of a view."""
    if address and address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return otherwise


def require_writer(request: HttpRequest) -> None:
    """Refuse early, before a form is read, what the pen would refuse anyway: a viewer's writing."""
    if not cast(HtmxRequest, request).membership.may_write:
        raise PermissionDenied("You can view this book, not change it.")
