"""`manage.py data_dictionary`: every table and column with its meaning."""

from __future__ import annotations

from inspect import getdoc
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import connection, models

from budget.guards import rules
from budget.money import MoneyField


class Command(BaseCommand):
    """Prints the data dictionary as Markdown, made from the models, so that it cannot be out of date."""

    help = "Print every table and column with its type, unit and meaning, as Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one section per table."""
        self.stdout.write("# Data dictionary\n")
        self.stdout.write(
            "Amounts are whole thousandths of their currency's unit: 12.50 is 12500. On transactions money out is "
            "positive. Moments are UTC, dates are as typed or printed.\n"
        )
        for model in apps.get_app_config("budget").get_models():
            if not model._meta.proxy:
                self._table(model)

    def _table(self, model: type[models.Model]) -> None:
        table = model._meta.db_table
        self.stdout.write(f"\n## {table}\n\n{getdoc(model)}\n\n| column | type | meaning |\n| --- | --- | --- |")
        for field in model._meta.concrete_fields:
            self.stdout.write(f"| {field.column} | {_type(field)} | {_meaning(field)} |")
        held = [constraint.name for constraint in model._meta.constraints]
        held += [rule.name for rule in rules() if rule.table == table]
        if held:
            self.stdout.write(f"\nThe database holds: {', '.join(held)}.")


def _type(field: models.Field[Any, Any]) -> str:
    written = field.db_type(connection) or ""
    if isinstance(field, MoneyField):
        written += ", thousandths"
    return written + (", may be empty" if field.null else "")


def _meaning(field: models.Field[Any, Any]) -> str:
    parts = [str(field.help_text)] if field.help_text else []
    if field.is_relation and field.related_model is not None:
        parts.append(f"Points at {field.related_model._meta.db_table}.")
    if field.choices:
        parts.append("One of " + ", ".join(f"{value} ({label})" for value, label in field.flatchoices) + ".")
    return " ".join(parts) or f"{str(field.verbose_name).capitalize()}."
