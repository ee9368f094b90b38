"""Rows of the matrix: transactions of every kind, and transfers between accounts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from budget import history
from budget.ledger import operations, queries, standing
from budget.ledger.models import AccountTransfer, Transaction
from verification.drills.world import DAY
from verification.matrix.cells import NOWHERE, OURS, Output, Row, get, lines, named, post

LATER = date(2026, 11, 21)
IGNORED: dict[str, Any] = {
    "source": "plaid",
    "status": "pending_review",
    "external_id": "x",
    "is_pending": "on",
    "predicted_category": "1",
    "tier": "ai",
    "confidence": "999",
    "pattern": "x",
    "model_version": "1",
}
"""What a form of a transaction may send and never sets; so may it name another book, or a person."""


class Transactions(Row, ABC):
    """What all transactions have in common; the subclasses say which one it is."""

    model: ClassVar[str] = "transaction"
    page: ClassVar[str]
    shows: ClassVar[str]

    @abstractmethod
    def made(self) -> object:
        """Record it."""

    @abstractmethod
    def row(self) -> Transaction:
        """The row that was recorded."""

    @abstractmethod
    def form(self) -> dict[str, Any]:
        """New values for it, as its page sends them."""

    def create(self) -> Output:
        return Output(self.wrote(self.made))

    def read(self) -> Output:
        return Output(self.shown("ledger:transaction-change", self.row().pk, shows=[self.row().title, self.shows]))

    def list(self) -> Output:
        return Output(
            lines(
                f"all: {named(row.description for row in Transaction.objects.of(self.world.book).order_by('-pk'))}",
                self.shown(self.page, shows=[self.row().title]),
                self.shown("ledger:transaction-list", client=self.other, shows=["Their coffee"], hides=OURS),
            )
        )

    def foreign(self) -> Output:
        w, pk = self.world, self.row().pk
        return Output(
            lines(
                self.answers(
                    self.other,
                    get("ledger:transaction-change", pk),
                    post("ledger:transaction-change", pk, **self.form()),
                    post("ledger:transaction-category", pk, category=w.their_category.pk),
                    post("ledger:transaction-delete", pk),
                    post("ledger:transactions-change", action="delete", txn=pk),
                    get("ledger:transaction-change", NOWHERE),
                    post("ledger:transaction-delete", NOWHERE),
                ),
                self.refused(
                    lambda: operations.change_transaction(self.row(), by=w.stranger, description="Mine"),
                    lambda: operations.delete_transactions(
                        book=w.book, by=w.stranger, rows=Transaction.objects.filter(pk=pk)
                    ),
                ),
                self.wrote(
                    lambda: operations.delete_transactions(
                        book=w.theirs, by=w.stranger, rows=Transaction.objects.filter(pk=pk)
                    )
                ),
            )
        )

    def update(self) -> Output:
        form = self.form() | IGNORED | {"book": str(self.world.theirs.pk), "user": str(self.world.stranger.pk)}
        return Output(self.wrote(lambda: self.answers_to(self.own, "ledger:transaction-change", form, self.row().pk)))

    def delete(self) -> Output:
        return Output(
            self.wrote(lambda: self.answers_to(self.own, "ledger:transaction-delete", {"x": "1"}, self.row().pk))
        )


class Expenses(Transactions):
    """Money out."""

    name: ClassVar[str] = "transaction: expense"
    requirements: ClassVar[tuple[str, ...]] = ("R001-7", "R001-8", "R001-9", "R001-10")
    page: ClassVar[str] = "ledger:expense-list"
    shows: ClassVar[str] = "12.50"

    def made(self) -> object:
        return self.world.record()

    def row(self) -> Transaction:
        return Transaction.objects.of(self.world.book).get(description__in=["Coffee house", "Bakery"])

    def list(self) -> Output:
        """Newest first, and by category: rows of other categories and income are not among them."""
        w = self.world
        w.record("9.00", "Ferry", category=w.rent, date=LATER)
        w.record("-900.00", "Wages", category=w.salary)
        return Output(
            lines(
                f"expenses: {named(row.description for row in queries.expenses(w.book))}",
                f"of Food: {named(row.description for row in queries.expenses(w.book, w.food))}",
                f"largest: {named(row.description for row in queries.top_expenses(w.book))}",
                self.shown("ledger:transaction-list", shows=["Ferry", "Coffee house", "Wages", "9.00", "900.00"]),
                self.shown("ledger:expense-list", shows=["Ferry", "Coffee house"]),
                self.shown(
                    "ledger:transaction-list", client=self.other, shows=["Their coffee"], hides=[*OURS, "Ferry"]
                ),
            )
        )

    def form(self) -> dict[str, Any]:
        w = self.world
        form = {"amount": "13.40", "direction": "out", "description": "Bakery", "date": "2026-11-21"}
        return form | {"category": str(w.rent.pk), "account": str(w.everyday.pk)}


class Incomes(Transactions):
    """Money in."""

    name: ClassVar[str] = "transaction: income"
    page: ClassVar[str] = "ledger:income-list"
    shows: ClassVar[str] = "3,000.00"

    def made(self) -> object:
        return self.world.record("-3000.00", "Wages", category=self.world.salary)

    def row(self) -> Transaction:
        return Transaction.objects.of(self.world.book).get(description="Wages")

    def form(self) -> dict[str, Any]:
        w = self.world
        form = {"amount": "3100", "direction": "in", "description": "Wages", "date": str(DAY), "note": "With a rise"}
        return form | {"category": str(w.salary.pk), "account": str(w.savings.pk)}


class Outgoing(Transactions):
    """The leg of a transfer that leaves: amount, account and category stay, and it goes with the other one."""

    name: ClassVar[str] = "transaction: leg of a transfer, out"
    page: ClassVar[str] = "ledger:transaction-list"
    shows: ClassVar[str] = "40.00"
    side: ClassVar[str] = "out"

    def made(self) -> object:
        return self.world.move()

    def row(self) -> Transaction:
        transfer = AccountTransfer.objects.of(self.world.book).get()
        return transfer.outgoing if self.side == "out" else transfer.incoming

    def form(self) -> dict[str, Any]:
        return {"amount": "41.00", "direction": "out", "description": "Put aside", "date": str(LATER), "note": "Later"}

    def update(self) -> Output:
        w, pk = self.world, self.row().pk
        return Output(
            lines(
                super().update().text,
                self.refused(
                    lambda: operations.change_transaction(self.row(), by=w.owner, amount=Decimal("41.00")),
                    lambda: operations.change_transaction(self.row(), by=w.owner, category=w.food),
                    self.sql("UPDATE budget_transaction SET amount = amount + 1000 WHERE id = %s", pk),
                    self.sql("UPDATE budget_transaction SET category_id = %s WHERE id = %s", w.food.pk, pk),
                ),
            )
        )


class Incoming(Outgoing):
    """The leg that arrives."""

    name: ClassVar[str] = "transaction: leg of a transfer, in"
    side: ClassVar[str] = "in"


class AccountTransfers(Row):
    """Money moved between two accounts: two legs, both or neither."""

    name: ClassVar[str] = "transfer between accounts"
    model: ClassVar[str] = "accounttransfer"

    def create(self) -> Output:
        w = self.world
        return Output(
            lines(
                self.wrote(w.move),
                f"on Everyday {queries.balance(w.everyday)}, on Savings {queries.balance(w.savings)}",
                self.refused(lambda: w.move("-1.00")),
            )
        )

    def read(self) -> Output:
        return Output(
            lines(
                self.shown("ledger:account-detail", self.world.everyday.pk, shows=["Savings", "40.00"]),
                self.shown("ledger:account-detail", self.world.savings.pk, shows=["Everyday", "40.00"]),
            )
        )

    def list(self) -> Output:
        w = self.world
        return Output(
            lines(
                f"of Everyday: {standing.transfer_count(w.everyday)}, spending: {queries.expenses(w.book).count()}",
                self.shown("ledger:transaction-list", shows=["Transfer to Savings", "Transfer from Everyday"]),
                self.shown("ledger:transaction-list", client=self.other, shows=["Their coffee"], hides=OURS),
            )
        )

    def foreign(self) -> Output:
        w = self.world
        form = {"source": w.everyday.pk, "target": w.savings.pk, "amount": "1.00", "date": str(DAY)}
        return Output(
            lines(
                self.answers(self.other, post("ledger:account-transfer-create", **form)),
                self.refused(
                    lambda: operations.transfer_between_accounts(
                        book=w.book, by=w.stranger, source=w.everyday, target=w.savings, amount=Decimal(1)
                    ),
                    lambda: operations.transfer_between_accounts(
                        book=w.book, by=w.owner, source=w.everyday, target=w.their_account, amount=Decimal(1)
                    ),
                    lambda: operations.transfer_between_accounts(
                        book=w.book, by=w.owner, source=w.their_account, target=w.everyday, amount=Decimal(1)
                    ),
                ),
            )
        )

    def update(self) -> Output:
        """A transfer is final: it is deleted and entered anew."""
        made = self._transfer()

        def swap() -> None:
            with history.change(self.world.book, self.world.owner, "Swapped", kind="drill") as change:
                change.update(made, outgoing=made.incoming, incoming=made.outgoing)

        return Output(self.refused(swap), by_design=True)

    def delete(self) -> Output:
        """With either of its legs."""
        w, leg = self.world, self._transfer().incoming_id
        return Output(
            self.wrote(
                lambda: operations.delete_transactions(book=w.book, by=w.owner, rows=Transaction.objects.filter(pk=leg))
            )
        )

    def _transfer(self) -> AccountTransfer:
        return AccountTransfer.objects.of(self.world.book).get()


ROWS: tuple[type[Row], ...] = (Expenses, Incomes, Outgoing, Incoming, AccountTransfers)
