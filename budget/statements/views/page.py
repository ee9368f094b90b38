"""One import on one page, whatever its stage: progress, question, preview, receipt."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from budget.history import Change
from budget.history.wording import spell_moment
from budget.http import HtmxRequest, new_request_key, own_path
from budget.ledger.models import Account, Status
from budget.statements import bringing, far, mapping, preview, summary
from budget.statements.asking import question_of
from budget.statements.balances import Agreement
from budget.statements.filed import certificates_of
from budget.statements.forms import MendForm
from budget.statements.mending import known_of, may_be_mended
from budget.statements.models import Certificate, Fate, Stage, Statement, StatementImport, StatementLine
from budget.statements.openings import planned
from budget.statements.receipts import agreements_of
from budget.statements.same_file import imported_before, said_of
from budget.statements.standing import is_undone
from budget.statements.takingback import edited_since, made_by_import, no_longer_there, told_again_by
from budget.statements.warning import before_importing, before_taking_back

PAGE = "statements/import.html"
LARGEST_ID = 2**63 - 1
MOST_PARTS = 30
NEW_ACCOUNT = "new"
REVIEW = "/review/"


@require_GET
def import_detail(request: HtmxRequest, pk: int) -> HttpResponse:
    """An import as it stands: while it is read how far it is, then its rows, in the end its receipt."""
    found = import_of(request, pk)
    if request.htmx and not request.htmx.boosted and request.htmx.target == "import":
        return render(request, f"{PAGE}#import", context_of(request, found, request.GET))
    return render(request, PAGE, context_of(request, found, request.GET))


def import_of(request: HtmxRequest, pk: int) -> StatementImport:
    """The book's import of that number; 404 for any other."""
    imports = StatementImport.objects.filter(book=request.book).select_related("file", "change", "taken_back")
    found = get_object_or_404(imports, pk=min(pk, LARGEST_ID))
    found.book = request.book
    return found


def import_url(found: StatementImport) -> str:
    """Its page."""
    return reverse("statements:import-detail", args=[found.pk])


def where_from(request: HtmxRequest, found: StatementImport) -> str:
    """The address of the import's page that something was pressed on, with its filter; else the plain page."""
    at = request.htmx.current_url_abs_path if request.htmx else request.POST.get("next")
    plain = import_url(found)
    address = own_path(at, plain)
    return address if address.partition("?")[0] == plain else plain


def without_mend(address: str) -> str:
    """The address of an import's page without the row that was being mended."""
    path, _, _ = address.partition("?")
    query = query_of(address).copy()
    query.pop("mend", None)
    return f"{path}?{query.urlencode()}" if query else path


def query_of(address: str) -> QueryDict:
    """What an address asks for."""
    return QueryDict(address.partition("?")[2][:2000])


def context_of(
    request: HtmxRequest, found: StatementImport, asked: QueryDict, *, mend: MendForm | None = None, error: str = ""
) -> dict[str, Any]:
    """What the page shows. The number of queries depends on the stage alone."""
    writes = request.membership.may_write
    context: dict[str, Any] = {
        "found": found,
        "import_url": import_url(found),
        "when": spell_moment(found.created_at, timezone.localdate()),
        "writes": writes,
        "error": error,
        "is_silent": bringing.is_silent(found),
        "lines_read": f"{found.lines_read:,}",
        "far": far.how_far(found) if found.stage == Stage.READING else None,
    }
    if found.stage in (Stage.READY, Stage.RECORDED):
        undone = is_undone(found)
        context |= {"is_undone": undone} | _rows(request, found, asked, mend, undone=undone)
    if found.stage in (Stage.READY, Stage.ASKING, Stage.REFUSED):
        context |= {"table": mapping.table_of(found), "question": question_of(found)}
    if found.stage == Stage.RECORDED:
        context |= _receipt(found, context["told"], undone=undone)
    return context | {"request_key": new_request_key(), "again_key": new_request_key()}


def _rows(
    request: HtmxRequest, found: StatementImport, asked: QueryDict, mend: MendForm | None, *, undone: bool
) -> dict[str, Any]:
    told = summary.summary(found)
    only = asked.get("rows", "")
    known = preview.filters_of(found)
    only = only if only in known else ""
    after, before = number(asked.get("after")), number(asked.get("before"))
    page = preview.page_of(found, only=only, after=after, before=before, is_undone=undone)
    if mend is None and found.stage == Stage.READY and (wanted := number(asked.get("mend"))):
        line = StatementLine.objects.filter(statement__source=found, pk=wanted).select_related("statement").first()
        mend = MendForm(line=line, initial=known_of(found, line)) if line and may_be_mended(line) else None
    plain, part = import_url(found), f"rows={only}&" if only else ""
    place = {name: at for name, at in (("rows", only), ("after", after), ("before", before)) if at}
    filters = [("", "All", told.rows)]
    filters += [(key, title, told.of(fates)) for key, (title, fates) in known.items() if told.of(fates)]
    is_ready = found.stage == Stage.READY
    earlier = imported_before(found) if is_ready and told.of([Fate.THERE, Fate.DELETED]) else None
    return {
        "told": told,
        "sentence": summary.say(told, timezone.localdate()),
        "parts": _parts(request, found, told) if is_ready or found.stage == Stage.RECORDED else [],
        "more_parts": max(len(told.parts) - MOST_PARTS, 0),
        "only": only,
        "filters": [
            (f"{plain}?rows={key}" if key else plain, title, f"{n:,}", key == only) for key, title, n in filters
        ],
        "button": _button(told),
        "without": _button(told, without=f"without {told.refused:,} that cannot be read"),
        "mend_first": _mend_first(found) if is_ready and told.refused else "",
        "page": page,
        "older_url": f"{plain}?{part}after={page.older}" if page.older else "",
        "newer_url": f"{plain}?{part}before={page.newer}" if page.newer else "",
        "here_url": f"{plain}?{urlencode(place)}" if place else plain,
        "mend_url": f"{plain}?{urlencode(place | {'mend': ''})}",
        "certified": before_importing(found) if is_ready else [],
        "openings": planned(found) if is_ready else [],
        "earlier": earlier,
        "said_before": said_of(earlier) if earlier else "",
        "mend": mend,
        "mend_pk": mend.line.pk if mend else 0,
        "is_open": is_ready,
    }


def _mend_first(found: StatementImport) -> str:
    """Where the first row that cannot be read is mended, among the others."""
    lines = StatementLine.objects.filter(statement__source=found, fate=Fate.REFUSED).order_by("pk")
    return f"{import_url(found)}?{urlencode({'rows': 'refused', 'mend': lines.values_list('pk', flat=True)[0]})}"


def _parts(request: HtmxRequest, found: StatementImport, told: summary.Summary) -> list[dict[str, Any]]:
    """The accounts of the file: what the file calls each, the choice, and whether its balances agree."""
    open_accounts: list[Account] = []
    if found.stage == Stage.READY:
        open_accounts = list(Account.objects.of(found.book).filter(is_archived=False).order_by("name", "pk"))
    shown, closed = [], _closed(found, told)
    for part in told.parts[:MOST_PARTS]:
        statement = part.statement
        fitting = [account for account in open_accounts if account.currency == part.currency]
        if statement.account and found.stage == Stage.READY and statement.account not in fitting:
            fitting.append(statement.account)
        shown.append(
            {
                "part": part,
                "statement": statement,
                "accounts": fitting,
                "balance": summary.say_balance(part.balance, part.currency),
                "differs": part.balance.is_told and not part.balance.holds,
                "rows": summary.count_in_words(part.rows),
                "closed": [each for each in closed if each[0] in part.statements],
            }
        )
    return shown


def _closed(found: StatementImport, told: summary.Summary) -> list[tuple[Statement, Certificate | None]]:
    """The statements that can be held against their accounts, each by itself, with the certificates they have."""
    if found.stage != Stage.RECORDED:
        return []
    statements = [each for part in told.parts[:MOST_PARTS] for each in part.statements if each.account_id]
    for each in statements:
        each.source = found
    return certificates_of(statements)


def _button(told: summary.Summary, *, without: str = "") -> str:
    """What pressing the button does; `without` says what it leaves."""
    if told.undecided:
        button = f"Import {told.recorded:,}, {told.undecided:,} of them undecided"
        return f"{button}, {without}" if without else button
    if told.recorded or told.joined:
        button = f"Import {told.recorded:,}" if told.recorded else f"Join {told.joined:,}"
        return f"{button} {without}".strip()
    return f"Finish {without}" if without else "Finish, nothing to import"


def _receipt(found: StatementImport, told: summary.Summary, *, undone: bool) -> dict[str, Any]:
    """What came of a recorded import, and whether it still stands."""
    context: dict[str, Any] = {"receipt": summary.say_receipt(told)}
    made = made_by_import(found)
    if undone:
        kept = made.count()
        context["left"] = "Its rows are out of the book." if told.recorded else "It had put no rows into the book."
        if told.joined:
            rows = "The row it had joined is" if told.joined == 1 else f"The {told.joined:,} rows it had joined are"
            joined = f"{rows} in the book as before."
            context["left"] = f"{context['left']} {joined}" if told.recorded else joined
        if kept:
            context["left"] = f"{summary.count_in_words(kept)} that had been edited stayed in the book."
        return context
    context["agreements"] = _agreements(found, told)
    if told.there and (gone := no_longer_there(found)):
        context["gone"] = summary.count_in_words(gone)
    if found.change is None:
        return context
    waiting = made.filter(status=Status.PENDING_REVIEW).count()
    return context | {
        "may_undo": True,
        "edited": edited_since(found).count(),
        "certificates": before_taking_back(found),
        "told_again": [(each.file_name, summary.count_in_words(rows)) for each, rows in told_again_by(found)],
        "waiting": waiting,
        "review_url": f"{REVIEW}?import={found.pk}" if waiting and _has_review() else "",
        "row_links": _row_links(told),
    }


def _agreements(found: StatementImport, told: summary.Summary) -> list[tuple[Account, Agreement]]:
    """Of each account of the file: whether it has what the bank says at the end, or at the first end that differs."""
    statements = [each for part in told.parts for each in part.statements]
    agreed = agreements_of(found, statements)
    shown: dict[int, tuple[Account, Agreement]] = {}
    for each in sorted(statements, key=lambda part: agreed[part.pk].on if part.pk in agreed else date.min):
        if each.account and each.pk in agreed:
            before = shown.get(each.account.pk)
            if before is None or not before[1].difference:
                shown[each.account.pk] = (each.account, agreed[each.pk])
    return list(shown.values())[:MOST_PARTS]


def _row_links(told: summary.Summary) -> list[dict[str, str]]:
    """Where the rows are in the list of transactions: for each account of the file its days."""
    links = {}
    for part in told.parts[:MOST_PARTS]:
        days = [day for each in part.statements for day in (each.first, each.last) if day]
        account = part.statement.account
        if account and days:
            narrowed = {"account": account.pk, "from": min(days).isoformat(), "to": max(days).isoformat()}
            text = f"{account}, {summary.days_in_words(min(days), max(days), timezone.localdate())}"
            links[text] = f"{reverse('ledger:transaction-list')}?{urlencode(narrowed)}"
    return [{"text": text, "url": url} for text, url in links.items()]


def _has_review() -> bool:
    try:
        resolve(REVIEW)
    except Resolver404:
        return False
    return True


def number(text: str | None) -> int:
    """The id that an address says; 0 where it says none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else 0


def undo_url(change: Change | None) -> str:
    """Where a change is taken back; empty where nothing was written."""
    return reverse("history:undo", args=[change.number]) if change else ""


FATES = {fate.value for fate in (Fate.NEW, Fate.JOINED, Fate.SKIPPED)}
"""What a person may make of a row."""
