"""The bundle is one whole, valid, canonical object, and its files say the same."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification import evidence, signing, wording
from verification.gates.base import GATES, Json, Status, not_run
from verification.redaction import Redactor
from verification.tests.samples import sample_bundle, sample_gate

pytestmark = pytest.mark.once

SCHEMA = json.loads(evidence.SCHEMA_FILE.read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FILES = {"bundle.json", "bundle.schema.json", "bundle.dsse.json", "statement.json", "junit.xml", "summary.txt"}


def blocked() -> dict[str, Json]:
    return sample_bundle([sample_gate("rollback", Status.FAIL, "rollback_failed"), not_run("verification")])


@pytest.mark.parametrize("bundle", [sample_bundle(), blocked()], ids=["verified", "blocked"])
def test_a_bundle_fits_its_schema(bundle: dict[str, Json]):
    """R000-29: one JSON artifact, verified or blocked."""
    VALIDATOR.validate(bundle)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_four_keys_tell_the_gates():
    """R000-8, R000-29: the four keys, and the gates in their order."""
    assert {name: sample_bundle()[name] for name in list(sample_bundle())[1:5]} == {
        "crud_matrix": "pass",
        "rollback_failure_drill": "pass",
        "neon_connection_resilience": "not_applicable",
        "verification_policy_result": "verified",
    }
    assert blocked()["rollback_failure_drill"] == "fail"
    assert blocked()["verification_policy_result"] == "blocked: rollback_failed"
    assert [gate["id"] for gate in blocked()["gates"]] == list(GATES)
    assert [gate["order"] for gate in blocked()["gates"]] == [1, 2, 3, 4, 5, 6]
    assert blocked()["gates"][4]["status"] == "not_run"


def test_a_warning_is_no_failure_of_the_four_keys():
    assert sample_bundle([sample_gate("crud", Status.WARN)])["crud_matrix"] == "pass"


def test_every_planted_wrong_field_is_refused():
    """EVIDENCE 4: a hundred bundles, each with one wrong field."""
    refused = [spoiled for spoiled in spoiled_bundles() if not VALIDATOR.is_valid(spoiled)]

    assert len(refused) == len(list(spoiled_bundles())) >= 100


def spoiled_bundles() -> Iterator[dict[str, Json]]:
    """Each with one key too many, one key gone, or one value of another kind."""
    whole = sample_bundle()
    free = {"details", "traceability", "measured"}
    for path, value in walked(whole, ()):
        if free & set(path):
            continue
        wrong: Json = copy.deepcopy(whole)
        holder = wrong
        for step in path[:-1]:
            holder = holder[step]
        if isinstance(value, dict):
            holder[path[-1]]["an_unknown_key"] = 1
        elif isinstance(value, list):
            holder[path[-1]] = "no list"
        else:
            holder[path[-1]] = [value]
        yield wrong
        if isinstance(holder, dict):
            gone: Json = copy.deepcopy(whole)
            place = gone
            for step in path[:-1]:
                place = place[step]
            del place[path[-1]]
            yield gone


def walked(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*path, name), each
        yield from walked(each, (*path, name))


def test_the_digest_covers_all_but_times():
    """V1: two runs on one state have one digest."""
    first, second = sample_bundle(), sample_bundle()
    second["run"] = {**second["run"], "started": "2027-01-01T00:00:00.000000Z", "duration_ms": 1}
    for gate in second["gates"]:
        gate |= {"started": "2027-01-01T00:00:00.000000Z", "duration_ms": 7}
        for check in gate["checks"]:
            check["measured"] = {"p50": "99 ms"}

    assert evidence.payload_digest(second) == first["payload_digest"]
    assert second["gates"][0]["duration_ms"] == 7


@pytest.mark.parametrize("name", [n for n in sample_bundle() if n not in ("run", "payload_digest")])
def test_the_digest_changes_with_everything_else(name: str):
    bundle = sample_bundle()

    assert (
        evidence.payload_digest({**bundle, name: "another"} if name != "gates" else {**bundle, "gates": []})
        != (bundle["payload_digest"])
    )


def test_the_canonical_form_is_that_of_another_library():
    bundle = sample_bundle(scope={"user": 'é \u2028 \U0001f4b6 \\ " \x07', "month": "", "currencies": []})

    assert evidence.canonical(bundle) == rfc8785.dumps(bundle)
    assert evidence.canonical(json.loads(evidence.canonical(bundle))) == evidence.canonical(bundle)


def test_there_is_no_number_with_a_point():
    """R000-18: amounts are texts."""
    with pytest.raises(ValueError, match="JSON"):
        evidence.canonical({"total": float("nan")})
    assert not any(isinstance(value, float) for _, value in walked(sample_bundle(), ()))


def test_secrets_never_reach_the_bundle():
    redactor = Redactor({"DATABASE_URL": "postgresql://someone:hunter2hunter2@db.example.org/household"})
    gate = sample_gate("verification", Status.FAIL, "verification_mismatch")
    told = gate.checks[0].as_dict() | {
        "message": "hunter2hunter2 at db.example.org",
        "failing_examples": ["/home/me/x.csv"],
    }
    spoiled = type(gate).from_dict({**gate.as_dict(), "checks": [told]})

    bundle = sample_bundle([spoiled], redactor)

    text = evidence.canonical(bundle).decode()
    assert "hunter2" not in text
    assert "example.org" not in text
    assert "/home/me" not in text
    assert bundle["redaction"] == {"rules_version": "1", "patterns": 42, "replaced": 3, "findings": 0}


def test_the_files_are_made_from_the_bundle():
    """R000-38: the raw rows are beside it, to be counted again."""
    bundle = sample_bundle()
    made = evidence.files(bundle, wording.summary(bundle), KEY, ledger=b"user_id\n")

    assert set(made) == FILES | {"ledger.csv"}
    assert set(evidence.files(bundle, "", None, ledger=None)) == FILES
    assert json.loads(made["bundle.json"]) == bundle
    assert made["bundle.json"] == evidence.canonical(bundle)
    envelope = json.loads(made["bundle.dsse.json"])
    assert base64.b64decode(envelope["payload"]) == made["bundle.json"]
    assert signing.signature_problem(envelope, made["bundle.json"], KEY.public_key()) == ""
    assert json.loads(made["bundle.schema.json"]) == SCHEMA
    assert sum(map(len, made.values())) < evidence.LARGEST


def test_the_statement_names_the_commit_and_the_result():
    statement = evidence.statement(sample_bundle())

    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"][0]["digest"]["gitCommit"] == "4e1c9a2f00d"
    assert statement["predicate"]["result"] == "PASSED"
    assert statement["predicate"]["passedTests"] == ["schema", "crud", "rollback", "verification", "decision"]
    assert evidence.statement(blocked())["predicate"]["result"] == "FAILED"
    assert evidence.statement(blocked())["predicate"]["failedTests"] == ["rollback", "decision"]


def test_the_junit_file_has_a_case_for_each_check():
    made = evidence.files(blocked(), "", None, ledger=None)["junit.xml"]
    root = ElementTree.fromstring(made)  # noqa: S314  (made two lines above)

    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == list(GATES)
    assert suites["rollback"].get("failures") == "1"
    assert [each.get("message", "")[:20] for each in suites["rollback"].iter("failure")] == ["expected 0 differing"]
    assert suites["verification"].find("testcase/skipped") is not None
    assert suites["schema"].get("time") == "1.500"
    assert root.findall("testsuite[@name='schema']/testcase/failure") == []


def test_the_summary_starts_with_the_decision_and_stays_short():
    """R000-34, R000-38: the decision first, the command to run again last."""
    good, bad = wording.summary(sample_bundle()), wording.summary(blocked())

    assert good.splitlines()[0] == "1.0.0 is ready for release."
    assert bad.splitlines()[0] == "1.0.0 is blocked (ready for demo): A failure left something behind."
    assert "rollback.all: expected 0 differing, observed 0 differing." in bad
    assert "run again: python3 manage.py release_check --profile embedded  (exit 0)" in good
    assert len(good.splitlines()) <= 40
    assert max(map(len, good.splitlines())) <= 118


def test_a_bundle_appears_whole_or_not_at_all(tmp_path: Path):
    place = evidence.write({"bundle.json": b"{}"}, tmp_path / "evidence", "20261121T091400Z-4e1c9a2")

    assert place.name == "20261121T091400Z-4e1c9a2"
    assert sorted(path.name for path in place.parent.iterdir()) == [place.name]
    assert (place / "bundle.json").read_bytes() == b"{}"


def test_two_runs_of_one_second_get_two_places(tmp_path: Path):
    places = [evidence.write({"bundle.json": b"{}"}, tmp_path, "run") for _ in range(3)]

    assert [place.name for place in places] == ["run", "run-2", "run-3"]


def test_what_a_killed_run_left_is_swept_by_a_later_one(tmp_path: Path):
    """V13: a draft of an hour ago is nobody's; a young one may be being written."""
    old, young = tmp_path / ".unfinished-old", tmp_path / ".unfinished-young"
    for draft in (old, young):
        draft.mkdir()
    os.utime(old, (0, 0))

    evidence.write({"bundle.json": b"{}"}, tmp_path, "run")

    assert sorted(path.name for path in tmp_path.iterdir()) == [".unfinished-young", "run"]


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space left"):
        evidence.write({"bundle.json": b"{}"}, tmp_path, "run")
    assert list(tmp_path.iterdir()) == []


def test_a_number_too_many_of_one_second_is_refused(tmp_path: Path):
    (tmp_path / "run").mkdir()
    for number in range(2, 1000):
        (tmp_path / f"run-{number}").mkdir()

    with pytest.raises(FileExistsError, match="999 more are there already"):
        evidence.write({"bundle.json": b"{}"}, tmp_path, "run")
    assert not list(tmp_path.glob(".unfinished-*"))


def test_what_another_process_wrote_is_read():
    assert evidence.read_json(b'{"a": [1]}') == {"a": [1]}


def crowded(examples: int, rows: int) -> dict[str, Json]:
    """A bundle with many failing examples, mismatches of two kinds, and a line that many tests show."""
    gate = sample_gate("verification", Status.FAIL, "verification_mismatch")
    check = gate.checks[0].as_dict() | {
        "failing_examples": ["x" * 200] * examples,
        "failing_total": examples,
    }
    details = {
        "result": {"mismatches": [{"category": "y" * 200}] * rows, "mismatches_total": rows},
        "live_books": {"result": {"mismatches": [{"category": "y" * 200}] * rows}, "warnings": ["z" * 200] * rows},
        "note": "kept",
    }
    spoiled = type(gate).from_dict({**gate.as_dict(), "checks": [check], "details": details})
    line = {"id": "R000-9", "tests": ["a" * 100, "b" * 100], "code": ["near", "far"]}
    table = {"lines": [line], "not_shown": [], "unknown": [], "critical_paths": []}
    return sample_bundle([spoiled], traceability=table)


def test_a_bundle_of_ordinary_size_keeps_every_example():
    bundle = crowded(examples=15, rows=30)
    gate = bundle["gates"][4]

    assert len(gate["checks"][0]["failing_examples"]) == 15
    assert len(gate["details"]["result"]["mismatches"]) == 30
    assert len(bundle["traceability"]["lines"][0]["tests"]) == 2


def test_a_bundle_that_would_be_too_large_names_fewer_examples_and_keeps_their_number():
    bundle = crowded(examples=600, rows=600)
    gate = bundle["gates"][4]

    assert len(evidence.canonical(bundle)) <= evidence.LARGEST
    assert (len(gate["checks"][0]["failing_examples"]), gate["checks"][0]["failing_total"]) == (20, 600)
    assert (len(gate["details"]["result"]["mismatches"]), gate["details"]["result"]["mismatches_total"]) == (20, 600)
    assert len(gate["details"]["live_books"]["result"]["mismatches"]) == 20
    assert gate["details"]["note"] == "kept"
    assert bundle["traceability"]["lines"][0]["tests"] == ["a" * 100]


def test_shortening_ends_with_one_example_each():
    bundle = crowded(examples=3, rows=3)
    bundle["decision"]["explanation"] = "w" * evidence.LARGEST

    evidence._shorten(bundle)

    assert len(bundle["gates"][4]["checks"][0]["failing_examples"]) == 1
    assert bundle["traceability"]["lines"][0]["code"] == ["near"]


def test_statement_names_what_was_judged_and_by_what():
    bundle = sample_bundle([sample_gate("crud", Status.WARN)])
    made = evidence.statement(bundle)

    assert made["subject"] == [
        {
            "name": "budget-tracker 1.0.0",
            "digest": {"gitCommit": "4e1c9a2f00d", "sha256": bundle["subject"]["tree_sha256"]},
        }
    ]
    assert made["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert made["predicate"]["configuration"] == [
        {"name": "policy", "digest": {"sha256": bundle["decision"]["policy_sha256"]}},
        {"name": "requirements.txt", "digest": {"sha256": bundle["subject"]["lock_sha256"]}},
        {"name": "bundle.json", "digest": {"sha256": hashlib.sha256(evidence.canonical(bundle)).hexdigest()}},
    ]
    assert made["predicate"]["warnedTests"] == ["crud"]
    assert made["predicate"]["failedTests"] == []


def test_the_junit_file_tells_warnings_and_examples():
    gate = sample_gate("rollback", Status.FAIL, "rollback_failed")
    told = gate.checks[0].as_dict() | {"failing_examples": ["transaction 812", "transaction 813"], "message": "See."}
    spoiled = type(gate).from_dict({**gate.as_dict(), "checks": [told]})
    made = evidence.files(sample_bundle([spoiled, sample_gate("crud", Status.WARN)]), "", None, ledger=None)
    root = ElementTree.fromstring(made["junit.xml"])  # noqa: S314  (made one line above)

    failure = root.find("testsuite[@name='rollback']/testcase/failure")
    suite = root.find("testsuite[@name='crud']")
    assert failure is not None
    assert suite is not None
    assert failure.text == "transaction 812\ntransaction 813"
    assert failure.get("message") == "expected 0 differing; observed 0 differing. See."
    assert suite.findtext("testcase/system-out") == "expected 0 differing; observed 0 differing."
    assert dict(suite.attrib) == {
        "name": "crud",
        "tests": "1",
        "failures": "0",
        "skipped": "0",
        "time": "1.500",
    }
    assert made["junit.xml"].startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<testsuites name=\"release_check\">")


def test_files_may_be_read_by_others(tmp_path: Path):
    place = evidence.write({"bundle.json": b"{}"}, tmp_path / "a" / "b", "run")

    assert place.stat().st_mode & 0o777 == 0o755


def test_names_of_planted_faults_are_left_even_where_a_secret_is_the_same():
    bundle = sample_bundle(redactor=Redactor({"SOME_PASSWORD": "schema.fault7"}))

    assert [control["id"] for control in bundle["controls"]] == [f"schema.fault{n}" for n in range(20)]


def test_bundle_says_by_which_form_it_is_written():
    assert sample_bundle()["bundle_version"] == "1.0"


def test_gate_that_took_no_time_says_so():
    found = evidence.gate_dict(2, not_run("crud"), {})

    assert (found["order"], found["started"], found["duration_ms"]) == (2, "", 0)
    assert "not_applicable" not in found
    timed = evidence.gate_dict(2, not_run("crud"), {"started": "2026-11-21T09:14:00.000000Z", "duration_ms": 5})
    assert (timed["started"], timed["duration_ms"]) == ("2026-11-21T09:14:00.000000Z", 5)
