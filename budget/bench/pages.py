"""Measures pages: a server of one process with one connection kept open, as a person's browser has."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles

from django.conf import settings
from django.test import Client

from budget.books.models import Book
from budget.ledger.making import LAST
from budget.ledger.models import Category
from budget.months import Month
from budget.users.models import User

WARM_UP = 20
STATIC = "static page, logged in"


@dataclass(frozen=True)
class Timing:
    """Milliseconds: half of all tries took at most `p50`, 95 of a hundred at most `p95`."""

    p50: float
    p95: float
    tries: int

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


def timing(seconds: Sequence[float]) -> Timing:
    """What a list of durations says."""
    cuts = quantiles(seconds, n=20, method="inclusive")
    return Timing(cuts[9] * 1000, cuts[18] * 1000, len(seconds))


def addresses(book: Book) -> dict[str, str]:
    """The pages that are measured, by name; each in the month of the newest rows."""
    month = Month.of(LAST)
    food = Category.objects.of(book).filter(name="Groceries").order_by("pk").first()
    narrowed = f"/transactions/?category={food.pk if food else 0}&from={month.previous.first}&to={LAST}"
    return {
        STATIC: "/bench-static/",
        "list of 100": "/transactions/",
        "list of 50, filtered, with total": f"{narrowed}&rows=50",
        "list of 100, filtered, with total": narrowed,
        "overview": "/",
        "month summary": f"/reports/month/{month}/",
        "top expenses": "/reports/top/",
        "budgets": f"/budgets/{month}/",
    }


@contextmanager
def serving() -> Iterator[http.client.HTTPConnection]:
    """Run gunicorn with one process on this process's database; answers a connection to it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "budget.bench.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "1", "--worker-class", "gthread", "--threads", "1", "--keep-alive", "60"]
    command += ["--log-level", "error", "--no-control-socket"]
    with subprocess.Popen(command, cwd=Path(settings.BASE_DIR), env=os.environ) as process:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        try:
            _wait(connection, process)
            yield connection
        finally:
            connection.close()
            process.terminate()


def _wait(connection: http.client.HTTPConnection, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            connection.request("GET", "/livez")
            connection.getresponse().read()
        except OSError:
            connection.close()
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def cookie_of(user: User) -> str:
    """A session of `user`, as the browser sends it."""
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


@dataclass(frozen=True)
class Page:
    """One page as measured: its timing and the bytes of its HTML, unpacked."""

    timing: Timing
    size: int


class PageFailed(RuntimeError):
    """A page did not answer 200, so its time means nothing."""


def measure(
    connection: http.client.HTTPConnection, paths: Mapping[str, str], cookie: str, tries: int
) -> dict[str, Page]:
    """Ask for each page in turn, again and again: what else the machine does then slows all of them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in paths}
    sizes: dict[str, int] = {}
    warm_up = min(WARM_UP, tries)
    for attempt in range(warm_up + tries):
        for name, path in paths.items():
            took, sizes[name] = _ask(connection, path, cookie)
            if attempt >= warm_up:
                seconds[name].append(took)
    return {name: Page(timing(seconds[name]), sizes[name]) for name in paths}


def _ask(connection: http.client.HTTPConnection, path: str, cookie: str) -> tuple[float, int]:
    headers = {"Cookie": cookie, "Host": "localhost", "Accept-Encoding": "identity"}
    start = time.perf_counter()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - start
    if answer.status != 200:
        raise PageFailed(f"{path} answered {answer.status} {answer.getheader('Location', '')}".strip() + ".")
    return took, len(body)
