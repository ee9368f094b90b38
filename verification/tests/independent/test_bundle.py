"""The program that a stranger runs: it agrees with a sound bundle, and with no other."""

import copy
import json
import resource
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification import evidence, signing
from verification.gates.base import Check, GateResult, Status, not_run
from verification.independent import __main__ as program
from verification.independent import bundle as rules
from verification.independent import count, envelope
from verification.independent.canonical import canonical
from verification.independent.comparison import compare
from verification.independent.totals import Total
from verification.known_answer import FIXTURE
from verification.tests.samples import sample_bundle, sample_gate, verification_details
from verification.tests.test_evidence import spoiled_bundles

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[3]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def counted(file=FIXTURE):
    with file.open("rb") as opened:
        return count.count_ledger(opened)


def gate(sql=None, status=Status.PASS, reason="", result=None):
    """The verification gate with a known answer; `sql` in the place of what the fixture adds up to."""
    theirs = counted()["totals"]
    sql = theirs if sql is None else sql
    result = result or compare(map(Total.from_dict, sql), map(Total.from_dict, theirs))
    check = Check("verification.known_answer", status, "equal", "compared", failing_total=int(status is Status.FAIL))
    known = {"known_answer": {"sql": sql, "result": result}}
    return GateResult("verification", [check], reason, verification_details(reason) | known)


def bundle(*gates, **parts):
    found = counted()
    given = {name: found[name] for name in ("sha256", "bytes", "rows", "rows_in_scope", "columns", "encoding")}
    return sample_bundle(gates or [gate()], **{"inputs": [{"role": "known_answer", **given}], **parts})


def sealed(altered):
    """The bundle with its digest made anew, as a forger would."""
    altered["payload_digest"] = rules.payload_digest(altered)
    return altered


@pytest.fixture
def write(tmp_path):
    def written(found, key=KEY, ledger=None):
        folder = tmp_path / "bundle"
        folder.mkdir(exist_ok=True)
        content = canonical(found)
        (folder / "bundle.json").write_bytes(content)
        (folder / "bundle.schema.json").write_bytes(evidence.SCHEMA_FILE.read_bytes())
        (folder / "bundle.dsse.json").write_bytes(signing.written(signing.envelope(content, key)))
        (folder / "ledger.csv").write_bytes(FIXTURE.read_bytes() if ledger is None else ledger)
        return folder

    return written


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "key.pub"
    file.write_text(signing.public_text(KEY) + "\n", encoding="ascii")
    return file


def unsigned_bundle():
    found = bundle()
    found["decision"]["signed"] = False
    return sealed(found)


def test_sound_bundle_is_verified(write, capsys):
    code = program.main([str(write(bundle()))])

    assert code == 0
    assert capsys.readouterr().out == (
        "Schema, digests, decision and recount agree.\nSignature: not checked: no --public-key.\nverified\n"
    )


def test_files_of_the_release_are_verified(tmp_path):
    """R000-38: what a release writes is enough to check it."""
    made = evidence.files(bundle(), "summary", KEY, ledger=FIXTURE.read_bytes())
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)

    assert program.check(tmp_path).exit_code == 0


def test_digest_and_form_are_those_of_the_program_that_writes():
    found = bundle()

    assert rules.payload_digest(found) == evidence.payload_digest(found)
    assert canonical(found) == evidence.canonical(found)


def test_times_and_latencies_are_outside_of_the_digest():
    found, again = bundle(), bundle()
    again["run"]["duration_ms"] = 1
    again["gates"][0]["started"] = ""
    again["gates"][0]["duration_ms"] = 2
    again["gates"][0]["checks"][0]["measured"] = {"p50": "9 ms"}

    assert rules.payload_digest(again) == rules.payload_digest(found)


def test_blocked_bundle_is_sound_as_well(write, capsys):
    found = bundle(sample_gate("rollback", Status.FAIL, "rollback_failed"), not_run("verification"))

    assert program.main([str(write(found))]) == 2
    assert capsys.readouterr().out.endswith("blocked: rollback_failed\n")


def test_bundle_whose_known_answer_is_wrong_is_blocked(write):
    """R000-13: what SQL says, beside what the raw file adds up to."""
    sql = counted()["totals"]
    sql[0] = {**sql[0], "total": "1.00"}

    verdict = program.check(write(bundle(gate(sql, Status.FAIL, "verification_mismatch"))))

    assert (verdict.exit_code, verdict.problems) == (2, [])


def test_verdict_that_the_rows_do_not_bear_out_is_invalid(write):
    """R000-13, R000-19: the file is counted again."""
    sql = counted()["totals"]
    sql[0] = {**sql[0], "total": "1.00"}
    fine = compare(map(Total.from_dict, sql), map(Total.from_dict, sql))

    verdict = program.check(write(bundle(gate(sql, result=fine))))

    assert verdict.exit_code == 6
    assert verdict.problems == [
        "The bundle calls its known answer verified; the recount calls it blocked.",
        "user 1, 2023-12, Bank Fees: SQL 1.00, recounted 0.01, -0.99 EUR apart.",
        "The verification gate says pass; the recount is blocked: verification_mismatch.",
    ]


def test_altered_row_of_the_ledger_is_invalid(write, capsys):
    """R000-37: one cent in the raw file."""
    folder = write(bundle(), ledger=FIXTURE.read_bytes().replace(b"851.11", b"851.12"))

    assert program.main([str(folder)]) == 6
    assert capsys.readouterr().out == (
        "ledger.csv is another file than the bundle's input: sha256 differ.\n"
        "Signature: not checked: no --public-key.\ninvalid: 1 disagreements\n"
    )


def test_ledger_that_is_missing_or_malformed_is_invalid(write):
    folder = write(bundle(), ledger=b"user_id\n1\n")
    assert program.check(folder).problems == ["ledger.csv: The raw ledger misses columns: amount, category, date."]

    (folder / "ledger.csv").unlink()
    assert program.check(folder).problems == ["The raw rows of the known answer, ledger.csv, are missing."]


def test_known_answer_must_be_there_and_in_shape(write):
    without = sample_bundle()
    assert program.check(write(without)).problems == ["The bundle has no known answer."]

    spoiled = bundle()
    spoiled["gates"][4]["details"]["known_answer"]["sql"][0]["month"] = "2026-13"
    assert program.check(write(sealed(spoiled))).problems == [
        "The known answer in the bundle is no list of totals with a result."
    ]
    spoiled["gates"][4]["details"]["known_answer"]["sql"] = [{"user": "1"}]
    assert program.check(write(sealed(spoiled))).problems == ["The schema forbids /gates/4: anyOf."]

    nameless = bundle(inputs=[])
    assert program.check(write(nameless)).problems == ["ledger.csv is not among the bundle's inputs."]


def test_every_planted_wrong_field_is_refused(write):
    tried = list(spoiled_bundles())
    refused = [spoiled for spoiled in tried if program.check(write(spoiled)).exit_code == 6]

    assert (len(tried) >= 100, len(refused)) == (True, len(tried))


def put(*path_and_value):
    *path, last, value = path_and_value

    def alter(found):
        for name in path:
            found = found[name]
        found[last] = value

    return alter


def production(found):
    found["decision"]["profile"] = "production"


ALTERED = {
    "a key of R000-29": put("crud_matrix", "fail"),
    "connection key": put("neon_connection_resilience", "pass"),
    "policy result": put("verification_policy_result", "blocked: rollback_failed"),
    "exit code": put("decision", "exit_code", 2),
    "term": put("decision", "term", "not ready"),
    "reasons": put("decision", "reasons", ["dirty_tree"]),
    "blocked without a reason": put("decision", "status", "blocked"),
    "policy digest": put("decision", "policy_sha256", "0" * 64),
    "required gates": put("decision", "policy", "required_gates", ["schema", "crud", "rollback", "connection"]),
    "laxer policy": put("decision", "policy", "planted_faults_at_least", 21),
    "signature policy": put("decision", "policy", "signature", "required"),
    "order": put("gates", 0, "order", 2),
    "gate's name": put("gates", 0, "id", "crud"),
    "status beside its checks": put("gates", 0, "checks", 0, "status", "fail"),
    "gate failed": put("gates", 0, "status", "fail"),
    "gate without checks": put("gates", 1, "checks", []),
    "gate not run": put("gates", 1, "status", "not_run"),
    "connection failed": put("gates", 3, "status", "fail"),
    "examples": put("gates", 0, "checks", 0, "failing_examples", ["row 1"]),
    "examples of a pass": put("gates", 0, "checks", 0, "failing_total", 1),
    "undetected fault": put("controls", 0, "detected", False),
    "too few faults": put("controls", []),
    "secrets": put("redaction", "findings", 1),
    "rows changed": put("safety", "rows_changed", 1),
    "mail sent": put("safety", "messages_sent", 1),
    "drift": put("database", "drift", ["a column"]),
    "pending": put("database", "pending", ["0002_x"]),
    "production on SQLite": production,
    "unsigned": put("decision", "signed", False),
}


@pytest.mark.parametrize("name", ALTERED)
def test_forged_bundle_with_a_digest_made_anew_is_invalid(write, name):
    found = copy.deepcopy(bundle())
    ALTERED[name](found)

    assert program.check(write(sealed(found))).exit_code == 6


def test_altered_bundle_is_named_by_its_digest(write):
    found = bundle()
    found["subject"]["version"] = "1.0.1"

    assert program.check(write(found)).problems == [
        "payload_digest is not that of the bundle: something in it was altered."
    ]


def test_production_names_every_obstacle():
    found = bundle()
    production(found)
    found["decision"]["signed"] = False
    found["subject"] |= {"dirty": True, "commit": "unknown"}

    assert list(rules.obstacles(found)) == [
        "the gate connection ended with not_applicable",
        "the database is not PostgreSQL",
        "the bundle is not signed",
        "files differ from the commit",
        "the commit is unknown",
    ]
    assert "The policy is laxer than this program's." in list(
        rules.disagreements({**found, "decision": lax(found["decision"])})
    )


def lax(decision):
    return {**decision, "policy": {**decision["policy"], "tolerance": "0.02"}}


def test_status_of_a_gate_is_the_worst_of_its_checks():
    def told(*statuses, reason=""):
        return rules.status_of({"checks": [{"status": status} for status in statuses], "reason": reason})

    assert [told("pass"), told("pass", "warn"), told("not_run")] == ["pass", "warn", "not_run"]
    assert [told("warn", "fail"), told(), told("pass", reason="x")] == ["fail"] * 3


def test_other_spelling_of_the_same_bundle_is_invalid(write):
    folder = write(bundle())
    (folder / "bundle.json").write_bytes((folder / "bundle.json").read_bytes() + b"\n")

    assert program.check(folder).problems == [
        "bundle.json is not in its canonical form.",
        "The envelope was made over another bundle than the one beside it.",
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a":1,"a":1}', b"1.5"])
def test_what_is_no_bundle_is_invalid(write, content):
    folder = write(bundle())
    (folder / "bundle.json").write_bytes(content)

    assert program.check(folder).exit_code == 6


def test_schema_beside_the_bundle_must_be_this_program_s(write):
    folder = write(bundle())
    (folder / "bundle.schema.json").write_bytes(b"true")

    assert program.check(folder).problems == ["The schema in the folder is not the one of this program."]


def test_signature_of_the_key_is_good(write, key_file, capsys):
    assert program.main([str(write(bundle())), "--public-key", str(key_file)]) == 0
    assert "Signature: good.\n" in capsys.readouterr().out


def test_signature_of_another_key_is_wrong(write, key_file):
    verdict = program.check(write(bundle(), OTHER), public_key=key_file)

    assert (verdict.exit_code, verdict.signature) == (6, "wrong")
    assert verdict.problems == ["The bundle is signed by another key."]


def test_unsigned_bundle_is_verified_and_must_say_so(write):
    assert program.check(write(unsigned_bundle(), None)).problems == []
    assert program.check(write(unsigned_bundle())).problems == [
        "The decision says that the bundle is unsigned; the envelope holds 1 signatures."
    ]


def test_missing_signature_is_wrong(write, key_file):
    assert program.check(write(unsigned_bundle(), None), public_key=key_file).problems == ["The bundle is not signed."]


def test_signature_over_something_else_is_wrong(write, key_file):
    folder = write(bundle())
    envelope = json.loads((folder / "bundle.dsse.json").read_bytes())
    wrong = signing.envelope(b"something else", KEY)["signatures"]
    (folder / "bundle.dsse.json").write_bytes(signing.written({**envelope, "signatures": wrong}))

    assert program.check(folder, public_key=key_file).problems == [
        "The signature is not that of this key over this bundle."
    ]


@pytest.mark.parametrize(
    "altered", [{"payload": "?"}, {"signatures": [{}]}, {"signatures": None}, {"payloadType": "text/plain"}]
)
def test_envelope_in_another_shape_is_invalid(write, altered):
    folder = write(bundle())
    envelope = json.loads((folder / "bundle.dsse.json").read_bytes())
    (folder / "bundle.dsse.json").write_bytes(signing.written({**envelope, **altered}))
    assert program.check(folder).exit_code == 6

    for content in (b"{", b"[]"):
        (folder / "bundle.dsse.json").write_bytes(content)
        assert program.check(folder).problems == ["bundle.dsse.json is no envelope."]


def test_ledger_from_outside_is_the_one_that_was_compared(write, tmp_path):
    file = tmp_path / "bank.csv"
    file.write_text("user_id,date,category,amount\n1,2024-01-01,Food,1.00\n", encoding="utf-8")
    found = counted(file)
    given = {name: found[name] for name in ("sha256", "bytes", "rows", "rows_in_scope", "columns", "encoding")}
    folder = write(bundle(inputs=[*bundle()["inputs"], {"role": "raw_ledger", **given}]))

    assert program.check(folder, file).exit_code == 0
    file.write_text("user_id,date,category,amount\n1,2024-01-01,Food,1.01\n", encoding="utf-8")
    assert program.check(folder, file).problems == [
        "The raw ledger is another file than the bundle's input: sha256 differ."
    ]


def test_input_that_cannot_be_read_is_named(write, tmp_path, capsys):
    folder, empty = write(bundle()), tmp_path / "empty"
    empty.write_bytes(b"")

    for words in (
        [str(tmp_path / "absent")],
        [str(folder), "--raw-ledger", str(tmp_path / "absent.csv")],
        [str(folder), "--raw-ledger", str(empty)],
        [str(folder), "--public-key", str(tmp_path / "absent.pub")],
        [str(folder), "--public-key", str(empty)],
    ):
        assert program.main(words) == 4
        assert capsys.readouterr().err.count("\n") == 1


def test_program_runs_alone_in_under_a_second(write, key_file):
    """R000-38: nothing but Python is needed."""
    folder = write(bundle())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    done = subprocess.run(
        [sys.executable, "-S", "-E", "-s", "-B", "-m", "verification.independent", folder, "--public-key", key_file],
        cwd=ROOT, env={}, capture_output=True, check=False, timeout=60,
    )  # fmt: skip

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime  # of the processor's time
    assert seconds < 1
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, b"verified", b"")


def test_module_runs_as_a_program(monkeypatch, write):
    monkeypatch.setattr("sys.argv", ["independent", str(write(bundle()))])
    monkeypatch.delitem(sys.modules, "verification.independent.__main__")

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("verification.independent", run_name="__main__")

    assert ended.value.code == 0


def test_warning_is_no_disagreement():
    warned = bundle(gate(), sample_gate("crud", Status.WARN), sample_gate("connection", Status.WARN))

    assert list(rules.disagreements(warned)) == []
    assert warned["neon_connection_resilience"] == "pass"


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("policy digest", ["policy_sha256 is not that of the policy."]),
        (
            "signature policy",
            [
                "policy_sha256 is not that of the policy.",
                "The policy's signature is not what the profile embedded demands.",
            ],
        ),
        ("order", ["Gate schema has the order 2, and stands in place 1."]),
        ("gate's name", ["The gates are not the six in their order."]),
        ("examples", ["Check schema.all has more failing examples than it says there are."]),
        ("examples of a pass", ["Check schema.all says pass and has failing examples."]),
        ("term", ["The decision is verified and calls the release not ready."]),
        ("exit code", ["The decision is verified with exit code 2."]),
        ("undetected fault", ["The decision is verified, although planted faults were not detected: schema.fault0."]),
        ("too few faults", ["The decision is verified, although fewer than 20 faults were planted."]),
        ("secrets", ["The decision is verified, although secrets were found in the evidence."]),
        ("rows changed", ["The decision is verified, although rows were changed outside the drill."]),
        ("mail sent", ["The decision is verified, although messages were sent."]),
        ("drift", ["The decision is verified, although the schema has drifted."]),
        ("pending", ["The decision is verified, although migrations are pending."]),
    ],
)
def test_each_disagreement_is_said_in_a_sentence(name, sentences):
    found = copy.deepcopy(bundle())
    ALTERED[name](found)

    assert list(rules.disagreements(sealed(found))) == sentences


def test_nothing_stands_against_a_release_of_production_that_is_sound():
    found = copy.deepcopy(bundle(gate(), sample_gate("connection")))
    found["decision"]["profile"] = "production"
    found["database"]["engine"] = "postgresql"

    assert list(rules.obstacles(found)) == []
    found["database"]["engine"] = "sqlite"
    assert list(rules.obstacles(found)) == ["the database is not PostgreSQL"]


def test_envelope_tells_what_is_wrong_with_it():
    whole = signing.envelope(b"{}", KEY)

    assert envelope.problems(whole, b"{}", None, True) == []
    assert envelope.problems({**whole, "payload": f"!{whole['payload']}"}, b"{}", None, True) == [envelope.NO_ENVELOPE]
    assert envelope.problems({**whole, "payloadType": "text/plain"}, b"{}", None, True) == [
        "The envelope is not one of release evidence."
    ]
    assert envelope.problems(whole, b"[]", None, False) == [
        "The envelope was made over another bundle than the one beside it.",
        "The decision says that the bundle is unsigned; the envelope holds 1 signatures.",
    ]
    assert envelope.problems({**whole, "signatures": []}, b"{}", None, True) == [
        "The decision says that the bundle is signed; the envelope holds 0 signatures."
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "of all"), ("known_answer", "known_answer"), ("live_books", "live_books"), ("raw_ledger", "raw_ledger")],
)
def test_comparison_that_blocked_stands_against_a_release(name, said):
    found = copy.deepcopy(bundle())
    details = next(gate for gate in found["gates"] if gate["id"] == "verification")["details"]
    part = details.setdefault(name, {}) if name else details
    part["result"] = {"status": "blocked"}

    assert list(rules.obstacles(found)) == [f"the comparison {said} ended with blocked"]
