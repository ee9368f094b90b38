"""What a bundle must be in itself: its digest, and a decision that follows from its gates and planted faults."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from verification.independent.canonical import canonical

Json = Any

GATES = ("schema", "crud", "rollback", "connection", "verification", "decision")
REQUIRED = {
    "embedded": ("schema", "crud", "rollback", "verification"),
    "production": ("schema", "crud", "rollback", "connection", "verification"),
}
"""The gates that must have passed under each profile; said here, so that no bundle can ask for less."""

TOLERANCE = "0.01"
LEAST_CONTROLS = 20
PASSED = ("pass", "warn")
KEYS = {"crud_matrix": "crud", "rollback_failure_drill": "rollback", "neon_connection_resilience": "connection"}
"""The keys of R000-29 that repeat how a gate ended."""


def payload_digest(bundle: Mapping[str, Json]) -> str:
    """The sha256 of the bundle without what differs between runs on one state: times, latencies, and itself."""
    lasting = {name: value for name, value in bundle.items() if name not in ("run", "payload_digest")}
    lasting["gates"] = [_lasting_gate(gate) for gate in bundle["gates"]]
    return hashlib.sha256(canonical(lasting)).hexdigest()


def _lasting_gate(gate: Mapping[str, Json]) -> dict[str, Json]:
    lasting = {name: value for name, value in gate.items() if name not in ("started", "duration_ms")}
    lasting["checks"] = [
        {name: value for name, value in check.items() if name != "measured"} for check in gate["checks"]
    ]
    return lasting


def disagreements(bundle: Mapping[str, Json]) -> Iterator[str]:
    """Every claim of a bundle that does not follow from the rest of it; of a bundle that its schema allows."""
    if bundle["payload_digest"] != payload_digest(bundle):
        yield "payload_digest is not that of the bundle: something in it was altered."
    if tuple(gate["id"] for gate in bundle["gates"]) != GATES:
        yield "The gates are not the six in their order."
        return
    yield from _about_gates(bundle)
    yield from _about_the_policy(bundle["decision"])
    yield from _about_the_decision(bundle)


def _about_gates(bundle: Mapping[str, Json]) -> Iterator[str]:
    for place, gate in enumerate(bundle["gates"], start=1):
        name = gate["id"]
        if gate["order"] != place:
            yield f"Gate {name} has the order {gate['order']}, and stands in place {place}."
        if gate["status"] not in ("not_applicable", status_of(gate)):
            yield f"Gate {name} says {gate['status']}; its checks say {status_of(gate)}."
        for check in gate["checks"]:
            if check["failing_total"] < len(check["failing_examples"]):
                yield f"Check {check['id']} has more failing examples than it says there are."
            if check["failing_total"] and check["status"] == "pass":
                yield f"Check {check['id']} says pass and has failing examples."
    gates = {gate["id"]: gate["status"] for gate in bundle["gates"]}
    for key, name in KEYS.items():
        if bundle[key] != ("pass" if gates[name] == "warn" else gates[name]):
            yield f"{key} says {bundle[key]}; the gate {name} says {gates[name]}."


def status_of(gate: Mapping[str, Json]) -> str:
    """How a gate ended, by its checks: the worst of them; without any, nothing was seen to be right."""
    found = {check["status"] for check in gate["checks"]}
    if found == {"not_run"}:
        return "not_run"
    if not found or gate["reason"] or found & {"fail", "not_run"}:
        return "fail"
    return "warn" if "warn" in found else "pass"


def _about_the_policy(decision: Mapping[str, Json]) -> Iterator[str]:
    policy = decision["policy"]
    if hashlib.sha256(canonical(policy)).hexdigest() != decision["policy_sha256"]:
        yield "policy_sha256 is not that of the policy."
    if tuple(policy["required_gates"]) != REQUIRED[decision["profile"]]:
        yield f"The policy demands other gates than the profile {decision['profile']} has."
    in_production = decision["profile"] == "production"
    for name in ("signature", "clean_tree"):
        if policy[name] != ("required" if in_production else "recorded"):
            yield f"The policy's {name} is not what the profile {decision['profile']} demands."
    if policy["tolerance"] != TOLERANCE or policy["planted_faults_at_least"] < LEAST_CONTROLS:
        yield "The policy is laxer than this program's."


def _about_the_decision(bundle: Mapping[str, Json]) -> Iterator[str]:
    decision = bundle["decision"]
    is_verified = decision["status"] == "verified"
    told = "verified" if is_verified else f"blocked: {next(iter(decision['reasons']), '')}"
    if bundle["verification_policy_result"] != told:
        yield f"verification_policy_result says {bundle['verification_policy_result']}; the decision says {told}."
    if is_verified == bool(decision["reasons"]):
        yield f"The decision is {decision['status']} with {len(decision['reasons'])} reasons."
    if is_verified != (decision["exit_code"] == 0):
        yield f"The decision is {decision['status']} with exit code {decision['exit_code']}."
    if is_verified != (decision["term"] == "ready for release"):
        yield f"The decision is {decision['status']} and calls the release {decision['term']}."
    if is_verified:
        yield from (f"The decision is verified, although {obstacle}." for obstacle in obstacles(bundle))


def obstacles(bundle: Mapping[str, Json]) -> Iterator[str]:
    """What stands against releasing, by the bundle's own evidence."""
    decision, gates = bundle["decision"], {gate["id"]: gate for gate in bundle["gates"]}
    for name in (*REQUIRED[decision["profile"]], "decision"):
        if gates[name]["status"] not in PASSED:
            yield f"the gate {name} ended with {gates[name]['status']}"
    if gates["connection"]["status"] in ("fail", "not_run") and "connection" not in REQUIRED[decision["profile"]]:
        yield f"the gate connection ended with {gates['connection']['status']}"
    missed = [control["id"] for control in bundle["controls"] if not control["detected"]]
    if missed:
        yield f"planted faults were not detected: {', '.join(missed)}"
    if len({control["id"] for control in bundle["controls"]}) < LEAST_CONTROLS:
        yield f"fewer than {LEAST_CONTROLS} faults were planted"
    details = gates["verification"]["details"]
    for name in ("", "known_answer", "live_books", "raw_ledger"):
        result = (details.get(name) or {}).get("result") if name else details.get("result")
        if result and result["status"] != "verified":
            yield f"the comparison {name or 'of all'} ended with {result['status']}"
    yield from _obstacles_around(bundle)
    if decision["profile"] == "production":
        yield from _obstacles_in_production(bundle)


def _obstacles_around(bundle: Mapping[str, Json]) -> Iterator[str]:
    for name, found in (
        ("secrets were found in the evidence", bundle["redaction"]["findings"]),
        ("rows were changed outside the drill", bundle["safety"]["rows_changed"]),
        ("messages were sent", bundle["safety"]["messages_sent"]),
        ("the schema has drifted", bundle["database"]["drift"]),
        ("migrations are pending", bundle["database"]["pending"]),
    ):
        if found:
            yield name


def _obstacles_in_production(bundle: Mapping[str, Json]) -> Iterator[str]:
    for name, is_so in (
        ("the database is not PostgreSQL", bundle["database"]["engine"] != "postgresql"),
        ("the bundle is not signed", not bundle["decision"]["signed"]),
        ("files differ from the commit", bundle["subject"]["dirty"] is True),
        ("the commit is unknown", bundle["subject"]["commit"] == "unknown"),
    ):
        if is_so:
            yield name
