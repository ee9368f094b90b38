"""What proposes categories: rules that people write, merchants that they confirmed, and the model made of both."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from budget.books.models import Book
from budget.books.rows import BookRow, BookRowQuerySet
from budget.ledger.models import Category
from budget.money import MoneyField


class AmountRule(BookRow):
    """A text, perhaps with an amount, always goes to one category: the first tier.

    The amount matches from `amount - tolerance` to `amount + tolerance`, both included, whatever its sign; without an
    amount every amount does. One merchant's text with several prices thus goes to different categories.
    """

    pattern = models.CharField(
        max_length=100, help_text="Plain text that the bank's text contains, or a glob with * and ?."
    )
    amount = MoneyField(null=True, blank=True, help_text="Without a sign; empty for any amount.")
    tolerance = MoneyField(default=Decimal("0.01"), help_text="How far an amount may be off, either way.")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="amount_rules")
    name = models.CharField(max_length=100, blank=True, help_text="What the payee is called then; empty leaves it.")
    note = models.CharField(max_length=300, blank=True)
    position = models.PositiveIntegerField(default=0, help_text="The first rule that matches wins.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["AmountRule"].as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["book", "pattern"], name="amount_rule_by_pattern")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(pattern=""), name="amount_rule_pattern_not_empty"),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gt=0), name="amount_rule_amount_above_zero"
            ),
            models.CheckConstraint(condition=Q(tolerance__gte=0), name="amount_rule_tolerance_not_negative"),
        ]

    def __str__(self) -> str:
        return self.pattern


class Origin(models.TextChoices):
    """Where a known merchant came from."""

    STARTER = "starter", "Came with the book"
    LEARNED = "learned", "Learned from your choices"
    MANUAL = "manual", "Written by hand"


class MerchantMapping(BookRow):
    """A merchant that is filed under one category: the second tier.

    `merchant` is the payee as `merchants.normalise` writes it; each confirmation strengthens the mapping.
    """

    merchant = models.CharField(max_length=100)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="merchant_mappings")
    confirmations = models.PositiveIntegerField(default=0, help_text="How often a person said so.")
    origin = models.CharField(max_length=7, choices=Origin.choices, default=Origin.LEARNED)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["MerchantMapping"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "merchant"], name="merchant_mapping_once_per_book"),
            models.CheckConstraint(condition=~Q(merchant=""), name="merchant_mapping_merchant_not_empty"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="merchant_mapping_origin_known"),
        ]

    def __str__(self) -> str:
        return self.merchant


class TrainedModel(models.Model):
    """What the third tier learned from a book's own confirmed rows; derived, made anew at any time."""

    book = models.OneToOneField(Book, on_delete=models.PROTECT, related_name="trained_model")
    number = models.PositiveIntegerField(default=0, help_text="Raised by each training.")
    version = models.BigIntegerField(default=0, help_text="The book's version that it was trained on.")
    rows = models.PositiveIntegerField(default=0, help_text="How many confirmed rows it saw.")
    counts = models.TextField(default="{}", help_text="Canonical JSON: words and rows by category.")
    trained_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"model {self.number}, of {self.rows} rows"
