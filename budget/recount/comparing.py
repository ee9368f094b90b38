"""Three sources side by side: what pages show, what the rows add up to, and what the history adds up to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from budget.history.rows import Value, Values, canonical, shape_named, shape_of
from budget.ledger.models import Transaction
from budget.recount.shown import Figure, Heading, Shown, currency_of, name_of, value_of
from budget.recount.tallies import NOTHING, Key, Tallies

NAMED_ROWS = 20
"""So many differing rows are named; of more, only their number is told."""

LONGEST = 100
"""So many characters of a text are shown where it differs."""


@dataclass(frozen=True)
class FigureLine:
    """One figure of the month from all three sources; amounts in thousandths of its currency, out positive."""

    name: str
    currency: str
    rows: tuple[int, int, int]
    """As shown, in the table, in the history."""

    units: tuple[int, int, int]
    differs: bool

    @property
    def difference(self) -> int:
        """The largest less the smallest, in thousandths."""
        return max(self.units) - min(self.units)


@dataclass(frozen=True)
class Altered:
    """One field of a row, or the whole row, that the table and the history do not agree on.

    `field` is empty where one of them has no such row at all. Amounts are thousandths.
    """

    model: str
    pk: int
    name: str
    field: str
    table: Value
    history: Value
    date: str = ""
    currency: str = ""
    in_table: bool = True
    in_history: bool = True


@dataclass
class Finding:
    """What came of a comparison."""

    rows: int = 0
    spent: int = 0
    earned: int = 0
    """As pages show them, in thousandths of the book's currency, both positive."""

    lines: list[FigureLine] = field(default_factory=list)
    altered: list[Altered] = field(default_factory=list)
    altered_rows: int = 0
    problems: list[str] = field(default_factory=list)
    marks_differ: bool = False

    @property
    def agrees(self) -> bool:
        """Whether all three sources say the same."""
        return not (self.altered or self.problems or self.marks_differ or any(line.differs for line in self.lines))

    @property
    def differing(self) -> list[FigureLine]:
        """The figures that are not the same everywhere."""
        return [line for line in self.lines if line.differs]

    def write(self) -> str:
        """As canonical JSON."""
        return canonical(asdict(self))

    @classmethod
    def read(cls, text: str) -> Finding:
        """From its JSON; of an empty object, a finding of nothing."""
        known: dict[str, Any] = json.loads(text)
        lines = [
            FigureLine(**{**line, "rows": tuple(line["rows"]), "units": tuple(line["units"])})
            for line in known.pop("lines", [])
        ]
        return cls(**{**known, "lines": lines, "altered": [Altered(**row) for row in known.pop("altered", [])]})


def compare(
    currency: str, shown: Shown, rows: Tallies, history: Tallies, states: Mapping[str, Mapping[int, Values | None]]
) -> Finding:
    """Compare a month's three sources.

    Args:
        currency: the book's.
        states: accounts, categories and book as the history left them.
    """
    known = {  # a book without any category has none in its history either
        model: {pk: values for pk, values in states.get(model, {}).items() if values is not None}
        for model in ("account", "category", "book")
    }
    finding = Finding(rows=sum(tally.rows for tally in rows.values()))
    finding.marks_differ = rows != history
    wrong = {
        key
        for key in {*shown.kept, *rows, *history}
        if len({shown.kept.get(key, Figure()), _figure(rows, key), _figure(history, key)}) > 1
    }
    sources = (
        shown.figures,
        _by_heading(rows, known, shown),
        _by_heading(history, known, shown),
    )
    wrong_headings = {_heading(key, known, shown) for key in wrong}
    for heading in sorted(
        {*sources[0], *sources[1], *sources[2]},
        key=lambda h: (h.is_transfer, h.currency != currency, h.category is None, h.category or 0),
    ):
        figures = [source.get(heading, Figure()) for source in sources]
        differs = len(set(figures)) > 1 or heading in wrong_headings
        finding.lines.append(
            FigureLine(
                _name(heading, known, shown),
                heading.currency,
                (figures[0].rows, figures[1].rows, figures[2].rows),
                (figures[0].units, figures[1].units, figures[2].units),
                differs,
            )
        )
    finding.lines.sort(key=lambda line: (not line.differs, -line.units[0]))
    finding.spent, finding.earned = _spent_and_earned(currency, shown)
    finding.altered = list(_altered_states({*shown.kept, *rows, *history}, known, shown))
    return finding


def altered_rows(table: Mapping[int, Values], history: Mapping[int, Values | None], shown: Shown) -> list[Altered]:
    """What differs in each of some rows, field by field.

    Args:
        table: the rows as they are, wherever they are now.
        history: the same rows as the history left them; None where it has no such row.
    """
    found: list[Altered] = []
    for pk in sorted(history):
        found += _differences(pk, table.get(pk), history[pk], shown)
    return found


def _differences(pk: int, now: Values | None, then: Values | None, shown: Shown) -> Iterable[Altered]:
    names = shape_of(Transaction).names
    values = then or now
    if values is None:
        return
    place = {name: values[at] for at, name in enumerate(names)}
    about = {
        "model": "transaction",
        "pk": pk,
        "name": str(place["payee"] or place["description"])[:LONGEST],
        "date": str(place["date"]),
        "currency": currency_of(shown.states, int(str(place["account_id"])))
        if str(place["account_id"]).isdigit()
        else "",
        "in_table": now is not None,
        "in_history": then is not None,
    }
    if now is None or then is None:
        yield Altered(**about, field="", table=now and place["amount"], history=then and place["amount"])  # type: ignore[arg-type]
        return
    for name, one, other in zip(names, now, then, strict=True):
        if one != other or type(one) is not type(other):
            yield Altered(**about, field=name, table=_short(name, one, shown), history=_short(name, other, shown))  # type: ignore[arg-type]


def _short(field_name: str, value: Value, shown: Shown) -> Value:
    model = field_name.removesuffix("_id")
    if model in ("account", "category") and isinstance(value, int):
        return name_of(shown.states, model, value) or f"{model} {value}"
    return value[:LONGEST] if isinstance(value, str) else value


def _altered_states(keys: set[Key], known: Mapping[str, Mapping[int, Values]], shown: Shown) -> Iterable[Altered]:
    """Where an account or category of the month, a parent of one, or the book is not as the history left it."""
    used = {"account": {key.account for key in keys}, "book": set(shown.states["book"])}
    categories = {key.category for key in keys if key.category is not None}
    parent = shape_named("category").names.index("parent_id")
    for states in (known["category"], shown.states["category"]):
        categories |= {
            int(str(states[pk][parent])) for pk in tuple(categories) if pk in states and states[pk][parent] is not None
        }
    used["category"] = categories
    for model in ("book", "account", "category"):
        for pk in sorted(used[model]):
            now, then = shown.states[model].get(pk), known[model].get(pk)
            if now is None and then is None:
                continue
            name = name_of(known, model, pk) or name_of(shown.states, model, pk)
            if now is None or then is None:
                yield Altered(model, pk, name, "", None, None, in_table=now is not None, in_history=then is not None)
                continue
            for column, one, other in zip(shape_named(model).columns, now, then, strict=True):
                if one != other:
                    yield Altered(
                        model, pk, name, column.name, _short(column.name, one, shown), _short(column.name, other, shown)
                    )


def _figure(tallies: Tallies, key: Key) -> Figure:
    return Figure(*tallies.get(key, NOTHING)[:2])


def _heading(key: Key, known: Mapping[str, Mapping[int, Values]], shown: Shown) -> Heading:
    currency = currency_of(known, key.account) or currency_of(shown.states, key.account)
    return Heading(key.category, currency, key.is_transfer)


def _by_heading(tallies: Tallies, known: Mapping[str, Mapping[int, Values]], shown: Shown) -> dict[Heading, Figure]:
    found: dict[Heading, Figure] = {}
    for key, tally in tallies.items():
        heading = _heading(key, known, shown)
        before = found.get(heading, Figure())
        found[heading] = Figure(before.rows + tally.rows, before.units + tally.units)
    return found


def _name(heading: Heading, known: Mapping[str, Mapping[int, Values]], shown: Shown) -> str:
    if heading.is_transfer:
        return "Transfers"
    if heading.category is None:
        return "No category"
    return (
        name_of(known, "category", heading.category)
        or name_of(shown.states, "category", heading.category)
        or f"Category {heading.category}"
    )


def _spent_and_earned(currency: str, shown: Shown) -> tuple[int, int]:
    """As the month's page has them: money without a category is income where more came in than went out."""
    spent = earned = 0
    for heading, figure in shown.figures.items():
        if heading.is_transfer or heading.currency != currency:
            continue
        category = shown.states["category"].get(heading.category or 0)
        is_income = value_of("category", category, "is_income") == "True" if category else figure.units < 0
        if is_income:
            earned -= figure.units
        else:
            spent += figure.units
    return spent, earned
