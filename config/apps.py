"""The project as an app: what holds for every connection and page, whatever the product does."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class PlatformConfig(AppConfig):
    """No models; connects what the settings switch on."""

    name = "config"

    def ready(self) -> None:
        """`migrate` also makes the cache's table; with ``SQL_ECHO`` every statement goes to the log with its values."""
        post_migrate.connect(_make_cache_table, apps.get_app_config("budget"), dispatch_uid="config.cache_table")
        if settings.SQL_ECHO:
            connection_created.connect(_echo_statements, dispatch_uid="config.sql_echo")


def _make_cache_table(using: str, **kwargs: Any) -> None:
    call_command("createcachetable", database=using, verbosity=0)


def _echo_statements(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    connection.force_debug_cursor = True
