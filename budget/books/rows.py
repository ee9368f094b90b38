"""What every row of a book has in common: it is written by a change of its book, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from budget.books.models import Book

Row = TypeVar("Row", bound=models.Model)

_writing: ContextVar[bool] = ContextVar("budget_change_is_writing", default=False)


class WrittenOutsideOfAChange(RuntimeError):
    """Code tried to write a book's row without `history.change`; a mistake of ours, never of a person."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} may only be written inside history.change, so that it is recorded and can be undone.")


@contextmanager
def pen() -> Iterator[None]:
    """Allow writing of book rows; only `budget.history` and the removal of a whole book hold it."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def require_pen(what: str) -> None:
    """Raise `WrittenOutsideOfAChange` unless a change is writing."""
    if not _writing.get():
        raise WrittenOutsideOfAChange(what)


class BookRowQuerySet(models.QuerySet[Row]):
    """Rows of books; bulk writing goes through the pen like everything else."""

    def of(self, book: Book) -> Self:
        """Only the rows of `book`: the first filter of every lookup."""
        return self.filter(book=book)

    def update(self, **kwargs: Any) -> int:
        require_pen(self.model.__name__)
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        require_pen(self.model.__name__)
        return super().delete()

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        require_pen(self.model.__name__)
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> int:
        require_pen(self.model.__name__)
        return super().bulk_update(objs, *args, **kwargs)


class Recorded(models.Model):
    """A row whose every state is in the history."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        require_pen(type(self).__name__)
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        require_pen(type(self).__name__)
        return super().delete(*args, **kwargs)


class BookRow(Recorded):
    """A row that belongs to one book.

    `version` is the number of the change that last wrote the row: what a form was opened with, compared on saving,
    tells that somebody else was faster.
    """

    book = models.ForeignKey("budget.Book", on_delete=models.PROTECT, related_name="+", editable=False)
    version = models.BigIntegerField(
        default=0, editable=False, help_text="The number of the change that last wrote the row."
    )

    class Meta:
        abstract = True
