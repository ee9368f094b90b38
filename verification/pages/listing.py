"""The list of bundles: a line for each, with its decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from verification.pages import words
from verification.pages.shelf import Folder, NotReadable, is_addressable
from verification.pages.soft import Soft

PER_PAGE = 20
"""Each line costs reading one bundle."""


@dataclass(frozen=True)
class Line:
    """One bundle in the list."""

    name: str
    url: str
    mark: words.Mark
    headline: str
    reason: str
    commit: str
    is_dirty: bool
    profile: str
    made: str
    duration: str
    is_signed: bool


@dataclass(frozen=True)
class Unreadable:
    """A folder that holds no bundle that could be shown."""

    name: str
    why: str


def lines(folders: Sequence[Folder]) -> tuple[list[Line], list[Unreadable]]:
    """The bundles that can be read, in the same order, and the folders that cannot."""
    found: list[Line] = []
    not_read: list[Unreadable] = []
    for folder in folders:
        if not is_addressable(folder.name):
            why = "Its name cannot be an address: letters, digits, dots and dashes, at most 120."
            not_read.append(Unreadable(folder.name.encode(errors="replace").decode(), why))
            continue
        try:
            found.append(_line(folder.name, folder.read()))
        except NotReadable as error:
            not_read.append(Unreadable(folder.name, str(error)))
    return found, not_read


def _line(name: str, bundle: Soft) -> Line:
    decision, subject = bundle["decision"], bundle["subject"]
    return Line(
        name=name,
        url=reverse("verification:bundle", args=[name]),
        mark=words.mark(decision["status"].text),
        headline=headline(bundle),
        reason="" if decision["status"].text == "verified" else decision["explanation"].text,
        commit=words.short(subject["commit"].text) or "unknown",
        is_dirty=subject["dirty"].is_true,
        profile=decision["profile"].text,
        made=words.moment_text(bundle["run"]["started"].text),
        duration=words.duration(bundle["run"]["duration_ms"].number),
        is_signed=decision["signed"].is_true,
    )


def headline(bundle: Soft) -> str:
    """The decision in a few words: "0.1.0 is ready for release"."""
    decision, version = bundle["decision"], bundle["subject"]["version"].text or "This version"
    if decision["status"].text == "verified":
        return f"{version} is {decision['term'].text or 'verified'}"
    if decision["status"].text != "blocked":
        return f"{version}: no decision"
    ready = decision["term"].text == "ready for demo"
    return f"{version} is blocked{', ready for demo only' if ready else ''}"


def commit(subject: Soft) -> str:
    """The commit's first characters, and whether files differed from it."""
    short = words.short(subject["commit"].text) or "unknown"
    return f"{short}, files differ" if subject["dirty"].is_true else short
