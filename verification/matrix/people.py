"""Rows of the matrix: people, their books, and who is in them."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from django.test import Client

from budget.books.middleware import memberships_of
from budget.books.models import Book, Membership, Role
from budget.ledger import operations
from budget.users.models import User
from verification.drills.world import next_number, person
from verification.matrix.cells import NOWHERE, OURS, CellFailed, Output, Row, get, lines, named, post


class Profile(Row):
    """A person: signs up or is made by an administrator; nobody else changes or deletes them."""

    name: ClassVar[str] = "user profile"
    model: ClassVar[str] = "user"

    def create(self) -> Output:
        address = f"  Person-{next_number()}@Drill.Invalid "
        wrote = self.wrote(lambda: User.objects.create_user(address, "  Newcomer "))
        newest = User.objects.latest("pk")
        if newest.email != address.strip().lower():
            raise CellFailed("the address is not stored in its one spelling")
        if newest.has_usable_password():
            raise CellFailed("somebody without a password can sign in with one")
        return Output(wrote)

    def read(self) -> Output:
        return Output(self.shown("users:profile", shows=["Owner"]))

    def list(self) -> Output:
        return Output(self.answers(self.own, get("admin:budget_user_changelist")), by_design=True)

    def foreign(self) -> Output:
        """A profile has no address of its own: whatever a form names, it changes its sender."""
        form = {"id": self.world.owner.pk, "email": self.world.owner.email, "is_staff": "on", "is_superuser": "on"}
        return Output(
            lines(
                self.shown("users:profile", client=self.other, shows=["Stranger"], hides=["Owner", *OURS]),
                self.wrote(lambda: self._post(self.other, name="Stranger again", theme="dark", **form)),
                self.answers(self.other, get("admin:budget_user_change", self.world.owner.pk)),
            )
        )

    def update(self) -> Output:
        form = {"email": "taken@drill.invalid", "is_staff": "on", "is_active": "", "name": "Owner, renamed"}
        return Output(self.wrote(lambda: self._post(self.own, theme="light", single_keys="on", **form)))

    def delete(self) -> Output:
        owner = User.objects.get(pk=self.world.owner.pk)
        return Output(
            lines(
                self.refused(lambda: operations.delete_user(owner, typed_email="somebody@drill.invalid")),
                self.wrote(lambda: operations.delete_user(owner, typed_email=owner.email)),
            )
        )

    def _post(self, client: Client, **form: object) -> None:
        self.answers_to(client, "users:profile", dict(form))


class Books(Row):
    """A book: opened, renamed, removed for good."""

    name: ClassVar[str] = "book"
    model: ClassVar[str] = "book"

    def create(self) -> Output:
        return Output(
            self.wrote(
                lambda: operations.create_book(
                    by=self.world.owner, name=" Holiday ", currency="CHF", starter="none", account_name="Purse"
                )
            )
        )

    def read(self) -> Output:
        return Output(self.shown("books:book-change", self.world.book.pk, shows=["Household"]))

    def list(self) -> Output:
        return Output(
            lines(
                f"books: {named(Book.objects.for_user(self.world.owner))}",
                self.shown("books:book-list", shows=["Household", "Holiday", "EUR", "CHF"]),
                self.shown("books:book-list", client=self.other, shows=["Elsewhere"], hides=OURS),
            )
        )

    def foreign(self) -> Output:
        book = self.world.book
        return Output(
            lines(
                self.answers(
                    self.other,
                    get("books:book-change", book.pk),
                    post("books:book-change", book.pk, name="Mine"),
                    post("books:book-delete", book.pk, typed_name="Household"),
                    post("books:book-switch", book=book.pk),
                    get("books:book-change", NOWHERE),
                ),
                self.refused(partial(operations.rename_book, book, by=self.world.stranger, name="Mine")),
            )
        )

    def update(self) -> Output:
        """The form has a name; whatever else is sent stays as it is."""
        form = {"name": "Home", "currency": "USD", "version": "1", "head": "0" * 64}
        return Output(
            self.wrote(lambda: self.answers_to(self.own, "books:book-change", form, self.world.book.pk)),
        )

    def delete(self) -> Output:
        self.world.record()
        book = Book.objects.get(pk=self.world.book.pk)
        return Output(
            lines(
                self.refused(lambda: operations.remove_book(book, typed_name="Another")),
                self.wrote(lambda: operations.remove_book(book, typed_name=book.name)),
            )
        )


class Members(Row):
    """A person's place in a book."""

    name: ClassVar[str] = "membership"
    model: ClassVar[str] = "membership"

    def create(self) -> Output:
        w = self.world
        return Output(
            lines(
                self.wrote(lambda: operations.add_member(book=w.book, by=w.owner, user=w.stranger, role=Role.VIEWER)),
                self.refused(lambda: operations.add_member(book=w.book, by=w.owner, user=w.stranger)),
            )
        )

    def read(self) -> Output:
        """What a viewer is: somebody who reads the book and writes nothing."""
        w = self.world
        self.answers_to(self.other, "books:book-switch", {"book": w.book.pk})
        return Output(
            lines(
                f"role: {self._membership().get_role_display()}",
                self.shown("ledger:account-list", client=self.other, shows=["Everyday"], hides=()),
                self.refused(
                    lambda: operations.record_transaction(
                        book=w.book, by=w.stranger, account=w.everyday, amount=w.their_txn.amount, description="Mine"
                    )
                ),
            )
        )

    def list(self) -> Output:
        found = [f"{m.book}: {m.get_role_display()}" for m in memberships_of(self.world.stranger.pk)]
        return Output(
            lines(
                f"memberships: {named(found)}",
                self.shown("books:book-list", client=self.other, shows=["Elsewhere", "Household"], hides=()),
                self.shown("books:book-list", shows=["Household"]),
            )
        )

    def foreign(self) -> Output:
        """Somebody who is in no way in the book, and an editor, who does not manage its members."""
        w, outsider = self.world, person("Outsider")
        operations.change_role(self._membership(), by=w.owner, role=Role.EDITOR)
        return Output(
            lines(
                self.refused(
                    lambda: operations.add_member(book=w.book, by=outsider, user=outsider),
                    lambda: operations.remove_member(self._membership(), by=outsider),
                    lambda: operations.add_member(book=w.book, by=w.stranger, user=outsider),
                    lambda: operations.change_role(self._membership(), by=w.stranger, role=Role.OWNER),
                )
            )
        )

    def update(self) -> Output:
        return Output(
            lines(
                self.wrote(lambda: operations.change_role(self._membership(), by=self.world.owner, role=Role.OWNER)),
                self.wrote(lambda: operations.change_role(self._membership(), by=self.world.owner, role=Role.VIEWER)),
                self.refused(lambda: operations.change_role(self._owners(), by=self.world.owner, role=Role.VIEWER)),
            )
        )

    def delete(self) -> Output:
        return Output(
            lines(
                self.wrote(lambda: operations.remove_member(self._membership(), by=self.world.owner)),
                self.refused(lambda: operations.remove_member(self._owners(), by=self.world.owner)),
            )
        )

    def _membership(self) -> Membership:
        return Membership.objects.of(self.world.book).get(user=self.world.stranger)

    def _owners(self) -> Membership:
        return Membership.objects.of(self.world.book).get(user=self.world.owner)


ROWS: tuple[type[Row], ...] = (Profile, Books, Members)
