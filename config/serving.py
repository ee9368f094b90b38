"""`manage.py demo` and `manage.py up`: bring the database up to date, then serve on this machine."""

import io
import os
import sys
from typing import Any

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from gunicorn.app.base import BaseApplication

from config.places import demo_dir

WORKERS, THREADS = 2, 4


def serve(*, is_demo: bool, port: int) -> None:
    """Serve the sample book or a person's own one until Ctrl-C. Each has a folder and a database of its own."""
    if is_demo:
        folder = demo_dir()
        os.environ |= {
            "BUDGET_DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder / 'budget.sqlite3'}",
            "BUDGET_READ_ENV_FILES": "no",
            "BUDGET_PRODUCTION": "no",
            "HTTPS": "no",
            "ALLOWED_HOSTS": "",
            "SECRET_KEY": "",
        }
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        django.setup()
        prepare_database()
        sign_in = load_demo() if is_demo else ""
    except (ImproperlyConfigured, CommandError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    LocalServer(port, welcome(is_demo=is_demo, port=port, sign_in=sign_in)).run()


def prepare_database() -> None:
    """Apply what the schema lacks, and say so when there was something before."""
    from django.db import OperationalError, connection
    from django.db.migrations.executor import MigrationExecutor

    from budget.guards import missing

    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        raise CommandError(f"The database cannot be reached: {str(error).strip()}") from error
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    # A start that was interrupted may have made the tables, but not yet the rules that span rows.
    if not pending and not missing(connection):
        return
    is_new = not executor.loader.applied_migrations
    print("Preparing the database ..." if is_new else f"Updating the database: {len(pending)} changes ...", flush=True)
    call_command("migrate", verbosity=0, interactive=False)


def load_demo() -> str:
    """Make the sample book unless it is there; the lines that tell how to sign in."""
    said = io.StringIO()
    call_command("load_demo", stdout=said)
    return said.getvalue().strip()


def welcome(*, is_demo: bool, port: int, sign_in: str) -> str:
    """What a person reads when the server is ready."""
    from django.conf import settings

    what = "Budget Tracker with sample data" if is_demo else "Budget Tracker"
    rows = [f"Address   http://127.0.0.1:{port}", *sign_in.splitlines(), f"Data      {settings.DATA_DIR}"]
    body = "\n".join(f"  {row}" for row in rows)
    return f"\n{what} {settings.VERSION}\n\n{body}\n\nStop with Ctrl-C.\n"


class LocalServer(BaseApplication):  # type: ignore[misc]  # gunicorn carries no type information
    """gunicorn on the loopback address, started from here so that Django is loaded once for all workers."""

    def __init__(self, port: int, greeting: str) -> None:
        self.port = port
        self.greeting = greeting
        super().__init__()

    def load_config(self) -> None:
        """What would otherwise be arguments of the gunicorn command."""
        settings = {
            "bind": f"127.0.0.1:{self.port}",
            "worker_class": "gthread",
            "workers": WORKERS,
            "threads": THREADS,
            "loglevel": "warning",
            "graceful_timeout": 5,
            "control_socket_disable": True,
            "when_ready": lambda server: print(self.greeting, flush=True),
            "on_exit": lambda server: print("Stopped.", flush=True),
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        """Let go of the database, which must not be shared with forked workers, and serve."""
        from django.db import connections

        from config.postgresql.base import DatabaseWrapper

        for connection in connections.all(initialized_only=True):
            connection.close()
            if isinstance(connection, DatabaseWrapper):
                connection.close_pool()
        super().run()

    def load(self) -> Any:
        """The program, in each worker."""
        from config.wsgi import application

        return application
