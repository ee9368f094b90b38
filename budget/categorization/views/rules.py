"""The rules of a book: what leads to which category, tried on past rows before it is saved, run, and undone."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from budget.categorization import operations, queries
from budget.categorization.forms import RuleForm, ThresholdForm
from budget.categorization.models import AmountRule
from budget.categorization.operations import RulePreview
from budget.categorization.operations.asking import unknown
from budget.errors import BudgetError
from budget.history import AlreadyDone, ChangedMeanwhile
from budget.history.answers import ALREADY, say
from budget.http import HtmxRequest, idempotent_request, require_writer
from budget.ledger.views.answers import done_before, refused

LIST = "categorization:rule-list"
MERCHANTS_A_PAGE = 50
SHOWN = 12


@require_GET
def rule_list(request: HtmxRequest) -> HttpResponse:
    """All rules and known merchants of the book, with what they filed."""
    return listing(request)


def listing(request: HtmxRequest, threshold: ThresholdForm | None = None) -> HttpResponse:
    """The page of rules and merchants."""
    book, text = request.book, request.GET.get("q", "").strip()[:100]
    typed = request.GET.get("from", "")
    start = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else 0
    found = queries.mapping_rows(book, search=text, start=start, count=MERCHANTS_A_PAGE)
    context = {
        "rules": queries.rule_rows(book),
        "merchants": found[:MERCHANTS_A_PAGE],
        "merchant_count": queries.mapping_count(book),
        "q": text,
        "before": max(start - MERCHANTS_A_PAGE, 0) if start else None,
        "after": start + MERCHANTS_A_PAGE if len(found) > MERCHANTS_A_PAGE else None,
        "runs": queries.runs(book),
        "waiting": queries.waiting_count(book),
        "model": queries.model_facts(book),
        "unknown": unknown(book).count() if settings.LLM_PROVIDER else 0,
        "threshold": threshold or ThresholdForm(initial={"count": book.confirmations_needed}),
    }
    return render(
        request, "categorization/rule_list.html", context, status=422 if threshold and threshold.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
def rule_create(request: HtmxRequest) -> HttpResponse:
    """Add a rule, try it on past rows (`test`), or add it and file them at once (`run`)."""
    require_writer(request)
    book, since = request.book, request.book.version
    given = {name: request.GET[name][:100] for name in ("pattern", "amount", "category", "name") if name in request.GET}
    form = RuleForm(
        request.POST or None,
        book=book,
        categories=queries.open_categories(book),
        initial=RuleForm.blank(book, **given),
    )
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    content, asked = _content(form), idempotent_request(request)
    if "test" in request.POST:
        return _page(request, form, preview=_preview(request, AmountRule(book=book), content))
    try:
        if "run" in request.POST:
            rule, filed = operations.add_rule_and_run(book=book, by=request.user, request=asked, **content)
        else:
            rule, filed = operations.add_rule(book=book, by=request.user, request=asked, **content), None
    except AlreadyDone:
        say(request, ALREADY)
    except BudgetError as error:
        return _refused(request, form, error)
    else:
        say(request, f"Added the rule {rule}{_filed(filed)}.", since)
    return redirect(LIST)


@require_http_methods(["GET", "HEAD", "POST"])
def rule_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """Change a rule, in its place in the list or on a page of its own; `test` tries it on past rows."""
    require_writer(request)
    book, rule, since = request.book, _rule(request, pk), request.book.version
    form = RuleForm(
        request.POST or None,
        book=book,
        row=rule,
        categories=queries.open_categories(book),
        initial=RuleForm.initial_of(rule, book),
    )
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    seen, content, asked = form.cleaned_data["seen"], _content(form), idempotent_request(request)
    if "test" in request.POST:
        return _page(request, form, preview=_preview(request, rule, content))
    try:
        operations.change_rule(rule, by=request.user, seen=seen, request=asked, **content)
    except AlreadyDone:
        say(request, ALREADY)
    except ChangedMeanwhile as theirs:
        form.seeing(rule.version)
        return _refused(request, form, theirs)
    except BudgetError as error:
        return _refused(request, form, error)
    else:
        say(request, f"Saved the rule {rule}.", since)
    return redirect(LIST)


@require_POST
def rule_delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Delete a rule; what it filed stays."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    rule, since = _rule(request, pk), request.book.version
    try:
        operations.delete_rule(rule, by=request.user, request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"Deleted the rule {rule}.", since)
    return redirect(LIST)


@require_POST
def rule_move(request: HtmxRequest, pk: int) -> HttpResponse:
    """Have a rule asked one place earlier (`up`) or later."""
    require_writer(request)
    rule, since, places = _rule(request, pk), request.book.version, -1 if "up" in request.POST else 1
    try:
        operations.move_rule(rule, by=request.user, places=places, request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"Moved the rule {rule} {'up' if places < 0 else 'down'}.", since)
    return redirect(LIST)


@require_POST
def rule_run(request: HtmxRequest, pk: int) -> HttpResponse:
    """File the rows that a rule fits and nobody decided about."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    rule, since = _rule(request, pk), request.book.version
    try:
        filed = operations.run_rule(rule, by=request.user, request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"Ran the rule {rule}{_filed(filed)}.", since)
    return redirect(LIST)


@require_POST
def rules_run(request: HtmxRequest) -> HttpResponse:
    """Ask rules, merchants and the model about everything that waits for review."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    since = request.book.version
    try:
        done = operations.run_rules(request.book, by=request.user, request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    left = f" {done.left:,} still wait{'s' if done.left == 1 else ''} for review." if done.left else ""
    say(request, f"Ran all rules{_filed(done.filed)}.{left}", since)
    return redirect(LIST)


@require_POST
def provider_ask(request: HtmxRequest) -> HttpResponse:
    """Have the language model propose categories for what nothing else knows; where none is switched on, it is said."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    since = request.book.version
    try:
        count = operations.ask_provider(request.book, by=request.user, request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"{count:,} proposal{'' if count == 1 else 's'} wait{'s' if count == 1 else ''} for review.", since)
    return redirect(LIST)


@require_POST
def threshold_change(request: HtmxRequest) -> HttpResponse:
    """Set after how many confirmations a merchant is filed without asking."""
    require_writer(request)
    since, form = request.book.version, ThresholdForm(request.POST)
    if not form.is_valid():
        return listing(request, form)
    count = form.cleaned_data["count"]
    try:
        operations.set_confirmations_needed(
            request.book, by=request.user, count=count, request=idempotent_request(request)
        )
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"A merchant is filed without asking after {count} confirmation{'' if count == 1 else 's'}.", since)
    return redirect(LIST)


def is_in_place(request: HtmxRequest) -> bool:
    """Whether a fragment is asked for, to stand in the list."""
    return bool(request.htmx and not (request.htmx.boosted or request.htmx.history_restore_request))


def answer_item(request: HtmxRequest, template: str, item: str, context: dict[str, Any], status: int) -> HttpResponse:
    """A form in its place in the list: the row `item` as it is now."""
    answer = render(request, f"{template}#item", context | {"in_place": True}, status=status)
    for name, value in {"HX-Retarget": item, "HX-Reswap": "outerHTML", "HX-Reselect": item}.items():
        answer.headers[name] = value
    return answer


def _done_already(request: HtmxRequest) -> HttpResponse:
    say(request, ALREADY)
    return redirect(LIST)


def _rule(request: HtmxRequest, pk: int) -> AmountRule:
    rule = get_object_or_404(AmountRule.objects.of(request.book).select_related("category"), pk=pk)
    rule.book = request.book
    return rule


def _content(form: RuleForm) -> dict[str, Any]:
    return {name: value for name, value in form.cleaned_data.items() if name not in ("request_key", "seen")}


def _filed(count: int | None) -> str:
    if count is None:
        return ""
    return f": {count:,} transaction{'' if count == 1 else 's'} filed" if count else ": nothing to file"


def _preview(request: HtmxRequest, rule: AmountRule, content: dict[str, Any]) -> RulePreview:
    for name, value in content.items():
        setattr(rule, name, value)
    return operations.preview_rule(request.book, rule)


def _refused(request: HtmxRequest, form: RuleForm, error: BudgetError) -> HttpResponse:
    form.add_error(None, str(error))
    return _page(request, form)


def _page(request: HtmxRequest, form: RuleForm, *, preview: RulePreview | None = None) -> HttpResponse:
    """The form: in the list where it was opened there, else as a page."""
    status = 422 if form.errors else 200
    context: dict[str, Any] = {"form": form, "rule": form.row, "preview": preview}
    if preview is not None:
        context["touched"] = queries.touched_rows(request.book, preview.shown[:SHOWN])
    if form.row is not None and is_in_place(request):
        return answer_item(request, "categorization/rule_form.html", f"#rule-{form.row.pk}", context, status)
    return render(request, "categorization/rule_form.html", context, status=status)
