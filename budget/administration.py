"""What all pages of the administration share: open to staff, read-only unless said, refusals in words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from budget.books.middleware import needs_no_book
from budget.books.models import WRITERS, Book, Membership
from budget.errors import BudgetError
from budget.users.models import User


def is_staff(request: HttpRequest) -> bool:
    """Whether an administrator asks; what else they may do is not split up further."""
    return bool(request.user.is_active and getattr(request.user, "is_staff", False))


def may_enter(request: HttpRequest) -> bool:
    """Whether the administration opens; somebody signed in who is no administrator is told so."""
    if is_staff(request):
        return True
    if request.user.is_authenticated:
        raise PermissionDenied("This page is for administrators.")
    return False


def staff_writer(request: HttpRequest, book: Book) -> User | None:
    """Who the history says it was: the administrator where they may write the book, else the program."""
    user = User.objects.get(email=request.user.get_username())
    is_member = Membership.objects.of(book).filter(user=user, role__in=WRITERS).exists()
    return user if is_member else None


def refusing(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show a refusal on the page that it came from, instead of an error page. Such a page works on no book."""

    @wraps(view)
    def answer(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(self, request, *args, **kwargs)
        except BudgetError as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(request.get_full_path())

    return needs_no_book(answer)


class StaffAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic while running
    """Pages for staff. Nothing is deleted in bulk: Django's action would go past the history."""

    show_full_result_count = False

    @property
    def media(self) -> forms.Media:
        """Only what lists need: jQuery and the popups write styles into the page, which our pages may not."""
        return forms.Media(js=["admin/js/core.js", "admin/js/actions.js"])

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A plain select where Django would add buttons that open popups."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_staff(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_staff(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_staff(request)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class ReadOnlyAdmin(StaffAdmin):
    """Rows to look at; they are changed in the app, where every change can be undone."""

    app_path = ""
    """Where the app shows a row, such as `/accounts/{pk}/`."""
    change_form_template = "admin/read_only.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @needs_no_book
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the row, with the way to it in the app for members of its book."""
        row = self.get_object(request, object_id)
        book = getattr(row, "book", None)
        more: dict[str, Any] = {}
        is_member = Membership.objects.of(book).filter(user_id=request.user.pk or 0).exists() if book else False
        if is_member and self.app_path:
            more = {"app_book": book, "app_url": self.app_path.format(row=row)}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | more)
