"""Books, and who may read or write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from budget.books.rows import BookRow, BookRowQuerySet, Recorded

if TYPE_CHECKING:
    from budget.users.models import User

NO_CHANGE_YET = "0" * 64


class BookQuerySet(BookRowQuerySet["Book"]):
    """Books, found only through membership."""

    def for_user(self, user: User) -> BookQuerySet:
        """The books that `user` is a member of, oldest first."""
        return self.filter(memberships__user=user).order_by("pk")


class Book(Recorded):
    """One set of accounts with its own currency and plan: personal, household.

    `version` counts its changes and `head` is the digest of the last one: both are raised by every change, so a page
    that shows a version is unchanged as long as the version is.
    """

    RECORDED: ClassVar[tuple[str, ...]] = ("name", "currency", "confirmations_needed")

    name = models.CharField(max_length=100, validators=[MinLengthValidator(1)])
    currency = models.CharField(max_length=3, validators=[RegexValidator(r"^[A-Z]{3}\Z", "Use three capital letters.")])
    confirmations_needed = models.PositiveSmallIntegerField(
        default=3, help_text="So often a merchant is confirmed before its category goes without saying."
    )
    version = models.BigIntegerField(default=0, editable=False, help_text="How many changes the book has seen.")
    head = models.CharField(
        max_length=64, default=NO_CHANGE_YET, editable=False, help_text="The digest of the last change."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    members: models.ManyToManyField[models.Model, Membership] = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="budget.Membership", related_name="books"
    )

    objects = BookQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="book_name_not_empty"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="book_currency_three_letters"),
            models.CheckConstraint(condition=Q(version__gte=0), name="book_version_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def book_id(self) -> int:
        """A book is a row of itself, so that renaming it is a change like any other."""
        return self.pk

    @property
    def book(self) -> Book:
        """See `book_id`."""
        return self


class Role(models.TextChoices):
    """What a member may do: owners also manage members, editors write, viewers read."""

    OWNER = "owner", "Owner"
    EDITOR = "editor", "Editor"
    VIEWER = "viewer", "Viewer"


WRITERS = frozenset({Role.OWNER, Role.EDITOR})


class Membership(BookRow):
    """A person's place in a book."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="memberships", editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.OWNER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["Membership"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "user"], name="membership_once_per_book"),
            models.CheckConstraint(condition=Q(role__in=["owner", "editor", "viewer"]), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display().lower()})"

    @property
    def may_write(self) -> bool:
        """Whether this member may change the book."""
        return self.role in WRITERS
