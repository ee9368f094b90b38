"""A person who logs in: known by an email address, called by a name."""

import unicodedata
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    """Makes and finds users; every email address goes through ``normalize_email`` first."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """The one spelling that is stored: NFC, lower case, without spaces around it."""
        return unicodedata.normalize("NFC", email or "").strip().lower()

    def create_user(self, email: str, name: str, password: str | None = None, **fields: Any) -> "User":
        """Save a new user; without a password nobody can sign in with one."""
        user = self.model(email=email, name=name, **fields)
        user.set_password(password)
        user.clean()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, name: str, password: str | None = None, **fields: Any) -> "User":
        """Save a new user who may do everything, the admin included."""
        return self.create_user(email, name, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """The user with this email address, in whatever case it was typed."""
        return self.get(email=self.normalize_email(username))


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can log in, and how the pages should look to them."""

    class Theme(models.TextChoices):
        """Which colours the pages have."""

        SYSTEM = "system", "As this device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    email = models.EmailField(
        "email",
        max_length=100,
        unique=True,
        help_text="Stored in lower case.",
        error_messages={"unique": "Somebody already uses this email address."},
    )
    name = models.CharField("name", max_length=100)
    is_active = models.BooleanField("active", default=True, help_text="Off: signed out at once and cannot sign in.")
    is_staff = models.BooleanField("administrator", default=False, help_text="May open the admin pages.")
    created_at = models.DateTimeField("created", default=timezone.now, editable=False)
    theme = models.CharField("theme", max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    single_keys = models.BooleanField("single-key shortcuts", default=True)

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        """What the database itself refuses."""

        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_in_any_case",
                violation_error_message="Somebody already uses this email address.",
            ),
            models.CheckConstraint(condition=models.Q(email__gt=""), name="user_email_not_empty"),
            models.CheckConstraint(condition=models.Q(name__gt=""), name="user_name_not_empty"),
            models.CheckConstraint(condition=models.Q(theme__in=("system", "light", "dark")), name="user_theme_known"),
        )

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def clean(self) -> None:
        """Bring email and name to the spelling that is stored."""
        self.email = UserManager.normalize_email(self.email)
        self.name = unicodedata.normalize("NFC", self.name).strip()

    def get_full_name(self) -> str:
        """The name, as emails greet with it."""
        return self.name

    def get_short_name(self) -> str:
        """The name again: people have one name here."""
        return self.name
