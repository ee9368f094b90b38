"""That a test run really talks to the database it says it does."""

import os

import pytest
from django.db import connection


@pytest.mark.django_db
def test_engine_is_the_one_this_run_asked_for():
    """R004-20, R004-26: the same tests on SQLite and PostgreSQL."""
    assert connection.vendor == os.environ["BUDGET_EXPECT_VENDOR"]
