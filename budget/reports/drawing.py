"""The rows of reports as finished HTML: a page of tables is drawn faster as text than through a template's nodes.

A pattern is put together from constant parts alone, once for each kind of row; what a row says is filled in by
``format_html``, which escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from django.urls import reverse
from django.utils.safestring import SafeString

from budget.markup import format_html, format_html_join
from budget.reports.needs import Need
from budget.reports.showing import OtherRow, RankRow, ReportRow, TxnRow
from budget.reports.wording import Figure
from budget.templatetags.icons import category_sign, shape

PLAIN_NAME = '<span class="nm">{name}</span>'
SUB = ' class="sub"'
FIGURE = '<a href="{}"><span class="l">{}</span><div class="v n{}">{}</div><span class="xs faint">{}</span></a>'


def figures_html(figures: Iterable[Figure]) -> SafeString:
    """The overview's figures, each a link to what it is made of."""
    rows = ((each.href, each.label, each.tone and f" {each.tone}", each.value, each.note) for each in figures)
    return format_html_join("", FIGURE, rows)


def report_html(rows: Iterable[ReportRow], *, is_income: bool = False) -> SafeString:
    """The body of a report's table; income has neither budget nor what is left."""
    return _all(_report_row(row, is_income) for row in rows)


def _report_row(row: ReportRow, is_income: bool) -> SafeString:
    return format_html(
        _report_pattern(row.level, is_linked=bool(row.href), is_in=row.is_in, is_over=row.is_over, is_income=is_income),
        sign=category_sign(row.category) if row.level == 1 else "",
        name=row.name,
        href=row.href,
        count=row.count,
        amount=row.amount,
        share=row.share,
        budget=row.budget,
        left=row.left,
        previous=row.previous,
        change=row.change,
    )


@cache
def _report_pattern(level: int, *, is_linked: bool, is_in: bool, is_over: bool, is_income: bool) -> str:
    tone = " pos" if is_in else ""
    strong = " b" if level == 1 else ""
    name = '<a class="nm" href="{href}">{sign}{name}</a>' if is_linked else '<span class="nm">{sign}{name}</span>'
    amount = f'<a class="n t{strong}{tone}" href="{{href}}">' if is_linked else f'<span class="n{tone}">'
    plan = f'<td class="r n muted">{{budget}}</td><td class="r n {"neg" if is_over else "muted"}">{{left}}</td>'
    return (
        f'<tr{SUB if level == 2 else ""}><th scope="row">{name}</th><td class="r n muted">{{count}}</td>'
        f'<td class="r">{amount}{{amount}}</{"a" if is_linked else "span"}></td><td class="r n muted">{{share}}</td>'
        f'{"" if is_income else plan}<td class="r n muted">{{previous}}</td><td class="r n muted">{{change}}</td></tr>'
    )


def total_html(row: ReportRow, url: str, *, is_income: bool = False) -> SafeString:
    """The last row of a report's table; `url` is empty where no one list has its rows."""
    return format_html(
        _total_pattern(is_linked=bool(url), is_in=row.is_in, is_over=row.is_over, is_income=is_income),
        url=url,
        count=row.count,
        amount=row.amount,
        budget=row.budget,
        left=row.left,
        previous=row.previous,
        change=row.change,
    )


@cache
def _total_pattern(*, is_linked: bool, is_in: bool, is_over: bool, is_income: bool) -> str:
    tone = " pos" if is_in else ""
    amount = f'<a class="n t{tone}" href="{{url}}">' if is_linked else f'<span class="n{tone}">'
    plan = f'<td class="r n">{{budget}}</td><td class="r n{" neg" if is_over else ""}">{{left}}</td>'
    return (
        f'<tr><th scope="row">All</th><td class="r n">{{count}}</td>'
        f'<td class="r">{amount}{{amount}}</{"a" if is_linked else "span"}></td><td></td>'
        f'{"" if is_income else plan}<td class="r n">{{previous}}</td><td class="r n">{{change}}</td></tr>'
    )


def rank_html(rows: Iterable[RankRow], *, only_views: bool) -> SafeString:
    """The body of "Where it went"; those who only view are not asked to file anything."""
    return _all(_rank_row(row, only_views) for row in rows)


def _rank_row(row: RankRow, only_views: bool) -> SafeString:
    return format_html(
        _rank_pattern(
            row.level,
            is_linked=bool(row.href),
            is_unfiled=row.category is None,
            is_in=row.is_in,
            has_bar=bool(row.bar),
            has_over=bool(row.over),
            has_tick=bool(row.tick),
            is_over=row.is_over,
            only_views=only_views,
        ),
        sign=category_sign(row.category) if row.level == 1 else "",
        name=row.name,
        href=row.href,
        bar=row.bar,
        bar_end=row.bar or "0",
        over=row.over,
        tick=row.tick,
        share=row.share,
        amount=row.amount,
        alert=shape("alert"),
        budget=row.budget,
        pronoun=row.pronoun,
    )


@cache
def _rank_pattern(
    level: int,
    *,
    is_linked: bool,
    is_unfiled: bool,
    is_in: bool,
    has_bar: bool,
    has_over: bool,
    has_tick: bool,
    is_over: bool,
    only_views: bool,
) -> str:
    tone, strong = " pos" if is_in else "", " b" if level == 1 else ""
    name = f'<a class="nm{" warn" if is_unfiled else ""}" href="{{href}}">{{sign}}{{name}}</a>'
    amount = f'<a class="n{strong} t{tone}" href="{{href}}">' if is_linked else f'<span class="n{tone}">'
    filled = f'<rect class="f{" done" if level == 2 else ""}" width="{{bar}}" height="12" rx="3"/>'
    over = '<rect class="ov" x="{bar_end}" width="{over}" height="12"/>'
    tick = '<rect class="tick" x="{tick}" y="-4" width="2" height="20" rx="1"/>'
    if is_over:
        left = '<span class="tag neg">{alert}<span class="n">{budget}</span></span>'
    elif is_unfiled and level == 1:
        left = "" if only_views else '<a class="t s warn" href="{href}">file {pronoun}</a>'
    else:
        left = '<span class="s muted n">{budget}</span>'
    return (
        f"<tr{SUB if level == 2 else ''}>"
        f'<th scope="row">{name if is_linked else PLAIN_NAME}</th>'
        f'<td class="bc"><svg class="bar" aria-hidden="true">'
        f"{filled if has_bar else ''}{over if has_over else ''}{tick if has_tick else ''}</svg></td>"
        f'<td class="r pc s faint n">{{share}}</td>'
        f'<td class="r">{amount}{{amount}}</{"a" if is_linked else "span"}></td><td class="r of">{left}</td></tr>'
    )


LARGEST = (
    '<li>{}<span class="g"><a class="b" href="{}">{}</a><span class="xs faint"><time datetime="{}">{}</time>, {}, {}'
    '</span></span><span class="n b">{}</span></li>'
)
NEWEST = (
    '<li>{}<span class="g"><a class="b" href="{}">{}</a><span class="xs faint">{}, {}</span></span>'
    '<span class="n{}">{}</span></li>'
)


def largest_html(rows: Iterable[TxnRow], currency: str) -> SafeString:
    """The largest expenses; amounts in another currency than this say theirs."""
    each = (
        (row.sign, _txn_url(row), row.title, row.iso, row.day, row.category_name, row.account, _amount(row, currency))
        for row in rows
    )
    return format_html_join("", LARGEST, each)


def newest_html(rows: Iterable[TxnRow], currency: str) -> SafeString:
    """The newest transactions."""
    each = (
        (row.sign, _txn_url(row), row.title, row.day, row.category_name, _tone(row.is_in), _amount(row, currency))
        for row in rows
    )
    return format_html_join("", NEWEST, each)


def income_html(rows: Iterable[ReportRow]) -> SafeString:
    """The overview's sources of income, without what is below them."""
    return _all(_income_row(row) for row in rows if row.level == 1)


def _income_row(row: ReportRow) -> SafeString:
    amount = '<a class="n t{tone}" href="{href}">{amount}</a>' if row.href else '<span class="n">{amount}</span>'
    return format_html(
        '<li>{sign}<span class="g"><span class="b">{name}</span></span>' + amount + "</li>",
        sign=category_sign(row.category),
        name=row.name,
        tone=_tone(row.is_in),
        href=row.href,
        amount=row.amount,
    )


NEED = (
    '<li><span class="tag {}">{}</span><span class="g"><span class="b">{}</span><span class="xs faint">{}</span></span>'
    '<a class="btn q sm" href="{}">{}<span class="vh">: {}</span></a></li>'
)


def needs_html(rows: Iterable[Need]) -> SafeString:
    """What needs the person, each with a button; what is said of each is said in the button's name too."""
    each = ((row.tone, shape(row.icon), row.text, row.note, row.href, row.action, row.text) for row in rows)
    return format_html_join("", NEED, each)


OTHER = '<li>{}<span class="g"><span class="b">{}</span></span><a class="n t{}" href="{}">{} {}</a></li>'
OTHER_LINE = (
    '<tr><th scope="row">{}</th><td class="r n">{}</td><td class="r"><a class="n t{}" href="{}">{} {}</a></td></tr>'
)


def others_html(rows: Iterable[OtherRow]) -> SafeString:
    """Sums in other currencies, as the overview lists them."""
    each = (
        (category_sign(row.category), row.name, _tone(row.is_in), row.href, row.amount, row.currency) for row in rows
    )
    return format_html_join("", OTHER, each)


def other_lines_html(rows: Iterable[OtherRow]) -> SafeString:
    """The same as rows of the report's table."""
    each = ((row.name, row.count, _tone(row.is_in), row.href, row.amount, row.currency) for row in rows)
    return format_html_join("", OTHER_LINE, each)


def _all(rows: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((row,) for row in rows))


def _tone(is_in: bool) -> str:
    return " pos" if is_in else ""


def _amount(row: TxnRow, currency: str) -> str:
    return row.amount if row.currency == currency else f"{row.amount} {row.currency}"


def _txn_url(row: TxnRow) -> str:
    return _txn_address().format(row.pk)


@cache
def _txn_address() -> str:
    """Where a transaction is changed, with ``{}`` for its id: the same for all rows, so it is looked up once."""
    return reverse("ledger:transaction-change", args=[0]).replace("0", "{}")
