"""Bringing files: the list of imports with its drop zone, the same file once more, and the file as it came."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from budget.errors import BudgetError
from budget.files import vault
from budget.history.answers import ALREADY
from budget.history.wording import spell_moment
from budget.http import HtmxRequest, idempotent_request, new_request_key, require_writer
from budget.statements import bringing, summary
from budget.statements.formats.base import LARGEST_UPLOAD, UnreadableFile
from budget.statements.models import Fate, Stage, StatementImport, StatementLine
from budget.statements.standing import undone_imports
from budget.statements.uploads import FILES_AT_ONCE, said_too_large, too_large
from budget.statements.views.answering import on_import
from budget.statements.views.page import LARGEST_ID, import_of, import_url, number

IMPORTS_PER_PAGE = 20
FILES = "files"
TAGS = {Stage.READY: "acc", Stage.ASKING: "warn", Stage.REFUSED: "neg", Stage.RECORDED: "pos", Stage.READING: "acc"}


@dataclass(frozen=True)
class Listed:
    """An import in the list."""

    source: StatementImport
    when: str
    counts: str
    state: str
    tag: str


@require_http_methods(["GET", "HEAD", "POST"])
def import_list(request: HtmxRequest) -> HttpResponse:
    """Every import, newest first; a POST brings files and begins to read them."""
    if request.method == "POST":
        return _bring(request)
    return _list(request)


def _list(request: HtmxRequest, errors: list[str] | None = None, status: int = 200) -> HttpResponse:
    imports = StatementImport.objects.filter(book=request.book).order_by("-pk")
    if before := number(request.GET.get("before")):
        imports = imports.filter(pk__lt=min(before, LARGEST_ID))
    shown = list(imports[: IMPORTS_PER_PAGE + 1])
    older = f"?before={shown[IMPORTS_PER_PAGE - 1].pk}" if len(shown) > IMPORTS_PER_PAGE else ""
    context = {
        "imports": _listed(request, shown[:IMPORTS_PER_PAGE]),
        "older_url": older,
        "newest_url": request.path if before else "",
        "errors": errors or [],
        "request_key": new_request_key(),
        "megabytes": LARGEST_UPLOAD // 1024**2,
        "most": FILES_AT_ONCE,
    }
    return render(request, "statements/import_list.html", context, status=status)


def _listed(request: HtmxRequest, shown: list[StatementImport]) -> list[Listed]:
    """With their counts; one query for all of them."""
    lines = StatementLine.objects.filter(statement__source__in=[each.pk for each in shown])
    told: dict[int, dict[str, int]] = {}
    for source, fate, count in lines.values_list("statement__source", "fate").annotate(rows=Count("pk")).order_by():
        told.setdefault(source, {})[fate] = count
    undone, today = set(undone_imports(request.book.pk)), timezone.localdate()
    found = []
    for each in shown:
        state, tag = each.get_stage_display(), TAGS.get(Stage(each.stage), "mute")
        if each.pk in undone:
            state, tag = "Taken back", "mute"
        elif bringing.is_silent(each):
            state, tag = "Reading stopped", "warn"
        fates = told.get(each.pk, {})
        if each.stage == Stage.READY and fates and set(fates) == {Fate.REFUSED}:
            state, tag = "No row can be read", "neg"
        counts = _counts(fates, is_recorded=each.stage == Stage.RECORDED)
        found.append(Listed(each, spell_moment(each.created_at, today), counts, state, tag))
    return found


def _counts(fates: dict[str, int], *, is_recorded: bool) -> str:
    rows = sum(fates.values())
    said = summary.fates_in_words(fates, is_recorded=is_recorded)
    return f"{summary.count_in_words(rows)}: {said}" if rows else ""


def _bring(request: HtmxRequest) -> HttpResponse:
    require_writer(request)
    asked, files = idempotent_request(request), request.FILES.getlist(FILES)
    errors = [said_too_large(name) for name in too_large(request)]
    if len(files) + len(errors) > FILES_AT_ONCE:
        return _list(request, [f"Bring at most {FILES_AT_ONCE} files at once."], 422)
    if not files:
        return _list(request, errors or ["Choose a file first."], 422)
    names: dict[StatementImport, list[str]] = {}
    for each in files:
        if one := _one(request, each, asked.key if asked else "", errors):
            names.setdefault(one, []).append(vault.clean_name(each.name or "file"))
    found = list(names)
    if not found:
        return _list(request, errors, 422)
    for said in [*errors, *(_said_same(same) for same in names.values() if len(same) > 1)]:
        messages.info(request, said)
    if len(found) == 1:
        return redirect(import_url(found[0]))
    messages.info(request, f"{len(found)} files are here. Open each to look at its rows.")
    return redirect("statements:import-list")


def _said_same(names: list[str]) -> str:
    """That several files of one form are one, byte for byte."""
    *others, last = (f"“{name}”" for name in names)
    return f"{', '.join(others)} and {last} are the same file; it is here once."


def _one(request: HtmxRequest, file: UploadedFile[bytes], key: str, errors: list[str]) -> StatementImport | None:
    """One file of the form; sent again with the same key it is found as it was."""
    try:
        with file.open() as source:
            found, is_new = bringing.bring_once(request.book, file.name or "file", source, by=request.user, key=key)
        if is_new:
            bringing.begin(found)
    except UnreadableFile as error:
        errors.append(f"{vault.clean_name(file.name or 'file')}: {error}")
        return None
    except BudgetError as error:
        errors.append(str(error))
        return None
    return found


@require_POST
@on_import
def import_again(request: HtmxRequest, found: StatementImport) -> HttpResponse:
    """Begin anew with the file of an import that was taken back, discarded or could not be read."""
    asked = idempotent_request(request)
    anew, is_new = bringing.bring_again(found, by=request.user, key=asked.key if asked else "")
    if is_new:
        bringing.begin_reading(anew)
    else:
        messages.info(request, ALREADY)
    return redirect(import_url(anew))


@require_GET
def file_download(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """The file as it came: to be kept, never to be shown by a browser."""
    found = import_of(request, pk)
    if found.file is None:
        raise Http404
    return FileResponse(
        vault.open_file(found.file),
        as_attachment=True,
        filename=found.file_name,
        content_type="application/octet-stream",
    )
