#!/usr/bin/env python3
"""Django's entry point; `demo`, `up` and `selftest` first set up everything they need."""

import os
import sys

SELF_INSTALLING = {"demo", "up", "selftest"}


def continue_in_environment(arguments: list[str]) -> None:
    """Once `demo` or `up` has installed everything beside the code, any Python may be asked for any command."""
    from config.bootstrap import PYTHON, ROOT, inside_environment

    if PYTHON.exists() and not inside_environment():
        os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), *arguments[1:]])  # noqa: S606  (no shell is wanted)


def main(arguments: list[str]) -> None:
    """Run one command."""
    if arguments[1:] and arguments[1] in SELF_INSTALLING:
        from config.bootstrap import run

        run(arguments[1], arguments[2:])
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured

        from config import commands
    except ImportError:
        continue_in_environment(arguments)
        sys.exit(
            "Django is not installed for this Python. To try the program: python3 manage.py demo. "
            "To install it yourself: pip install -r requirements.txt."
        )
    try:
        import config.settings  # noqa: F401  (here, so that a bad setting is one sentence and not a traceback)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    commands.run(arguments)


if __name__ == "__main__":
    main(sys.argv)
