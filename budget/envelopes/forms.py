"""Reading budgets and moves; what cannot be read stays in the form with a sentence that says why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

from budget.envelopes.board import Mistake
from budget.envelopes.queries import PlanLine
from budget.errors import BudgetError
from budget.ledger.errors import CategoryNotFound
from budget.ledger.models import Rollover
from budget.markup import format_html
from budget.money import amount_writer, read_sum

BUDGET = "budget-"
"""What the inputs of budgets are named by: `budget-12` is the one of category 12."""
_ID = re.compile("[1-9][0-9]{0,17}")


class SumField(forms.CharField):
    """An amount in the book's currency, or amounts added up: ``12+4.50``."""

    def __init__(self, *, currency: str = "", **options: Any) -> None:
        super().__init__(max_length=240, **options)
        self.currency = currency
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> Decimal:
        """The amount; raises ValidationError with the reader's own sentence."""
        try:
            return read_sum(str(value or ""), currency=self.currency)
        except BudgetError as error:
            raise forms.ValidationError(str(error)) from error


class MoveForm(forms.Form):
    """An amount, where it comes from (`from`) and where it goes (`to`)."""

    def __init__(self, *args: Any, plans: Sequence[PlanLine], currency: str, **options: Any) -> None:
        super().__init__(*args, **options)
        write = amount_writer(currency)
        choices = [(line.category.pk, f"{line.category}, {write(line.available)} left") for line in plans]
        self.fields["from"] = _category_field("From", choices)
        self.fields["amount"] = SumField(currency=currency)
        self.fields["amount"].widget.attrs["autofocus"] = True
        self.fields["to"] = _category_field("To", choices)


class DrawnSelect(forms.Select):
    """A select whose options are drawn in one go: Django's own renders a template for each of them."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        """The same HTML as of any select without groups."""
        chosen = self.format_value(value)
        options = [_option(option, str(label), str(option) in chosen) for option, label in self.choices]
        return format_html(
            '<select name="{}"{}>' + "{}" * len(options) + "</select>",
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            *options,
        )


@lru_cache(maxsize=4096)
def _option(value: int | str, label: str, is_chosen: bool) -> SafeString:
    """An option; kept by its content, for after a change all the others are the same."""
    return format_html('<option value="{}"{}>{}</option>', value, " selected" if is_chosen else "", label)


def _category_field(label: str, choices: Sequence[tuple[int, str]]) -> forms.TypedChoiceField:
    missing = str(CategoryNotFound())
    field = forms.TypedChoiceField(
        label=label, coerce=int, choices=[("", "Choose a category"), *choices], widget=DrawnSelect
    )
    field.error_messages |= {"required": "Choose a category.", "invalid_choice": missing, "invalid": missing}
    return field


class RolloverForm(forms.Form):
    """What the category's month carries into the next."""

    rollover = forms.ChoiceField(label="Carries into the next month", choices=Rollover.choices, required=True)


def read_changed_budgets(
    post: Mapping[str, str], seen: str, currency: str
) -> tuple[dict[int, Decimal], dict[int, Mistake]]:
    """The budgets whose text differs from what the page was rendered with, and those that cannot be read.

    Args:
        seen: what the page showed, as `seen_budgets` wrote it; a budget that somebody else changed since, and the
            person did not touch, stays as it is.
    """
    before = dict(part.partition("=")[::2] for part in seen.split(";") if part)
    amounts: dict[int, Decimal] = {}
    mistakes: dict[int, Mistake] = {}
    for name, typed in post.items():
        key = name.removeprefix(BUDGET)
        if key == name or not _ID.fullmatch(key) or typed.strip() == before.get(key):
            continue
        try:
            amounts[int(key)] = read_sum(typed, currency=currency)
        except BudgetError as error:
            mistakes[int(key)] = Mistake(typed, str(error))
    return amounts, mistakes


def seen_budgets(plans: Iterable[PlanLine], currency: str) -> str:
    """The budgets as the page shows them, to tell later which of them a person changed."""
    write = amount_writer(currency)
    return ";".join(f"{line.category.pk}={write(line.allocated)}" for line in plans)
