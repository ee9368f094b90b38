"""The history in an archive: entries whose ids are those of the archive, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from budget.archive.tables import NAMED, Translate
from budget.history.rows import Shape, shape_named


def carried(model: str, payload: Mapping[str, Any], of: Translate) -> dict[str, Any]:
    """The payload of an entry with every id as the other side knows it.

    Raises:
        LookupError, ValueError, TypeError: it is not what an entry's payload looks like.
    """
    if model not in NAMED:
        raise LookupError(f"there is no “{model}” in a book")
    shape = shape_named(model)
    fields: list[str] = payload["fields"]
    same: dict[str, Any] = payload.get("same") or {}
    spaces = _spaces(shape)
    varying = [name for name in fields if name not in same] if same else fields
    rows = []
    for pk, before, after in payload["rows"]:
        then = after
        if isinstance(after, dict):
            then = {name: _other(spaces, name, value, of) for name, value in after.items()}
        elif after is not None:
            then = [_other(spaces, name, value, of) for name, value in zip(varying, after, strict=True)]
        was = before
        if before is not None:
            was = [_other(spaces, name, value, of) for name, value in zip(fields, before, strict=True)]
        rows.append([of(model, pk), was, then])
    made: dict[str, Any] = {"fields": fields, "names": _labels(spaces, payload["names"], of), "rows": rows}
    if "same" in payload:
        made["same"] = {name: _other(spaces, name, value, of) for name, value in same.items()}
    return made


def _spaces(shape: Shape) -> dict[str, str]:
    return {c.name: c.target._meta.model_name or "" for c in shape.columns if c.target is not None}


def _other(spaces: Mapping[str, str], name: str, value: Any, of: Translate) -> Any:
    return of(spaces[name], value) if name in spaces and value is not None else value


def _labels(spaces: Mapping[str, str], names: Mapping[str, Mapping[str, str]], of: Translate) -> dict[str, Any]:
    return {
        column: {str(of(spaces[column], int(pk))): label for pk, label in labels.items()}
        for column, labels in names.items()
    }
