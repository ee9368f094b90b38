"""S6, S7: what the source must not contain, so that a page can never run what people type."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FORBIDDEN_IN_TEMPLATES = {
    "the safe filter": r"\|\s*safe(seq)?\b",
    "autoescape off": r"autoescape\s+off",
    "a script without src": r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>",
    "a script from elsewhere": r"<script[^>]*src=[\"'](?!\{%|/)",
    "an inline style": r"\sstyle\s*=",
    "a style element": r"<style\b",
    "an inline handler": r"<[^>]*\son[a-z]+\s*=",
    "hx-on": r"hx-on",
    "a computed value": r"[\"']js:|javascript:",
    "a template that a person names": r"\{%\s*include\s+request",
}
FORBIDDEN_IN_CODE = {
    "mark_safe": r"\bmark_safe\b",
    "SafeString made by hand": r"\b(SafeString|SafeText)\(",
    "raw SQL put together": r"\.(raw|extra)\(",
    "pickle": r"\bpickle\b",
    "eval": r"(?<![.\w])(eval|exec)\(",
    "a shell": r"shell\s*=\s*True|os\.system",
    "a request without CSRF check": r"csrf_exempt",
    "yaml.load": r"yaml\.load\(",
}
FORBIDDEN_IN_SCRIPTS = {
    "eval": r"(?<![.\w])eval\(|new Function\(|setTimeout\(\s*[\"'`]",
    "document.write": r"document\.write",
    "markup from text": r"\.(innerHTML|outerHTML)\s*[+]?=|insertAdjacentHTML",
    "stored pages": r"(session|local)Storage\.setItem",
    "another host": r"https?://(?!www\.w3\.org)",
}


ALLOWED = {"budget/markup.py: SafeString made by hand: SafeString(": 2}
"""What stands in one place for a reason: `format_html` itself, whose escaping `test_markup` compares with Django's."""


def sources(folder: str, ending: str) -> Iterator[Path]:
    """Our own files; tests may name what they look for."""
    for path in sorted((ROOT / folder).rglob(f"*{ending}")):
        if "tests" not in path.parts and "node_modules" not in path.parts and "vendor" not in path.parts:
            yield path


def found(rules: dict[str, str], folder: str, ending: str) -> list[str]:
    """Every place where a rule is broken."""
    hits = []
    for path in sources(folder, ending):
        text = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        for name, pattern in rules.items():
            hits += [f"{path.relative_to(ROOT)}: {name}: {hit[0][:60]}" for hit in re.finditer(pattern, text)]
    return hits


@pytest.mark.parametrize(
    ("rules", "folder", "ending"),
    [
        (FORBIDDEN_IN_TEMPLATES, "templates", ".html"),
        (FORBIDDEN_IN_CODE, "budget", ".py"),
        (FORBIDDEN_IN_CODE, "config", ".py"),
        (FORBIDDEN_IN_SCRIPTS, "static/js", ".js"),
    ],
)
def test_source_has_nothing_that_turns_text_into_code(rules: dict[str, str], folder: str, ending: str) -> None:
    assert len(list(sources(folder, ending))) > 0
    hits = Counter(found(rules, folder, ending))

    assert {hit: count for hit, count in hits.items() if ALLOWED.get(hit) != count} == {}


@pytest.mark.parametrize(
    "line",
    [
        "{{ name|safe }}",
        "{% autoescape off %}",
        "<script>x()</script>",
        '<p style="color:red">',
        '<a onclick="x()">',
        "<b hx-vals='js:{}'>",
    ],
)
def test_search_of_the_source_finds_what_it_looks_for(line: str) -> None:
    assert [name for name, pattern in FORBIDDEN_IN_TEMPLATES.items() if re.search(pattern, line)]


def test_htmx_is_set_up_to_evaluate_and_to_remember_nothing() -> None:
    base = (ROOT / "templates" / "base.html").read_text("utf-8")
    setting = re.search(r"name=\"htmx-config\" content='([^']+)'", base)
    assert setting
    wanted = {
        "allowEval": False,
        "allowScriptTags": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,
        "includeIndicatorStyles": False,
    }

    configured = json.loads(unescape(setting[1]))

    assert {name: configured.get(name) for name in wanted} == wanted
    assert '<body hx-history="false"' in base


def test_no_secret_lies_in_the_repository() -> None:
    secret = re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|sk_live_\w+"
        r"|postgres(?:ql)?://[^\s:/@]+:(?!password|secret|\.\.\.|\{)[^\s@]{6,}@(?!host|localhost|127|example)"
    )
    places = [ROOT / name for name in ("budget", "config", "templates", "static")]
    files = [path for place in places for path in place.rglob("*") if path.suffix in {".py", ".html", ".js", ".css"}]
    files += [path for path in ROOT.glob("*") if path.suffix in {".md", ".txt", ".toml", ".example", ".in"}]

    assert [str(path) for path in files if secret.search(path.read_text("utf-8"))] == []


def test_every_test_that_the_security_page_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text("utf-8")))
    tests = "".join(path.read_text("utf-8") for path in ROOT.glob("*/tests/**/test_*.py"))

    assert len(named) > 30
    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []
