"""The categories that a new book begins with: 18 groups and what belongs to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connections, models, transaction
from django.db.models.signals import post_migrate

from budget.ledger.models import StandardCategory


@dataclass(frozen=True)
class Group:
    """One parent category; of its children those with a trailing `*` recur every month or year."""

    name: str
    icon: str
    color: str
    children: str
    is_income: bool = False

    def split(self) -> Iterator[tuple[str, bool]]:
        """Each child's name, and whether it recurs."""
        for child in self.children.split(", "):
            yield child.rstrip("*"), child.endswith("*")


GROUPS = (
    Group(
        "Food",
        "fork",
        "#E07A5F",
        "Groceries, Fast Food, Restaurant, Coffee, Work Lunch, Food Delivery, Boba, Bar, Snacks",
    ),
    Group(
        "Housing",
        "home",
        "#0E5E73",
        "Rent*, Mortgage*, Property Tax*, Home Repair, Furniture, Household Supplies, Garden",
    ),
    Group(
        "Transportation",
        "bus",
        "#32A190",
        "Fuel, Public Transport, Taxi & Rideshare, Parking, Tolls, Car Payment*, Car Repair, Bicycle",
    ),
    Group("Insurance", "shield", "#4F3A01", "Health Insurance*, Car Insurance*, Home Insurance*, Life Insurance*"),
    Group("Utilities", "bolt", "#C9A227", "Electricity*, Gas & Heating*, Water*, Internet*, Phone*, Waste*"),
    Group("Medical", "heart", "#9E5152", "Doctor, Dentist, Pharmacy, Optician, Therapy"),
    Group("Government", "bank", "#686C73", "Income Tax, Fees & Permits, Fines"),
    Group("Savings", "piggy", "#0A6B54", "Emergency Fund, Retirement*, Goals"),
    Group(
        "Personal Spending",
        "bag",
        "#8F82F0",
        "Clothing, Hair & Beauty, Electronics, Shopping, Gym*, Hobbies",
    ),
    Group(
        "Recreation & Entertainment",
        "ticket",
        "#B05B13",
        "Movies, Concerts & Events, Games, Books, Sports, Night Out",
    ),
    Group(
        "Streaming Services",
        "play",
        "#AE3A12",
        "Spotify*, Netflix*, Hulu*, HBO*, Apple TV*, YouTube Premium*, Disney+*",
    ),
    Group("Education", "book", "#5B7DB1", "Tuition, Courses, Textbooks"),
    Group("Travel", "plane", "#3D8EB9", "Flights, Hotels, Rental Car, Sightseeing"),
    Group("Misc", "dots", "#92979E", "Postage, Cash Withdrawal, Other"),
    Group("People", "gift", "#C05C7E", "Gifts, Donations, Childcare, Pets"),
    Group("Payment & Interest", "card", "#855400", "Bank Fees, Interest Paid, Loan Payment*"),
    Group("Income", "down", "#0A6B54", "Salary*, Bonus, Interest, Dividends, Refund, Gift Received, Side Job", True),
    Group("Balance", "scale", "#53575E", "Opening Balance, Correction"),
)


class Starter(models.TextChoices):
    """Which categories a new book begins with."""

    FULL = "full", "A starter set: 18 groups, about 90 categories"
    SHORT = "short", "A short list of 10 categories"
    NONE = "none", "None yet"


SHORT_LIST = ("Food", "Housing", "Transportation", "Utilities", "Medical", "Personal Spending",
              "Recreation & Entertainment", "Travel", "Misc", "Income")  # fmt: skip
"""The groups of the short list: ten names without subcategories."""


def seed_standard_categories(**kwargs: object) -> int:
    """Write the standard taxonomy where there is none; answers how many rows it wrote."""
    if StandardCategory.objects.exists():
        return 0
    with transaction.atomic():
        parents = StandardCategory.objects.bulk_create(
            [
                StandardCategory(
                    name=g.name, label=g.name, icon=g.icon, color=g.color, is_income=g.is_income, position=i
                )
                for i, g in enumerate(GROUPS)
            ]
        )
        children = StandardCategory.objects.bulk_create(
            [
                StandardCategory(
                    parent=parent,
                    name=name,
                    label=name,
                    icon=group.icon,
                    color=group.color,
                    is_income=group.is_income,
                    is_recurring=recurs,
                    position=i,
                )
                for parent, group in zip(parents, GROUPS, strict=True)
                for i, (name, recurs) in enumerate(group.split())
            ]
        )
    return len(parents) + len(children)


def _after_migrate(*, using: str, **kwargs: object) -> None:
    if StandardCategory._meta.db_table in connections[using].introspection.table_names():
        seed_standard_categories()


def register() -> None:
    """Have the first `migrate` write the standard taxonomy."""
    post_migrate.connect(_after_migrate, dispatch_uid="budget.taxonomy")
