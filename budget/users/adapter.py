"""How allauth behaves here: its words, who may sign up, how often one may try."""

import time
from collections.abc import Iterator
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from budget.http import own_path
from budget.users.models import User, UserManager


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no complete types
    """allauth's hooks, in the words of this program."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "This account is switched off.",
        "email_password_mismatch": "That email and password do not match.",
        "too_many_login_attempts": "Too many tries. Try again in 5 minutes.",
        "rate_limited": "Too many tries. Try again in 5 minutes.",
        "enter_current_password": "That is not your current password.",
        "incorrect_code": "That code does not match.",
        "incorrect_password": "That is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether strangers may make an account."""
        return bool(settings.SIGNUP_OPEN)

    def is_safe_url(self, url: str | None) -> bool:
        """Whether people are led to `url` after signing in or out: a path of this site, said in full."""
        return own_path(url, "") != ""

    def clean_email(self, email: str) -> str:
        """The spelling in which addresses are stored."""
        return UserManager.normalize_email(email)

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Fill a new user from the sign-up form."""
        user.email = form.cleaned_data["email"]
        user.name = form.cleaned_data["name"]
        user.set_password(form.cleaned_data["password1"])
        user.clean()
        if commit:
            user.save()
        return user

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count this try; too many are refused, with the time until the next one is allowed."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as refused:
            seconds = max(self._waits(request, credentials), default=0.0)
            minutes = max(1, -int(-seconds // 60))
            unit = "minute" if minutes == 1 else "minutes"
            raise ValidationError(f"Too many tries. Try again in {minutes} {unit}.", code=refused.code) from refused

    def _waits(self, request: HttpRequest, credentials: dict[str, Any]) -> Iterator[float]:
        """Seconds until each limit that is used up has room again."""
        app, action = "allauth.account", "login_failed"
        key = self._get_login_attempts_cache_key(request, **credentials)
        for rate in ratelimit.get_rates(app=app, action=action):
            tries = cache.get(ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key), [])
            if len(tries) >= rate.amount:
                yield tries[rate.amount - 1] + rate.duration - time.time()
