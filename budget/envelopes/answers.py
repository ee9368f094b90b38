"""What the budgets page answers: whole pages, or only the regions that a write made untrue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from budget.envelopes.board import Board, Mistake, board
from budget.envelopes.details import last_move
from budget.envelopes.drawing import Drawing
from budget.envelopes.forms import MoveForm, seen_budgets
from budget.envelopes.queries import PlanLine
from budget.http import HtmxRequest, new_request_key, own_path
from budget.ledger.directory import in_sidebar, total_held
from budget.ledger.models import today
from budget.money import plain_amount
from budget.months import FIRST_YEAR, LAST_YEAR, Month

SOURCES = 5
"""How many categories Cover offers."""


def is_fragment(request: HtmxRequest) -> bool:
    """Whether a region is asked for, not a page."""
    return bool(request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request)


def around(month: Month) -> dict[str, Any]:
    """The month with the one before and the one after, as far as there are such months."""
    return {
        "month": month,
        "previous": None if (month.year, month.month) == (FIRST_YEAR, 1) else month.previous,
        "next": None if (month.year, month.month) == (LAST_YEAR, 12) else month.next,
    }


def month_page(
    request: HtmxRequest, month: Month, *, mistakes: Mapping[int, Mistake] | None = None, status: int = 200
) -> HttpResponse:
    """The budgets page, or the region of it that a fragment replaces."""
    shown = board(request.book, month, today(), everything=_shows_everything(request), mistakes=mistakes)
    template = "envelopes/_plan.html" if is_fragment(request) else "envelopes/month.html"
    return render(request, template, _page_context(request, shown), status=status)


def after_write(
    request: HtmxRequest,
    month: Month,
    text: str,
    number: int | None,
    touched: Collection[int] | None = None,
    *,
    was_hidden: bool = False,
) -> HttpResponse:
    """The page as it is now, with what happened and its Undo.

    Args:
        number: of the change that can be undone.
        touched: the categories whose rows and groups are answered; None for the whole plan.
        was_hidden: one of them had no row on the page before, so the whole plan is answered.
    """
    undo_url = reverse("history:undo", args=[number]) if number else ""
    if not is_fragment(request):
        messages.info(request, text, extra_tags=undo_url)
        return redirect(own_path(request.POST.get("next"), _month_url(request, month)))
    shown = board(request.book, month, today(), everything=_shows_everything(request), keeping=touched or ())
    context = _page_context(request, shown) | {"text": text, "undo_url": undo_url}
    if touched is None or was_hidden:
        answer = render(request, "envelopes/_plan_after.html", context)
        answer.headers["HX-Retarget"] = "#plan"
        answer.headers["HX-Reswap"] = "outerHTML"
    else:
        lines = [line for line in shown.lines if line.category.pk in touched]
        groups = [group for group in shown.groups if any(line.category.pk in touched for line in group.lines)]
        drawing = context["drawing"]
        context["rows"] = [drawing.groups(groups, oob=True), drawing.lines(lines, oob=True)]
        answer = render(request, "envelopes/_changed.html", context)
        answer.headers["HX-Reswap"] = "none"
    answer.headers["HX-Trigger"] = "app:close"
    return answer


def refused_cell(request: HtmxRequest, month: Month, pk: int, mistake: Mistake) -> HttpResponse:
    """One row again, with what was typed and why it cannot be."""
    shown = board(request.book, month, today(), everything=True, mistakes={pk: mistake})
    lines = [line for line in shown.lines if line.category.pk == pk]
    context = {"rows": [_drawing(request, shown).lines(lines, oob=True)]}
    return render(request, "envelopes/_refused.html", context, status=422)


def move_page(request: HtmxRequest, month: Month, form: MoveForm | None = None, status: int = 200) -> HttpResponse:
    """The page of a move, or its form alone: in the dialog, or as the list of sources that Cover opened."""
    shown = board(request.book, month, today(), everything=True)
    if form is None:
        form = _prefilled(request, shown)
    context = around(month) | {"form": form, "request_key": new_request_key()}
    if not is_fragment(request):
        return render(request, "envelopes/move.html", context, status=status)
    if request.htmx.target == "pop-body":
        return cover_list(request, month, str(form.data.get("to", "")), form=form, status=status)
    targets = _drawing(request, shown).targets(shown.choices)
    return render(
        request, "envelopes/_move_form.html", context | {"in_dialog": True, "targets": targets}, status=status
    )


def cover_list(
    request: HtmxRequest, month: Month, target: str, *, form: MoveForm | None = None, status: int = 200
) -> HttpResponse:
    """The categories that an overspent one can be covered from, most left first, each with before and after."""
    shown = board(request.book, month, today())
    line = next((line for line in shown.lines if str(line.category.pk) == target), None)
    over = line.over if line and line.is_over else None
    context = {
        "month": month,
        "line": line,
        "sources": [] if over is None else _sources(shown.choices, line.category.pk if line else 0, over),
        "form": form,
        "request_key": new_request_key(),
    }
    answer = render(request, "envelopes/_cover.html", context, status=status)
    answer.headers["HX-Trigger-After-Swap"] = "app:show"
    return answer


def _sources(plans: Collection[PlanLine], target: int, needed: Any) -> list[tuple[PlanLine, Any]]:
    enough = [line for line in plans if line.category.pk != target and line.available >= needed]
    enough.sort(key=lambda line: -line.available)
    return [(line, line.available - needed) for line in enough[:SOURCES]]


def _prefilled(request: HtmxRequest, shown: Board) -> MoveForm:
    """The form as the address asks for it; the amount that covers `to` where none is given."""
    asked: dict[str, Any] = {name: request.GET.get(name, "") for name in ("from", "to", "amount")}
    richest = _richest(shown)
    if not asked["from"] and str(richest) != asked["to"]:
        asked["from"] = richest
    if not asked["amount"]:
        over = next((line.over for line in shown.overspent if str(line.category.pk) == asked["to"]), None)
        asked["amount"] = plain_amount(over, request.book.currency) if over else ""
    return MoveForm(initial=asked, plans=shown.choices, currency=request.book.currency)


def _richest(shown: Board) -> int | None:
    return shown.richest.category.pk if shown.richest else None


def _page_context(request: HtmxRequest, shown: Board) -> dict[str, Any]:
    book = request.book
    planned = [line.plan for line in shown.lines]
    drawing = _drawing(request, shown)
    return around(shown.month) | {
        "board": shown,
        "everything": _shows_everything(request),
        "seen": seen_budgets(planned, book.currency),
        "drawing": drawing,
        "body": drawing.plan(shown),
        "targets": drawing.targets(shown.choices),
        "last_move": last_move(book, shown.month),
        "move_form": MoveForm(
            plans=shown.choices, currency=book.currency, auto_id="move-%s", initial={"from": _richest(shown)}
        ),
        "request_key": new_request_key(),
        "key": drawing.key,
        "nav_accounts": in_sidebar(shown.accounts),
        "nav_total": total_held(shown.accounts, book.currency),
        "nav_waiting": shown.waiting,
    }


def _drawing(request: HtmxRequest, shown: Board) -> Drawing:
    return Drawing(
        month=shown.month,
        previous=around(shown.month)["previous"],
        currency=request.book.currency,
        key=f"{new_request_key()}-",
        only_views=not request.membership.may_write,
    )


def _shows_everything(request: HtmxRequest) -> bool:
    """Whether all categories are shown: said by the address of the page, also of the page that a fragment is for."""
    if request.method == "POST" and request.htmx:
        return "1" in parse_qs(urlsplit(request.htmx.current_url or "").query).get("all", [])
    return "1" in (request.GET.get("all"), request.POST.get("all"))


def _month_url(request: HtmxRequest, month: Month) -> str:
    return reverse("envelopes:budget-month", args=[month]) + ("?all=1" if _shows_everything(request) else "")
