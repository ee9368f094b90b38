"""How the import's page answers what was pressed on it: itself anew over HTMX, else the page that it was pressed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from budget.errors import BudgetError
from budget.history import MayOnlyView
from budget.http import HtmxRequest
from budget.ledger.views.answers import refused, writers_only
from budget.statements.forms import MendForm
from budget.statements.models import StatementImport
from budget.statements.views.page import PAGE, context_of, import_of, query_of, where_from

Action = Callable[[HtmxRequest, StatementImport], HttpResponse]


def on_import(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of one import that writes: for writers, with the import looked up, its refusals said on its page."""

    @wraps(view)
    def found_first(request: HtmxRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponse:
        found = import_of(request, pk)
        try:
            return view(request, found, *args, **kwargs)
        except MayOnlyView as error:
            return refused(request, error, 403)
        except BudgetError as error:
            return again(request, import_of(request, pk), error=str(error))

    return writers_only(found_first)


def again(
    request: HtmxRequest,
    found: StatementImport,
    *,
    toast: str = "",
    error: str = "",
    details: Sequence[str] = (),
    mend: MendForm | None = None,
    columns_open: bool = False,
) -> HttpResponse:
    """The import's page as it is now, where it was pressed on; with a toast, or with what stands in the way.

    Args:
        details: sentences that say more of the error.
    """
    address, status = where_from(request, found), 422 if error or mend else 200
    if request.htmx and not request.htmx.boosted:
        context = context_of(request, found, query_of(address), mend=mend, error=error)
        context |= {"toast": toast, "columns_open": columns_open, "details": details}
        return render(request, f"{PAGE}#import", context, status=status)
    if status == 422:
        context = context_of(request, found, query_of(address), mend=mend, error=error) | {"details": details}
        page = render(request, PAGE, context, status=422)
        if request.htmx:
            page["HX-Push-Url"] = address  # the page's own, not the one that refused
        return page
    if toast:
        messages.info(request, toast)
    return redirect(address)
