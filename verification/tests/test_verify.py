"""`release_verify`: is a bundle what it claims to be, and about this very code?"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from verification import checking, evidence, signing, wording
from verification.decision import Exit
from verification.gates.base import Json, Status
from verification.known_answer import FIXTURE
from verification.subject import subject
from verification.tests.independent.test_bundle import KEY, bundle, gate, sealed
from verification.tests.samples import sample_gate

pytestmark = pytest.mark.once  # a bundle is files

OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
HERE = {**subject(), "commit": "4e1c9a2f00d", "dirty": False}
Made = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Writes a bundle about this code, with every file, as the release check does."""
    monkeypatch.setattr(checking, "subject", lambda: HERE)

    def write(found: dict[str, Json] | None = None, key: Ed25519PrivateKey | None = KEY) -> Path:
        whole = bundle(subject=HERE) if found is None else found
        if key is None:
            whole["decision"]["signed"] = False
            sealed(whole)
        files = evidence.files(whole, wording.summary(whole), key, ledger=FIXTURE.read_bytes())
        return evidence.write(files, tmp_path, "20261121T091400Z-4e1c9a2f00d")

    return write


def verified(folder: Path, **options: Any) -> tuple[int, str]:
    """The exit code and what is printed."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("release_verify", str(folder), stdout=out, **options)
    return int(str(ended.value.code)), out.getvalue()


def test_a_sound_bundle_about_this_code_is_verified(made: Made, tmp_path: Path):
    """V14, R000-38: the key as text or in a file."""
    place, key = made(), tmp_path / "key.pub"
    key.write_text(signing.public_text(KEY) + "\n", encoding="ascii")

    assert verified(place) == (Exit.VERIFIED, "verified, signature not checked: no --public-key\n")
    for given in (str(key), signing.public_text(KEY)):
        assert verified(place, public_key=given, profile="embedded") == (Exit.VERIFIED, "verified, signature good\n")


def test_an_unsigned_bundle_says_so_and_fails_where_a_key_is_demanded(made: Made):
    place = made(key=None)

    assert verified(place) == (Exit.VERIFIED, "verified, not signed\n")
    code, told = verified(place, public_key=signing.public_text(KEY))
    assert (code, "not signed" in told) == (Exit.INVALID, True)


def test_a_blocked_bundle_is_sound_and_still_no_release(made: Made):
    """V14: exit 2, so that a deployment does not go on."""
    place = made(bundle(gate(), sample_gate("crud", Status.FAIL, "crud_failed"), subject=HERE))

    assert verified(place) == (Exit.BLOCKED, "blocked, signature not checked: no --public-key\n")


@pytest.mark.parametrize("file", ["bundle.json", "bundle.dsse.json", "ledger.csv", "bundle.schema.json"])
def test_one_byte_changed_is_noticed(made: Made, file: str):
    """V14: in the bundle, its envelope, its raw rows or its schema; exit 6."""
    place = made()
    content = bytearray((place / file).read_bytes())
    middle = next(n for n in range(len(content) // 2, len(content)) if chr(content[n]).isdigit())
    content[middle] = ord("1") if content[middle] != ord("1") else ord("2")
    (place / file).write_bytes(bytes(content))

    code, told = verified(place, public_key=signing.public_text(KEY))

    assert code == Exit.INVALID
    assert told.splitlines()[-1] == "invalid"
    assert len(told.splitlines()) > 1


def test_another_key_is_noticed(made: Made):
    """V14: signed by somebody else."""
    assert verified(made(), public_key=signing.public_text(OTHER)) == (
        Exit.INVALID,
        "The bundle is signed by another key.\ninvalid\n",
    )


def test_an_old_bundle_is_none_for_a_new_commit(made: Made, monkeypatch: pytest.MonkeyPatch):
    """V14: by its commit, and by its files where the commit is the same."""
    place = made()

    assert verified(place, commit="f" * 40)[1].startswith("It is about commit 4e1c9a2f00d, not about ffffffffffff.")
    monkeypatch.setattr(checking, "subject", lambda: {**HERE, "tree_sha256": "0" * 64})
    assert verified(place) == (
        Exit.INVALID,
        "Files of the program have been altered since the bundle was made.\ninvalid\n",
    )
    monkeypatch.setattr(checking, "subject", lambda: {**HERE, "commit": "unknown"})
    assert verified(place)[0] == Exit.VERIFIED


def test_a_bundle_of_a_dirty_tree_is_none(made: Made):
    """V14: whatever it says, nobody can get at what was judged."""
    code, told = verified(made(bundle(subject={**HERE, "dirty": True})))

    assert (code, "files that differ from commit" in told) == (Exit.INVALID, True)


def test_a_bundle_of_another_profile_is_none(made: Made):
    code, told = verified(made(), profile="production", public_key=signing.public_text(KEY))

    assert (code, "judged by the profile embedded, not by production" in told) == (Exit.INVALID, True)


@pytest.mark.parametrize("options", [{"public_key": ""}, {"profile": "production"}])
def test_no_signature_is_taken_on_trust(made: Made, options: dict[str, str]):
    """V14: an empty key is none, and production demands one: a pipeline whose variable is unset must not go on."""
    with pytest.raises(CommandError) as refused:
        call_command("release_verify", str(made()), **options)

    assert refused.value.returncode == Exit.BAD_INPUT


@pytest.mark.parametrize("file", ["statement.json", "junit.xml", "summary.txt"])
def test_what_people_read_must_be_what_the_bundle_makes(made: Made, file: str):
    """V14: no signature covers these files, so they are made anew and compared."""
    place = made()
    (place / file).write_text("VERIFIED by everybody\n", encoding="utf-8")

    assert verified(place) == (Exit.INVALID, f"{file} is not the one that this bundle makes.\ninvalid\n")


def test_a_verdict_that_does_not_follow_is_noticed(made: Made):
    """R000-14: a blocked gate under a verified decision, sealed anew and signed."""
    found = bundle(subject=HERE)
    found["gates"][1]["checks"][0]["status"] = "fail"

    assert verified(made(sealed(found)))[0] == Exit.INVALID


@pytest.mark.parametrize("options", [{}, {"public_key": "no key"}])
def test_what_is_not_there_or_no_key_is_bad_input(made: Made, tmp_path: Path, options: dict[str, str]):
    """V4: exit 4 in one sentence."""
    folder = made() if options else tmp_path / "nowhere"

    with pytest.raises(CommandError, match=r"There is no file|must be 32 bytes") as refused:
        call_command("release_verify", str(folder), **options)

    assert refused.value.returncode == Exit.BAD_INPUT


def test_the_statement_is_about_the_same_bundle(made: Made):
    place = made()
    statement = json.loads((place / "statement.json").read_bytes())

    digests = {entry["name"]: entry["digest"]["sha256"] for entry in statement["predicate"]["configuration"]}
    assert digests["bundle.json"] == hashlib.sha256((place / "bundle.json").read_bytes()).hexdigest()
