"""What a gate answers, and what is planted to try it, as lines of text to be compared with a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from verification.controls.base import Fault
from verification.gates.base import GateResult

TEXTS = Path(__file__).parent / "spelled"


def spelled(result: GateResult) -> str:
    """The gate and its checks, every field that holds something on a line of its own."""
    lines = [f"{result.id}: {result.status}{f', {result.reason}' if result.reason else ''}, {dict(result.details)}"]
    for check in result.checks:
        fields = check.as_dict()
        lines.append(f"  {fields.pop('id')}: {fields.pop('status')}")
        lines += [f"    {name}: {value}" for name, value in fields.items() if value]
    return "\n".join(lines)


def spelled_faults(faults: Iterable[Fault[Any]]) -> str:
    """The faults, a paragraph each."""
    return "\n\n".join(
        "\n".join([f"{fault.id}, {', '.join(sorted(fault.engines))}", fault.title, f"{fault.check}: {fault.sign}"])
        for fault in faults
    )


def told(name: str) -> str:
    """What the file says."""
    return (TEXTS / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")
