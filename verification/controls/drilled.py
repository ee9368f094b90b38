"""Plants the faults of the gates that run on the scratch database: each must be seen, or passing proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from verification.controls import crud, rollback, summary
from verification.controls.base import Outcome
from verification.gates.base import GateResult, held

ATTEMPTS: tuple[Callable[[], Iterable[Outcome]], ...] = (crud.attempts, rollback.attempts, summary.run)


def run() -> GateResult:
    """Plant every fault and take it back."""
    found = [outcome for attempts in ATTEMPTS for outcome in attempts()]
    checks = [
        held(
            f"control.{outcome.fault}",
            outcome.detected,
            expected="detected",
            observed="detected" if outcome.detected else "missed",
            message=outcome.title,
            failing_examples=() if outcome.detected else (outcome.how,),
        )
        for outcome in found
    ]
    reason = "" if all(outcome.detected for outcome in found) else "control_missed"
    return GateResult("controls", checks, reason, {"controls": [outcome.as_dict() for outcome in found]})
