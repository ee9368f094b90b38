"""Whether a value of an archive may stand in a field: its kind, length and range; and how the database takes it."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from django.db import models

from budget.history.rows import Column
from budget.money import UNIT, MoneyField
from budget.money.units import LARGEST

AMOUNT = re.compile(r"-?(?:0|[1-9]\d{0,15})\.\d{3}", re.ASCII)
MOST_UNITS = int(LARGEST * UNIT)


def units_of(text: Any) -> int:
    """Thousandths of an amount as an archive writes it.

    Raises:
        ValueError: it is written in another way.
    """
    if not isinstance(text, str) or not AMOUNT.fullmatch(text) or text == "-0.000":
        raise ValueError("is not an amount with three decimals")
    return int(text.replace(".", ""))


def require(column: Column, value: Any) -> None:
    """Refuse what the field cannot hold; amounts are thousandths, dates ISO text.

    Raises:
        ValueError: with what is the matter, to be read after the field's name.
    """
    field = column.field
    if value is None:
        if not field.null:
            raise ValueError("is missing")
    elif isinstance(field, models.BooleanField):
        _require(isinstance(value, bool), "is not true or false")
    elif isinstance(field, MoneyField):
        _require(_is_int(value) and abs(value) <= MOST_UNITS, "is not an amount that a row can hold")
    elif isinstance(field, models.DateTimeField):
        _require(isinstance(value, str) and _moment(value) == value, "is not a moment in UTC")
    elif isinstance(field, models.DateField):
        _require(
            isinstance(value, str) and len(value) == 10 and date.fromisoformat(value).isoformat() == value,
            "is not a date",
        )
    elif isinstance(field, models.JSONField):
        _require(isinstance(value, (dict, list)), "is neither a list nor an object")
    elif isinstance(field, (models.CharField, models.TextField)):
        _require_text(field, value)
    else:
        most = 2**31 - 1 if isinstance(field, models.PositiveIntegerField) else 2**63 - 1
        if isinstance(field, models.PositiveSmallIntegerField):
            most = 2**15 - 1
        _require(_is_int(value) and 0 <= value <= most, "is not a whole number that fits")


def raw(column: Column, value: Any) -> Any:
    """A value as the database takes it."""
    if isinstance(column.field, models.JSONField) and value is not None:
        return json.dumps(value, ensure_ascii=False)
    return value


def _require_text(field: models.Field[Any, Any], value: Any) -> None:
    _require(isinstance(value, str), "is not a text")
    if field.max_length and len(value) > field.max_length:
        raise ValueError(f"is longer than {field.max_length} characters")
    if field.choices and value not in dict(field.flatchoices) and not (field.blank and value == ""):
        raise ValueError(f"is “{value[:30]}”, which this program does not know")


def _moment(value: str) -> str:
    return datetime.fromisoformat(value).astimezone(UTC).isoformat(timespec="microseconds")


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
