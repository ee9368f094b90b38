"""What people type about an import: the files themselves, and what a row says that could not be read."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from budget.dates import read_date
from budget.errors import BudgetError
from budget.ledger.forms.transactions import DIRECTIONS, IN, OUT
from budget.ledger.models import today
from budget.money import read_sum
from budget.statements.models import StatementLine
from budget.texts import clean_text

LONGEST_PAYEE = 100
PLUS = re.compile(r"[^0-9]*\+")
"""A plus before the first digit: `+12` is one, `12+4` is a sum."""


class MendForm(forms.Form):
    """A row that could not be read: its date, its payee and its amount, read as everywhere else."""

    date = forms.CharField(
        label="Date",
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "20 Nov"}),
        error_messages={"required": "Enter a date, such as 20 Nov."},
    )
    payee = forms.CharField(
        label="Payee",
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter who was paid, or who paid."},
    )
    amount = forms.CharField(
        label="Amount",
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "decimal", "class": "n"}),
        help_text="A minus means money out, a plus money in, whatever the direction says.",
        error_messages={"required": "Enter an amount, such as 12.50."},
    )
    direction = forms.ChoiceField(
        label="Direction",
        choices=DIRECTIONS,
        initial=OUT,
        error_messages={"invalid_choice": "Choose money out or money in.", "required": "Choose money out or money in."},
    )

    def __init__(self, *args: Any, line: StatementLine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line
        self.currency = line.statement.currency
        self.fields["amount"].label = f"Amount in {self.currency}"

    def clean_date(self) -> dt.date:
        try:
            return read_date(self.cleaned_data["date"], today())
        except BudgetError as error:
            raise ValidationError(str(error)) from error

    def clean_payee(self) -> str:
        try:
            return clean_text(self.cleaned_data["payee"], "Payee", LONGEST_PAYEE, required=True)
        except BudgetError as error:
            raise ValidationError(str(error)) from error

    def clean_amount(self) -> Decimal:
        try:
            amount = read_sum(self.cleaned_data["amount"], currency=self.currency)
        except BudgetError as error:
            raise ValidationError(str(error)) from error
        if not amount:
            raise ValidationError("Enter an amount other than zero.")
        return amount

    @property
    def signed(self) -> Decimal:
        """The amount like a transaction's: money out is positive. A typed sign is the bank's and wins."""
        amount: Decimal = abs(self.cleaned_data["amount"])
        return -amount if (self._typed_sign or self.cleaned_data["direction"]) == IN else amount

    @property
    def why(self) -> str:
        """Where a typed sign won over the direction: the words that say so."""
        if self._typed_sign in ("", self.cleaned_data["direction"]):
            return ""
        return f", as the {'plus' if self._typed_sign == IN else 'minus'} says"

    @property
    def _typed_sign(self) -> str:
        """The direction that a typed sign means; empty where none was typed."""
        if self.cleaned_data["amount"] < 0:
            return OUT
        return IN if PLUS.match(self.data.get("amount", "")) else ""
