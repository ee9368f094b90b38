"""What writes: one open change, its rows as they were and are, and the entries that remember them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from itertools import islice
from typing import Any, TypeVar

from django.db import models, transaction
from django.db.models import QuerySet

from budget.books.models import Book
from budget.books.rows import pen
from budget.history import bulk
from budget.history.batch import NewRows, new_rows
from budget.history.digests import change_digest, entry_digest
from budget.history.errors import ChangedMeanwhile, Vanished
from budget.history.keeping import Keeper, RowChange, keeper_of
from budget.history.labels import Labels, labels_of_part
from budget.history.models import Action, Change, Entry
from budget.history.rows import Shape, Value, Values, canonical, shape_of

ROWS_AT_ONCE = 5000
ROWS_PER_ENTRY = 1000
ENTRIES_IN_MEMORY = 20
ENTRY_COLUMNS = ("position", "model", "action", "first_id", "last_id", "count", "payload", "digest")
MANY_ROWS = 10_000
"""From here on the database is asked to look at its tables anew, so that its plans fit their size."""

Row = TypeVar("Row", bound=models.Model)
Page = TypeVar("Page")


@dataclass
class Recorder:
    """One open change: writes rows and remembers how they were."""

    book: Book
    number: int
    at: datetime
    record: Change
    digests: list[str] = field(default_factory=list)
    is_kept: bool = False
    """Remembered although no row was written: that it was done is what matters."""
    _pending: list[Entry] = field(default_factory=list)
    _keeping: dict[type[models.Model], Keeper | None] = field(default_factory=dict)
    _labels: Labels = field(default_factory=Labels)

    def create(self, row: Row) -> Row:
        """Write a new row; its book and version are set here."""
        return self.create_all([row])[0]

    def create_all(self, rows: Sequence[Row]) -> list[Row]:
        """Write new rows of one model, in as few statements as the engine allows; their ids are set."""
        shape = shape_of(type(rows[0]))
        for row in rows:
            self._stamp(row)
        with pen():
            if len(rows) == 1:
                rows[0].save(force_insert=True)
            else:
                shape.model._base_manager.bulk_create(rows)
        self._labels.remember(rows)
        self._enter(shape, Action.CREATE, [(row.pk, None, shape.values(row)) for row in rows])
        return list(rows)

    def create_many(
        self, model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Value]], *, scattered: str = ""
    ) -> int:
        """Write any number of new rows from recorded values (`Shape.names`), streamed; answers how many.

        Args:
            fields: the names that each row gives values for; the others take the model's default.
            rows: values as the history writes them: money in thousandths, dates as ISO text, a foreign key's id.
            scattered: a field whose values come in no order, and which an index begins with.
        """
        rest = iter(rows)
        return self.create_pages(model, fields, iter(lambda: list(islice(rest, ROWS_AT_ONCE)), []), scattered=scattered)

    def create_pages(
        self,
        model: type[models.Model],
        fields: Sequence[str],
        pages: Iterator[Sequence[Page]],
        make: Callable[[Sequence[Page]], Sequence[Sequence[Value]]] | None = None,
        *,
        scattered: str = "",
    ) -> int:
        """The same of pages of some thousand each.

        Args:
            make: the rows of a page, without the database: it works on a page while the one before is written.
        """
        shape = shape_of(model)

        def made(page: Sequence[Any] | None) -> NewRows | None:
            return new_rows(shape, fields, make(page) if make else page) if page else None

        written, new = 0, made(next(pages, None))
        while new:
            following = cache(partial(made, next(pages, None)))
            note, idle = self._note_new(new), following if make else None
            with pen():
                bulk.insert(new, self.book, self.number, note, part=ROWS_PER_ENTRY, scattered=scattered, idle=idle)
            self._write_many_entries()
            written += new.count
            new = following()
        if written >= MANY_ROWS:
            transaction.on_commit(bulk.refresh_statistics)
        return written

    def _note_new(self, rows: NewRows) -> Callable[[Sequence[int], NewRows], None]:
        """What notes a part of new rows; all that must be looked up is looked up now."""
        keeper, labels = self._keeper(rows.shape), self._labels.of_new(rows)

        def note(ids: Sequence[int], part: NewRows) -> None:
            self._add_entry(part.shape, Action.CREATE, ids, part.payload(ids, labels_of_part(part, labels)))
            if keeper:
                keeper.take_new(part)

        return note

    def update(self, row: Row, **values: Any) -> Row:
        """Give `row`, as the database has it now, new values; writes and records only what differs.

        A row that was loaded before the book was locked is read again first, so nothing older is written back.
        """
        shape = shape_of(type(row))
        self.fresh(row)
        before = shape.values(row)
        for name, value in values.items():
            setattr(row, name, value)
        if shape.values(row) == before:
            return row
        self._stamp(row)
        with pen():
            row.save(force_update=True)
        self._labels.remember([row])
        self._enter(shape, Action.UPDATE, [(row.pk, before, shape.values(row))])
        return row

    def fresh(self, row: Row, seen: int | None = None) -> Row:
        """Read `row` again, now that nobody else can write.

        Args:
            seen: the version that a form was opened with.

        Raises:
            Vanished: the row was deleted meanwhile.
            ChangedMeanwhile: the row is no longer as it was seen.
        """
        try:
            row.refresh_from_db()
        except type(row).DoesNotExist as gone:  # type: ignore[attr-defined]  # every model class has its own
            raise Vanished from gone
        if seen is not None and seen != getattr(row, "version", None):
            raise ChangedMeanwhile(row)
        return row

    def update_many(self, rows: QuerySet[Any], **values: Any) -> int:
        """Give all of `rows` the same new values, in one change; answers how many differed."""
        shape = shape_of(rows.model)
        places = {name: place for place, name in enumerate(shape.names)}
        new: dict[int, Value] = {}
        for name, value in values.items():
            column = next(c for c in shape.columns if name in (c.name, c.field.name))
            raw = value.pk if isinstance(value, models.Model) else value
            new[places[column.name]] = column.write(raw)
        written = 0
        for batch in _batches(shape, self.book, rows):
            altered: list[RowChange] = []
            for pk, before in batch:
                after = list(before)
                for place, raw in new.items():
                    after[place] = raw
                if after != before:
                    altered.append((pk, before, after))
            if not altered:
                continue
            with pen():
                owned = shape.model._base_manager.filter(pk__in=[pk for pk, _, _ in altered])
                owned.update(**values, **self._version(shape))
            self._enter(shape, Action.UPDATE, altered)
            written += len(altered)
        return written

    def delete(self, row: models.Model) -> None:
        """Remove a row; the history keeps it, with the names of all that it pointed at."""
        shape = shape_of(type(row))
        self.delete_many(shape.model._base_manager.filter(pk=row.pk))

    def delete_many(self, rows: QuerySet[Any]) -> int:
        """Remove all of `rows` in one change; answers how many there were."""
        shape = shape_of(rows.model)
        written = 0
        for batch in _batches(shape, self.book, rows):
            self._enter(shape, Action.DELETE, [(pk, before, None) for pk, before in batch])
            with pen():
                doomed = shape.model._base_manager.filter(pk__in=[pk for pk, _ in batch])
                doomed._raw_delete(doomed.db)
            written += len(batch)
        return written

    def restore(self, shape: Shape, rows: Sequence[tuple[int, Values]]) -> None:
        """Write rows that were deleted, with the ids and values they had."""
        made = [shape.row(self.book, pk, values) for pk, values in rows]
        for row in made:
            self._stamp(row)
        with pen():
            shape.model._base_manager.bulk_create(made)
        self._enter(shape, Action.CREATE, [(pk, None, values) for pk, values in rows])

    def rewrite(self, shape: Shape, rows: Sequence[tuple[int, Values, Values]]) -> None:
        """Give rows back values they had: `(id, values now, values then)` each."""
        groups: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for pk, now, then in rows:
            altered = {
                c.name: None if t is None else c.read(t)
                for c, n, t in zip(shape.columns, now, then, strict=True)
                if n != t
            }
            groups.setdefault(repr(altered), (altered, []))[1].append(pk)
        with pen():
            for altered, ids in groups.values():
                shape.model._base_manager.filter(pk__in=ids).update(**altered, **self._version(shape))
        self._enter(shape, Action.UPDATE, rows)

    def _version(self, shape: Shape) -> dict[str, int]:
        return {} if shape.model is Book else {"version": self.number}

    def _stamp(self, row: models.Model) -> None:
        if isinstance(row, Book):
            return
        owner = getattr(row, "book_id", None)
        if owner is not None and owner != self.book.pk:
            raise ValueError(f"{row!r} belongs to another book than the change that writes it.")
        row.book = self.book  # type: ignore[attr-defined]  # every recorded row but a Book has one
        row.version = self.number  # type: ignore[attr-defined]

    def _enter(self, shape: Shape, action: Action, rows: Sequence[RowChange]) -> None:
        for start in range(0, len(rows), ROWS_PER_ENTRY):
            part = rows[start : start + ROWS_PER_ENTRY]
            ids = [pk for pk, _, _ in part]
            payload = canonical(
                {
                    "fields": shape.names,
                    "names": self._labels.of_changes(shape, part),
                    "rows": [[pk, before, _after(shape, before, after)] for pk, before, after in part],
                }
            )
            self._add_entry(shape, action, ids, payload)
            self._write_many_entries()
        if keeper := self._keeper(shape):
            keeper.take(rows)

    def _keeper(self, shape: Shape) -> Keeper | None:
        if shape.model not in self._keeping:
            self._keeping[shape.model] = keeper_of(shape.model, self.book)
        return self._keeping[shape.model]

    def _add_entry(self, shape: Shape, action: Action, ids: Sequence[int], payload: str) -> None:
        entry = Entry(
            book=self.book,
            position=len(self.digests),
            model=shape.name,
            action=action,
            first_id=min(ids),
            last_id=max(ids),
            count=len(ids),
            payload=payload,
        )
        entry.digest = entry_digest(entry)
        self.digests.append(entry.digest)
        self._pending.append(entry)

    def _write_many_entries(self) -> None:
        if len(self._pending) >= ENTRIES_IN_MEMORY:
            self._write_entries()

    def close(self) -> None:
        """Bring derived data up to date, write change and entries, raise the book's version."""
        for keeper in filter(None, self._keeping.values()):
            keeper.close()
        self.record.digest = change_digest(self.record, self.digests)
        with pen():
            self.record.save(force_insert=True)
            self._write_entries()
            Book.objects.filter(pk=self.book.pk).update(version=self.number, head=self.record.digest)
        self.book.version = self.number
        self.book.head = self.record.digest

    def _write_entries(self) -> None:
        """Write what has gathered. The change itself comes last; until then the foreign key waits, being deferred."""
        if self.record.pk is None:
            self.record.pk = bulk.reserve(Change, 1)[0]
        for entry in self._pending:
            entry.change_id = self.record.pk
        with pen():
            if len(self._pending) < ENTRIES_IN_MEMORY:
                Entry.objects.bulk_create(self._pending)
            else:
                same = {"book_id": self.book.pk, "change_id": self.record.pk}
                varying = {name: [getattr(e, name) for e in self._pending] for name in ENTRY_COLUMNS}
                bulk.write(Entry, same, varying, len(self._pending))
        self._pending.clear()


def _batches(shape: Shape, book: Book, rows: QuerySet[Any]) -> Iterator[list[tuple[int, Values]]]:
    """The rows' ids and recorded values, locked in id order, a thousand at a time."""
    if shape.model is not Book:
        rows = rows.filter(book=book)
    ids = list(rows.order_by("pk").values_list("pk", flat=True).distinct())
    for start in range(0, len(ids), ROWS_PER_ENTRY):
        part = shape.model._base_manager.filter(pk__in=ids[start : start + ROWS_PER_ENTRY]).order_by("pk")
        found = part.values_list("pk", *shape.names)
        yield [(pk, [c.write(v) for c, v in zip(shape.columns, values, strict=True)]) for pk, *values in found]


def _after(shape: Shape, before: Values | None, after: Values | None) -> Values | dict[str, Value] | None:
    if before is None or after is None:
        return after
    return {name: new for name, old, new in zip(shape.names, before, after, strict=True) if old != new}
