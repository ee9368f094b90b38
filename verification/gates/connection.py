"""The connection gate: the pooled connection answers, survives the loss of all its idle connections, and leaks nothing.

`verification.pooling` measures in a process of its own; here stands what counts as good.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from verification.decision import Profile
from verification.gates.base import Check, GateResult, Status, held
from verification.pooling import TAG
from verification.reaching import Trouble

LIMIT = 1.0
"""Seconds in which the first request after the loss of all connections has to be answered."""

SECONDS = 120
POOL = (5, 15, 3600)
"""R001-21: size, size with overflow, seconds until a connection is replaced. A deployment may choose other sizes."""


class CannotMeasure(RuntimeError):
    """The measuring process ended without an answer."""


@dataclass(frozen=True)
class Demand:
    """What a profile asks of the connection. `spares_local`: an address of this machine needs no TLS."""

    needs_tls: bool
    spares_local: bool = True


def run(profile: Profile, alias: str = DEFAULT_DB_ALIAS) -> GateResult:
    """The gate on the live database's pooled address; on SQLite it does not apply."""
    if connections[alias].vendor == "sqlite":
        return not_applicable()
    return judge(measure(alias), demand(profile))


def demand(profile: Profile) -> Demand:
    """What a profile asks of the connection."""
    return Demand(needs_tls=profile is Profile.PRODUCTION)


def not_applicable() -> GateResult:
    """On SQLite there is no connection to lose; that is no pass."""
    check = Check(
        "connection.engine", Status.NOT_APPLICABLE, "PostgreSQL behind a pool", "SQLite: a file, no connection"
    )
    return GateResult("connection", [check], details={"pooler_seen": False}, not_applicable=True)


def measure(alias: str = DEFAULT_DB_ALIAS, plant: str = "") -> dict[str, Any]:
    """What `verification.pooling` saw.

    Raises:
        CannotMeasure: it ended without an answer.
    """
    name = str(connections[alias].settings_dict["NAME"])
    tag = f"budget_check_{secrets.token_hex(6)}"
    pooled = os.environ["DATABASE_URL"]
    environment = dict(os.environ) | {
        "DATABASE_URL": on_database(pooled, name, {"application_name": tag}),
        "DATABASE_URL_DIRECT": on_database(os.environ.get("DATABASE_URL_DIRECT") or pooled, name, {}),
        TAG: tag,
    }
    with tempfile.TemporaryDirectory(prefix="budget-pool-") as folder:
        answer = Path(folder) / "answer.json"
        words = ["-m", "verification.pooling", "--answer", str(answer), *(["--plant", plant] if plant else [])]
        done = subprocess.run(
            [sys.executable, *words],
            cwd=settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode or not answer.exists():
            error = done.stderr.strip().rpartition("\n")[2].partition(":")[0]  # what follows may hold an address
            raise CannotMeasure(f"Measuring the pool ended with {done.returncode}: {error}")
        found: dict[str, Any] = json.loads(answer.read_bytes())
        return found


def on_database(address: str, name: str, more: Mapping[str, str]) -> str:
    """An address with another database and further parameters."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(more)
    path = parts.path if parts.path.count("/") > 1 else f"/{quote(name, safe='')}"
    return parts._replace(path=path, query=urlencode(query, quote_via=quote)).geturl()


def judge(found: Mapping[str, Any], asked: Demand) -> GateResult:
    """The gate's checks over what was measured."""
    if "unreachable" in found:
        said = Trouble(found["unreachable"]).sentence
        checks = [
            held("connection.select_1", False, expected="1", observed=said, requirements=["R001-19"]),
            held("connection.tls", False, expected=_tls_expected(asked), observed=f"no connection: {said}"),
        ]
        return GateResult("connection", checks, "connection_failed", details={"pooler_seen": False})
    is_pooled = bool(found["between"] or found["shared"])
    checks = [
        _answer_check(found),
        _pool_check(found["pool"]),
        _survival_check(found["rounds"]),
        _tls_check(found["tls"], asked),
        _pooler_check(found),
        _settings_check(found["settings"]),
        _state_check(found["state"]),
    ]
    reason = "connection_failed" if any(check.status.blocks for check in checks) else ""
    return GateResult("connection", checks, reason, details={"pooler_seen": is_pooled})


def _answer_check(found: Mapping[str, Any]) -> Check:
    times = sorted(found["latencies"])
    hundredths = statistics.quantiles(times, n=100, method="inclusive")
    measured = {
        "cold_start_ms": _ms(found["cold_start"]),
        "p50_ms": _ms(statistics.median(times)),
        "p95_ms": _ms(hundredths[94]),
        "max_ms": _ms(times[-1]),
    }
    return held(
        "connection.select_1",
        True,
        expected=f"{len(times)} of {len(times)} answered",
        observed=f"{len(times)} of {len(times)} answered",
        unit="queries through the pool",
        measured=measured,
        requirements=["R000-12", "R001-19"],
    )


def _pool_check(pool: Mapping[str, Any]) -> Check:
    figures = (pool["smallest"], pool["largest"], int(pool["seconds"]))
    checked = "checked before it is lent" if pool["is_checked"] else "not checked before it is lent"
    return held(
        "connection.pool",
        bool(pool["is_checked"]) and pool["check"] == "PrePing",
        expected="every connection is checked before it is lent, by PrePing",
        observed=f"a connection is {checked}, by {pool['check'] or 'nothing'}",
        message="{} to {} connections, each replaced after {} s".format(*figures)
        + ("" if figures == POOL else "; the defaults are {} to {} and {} s".format(*POOL)),
        requirements=["R000-4", "R001-21"],
    )


def _survival_check(rounds: Sequence[Mapping[str, Any]]) -> Check:
    good = [each["status"] == 200 and each["seconds"] < LIMIT and each["cut"] > 0 for each in rounds]
    return held(
        "connection.survives",
        all(good) and bool(good),
        expected=f"{len(rounds)} of {len(rounds)} times",
        observed=f"{sum(good)} of {len(rounds)} times",
        unit="the very next request succeeds after every idle connection died",
        threshold=f"{LIMIT:.0f} s",
        failing_examples=[
            f"round {number}: {_failure(each)}"
            for number, (each, is_good) in enumerate(zip(rounds, good, strict=True), 1)
            if not is_good
        ],
        measured={
            f"round_{number}": f"{each['cut']} cut, {each['ended']} server processes ended, {_ms(each['seconds'])} ms"
            for number, each in enumerate(rounds, 1)
        },
        requirements=["R000-4", "R000-12"],
    )


def _failure(each: Mapping[str, Any]) -> str:
    if not each["cut"]:
        return "there was no idle connection to cut"
    return f"answered with status {each['status']}" if each["status"] != 200 else "answered too late"


def _tls_check(tls: Mapping[str, Any], asked: Demand) -> Check:
    observed = "TLS" if tls["is_used"] else "no TLS"
    verified = "server verified" if tls["is_verified"] else "server not verified"
    spared = not tls["is_used"] and tls["is_local"] and asked.spares_local
    status, message = Status.PASS, ""
    if spared:
        message = "The address is of this machine: nothing leaves it, so TLS is not needed. Elsewhere it would be."
    elif not tls["is_used"]:
        status = Status.FAIL if asked.needs_tls else Status.WARN
    elif not tls["is_verified"]:
        status = Status.WARN
        message = "Add sslmode=verify-full and sslrootcert=system to the address, so that no other server can answer."
    return Check(
        "connection.tls",
        status,
        expected=_tls_expected(asked),
        observed=f"{observed}, sslmode {tls['mode']}, {verified}"
        if tls["is_used"]
        else f"{observed}, sslmode {tls['mode']}",
        message=message,
        requirements=["R000-12"],
    )


def _tls_expected(asked: Demand) -> str:
    words = "TLS, server verified" if asked.needs_tls else "TLS, unless the profile says otherwise"
    return f"{words}; not asked of an address of this machine" if asked.spares_local else words


def _pooler_check(found: Mapping[str, Any]) -> Check:
    """A statement of what was seen, not a demand: a server without a pooler is served by the product's own pool."""
    said = []
    if found["between"]:
        said.append("somebody answers for the server: its process is not the one that the connection was told")
    if found["shared"]:
        said.append("connections open at once ran on one server process, as only behind a transaction pooler")
    return Check(
        "connection.pooler",
        Status.PASS,
        expected="to be seen where there is one",
        observed="a transaction pooler"
        if found["shared"]
        else "a proxy"
        if found["between"]
        else "none: the server itself",
        message="; ".join(said) or "each connection had a server process of its own, the one that it was told",
        requirements=["R000-12"],
    )


def _settings_check(found: Mapping[str, bool]) -> Check:
    words = {
        "server_side_cursors": "server-side cursors are on",
        "prepared_statements": "statements are prepared on the server",
        "startup_options": "the pooled address asks for startup options",
        "role_assumed": "a role is assumed for the session",
        "kept_by_django": "Django keeps connections beside the pool",
    }
    wrong = [sentence for name, sentence in words.items() if found[name]]
    return held(
        "connection.settings",
        not wrong,
        expected="0 settings that need a session",
        observed=f"{len(wrong)} settings that need a session",
        threshold="0",
        failing_examples=wrong,
        requirements=["R000-12"],
    )


def _state_check(found: Mapping[str, Any]) -> Check:
    counted = {
        "temporary_tables": "temporary tables",
        "prepared_statements": "prepared statements",
        "cursors": "open cursors",
        "advisory_locks": "advisory locks",
        "channels": "channels listened to",
    }
    wrong = [f"{found[name]} {words}" for name, words in counted.items() if found[name]]
    wrong += [f"setting {name} changed for the session" for name in found["settings"]]
    return held(
        "connection.session_state",
        not wrong,
        expected="0 uses",
        observed=f"{len(wrong)} uses",
        threshold="0",
        unit="kinds of session state, while reading in pages and after a request",
        failing_examples=wrong,
        requirements=["R000-12"],
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
