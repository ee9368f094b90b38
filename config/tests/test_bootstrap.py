"""Installing once, starting at once."""

import json
import re
import socket
import sys

import pytest

from config import bootstrap

pytestmark = pytest.mark.once


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """A project folder of its own with requirements but no virtual environment; returns what was installed in it."""
    installed: list[str] = []
    for name in (bootstrap.RUNTIME, bootstrap.DEVELOPMENT):
        (tmp_path / name).write_text(f"content of {name}")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", venv)
    monkeypatch.setattr(bootstrap, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(bootstrap, "MARKER", venv / "installed.json")

    def make_environment():
        bootstrap.PYTHON.parent.mkdir(parents=True, exist_ok=True)
        bootstrap.PYTHON.touch()
        installed.append("environment")

    monkeypatch.setattr(bootstrap, "make_environment", make_environment)
    monkeypatch.setattr(bootstrap, "install", installed.append)
    return installed


def test_second_start_installs_nothing(environment):
    """R003-92: one command, and quick the second time."""
    bootstrap.prepare(bootstrap.RUNTIME)
    bootstrap.prepare(bootstrap.RUNTIME)

    assert environment == ["environment", "requirements.txt"]


def test_test_tools_include_what_the_program_needs(environment):
    bootstrap.prepare(bootstrap.DEVELOPMENT)
    bootstrap.prepare(bootstrap.RUNTIME)

    assert environment == ["environment", "requirements-dev.txt"]


def test_changed_requirements_are_installed_into_the_same_environment(environment, tmp_path):
    bootstrap.prepare(bootstrap.RUNTIME)
    (tmp_path / bootstrap.RUNTIME).write_text("another version")

    bootstrap.prepare(bootstrap.RUNTIME)

    assert environment == ["environment", "requirements.txt", "requirements.txt"]


def test_other_python_gets_a_new_environment(environment, tmp_path):
    bootstrap.prepare(bootstrap.RUNTIME)
    marker = json.loads(bootstrap.MARKER.read_text()) | {"python": "3.10"}
    bootstrap.MARKER.write_text(json.dumps(marker))

    bootstrap.prepare(bootstrap.RUNTIME)

    assert environment == ["environment", "requirements.txt"] * 2


def test_installation_that_was_cut_off_is_done_again(environment):
    """R003-92: an interrupted run recovers."""
    bootstrap.prepare(bootstrap.RUNTIME)
    bootstrap.MARKER.write_text('{"python"')

    bootstrap.prepare(bootstrap.RUNTIME)

    assert environment == ["environment", "requirements.txt"] * 2


def test_busy_port_is_one_sentence_before_anything_is_installed(environment):
    """R003-92: a command that cannot serve says so first."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(SystemExit) as ended:
            bootstrap.run("demo", ["--port", str(port)])

    assert str(ended.value).startswith(f"Port {port} is in use. Choose another: python3 manage.py demo --port ")
    assert environment == []


def test_old_python_is_refused_with_one_sentence(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))

    with pytest.raises(SystemExit, match=r"^Budget Tracker needs Python 3\.11 or newer; this is 3\.9\.$"):
        bootstrap.run("demo", [])


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", ""])
def test_impossible_port_is_refused(port, capsys):
    with pytest.raises(SystemExit):
        bootstrap.parse("up", [f"--port={port}"])

    assert "must be a number from 1 to 65535" in capsys.readouterr().err


def test_arguments_behind_two_dashes_are_for_pytest():
    wanted = bootstrap.parse("selftest", ["--deep", "--", "-k", "transfer"])

    assert (wanted.deep, wanted.pytest_arguments) == (True, ["-k", "transfer"])


def test_python_without_venv_says_what_to_install(monkeypatch):
    monkeypatch.setattr(bootstrap, "attempt", lambda command, environment=None: "No module named venv")
    monkeypatch.setattr("shutil.which", lambda name: None)

    with pytest.raises(bootstrap.CannotInstall, match="sudo apt-get install python3-venv"):
        bootstrap.make_environment()


def test_plain_pip_installs_when_uv_cannot_be_had(monkeypatch):
    """R001-26, R002-32: with the locked hashes."""
    commands: list[list[str]] = []

    def without_uv(command, environment=None):
        commands.append(command)
        return "no such package" if bootstrap.INSTALLER in command else None

    monkeypatch.setattr(bootstrap, "attempt", without_uv)

    bootstrap.install(bootstrap.RUNTIME)

    assert commands[-1][-2:] == ["-r", "requirements.txt"]
    assert "--require-hashes" in commands[-1]


ROOT = bootstrap.ROOT
"""Before a test puts another folder in its place."""


@pytest.mark.parametrize("name", [bootstrap.RUNTIME, bootstrap.DEVELOPMENT, bootstrap.INSTALLER])
def test_every_package_is_locked_to_a_version_and_its_hashes(name):
    """R002-32: the same packages wherever and whenever it is installed."""
    text = "\n".join(line.partition(" #")[0] for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    packages = [each for each in text.replace("\\\n", " ").splitlines() if each.strip() and not each.startswith("#")]

    assert packages
    assert [each for each in packages if not re.match(r"[\w.\[\]-]+==\S+.*--hash=sha256:[0-9a-f]{64}", each)] == []
