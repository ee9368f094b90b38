"""What people type to record or change a transaction: texts to values, each refusal beside its field."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError

from budget.dates import read_date
from budget.errors import BudgetError
from budget.http import new_request_key
from budget.ledger.directory import Directory
from budget.ledger.models import Account, Category, Transaction, today
from budget.money import plain_amount, read_sum
from budget.texts import clean_text

T = TypeVar("T")
OUT, IN = "out", "in"
DIRECTIONS = ((OUT, "Money out"), (IN, "Money in"))
FIELDS = ("amount", "direction", "payee", "category", "date", "account", "description", "note")


def _text(label: str, limit: int, *, required: bool = False, hint: str = "", lines: bool = False) -> forms.CharField:
    """A text that is checked by `clean_text`, not cut, and whose every refusal is a sentence of ours."""
    widget = forms.Textarea(attrs={"rows": 2}) if lines else forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=label, required=required, strip=False, widget=widget, help_text=hint)


class TransactionForm(forms.Form):
    """One transaction, to record or to change."""

    amount = _text("Amount", 60, required=True)
    direction = forms.ChoiceField(label="Direction", choices=DIRECTIONS, initial=OUT, widget=forms.RadioSelect)
    payee = _text("Payee", 100)
    category = forms.ChoiceField(label="Category", required=False)
    date = _text("Date", 40, required=True)
    account = forms.ChoiceField(label="Account")
    description = _text("Description", 200)
    note = _text("Note", 1000, lines=True)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    request_key = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    def __init__(self, *args: Any, names: Directory, txn: Transaction | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = names
        self.txn = txn
        own_category = txn.category_id if txn else None
        own_account = txn.account_id if txn else None
        self._choices("category", [("", "No category"), *category_choices(names, own_category)])
        self._choices("account", account_choices(names, own_account))
        self._errors_in_words()
        self.fields["amount"].widget.attrs |= {"inputmode": "decimal", "class": "n", "placeholder": "12.50"}
        self.fields["date"].widget.attrs |= {"placeholder": "today, yesterday, 20 Nov"}
        if txn is not None and txn.is_transfer:
            for name in ("amount", "direction", "category", "account"):
                del self.fields[name]

    def _choices(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # it is a ChoiceField

    def _errors_in_words(self) -> None:
        self.fields["amount"].error_messages["required"] = "Enter an amount, such as 12.50."
        self.fields["date"].error_messages["required"] = "Enter a date, such as today or 20 Nov."
        self.fields["direction"].error_messages["invalid_choice"] = "Choose money out or money in."
        for name in ("category", "account"):
            known = f"Choose one of this book's {'categories' if name == 'category' else 'accounts'}."
            self.fields[name].error_messages["invalid_choice"] = f"{name.capitalize()} not found. {known}"
        self.fields["account"].error_messages["required"] = "Choose an account."

    @classmethod
    def blank(cls, names: Directory, **initial: Any) -> TransactionForm:
        """An empty form with a fresh key; today, on the account that was used last."""
        return cls(names=names, initial={"date": spoken_date(today()), "request_key": new_request_key()} | initial)

    @classmethod
    def of(cls, txn: Transaction, names: Directory) -> TransactionForm:
        """The form of a recorded transaction."""
        initial = {
            "amount": plain_amount(abs(txn.amount), names.accounts[txn.account_id].currency),
            "direction": IN if txn.amount < 0 else OUT,
            "payee": txn.payee,
            "category": txn.category_id or "",
            "date": spoken_date(txn.date),
            "account": txn.account_id,
            "description": txn.description,
            "note": txn.note,
            "seen": txn.version,
            "request_key": new_request_key(),
        }
        return cls(names=names, txn=txn, initial=initial, auto_id=f"id_{txn.pk}_%s")

    def again(self) -> TransactionForm:
        """The same content with a fresh key, for content that the old key was not used for."""
        data = {name: str(self.data[name]) for name in self.data}
        form = type(self)(
            data | {"request_key": new_request_key()}, names=self.names, txn=self.txn, auto_id=self.auto_id
        )
        form.full_clean()
        return form

    def clean_payee(self) -> str:
        return self._clean_text("payee", 100)

    def clean_description(self) -> str:
        return self._clean_text("description", 200)

    def clean_note(self) -> str:
        return self._clean_text("note", 1000, lines=True)

    def _clean_text(self, name: str, limit: int, *, lines: bool = False) -> str:
        label = str(self.fields[name].label)
        return worded(lambda: clean_text(self.cleaned_data[name], label, limit, lines=lines))

    def clean_date(self) -> datetime.date:
        typed: str = self.cleaned_data["date"]
        return worded(lambda: read_date(typed, today()))

    def clean_category(self) -> int | None:
        return int(self.cleaned_data["category"]) if self.cleaned_data["category"] else None

    def clean_account(self) -> int:
        return int(self.cleaned_data["account"])

    def clean(self) -> dict[str, Any]:
        """Read the amount in its account's currency; find a description where none was typed."""
        cleaned = self.cleaned_data
        if "amount" in cleaned and "account" in cleaned:
            try:
                cleaned["amount"] = self._amount(cleaned["amount"], cleaned["account"])
            except BudgetError as error:
                self.add_error("amount", str(error))
        if not cleaned.get("description") and "description" in cleaned:
            cleaned["description"] = cleaned.get("payee") or self._category_name()
            if not cleaned["description"] and "payee" not in self.errors:
                self.add_error("payee", "Say who was paid, or choose a category.")
        return cleaned

    def _amount(self, typed: str, account: int) -> Decimal:
        """Signed like a transaction. A plus before it means money in, as on the one-line form."""
        amount = read_sum(typed, currency=self.names.accounts[account].currency)
        came_in = self.cleaned_data.get("direction") == IN or typed.lstrip().startswith("+")
        return -amount if came_in else amount

    def _category_name(self) -> str:
        category = self.names.categories.get(self.cleaned_data.get("category") or 0)
        return category.label if category else ""

    @property
    def values(self) -> dict[str, Any]:
        """What the operations take; rows are named by their ids only, whose book the form has checked."""
        cleaned = self.cleaned_data
        values = {name: cleaned[name] for name in ("date", "payee", "description", "note")}
        if "amount" in self.fields:
            values["amount"] = cleaned["amount"]
            pk = cleaned["category"]
            values["category"] = Category.objects.get(pk=pk) if pk else None
            values["account"] = Account.objects.get(pk=cleaned["account"])
        return values


def worded(read: Callable[[], T]) -> T:
    """What `read` answers; a refusal becomes the form's."""
    try:
        return read()
    except BudgetError as error:
        raise ValidationError(str(error)) from error


def spoken_date(day: datetime.date) -> str:
    """As a form shows it, and reads it in any language: ``2026-11-20``."""
    return day.isoformat()


def category_choices(names: Directory, own: int | None = None) -> list[tuple[str, list[tuple[int, str]]]]:
    """The categories under their groups; archived ones only where the row has it already."""
    groups: list[tuple[str, list[tuple[int, str]]]] = []
    for category in names.categories.values():
        if category.parent is None:
            groups.append((category.label, []))
        if not category.is_archived or category.pk == own:
            groups[-1][1].append((category.pk, category.label))
    return [group for group in groups if group[1]]


def account_choices(names: Directory, own: int | None = None) -> list[tuple[int, str]]:
    """The accounts, with their currency where the book has several."""
    return [
        (account.pk, f"{account.name} ({account.currency})" if names.has_currencies else account.name)
        for account in names.accounts.values()
        if not account.is_archived or account.pk == own
    ]
