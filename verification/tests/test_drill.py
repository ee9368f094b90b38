"""The drill refuses every database that was not made for it, before it writes a row."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from verification import drill
from verification.scratch import direct_address, inside


def run(url, folder, switch="1", step="crud"):
    answer = folder / "answer.json"
    environment = os.environ | {
        "DATABASE_URL": url,
        "DATABASE_URL_DIRECT": url,
        "BUDGET_DATA_DIR": str(folder),
        "RELEASE_DRILL": switch,
    }
    done = subprocess.run(
        [sys.executable, "-m", "verification.drill", step, "--answer", str(answer)],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.strip(), answer.exists()


def test_drill_without_its_switch_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path}/release-drill-a.sqlite3"

    assert run(url, tmp_path, switch="yes") == (
        drill.REFUSED,
        "The drill runs only with RELEASE_DRILL=1, on a scratch database of its own.",
        False,
    )


@pytest.mark.parametrize("name", ["budget.sqlite3", "my-release-drill-a.sqlite3", "release_drill_a.sqlite3"])
def test_drill_on_another_file_is_refused(tmp_path, name):
    assert run(f"sqlite:///{tmp_path}/{name}", tmp_path, step="rollback") == (
        drill.REFUSED,
        "The drill writes only to a file whose name starts with release-drill-.",
        False,
    )
    assert not (tmp_path / name).exists()


def test_drill_on_another_schema_is_refused(tmp_path):
    if connection.vendor == "sqlite":  # a file in a folder named like a drill is not a drill's file either
        (tmp_path / "release-drill-a").mkdir()
        url = f"sqlite:///{tmp_path}/release-drill-a/budget.sqlite3"
        said = "The drill writes only to a file whose name starts with release-drill-."
    else:
        url, said = (
            inside(direct_address(), "public"),
            ("The drill writes only to a schema whose name starts with release_drill_."),
        )

    assert run(url, tmp_path, step="rollback") == (drill.REFUSED, said, False)


@pytest.mark.parametrize("name", sorted(drill.STEPS))
def test_every_step_is_a_function(name):
    assert callable(drill.step(name))


def test_this_very_database_is_no_scratch(db):
    with pytest.raises(drill.NotAScratchDatabase):
        drill.require_scratch()
