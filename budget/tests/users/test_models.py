"""What the database itself refuses about users, however a row gets there."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from budget.tests.factories import PASSWORD, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db


def test_user_is_stored_under_one_spelling_of_the_address() -> None:
    user = make_user("  Zoë@EXAMPLE.org ", "  Zoë  ")

    assert (user.email, user.name) == ("zoë@example.org", "Zoë")
    assert User.objects.get_by_natural_key("ZOË@example.org") == user


def test_user_reads_as_name_and_address() -> None:
    """R001-6: the text form of a person."""
    assert str(make_user("alice@example.org", "Alice")) == "Alice <alice@example.org>"


@pytest.mark.parametrize("twin", ["alice@example.org", "Alice@Example.ORG"])
def test_user_with_the_address_of_another_is_refused_by_the_database(twin: str) -> None:
    """R000-1, R001-1: an address is there once, in any case."""
    make_user("alice@example.org")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.bulk_create([User(email=twin, name="Twin")])

    assert User.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"email": ""}, {"name": ""}, {"theme": "pink"}, {"name": None}])
def test_user_row_that_must_not_be_is_refused_by_the_database(wrong: dict[str, object]) -> None:
    """R000-1, R001-1: address and name are required."""
    user = make_user("alice@example.org", "Alice")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(**wrong)

    user.refresh_from_db()
    assert (user.email, user.name, user.theme) == ("alice@example.org", "Alice", "system")


def test_superuser_is_staff_too() -> None:
    user = User.objects.create_superuser("root@example.org", "Root", PASSWORD)

    assert (user.is_staff, user.is_superuser, user.is_active) == (True, True, True)


def test_user_without_a_password_cannot_sign_in_with_one() -> None:
    user = make_user("alice@example.org")

    assert not user.has_usable_password()
    assert authenticate(None, email=user.email, password="") is None


@pytest.mark.parametrize("wrong", [{"email": f"{'a' * 89}@example.org"}, {"name": "x" * 101}, {"email": "nobody"}])
def test_user_has_an_address_and_a_name_of_up_to_100_characters(wrong: dict[str, str]) -> None:
    """R001-1: one character more is refused, and so is what is no address."""
    User(email=f"{'a' * 88}@example.org", name="x" * 100, password="!").full_clean()

    with pytest.raises(ValidationError):
        User(**{"email": "alice@example.org", "name": "Alice", "password": "!", **wrong}).full_clean()


def test_user_knows_since_when_in_utc() -> None:
    """R001-1: the moment of creation."""
    made = User.objects.get(pk=make_user().pk).created_at

    assert made.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - made) < timedelta(minutes=1)


def test_password_is_kept_as_an_argon2_hash() -> None:
    """R002-15: stronger than bcrypt, and never the password itself."""
    user = make_user("alice@example.org", password=PASSWORD)

    assert user.password.startswith("argon2$argon2id$")
    assert PASSWORD not in user.password
    assert authenticate(None, email=user.email, password=PASSWORD) == user
