"""What banks' files say, for staff to look at."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import admin

from budget.administration import ReadOnlyAdmin
from budget.money import format_with_currency
from budget.money.display import Sign
from budget.statements.models import Certificate, Statement, StatementImport, StatementLine


@admin.register(StatementImport)
class StatementImportAdmin(ReadOnlyAdmin):
    """A file on its way into a book."""

    list_display = ("file_name", "format", "stage", "lines_read", "by_name", "created_at", "book")
    list_filter = ("stage", "format")
    list_select_related = ("book",)
    search_fields = ("file_name",)
    fields = (
        *("book", "file", "file_name", "format", "stage", "problem", "answers", "doubts", "is_archive", "lines_read"),
        *("change", "taken_back", "by_name", "created_at"),
    )


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    """One account's part of a file."""

    list_display = ("source", "number", "account", "account_number", "first", "last", "lines_count", "book")
    list_select_related = ("source", "account", "book")
    search_fields = ("account_number", "account_name", "bank")
    fields = (
        *(
            "book",
            "source",
            "number",
            "account",
            "new_account",
            "account_number",
            "bank",
            "account_name",
            "account_type",
        ),
        *("currency", "shown_opening", "opening_on", "shown_closing", "closing_on", "first", "last", "lines_count"),
        "remarks",
    )

    @admin.display(description="opening balance")
    def shown_opening(self, statement: Statement) -> str:
        """As the bank prints it; positive is money one has."""
        return _shown(statement.opening, statement.currency)

    @admin.display(description="closing balance")
    def shown_closing(self, statement: Statement) -> str:
        """As the bank prints it; positive is money one has."""
        return _shown(statement.closing, statement.currency)


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    """One row of a file, and what became of it."""

    list_display = ("statement", "number", "date", "payee", "shown_amount", "fate", "book")
    list_filter = ("fate",)
    list_select_related = ("statement", "book")
    search_fields = ("payee", "text", "bank_id")
    fields = (
        *("book", "statement", "number", "place", "date", "value_date", "shown_amount", "printed", "payee", "text"),
        *("bank_id", "category_hint", "is_pending", "fingerprint", "remarks", "problem", "problem_column", "original"),
        *("fate", "is_chosen", "same_as_id", "matched_id"),
    )

    @admin.display(description="amount", ordering="amount")
    def shown_amount(self, line: StatementLine) -> str:
        """Money out without a sign, money in with a plus."""
        return _shown(line.amount, line.currency or line.statement.currency, sign="income")


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    """A period of an account that was closed as right."""

    app_path = "/accounts/{row.account_id}/"
    list_display = ("account", "first", "last", "rows", "created_at", "book")
    list_select_related = ("account", "book")
    fields = (
        *("book", "account", "first", "last", "shown_opening", "shown_closing", "rows", "digest", "file_name"),
        *("file_sha256", "created_at", "version"),
    )

    @admin.display(description="opening balance")
    def shown_opening(self, certificate: Certificate) -> str:
        """In the account's currency; positive is money one has."""
        return format_with_currency(certificate.opening, certificate.account.currency)

    @admin.display(description="closing balance")
    def shown_closing(self, certificate: Certificate) -> str:
        """In the account's currency; positive is money one has."""
        return format_with_currency(certificate.closing, certificate.account.currency)


def _shown(amount: Decimal | None, currency: str, sign: Sign = "result") -> str:
    return "" if amount is None else format_with_currency(amount, currency, sign=sign)
