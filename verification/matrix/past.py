"""Rows of the matrix: the history, which is added to and taken back, and never altered or deleted."""

from __future__ import annotations

from typing import ClassVar

from budget import history
from budget.history import Change, Entry, queries
from budget.ledger import operations
from verification.drills.world import last_change
from verification.matrix.cells import OURS, Output, Row, get, lines, named, post


class Changes(Row):
    """One thing that a person did."""

    name: ClassVar[str] = "change"
    model: ClassVar[str] = "change"
    table: ClassVar[str] = "budget_change"
    column: ClassVar[str] = "summary"

    def create(self) -> Output:
        """With whatever is written, and by nothing else."""
        wrote = self.wrote(lambda: self.world.record())
        made = last_change(self.world.book)
        return Output(lines(wrote, f"{made.number}: {made.kind}, {made.summary}, by {made.by_name}"))

    def read(self) -> Output:
        made = last_change(self.world.book)
        rows = queries.rows(made).rows
        return Output(
            lines(
                f"rows: {len(rows)}",
                self.shown("history:change-detail", made.number, shows=["Recorded Coffee house, 12.50"]),
            )
        )

    def list(self) -> Output:
        found = queries.changes(self.world.book).rows
        return Output(
            lines(
                f"newest first: {named(line.change for line in found[:3])}",
                self.shown("history:change-list", shows=["Recorded Coffee house, 12.50", "Owner"]),
                self.shown("history:change-list", client=self.other, shows=["Their coffee"], hides=OURS),
            )
        )

    def foreign(self) -> Output:
        """Numbers count from 1 in every book: the owner's newest is one that the stranger's book has not reached."""
        made = last_change(self.world.book)
        return Output(
            lines(
                self.answers(self.other, get("history:change-detail", made.number), post("history:undo", made.number)),
                self.refused(lambda: history.undo(made, by=self.world.stranger)),
            )
        )

    def update(self) -> Output:
        """Neither the application nor SQL behind its back may."""
        made = last_change(self.world.book)
        return Output(
            self.refused(
                made.save,
                lambda: Change.objects.filter(pk=made.pk).update(summary="Nothing happened"),
                self.sql(f"UPDATE {self.table} SET {self.column} = 'x' WHERE id = %s", self._newest().pk),  # noqa: S608  (names of ours)
            ),
            by_design=True,
        )

    def delete(self) -> Output:
        """What it did can be taken back, which is a change of its own."""
        made = self._newest()
        return Output(
            lines(
                self.refused(
                    lambda: made.delete(),
                    self.sql(f"DELETE FROM {self.table} WHERE id = %s", made.pk),  # noqa: S608  (names of ours)
                ),
                self.wrote(lambda: history.undo(last_change(self.world.book), by=self.world.owner)),
            ),
            by_design=True,
        )

    def _newest(self) -> Change | Entry:
        return last_change(self.world.book)


class Entries(Changes):
    """What a change did to rows of one model."""

    name: ClassVar[str] = "entry of the history"
    model: ClassVar[str] = "entry"
    table: ClassVar[str] = "budget_entry"
    column: ClassVar[str] = "payload"

    def create(self) -> Output:
        wrote = self.wrote(lambda: self.world.record())
        made = self._newest()
        return Output(lines(wrote, f"{made.position}: {made.action} {made.count} {made.model}"))

    def read(self) -> Output:
        rows = [queries.rows(last_change(self.world.book)).rows[0]]
        fields = [field for row in rows for field in row.fields if field.label not in ("Added", "Date")]
        return Output(f"in words: {named(f'{field.label} {field.value}' for field in fields if field.value)}")

    def list(self) -> Output:
        """Among the deleted rows, once it is one of deletion; readable, though the row itself is gone."""
        w = self.world
        gone = w.record("8.00", "Ferry")
        operations.delete_transactions(book=w.book, by=w.owner, rows=type(gone).objects.filter(pk=gone.pk))
        found = queries.deletions(w.book).rows
        output = lines(
            f"deleted: {len(found)}",
            self.shown("history:change-list", query="?show=deletions", shows=["Ferry", "8.00"]),
            self.shown("history:change-list", client=self.other, query="?show=deletions", hides=[*OURS, "Ferry"]),
        )
        history.undo(last_change(w.book), by=w.owner)
        return Output(output)

    def update(self) -> Output:
        made = self._newest()
        return Output(
            self.refused(
                made.save,
                lambda: Entry.objects.filter(pk=made.pk).update(payload="{}"),
                self.sql("UPDATE budget_entry SET payload = '{}' WHERE id = %s", made.pk),
                self.sql("UPDATE budget_entry SET digest = '' WHERE id = %s", made.pk),
            ),
            by_design=True,
        )

    def _newest(self) -> Entry:
        return Entry.objects.filter(book=self.world.book).latest("pk")


ROWS: tuple[type[Row], ...] = (Changes, Entries)
