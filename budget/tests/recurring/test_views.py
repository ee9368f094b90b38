"""The pages of what comes again: the list, the calendar, one series, and every press on them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from budget.books.models import Book, Role
from budget.ledger.models import Account, Category
from budget.months import Month
from budget.recurring import operations, searching
from budget.recurring.models import RecurringSeries, SeriesSearch, SettledDue, State
from budget.recurring.searching import search
from budget.tests.factories import make_account, make_book, make_member, make_series, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db
D = Decimal
TODAY = date(2026, 11, 20)
LIST = "/recurring/"


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: TODAY)


@pytest.fixture
def browser(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def press(browser: Client, route: str, *args: int, **form: Any) -> Any:
    return browser.post(reverse(f"recurring:{route}", args=args), {"request_key": str(uuid4()), **form}, follow=True)


def pay(account: Account, months: int, amount: str = "13.99", day: int = 16, name: str = "FILM STREAM 4412") -> None:
    for back in reversed(range(months)):
        make_txn(account, amount, date=(Month(2026, 11) - back).day(day).isoformat(), description=name)


def form_of(held: Account, **said: Any) -> dict[str, Any]:
    typed = {"name": "Gym", "amount": "29.90", "direction": "out", "rhythm": "monthly", "anchor": "2 Dec"}
    return typed | {"account": held.pk, "category": "", "note": ""} | said


def test_a_new_book_is_told_what_belongs_here(browser: Client) -> None:
    page = text_of(browser.get(LIST))

    assert "Nothing recurring yet. Rent, salary and subscriptions are found in your history" in page
    assert reverse("recurring:series-create") in page


def test_navigation_leads_here_and_says_so(browser: Client) -> None:
    page = browser.get(LIST).content.decode()

    assert page.count('href="/recurring/" hx-boost="true"') == 2  # the sidebar, and More on a phone
    assert 'aria-current="page"><svg class="i" aria-hidden="true"><use href="/static/icons/sprite.svg#i-rep"' in page


def test_every_shape_on_the_pages_is_in_the_file_of_shapes(browser: Client, account: Account) -> None:
    pay(account, 8)
    search(account.book, None)
    series = make_series(account, "Gym", "29.90", anchor=date(2026, 11, 2))
    addresses = [LIST, f"{LIST}?view=calendar", f"{LIST}new/", f"{LIST}{series.pk}/", f"{LIST}{series.pk}/edit/"]

    used = {name for at in addresses for name in re.findall(r"#i-([a-z]+)", browser.get(at).content.decode())}

    sprite = Path(settings.BASE_DIR, "static/icons/sprite.svg").read_text(encoding="utf-8")
    assert {name for name in used if f'id="i-{name}"' not in sprite} == set()
    assert "rep" in used


def test_list_shows_series_by_next_date_with_their_figures(browser: Client, account: Account, food: Category) -> None:
    """R003-15, R003-94: the monitor of what comes again."""
    make_series(account, "Rent", "900.00", anchor=date(2026, 12, 1), category=food)
    make_series(account, "Salary", "-2000.00", anchor=date(2026, 11, 30))
    pay(account, 3)
    make_series(account)

    page = text_of(browser.get(LIST))

    assert page.index(">Salary<") < page.index(">Rent<") < page.index(">Film Stream<")
    for said in ("Every month · next Mon 30 Nov", "+2,000.00", "+24,000.00 a year", "167.88 a year", "On time"):
        assert said in page
    assert '<span class="l">Costs a year</span><span class="v n">10,967.88</span>' in page
    assert 'Fixed costs in December</span><span class="v n">913.99</span>' in page
    assert 'Income a year</span><span class="v n">24,000.00</span>' in page


def test_list_says_what_is_late_missed_and_dearer(browser: Client, account: Account) -> None:
    make_series(account, "Gym", "29.90", anchor=date(2026, 11, 2))
    make_txn(account, "29.90", date="2026-10-02", description="Gym")
    make_series(account, "Club", "9.90", anchor=date(2026, 11, 2))
    make_txn(account, "9.90", date="2026-08-02", description="Club")
    pay(account, 5)
    search(account.book, None)
    operations.confirm_sure(book=account.book, by=None)
    make_txn(account, "15.49", date="2026-12-16", description="FILM STREAM 4412")

    page = text_of(browser.get(LIST))

    assert "Late since Mon 2 Nov" in page
    assert "Missed 2 times" in page
    assert "13.99 to 15.49 since Wed 16 Dec" in page


def test_searching_suggests_and_one_press_confirms_with_undo(browser: Client, account: Account) -> None:
    pay(account, 8)
    page = text_of(press(browser, "series-search"))
    assert "Found 1 new." in page
    assert "Looks as if it came again" in page
    series = RecurringSeries.objects.get()

    page = text_of(press(browser, "series-state", series.pk, state="confirmed"))

    series.refresh_from_db()
    assert series.state == State.CONFIRMED
    assert "Confirmed the recurring FILM STREAM 4412." in page
    number = series.version
    assert f'action="/history/{number}/undo/"' in page
    browser.post(reverse("history:undo", args=[number]))
    series.refresh_from_db()
    assert series.state == State.SUGGESTED


def test_one_press_confirms_all_that_are_sure(browser: Client, account: Account) -> None:
    pay(account, 8)
    pay(account, 8, "29.90", 2, "GYM")
    pay(account, 3, "5.00", 9, "NEW CLUB")
    press(browser, "series-search")
    assert "Confirm the 2 sure ones" in text_of(browser.get(LIST))

    page = text_of(press(browser, "series-confirm"))

    assert "Confirmed 2 recurring payments." in page
    assert sorted(RecurringSeries.objects.values_list("name", "state")) == [
        ("FILM STREAM 4412", "confirmed"),
        ("GYM", "confirmed"),
        ("NEW CLUB", "suggested"),
    ]
    assert "Nothing is left to confirm." in text_of(press(browser, "series-confirm"))


def test_dismissed_is_gone_from_the_suggestions_and_kept_below(browser: Client, account: Account) -> None:
    pay(account, 8)
    press(browser, "series-search")
    press(browser, "series-state", RecurringSeries.objects.get().pk, state="dismissed")

    page = text_of(browser.get(LIST))

    assert "Looks as if it came again" not in page
    assert "Paused, ended and dismissed (1)" in page
    assert "Nothing new comes again." in text_of(press(browser, "series-search"))


def test_a_press_sent_twice_counts_once(browser: Client, account: Account) -> None:
    series, key = make_series(account), str(uuid4())
    version = Book.objects.get(pk=account.book_id).version

    answers = [press(browser, "series-state", series.pk, state="paused", request_key=key) for _ in range(2)]

    assert Book.objects.get(pk=account.book_id).version == version + 1
    assert "Already saved." in text_of(answers[1])


def test_a_series_is_entered_by_hand(browser: Client, account: Account, food: Category) -> None:
    page = text_of(press(browser, "series-create", **form_of(account, category=food.pk, posts="on", note="Family")))

    series = RecurringSeries.objects.get()
    assert (series.name, series.amount, series.anchor, series.category, series.posts_from) == (
        "Gym",
        D("29.90"),
        date(2026, 12, 2),
        food,
        date(2026, 12, 2),
    )
    assert "Added Gym." in page
    assert "on each due date from Wed 2 Dec 2026 on" in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Say who is paid, or who pays."),
        ({"amount": ""}, "Enter an amount, such as 12.50."),
        ({"amount": "12,5o"}, "We could not read"),
        ({"amount": "0"}, "zero"),
        ({"anchor": "31 feb"}, "31 February does not exist"),
        ({"anchor": ""}, "Enter a date, such as 1 Dec."),
        ({"rhythm": "hourly"}, "Choose one of these rhythms."),
        ({"account": "987654321"}, "Account not found."),
        ({"category": "987654321"}, "Category not found."),
        ({"name": "x" * 101}, "100"),
        ({"amount": "99999999999999.99"}, "This amount is too large."),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_written(
    browser: Client, account: Account, typed: dict[str, str], sentence: str
) -> None:
    response = press(browser, "series-create", **form_of(account, **typed))

    assert response.status_code == 422
    assert sentence in text_of(response).replace("&#x27;", "'")
    assert RecurringSeries.objects.count() == 0


def test_income_is_typed_with_its_direction_or_a_plus(browser: Client, account: Account) -> None:
    press(browser, "series-create", **form_of(account, name="Salary", amount="2000", direction="in"))
    press(browser, "series-create", **form_of(account, name="Pension", amount="+500"))

    assert dict(RecurringSeries.objects.values_list("name", "amount")) == {"Salary": D("-2000"), "Pension": D("-500")}


def test_a_series_is_changed_and_a_faster_change_is_told(browser: Client, account: Account) -> None:
    series = make_series(account)
    address = reverse("recurring:series-change", args=[series.pk])
    assert 'value="13.99"' in text_of(browser.get(address))
    operations.set_state(RecurringSeries.objects.get(), by=None, state=State.PAUSED)

    slow = press(browser, "series-change", series.pk, **form_of(account, amount="15.49", seen=series.version))
    assert slow.status_code == 422
    now = RecurringSeries.objects.get()
    press(browser, "series-change", series.pk, **form_of(account, amount="15.49", seen=now.version, varies="on"))

    now.refresh_from_db()
    assert (now.name, now.amount, now.low, now.high, now.state) == (
        "Gym",
        D("15.49"),
        D("7.745"),
        D("23.235"),
        "paused",
    )


def test_detail_shows_rows_prices_and_what_was_skipped(browser: Client, account: Account) -> None:
    for month, amount in ((7, "13.99"), (8, "13.99"), (9, "15.49"), (10, "15.49"), (11, "15.49")):
        make_txn(account, amount, date=f"2026-{month:02}-17", description="Film Stream")
    series = make_series(account)
    press(browser, "series-skip", series.pk, due="2026-12-16", at="detail")

    page = text_of(browser.get(reverse("recurring:series-detail", args=[series.pk])))

    for said in (
        "5 in three years",
        "Tue 17 Nov 2026",
        "due Mon 16 Nov",
        "Its prices",
        "+11%",
        "16 Dec 2026",
        "skipped",
    ):
        assert said in page
    assert "Skip Sat 16 Jan 2027" in page
    assert SettledDue.objects.get().due == date(2026, 12, 16)


@pytest.mark.parametrize(
    ("form", "sentence"),
    [({"due": "never"}, "Choose one of its dates."), ({"due": "2026-12-17"}, "is no due date of it")],
)
def test_skipping_another_day_is_refused_in_words(
    browser: Client, account: Account, form: dict[str, str], sentence: str
) -> None:
    response = press(browser, "series-skip", make_series(account).pk, **form)

    assert response.status_code == 422
    assert sentence in text_of(response)


def test_pausing_resuming_ending_and_deleting(browser: Client, account: Account) -> None:
    series = make_series(account)
    states = []
    for state in ("paused", "confirmed", "ended"):
        press(browser, "series-state", series.pk, state=state, at="detail")
        states.append(RecurringSeries.objects.get().state)
    refused = press(browser, "series-state", series.pk, state="eaten")
    gone = text_of(press(browser, "series-delete", series.pk))

    assert states == ["paused", "confirmed", "ended"]
    assert refused.status_code == 422
    assert "Deleted Film Stream. Its transactions stay." in gone
    assert RecurringSeries.objects.count() == 0


def test_calendar_shows_what_was_paid_and_what_is_due(browser: Client, account: Account) -> None:
    pay(account, 2)
    make_series(account)
    make_series(account, "Gym", "29.90", anchor=date(2026, 11, 2))
    make_txn(account, "29.90", date="2026-10-02", description="Gym")

    now = text_of(browser.get(f"{LIST}?view=calendar"))
    later = text_of(browser.get(f"{LIST}?view=calendar&month=2027-02"))

    assert "November 2026" in now
    assert 'Paid: </span><span class="ell">Film Stream' in now
    assert 'Late: </span><span class="ell">Gym' in now
    assert later.count("Due: ") == 2
    assert "Paid: " not in later


@pytest.mark.parametrize("month", ["", "2026-13", "1900-01", "2200-12", "9999-99", "x" * 300])
def test_calendar_of_no_month_is_that_of_today(browser: Client, month: str) -> None:
    assert "November 2026" in text_of(browser.get(LIST, {"view": "calendar", "month": month}))


def test_a_large_book_is_left_to_the_next_run(
    browser: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay(account, 8)
    monkeypatch.setattr(searching, "AT_ONCE", 5)

    page = text_of(press(browser, "series-search"))

    assert "This book is large. The next scheduled run looks through it." in page
    assert (RecurringSeries.objects.count(), SeriesSearch.objects.get().is_wanted) == (0, True)
    assert searching.wants_search(account.book)


def test_viewers_see_it_without_controls(client: Client, account: Account) -> None:
    pay(account, 8)
    search(account.book, None)
    series, viewer = make_series(account, "Gym", anchor=date(2026, 11, 30)), make_user()
    make_member(account.book, viewer, Role.VIEWER)
    client.force_login(viewer)

    pages = [text_of(client.get(address)) for address in (LIST, f"{LIST}{series.pk}/", f"{LIST}?view=calendar")]

    for page in pages:
        assert "Gym" in page
        assert f'action="{LIST}' not in page
        assert f'href="{LIST}new/"' not in page
    assert client.post(f"{LIST}{series.pk}/state/", {"state": "ended"}).status_code == 403


def test_somebody_elses_series_is_not_found(browser: Client) -> None:
    theirs = make_series(make_account(make_book(make_user())))

    codes = [browser.get(f"{LIST}{pk}/{part}").status_code for pk in (theirs.pk, 10**30) for part in ("", "edit/")]

    assert codes == [404] * 4


@pytest.mark.parametrize("address", [LIST, f"{LIST}?view=calendar"])
def test_number_of_queries_is_the_same_for_any_number_of_series(
    browser: Client, account: Account, food: Category, address: str
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for upto in (1, 3, 30):
        for number in range(RecurringSeries.objects.count(), upto):
            name = f"Club {chr(65 + number // 26)}{chr(65 + number % 26)}"
            make_series(account, name, "9.90", category=food)
            make_txn(account, "9.90", date="2026-11-16", description=name)
        browser.get(address)
        with CaptureQueriesContext(connection) as seen:
            browser.get(address)
        counts.append(len(seen))

    assert counts[0] == counts[1] == counts[2] <= 11


def test_longest_names_and_largest_amounts_are_shown_whole(browser: Client, account: Account) -> None:
    make_series(account, "W" * 100, "9999999999.99", rhythm="weekly")
    make_series(account, "أهلا وسهلا", "-0.01")

    page = text_of(browser.get(LIST))

    assert ("9,999,999,999.99" in page, "519,999,999,999.48 a year" in page, "+0.12 a year" in page) == (
        True,
        True,
        True,
    )
