"""What people type to open or rename a book."""

from __future__ import annotations

from django import forms

from budget.ledger.taxonomy import Starter
from budget.money import currency_choices


class RenameForm(forms.Form):
    """A book's name."""

    name = forms.CharField(
        label="Name",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Give the book a name, such as Household."},
    )


class BookForm(RenameForm):
    """A further book: its name, its currency, what it begins with."""

    currency = forms.ChoiceField(
        label="Currency", choices=currency_choices, help_text="Of its plan and reports. It stays as it is."
    )
    starter = forms.ChoiceField(
        label="Categories",
        choices=Starter.choices,
        initial="full",
        widget=forms.RadioSelect,
    )
