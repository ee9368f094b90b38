"""Is the history whole? Checks every digest and every link, and tells the digest of a book as it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from budget.books.models import NO_CHANGE_YET, Book
from budget.books.rows import Recorded
from budget.history.digests import change_digest, entry_digest
from budget.history.models import Change, Entry
from budget.history.rows import canonical, shape_of

CHANGES_AT_ONCE = 200
ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class Verdict:
    """What a check of a book's chain found: how many changes it read, and the first thing wrong, if any."""

    changes: int
    entries: int
    problem: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether nothing was altered, removed or added."""
        return not self.problem


def verify(book: Book) -> Verdict:
    """Check the chain of `book` from its first change to its head; names the first record that was altered."""
    # Read first: what is written while the check runs belongs to the next one.
    current = Book.objects.get(pk=book.pk)
    previous, number, entries = NO_CHANGE_YET, 0, 0
    for record in _changes(book, current.version):
        number += 1
        if record.number != number:
            return Verdict(number - 1, entries, f"Change {number} is missing; the next one is {record.number}.")
        if record.at is None:
            return Verdict(number, entries, f"Change {record.number}, “{record.summary}”, was altered: it has no time.")
        name = f"Change {record.number}, “{record.summary}” of {record.at:%d %b %Y %H:%M} UTC,"
        if record.previous_digest != previous:
            return Verdict(number, entries, f"{name} does not follow the change before it.")
        digests: list[str] = []
        for entry in _entries(record):
            if entry.position != len(digests):
                return Verdict(number, entries, f"{name} lacks its entry {len(digests)}.")
            if entry.book_id != book.pk or entry_digest(entry) != entry.digest:
                which = f"entry {entry.position} ({entry.action} {entry.model} {entry.first_id})"
                return Verdict(number, entries, f"{name} was altered: its {which} does not match its digest.")
            digests.append(entry.digest)
        entries += len(digests)
        if change_digest(record, digests) != record.digest:
            return Verdict(number, entries, f"{name} was altered: it does not match its digest.")
        previous = record.digest
    if current.version != number or current.head != previous:
        return Verdict(
            number, entries, f"The book is at change {current.version}, but its history ends with change {number}."
        )
    return Verdict(number, entries)


def _changes(book: Book, newest: int) -> Iterator[Change]:
    """In the order of their numbers, a page at a time: a pooled connection has no server-side cursor."""
    last = 0
    while page := list(
        Change.objects.filter(book=book, number__gt=last, number__lte=newest).order_by("number")[:CHANGES_AT_ONCE]
    ):
        yield from page
        last = page[-1].number


def _entries(record: Change) -> Iterator[Entry]:
    last = -1
    while page := list(Entry.objects.filter(change=record, position__gt=last).order_by("position")[:20]):
        yield from page
        last = page[-1].position


def recorded_models() -> list[type[models.Model]]:
    """The models whose rows make up a book, in a fixed order."""
    found = [
        model
        for model in apps.get_app_config("budget").get_models()
        if issubclass(model, Recorded) and model not in (Book, Change, Entry) and not model._meta.proxy
    ]
    return sorted(found, key=lambda model: model.__name__)


def unrecorded_models() -> list[type[models.Model]]:
    """The models of a book's rows that are not in its history.

    They follow from the recorded ones, such as what months add up to, or are what somebody brought, such as files.
    """
    return [
        model
        for model in apps.get_app_config("budget").get_models()
        if not issubclass(model, Recorded) and any(field.name == "book" for field in model._meta.concrete_fields)
    ]


def digest(book: Book) -> str:
    """One hash over every row of a book as it stands; equal digests mean equal books.

    Versions of rows are left out, so that undoing a change gives back the digest from before it.
    """
    current = Book.objects.get(pk=book.pk)
    total = hashlib.sha256(canonical(shape_of(Book).values(current)).encode())
    for model in recorded_models():
        shape = shape_of(model)
        last = 0
        while page := list(
            model._base_manager.filter(book=book, pk__gt=last)
            .order_by("pk")
            .values_list("pk", *shape.names)[:ROWS_AT_ONCE]
        ):
            for pk, *values in page:
                written = [c.write(v) for c, v in zip(shape.columns, values, strict=True)]
                total.update(canonical([shape.name, pk, written]).encode())
            last = page[-1][0]
    return total.hexdigest()
