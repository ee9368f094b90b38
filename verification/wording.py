"""The bundle in words, for a terminal and for `summary.txt`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verification.gates.base import Json

TITLES = {
    "schema": "Schema",
    "crud": "Create, read, change, delete",
    "rollback": "Rollback drill",
    "connection": "Database connection",
    "verification": "Independent check",
    "decision": "Decision",
}
"""What people call the gates."""

FIGURES = {
    "schema": "schema.migrations",
    "crud": "crud.matrix",
    "rollback": "rollback.drills",
    "connection": "connection.select_1",
    "verification": "verification.rows",
}
"""The check of each gate whose figure is shown beside it."""

TIMES = frozenset({"p50_ms", "p95_ms"})
"""Of the measured times those that are shown beside it."""

MOST_LINES = 40
MOST_FAILURES = 12
WIDTH = 118


def headline(bundle: Mapping[str, Json]) -> str:
    """The decision in one sentence."""
    decision, version = bundle["decision"], bundle["subject"]["version"]
    if decision["status"] == "verified":
        return f"{version} is {decision['term']}."
    return f"{version} is blocked ({decision['term']}): {decision['explanation']}"


def gate_line(gate: Mapping[str, Json]) -> str:
    """One gate: its name, how it ended, how many checks held, how long it took, and its main figure."""
    good = sum(check["status"] in ("pass", "warn") for check in gate["checks"])
    counted = f"{good} of {len(gate['checks'])} checks" if gate["status"] not in ("not_run", "not_applicable") else ""
    seconds = f"{gate['duration_ms'] / 1000:.1f} s" if gate["duration_ms"] else ""
    status = gate["status"].replace("_", " ")
    told = f"{gate['order']} {TITLES[gate['id']]:<30} {status:<15} {counted:<18} {seconds:>8}  {_figure(gate)}"
    return told.rstrip()


def _figure(gate: Mapping[str, Json]) -> str:
    """What the gate's main check saw; of times the middle one, which is measured and not the same each time."""
    for check in gate["checks"]:
        if check["id"] == FIGURES.get(gate["id"]) and check["status"] in ("pass", "warn"):
            times = [
                f"{name.removesuffix('_ms')} {check['measured'][name]} ms" for name in TIMES & check["measured"].keys()
            ]
            return ", ".join(sorted(times)) or str(check["observed"])
    return ""


def summary(bundle: Mapping[str, Json]) -> str:
    """At most 40 lines for people; the decision first."""
    subject, database = bundle["subject"], bundle["database"]
    detected = sum(control["detected"] for control in bundle["controls"])
    dirty = {True: ", files differ from it", False: "", None: ", no repository beside it"}[subject["dirty"]]
    lines = [
        headline(bundle),
        "",
        f"commit   {subject['commit'][:12]}{dirty}",
        f"profile  {bundle['decision']['profile']}, {database['engine']} {database['server']}".rstrip(),
        f"digest   {bundle['payload_digest']}",
        f"signed   {'yes' if bundle['decision']['signed'] else 'no'}",
        "",
        *(gate_line(gate) for gate in bundle["gates"]),
        "",
        f"planted faults detected: {detected} of {len(bundle['controls'])}",
        f"rows compared: {bundle['scope']['sql_rows']:,} summed by the database, "
        f"{bundle['scope']['raw_rows']:,} counted independently",
        f"rows changed outside the drill: {bundle['safety']['rows_changed']}",
    ]
    failures = [*failing(bundle)]
    if failures:
        lines += ["", *failures[:MOST_FAILURES]]
        if len(failures) > MOST_FAILURES:
            lines.append(f"and {len(failures) - MOST_FAILURES} more, in bundle.json")
    lines += ["", f"run again: {bundle['rerun']['command']}  (exit {bundle['rerun']['expected_exit_code']})"]
    return "\n".join(line[:WIDTH] for line in lines[:MOST_LINES]) + "\n"


def controls_line(controls: Sequence[Mapping[str, Json]], seconds: float) -> str:
    """How many planted faults were detected; those that were not by name."""
    missed = [str(control["title"]) for control in controls if not control["detected"]]
    found = f"{len(controls) - len(missed)} of {len(controls)} detected"
    status = "fail" if missed else "pass"
    return f"  {'Planted faults':<30} {status:<15} {found:<18} {seconds:>6.1f} s  {', '.join(missed)}".rstrip()


def told(check: Mapping[str, Json]) -> str:
    """One check that did not hold."""
    return f"{check['id']}: expected {check['expected']}, observed {check['observed']}. {check['message']}".rstrip()


def failing(bundle: Mapping[str, Json]) -> list[str]:
    """What did not hold, each in a line, with the first places."""
    lines: list[str] = []
    for gate in bundle["gates"]:
        for check in gate["checks"]:
            if check["status"] != "fail" or gate["id"] == "decision":
                continue
            lines.append(told(check))
            lines += [f"  {example}" for example in check["failing_examples"][:5]]
    missed = [control for control in bundle["controls"] if not control["detected"]]
    return lines + [f"planted fault not detected: {control['title']}" for control in missed]
