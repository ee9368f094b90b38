"""What was spent, earned and moved: accounts, categories, transactions, and what a month adds up to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from budget.books.models import Book
from budget.books.rows import BookRow, BookRowQuerySet
from budget.money import MoneyField, format_amount
from budget.months import Month

is_currency = RegexValidator(r"^[A-Z]{3}\Z", "Use the currency's three letters, such as EUR.")
is_color = RegexValidator(r"^#[0-9A-Fa-f]{6}\Z", "Use a colour such as #FF6B6B.")

LARGEST = 10**16 - 1
"""The largest amount in thousandths that a row may hold: 9,999,999,999,999.999."""


def today() -> date:
    """The date of today in the server's zone, the default of a transaction."""
    return timezone.localdate()


class AccountType(models.TextChoices):
    """What kind of account it is; decides where the accounts page lists it."""

    CHECKING = "checking", "Checking"
    SAVINGS = "savings", "Savings"
    CREDIT = "credit", "Credit card"
    CASH = "cash", "Cash"
    LOAN = "loan", "Loan"
    INVESTMENT = "investment", "Investment"


class Account(BookRow):
    """Where money is held, in one currency.

    `opening_balance` is what was there before the first transaction, as people say it: positive is money one has.
    """

    name = models.CharField(max_length=100)
    institution = models.CharField(max_length=100, blank=True)
    type = models.CharField(max_length=12, choices=AccountType.choices, default=AccountType.CHECKING)
    currency = models.CharField(max_length=3, validators=[is_currency])
    opening_balance = MoneyField(
        default=Decimal(0), help_text="What was there before the first transaction; positive is money one has."
    )
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["Account"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("book", Lower("name"), name="account_name_once_per_book"),
            models.CheckConstraint(condition=~Q(name=""), name="account_name_not_empty"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="account_currency_three_letters"),
            models.CheckConstraint(condition=Q(type__in=AccountType.values), name="account_type_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def balance(self) -> Decimal:
        """What is on the account; only of accounts from `queries.accounts_with_balance`, which add up `moved`."""
        moved: Decimal = self.moved  # type: ignore[attr-defined]  # that query's annotation
        return self.opening_balance - moved


class Rollover(models.TextChoices):
    """What a category's month carries into the next one."""

    NONE = "none", "Nothing"
    SURPLUS = "surplus", "What is left"
    BOTH = "both", "What is left or overspent"


class Category(BookRow):
    """What money is spent on or comes from, in two levels.

    `name` is the short name, by which it is found and typed; `label` is how it is shown, in free characters.
    """

    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=50)
    label = models.CharField(max_length=100, blank=True)
    color = models.CharField(max_length=7, default="#FF6B6B", validators=[is_color])
    icon = models.CharField(max_length=20, default="tag", blank=True)
    is_income = models.BooleanField(default=False)
    is_recurring = models.BooleanField(default=False)
    rollover = models.CharField(max_length=7, choices=Rollover.choices, default=Rollover.NONE)
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["Category"].as_manager()

    class Meta:
        verbose_name_plural = "categories"
        constraints: ClassVar = [
            models.UniqueConstraint(
                "book", Coalesce("parent", 0), Lower("name"), name="category_name_once_per_book_and_parent"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="category_name_not_empty"),
            models.CheckConstraint(condition=Q(color__regex=r"^#[0-9A-Fa-f]{6}$"), name="category_color_hex"),
            models.CheckConstraint(condition=Q(rollover__in=Rollover.values), name="category_rollover_known"),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="category_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.name


class Status(models.TextChoices):
    """How far a transaction's category has been agreed on."""

    PENDING_REVIEW = "pending_review", "To review"
    PENDING_SAVE = "pending_save", "Chosen, not saved"
    CONFIRMED = "confirmed", "Confirmed"
    AUTO_CONFIRMED = "auto_confirmed", "Confirmed by rule"


UNSETTLED = "NOT (%(expressions)s IN ('confirmed', 'auto_confirmed'))"
"""What waits for somebody; the condition of the index `txn_to_review`."""


class Source(models.TextChoices):
    """Where a transaction came from."""

    MANUAL = "manual", "Entered by hand"
    LEDGER = "ledger", "Raw ledger"
    CSV_IMPORT = "csv_import", "Statement file"
    PLAID = "plaid", "Bank sync"
    ARCHIVE = "archive", "Archive"
    API = "api", "API"


class Tier(models.TextChoices):
    """What proposed a category, in the order in which it is asked."""

    AMOUNT_RULE = "amount_rule", "Rule"
    MERCHANT_MAP = "merchant_map", "Known merchant"
    AI = "ai", "Model of your choices"
    PROVIDER = "provider", "Language model"
    FILE = "file", "The file's own category"


class TransactionQuerySet(BookRowQuerySet["Transaction"]):
    """The filters that several queries share."""

    def in_month(self, month: Month) -> Self:
        """From the month's first day on, up to and without the next month's."""
        return self.filter(date__gte=month.first, date__lt=month.end)

    def in_category(self, category: Category) -> Self:
        """In this category or one below it."""
        return self.filter(Q(category=category) | Q(category__parent=category))

    def unsettled(self) -> Self:
        """What nobody has confirmed, written as the index `txn_to_review` is: SQLite compares no bound values."""
        return self.filter(Func(F("status"), template=UNSETTLED, output_field=models.BooleanField()))

    def spending(self) -> Self:
        """What spends: no transfer between own accounts, not in an income category."""
        return self.filter(is_transfer=False).exclude(category__is_income=True)


class Transaction(BookRow):
    """One dated, signed amount on one account: **money out is positive**, money in is negative."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="transactions")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="transactions")
    date = models.DateField(default=today)
    amount = MoneyField(help_text="In the account's currency; out is positive, in is negative.")
    description = models.CharField(max_length=200, help_text="What was typed, or what the bank printed.")
    payee = models.CharField(max_length=100, blank=True, help_text="The cleaned name of who was paid or who paid.")
    note = models.CharField(max_length=1000, blank=True)
    status = models.CharField(max_length=14, choices=Status.choices, default=Status.PENDING_REVIEW)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.MANUAL)
    external_id = models.CharField(max_length=200, null=True, blank=True, help_text="The bank's own id.")
    is_pending = models.BooleanField(default=False, help_text="Announced by the bank, not yet posted.")
    is_transfer = models.BooleanField(default=False, help_text="A leg of a transfer between own accounts.")
    line = models.OneToOneField(
        "budget.StatementLine",
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="transaction",
        help_text="The line of a bank's file that it is.",
    )
    predicted_category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, editable=False, related_name="predictions"
    )
    tier = models.CharField(max_length=12, choices=Tier.choices, blank=True, help_text="What predicted it.")
    confidence = models.PositiveSmallIntegerField(null=True, help_text="How sure that was, in thousandths.")
    pattern = models.CharField(max_length=200, blank=True, help_text="The rule, merchant or words it was predicted by.")
    model_version = models.PositiveIntegerField(null=True, help_text="The number of the model that predicted it.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TransactionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["book", "-date", "-id"], name="txn_by_date"),
            models.Index(fields=["account", "-date", "-id"], name="txn_by_account"),
            models.Index(fields=["book", "category", "-date", "-id"], name="txn_by_category"),
            models.Index(fields=["book", "-amount", "-date", "-id"], name="txn_by_amount"),
            models.Index(
                fields=["book", "status"],
                condition=~Q(status__in=["confirmed", "auto_confirmed"]),
                name="txn_to_review",
            ),
            models.Index(fields=["account", "date"], condition=Q(is_pending=True), name="txn_announced"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(amount=0), name="transaction_amount_not_zero"),
            models.CheckConstraint(
                condition=Q(amount__gte=Decimal(-LARGEST) / 1000, amount__lte=Decimal(LARGEST) / 1000),
                name="transaction_amount_in_range",
            ),
            models.CheckConstraint(condition=~Q(description=""), name="transaction_description_not_empty"),
            models.CheckConstraint(
                condition=Q(date__gte=date(1900, 1, 1), date__lt=date(2201, 1, 1)), name="transaction_date_in_range"
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="transaction_status_known"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="transaction_source_known"),
            models.CheckConstraint(
                condition=Q(is_transfer=False) | Q(category__isnull=True), name="transaction_transfer_without_category"
            ),
            models.CheckConstraint(condition=Q(tier__in=["", *Tier.values]), name="transaction_tier_known"),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__lte=1000),
                name="transaction_confidence_at_most_one",
            ),
            models.CheckConstraint(
                condition=Q(predicted_category__isnull=False) | Q(tier="", confidence__isnull=True),
                name="transaction_predicted_with_tier",
            ),
            models.UniqueConstraint(
                fields=["account", "external_id"],
                condition=Q(external_id__isnull=False),
                name="transaction_external_id_once_per_account",
            ),
        ]

    def __str__(self) -> str:
        """With the amount only where the account is loaded, whose currency says its decimals: no query for a name."""
        account = self._state.fields_cache.get("account")
        if account is None:
            return self.title
        return f"{self.title}, {format_amount(self.amount, account.currency, sign='none')}"

    @property
    def title(self) -> str:
        """The payee, or what was typed where none is known."""
        return self.payee or self.description


class ExpenseManager(models.Manager[Transaction]):
    """Only what spends; `of` and the other filters start from there."""

    def get_queryset(self) -> TransactionQuerySet:
        return TransactionQuerySet(self.model, using=self._db).spending()

    def of(self, book: Book) -> TransactionQuerySet:
        """The expenses of `book`."""
        return self.get_queryset().of(book)


class Expense(Transaction):
    """A transaction that spends: not a transfer between own accounts, not in an income category.

    A refund is a negative one and lowers its category's total.
    """

    objects: ClassVar[ExpenseManager] = ExpenseManager()  # type: ignore[assignment]  # a proxy narrows its rows

    class Meta:
        proxy = True


class AccountTransfer(BookRow):
    """Money moved between two accounts of one book: two linked transactions, both or neither. It is not spending.

    In one currency the two amounts add up to zero; the database checks it and freezes both legs.
    """

    outgoing = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="transfer_out")
    incoming = models.OneToOneField(Transaction, on_delete=models.PROTECT, related_name="transfer_in")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["AccountTransfer"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(outgoing=F("incoming")), name="account_transfer_two_legs"),
        ]

    def __str__(self) -> str:
        return f"transfer of {self.incoming}"


class MonthlyTotal(models.Model):
    """What a month adds up to per account and category: derived, kept in the rows' own transaction.

    `total` is signed like a transaction: out is positive. Transfers between own accounts are kept apart.
    """

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, related_name="+")
    month = models.DateField(help_text="Its first day.")
    is_transfer = models.BooleanField(default=False)
    count = models.PositiveIntegerField()
    total = MoneyField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["book", "month"], name="monthly_total_by_month")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "book",
                "account",
                Coalesce("category", 0),
                "month",
                "is_transfer",
                name="monthly_total_once",
            ),
            models.CheckConstraint(condition=Q(count__gt=0), name="monthly_total_count_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.count} rows, {self.total}"


class StandardCategory(models.Model):
    """The taxonomy that every new book begins with a copy of; kept by the admin, belongs to no book."""

    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    name = models.CharField(max_length=50)
    label = models.CharField(max_length=100, blank=True)
    color = models.CharField(max_length=7, default="#FF6B6B", validators=[is_color])
    icon = models.CharField(max_length=20, default="tag", blank=True)
    is_income = models.BooleanField(default=False)
    is_recurring = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "standard categories"
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(Coalesce("parent", 0), Lower("name"), name="standard_category_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="standard_category_name_not_empty"),
            models.CheckConstraint(condition=Q(color__regex=r"^#[0-9A-Fa-f]{6}$"), name="standard_category_color_hex"),
        ]

    def __str__(self) -> str:
        return self.label or self.name
