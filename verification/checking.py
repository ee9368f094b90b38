"""Checks a bundle: what the independent program checks, the signature once more, and whether it is about this code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verification import evidence, signing, wording
from verification.gates.base import Json
from verification.independent.__main__ import check as check_independently
from verification.subject import UNKNOWN, subject


@dataclass
class Checked:
    """What a check of a bundle found."""

    verdict: str
    """`verified` or `blocked`, as the bundle says and as its own evidence makes it."""

    problems: list[str] = field(default_factory=list)
    signature: str = "not signed"
    """`not signed`, `signature good`, or that nobody checked it; never a claim that was not tested."""

    @property
    def is_valid(self) -> bool:
        """Whether the bundle is what it claims to be, and about this very code."""
        return not self.problems


def check(folder: Path, *, public_key: str | None = None, commit: str = "", profile: str = "") -> Checked:
    """Check schema, digests, decision, recount, signature and commit.

    Args:
        public_key: in base64, or the path of a file; the signature must be this key's. None leaves it unchecked.
        commit: the one that the bundle must be about; the one of this code when empty.
        profile: the one that the bundle must have been judged by, when given.

    Raises:
        OSError: there is no bundle in the folder.
        UnusableKey: the public key cannot be read.
    """
    key = None if public_key is None else signing.public_key(public_key)
    independent = check_independently(folder)
    found = Checked(independent.status, list(independent.problems))
    if found.problems:
        return found
    content = (folder / "bundle.json").read_bytes()
    bundle = json.loads(content)
    envelope = json.loads((folder / "bundle.dsse.json").read_bytes())
    if envelope["signatures"]:
        found.signature = "signature not checked: no --public-key"
    if key is not None:
        found.signature = "signature good"
        if problem := signing.signature_problem(envelope, content, key):
            found.problems.append(problem)
    found.problems += _about_the_files(folder, bundle)
    found.problems += _about_the_subject(bundle["subject"], commit)
    if profile and bundle["decision"]["profile"] != profile:
        found.problems.append(f"It was judged by the profile {bundle['decision']['profile']}, not by {profile}.")
    return found


def _about_the_files(folder: Path, bundle: Mapping[str, Json]) -> Iterator[str]:
    """Whether the files for people and build servers say what the bundle says; no signature covers them."""
    made = evidence.files(bundle, wording.summary(bundle), None, ledger=None)
    for name in ("statement.json", "junit.xml", "summary.txt"):
        file = folder / name
        if not file.is_file() or file.read_bytes() != made[name]:
            yield f"{name} is not the one that this bundle makes."


def _about_the_subject(judged: Mapping[str, Json], commit: str) -> Iterator[str]:
    """Whether the bundle is about this code."""
    here = subject()
    expected = commit or here["commit"]
    if expected != UNKNOWN and judged["commit"] != expected:
        yield f"It is about commit {judged['commit'][:12]}, not about {expected[:12]}."
    elif judged["tree_sha256"] != here["tree_sha256"]:
        yield "Files of the program have been altered since the bundle was made."
    if judged["dirty"]:
        yield f"It was made of files that differ from commit {judged['commit'][:12]}."
