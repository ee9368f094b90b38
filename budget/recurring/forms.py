"""What people type to enter or change what comes again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from budget.dates import AmbiguousDate, UnreadableDate, read_date
from budget.errors import BudgetError
from budget.ledger.directory import AccountName, Directory
from budget.ledger.forms.accounts import DECIMAL, Keyed, text_field
from budget.ledger.forms.transactions import DIRECTIONS, IN, OUT, account_choices, category_choices
from budget.ledger.models import Account, Category, today
from budget.money import plain_amount, read_sum
from budget.recurring.errors import SupposedTooFar
from budget.recurring.models import RecurringSeries
from budget.recurring.operations import Content, next_from
from budget.recurring.rhythm import CHOICES, Rhythm
from budget.recurring.supposing import LONGEST_NAME, MONTHLY, ONCE, Supposed, suppose


class SeriesForm(Keyed):
    """A series, to enter or to change."""

    name = text_field("Payee", required=True, missing="Say who is paid, or who pays.", attrs={"maxlength": "100"})
    amount = text_field(
        "Amount", required=True, missing="Enter an amount, such as 12.50.", attrs=DECIMAL | {"placeholder": "12.50"}
    )
    direction = forms.ChoiceField(
        label="Direction",
        choices=DIRECTIONS,
        initial=OUT,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose money out or money in."},
    )
    varies = forms.BooleanField(label="The amount is another each time", required=False)
    rhythm = forms.ChoiceField(
        label="How often",
        choices=CHOICES,
        initial=Rhythm.MONTHLY.value,
        error_messages={"invalid_choice": "Choose one of these rhythms."},
    )
    anchor = text_field(
        "Due on",
        required=True,
        missing="Enter a date, such as 1 Dec.",
        hint="One date on which it is due. The 31st stands for the last day of each month.",
    )
    account = forms.TypedChoiceField(
        label="Account",
        coerce=int,
        error_messages={
            "required": "Choose an account.",
            "invalid_choice": "Account not found. Choose one of this book's accounts.",
        },
    )
    category = forms.TypedChoiceField(
        label="Category",
        coerce=int,
        required=False,
        empty_value=None,
        error_messages={"invalid_choice": "Category not found. Choose one of this book's categories."},
    )
    posts = forms.BooleanField(
        label="Record it by itself on the day",
        required=False,
        help_text="For what no bank statement brings, such as cash. It is recorded once for each due date.",
    )
    note = text_field("Note")
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, names: Directory, series: RecurringSeries | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names, self.series = names, series
        account = series.account_id if series else None
        category = series.category_id if series else None
        self.fields["account"].choices = account_choices(names, account)  # type: ignore[attr-defined]  # ChoiceFields
        self.fields["category"].choices = [("", "No category"), *category_choices(names, category)]  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, series: RecurringSeries, amount: Decimal) -> dict[str, Any]:
        """What the form of a series begins with; `amount` is what it costs now, out positive."""
        shown = next_from(series, today()) or series.anchor
        if shown.day != series.anchor.day:
            shown = series.anchor
        return {
            "name": series.name,
            "amount": plain_amount(abs(amount), series.account.currency),
            "direction": IN if series.amount < 0 else OUT,
            "varies": series.varies,
            "rhythm": series.rhythm,
            "anchor": f"{shown.day} {shown:%b %Y}",
            "account": series.account_id,
            "category": series.category_id or "",
            "posts": series.posts_from is not None,
            "note": series.note,
            "seen": series.version,
        }

    def clean(self) -> dict[str, Any]:
        """Read the amount in the account's currency, signed like a transaction, and the date."""
        cleaned = self.cleaned_data
        if "amount" in cleaned and "account" in cleaned:
            typed = cleaned["amount"]
            try:
                amount = read_sum(typed, currency=self.names.accounts[cleaned["account"]].currency)
            except BudgetError as error:
                self.add_error("amount", str(error))
            else:
                came_in = cleaned.get("direction") == IN or typed.lstrip().startswith("+")
                cleaned["amount"] = -amount if came_in else amount
        if "anchor" in cleaned:
            try:
                cleaned["anchor"] = read_date(cleaned["anchor"], today())
            except BudgetError as error:
                self.add_error("anchor", str(error))
        return cleaned

    def said(self, accounts: dict[int, Account], categories: dict[int, Category]) -> Content:
        """What was typed; rows that are gone meanwhile are refused by the operation."""
        cleaned = self.cleaned_data
        return Content(
            name=cleaned["name"],
            account=accounts.get(cleaned["account"]) or Account(pk=cleaned["account"]),
            category=categories.get(cleaned["category"]) if cleaned["category"] else None,
            amount=cleaned["amount"],
            rhythm=cleaned["rhythm"],
            anchor=cleaned["anchor"],
            varies=cleaned["varies"],
            posts=cleaned["posts"],
            note=cleaned["note"],
        )


class SupposedForm(forms.Form):
    """A what-if, to add to the address of the forecast; it is stored nowhere."""

    amount = text_field(
        "Amount", required=True, missing="Enter an amount, such as 12.50.", attrs=DECIMAL | {"placeholder": "500.00"}
    )
    direction = forms.ChoiceField(
        label="Direction",
        choices=DIRECTIONS,
        initial=OUT,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose money out or money in."},
    )
    on = text_field("On", hint="Such as 1 Dec; tomorrow where nothing is said.")
    every = forms.ChoiceField(
        label="How often",
        choices=[(ONCE, "Once"), (MONTHLY, "Every month from then on")],
        initial=ONCE,
        required=False,
        error_messages={"invalid_choice": "Choose once, or every month."},
    )
    label = text_field("Name", attrs={"maxlength": str(LONGEST_NAME), "placeholder": "New bike"})

    def supposed(self, account: AccountName) -> Supposed | None:
        """What was typed, for an account; None, with what is wrong, where it cannot be read."""
        if not self.is_valid():
            return None
        try:
            return suppose(self.cleaned_data, account.pk, account.currency, today())
        except (UnreadableDate, AmbiguousDate, SupposedTooFar) as error:
            self.add_error("on", str(error))
        except BudgetError as error:
            self.add_error("amount", str(error))
        return None
