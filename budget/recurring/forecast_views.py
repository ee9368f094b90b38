"""The page that looks ahead. It reads and never writes: what if is in its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from budget.dates import today
from budget.errors import BudgetError
from budget.http import HtmxRequest
from budget.ledger.directory import AccountName, in_sidebar, total_held
from budget.money import format_amount
from budget.months import Month
from budget.recount.showing import url_of
from budget.recurring import foreseen
from budget.recurring.errors import NoSuchReach, TooManySupposed
from budget.recurring.forecast import MOST_DAYS, Assumed, Coming, Line
from budget.recurring.foreseen import DAYS, MOST_ROWS, REACHES, Asked
from budget.recurring.forms import SupposedForm
from budget.recurring.outlook import Outlook, outlook
from budget.recurring.supposing import MOST, Supposed, read

ADDS = "amount"


@require_safe
def forecast(request: HtmxRequest) -> HttpResponse:
    """What an account will have on each day to come, and what makes it so."""
    now, book = today(), request.book
    wrong: list[str] = []
    days = _days(request.GET, wrong)
    found = outlook(book, now, days)
    accounts = {each.pk: each for each in found.accounts}
    supposed = _supposed(request.GET, accounts, now, wrong)
    extra = [each for place, (one, _) in enumerate(supposed) for each in one.coming(place, now, found.end)]
    lines = found.lines(extra)
    account = _account(request.GET, accounts, wrong) or foreseen.first_choice(found, lines)
    asked = Asked(account.pk if account else None, days, tuple(supposed))
    form = SupposedForm(request.GET if ADDS in request.GET else None, auto_id="if-%s")
    if account and form.is_bound and (added := _added(form, account, asked)):
        return redirect(asked.url(and_one=added.write(account.currency)))
    context: dict[str, Any] = {
        "wrong": wrong,
        "form": form,
        "asked": asked,
        "account": account,
        "month": Month.of(now),
        "reaches": [(reach, asked.url(days=reach), reach == days) for reach in REACHES],
        "days": days,
        "has_reach": days != DAYS,
        "blocked": [(month, url_of(month)) for month in found.blocked[:3]],
        "nav_accounts": in_sidebar(found.accounts),
        "nav_total": total_held(found.accounts, book.currency),
        "nav_waiting": found.accounts.waiting,
    }
    if account:
        context |= _shown(found, asked, account, lines, extra, book.currency)
    return render(request, "recurring/forecast.html", context, status=422 if wrong or form.errors else 200)


def _shown(
    found: Outlook, asked: Asked, account: AccountName, lines: dict[int, Line], extra: Sequence[Coming], own: str
) -> dict[str, Any]:
    """The chosen account's picture and rows, and every account in short."""
    now, shown = found.today, lines[account.pk]
    coming = [each for each in found.on(account.pk, extra) if each.amount]
    plain = found.line(account) if any(one.account == account.pk for one, _ in asked.supposed) else None
    rows = foreseen.rows(found, asked, account, coming, shown)
    told = foreseen.sentence(account, shown, now)
    lowest, assumed = shown.lowest, found.assumed.get(account.pk, Assumed())
    return {
        "picture": foreseen.picture(account, shown, plain, told, {each.day for each in coming[:MOST_ROWS]}),
        "told": told,
        "lowest_on": foreseen.when(lowest[0], now) if lowest else "",
        "lowest": format_amount(lowest[1], account.currency) if lowest else "",
        "is_low": bool(lowest and lowest[1] < 0 and not foreseen.is_debt(account)),
        "rows": rows,
        "more": len(coming) - len(rows),
        "standings": foreseen.standings(found, asked, lines, account.pk, own),
        "method": foreseen.method(assumed, account),
        "a_day": foreseen.a_day(assumed, account),
        "suppositions": foreseen.suppositions(asked, found.accounts, now, own),
        "difference": foreseen.difference(shown, plain, account.currency) if plain else "",
    }


def _days(asked: QueryDict, wrong: list[str]) -> int:
    """How many days ahead, from 1 to a year."""
    typed = asked.get("days", "").strip() or str(DAYS)
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 3 else 0
    if 1 <= number <= MOST_DAYS:
        return number
    wrong.append(str(NoSuchReach(typed, MOST_DAYS)))
    return DAYS


def _account(asked: QueryDict, accounts: Mapping[int, AccountName], wrong: list[str]) -> AccountName | None:
    """The account that is named, if one is.

    Raises:
        Http404: it is none of the book's.
    """
    typed = asked.get("account", "").strip()
    if not typed:
        return None
    pk = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
    if pk not in accounts:
        raise Http404
    if accounts[pk].is_archived:
        wrong.append(f"{accounts[pk]} is closed, so nothing is foreseen for it.")
        return None
    return accounts[pk]


def _supposed(
    asked: QueryDict, accounts: Mapping[int, AccountName], today: date, wrong: list[str]
) -> list[tuple[Supposed, str]]:
    """The what-ifs that can be read, each with how the address has it."""
    texts = asked.getlist("if")
    currencies = {pk: each.currency for pk, each in accounts.items() if not each.is_archived}
    found = []
    for text in texts[:MOST]:
        try:
            each = read(text, currencies, today)
        except BudgetError as error:
            wrong.append(str(error))
        else:
            found.append((each, each.write(currencies[each.account])))
    if len(texts) > MOST:
        wrong.append(str(TooManySupposed(MOST)))
    return found


def _added(form: SupposedForm, account: AccountName, asked: Asked) -> Supposed | None:
    """The what-if that was typed; None, with what is wrong, where it cannot be read or is one too many."""
    added = form.supposed(account)
    if added and len(asked.supposed) >= MOST:
        form.add_error(None, str(TooManySupposed(MOST)))
        return None
    return added
