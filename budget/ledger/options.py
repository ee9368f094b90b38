"""What a menu offers, as HTML. Kept by its content: a filter offers the same months and categories page after page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.utils.safestring import SafeString

from budget.markup import format_html_join

Choices = tuple[tuple[str, str], ...]
"""Each a value and its label."""


@lru_cache(maxsize=512)
def options(choices: Choices, chosen: str = "") -> SafeString:
    """``<option>`` for each choice."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, " selected" if value == chosen else "", label) for value, label in choices),
    )


@lru_cache(maxsize=256)
def grouped_options(groups: tuple[tuple[str, Choices], ...], chosen: str = "") -> SafeString:
    """The same under the names of their groups."""
    return format_html_join(
        "",
        '<optgroup label="{}">{}</optgroup>',
        ((group, options(choices, chosen)) for group, choices in groups),
    )


def as_choices(pairs: Iterable[tuple[object, str]]) -> Choices:
    """Pairs of any kind as choices."""
    return tuple([(str(value), label) for value, label in pairs])
