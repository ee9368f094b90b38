"""A whole book as one file, for its owner; and a file as a book of whoever brings it."""

from __future__ import annotations

import tempfile
from datetime import date

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from budget.archive.exporting import cleared_export
from budget.archive.loading import import_book
from budget.books.middleware import SESSION_KEY
from budget.books.models import Role
from budget.books.pages import apart
from budget.dates import today
from budget.errors import BudgetError
from budget.history.answers import say
from budget.http import HtmxRequest, idempotent_request, new_request_key
from budget.reports.exports import NO_NAME
from budget.statements.formats.base import LARGEST_UPLOAD
from budget.statements.uploads import too_large

MOST = LARGEST_UPLOAD // 1024**2
NONE_CHOSEN = "Choose the archive: a ZIP file that this program wrote."
TOO_LARGE = f"The file is larger than {MOST} MB. Bring it in on the server: manage.py import_book FILE --user EMAIL."


@require_safe
def book_export(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """The archive of a book, for an owner. It is written whole before it is sent, so nobody gets half of one."""
    membership = next((each for each in request.memberships if each.book_id == pk), None)
    if membership is None:
        raise Http404("That book is not there.")
    if membership.role != Role.OWNER:
        raise PermissionDenied("Only an owner takes the whole book away.")
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if request.method == "HEAD":
        return HttpResponse(content_type="application/zip", headers=headers)
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the answer closes it, once it is sent)
    try:
        cleared_export(membership.book, file)
    except BudgetError as refused:
        file.close()
        return render(request, "archive/held_back.html", {"sentence": str(refused)}, status=409)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    answer = FileResponse(file, content_type="application/zip", headers=headers)
    name = file_name(membership.book.name, today())
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


@apart
@require_http_methods(["GET", "HEAD", "POST"])
def book_import(request: HtmxRequest) -> HttpResponse:
    """Make a book of an archive, beside those one has, and go on in it."""
    error = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if too_large(request):
            error = TOO_LARGE
        elif not isinstance(file, UploadedFile) or file.file is None:
            error = NONE_CHOSEN
        else:
            try:
                book, manifest = import_book(file.file, by=request.user, request=idempotent_request(request))
            except BudgetError as refused:
                error = str(refused)
            else:
                request.session[SESSION_KEY] = book.pk
                rows = manifest["tables"]["transaction"]["rows"]
                say(request, f"Brought in {book} with {rows:,} transaction{'' if rows == 1 else 's'} and its history.")
                return redirect("books:book-list")
    context = {"error": error, "most": MOST, "request_key": new_request_key()}
    return render(request, "archive/book_import.html", context, status=422 if error else 200)


def file_name(book: str, day: date) -> str:
    """``Household 2026-11-22.zip``."""
    return f"{NO_NAME.sub(' ', book).strip()[:60] or 'Book'} {day}.zip"
