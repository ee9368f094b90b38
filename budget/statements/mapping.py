"""The columns of a table as a page shows them: what each means, in its header cell, above the first rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from budget.files import vault
from budget.statements.columns import GUESSED, TABLE
from budget.statements.formats.base import DateOrder, DecimalMark, UnreadableFile
from budget.statements.formats.delimited import preview_columns
from budget.statements.formats.layout import Layout, Sign
from budget.statements.models import Stage, StatementImport

ROLES = (
    ("", "Not used"),
    ("date", "Date"),
    ("payee", "Payee"),
    ("text", "Text"),
    ("amount", "Amount"),
    ("debit", "Money out"),
    ("credit", "Money in"),
    ("balance", "Balance"),
    ("currency", "Currency"),
    ("category", "Category"),
    ("value_date", "Value date"),
    ("bank_id", "Bank's id"),
    ("account", "Account"),
    ("pending", "Pending"),
    ("note", "Note"),
    ("transfer", "Transfer with"),
)
DIRECTION = ("direction", "In or out")
"""Offered only where the file's words for it are known."""

SINGLE = tuple(role for role, _ in (*ROLES, DIRECTION) if role not in ("", "text"))
MOST_COLUMNS = 40
ROWS_SHOWN = 3
COLUMN = "column-"
"""The beginning of a field's name; the column's number follows, from 0."""


@dataclass(frozen=True)
class Cell:
    """A column's header cell."""

    number: int
    name: str
    role: str
    choices: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """The mapping, to be looked at and changed."""

    columns: Sequence[Cell]
    rows: Sequence[Sequence[str]]
    more: int
    has_sign: bool
    is_out_positive: bool
    date_order: str
    decimal_mark: str
    is_guessed: bool


def table_of(found: StatementImport) -> Table | None:
    """The columns of an import's file; None where it is no table, or nothing is known of its columns."""
    plain = found.answers.get("columns")
    if (
        found.format != TABLE
        or not plain
        or found.file_id is None
        or found.stage not in (Stage.READY, Stage.ASKING, Stage.REFUSED)
    ):
        return None
    try:
        layout = Layout.from_plain(plain)
        with vault.open_file(found.kept) as source:
            shown = preview_columns(source, layout, ROWS_SHOWN)
    except UnreadableFile:
        return None
    roles = roles_of(layout)
    choices = (*ROLES, DIRECTION) if layout.direction is not None else ROLES
    width = min(len(shown.names), MOST_COLUMNS)
    cells = [Cell(number, layout.name(number), roles.get(number, ""), choices) for number in range(width)]
    return Table(
        columns=cells,
        rows=[row[:width] for row in shown.rows],
        more=len(shown.names) - width,
        has_sign=layout.amount is not None and layout.direction is None,
        is_out_positive=layout.sign == Sign.MONEY_OUT_POSITIVE,
        date_order=found.answers.get("date_order") or "",
        decimal_mark=found.answers.get("decimal_mark") or "",
        is_guessed=bool(found.answers.get(GUESSED)),
    )


def roles_of(layout: Layout) -> dict[int, str]:
    """The role of each column that has one."""
    found = dict.fromkeys(layout.text, "text")
    return found | {place: role for role in SINGLE if (place := getattr(layout, role)) is not None}


def said(found: StatementImport, posted: Mapping[str, str]) -> dict[str, object]:
    """The answers that a posted mapping gives, for `bringing.answer`.

    Where a role that only one column can have is given to a second one, the new choice counts.

    Raises:
        UnreadableFile: a needed column is missing, in words.
    """
    plain = found.answers.get("columns")
    if not plain:
        raise UnreadableFile("This file has no columns to choose.")
    layout = Layout.from_plain(plain)
    before = roles_of(layout)
    chosen = dict(_chosen(posted, layout, before))
    roles = {**before, **chosen}
    values: dict[str, object] = {"text": tuple(sorted(place for place, role in roles.items() if role == "text"))}
    for role in SINGLE:
        places = [place for place, each in roles.items() if each == role]
        fresh = [place for place in places if before.get(place) != role]
        values[role] = next(iter(fresh or places), None)
    if values["date"] is None:
        raise UnreadableFile("No column is the date. Choose one.")
    fresh_amount = values["amount"] is not None and before.get(_place(values["amount"])) != "amount"
    fresh_pair = any(values[n] is not None and before.get(_place(values[n])) != n for n in ("debit", "credit"))
    if fresh_pair and not fresh_amount:
        values["amount"] = None
    elif values["amount"] is not None:
        values["debit"] = values["credit"] = None
    if values["amount"] is None and values["debit"] is None and values["credit"] is None:
        raise UnreadableFile("No column has amounts. Choose one.")
    if values["payee"] is None and not values["text"]:
        raise UnreadableFile("No column says what it was for. Choose the payee or a text.")
    if posted.get("sign") in set(Sign):
        values["sign"] = Sign(posted["sign"])
    if values["amount"] is None:
        values["direction"] = None
    answers: dict[str, object] = {}
    for name, known in (("date_order", set(DateOrder)), ("decimal_mark", set(DecimalMark))):
        answers[name] = posted.get(name) if posted.get(name) in known else ""
        values[name] = answers[name] or None
    return answers | {"columns": replace(layout, **values).to_plain()}  # type: ignore[arg-type]  # by name, checked


def _place(value: object) -> int:
    assert isinstance(value, int)
    return value


def _chosen(posted: Mapping[str, str], layout: Layout, before: Mapping[int, str]) -> Iterable[tuple[int, str]]:
    known = {role for role, _ in ROLES} | ({"direction"} if layout.direction is not None else set())
    for number in range(MOST_COLUMNS):
        role = posted.get(f"{COLUMN}{number}")
        if role is not None and role in known:
            yield number, role
