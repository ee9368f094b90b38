"""The data dictionary: every table, column and rule of the database, with its meaning."""

from __future__ import annotations

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command

from budget.guards import rules


@pytest.mark.django_db
def test_every_table_column_and_rule_is_explained() -> None:
    """R001-39: read off the models, so that nothing is left out."""
    out = StringIO()
    call_command("data_dictionary", stdout=out)
    sections = {text.partition("\n")[0]: text for text in out.getvalue().split("\n## ")[1:]}

    models = [model for model in apps.get_app_config("budget").get_models() if not model._meta.proxy]
    assert set(sections) == {model._meta.db_table for model in models}
    for model in models:
        section = sections[model._meta.db_table]
        held = {each.name for each in model._meta.constraints} | {
            r.name for r in rules() if r.table == model._meta.db_table
        }
        assert [each.column for each in model._meta.concrete_fields if f"\n| {each.column} | " not in section] == []
        assert [name for name in held if name not in section] == []
        assert " |  |" not in section
    assert (
        "| amount | bigint, thousandths | In the account's currency; out is positive, in is negative. |"
        in (sections["budget_transaction"])
    )
