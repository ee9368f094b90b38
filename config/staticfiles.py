"""How `collectstatic` keeps files: under hashed names, compressed, and ours without what only readers of them need."""

from __future__ import annotations

import re

from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage

OURS = re.compile(r"(css|js)/app(\.[0-9a-f]{12})?\.(css|js)")
COMMENT = {"css": re.compile(r"/\*.*?\*/", re.DOTALL), "js": re.compile(r"^\s*//.*", re.MULTILINE)}
INDENT = re.compile(r"\s*\n\s*")


def slim(text: str, kind: str) -> str:
    """A stylesheet or script of ours without its comments and indentation; of a script's, only whole lines of comment.

    Neither may hold text over several lines, nor a stylesheet a comment within text: a test looks.
    """
    return INDENT.sub("\n", COMMENT[kind].sub("", text)).strip() + "\n"


class SlimStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """Each person's first page is a kilobyte and a half smaller for it."""

    def _save(self, name: str, content: File[bytes]) -> str:
        if ours := OURS.fullmatch(name):
            content.seek(0)
            content = ContentFile(slim(content.read().decode(), ours[3]).encode())
        saved: str = super()._save(name, content)
        return saved
