"""What the names in a raw ledger mean: whose book it is, which member, category and account a text stands for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from budget.books.models import Book, Membership
from budget.errors import BudgetError
from budget.history import Recorder
from budget.ledger.ledgerfile import BadValue, Batch, Known, LedgerUnreadable, quoted
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
        found = Account.objects.of(book).order_by("is_archived", "pk").values_list("pk", "name", "currency")
        self._accounts = {name.casefold(): pk for pk, name, _ in found}
        self.currencies = {pk: currency for pk, _, currency in found}
        own = [pk for pk, _, currency in found if currency == book.currency]
        self._default = own[0] if own else None
        self._categories: dict[str, list[int]] = defaultdict(list)
        listed = Category.objects.of(book).select_related("parent").order_by("parent_id", "pk")
        for category in sorted(listed, key=lambda category: category.parent_id is not None):
            self._categories[category.name.casefold()].append(category.pk)
            if category.parent is None:
                self._categories[f"{category.name}:".casefold()].append(category.pk)
            else:
                self._categories[f"{category.parent.name}:{category.name}".casefold()].append(category.pk)

    def least_decimals(self, accounts: set[int | None]) -> int:
        """How many decimals an amount may have on every one of these accounts."""
        known = {self.currencies[pk] for pk in accounts if pk is not None}
        return min((decimals(currency) for currency in known), default=3)

    def _category(self, text: str) -> int:
        """The id of a category; 0 for no category."""
        name = clean_text(text, "It", 101)
        if not name:
            return 0
        key = ":".join(part.strip() for part in name.casefold().split(":"))
        found = self._categories.get(key, [])
        if len(found) == 1 or f"{key}:" in self._categories:
            return found[0]
        if found:
            raise BadValue(f"There are {len(found)} categories named {quoted(name)}. Write it as Group:{name}.")
        self._require_may_add(name, "category", self.new_categories)
        new = Category(name=clean_text(name, "It", 50))
        self.new_categories.append(new.name)
        pk = self._change.create(new).pk if self._change else -len(self.new_categories)
        self._categories[key] = [pk]
        return pk

    def _account(self, text: str) -> int:
        """The id of an account; of the book's first one, or a new one named Imported, where none is named."""
        name = clean_text(text, "It", 100)
        if not name and self._default is not None:
            return self._default
        name = name or DEFAULT_ACCOUNT
        if name.casefold() in self._accounts:
            return self._accounts[name.casefold()]
        self._require_may_add(name, "account", self.new_accounts)
        new = Account(name=name, currency=self._book.currency)
        self.new_accounts.append(name)
        pk = self._change.create(new).pk if self._change else -len(self.new_accounts)
        self._accounts[name.casefold()] = pk
        self.currencies[pk] = new.currency
        return pk

    def _require_may_add(self, name: str, what: str, added: Sequence[str]) -> None:
        if self._strict:
            raise BadValue(f"The book has no {what} named {quoted(name)}.")
        if len(added) >= MOST_NEW_NAMES:
            raise BadValue(f"{quoted(name)} would be the {len(added) + 1}th new {what}. Is this the right column?")


def members_by_text(book: Book) -> dict[str, str]:
    """The book's members by number and by email address."""
    members = User.objects.filter(pk__in=Membership.objects.of(book).values("user")).values_list("pk", "email")
    return {name: email for pk, email in members for name in (str(pk), email)}


def not_a_member(text: str, book: Book, *, alone: bool) -> BadValue:
    """Why a row's user is refused; `alone` where the whole file must be about one person."""
    if alone:
        return BadValue(f"{quoted(text)} is somebody else than in the first row. Load one person's file at a time.")
    return BadValue(f"{quoted(text)} is no member of {book}. Write the number or email address of a member.")


def choose_book(asked: str, user: User | None, first: Batch | None) -> Book:
    """The book that is asked for by number or name, else the first one of whom the file is about.

    Raises:
        BookNotFound: there is none, or several by that name.
        LedgerUnreadable: the file has no rows to tell whose it is.
    """
    if asked:
        named = Book.objects.filter(pk=int(asked)) if _is_number(asked) else Book.objects.filter(name__iexact=asked)
        if user is not None:
            named = named.for_user(user)
        books = list(named[:2])
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


def _person(first: Batch | None) -> User:
    texts = first.texts("user_id") if first else ()
    if not texts:
        raise LedgerUnreadable("The file has no rows.")
    text = texts[0].strip().lower()
    by_number = User.objects.filter(pk=int(text)) if _is_number(text) else User.objects.none()
    person = by_number.first() or User.objects.filter(email=text).first()
    if person is None:
        raise BookNotFound(f"Nobody here is {quoted(texts[0])}, the user of the first row. Name a book with --book.")
    return person
