"""What people type of a bank's statement: its days and its two balances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from budget.dates import read_date
from budget.errors import BudgetError
from budget.ledger.forms.accounts import DECIMAL, text_field
from budget.ledger.models import Account, today
from budget.money import decimals, plain_amount, read_sum
from budget.statements.balances import Period
from budget.statements.certificates import DaysOutOfOrder

NAMES = ("first", "last", "opening", "closing")
OWED = "Put a minus before what you owe."


class PeriodForm(forms.Form):
    """A period of an account as the bank's statement has it; amounts in the account's currency."""

    first = text_field("First day", required=True, missing="Enter the first day, such as 1 Nov.")
    last = text_field("Last day", required=True, missing="Enter the last day, such as 30 Nov.")
    opening = text_field(
        "Balance before",
        required=True,
        missing="Enter the balance that the statement begins with.",
        attrs=DECIMAL | {"placeholder": "0.00"},
    )
    closing = text_field(
        "Balance after",
        required=True,
        missing="Enter the balance that the statement ends with.",
        attrs=DECIMAL | {"placeholder": "0.00"},
    )

    def __init__(self, data: Mapping[str, Any] | None, *, account: Account, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.account = account
        self.fields["closing"].help_text = OWED if account.type in ("credit", "loan") else ""

    @staticmethod
    def initial_of(account: Account, told: Period) -> dict[str, str]:
        """What the form shows of a period."""
        texts = {"first": told.first.isoformat(), "last": told.last.isoformat()}
        for name, amount in (("opening", told.opening), ("closing", told.closing)):
            texts[name] = "" if amount is None else plain_amount(amount, account.currency)
        return texts

    def clean(self) -> dict[str, Any]:
        """Read days and amounts."""
        cleaned = self.cleaned_data
        for name in NAMES:
            if name in cleaned:
                self._read(name, cleaned[name])
        if "first" in cleaned and "last" in cleaned and cleaned["last"] < cleaned["first"]:
            self.add_error("last", str(DaysOutOfOrder()))
        return cleaned

    @property
    def period(self) -> Period:
        """What was typed, once it is valid."""
        return Period(*(self.cleaned_data[name] for name in NAMES))

    def _read(self, name: str, text: str) -> None:
        try:
            if name in ("first", "last"):
                self.cleaned_data[name] = read_date(text, today())
            else:
                # the page itself writes 8.375 dinars, which is not to be taken for eight thousand when it comes back
                hint = "en" if decimals(self.account.currency) > 2 else None
                self.cleaned_data[name] = read_sum(text, currency=self.account.currency, locale_hint=hint)
        except BudgetError as error:
            self.add_error(name, str(error))
