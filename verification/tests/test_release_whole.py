"""The whole release check on the sample book: one run, looked at from every side."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification import evidence, signing
from verification.gates.base import GATES
from verification.independent.schema import faults
from verification.tests.running import CODE, Home, Ran

pytestmark = pytest.mark.gate  # on a file of its own, whatever the engine of the run

SCHEMA = json.loads(evidence.SCHEMA_FILE.read_text(encoding="utf-8"))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PLANTED = {
    "STRIPE_API_KEY": "planted-stripe-7c1f0a",
    "SMTP_PASSWORD": "planted-mail-93ab",
    "SENTRY_DSN": "https://planteduser55:plantedword66@planted-host77.example.org/4",
}
LITERALS = (*PLANTED.values(), "planteduser55", "plantedword66", "planted-host77", "only-for-these-tests")


@dataclass(frozen=True)
class Whole:
    """A run that was not disturbed, and the data before and after it."""

    home: Home
    ran: Ran
    before: dict[str, str]
    after: dict[str, str]


def table_digests(database: Path) -> dict[str, str]:
    """A digest of every row of every table."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as session:
        names = [name for (name,) in session.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
        return {
            name: hashlib.sha256(repr(session.execute(f'SELECT * FROM "{name}"').fetchall()).encode()).hexdigest()  # noqa: S608  (a name of the catalogue)
            for name in names
        }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    key = folder / "key"
    key.write_bytes(base64.b64encode(bytes(range(32))))
    home = Home(folder, {**PLANTED, "RELEASE_SIGNING_KEY": str(key), "EMAIL_URL": "consolemail://"})
    home.manage("migrate", "--verbosity", "0")
    home.manage("load_demo")
    before = table_digests(home.database)
    ran = home.check()
    return Whole(home, ran, before, table_digests(home.database))


def test_the_sample_book_is_verified(whole: Whole):
    """V1, R000-13, R000-14, R000-30, R000-35, R000-42: exit 0, gates in their order, planted faults all detected."""
    assert (whole.ran.code, whole.ran.err) == (0, "")
    bundle = whole.ran.bundle
    assert bundle["decision"]["status"] == "verified"
    assert [gate["id"] for gate in bundle["gates"]] == list(GATES)
    assert {control["detected"] for control in bundle["controls"]} == {True}
    assert len(bundle["controls"]) >= 50
    assert bundle["payload_digest"] == evidence.payload_digest(bundle)
    assert bundle["verification_policy_result"] == "verified"


def test_without_a_pool_the_connection_gate_does_not_apply(whole: Whole):
    """V17: not applicable, never a pass."""
    assert whole.ran.bundle["neon_connection_resilience"] == "not_applicable"
    assert whole.ran.bundle["decision"]["profile"] == "embedded"


def test_the_terminal_shows_each_gate_with_its_figure_and_ends_with_the_decision(whole: Whole):
    lines = whole.ran.out.splitlines()

    assert [line[:2] for line in lines[:5]] == ["1 ", "2 ", "3 ", "4 ", "5 "]
    assert "120 cells, 0 empty" in lines[1]
    assert "Planted faults" in lines[5]
    assert lines[-1].endswith(f"is ready for release. Bundle: {whole.ran.place}")
    assert "\x1b" not in whole.ran.out


def test_the_bundle_fits_its_schema_for_both_readers_and_is_small(whole: Whole):
    """EVIDENCE 4, R000-29: under 200 kB, and nothing in it that the schema does not know."""
    bundle = whole.ran.bundle

    jsonschema.Draft202012Validator(SCHEMA).validate(bundle)
    assert faults(bundle, SCHEMA) == []
    assert len(evidence.canonical(bundle)) < evidence.LARGEST


def test_every_planted_wrong_detail_of_a_real_bundle_is_refused(whole: Whole):
    """EVIDENCE 4: a key too many is refused in every object of every gate's details."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    free = {"counts", "sums"}

    def objects(value: object, name: str = "") -> Iterator[dict[str, object]]:
        if isinstance(value, dict):
            if name not in free:
                yield value
            for key, inner in value.items():
                yield from objects(inner, key)
        elif isinstance(value, list):
            yield from (found for inner in value[:1] for found in objects(inner, name))

    tried = 0
    for number, gate in enumerate(whole.ran.bundle["gates"]):
        for found in objects(gate["details"]):
            found["an_unknown_key"] = 1
            spoiled = {**whole.ran.bundle, "gates": [*whole.ran.bundle["gates"]]}
            spoiled["gates"][number] = gate
            assert not validator.is_valid(spoiled)
            del found["an_unknown_key"]
            tried += 1
    assert tried > 20


def test_nothing_was_changed_and_nothing_is_left(whole: Whole):
    """V12: every table is as it was; the drill left no database, no lock and no unfinished bundle."""
    assert whole.after == whole.before
    assert len(whole.before) > 20
    safety = whole.ran.bundle["safety"]
    assert (safety["rows_changed"], safety["messages_sent"]) == (0, 0)
    assert whole.home.scratch_left() == []
    assert [path.name for path in whole.home.bundles()] == [whole.ran.place.name if whole.ran.place else ""]
    assert not whole.home.database.with_name("budget.sqlite3.release-check").exists()


def test_no_secret_is_shown_anywhere(whole: Whole):
    """V15: planted in the environment and in an address: none in any file nor on the terminal."""
    assert [secret for secret in LITERALS if secret in whole.ran.told] == []
    assert str(CODE) not in whole.ran.told.replace(str(whole.ran.place), "")
    assert whole.ran.bundle["redaction"]["findings"] == 0


def test_a_stranger_checks_it_with_the_standard_library_alone(whole: Whole):
    """V14, V16, R000-38: same verdict, raw rows counted again, signature good."""
    key = whole.home.folder / "key.pub"
    key.write_text(signing.public_text(KEY), encoding="ascii")
    words = ["-m", "verification.independent", str(whole.ran.place), "--public-key", str(key)]

    done = subprocess.run(
        [sys.executable, "-S", "-E", *words], cwd=CODE, env={}, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "verified")


@pytest.mark.nightly
def test_ten_runs_on_one_state_have_one_digest(whole: Whole):
    """V1: also with files of Python's own in the way, and in another time zone of the terminal."""
    digests = {whole.home.check().bundle["payload_digest"] for _ in range(9)}

    assert digests == {whole.ran.bundle["payload_digest"]}


@pytest.mark.nightly
def test_one_cent_by_hand_blocks_and_names_the_row(whole: Whole, tmp_path: Path):
    """R000-37, V2: the issue's own proof."""
    home = Home(tmp_path)
    with sqlite3.connect(whole.home.database) as source, sqlite3.connect(home.database) as copy:
        source.backup(copy)
    with sqlite3.connect(home.database) as session:
        (row,) = session.execute("SELECT max(id) FROM budget_transaction WHERE NOT is_transfer").fetchone()
        session.execute("UPDATE budget_transaction SET amount = amount + 10 WHERE id = ?", [row])

    ran = home.check()

    assert ran.code == 2
    assert ran.bundle["decision"]["status"] == "blocked"
    assert f"transaction {row} differs from the history in its amount" in ran.out
    assert str(ran.place) in ran.out.splitlines()[-1]
