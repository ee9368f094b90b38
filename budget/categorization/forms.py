"""What people type to write a rule or a merchant, and how often to be asked."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from budget.books.models import Book
from budget.categorization.models import AmountRule, MerchantMapping
from budget.categorization.operations.rules import TOLERANCE
from budget.errors import BudgetError
from budget.ledger.forms.accounts import DECIMAL, Keyed, text_field
from budget.ledger.models import Category
from budget.money import decimals, plain_amount, read_amount

NO_CATEGORY = "Category not found. Choose one of this book's categories."


class Filing(Keyed):
    """What leads to a category: the part that rules and merchants share."""

    category = forms.TypedChoiceField(
        label="Goes to", coerce=int, error_messages={"required": "Choose a category.", "invalid_choice": NO_CATEGORY}
    )
    is_active = forms.BooleanField(label="Switched on", required=False)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, categories: Iterable[Category], row: AmountRule | MerchantMapping | None = None, **kwargs: Any
    ) -> None:
        if row is not None:
            kwargs["auto_id"] = f"id_{row.pk}_%s"
        super().__init__(*args, **kwargs)
        self.row = row
        self.categories = {category.pk: category for category in categories}
        if row is not None and row.category_id not in self.categories:
            self.categories[row.category_id] = row.category
        self.fields["category"].choices = [("", "Choose"), *_grouped(self.categories.values())]  # type: ignore[attr-defined]
        if row is None:
            del self.fields["is_active"]

    def clean_category(self) -> Category:
        """The category that it leads to."""
        return self.categories[self.cleaned_data["category"]]


class RuleForm(Filing):
    """A rule, to add or to change."""

    pattern = text_field(
        "The bank's text contains",
        required=True,
        missing="Write what the bank's text contains, such as NETFLIX.",
        hint="Capitals do not matter. * stands for any characters, ? for one.",
        attrs={"maxlength": "100"},
    )
    amount = text_field(
        "And the amount is", hint="Leave it empty for any amount.", attrs=DECIMAL | {"placeholder": "15.99"}
    )
    tolerance = text_field("Give or take", attrs=DECIMAL)
    name = text_field("Call the payee", hint="Leave it empty to keep the bank's name.")
    note = text_field("Note")

    def __init__(self, *args: Any, book: Book, **kwargs: Any) -> None:
        self.book = book
        super().__init__(*args, **kwargs)

    @classmethod
    def blank(cls, book: Book, **given: str) -> dict[str, Any]:
        """What the form of a new rule begins with."""
        return {"tolerance": "0.01" if decimals(book.currency) >= 2 else "0"} | given

    @classmethod
    def initial_of(cls, rule: AmountRule, book: Book) -> dict[str, Any]:
        """What the form of a rule begins with."""
        return {
            "pattern": rule.pattern,
            "amount": "" if rule.amount is None else plain_amount(rule.amount, book.currency),
            "tolerance": plain_amount(rule.tolerance, book.currency),
            "category": rule.category_id,
            "name": rule.name,
            "note": rule.note,
            "is_active": rule.is_active,
            "seen": rule.version,
        }

    def clean_amount(self) -> Decimal | None:
        """The amount in the book's currency; None for any."""
        return self._read("amount")

    def clean_tolerance(self) -> Decimal:
        """How far it may be off; a cent where nothing is said, in every currency."""
        typed = self.cleaned_data["tolerance"].strip()
        return TOLERANCE if typed in ("", "0.01") else self._read("tolerance") or Decimal(0)

    def _read(self, name: str) -> Decimal | None:
        typed = self.cleaned_data[name].strip()
        try:
            return read_amount(typed, currency=self.book.currency) if typed else None
        except BudgetError as error:
            raise forms.ValidationError(str(error)) from error


class MappingForm(Filing):
    """A merchant, to add or to change."""

    merchant = text_field(
        "Merchant",
        required=True,
        missing="Write the merchant's name, such as BLUE BOTTLE.",
        hint="Without numbers and towns; they are left out of the bank's text as well.",
        attrs={"maxlength": "100"},
    )

    @classmethod
    def initial_of(cls, mapping: MerchantMapping) -> dict[str, Any]:
        """What the form of a merchant begins with."""
        return {
            "merchant": mapping.merchant,
            "category": mapping.category_id,
            "is_active": mapping.is_active,
            "seen": mapping.version,
        }


class ThresholdForm(Keyed):
    """After how many confirmations a merchant is filed without asking."""

    count = forms.IntegerField(
        label="Confirmations",
        min_value=1,
        max_value=99,
        widget=forms.NumberInput(attrs={"class": "n", "inputmode": "numeric"}),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), "Use a number of confirmations from 1 to 99."
        ),
    )


def _grouped(categories: Iterable[Category]) -> list[tuple[str, list[tuple[int, str]]]]:
    groups: dict[str, list[tuple[int, str]]] = {}
    for category in categories:
        groups.setdefault(str(category.parent or category), []).append((category.pk, str(category)))
    return list(groups.items())
