"""The release check with gates that answer what a test needs, everything around them being real."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from verification import evidence, live, locking, release, scratch, traceability
from verification.controls import connection as connection_controls
from verification.controls import schema as schema_controls
from verification.controls.base import Outcome as Planted
from verification.decision import Profile
from verification.gates import connection as connection_gate
from verification.gates import schema as schema_gate
from verification.gates import summary as summary_gate
from verification.gates.base import GATES, Check, GateResult, Json, Status
from verification.release import release_check
from verification.run import Asked
from verification.subject import subject
from verification.tests.samples import Told, verification_details

SCHEMA = json.loads(evidence.SCHEMA_FILE.read_text(encoding="utf-8"))
COMMIT = "4e1c9a2f00d"
DATABASE = {
    "engine": "sqlite",
    "server": "SQLite 3.40.1",
    "isolation": "snapshot, read only",
    "schema_fingerprint": "0" * 64,
    "migrations_applied": 29,
    "migrations_sha256": "0" * 64,
    "pending": [],
    "drift": [],
    "constraints_expected": 40,
    "constraints_found": 40,
}
DETAILS: dict[str, Any] = {
    "schema": {"database": DATABASE},
    "crud": {"actions": ["create", "read", "update", "delete", "list", "foreign"], "cells": [], "messages_sent": 0},
    "rollback": {"drills": [], "messages_sent": 0},
    "connection": {"pooler_seen": False},
    "verification": verification_details(),
}
REASON = {
    "schema": "schema_drift",
    "crud": "crud_failed",
    "rollback": "rollback_failed",
    "connection": "connection_failed",
    "verification": "verification_mismatch",
}


def answered(name: str, status: Status = Status.PASS, reason: str = "") -> GateResult:
    check = Check(f"{name}.all", status, "0 differing", "0 differing", failing_total=int(status is Status.FAIL))
    return GateResult(name, [check], reason, DETAILS[name])


class Stage:
    """Gates that answer what they are told to, everything else being real."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.told = Told()
        self.answers: dict[str, Callable[[], GateResult]] = {
            name: lambda name=name: answered(name)  # type: ignore[misc]  # bound now, not when it is called
            for name in GATES[:-1]
        }
        self.answers["known-answer"] = lambda: GateResult("verification", [])
        self.controls = [
            {"id": f"fault{n}", "title": "A fault", "gate": "crud", "detected": True, "how": "crud.all: seen"}
            for n in range(30)
        ]

    def fails(self, gate: str) -> None:
        self.answers[gate] = lambda: answered(gate, Status.FAIL, REASON[gate])

    def raises(self, gate: str, error: BaseException) -> None:
        def answer() -> GateResult:
            raise error

        self.answers[gate] = answer

    def run(self, profile: Profile = Profile.EMBEDDED, **asked: Any) -> release.Outcome:
        return release_check(Asked(profile, output=self.output, **asked), self.told)

    def drilled(self, place: object, step: str) -> GateResult:
        if step == "controls":
            return GateResult("controls", [], "", {"controls": self.controls})
        return self.answers[step]()


@contextmanager
def looked(alias: str) -> Iterator[SimpleNamespace]:
    proof = {"mode": "read only", "isolation": "snapshot", "rows_written": 0, "locks": ["SHARED"]}
    yield SimpleNamespace(proof=proof)


def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Stage:
    """A stage on which every gate passes, and nothing but the evidence is written."""
    found = Stage(tmp_path / "evidence")
    monkeypatch.setattr(release, "reach", lambda connection: None)
    monkeypatch.setattr(locking, "held", lambda alias: nullcontext())
    monkeypatch.setattr(scratch, "opened", lambda vendor: nullcontext(SimpleNamespace()))
    monkeypatch.setattr(live, "snapshot", looked)
    monkeypatch.setattr(schema_gate, "run", lambda look, place: found.answers["schema"]())
    monkeypatch.setattr(connection_gate, "run", lambda profile, alias: found.answers["connection"]())
    monkeypatch.setattr(summary_gate, "person_named", lambda name: None)
    monkeypatch.setattr(summary_gate, "run", lambda known, asked, earlier: found.answers["verification"]())
    monkeypatch.setattr(schema_controls, "run", lambda place: [Planted("a", "A", "schema", True, "seen")])
    monkeypatch.setattr(connection_controls, "run", lambda alias: [])
    monkeypatch.setattr(release, "drilled", found.drilled)
    table: dict[str, Json] = {"lines": [], "not_shown": [], "unknown": [], "critical_paths": []}
    monkeypatch.setattr(traceability, "table", lambda gates: table)
    settings.RELEASE_SIGNING_KEY = ""
    here = {**subject(), "commit": COMMIT, "dirty": False}
    monkeypatch.setattr(release, "subject", lambda: here)
    return found


def written(stage: Stage) -> dict[str, Any]:
    """The one bundle that lies among the evidence, whole and sound."""
    (place,) = stage.output.iterdir()
    bundle: dict[str, Any] = json.loads((place / "bundle.json").read_bytes())
    jsonschema.Draft202012Validator(SCHEMA).validate(bundle)
    assert bundle["payload_digest"] == evidence.payload_digest(bundle)
    assert {"bundle.dsse.json", "statement.json", "junit.xml", "summary.txt"} <= {f.name for f in place.iterdir()}
    return bundle
