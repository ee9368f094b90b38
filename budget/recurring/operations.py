"""Saying what comes again: entering, confirming, changing, skipping, pausing and ending series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from budget import history
from budget.books.models import Book
from budget.history import Change, IdempotentRequest, Recorder
from budget.ledger.errors import AmountIsZero, DateOutOfRange
from budget.ledger.models import Account, Category, today
from budget.ledger.operations.current import current_account, current_category
from budget.money import format_in_book, require_fit
from budget.recurring.errors import AlreadySettled, NotADueDate, NothingLeftToSkip
from budget.recurring.links import key_of
from budget.recurring.models import Origin, Outcome, RecurringSeries, SeriesRow, SettledDue, State
from budget.recurring.rhythm import Rhythm, beat, dues, slot
from budget.texts import clean_text
from budget.users.models import User

VERBS = {
    State.CONFIRMED: "Confirmed",
    State.DISMISSED: "Dismissed",
    State.PAUSED: "Paused",
    State.ENDED: "Ended",
    State.SUGGESTED: "Put back",
}


@dataclass(frozen=True)
class Content:
    """What people say of a series. `amount` out positive, in the account's currency; `anchor` is a due date of it."""

    name: str
    account: Account
    amount: Decimal
    rhythm: str
    anchor: date
    category: Category | None = None
    varies: bool = False
    posts: bool = False
    note: str = ""
    since: date | None = None
    """From which day on the amount holds; today where nothing is said."""


def add_series(
    *, book: Book, by: User | None, content: Content, request: IdempotentRequest | None = None
) -> RecurringSeries:
    """Enter a series by hand; it is expected from its first due date on.

    Raises:
        AccountNotFound, CategoryNotFound, AmountIsZero, TooPrecise, DateOutOfRange, TextMissing, TextTooLong,
        AlreadyDone: nothing is written.
    """
    with history.change(book, by, "Added", kind="recurring.create", request=request) as change:
        values = _values(change, content)
        series = RecurringSeries(
            **values,
            merchant=key_of(values["name"], values["name"]),
            amount_since=content.since or today(),
            state=State.CONFIRMED,
            origin=Origin.HAND,
            is_sure=True,
            posts_from=max(content.anchor, today()) if content.posts else None,
        )
        _set_range(series, varies=content.varies)
        change.create(series)
        change.record.summary = f"Added the recurring {series}, {_shown(series, book)}"[:300]
    return series


def change_series(
    series: RecurringSeries,
    *,
    by: User | None,
    content: Content,
    seen: int | None = None,
    request: IdempotentRequest | None = None,
) -> RecurringSeries:
    """Give a series what people say of it now; by what its rows are recognised stays.

    Raises:
        ChangedMeanwhile, Vanished, AccountNotFound, CategoryNotFound, AmountIsZero, TooPrecise, DateOutOfRange,
        TextMissing, TextTooLong, AlreadyDone: nothing is written.
    """
    book = series.book
    with history.change(book, by, f"Changed {series}", kind="recurring.update", request=request) as change:
        change.fresh(series, seen)
        values: dict[str, Any] = _values(change, content)
        if content.amount != series.amount:
            values["amount_since"] = content.since or today()
        if content.posts and series.posts_from is None:
            values["posts_from"] = today()
        elif not content.posts:
            values["posts_from"] = None
        future = RecurringSeries(amount=values["amount"], low=series.low, high=series.high)
        _set_range(future, varies=content.varies)
        change.update(series, **values, low=future.low, high=future.high)
        change.record.summary = f"Changed the recurring {series}, {_shown(series, book)}"[:300]
    return series


def set_state(
    series: RecurringSeries, *, by: User | None, state: State, request: IdempotentRequest | None = None
) -> Change | None:
    """Confirm, dismiss, pause, resume or end a series; answers the change, to offer its undo.

    What was due while it was paused is not recorded by itself later.

    Raises:
        Vanished: it was deleted meanwhile.
    """
    resumes = state == State.CONFIRMED
    with history.change(series.book, by, f"{VERBS[state]} {series}", kind="recurring.state", request=request) as change:
        change.fresh(series)
        was = series.state
        values: dict[str, Any] = {"state": state}
        if resumes and was in (State.PAUSED, State.ENDED) and series.posts_from is not None:
            values["posts_from"] = max(series.posts_from, today())
        change.update(series, **values)
        verb = "Resumed" if resumes and was in (State.PAUSED, State.ENDED) else VERBS[state]
        change.record.summary = f"{verb} the recurring {series}"[:300]
        return change.record if change.digests else None


def confirm_sure(*, book: Book, by: User | None, request: IdempotentRequest | None = None) -> Change | None:
    """Confirm every suggestion that is sure, in one change; None where there is none."""
    with history.change(book, by, "Confirmed nothing", kind="recurring.state", request=request) as change:
        sure = RecurringSeries.objects.of(book).filter(state=State.SUGGESTED, is_sure=True)
        count = change.update_many(sure, state=State.CONFIRMED)
        change.record.summary = f"Confirmed {count} recurring payment{'' if count == 1 else 's'}"
        return change.record if change.digests else None


def skip(
    series: RecurringSeries, *, by: User | None, due: date, request: IdempotentRequest | None = None
) -> SettledDue:
    """Expect nothing on one due date.

    Raises:
        NothingLeftToSkip: the series is not confirmed.
        NotADueDate: the series is not due on that day.
        AlreadySettled: something came for it, or it is skipped already.
    """
    with history.change(series.book, by, f"Skipped {series}", kind="recurring.skip", request=request) as change:
        change.fresh(series)
        if series.state != State.CONFIRMED:
            raise NothingLeftToSkip
        if not 1900 <= due.year <= 2200 or slot(series.rhythm, series.anchor, due)[1] != 0:
            raise NotADueDate(due)
        if is_settled(series, due):
            raise AlreadySettled(due)
        change.record.summary = f"Skipped {series} of {due.day} {due:%B %Y}"[:300]
        return change.create(SettledDue(series=series, due=due, outcome=Outcome.SKIPPED))


def delete_series(series: RecurringSeries, *, by: User | None, request: IdempotentRequest | None = None) -> Change:
    """Delete a series with what was noted of its due dates; its transactions stay.

    Raises:
        Vanished: it was deleted meanwhile.
    """
    with history.change(
        series.book, by, f"Deleted the recurring {series}"[:300], kind="recurring.delete", request=request
    ) as change:
        change.fresh(series)
        change.delete_many(SettledDue.objects.of(change.book).filter(series=series))
        change.delete(series)
        return change.record


def is_settled(series: RecurringSeries, due: date) -> bool:
    """Whether a due date is done with: recorded, skipped, or a row of the ledger is it. Two queries at most."""
    return (
        SettledDue.objects.filter(book=series.book_id, series=series, due=due).exists()
        or SeriesRow.objects.filter(
            book=series.book_id, series=series, due=due, transaction__date__isnull=False
        ).exists()
    )


def next_from(series: RecurringSeries, day: date) -> date | None:
    """The first due date from a day on, included."""
    return next(dues(series.rhythm, series.anchor, day, date.max), None)


def _values(change: Recorder, content: Content) -> dict[str, Any]:
    """What is said of a series, checked against the book as it is now."""
    if not 1900 <= content.anchor.year <= 2200:
        raise DateOutOfRange(content.anchor.year)
    account = current_account(change, content.account)
    if content.amount == 0:
        raise AmountIsZero
    return {
        "account": account,
        "category": content.category and current_category(change, content.category),
        "name": clean_text(content.name, "Payee", 100, required=True),
        "amount": require_fit(content.amount, account.currency),
        "rhythm": Rhythm(content.rhythm),
        "anchor": content.anchor,
        "note": clean_text(content.note, "Note", 1000, lines=True),
    }


def _set_range(series: RecurringSeries, *, varies: bool) -> None:
    """Let the amount vary by half either way, or not at all; a range that is known already and holds it stays."""
    if not varies:
        series.low = series.high = None
        return
    low, high = series.low, series.high
    if low is not None and high is not None and min(low, high) <= series.amount <= max(low, high):
        return
    half = (series.amount / 2).quantize(Decimal("0.001"))
    series.low, series.high = half, series.amount + half


def _shown(series: RecurringSeries, book: Book) -> str:
    amount = format_in_book(series.amount, series.account.currency, own=book.currency, sign="income")
    return f"{amount} {beat(series.rhythm).words.lower()}"
