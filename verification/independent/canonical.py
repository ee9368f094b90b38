"""The one spelling of a JSON value (RFC 8785), for values without fractions, and reading JSON without leniency."""

from __future__ import annotations

import json
from typing import Any, NoReturn

LARGEST = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly."""


class NotCanonical(ValueError):
    """A value that has no canonical spelling here, or JSON that readers could take in two ways."""


def canonical(value: Any) -> bytes:
    """Keys in the order of their UTF-16 units, no blanks, UTF-8.

    Raises:
        NotCanonical: a fraction, a number beyond `LARGEST`, a lone surrogate, a key that is no text, or no JSON value.
    """
    try:
        return _written(value).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("There is half of a character.") from error


def _written(value: Any) -> str:
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise NotCanonical("A number is too large to be exact everywhere.")
        return str(int(value))
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise NotCanonical("A key is no text.")
        pairs = (f"{_written(key)}:{_written(value[key])}" for key in sorted(value, key=_utf16))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    raise NotCanonical(f"A {type(value).__name__} has no place in a bundle.")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def read_json(content: bytes) -> Any:
    """The value of JSON text.

    Raises:
        NotCanonical: it is no JSON or not UTF-8, an object has a key twice, or a number has a fraction.
    """
    try:
        return json.loads(
            content.decode(), object_pairs_hook=_object, parse_float=_refuse_number, parse_constant=_refuse_number
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical("This is no JSON.") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("An object has a key twice.")
    return found


def _refuse_number(text: str) -> NoReturn:
    raise NotCanonical("A number has a fraction or an exponent.")
