"""Every word, sign and colour of verdict on the pages of evidence, as `pages/*.txt` hold them.

A page that is meant to say something else from now on has its file replaced by what the failing test shows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from budget.tests.security.client import CheckedClient
from verification.gates.base import Json
from verification.matrix.cells import ACTIONS
from verification.pages import proofs
from verification.pages.soft import Soft
from verification.tests.bundles import KEY, NEWER, OLDER, full_bundle, put, sound_bundle, stopped_bundle
from verification.tests.readable import readable
from verification.tests.test_pages import SECRET_OF_THE_KEY, desk, page, place

__all__ = ["desk", "place"]
pytestmark = pytest.mark.django_db
TEXTS = Path(__file__).parent / "pages"


def said(answer: Any, bundle: dict[str, Json]) -> str:
    """What a page says; digests that follow the code, and sizes, under names."""
    text = readable(answer.text)
    for name, digest in (("digest", bundle["payload_digest"]), ("policy", bundle["decision"]["policy_sha256"])):
        for length in (16, 12):
            text = text.replace(digest[:length], f"<{name}, {length}>")
    return re.sub(r"\b[\d,]+\.\d kB", "<size>", text)


def expected(name: str) -> str:
    return (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


def test_blocked_bundle_after_a_verified_one(desk: CheckedClient, place: Path) -> None:
    put(place, OLDER, sound_bundle(), key=None)
    put(place, NEWER, bundle := full_bundle())

    assert said(desk.get(page(NEWER)), bundle) == expected("blocked")


def test_verified_bundle_with_a_good_signature(desk: CheckedClient, place: Path, settings: Settings) -> None:
    settings.RELEASE_SIGNING_KEY = SECRET_OF_THE_KEY
    put(place, NEWER, bundle := sound_bundle(), KEY)

    assert said(desk.get(page(NEWER)), bundle) == expected("verified")


def test_bundle_of_a_run_that_an_early_gate_stopped(desk: CheckedClient, place: Path) -> None:
    put(place, NEWER, bundle := stopped_bundle(), key=None)

    assert said(desk.get(page(NEWER)), bundle) == expected("stopped")


def test_bundle_whose_raw_rows_are_others(desk: CheckedClient, place: Path) -> None:
    ledger = put(place, NEWER, bundle := sound_bundle()) / "ledger.csv"
    ledger.write_text(ledger.read_text().replace("851.11", "851.99").replace("852.22", "852.23"))

    assert said(desk.get(page(NEWER)), bundle) == expected("other_rows")


def test_list_with_a_folder_that_cannot_be_read(desk: CheckedClient, place: Path) -> None:
    put(place, OLDER, sound_bundle(), key=None)
    put(place, NEWER, bundle := full_bundle())
    (place / "empty").mkdir()

    assert said(desk.get("/evidence/"), bundle) == expected("list")


def test_trace_of_what_is_shown(desk: CheckedClient, place: Path) -> None:
    put(place, NEWER, bundle := full_bundle())

    text = said(desk.get("/evidence/traceability/", {"shown": "yes"}), bundle)

    assert re.sub(r"(?<=\d of )\d+", "<all>", text) == expected("trace")


@pytest.mark.once
def test_every_action_of_the_matrix_has_its_word() -> None:
    assert (
        dict(zip(ACTIONS, ("Create", "Read", "Change", "Delete", "List", "Somebody else's"), strict=True))
        == proofs.ACTIONS
    )


@pytest.mark.once
@pytest.mark.parametrize(
    ("partial", "problems", "word"), [(0, [], "pass"), (0, ["It committed."], "fail"), (2, [], "fail")]
)
def test_forced_failure_passes_only_without_rows_and_problems(partial: int, problems: list[str], word: str) -> None:
    drill = {"title": "A drill", "partial_rows": partial, "problems": problems}
    bundle = Soft({"gates": [{"id": "rollback", "details": {"drills": [drill]}}]})

    (found,) = proofs.drills(bundle)

    assert (found.mark.word, found.problems, found.partial_rows) == (word, problems, str(partial))


def test_altered_files_are_told_beside_the_commit(desk: CheckedClient, place: Path) -> None:
    bundle = sound_bundle()
    bundle["subject"]["dirty"] = True
    put(place, NEWER, bundle)

    said = readable(desk.get("/evidence/").text)

    assert f"{bundle['subject']['commit']} files differ" in said
