"""Checks a JSON value against a JSON Schema (2020-12), of which it knows what the bundle's schema uses.

A keyword that it does not know is an error: nothing passes because it was not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = Any
Schema = Mapping[str, Json] | bool

ANNOTATIONS = frozenset({"$schema", "$id", "$comment", "$defs", "title", "description", "examples", "default"})
TYPES: Mapping[str, Callable[[Json], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
"""There are no fractions in a bundle, so a number is an integer."""


class UnknownKeyword(ValueError):
    """The schema says something that this program does not understand."""


def faults(value: Json, schema: Schema) -> list[str]:
    """What in `value` the schema forbids: a JSON pointer and the keyword for each, never the value.

    Raises:
        UnknownKeyword: the schema has a keyword, type or reference that is not known here.
    """
    return list(_Reader(schema).faults(value, schema, ""))


class _Reader:
    """The rules, with the schema that references are looked up in."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._rules: Mapping[str, Callable[[Json, Json, Mapping[str, Json], str], Iterator[str]]] = {
            "$ref": self._ref,
            "type": self._type,
            "enum": self._enum,
            "const": self._const,
            "pattern": self._pattern,
            "minLength": _limit(str, lambda size, bound: size >= bound, "minLength"),
            "maxLength": _limit(str, lambda size, bound: size <= bound, "maxLength"),
            "minItems": _limit(list, lambda size, bound: size >= bound, "minItems"),
            "maxItems": _limit(list, lambda size, bound: size <= bound, "maxItems"),
            "minimum": _bound(lambda value, bound: value >= bound, "minimum"),
            "maximum": _bound(lambda value, bound: value <= bound, "maximum"),
            "required": self._required,
            "properties": self._properties,
            "additionalProperties": self._additional,
            "items": self._items,
            "oneOf": self._one_of,
            "anyOf": self._any_of,
            "allOf": self._all_of,
        }

    def faults(self, value: Json, schema: Schema, at: str) -> Iterator[str]:
        if isinstance(schema, bool):
            if not schema:
                yield f"{at or '/'}: not allowed"
            return
        for keyword, said in schema.items():
            if keyword in ANNOTATIONS:
                continue
            if keyword not in self._rules:
                raise UnknownKeyword(f"The schema has the keyword {keyword}, which this program does not know.")
            yield from self._rules[keyword](value, said, schema, at)

    def _ref(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        found = self._root
        try:
            for name in said.removeprefix("#").split("/")[1:]:
                found = found[name]  # type: ignore[index]  # a reference into `true` fails as it should
        except (KeyError, TypeError) as error:
            raise UnknownKeyword(f"The schema refers to {said}, which it does not have.") from error
        yield from self.faults(value, found, at)

    def _type(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        wanted = [said] if isinstance(said, str) else said
        if unknown := set(wanted) - TYPES.keys():
            raise UnknownKeyword(f"The schema has the type {min(unknown)}, which this program does not know.")
        if not any(TYPES[name](value) for name in wanted):
            yield f"{at or '/'}: type"

    def _enum(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if not any(_equal(value, allowed) for allowed in said):
            yield f"{at or '/'}: enum"

    def _const(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if not _equal(value, said):
            yield f"{at or '/'}: const"

    def _pattern(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        # A final `$` means the very end, as in JavaScript; Python's would allow a line feed after it.
        end = re.sub(r"(?<!\\)\$$", r"\\Z", said)
        if isinstance(value, str) and not re.search(end, value, re.ASCII):
            yield f"{at or '/'}: pattern"

    def _required(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (f"{at}/{name}: required" for name in said if name not in value)

    def _properties(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if isinstance(value, dict):
            for name in said.keys() & value.keys():
                yield from self.faults(value[name], said[name], f"{at}/{name}")

    def _additional(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if isinstance(value, dict):
            for name in value.keys() - schema.get("properties", {}).keys():
                yield from self.faults(value[name], said, f"{at}/{name}")

    def _items(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if isinstance(value, list):
            for place, item in enumerate(value):
                yield from self.faults(item, said, f"{at}/{place}")

    def _one_of(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if self._fitting(value, said, at) != 1:
            yield f"{at or '/'}: oneOf"

    def _any_of(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if not self._fitting(value, said, at):
            yield f"{at or '/'}: anyOf"

    def _all_of(self, value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        for one in said:
            yield from self.faults(value, one, at)

    def _fitting(self, value: Json, schemas: Json, at: str) -> int:
        return sum(not list(self.faults(value, one, at)) for one in schemas)


def _limit(kind: type, holds: Callable[[int, int], bool], name: str) -> Callable[..., Iterator[str]]:
    def rule(value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if isinstance(value, kind) and not holds(len(value), said):  # type: ignore[arg-type]  # text or a list
            yield f"{at or '/'}: {name}"

    return rule


def _bound(holds: Callable[[int, int], bool], name: str) -> Callable[..., Iterator[str]]:
    def rule(value: Json, said: Json, schema: Mapping[str, Json], at: str) -> Iterator[str]:
        if TYPES["integer"](value) and not holds(value, said):
            yield f"{at or '/'}: {name}"

    return rule


def _equal(left: Json, right: Json) -> bool:
    """Equality as JSON has it: `true` is not 1, at any depth."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and left == right
