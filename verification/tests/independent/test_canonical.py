import json
import random

import pytest
import rfc8785

from verification.independent.canonical import LARGEST, NotCanonical, canonical, read_json

pytestmark = pytest.mark.once


def value_by_chance(chance, depth=3):
    kind = chance.randrange(7 if depth else 5)
    if kind == 5:
        return [value_by_chance(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 6:
        return {text_by_chance(chance): value_by_chance(chance, depth - 1) for _ in range(chance.randrange(5))}
    return [None, True, False, chance.randint(-LARGEST, LARGEST), text_by_chance(chance)][kind]


def text_by_chance(chance):
    alphabet = 'aZ0 "\\/\b\f\n\r\t\x00\x1f\x7f\x80é€\u2028\ud7ff\ue000\uffee😀𐀀'
    return "".join(chance.choices(alphabet, k=chance.randrange(6)))


def test_canonical_form_is_that_of_the_known_library():
    chance = random.Random(8785)
    for _ in range(2000):
        value = value_by_chance(chance)

        assert canonical(value) == rfc8785.dumps(value)
        assert read_json(canonical(value)) == json.loads(json.dumps(value))


def test_keys_are_in_the_order_of_their_utf_16_units():
    assert canonical({"\ue000": 1, "😀": 2}) == '{"😀":2,"\ue000":1}'.encode()


@pytest.mark.parametrize(
    "value", [1.5, 1.0, LARGEST + 1, -LARGEST - 1, {1: 2}, "\ud800", {"\udfff": 1}, b"bytes", {1, 2}, [float("nan")]]
)
def test_value_without_a_canonical_form_is_refused(value):
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"a":1,"a":2}', b"1.0", b"1e3", b"NaN", b"\xff", b"[" * 100_000, b"\xef\xbb\xbf{}"]
)
def test_json_that_readers_could_take_in_two_ways_is_refused(content):
    with pytest.raises(NotCanonical):
        read_json(content)


def test_largest_whole_number_is_the_last_that_is_exact_everywhere():
    assert canonical([9007199254740991, -9007199254740991]) == b"[9007199254740991,-9007199254740991]"
    for number in (9007199254740992, -9007199254740992):
        with pytest.raises(NotCanonical, match="too large"):
            canonical(number)
