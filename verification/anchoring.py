"""Where each history stood when the last verified bundle was made: one rewritten as a whole leaves that chain.

The chain's digests show that a part of a history was altered. Who rewrites all of it, digests included, leaves no such
trace in the database; the bundles, which lie elsewhere, remember where each chain had come to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from budget.books.models import Book
from budget.history.models import Change
from verification import livebooks
from verification.gates.base import Json

MOST = 300
"""So many books are remembered, those with the most changes first, so that a bundle stays small."""

Heads = Sequence[Mapping[str, Json]]


def heads(books: Iterable[Book]) -> list[dict[str, Json]]:
    """How far each history has come: the book by its pseudonym, its version, and the digest of that change."""
    longest = sorted(books, key=lambda book: (-book.version, book.pk))[:MOST]
    return [{"book": livebooks.pseudonym(book), "version": book.version, "head": book.head} for book in longest]


def earlier_heads(folder: Path, target: str) -> list[Mapping[str, Json]]:
    """What the newest verified bundle in `folder` says of this database; nothing where there is none.

    A blocked bundle does not count: it may have been made after a history was rewritten.
    """
    for place in sorted(folder.glob("2*"), reverse=True):
        try:
            found = json.loads((place / "bundle.json").read_bytes())
            is_ours = found["database"]["target_fingerprint"] == target and found["decision"]["status"] == "verified"
            remembered = found["gates"][4]["details"].get("heads", [])
        except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
            continue  # no bundle, or one of another version: it remembers nothing that could be compared
        if is_ours and remembered:
            return list(remembered)
    return []


def left_the_chain(books: Iterable[Book], earlier: Heads) -> list[str]:
    """Every book whose history does not contain the change that an earlier bundle saw, named by its pseudonym."""
    named = {livebooks.pseudonym(book): book for book in books}
    left = []
    for then in earlier:
        book = named.get(str(then["book"]))
        if book is None:
            continue  # removed since, or not in scope
        change = Change.objects.filter(book=book, number=then["version"]).values_list("digest", flat=True).first()
        if then["version"] and change != then["head"]:
            left.append(f"{then['book']}: change {then['version']} is not the one that an earlier bundle saw")
    return left
