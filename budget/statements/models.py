"""Files from banks and what is in them: imports, statements, lines. What came is never altered.

These rows are what was brought, not what was done with it: the ledger's side (the transactions made of lines, their
undo) is in the history like everything else, and whether an import stands is read from there.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from budget.books.models import Book
from budget.books.rows import BookRow, BookRowQuerySet
from budget.files.models import StoredFile
from budget.history.models import Change
from budget.ledger.models import Account
from budget.money import MoneyField
from budget.statements.errors import FileGone


class Stage(models.TextChoices):
    """How far an import has come."""

    READING = "reading", "Being read"
    ASKING = "asking", "Waits for an answer"
    READY = "ready", "Ready to import"
    RECORDED = "recorded", "Imported"
    REFUSED = "refused", "Could not be read"
    DISCARDED = "discarded", "Discarded"


class StatementImport(models.Model):
    """One file on its way into a book. Once recorded, `change` is what it did, empty where nothing in it was new."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(
        StoredFile,
        on_delete=models.PROTECT,
        null=True,
        related_name="imports",
        help_text="Only a refused import has none: what cannot be read is not kept.",
    )
    file_name = models.CharField(max_length=200, help_text="What the file was called this time.")
    format = models.CharField(max_length=20, blank=True, help_text="Such as ofx1 or camt053.")
    stage = models.CharField(max_length=9, choices=Stage.choices, default=Stage.READING)
    problem = models.CharField(max_length=500, blank=True, help_text="Why it was refused, or what is asked.")
    answers = models.JSONField(default=dict, help_text="What the person said: columns, date order, decimal mark.")
    doubts = models.JSONField(default=list, help_text="Sentences about what the person should look at.")
    layout = models.CharField(max_length=64, blank=True, help_text="The digest of a table's header.")
    is_archive = models.BooleanField(default=False, help_text="Years of history in one go.")
    version = models.BigIntegerField(default=0, help_text="The book's version that its lines were compared with.")
    lines_read = models.PositiveIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0, help_text="Of its file, so far; 0 where its format does not tell.")
    beat_at = models.DateTimeField(default=timezone.now, help_text="When whoever reads it last gave a sign of life.")
    change = models.ForeignKey(Change, on_delete=models.PROTECT, null=True, related_name="imports")
    taken_back = models.ForeignKey(
        Change, on_delete=models.PROTECT, null=True, related_name="+", help_text="The change that took it out again."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    key = models.CharField(max_length=100, blank=True, help_text="Of the request that brought it.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["book", "-id"], name="import_newest")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "file", "key"], condition=~Q(key=""), name="import_once_per_key"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="import_stage_known"),
            models.CheckConstraint(
                condition=Q(stage="recorded") | Q(change__isnull=True, taken_back__isnull=True),
                name="import_changes_once_recorded",
            ),
            models.CheckConstraint(condition=Q(stage="refused") | Q(file__isnull=False), name="import_keeps_its_file"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def kept(self) -> StoredFile:
        """Its file.

        Raises:
            FileGone: it could not be read, so it was not kept.
        """
        if self.file is None:
            raise FileGone(self.file_name)
        return self.file


class Statement(models.Model):
    """One account's part of a file: what the bank says of it. `account` is chosen by the person or found."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(StatementImport, on_delete=models.PROTECT, related_name="statements")
    number = models.PositiveIntegerField(help_text="Its place in the file, from 1.")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="statements")
    new_account = models.CharField(max_length=100, blank=True, help_text="The name of an account to be opened for it.")
    account_number = models.CharField(max_length=64, blank=True, help_text="As the file prints it, without blanks.")
    bank = models.CharField(max_length=100, blank=True)
    account_name = models.CharField(max_length=100, blank=True)
    account_type = models.CharField(max_length=12, blank=True)
    currency = models.CharField(max_length=3, help_text="Of its balances and of lines that name none.")
    opening = MoneyField(null=True, help_text="As the bank prints it: positive is money one has.")
    opening_on = models.DateField(null=True)
    closing = MoneyField(null=True, help_text="As the bank prints it: positive is money one has.")
    closing_on = models.DateField(null=True)
    first = models.DateField(null=True, help_text="The earliest booking date of its lines.")
    last = models.DateField(null=True, help_text="The latest booking date of its lines.")
    lines_count = models.PositiveIntegerField(default=0, help_text="Lines that can be read and lines that cannot.")
    remarks = models.JSONField(default=list, help_text="What the reader says about it, in sentences.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "number"], name="statement_number_once"),
        ]

    def __str__(self) -> str:
        return self.account_name or self.account_number or f"statement {self.number}"


class Fate(models.TextChoices):
    """What becomes of a line."""

    NEW = "new", "New"
    THERE = "there", "Already here"
    DELETED = "deleted", "Deleted here before"
    DOUBTFUL = "doubtful", "Perhaps already here"
    JOINED = "joined", "The same as one here"
    SKIPPED = "skipped", "Left out"
    REFUSED = "refused", "Cannot be read"


class StatementLine(models.Model):
    """One row of a file. What it says is never altered; its `fate` is settled when the import is recorded.

    `amount` is signed like a transaction, money out positive, in `currency`, rounded half to even where the file gives
    more digits than the currency has; `printed` keeps the file's own sign and digits.
    """

    IS_NAMED: ClassVar[bool] = False

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines", db_index=False)
    number = models.PositiveIntegerField(help_text="Its place among all rows of the file, from 1.")
    place = models.CharField(max_length=100, help_text="Where a person finds it, such as row 7.")
    date = models.DateField(null=True)
    value_date = models.DateField(null=True)
    amount = MoneyField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    printed = models.CharField(max_length=60, blank=True, help_text="The exact amount with the file's sign.")
    payee = models.CharField(max_length=300, blank=True)
    text = models.CharField(max_length=2000, blank=True)
    bank_id = models.CharField(max_length=200, blank=True)
    category_hint = models.CharField(max_length=200, blank=True)
    other_account = models.CharField(max_length=100, blank=True, help_text="Of a transfer, where our own export says.")
    note = models.CharField(max_length=1000, blank=True)
    is_pending = models.BooleanField(default=False)
    fingerprint = models.CharField(max_length=32, blank=True, help_text="Of date, amount and plain text.")
    remarks = models.JSONField(default=list)
    problem = models.CharField(max_length=300, blank=True, help_text="Why it cannot be read.")
    problem_column = models.CharField(max_length=100, blank=True)
    original = models.TextField(blank=True, help_text="The row as it came.")
    fate = models.CharField(max_length=8, choices=Fate.choices, default=Fate.NEW)
    is_chosen = models.BooleanField(default=False, help_text="A person said what becomes of it.")
    same_as_id = models.BigIntegerField(null=True, help_text="The line of an earlier file that it is again.")
    matched_id = models.BigIntegerField(null=True, help_text="The transaction that it is, or is perhaps.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["book", "fingerprint"], name="line_by_fingerprint"),
            models.Index(fields=["statement", "fingerprint"], name="line_in_statement"),
            models.Index(fields=["book", "bank_id", "date"], condition=~Q(bank_id=""), name="line_by_bank_id"),
            models.Index(
                fields=["book", "same_as_id"],
                condition=Q(is_chosen=True, same_as_id__isnull=False),
                name="line_taken_again",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["statement", "number"], name="line_number_once"),
            models.CheckConstraint(condition=Q(fate__in=Fate.values), name="line_fate_known"),
            models.CheckConstraint(
                condition=Q(fate__in=["refused", "skipped"]) | Q(date__isnull=False, amount__isnull=False),
                name="line_readable_or_refused",
            ),
        ]

    def __str__(self) -> str:
        return self.payee or self.text or self.place


class RememberedColumns(models.Model):
    """What the columns of a bank's table mean, as a person confirmed it, for one account and header."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+")
    header = models.CharField(max_length=64, help_text="The digest of the header's cells.")
    columns = models.JSONField()
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("book", Coalesce("account", 0), "header", name="remembered_columns_once"),
        ]

    def __str__(self) -> str:
        return self.header


class Certificate(BookRow):
    """A person's word that an account agrees with the bank's statement of a period, to the cent.

    `opening` and `closing` are the bank's, positive is money one has; `rows` and `digest` are those of the account's
    transactions from `first` to `last`, both included, as they were then: by their days, amounts and bank's lines, not
    by their ids. What was altered since is found by comparing.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="certificates")
    first = models.DateField()
    last = models.DateField(help_text="Included.")
    opening = MoneyField()
    closing = MoneyField()
    rows = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    file_name = models.CharField(max_length=200, blank=True, help_text="Of the bank's file, if there was one.")
    file_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["Certificate"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(first__lte=models.F("last")), name="certificate_days_in_order"),
            models.UniqueConstraint(fields=["account", "first", "last"], name="certificate_once_per_period"),
        ]

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


class RejectedTransfer(models.Model):
    """Two transactions that a person said are no transfer, so that nobody asks again. Ids, so an undo finds it too."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    outgoing_id = models.BigIntegerField()
    incoming_id = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "outgoing_id", "incoming_id"], name="rejected_transfer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.outgoing_id} and {self.incoming_id}"
