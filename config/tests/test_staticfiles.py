"""What `collectstatic` leaves out of our own files, and what it must not."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from config.staticfiles import COMMENT, SlimStaticFilesStorage, slim

pytestmark = pytest.mark.once

STYLES = sorted((Path(settings.BASE_DIR) / "static" / "css").glob("*.css"))
SCRIPT = Path(settings.BASE_DIR) / "static" / "js" / "app.js"


def test_comments_and_indentation_go_and_code_stays() -> None:
    assert slim('/* why */\n@layer a {\n  b::after {\n    content: "x  y"; } }\n', "css") == (
        '@layer a{b::after{content:"x  y"}}'
    )
    assert slim("a:is(b, c) :hover { --d: calc(1px + 2px) ; content: ' ; } ' }", "css") == (
        "a:is(b,c) :hover{--d:calc(1px + 2px);content:' ; } '}"
    )
    assert slim('// why\n  const a = "b // c"; // d\n\n    // e\n  go(); // "f"\n', "js") == (
        'const a = "b // c";\ngo(); // "f"\n'
    )


def test_our_files_can_be_slimmed_so() -> None:
    script = SCRIPT.read_text()

    assert [line for line in script.splitlines() if line.count("`") % 2] == []
    assert "/*" not in script
    for sheet in STYLES:
        without = COMMENT["css"].sub("", sheet.read_text())
        texts = re.findall(r"\"[^\"\n]*\"|'[^'\n]*'", without)
        assert [text for text in texts if "/*" in text or ";}" in text] == [], sheet.name
        assert slim(sheet.read_text(), "css").count("{") == without.count("{") > 10, sheet.name


@pytest.mark.parametrize("name", ["css/app.css", "css/app.0123456789ab.css", "css/import.css"])
def test_only_our_files_are_slimmed(tmp_path: Path, name: str) -> None:
    storage = SlimStaticFilesStorage(location=str(tmp_path))
    text = b"/* why */\nb {\n  color: red; }\n"

    storage._save(name, ContentFile(text))
    storage._save("admin/css/base.css", ContentFile(text))

    assert (tmp_path / name).read_bytes() == b"b{color:red}"
    assert (tmp_path / "admin/css/base.css").read_bytes() == text
