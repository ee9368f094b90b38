"""What a person says before an import is recorded: answers, columns, accounts, what becomes of rows, what rows mean."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from budget.http import HtmxRequest
from budget.ledger.models import Account
from budget.money import format_with_currency
from budget.statements import accounts, bringing, choices, mapping, mending, summary
from budget.statements.errors import NotReady
from budget.statements.formats.base import DateOrder, DecimalMark
from budget.statements.forms import MendForm
from budget.statements.models import Fate, Stage, Statement, StatementImport, StatementLine
from budget.statements.preview import FILTERS
from budget.statements.views.answering import again, on_import
from budget.statements.views.page import FATES, LARGEST_ID, NEW_ACCOUNT, number, where_from, without_mend
from budget.texts import clean_text

LONGEST_NAME = 100
QUESTIONS: dict[str, frozenset[str]] = {"date_order": frozenset(DateOrder), "decimal_mark": frozenset(DecimalMark)}


@require_POST
@on_import
def answers_change(request: HtmxRequest, found: StatementImport) -> HttpResponse:
    """Take what the person says about the file, and read it again with that; nothing said just reads it again."""
    if found.stage == Stage.READING and not bringing.is_silent(found):
        return again(request, found)
    if any(name.startswith(mapping.COLUMN) for name in request.POST):
        bringing.answer(found, mapping.said(found, request.POST))
        return again(request, found, columns_open=True)
    said = {name: value for name, known in QUESTIONS.items() if (value := request.POST.get(name, "")) in known}
    bringing.answer(found, said)
    return again(request, found)


@require_POST
@on_import
def account_choose(request: HtmxRequest, found: StatementImport) -> HttpResponse:
    """Say which account a part of the file is of, or what a new one is called; the rows are compared anew."""
    named = found.statements.filter(pk=number(request.POST.get("statement"))).first()
    if named is None:
        raise Http404
    chosen = request.POST.get("account", "")
    account = None
    if chosen != NEW_ACCOUNT:
        account = Account.objects.of(request.book).filter(pk=number(chosen)).first()
        if account is None:
            raise NotReady("Choose one of this book's accounts.")
    name = clean_text(request.POST.get("name", ""), "Name", LONGEST_NAME) if account is None else ""
    for statement in _same_part(found, named):
        statement.source = found
        accounts.choose_account(statement, account, new_name=name)
    choices.compare_again(found)
    return again(request, found)


def _same_part(found: StatementImport, named: Statement) -> list[Statement]:
    alike = found.statements.filter(
        account_number=named.account_number,
        account_name=named.account_name,
        bank=named.bank,
        currency=named.currency,
    )
    return list(alike.order_by("number"))


@require_POST
@on_import
def rows_choose(request: HtmxRequest, found: StatementImport) -> HttpResponse:
    """Say what becomes of a row (`choice` is its id and the fate) or of all of a filter (its name and the fate)."""
    which, _, wanted = request.POST.get("choice", "").partition(" ")
    if wanted not in FATES:
        raise NotReady("Choose what becomes of the row.")
    if which in FILTERS:
        of_filter = StatementLine.objects.filter(statement__source=found, fate__in=FILTERS[which][1])
        rows = list(of_filter.values_list("pk", flat=True))
    else:
        rows = [number(which)]
        if not StatementLine.objects.filter(statement__source=found, pk=rows[0]).exists():
            raise Http404
    changed = choices.choose(found, rows, Fate(wanted))
    toast = f"{summary.count_in_words(changed)} changed." if len(rows) > 1 else ""
    return again(request, found, toast=toast)


@require_POST
def row_mend(request: HtmxRequest, pk: int) -> HttpResponse:
    """Say what a row means that could not be read."""
    lines = StatementLine.objects.filter(book=request.book).select_related("statement")
    row = get_object_or_404(lines, pk=min(pk, LARGEST_ID))
    return _mend(request, row.statement.source_id, row)


@on_import
def _mend(request: HtmxRequest, found: StatementImport, row: StatementLine) -> HttpResponse:
    form = MendForm(request.POST, line=row)
    if not form.is_valid():
        return again(request, found, mend=form)
    cleaned, signed = form.cleaned_data, form.signed
    mending.mend(found, row.pk, date=cleaned["date"], amount=signed, payee=cleaned["payee"], by_name=request.user.name)
    currency = row.statement.currency
    went = f"{'Money in' if signed < 0 else 'Money out'} {format_with_currency(abs(signed), currency)}"
    answer = again(request, found, toast=f"{row.place.capitalize()} is mended. {went}{form.why}.")
    if request.htmx:
        answer["HX-Replace-Url"] = without_mend(where_from(request, found))
    elif isinstance(answer, HttpResponseRedirect):
        return redirect(without_mend(answer.url))
    return answer
