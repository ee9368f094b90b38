"""Who refused a write: the product's own error, or a rule of the database by its name."""

from __future__ import annotations

import sqlite3

import psycopg
from django.apps import apps
from django.db import DatabaseError

from budget import guards

FOREIGN_KEY = "foreign key"


def refused_by(failure: BaseException) -> str:
    """The error's kind and, of the database, the rule that was broken; never a value."""
    kind = type(failure).__name__
    if not isinstance(failure, DatabaseError | sqlite3.Error | psycopg.Error):
        return kind
    text = str(failure)
    named = sorted((name for name in _rules() if name in text), key=len)
    if named:
        return f"{kind} ({named[-1]})"
    return f"{kind} ({FOREIGN_KEY})" if FOREIGN_KEY in text.lower() else kind


def _rules() -> list[str]:
    models = apps.get_app_config("budget").get_models()
    constraints = [constraint.name for model in models for constraint in model._meta.constraints]
    return [*constraints, *(rule.name for rule in guards.rules())]
