"""What becomes of rules, merchants and predictions when a category is merged or deleted, or a row is filed by hand."""

from __future__ import annotations

from budget.categorization.models import AmountRule, MerchantMapping
from budget.categorization.operations.learning import learn
from budget.history import Recorder
from budget.ledger import choices, dependents
from budget.ledger.models import Category, Transaction


class Filing:
    """What leads to a category, as the ledger asks about it. Nothing of it keeps a category from being deleted."""

    one = "rule"
    many = "rules"

    def release(self, change: Recorder, category: Category) -> int:
        """Delete the rules and merchants that lead to it, and take back what was predicted; nothing remains."""
        book = change.book
        change.delete_many(AmountRule.objects.of(book).filter(category=category))
        change.delete_many(MerchantMapping.objects.of(book).filter(category=category))
        predicted = Transaction.objects.of(book).filter(predicted_category=category)
        change.update_many(predicted, predicted_category=None, tier="", confidence=None, pattern="", model_version=None)
        return 0

    def move(self, change: Recorder, source: Category, target: Category) -> None:
        """Have them all lead to `target`."""
        book = change.book
        change.update_many(AmountRule.objects.of(book).filter(category=source), category=target)
        change.update_many(MerchantMapping.objects.of(book).filter(category=source), category=target)
        predicted = Transaction.objects.of(book).filter(predicted_category=source)
        change.update_many(predicted, predicted_category=target)

    def require_free_for_income(self, change: Recorder, category: Category) -> None:
        """A rule may lead to income as well."""


def register() -> None:
    """Have the ledger ask, and tell what people chose in it."""
    dependents.register(FILING)
    choices.register(learn)


FILING = Filing()
