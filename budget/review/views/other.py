"""Other…: all categories of the book, to search in, for one group."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from budget.http import HtmxRequest, new_request_key, require_writer
from budget.ledger.directory import directory
from budget.review import queries
from budget.review.views.page import ids_of, where_from

MENU = "review/_categories.html"
PAGE = "review/categories.html"


@require_safe
def category_list(request: HtmxRequest) -> HttpResponse:
    """The categories that rows may be filed under: a menu over HTMX, a page without."""
    require_writer(request)
    ids = ids_of(next(iter(request.GET.getlist("txn")), ""))  # the address's own, whatever is sent along
    rows = queries.waiting_of(request.book, ids)
    if not rows:
        return redirect(where_from(request)) if not request.htmx else HttpResponse(status=404)
    names = directory(request.book)
    ranked = names.likely(is_income=rows[0].amount < 0)
    context = {
        "title": rows[0].title,
        "count": len(rows),
        "group": ids[0],
        "ids": ",".join(str(row.pk) for row in rows),
        "key": new_request_key(),
        "likely": ranked[:5],
        "others": [
            (category, names.categories[category.parent].label if category.parent else "")
            for category in names.open_categories
            if category not in ranked[:5]
        ],
    }
    return render(request, MENU if request.htmx and not request.htmx.boosted else PAGE, context)
