"""Asks the tiers for a book: loads all they need once, then answers for any number of rows without the database."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from budget.books.models import Book
from budget.categorization.models import AmountRule, MerchantMapping
from budget.categorization.tiers import TIERS, Known, Row, Suggestion
from budget.categorization.training import model_of
from budget.ledger.models import Category

KEPT = 50_000
"""How many different rows are remembered."""


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
        self._rows: dict[tuple[str, str], Row] = {}
        self._answers: dict[tuple[str, str, Decimal, str], Suggestion | None] = {}

    def suggest(self, *, payee: str, text: str, amount: Decimal, currency: str) -> Suggestion | None:
        """What the first tier that knows the row proposes; None where none does.

        Args:
            amount: out is positive.
            currency: the account's.
        """
        key = payee, text, amount, currency
        if key in self._answers:
            return self._answers[key]
        row = self.row(payee, text, amount, currency)
        answer = next((found for tier in TIERS if (found := tier(self.known, row))), None)
        if len(self._answers) >= KEPT:
            self._answers.clear()
        self._answers[key] = answer
        return answer

    def row(self, payee: str, text: str, amount: Decimal, currency: str) -> Row:
        """The row as tiers see it."""
        known = self._rows.get((payee, text))
        if known is None:
            if len(self._rows) >= KEPT:
                self._rows.clear()
                self.known.finding.clear()
                self.known.guesses.clear()
            known = self._rows[payee, text] = Row.of(payee, text, amount, currency)
        return Row(known.merchant, known.texts, amount, currency)
