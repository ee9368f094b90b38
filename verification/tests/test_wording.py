"""What a run says in words: one line each for gates and planted faults, and what did not hold."""

from __future__ import annotations

import pytest

from verification import wording
from verification.gates.base import Json, Status
from verification.tests.samples import sample_bundle, sample_gate

pytestmark = pytest.mark.once


def failing_bundle(checks: int, missed: int = 0) -> dict[str, Json]:
    gate = sample_gate("rollback", Status.FAIL, "rollback_failed")
    told = [
        gate.checks[0].as_dict() | {"id": f"rollback.{n}", "failing_examples": [f"row {i}" for i in range(7)]}
        for n in range(checks)
    ]
    bundle = sample_bundle([type(gate).from_dict({**gate.as_dict(), "checks": told})])
    for control in bundle["controls"][:missed]:
        control["detected"] = False
    return bundle


def test_gate_line_tells_name_end_checks_time_and_figure():
    gate = sample_bundle()["gates"][0]
    check = {**gate["checks"][0], "id": "schema.migrations", "measured": {}, "observed": "30 applied"}

    assert wording.gate_line({**gate, "checks": [check]}) == (
        "1 Schema                         pass            1 of 1 checks         1.5 s  30 applied"
    )
    assert wording.gate_line({**gate, "duration_ms": 0, "checks": [{**check, "status": "fail"}]}) == (
        "1 Schema                         pass            0 of 1 checks"
    )
    assert (
        wording.gate_line({**gate, "status": "not_run", "duration_ms": 0}) == "1 Schema                         not run"
    )


def test_measured_figure_is_shown_where_there_is_one():
    gate = sample_bundle()["gates"][3]
    check = {**sample_gate("connection").checks[0].as_dict(), "id": "connection.select_1", "status": "warn"}
    check["measured"] = {"p50_ms": "1.2", "p95_ms": "3.4"}

    line = wording.gate_line({**gate, "status": "warn", "duration_ms": 2000, "checks": [check]})

    assert line.endswith("  2.0 s  p50 1.2 ms, p95 3.4 ms")


def test_planted_faults_are_told_in_one_line():
    controls = [{"title": f"Fault {n}", "detected": n > 1} for n in range(4)]

    assert wording.controls_line(controls[2:], 1.25) == (
        "  Planted faults                 pass            2 of 2 detected       1.2 s"
    )
    assert wording.controls_line(controls, 0.5) == (
        "  Planted faults                 fail            2 of 4 detected       0.5 s  Fault 0, Fault 1"
    )


def test_what_did_not_hold_is_told_with_its_first_five_places():
    lines = wording.failing(failing_bundle(checks=1, missed=1))

    assert lines == [
        "rollback.0: expected 0 differing, observed 0 differing.",
        *[f"  row {n}" for n in range(5)],
        "planted fault not detected: A fault",
    ]


def test_summary_names_no_more_than_twelve_lines_of_failures():
    lines = wording.summary(failing_bundle(checks=3)).splitlines()

    assert "and 6 more, in bundle.json" in lines
    assert lines[-1].startswith("run again: python3 manage.py release_check")
    assert "and 0 more, in bundle.json" not in wording.summary(failing_bundle(checks=2))
    assert "more, in bundle.json" not in wording.summary(failing_bundle(checks=2))


@pytest.mark.parametrize(
    ("dirty", "line"),
    [
        (False, "commit   4e1c9a2f00d"),
        (True, "commit   4e1c9a2f00d, files differ from it"),
        (None, "commit   4e1c9a2f00d, no repository beside it"),
    ],
)
def test_summary_tells_the_commit_and_whether_files_differ(dirty: bool | None, line: str):
    bundle = sample_bundle()
    bundle["subject"]["dirty"] = dirty

    assert line in wording.summary(bundle).splitlines()


def test_summary_is_the_same_to_the_letter():
    bundle = sample_bundle()

    lines = wording.summary(bundle).splitlines()

    assert lines[3:6] == [
        "profile  embedded, sqlite SQLite 3.40.1",
        f"digest   {bundle['payload_digest']}",
        "signed   yes",
    ]
    assert lines[6] == ""
    assert [line[:2] for line in lines[7:13]] == ["1 ", "2 ", "3 ", "4 ", "5 ", "6 "]
    assert lines[13:] == [
        "",
        "planted faults detected: 20 of 20",
        "rows compared: 300 summed by the database, 300 counted independently",
        "rows changed outside the drill: 0",
        "",
        "run again: python3 manage.py release_check --profile embedded  (exit 0)",
    ]
