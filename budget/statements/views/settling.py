"""Recording an import, putting it aside, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from budget.history import AlreadyDone
from budget.history.answers import ALREADY
from budget.http import HtmxRequest, idempotent_request
from budget.ledger.views.answers import done_before
from budget.statements import choices, drift, recording, takingback
from budget.statements.errors import BookChanged
from budget.statements.foreseeing import Foreseer
from budget.statements.looking import forget
from budget.statements.models import Stage, StatementImport
from budget.statements.views.answering import again, on_import
from budget.statements.views.page import import_of, import_url, number, undo_url
from budget.statements.warning import before_taking_back

SURE = "certified"
"""The field of a form that was shown the warning."""


@require_POST
@on_import
def import_record(request: HtmxRequest, found: StatementImport) -> HttpResponse:
    """Record the rows in the ledger, all or none; `partial` says that those that cannot be read stay out.

    The form tells what its page showed (`seen`, `links`), so that nothing else is stored.
    """
    since, before = max(found.version, number(request.POST.get("seen"))), drift.fates_of(found)
    links = request.POST.get("links", "")
    try:
        recording.confirm(
            found,
            by=request.user,
            is_partial="partial" in request.POST,
            as_shown=lambda: not links or _links_of(found) == links,
            request=idempotent_request(request),
        )
    except AlreadyDone:
        messages.info(request, ALREADY)
        return redirect(import_url(found))
    except BookChanged as changed:
        choices.compare_again(found)
        anew = import_of(request, found.pk)
        return again(request, anew, error=str(changed), details=drift.sentences(anew, since, before))
    said = f"{found.change.summary}." if found.change else "Nothing in it was new, so nothing was stored."
    messages.info(request, said, extra_tags=undo_url(found.change))
    return redirect(import_url(found))


def _links_of(found: StatementImport) -> str:
    foreseer = Foreseer(found, recording.Maker.of(found))
    return foreseer.told(foreseer.links() if foreseer.is_whole else {})


@require_POST
@on_import
def import_discard(request: HtmxRequest, found: StatementImport) -> HttpResponse:
    """Put an import aside that was not recorded; of one that could not be read nothing stays."""
    if found.stage == Stage.REFUSED:
        forget(found)
        messages.info(request, f"Discarded {found.file_name}. Nothing of it is kept.")
        return redirect("statements:import-list")
    takingback.discard(found)
    messages.info(request, f"Discarded {found.file_name}. The file is kept.")
    return redirect("statements:import-list")


@require_POST
@on_import
def import_undo(request: HtmxRequest, found: StatementImport) -> HttpResponse:
    """Take an import out of the book; `edited` says whether rows that were changed since are kept or taken."""
    if done_before(request):
        messages.info(request, ALREADY)
        return redirect(import_url(found))
    if not request.POST.get(SURE) and (warned := before_taking_back(found).breaks):
        return again(request, found, error=warned)
    keep = request.POST.get("edited") != "take"
    try:
        done = takingback.take_back(found, by=request.user, keep_edited=keep, request=idempotent_request(request))
    except AlreadyDone:
        messages.info(request, ALREADY)
    else:
        messages.info(request, f"Took {found.file_name} back.", extra_tags=undo_url(done))
    return redirect(import_url(found))
