"""Runs one step of the drill in a process of its own, on a scratch database and no other.

`python -m verification.drill STEP --answer FILE` writes what it found as JSON. It writes thousands of rows and makes
writes fail on purpose, so it refuses every database that was not made for it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import django

SWITCH = "RELEASE_DRILL"
FILE_PREFIX = "release-drill-"
SCHEMA_PREFIX = "release_drill_"
REFUSED = 4

STEPS: Mapping[str, str] = {
    "crud": "verification.gates.crud:run",
    "rollback": "verification.gates.rollback:run",
    "known-answer": "verification.known_answer:run",
    "controls": "verification.controls.drilled:run",
}
"""Each step and the function that answers its `GateResult`; found when asked for, once Django is set up."""


class NotAScratchDatabase(RuntimeError):
    """The drill was pointed at a database that might be somebody's."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the step that the command line names; answers the exit code, which says nothing about passing."""
    parser = argparse.ArgumentParser(prog="python -m verification.drill", description=__doc__)
    parser.add_argument("step", choices=sorted(STEPS))
    parser.add_argument("--answer", type=Path, required=True, help="the file that the result is written to")
    asked = parser.parse_args(arguments)
    try:
        prepare()
    except NotAScratchDatabase as refused:
        sys.stderr.write(f"{refused}\n")
        return REFUSED
    result = step(asked.step)()
    asked.answer.write_text(json.dumps(result.as_dict(), sort_keys=True, ensure_ascii=False), encoding="utf-8")
    return 0


def step(name: str) -> Callable[[], Any]:
    """The function of a step."""
    module, _, function = STEPS[name].partition(":")
    found: Callable[[], Any] = getattr(import_module(module), function)
    return found


def prepare() -> None:
    """Set Django up for the drill: one plain connection, mail into memory, pages under the test host.

    Raises:
        NotAScratchDatabase: the switch is off, or the database has another name than a scratch one.
    """
    if os.environ.get(SWITCH) != "1":
        raise NotAScratchDatabase(f"The drill runs only with {SWITCH}=1, on a scratch database of its own.")
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["EMAIL_URL"] = "memorymail://"
    django.setup()

    from django.conf import settings
    from django.test.utils import setup_test_environment

    options = settings.DATABASES["default"].get("OPTIONS", {})
    options.pop("pool", None)  # its threads would not survive the fork of the drill that is killed
    if "init_command" in options:  # nothing of a scratch file has to survive a power cut
        options["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    require_scratch()
    setup_test_environment()
    logging.getLogger("django.request").setLevel(logging.CRITICAL)  # refused pages are what the drill asks for


def require_scratch() -> None:
    """Look at the database that Django would really write to.

    Raises:
        NotAScratchDatabase: its file or schema was not made for a drill.
    """
    from django.db import connection

    if connection.vendor == "sqlite":
        if not Path(str(connection.settings_dict["NAME"])).name.startswith(FILE_PREFIX):
            raise NotAScratchDatabase(f"The drill writes only to a file whose name starts with {FILE_PREFIX}.")
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        row = cursor.fetchone()
    if not str(row[0] if row else "").startswith(SCHEMA_PREFIX):
        raise NotAScratchDatabase(f"The drill writes only to a schema whose name starts with {SCHEMA_PREFIX}.")


if __name__ == "__main__":
    sys.exit(main())
