"""What people type to add, change or merge categories."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from budget.ledger.forms.accounts import Keyed, text_field
from budget.ledger.models import Category, Rollover, is_color

SIGNS = (
    "tag", "bag", "bank", "basket", "bell", "bolt", "book", "briefcase", "bus", "calendar", "cap", "car", "card",
    "cash", "chart", "child", "coffee", "coins", "down", "drop", "dumbbell", "film", "fork", "gear", "gift",
    "heart", "home", "moon", "music", "overview", "paw", "percent", "phone", "pie", "piggy", "pill", "plane",
    "play", "scale", "scissors", "shield", "shirt", "sofa", "ticket", "tool", "trend", "users", "wallet", "wifi",
    "dots",
)  # fmt: skip
"""The shapes of the sprite that stand for a category."""
NO_PARENT = "No, it stands by itself"


class CategoryForm(Keyed):
    """A category, to add or to change."""

    label = text_field("Name", required=True, missing="Give the category a name, such as Groceries.")
    name = text_field("Short name", hint="What you type after #. Made from the name where you leave it empty.")
    parent = forms.TypedChoiceField(label="Belongs to", coerce=int, empty_value=None, required=False)
    color = forms.CharField(
        label="Colour",
        max_length=7,
        validators=[is_color],
        widget=forms.TextInput(attrs={"type": "color"}),
        error_messages={"required": "Choose a colour."},
    )
    icon = forms.ChoiceField(label="Sign", choices=[(name, name) for name in SIGNS], widget=forms.RadioSelect)
    rollover = forms.ChoiceField(label="At the end of a month, carry over", choices=Rollover.choices)
    is_income = forms.BooleanField(label="Income: stays out of spending", required=False)
    is_recurring = forms.BooleanField(label="Recurring: a fixed cost that comes every month or year", required=False)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, parents: Iterable[Category], category: Category | None = None, **kwargs: Any):
        if category is not None:
            kwargs["auto_id"] = f"id_{category.pk}_%s"
        super().__init__(*args, **kwargs)
        self.category = category
        self.parents = {parent.pk: parent for parent in parents if category is None or parent.pk != category.pk}
        choices = [("", NO_PARENT), *((pk, str(parent)) for pk, parent in self.parents.items())]
        self.fields["parent"].choices = choices  # type: ignore[attr-defined]  # it is a ChoiceField
        known = "Category not found. Choose one of this book's categories."
        self.fields["parent"].error_messages["invalid_choice"] = known
        signs = {*SIGNS, category.icon} - {""} if category else set(SIGNS)
        self.fields["icon"].choices = [(name, name) for name in [*SIGNS, *sorted(signs - set(SIGNS))]]  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, category: Category) -> dict[str, Any]:
        """What the form of a category begins with."""
        return {
            "label": str(category),
            "name": category.name,
            "parent": category.parent_id or "",
            "color": category.color,
            "icon": category.icon or "tag",
            "rollover": category.rollover,
            "is_income": category.is_income,
            "is_recurring": category.is_recurring,
            "seen": category.version,
        }

    def clean_parent(self) -> Category | None:
        """The category above, if any."""
        pk = self.cleaned_data["parent"]
        return self.parents[pk] if pk else None

    def clean(self) -> dict[str, Any]:
        """Make the short name where none was typed."""
        cleaned = self.cleaned_data
        if not cleaned.get("name") and cleaned.get("label"):
            cleaned["name"] = cleaned["label"][:50].strip()
        return cleaned


class MergeForm(Keyed):
    """Which category takes over."""

    target = forms.TypedChoiceField(label="Into", coerce=int, error_messages={"required": "Choose a category."})

    def __init__(self, *args: Any, targets: Iterable[Category], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.targets = {target.pk: target for target in targets}
        choices = [
            (pk, f"{target.parent} › {target}" if target.parent else str(target)) for pk, target in self.targets.items()
        ]
        field = self.fields["target"]
        field.choices = [("", "Choose"), *choices]  # type: ignore[attr-defined]  # it is a ChoiceField
        field.error_messages["invalid_choice"] = "Category not found. Choose one of this book's categories."

    def clean_target(self) -> Category:
        """The category that takes over."""
        return self.targets[self.cleaned_data["target"]]
