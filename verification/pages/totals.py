"""Two ways to the same totals: what the database added up, and the raw rows beside the bundle, counted again now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from verification.independent.count import count_ledger
from verification.independent.refusal import Refused
from verification.pages import words
from verification.pages.shelf import Folder, NotThere
from verification.pages.soft import Soft

LARGEST = 5_000_000
"""Bytes of raw rows that are counted for a page; the command counts files of any size."""

Key = tuple[str, str, str, str]
"""User, month, category, currency."""

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Row:
    """One category of one currency over all people and months; the gap is the largest of any one of them."""

    category: str
    currency: str
    months: int
    database: str
    raw: str
    gap: str
    mark: words.Mark


@dataclass(frozen=True)
class KnownAnswer:
    """The comparison of the rows whose answer is known: by category, and whole by currency.

    `note` says what is the matter with the raw side.
    """

    rows: list[Row]
    totals: list[Row]
    tolerance: str
    note: str
    is_all_one: bool


@dataclass(frozen=True)
class Gap:
    """A total that differed in the run."""

    where: str
    database: str
    raw: str
    gap: str
    rows: str


@dataclass(frozen=True)
class Comparison:
    """One of the comparisons of the last gate, as the run found it."""

    title: str
    mark: words.Mark
    rows: str
    largest: str
    gaps: list[Gap]
    more: int
    hints: list[str]


TITLES = {
    "known_answer": "Known answer: 2 programs, one fixture ledger",
    "live_books": "Live books: the pages' sums against the append-only history",
    "raw_ledger": "Ledger from outside: the live books against a file",
}


def known_answer(bundle: Soft, folder: Folder) -> KnownAnswer | None:
    """The known answer per category, if the gate came so far."""
    told = _details(bundle)["known_answer"]
    if not len(told["sql"]):
        return None
    database = _sums(told["sql"])
    raw, note = _counted(bundle, folder)
    tolerance = told["result"]["tolerance"].text or "0.01"
    limit = words.amount(tolerance) or CENT
    rows = sorted(_rows(database, raw, limit), key=lambda row: row.mark.word == "match")
    whole = _rows(_by_currency(database), None if raw is None else _by_currency(raw), limit)
    return KnownAnswer(rows, whole, tolerance, note, all(row.mark.word == "match" for row in [*rows, *whole]))


def _sums(totals: Soft) -> dict[Key, Decimal]:
    found: dict[Key, Decimal] = {}
    for total in totals:
        figure = words.amount(total["total"].text)
        if figure is not None:
            found[(total["user"].text, total["month"].text, total["category"].text, total["currency"].text)] = figure
    return found


def _by_currency(sums: Mapping[Key, Decimal]) -> dict[Key, Decimal]:
    found: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for key, figure in sums.items():
        found[("", "", "", key[3])] += figure
    return found


def _counted(bundle: Soft, folder: Folder) -> tuple[dict[Key, Decimal] | None, str]:
    try:
        file = folder.file("ledger.csv")
        if file.stat().st_size > LARGEST:
            return None, "ledger.csv is too large to be counted for a page."
        with file.open("rb") as opened:
            counted = Soft(count_ledger(opened))
    except NotThere:
        return None, "ledger.csv, the raw rows, does not lie beside the bundle."
    except OSError as error:
        return None, f"ledger.csv cannot be opened: {error.strerror}."
    except Refused as refused:
        return None, f"ledger.csv cannot be counted: {refused.message}"
    named = [given["sha256"].text for given in bundle["inputs"] if given["role"].text == "known_answer"]
    is_other = bool(named) and counted["sha256"].text not in named
    return _sums(counted["totals"]), "ledger.csv is another file than the one that was compared." if is_other else ""


def _rows(database: Mapping[Key, Decimal], raw: Mapping[Key, Decimal] | None, tolerance: Decimal) -> list[Row]:
    keys: defaultdict[tuple[str, str], list[Key]] = defaultdict(list)
    for key in {**database, **(raw or {})}:
        keys[(key[3], key[2])].append(key)
    return [_row(*place, keys[place], database, raw, tolerance) for place in sorted(keys)]


def _row(
    currency: str,
    category: str,
    keys: list[Key],
    database: Mapping[Key, Decimal],
    raw: Mapping[Key, Decimal] | None,
    tolerance: Decimal,
) -> Row:
    nothing = Decimal("0.00")
    left = sum((database.get(key, nothing) for key in keys), nothing)
    if raw is None:
        return Row(category, currency, len(keys), words.amount_text(left), "", "", words.mark("not_run"))
    gap = max(abs(raw.get(key, nothing) - database.get(key, nothing)) for key in keys)
    status = "match" if not gap else "within" if gap <= tolerance else "differs"
    right = sum((raw.get(key, nothing) for key in keys), nothing)
    told = [words.amount_text(figure) for figure in (left, right, gap)]
    return Row(category, currency, len(keys), told[0], told[1], told[2], words.mark(status))


def comparisons(bundle: Soft) -> list[Comparison]:
    """What the run compared, those that differ first."""
    found = [
        _comparison(title, part["result"])
        for name, title in TITLES.items()
        if (part := _details(bundle)[name])["result"]
    ]
    return sorted(found, key=lambda one: one.mark.word == "verified")


def _comparison(title: str, result: Soft) -> Comparison:
    gaps = [_gap(pair) for pair in result["mismatches"]]
    sql, raw = result["sql_rows"].number or 0, result["raw_rows"].number or 0
    total = result["mismatches_total"].number or len(gaps)
    return Comparison(
        title=title,
        mark=words.mark(result["status"].text),
        rows=f"{sql:,} and {words.count(raw, 'row')}",
        largest=words.amount_text(words.amount(result["max_delta"].text)),
        gaps=gaps,
        more=max(0, total - len(gaps)),
        hints=[hint["message"].text for hint in result["hints"] if hint["message"].text],
    )


def _gap(pair: Soft) -> Gap:
    where = [pair[name].text for name in ("user", "month", "category", "currency")]
    counts = [pair[name].text for name in ("sql_rows", "raw_rows")]
    return Gap(
        where=", ".join(part for part in where if part) or "all",
        database=words.amount_text(words.amount(pair["sql"].text)),
        raw=words.amount_text(words.amount(pair["raw"].text)),
        gap=words.amount_text(words.amount(pair["delta"].text)),
        rows=" and ".join(counts) if all(counts) and counts[0] != counts[1] else "",
    )


def _details(bundle: Soft) -> Soft:
    return next((gate["details"] for gate in bundle["gates"] if gate["id"].text == "verification"), Soft())
