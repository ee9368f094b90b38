"""The evidence for staff: bundles to read, to compare and to take away. Nothing here writes or starts a run.

A run is not offered as a button. It starts processes, makes a database, takes a lock that a deploy may be waiting for,
and needs the direct address that a web process should not have; and what judges a release should not be what is judged.
The pages name the command instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from budget.administration import is_staff
from budget.books.middleware import take_book
from verification.pages import changes, listing, pretty, proofs, shelf, totals, tracing, trust, words
from verification.pages import reading as reader

View = Callable[..., HttpResponseBase]


def for_staff(view: View) -> View:
    """Let administrators in; for everybody else who is signed in there is no such page."""

    @wraps(view)
    def asked(request: HttpRequest, **names: str) -> HttpResponseBase:
        if not is_staff(request):
            raise Http404
        take_book(request)
        try:
            return view(request, **names)
        except shelf.NotThere:
            raise Http404 from None

    return asked


@for_staff
@require_safe
def bundles(request: HttpRequest) -> HttpResponse:
    """Every bundle, the newest first."""
    try:
        known, problem = shelf.folders(), ""
    except shelf.NotReadable as error:
        known, problem = [], str(error)
    last = max(1, -(-len(known) // listing.PER_PAGE))
    asked = request.GET.get("page", "1")
    page = min(int(asked), last) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    page = max(1, page)
    first = (page - 1) * listing.PER_PAGE
    found, not_read = listing.lines(known[first : first + listing.PER_PAGE])
    return render(
        request,
        "verification/bundles.html",
        {
            "section": "bundles",
            "lines": found,
            "not_read": not_read,
            "problem": problem,
            "total": words.count(len(known), "folder") if not_read else words.count(len(known), "bundle"),
            "newer_url": f"?page={page - 1}" if page > 1 else "",
            "older_url": f"?page={page + 1}" if page < last else "",
            "command": words.COMMAND,
        },
    )


@for_staff
@require_safe
def bundle(request: HttpRequest, name: str) -> HttpResponse:
    """One bundle for reading."""
    folder = shelf.folder(name)
    context = {
        "name": name,
        "files": [(file, words.size(size), shelf.FILES[file].what) for file, size in folder.files],
        "command": words.COMMAND,
    }
    try:
        found = folder.read()
    except shelf.NotReadable as error:
        return render(request, "verification/unreadable.html", context | {"why": str(error)})
    decision = found["decision"]
    before = shelf.before(name)
    is_short = dict(folder.files)["bundle.json"] <= pretty.LARGEST
    return render(
        request,
        "verification/bundle.html",
        context
        | {
            "headline": listing.headline(found),
            "mark": words.mark(decision["status"].text),
            "explanation": decision["explanation"].text,
            "reasons": decision["reasons"].texts,
            "made": words.moment_text(found["run"]["started"].text),
            "version_note": reader.version_note(found),
            "trust": trust.trust(folder),
            "gates": (gates := reader.gates(found)),
            "blocking": reader.blocking(gates) if decision["status"].text != "verified" else [],
            "facts": reader.facts(found),
            "safety": reader.safety(found),
            "known": totals.known_answer(found, folder),
            "comparisons": totals.comparisons(found),
            "matrix": proofs.matrix(found),
            "drills": proofs.drills(found),
            "faults": (faults := proofs.faults(found)),
            "detected": sum(fault.mark.word == "detected" for fault in faults),
            "before": before[0].name if before else "",
            "since": changes.since(before[1], found) if before else None,
            "json": pretty.bundle_text(found.value) if is_short else "",
            "rerun": found["rerun"]["command"].text,
            "exit_code": found["rerun"]["expected_exit_code"].text,
            "digest": found["payload_digest"].text,
        },
    )


@for_staff
@require_safe
def download(request: HttpRequest, name: str, file: str) -> FileResponse:
    """One file of a bundle, to keep."""
    place = shelf.folder(name).file(file)
    return FileResponse(
        place.open("rb"),
        as_attachment=True,
        filename=f"{name}-{file}",
        content_type=shelf.FILES[file].content_type,
        headers={"X-Content-Type-Options": "nosniff"},
    )


@for_staff
@require_safe
def traceability(request: HttpRequest) -> HttpResponse:
    """What shows each requirement, and what keeps each critical path right, as a bundle recorded it."""
    asked = request.GET.get("bundle", "")
    try:
        found = (shelf.folder(asked), shelf.folder(asked).read()) if asked else shelf.newest(shelf.folders())
    except shelf.NotReadable:
        found = None
    shown, system = request.GET.get("shown", ""), request.GET.get("system", "")
    shown, system = shown if shown in ("yes", "no") else "", system if system in tracing.SYSTEMS else ""
    context: dict[str, object] = {"section": "traceability", "command": words.COMMAND, "asked": asked}
    if found is not None:
        folder, read = found
        every = tracing.lines(read)
        lines = tracing.chosen(every, shown, system)
        paths = tracing.paths(read)
        known = {line.id for line in every if line.mark.word == "shown"}
        context |= {
            "name": folder.name,
            "made": words.moment_text(read["run"]["started"].text),
            "commit": listing.commit(read["subject"]),
            "lines": lines,
            "shown_of": f"{len(known)} of {len(every)}",
            "systems": tracing.systems(every),
            "shown": shown,
            "system": system,
            "vulnerable": [path for path in paths if path.mark.word == "vulnerable"],
            "guaranteed": [path for path in paths if path.mark.word != "vulnerable"],
            "clear_url": reverse("verification:traceability") + (f"?{urlencode({'bundle': asked})}" if asked else ""),
            "is_recorded": bool(len(read["traceability"])),
        }
    return render(request, "verification/traceability.html", context)


@for_staff
@require_safe
def reading(request: HttpRequest) -> HttpResponse:
    """How to read a bundle, how to make it again, and what each gate proves and does not prove."""
    return render(request, "verification/reading.html", {"section": "reading", "files": shelf.FILES.items()})
