"""How a category looks: the series of the palette that is nearest to its own colour."""

from functools import lru_cache

from django import template

register = template.Library()

SERIES = {
    "k1": (0x0E, 0x5E, 0x73),
    "k2": (0x4F, 0x3A, 0x01),
    "k3": (0x9E, 0x51, 0x52),
    "k4": (0xA1, 0x91, 0x34),
    "k5": (0x8F, 0x82, 0xF0),
    "k6": (0x32, 0xA1, 0x90),
    "k0": (0x68, 0x6C, 0x73),
}
"""The classes of app.css with their light colours."""


@register.filter
@lru_cache(maxsize=512)
def series(color: str) -> str:
    """The class of the nearest series, for ``cat`` and ``chip``; grey for none. ``{{ category.color|series }}``."""
    try:
        wanted = tuple(int(color[place : place + 2], 16) for place in (1, 3, 5))
    except ValueError:
        return "k0"
    return min(SERIES, key=lambda name: sum((a - b) ** 2 for a, b in zip(SERIES[name], wanted, strict=True)))
