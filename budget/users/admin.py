"""The people who sign in, for staff."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ResetPasswordForm
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from budget.administration import StaffAdmin, is_staff, refusing
from budget.books.middleware import needs_no_book
from budget.errors import BudgetError
from budget.ledger import operations
from budget.ledger.models import MonthlyTotal
from budget.users.models import User
from budget.users.signing_out import sign_out_everywhere


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]  # not generic while running
    """A person whom an administrator adds."""

    class Meta:
        """Who they are; the password fields come from Django."""

        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(StaffAdmin, DjangoUserAdmin):  # type: ignore[type-arg]  # not generic while running
    """People: who they are, whether they may sign in, how much is theirs."""

    add_form = NewUserForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "book_count", "row_count")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    actions = ("deactivate", "send_password_reset", "sign_out")
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("May", {"fields": ("is_active", "is_staff")}),
        ("When", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Users with the number of their books and of the rows in these."""
        rows = MonthlyTotal.objects.filter(book__memberships__user=OuterRef("pk")).order_by()
        counted = rows.values("book__memberships__user").annotate(sum=Sum("count")).values("sum")
        books = Count("memberships")
        return super().get_queryset(request).annotate(book_count=books, row_count=Subquery(counted))  # type: ignore[no-any-return]

    @admin.display(description="books", ordering="book_count")
    def book_count(self, user: Any) -> int:
        """How many books they are a member of."""
        return int(user.book_count)

    @admin.display(description="rows", ordering="row_count")
    def row_count(self, user: Any) -> str:
        """How many transactions these books hold."""
        return f"{user.row_count or 0:,}"

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the person; the address that they sign in with is kept in step."""
        if change and str(obj.pk) == str(request.user.pk) and not (obj.is_active and obj.is_staff):
            obj.is_active = obj.is_staff = True
            messages.warning(request, "You stay active and an administrator. Somebody else can take that from you.")
        obj.clean()
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).delete()
            EmailAddress.objects.create(user=obj, email=obj.email, verified=True, primary=True)
        if change and not obj.is_active:
            sign_out_everywhere(obj)

    @admin.action(description="Deactivate")
    def deactivate(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Sign people out and let them in no more; the administrator who asks stays."""
        chosen = [user for user in users if user.is_active and user.pk != request.user.pk]
        User.objects.filter(pk__in=[user.pk for user in chosen]).update(is_active=False)
        for user in chosen:
            sign_out_everywhere(user)
            self.log_change(request, user, "Deactivated.")
        messages.info(request, f"Deactivated {_people(len(chosen))}.")

    @admin.action(description="Send a password reset")
    def send_password_reset(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """Mail everyone chosen a link to a new password."""
        sent = 0
        for user in users.filter(is_active=True):
            form = ResetPasswordForm({"email": user.email})
            if form.is_valid():
                form.save(request)
                sent += 1
                self.log_change(request, user, "Sent a password reset.")
        messages.info(request, f"Sent a link to {_people(sent)}.")

    @admin.action(description="Sign out everywhere")
    def sign_out(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """End all sessions of everyone chosen, but for the one that asks."""
        ended = 0
        for user in users:
            ended += sign_out_everywhere(user, but=request.session.session_key)
            self.log_change(request, user, "Signed out everywhere.")
        messages.info(request, f"Ended {ended} session{'' if ended == 1 else 's'}.")

    @refusing
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, with the books that go along; the person's address must be typed."""
        user = self.get_object(request, object_id)
        if user is None:
            raise Http404("That person is not there.")
        if not is_staff(request) or user.pk == request.user.pk:
            raise PermissionDenied("Nobody deletes themselves.")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Delete {user.name}",
            "opts": self.opts,
            "object": user,
            "leaving": operations.leaving(user),
        }
        if request.method == "POST":
            shown = str(user)
            try:
                operations.delete_user(user, typed_email=request.POST.get("typed_email", ""))
            except BudgetError as refused:
                context["error"] = str(refused)
            else:
                messages.info(request, f"Deleted {shown}.")
                return HttpResponseRedirect(reverse("admin:budget_user_changelist"))
        status = 422 if "error" in context else 200
        return TemplateResponse(request, "admin/budget/user/delete_confirmation.html", context, status=status)

    @needs_no_book
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002  (the name in Django)
        """Set a person's password, and end their sessions."""
        answer = super().user_change_password(request, id, form_url)
        if request.method == "POST" and answer.status_code == 302 and id != str(request.user.pk):
            user = self.get_object(request, id)
            if user is not None:
                sign_out_everywhere(user)
        return answer


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"
