"""The project as an app: what holds for every connection and page, whatever the product does."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created


class PlatformConfig(AppConfig):
    """No models; connects what the settings switch on."""

    name = "config"

    def ready(self) -> None:
        """With ``SQL_ECHO`` every statement goes to the log, with its values and its time."""
        if settings.SQL_ECHO:
            connection_created.connect(_echo_statements, dispatch_uid="config.sql_echo")


def _echo_statements(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    connection.force_debug_cursor = True
