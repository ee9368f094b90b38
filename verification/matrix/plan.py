"""Rows of the matrix: budgets (envelopes and their allocations), and moves between them."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from budget import history
from budget.envelopes import operations
from budget.envelopes.board import board
from budget.envelopes.details import allocation_rows
from budget.envelopes.models import Allocation, EnvelopeTransfer
from budget.envelopes.queries import available, plan_line
from verification.drills.world import DAY, MONTH, last_change
from verification.matrix.cells import OURS, Output, Row, get, lines, named, post


class Envelopes(Row):
    """One category's budget for one month."""

    name: ClassVar[str] = "budget"
    model: ClassVar[str] = "envelope"

    def create(self) -> Output:
        return Output(
            lines(
                self.wrote(self.world.plan),
                self.wrote(self.world.plan),
                self.refused(lambda: self.world.plan("-1.00"), lambda: self.world.plan(category=self.world.salary)),
            )
        )

    def read(self) -> Output:
        w = self.world
        w.record("30.00")
        line = plan_line(w.book, w.food, MONTH)
        return Output(
            lines(
                f"allocated {line.allocated}, spent {line.spent}, available {line.available}",
                self.shown("envelopes:envelope-detail", MONTH, w.food.pk, shows=["Food", "200.00", "170.00"]),
            )
        )

    def list(self) -> Output:
        found = [line.plan for group in board(self.world.book, MONTH, DAY).groups for line in group.lines]
        return Output(
            lines(
                f"budgets: {named(f'{line.category} {line.allocated}' for line in found)}",
                self.shown("envelopes:budget-month", MONTH, shows=["Food", "Rent"]),
                self.shown("envelopes:budget-month", MONTH, client=self.other, hides=OURS),
            )
        )

    def foreign(self) -> Output:
        w = self.world
        return Output(
            lines(
                self.answers(
                    self.other,
                    get("envelopes:envelope-detail", MONTH, w.food.pk),
                    post("envelopes:envelope-detail", MONTH, w.food.pk, **{f"budget-{w.food.pk}": "1.00"}),
                    post("envelopes:envelope-rollover", MONTH, w.food.pk, rollover="both"),
                ),
                self.refused(
                    lambda: operations.set_budget(
                        book=w.book, by=w.stranger, category=w.food, month=MONTH, amount=Decimal(1)
                    ),
                    lambda: w.plan(category=w.their_category),
                    lambda: operations.set_budgets(
                        book=w.book, by=w.owner, month=MONTH, amounts={w.their_category.pk: Decimal(1)}
                    ),
                ),
            )
        )

    def update(self) -> Output:
        """A budget is altered by what is missing or too much: one more allocation."""
        return Output(self.wrote(lambda: self.world.plan("150.00")))

    def delete(self) -> Output:
        """Taken back change by change; the second takes the envelope with it, once nothing is spent from it."""
        w = self.world

        def undo_twice() -> None:
            made = last_change(w.book)
            history.undo(made, by=w.owner)
            first = w.book.changes.filter(kind="envelope.set").order_by("number")[0]
            history.undo(first, by=w.owner)

        return Output(self.wrote(undo_twice))


class Allocations(Row):
    """One signed change of a budget; added and taken back, never edited."""

    name: ClassVar[str] = "allocation"
    model: ClassVar[str] = "allocation"

    def create(self) -> Output:
        self.world.plan()
        return Output(self.wrote(lambda: self.world.plan("260.00")))

    def read(self) -> Output:
        w = self.world
        rows = allocation_rows(w.book, MONTH, w.food)
        return Output(
            lines(
                f"of Food: {named(f'{row.amount} by {row.by_name}' for row in rows)}",
                self.shown("envelopes:envelope-detail", MONTH, w.food.pk, shows=["200.00", "60.00"]),
            )
        )

    def list(self) -> Output:
        w = self.world
        return Output(
            lines(
                f"of the month: {named(f'{r.category} {r.amount}' for r in allocation_rows(w.book, MONTH))}",
                self.shown("envelopes:allocation-list", MONTH, shows=["Food", "200.00", "60.00", "260.00"]),
            )
        )

    def foreign(self) -> Output:
        w = self.world

        def take_away() -> None:
            with history.change(w.book, w.stranger, "Took away", kind="drill") as change:
                change.delete(self._latest())

        return Output(
            lines(
                f"of the stranger: {named(allocation_rows(w.theirs, MONTH)) or 'none'}",
                self.shown("envelopes:allocation-list", MONTH, client=self.other, hides=[*OURS, "260.00", "60.00"]),
                self.refused(take_away, lambda: history.undo(last_change(w.book), by=w.stranger)),
            )
        )

    def update(self) -> Output:
        w, row = self.world, self._latest()

        def edit() -> None:
            with history.change(w.book, w.owner, "Edited", kind="drill") as change:
                change.update(row, amount=Decimal("61.00"))

        return Output(
            self.refused(edit, self.sql("UPDATE budget_allocation SET amount = 61000 WHERE id = %s", row.pk)),
            by_design=True,
        )

    def delete(self) -> Output:
        return Output(self.wrote(lambda: history.undo(last_change(self.world.book), by=self.world.owner)))

    def _latest(self) -> Allocation:
        return Allocation.objects.of(self.world.book).latest("pk")


class EnvelopeTransfers(Row):
    """Plan moved from one budget to another: two allocations, both or neither."""

    name: ClassVar[str] = "transfer between budgets"
    model: ClassVar[str] = "envelopetransfer"

    def create(self) -> Output:
        w = self.world
        w.plan()
        return Output(
            lines(
                self.wrote(w.shift),
                f"left in Food {available(w.book, w.food, MONTH)}, in Rent {available(w.book, w.rent, MONTH)}",
                self.refused(lambda: w.shift("175.01"), lambda: w.shift("0.00")),
            )
        )

    def read(self) -> Output:
        made = self._transfer()
        return Output(
            lines(
                f"out {made.outgoing.amount}, in {made.incoming.amount}",
                self.shown("envelopes:envelope-detail", MONTH, self.world.rent.pk, shows=["25.00", "Food"]),
            )
        )

    def list(self) -> Output:
        return Output(
            lines(
                f"moves: {EnvelopeTransfer.objects.of(self.world.book).count()}",
                self.shown("envelopes:move-list", shows=["Moved 25.00 from Food to Rent"]),
            )
        )

    def foreign(self) -> Output:
        w = self.world
        form = {"from": w.food.pk, "to": w.rent.pk, "amount": "1.00"}

        def move(by: object, source: object, target: object) -> None:
            operations.transfer(
                book=w.book,
                by=by,  # type: ignore[arg-type]  # a person
                source=source,  # type: ignore[arg-type]  # a category
                target=target,  # type: ignore[arg-type]  # a category
                month=MONTH,
                amount=Decimal(1),
            )

        return Output(
            lines(
                self.shown("envelopes:move-list", client=self.other, hides=[*OURS, "Moved 25.00"]),
                self.answers(self.other, post("envelopes:budget-move", MONTH, **form)),
                self.refused(
                    lambda: move(w.stranger, w.food, w.rent),
                    lambda: move(w.owner, w.food, w.their_category),
                    lambda: move(w.owner, w.their_category, w.food),
                ),
            )
        )

    def update(self) -> Output:
        """A move is final: it is taken back and made anew."""
        w, made = self.world, self._transfer()

        def swap() -> None:
            with history.change(w.book, w.owner, "Swapped", kind="drill") as change:
                change.update(made, outgoing=made.incoming, incoming=made.outgoing)

        return Output(self.refused(swap), by_design=True)

    def delete(self) -> Output:
        return Output(self.wrote(lambda: history.undo(last_change(self.world.book), by=self.world.owner)))

    def _transfer(self) -> EnvelopeTransfer:
        return EnvelopeTransfer.objects.of(self.world.book).get()


ROWS: tuple[type[Row], ...] = (Envelopes, Allocations, EnvelopeTransfers)
