"""The rules by which a release is verified or blocked; nothing here can be switched off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from verification.gates.base import Check, GateResult, Json, Status, held


class Profile(StrEnum):
    """What must pass: `embedded` on SQLite, `production` on PostgreSQL behind a pool."""

    EMBEDDED = "embedded"
    PRODUCTION = "production"


class Exit(IntEnum):
    """What the command ends with."""

    VERIFIED = 0
    INTERNAL = 1
    BLOCKED = 2
    UNREACHABLE = 3
    BAD_INPUT = 4
    ANOTHER_RUN = 5
    INVALID = 6


REQUIRED: Mapping[Profile, Sequence[str]] = {
    Profile.EMBEDDED: ("schema", "crud", "rollback", "verification"),
    Profile.PRODUCTION: ("schema", "crud", "rollback", "connection", "verification"),
}
"""The gates that must have run and passed; under `embedded` the connection gate does not apply."""

LEAST_CONTROLS = 20
"""So many planted faults must have been tried; each must have been detected."""

REASONS: Mapping[str, str] = {
    "schema_drift": "The database differs from what the migrations make.",
    "pending_migrations": "Migrations wait to be applied: run `manage.py migrate`.",
    "crud_failed": "A model cannot be written or read as it must.",
    "rollback_failed": "A failure left something behind.",
    "connection_failed": "The pooled connection does not hold what it must.",
    "direct_address_missing": "DATABASE_URL_DIRECT is not set; the drill needs a session of its own.",
    "scratch_unavailable": "The drill could not make its scratch database.",
    "verification_mismatch": "A total differs from what an independent reader counts.",
    "history_altered": "The history was altered behind the application's back.",
    "rows_altered": "Rows were altered behind the application's back.",
    "empty_scope": "There is nothing to compare; two empty sides agree on nothing.",
    "currency_ambiguous": "The ledger has no currency column, but the books in scope hold several currencies.",
    "raw_ledger_missing": "The raw ledger does not exist.",
    "raw_ledger_empty": "The raw ledger has no rows.",
    "raw_ledger_missing_columns": "The raw ledger lacks columns.",
    "raw_ledger_malformed": "The raw ledger has rows that cannot be read.",
    "raw_ledger_unreadable": "The raw ledger cannot be opened.",
    "category_map_malformed": "The category map cannot be read.",
    "control_missed": "A planted fault was not detected, so passing proves nothing.",
    "wrong_engine": "The profile asks for another database engine.",
    "unsigned": "There is no signing key, and this profile demands a signature.",
    "signing_key_unusable": "RELEASE_SIGNING_KEY cannot be read.",
    "dirty_tree": "Files differ from the commit that would be released.",
    "unknown_commit": "It is not known which commit would be released.",
    "deploy_check_failed": "`manage.py check --deploy` has findings.",
    "redaction_findings": "The evidence would show a secret.",
    "database_unreachable": "The database does not answer.",
    "another_run": "Another run holds the lock.",
    "interrupted": "The run was interrupted.",
    "internal_error": "The check itself failed.",
}
"""Every reason that a decision can give, with what it means."""

EXITS: Mapping[str, Exit] = {
    "database_unreachable": Exit.UNREACHABLE,
    "another_run": Exit.ANOTHER_RUN,
    "internal_error": Exit.INTERNAL,
    "interrupted": Exit.INTERNAL,
    "raw_ledger_missing": Exit.BAD_INPUT,
    "raw_ledger_empty": Exit.BAD_INPUT,
    "raw_ledger_missing_columns": Exit.BAD_INPUT,
    "raw_ledger_malformed": Exit.BAD_INPUT,
    "raw_ledger_unreadable": Exit.BAD_INPUT,
    "category_map_malformed": Exit.BAD_INPUT,
    "signing_key_unusable": Exit.BAD_INPUT,
}
"""Reasons with an exit code of their own; every other one is `BLOCKED`."""


@dataclass(frozen=True)
class Circumstances:
    """What the decision looks at besides the gates."""

    engine: str
    commit: str
    is_dirty: bool | None
    is_signed: bool
    deploy_findings: Sequence[str]
    """Ids of what `check --deploy` found."""

    secrets_shown: int


@dataclass(frozen=True)
class Decision:
    """Verified, or blocked with every reason."""

    profile: Profile
    reasons: Sequence[str]
    is_signed: bool
    is_demo_ready: bool
    message: str = ""

    @property
    def is_verified(self) -> bool:
        """Whether the release may go on."""
        return not self.reasons

    @property
    def exit(self) -> Exit:
        """The exit code of the first reason."""
        return EXITS.get(self.reasons[0], Exit.BLOCKED) if self.reasons else Exit.VERIFIED

    @property
    def term(self) -> str:
        """R000-35: "ready for release" needs everything; "ready for demo" only that the happy paths pass."""
        if self.is_verified:
            return "ready for release"
        return "ready for demo" if self.is_demo_ready else "not ready"

    def as_dict(self) -> dict[str, Json]:
        """For the bundle."""
        return {
            "status": "verified" if self.is_verified else "blocked",
            "reasons": list(self.reasons),
            "explanation": self.explanation,
            "term": self.term,
            "profile": self.profile.value,
            "signed": self.is_signed,
            "exit_code": int(self.exit),
            "policy": policy(self.profile),
            "policy_sha256": policy_digest(self.profile),
        }

    @property
    def explanation(self) -> str:
        """Why, in sentences."""
        if self.is_verified:
            signed = "The bundle is signed." if self.is_signed else "The bundle is not signed."
            return (
                f"Every gate of the profile {self.profile.value} passed and every planted fault was detected. {signed}"
            )
        return " ".join(filter(None, [*(REASONS[reason] for reason in self.reasons), self.message]))


def policy(profile: Profile) -> dict[str, Json]:
    """Every limit that decides, in one object."""
    return {
        "tolerance": "0.01",
        "comparator": ">",
        "empty_scope": "blocked",
        "exactness": "row counts and grand totals must agree; a difference within the tolerance is a warning",
        "required_gates": list(REQUIRED[profile]),
        "not_applicable": [] if profile is Profile.PRODUCTION else ["connection"],
        "planted_faults_at_least": LEAST_CONTROLS,
        "planted_faults_missed": 0,
        "partial_rows": 0,
        "rows_changed_outside_the_drill": 0,
        "signature": "required" if profile is Profile.PRODUCTION else "recorded",
        "clean_tree": "required" if profile is Profile.PRODUCTION else "recorded",
        "deploy_findings": 0 if profile is Profile.PRODUCTION else "recorded",
        "secrets_shown": 0,
    }


def policy_digest(profile: Profile) -> str:
    """The policy's sha256, so that two bundles show whether they were judged alike."""
    return hashlib.sha256(json.dumps(policy(profile), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def decide(
    profile: Profile,
    gates: Sequence[GateResult],
    controls: Sequence[Mapping[str, Json]],
    seen: Circumstances,
    stopped: Sequence[str] = (),
    message: str = "",
) -> tuple[Decision, GateResult]:
    """The decision, and the last gate, whose checks are the reasons spelled out.

    Args:
        stopped: reasons that ended the run before or between the gates.
        message: which setting or file a reason is about, where its own sentence cannot know.
    """
    found = {gate.id: gate for gate in gates}
    required = [found[name] for name in REQUIRED[profile] if name in found]
    missed = [control["id"] for control in controls if not control["detected"]]
    in_production = profile is Profile.PRODUCTION
    passed = [gate for gate in required if gate.status in (Status.PASS, Status.WARN)]  # "not applicable" is no pass
    all_passed = len(passed) == len(REQUIRED[profile])
    checks = [
        held(
            "decision.gates",
            all_passed,
            expected="every required gate passes",
            observed=", ".join(f"{gate.id} {gate.status.value}" for gate in gates),
            requirements=["R000-8", "R000-14", "R000-28", "R000-30", "R000-39", "R000-43"],
        ),
        held(
            "decision.controls",
            not missed and len(controls) >= LEAST_CONTROLS,
            expected=f"at least {LEAST_CONTROLS} planted faults, every one detected",
            observed=f"{len(controls) - len(missed)} of {len(controls)} detected",
            failing_examples=missed,
            requirements=["R000-37"],
        ),
        held(
            "decision.engine",
            not in_production or seen.engine == "postgresql",
            expected="PostgreSQL" if in_production else "any engine",
            observed=seen.engine,
            requirements=["R000-4"],
        ),
        _required_in_production("decision.signature", profile, seen.is_signed, "signed", "not signed"),
        _tree(profile, seen),
        _required_in_production("decision.commit", profile, seen.commit != "unknown", "known", "unknown"),
        _required_in_production(
            "decision.deploy_check",
            profile,
            not seen.deploy_findings,
            "0 findings",
            f"{len(seen.deploy_findings)} findings: {', '.join(seen.deploy_findings)}",
        ),
        held(
            "decision.redaction",
            seen.secrets_shown == 0,
            expected="0 secrets",
            observed=f"{seen.secrets_shown} secrets",
            threshold="0",
        ),
    ]
    codes = {
        "decision.controls": "control_missed",
        "decision.engine": "wrong_engine",
        "decision.signature": "unsigned",
        "decision.tree": "dirty_tree",
        "decision.commit": "unknown_commit",
        "decision.deploy_check": "deploy_check_failed",
        "decision.redaction": "redaction_findings",
    }
    reasons = [*stopped, *(gate.reason or "internal_error" for gate in gates if gate.status is Status.FAIL)]
    if all_passed or not reasons:  # after a gate that failed the controls have not run: one reason is enough
        reasons += [codes[check.id] for check in checks if check.id in codes and check.status.blocks]
    if not reasons and not all_passed:
        reasons.append("internal_error")
    demo = [found[name] for name in ("schema", "crud") if name in found]
    decision = Decision(
        profile=profile,
        reasons=list(dict.fromkeys(reasons)),
        is_signed=seen.is_signed,
        is_demo_ready=len(demo) == 2 and not any(gate.status.blocks for gate in demo),
        message=message,
    )
    return decision, GateResult("decision", checks, reason="" if decision.is_verified else decision.reasons[0])


def _tree(profile: Profile, seen: Circumstances) -> Check:
    """Without a repository the host's word for the commit is all there is; that is said, and is no "clean"."""
    if seen.is_dirty is None:
        return Check("decision.tree", Status.WARN, "clean", "no repository beside it can tell")
    return _required_in_production("decision.tree", profile, not seen.is_dirty, "clean", "differs from the commit")


def _required_in_production(name: str, profile: Profile, is_so: bool, good: str, bad: str) -> Check:
    """A check that blocks in production and is a remark elsewhere."""
    status = Status.PASS if is_so else Status.FAIL if profile is Profile.PRODUCTION else Status.WARN
    return Check(name, status, expected=good, observed=good if is_so else bad)
