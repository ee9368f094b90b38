"""Which column of a table means what: guessed, said by the person, and remembered for the next file of that header."""

from __future__ import annotations

from dataclasses import replace
from typing import BinaryIO

from django.utils import timezone

from budget.statements.formats import recognise
from budget.statements.formats.base import UnreadableFile
from budget.statements.formats.delimited import guess
from budget.statements.formats.layout import Layout
from budget.statements.models import RememberedColumns, StatementImport

TABLE = "csv"
"""The format whose columns a person can name."""

OF_THE_FILE = ("encoding", "delimiter", "quote", "names", "header", "first", "footer", "width", "narrowest")
"""Parts of a layout that another file of the same header may have otherwise: lines above it, totals at the end."""

GUESSED = "is_guessed"
"""Among the answers of an import: its `columns` are no person's word, so another reading may guess them anew."""


def prepare(found: StatementImport, source: BinaryIO) -> None:
    """Before a table is read: what its columns mean, and what about that is not certain.

    What the person said comes first, then what is remembered for such a header, then the guess.
    """
    found.doubts, found.layout = [], ""
    said = None if found.answers.get(GUESSED) else found.answers.get("columns")
    try:
        if recognise(source).name != TABLE:
            return
        source.seek(0)
        guessed = guess(source)
    except UnreadableFile:
        return  # reading it says the same, where people see it
    layout = guessed.layout
    found.layout = layout.digest
    if said:
        return
    if not layout.is_export and (known := _remembered(found)):
        own = {name: getattr(layout, name) for name in OF_THE_FILE}
        layout = replace(Layout.from_plain(known), **own)
    else:
        found.doubts = [doubt.text for doubt in guessed.doubts if not found.answers.get(doubt.about)]
    found.answers = {**found.answers, "columns": layout.to_plain(), GUESSED: True}


def _remembered(found: StatementImport) -> dict[str, object] | None:
    known = RememberedColumns.objects.filter(book=found.book_id, header=found.layout).order_by("-used_at")
    if chosen := found.answers.get("account"):
        own = known.filter(account=chosen).first()
        return own.columns if own else None
    first = known.first()
    return first.columns if first else None


def remember(found: StatementImport) -> None:
    """Keep what the columns of a confirmed import mean, for each account that it went to."""
    if not found.layout or "columns" not in found.answers:
        return
    columns = found.answers["columns"]
    for name in ("date_order", "decimal_mark"):
        columns = {**columns, name: found.answers.get(name) or columns.get(name)}
    for account in found.statements.exclude(account=None).values_list("account", flat=True).distinct():
        RememberedColumns.objects.update_or_create(
            book_id=found.book_id,
            account_id=account,
            header=found.layout,
            defaults={"columns": columns, "used_at": timezone.now()},
        )
