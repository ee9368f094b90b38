"""One bundle for reading: its decision, the chain of gates, every check with what was expected and what was seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verification.gates.base import GATES
from verification.pages import words
from verification.pages.listing import commit
from verification.pages.soft import Soft


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    id: str
    mark: words.Mark
    expected: str
    observed: str
    threshold: str
    message: str
    measured: list[tuple[str, str]]
    examples: list[str]
    more: int
    """Failing examples that the bundle counts and does not name."""
    requirements: list[str]


@dataclass(frozen=True)
class Gate:
    """One gate of the chain."""

    id: str
    order: int
    title: str
    mark: words.Mark
    measure: str
    duration: str
    reason: str
    checks: list[Check]
    good: int

    @property
    def is_quiet(self) -> bool:
        """Whether nothing in it needs to be read: it passed, or did not apply."""
        return self.mark.word in ("pass", "not applicable")


@dataclass(frozen=True)
class Fact:
    """A name and what it is."""

    name: str
    value: str
    is_code: bool = False


def gates(bundle: Soft) -> list[Gate]:
    """The gates in their order."""
    return [_gate(gate, place) for place, gate in enumerate(bundle["gates"], start=1)]


def _gate(gate: Soft, place: int) -> Gate:
    checks = [_check(check) for check in gate["checks"]]
    name = gate["id"].text
    return Gate(
        id=name if name in GATES else f"gate-{place}",
        order=place,
        title=words.title(name),
        mark=words.mark(gate["status"].text),
        measure=_measure(gate, len(checks)),
        duration=words.duration(gate["duration_ms"].number),
        reason=gate["reason"].text,
        checks=checks,
        good=sum(check.mark.word in ("pass", "warning") for check in checks),
    )


def _check(check: Soft) -> Check:
    examples = check["failing_examples"].texts
    return Check(
        id=check["id"].text,
        mark=words.mark(check["status"].text),
        expected=check["expected"].text,
        observed=check["observed"].text,
        threshold=f"{check['threshold'].text} {check['unit'].text}".strip() if check["threshold"].text else "",
        message=check["message"].text,
        measured=[(name, value.text) for name, value in check["measured"].pairs],
        examples=examples,
        more=max(0, (check["failing_total"].number or 0) - len(examples)),
        requirements=check["requirements"].texts,
    )


def _measure(gate: Soft, checks: int) -> str:
    """What a gate found, in a few words; what it says itself where a check sums it up."""
    if gate["status"].text == "not_run":
        return "an earlier gate failed"
    seen = {check["id"].text: check["observed"].text for check in gate["checks"]}
    details, name = gate["details"], gate["id"].text
    if name == "schema" and details["database"]:
        held = words.count(details["database"]["constraints_found"].number or 0, "constraint")
        return f"{held}, {len(details['database']['drift'])} drift"
    if name == "rollback" and details["drills"]:
        partial = sum(drill["partial_rows"].number or 0 for drill in details["drills"])
        return f"{words.count(len(details['drills']), 'forced failure')}, {partial} partial rows"
    if name == "verification" and details["scope"]:
        gaps = [abs(gap) for result in _results(details) if (gap := words.amount(result["max_delta"].text)) is not None]
        counted = words.count(details["scope"]["raw_rows"].number or 0, "row")
        return f"{counted} counted twice, largest gap {words.amount_text(max(gaps, default=None)) or 'unknown'}"
    if name == "decision" and "decision.controls" in seen:
        told = seen["decision.controls"]
        return "no fault was planted" if told.startswith("0 of 0") else f"planted faults: {told}"
    for check in (f"{name}.matrix", f"{name}.engine"):
        if check in seen:
            return seen[check]
    return words.count(checks, "check")


def _results(details: Soft) -> Iterator[Soft]:
    for _, part in details.pairs:
        yield part["result"]


def blocking(found: list[Gate]) -> list[Check]:
    """The checks that failed; those of the decision only where nothing else did."""
    failed = [(gate.id, check) for gate in found for check in gate.checks if check.mark.word == "fail"]
    return [check for name, check in failed if name != "decision"] or [check for _, check in failed]


def facts(bundle: Soft) -> list[Fact]:
    """Where, when and with what: what stands beside the decision."""
    decision, subject, database = bundle["decision"], bundle["subject"], bundle["database"]
    environment = bundle["environment"]
    programs = [("Python", "python"), ("Django", "django"), ("psycopg", "psycopg")]
    found = [
        Fact("Made", words.moment_text(bundle["run"]["started"].text)),
        Fact("Took", words.duration(bundle["run"]["duration_ms"].number)),
        Fact("Commit", commit(subject), is_code=True),
        Fact("Profile", decision["profile"].text),
        Fact("Database", database["server"].text or database["engine"].text),
        Fact("Isolation", database["isolation"].text),
        Fact("Made with", ", ".join(f"{name} {environment[key].text}" for name, key in programs if environment[key])),
        Fact("Machine", ", ".join(filter(None, (environment["system"].text, bundle["run"]["host"].text)))),
        Fact("Schema", words.short(database["schema_fingerprint"].text), is_code=True),
        Fact("Policy", words.short(decision["policy_sha256"].text), is_code=True),
        Fact("Digest", words.short(bundle["payload_digest"].text, 16), is_code=True),
    ]
    return [fact for fact in found if fact.value]


def safety(bundle: Soft) -> list[Fact]:
    """What the run did to the database that people use: nothing, and how that is known."""
    told, redaction = bundle["safety"], bundle["redaction"]
    longest = bundle["run"]["longest_lock_ms"]
    found = [
        Fact("What writes", told["mode"].text),
        Fact("Live database", told["live_access"].text),
        Fact("Rows changed there", told["rows_changed"].text),
        Fact("Locks taken there", told["locks"].text),
        Fact("Longest lock", f"{longest.number} ms" if longest.number is not None else ""),
        Fact("Messages sent", told["messages_sent"].text),
        Fact("Scratch database", told["scratch"].text),
        Fact("Secrets shown", redaction["findings"].text),
        Fact("Secrets taken out", redaction["replaced"].text),
    ]
    return [fact for fact in found if fact.value]


def version_note(bundle: Soft) -> str:
    """What a reader must know of a bundle that another version of the program wrote."""
    version = bundle["bundle_version"].text
    if version in words.KNOWN_VERSIONS:
        return ""
    told = f"version {version}" if version else "no version"
    return f"This bundle has {told}; these pages know {', '.join(words.KNOWN_VERSIONS)}. What they know is shown."
