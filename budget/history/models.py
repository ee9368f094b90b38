"""What happened to a book: changes, each with its entries, chained by hash; append-only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from budget.books.models import Book
from budget.books.rows import BookRowQuerySet, Recorded

SYSTEM = "Budget Tracker"
"""Who does what no person does: a command, a schedule."""


class ChangeQuerySet(BookRowQuerySet["Change"]):
    """Changes of a book."""


class Change(Recorded):
    """One thing a person did to a book, whole.

    `number` counts from 1 within the book and equals the book's version after it. `digest` covers the change, its
    entries and `previous_digest`, so that altering any of them breaks the chain from there on.
    """

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="changes")
    number = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="changes"
    )
    by_name = models.CharField(max_length=100, help_text="Who did it, readable after the person is gone.")
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=40, help_text="The operation, such as expense.create.")
    summary = models.CharField(max_length=300)
    key = models.CharField(max_length=200, null=True, blank=True, help_text="The idempotency key of the request.")
    key_digest = models.CharField(max_length=64, blank=True, help_text="What was asked with that key.")
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by")
    previous_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "number"], name="change_number_once_per_book"),
            models.UniqueConstraint(
                fields=["book", "by", "key"], condition=Q(key__isnull=False), name="change_key_once_per_person"
            ),
            # Rows of people who are gone have no `by` either, and may share a key.
            models.UniqueConstraint(
                fields=["book", "key"],
                condition=Q(key__isnull=False, by__isnull=True, by_name=SYSTEM),
                name="change_key_once_for_the_program",
            ),
            models.CheckConstraint(condition=Q(number__gt=0), name="change_number_positive"),
            models.CheckConstraint(condition=~Q(key=""), name="change_key_null_or_text"),
            models.CheckConstraint(
                condition=Q(undoes__isnull=True) | ~Q(undoes=F("id")), name="change_does_not_undo_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.summary


class Action(models.TextChoices):
    """What an entry did to its rows."""

    CREATE = "create", "added"
    UPDATE = "update", "changed"
    DELETE = "delete", "deleted"


class Entry(Recorded):
    """What a change did to rows of one model: one row, or many written at once.

    `payload` is canonical JSON: `fields`, the row's fields in order; `rows`, each `[id, before, after]` with the
    values in that order, null where there is no before or after, and for an update only the altered fields of the
    after; `names`, the readable name of everything the rows point at. Rows that were added by the thousand have
    `same`, the values that all of them share, and in `rows` only the others.
    """

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="entries")
    position = models.PositiveIntegerField()
    model = models.CharField(max_length=40)
    action = models.CharField(max_length=6, choices=Action.choices)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    payload = models.TextField()
    digest = models.CharField(max_length=64)

    objects = BookRowQuerySet["Entry"].as_manager()

    class Meta:
        ordering: ClassVar = ["change", "position"]
        indexes: ClassVar = [models.Index(fields=["book", "model", "last_id"], name="entry_by_row")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["change", "position"], name="entry_position_once_per_change"),
            models.CheckConstraint(condition=Q(count__gt=0), name="entry_count_positive"),
            models.CheckConstraint(condition=Q(first_id__lte=F("last_id")), name="entry_ids_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.count} {self.model}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("An entry of the history is never altered, and written by its recorder alone.")
