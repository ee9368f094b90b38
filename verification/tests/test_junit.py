"""The gates as a file for build servers, to the letter."""

from __future__ import annotations

import pytest

from verification.gates.base import Check, GateResult, Status
from verification.junit import junit

pytestmark = pytest.mark.once

WRITTEN = """<?xml version='1.0' encoding='utf-8'?>
<testsuites name="release_check">
  <testsuite name="schema" tests="5" failures="1" skipped="2" time="1.50">
    <testcase classname="schema" name="s.good" />
    <testcase classname="schema" name="s.bad">
      <failure message="expected 1; observed 2. Look &amp; see.">row 7
row 8</failure>
    </testcase>
    <testcase classname="schema" name="s.left">
      <skipped message="expected 1; observed nothing." />
    </testcase>
    <testcase classname="schema" name="s.none">
      <skipped message="expected 1; observed nothing." />
    </testcase>
    <testcase classname="schema" name="s.odd">
      <system-out>expected 1; observed 3.</system-out>
    </testcase>
  </testsuite>
  <testsuite name="crud" tests="0" failures="0" skipped="0" time="0" />
</testsuites>
"""


def test_every_check_is_a_test_case_with_what_came_of_it():
    checks = [
        Check("s.good", Status.PASS, "1", "1"),
        Check("s.bad", Status.FAIL, "1", "2", message="Look & see.", failing_examples=["row 7", "row 8"]),
        Check("s.left", Status.NOT_RUN, "1", "nothing"),
        Check("s.none", Status.NOT_APPLICABLE, "1", "nothing"),
        Check("s.odd", Status.WARN, "1", "3"),
    ]

    made = junit([GateResult("schema", checks), GateResult("crud", [])], {"schema": "1.50"})

    assert made.decode() == WRITTEN
