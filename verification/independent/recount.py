"""Counts the raw rows beside a bundle again, and compares them with what the bundle says SQL added up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from verification.independent.comparison import compare
from verification.independent.count import count_ledger
from verification.independent.refusal import Refused
from verification.independent.totals import Total
from verification.independent.values import BadValue

Json = Any
IDENTITY = ("sha256", "bytes", "rows", "columns", "encoding")


def known_answer(bundle: Mapping[str, Json], file: Path) -> tuple[list[str], str]:
    """What disagrees about the ledger whose answer is known, and the status that the recount gives: empty if none."""
    gate = _verification(bundle)
    told = gate["details"].get("known_answer")
    if told is None:
        must = bundle["decision"]["status"] == "verified" or gate["status"] in ("pass", "warn")
        return (["The bundle has no known answer."] if must else []), ""
    if not file.is_file():
        return ["The raw rows of the known answer, ledger.csv, are missing."], ""
    try:
        counted = _counted(file)
        result = compare(
            [Total.from_dict(total) for total in told["sql"]], [Total.from_dict(total) for total in counted["totals"]]
        )
        stated = told["result"]["status"]
    except Refused as refused:
        return [f"ledger.csv: {refused.message}"], ""
    except (BadValue, KeyError, TypeError):
        return ["The known answer in the bundle is no list of totals with a result."], ""
    found = list(_identity(bundle, "known_answer", counted, "ledger.csv"))
    if stated != result["status"]:
        found.append(f"The bundle calls its known answer {stated}; the recount calls it {result['status']}.")
    if gate["status"] in ("pass", "warn") and result["status"] == "blocked":
        found += [_told(pair) for pair in result["mismatches"]]
        found.append(f"The verification gate says {gate['status']}; the recount is blocked: {result['reason']}.")
    return found, result["status"]


def raw_ledger(bundle: Mapping[str, Json], file: Path) -> list[str]:
    """What disagrees about the ledger from outside: whether it is the one that was compared.

    Raises:
        Refused: the file cannot be counted.
    """
    return list(_identity(bundle, "raw_ledger", _counted(file), "The raw ledger"))


def _verification(bundle: Mapping[str, Json]) -> Mapping[str, Json]:
    found: Mapping[str, Json] = next(gate for gate in bundle["gates"] if gate["id"] == "verification")
    return found


def _counted(file: Path) -> dict[str, Json]:
    with file.open("rb") as opened:
        return count_ledger(opened)


def _identity(bundle: Mapping[str, Json], role: str, counted: Mapping[str, Json], name: str) -> Iterator[str]:
    """Whether a file is the one that the bundle names as its input."""
    told = next((given for given in bundle["inputs"] if given["role"] == role), None)
    if told is None:
        yield f"{name} is not among the bundle's inputs."
        return
    if differing := [field for field in IDENTITY if told[field] != counted[field]]:
        yield f"{name} is another file than the bundle's input: {', '.join(differing)} differ."


def _told(pair: Mapping[str, Json]) -> str:
    where = f"user {pair['user']}, {pair['month']}, {pair['category'] or 'no category'}"
    return f"{where}: SQL {pair['sql']}, recounted {pair['raw']}, {pair['delta']} {pair['currency']} apart."
