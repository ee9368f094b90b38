"""What `collectstatic` leaves out of our own files, and what it must not."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile

from config.staticfiles import COMMENT, SlimStaticFilesStorage, slim

pytestmark = pytest.mark.once

STYLES = Path(settings.BASE_DIR) / "static" / "css" / "app.css"
SCRIPT = Path(settings.BASE_DIR) / "static" / "js" / "app.js"


def test_comments_and_indentation_go_and_code_stays() -> None:
    assert slim('/* why */\n@layer a {\n  b::after {\n    content: "x  y"; } }\n', "css") == (
        '@layer a {\nb::after {\ncontent: "x  y"; } }\n'
    )
    assert slim('// why\n  const a = "//b"; // c\n\n    // d\n  go();\n', "js") == 'const a = "//b"; // c\ngo();\n'


def test_our_files_can_be_slimmed_so() -> None:
    script, styles = SCRIPT.read_text(), STYLES.read_text()

    assert [line for line in script.splitlines() if line.count("`") % 2] == []
    assert "/*" not in script
    without = COMMENT["css"].sub("", styles)
    assert [text for text in re.findall(r'"[^"\n]*"', without) if "/*" in text] == []
    assert slim(styles, "css").count("{") == without.count("{") > 300


@pytest.mark.parametrize("name", ["css/app.css", "css/app.0123456789ab.css"])
def test_only_our_files_are_slimmed(tmp_path: Path, name: str) -> None:
    storage = SlimStaticFilesStorage(location=str(tmp_path))
    text = b"/* why */\nb {\n  color: red; }\n"

    storage._save(name, ContentFile(text))
    storage._save("admin/css/base.css", ContentFile(text))

    assert (tmp_path / name).read_bytes() == b"b {\ncolor: red; }\n"
    assert (tmp_path / "admin/css/base.css").read_bytes() == text
