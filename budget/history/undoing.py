"""Taking a change back, as long as nothing rests on it; itself a change, so it can be taken back too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models

from budget.history import recording
from budget.history.errors import AlreadyUndone, BuiltUpon, Gone, TheBeginning
from budget.history.models import Action, Change, Entry
from budget.history.recorder import Recorder
from budget.history.recording import IdempotentRequest
from budget.history.rows import Shape, Values, shape_named, shape_of
from budget.users.models import User

AtOnce = 500


def undo(change: Change, *, by: User | None, request: IdempotentRequest | None = None) -> Change:
    """Put back everything that `change` altered; answers the change that did so.

    Raises:
        AlreadyUndone: it was taken back before.
        BuiltUpon: a row was altered again since, or something points at a row that the change made.
        Gone: a row that it deleted or altered points at something that is no longer there.
    """
    summary = f"Undid: {change.summary}"
    with recording.change(change.book, by, summary, kind="undo", request=request, undoes=change) as taking_back:
        if Change.objects.filter(undoes=change).exists():
            raise AlreadyUndone(change)
        if change.number == 1:
            raise TheBeginning(change)
        for entry in change.entries.order_by("-position").iterator(chunk_size=20):
            _take_back(taking_back, change, entry)
    return taking_back.record


def rows_of(entry: Entry) -> Iterator[tuple[int, Values | None, Values | None]]:
    """An entry's rows: id, all values before, all values after."""
    payload: dict[str, Any] = json.loads(entry.payload)
    fields: list[str] = payload["fields"]
    if same := payload.get("same"):
        varying = [place for place, name in enumerate(fields) if name not in same]
        for pk, _, after in payload["rows"]:
            whole: Values = [same.get(name) for name in fields]
            for place, value in zip(varying, after, strict=True):
                whole[place] = value
            yield pk, None, whole
        return
    for pk, before, after in payload["rows"]:
        if isinstance(after, dict):
            after = [after.get(name, old) for name, old in zip(fields, before, strict=True)]
        yield pk, before, after


def _take_back(taking_back: Recorder, change: Change, entry: Entry) -> None:
    shape = shape_named(entry.model)
    rows = list(rows_of(entry))
    for start in range(0, len(rows), AtOnce):
        part = rows[start : start + AtOnce]
        _require_untouched(taking_back, change, shape, part)
        if entry.action == Action.CREATE:
            _require_unused(change, shape, [pk for pk, _, _ in part])
            taking_back.delete_many(shape.model._base_manager.filter(pk__in=[pk for pk, _, _ in part]))
            continue
        _require_targets(change, shape, [before for _, before, _ in part if before is not None])
        if entry.action == Action.DELETE:
            taking_back.restore(shape, [(pk, before) for pk, before, _ in part if before is not None])
        else:
            taking_back.rewrite(
                shape, [(pk, after, before) for pk, before, after in part if before is not None and after is not None]
            )


def _require_untouched(
    taking_back: Recorder, change: Change, shape: Shape, rows: Sequence[tuple[int, Values | None, Values | None]]
) -> None:
    """Every row is as the change left it."""
    found = shape.model._base_manager.filter(pk__in=[pk for pk, _, _ in rows]).values_list("pk", *shape.names)
    now = {pk: [c.write(v) for c, v in zip(shape.columns, values, strict=True)] for pk, *values in found}
    for pk, _, after in rows:
        if now.get(pk) != after:
            raise BuiltUpon(change, _latest(taking_back, change, shape, pk))


def _latest(taking_back: Recorder, change: Change, shape: Shape, pk: int) -> str:
    """The summary of the last change that touched a row."""
    later = Entry.objects.filter(
        book=taking_back.book, model=shape.name, first_id__lte=pk, last_id__gte=pk, change__number__gt=change.number
    )
    for entry in later.select_related("change").order_by("-change__number", "-position"):
        if any(row == pk for row, _, _ in rows_of(entry)):
            return f"“{entry.change}”"
    return f"{shape.name} {pk} was altered outside of the application"


def _require_unused(change: Change, shape: Shape, ids: Sequence[int]) -> None:
    """Nothing points at rows that are about to go."""
    for relation in shape.model._meta.related_objects:
        field = relation.field
        source = relation.related_model
        if not isinstance(field, models.ForeignKey) or not _is_recorded(source):
            continue
        using = source._base_manager.filter(**{f"{field.name}__in": ids})
        count = using.count()
        if count:
            noun = source._meta.verbose_name if count == 1 else source._meta.verbose_name_plural
            raise BuiltUpon(change, f"{count} {noun}, such as “{using.first()}”")


def _is_recorded(model: Any) -> bool:
    from budget.books.rows import Recorded

    return issubclass(model, Recorded) and model not in (Change, Entry) and not model._meta.proxy


def _require_targets(change: Change, shape: Shape, rows: Sequence[Values]) -> None:
    """Everything that the restored rows point at is there."""
    for place, column in shape.foreign_keys():
        target = column.target
        wanted = {row[place] for row in rows if row[place] is not None}
        if target is None or not wanted:
            continue
        there = set(target._base_manager.filter(pk__in=wanted).values_list("pk", flat=True))
        if wanted - there:
            what = shape_of(target).model._meta.verbose_name
            raise Gone(change, f"the {what} that it belonged to")
