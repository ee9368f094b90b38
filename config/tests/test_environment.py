"""A missing or malformed setting is one clear sentence that names it and never shows its value."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment
from config.places import CODE_DIR

pytestmark = pytest.mark.once

PRODUCTION = {
    "BUDGET_PRODUCTION": "yes",
    "SECRET_KEY": "".join(chr(33 + number) for number in range(60)),
    "DATABASE_URL": "postgresql://budget:hunter2@localhost/budget",
    "EMAIL_URL": "dummymail://",
    "ALLOWED_HOSTS": "budget.example",
}


@pytest.mark.parametrize(("text", "means"), [("yes", True), ("1", True), ("On", True), ("no", False), ("0", False)])
def test_flag_reads_the_usual_spellings(text, means):
    assert Environment({"X": text}).flag("X", default=not means) is means


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda env: env.flag("X", default=False), "hunter2"),
        (lambda env: env.number("X", default=1), "hunter2"),
        (lambda env: env.number("X", default=12, least=8), "7"),
        (lambda env: env.time_zone("X", default="UTC"), "hunter2"),
        (lambda env: env.database("X", default=""), "hunter2"),
        (lambda env: env.database("X", default=""), "mysql://budget:hunter2@localhost/budget"),
        (lambda env: env.database("X", default=""), "postgresql://budget:hunter2@localhost"),
        (lambda env: env.database("X", default=""), "postgresql://budget:hunter2@localhost:port/budget"),
        (lambda env: env.database("X", default=""), "sqlite://hunter2"),
        (lambda env: env.email("X", default=""), "hunter2://host"),
    ],
)
def test_malformed_value_is_refused_without_showing_it(read, value):
    """R004-17: one sentence."""
    with pytest.raises(ImproperlyConfigured, match=r"^X must .*\.env\.example") as refused:
        read(Environment({"X": value}))

    assert value not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def encryption_key(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hunter2", "number 1 is too short or malformed"),
        (encryption_key(hashlib.sha256(b"b").digest()[:31]), "number 1 is too short or malformed"),
        (encryption_key(hashlib.sha256(b"b").digest()[:16]), "number 1 is too short or malformed"),
        (encryption_key(hashlib.sha256(b"b").digest() + b"b"), "number 1 is too short or malformed"),
        ("+/" + encryption_key(hashlib.sha256(b"b").digest())[2:], "number 1 is too short or malformed"),
        (f"{encryption_key(hashlib.sha256(b'a').digest())},hunter2", "number 2 is too short or malformed"),
        (encryption_key(bytes(32)), "number 1 is an example or too plain"),
        (encryption_key(b"0123456789abcdef" * 2), "number 1 is an example or too plain"),
        (encryption_key(bytes(range(100, 132))), "number 1 is an example or too plain"),
        (encryption_key(b"my horse knows 32 different ways"), "number 1 is an example or too plain"),
        ("cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=", "number 1 is an example or too plain"),
        (",".join([encryption_key(hashlib.sha256(b"a").digest())] * 2), "number 2 is there twice"),
    ],
)
def test_encryption_key_that_is_none_is_refused_without_showing_it(text, problem):
    """S20."""
    with pytest.raises(ImproperlyConfigured, match=rf"^X must be keys .*: {problem}\. .*\.env\.example") as refused:
        Environment({"X": text}).encryption_keys("X")

    assert not any(key in str(refused.value) for key in text.split(","))


def test_encryption_keys_are_read_in_their_order():
    keys = [encryption_key(hashlib.sha256(bytes([number])).digest()) for number in range(200)]

    assert Environment({"X": ", ".join(keys)}).encryption_keys("X") == keys
    assert Environment({"X": " , "}).encryption_keys("X") == []


def test_unusable_encryption_key_stops_the_program_with_one_sentence():
    """S20."""
    done = run([sys.executable, "manage.py", "check"], PRODUCTION | {"ENCRYPTION_KEYS": "changeme"})

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("ENCRYPTION_KEYS must be keys of 32 random bytes")


def test_empty_value_is_the_default():
    env = Environment({"X": ""})

    assert (env.text("X", "a"), env.flag("X", default=True), env.number("X", default=3)) == ("a", True, 3)


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "ALLOWED_HOSTS"])
def test_production_without_a_needed_setting_ends_with_one_sentence(missing):
    """R001-20: DATABASE_URL among them."""
    done = run([sys.executable, "manage.py", "check"], PRODUCTION | {missing: ""})

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{missing} is missing: ")
    assert done.stderr.count("\n") == 1


def test_hosts_of_nothing_but_commas_are_none():
    done = run([sys.executable, "manage.py", "check"], PRODUCTION | {"ALLOWED_HOSTS": " , ,"})

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("ALLOWED_HOSTS is missing: ")


@pytest.mark.parametrize("secret", ["", PRODUCTION["SECRET_KEY"]], ids=["key to be made", "key given"])
def test_data_folder_that_is_a_file_ends_with_one_sentence(tmp_path, secret):
    file = tmp_path / "file"
    file.write_text("")

    done = run([sys.executable, "manage.py", "check"], {"BUDGET_DATA_DIR": str(file), "SECRET_KEY": secret})

    assert (done.returncode, done.stderr) == (
        1,
        f"The data folder {file} is a file. Name another with BUDGET_DATA_DIR.\n",
    )


@pytest.mark.parametrize("read", ["yes", "no"])
def test_settings_file_that_is_not_utf8_ends_with_one_sentence(tmp_path, read):
    (tmp_path / ".env").write_bytes(b"EMAIL_FROM=Caf\xe9\n")

    done = run(
        [sys.executable, "manage.py", "check"],
        {"BUDGET_DATA_DIR": str(tmp_path), "SECRET_KEY": "", "BUDGET_READ_ENV_FILES": read},
    )

    assert (done.returncode, done.stderr) == (1, f"{tmp_path / '.env'} is not UTF-8. Save it as UTF-8.\n")


def test_malformed_database_address_ends_with_one_sentence():
    done = run([sys.executable, "manage.py", "migrate"], PRODUCTION | {"DATABASE_URL": "budget@localhost"})

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("DATABASE_URL must look like ")


def test_short_secret_is_refused_in_production():
    done = run([sys.executable, "manage.py", "check"], PRODUCTION | {"SECRET_KEY": "changeme"})

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "at least 50 random characters" in done.stderr


def test_server_stops_at_once_when_a_setting_is_missing():
    done = run([sys.executable, "-c", "import config.wsgi"], PRODUCTION | {"DATABASE_URL": ""})

    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert done.stderr.startswith("DATABASE_URL is missing: ")


def test_production_settings_have_nothing_that_the_deployment_check_warns_about():
    """S1, R000-44: nothing to warn about before a deploy."""
    done = run([sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION)

    assert done.returncode == 0, done.stderr


def test_unset_python_package_is_explained(tmp_path: Path):
    """Beside code that nobody has installed anything for; where `demo` has, its environment is taken."""
    for name in ("manage.py", "config/__init__.py", "config/bootstrap.py", "config/places.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(CODE_DIR / name, tmp_path / name)

    done = subprocess.run(
        [sys.executable, "-S", "-E", "manage.py", "migrate"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "python3 manage.py demo" in done.stderr


def run(command: list[str], settings: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """A process with these settings only, beside what the test run itself sets."""
    names = {"DATABASE_URL", "SECRET_KEY", "DATABASE_URL_DIRECT", "DJANGO_ALLOW_ASYNC_UNSAFE"}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        command, cwd=CODE_DIR, env=environment | settings, capture_output=True, text=True, check=False
    )
