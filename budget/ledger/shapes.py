"""A category as pages show it: read as a row of a larger statement, without the cost of a model."""

from __future__ import annotations

from typing import NamedTuple

from budget.ledger.models import Category


class CategoryShape(NamedTuple):
    """What a page needs of a category; the attributes mean what they mean on the model."""

    pk: int
    name: str
    label: str
    icon: str
    color: str
    rollover: str
    is_income: bool
    is_archived: bool
    place: int
    """Its place in the order of the taxonomy, as the database sorts by position and name."""
    parent: CategoryShape | None

    @property
    def parent_id(self) -> int | None:
        """The parent's id."""
        return self.parent.pk if self.parent else None

    def __str__(self) -> str:
        return self.label or self.name


AnyCategory = Category | CategoryShape
