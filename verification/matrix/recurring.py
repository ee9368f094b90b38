"""Rows of the matrix: what comes again, and due dates that are done with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from budget import history
from budget.recurring import operations, posting, queries
from budget.recurring.models import RecurringSeries, SettledDue, State
from verification.drills.world import last_change
from verification.matrix.cells import NOWHERE, OURS, Output, Row, get, lines, named, post

FIRST, NEXT = date(2200, 1, 31), date(2200, 2, 28)
"""So far ahead that no day on which the check runs makes them late."""
LIST = "recurring:series-list"


class Series(Row):
    """A payment that comes again in a rhythm."""

    name: ClassVar[str] = "recurring series"
    model: ClassVar[str] = "recurringseries"
    requirements: ClassVar[tuple[str, ...]] = ("R001-34",)

    def create(self) -> Output:
        w = self.world
        return Output(
            lines(
                self.wrote(self._add),
                self.refused(
                    lambda: self._add(name=""),
                    lambda: self._add(amount=Decimal("0.00")),
                    lambda: self._add(amount=Decimal("0.001")),
                    lambda: self._add(account=w.their_account),
                    lambda: self._add(category=w.their_category),
                ),
            )
        )

    def read(self) -> Output:
        return Output(self.shown("recurring:series-detail", self._series().pk, shows=["Film Stream", "13.99", "Food"]))

    def list(self) -> Output:
        return Output(
            lines(
                f"series: {named(queries.series_of(self.world.book))}",
                self.shown(LIST, shows=["Film Stream", "13.99"]),
                self.shown(LIST, client=self.other, hides=[*OURS, "Film Stream"]),
            )
        )

    def foreign(self) -> Output:
        w, pk = self.world, self._series().pk
        return Output(
            lines(
                self.answers(
                    self.other,
                    get("recurring:series-detail", pk),
                    get("recurring:series-change", pk),
                    post("recurring:series-change", pk, **self._form()),
                    post("recurring:series-state", pk, state="ended"),
                    post("recurring:series-skip", pk, due=FIRST.isoformat()),
                    post("recurring:series-delete", pk),
                    get("recurring:series-detail", NOWHERE),
                ),
                self.refused(
                    lambda: self._add(by=w.stranger),
                    lambda: operations.change_series(self._series(), by=w.stranger, content=self._content()),
                    lambda: operations.set_state(self._series(), by=w.stranger, state=State.ENDED),
                    lambda: operations.delete_series(self._series(), by=w.stranger),
                    self.sql("UPDATE budget_recurringseries SET account_id = %s WHERE id = %s", w.their_account.pk, pk),
                ),
            )
        )

    def update(self) -> Output:
        """Neither its book, nor its state, nor by what it is recognised is among what its form sets."""
        form = self._form() | {
            "rhythm": "quarterly",
            "note": "Family",
            "book": str(self.world.theirs.pk),
            "state": "ended",
            "merchant": "MINE",
        }
        pk = self._series().pk
        return Output(
            lines(
                self.wrote(lambda: self.answers_to(self.own, "recurring:series-change", form, pk)),
                self.wrote(lambda: operations.set_state(self._series(), by=self.world.owner, state=State.PAUSED)),
                self.refused(self.sql("UPDATE budget_recurringseries SET amount = 0 WHERE id = %s", pk)),
            )
        )

    def delete(self) -> Output:
        return Output(
            lines(
                self.wrote(lambda: operations.delete_series(self._series(), by=self.world.owner)),
                self.wrote(lambda: history.undo(last_change(self.world.book), by=self.world.owner)),
                self.wrote(lambda: self.answers_to(self.own, "recurring:series-delete", {"x": "1"}, self._series().pk)),
            )
        )

    def _content(self, **other: Any) -> operations.Content:
        w = self.world
        said: dict[str, Any] = {"name": "Film Stream", "account": w.everyday, "amount": Decimal("13.99")}
        said |= {"rhythm": "monthly", "anchor": FIRST, "category": w.food, "since": FIRST}
        return operations.Content(**said | other)

    def _add(self, **other: Any) -> RecurringSeries:
        by = other.pop("by", self.world.owner)
        return operations.add_series(book=self.world.book, by=by, content=self._content(**other))

    def _form(self) -> dict[str, str]:
        series = self._series()
        return {
            "name": "Film Stream",
            "amount": "13.99",
            "direction": "out",
            "rhythm": "monthly",
            "anchor": FIRST.isoformat(),
            "account": str(series.account_id),
            "category": str(series.category_id),
            "seen": str(series.version),
        }

    def _series(self) -> RecurringSeries:
        return RecurringSeries.objects.of(self.world.book).select_related("book").get()


class SettledDues(Row):
    """A due date that was recorded by itself, or is skipped: at most once for each date."""

    name: ClassVar[str] = "settled due date"
    model: ClassVar[str] = "settleddue"
    requirements: ClassVar[tuple[str, ...]] = ("R001-34",)

    def create(self) -> Output:
        """Skipped by a person; recorded by the program, once however often it runs."""
        w = self.world
        content = operations.Content(
            "Rent", w.everyday, Decimal("900.00"), "monthly", FIRST, w.rent, posts=True, since=FIRST
        )
        operations.add_series(book=w.book, by=w.owner, content=content)
        return Output(
            lines(
                self.wrote(lambda: operations.skip(self._series(), by=w.owner, due=FIRST)),
                self.wrote(lambda: posting.post_due(w.book, NEXT)),
                self.wrote(lambda: posting.post_due(w.book, NEXT)),
                self.refused(
                    lambda: operations.skip(self._series(), by=w.owner, due=FIRST),
                    lambda: operations.skip(self._series(), by=w.owner, due=NEXT),
                    lambda: operations.skip(self._series(), by=w.owner, due=date(2200, 3, 30)),
                ),
            )
        )

    def read(self) -> Output:
        return Output(self.shown("recurring:series-detail", self._series().pk, shows=["31 Jan 2200", "skipped"]))

    def list(self) -> Output:
        return Output(
            lines(
                f"settled: {named(queries.settled_of(self._series()))}",
                f"of the stranger: {named(SettledDue.objects.of(self.world.theirs)) or 'none'}",
            )
        )

    def foreign(self) -> Output:
        w, series = self.world, self._series()
        return Output(
            lines(
                self.answers(self.other, post("recurring:series-skip", series.pk, due="2200-03-31")),
                self.refused(
                    lambda: operations.skip(self._series(), by=w.stranger, due=date(2200, 3, 31)),
                    self.sql("UPDATE budget_settleddue SET book_id = %s WHERE series_id = %s", w.theirs.pk, series.pk),
                ),
            )
        )

    def update(self) -> Output:
        """Nobody edits one; taking back what recorded itself leaves the date skipped, or it would be recorded anew."""
        w = self.world
        return Output(
            lines(
                self.wrote(lambda: history.undo(last_change(w.book), by=w.owner)),
                self.wrote(lambda: posting.post_due(w.book, NEXT)),
            )
        )

    def delete(self) -> Output:
        """Only an undo of the skipping, or its series, takes one away."""
        w = self.world
        operations.skip(self._series(), by=w.owner, due=date(2200, 3, 31))
        return Output(
            lines(
                self.wrote(lambda: history.undo(last_change(w.book), by=w.owner)),
                self.wrote(lambda: operations.delete_series(self._series(), by=w.owner)),
            )
        )

    def _series(self) -> RecurringSeries:
        return RecurringSeries.objects.of(self.world.book).select_related("book").get()


ROWS: tuple[type[Row], ...] = (Series, SettledDues)
