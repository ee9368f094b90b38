"""What lets axe be asked about colours alone in the second theme."""

import re

from django.conf import settings

RULE_OF_A_THEME = re.compile(r"[^{}]*data-theme[^{}]*\{([^{}]*)\}")
SCHEME_OR_VARIABLE = re.compile(r"\s*(color-scheme\s*:.*|--[\w-]+\s*:.*|/\*.*\*/\s*)?")


def test_theme_changes_colours_alone() -> None:
    """Themes differ by `color-scheme`, and by that in what `light-dark()` says, which can name nothing but colours."""
    sheets = {path.name: path.read_text() for path in (settings.BASE_DIR / "static/css").glob("*.css")}

    assert "app.css" in sheets
    assert [name for name, text in sheets.items() if "prefers-color-scheme" in text] == []
    declared = [part for text in sheets.values() for body in RULE_OF_A_THEME.findall(text) for part in body.split(";")]
    assert len(declared) > 3
    assert [part for part in declared if not SCHEME_OR_VARIABLE.fullmatch(part)] == []
