"""Rows of the matrix: accounts and categories."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from budget.ledger import operations, queries, standing, tree
from budget.ledger.models import Account, Category
from verification.matrix.cells import NOWHERE, OURS, Output, Row, get, lines, named, post


class Accounts(Row):
    """An account."""

    name: ClassVar[str] = "account"
    model: ClassVar[str] = "account"

    def create(self) -> Output:
        w = self.world
        return Output(
            lines(
                self.wrote(
                    lambda: operations.open_account(
                        book=w.book, by=w.owner, name=" Purse ", type="cash", opening_balance=Decimal("20.00")
                    )
                ),
                self.refused(lambda: operations.open_account(book=w.book, by=w.owner, name="PURSE")),
            )
        )

    def read(self) -> Output:
        return Output(
            lines(
                f"balance: {queries.balance(self._purse())}",
                self.shown("ledger:account-detail", self._purse().pk, shows=["Purse", "20.00"]),
            )
        )

    def list(self) -> Output:
        found = [row for group in standing.standing(self.world.book).groups for row in group.accounts]
        return Output(
            lines(
                f"accounts: {named(found)}",
                self.shown("ledger:account-list", shows=["Everyday", "Savings", "Purse"]),
                self.shown("ledger:account-list", client=self.other, shows=["Their account"], hides=[*OURS, "Purse"]),
            )
        )

    def foreign(self) -> Output:
        w, pk = self.world, self._purse().pk
        return Output(
            lines(
                self.answers(
                    self.other,
                    get("ledger:account-change", pk),
                    get("ledger:account-detail", pk),
                    post("ledger:account-change", pk, name="Mine", type="cash", currency="EUR"),
                    post("ledger:account-close", pk),
                    post("ledger:account-delete", pk, typed_name="Purse"),
                    get("ledger:account-detail", NOWHERE),
                ),
                self.refused(
                    lambda: operations.open_account(book=w.book, by=w.stranger, name="Mine"),
                    lambda: operations.change_account(self._purse(), by=w.stranger, name="Mine"),
                    lambda: operations.delete_account(self._purse(), by=w.stranger),
                    lambda: w.record(account=w.their_account),
                ),
            )
        )

    def update(self) -> Output:
        """Its form has five fields; the opening balance is not among those that were altered."""
        form = {"name": "Wallet", "type": "checking", "institution": "Drill Bank", "currency": "EUR"}
        form |= {"opening_balance": "20.00", "is_archived": "on", "book": str(self.world.theirs.pk), "version": "1"}
        return Output(
            self.wrote(lambda: self.answers_to(self.own, "ledger:account-change", form, self._purse().pk)),
        )

    def delete(self) -> Output:
        w = self.world
        w.record()
        return Output(
            lines(
                self.refused(lambda: operations.delete_account(w.everyday, by=w.owner)),
                self.wrote(lambda: operations.delete_account(self._purse(), by=w.owner)),
                self.wrote(
                    lambda: operations.delete_account_with_history(w.everyday, by=w.owner, typed_name="Everyday")
                ),
            )
        )

    def _purse(self) -> Account:
        return Account.objects.of(self.world.book).get(name__in=["Purse", "Wallet"])


class Categories(Row):
    """A category."""

    name: ClassVar[str] = "category"
    model: ClassVar[str] = "category"

    def create(self) -> Output:
        w = self.world
        return Output(
            lines(
                self.wrote(lambda: operations.add_category(book=w.book, by=w.owner, name="Bread", parent=w.food)),
                self.refused(
                    lambda: operations.add_category(book=w.book, by=w.owner, name="bread", parent=w.food),
                    lambda: operations.add_category(book=w.book, by=w.owner, name="Rye", parent=self._bread()),
                    lambda: operations.add_category(book=w.book, by=w.owner, name="Rye", parent=w.their_category),
                ),
            )
        )

    def read(self) -> Output:
        return Output(self.shown("ledger:category-change", self._bread().pk, shows=["Food"]))

    def list(self) -> Output:
        found = [
            [branch.category, *(below.category for below in branch.below)] for branch in tree.tree(self.world.book)
        ]
        return Output(
            lines(
                f"categories: {named(category for branch in found for category in branch)}",
                self.shown("ledger:category-list", shows=["Food", "Bread", "Rent", "Salary"]),
                self.shown("ledger:category-list", client=self.other, shows=["Their category"], hides=[*OURS, "Bread"]),
            )
        )

    def foreign(self) -> Output:
        w, pk = self.world, self._bread().pk
        return Output(
            lines(
                self.answers(
                    self.other,
                    get("ledger:category-change", pk),
                    post("ledger:category-change", pk, name="Mine", color="#0E5E73"),
                    post("ledger:category-archive", pk),
                    post("ledger:category-delete", pk),
                    post("ledger:category-merge", pk, target=w.their_category.pk),
                    get("ledger:category-change", NOWHERE),
                ),
                self.refused(
                    lambda: operations.add_category(book=w.book, by=w.stranger, name="Mine"),
                    lambda: operations.change_category(self._bread(), by=w.stranger, name="Mine"),
                    lambda: operations.delete_category(self._bread(), by=w.stranger),
                    lambda: operations.merge_categories(source=self._bread(), target=w.their_category, by=w.owner),
                    lambda: w.record(category=w.their_category),
                ),
            )
        )

    def update(self) -> Output:
        w = self.world
        return Output(
            lines(
                self.wrote(lambda: operations.change_category(self._bread(), by=w.owner, label="Bread & rolls")),
                self.refused(lambda: operations.change_category(self._bread(), by=w.owner, book=w.theirs)),
            )
        )

    def delete(self) -> Output:
        w = self.world
        w.record(category=w.rent)
        return Output(
            lines(
                self.refused(lambda: operations.delete_category(w.rent, by=w.owner)),
                self.wrote(lambda: operations.delete_category(self._bread(), by=w.owner)),
                self.wrote(lambda: operations.merge_categories(source=w.rent, target=w.food, by=w.owner)),
            )
        )

    def _bread(self) -> Category:
        return Category.objects.of(self.world.book).get(name="Bread")


ROWS: tuple[type[Row], ...] = (Accounts, Categories)
