"""S18: a form writes what its page offers; the other fields of the models are not reached by naming them."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models, transaction

from budget import history
from budget.history.models import Change, Entry
from budget.tests.factories import PASSWORD
from budget.tests.security.client import CheckedClient
from budget.tests.security.routes import OWN, Form
from budget.tests.security.world import World
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # which fields a form takes does not know the database

MOVING = {
    *("created_at", "at", "digest", "previous_digest", "head", "key", "key_digest", "payload", "last_login"),
    *("counted_at", "reread_at", "begun_at", "trained_at", "beat_at", "sealed", "searched_at"),
}
"""Fields that differ between two runs of the same request."""


class _TakenBack(Exception):
    pass


def hostile_fields(world: World) -> dict[str, object]:
    """Every field of every model under its name and its column, with a value that somebody could gain from."""
    found: dict[str, object] = {"pk": 1, "amount_units": 1, "book_id": world.book.pk, "user_id": world.user.pk}
    owned = {
        "book": world.book.pk,
        "user": world.user.pk,
        "account": world.account.pk,
        "category": world.food.pk,
        "parent": world.food.pk,
        "envelope": world.envelope.pk,
        "outgoing": world.txn.pk,
        "incoming": world.spent.pk,
        "undoes": world.book.changes.all()[0].pk,
        "by": world.user.pk,
    }
    for model in apps.get_app_config("budget").get_models():
        for field in model._meta.concrete_fields:
            value: object = owned.get(field.name, "confirmed" if field.name == "status" else "api")
            if isinstance(field, models.BooleanField):
                value = "on"
            elif isinstance(field, models.IntegerField) and field.name not in owned:
                value = 77
            elif isinstance(field, models.DateField):
                value = "2001-01-01"
            found |= {field.name: value, field.attname: value}
    return found | {"role": "owner", "groups": "1", "user_permissions": "1", "members": world.user.pk}


def tables() -> dict[str, list[str]]:
    """Every row of ours, without what differs from run to run; rows that are new are called so."""
    known = {}
    for model in apps.get_app_config("budget").get_models():
        if not model._meta.proxy and model is not Entry:
            known[model] = set(model._base_manager.values_list("pk", flat=True))
    return {model._meta.label: sorted(map(repr, _rows(model))) for model in known}


def _rows(model: type[models.Model]) -> list[dict[str, Any]]:
    names = [f.attname for f in model._meta.concrete_fields if f.attname not in MOVING]
    return list(model._base_manager.values(*names))


def outcome(site: CheckedClient, path: str, form: Form, last: dict[str, int]) -> tuple[int, dict[str, list[str]]]:
    """What a request would leave behind; it is taken back."""
    try:
        with transaction.atomic():
            status = site.post(path, form).status_code
            left = {}
            for model in apps.get_app_config("budget").get_models():
                if model._meta.proxy or model is Entry:
                    continue
                new = last[model._meta.label]
                left[model._meta.label] = sorted(repr(_named(row, model, new, last)) for row in _rows(model))
            raise _TakenBack
    except _TakenBack:
        return status, left


def _named(row: dict[str, Any], model: type[models.Model], newest: int, last: dict[str, int]) -> dict[str, Any]:
    """The row with ids of rows that the request made called new: a sequence does not go back."""
    for field in model._meta.concrete_fields:
        target = field.related_model if field.is_relation else model if field.primary_key else None
        value = row.get(field.attname)
        if isinstance(target, type) and value and value > last.get(target._meta.label, newest):
            row[field.attname] = "new"
    return row


def newest() -> dict[str, int]:
    """The largest id of each table."""
    found = {}
    for model in apps.get_app_config("budget").get_models():
        found[model._meta.label] = model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0
    return found


def test_fields_of_models_in_a_form_change_nothing_more(mine: World, theirs: World) -> None:
    before, hostile, last = history.digest(theirs.book), hostile_fields(theirs), newest()
    for name in [name for name, own in OWN.items() if own.form]:
        site, own = CheckedClient().sign_in(mine.user), OWN[name]
        form = own.form(mine) if own.form else {}
        extra = {field: value for field, value in hostile.items() if field not in form}
        if name == "ledger:category-create" or name == "ledger:category-change":
            del extra["is_income"]  # the page offers it
        if name == "ledger:transaction-create":
            del form["again"], extra["line"]  # what is typed in one line, which the page offers too

        honest = outcome(site, own.path(name, mine), form, last)
        greedy = outcome(site, own.path(name, mine), {**extra, **form}, last)

        assert greedy == honest, name
        assert history.digest(theirs.book) == before, name


def test_profile_and_password_give_no_rights(mine: World, theirs: World) -> None:
    User.objects.filter(pk=mine.user.pk).update(password="!")
    mine.user.set_password(PASSWORD)
    mine.user.save()
    site = CheckedClient().sign_in(mine.user)
    extra = hostile_fields(theirs) | {"email": "other@example.org", "password": "x"}
    kept = User.objects.values("email", "is_staff", "is_superuser", "is_active", "pk").get(pk=mine.user.pk)

    saved = site.post("/settings/profile/", extra | {"name": "Renamed", "theme": "dark"})
    site.post("/password/change/", extra | {"oldpassword": "wrong", "password1": "a new and long one"})

    assert saved.status_code == 302
    assert User.objects.values(*kept).get(pk=mine.user.pk) == kept
    assert User.objects.get(pk=mine.user.pk).check_password(PASSWORD)
    assert User.objects.get(pk=theirs.user.pk).name == theirs.user.name


def test_sign_up_makes_no_administrator_and_joins_no_book(mine: World) -> None:
    typed = {"name": "New", "email": "new@example.org", "password1": "a long and new one"}
    extra = hostile_fields(mine) | {"is_staff": "on", "is_superuser": "on", "is_active": ""}

    CheckedClient().post("/signup/", extra | typed)
    new = User.objects.get(email="new@example.org")

    assert (new.is_staff, new.is_superuser, new.is_active, new.memberships.count()) == (False, False, True, 0)
    assert new.pk not in (mine.user.pk, 77, 1)


def test_administrator_cannot_become_more_than_that(mine: World, theirs: World) -> None:
    User.objects.filter(pk=mine.user.pk).update(is_staff=True)
    site, before = CheckedClient().sign_in(mine.user), history.digest(theirs.book)
    extra = hostile_fields(theirs)

    site.post(
        f"/admin/budget/user/{mine.user.pk}/change/",
        extra | {"email": mine.user.email, "name": "Me", "is_active": "on", "is_staff": "on"},
    )

    user = User.objects.get(pk=mine.user.pk)
    assert (user.name, user.is_superuser, user.user_permissions.count()) == ("Me", False, 0)
    assert history.digest(theirs.book) == before
    assert not Change.objects.filter(book=theirs.book, by=mine.user).exists()
