"""The gates as a JUnit file, which every build server can show: one test case for each check."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence

from verification.gates.base import GateResult, Status


def junit(gates: Sequence[GateResult], seconds: dict[str, str]) -> bytes:
    """Test suites named after the gates; `seconds` tells how long each took."""
    root = ElementTree.Element("testsuites", name="release_check")
    for gate in gates:
        failed = sum(check.status is Status.FAIL for check in gate.checks)
        left_out = sum(check.status in (Status.NOT_RUN, Status.NOT_APPLICABLE) for check in gate.checks)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=gate.id,
            tests=str(len(gate.checks)),
            failures=str(failed),
            skipped=str(left_out),
            time=seconds.get(gate.id, "0"),
        )
        for check in gate.checks:
            case = ElementTree.SubElement(suite, "testcase", classname=gate.id, name=check.id)
            told = f"expected {check.expected}; observed {check.observed}. {check.message}".strip()
            if check.status is Status.FAIL:
                failure = ElementTree.SubElement(case, "failure", message=told)
                failure.text = "\n".join(check.failing_examples)
            elif check.status in (Status.NOT_RUN, Status.NOT_APPLICABLE):
                ElementTree.SubElement(case, "skipped", message=told)
            elif check.status is Status.WARN:
                ElementTree.SubElement(case, "system-out").text = told
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
