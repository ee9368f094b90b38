"""Checks an evidence bundle with the standard library alone, and counts its raw rows again.

    python -m verification.independent DIR [--raw-ledger FILE] [--public-key FILE]

Prints the verdict and every disagreement. Exit codes: 0 verified, 2 blocked, 4 bad input, 6 the bundle is invalid.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verification.independent import bundle as rules
from verification.independent import envelope, recount
from verification.independent.canonical import NotCanonical, canonical, read_json
from verification.independent.count import BAD_INPUT, Parser
from verification.independent.refusal import Refused
from verification.independent.schema import faults

VERIFIED, BLOCKED, INVALID = 0, 2, 6
SCHEMA = Path(__file__).resolve().parent.parent / "bundle.schema.json"
"""This program's own: the one in the folder could have been made to allow anything."""


@dataclass
class Verdict:
    """What the check found."""

    status: str
    reasons: Sequence[str] = ()
    problems: list[str] = field(default_factory=list)
    signature: str = "not checked: no --public-key"

    @property
    def exit_code(self) -> int:
        """0 verified, 2 blocked, 6 invalid."""
        return INVALID if self.problems else VERIFIED if self.status == "verified" else BLOCKED

    def lines(self) -> list[str]:
        """For people: the verdict last."""
        if self.problems:
            return [*self.problems, f"Signature: {self.signature}.", f"invalid: {len(self.problems)} disagreements"]
        told = self.status if self.status == "verified" else f"blocked: {', '.join(self.reasons)}"
        return ["Schema, digests, decision and recount agree.", f"Signature: {self.signature}.", told]


def check(folder: Path, raw_ledger: Path | None = None, public_key: Path | None = None) -> Verdict:
    """Check the bundle in a folder.

    Raises:
        OSError: the folder has no bundle, or a file cannot be read.
        UnusableKey, Refused: the public key or raw ledger cannot be read.
    """
    key = envelope.read_key(public_key) if public_key else None
    content = (folder / "bundle.json").read_bytes()
    try:
        found = read_json(content)
        problems = [f"The schema forbids {fault}." for fault in faults(found, read_json(SCHEMA.read_bytes()))]
        if problems:
            return Verdict("blocked", problems=problems)
        if canonical(found) != content:
            problems.append("bundle.json is not in its canonical form.")
    except NotCanonical as error:
        return Verdict("blocked", problems=[f"bundle.json: {error}"])
    problems += rules.disagreements(found)
    problems += _schema_beside(folder)
    about_the_signature = _envelope_beside(folder, found, content, key)
    problems += about_the_signature
    known, counted = recount.known_answer(found, folder / "ledger.csv")
    problems += known
    if raw_ledger is not None:
        problems += recount.raw_ledger(found, raw_ledger)
    decision = found["decision"]
    status = "verified" if decision["status"] == "verified" and counted == "verified" else "blocked"
    verdict = Verdict(status, decision["reasons"], problems)
    if key is not None:
        verdict.signature = "wrong" if about_the_signature else "good"
    return verdict


def _schema_beside(folder: Path) -> list[str]:
    """Whether the bundle brings the schema that it was checked against."""
    if (folder / "bundle.schema.json").read_bytes() == SCHEMA.read_bytes():
        return []
    return ["The schema in the folder is not the one of this program."]


def _envelope_beside(folder: Path, found: Mapping[str, Any], content: bytes, key: bytes | None) -> list[str]:
    """What is wrong with the signed copy."""
    try:
        dsse = read_json((folder / "bundle.dsse.json").read_bytes())
    except NotCanonical:
        return [envelope.NO_ENVELOPE]
    return envelope.problems(dsse, content, key, found["decision"]["signed"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the arguments name and print what was found; answers the exit code."""
    parser = Parser(prog="python -m verification.independent", description="Checks an evidence bundle.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder that holds bundle.json")
    parser.add_argument("--raw-ledger", metavar="FILE", type=Path, help="the ledger that was compared, to count again")
    parser.add_argument("--public-key", metavar="FILE", type=Path, help="the key that must have signed, in base64")
    options = parser.parse_args(arguments)
    try:
        verdict = check(options.folder, options.raw_ledger, options.public_key)
    except (OSError, envelope.UnusableKey, Refused) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    sys.stdout.write("\n".join(verdict.lines()) + "\n")
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
