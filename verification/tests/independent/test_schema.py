import random
from typing import Any

import jsonschema
import pytest

from verification.independent.schema import UnknownKeyword, faults

pytestmark = pytest.mark.once

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Everything that is known",
    "type": "object",
    "required": ["name", "list"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": "^[a-c]+$", "minLength": 2, "maxLength": 4},
        "list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"$ref": "#/$defs/small"}},
        "choice": {"enum": [1, "one", None, [True]]},
        "fixed": {"const": {"a": 1}},
        "either": {"oneOf": [{"type": "integer"}, {"minimum": 3}]},
        "any": {"anyOf": [{"type": "integer"}, {"type": ["string", "null"]}]},
        "all": {"allOf": [{"type": "integer"}, {"minimum": 3}]},
        "open": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "never": False,
        "always": True,
    },
    "$defs": {"small": {"type": "integer", "minimum": 0, "maximum": 9}},
}
VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    3,
    10,
    -1,
    "",
    "ab",
    "abcd",
    "abcde",
    "one",
    "x",
    [],
    [1],
    [0, 9],
    [1, 2, 3],
    [True],
]
VALUES += [{}, {"a": 1}, {"a": True}, {"b": 1}]


@pytest.mark.parametrize("name", [*SCHEMA["properties"], "unknown"])
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_verdict_is_that_of_the_known_library(name, value):
    whole = {"name": "ab", "list": [1]} | {name: value}
    expected = jsonschema.Draft202012Validator(SCHEMA).is_valid(whole)

    assert (not faults(whole, SCHEMA)) is expected


def test_objects_by_chance_are_judged_like_the_known_library():
    chance = random.Random(2020)
    known = jsonschema.Draft202012Validator(SCHEMA)
    for _ in range(500):
        whole = {name: chance.choice(VALUES) for name in SCHEMA["properties"] if chance.random() < 0.6}

        assert (not faults(whole, SCHEMA)) is known.is_valid(whole)


def test_what_is_no_object_is_a_fault():
    assert faults([], SCHEMA) == ["/: type"]


def test_fault_is_named_by_place_and_never_by_value():
    assert faults({"name": "secret", "list": [1, 77]}, SCHEMA) in (
        ["/name: pattern", "/name: maxLength", "/list/1: maximum"],
        ["/list/1: maximum", "/name: pattern", "/name: maxLength"],
    )
    assert faults({"list": []}, SCHEMA) == ["/name: required", "/list: minItems"]


def test_line_feed_after_the_end_of_a_pattern_is_a_fault():
    assert faults("ab\n", {"pattern": "^ab$"}) == ["/: pattern"]
    assert faults("٣", {"pattern": r"^\d$"}) == ["/: pattern"]
    assert faults("a$", {"pattern": r"^a\$"}) == []


def test_true_is_not_one_at_any_depth():
    assert faults({"a": [1]}, {"const": {"a": [True]}}) == ["/: const"]
    assert faults({"a": [1]}, {"const": {"a": [1]}}) == []
    assert faults(False, {"enum": [0]}) == ["/: enum"]


@pytest.mark.parametrize(
    "schema",
    [{"format": "date"}, {"$ref": "#/$defs/absent"}, {"$ref": "#/type/x", "type": "string"}, {"type": "number"}],
)
def test_schema_that_says_more_than_is_known_is_refused(schema):
    with pytest.raises(UnknownKeyword):
        faults("x", schema)
