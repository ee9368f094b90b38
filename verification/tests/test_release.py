"""The release check from gate to gate: what stops it, what is then decided, and that a bundle is written all the same.

The gates themselves have tests of their own; here they answer what a test needs.
"""

from __future__ import annotations

import json
import os
import signal
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from verification import evidence, live, release, scratch
from verification.decision import Exit, Profile
from verification.gates import summary as summary_gate
from verification.gates.base import GATES, Check, GateResult, Status
from verification.gates.connection import CannotMeasure
from verification.locking import AnotherRun
from verification.reaching import Trouble, Unreachable
from verification.run import Asked, Stopped
from verification.subject import subject
from verification.tests.samples import verification_details
from verification.tests.staging import COMMIT, DETAILS, REASON, Stage, written


def test_a_run_in_which_everything_holds_is_verified(stage: Stage):
    outcome = stage.run()

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.VERIFIED, [])
    assert written(stage)["decision"]["term"] == "ready for release"
    assert stage.told.passing[0] == "1 Schema ..."
    assert stage.told.passing[-1] == "Planting faults ..."
    assert stage.told.lines[-1].startswith("  Planted faults                 pass            31 of 31 detected")


@pytest.mark.parametrize("gate", GATES[:-1])
def test_a_gate_that_fails_keeps_later_ones_from_running(stage: Stage, gate: str):
    """V2, R000-8, R000-14: each of the five in turn; exit 2, and the bundle is written."""
    stage.fails(gate)

    outcome = stage.run()

    bundle = written(stage)
    statuses = {found["id"]: found["status"] for found in bundle["gates"]}
    place = GATES.index(gate)
    assert outcome.decision.exit == Exit.BLOCKED
    assert bundle["decision"]["reasons"] == [REASON[gate]]
    assert bundle["verification_policy_result"] == f"blocked: {REASON[gate]}"
    assert [statuses[name] for name in GATES[:place]] == ["pass"] * place
    assert [statuses[name] for name in GATES[place + 1 : -1]] == ["not_run"] * (len(GATES) - place - 2)
    assert statuses["decision"] == "fail"
    assert bundle["controls"] == []


def test_a_planted_fault_that_is_missed_blocks(stage: Stage):
    """V2: then passing proves nothing."""
    stage.controls[3]["detected"] = False

    outcome = stage.run()

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BLOCKED, ["control_missed"])
    assert "planted fault not detected: A fault" in (outcome.place / "summary.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("error", "reason", "code"),
    [
        (AnotherRun(), "another_run", Exit.ANOTHER_RUN),
        (KeyboardInterrupt(), "interrupted", Exit.INTERNAL),
        (Unreachable(Trouble.ASLEEP), "database_unreachable", Exit.UNREACHABLE),
        (scratch.NoScratch("scratch_unavailable", "No schema."), "scratch_unavailable", Exit.BLOCKED),
        (scratch.NoScratch("direct_address_missing", "Set it."), "direct_address_missing", Exit.BLOCKED),
        (CannotMeasure("It ended with 1."), "internal_error", Exit.INTERNAL),
        (live.Wrote("It wrote."), "internal_error", Exit.INTERNAL),
    ],
)
def test_whatever_ends_a_run_is_written_down(stage: Stage, error: BaseException, reason: str, code: Exit):
    """V11, V13: a bundle says why in every case."""
    stage.raises("connection", error)

    outcome = stage.run()

    assert (outcome.decision.exit, outcome.decision.reasons) == (code, [reason])
    if isinstance(error, AnotherRun | Unreachable | scratch.NoScratch):
        assert outcome.decision.message == str(error)
    assert [gate["status"] for gate in written(stage)["gates"]] == ["pass"] * 3 + ["not_run"] * 2 + ["fail"]


@pytest.mark.parametrize("error", [OperationalError("gone"), psycopg.OperationalError("gone")])
def test_a_database_that_goes_away_in_the_middle_is_unreachable(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception
):
    """V3: told in the words for people; one that still answers had another trouble."""
    answers = iter([None, Unreachable(Trouble.DOWN), None, None])

    def reach(connection: object) -> None:
        if answer := next(answers):
            raise answer

    monkeypatch.setattr(release, "reach", reach)
    stage.raises("verification", error)

    assert stage.run().decision.reasons == ["database_unreachable"]
    assert stage.run().decision.reasons == ["internal_error"]


def test_an_unexpected_error_is_told_on_the_terminal_without_secrets(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """V15: a traceback passes redaction like everything else."""
    monkeypatch.setenv("MAIL_PASSWORD", "planted-word-41")
    stage.raises("crud", ValueError("could not use planted-word-41"))

    outcome = stage.run()

    err = capsys.readouterr().err
    assert "ValueError: could not use [redacted]" in err
    assert "planted-word-41" not in err + json.dumps(outcome.bundle)
    assert outcome.decision.message == "ValueError, told in full on the terminal."


def test_secrets_in_what_gates_say_reach_neither_terminal_nor_files(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """V15: planted in the environment, and as the name of a category."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone77:planted-word-42@db-host-43.example.org/books")
    said = ["planted-word-42 at db-host-43.example.org", "Groceries sk_live_4242424242abcdef"]
    check = Check("verification.rows", Status.FAIL, "equal", "2", failing_examples=said)
    stage.answers["verification"] = lambda: GateResult("verification", [check], "rows_altered", verification_details())

    outcome = stage.run()

    files = [file.read_text(encoding="utf-8") for file in outcome.place.iterdir()]
    told = "\n".join([*files, *stage.told.lines])
    assert "[redacted] at [redacted]" in told
    assert [word for word in ("planted-word-42", "db-host-43", "sk_live_", "someone77") if word in told] == []
    assert outcome.bundle["redaction"]["findings"] == 0


def test_a_database_that_is_called_like_a_gate_spoils_no_bundle(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """V15: a word that every bundle holds is no secret; the password beside it is."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://verified:planted-word-44@db.example.org/budget-tracker")

    stage.run()

    assert written(stage)["subject"]["name"] == "budget-tracker"


@pytest.mark.parametrize(
    ("setting", "problem"),
    [("not base64", "must be 32 bytes in base64"), ("/nowhere/key", "must be 32 bytes in base64")],
)
def test_a_signing_key_that_cannot_be_read_is_bad_input(stage: Stage, settings: Any, setting: str, problem: str):
    settings.RELEASE_SIGNING_KEY = setting

    outcome = stage.run()

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BAD_INPUT, ["signing_key_unusable"])
    assert problem in outcome.decision.message
    assert setting not in json.dumps(written(stage))


@pytest.mark.once
def test_the_production_profile_on_a_file_blocks(stage: Stage):
    """V17, R000-4: the connection gate does not apply there, which is no pass."""
    check = Check("connection.engine", Status.NOT_APPLICABLE, "PostgreSQL", "SQLite")
    details = DETAILS["connection"]
    stage.answers["connection"] = lambda: GateResult("connection", [check], details=details, not_applicable=True)

    outcome = stage.run(Profile.PRODUCTION)

    assert outcome.decision.exit == Exit.BLOCKED
    assert written(stage)["neon_connection_resilience"] == "not_applicable"
    assert set(outcome.decision.reasons) >= {"unsigned", "deploy_check_failed"}
    assert ("wrong_engine" in outcome.decision.reasons) == (connection.vendor == "sqlite")
    (found,) = [c for c in outcome.bundle["gates"][5]["checks"] if c["id"] == "decision.deploy_check"]
    assert "security.W" in found["observed"]


@pytest.mark.parametrize(
    ("dirty", "profile", "status"),
    [
        (True, Profile.EMBEDDED, "warn"),
        (True, Profile.PRODUCTION, "fail"),
        (None, Profile.PRODUCTION, "warn"),
        (False, Profile.PRODUCTION, "pass"),
    ],
)
def test_a_tree_that_differs_from_its_commit_never_is_a_release(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, dirty: bool | None, profile: Profile, status: str
):
    """V14: a dirty tree blocks production; where no repository can tell, that is said."""
    here = {**subject(), "commit": COMMIT, "dirty": dirty}
    monkeypatch.setattr(release, "subject", lambda: here)

    outcome = stage.run(profile)

    (found,) = [check for check in outcome.bundle["gates"][5]["checks"] if check["id"] == "decision.tree"]
    assert found["status"] == status
    assert ("dirty_tree" in outcome.decision.reasons) == (status == "fail")


def test_the_command_to_run_again_holds_no_email_and_no_path(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path):
    """R000-38: the person by number, files by name."""
    monkeypatch.setattr(summary_gate, "person_named", lambda name: SimpleNamespace(pk=7))
    ledger = tmp_path / "bank.csv"
    ledger.write_text("user_id\n", encoding="utf-8")

    outcome = stage.run(raw_ledger=ledger, user="alice@example.org", month="2026-10")

    assert outcome.bundle["rerun"]["command"] == (
        "python3 manage.py release_check --profile embedded --raw-ledger bank.csv --user 7 --month 2026-10"
    )
    assert "alice" not in json.dumps(outcome.bundle)
    assert "--user EMAIL" in Asked(Profile.EMBEDDED, user="alice@example.org").again()


def test_two_runs_on_one_state_have_one_digest(stage: Stage):
    """V1: times are not part of it."""
    first, second = stage.run(), stage.run()

    assert first.bundle["payload_digest"] == second.bundle["payload_digest"]
    assert first.bundle["run"]["started"] != second.bundle["run"]["started"]


def test_a_drill_that_ends_without_an_answer_is_an_internal_error(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.undo()
    monkeypatch.setenv("MAIL_PASSWORD", "planted-word-45")
    ended = SimpleNamespace(returncode=4, stderr="no scratch database at planted-word-45")
    place = SimpleNamespace(folder=tmp_path, run=lambda words: ended)

    with pytest.raises(Stopped, match="The drill's step crud ended with 4") as stopped:
        release.drilled(place, "crud")  # type: ignore[arg-type]  # all that is used of it

    assert stopped.value.reason == "internal_error"
    assert capsys.readouterr().err == "no scratch database at [redacted]"


def test_a_secret_that_redaction_left_blocks_and_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """V15: the decision itself says that the evidence would have shown one."""
    assemble = evidence.assemble

    def leaky(**parts: Any) -> dict[str, Any]:
        made = assemble(**parts)
        made["redaction"]["findings"] = 2
        return made

    monkeypatch.setattr(evidence, "assemble", leaky)

    outcome = stage.run()

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BLOCKED, ["redaction_findings"])
    (found,) = [check for check in outcome.bundle["gates"][5]["checks"] if check["id"] == "decision.redaction"]
    assert (found["status"], found["observed"]) == ("fail", "2 secrets")


def test_a_polite_request_to_end_is_an_interruption_and_only_during_the_run(stage: Stage):
    """V13: what the host sends before it kills."""
    before = signal.getsignal(signal.SIGTERM)

    def asked_to_end() -> GateResult:
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("It went on.")

    stage.answers["crud"] = asked_to_end

    outcome = stage.run()

    assert outcome.decision.reasons == ["interrupted"]
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("named", "reason", "message"),
    [
        ("raw_ledger", "raw_ledger_missing", "There is no file nowhere.csv."),
        ("category_map", "category_map_malformed", "There is no file nowhere.csv, or it may not be read."),
    ],
)
def test_a_file_that_is_not_there_stops_the_run_before_any_gate(
    stage: Stage, tmp_path: Path, named: str, reason: str, message: str
):
    """V4: bad input; the bundle says what is known of the database, which is nothing."""
    asked: dict[str, Any] = {named: tmp_path / "nowhere.csv"}
    outcome = stage.run(**asked)

    bundle = written(stage)
    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BAD_INPUT, [reason])
    assert outcome.decision.message == message
    assert [gate["status"] for gate in bundle["gates"]] == ["not_run"] * 5 + ["fail"]
    assert bundle["database"] == {
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
    assert (bundle["safety"]["live_access"], bundle["safety"]["locks"], bundle["inputs"]) == ("none", "none", [])


def test_a_database_that_does_not_answer_is_named_by_its_engine(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """V3: and one sentence for people says why."""

    def reach(connection: object) -> None:
        raise Unreachable(Trouble.DOWN)

    monkeypatch.setattr(release, "reach", reach)

    outcome = stage.run()

    assert (outcome.decision.exit, outcome.decision.message) == (Exit.UNREACHABLE, str(Unreachable(Trouble.DOWN)))
    assert outcome.bundle["database"]["engine"] == connection.vendor


def test_both_looks_at_the_live_database_are_told_with_what_they_held(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """EVIDENCE: what the run did there; the schema gate looks, and so does the verification gate."""
    proofs = iter(
        [
            {"mode": "read only", "isolation": "one", "rows_written": 1, "locks": ["SHARED", "B"]},
            {"mode": "read only", "isolation": "two", "rows_written": 2, "locks": ["A"]},
        ]
    )
    monkeypatch.setattr(live, "snapshot", lambda alias: nullcontext(SimpleNamespace(proof=next(proofs))))
    stage.answers["connection"] = lambda: GateResult("connection", [], not_applicable=True)

    outcome = stage.run()

    safety = outcome.bundle["safety"]
    assert (safety["live_access"], safety["locks"]) == ("read only, one, read only, two", "A, B, SHARED")
    assert (safety["rows_changed"], safety["messages_sent"]) == (3, 0)
    assert outcome.bundle["database"]["pooler_seen"] is False


def test_a_step_of_the_drill_is_a_program_of_its_own_that_writes_its_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    asked: list[list[str]] = []
    answer = GateResult("crud", [Check("crud.x", Status.PASS, "", "")])

    def run(words: list[str]) -> SimpleNamespace:
        asked.append(words)
        Path(words[-1]).write_text(json.dumps(answer.as_dict()), encoding="utf-8")
        return SimpleNamespace(returncode=0, stderr="")

    place: Any = SimpleNamespace(folder=tmp_path, run=run)

    assert release.drilled(place, "crud").as_dict() == answer.as_dict()
    assert asked == [["-m", "verification.drill", "crud", "--answer", str(tmp_path / "crud.json")]]
