"""The rows of the list as HTML: what people wrote stays text, and each kind of row offers what it should."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from budget.ledger.days import Day
from budget.ledger.directory import CategoryName
from budget.ledger.options import as_choices, grouped_options, options
from budget.ledger.rows import Row
from budget.ledger.rows_html import body, row_html

HOSTILE = "\"><script>alert('x')</script>{0}{pk}&amp;"
FOOD = CategoryName(3, "Food", "Food", None, False, "cart", "k1", False, 5)
RENT = CategoryName(4, "Rent", "Rent", None, False, "home", "k2", False, 4)
ROW = Row(
    pk=12,
    day=date(2025, 3, 4),
    title="Nopa",
    printed="NOPA 123",
    category="Coffee",
    icon="fork",
    tint="k3",
    chip="",
    account="Everyday",
    amount="12.50",
    currency="",
    is_in=False,
    is_transfer=False,
    is_pending=False,
    is_guess=False,
    units=12500,
    category_id=9,
    account_id=1,
    first=FOOD,
    second=RENT,
)


class Parts(HTMLParser):
    """The elements of a text, their attributes, and what is written in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.values: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.values += attrs
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize("by_date", [True, False])
@pytest.mark.parametrize("is_transfer", [True, False])
def test_hostile_texts_stay_texts(writes: bool, by_date: bool, is_transfer: bool) -> None:
    foreign = replace(FOOD, label=HOSTILE)
    row = replace(
        ROW, title=HOSTILE, printed=HOSTILE, category=HOSTILE, account=HOSTILE, currency=HOSTILE, amount=HOSTILE,
        icon=HOSTILE, tint=HOSTILE, chip="sug", is_guess=not is_transfer, is_transfer=is_transfer, past=HOSTILE,
        first=foreign, second=foreign,
    )  # fmt: skip

    parts = Parts(row_html(row, writes=writes, by_date=by_date, in_place=True))

    assert "script" not in parts.tags
    assert parts.open == []
    assert not [name for name, _ in parts.values if name.startswith(("on", "srcdoc"))]
    assert sum(HOSTILE in word for word in parts.words) >= 5


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({}, "ec23d"),
        ({"second": None}, "ec2d"),
        ({"first": None, "second": None}, "ecd"),
        ({"is_guess": True, "chip": "sug"}, "ec123d"),
        ({"is_guess": True, "chip": "sug", "second": None}, "ec12d"),
        ({"is_guess": True, "chip": "sug", "first": None, "second": None}, "ec1d"),
        ({"is_transfer": True, "first": None, "second": None, "category_id": None}, "ed"),
    ],
)
def test_row_offers_what_its_keys_press(changes: dict[str, object], keys: str) -> None:
    row = replace(ROW, **changes)  # type: ignore[arg-type]

    assert "".join(re.findall(r'data-key="(.)"', row_html(row, writes=True, by_date=True))) == keys
    assert re.findall(r'data-key="(.)"|(<button|<input)', row_html(row, writes=False, by_date=True)) == [("e", "")]


def test_row_says_all_of_a_transaction() -> None:
    parts = Parts(row_html(replace(ROW, is_pending=True, currency="USD"), writes=True, by_date=False))

    assert "".join(parts.words) == "Tue 4 Mar 2025NopapendingNOPA 123CoffeeFood2Rent3Everyday12.50 USD"
    assert ("aria-label", "Select Nopa, 12.50") in parts.values
    assert ("aria-label", "Delete Nopa, 12.50") in parts.values
    assert ("formaction", "/transactions/12/category/") in parts.values


def test_days_head_their_rows_under_the_sort_by_date_only() -> None:
    dated, flat = Day("2025-03-04", "Tuesday 4 March 2025", "+1.00", True, [ROW]), Day("", "", "", False, [ROW, ROW])

    assert body([dated], writes=True, by_date=True).startswith(
        '<tr class="day" id="day-2025-03-04"><td colspan="3">Tuesday 4 March 2025</td>'
        '<td class="r n pos" colspan="2">+1.00</td></tr><tr id="txn-12" data-row><td class="ck">'
    )
    assert body([flat], writes=True, by_date=False).count("<tr ") == 2
    assert body([], writes=True, by_date=True) == ""


def test_menus_choose_and_escape() -> None:
    menu = grouped_options(((HOSTILE, as_choices([(1, HOSTILE), (2, "Rent")])),), "2")

    assert Parts(menu).tags == ["optgroup", "option", "option"]
    assert menu.endswith('<option value="2" selected>Rent</option></optgroup>')
    assert options((("a", "A"),), "") == '<option value="a">A</option>'
