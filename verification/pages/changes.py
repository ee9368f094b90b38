"""What changed since the bundle before: the code, the schema, the policy, checks, planted faults, durations."""

from __future__ import annotations

from dataclasses import dataclass

from verification.pages import words
from verification.pages.listing import commit, headline
from verification.pages.soft import Soft

NONE = "none"


@dataclass(frozen=True)
class Changed:
    """One thing on both sides."""

    name: str
    before: str
    now: str
    is_code: bool = False

    @property
    def differs(self) -> bool:
        """Whether it changed."""
        return self.before != self.now


@dataclass(frozen=True)
class Turned:
    """A check that ended in another way, or that only one of the two bundles has."""

    id: str
    before: words.Mark
    now: words.Mark


@dataclass(frozen=True)
class Since:
    """The differences between two bundles."""

    facts: list[Changed]
    checks: list[Turned]
    faults_added: list[str]
    faults_gone: list[str]
    faults_turned: list[str]
    durations: list[Changed]
    unplanted: str
    """Which of the two was stopped before any fault was planted: then there is nothing to compare."""

    @property
    def is_same_evidence(self) -> bool:
        """Whether both say the same of the same: one digest, and nothing beside it."""
        turned = self.checks or self.faults_added or self.faults_gone or self.faults_turned
        return not turned and not any(fact.differs for fact in self.facts)

    @property
    def turned_text(self) -> str:
        """How many checks ended in another way."""
        return f"{words.count(len(self.checks), 'check')} ended in another way, came or went"


def since(before: Soft, now: Soft) -> Since:
    """What the newer bundle says differently."""
    facts = [
        Changed("Decision", headline(before), headline(now)),
        Changed("Commit", commit(before["subject"]), commit(now["subject"]), is_code=True),
        *(
            Changed(name, words.short(_at(before, path)) or NONE, words.short(_at(now, path)) or NONE, is_code=True)
            for name, path in (
                ("Program files", ("subject", "tree_sha256")),
                ("Locked packages", ("subject", "lock_sha256")),
                ("Schema", ("database", "schema_fingerprint")),
                ("Policy", ("decision", "policy_sha256")),
                ("Digest", ("payload_digest",)),
            )
        ),
        *(
            Changed(name, _at(before, path) or NONE, _at(now, path) or NONE)
            for name, path in (
                ("Profile", ("decision", "profile")),
                ("Database", ("database", "server")),
                ("Migrations", ("database", "migrations_applied")),
            )
        ),
    ]
    old, new = _faults(before), _faults(now)
    return Since(
        facts=facts,
        checks=_turned(before, now),
        faults_added=[title for name, (title, _) in new.items() if old and name not in old],
        faults_gone=[title for name, (title, _) in old.items() if new and name not in new],
        faults_turned=[
            f"{title}: {'now detected' if seen else 'no longer detected'}"
            for name, (title, seen) in new.items()
            if name in old and old[name][1] != seen
        ],
        durations=_durations(before, now),
        unplanted="" if old and new else "in this run" if old else "in the run before" if new else "in either run",
    )


def _at(bundle: Soft, path: tuple[str, ...]) -> str:
    found = bundle
    for name in path:
        found = found[name]
    return found.text


def _faults(bundle: Soft) -> dict[str, tuple[str, bool]]:
    return {
        fault["id"].text: (fault["title"].text or fault["id"].text, fault["detected"].is_true)
        for fault in bundle["controls"]
    }


def _turned(before: Soft, now: Soft) -> list[Turned]:
    old, new = _statuses(before), _statuses(now)
    return [
        Turned(name, words.mark(old.get(name, "not there")), words.mark(new.get(name, "not there")))
        for name in {**new, **old}
        if old.get(name) != new.get(name)
    ]


def _statuses(bundle: Soft) -> dict[str, str]:
    return {check["id"].text: check["status"].text for gate in bundle["gates"] for check in gate["checks"]}


def _durations(before: Soft, now: Soft) -> list[Changed]:
    old, new = ({gate["id"].text: gate for gate in bundle["gates"]} for bundle in (before, now))
    rows = [
        Changed(words.title(name), _took(old.get(name, Soft())), _took(new.get(name, Soft())))
        for name in {**new, **old}
        if name != "decision"
    ]
    return [*rows, Changed("The whole run", _took(before["run"]), _took(now["run"]))]


def _took(gate: Soft) -> str:
    return words.duration(gate["duration_ms"].number) or words.mark(gate["status"].text or "not there").word
