"""Taking a change back, as long as nothing rests on it; itself a change, so it can be taken back too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import IntegrityError, models, transaction

from budget.history import recording
from budget.history.errors import AlreadyUndone, BuiltUpon, Gone, NotSure, PlaceTaken, TheBeginning
from budget.history.keeping import RowChange
from budget.history.models import Action, Change, Entry
from budget.history.recorder import Recorder
from budget.history.recording import IdempotentRequest
from budget.history.rows import Shape, Value, Values, shape_named, shape_of
from budget.users.models import User

ROWS_AT_ONCE = 500
ENTRIES_AT_ONCE = 20

UndoCheck = Callable[[Recorder, Change, Sequence[int]], None]
"""Given the undoing change, the change that it takes back, and the ids of the rows concerned: may refuse by raising."""

TakeBack = Callable[[Recorder, Change, Sequence[RowChange]], Sequence[RowChange]]
"""Given the undoing change, the undone one, and rows of an entry of it: takes back what needs a way of its own, and
answers the rows that are to be taken back as usual."""

Question = Callable[[Change], Sequence[str]]
"""Given a change that is about to be taken back, with its book locked: what to know first, in sentences."""

_checks: dict[type[models.Model], list[UndoCheck]] = {}
_questions: list[Question] = []
_own_ways: dict[type[models.Model], TakeBack] = {}


def on_undo(model: type[models.Model], check: UndoCheck) -> None:
    """Have `check` look at every undo that writes rows of `model`, once they are written: rules that span rows."""
    _checks.setdefault(model, []).append(check)


def on_taking_back(model: type[models.Model], own: TakeBack) -> None:
    """Have `own` look first at every undo that concerns rows of `model`: rows that count what others did as well."""
    _own_ways[model] = own


def ask_before_undo(question: Question) -> None:
    """Have `question` look at every undo before anything of it is written: what it says, a person has to agree to."""
    if question not in _questions:
        _questions.append(question)


def undo(change: Change, *, by: User | None, request: IdempotentRequest | None = None, is_sure: bool = False) -> Change:
    """Put back everything that `change` altered; answers the change that did so.

    Args:
        is_sure: the person was told what `ask_before_undo` would say, and wants it all the same.

    Raises:
        NotSure: it could be done, but somebody should know something first; nothing is written.
        AlreadyUndone: it was taken back before.
        BuiltUpon: a row was altered again since, or something points at a row that the change made.
        Gone: a row that it deleted or altered points at something that is no longer there.
        PlaceTaken: the database has another row where one would come back, such as a category of that name.
        BudgetError: a rule registered by `on_undo` would be broken.
    """
    summary = f"Undid: {change.summary}"
    with recording.change(change.book, by, summary, kind="undo", request=request, undoes=change) as taking_back:
        if Change.objects.filter(undoes=change).exists():
            raise AlreadyUndone(change)
        if change.number == 1:
            raise TheBeginning(change)
        _require_single_standing(change)
        taking_back.is_kept = not change.entries.exists()
        asked = [] if is_sure else [sentence for question in _questions for sentence in question(change)]
        touched: dict[type[models.Model], list[int]] = {}
        try:
            with transaction.atomic():
                for entry in _entries(change):
                    model, ids = _take_back(taking_back, change, entry)
                    touched.setdefault(model, []).extend(ids)
        except IntegrityError as taken:
            raise PlaceTaken(change) from taken
        for model, ids in touched.items():
            for check in _checks.get(model, ()):
                check(taking_back, change, ids)
        if asked:  # only now: what cannot be done at all is refused, not asked about
            raise NotSure(change, asked)
    return taking_back.record


def _entries(change: Change) -> Iterator[Entry]:
    """Its entries, the last first, a page at a time: a pooled connection has no server-side cursor."""
    before = change.entries.count()
    while page := list(change.entries.filter(position__lt=before).order_by("-position")[:ENTRIES_AT_ONCE]):
        yield from page
        before = page[-1].position


def entries_about(change: Change, model: type[models.Model]) -> Iterator[Entry]:
    """The entries of a change about one model, the first first, a page at a time."""
    own = change.entries.filter(model=shape_of(model).name).order_by("position")
    last = -1
    while page := list(own.filter(position__gt=last)[:ENTRIES_AT_ONCE]):
        yield from page
        last = page[-1].position


def _require_single_standing(change: Change) -> None:
    """What an idempotency key stands for stays single: a file undone and loaded anew does not come back as well."""
    if change.undoes is None or change.undoes.key is None:
        return
    again = Change.objects.filter(
        book=change.book_id,
        key__startswith=change.undoes.key,
        key_digest=change.undoes.key_digest,
        number__gt=change.number,
        undone_by__isnull=True,
    )
    if later := again.first():
        raise BuiltUpon(change, f"“{later}” did the same anew")


def rows_of(entry: Entry) -> Iterator[tuple[int, Values | None, Values | None]]:
    """An entry's rows: id, all values before, all values after, in the order of the fields that the model has today.

    An entry that was written when the model had fewer fields has their defaults in the new ones: nothing was said then.
    """
    payload: dict[str, Any] = json.loads(entry.payload)
    fields: list[str] = payload["fields"]
    shape = shape_named(entry.model)
    if fields == shape.names:
        yield from _as_written(payload, fields)
        return
    for pk, before, after in _as_written(payload, fields):
        yield pk, _arranged(shape, fields, before), _arranged(shape, fields, after)


def _arranged(shape: Shape, fields: Sequence[str], values: Sequence[Value] | None) -> Values | None:
    if values is None:
        return None
    known = dict(zip(fields, values, strict=True))
    return [
        known[column.name] if column.name in known else column.write(column.field.get_default())
        for column in shape.columns
    ]


def _as_written(payload: dict[str, Any], fields: Sequence[str]) -> Iterator[tuple[int, Values | None, Values | None]]:
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


def _take_back(taking_back: Recorder, change: Change, entry: Entry) -> tuple[type[models.Model], list[int]]:
    shape = shape_named(entry.model)
    rows: Sequence[RowChange] = list(rows_of(entry))
    if own := _own_ways.get(shape.model):
        rows = own(taking_back, change, rows)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[start : start + ROWS_AT_ONCE]
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
    return shape.model, [pk for pk, _, _ in rows]


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
    """The summary of the last change that touched a row and stands: one that was undone builds on nothing."""
    later = Entry.objects.filter(
        book=taking_back.book, model=shape.name, first_id__lte=pk, last_id__gte=pk, change__number__gt=change.number
    )
    undone: set[int] = set()
    for entry in later.select_related("change__undoes").order_by("-change__number", "-position"):
        done = entry.change
        if done.pk in undone:
            continue
        if done.undoes is not None and done.undoes.number > change.number:
            undone.add(done.undoes.pk)
            continue
        if any(row == pk for row, _, _ in rows_of(entry)):
            return f"“{done}”"
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
            raise BuiltUpon(change, f"{count} {noun}, such as “{using.select_related().first()}”")


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
