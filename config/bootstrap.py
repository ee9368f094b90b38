"""Makes a bare Python able to run the program: virtual environment and locked packages. Standard library only.

Only `manage.py demo`, `up` and `selftest` come here; ordinary commands never install anything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
MARKER = VENV / "installed.json"
LEAST_PYTHON = (3, 11)
RUNTIME, DEVELOPMENT, INSTALLER = "requirements.txt", "requirements-dev.txt", "requirements-installer.txt"


class CannotInstall(Exception):
    """Something outside the program is missing; says what, and what to do."""


def run(command: str, arguments: list[str]) -> None:
    """Do one of the self-installing commands; does not return when it has to continue in the virtual environment."""
    if sys.version_info < LEAST_PYTHON:
        sys.exit("Budget Tracker needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031
    wanted = parse(command, arguments)
    try:
        if command != "selftest":
            refuse_busy_port(command, wanted.port)
        prepare(DEVELOPMENT if command == "selftest" else RUNTIME)
    except CannotInstall as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    if not inside_environment():
        os.execv(PYTHON, [str(PYTHON), str(ROOT / "manage.py"), command, *arguments])  # noqa: S606
    if command == "selftest":
        from config import selftest

        sys.exit(selftest.run(deep=wanted.deep, pytest_arguments=wanted.pytest_arguments))
    from config import serving

    serving.serve(is_demo=command == "demo", port=wanted.port)


def parse(command: str, arguments: list[str]) -> argparse.Namespace:
    """Read the arguments behind the command's name; wrong ones end the program with one line."""
    parser = argparse.ArgumentParser(prog=f"manage.py {command}")
    if command == "selftest":
        parser.add_argument("--deep", action="store_true", help="also the tests that take minutes")
        parser.add_argument("pytest_arguments", nargs="*", help="after --: handed to pytest")
    else:
        parser.add_argument("--port", type=port_number, default=8000)
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    """A TCP port as typed."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError("must be a number from 1 to 65535")
    return int(text)


def refuse_busy_port(command: str, port: int) -> None:
    """Say at once, not after the installation, that the address is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise CannotInstall(f"Port {port} is not yours to use. Choose one above 1023.") from None
        except OSError:
            other = port + 1 if port < 65535 else port - 1
            raise CannotInstall(
                f"Port {port} is in use. Choose another: python3 manage.py {command} --port {other}"
            ) from None


def inside_environment() -> bool:
    """Is this process the virtual environment's own Python?"""
    return Path(sys.prefix) == VENV


def prepare(requirements: str) -> None:
    """Make the virtual environment hold exactly the locked packages; immediate when it already does."""
    this_python = f"{sys.version} {sys.base_prefix}"
    installed = read_marker()
    if installed.get("python") == this_python and installed.get(requirements) == digest(requirements):
        return
    began = time.monotonic()
    print("Installing (only the first time, or after an update) ...", flush=True)
    if not inside_environment() and (installed.get("python") != this_python or not PYTHON.exists()):
        installed = {}
        make_environment()
    install(requirements)
    # The development lock holds everything of the runtime lock at the same versions.
    covered = (RUNTIME, DEVELOPMENT) if requirements == DEVELOPMENT else (RUNTIME,)
    installed |= {"python": this_python} | {name: digest(name) for name in covered}
    MARKER.write_text(json.dumps(installed), encoding="utf-8")
    print(f"Installed in {time.monotonic() - began:.0f} s.", flush=True)


def read_marker() -> dict[str, str]:
    """What the last installation noted; nothing when there was none or it was cut off."""
    try:
        found: dict[str, str] = json.loads(MARKER.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def digest(requirements: str) -> str:
    """The content of a requirements file, as a name for it."""
    return hashlib.sha256((ROOT / requirements).read_bytes()).hexdigest()


def make_environment() -> None:
    """Create ``.venv``, also on a Debian whose Python came without ``venv``."""
    create = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if attempt(create) is None:
        return
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install("python3-venv")
        if attempt(create) is None:
            return
    without_pip = [*create[:-1], "--without-pip", str(VENV)]
    if attempt([sys.executable, "-m", "pip", "--version"]) is None and attempt(without_pip) is None:
        return
    raise CannotInstall(
        "This Python cannot make a virtual environment. Install the missing part, then try again: "
        "sudo apt-get install python3-venv"
    )


def install(requirements: str) -> None:
    """Install a locked file with uv, or with plain pip where uv cannot be had; hashes are checked either way."""
    pip = [str(PYTHON), "-m", "pip"]
    if attempt([*pip, "--version"]) is not None:
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    pip_install = [*pip, "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    uv = PYTHON.with_name("uv.exe" if sys.platform == "win32" else "uv")
    uv_install = [str(uv), "pip", "install", "--quiet", "--python", str(PYTHON), "--require-hashes", "-r"]
    if attempt([*pip_install, INSTALLER]) is None and attempt([*uv_install, requirements], uv_settings(pip)) is None:
        return
    if problem := attempt([*pip_install, requirements]):
        raise CannotInstall(f"The packages could not be installed. pip says:\n{problem}")


def uv_settings(pip: list[str]) -> dict[str, str]:
    """Where this machine gets packages, for uv, which does not read pip's configuration."""
    asked = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, cwd=ROOT, check=False)
    found = {}
    for line in asked.stdout.splitlines():
        name, _, value = line.partition("=")
        found[name.rpartition(".")[2]] = value.strip("'\"").replace("\\n", " ")
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
        "cert": "SSL_CERT_FILE",
    }
    settings = {uv: found[pip_name] for pip_name, uv in names.items() if found.get(pip_name)}
    # Every file is known by its hash, so it does not matter which index has it.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match"} | settings | dict(os.environ)


def apt_install(*packages: str) -> None:
    """Install system packages as root; reads the package lists first when they are missing or old."""
    command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if attempt(command, environment) is None:
        return
    attempt(["apt-get", "update", "--quiet"], environment)
    if problem := attempt(command, environment):
        raise CannotInstall(f"apt-get could not install {' '.join(packages)}: {problem.splitlines()[-1]}")


def attempt(command: list[str], environment: dict[str, str] | None = None) -> str | None:
    """Run a program quietly. None when it worked, else what it said last."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False
        )
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return None
    said = (done.stderr.strip() or done.stdout.strip() or f"ended with code {done.returncode}").splitlines()
    return "\n".join(said[-12:])
