"""MoneyField: Decimal in Python, whole thousandths in a BIGINT, so that both databases add and compare exactly."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Avg, StdDev, Value, Variance
from django.db.models.expressions import Combinable, register_combinable_fields

from budget.errors import BudgetError
from budget.money.units import LARGEST, from_units, to_units

_ST = TypeVar("_ST", contravariant=True)
_GT = TypeVar("_GT", covariant=True)

if TYPE_CHECKING:

    class _Field(models.Field[_ST, _GT]):
        """What a row takes and gives; django-stubs adds None where the field is nullable."""

        _pyi_private_set_type: Decimal | int | Combinable
        _pyi_private_get_type: Decimal

else:

    class _Field(models.Field):
        """Written `_Field[_ST, _GT]` below, which only a type checker reads."""

        def __class_getitem__(cls, item: object) -> type:
            return cls


PLAIN = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,3})?", re.ASCII)
"""An amount as machines write it: in fixtures, exports and number inputs. What people type is for ``read_amount``."""

AVERAGES = (Avg, StdDev, Variance)


class MoneyField(_Field[_ST, _GT]):
    """An exact amount; which currency it is in, and what its sign means, the model says.

    ``Sum``, ``Min``, ``Max`` and comparisons answer Decimals. Inside an expression a number has to say that it is
    money: ``F("total") + money_value(amount)``; an average is a sum divided by a count, in Python.
    """

    description = "Amount of money"

    def deconstruct(self) -> Any:
        """Name the class as migrations import it, wherever in the package it lives."""
        name, _, args, kwargs = super().deconstruct()
        return name, "budget.money.MoneyField", args, kwargs

    def get_internal_type(self) -> str:
        """What the column is: a BIGINT on every engine."""
        return "BigIntegerField"

    def get_prep_value(self, value: Any) -> Any:
        """Whole thousandths; raises what ``to_units`` raises rather than round."""
        value = super().get_prep_value(value)
        return None if value is None else to_units(value)

    def from_db_value(self, value: int | None, expression: object, connection: BaseDatabaseWrapper) -> Decimal | None:
        """The amount; averages are refused, because whole thousandths would cut them."""
        if isinstance(expression, AVERAGES):
            raise TypeError("A database average of money would be cut to thousandths; divide the sum by the count.")
        return None if value is None else from_units(value)

    def to_python(self, value: Any) -> Decimal | None:
        """Read a fixture's or a form's value; raises ValidationError rather than round."""
        if value is None:
            return None
        try:
            amount = Decimal(value) if isinstance(value, str) and PLAIN.fullmatch(value) else value
            to_units(amount)
        except TypeError as error:
            raise ValidationError("Enter an amount, such as 12.50.", code="invalid") from error
        except BudgetError as error:
            raise ValidationError(str(error), code="invalid") from error
        return Decimal(amount)

    def value_to_string(self, obj: models.Model) -> str:
        """Write the value for a fixture, without exponent."""
        value: Any = self.value_from_object(obj)
        return "" if value is None else f"{value:f}"

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        """A decimal number within the limits; forms that people type into read with ``read_amount`` instead."""
        return super().formfield(
            **{
                "form_class": forms.DecimalField,
                "max_digits": 16,
                "decimal_places": 3,
                "max_value": LARGEST,
                "min_value": -LARGEST,
                **kwargs,
            }
        )


def money_value(amount: Decimal | int) -> Value:
    """An amount for use inside a database expression, where a bare number would count as thousandths."""
    return Value(amount, output_field=MoneyField())


for _connector in (Combinable.ADD, Combinable.SUB):
    register_combinable_fields(MoneyField, _connector, MoneyField, MoneyField)
register_combinable_fields(MoneyField, Combinable.MUL, models.IntegerField, MoneyField)
register_combinable_fields(models.IntegerField, Combinable.MUL, MoneyField, MoneyField)
