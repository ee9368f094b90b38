"""Where data lives and which settings file wins."""

import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.environment import Environment
from config.places import data_dir, demo_dir, local_time_zone, remembered_secret_key

pytestmark = pytest.mark.once


def test_data_folder_is_the_one_named(monkeypatch, tmp_path):
    monkeypatch.setenv("BUDGET_DATA_DIR", str(tmp_path))

    assert (data_dir(), demo_dir()) == (tmp_path, tmp_path / "demo")


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", None, ".local/share/budget-tracker"),
        ("linux", "XDG_DATA_HOME", "given/budget-tracker"),
        ("darwin", None, "Library/Application Support/Budget Tracker"),
        ("win32", None, "AppData/Local/Budget Tracker"),
        ("win32", "LOCALAPPDATA", "given/Budget Tracker"),
    ],
)
def test_data_folder_is_where_the_platform_keeps_data(monkeypatch, tmp_path, platform, variable, expected):
    """R003-2: outside the code, one per person."""
    for name in ("BUDGET_DATA_DIR", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(sys, "platform", platform)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "given"))

    assert data_dir() == tmp_path / expected


def test_settings_of_the_data_folder_win_over_those_of_the_working_directory(monkeypatch, tmp_path):
    """R001-20, R003-90: the process itself wins over both."""
    data, working = tmp_path / "data", tmp_path / "working"
    for folder, text in ((data, "A=data\nB=data\n"), (working, "A=working\nB=working\nC=working\n")):
        folder.mkdir()
        (folder / ".env").write_text(text)
    monkeypatch.setattr(os, "environ", {"A": "process"})
    monkeypatch.setattr("environ.Env.ENVIRON", os.environ)

    env = Environment.with_files(data, working)

    assert [env.text(name) for name in "ABC"] == ["process", "data", "working"]


def test_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    """R003-2: the folder is made on the first run."""
    folder = tmp_path / "new"

    first = remembered_secret_key(folder)

    assert len(first) >= 50
    assert remembered_secret_key(folder) == first
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [".env"]


def test_secret_key_keeps_the_settings_already_there(tmp_path):
    (tmp_path / ".env").write_text("TIME_ZONE=Europe/Berlin")

    key = remembered_secret_key(tmp_path)

    assert (tmp_path / ".env").read_text() == f"TIME_ZONE=Europe/Berlin\nSECRET_KEY={key}\n"


def test_processes_starting_together_share_one_secret_key(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: remembered_secret_key(tmp_path / "new"), range(64)))

    assert len(keys) == 1


@pytest.mark.parametrize(("variable", "zone"), [("Europe/Berlin", "Europe/Berlin"), (":Asia/Tokyo", "Asia/Tokyo")])
def test_time_zone_of_this_machine_is_known_by_name(monkeypatch, variable, zone):
    monkeypatch.setenv("TZ", variable)

    assert local_time_zone() == zone
