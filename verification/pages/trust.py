"""Whether a bundle is what it claims to be: its digests, recount and signature, checked when the page is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from verification import signing
from verification.independent import __main__ as independent
from verification.independent.refusal import Refused
from verification.pages import words
from verification.pages.shelf import Folder, NotThere

LARGEST = 10_000_000
"""Bytes of a bundle's files together that are checked for a page; `release_verify` checks any."""

OTHER_VERSION = (
    "Another version of the program made it, or it was altered: check it with release_verify of its own commit."
)

Stamp = tuple[tuple[str, int, int], ...]
"""Name, bytes and time of change of each file: while these stay, so does the verdict."""


@dataclass(frozen=True)
class Trust:
    """What a check found. `mark` sums it up; `signature` says what is known of the signature, in a sentence."""

    mark: words.Mark
    sentence: str
    problems: tuple[str, ...]
    signature: str
    signature_mark: words.Mark


def trust(folder: Folder) -> Trust:
    """Check a bundle with the independent program, and its signature with this server's key where it has one."""
    if sum(size for _, size in folder.files) > LARGEST:
        return _unchecked("It is too large to be checked for a page.")
    stamp = tuple((name, size, (folder.path / name).stat().st_mtime_ns) for name, size in folder.files)
    return _trust(folder, stamp, settings.RELEASE_SIGNING_KEY)


@lru_cache(maxsize=64)
def _trust(folder: Folder, stamp: Stamp, key: str) -> Trust:
    names = {name for name, _, _ in stamp}
    missing = [name for name in ("bundle.json", "bundle.schema.json", "bundle.dsse.json") if name not in names]
    if missing:
        return _unchecked(f"Its folder lacks {', '.join(missing)}.")
    try:
        verdict = independent.check(folder.path)
    except (OSError, Refused, RecursionError) as error:
        return _unchecked(f"It cannot be checked: {error}")
    signature, colour = _signature(folder, key)
    if verdict.problems:
        is_other = (folder.path / "bundle.schema.json").read_bytes() != independent.SCHEMA.read_bytes()
        mark = words.Mark("another version", "alert", "warn") if is_other else words.Mark("does not agree", "x", "neg")
        sentence = OTHER_VERSION if is_other else "What the bundle says does not hold together: something was altered."
        return Trust(mark, sentence, tuple(verdict.problems), signature, colour)
    sentence = "Schema, digests and decision agree, and the raw rows count to the same totals."
    return Trust(words.Mark("agrees", "check", "pos"), sentence, (), signature, colour)


def _unchecked(sentence: str) -> Trust:
    nothing = words.Mark("not checked", "info", "mute")
    return Trust(nothing, sentence, (), "The signature was not checked.", nothing)


def _signature(folder: Folder, setting: str) -> tuple[str, words.Mark]:
    """What is known of the signature: none, of this server's key, of another, or wrong."""
    try:
        envelope = json.loads(folder.file("bundle.dsse.json").read_bytes())
        keys = [str(signature["keyid"]) for signature in envelope["signatures"]]
    except (OSError, NotThere, ValueError, KeyError, TypeError, RecursionError):
        return "The signed envelope cannot be read.", words.Mark("unreadable", "x", "neg")
    if not keys:
        return "The bundle is not signed.", words.Mark("not signed", "info", "mute")
    named = ", ".join(words.short(key) for key in keys)
    try:
        key = signing.signing_key(setting)
    except signing.UnusableKey:
        key = None
    if key is None:
        told = f"Signed by the key {named}. This server has no key to check it with: use release_verify --public-key."
        return told, words.Mark("signed, not checked", "info", "mute")
    if signing.key_id(key) not in keys:
        return f"Signed by the key {named}, not by this server's.", words.Mark("another key", "alert", "warn")
    try:
        problem = signing.signature_problem(envelope, folder.file("bundle.json").read_bytes(), key.public_key())
    except (OSError, NotThere, ValueError, KeyError, TypeError):
        problem = "The envelope cannot be read."
    if problem:
        return problem, words.Mark("wrong signature", "x", "neg")
    return f"Signed by this server's key, {named}.", words.Mark("signature holds", "check", "pos")
