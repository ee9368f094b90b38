"""The evidence bundle: one JSON object and the files made from it, written whole or not at all."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from verification import signing
from verification.decision import Decision
from verification.gates.base import GATES, GateResult, Json, Status
from verification.junit import junit
from verification.redaction import PATTERNS, RULES_VERSION, Redactor

BUNDLE_VERSION = "1.0"
SCHEMA_FILE = Path(__file__).with_name("bundle.schema.json")
VOLATILE_GATE_KEYS = ("started", "duration_ms")
HEADROOM = 1_000
"""Bytes for what comes into a bundle last: its digest, and what was redacted."""

DRAFT = ".unfinished-"
ABANDONED_AFTER = 3600
"""Seconds; writing a bundle takes less than one."""

LARGEST = 200_000
"""Bytes of a bundle; a larger one is cut down to fewer failing examples, never published unread."""


def canonical(value: Json) -> bytes:
    """The one spelling of a JSON value (RFC 8785): sorted keys, no blanks, UTF-8; there are no floats in it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def read_json(content: bytes) -> dict[str, Json]:
    """An object that another process of this run wrote."""
    found: dict[str, Json] = json.loads(content)
    return found


def payload_digest(bundle: Mapping[str, Json]) -> str:
    """The sha256 of what two runs on one state have in common: all but times, latencies and this digest itself."""
    lasting = copy.deepcopy({name: value for name, value in bundle.items() if name not in ("run", "payload_digest")})
    for gate in lasting["gates"]:
        for name in VOLATILE_GATE_KEYS:
            gate.pop(name, None)
        for check in gate["checks"]:
            check.pop("measured", None)
    return hashlib.sha256(canonical(lasting)).hexdigest()


def four_keys(gates: Sequence[GateResult], decision: Decision) -> dict[str, Json]:
    """R000-29: what a reader looks for first."""
    status = {gate.id: gate.status for gate in gates}

    def told(gate: str) -> str:
        found = status.get(gate, Status.NOT_RUN)
        return Status.PASS.value if found is Status.WARN else found.value

    verdict = "verified" if decision.is_verified else f"blocked: {decision.reasons[0]}"
    return {
        "crud_matrix": told("crud"),
        "rollback_failure_drill": told("rollback"),
        "neon_connection_resilience": told("connection"),
        "verification_policy_result": verdict,
    }


def assemble(
    *,
    gates: Sequence[GateResult],
    decision: Decision,
    timings: Mapping[str, Mapping[str, Json]],
    parts: Mapping[str, Json],
    redactor: Redactor,
) -> dict[str, Json]:
    """The bundle, without secrets, with its digest.

    Args:
        timings: `started` and `duration_ms` of each gate that ran.
        parts: the remaining keys of the bundle: subject, environment, database, inputs, scope, controls, safety,
            traceability, run, rerun.
    """
    bundle: dict[str, Json] = {
        "bundle_version": BUNDLE_VERSION,
        **four_keys(gates, decision),
        "decision": decision.as_dict(),
        "gates": [gate_dict(GATES.index(gate.id) + 1, gate, timings.get(gate.id, {})) for gate in _in_order(gates)],
        **parts,
    }
    redactor.spare([SCHEMA_FILE.read_text(encoding="utf-8"), *_ids(bundle)])
    bundle = redactor.value(bundle)
    _shorten(bundle)
    bundle["redaction"] = {
        "rules_version": RULES_VERSION,
        "patterns": len(PATTERNS),
        "replaced": redactor.replaced,
        "findings": redactor.findings([canonical(bundle).decode()]),
    }
    bundle["payload_digest"] = payload_digest(bundle)
    return bundle


def _ids(value: Json) -> Iterator[str]:
    """The names that this program gave to gates, checks, drills and faults."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from [inner] if name == "id" and isinstance(inner, str) else _ids(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _ids(inner)


def _shorten(bundle: dict[str, Json]) -> None:
    """Name fewer tests, then less of the code, then fewer failing examples, until the bundle is small enough.

    The numbers of tests and examples stay; of the code the nearest does.
    """
    for most in (20, 10, 5, 2, 1):
        if len(canonical(bundle)) <= LARGEST - HEADROOM:
            return
        for line in bundle["traceability"]["lines"]:
            line["tests"], line["code"] = line["tests"][:1], line["code"][: 2 if most == 20 else 1]
        for gate in bundle["gates"]:
            for check in gate["checks"]:
                check["failing_examples"] = check["failing_examples"][:most]
            for part in gate["details"].values():
                for name in ("mismatches", "warnings") if isinstance(part, dict) else ():
                    _cut(part.get("result", part), name, most)


def _cut(part: dict[str, Json], name: str, most: int) -> None:
    if name in part:
        part[name] = part[name][:most]


def files(
    bundle: Mapping[str, Json], summary: str, key: signing.Key | None, *, ledger: bytes | None
) -> dict[str, bytes]:
    """Everything in the bundle's folder, by name; `ledger` holds the raw rows of the known answer."""
    payload = canonical(bundle)
    gates = [GateResult.from_dict({**gate, "not_applicable": False}) for gate in _readable(bundle["gates"])]
    seconds = {gate["id"]: f"{gate['duration_ms'] / 1000:.3f}" for gate in bundle["gates"]}
    made = {
        "bundle.json": payload,
        "bundle.schema.json": SCHEMA_FILE.read_bytes(),
        "bundle.dsse.json": signing.written(signing.envelope(payload, key)),
        "statement.json": canonical(statement(bundle)),
        "junit.xml": junit(gates, seconds),
        "summary.txt": summary.encode(),
    }
    return made if ledger is None else made | {"ledger.csv": ledger}


def statement(bundle: Mapping[str, Json]) -> dict[str, Json]:
    """An in-toto Statement about the commit, with the result of the gates.

    Field meanings: https://in-toto.io/Statement/v1 with the predicate https://in-toto.io/attestation/test-result/v0.1.
    """
    subject = bundle["subject"]
    by_status: dict[str, list[str]] = {}
    for gate in bundle["gates"]:
        by_status.setdefault(gate["status"], []).append(gate["id"])
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {
                "name": f"{subject['name']} {subject['version']}",
                "digest": {"gitCommit": subject["commit"], "sha256": subject["tree_sha256"]},
            }
        ],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": "PASSED" if bundle["decision"]["status"] == "verified" else "FAILED",
            "configuration": [
                {"name": "policy", "digest": {"sha256": bundle["decision"]["policy_sha256"]}},
                {"name": "requirements.txt", "digest": {"sha256": subject["lock_sha256"]}},
                {"name": "bundle.json", "digest": {"sha256": hashlib.sha256(canonical(bundle)).hexdigest()}},
            ],
            "passedTests": by_status.get("pass", []),
            "warnedTests": by_status.get("warn", []),
            "failedTests": by_status.get("fail", []),
        },
    }


def write(made: Mapping[str, bytes], folder: Path, name: str) -> Path:
    """Put the files into `folder`/`name`: under a temporary name, synced, then renamed; answers where they lie.

    A name that is taken, by a run of the same second, gets a number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=folder))
    try:
        for file, content in made.items():
            with (draft / file).open("wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
        _sync(draft)
        place = _rename(draft, folder, name)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _sync(folder)
    return place


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed while they wrote have left; a run that is writing now is younger."""
    for draft in folder.glob(f"{DRAFT}*"):
        if time.time() - draft.stat().st_mtime > ABANDONED_AFTER:
            shutil.rmtree(draft, ignore_errors=True)


def _rename(draft: Path, folder: Path, name: str) -> Path:
    for number in range(1, 1000):
        place = folder / (name if number == 1 else f"{name}-{number}")
        if not place.exists():
            draft.chmod(0o755)
            draft.rename(place)
            return place
    raise FileExistsError(f"{folder / name} and 999 more are there already.")


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _in_order(gates: Sequence[GateResult]) -> list[GateResult]:
    return sorted(gates, key=lambda gate: GATES.index(gate.id))


def gate_dict(order: int, gate: GateResult, timing: Mapping[str, Json]) -> dict[str, Json]:
    """One gate as the bundle has it."""
    found = {name: value for name, value in gate.as_dict().items() if name != "not_applicable"}
    return {**found, "order": order, "started": timing.get("started", ""), "duration_ms": timing.get("duration_ms", 0)}


def _readable(gates: Sequence[Mapping[str, Json]]) -> list[dict[str, Json]]:
    return [
        {name: value for name, value in gate.items() if name not in ("order", *VOLATILE_GATE_KEYS)} for gate in gates
    ]
