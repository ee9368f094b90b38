"""The rows of an import, a page at a time: what each says, what becomes of it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils import timezone

from budget.dates import spell_date
from budget.ledger.exporting import category_names
from budget.ledger.models import Account, Category, Status, Transaction
from budget.money import format_amount, format_in_book
from budget.statements.foreseeing import Foreseer, Other, line_of
from budget.statements.formats.texts import shorten
from budget.statements.mending import may_be_mended
from budget.statements.models import Fate, Stage, StatementImport, StatementLine
from budget.statements.othersides import Linked, links_of, say_other
from budget.statements.recording import PAYEE, TO_RECORD, Filed, Maker

ROWS_PER_PAGE = 50
LONGEST_ORIGINAL, LONGEST_TEXT = 300, 200

FILTERS = {
    "new": ("New", (Fate.NEW,)),
    "doubtful": ("To decide", (Fate.DOUBTFUL,)),
    "there": ("Already here", (Fate.THERE,)),
    "joined": ("Joined", (Fate.JOINED,)),
    "deleted": ("Deleted here before", (Fate.DELETED,)),
    "refused": ("Cannot be read", (Fate.REFUSED,)),
    "skipped": ("Left out", (Fate.SKIPPED,)),
}
"""What `rows` in the address may say, with its words and the fates that it shows."""

FILTERS_AFTER = {"new": ("New", TO_RECORD)} | {
    key: told for key, told in FILTERS.items() if key not in ("new", "doubtful")
}
"""The same once the import is recorded: what was kept apart is in the book like what was new."""

TAGS = {
    Fate.NEW: "acc",
    Fate.DOUBTFUL: "warn",
    Fate.THERE: "mute",
    Fate.JOINED: "mute",
    Fate.DELETED: "mute",
    Fate.REFUSED: "neg",
    Fate.SKIPPED: "mute",
}


@dataclass(frozen=True)
class Match:
    """A transaction of the book: the one that a row is, may be, or became."""

    pk: int
    account: Account
    title: str
    payee: str
    date: str
    amount: str
    text: str
    category: Category | None
    status: str
    is_transfer: bool


@dataclass
class Shown:
    """One row of the preview."""

    line: StatementLine
    date: str
    amount: str
    is_income: bool
    title: str
    text: str
    label: str
    tag: str
    printed: str = ""
    """The payee as the bank has it, where another is or will be stored: a rule names it, or a person did."""
    category: Category | None = None
    filed: Filed | None = None
    match: Match | None = None
    became: Match | None = None
    linked: Linked | None = None
    original: str = ""
    may_be_mended: bool = False
    actions: Sequence[tuple[str, str]] = ()

    @property
    def elsewhere(self) -> Account | None:
        """The account that the row was moved to, so that it is not on the one that the file is for."""
        match, own = self.match, self.line.statement.account_id
        return match.account if match and own and match.account.pk != own else None

    @property
    def is_sure(self) -> bool:
        """Whether it goes in filed, without waiting for review."""
        return self.filed is not None and (self.filed.category is not None or self.filed.opens != "")


@dataclass
class Page:
    """Some rows, with the ids to go on from; 0 where there is nothing more."""

    rows: Sequence[Shown] = field(default_factory=list)
    older: int = 0
    newer: int = 0
    links: str = ""
    """By which the form tells what links it showed; empty where nothing is to be recorded any more."""
    linked: int = 0


def page_of(
    found: StatementImport, *, only: str = "", after: int = 0, before: int = 0, is_undone: bool = False
) -> Page:
    """The rows after or before a row, in the order of the file. Its number of queries is fixed.

    Args:
        only: one of `FILTERS`; all rows where it is none.
        is_undone: the import was taken back.
    """
    wanted = StatementLine.objects.filter(statement__source=found).select_related("statement")
    known = filters_of(found)
    if only in known:
        wanted = wanted.filter(fate__in=known[only][1])
    if before:
        lines = list(wanted.filter(pk__lt=before).order_by("-pk")[: ROWS_PER_PAGE + 1])
        has_newer, has_older = len(lines) > ROWS_PER_PAGE, True
        lines = lines[:ROWS_PER_PAGE][::-1]
    else:
        lines = list(wanted.filter(pk__gt=after).order_by("pk")[: ROWS_PER_PAGE + 1])
        has_newer, has_older = after > 0, len(lines) > ROWS_PER_PAGE
        lines = lines[:ROWS_PER_PAGE]
    foreseer = Foreseer(found, Maker.of(found)) if found.stage == Stage.READY else None
    is_whole = foreseer is not None and foreseer.is_whole
    links = foreseer.links(None if is_whole else lines) if foreseer else {}
    return Page(
        rows=_shown(found, lines, foreseer, links, is_undone=is_undone),
        older=lines[-1].pk if lines and has_older else 0,
        newer=lines[0].pk if lines and has_newer else 0,
        links=foreseer.told(links) if foreseer else "",
        linked=len(links) if is_whole else 0,
    )


def filters_of(found: StatementImport) -> Mapping[str, tuple[str, tuple[Fate, ...]]]:
    """The filters that its page offers, by their names in the address."""
    return FILTERS_AFTER if found.stage == Stage.RECORDED else FILTERS


def _shown(
    found: StatementImport,
    lines: Sequence[StatementLine],
    foreseer: Foreseer | None,
    links: Mapping[int, Other],
    *,
    is_undone: bool,
) -> list[Shown]:
    is_open = foreseer is not None
    matches, became = _transactions(found, lines)
    filed = _filed(foreseer.maker, lines) if foreseer else {}
    others = links if foreseer else links_of(found, {pk: match.pk for pk, match in became.items() if match.is_transfer})
    wanted = {each.predicted for each in filed.values() if each.predicted}
    categories = Category.objects.of(found.book).in_bulk(wanted) if wanted else {}
    rows = []
    for line in lines:
        proposal = filed.get(line.pk)
        match = matches.get(line.matched_id or 0)
        name, printed = _named(line, proposal, became.get(line.pk))
        label, tag = _label(line, is_open=is_open, is_gone=is_undone and line.pk not in became)
        rows.append(
            Shown(
                line=line,
                date=_day(line),
                amount=_amount(found, line),
                is_income=line.amount is not None and line.amount < 0,
                title=name or shorten(line.text, LONGEST_TEXT) or line.place.capitalize(),
                text=shorten(line.text, LONGEST_TEXT) if name else "",
                printed=printed,
                label=label,
                tag=tag,
                category=_category(proposal, categories) if proposal else None,
                filed=proposal,
                match=match,
                became=became.get(line.pk),
                linked=say_other(found.book, others[line.pk]) if line.pk in others else None,
                original=shorten(line.original, LONGEST_ORIGINAL) if line.date is None else "",
                may_be_mended=is_open and may_be_mended(line),
                actions=_actions(line, has_match=match is not None) if is_open else (),
            )
        )
    return rows


def _named(line: StatementLine, filed: Filed | None, became: Match | None) -> tuple[str, str]:
    """The payee as it is or will be stored, and as the bank has it where that is another one."""
    stored = became.payee if became else filed.payee if filed else ""
    if not stored or stored == line.payee[:PAYEE].rstrip():
        return line.payee, ""
    return stored, line.payee


def _category(filed: Filed, categories: Mapping[int, Category]) -> Category | None:
    """What is proposed; a category that the import will add is shown before it is there."""
    return Category(name=category_names(filed.opens)[-1]) if filed.opens else categories.get(filed.predicted or 0)


def _label(line: StatementLine, *, is_open: bool, is_gone: bool) -> tuple[str, str]:
    """The words of the row's tag, and its colour."""
    if not is_open and line.fate in TO_RECORD:
        return ("Taken back", "mute") if is_gone else ("Imported", "pos")
    return "Joined" if line.fate == Fate.JOINED else Fate(line.fate).label, TAGS[Fate(line.fate)]


def _actions(line: StatementLine, *, has_match: bool) -> Sequence[tuple[str, str]]:
    """What a person may say about the row: the fate, and the words on the button."""
    match line.fate:
        case Fate.NEW:
            join = [("joined", "Join after all")] if line.is_chosen and has_match else []
            return [*join, ("skipped", "Leave out")]
        case Fate.DOUBTFUL:
            return [("joined", "Join"), ("new", "Keep apart"), ("skipped", "Leave out")]
        case Fate.JOINED:
            return [("new", "Keep apart")]
        case Fate.THERE:
            return [("new", "Import it again")]
        case Fate.DELETED:
            return [("new", "Let back in")]
        case Fate.REFUSED:
            return [("skipped", "Leave out")]
        case _:
            return [("new", "Take it")] if line.amount is not None else []


def _transactions(
    found: StatementImport, lines: Sequence[StatementLine]
) -> tuple[Mapping[int, Match], Mapping[int, Match]]:
    """Those that rows are or may be, by their ids; those that rows became, by the ids of the rows. One query each."""
    rows = Transaction.objects.of(found.book).select_related("account", "category")
    ids = [line.matched_id for line in lines if line.matched_id]
    matches = {txn.pk: _match(found, txn) for txn in rows.filter(pk__in=ids)} if ids else {}
    if found.stage != Stage.RECORDED:
        return matches, {}
    of_lines = rows.filter(line__in=[line.pk for line in lines])
    return matches, {txn.line_id: _match(found, txn) for txn in of_lines if txn.line_id}


def _match(found: StatementImport, txn: Transaction) -> Match:
    return Match(
        pk=txn.pk,
        account=txn.account,
        title=txn.title,
        payee=txn.payee,
        date=spell_date(txn.date, timezone.localdate()),
        amount=format_in_book(txn.amount, txn.account.currency, own=found.book.currency, sign="income"),
        text=txn.description if txn.description != txn.title else "",
        category=txn.category,
        status=Status(txn.status).value,
        is_transfer=txn.is_transfer,
    )


def _filed(maker: Maker, lines: Sequence[StatementLine]) -> dict[int, Filed]:
    """What is stored for the rows that will be recorded: the same that recording makes."""
    return {
        line.pk: maker.filed(line_of(line, line.statement.account_id or 0))
        for line in lines
        if line.fate in TO_RECORD and line.date is not None and line.amount is not None
    }


def _day(line: StatementLine) -> str:
    return spell_date(line.date, timezone.localdate()) if line.date else ""


def _amount(found: StatementImport, line: StatementLine) -> str:
    if line.amount is None:
        return ""
    if line.currency == line.statement.currency:
        return format_amount(line.amount, line.currency, sign="income")
    return format_in_book(line.amount, line.currency, own=found.book.currency, sign="income")
