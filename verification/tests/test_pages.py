"""The evidence pages: for administrators alone, readable whatever lies in the folder, and never leading out of it.

R000-29, R000-34, R000-38, R000-39: the decision with its limits is read without questions, and so is how to rerun it.
"""

from __future__ import annotations

import base64
import json
import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from budget.tests.factories import make_book, make_user
from budget.tests.security.client import CheckedClient
from verification.pages import pretty, shelf, trust, words
from verification.pages.changes import since
from verification.pages.soft import LONGEST, Soft
from verification.tests.bundles import KEY, NEWER, OLDER, full_bundle, put, sound_bundle, stopped_bundle
from verification.wording import TITLES

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # they show files; the database only knows who asks
SECRET_OF_THE_KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Path:
    settings.EVIDENCE_DIR, settings.RELEASE_SIGNING_KEY = tmp_path / "evidence", ""
    (tmp_path / "evidence").mkdir()
    return tmp_path / "evidence"


@pytest.fixture
def desk(place: Path) -> CheckedClient:
    user = make_user(name="Ada Admin", is_staff=True)
    make_book(user)
    return CheckedClient().sign_in(user)


def text(answer: Any) -> str:
    """The words of a page, without markup."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", "", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def page(name: str) -> str:
    return reverse("verification:bundle", args=[name])


# --- Who may look -----------------------------------------------------------------------------------------------------

PATHS = ("/evidence/", "/evidence/reading/", "/evidence/traceability/", f"/evidence/{NEWER}/")


@pytest.mark.parametrize("path", [*PATHS, f"/evidence/{NEWER}/bundle.json"])
def test_strangers_are_led_to_the_login_and_members_find_nothing(place: Path, path: str) -> None:
    put(place, NEWER, sound_bundle())
    member = make_user(name="Max Member")
    make_book(member)
    client = Client()

    stranger = client.get(path)
    client.force_login(member)

    assert (stranger.status_code, stranger.headers["Location"].partition("?")[0]) == (302, "/login/")
    for method in ("get", "head", "post", "put", "delete", "options"):
        assert getattr(client, method)(path).status_code == 404, method


@pytest.mark.parametrize("path", PATHS)
def test_staff_only_reads(desk: CheckedClient, place: Path, path: str) -> None:
    put(place, NEWER, sound_bundle())

    assert desk.get(path).status_code == 200
    assert desk.post(path).status_code == 405


def test_link_is_there_for_staff_alone(desk: CheckedClient) -> None:
    member = make_user(name="Max Member")
    make_book(member)

    assert 'href="/evidence/"' in desk.get("/history/").text
    assert 'href="/evidence/"' not in CheckedClient().sign_in(member).get("/history/").text


def test_staff_without_a_book_reads_too(place: Path) -> None:
    put(place, NEWER, sound_bundle())
    staff = CheckedClient().sign_in(make_user(name="Ada Admin", is_staff=True))

    found = staff.get("/evidence/")

    assert "1.0.0 is ready for release" in text(found)
    assert found.text.count('href="/evidence/" hx-boost') == 2  # in the sidebar and below More
    assert 'href="/transactions/"' not in found.text


# --- The list ---------------------------------------------------------------------------------------------------------


def test_without_bundles_the_command_is_told(desk: CheckedClient, place: Path) -> None:
    place.rmdir()

    found = desk.get("/evidence/")

    assert "No bundle yet." in text(found)
    assert "python3 manage.py release_check" in text(found)


def test_list_shows_the_newest_first_with_its_decision(desk: CheckedClient, place: Path) -> None:
    put(place, OLDER, sound_bundle(), key=None)
    put(place, NEWER, full_bundle())

    found = text(desk.get("/evidence/"))

    blocked, ready = found.index("1.0.0 is blocked, ready for demo only"), found.index("1.0.0 is ready for release")
    assert blocked < ready
    for told in ("blocked", "Groceries differ by a lot.", "4e1c9a2f00d", "embedded", "21 November 2026, 09:14 UTC"):
        assert told in found[blocked:ready], told
    assert "20.0 s" in found


def test_names_that_say_no_time_are_sorted_by_their_folders(desk: CheckedClient, place: Path) -> None:
    put(place, NEWER, sound_bundle())
    os.utime(put(place, "by-hand", sound_bundle()), (0, 0))

    assert [found.name for found in shelf.folders()] == [NEWER, "by-hand"]


def test_folders_that_cannot_be_read_are_named(desk: CheckedClient, place: Path) -> None:
    contents = {
        "a-empty": None,
        "b-broken": b'{"a"',
        "c-list": b"[1]",
        "d-other": b'{"name": 1}',
        "e-deep": b"[" * 200_000,
        "e-half": rb'{"decision": {"term": "\ud800"}}',
        "f-large": b" " * (shelf.LARGEST + 1),
        "traceability": b"{}",
        "odd <b>name": b"{}",
    }
    for name, content in contents.items():
        (place / name).mkdir()
        if content is not None:
            (place / name / "bundle.json").write_bytes(content)
    (place / ".unfinished-1").mkdir()
    (place / "file.txt").write_text("no folder")

    found = desk.get("/evidence/")

    assert all(name in text(found) for name in contents)
    assert "odd &lt;b&gt;name" in found.text
    told = ("It has no bundle.json.", "bundle.json is not JSON.", "it has no decision.", "larger than 5 MB", "Its name")
    assert all(why in text(found) for why in told)
    assert ".unfinished" not in found.text
    assert "file.txt" not in found.text
    for name in list(contents)[:7]:
        assert "This bundle cannot be read" in text(desk.get(page(name))), name


def test_names_that_are_no_text_and_folders_that_go_are_no_fault(
    desk: CheckedClient, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place, "by-hand", sound_bundle())
    os.mkdir(bytes(place) + b"/odd-\xff")
    stat = Path.stat

    def gone(self: Path, **options: Any) -> Any:
        if self.parent == place and not options:
            raise FileNotFoundError(2, "No such file or directory")
        if self.parent.name == "by-hand":
            raise PermissionError(13, "Permission denied")
        return stat(self, **options)

    assert "odd-?" in text(desk.get("/evidence/"))
    monkeypatch.setattr(Path, "is_dir", lambda self: True)
    monkeypatch.setattr(Path, "is_symlink", lambda self: False)
    monkeypatch.setattr(Path, "stat", gone)
    assert "It has no bundle.json." in text(desk.get("/evidence/"))


def test_folder_that_cannot_be_opened_is_told(desk: CheckedClient, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    settings.EVIDENCE_DIR = file

    assert "The evidence folder cannot be opened: Not a directory." in text(desk.get("/evidence/"))
    assert "No table yet." in text(desk.get("/evidence/traceability/"))


@pytest.mark.parametrize(
    ("asked", "newer", "older"),
    [
        ("", False, True),
        ("2", True, False),
        ("0", False, True),
        ("99", True, False),
        ("x", False, True),
        ("²", False, True),
    ],
)
def test_many_bundles_are_paged(desk: CheckedClient, place: Path, asked: str, newer: bool, older: bool) -> None:
    content = json.dumps(sound_bundle())
    for day in range(1, 24):
        folder = place / f"202611{day:02}T000000Z-abc"
        folder.mkdir()
        (folder / "bundle.json").write_text(content)

    found = desk.get("/evidence/", {"page": asked}).text

    assert found.count("is ready for release") == (20 if older else 3)
    assert ('rel="prev"' in found, 'rel="next"' in found) == (newer, older)


# --- One bundle -------------------------------------------------------------------------------------------------------


def test_sound_bundle_says_so(desk: CheckedClient, place: Path) -> None:
    """R000-35: the decision is the heading, in the words of the policy."""
    put(place, NEWER, sound_bundle())

    found = desk.get(page(NEWER))

    assert re.search(r"<h1[^>]*>1\.0\.0 is ready for release</h1>", found.text)
    for told in (
        "agrees",
        "signed, not checked",
        "not applicable",
        "planted faults: 20 of 20 detected",
        "tolerance 0.01",
        "EUR 17,091.54 17,091.54 0.00 match",
        "Rows changed there 0",
        "It ends with exit code 0",
        '"crud_matrix": "pass"',
    ):
        assert told in text(found), told
    assert "What changed" not in text(found)


def test_everything_in_a_bundle_is_shown(desk: CheckedClient, place: Path) -> None:
    put(place, NEWER, full_bundle())

    found = text(desk.get(page(NEWER)))

    for told in (
        "1.0.0 is blocked, ready for demo only",
        "Schema 125 constraints, 1 drift pass 1.5 s",
        "Create, read, change, delete 6 cells, 1 empty pass 1.5 s",
        "Rollback drill 2 forced failures, 3 partial rows",
        "Independent check 300 rows counted twice, largest gap 1,415.36 fail",
        "verification.known_answer Expected equal; observed 309 and 309 rows. Groceries differ.",
        "transaction 812 differs",
        "and 8 more",
        "1, 2026-11, Groceries, EUR 1,412.36 −3.00 −1,415.36 4 and 3",
        "2 more, in bundle.json. “Groceries” has the rows of “Food”.",
        "3 of 6 as expected",
        "refused",
        "The row lacks its name.",
        "empty",
        "Transfer that fails",
        "rows of transaction 1 2,403 1 1",
        "sum of transaction.amount 77.77 77.76 77.77 77.77",
        "3 rows stayed",
        "19 of 20 detected",
        "A lost cent Schema schema.all: seen not detected",
        "does not agree",
        "p50 1.2 ms",
    ):
        assert told in found, told
    assert found.index("A lost cent") < found.index("A fault")
    assert "allocation.amount" not in found.split("Evidence bundle")[0]


def test_gates_that_did_not_run_are_no_pass(desk: CheckedClient, place: Path) -> None:
    put(place, NEWER, stopped_bundle())

    found = text(desk.get(page(NEWER)))

    assert found.count("an earlier gate failed not run") >= 2
    assert "is blocked" in found
    assert "crud.all Expected 0 differing" in found
    assert "Two ways to the same totals" not in found
    assert "Every model" not in found


@pytest.mark.parametrize("alter", ["missing", "other", "broken", "large", "unreadable"])
def test_raw_rows_that_are_not_those_compared_are_told(
    desk: CheckedClient, place: Path, monkeypatch: pytest.MonkeyPatch, alter: str
) -> None:
    folder = put(place, NEWER, sound_bundle())
    ledger = folder / "ledger.csv"
    expected = {
        "missing": "does not lie beside the bundle",
        "other": "ledger.csv is another file than the one that was compared.",
        "broken": "ledger.csv cannot be counted",
        "large": "too large to be counted for a page",
        "unreadable": "ledger.csv cannot be opened",
    }
    if alter == "missing":
        ledger.unlink()
    elif alter == "other":
        ledger.write_text(ledger.read_text().replace("851.11", "851.99").replace("852.22", "852.23"))
    elif alter == "broken":
        ledger.write_text("user_id,date\n1,2024-01-01\n")
    elif alter == "large":
        monkeypatch.setattr("verification.pages.totals.LARGEST", 10)
    else:
        monkeypatch.setattr(Path, "open", refuse_to_open(Path.open, "ledger.csv"))

    found = text(desk.get(page(NEWER)))

    assert expected[alter] in found
    if alter == "other":
        assert "differs" in found
        assert "within tolerance" in found
    elif alter in ("missing", "large"):
        assert "not run" in found


def refuse_to_open(original: Any, name: str) -> Any:
    def opened(self: Path, *args: Any, **kwargs: Any) -> Any:
        if self.name == name:
            raise PermissionError(13, "Permission denied")
        return original(self, *args, **kwargs)

    return opened


def test_bundle_of_another_version_shows_what_is_known(desk: CheckedClient, place: Path) -> None:
    found = sound_bundle()
    found["bundle_version"] = "7.0"
    del found["database"], found["run"], found["rerun"], found["safety"], found["scope"], found["inputs"]
    found["gates"] = [{"id": "quantum", "status": "superposed", "checks": "none", "duration_ms": "x"}, 7, None]
    found["controls"] = {"a": 1}
    found["decision"] |= {"status": "deferred", "reasons": None}
    for name, content in (("1-odd", found), ("2-bare", {"decision": {}})):
        folder = place / name
        folder.mkdir()
        (folder / "bundle.json").write_text(json.dumps(content))

    odd, bare = text(desk.get(page("1-odd"))), text(desk.get(page("2-bare")))

    assert "This bundle has version 7.0; these pages know 1.0." in odd
    assert "superposed" in odd
    assert "1.0.0: no decision" in odd
    assert "Its folder lacks bundle.schema.json, bundle.dsse.json." in odd
    assert "This bundle has no version" in bare
    assert "time unknown" in bare
    assert "deferred" in text(desk.get("/evidence/"))


def test_texts_of_a_bundle_are_no_markup(desk: CheckedClient, place: Path) -> None:
    found = full_bundle()
    content = json.dumps(found).replace("Groceries", "<script>alert(1)</script>").replace("A fault", "<img src=x>")
    folder = place / NEWER
    folder.mkdir()
    (folder / "bundle.json").write_text(content)

    shown = desk.get(page(NEWER)).text

    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert "<img" not in shown


def test_large_bundle_is_not_shown_inline(desk: CheckedClient, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(place, NEWER, sound_bundle())
    monkeypatch.setattr(pretty, "LARGEST", 1000)

    found = desk.get(page(NEWER))

    assert "It is too large for a page." in text(found)
    assert "data-copy" in found.text  # of the command
    assert 'id="json"' not in found.text


def test_pretty_json_is_made_denser_until_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    found = full_bundle()
    whole = pretty.bundle_text(found)
    monkeypatch.setattr(pretty, "LARGEST", len(whole.encode()) - 1)
    denser = pretty.bundle_text(found)
    monkeypatch.setattr(pretty, "LARGEST", 1000)

    assert json.loads(denser) == found
    assert len(denser) < len(whole)
    assert pretty.bundle_text(found) == ""


def test_pretty_json_is_the_same_json() -> None:
    found = full_bundle()
    told = pretty.bundle_text(found)
    deep: Any = "end"
    for _ in range(60):
        deep = [deep, "x" * 30]

    assert json.loads(told) == found
    assert list(json.loads(told))[:4] == list(pretty.FIRST)
    assert json.loads(pretty.pretty(deep)) == deep
    assert max(len(line) for line in told.splitlines()) < 400
    assert len(told.splitlines()) < len(json.dumps(found, indent=1).splitlines()) / 2


# --- Trust ------------------------------------------------------------------------------------------------------------


def test_altered_bundle_does_not_agree(desk: CheckedClient, place: Path) -> None:
    """One byte is enough, and the page notices it on the next look."""
    folder = put(place, NEWER, sound_bundle())
    assert "agrees" in text(desk.get(page(NEWER)))
    file = folder / "bundle.json"
    file.write_bytes(file.read_bytes().replace(b'"sql_rows":300', b'"sql_rows":301'))

    found = text(desk.get(page(NEWER)))

    assert "does not agree" in found
    assert "payload_digest is not that of the bundle" in found


@pytest.mark.parametrize(
    ("setting", "key", "told"),
    [
        (SECRET_OF_THE_KEY, KEY, "signature holds"),
        (base64.b64encode(bytes(32)).decode(), KEY, "another key"),
        ("no key", KEY, "signed, not checked"),
        ("", KEY, "signed, not checked"),
        (SECRET_OF_THE_KEY, None, "not signed"),
    ],
)
def test_signature_is_checked_with_the_server_s_key(
    place: Path, settings: Settings, setting: str, key: Any, told: str
) -> None:
    settings.RELEASE_SIGNING_KEY = setting
    put(place, NEWER, sound_bundle(), key=key)

    assert trust.trust(shelf.folder(NEWER)).signature_mark.word == told


def test_wrong_signature_and_unreadable_envelopes_are_told(place: Path, settings: Settings) -> None:
    settings.RELEASE_SIGNING_KEY = SECRET_OF_THE_KEY
    envelope = put(place, NEWER, sound_bundle()) / "bundle.dsse.json"
    sound = json.loads(envelope.read_text())
    keyid = sound["signatures"][0]["keyid"]

    def mark(content: Any) -> str:
        envelope.write_text(content if isinstance(content, str) else json.dumps(content))
        return trust.trust(shelf.folder(NEWER)).signature_mark.word

    assert mark(sound | {"signatures": [{"keyid": keyid, "sig": base64.b64encode(bytes(64)).decode()}]}) == (
        "wrong signature"
    )
    assert mark(sound | {"signatures": [{"keyid": keyid, "sig": "?"}]}) == "wrong signature"
    assert mark(sound | {"signatures": [{"keyid": keyid}]}) == "wrong signature"
    assert mark("{") == "unreadable"
    assert mark({"signatures": 7}) == "unreadable"


def test_bundle_of_another_schema_is_told_apart(place: Path) -> None:
    folder = put(place, NEWER, sound_bundle())
    (folder / "bundle.schema.json").write_text("{}")

    assert trust.trust(shelf.folder(NEWER)).mark.word == "another version"


def test_bundle_too_large_or_unopened_is_not_checked(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(place, NEWER, sound_bundle())
    with monkeypatch.context() as patch:
        patch.setattr(trust, "LARGEST", 1000)
        assert trust.trust(shelf.folder(NEWER)).sentence == "It is too large to be checked for a page."

    def refuse(*args: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("verification.independent.__main__.check", refuse)
    assert "It cannot be checked" in trust.trust(shelf.folder(NEWER)).sentence


# --- Since the one before ---------------------------------------------------------------------------------------------


def test_changes_since_the_bundle_before(desk: CheckedClient, place: Path) -> None:
    old = sound_bundle()
    old["subject"]["commit"] = "aaaaaaaaaaaabbbb"
    old["controls"][0] |= {"id": "gone", "title": "Planted long ago"}
    put(place, OLDER, old)
    (place / "20261120T090000Z-broken").mkdir()
    (place / "20261120T090000Z odd").mkdir()
    put(place, NEWER, full_bundle())

    found = text(desk.get(page(NEWER)))
    found = found[found.index("What changed since") :]
    assert "Nothing but times" not in found

    for told in (
        OLDER,
        "Commit aaaaaaaaaaaa 4e1c9a2f00d",
        "Profile embedded, the same",
        "verification.known_answer pass fail",
        "A lost cent: no longer detected",
        "Planted long ago planted no longer",
        "planted for the first time",
        "Schema 1.5 s 1.5 s",
        "Database connection 1.5 s 1.5 s",
        "The whole run 20.0 s 20.0 s",
        "3 checks ended in another way, came or went.",
    ):
        assert told in found, told


def test_run_that_planted_no_fault_is_not_compared_fault_by_fault(desk: CheckedClient, place: Path) -> None:
    put(place, OLDER, sound_bundle())
    put(place, NEWER, stopped_bundle())
    sound, stopped = Soft(sound_bundle()), Soft(stopped_bundle())

    assert "No fault was planted in this run." in text(desk.get(page(NEWER)))
    assert [since(stopped, sound).unplanted, since(stopped, stopped).unplanted] == [
        "in the run before",
        "in either run",
    ]
    assert since(stopped, sound).faults_added == since(sound, stopped).faults_gone == []


def test_same_evidence_is_said_to_be_the_same(desk: CheckedClient, place: Path) -> None:
    put(place, OLDER, sound_bundle())
    put(place, NEWER, sound_bundle())

    found = text(desk.get(page(NEWER)))

    assert "Nothing but times: both bundles have the same digest." in found
    assert "Every check ended as before. The same faults were planted." in found
    assert since(
        Soft(sound_bundle()), Soft({"gates": [{"id": "new", "checks": [{"id": "c", "status": "fail"}]}]})
    ).checks


# --- Files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", shelf.FILES)
def test_files_are_handed_out_as_they_are(desk: CheckedClient, place: Path, file: str) -> None:
    folder = put(place, NEWER, sound_bundle())

    found = desk.get(reverse("verification:file", args=[NEWER, file]))

    assert found.getvalue() == (folder / file).read_bytes()
    assert found.headers["Content-Type"] == shelf.FILES[file].content_type
    assert found.headers["Content-Disposition"] == f'attachment; filename="{NEWER}-{file}"'
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        f"/evidence/{NEWER}/secret.txt",
        f"/evidence/{NEWER}/link.txt",
        f"/evidence/{NEWER}/summary.txt",
        f"/evidence/{NEWER}/..%2f..%2fsecret.txt",
        "/evidence/../evidence/",
        "/evidence/%2e%2e/bundle.json",
        "/evidence/..%2fevidence/bundle.json",
        "/evidence/linked/bundle.json",
        "/evidence/linked/",
        "/evidence/.unfinished-1/bundle.json",
        "/evidence/nothing/",
        "/evidence/nothing/bundle.json",
        "/evidence/reading/bundle.json",
        f"/evidence/{'x' * 300}/",
    ],
)
def test_no_address_leads_out_of_the_folder(desk: CheckedClient, place: Path, path: str) -> None:
    folder = put(place, NEWER, sound_bundle())
    outside = put(place.parent / "elsewhere", "bundle", sound_bundle())
    (place / "linked").symlink_to(outside)
    (place / ".unfinished-1").mkdir()
    (place / ".unfinished-1" / "bundle.json").write_text("{}")
    (place / "reading").mkdir()
    (place / "reading" / "bundle.json").write_text("{}")
    (folder / "secret.txt").write_text("secret")
    (folder / "summary.txt").unlink()
    (folder / "summary.txt").symlink_to(place.parent / "elsewhere" / "bundle" / "summary.txt")

    assert desk.get(path).status_code == 404


def test_file_that_cannot_be_opened_is_told(desk: CheckedClient, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(place, NEWER, sound_bundle())

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)

    assert "bundle.json cannot be opened: Permission denied." in text(desk.get(page(NEWER)))


# --- Traceability and help --------------------------------------------------------------------------------------------


def test_trace_names_what_shows_each_line(desk: CheckedClient, place: Path) -> None:
    """R000-40, R000-41: line, code, test and gate; critical paths, the vulnerable ones first."""
    put(place, NEWER, full_bundle())

    found = text(desk.get("/evidence/traceability/"))

    for told in (
        "1 of 254 requirement lines shown",
        "R000-9 Schema gate: tables are created, pass recorded. budget.money parse manage.py release_check "
        "budget/tests/test_money.py cents are kept and 4 more schema.tables shown",
        "R000-10",
        "1 vulnerable",
        "budget.reports.queries course tells no no no have a gate recount what it says vulnerable",
        "budget.ledger.operations record writes 21 rules yes no guaranteed",
    ):
        assert told in found, told
    assert found.index("course") < found.index("operations record")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 254),
        ({"shown": "yes"}, 1),
        ({"shown": "no"}, 253),
        ({"system": "R000"}, 48),
        ({"system": "R000", "shown": "yes"}, 1),
        ({"system": "R004", "shown": "yes"}, 0),
        ({"system": "R9", "shown": "maybe"}, 254),
    ],
)
def test_trace_is_filtered(desk: CheckedClient, place: Path, query: dict[str, str], count: int) -> None:
    put(place, NEWER, full_bundle())

    found = desk.get("/evidence/traceability/", query | {"bundle": NEWER})

    assert found.text.count('<span class="b n">R00') == count
    assert f"{count} line" in text(found)
    assert ("No line is left." in found.text) == (count == 0)


def test_trace_without_a_bundle_says_why(desk: CheckedClient, place: Path) -> None:
    empty = text(desk.get("/evidence/traceability/"))
    stopped = stopped_bundle()
    stopped["traceability"] = {}
    put(place, NEWER, stopped)
    (place / "broken").mkdir()

    assert "No table yet." in empty
    assert "has no table: the run was stopped before it was made." in text(desk.get("/evidence/traceability/"))
    assert "That bundle cannot be read" in text(desk.get("/evidence/traceability/?bundle=broken"))
    assert desk.get("/evidence/traceability/?bundle=nothing").status_code == 404
    assert desk.get("/evidence/traceability/?bundle=../evidence").status_code == 404


def test_reading_tells_each_gate_file_and_exit_code(desk: CheckedClient) -> None:
    """R000-43: what each gate proves, and what it does not."""
    found = text(desk.get("/evidence/reading/"))

    for gate in TITLES.values():
        assert gate in found, gate
    for told in (*shelf.FILES, "2 blocked", "RELEASE_SIGNING_KEY", "python3 -m verification.independent", "embedded"):
        assert told in found, told


def test_number_of_queries_does_not_grow_with_bundles(
    desk: CheckedClient, place: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Session, person, books, accounts of the sidebar."""
    put(place, OLDER, sound_bundle())
    put(place, NEWER, full_bundle())

    for path in (*PATHS, f"/evidence/{NEWER}/bundle.json"):
        desk.get(path)
        with django_assert_num_queries(3 if path.endswith(".json") else 4):
            desk.get(path)


# --- Words ------------------------------------------------------------------------------------------------------------


def test_figures_are_read_and_written_with_care() -> None:
    assert words.amount_text(words.amount("-1234567.50")) == "−1,234,567.50"
    assert [words.amount(text) for text in ("1e9", "NaN", "", "١", "1" * 40)] == [None] * 5
    assert [words.duration(ms) for ms in (None, 0, 99, 1500, 125_000)] == ["", "", "99 ms", "1.5 s", "2 min 05 s"]
    assert [words.size(count) for count in (999, 133_049)] == ["999 bytes", "133.0 kB"]
    assert words.moment_text("yesterday") == "time unknown"


def test_missing_values_read_as_nothing() -> None:
    soft = Soft({"a": ["x", 1, None], "long": "y" * 3000, "yes": True})

    assert soft["a"].texts == ["x", "1"]
    assert (soft["b"]["c"].text, soft["b"].number, list(soft["b"]), soft["a"].pairs) == ("", None, [], [])
    assert len(soft["long"].text) == LONGEST + 1
    assert [Soft(number).text for number in (-5, 10**15, 10**5000)] == ["-5", "", ""]
    assert (soft["yes"].is_true, soft["yes"].number, bool(soft["b"]), len(soft["b"])) == (True, None, False, 0)
