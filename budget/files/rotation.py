"""Seals everything with the newest key, while the program runs; afterwards the older keys can go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import transaction

from budget.books.models import Book
from budget.files.errors import FileSpoiled
from budget.files.keyring import key_ring
from budget.files.models import FilePart
from budget.files.vault import open_part, seal_part

PARTS_AT_ONCE = 16


@dataclass
class Rotation:
    """What was found: parts sealed anew, parts that the newest key had sealed before, and by file why others stay."""

    resealed: int = 0
    already: int = 0
    problems: dict[int, str] = field(default_factory=dict)


def rotate(told: Callable[[int, int], None] = lambda done, size: None) -> Rotation:
    """Seal every part of every file with the newest key; run again, it goes on where it stopped.

    Args:
        told: how many parts were looked at, and of how many.
    """
    found, size = Rotation(), FilePart.objects.count()
    done = 0
    for book_id in list(Book.objects.order_by("pk").values_list("pk", flat=True)):
        last = 0
        while page := _rotate_some(book_id, last, found):
            last, done = page[-1].pk, done + len(page)
            told(done, max(size, done))
    return found


@transaction.atomic
def _rotate_some(book_id: int, after: int, found: Rotation) -> list[FilePart]:
    # The book is locked first, as everybody does who writes to it: nobody waits for somebody who waits.
    if Book.objects.select_for_update(no_key=True).filter(pk=book_id).first() is None:
        return []
    parts = FilePart.objects.filter(book_id=book_id, pk__gt=after).select_related("file").order_by("pk")
    page = list(parts[:PARTS_AT_ONCE])
    ring = key_ring()
    for part in page:
        sealed = bytes(part.sealed)
        if ring.is_newest(sealed):
            found.already += 1
            continue
        try:
            content = open_part(part.file, part.number, sealed)
        except FileSpoiled as spoiled:
            found.problems.setdefault(part.file_id, str(spoiled))
            continue
        FilePart.objects.filter(pk=part.pk).update(sealed=seal_part(part.file, part.number, content))
        found.resealed += 1
    return page
