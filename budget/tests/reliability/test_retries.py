"""Retries count once, over HTTP, through gunicorn's worker processes."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from budget.tests.reliability.conftest import environment
from config.places import CODE_DIR

pytestmark = pytest.mark.django_db  # there has to be a database to copy

TOKEN = "t" * 32


def _driver(url: str, folder: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "budget.tests.reliability.driver", *arguments],
        cwd=CODE_DIR,
        env=environment(url, folder) | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def _gunicorn(url: str, folder: Path) -> Iterator[int]:
    """Two worker processes of eight threads, as the Procfile has it; answers the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--worker-class", "gthread", "--workers", "2"),
            *("--threads", "8", "--bind", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "error"),
        ],
        cwd=CODE_DIR,
        env=environment(url, folder),
    )
    try:
        _wait_until_ready(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/livez")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("gunicorn did not answer within a minute")


def _post_at_once(port: int, session: str, key: str, line: str, clients: int) -> Counter[tuple[int, str]]:
    """What so many clients are answered that have all asked before the first of them reads its answer."""
    body = urllib.parse.urlencode({"csrfmiddlewaretoken": TOKEN, "request_key": key, "line": line})
    request = (
        f"POST /transactions/new/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        f"Cookie: session={session}; csrf={TOKEN}\r\n\r\n{body}"
    )
    asking = [socket.create_connection(("127.0.0.1", port), timeout=120) for _ in range(clients)]
    for client in asking:
        client.sendall(request.encode())
    answers: Counter[tuple[int, str]] = Counter()
    for client in asking:
        with client, http.client.HTTPResponse(client) as answer:
            answer.begin()
            answers[answer.status, answer.getheader("Location", "")] += 1
    return answers


def _storm(
    database: Callable[[Path], str], folder: Path, clients: int, keys: int
) -> tuple[Counter[Any], dict[str, Any]]:
    url = database(folder)
    made = _driver(url, folder, "site")
    answers: Counter[Any] = Counter()
    with _gunicorn(url, folder) as port:
        for number in range(keys):
            answers += _post_at_once(port, made["session"], f"storm-key-{number}", f"0.01 Writer {number}", clients)
    return answers, _driver(url, folder, "sum", str(made["book"]))


def test_one_key_from_many_clients_at_once_is_one_row(empty_database: Callable[[Path], str], tmp_path: Path) -> None:
    """C1, R004-6, R004-8, R004-9: 64 clients x 20 keys."""
    answers, found = _storm(empty_database, tmp_path, 64, 20)

    assert answers == {(302, "/transactions/"): 64 * 20}
    assert found == {"rows": 20, "sum": "0.20", "whole": True, "differences": 0}


@pytest.mark.nightly
def test_five_hundred_keys_from_many_clients_at_once(empty_database: Callable[[Path], str], tmp_path: Path) -> None:
    """C1: 64 clients x 500 keys."""
    answers, found = _storm(empty_database, tmp_path, 64, 500)

    assert answers == {(302, "/transactions/"): 64 * 500}
    assert found == {"rows": 500, "sum": "5.00", "whole": True, "differences": 0}
