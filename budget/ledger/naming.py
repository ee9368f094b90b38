"""Which category or account a typed name means: the whole name, its beginning, or the beginning of a word in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, Protocol, TypeVar

from budget.errors import BudgetError


class Choice(Protocol):
    """What can be chosen by name. A category also has a ``label``, the name it is shown by."""

    @property
    def pk(self) -> Any:
        """What a form sends."""

    @property
    def name(self) -> str:
        """What people call it."""


T = TypeVar("T", bound=Choice)


class NameMissing(BudgetError, ValueError):
    """A sign without a name after it."""

    def __init__(self, kind: str, sigil: str) -> None:
        super().__init__(f"Write the {kind} after {sigil}.")


class NoSuchName(BudgetError, ValueError):
    """A name that nothing has."""

    def __init__(self, typed: str, kind: str, choices: Iterable[Choice]) -> None:
        super().__init__(no_such(typed, kind, choices))


class SeveralFit(BudgetError, ValueError):
    """A name that could be several things."""

    def __init__(self, piece: str, fitting: Sequence[Choice]) -> None:
        listed = ", ".join(called(choice) for choice in fitting[:3])
        more = f" and {len(fitting) - 3} more" if len(fitting) > 3 else ""
        super().__init__(f"“{piece:.40}” could be {listed}{more}. Write more of the name.")


def choose(typed: str, choices: Sequence[T], *, kind: str, sigil: str = "") -> T:
    """The one choice that a name means, in any case, with or without accents.

    A whole name wins over a beginning, a beginning over a word within: ``eat`` finds Eating out.

    Args:
        typed: the name, without its sign.
        choices: what there is to choose from.
        kind: what they are called in sentences: ``category``, ``account``.
        sigil: the sign it was typed with, for the sentence.

    Raises:
        NameMissing, NoSuchName, SeveralFit: it means nothing, or several things.
    """
    wanted = folded(typed)
    if not wanted:
        raise NameMissing(kind, sigil)
    names = [(choice, {folded(choice.name), folded(getattr(choice, "label", "") or "")}) for choice in choices]
    for fits in (str.__eq__, str.startswith, _has_word):
        fitting = [choice for choice, known in names if any(fits(name, wanted) for name in known)]
        if len(fitting) > 1:
            raise SeveralFit(f"{sigil}{typed}", fitting)
        if fitting:
            return fitting[0]
    raise NoSuchName(typed, kind, choices)


def called(choice: Choice) -> str:
    """What a choice is called on pages: its label, else its name."""
    return str(getattr(choice, "label", "") or choice.name)


def no_such(typed: str, kind: str, choices: Iterable[Choice]) -> str:
    """The sentence about a name that nothing has: with names like it, else with the page that has them all."""
    names = {folded(called(choice)): called(choice) for choice in choices}
    near = [names[name] for name in get_close_matches(folded(typed), names, n=3)]
    listed = " or ".join(filter(None, [", ".join(near[:-1]), *near[-1:]]))
    page = "Categories" if kind == "category" else "Accounts"
    hint = f"Did you mean {listed}?" if near else f"{page} lists the names."
    return f"There is no {kind} “{typed:.40}”. {hint}"


def folded(text: str) -> str:
    """A name without capitals, accents, or the signs that stand in for a blank."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[-_/&,.]", " ", plain).casefold().split())


def _has_word(name: str, wanted: str) -> bool:
    return f" {wanted}" in name
