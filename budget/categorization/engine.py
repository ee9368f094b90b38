"""Asks the tiers for a book: loads all they need once, then answers for any number of rows without the database."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from budget.books.models import Book
from budget.categorization.classifier import band_of_units
from budget.categorization.merchants import merchant_of
from budget.categorization.models import AmountRule, MerchantMapping
from budget.categorization.patterns import fold
from budget.categorization.tiers import BY_MERCHANT, Known, Row, Suggestion, amount_rule
from budget.categorization.training import model_of
from budget.ledger.models import Category
from budget.money import from_units, to_units

KEPT = 20_000
"""How many answers are remembered."""


class Engine:
    """What a book would file a row under, as it is now.

    R003-45. Five queries, whatever the number of rules and rows; the model is trained anew first where enough is new.
    """

    def __init__(self, book: Book, *, renew: bool = True, rules: Sequence[AmountRule] | None = None) -> None:
        """Load what the tiers ask.

        Args:
            renew: whether the model may be trained here, which takes up to some seconds.
            rules: to be asked instead of the book's active ones, in this order.
        """
        model, number = model_of(book, renew=renew)
        own = Category.objects.of(book).filter(is_archived=False)
        categories = {category.pk: category for category in own}
        if rules is None:
            active = AmountRule.objects.of(book).filter(is_active=True)
            rules = list(active.order_by("position", "pk"))
        mappings = MerchantMapping.objects.of(book).filter(is_active=True)
        needed = Book.objects.values_list("confirmations_needed", flat=True).get(pk=book.pk)
        self.known = Known(
            currency=book.currency,
            confirmations_needed=needed,
            categories=categories,
            rules=[rule for rule in rules if rule.category_id in categories],
            mappings={mapping.merchant: mapping for mapping in mappings},
            model=model,
            model_version=number,
        )
        self._answers: dict[tuple[str, str], Suggestion | None] = {}
        """By merchant and band: what no rule decides depends on nothing else."""

    def suggest(self, *, payee: str, text: str, amount: Decimal, currency: str) -> Suggestion | None:
        """What the first tier that knows the row proposes; None where none does.

        Args:
            amount: out is positive.
            currency: the account's.
        """
        return self.suggest_units(payee, text, to_units(amount), currency)

    def suggest_units(self, payee: str, text: str, units: int, currency: str) -> Suggestion | None:
        """The same of an amount in thousandths."""
        if self.known.rules:
            texts = fold(payee), fold(text)
            if self.known.rules_of(texts):
                row = Row("", texts, from_units(units), currency)
                if found := amount_rule(self.known, row):
                    return found
        key = merchant_of(payee, text), band_of_units(units)
        if key not in self._answers:
            if len(self._answers) >= KEPT:
                self._answers.clear()
            row = Row(key[0], ("", ""), from_units(units), currency)
            self._answers[key] = next((found for tier in BY_MERCHANT if (found := tier(self.known, row))), None)
        return self._answers[key]
