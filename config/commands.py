"""Runs one command of `manage.py`: what a person can mend ends with one sentence and not with a traceback."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line
from django.db import DatabaseError, OperationalError, ProgrammingError, connection

MISSING = {"42P01", "42703"}
"""PostgreSQL's codes for a table and a column that is not there."""
NO_READER = 141
"""The code with which a shell's own programs end when nobody reads their output any more, as before `| head`."""


def run(arguments: list[str]) -> None:
    """Run the command; `--traceback` shows where an error came from."""
    try:
        execute_from_command_line(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still writes at its end
        sys.exit(NO_READER)
    except (OperationalError, ProgrammingError) as error:
        sentence = explained(error)
        if not sentence or "--traceback" in arguments:
            raise
        sys.exit(sentence)


def explained(error: DatabaseError) -> str:
    """What is the matter with the database, and what to do; empty where it is a mistake of ours."""
    said = " ".join(str(error).split())
    if getattr(error.__cause__, "sqlstate", "") in MISSING or said.startswith(("no such table", "no such column")):
        return "The database lacks tables or columns of this version. Run: python3 manage.py migrate"
    is_bad_sql = getattr(error.__cause__, "sqlite_errorname", "") == "SQLITE_ERROR"
    if is_bad_sql or isinstance(error, ProgrammingError):
        return ""
    place = f" ({connection.settings_dict['NAME']})" if connection.vendor == "sqlite" else ""
    return f"The database cannot be used: {said}{place}"
