"""V2: members, budgets and every other row are as the history left them; what was altered by hand is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from budget import history
from budget.books.models import Membership, Role
from budget.envelopes.models import Allocation
from budget.envelopes.operations import set_budget
from budget.ledger import operations
from budget.ledger.models import Category
from budget.ledger.operations.people import add_member, delete_user
from budget.months import Month
from budget.tests.attacks import copy
from budget.tests.factories import last_change, make_account, make_book, make_category, make_txn, make_user
from verification.otherrows import differences

pytestmark = pytest.mark.django_db
MONTH = Month(2026, 11)


def test_ordinary_life_leaves_no_difference():
    owner, other = make_user(), make_user()
    book = make_book(owner)
    food, rent = make_category(book, "Food"), make_category(book, "Rent")
    account = make_account(book)
    make_txn(account, category=food)
    add_member(book=book, by=owner, user=other, role=Role.OWNER)
    set_budget(book=book, by=owner, category=food, month=MONTH, amount=Decimal(100))
    set_budget(book=book, by=owner, category=rent, month=MONTH, amount=Decimal(200))
    history.undo(last_change(book), by=owner)
    operations.merge_categories(source=rent, target=food, by=owner)
    operations.rename_book(book, by=owner, name="Renamed")
    delete_user(other, typed_email=other.email)

    assert list(differences(book)) == []


def test_rows_altered_by_hand_are_named():
    owner = make_user()
    book = make_book(owner)
    food = make_category(book, "Food")
    set_budget(book=book, by=owner, category=food, month=MONTH, amount=Decimal(100))
    given, member = Allocation.objects.get(book=book), Membership.objects.get(book=book)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_membership SET role = 'viewer' WHERE id = %s", [member.pk])
        cursor.execute("UPDATE budget_category SET color = '#000000' WHERE id = %s", [food.pk])
        cursor.execute("DELETE FROM budget_allocation WHERE id = %s", [given.pk])

    assert set(differences(book)) == {
        f"membership {member.pk} differs from the history in its role",
        f"category {food.pk} differs from the history in its color",
        f"allocation {given.pk} is in the history, but not in its table",
    }


def test_a_row_that_the_history_does_not_know_is_named():
    book = make_book(make_user())
    food = make_category(book, "Food")
    copy(Category, food.pk, name="Smuggled")

    (told,) = differences(book)
    assert told.endswith("is in its table, but not in the history")


def test_rows_behind_one_that_was_smuggled_in_are_looked_at_too():
    book = make_book(make_user())
    copy(Category, make_category(book, "Food").pk, name="Smuggled")
    later = make_category(book, "Rent")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_category SET color = '#000000' WHERE id = %s", [later.pk])

    assert f"category {later.pk} differs from the history in its color" in differences(book)
