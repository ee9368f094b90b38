"""Runs the gates in order, stops at the first that blocks, tries the planted faults, decides, writes it all down."""

from __future__ import annotations

import hashlib
import hmac
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psycopg
from django.conf import settings
from django.core.checks import WARNING, run_checks
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from verification import anchoring, evidence, live, locking, scratch, signing, traceability, wording
from verification.controls import connection as connection_controls
from verification.controls import schema as schema_controls
from verification.decision import Circumstances, Decision, Profile, decide
from verification.gates import connection as connection_gate
from verification.gates import schema as schema_gate
from verification.gates import summary as summary_gate
from verification.gates.base import GateResult, Json
from verification.known_answer import FIXTURE
from verification.reaching import Unreachable, reach
from verification.redaction import Redactor
from verification.run import Asked, Run, Stopped, Tell, parts_of
from verification.subject import subject


@dataclass(frozen=True)
class Outcome:
    """A finished run: the bundle, its decision, and where it lies."""

    bundle: dict[str, Json]
    decision: Decision
    place: Path


def release_check(asked: Asked, tell: Tell) -> Outcome:
    """Judge this code and its database; always writes a bundle, whatever happens."""
    redactor = redactor_here()
    run, key = Run(asked, Discreet(tell, redactor_here())), None
    try:
        with _interruptible():
            key = signing.signing_key(settings.RELEASE_SIGNING_KEY)
            _require_inputs(asked)
            run.findings = _deploy_findings(asked.profile)
            _run_gates(run)
    except Stopped as stopped:
        if not run.gates or run.gates[-1].reason != stopped.reason:
            run.stopped.append(stopped.reason)
        run.message = stopped.message
    except signing.UnusableKey as unusable:
        run.stopped.append("signing_key_unusable")
        run.message = str(unusable)
    except Unreachable as unreachable:
        run.stopped.append("database_unreachable")
        run.message = str(unreachable)
    except locking.AnotherRun as another:
        run.stopped.append("another_run")
        run.message = str(another)
    except scratch.NoScratch as missing:
        run.stopped.append(missing.reason)
        run.message = str(missing)
    except KeyboardInterrupt:
        run.stopped.append("interrupted")
    except Exception as error:
        # Whatever it is: it is written down as the answer of this run, which can then not be "verified".
        trouble = _lost(connections[asked.alias], error)
        run.stopped.append("database_unreachable" if trouble else "internal_error")
        run.message = trouble or f"{type(error).__name__}, told in full on the terminal."
        if not trouble:
            sys.stderr.write(redactor_here().text(traceback.format_exc()))
    with _undisturbed():
        return _conclude(run, key, redactor)


def _run_gates(run: Run) -> None:
    """The seven steps of R000-30, the last of which is `_conclude`."""
    asked = run.asked
    connection = connections[asked.alias]
    run.database["engine"] = connection.vendor
    reach(connection)
    with ExitStack() as stack:
        stack.enter_context(locking.held(asked.alias))
        place = stack.enter_context(scratch.opened(connection.vendor))

        def judge_schema() -> GateResult:
            with live.snapshot(asked.alias) as look:
                found = schema_gate.run(look, place)
            run.proofs.append(look.proof)
            run.database |= found.details["database"]
            run.database["target_fingerprint"] = _fingerprint(connection.settings_dict)
            return found

        def judge_connection() -> GateResult:
            found = connection_gate.run(asked.profile, asked.alias)
            run.database["pooler_seen"] = bool(found.details.get("pooler_seen", False))
            return found

        def judge_summary() -> GateResult:
            answer = drilled(place, "known-answer")
            with live.snapshot(asked.alias) as look:
                person = summary_gate.person_named(asked.user)
                run.person = str(person.pk) if person else ""
                earlier = anchoring.earlier_heads(asked.output, run.database["target_fingerprint"])
                found = summary_gate.run(answer, asked, earlier)
            run.proofs.append(look.proof)
            return found

        run.gate("schema", judge_schema)
        run.gate("crud", lambda: drilled(place, "crud"))
        run.gate("rollback", lambda: drilled(place, "rollback"))
        run.gate("connection", judge_connection)
        run.gate("verification", judge_summary)
        began = time.monotonic()
        run.tell.now("Planting faults ...")
        planted = [*schema_controls.run(place), *connection_controls.run(asked.alias)]
        run.controls = [*(outcome.as_dict() for outcome in planted), *drilled(place, "controls").details["controls"]]
        run.tell.line(wording.controls_line(run.controls, time.monotonic() - began))


def drilled(place: scratch.Place, step: str) -> GateResult:
    """Have a step of the drill run by a process of its own on the scratch database."""
    answer = place.folder / f"{step}.json"
    done = place.run(["-m", "verification.drill", step, "--answer", str(answer)])
    if done.returncode:
        sys.stderr.write(redactor_here().text(done.stderr))
        raise Stopped("internal_error", f"The drill's step {step} ended with {done.returncode}.")
    return GateResult.from_dict(evidence.read_json(answer.read_bytes()))


class Discreet:
    """Shows how the run goes without any secret."""

    def __init__(self, tell: Tell, redactor: Redactor) -> None:
        self._tell, self._redactor = tell, redactor

    def line(self, text: str) -> None:
        """A line that stays."""
        self._tell.line(self._redactor.text(text))

    def now(self, text: str) -> None:
        """What is going on."""
        self._tell.now(self._redactor.text(text))


def redactor_here() -> Redactor:
    """One that knows the secrets of this process, those of the settings' files among them."""
    return Redactor({**os.environ, "SECRET_KEY": settings.SECRET_KEY})


def _lost(connection: BaseDatabaseWrapper, error: BaseException) -> str:
    """Why the database does not answer any more, if that is what an error was about; else nothing."""
    if not isinstance(error, OperationalError | psycopg.OperationalError):
        return ""
    try:
        reach(connection)
    except Unreachable as unreachable:
        return str(unreachable)
    return ""


def _conclude(run: Run, key: signing.Key | None, redactor: Redactor) -> Outcome:
    """The decision, the bundle and its files."""
    asked, judged = run.asked, subject()
    gates = run.as_far_as_it_came
    table = traceability.table(gates)
    parts = parts_of(run, judged, table)
    shown = 0
    while True:
        seen = Circumstances(
            engine=run.database["engine"],
            commit=judged["commit"],
            is_dirty=judged["dirty"],
            is_signed=key is not None,
            deploy_findings=run.findings,
            secrets_shown=shown,
        )
        decision, last = decide(asked.profile, gates, run.controls, seen, run.stopped, run.message)
        parts["rerun"] = {"command": asked.again(run.person), "expected_exit_code": int(decision.exit)}
        bundle = evidence.assemble(
            gates=[*gates, last], decision=decision, timings=run.timings, parts=parts, redactor=redactor
        )
        if shown or not bundle["redaction"]["findings"]:
            break
        shown = bundle["redaction"]["findings"]
    ledger = FIXTURE.read_bytes() if any(gate.id == "verification" for gate in run.gates) else None
    made = evidence.files(bundle, wording.summary(bundle), key, ledger=ledger)
    name = f"{run.began:%Y%m%dT%H%M%SZ}-{judged['commit'][:12]}"
    return Outcome(bundle, decision, evidence.write(made, asked.output, name))


def _require_inputs(asked: Asked) -> None:
    """Files that were named and are not there need no gate to tell.

    Raises:
        Stopped: one is missing or may not be read.
    """
    ledger, names = asked.raw_ledger, asked.category_map
    if ledger is not None and not ledger.is_file():
        raise Stopped("raw_ledger_missing", f"There is no file {ledger.name}.")
    if ledger is not None and not os.access(ledger, os.R_OK):
        raise Stopped("raw_ledger_unreadable", f"The file {ledger.name} may not be read.")
    if names is not None and not (names.is_file() and os.access(names, os.R_OK)):
        raise Stopped("category_map_malformed", f"There is no file {names.name}, or it may not be read.")


def _deploy_findings(profile: Profile) -> list[str]:
    """What `check --deploy` finds, warnings and above, by id; outside production it is not asked."""
    if profile is not Profile.PRODUCTION:
        return []
    found = run_checks(include_deployment_checks=True)
    return sorted({m.id or "unnamed" for m in found if not m.is_silenced() and m.level >= WARNING})


def _fingerprint(options: dict[str, Json]) -> str:
    """Tells two databases apart without naming either: a hash of host, port and name under the server's own key."""
    text = f"{options.get('HOST')}|{options.get('PORT')}|{options.get('NAME')}"
    return hmac.new(settings.SECRET_KEY.encode(), f"release target {text}".encode(), hashlib.sha256).hexdigest()


@contextmanager
def _interruptible() -> Iterator[None]:
    """A polite request to end is treated like Ctrl-C, so that everything is put back and the bundle says so."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Once all is judged, the second that writing takes is waited for: a bundle is whole, or not there."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
