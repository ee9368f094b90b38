"""The budgets page and what can be done on it, with HTMX and without scripts."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budget import history
from budget.books.models import Book, Role
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.envelopes.queries import available, plan_line
from budget.history import Change
from budget.ledger.models import Account, Category, Rollover
from budget.months import Month
from budget.tests.envelopes.conftest import NOVEMBER, Give
from budget.tests.factories import last_change, make_account, make_book, make_category, make_member, make_txn, make_user
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # security/ asks every page and form on both engines
D = Decimal
PAGE = "/budgets/2026-11/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _on_the_21st() -> Any:
    with time_machine.travel("2026-11-21 12:00:00+00:00", tick=False):
        yield


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


def allocated(category: Category, month: Month = NOVEMBER) -> Decimal:
    return plan_line(category.book, category, month).allocated


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_budgets_lead_to_the_current_month(signed_in: Client) -> None:
    assert signed_in.get("/budgets/").headers["Location"] == PAGE


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "1899-12", "2201-01", "26-11"])
def test_what_is_no_month_is_no_page(signed_in: Client, month: str) -> None:
    assert signed_in.get(f"/budgets/{month}/").status_code == 404


@pytest.mark.parametrize("month", ["1900-01", "2200-12", "2024-02"])
def test_every_month_there_is_has_its_page(signed_in: Client, month: str, food: Category) -> None:
    for page in ("", f"{food.pk}/", "move/", "allocations/"):
        assert signed_in.get(f"/budgets/{month}/{page}").status_code == 200


def test_page_shows_the_figures_and_says_what_is_over(
    signed_in: Client, account: Account, food: Category, rent: Category, give: Give
) -> None:
    """R001-33: a budget that is exceeded is said first."""
    give(food, "200.00")
    give(rent, "1450.00")
    make_txn(account, "236.85", food)
    make_txn(account, "22.00", None)

    page = text_of(signed_in.get(PAGE).text)

    assert "Budget 1,650.00 planned" in page
    assert "Spent 258.85 16% of the budget, 70% of the month" in page
    assert "Left 1,391.15" in page
    assert "Needs attention 1 over Food, 36.85" in page
    assert "the tick is today, day 21" in page
    assert "36.85 over" in page
    assert "No category yet, 1 to file" in page


def test_every_total_opens_the_rows_that_add_up_to_it(
    signed_in: Client, account: Account, book: Book, give: Give
) -> None:
    group = make_category(book, "Home")
    rent, power = make_category(book, "Rent", parent=group), make_category(book, "Power", parent=group)
    give(rent, "1450.00")
    for amount, category in (("1450.00", rent), ("80.10", power), ("-5.05", power), ("12.00", group), ("22.00", None)):
        make_txn(account, amount, category)
    make_txn(account, "77.00", rent, date="2026-10-31")

    links = re.findall(
        r'<a[^>]*href="(/(?:transactions|expenses)/\?month=[^"]*)"[^>]*>(.*?)</a>', signed_in.get(PAGE).text
    )
    shown = [
        (figure, text_of(signed_in.get(href.replace("&amp;", "&")).text))
        for href, label in links
        for figure in re.findall(r"[0-9,]+\.[0-9]{2}", label)
    ]

    assert len(links) == 5
    assert sorted(figure for figure, _ in shown) == ["1,450.00", "1,537.05", "1,559.05", "75.05"]
    assert [figure for figure, rows in shown if figure not in rows] == []


def test_rollover_is_shown_with_the_month_it_comes_from(
    signed_in: Client, account: Account, book: Book, give: Give
) -> None:
    saving = make_category(book, "Holiday", rollover=Rollover.SURPLUS)
    give(saving, "100.00", NOVEMBER.previous)
    make_txn(account, "80.00", saving, date="2026-10-05")

    assert "+20.00 from October" in text_of(signed_in.get(PAGE).text)


def test_categories_without_figures_are_folded_away(
    signed_in: Client, food: Category, rent: Category, give: Give
) -> None:
    give(food, "200.00")

    folded, unfolded = signed_in.get(PAGE).text, signed_in.get(PAGE + "?all=1").text

    assert (f'id="row-{food.pk}"' in folded, f'id="row-{rent.pk}"' in folded) == (True, False)
    assert "Show all categories, 1 more" in folded
    assert f'id="row-{rent.pk}"' in unfolded


def test_month_without_budgets_offers_to_start_from_last_months_spending(
    signed_in: Client, account: Account, food: Category
) -> None:
    make_txn(account, "2691.10", food, date="2026-10-05")
    page = text_of(signed_in.get(PAGE).text)
    assert "No budgets for November. Start from what you spent in October (2,691.10), or from zero." in page

    signed_in.post(PAGE + "start/")

    assert allocated(food) == D("2691.10")


# Setting budgets


def test_new_budget_answers_its_row_its_group_and_the_head(signed_in: Client, food: Category, give: Give) -> None:
    give(food, "200.00")
    answer = signed_in.post(f"{PAGE}{food.pk}/", {f"budget-{food.pk}": "12+4.50"}, headers=HTMX)

    assert answer.status_code == 200
    assert allocated(food) == D("16.50")
    for part in (f'id="row-{food.pk}"', 'id="group-0"', 'id="plan-head"', 'id="plan-foot"', 'id="totals"'):
        assert f"{part}" in answer.text
    assert "Budgeted 16.50 for Food in November 2026." in answer.text
    assert f"/history/{last_change(food.book).number}/undo/" in answer.text


def test_first_budget_of_a_folded_category_answers_the_whole_plan(signed_in: Client, food: Category) -> None:
    answer = signed_in.post(f"{PAGE}{food.pk}/", {f"budget-{food.pk}": "50"}, headers=HTMX)

    assert answer.headers["HX-Retarget"] == "#plan"
    assert f'id="row-{food.pk}"' in answer.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter an amount, such as 12.50."),
        ("12,5o", "We could not read “12,5o”. Use digits, such as 12.50."),
        ("-5", "A budget cannot be below zero. Enter 0 to plan nothing."),
        ("1.005", "1.005"),
        ("99999999999999", "too large"),
        ("<b>", "We could not read “<b>”."),
    ],
)
def test_budget_that_cannot_be_read_keeps_what_was_typed(
    signed_in: Client, food: Category, give: Give, typed: str, sentence: str
) -> None:
    give(food, "200.00")
    for headers in (HTMX, {}):
        answer = signed_in.post(f"{PAGE}{food.pk}/", {f"budget-{food.pk}": typed}, headers=headers)
        assert answer.status_code == 422
        assert sentence.replace("<b>", "&lt;b&gt;") in answer.text
        assert f'value="{typed.replace("<b>", "&lt;b&gt;")}"' in answer.text
    assert allocated(food) == D("200.00")


def test_same_form_sent_twice_sets_once(signed_in: Client, food: Category) -> None:
    form = {f"budget-{food.pk}": "50", "request_key": "the-one-key"}
    signed_in.post(f"{PAGE}{food.pk}/", form)
    again = signed_in.post(f"{PAGE}{food.pk}/", form, follow=True)
    other = signed_in.post(f"{PAGE}{food.pk}/", form | {f"budget-{food.pk}": "60"})

    assert "Already saved." in again.text
    assert other.status_code == 422
    assert allocated(food) == D("50.00")


def test_menu_offers_what_the_past_suggests(signed_in: Client, account: Account, food: Category, give: Give) -> None:
    give(food, "180.00", NOVEMBER.previous)
    for month, amount in (("2026-08", "90.00"), ("2026-09", "120.00"), ("2026-10", "150.00"), ("2026-02", "300.00")):
        make_txn(account, amount, food, date=f"{month}-05")
    make_txn(account, "999.00", food, date="2025-10-31")

    menu = text_of(signed_in.get(f"{PAGE}{food.pk}/", headers=HTMX).text)

    assert "Same as October 180.00" in menu
    assert "Average of 3 months 120.00" in menu
    assert "Average of 9 months 73.33" in menu
    assert "This and the next 11 months 0.00" in menu


def test_budget_for_this_and_later_months(signed_in: Client, food: Category) -> None:
    signed_in.post(f"{PAGE}{food.pk}/", {f"budget-{food.pk}": "50", "later": "1"})

    assert (allocated(food, Month(2027, 10)), allocated(food, Month(2027, 11))) == (D("50.00"), D("0.00"))


def test_whole_page_saves_what_was_changed_in_one_change(
    signed_in: Client, book: Book, food: Category, rent: Category, give: Give
) -> None:
    """Without scripts; a budget that somebody else changed since, and this form did not, stays as it is."""
    give(food, "200.00")
    give(rent, "1450.00")
    seen = re.search(r'name="seen" value="([^"]*)"', signed_in.get(PAGE).text)
    assert seen is not None
    give(rent, "1500.00")
    version = Book.objects.get(pk=book.pk).version

    answer = signed_in.post(
        PAGE, {"seen": seen[1], f"budget-{food.pk}": "210", f"budget-{rent.pk}": "1,450.00"}, follow=True
    )

    assert "Set 1 budget of November 2026." in answer.text
    assert (allocated(food), allocated(rent)) == (D("210.00"), D("1500.00"))
    assert Book.objects.get(pk=book.pk).version == version + 1


def test_whole_page_with_one_mistake_writes_nothing(
    signed_in: Client, food: Category, rent: Category, give: Give
) -> None:
    give(food, "200.00")
    give(rent, "1450.00")
    answer = signed_in.post(PAGE, {"seen": "", f"budget-{food.pk}": "210", f"budget-{rent.pk}": "many"})

    assert answer.status_code == 422
    assert "We could not read “many”" in answer.text
    assert (allocated(food), allocated(rent)) == (D("200.00"), D("1450.00"))


def test_whole_page_refuses_somebody_elses_category(signed_in: Client) -> None:
    foreign = make_category(make_book(make_user()), "Theirs")
    answer = signed_in.post(PAGE, {"seen": "", f"budget-{foreign.pk}": "210", "budget-999999999999999999999": "1"})

    assert answer.status_code == 422
    assert not Envelope.objects.exists()


def test_copied_month_comes_with_undo(signed_in: Client, book: Book, owner: User, food: Category, give: Give) -> None:
    give(food, "200.00", NOVEMBER.previous)
    before = history.digest(book)
    assert "Copy last month" in signed_in.get(PAGE).text
    answer = signed_in.post(PAGE + "copy/", follow=True)

    number = last_change(book).number
    assert "Copied the budgets of October 2026 to November 2026." in answer.text
    assert f'action="/history/{number}/undo/"' in answer.text
    assert allocated(food) == D("200.00")
    signed_in.post(f"/history/{number}/undo/")
    assert history.digest(book) == before


def test_copying_nothing_says_so(signed_in: Client, food: Category) -> None:
    answer = signed_in.post(PAGE + "copy/")

    assert answer.status_code == 422
    assert "Copy last month" not in answer.text
    assert "October 2026 has no budgets to copy. Set a budget first." in answer.text
    assert signed_in.post("/budgets/1900-01/copy/", follow=True).status_code == 200


# Moving


def move(client: Client, source: object, target: object, amount: str, **more: Any) -> Any:
    return client.post(PAGE + "move/", {"from": source, "to": target, "amount": amount}, **more)


def test_move_answers_both_rows_their_groups_and_the_head(
    signed_in: Client, account: Account, food: Category, rent: Category, give: Give
) -> None:
    give(food, "200.00")
    make_txn(account, "36.85", rent)
    answer = move(signed_in, food.pk, rent.pk, "36.85", headers=HTMX)

    assert answer.status_code == 200
    for part in (f'id="row-{food.pk}"', f'id="row-{rent.pk}"', 'id="group-0"', 'id="plan-head"', 'id="plan-foot"'):
        assert part in answer.text
    assert "Moved 36.85 from Food to Rent." in answer.text
    assert f"/history/{last_change(food.book).number}/undo/" in answer.text
    assert answer.headers["HX-Trigger"] == "app:close"
    assert (available(food.book, food, NOVEMBER), available(food.book, rent, NOVEMBER)) == (D("163.15"), D("0.00"))


def test_row_that_a_move_emptied_stays_until_the_next_load(
    signed_in: Client, food: Category, rent: Category, give: Give
) -> None:
    give(food, "20.00")
    give(rent, "20.00")

    assert f'id="row-{food.pk}"' in move(signed_in, food.pk, rent.pk, "20", headers=HTMX).text
    assert f'id="row-{food.pk}"' not in signed_in.get(PAGE).text


def test_move_works_as_a_page(signed_in: Client, food: Category, rent: Category, give: Give) -> None:
    give(food, "200.00")
    page = signed_in.get(f"{PAGE}move/?from={food.pk}&to={rent.pk}&amount=20")
    assert f'<option value="{food.pk}" selected>Food, 200.00 left</option>' in page.text
    assert 'value="20"' in page.text

    answer = move(signed_in, food.pk, rent.pk, "20", follow=True)

    assert answer.redirect_chain == [(PAGE, 302)]
    assert "Moved 20.00 from Food to Rent." in answer.text


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("0", "The amount must be above zero."),
        ("-5", "The amount must be above zero."),
        ("36.85", "Food has 20.00 left, 36.85 is needed."),
        ("0.001", "“0.001” has too many decimals: EUR has two decimals."),
        ("twenty", "We could not read “twenty”. Use digits, such as 12.50."),
        ("", "Enter an amount, such as 12.50."),
        ("1,234", "Is “1,234” 1,234.00 or 1.234?"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_move_that_cannot_be_says_why(
    signed_in: Client, food: Category, rent: Category, give: Give, amount: str, sentence: str, headers: dict[str, str]
) -> None:
    """R001-16: in the dialog, in words."""
    give(food, "20.00")
    answer = move(signed_in, food.pk, rent.pk, amount, headers=headers)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{amount}"' in answer.text or not amount
    assert not EnvelopeTransfer.objects.exists()


def test_move_to_the_same_or_an_unknown_category_says_why(signed_in: Client, food: Category, give: Give) -> None:
    """R001-15, R001-16; somebody else's category is as unknown as none."""
    give(food, "20.00")
    foreign = make_category(make_book(make_user()), "Theirs")

    assert "Both sides are the same category." in move(signed_in, food.pk, food.pk, "5").text
    for unknown in (foreign.pk, 10**30, "x", "1; DROP TABLE"):
        answer = move(signed_in, food.pk, unknown, "5")
        assert answer.status_code == 422
        assert "Category not found." in answer.text
    assert "Choose a category." in move(signed_in, food.pk, "", "5").text
    assert not EnvelopeTransfer.objects.exists()


def test_cover_lists_sources_with_before_and_after(
    signed_in: Client, account: Account, book: Book, food: Category, rent: Category, give: Give
) -> None:
    give(food, "200.00")
    give(rent, "30.00")
    poor = make_category(book, "Poor")
    give(poor, "36.84")
    make_txn(account, "66.85", rent)

    answer = signed_in.get(f"{PAGE}move/?to={rent.pk}", headers=HTMX)

    assert answer.headers["HX-Trigger-After-Swap"] == "app:show"
    assert "Cover 36.85 over in Rent from Food 200.00 to 163.15" in text_of(answer.text)
    assert "Poor" not in answer.text
    assert 'name="amount" value="36.85"' in answer.text


def test_cover_says_when_nothing_is_enough(signed_in: Client, account: Account, rent: Category) -> None:
    make_txn(account, "66.85", rent)

    assert "No category has 66.85 left." in signed_in.get(f"{PAGE}move/?to={rent.pk}", headers=HTMX).text
    assert "is no longer over" in signed_in.get(f"{PAGE}move/?to=999", headers=HTMX).text


def test_moves_are_listed_with_undo_and_stay_listed_when_undone(
    signed_in: Client, book: Book, food: Category, rent: Category, give: Give
) -> None:
    give(food, "200.00")
    move(signed_in, food.pk, rent.pk, "20")
    number = last_change(book).number
    page = signed_in.get("/budgets/moves/")
    assert "Moved 20.00 from Food to Rent in November 2026" in page.text
    assert f'action="/history/{number}/undo/"' in page.text

    signed_in.post(f"/history/{number}/undo/")

    page = signed_in.get("/budgets/moves/")
    assert "Moved 20.00 from Food to Rent in November 2026" in page.text
    assert f'action="/history/{number}/undo/"' not in page.text
    assert "undone" in page.text


def test_foot_tells_the_last_move(signed_in: Client, food: Category, rent: Category, give: Give) -> None:
    give(food, "200.00")
    move(signed_in, food.pk, rent.pk, "20")

    assert "Last move: 20.00 Food to Rent on Sat 21 Nov" in text_of(signed_in.get(PAGE).text)


# What a figure is made of, and what it carries over


def test_left_opens_to_the_allocations_that_make_it(
    signed_in: Client, account: Account, food: Category, rent: Category, give: Give
) -> None:
    signed_in.post(f"{PAGE}{food.pk}/", {f"budget-{food.pk}": "200"})
    move(signed_in, food.pk, rent.pk, "20")
    make_txn(account, "50.00", food)

    page = text_of(signed_in.get(f"{PAGE}{food.pk}/").text)

    assert "Sat 21 Nov 2026 Olive Owner Budget set +200.00" in page
    assert "Sat 21 Nov 2026 Olive Owner Transfer to Rent −20.00" in page
    assert "Spent −50.00" in page
    assert "Left 130.00" in page
    assert "Planned 200.00" in text_of(signed_in.get(PAGE + "allocations/").text)


def test_rollover_can_be_chosen(signed_in: Client, food: Category) -> None:
    answer = signed_in.post(f"{PAGE}{food.pk}/rollover/", {"rollover": "both"}, follow=True)

    food.refresh_from_db()
    assert food.rollover == Rollover.BOTH
    assert "Food now carries over: what is left or overspent." in answer.text
    assert signed_in.post(f"{PAGE}{food.pk}/rollover/", {"rollover": "all"}).status_code == 422


# Who may


def test_somebody_elses_category_is_not_found(signed_in: Client, book: Book) -> None:
    foreign = make_category(make_book(make_user()), "Theirs")
    income = make_category(book, "Salary", is_income=True)
    for pk in (foreign.pk, income.pk, 10**18, 10**30):
        assert signed_in.get(f"{PAGE}{pk}/").status_code == 404
        assert signed_in.post(f"{PAGE}{pk}/", {f"budget-{pk}": "5"}).status_code == 404
        assert signed_in.post(f"{PAGE}{pk}/rollover/", {"rollover": "both"}).status_code == 404
    assert not Allocation.objects.exists()


def test_viewers_see_figures_and_no_controls(
    client: Client, account: Account, book: Book, food: Category, rent: Category, give: Give
) -> None:
    give(food, "200.00")
    give(rent, "100.00")
    make_txn(account, "236.85", food)
    viewer = make_user()
    make_member(book, viewer, Role.VIEWER)
    client.force_login(viewer)

    for page in (PAGE, PAGE + "?all=1", f"{PAGE}{food.pk}/", "/budgets/moves/", "/budgets/2026-12/", PAGE + "move/"):
        main = client.get(page).text.partition("<main")[2].partition("</main")[0]
        assert not re.search(r"<(input|select|button|form)", main), page
        assert "Cover" not in main
    for address in (PAGE, f"{PAGE}{food.pk}/", PAGE + "move/", PAGE + "copy/", PAGE + "start/"):
        assert client.post(address).status_code == 403
    assert client.post(f"{PAGE}{food.pk}/rollover/", {"rollover": "both"}).status_code == 403


def test_pages_need_a_person(client: Client) -> None:
    for page in ("/budgets/", PAGE, PAGE + "move/", "/budgets/moves/"):
        assert client.get(page).headers["Location"].startswith("/login/")


# Costs


def test_number_of_queries_does_not_grow_with_the_plan(signed_in: Client, book: Book, account: Account) -> None:
    """1, 3 and 300 categories with budgets, spending, rollover and moves: the same number of queries."""
    counts = []
    total = 0
    signed_in.get(PAGE)  # the first page of a visit also renews its session
    for wanted in (1, 3, 300):
        with history.change(book, None, "Made categories", kind="test") as change:
            new = [Category(name=f"Category {number}", rollover="both") for number in range(total, wanted)]
            change.create_all(new)
            for month in (NOVEMBER, NOVEMBER.previous):
                envelopes = change.create_all([Envelope(category=category, month=month.first) for category in new])
                change.create_all([Allocation(envelope=envelope, amount=D("10.00")) for envelope in envelopes])
        total = wanted
        make_txn(account, "5.00", new[-1])
        first = new[0]
        pages = [
            PAGE,
            PAGE + "?all=1",
            f"{PAGE}{first.pk}/",
            PAGE + "move/",
            PAGE + "allocations/",
            "/budgets/moves/",
        ]
        counts.append([_queries(signed_in, page) for page in pages])

    assert counts[0] == counts[1] == counts[2]
    assert max(counts[0]) <= 16


def _queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(page).status_code == 200
    return len(queries)


def test_number_of_queries_of_the_moves_does_not_grow(
    signed_in: Client, book: Book, food: Category, rent: Category, give: Give
) -> None:
    give(food, "200.00")
    counts = []
    for _ in range(3):
        move(signed_in, food.pk, rent.pk, "1")
        counts.append((_queries(signed_in, "/budgets/moves/"), _queries(signed_in, PAGE)))

    assert len(set(counts)) == 1


def test_many_moves_come_in_pages(signed_in: Client, book: Book) -> None:
    with history.change(book, None, "Moved once", kind="envelope.transfer") as change:
        change.create(Category(name="One"))
    first = Change.objects.latest("number").number
    for number in range(100):
        with history.change(book, None, f"Moved again {number}", kind="envelope.transfer") as change:
            change.create(Category(name=f"Another {number}"))

    newest = signed_in.get("/budgets/moves/").text
    assert "Moved once" not in newest
    assert f"?before={first + 1}" in newest
    assert "Moved once" in signed_in.get(f"/budgets/moves/?before={first + 1}").text
    assert signed_in.get("/budgets/moves/?before=x").status_code == 200


def test_spending_in_another_currency_is_not_in_the_plan(
    signed_in: Client, book: Book, food: Category, give: Give
) -> None:
    give(food, "100.00")
    make_txn(make_account(book, "Dollars", currency="USD"), "60.00", food)

    assert "Left 100.00" in text_of(signed_in.get(PAGE).text)
