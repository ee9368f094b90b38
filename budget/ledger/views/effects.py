"""What recording a draft would do to its category's budget, in one sentence."""

from __future__ import annotations

from budget.books.models import Book
from budget.envelopes.queries import plan_line
from budget.ledger.drafts import Draft
from budget.ledger.models import Category
from budget.money import format_amount
from budget.months import Month


def effect(book: Book, draft: Draft) -> tuple[str, str]:
    """What recording it does to its category's budget: the sentence, and whether that is neg, or nothing."""
    category, amount = draft.category, draft.amount
    if category is None or amount is None or category.is_income or draft.currency != book.currency:
        return "", ""
    row = Category.objects.of(book).get(pk=category.pk)
    line = plan_line(book, row, Month.of(draft.date))
    left = line.available - amount
    if not line.is_planned:
        month = Month.of(draft.date).name
        return f"{category}: {format_amount(line.spent + amount, book.currency)} in {month}.", ""
    budget = format_amount(line.budget, book.currency)
    if left < 0:
        return f"{category} goes to {format_amount(-left, book.currency)} over its {budget} budget.", "neg"
    return f"{category} has {format_amount(left, book.currency)} left of its {budget} budget.", ""
