"""The badge that reports have, the page of both counts, and what is not exported."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
from budget.recount import operations as counting
from budget.recount.examining import examine
from budget.recount.models import BookRecount, MonthRecount
from budget.recount.operations import count_month
from budget.recount.replay import replay
from budget.tests import factories
from budget.tests.factories import make_txn
from budget.tests.recount.conftest import Behind
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # security/ asks every page and form on both engines

OCTOBER = Month(2026, 10)
COUNTS = "/reports/month/2026-10/counts/"
CSV = "/reports/month/2026-10/summary.csv"
PAGES = (
    "/?month=2026-10",
    "/reports/month/2026-10/",
    "/reports/top/?month=2026-10",
    "/reports/categories/?month=2026-10",
)
BADGE = {"HX-Request": "true", "HX-Target": "recount"}


@pytest.fixture
def bread(account: Account, food: Category) -> Transaction:
    """A row of October."""
    return make_txn(account, "12.50", food, "2026-10-03", "Bakery")


@pytest.fixture
def reader(client: Client, owner: User) -> Client:
    """Somebody signed in who owns `book`."""
    client.force_login(owner)
    return client


@pytest.mark.parametrize("url", PAGES)
def test_page_of_a_month_carries_nothing_until_it_is_counted_then_its_badge(
    reader: Client, bread: Transaction, behind: Behind, url: str
) -> None:
    page = reader.get(url).text
    assert f'hx-post="{COUNTS}" hx-trigger="load"' in page
    assert "Counted twice" not in page
    assert MonthRecount.objects.count() == 0

    count_month(bread.book, OCTOBER)
    assert "Counted twice" in reader.get(url).text

    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])
    count_month(bread.book, OCTOBER)
    page = reader.get(url).text
    assert "Held back: Food differs by 0.50" in page
    assert "Counted twice" not in page


def test_page_of_all_months_has_no_badge(reader: Client, bread: Transaction) -> None:
    assert 'id="recount"' not in reader.get("/reports/top/").text


def test_change_takes_the_badge_away_until_the_month_is_counted_again(reader: Client, bread: Transaction) -> None:
    count_month(bread.book, OCTOBER)
    make_txn(bread.account, "1.00", date="2026-11-01")

    assert "Counted twice" not in reader.get(PAGES[1]).text
    assert "Counted twice" in reader.post(COUNTS, headers=BADGE).text
    assert "Counted twice" in reader.get(PAGES[1]).text


def test_badge_is_answered_alone_and_does_not_ask_again(reader: Client, bread: Transaction) -> None:
    answer = reader.post(COUNTS, headers=BADGE)

    assert answer.text.lstrip().startswith('<div id="recount" class="recount">')
    assert answer.text.count("autofocus") == 0
    assert "autofocus" in reader.post(COUNTS, {"again": "1"}, headers=BADGE).text


def test_badge_that_is_right_stays_as_it_is(reader: Client, bread: Transaction, behind: Behind) -> None:
    """Nothing that a person opened meanwhile is closed."""
    count_month(bread.book, OCTOBER)
    url = reader.get(PAGES[1]).text.partition('class="recount" hx-post="')[2].partition('"')[0]
    assert reader.post(url, headers=BADGE).status_code == 204

    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])
    assert "Held back" in reader.post(url, headers=BADGE).text


def test_without_script_a_button_counts_and_leads_back(reader: Client, bread: Transaction) -> None:
    assert "Not counted yet" in reader.get(COUNTS).text

    answer = reader.post(COUNTS, {"again": "1"}, follow=True)

    assert answer.redirect_chain == [(COUNTS, 302)]
    assert "Counted twice" in answer.text
    assert "Count again" in answer.text


def test_long_history_is_read_in_slices(reader: Client, bread: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        make_txn(bread.account, "1.00", bread.category, "2026-10-05")
    monkeypatch.setattr("budget.recount.views.SLICE", 0)
    seen = []
    while "Being checked" in (text := reader.post(COUNTS, headers=BADGE).text):
        seen.append(int(text.partition("checked, ")[2].partition(" ")[0]))
        assert 'hx-trigger="load delay:300ms"' in text
        assert len(seen) < 50

    assert seen == sorted(set(seen))
    assert len(seen) >= 5
    assert "Counted twice" in text


def test_blocked_month_shows_every_count_and_leads_to_the_row(
    reader: Client, bread: Transaction, behind: Behind
) -> None:
    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])
    reader.post(COUNTS)

    page = reader.get(COUNTS).text

    assert "Held back: Food differs by 0.50" in page
    assert (
        f'<a class="t" href="/transactions/{bread.pk}/">Transaction {bread.pk}, Bakery, '
        f"{'3 Oct' if timezone.localdate().year == 2026 else '3 Oct 2026'}: "
        "13.00 in the table, 12.50 in the history</a>" in page
    )
    for figure in ("12.50", "13.00", "0.50"):
        assert f">{figure}</td>" in page


def test_row_that_is_gone_has_no_link(reader: Client, bread: Transaction, behind: Behind) -> None:
    behind("DELETE FROM budget_transaction WHERE id = %s", [bread.pk])
    reader.post(COUNTS)

    page = reader.get(COUNTS).text

    assert "in the history, not in the table" in page
    assert f'href="/transactions/{bread.pk}/"' not in page


def test_altered_totals_are_told_how_to_mend(reader: Client, bread: Transaction, behind: Behind) -> None:
    behind("UPDATE budget_monthlytotal SET total = 13000")
    reader.post(COUNTS)

    assert "rebuild_totals" in reader.get(COUNTS).text


def test_held_back_month_is_not_exported(reader: Client, bread: Transaction, behind: Behind) -> None:
    """R000-5, R000-28: not before both counts agree again."""
    assert reader.get(CSV).status_code == 200

    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])
    answer = reader.get(CSV)

    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == (
        "The figures of October 2026 are held back: Food differs by 0.50. They go out again once both counts agree.\n"
    )
    page = reader.get(CSV, headers={"Accept": "text/html"})
    assert page.status_code == 409
    assert "October 2026 is held back" in page.text
    assert COUNTS in page.text

    behind("UPDATE budget_transaction SET amount = 12500 WHERE id = %s", [bread.pk])
    assert reader.get(CSV).status_code == 200
    assert MonthRecount.objects.count() == 0


@pytest.mark.parametrize("was_counted", [True, False])
def test_month_is_not_exported_before_its_history_is_read(
    reader: Client, bread: Transaction, behind: Behind, monkeypatch: pytest.MonkeyPatch, was_counted: bool
) -> None:
    """R000-28: what is not known to be right does not go out, whatever was known before."""
    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])
    if was_counted:
        count_month(bread.book, OCTOBER)
    for _ in range(3):
        make_txn(bread.account, "1.00", date="2026-11-01")
    monkeypatch.setattr("budget.recount.exporting.SLICE", 0)

    answer = reader.get(CSV)

    assert answer.status_code == 503
    assert "October 2026 is still being counted" in answer.text


def test_viewer_may_have_it_counted(client: Client, bread: Transaction) -> None:
    viewer = factories.make_user()
    factories.make_member(bread.book, viewer, "viewer")
    client.force_login(viewer)

    assert "Counted twice" in client.post(COUNTS, headers=BADGE).text


def test_costs_the_same_whatever_the_rows(
    reader: Client, book: Book, account: Account, food: Category, django_assert_num_queries
) -> None:
    def asked(count: int) -> None:
        for _ in range(count):
            make_txn(account, "1.00", food, "2026-10-05")

    asked(1)
    reader.post(COUNTS, headers=BADGE)
    for count in (3, 30):
        asked(count)
        reader.post(COUNTS, headers=BADGE)
        with django_assert_num_queries(13):
            reader.post(COUNTS, headers=BADGE)
        with django_assert_num_queries(5):
            reader.get(COUNTS)


def test_only_what_a_change_touched_is_counted_again(account: Account, food: Category) -> None:
    book = account.book
    for month in range(1, 10):
        make_txn(account, "1.00", food, f"2026-{month:02}-05")
    count_month(book, Month(2026, 3))
    before = {row.month.month: (row.touched, row.tallies) for row in MonthRecount.objects.filter(book=book)}

    make_txn(account, "2.00", food, "2026-04-05")
    found = count_month(book, Month(2026, 4))

    assert found.steps.entries == 1
    after = {row.month.month: (row.touched, row.tallies) for row in MonthRecount.objects.filter(book=book)}
    assert [month for month in after if after[month] != before[month]] == [4]


def test_book_goes_with_its_recount(bread: Transaction) -> None:
    count_month(bread.book, OCTOBER)

    operations.remove_book(bread.book, typed_name=bread.book.name)

    assert (BookRecount.objects.count(), MonthRecount.objects.count()) == (0, 0)


def test_second_of_two_who_count_at_once_keeps_nothing_and_breaks_nothing(bread: Transaction) -> None:
    late = examine(bread.book, OCTOBER)
    first = count_month(bread.book, OCTOBER)

    assert counting._take_on(late.book, late.steps, late.seen) is False
    assert first.status == count_month(bread.book, OCTOBER).status == "verified"
    assert replay(bread.book, first.steps.place).entries == 0
