"""A whole bundle without a database, for tests of what is done with bundles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verification import evidence
from verification.decision import LEAST_CONTROLS, Circumstances, Profile, decide
from verification.gates.base import GATES, Check, GateResult, Json, Status
from verification.redaction import Redactor

SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Told:
    """Keeps what a run tells."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.passing: list[str] = []

    def line(self, text: str) -> None:
        """A line that stays."""
        self.lines.append(text)

    def now(self, text: str) -> None:
        """What is going on."""
        self.passing.append(text)


def sample_gate(name: str, status: Status = Status.PASS, reason: str = "") -> GateResult:
    """A gate with one check."""
    check = Check(
        f"{name}.all",
        status,
        "0 differing",
        "0 differing",
        "rows",
        "0",
        measured={"p50": "1.2 ms"},
        requirements=["R000-9"],
    )
    return GateResult(name, [check], reason)


def verification_details(reason: str = "") -> dict[str, Json]:
    """What every verification gate that ran says, whatever it compared."""
    parts = sample_parts()
    return {
        "result": {
            "status": "blocked" if reason else "verified",
            "reason": reason,
            "tolerance": "0.01",
            "mismatches": [],
            "mismatches_total": 0,
            "exact_match": not reason,
        },
        "inputs": parts["inputs"],
        "scope": parts["scope"],
    }


def sample_parts() -> dict[str, Json]:
    """Everything but gates and decision."""
    return {
        "subject": {
            "name": "budget-tracker",
            "version": "1.0.0",
            "commit": "4e1c9a2f00d",
            "dirty": False,
            "tree_sha256": SHA,
            "lock_sha256": SHA,
            "packages": 30,
        },
        "environment": {
            "python": "3.11.2",
            "django": "5.2.19",
            "psycopg": "3.3.9",
            "sqlite": "3.40.1",
            "system": "Linux",
            "architecture": "x86_64",
            "time_zone": "UTC",
            "server_clock": "UTC",
            "language": "en-us",
        },
        "database": {
            "engine": "sqlite",
            "server": "SQLite 3.40.1",
            "pooler_seen": False,
            "isolation": "snapshot",
            "target_fingerprint": SHA,
            "schema_fingerprint": SHA,
            "migrations_applied": 30,
            "migrations_sha256": SHA,
            "pending": [],
            "drift": [],
            "constraints_expected": 40,
            "constraints_found": 40,
        },
        "inputs": [
            {
                "role": "known_answer",
                "sha256": SHA,
                "bytes": 9000,
                "rows": 300,
                "rows_in_scope": 300,
                "columns": ["user_id", "date", "category", "amount"],
                "encoding": "utf-8",
            }
        ],
        "scope": {
            "user": "",
            "month": "",
            "currencies": ["EUR"],
            "books": 1,
            "months": 12,
            "sql_rows": 300,
            "raw_rows": 300,
        },
        "controls": [
            {
                "id": f"schema.fault{n}",
                "title": "A fault",
                "gate": "schema",
                "detected": True,
                "how": "schema.all: seen",
            }
            for n in range(LEAST_CONTROLS)
        ],
        "safety": {
            "mode": "an own scratch database",
            "live_access": "read only, snapshot",
            "rows_changed": 0,
            "locks": "SHARED",
            "messages_sent": 0,
            "scratch": "removed",
        },
        "traceability": {"lines": [], "not_shown": [], "unknown": [], "critical_paths": []},
        "run": {
            "started": "2026-11-21T09:14:00.000000Z",
            "finished": "2026-11-21T09:14:20.000000Z",
            "duration_ms": 20000,
            "command": "python3 manage.py release_check --profile embedded",
            "host": "2 cores, x86_64",
            "longest_lock_ms": 0,
        },
        "rerun": {"command": "python3 manage.py release_check --profile embedded", "expected_exit_code": 0},
    }


def sample_bundle(gates: Sequence[GateResult] = (), redactor: Redactor | None = None, **parts: Any) -> dict[str, Json]:
    """A verified bundle of the embedded profile; `gates` in the place of passing ones, `parts` of the sample's own."""
    given = {gate.id: gate for gate in gates}
    ran = [given.get(name) or sample_gate(name) for name in GATES[:-1] if name != "connection"]
    ran.insert(3, given.get("connection") or GateResult("connection", [], not_applicable=True))
    merged = {**sample_parts(), **parts}
    seen = Circumstances("sqlite", merged["subject"]["commit"], False, True, (), 0)
    decision, last = decide(Profile.EMBEDDED, ran, merged["controls"], seen)
    timings = {gate.id: {"started": "2026-11-21T09:14:00.000000Z", "duration_ms": 1500} for gate in ran}
    return evidence.assemble(
        gates=[*ran, last], decision=decision, timings=timings, parts=merged, redactor=redactor or Redactor({})
    )
