"""Finds and starts the browser of the tests: the system's Chromium, driven by Playwright, downloading nothing."""

import os
import shutil
from pathlib import Path
from typing import Any

PACKAGES = ("chromium-headless-shell", "chromium")
"""Chromium without windows shows the same pages for a quarter less work, but not every system packs it."""

QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]
"""A browser under test talks to the program only."""


def find_chromium() -> Path | None:
    """The browser to drive: ``BUDGET_CHROMIUM``, or the first one installed."""
    names = [os.environ.get("BUDGET_CHROMIUM", ""), *PACKAGES, "chromium-browser", "google-chrome"]
    found = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    return Path(found) if found else None


def launch(playwright: Any) -> Any:
    """A running browser. Root cannot use Chromium's sandbox, and the pages under test are our own."""
    executable = find_chromium()
    if executable is None:
        raise RuntimeError(f"Chromium is not installed: apt-get install {PACKAGES[-1]}")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=str(executable), args=[*QUIET, *sandbox])
