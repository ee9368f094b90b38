"""The ledger, for staff: categories and the standard taxonomy to change, accounts and transactions to look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from budget.administration import ReadOnlyAdmin, StaffAdmin, refusing, staff_writer
from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.errors import CategoryNotFound, NameTaken, TooDeep
from budget.ledger.models import Account, AccountTransfer, Category, MonthlyTotal, StandardCategory, Transaction
from budget.money import format_with_currency
from budget.templatetags.icons import category_sign

CATEGORY_FIELDS = (
    "parent",
    "name",
    "label",
    "color",
    "icon",
    "is_income",
    "is_recurring",
    "rollover",
    "position",
    "is_archived",
)


IN_TREE_ORDER = (
    F("book").asc(),
    Coalesce("parent__position", "position").asc(),
    Coalesce("parent__name", "name").asc(),
    F("parent").asc(nulls_first=True),
    F("position").asc(),
    F("name").asc(),
)
"""Each group with what is below it."""


def _with_book(obj: Category) -> str:
    return f"{obj} ({obj.book})"


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic while running
    """A category of a book; the book is chosen once, and its parent is in the same book."""

    in_book = forms.ModelChoiceField(Book.objects.order_by("name"), label="Book")

    class Meta:
        """What a category's operation may change."""

        model = Category
        fields = CATEGORY_FIELDS
        widgets = {"color": forms.TextInput(attrs={"type": "color"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tops = Category.objects.filter(parent=None).select_related("book").order_by("book__name", "position", "name")
        if self.instance.pk:
            del self.fields["in_book"]
            tops = tops.filter(book=self.instance.book_id).exclude(pk=self.instance.pk)
        parent = self.fields["parent"]
        assert isinstance(parent, ModelChoiceField)
        parent.queryset = tops
        if not self.instance.pk:
            parent.label_from_instance = _with_book  # type: ignore[method-assign]  # as Django documents it

    def clean(self) -> dict[str, Any]:
        """Say beside the field what the operation would refuse."""
        values = super().clean() or {}
        book = self.instance.book if self.instance.pk else values.get("in_book")
        parent, name = values.get("parent"), values.get("name", "")
        if book is None or not name:
            return values
        if parent is not None and parent.book_id != book.pk:
            self.add_error("parent", str(CategoryNotFound()))
        if parent is not None and self.instance.pk and self.instance.children.exists():
            self.add_error("parent", str(TooDeep(str(self.instance))))
        others = Category.objects.of(book).filter(parent=parent, name__iexact=name).exclude(pk=self.instance.pk)
        if others.exists():
            self.add_error("name", str(NameTaken("a category", name)))
        return values

    def validate_constraints(self) -> None:
        """The operation says in words what cannot be."""


@admin.register(Category)
class CategoryAdmin(StaffAdmin):
    """The categories of all books, as a tree; every write goes through the history of the book."""

    form = CategoryForm
    list_display = ("in_tree", "name", "sign", "is_income", "is_recurring", "is_archived", "row_count", "book")
    list_display_links = ("in_tree",)
    list_filter = ("is_income", "is_recurring", "is_archived", ("book", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("book", "parent")
    search_fields = ("name", "label")
    ordering = IN_TREE_ORDER
    actions = ("archive",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        """Categories with the number of their rows."""
        rows = MonthlyTotal.objects.filter(category=OuterRef("pk")).order_by().values("category")
        counted = Subquery(rows.annotate(sum=Sum("count")).values("sum"))
        return super().get_queryset(request).annotate(row_count=counted)  # type: ignore[no-any-return]  # Django's own

    def get_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        """The book is chosen when a category is added, and shown from then on."""
        return ("book" if obj else "in_book", *CATEGORY_FIELDS)

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        """A category stays in its book."""
        return ("book",) if obj else ()

    @admin.display(description="category", ordering="label")
    def in_tree(self, category: Category) -> str:
        """Its name, behind its parent's."""
        return f"{category.parent} › {category}" if category.parent else str(category)

    @admin.display(description="sign")
    def sign(self, category: Category) -> SafeString:
        """Its shape in its colour."""
        return category_sign(category)

    @admin.display(description="rows", ordering="row_count")
    def row_count(self, category: Any) -> str:
        """How many transactions are filed in it."""
        return f"{category.row_count or 0:,}"

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        """Add or change a category, recorded in the book's history."""
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in CATEGORY_FIELDS}
        if change:
            stored = Category.objects.select_related("book").get(pk=obj.pk)
            operations.change_category(stored, by=staff_writer(request, stored.book), **values)
            return
        book = form.cleaned_data["in_book"]
        values = {name: form.cleaned_data[name] for name in CATEGORY_FIELDS}
        made = operations.add_category(book=book, by=staff_writer(request, book), **values)
        obj.pk, obj.book = made.pk, made.book

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        """Delete an unused category, recorded in the book's history."""
        operations.delete_category(obj, by=staff_writer(request, obj.book))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Nothing goes along with a category: one in use is refused."""
        return [str(category) for category in objs], {}, set(), []

    @admin.action(description="Archive")
    def archive(self, request: HttpRequest, categories: QuerySet[Category]) -> None:
        """Take categories out of use; their rows keep them."""
        chosen = list(Category.objects.filter(pk__in=categories.values("pk"), is_archived=False).select_related("book"))
        for category in chosen:
            operations.change_category(category, by=staff_writer(request, category.book), is_archived=True)
        messages.info(request, f"Archived {len(chosen)}.")

    @refusing
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; refusals are said on it."""
        return super().changeform_view(*args, **kwargs)

    @refusing
    def delete_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """The question; refusals are said on it."""
        return super().delete_view(*args, **kwargs)


@admin.register(StandardCategory)
class StandardCategoryAdmin(StaffAdmin):
    """What a new book begins with; it belongs to no book, so there is no history of it."""

    list_display = ("in_tree", "sign", "is_income", "is_recurring", "position")
    list_filter = ("is_income", "is_recurring")
    list_select_related = ("parent",)
    search_fields = ("name", "label")
    ordering = IN_TREE_ORDER[1:]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only groups may have something below them: there are two levels."""
        kwargs["queryset"] = StandardCategory.objects.filter(parent=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description="category", ordering="label")
    def in_tree(self, category: StandardCategory) -> str:
        """Its name, behind its parent's."""
        return f"{category.parent} › {category}" if category.parent else str(category)

    @admin.display(description="sign")
    def sign(self, category: StandardCategory) -> SafeString:
        """Its shape in its colour."""
        return category_sign(category)


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    """Accounts to look at."""

    app_path = "/accounts/{row.pk}/"
    list_display = ("name", "type", "institution", "opening", "is_archived", "book")
    list_filter = ("type", "is_archived")
    list_select_related = ("book",)
    search_fields = ("name", "institution", "book__name")
    fields = ("book", "name", "type", "institution", "currency", "opening", "is_archived", "created_at", "version")

    @admin.display(description="opening balance", ordering="opening_balance")
    def opening(self, account: Account) -> str:
        """In the account's currency; positive is money one has."""
        return format_with_currency(account.opening_balance, account.currency)


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    """Transactions to look at: money out without a sign, money in with a plus."""

    app_path = "/transactions/{row.pk}/"
    list_display = ("date", "title", "category", "account", "shown_amount", "status", "source", "book")
    list_display_links = ("title",)
    list_filter = ("status", "source", "is_transfer")
    list_select_related = ("account", "category", "book")
    search_fields = ("description", "payee")
    ordering = ("-date", "-pk")
    fields = (
        *("book", "date", "account", "shown_amount", "category", "payee", "description", "note", "status", "source"),
        *("external_id", "is_pending", "is_transfer", "line", "predicted_category", "tier", "confidence", "pattern"),
        *("model_version", "created_at", "version"),
    )

    @admin.display(description="amount", ordering="amount")
    def shown_amount(self, txn: Transaction) -> str:
        """In the account's currency."""
        return format_with_currency(txn.amount, txn.account.currency, sign="income")


@admin.register(AccountTransfer)
class AccountTransferAdmin(ReadOnlyAdmin):
    """Transfers between accounts to look at."""

    list_display = ("outgoing", "incoming", "book", "created_at")
    list_select_related = ("outgoing__account", "incoming__account", "book")
    fields = ("book", "outgoing", "incoming", "created_at", "version")
