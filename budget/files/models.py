"""Files as they came: who brought which, and their content in sealed parts. Never altered, so not in the history."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from budget.books.models import Book


class StoredFile(models.Model):
    """A file that somebody brought to a book. The same content is kept once for each book."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, help_text="The digest of the content as it came, in hexadecimal.")
    name = models.CharField(max_length=200, help_text="What the file was called; never used as a path.")
    size = models.BigIntegerField(help_text="Bytes of the content as it came.")
    by_name = models.CharField(max_length=100, help_text="Who brought it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "sha256"], name="stored_file_once_per_book"),
            models.CheckConstraint(condition=Q(size__gte=0), name="stored_file_size_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class FilePart(models.Model):
    """A piece of a file's content, sealed with the newest key of the ring."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField(help_text="Its place in the file, from 0.")
    sealed = models.BinaryField(help_text="The piece, encrypted and authenticated.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["file", "number"], name="file_part_once"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.file_id}"
