"""Reading the history: changes newest first, the rows of one, and everything that was deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from budget.books.models import Book
from budget.dates import spell_date
from budget.history.models import Action, Change, ChangeQuerySet, Entry
from budget.history.wording import RowInWords, Wording, spell_moment, summed_up

PAGE = 50

KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "": ("Everything", ()),
    "transactions": ("Transactions", ("transaction.", "statement.", "ledger.", "review.")),
    "transfers": ("Transfers", ("account_transfer.", "envelope.transfer")),
    "budgets": ("Budgets", ("envelope.",)),
    "recurring": ("Recurring", ("recurring.",)),
    "accounts": ("Accounts", ("account.", "certificate.")),
    "categories": ("Categories", ("category.",)),
    "rules": ("Rules and merchants", ("rule.", "rules.", "mapping.")),
    "book": ("Book and members", ("book.", "member.")),
    "undos": ("Undone", ("undo",)),
}
"""What the history can be narrowed to: its title, and how the kinds of its changes begin."""

T = TypeVar("T")


@dataclass(frozen=True)
class Part(Generic[T]):
    """Part of a list; `after` is where the next part begins, empty at the end."""

    rows: Sequence[T]
    after: str = ""


@dataclass(frozen=True)
class Line:
    """One change in the list, with what it did to how many rows, and the change that took it back, if any."""

    change: Change
    day: str
    what: str
    undone_by: Change | None
    is_newest: bool


@dataclass(frozen=True)
class DeletedRow:
    """A row that is gone, as it last was, with the change that deleted it and the one that took that back, if any."""

    change: Change
    when: str
    row: RowInWords
    undone_by: Change | None


def changes(book: Book, *, kind: str = "", text: str = "", before: int | None = None) -> Part[Line]:
    """The changes of a book, newest first, from below number `before` on. Two queries, whatever the number."""
    found = Change.objects.of(book).select_related("undone_by", "undoes").order_by("-number")
    beginnings = Q()
    for beginning in KINDS[kind][1]:
        beginnings |= Q(kind__startswith=beginning)
    found = _with_text(found.filter(beginnings), text)
    if before is not None:
        found = found.filter(number__lt=before)
    page = list(found[: PAGE + 1])
    after = str(page[PAGE - 1].number) if len(page) > PAGE else ""
    what = _what(page[:PAGE])
    return Part([_line(book, change, what.get(change.pk, "")) for change in page[:PAGE]], after)


def _line(book: Book, change: Change, what: str) -> Line:
    day = spell_date(timezone.localtime(change.at).date(), timezone.localdate())
    return Line(change, day, what, undone_by(change), change.number == book.version)


def undone_by(change: Change) -> Change | None:
    """The change that took this one back."""
    return getattr(change, "undone_by", None)


def _with_text(found: ChangeQuerySet, text: str) -> ChangeQuerySet:
    return found.filter(Q(summary__icontains=text) | Q(by_name__icontains=text)) if text else found


def _what(page: Sequence[Change]) -> dict[int, str]:
    counted = (
        Entry.objects.filter(change__in=page)
        .order_by("change", "model", "action")
        .values_list("change", "model", "action")
        .annotate(rows=Sum("count"))
    )
    grouped: dict[int, list[tuple[str, str, int]]] = defaultdict(list)
    for change, model, action, rows in counted:
        grouped[change].append((model, action, rows))
    return {change: summed_up(counts) for change, counts in grouped.items()}


def rows(change: Change, *, after: int = 0) -> Part[RowInWords]:
    """What happened to the rows of a change, from the `after`-th on. At most four queries."""
    spans = change.entries.order_by("position").values_list("position", "count")
    first, wanted = after, PAGE + 1
    entries: list[int] = []
    for position, count in spans:
        if first >= count and not entries:
            first -= count
            continue
        entries.append(position)
        wanted -= count - first if len(entries) == 1 else count
        if wanted <= 0:
            break
    wording = Wording(change.book)
    found: list[RowInWords] = []
    for entry in change.entries.filter(position__in=entries).order_by("position"):
        found += list(wording.rows(entry))
    return Part(found[first : first + PAGE], str(after + PAGE) if len(found) > first + PAGE else "")


def deletions(book: Book, *, text: str = "", before: str = "") -> Part[DeletedRow]:
    """Every row that was ever deleted from a book, the last one first; from below the place `before` on.

    Nothing here is read from the rows' own tables, so it stays readable after account and category are gone.
    """
    found: list[tuple[DeletedRow, str]] = []
    for deleted in _deleted_rows(book, text, _place(before)):
        found.append(deleted)
        if len(found) > PAGE:
            break
    after = found[PAGE - 1][1] if len(found) > PAGE else ""
    return Part([row for row, _ in found[:PAGE]], after)


def _place(written: str) -> tuple[int, int, int] | None:
    """The number of a change, of its entry, and of the row therein, from `7.0.12`."""
    parts = written.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        return None
    number, position, index = map(int, parts)
    return number, position, index


def _deleted_rows(book: Book, text: str, place: tuple[int, int, int] | None) -> Iterator[tuple[DeletedRow, str]]:
    found = Entry.objects.of(book).filter(action=Action.DELETE).exclude(change__kind="undo")
    if text:
        found = found.filter(Q(payload__icontains=text) | Q(change__summary__icontains=text))
    if place:
        number, position, _ = place
        found = found.filter(Q(change__number__lt=number) | Q(change__number=number, position__lte=position))
    wording = Wording(book)
    for entry in _payloads(found.order_by("-change__number", "-position"), skipped=place[2] + 1 if place else 0):
        change = entry.change
        is_begun = place is not None and (change.number, entry.position) == place[:2]
        for index, row in enumerate(wording.rows(entry)):
            if is_begun and place is not None and index <= place[2]:
                continue
            if text and not _has(row, change, text):
                continue
            when = spell_moment(change.at, wording.today)
            yield DeletedRow(change, when, row, undone_by(change)), f"{change.number}.{entry.position}.{index}"


def _payloads(entries: QuerySet[Entry], skipped: int) -> Iterator[Entry]:
    """The entries in their order; read in as few statements as a page of rows needs, and never more than it needs."""
    start = 0
    while sizes := list(entries.values_list("pk", "count")[start : start + PAGE + 1]):
        chosen: list[int] = []
        wanted = PAGE + 1 + skipped
        for pk, count in sizes:
            chosen.append(pk)
            wanted -= count
            if wanted <= 0:
                break
        start, skipped = start + len(chosen), 0
        yield from entries.filter(pk__in=chosen).select_related("change__undone_by")
        if len(chosen) == len(sizes) <= PAGE:
            return


def _has(row: RowInWords, change: Change, text: str) -> bool:
    wanted = text.casefold()
    return wanted in change.summary.casefold() or any(wanted in f.value.casefold() for f in row.fields)
