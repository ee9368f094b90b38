"""How a category looks: one colour of the palette wherever it is drawn."""

from __future__ import annotations

import pytest

from budget.templatetags.categories import SERIES, series

pytestmark = pytest.mark.once


@pytest.mark.parametrize(("name", "light"), SERIES.items())
def test_colour_is_drawn_as_the_nearest_of_the_palette(name: str, light: tuple[int, int, int]) -> None:
    """R003-13: a colour in hex has one place in every chart, and so has one close to it."""
    red, green, blue = light

    assert series(f"#{red:02X}{green:02X}{blue:02X}") == series(f"#{red + 2:02x}{green + 2:02x}{blue + 2:02x}") == name


def test_what_is_no_colour_is_grey() -> None:
    assert [series(text) for text in ("", "blue")] == ["k0", "k0"]
