"""The rows of the budgets page as finished HTML: many rows are drawn faster as text than through a template's nodes.

A pattern is put together from constant parts alone, once for each kind of row; what a row says is filled in by
``format_html``, which escapes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from django.urls import reverse
from django.utils.safestring import SafeString

from budget.envelopes.board import Board, BoardLine, Group
from budget.envelopes.queries import PlanLine
from budget.ledger.shapes import AnyCategory
from budget.markup import format_html, format_html_join
from budget.money import amount_writer
from budget.months import Month
from budget.templatetags.categories import series
from budget.templatetags.icons import shape


class _Kind(NamedTuple):
    """All that the pattern of a row depends on."""

    oob: bool
    only_views: bool
    is_over: bool
    is_general: bool
    has_problem: bool
    has_rollover: bool
    has_bar: bool
    has_pace: bool
    bar_is_done: bool


@dataclass(frozen=True)
class Drawing:
    """How one month's rows are drawn for one person.

    Args:
        currency: the book's.
        key: what the idempotency keys of the rows' inputs begin with.
    """

    month: Month
    previous: Month | None
    currency: str
    key: str
    only_views: bool

    def plan(self, board: Board) -> SafeString:
        """The bodies of the table: a group with its rows each; a lone group without a name goes without its head."""
        with_heads = len(board.groups) > 1
        return format_html_join(
            "",
            "<tbody>{}{}</tbody>",
            ((self.group(group) if group.key or with_heads else "", self.lines(group.lines)) for group in board.groups),
        )

    def lines(self, lines: Iterable[BoardLine], *, oob: bool = False) -> SafeString:
        """Rows of categories; with `oob` each takes the place of the row that the page has."""
        return format_html_join("", "{}", ((self._line(line, oob),) for line in lines))

    def groups(self, groups: Iterable[Group], *, oob: bool = False) -> SafeString:
        """Heads of groups, in the same way."""
        return format_html_join("", "{}", ((self.group(group, oob=oob),) for group in groups))

    def group(self, group: Group, *, oob: bool = False) -> SafeString:
        """A group's name and what its rows add up to."""
        sums = group.sums
        return format_html(
            _group_pattern(oob=oob, is_linked=bool(group.key), has_rollover=bool(sums.rollover)),
            key=group.key,
            name=group.name,
            allocated=self._money(sums.allocated),
            carried=self._carried(sums.rollover),
            spent_url=self._rows_url(group.key),
            spent=self._money(sums.spent),
            available=self._money(sums.available),
        )

    def targets(self, lines: Iterable[PlanLine]) -> SafeString:
        """The categories that budget can be moved to, as the options of the dialog's list."""
        drawn = [
            _target(
                line.category.pk,
                str(line.category),
                line.category.icon or "tag",
                line.category.color,
                self._money(line.available),
                line.available < 0,
            )
            for line in lines
        ]
        return format_html("{}" * len(drawn), *drawn) if drawn else NOTHING

    def _line(self, line: BoardLine, oob: bool) -> SafeString:
        plan, bar, pk = line.plan, line.bar, line.category.pk
        allocated = self._money(plan.allocated)
        kind = _Kind(
            oob=oob,
            only_views=self.only_views,
            is_over=line.is_over,
            is_general=line.is_general,
            has_problem=bool(line.problem),
            has_rollover=bool(plan.rollover),
            has_bar=bar.filled != "0.0",
            has_pace=bool(bar.pace),
            bar_is_done=bar.is_done,
        )
        return format_html(
            _line_pattern(kind),
            pk=pk,
            tile=tile(line.category),
            name=line.name,
            detail_url=_detail_url(self.month, pk),
            move_url=self._move_url,
            problem=line.problem,
            filled=bar.filled,
            over_part=bar.over,
            pace=bar.pace,
            more=shape("more"),
            alert=shape("alert"),
            swap=shape("swap"),
            allocated=allocated,
            typed=allocated if line.typed is None else line.typed,
            key=self.key,
            before_url=_detail_url(self.previous, pk) if plan.rollover and self.previous else "",
            carried=self._carried(plan.rollover),
            spent=self._money(plan.spent),
            spent_url=self._rows_url(pk),
            budget=self._money(plan.budget),
            left=self._money(line.over if line.is_over else plan.available),
        )

    @cached_property
    def _money(self) -> Callable[[Decimal], str]:
        return amount_writer(self.currency)

    def _carried(self, rollover: Decimal) -> str:
        """``+12.00 from October``."""
        if not rollover or self.previous is None:
            return ""
        return f"{'+' if rollover > 0 else ''}{self._money(rollover)} from {self.previous.name}"

    def _rows_url(self, pk: int) -> str:
        return f"{_list_url()}?month={self.month}&category={pk}"

    @cached_property
    def _move_url(self) -> str:
        return reverse("envelopes:budget-move", args=[self.month])


def tile(category: AnyCategory) -> SafeString:
    """A category's shape on a tile of the nearest colour of the palette."""
    return _tile(category.icon or "tag", category.color)


@cache
def _list_url() -> str:
    return reverse("ledger:transaction-list")


@lru_cache(maxsize=64)
def _month_url(month: Month) -> str:
    return reverse("envelopes:envelope-detail", args=[month, 0]).removesuffix("0/")


def _detail_url(month: Month, pk: int) -> str:
    return f"{_month_url(month)}{pk}/"


@lru_cache(maxsize=1024)
def _tile(icon: str, color: str) -> SafeString:
    return format_html('<span class="cat {}">{}</span>', series(color), shape(icon))


@lru_cache(maxsize=4096)
def _target(pk: int, name: str, icon: str, color: str, left: str, is_over: bool) -> SafeString:
    """One category to move budget to; kept by its content, for after a change all the others are the same."""
    return format_html(
        '<button class="o" name="to" value="{0}" role="option" tabindex="-1" data-words="{1}">{2}'
        '<span class="ell">{1}</span><span class="n{3}">{4}</span></button>',
        pk,
        name,
        _tile(icon, color),
        " neg" if is_over else "",
        left,
    )


@cache
def _group_pattern(*, oob: bool, is_linked: bool, has_rollover: bool) -> str:
    carried = '<span class="xs faint of-before">{carried}</span>' if has_rollover else ""
    spent = '<a class="t" href="{spent_url}">{spent}</a>' if is_linked else "{spent}"
    return (
        f'<tr class="grp" id="group-{{key}}"{OOB if oob else ""}>'
        '<th scope="rowgroup" colspan="2">{name}</th>'
        f'<td class="r n hs">{{allocated}}{carried}</td><td class="r n hs">{spent}</td>'
        '<td class="r n">{available}</td><td class="hs"></td></tr>'
    )


@cache
def _line_pattern(kind: _Kind) -> str:
    return (
        f'<tr id="row-{{pk}}" data-row{OOB if kind.oob else ""}>'
        '<th scope="row"><span class="nm">{tile}<span class="who">'
        '<a href="{detail_url}" data-row-focus>{name}</a>'
        '<span class="only-s xs faint n of2">{spent} of {budget}</span>'
        f"{PROBLEM if kind.has_problem else ''}</span></span></th>"
        f'<td class="w">{_bar_pattern(kind)}</td>'
        f'<td class="r hs">{GIVEN if kind.only_views else _input_pattern(kind)}'
        f"{BEFORE if kind.has_rollover else ''}</td>"
        f'<td class="r hs">{SPENT if kind.is_general else SPENT_LINK}</td>'
        f'<td class="r"><a class="left" href="{{detail_url}}">{OVER if kind.is_over else LEFT}</a></td>'
        f"{_move_pattern(kind)}</tr>"
    )


NOTHING = format_html("{}", "")
OOB = ' hx-swap-oob="true"'
PROBLEM = '<span class="err" id="err-{pk}" role="alert">{problem}</span>'
GIVEN = '<span class="n">{allocated}</span>'
BEFORE = '<a class="xs faint n of-before" href="{before_url}">{carried}</a>'
SPENT = '<span class="n">{spent}</span>'
SPENT_LINK = '<a class="n t" href="{spent_url}">{spent}</a>'
OVER = '<span class="tag neg">{alert}{left} over</span>'
LEFT = '<span class="n">{left}</span>'
COVER = (
    '<a class="btn q sm" id="mv-{pk}" href="{move_url}?to={pk}" data-key="m" data-shows="pop" '
    'hx-get="{move_url}?to={pk}" hx-target="#pop-body" hx-swap="innerHTML">{swap}Cover</a>'
)
MOVE = (
    '<a class="btn g sm" id="mv-{pk}" href="{move_url}?from={pk}" aria-label="Move budget from {name}" '
    'data-key="m" data-open="move" data-fill-from="{pk}">{swap}</a>'
)


def _bar_pattern(kind: _Kind) -> str:
    filled = f'<rect class="f{" done" if kind.bar_is_done else ""}" width="{{filled}}%" height="12" rx="3"/>'
    end = ""
    if kind.is_over:
        end = (
            '<rect class="ov" x="{filled}%" width="{over_part}%" height="12"/>'
            '<rect class="tick" x="{filled}%" y="-4" width="2" height="20" rx="1"/>'
        )
    elif kind.has_pace:
        end = '<rect class="pace" x="{pace}%" y="-3" width="1.5" height="18"/>'
    return (
        '<svg class="bar" aria-hidden="true"><rect class="tr" width="100%" height="12" rx="3"/>'
        f"{filled if kind.has_bar else ''}{end}</svg>"
    )


def _input_pattern(kind: _Kind) -> str:
    wrong = ' aria-invalid="true" aria-describedby="err-{pk}"' if kind.has_problem else ""
    return (
        '<span class="cell"><button class="btn g sm" type="button" id="menu-{pk}" aria-label="More budgets for {name}" '
        'aria-haspopup="dialog" data-shows="pop" hx-get="{detail_url}" hx-target="#pop-body" hx-swap="innerHTML">'
        '{more}</button><input class="edit n" id="budget-{pk}" name="budget-{pk}" form="plan-form" value="{typed}" '
        'inputmode="decimal" autocomplete="off" maxlength="240" aria-label="Budget for {name}"'
        f"{wrong}"
        ' data-down hx-post="{detail_url}" hx-trigger="change" hx-swap="none" hx-sync="#plan-form:queue all" '
        'hx-params="budget-{pk},request_key" hx-vals=\'{{"request_key": "{key}{pk}"}}\'></span>'
    )


def _move_pattern(kind: _Kind) -> str:
    move = "" if kind.only_views else COVER if kind.is_over else MOVE
    return f'<td class="r mv{"" if kind.is_over else " hs"}">{move}</td>'
