"""Decisions: one group, all sure ones, all that were chosen without JavaScript, all that were kept; and taking back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from budget.history import AlreadyDone, Change
from budget.http import HtmxRequest, idempotent_request
from budget.ledger.models import Category
from budget.ledger.views.answers import undo_url
from budget.review import operations
from budget.review.errors import NothingSure, NotUnderstood
from budget.review.views.answering import answer, category_of, deciding
from budget.review.views.page import STAGES, ids_of, number, region, stages, where_from

MOST_CHOSEN = 500
"""Groups in one form."""
OWN = "c-"
ROWS = "r-"
LATER = ""


@require_POST
@deciding
def decision_create(request: HtmxRequest) -> HttpResponse:
    """File one group under the category that was chosen, or keep the choice."""
    ids = [pk for text in [*request.POST.getlist("txn"), *request.POST.getlist("more")] for pk in ids_of(text)]
    if not ids:
        raise NotUnderstood
    category = category_of(request, request.POST.get("category", ""))
    change = _decide(request, {category: ids})
    whole = [pk for text in request.POST.getlist("ids") for pk in ids_of(text)]
    return answer(request, change, left=sorted(set(whole) - set(ids)))


@require_POST
@deciding
def sure_accept(request: HtmxRequest) -> HttpResponse:
    """Accept all sure ones that the page showed, each as it was proposed there."""
    chosen: dict[int, list[int]] = defaultdict(list)
    gone = []
    for text in request.POST.getlist("sure")[:MOST_CHOSEN]:
        category, _, rows = text.partition(":")
        if ids := ids_of(rows):
            chosen[number(category)] += ids
            gone.append(ids[0])
    if not chosen:
        raise NothingSure
    change = _decide(request, _categories(request, chosen))
    return answer(request, change, gone=gone)


@require_POST
@deciding
def all_save(request: HtmxRequest) -> HttpResponse:
    """File every group for which a category was chosen: the queue without JavaScript."""
    chosen: dict[int, list[int]] = defaultdict(list)
    given = [name for name in request.POST if name.startswith(OWN)]
    for name in given[:MOST_CHOSEN]:
        category, rows = request.POST[name], request.POST.get(ROWS + name.removeprefix(OWN), "")
        if category != LATER:
            chosen[number(category)] += ids_of(rows)
    if not any(chosen.values()):
        raise NotUnderstood
    return answer(request, _decide(request, _categories(request, chosen)))


@require_POST
@deciding
def staged_save(request: HtmxRequest) -> HttpResponse:
    """File all kept choices as one batch."""
    count = number(request.POST.get("count"))
    try:
        change = operations.save_staged(
            book=request.book, by=request.user, count=count, request=idempotent_request(request)
        )
    except AlreadyDone as done:
        change = done.change
    return answer(request, change)


@require_POST
@deciding
def staged_put_back(request: HtmxRequest) -> HttpResponse:
    """Take a kept choice back: its row waits again."""
    ids = ids_of(request.POST.get("txn", ""))
    try:
        change = operations.put_back(book=request.book, by=request.user, ids=ids, request=idempotent_request(request))
    except AlreadyDone as done:
        change = done.change
    if not request.htmx:
        return answer(request, change)
    return region(request, toast=f"{change.summary}.", undo=undo_url(change))


@require_POST
@deciding
def staging_switch(request: HtmxRequest) -> HttpResponse:
    """Keep choices until they are saved together, or file each at once."""
    request.session[STAGES] = "stage" in request.POST
    if not request.htmx:
        return redirect(where_from(request))
    return region(request)


def _decide(request: HtmxRequest, choices: Mapping[Category, list[int]]) -> Change:
    """File or keep them; the same request again answers what it did the first time."""
    try:
        return operations.decide(
            book=request.book,
            by=request.user,
            choices=choices,
            is_staged=stages(request),
            request=idempotent_request(request),
        )
    except AlreadyDone as done:
        return done.change


def _categories(request: HtmxRequest, chosen: Mapping[int, list[int]]) -> Mapping[Category, list[int]]:
    """The same by category; none of another book's."""
    found = Category.objects.of(request.book).in_bulk(list(chosen)[:MOST_CHOSEN])
    if len(found) < len(chosen):
        raise NotUnderstood
    return {found[pk]: ids for pk, ids in chosen.items()}
