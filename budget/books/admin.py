"""Books and who is in them, for staff."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from budget.administration import ReadOnlyAdmin, StaffAdmin, refusing, staff_writer
from budget.books.models import Book, Membership
from budget.ledger import operations


@admin.register(Book)
class BookAdmin(ReadOnlyAdmin):
    """Books to look at: how many people and changes they have."""

    app_path = "/"
    list_display = ("name", "currency", "member_count", "version", "created_at")
    search_fields = ("name", "memberships__user__email")
    fields = ("name", "currency", "version", "head", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Book]:
        """Books with the number of their members."""
        books = super().get_queryset(request)
        return books.annotate(member_count=Count("memberships"))  # type: ignore[no-any-return]  # Django's own

    @admin.display(description="members", ordering="member_count")
    def member_count(self, book: Any) -> int:
        """How many people may open it."""
        return int(book.member_count)


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic while running
    """Who may do what in which book; both are fixed once they are said."""

    in_book = forms.ModelChoiceField(Book.objects.order_by("name"), label="Book")

    class Meta:
        """The book is not editable elsewhere, so it is declared above."""

        model = Membership
        fields = ("user", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["in_book"]

    def validate_constraints(self) -> None:
        """The operation says in words what cannot be."""


@admin.register(Membership)
class MembershipAdmin(StaffAdmin):
    """Members; every write goes through the history of the book."""

    form = MembershipForm
    list_display = ("book", "user", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("book", "user")
    search_fields = ("book__name", "user__email", "user__name")

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        """The book is chosen when a member is added, and shown from then on."""
        return ("book" if obj else "in_book", "user", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        """A place in a book is not handed on."""
        return ("book", "user") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Add a member or change a role, recorded in the book's history."""
        values = form.cleaned_data
        if change:
            stored = Membership.objects.select_related("book", "user").get(pk=obj.pk)
            operations.change_role(stored, by=staff_writer(request, stored.book), role=values["role"])
            return
        by = staff_writer(request, values["in_book"])
        made = operations.add_member(book=values["in_book"], by=by, user=values["user"], role=values["role"])
        obj.pk, obj.book = made.pk, made.book

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Take somebody out of a book, recorded in its history."""
        operations.remove_member(obj, by=staff_writer(request, obj.book))

    @refusing
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; refusals are said on it."""
        return super().changeform_view(*args, **kwargs)

    @refusing
    def delete_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """The question; refusals are said on it."""
        return super().delete_view(*args, **kwargs)
