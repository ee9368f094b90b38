"""What the names in a raw ledger mean: whose book it is, which member, category and account a text stands for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import QuerySet

from budget.books.models import Book, Membership
from budget.errors import BudgetError
from budget.history import Recorder
from budget.ledger.ledgerfile import Batch
from budget.ledger.ledgervalues import BadValue, Known, quoted
from budget.ledger.models import Account, Category
from budget.money import decimals
from budget.texts import clean_text
from budget.users.models import User

MOST_NEW_NAMES = 500
DEFAULT_ACCOUNT = "Imported"


class BookNotFound(BudgetError):
    """There is no book to load into."""


class Names:
    """Finds the book's categories and accounts by name, and adds those it lacks."""

    def __init__(self, book: Book, change: Recorder | None, *, strict: bool) -> None:
        self._book, self._change, self._strict = book, change, strict
        self.categories: Known[int] = Known(self._category)
        self.accounts: Known[int] = Known(self._account)
        self.new_categories: list[str] = []
        self.new_accounts: list[str] = []
        listed_accounts = Account.objects.of(book).order_by("is_archived", "pk")
        found = list(listed_accounts.values_list("pk", "name", "currency"))
        self._accounts = {name_key(name): pk for pk, name, _ in reversed(found)}
        self.currencies = {pk: currency for pk, _, currency in found}
        own = [pk for pk, _, currency in found if currency == book.currency]
        self._default = own[0] if own else None
        self._groups: dict[str, Category] = {}
        self._categories: dict[str, list[int]] = defaultdict(list)
        listed = Category.objects.of(book).select_related("parent").order_by("pk")
        for category in sorted(listed, key=lambda category: category.parent_id is not None):
            self._know(category, category.pk)

    def decimals(self, accounts: Sequence[int | None]) -> Sequence[int]:
        """How many decimals an amount may have, for each row's account; the most where it is not known."""
        by_account = {pk: 3 if pk is None else decimals(self.currencies[pk]) for pk in set(accounts)}
        return [by_account[pk] for pk in accounts]

    def _category(self, text: str) -> int:
        """The id of a category; 0 for no category."""
        name = clean_text(text, "It", 101)
        if not name:
            return 0
        group, *rest = _parts(name)
        key = name_key(name)
        found = self._categories.get(key if rest or not name.endswith(":") else f"{key}:", [])
        if len(found) == 1 or key in self._groups:
            return found[0]
        if found:
            raise BadValue(f"There are {len(found)} categories named {quoted(name)}. Write it as Group:{name}.")
        self._require_may_add(name, "category", self.new_categories)
        if not rest:
            return self._add_category(None, group)
        if name_key(group) not in self._groups:
            self._add_category(None, group)
        return self._add_category(self._groups[name_key(group)], ":".join(rest))

    def _add_category(self, parent: Category | None, name: str) -> int:
        new = Category(
            name=clean_text(name, "It", 50), parent=parent, is_income=parent is not None and parent.is_income
        )
        self.new_categories.append(f"{parent.name}:{new.name}" if parent else new.name)
        pk = self._change.create(new).pk if self._change else -len(self.new_categories)
        self._know(new, pk)
        return pk

    def _know(self, category: Category, pk: int) -> None:
        key = name_key(category.name)
        if category.parent is None and key not in self._groups:
            self._groups[key] = category
            self._categories[f"{key}:"].append(pk)
            self._categories[key].insert(0, pk)  # before its namesakes within groups
            return
        self._categories[key].append(pk)
        if category.parent is not None:
            self._categories[f"{name_key(category.parent.name)}:{key}"].append(pk)

    def _account(self, text: str) -> int:
        """The id of an account; of the book's first one, or a new one named Imported, where none is named."""
        name = _one_blank(clean_text(text, "It", 100))
        if not name and self._default is not None:
            return self._default
        name = name or DEFAULT_ACCOUNT
        if (known := self._accounts.get(name_key(name))) is not None:
            return known
        self._require_may_add(name, "account", self.new_accounts)
        new = Account(name=name, currency=self._book.currency)
        self.new_accounts.append(name)
        pk = self._change.create(new).pk if self._change else -len(self.new_accounts)
        self._accounts[name_key(name)] = pk
        self.currencies[pk] = new.currency
        return pk

    def _require_may_add(self, name: str, what: str, added: Sequence[str]) -> None:
        if self._strict:
            raise BadValue(f"The book has no {what} named {quoted(name)}.")
        if len(added) >= MOST_NEW_NAMES:
            raise BadValue(f"{quoted(name)} would be the {len(added) + 1}th new {what}. Is this the right column?")


def name_key(name: str) -> str:
    """What names have in common that mean the same: capitals do not count, nor do blanks beside others or a colon."""
    key = ":".join(_parts(name)).casefold()
    return key.replace("i\u0307", "i")  # the small form of the Turkish capital, which PostgreSQL takes for an i


def _parts(name: str) -> list[str]:
    return [_one_blank(part) for part in name.split(":") if part.strip()] or [name]


def _one_blank(text: str) -> str:
    return " ".join(text.split())


def members_by_text(book: Book) -> dict[str, str]:
    """The book's members by number and by email address."""
    members = User.objects.filter(pk__in=Membership.objects.of(book).values("user")).values_list("pk", "email")
    return {name: email for pk, email in members for name in (str(pk), email)}


def not_a_member(text: str, book: Book, *, alone: bool) -> BadValue:
    """Why a row's user is refused; `alone` where the whole file must be about one person."""
    if alone:
        return BadValue(f"{quoted(text)} is somebody else than in the first row. Load one person's file at a time.")
    return BadValue(f"{quoted(text)} is no member of {book}. Write the number or email address of a member.")


def books_called(asked: str, books: QuerySet[Book]) -> list[Book]:
    """The one of `books` with this number, else all by this name, oldest first."""
    if _is_number(asked) and (numbered := list(books.filter(pk=int(asked)))):
        return numbered
    return list(books.filter(name__iexact=asked).order_by("pk"))


def choose_book(asked: str, user: User | None, first: Batch) -> Book:
    """The book that is asked for by number or name, else the first one of whom the file is about.

    Raises:
        BookNotFound: there is none, or several by that name.
    """
    if asked:
        books = books_called(asked, Book.objects.all() if user is None else Book.objects.for_user(user))
        if len(books) > 1:
            raise BookNotFound(f"There are several books named {quoted(asked)}. Give the number of one.")
        if not books:
            raise BookNotFound(f"There is no book {quoted(asked)}.")
        return books[0]
    person = user or _person(first)
    book = Book.objects.for_user(person).first()
    if book is None:
        raise BookNotFound(f"{person} has no book yet. Open one first, or name one with --book.")
    return book


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _person(first: Batch) -> User:
    said = first.texts("user_id")[0]
    text = said.strip().lower()
    by_number = User.objects.filter(pk=int(text)) if _is_number(text) else User.objects.none()
    person = by_number.first() or User.objects.filter(email=text).first()
    if person is None:
        raise BookNotFound(f"Nobody here is {quoted(said)}, the user of the first row. Name a book with --book.")
    return person
