"""One run of `release_check` as it goes: what was asked, and what each gate found so far."""

from __future__ import annotations

import os
import platform
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from django.conf import settings

from verification import wording
from verification.decision import Profile
from verification.evidence import gate_dict
from verification.gates.base import GATES, GateResult, Json, Status, not_run
from verification.subject import environment


class Tell(Protocol):
    """Shows how the run goes: lines that stay, and what is going on, which only a terminal shows for the while."""

    def line(self, text: str) -> None:
        """A line that stays."""

    def now(self, text: str) -> None:
        """What is going on, until the next call of either."""


UNKNOWN_DATABASE: dict[str, Json] = {
    "engine": "unknown",
    "server": "",
    "pooler_seen": False,
    "isolation": "",
    "target_fingerprint": "",
    "schema_fingerprint": "",
    "migrations_applied": 0,
    "migrations_sha256": "",
    "pending": [],
    "drift": [],
    "constraints_expected": 0,
    "constraints_found": 0,
}


@dataclass(frozen=True)
class Asked:
    """What the command line asked for."""

    profile: Profile
    raw_ledger: Path | None = None
    category_map: Path | None = None
    user: str = ""
    month: str = ""
    alias: str = "default"
    output: Path = field(default_factory=lambda: Path(settings.EVIDENCE_DIR))

    def again(self, person: str = "") -> str:
        """The command that does the same once more; files by name only, whose digests are among the inputs.

        Args:
            person: the number of the person that was asked for by email: nobody's address gets into the evidence.
        """
        user = person or (self.user if self.user.isdigit() else "EMAIL" if self.user else "")
        words = ["python3", "manage.py", "release_check", "--profile", self.profile.value]
        for name, value in (
            ("--raw-ledger", self.raw_ledger.name if self.raw_ledger else ""),
            ("--category-map", self.category_map.name if self.category_map else ""),
            ("--user", user),
            ("--month", self.month),
            ("--database", self.alias if self.alias != "default" else ""),
        ):
            words += [name, value] if value else []
        return shlex.join(words)


class Stopped(Exception):
    """The run cannot go on, for a reason of the decision's list."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason
        self.message = message


@dataclass
class Run:
    """One run as it goes: what each gate found, and what the bundle will say besides."""

    asked: Asked
    tell: Tell
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    gates: list[GateResult] = field(default_factory=list)
    timings: dict[str, dict[str, Json]] = field(default_factory=dict)
    controls: list[dict[str, Json]] = field(default_factory=list)
    database: dict[str, Json] = field(default_factory=lambda: dict(UNKNOWN_DATABASE))
    proofs: list[dict[str, Json]] = field(default_factory=list)
    findings: Sequence[str] = ()
    """What `check --deploy` says against the settings, by the checks' ids."""

    person: str = ""
    """The number of the person whose books were asked for."""

    stopped: list[str] = field(default_factory=list)
    message: str = ""

    def gate(self, name: str, judge: Callable[[], GateResult]) -> None:
        """Run one gate.

        Raises:
            Stopped: it blocks.
        """
        began, started = time.monotonic(), moment()
        self.tell.now(f"{GATES.index(name) + 1} {wording.TITLES[name]} ...")
        result = judge()
        self.timings[name] = {"started": started, "duration_ms": round((time.monotonic() - began) * 1000)}
        self.gates.append(result)
        self.tell.line(wording.gate_line(gate_dict(GATES.index(name) + 1, result, self.timings[name])))
        for check in result.checks:
            if check.status is Status.FAIL:
                self.tell.line(f"    {wording.told(check.as_dict())}")
                for example in list(check.failing_examples)[:5]:
                    self.tell.line(f"      {example}")
        if result.status.blocks:
            raise Stopped(result.reason or "internal_error")

    @property
    def as_far_as_it_came(self) -> list[GateResult]:
        """The gates that ran, and those that an earlier one kept from running."""
        done = {gate.id for gate in self.gates}
        return [*self.gates, *(not_run(name) for name in GATES[:-1] if name not in done)]


def parts_of(run: Run, judged: dict[str, Json], table: dict[str, Json]) -> dict[str, Json]:
    """What the bundle says besides gates and decision: the run, its safety, its inputs, database and machine."""
    found = {gate.id: gate for gate in run.gates}
    checked = found["verification"].details if "verification" in found else {}
    finished = datetime.now(UTC)
    written = sum(int(proof["rows_written"]) for proof in run.proofs)
    sent = sum(int(gate.details.get("messages_sent", 0)) for gate in run.gates)
    return {
        "subject": judged,
        "environment": environment(),
        "database": run.database,
        "inputs": checked.get("inputs", []),
        "scope": checked.get("scope", empty_scope(run.asked)),
        "controls": run.controls,
        "safety": {
            "mode": "an own scratch database, empty and freshly migrated, for everything that writes",
            "live_access": ", ".join(sorted({f"{proof['mode']}, {proof['isolation']}" for proof in run.proofs}))
            or "none",
            "rows_changed": written,
            "locks": ", ".join(sorted({lock for proof in run.proofs for lock in proof["locks"]})) or "none",
            "messages_sent": sent,
            "scratch": "removed when the run or its process ends",
        },
        "traceability": table,
        "run": {
            "started": moment(run.began),
            "finished": moment(finished),
            "duration_ms": round((finished - run.began).total_seconds() * 1000),
            "command": run.asked.again(run.person),
            "host": f"{os.cpu_count()} cores, {platform.machine()}",
            "longest_lock_ms": 0,  # a look that held any lock that a writer waits for is an error: see `live.snapshot`
        },
    }


def moment(at: datetime | None = None) -> str:
    """A moment in UTC as the bundle writes it; now, unless told."""
    return (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def empty_scope(asked: Asked) -> dict[str, Json]:
    """What a bundle says it compared when nothing was."""
    return {
        "user": "",
        "month": asked.month,
        "currencies": [],
        "books": 0,
        "months": 0,
        "sql_rows": 0,
        "raw_rows": 0,
    }
