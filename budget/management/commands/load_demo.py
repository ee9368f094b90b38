"""`manage.py load_demo`: the sample books, and how to sign in to them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from budget.demo import loading
from budget.ledger.models import Transaction, today


class Command(BaseCommand):
    """Makes the sample books unless they are there."""

    help = "Make a demo user with three years of sample data, unless they are there already."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, then say how to sign in and what there is."""
        demo = loading.load(today())
        self.stdout.write(f"User      {demo.user.email}\nPassword  {loading.PASSWORD}")
        for place, book in enumerate(demo.books):
            rows = Transaction.objects.of(book).count()
            label = "Books" if place == 0 else ""
            self.stdout.write(f"{label:<8}  {book}: {rows:,} transactions in {book.currency}")
