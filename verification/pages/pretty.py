"""JSON for people: indented, with short lists and objects on one line."""

from __future__ import annotations

import json

from verification.gates.base import Json

WIDTH = 140
LEVELS = (40, 5, 4, 3, 2)
"""So many levels are indented, or as many as the size allows; no bundle has more than a dozen."""

LARGEST = 200_000
"""Bytes that a page shows; more is for the download."""


FIRST = ("crud_matrix", "rollback_failure_drill", "neon_connection_resilience", "verification_policy_result")
"""R000-29: what a reader looks for first."""


def bundle_text(bundle: dict[str, Json]) -> str:
    """A whole bundle, its four keys at the top; the file has them in the order of the alphabet. Empty if too large."""
    ordered = {name: bundle[name] for name in FIRST if name in bundle} | bundle
    tries = (pretty(ordered, levels) for levels in LEVELS)
    return next((text for text in tries if len(text.encode()) <= LARGEST), "")


def pretty(value: Json, levels: int = LEVELS[0], indent: int = 0) -> str:
    """The value over as few lines as fit into the width."""
    flat = json.dumps(value, ensure_ascii=False)
    is_short = len(flat) + indent <= WIDTH or indent == levels
    if is_short or not value or not isinstance(value, dict | list):
        return flat
    if isinstance(value, dict):
        named = [(f"{json.dumps(str(name), ensure_ascii=False)}: ", item) for name, item in value.items()]
    else:
        named = [("", item) for item in value]
    inside = ",\n".join(f"{' ' * (indent + 1)}{name}{pretty(item, levels, indent + 1)}" for name, item in named)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{inside}\n{' ' * indent}{closing}"
