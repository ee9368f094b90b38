"""What is written about the gates is about the gates that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from verification.decision import REASONS
from verification.evidence import SCHEMA_FILE
from verification.gates.base import GATES

pytestmark = pytest.mark.once

README = SCHEMA_FILE.with_name("README.md").read_text(encoding="utf-8")
READING = Path(settings.BASE_DIR) / "templates" / "verification" / "reading.html"
QUESTIONS = ("does the schema hold", "are writes safe", "does the connection survive", "does every sum equal what")
FAILING = ("schema_drift", "crud_failed", "rollback_failed", "connection_failed", "verification_mismatch")


def test_each_gate_has_its_question_and_says_what_passing_and_failing_mean():
    """R000-43: is the model right, are writes safe, is the connection reliable, are the outputs accurate."""
    rows = re.findall(r"^\| (\d) (\w+) \| ([^|]{9,}) \| ([^|]{9,}) \|$", README, re.MULTILINE)
    asked = READING.read_text(encoding="utf-8")

    assert [(number, name) for number, name, *_ in rows] == [(str(n), name) for n, name in enumerate(GATES, 1)]
    assert [question for question in QUESTIONS if question not in asked] == []
    assert [reason for reason in FAILING if not REASONS.get(reason)] == []
