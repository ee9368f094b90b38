"""Signing up, in and out, passwords, and a person's own settings."""

from typing import Any, cast

from allauth.account import views as allauth_views
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from budget.books.models import Membership
from budget.context_processors import THEME_COOKIE
from budget.errors import BudgetError
from budget.ledger.operations import create_book
from budget.users import operations
from budget.users.errors import SomebodyIsHereAlready
from budget.users.forms import (
    ChangePasswordForm,
    FirstBookForm,
    FirstUserForm,
    LoginForm,
    ProfileForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SignupForm,
    confirms_email,
    likely_currency,
)
from budget.users.models import User

YEAR = 365 * 24 * 60 * 60
LEFT_BEHIND = '"cache", "storage"'
"""What a browser forgets at sign-out, beside the session cookie that is ended on the server."""


class _Entrance:
    """What allauth's pages share here: an empty installation leads to its first page, wrong input answers 422."""

    request: HttpRequest

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the page, unless nobody has an account yet."""
        if not request.user.is_authenticated and operations.is_first_run():
            return redirect("users:welcome")
        return cast(HttpResponseBase, super().get(request, *args, **kwargs))  # type: ignore[misc]  # the view beside it

    def form_invalid(self, form: Any) -> HttpResponseBase:
        """The form again, with what is wrong in it."""
        context = self.get_context_data(form=form)  # type: ignore[attr-defined]  # the view's beside it
        return cast(HttpResponseBase, self.render_to_response(context, status=422))  # type: ignore[attr-defined]


class LoginView(_Entrance, allauth_views.LoginView):  # type: ignore[misc]  # allauth has no complete types
    """Sign in with email and password."""

    form_class = LoginForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Whether the page offers to make an account."""
        return {**super().get_context_data(**kwargs), "signup_open": settings.SIGNUP_OPEN}


class SignupView(_Entrance, allauth_views.SignupView):  # type: ignore[misc]  # allauth has no complete types
    """Make an account, where that is open to everybody.

    The answer is the same whether or not the address is known. Where addresses are confirmed by mail, allauth sends a
    code, or a note to whoever has the address already. Elsewhere a new person signs in with what they have just typed.
    """

    form_class = SignupForm

    def form_valid(self, form: SignupForm) -> HttpResponseBase:
        """Save the new person, or do what takes as long."""
        if confirms_email():
            return cast(HttpResponseBase, super().form_valid(form))
        if form.account_already_exists:
            User().set_password(form.cleaned_data["password1"])
        else:
            try:
                with transaction.atomic():
                    form.save(self.request)
            except IntegrityError:
                # Somebody took the address in this very moment: no other answer than to whoever comes later.
                form.account_already_exists = True
        messages.info(self.request, "Your account is ready. Sign in with your email and password.")
        return redirect(self.passthrough_next_url(reverse("account_login")))


class LogoutView(allauth_views.LogoutView):  # type: ignore[misc]  # allauth has no complete types
    """Sign out."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """End the session, and have the browser forget the pages."""
        response = cast(HttpResponseBase, super().post(*args, **kwargs))
        response.headers["Clear-Site-Data"] = LEFT_BEHIND
        response.headers["Cache-Control"] = "no-store"
        return response


class PasswordChangeView(_Entrance, allauth_views.PasswordChangeView):  # type: ignore[misc]  # allauth's types
    """Replace one's password; other sessions of the person end."""

    form_class = ChangePasswordForm


class PasswordResetView(_Entrance, allauth_views.PasswordResetView):  # type: ignore[misc]  # allauth's types
    """Ask for a link by mail."""

    form_class = ResetPasswordForm


class PasswordResetFromKeyView(allauth_views.PasswordResetFromKeyView):  # type: ignore[misc]  # allauth's types
    """Set a new password with the link from the mail."""

    form_class = ResetPasswordKeyForm

    def form_invalid(self, form: Any) -> HttpResponseBase:
        """The form again, with what is wrong in it."""
        return cast(HttpResponseBase, self.render_to_response(self.get_context_data(form=form), status=422))


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """The first steps: who are you, if nobody is here yet; which book do you keep, if you have none."""
    if request.user.is_authenticated:
        return _first_book(request)
    if operations.is_first_run():
        return _first_user(request)
    return redirect("account_login")


def _first_book(request: HttpRequest) -> HttpResponse:
    """Open a person's first book; whoever has one is led on to it."""
    user = cast(User, request.user)
    if Membership.objects.filter(user=user).exists():
        return redirect("/")
    form = FirstBookForm(
        request.POST or None, initial={"currency": likely_currency(request.headers.get("Accept-Language", ""))}
    )
    if request.method == "POST" and form.is_valid():
        try:
            _open_first_book(user, form.cleaned_data)
        except BudgetError as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("/")
    return render(request, "users/first_book.html", {"form": form}, status=422 if form.is_bound else 200)


def _open_first_book(user: User, values: dict[str, Any]) -> None:
    """Open it once, however often the form is sent: the person's row is locked while we look for a book."""
    with transaction.atomic():
        owner = User.objects.select_for_update().get(pk=user.pk)
        if Membership.objects.filter(user=user).exists():
            return
        create_book(
            by=owner,
            name=values["name"],
            currency=values["currency"],
            starter=values["starter"],
            account_name=values["account_name"],
            account_type=values["account_type"],
            opening_balance=values["opening_balance"],
        )


def _first_user(request: HttpRequest) -> HttpResponse:
    """Make the first user and sign them in; once there is one, this leads to the sign-in page."""
    form = FirstUserForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "users/first_user.html", {"form": form}, status=422 if form.is_bound else 200)
    try:
        user = operations.create_first_user(**form.cleaned_data)
    except SomebodyIsHereAlready as refused:
        messages.info(request, str(refused))
        return redirect("account_login")
    login(request, user, backend=f"{AuthenticationBackend.__module__}.{AuthenticationBackend.__qualname__}")
    return redirect("users:welcome")


@require_http_methods(["GET", "HEAD", "POST"])
def profile_update(request: HttpRequest) -> HttpResponse:
    """A person's name, colours and shortcuts."""
    user = cast(User, request.user)
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method != "POST" or not form.is_valid():
        return render(request, "users/profile.html", {"form": form}, status=422 if form.is_bound else 200)
    saved = form.save()
    messages.info(request, "Saved.")
    response = redirect("users:profile")
    response.set_cookie(
        THEME_COOKIE, saved.theme, max_age=YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE, httponly=True
    )
    return response
