"""What a gate answers: checks, each with what was expected, what was seen, and the limit between good and bad."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

GATES = ("schema", "crud", "rollback", "connection", "verification", "decision")
"""The gates in the order in which they run; one runs only if those before it passed."""

EXAMPLES = 20
"""At most so many failing examples are kept with a check; their number is told in full."""

Json = Any
"""What JSON can hold, floats excepted: text, whole numbers, booleans, null, lists, and objects with text keys."""


class Status(StrEnum):
    """How a check or a gate ended."""

    PASS = "pass"  # noqa: S105  (a verdict, not a password)
    WARN = "warn"
    FAIL = "fail"
    NOT_RUN = "not_run"
    NOT_APPLICABLE = "not_applicable"

    @property
    def blocks(self) -> bool:
        """Whether a release may not go on: anything that was not seen to be right."""
        return self in (Status.FAIL, Status.NOT_RUN)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    `observed` is the same on every run of the same state; what differs from run to run (milliseconds, moments) goes
    into `measured`, which no digest covers. `failing_examples` name places, never secrets or other people's amounts.
    """

    id: str
    status: Status
    expected: str
    observed: str
    unit: str = ""
    threshold: str = ""
    message: str = ""
    failing_examples: Sequence[str] = ()
    failing_total: int = 0
    measured: Mapping[str, str] = field(default_factory=dict)
    requirements: Sequence[str] = ()

    def as_dict(self) -> dict[str, Json]:
        """For JSON; only the first examples."""
        return {
            "id": self.id,
            "status": self.status.value,
            "expected": self.expected,
            "observed": self.observed,
            "unit": self.unit,
            "threshold": self.threshold,
            "message": self.message,
            "failing_examples": list(self.failing_examples)[:EXAMPLES],
            "failing_total": max(self.failing_total, len(self.failing_examples)),
            "measured": dict(self.measured),
            "requirements": list(self.requirements),
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Json]) -> Check:
        """What another process wrote with `as_dict`."""
        return cls(**{**found, "status": Status(found["status"])})


@dataclass(frozen=True)
class GateResult:
    """What a gate found. `reason` is the code that the decision gives when this gate blocks, empty otherwise.

    `details` is what the gate's own part of the bundle holds: the matrix, the drills, the comparison.
    """

    id: str
    checks: Sequence[Check]
    reason: str = ""
    details: Mapping[str, Json] = field(default_factory=dict)
    not_applicable: bool = False

    @property
    def status(self) -> Status:
        """The worst of its checks; without any check nothing was seen to be right."""
        if self.not_applicable:
            return Status.NOT_APPLICABLE
        found = {check.status for check in self.checks}
        if found == {Status.NOT_RUN}:
            return Status.NOT_RUN
        if not found or self.reason or found & {Status.FAIL, Status.NOT_RUN}:
            return Status.FAIL
        return Status.WARN if Status.WARN in found else Status.PASS

    def as_dict(self) -> dict[str, Json]:
        """For JSON."""
        return {
            "id": self.id,
            "status": self.status.value,
            "reason": self.reason,
            "checks": [check.as_dict() for check in self.checks],
            "details": dict(self.details),
            "not_applicable": self.not_applicable,
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Json]) -> GateResult:
        """What another process wrote with `as_dict`."""
        return cls(
            id=found["id"],
            checks=[Check.from_dict(check) for check in found["checks"]],
            reason=found["reason"],
            details=found["details"],
            not_applicable=found["not_applicable"],
        )


def held(name: str, is_so: bool, *, expected: str, observed: str, **more: Any) -> Check:
    """A check that passes when its claim holds."""
    return Check(name, Status.PASS if is_so else Status.FAIL, expected, observed, **more)


def not_run(gate: str) -> GateResult:
    """A gate that an earlier one kept from running."""
    return GateResult(gate, [Check(f"{gate}.not_run", Status.NOT_RUN, "to run", "an earlier gate failed")])
