"""The verification gate: every summary equals what an independent reader counts from the raw rows, three times over."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from django.db.models import Q

from budget.books.models import Book, Role
from budget.months import Month
from budget.users.models import User
from verification import anchoring, livebooks
from verification.decision import REASONS
from verification.gates.base import Check, GateResult, Json, Status, held
from verification.independent.comparison import compare
from verification.independent.totals import Total, merged
from verification.known_answer import FIXTURE
from verification.recounting import count_history, count_ledger
from verification.run import Asked, empty_scope

TOLERANCE = Decimal("0.01")
MISMATCH = "verification_mismatch"
SUMMARY = (
    "R000-5", "R000-13", "R000-18", "R000-19", "R000-22", "R000-23", "R000-24", "R000-25", "R000-26", "R000-27",
)  # fmt: skip


@dataclass
class Found:
    """What the comparisons of one run found."""

    checks: list[Check] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    inputs: list[dict[str, Json]] = field(default_factory=list)
    results: list[dict[str, Json]] = field(default_factory=list)
    details: dict[str, Json] = field(default_factory=dict)
    heads: list[dict[str, Json]] = field(default_factory=list)


def run(known: GateResult, asked: Asked, earlier: anchoring.Heads = ()) -> GateResult:
    """Compare the known answer, the live books and, where given, a ledger from outside.

    Args:
        known: what the drill's step `known-answer` found.
        earlier: where the histories stood in the newest verified bundle of this database.
    """
    found, scope = Found(), empty_scope(asked)
    compare_known_answer(found, known)
    person = person_named(asked.user)
    books = books_of(person) if asked.user else list(Book.objects.order_by("pk"))
    month = Month.parse(asked.month) if asked.month else None
    judged = compare_books(found, books, month)
    _require_continuation(found, books, earlier)
    if asked.user or month:
        _require_scope(found, judged, "" if person or not asked.user else "There is no such person.")
    scope |= {
        "user": str(person.pk) if person else "unknown" if asked.user else "",
        "books": judged.books,
        "months": judged.months,
        "currencies": sorted(judged.currencies),
    }
    if asked.raw_ledger is not None and (person or not asked.user):
        compare_raw_ledger(found, asked, books, person)
    scope["sql_rows"] = sum(result["sql_rows"] for result in found.results)
    scope["raw_rows"] = sum(result["raw_rows"] for result in found.results)
    return _result(found, scope)


def judge_books(books: Sequence[Book], month: Month | None = None) -> GateResult:
    """The part on live books alone; the planted faults are judged by it."""
    found = Found()
    compare_books(found, books, month)
    return _result(found, {})


def compare_known_answer(found: Found, known: GateResult, file: Path = FIXTURE) -> None:
    """The file that the drill recorded, counted by the independent program, beside what the product's SQL says."""
    found.checks += known.checks
    if any(check.status.blocks for check in known.checks):
        found.reasons.append(MISMATCH)
    counted = count_ledger(file)
    if _is_refused(found, "known_answer", counted):
        return
    found.inputs.append(_input("known_answer", counted))
    result = compare(_totals(known.details["sql"]), _totals(counted["totals"]))
    _compared(found, "known_answer", result, "the fixture's rows, recorded by the product and counted from their file")
    found.details["known_answer"] = {"sql": list(known.details["sql"]), "result": result}


def compare_books(found: Found, books: Sequence[Book], month: Month | None) -> livebooks.Judged:
    """What the product's SQL says of live books, beside their history counted elsewhere, and beside their rows."""
    judged = livebooks.judge(books, month)
    found.checks += [
        held(
            "verification.history",
            not judged.history,
            expected="every change of every book as it was written",
            observed=f"{len(judged.history)} of {judged.books} books with an altered history",
            threshold="0",
            failing_examples=judged.history,
        ),
        held(
            "verification.rows",
            not judged.altered_total,
            expected="every row, total, name and balance as the history left it",
            observed=f"{judged.altered_total} differences in {judged.rows} rows of {judged.months} months",
            threshold="0",
            failing_examples=judged.altered,
            failing_total=judged.altered_total,
        ),
    ]
    if judged.history:
        found.reasons.append("history_altered")
    if judged.altered_total:
        found.reasons.append("rows_altered")
    if not judged.sql and not judged.rows:
        found.checks.append(
            Check("verification.live_books", Status.NOT_APPLICABLE, "books with rows", "no book has any row yet")
        )
        return judged
    counted = count_history(livebooks.history_lines(books))
    if not _is_refused(found, "live_books", counted):
        names = {str(book.pk): livebooks.pseudonym(book) for book in books}
        theirs = _totals({**total, "user": names[total["user"]]} for total in counted["totals"])
        theirs = [total for total in theirs if month is None or total.month == str(month)]
        result = compare(_totals(judged.sql), theirs)
        _compared(found, "live_books", result, "the sums that pages show, counted again from the append-only history")
        found.details["live_books"] = {"result": result}
    return judged


def compare_raw_ledger(found: Found, asked: Asked, books: Sequence[Book], person: User | None) -> None:
    """A ledger that this database did not write, beside what the product's SQL says of the same people and months.

    Args:
        person: the one whose rows are compared, whichever of both names the ledger has for them; else everybody that
            it names.
    """
    assert asked.raw_ledger is not None
    users = [str(person.pk), person.email.lower()] if person else []
    counted = count_ledger(asked.raw_ledger, users=users, month=asked.month, category_map=asked.category_map)
    if _is_refused(found, "raw_ledger", counted):
        return
    found.inputs.append(_input("raw_ledger", counted))
    if asked.category_map is not None:
        found.inputs.append(_map_input(asked.category_map))
    raw = _totals(counted["totals"])
    known = {name: person_named(name) for name in {total.user for total in raw}}
    people = {each.pk: each for each in [*known.values(), person] if each}
    raw = merged(total._replace(user=_number(total.user, known[total.user])) for total in raw)
    sql = _totals(_of_people(books, people.values()))
    if asked.month:
        sql = [total for total in sql if total.month == asked.month]
    result = compare(sql, raw)
    _compared(found, "raw_ledger", result, "the sums that pages show, counted again from the ledger that was handed in")
    found.details["raw_ledger"] = {"result": result}


def person_named(name: str) -> User | None:
    """The person with a number or an email, if there is one."""
    if not name:
        return None
    return User.objects.filter(Q(pk=name) if name.isascii() and name.isdecimal() else Q(email__iexact=name)).first()


def books_of(person: User | None) -> list[Book]:
    """The books that somebody owns."""
    return list(Book.objects.filter(memberships__user=person, memberships__role=Role.OWNER).order_by("pk"))


def _require_continuation(found: Found, books: Sequence[Book], earlier: anchoring.Heads) -> None:
    """Every history goes on from where an earlier bundle saw it, so that none was rewritten as a whole."""
    left = anchoring.left_the_chain(books, earlier)
    found.heads = anchoring.heads(books)
    found.checks.append(
        held(
            "verification.anchor",
            not left,
            expected="every history continues the one that the last verified bundle saw",
            observed=f"{len(left)} histories that do not",
            threshold="0",
            failing_examples=left,
            measured={"histories compared": str(len(earlier))},
        )
    )
    if left:
        found.reasons.append("history_altered")


def _require_scope(found: Found, judged: livebooks.Judged, message: str) -> None:
    """Somebody asked for a person or a month: there must be something to compare."""
    rows = sum(total["count"] for total in judged.sql)
    asked_for = "rows in the scope that was asked for"
    found.checks.append(
        held("verification.scope", rows > 0, expected=asked_for, observed=f"{rows} rows", message=message)
    )
    if not rows:
        found.reasons.append("empty_scope")


def _compared(found: Found, name: str, result: Mapping[str, Json], what: str) -> None:
    """One comparison as a check: exact, a warning, or blocked."""
    found.results.append(dict(result))
    status = Status.PASS if result["exact_match"] else Status.WARN
    if result["status"] == "blocked":
        status = Status.FAIL
        found.reasons.append(result["reason"])
    examples = [_told(pair) for pair in [*result["mismatches"], *result["warnings"]]]
    found.checks.append(
        Check(
            f"verification.{name}",
            status,
            expected=f"equal, to the last row and cent: {what}",
            observed=f"{result['sql_rows']} and {result['raw_rows']} rows, {len(examples)} totals differing, "
            f"largest gap {result['max_delta']}",
            threshold=str(TOLERANCE),
            message=" ".join(hint["message"] for hint in result["hints"][:3]),
            failing_examples=examples,
            requirements=SUMMARY,
        )
    )


def _told(pair: Mapping[str, Json]) -> str:
    where = f"{pair['user']}, {pair['month']}, {pair['category'] or 'no category'}"
    return (
        f"{where}: {pair['sql']} in {pair['sql_rows']} rows by SQL, {pair['raw']} in {pair['raw_rows']} rows counted, "
        f"{pair['delta']} {pair['currency']} apart"
    )


def _is_refused(found: Found, name: str, counted: Mapping[str, Json]) -> bool:
    """Whether the independent program could not count; then its reason blocks, with every place."""
    if counted["status"] == "ok":
        return False
    reason = counted["reason"]
    if reason.startswith("category_map"):
        reason = "category_map_malformed"
    found.reasons.append(str(reason) if reason in REASONS else MISMATCH)
    places = [f"line {p['line']}, {p['column'] or 'row'}: {p['kind']}" for p in counted["places"]]
    found.checks.append(
        Check(
            f"verification.{name}",
            Status.FAIL,
            expected="rows that can be read",
            observed=f"{counted['places_total']} places that cannot",
            message=counted["message"],
            failing_examples=places,
            failing_total=counted["places_total"],
            requirements=["R000-20", "R000-21"],
        )
    )
    return True


def _result(found: Found, scope: Mapping[str, Json]) -> GateResult:
    """The gate, with its result in the shape of R000-26."""
    mismatches = [
        {name: pair[name] for name in ("category", "currency", "month", "sql", "raw", "delta")}
        for result in found.results
        for pair in result["mismatches"]
    ]
    reason = found.reasons[0] if found.reasons else ""
    result = {
        "status": "blocked" if reason else "verified",
        "reason": reason,
        "tolerance": str(TOLERANCE),
        "mismatches": mismatches[:20],
        "mismatches_total": len(mismatches),
        "exact_match": all(each["exact_match"] for each in found.results),
    }
    around = {"inputs": found.inputs, "scope": dict(scope), "heads": found.heads}
    details = {"result": result, **_cut(found.details), **around}
    return GateResult("verification", found.checks, reason, details=details)


def _cut(details: Mapping[str, Json]) -> dict[str, Json]:
    """Comparisons with their first differences only, so that a bundle stays small."""
    cut: dict[str, Json] = {}
    for name, part in details.items():
        result = {key: value[:20] if isinstance(value, list) else value for key, value in part["result"].items()}
        cut[name] = {**part, "result": result}
    return cut


def _input(role: str, counted: Mapping[str, Json]) -> dict[str, Json]:
    names = ("sha256", "bytes", "rows", "rows_in_scope", "columns", "encoding")
    return {"role": role, **{name: counted[name] for name in names}}


def _map_input(file: Path) -> dict[str, Json]:
    """The category map, which the independent program has read without complaint."""
    content = file.read_bytes()
    rows = len([line for line in content.splitlines() if line.strip()]) - 1
    return {
        "role": "category_map",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "rows": rows,
        "rows_in_scope": rows,
        "columns": ["old", "new"],
        "encoding": "utf-8",
    }


def _totals(found: Iterable[Mapping[str, Json]]) -> list[Total]:
    return list(map(Total.from_dict, found))


def _number(name: str, person: User | None) -> str:
    """How somebody whom a ledger names is told in the evidence: by number, never by email."""
    if person:
        return str(person.pk)
    return name if name.isdigit() else livebooks.pseudonym_of_stranger(name)


def _of_people(books: Sequence[Book], people: Iterable[User]) -> list[dict[str, Json]]:
    """What SQL says of the people that a ledger names, each by their number.

    People whom the ledger does not name are out of scope unless they were asked for: a bank's file has one customer.
    """
    return [
        {**total, "user": str(person.pk)}
        for person in people
        for total in livebooks.summed(book for book in books_of(person) if book in books)
    ]
