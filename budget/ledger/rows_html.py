"""The rows of the list as HTML: a hundred of them are most of a page, so they are filled in here, not in a template.

Everything that people wrote goes through `format_html`, which escapes it. What depends on a category or an account
alone is kept by its own content, so that no text can come out for another one.

A row leaves to its table what all rows have alike: `data-asks` on the `tbody` lets its links and buttons ask for the
answer alone (static/js/app.js), and `hx-target`, `hx-swap` and `hx-disabled-elt` are inherited from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

from django.utils.safestring import SafeString

from budget.ledger.days import Day
from budget.ledger.rows import Row
from budget.markup import format_html
from budget.templatetags.icons import shape

NOTHING = format_html("{}", "")


@cache
def _pattern(
    *, writes: bool, by_date: bool, is_transfer: bool, is_guess: bool, others: int, is_in: bool, bin_shape: str
) -> str:
    """A row to be filled in; the same kind of row has the same markup.

    `others` is how many other categories it offers, and `is_guess` says that its own is to be confirmed. Only what the
    rows of a kind differ in is left open: each place that is filled is escaped, which is most of what a row costs.
    """
    box = (
        '<td class="ck"><label><input type="checkbox" name="txn" value="{pk}" form="bulk" data-select'
        ' aria-label="Select {title}, {amount}"></label></td>'
    )
    choose = '<button class="alt" form="file" formaction="/transactions/{pk}/category/" name="category"'
    delete = (
        '<button class="alt" form="file" formaction="/transactions/{pk}/deletion/" data-key="d"'
        f' aria-label="Delete {{title}}, {{amount}}">{bin_shape}</button>'
    )
    category = "{chip}"
    if writes and not is_transfer:
        choices = [choose + name for name in ("{confirm}", "{first}", "{second}")[not is_guess : others + 1]]
        category = '<a href="/transactions/{pk}/?field=category" {chip}</a>'
        category += f'<span class="alts">{"".join(choices)}{delete}</span>'
    elif writes:
        category += f'<span class="alts">{delete}</span>'
    return (
        '<tr id="txn-{pk}" data-row{attributes}>'
        + (box if writes else "")
        + '<td class="ic only-s" aria-hidden="true">{tile}</td>'
        + ("" if by_date else '<td class="dt muted">{date}</td>')
        + '<td class="py"><span class="pw"><a href="/transactions/{pk}/" data-row-focus data-cell="payee" data-key="e">'
        "<b>{title}</b></a>{tags}</span></td>"
        f'<td class="kc"><span class="pw">{category}</span></td>{{account}}'
        f'<td class="am r n amt{" pos" if is_in else ""}">{{amount}}{{currency}}</td></tr>'
    )


def body(days: Iterable[Day], *, writes: bool, by_date: bool) -> SafeString:
    """The rows of a page, under the headings of their days where it is sorted by date."""
    drawn: list[SafeString] = []
    for day in days:
        if day.key:
            drawn.append(_heading(day, 3 if writes else 2))
        drawn += [row_html(row, writes=writes, by_date=by_date) for row in day.rows]
    return format_html("{}" * len(drawn), *drawn) if drawn else NOTHING


def _heading(day: Day, columns: int) -> SafeString:
    return format_html(
        '<tr class="day" id="day-{}"><td colspan="{}">{}</td><td class="r n{}" colspan="2">{}</td></tr>',
        day.key,
        columns,
        day.title,
        " pos" if day.is_in else "",
        day.total,
    )


def row_html(row: Row, *, writes: bool, by_date: bool, in_place: bool = False) -> SafeString:
    """One row; `in_place` finds its place on the page by itself (an HTMX swap out of band)."""
    files = writes and not row.is_transfer
    first, second = row.first, row.second
    pattern = _pattern(
        writes=writes,
        by_date=by_date,
        is_transfer=row.is_transfer,
        is_guess=row.is_guess,
        others=bool(first) + bool(second),
        is_in=row.is_in,
        bin_shape=shape("trash"),
    )
    choices: dict[str, SafeString] = {}
    if row.is_guess:
        choices["confirm"] = _confirm(row.category_id, row.category)
    if first:
        choices["first"] = _other(first.pk, first.label, 2)
    if second:
        choices["second"] = _other(second.pk, second.label, 3)
    if not by_date:
        choices["date"] = format_html("{}", row.date)
    return format_html(
        pattern,
        pk=row.pk,
        title=row.title,
        amount=row.amount,
        account=_account(row.account),
        attributes=_attributes(in_place=in_place, is_past=bool(row.past)) if in_place or row.past else NOTHING,
        tile=_tile(row.tint, row.icon),
        tags=_tags(row) if row.is_pending or row.past or row.printed else NOTHING,
        chip=_chip(row.chip, row.tint, row.icon, row.category) if files else _fixed(row.tint, row.icon, row.category),
        currency=_currency(row.currency) if row.currency else NOTHING,
        **choices,
    )


def _attributes(*, in_place: bool, is_past: bool) -> SafeString:
    swap = format_html(' hx-swap-oob="{}"', "true") if in_place else NOTHING
    return swap + format_html(' class="{}"', "past") if is_past else swap


def _tags(row: Row) -> SafeString:
    tags = NOTHING
    for tag in ("pending" if row.is_pending else "", row.past):
        if tag:
            tags += format_html('<span class="tag mute">{}</span>', tag)
    return tags + format_html('<span class="raw">{}</span>', row.printed) if row.printed else tags


@lru_cache(maxsize=256)
def _tile(tint: str, icon: str) -> SafeString:
    return format_html('<span class="cat {}">{}</span>', tint, shape(icon))


@lru_cache(maxsize=1024)
def _chip(kind: str, tint: str, icon: str, label: str) -> SafeString:
    """The category as a link that opens the others, from behind its address on."""
    return format_html(
        'class="chip{}" data-open="cats" data-cell="category" data-key="c" aria-haspopup="dialog">{}'
        '<span class="ell">{}{}</span>',
        f" {kind}" if kind else "",
        NOTHING if kind == "none" else _tile(tint, icon),
        label,
        "?" if kind == "sug" else "",
    )


@lru_cache(maxsize=1024)
def _fixed(tint: str, icon: str, label: str) -> SafeString:
    return format_html('<span class="chip">{}<span class="ell">{}</span></span>', _tile(tint, icon), label)


@lru_cache(maxsize=1024)
def _other(pk: int, label: str, key: int) -> SafeString:
    return format_html(
        ' value="{}" data-key="{}"><span class="ell">{}</span><kbd>{}</kbd></button>', pk, key, label, key
    )


@lru_cache(maxsize=1024)
def _confirm(pk: int | None, label: str) -> SafeString:
    return format_html(' value="{}" data-key="1" aria-label="Yes, {}">{}</button>', pk, label, shape("check"))


@lru_cache(maxsize=1024)
def _account(name: str) -> SafeString:
    return format_html('<td class="ac muted">{}</td>', name)


@lru_cache(maxsize=256)
def _currency(code: str) -> SafeString:
    return format_html(' <span class="faint xs">{}</span>', code)
