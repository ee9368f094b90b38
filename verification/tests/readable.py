"""A page as lines of text: its words, its signs by name, its colours of verdict, and where its links lead."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

SILENT: Final = ("script", "style", "button", "form", "pre")
BLOCKS: Final = ("main", "section", "header", "div", "ul", "ol", "li", "p", "h1", "h2", "h3", "tr", "dt", "details")
CELLS: Final = ("td", "th", "dd")
COLOURS: Final = ("pos", "neg", "warn", "mute")
SIGN: Final = re.compile(r"#i-([a-z-]+)$")


class Reader(HTMLParser):
    """Reads `<main>` only: what is around it is the same on every page."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.line: list[str] = []
        self.inside = 0
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inside += tag == "main"
        self.silent += tag in SILENT
        if not self.inside or self.silent:
            return
        if tag in BLOCKS:
            self.end_line()
        if tag in CELLS and self.line:
            self.line.append("|")
        self.line += [name for name in (given.get("class") or "").split() if name in COLOURS]
        if tag == "use" and (sign := SIGN.search(given.get("href") or "")):
            self.line.append(f"({sign[1]})")
        if tag == "a":
            self.line.append(f"-> {given['href']}")
        if given.get("id"):
            self.line.append(f"#{given['id']}")
        if tag == "details":
            self.line.append("open:" if "open" in given else "closed:")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.end_line()
        self.silent -= tag in SILENT
        self.inside -= tag == "main"

    def handle_data(self, data: str) -> None:
        if self.inside and not self.silent and data.strip():
            self.line.append(" ".join(data.split()))

    def end_line(self) -> None:
        if self.line:
            self.lines.append(" ".join(self.line))
        self.line = []


def readable(page: str) -> str:
    """What a page says to whom it is shown."""
    reader = Reader()
    reader.feed(page)
    return "\n".join(reader.lines) + "\n"
