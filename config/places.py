"""Where a person's data lives: outside the code, in the platform's folder for it. Standard library only."""

import os
import secrets
import sys
import tempfile
from pathlib import Path

CODE_DIR = Path(__file__).resolve().parent.parent


def data_dir() -> Path:
    """The folder of the embedded database, the uploads and the settings made on first use; it may not exist yet.

    ``BUDGET_DATA_DIR`` decides; without it each platform's own place for the data of a program.
    """
    chosen = os.environ.get("BUDGET_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser().resolve()
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "Budget Tracker"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "Budget Tracker"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "budget-tracker"


def demo_dir() -> Path:
    """The folder of the sample book, apart from everything a person records."""
    return data_dir() / "demo"


def local_time_zone() -> str:
    """The time zone of this machine by name, UTC where it cannot be told."""
    zone = os.environ.get("TZ", "")
    if not zone and Path("/etc/localtime").is_symlink():
        zone = os.path.realpath("/etc/localtime")
    return zone.rpartition("zoneinfo/")[2].lstrip(":") or "UTC"


def remembered_secret_key(folder: Path) -> str:
    """The secret key of a local installation: made on first use, kept in the folder's ``.env``, readable by its owner.

    Two processes that start at the same moment get the same key: the file appears whole or not at all.
    """
    file = folder / ".env"
    if found := _secret_key_in(file):
        return found
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = file.read_text(encoding="utf-8").rstrip("\n") if file.exists() else ""
    handle, draft = tempfile.mkstemp(dir=folder, prefix=".env.")  # readable by its owner only
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(f"{before}\nSECRET_KEY={secrets.token_urlsafe(50)}\n".lstrip("\n"))
    try:
        if before:
            os.replace(draft, file)
        else:
            os.link(draft, file)  # unlike a rename it fails when another process was first
    except FileExistsError:
        pass  # then the other process's key, read below, is the one
    finally:
        Path(draft).unlink(missing_ok=True)
    return _secret_key_in(file)


def _secret_key_in(file: Path) -> str:
    if not file.exists():
        return ""
    lines = file.read_text(encoding="utf-8").splitlines()
    return next((line.partition("=")[2] for line in lines if line.startswith("SECRET_KEY=")), "")
