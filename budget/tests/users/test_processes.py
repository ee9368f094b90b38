"""What must hold when several processes serve one site: here three of them, on a database of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.once

GUESSES = """
import django
django.setup()
from django.test import Client
for number in range(4):
    page = Client().post("/login/", {"login": "alice@example.org", "password": f"guess {number}"})
    print("wrong" if "do not match" in page.text else "limited" if "Too many tries" in page.text else page.status_code)
"""
FIRST_USERS = """
import django, os
django.setup()
from budget.users.errors import SomebodyIsHereAlready
from budget.users.operations import create_first_user
try:
    create_first_user(name="Alice", email=f"alice{os.getpid()}@example.org", password="x")
    print("made")
except SomebodyIsHereAlready:
    print("refused")
"""


@pytest.fixture(scope="module")
def site(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a site that is empty but for its tables."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copyfile(migrated_file, folder / "budget.sqlite3")
    return os.environ | {
        "BUDGET_DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/budget.sqlite3",
        "DATABASE_URL_DIRECT": "",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ALLOWED_HOSTS": "testserver",
    }


def answers(program: str, site: dict[str, str], workers: int) -> list[str]:
    """What several processes print that run the program at once."""
    command, folder = [sys.executable, "-c", program], Path(settings.BASE_DIR)
    running = [
        subprocess.Popen(command, cwd=folder, env=site, stdout=subprocess.PIPE, text=True) for _ in range(workers)
    ]
    return sorted(word for process in running for word in process.communicate(timeout=120)[0].split())


def test_login_limit_is_one_for_all_processes(site: dict[str, str]) -> None:
    assert answers(GUESSES, site, 3) == ["limited"] * 7 + ["wrong"] * 5


def test_of_several_first_users_at_once_one_is_made(site: dict[str, str]) -> None:
    assert answers(FIRST_USERS, site, 4) == ["made"] + ["refused"] * 3
