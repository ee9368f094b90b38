"""The bundles that lie in the evidence folder. A name from an address is looked up, never put into a path unchecked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

from verification.pages.soft import Soft

NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,119}")
MOMENT = re.compile(r"\d{8}T\d{6}Z")
HALF = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half of a character, as JSON may spell it; alone it is no text."""

RESERVED = frozenset({"reading", "traceability"})
"""Names that are pages; no bundle can have them."""

LARGEST = 5_000_000
"""Bytes of a `bundle.json` that is read for a page; a run writes at most 200,000."""


class Kind(NamedTuple):
    """What a file of a bundle is, for a browser and for people."""

    content_type: str
    what: str


FILES: Mapping[str, Kind] = {
    "bundle.json": Kind("application/json", "The bundle: everything that was found"),
    "bundle.dsse.json": Kind("application/json", "The bundle once more, in its signed envelope"),
    "bundle.schema.json": Kind("application/schema+json", "What a bundle may hold"),
    "statement.json": Kind("application/vnd.in-toto+json", "The result as an in-toto statement"),
    "junit.xml": Kind("application/xml", "One test case for each check, for build servers"),
    "summary.txt": Kind("text/plain; charset=utf-8", "The outcome in 40 lines"),
    "ledger.csv": Kind("text/csv; charset=utf-8", "The raw rows of the known answer"),
}
"""Every file that a bundle has and a page hands out; whatever else lies in its folder stays there."""


class NotThere(Exception):
    """There is no bundle, or no file, of that name."""


class NotReadable(Exception):
    """The folder is there and holds nothing that can be shown; the sentence says why."""


@dataclass(frozen=True)
class Folder:
    """One bundle's folder."""

    path: Path

    @property
    def name(self) -> str:
        """The bundle's name."""
        return self.path.name

    @cached_property
    def files(self) -> list[tuple[str, int]]:
        """The known files that are there, with their bytes; none where the folder cannot be opened."""
        found = [(name, self.path / name) for name in FILES]
        try:
            return [(name, file.stat().st_size) for name, file in found if file.is_file() and not file.is_symlink()]
        except OSError:
            return []

    def file(self, name: str) -> Path:
        """Where a known file lies.

        Raises:
            NotThere: it is none of the known files, it is missing, or it leads elsewhere.
        """
        if name not in dict(self.files):
            raise NotThere
        return self.path / name

    def read(self) -> Soft:
        """The bundle.

        Raises:
            NotReadable: there is none, or it is not the JSON of a bundle.
        """
        try:
            file = self.file("bundle.json")
            if file.stat().st_size > LARGEST:
                raise NotReadable(f"bundle.json is larger than {LARGEST // 1_000_000} MB.")
            content = file.read_bytes()
            found = json.loads(content, parse_constant=lambda _: None)
            if HALF.search(content):
                json.dumps(found, ensure_ascii=False).encode()  # raises where half a character could not be shown
        except NotThere:
            raise NotReadable("It has no bundle.json.") from None
        except OSError as error:
            raise NotReadable(f"bundle.json cannot be opened: {error.strerror}.") from None
        except (ValueError, RecursionError):
            raise NotReadable("bundle.json is not JSON.") from None
        if not isinstance(found, dict) or not isinstance(found.get("decision"), dict):
            raise NotReadable("bundle.json is not a bundle: it has no decision.")
        return Soft(found)


def folders() -> list[Folder]:
    """Every folder beneath the evidence folder, the newest first. Drafts of a running check begin with a dot.

    Raises:
        NotReadable: the evidence folder is there and cannot be opened.
    """
    place = Path(settings.EVIDENCE_DIR)
    try:
        found = [
            Folder(inside)
            for inside in place.iterdir()
            if inside.is_dir() and not inside.is_symlink() and not inside.name.startswith(".")
        ]
        return sorted(found, key=lambda folder: (_moment(folder.path), folder.name), reverse=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise NotReadable(f"The evidence folder cannot be opened: {error.strerror}.") from None


def is_addressable(name: str) -> bool:
    """Whether a folder's name can be part of an address."""
    return NAME.fullmatch(name) is not None and name not in RESERVED


def folder(name: str) -> Folder:
    """The bundle of that name.

    Raises:
        NotThere: there is none.
        NotReadable: the evidence folder cannot be opened.
    """
    if is_addressable(name):
        for found in folders():
            if found.name == name:
                return found
    raise NotThere


def before(name: str) -> tuple[Folder, Soft] | None:
    """The newest bundle that is older than the one of that name and can be read."""
    known = folders()
    place = next((place for place, found in enumerate(known) if found.name == name), len(known))
    return newest(known[place + 1 :])


def newest(known: list[Folder]) -> tuple[Folder, Soft] | None:
    """The first that can be read."""
    for found in known:
        if not is_addressable(found.name):
            continue
        try:
            return found, found.read()
        except NotReadable:
            continue
    return None


def _moment(place: Path) -> str:
    """When a bundle was made: as its name says, else when its folder was last touched; sorts as text."""
    if told := MOMENT.match(place.name):
        return told[0]
    try:
        return f"{datetime.fromtimestamp(place.stat().st_mtime, UTC):%Y%m%dT%H%M%SZ}"
    except OSError:
        return ""  # it went while the folder was read
