"""A planted fault: what is broken, how it is put there and taken back, and which gate has to see it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from verification.gates.base import GateResult, Json

Ground = TypeVar("Ground")
"""What a fault is planted in: a scratch database, a pool."""

ENGINES = frozenset({"sqlite", "postgresql"})


@dataclass(frozen=True)
class Fault(Generic[Ground]):
    """Something broken on purpose.

    `plant` breaks it for real while its `with` block runs, and mends it after. `gate` is the id of the gate that has
    to see it, `check` the check of that gate that has to fail, and `sign` what that check must say; a gate that fails
    for another reason has not detected this fault.
    """

    id: str
    title: str
    gate: str
    check: str
    plant: Callable[[Ground], AbstractContextManager[object]]
    sign: str = ""
    engines: frozenset[str] = ENGINES


@dataclass(frozen=True)
class Outcome:
    """Whether a fault was seen, and what saw it."""

    fault: str
    title: str
    gate: str
    detected: bool
    how: str

    def as_dict(self) -> dict[str, Json]:
        """For the bundle's `controls`."""
        return {"id": self.fault, "title": self.title, "gate": self.gate, "detected": self.detected, "how": self.how}


def attempt(fault: Fault[Ground], ground: Ground, judge: Callable[[Ground], GateResult]) -> Outcome:
    """Plant a fault, let its gate judge, take the fault back.

    An exception is no detection: it ends the run, as an error of the gate itself.
    """
    with fault.plant(ground):
        found = judge(ground)
    return Outcome(fault.id, fault.title, fault.gate, *seen(fault, found))


def seen(fault: Fault[Ground], found: GateResult) -> tuple[bool, str]:
    """Whether what a gate answered names the fault, and the sentence that does."""
    if found.id != fault.gate:
        return False, f"the gate {found.id} was asked instead of {fault.gate}"
    for check in found.checks:
        if check.id != fault.check or not check.status.blocks:
            continue
        for said in [*check.failing_examples, check.observed, check.message]:
            if said and fault.sign in said:
                return True, f"{check.id}: {said}"
    if not found.status.blocks:
        return False, f"the gate {found.id} passed"
    failed = ", ".join(check.id for check in found.checks if check.status.blocks)
    return False, f"the gate {found.id} failed for another reason: {failed or found.reason}"
