"""What people type to open or change an account, to move money between two, or to delete one for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms

from budget.books.models import Book
from budget.dates import read_date
from budget.errors import BudgetError
from budget.http import new_request_key
from budget.ledger.models import Account, AccountType, today
from budget.money import currency_choices, plain_amount, read_sum, require_currency

DECIMAL = {"inputmode": "decimal", "class": "n"}
OPENING_HINT = "What was there before the first transaction here. Put a minus before what you owe."


def text_field(
    label: str, *, required: bool = False, hint: str = "", missing: str = "", attrs: Mapping[str, str] | None = None
) -> forms.CharField:
    """A short text; its length is checked by the operation, which cuts nothing."""
    widget = forms.TextInput(attrs={"autocomplete": "off", **(attrs or {})})
    return forms.CharField(
        label=label, required=required, help_text=hint, widget=widget, error_messages={"required": missing}
    )


class Keyed(forms.Form):
    """A form that counts once, however often it is sent."""

    request_key = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, initial: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, initial={"request_key": new_request_key(), **(initial or {})}, **kwargs)

    def seeing(self, version: int) -> None:
        """Know the row as it is now: sent again, the form keeps what was typed in it."""
        self.data = {name: self.data.get(name) for name in self.data} | {"seen": version}

    @property
    def content(self) -> dict[str, Any]:
        """What was typed, without the form's own fields."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("request_key", "seen")}


class AccountForm(Keyed):
    """An account, to open or to change."""

    name = text_field("Name", required=True, missing="Give the account a name, such as Everyday.")
    type = forms.ChoiceField(label="Kind", choices=AccountType.choices)
    institution = text_field("Bank", hint="Where it is held, if anywhere.")
    currency = forms.ChoiceField(label="Currency", choices=currency_choices)
    opening_balance = text_field("Opening balance", hint=OPENING_HINT, attrs=DECIMAL | {"placeholder": "0.00"})
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, account: Account | None = None, has_rows: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        if has_rows:
            self.fields["currency"].disabled = True
            self.fields["currency"].help_text = "It has transactions in this currency, so it stays."

    @classmethod
    def blank(cls, book: Book) -> AccountForm:
        """An empty form in the book's currency."""
        return cls(initial={"currency": book.currency})

    @classmethod
    def initial_of(cls, account: Account) -> dict[str, Any]:
        """What the form of an account begins with."""
        return {
            "name": account.name,
            "type": account.type,
            "institution": account.institution,
            "currency": account.currency,
            "opening_balance": plain_amount(account.opening_balance, account.currency),
            "seen": account.version,
        }

    def clean(self) -> dict[str, Any]:
        """Read the opening balance in the account's currency."""
        cleaned = self.cleaned_data
        text = cleaned.get("opening_balance", "")
        if "currency" in cleaned:
            try:
                cleaned["currency"] = require_currency(cleaned["currency"])
                cleaned["opening_balance"] = read_sum(text, currency=cleaned["currency"]) if text else Decimal(0)
            except BudgetError as error:
                self.add_error("opening_balance", str(error))
        return cleaned


class AccountTransferForm(Keyed):
    """Money from one account to another; where they have different currencies, also what arrived."""

    source = forms.TypedChoiceField(label="From", coerce=int, error_messages={"required": "Choose an account."})
    target = forms.TypedChoiceField(label="To", coerce=int, error_messages={"required": "Choose an account."})
    amount = text_field(
        "Amount", required=True, missing="Enter an amount, such as 12.50.", attrs=DECIMAL | {"placeholder": "12.50"}
    )
    arriving = text_field(
        "Amount that arrives",
        hint="Only where the two accounts have different currencies.",
        attrs=DECIMAL | {"placeholder": "13.70"},
    )
    date = text_field("Date", required=True, missing="Enter a date, such as today or 20 Nov.")
    note = text_field("Note")

    def __init__(self, *args: Any, accounts: Iterable[Account], initial: dict[str, Any] | None = None, **kwargs: Any):
        super().__init__(*args, initial={"date": today().isoformat(), **(initial or {})}, **kwargs)
        self.accounts = {account.pk: account for account in accounts}
        several = len({account.currency for account in self.accounts.values()}) > 1
        choices = [
            (pk, f"{each.name} ({each.currency})" if several else each.name) for pk, each in self.accounts.items()
        ]
        for name in ("source", "target"):
            field = self.fields[name]
            field.choices = [("", "Choose"), *choices]  # type: ignore[attr-defined]  # it is a ChoiceField
            field.error_messages["invalid_choice"] = "Account not found. Choose one of this book's accounts."
        if not several:
            del self.fields["arriving"]

    def clean_source(self) -> Account:
        """The account that money leaves."""
        return self.accounts[self.cleaned_data["source"]]

    def clean_target(self) -> Account:
        """The account that it goes to."""
        return self.accounts[self.cleaned_data["target"]]

    def clean(self) -> dict[str, Any]:
        """Read the amounts in the currencies of their accounts, and the date."""
        cleaned = self.cleaned_data
        source, target = cleaned.get("source"), cleaned.get("target")
        arriving = cleaned.pop("arriving", "")
        if source and "amount" in cleaned:
            self._read("amount", cleaned["amount"], source.currency)
        if source and target:
            cleaned["arriving"] = None
            if source.currency != target.currency:
                if arriving:
                    self._read("arriving", arriving, target.currency)
                else:
                    self.add_error("arriving", f"Say how much arrived on {target}, in {target.currency}.")
        if "date" in cleaned:
            try:
                cleaned["date"] = read_date(cleaned["date"], today())
            except BudgetError as error:
                self.add_error("date", str(error))
        return cleaned

    def _read(self, name: str, text: str, currency: str) -> None:
        try:
            self.cleaned_data[name] = read_sum(text, currency=currency)
        except BudgetError as error:
            self.add_error(name, str(error))
