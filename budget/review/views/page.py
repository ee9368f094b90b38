"""The queue: possible transfers, kept choices, then what waits by merchant, the hardest first."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from budget.categorization.engine import Engine
from budget.history.wording import spell_moment
from budget.http import HtmxRequest, new_request_key, own_path
from budget.ledger.directory import Directory, directory, in_sidebar, total_held
from budget.review import queries
from budget.review.groups import Group, Proposer
from budget.review.showing import show_group, show_pair, show_staged
from budget.statements import transfers
from budget.statements.models import StatementImport
from budget.statements.takingback import edited_since

PAGE = "review/queue.html"
REGION = f"{PAGE}#review"
GROUPS_A_PAGE = 50
SURE_SHOWN = 100
PAIRS_SHOWN = 10
STAGES = "review_stages"
"""In the session: whether choices are kept until they are saved together."""
IDS = re.compile(r"[0-9]{1,18}(?:,[0-9]{1,18})*", re.ASCII)


@require_safe
def queue(request: HtmxRequest) -> HttpResponse:
    """What waits for review; over HTMX the queue alone."""
    asked = request.GET
    found = import_asked(request, asked)
    if asked.get("import") and found is None:
        raise Http404
    is_fragment = bool(request.htmx and not request.htmx.boosted and request.htmx.target == "review")
    return render(request, REGION if is_fragment else PAGE, context_of(request, asked))


def region(request: HtmxRequest, *, toast: str = "", undo: str = "") -> HttpResponse:
    """The queue as it is now, in the place of the one that something was pressed on."""
    context = context_of(request, QueryDict(where_from(request).partition("?")[2][:2000]))
    response = render(request, REGION, context | {"toast": toast, "undo_url": undo, "with_counts": True})
    response["HX-Retarget"] = "#review"
    response["HX-Reswap"] = "outerHTML"
    return response


def where_from(request: HtmxRequest) -> str:
    """The address of the queue that something was pressed on, with its filter; else the plain one."""
    plain = reverse("review:queue")
    address = own_path(request.htmx.current_url_abs_path if request.htmx else request.POST.get("next"), plain)
    return address if address.partition("?")[0] == plain else plain


def import_asked(request: HtmxRequest, asked: QueryDict) -> StatementImport | None:
    """The import that the address narrows the queue to."""
    pk = number(asked.get("import"))
    return queries.import_of(request.book, pk) if pk else None


def stages(request: HttpRequest) -> bool:
    """Whether this person keeps choices until they are saved together."""
    return bool(request.session.get(STAGES))


def number(text: str | None) -> int:
    """The id that an address says; 0 where it says none."""
    return int(text) if text and re.fullmatch("[0-9]{1,18}", text, re.ASCII) else 0


def ids_of(text: str) -> list[int]:
    """Ids as our pages write them, ``12,13``; none where it is something else."""
    return [int(pk) for pk in text.split(",")] if IDS.fullmatch(text) else []


def proposer(request: HtmxRequest, names: Directory) -> Proposer:
    """What says what rows probably are. Five queries."""
    return Proposer(Engine(request.book, renew=False), names)


def context_of(request: HtmxRequest, asked: QueryDict) -> dict[str, Any]:
    """What the page shows. The number of queries does not depend on the number of rows."""
    book, writes = request.book, request.membership.may_write
    names = directory(book, balances=True)
    found = import_asked(request, asked)
    rows = queries.waiting_rows(book, found)
    pairs = transfers.pairs(book, [row.pk for row in rows] if found else None)[:PAIRS_SHOWN]
    paired = {side.pk for pair in pairs for side in (pair.outgoing, pair.incoming)}
    groups = proposer(request, names).groups([row for row in rows if row.pk not in paired])
    sure = [group for group in groups if group.is_sure]
    is_folded = len(groups) > GROUPS_A_PAGE
    others = [group for group in groups if not group.is_sure] if is_folded else groups
    pages = max(-(-len(others) // GROUPS_A_PAGE), 1)
    place = min(max(number(asked.get("page")), 1), pages)
    shown = others[(place - 1) * GROUPS_A_PAGE : place * GROUPS_A_PAGE]
    counts = queries.counts(book)
    accounts = names.accounts.values()
    context: dict[str, Any] = {
        "writes": writes,
        "counts": counts,
        "nav_waiting": counts.waiting,
        "nav_accounts": in_sidebar(accounts),
        "nav_total": total_held(accounts, book.currency),
        "key": new_request_key()[:13],
        "stages": stages(request),
        "groups": _shown(shown, names, book.currency),
        "folded": _shown(sure[:SURE_SHOWN], names, book.currency) if is_folded else [],
        "folded_rows": sum(len(group.rows) for group in sure[:SURE_SHOWN]) if is_folded else 0,
        "group_count": len(groups),
        "pairs": [show_pair(pair, book.currency) for pair in pairs],
        "rejected": queries.rejected_count(book),
        "older_url": _page_url(found, place + 1) if place < pages else "",
        "newer_url": _page_url(found, place - 1) if place > 1 else "",
        "of_import": found,
        "next": _page_url(found, place if place > 1 else 0),
        "is_cut": len(rows) == queries.MOST_READ,
        "most_read": f"{queries.MOST_READ:,}",
    }
    return context | staged_context(request, names, counts) | _side(request, counts)


def staged_context(request: HtmxRequest, names: Directory, counts: queries.Counts) -> dict[str, Any]:
    """The kept choices. One query."""
    own = request.book.currency
    return {
        "writes": request.membership.may_write,
        "counts": counts,
        "staged": [show_staged(txn, names, own) for txn in queries.staged_rows(request.book)],
        "staged_more": max(counts.to_save - queries.STAGED_SHOWN, 0),
        "save_key": new_request_key(),
    }


def _shown(groups: list[Group], names: Directory, own: str) -> list[Any]:
    return [show_group(group, names, own) for group in groups]


def _page_url(found: StatementImport | None, place: int) -> str:
    said = {"import": found.pk} if found else {}
    said |= {"page": place} if place > 1 else {}
    return reverse("review:queue") + (f"?{urlencode(said)}" if said else "")


def _side(request: HtmxRequest, counts: queries.Counts) -> dict[str, Any]:
    """What came of the last import, and what needed nobody."""
    last = queries.last_import(request.book)
    filed, since = queries.filed_this_week(request.book, counts.total)
    narrowed = urlencode({"filed": since.isoformat()})
    context: dict[str, Any] = {
        "last": last,
        "filed": filed,
        "filed_url": f"{reverse('ledger:transaction-list')}?{narrowed}",
    }
    if last:
        context["last_when"] = spell_moment(last.found.created_at, timezone.localdate())
        context["last_edited"] = edited_since(last.found).exists() if last.told else True
    return context
