"""Every row of every book, and of the people, in words: what a write did is the difference between two of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from budget import history
from budget.books.models import Book
from budget.history import Change
from budget.history.chain import recorded_models
from budget.history.rows import Shape, Value, Values, shape_of
from budget.ledger import totals
from budget.money import MoneyField, from_units
from budget.users.models import User

Place = tuple[str, int]
"""A model's name and a row's id."""

UNSAID = frozenset({"created_at", "last_login", "id", "digest"})
"""Fields that differ from run to run; that they are right is looked at where they matter."""

TITLES = ("name", "description", "pattern", "merchant", "user", "category", "envelope", "account")
"""Fields that say which row it is, the best one first."""

PRIVATE = frozenset({"email", "password"})
"""Fields of which only that they were altered is said."""


@dataclass(frozen=True)
class State:
    """The rows as the database has them: recorded values, the book that each belongs to, and its version."""

    rows: Mapping[Place, Values]
    books: Mapping[Place, int]
    versions: Mapping[Place, int]
    numbers: Mapping[int, int]
    names: Mapping[int, str]
    people: Mapping[int, Mapping[str, str]]

    @classmethod
    def now(cls, book: int = 0, person: int = 0) -> State:
        """Everything, read through the models' plain managers: no filter of the product takes part.

        Args:
            book: the id of the first book that counts.
            person: the id of the first person who counts.
        """
        rows: dict[Place, Values] = {}
        books: dict[Place, int] = {}
        versions: dict[Place, int] = {}
        for shape in _shapes():
            owner = "pk" if shape.model is Book else "book_id"
            found = shape.model._base_manager.filter(**{f"{owner}__gte": book})
            for pk, of_book, version, *values in found.values_list("pk", owner, "version", *shape.names):
                place = (shape.name, pk)
                rows[place] = [c.write(v) for c, v in zip(shape.columns, values, strict=True)]
                books[place], versions[place] = of_book, version
        open_books = list(Book._base_manager.filter(pk__gte=book).values_list("pk", "version", "name"))
        return cls(
            rows,
            books,
            versions,
            {pk: number for pk, number, _ in open_books},
            {pk: name for pk, _, name in open_books},
            {user["id"]: _said(User, user) for user in User._base_manager.filter(pk__gte=person).values()},
        )

    def of(self, place: Place) -> tuple[Values | None, int | None]:
        """A row's values and whose they are."""
        return self.rows.get(place), self.books.get(place)


def _shapes() -> list[Shape]:
    owned: list[type[models.Model]] = [Book, *recorded_models()]
    return [shape_of(model) for model in owned]


def effects(before: State, after: State) -> list[str]:
    """What was added (+), removed (-) and altered (~), a line each, in a fixed order, without ids and moments."""
    lines = []
    for pk in sorted(before.people.keys() | after.people.keys()):
        old, new = before.people.get(pk), after.people.get(pk)
        if old != new:
            lines.append(_line("user", old, new))
    altered = {place for place in before.rows.keys() | after.rows.keys() if before.of(place) != after.of(place)}
    for shape in _shapes():
        for place in sorted(place for place in altered if place[0] == shape.name):
            old = _in_words(shape, before, place) if place in before.rows else None
            new = _in_words(shape, after, place) if place in after.rows else None
            lines.append(_line(shape.name, old, new))
    return lines


def unsound(before: State, after: State) -> list[str]:
    """What is wrong after a write: history that does not lead to the rows, versions, monthly totals."""
    found = []
    for book in Book._base_manager.filter(pk__in=after.numbers).order_by("pk"):
        since = before.numbers.get(book.pk, 0)
        if not _changed(before, after, book.pk) and book.version == since:
            continue
        replayed = {place: values for place, values in before.rows.items() if before.books[place] == book.pk}
        problem = _replay(book, since, replayed)
        rows = {place: values for place, values in after.rows.items() if after.books[place] == book.pk}
        if problem or replayed != rows:
            found.append(problem or f"the history of {book} does not lead to its rows")
        if not history.verify(book).is_whole:
            found.append(f"the history of {book} is not whole")
        if totals.differences(book):
            found.append(f"the monthly totals of {book} are not what its rows add up to")
        stale = [
            place
            for place, values in rows.items()
            if place[0] != "book" and values != before.rows.get(place) and after.versions[place] != book.version
        ]
        if stale:
            found.append(f"{len(stale)} written rows of {book} do not have its version")
    gone = before.numbers.keys() - after.numbers.keys()
    if Change._base_manager.filter(book__in=gone).exists():
        found.append("the history of a removed book is still there")
    return found


def _changed(before: State, after: State, book: int) -> bool:
    old = {place: values for place, values in before.rows.items() if before.books[place] == book}
    return old != {place: values for place, values in after.rows.items() if after.books[place] == book}


def _replay(book: Book, since: int, rows: dict[Place, Values]) -> str:
    """Do to `rows` what the history says; answers what contradicts it."""
    for change in Change.objects.filter(book=book, number__gt=since).order_by("number"):
        for entry in change.entries.order_by("position"):
            for pk, old, new in history.rows_of(entry):
                place = (entry.model, pk)
                if rows.get(place) != old:
                    return f"the history of {book} names another {entry.model} than there was"
                if new is None:
                    del rows[place]
                else:
                    rows[place] = list(new)
    return ""


def _line(model: str, old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> str:
    if old is None or new is None:
        sign, said = ("+", new) if old is None else ("-", old)
        return f"{sign} {model}: {_listed(said or {})}"
    altered = [_alteration(name, old[name], new[name]) for name in new if old[name] != new[name]]
    return f"~ {model} {_title(old)}: {', '.join(altered) or 'something unsaid'}"


def _alteration(name: str, old: str, new: str) -> str:
    return f"{name} altered" if name in PRIVATE else f"{name} {old or 'nothing'} -> {new or 'nothing'}"


def _listed(said: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in said.items() if value and name not in PRIVATE)


def _title(said: Mapping[str, str]) -> str:
    return next((said[name] for name in TITLES if said.get(name)), "")


def _in_words(shape: Shape, state: State, place: Place) -> dict[str, str]:
    values = zip(shape.columns, state.rows[place], strict=True)
    said = {c.field.name: _word(c.field, v, state) for c, v in values if c.field.name not in UNSAID}
    book = state.books[place]
    return said if shape.model is Book else {**said, "book": state.names.get(book, "")}


def _said(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, str]:
    fields = [field for field in model._meta.concrete_fields if field.attname not in UNSAID]
    return {field.name: "" if values[field.attname] is False else str(values[field.attname]) for field in fields}


def _word(field: models.Field[Any, Any], value: Value, state: State) -> str:
    """A value as people would say it; nothing for what is empty."""
    if value is None or value is False or value == "":
        return ""
    if isinstance(field, MoneyField):
        return str(from_units(int(value)))
    if not field.is_relation or field.related_model is None:
        return str(value)
    if field.related_model is User:
        return state.people[int(value)]["name"] if int(value) in state.people else "nobody"
    return _name(shape_of(field.related_model), (field.related_model._meta.model_name or "", int(value)), state)


def _name(shape: Shape, place: Place, state: State) -> str:
    """What a row that another one points at is called."""
    if place not in state.rows:
        return "a row that is gone"
    said = {c.field.name: _word(c.field, v, state) for c, v in zip(shape.columns, state.rows[place], strict=True)}
    parts: Iterable[str] = ("name",) if "name" in said else ("description", "category", "month", "envelope", "amount")
    return " ".join(said[part] for part in parts if said.get(part))
