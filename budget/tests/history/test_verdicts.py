"""What the check of a chain says to the letter, and what stands in the way of an undo."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory

from budget import guards, history
from budget.books.models import Book
from budget.categorization.models import AmountRule
from budget.history import Change, Entry, IdempotentRequest, Verdict, answers, keeping, recording, undoing
from budget.history.keeping import RowChange
from budget.history.rows import shape_of
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.tests.factories import last_change, make_account, make_book, make_category, make_member, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db


def _tampered(sql: str, *values: int) -> None:
    """By somebody with the rights of the schema's owner, who takes the triggers away."""
    with connection.cursor() as cursor:
        for rule in guards.rules():
            on = "" if connection.vendor == "sqlite" else f" ON {rule.table}"
            cursor.execute(f"DROP TRIGGER {rule.name}{on}")
        cursor.execute(sql, values)
    guards.install(connection)


@pytest.mark.parametrize(
    ("sql", "back", "problem"),
    [
        (
            "UPDATE budget_entry SET payload = replace(payload, '12500', '12400') WHERE change_id = %s",
            0,
            "{name} was altered: its entry 0 (create transaction {row}) does not match its digest.",
        ),
        (
            "UPDATE budget_change SET summary = 'Tea' WHERE id = %s",
            0,
            "{tea} was altered: it does not match its digest.",
        ),
        (
            "UPDATE budget_change SET previous_digest = digest WHERE id = %s",
            0,
            "{name} does not follow the change before it.",
        ),
        ("UPDATE budget_entry SET position = 1 WHERE change_id = %s", 0, "{name} lacks its entry 0."),
        (
            "UPDATE budget_entry SET book_id = (SELECT max(id) FROM budget_book) WHERE change_id = %s",
            0,
            "{name} was altered: its entry 0 (create transaction {row}) does not match its digest.",
        ),
        (
            "UPDATE budget_change SET number = number + 9 WHERE id = %s",
            1,
            "Change {n} is missing; the next one is {m}.",
        ),
        (
            "UPDATE budget_book SET version = version + 1 WHERE %s > 0",
            -1,
            "The book is at change {past}, but its history ends with change {m}.",
        ),
        (
            "UPDATE budget_book SET head = 'x' WHERE %s > 0",
            -1,
            "The book is at change {m}, but its history ends with change {m}.",
        ),
    ],
)
def test_check_says_which_record_was_altered_and_how_far_it_came(
    account: Account, sql: str, back: int, problem: str
) -> None:
    """R000-3: the first one, in words, with the changes and entries that were read up to there."""
    make_book(make_user(), "Another")
    txn = make_txn(account, "12.50")
    target = Change.objects.get(book=txn.book, number=txn.version)
    make_txn(account, "3.00")
    before = Entry.objects.filter(book=account.book, change__number__lt=target.number).count()

    _tampered(sql, target.pk)

    verdict = history.verify(account.book)
    said = problem.format(
        name=f"Change {target.number}, “{target.summary}” of {target.at:%d %b %Y %H:%M} UTC,",
        tea=f"Change {target.number}, “Tea” of {target.at:%d %b %Y %H:%M} UTC,",
        row=txn.pk,
        n=target.number,
        m=target.number + 1,
        past=target.number + 2,
    )
    read = {0: (target.number, before), 1: (target.number - 1, before), -1: (target.number + 1, before + 2)}[back]
    if "altered: it does" in problem:
        read = (target.number, before + 1)  # its entries were read and are whole
    assert verdict == Verdict(*read, said)
    assert not verdict.is_whole


def test_what_is_written_during_a_check_belongs_to_the_next_one(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_txn(account)
    original = history.chain._changes

    def late(book: Book, version: int) -> Any:
        make_txn(account)
        return original(book, version)

    monkeypatch.setattr(history.chain, "_changes", late)

    assert history.verify(account.book) == Verdict(2 + 1, Entry.objects.filter(book=account.book).count() - 1)


def test_digest_is_of_the_rows_in_the_order_of_their_ids(account: Account) -> None:
    """The same rows, written by two ways and in another order of writing, are the same book."""
    first, second = make_txn(account, "1.00"), make_txn(account, "2.00")
    before = history.digest(account.book)
    for txn, note in ((second, "x"), (first, "y"), (second, ""), (first, "")):
        operations.change_transaction(txn, by=None, note=note)

    assert history.digest(account.book) == before
    make_txn(make_account(make_book(make_user(), "Another"), "Theirs"))
    assert history.digest(account.book) == before


def test_change_keeps_who_when_what_and_for_which_request(account: Account) -> None:
    person = make_user(name="Ned")
    make_member(account.book, person)
    request = IdempotentRequest("key-12345678", "digest")

    with history.change(account.book, person, "x" * 301, kind="test.kind", request=request) as change:
        change.update(account, name="Daily")
    with history.change(account.book, None, "Own", kind="test.kind") as change:
        change.update(account, name="Daily 2")

    asked, own = Change.objects.filter(book=account.book).order_by("number")[account.book.version - 2 :]
    assert (asked.by, asked.by_name, asked.kind, asked.summary) == (person, "Ned", "test.kind", "x" * 300)
    assert (asked.key, asked.key_digest, asked.undoes) == ("key-12345678", "digest", None)
    assert (own.by, own.by_name, own.key, own.key_digest) == (None, "Budget Tracker", None, "")
    assert own.previous_digest == asked.digest
    assert (change.book.version, account.book.version, account.book.head) == (own.number, own.number, own.digest)


def test_program_and_person_who_left_do_not_share_a_key(account: Account) -> None:
    """A person who is gone leaves changes without `by`, as the program's own are."""
    person = make_user(name="Ned")
    make_member(account.book, person)
    request = IdempotentRequest("key-12345678", "digest")
    with history.change(account.book, person, "Theirs", kind="test", request=request) as change:
        change.update(account, name="Daily")
    operations.delete_user(person, typed_email=person.email)

    with history.change(account.book, None, "Own", kind="test", request=request) as change:
        change.update(account, name="Daily 2")

    with (
        pytest.raises(history.AlreadyDone) as again,
        history.change(account.book, None, "Again", kind="test", request=request),
    ):
        pass
    assert again.value.change.summary == "Own"


def test_first_change_of_a_book_keeps_the_book_itself(owner: object, book: Book) -> None:
    entries = Entry.objects.filter(book=book, change__number=1).order_by("position")

    first = entries[0]
    [(pk, before, after)] = history.rows_of(first)
    assert (first.model, first.action, pk, before) == ("book", "create", book.pk, None)
    assert after == shape_of(Book).values(book)
    assert Change.objects.get(book=book, number=1).kind == "book.create"


@pytest.mark.parametrize("count", [1, 2])
def test_refusal_says_how_many_rows_stand_on_it(account: Account, count: int) -> None:
    food = make_category(account.book)
    added = last_change(account.book)
    for _ in range(count):
        make_txn(account, "12.50", food)

    with pytest.raises(history.BuiltUpon) as refused:
        history.undo(added, by=None)

    told = {1: "1 transaction, such as “Coffee house, 12.50”", 2: "2 transactions, such as “Coffee house, 12.50”"}
    assert told[count] in str(refused.value)


def test_undo_asks_every_rule_about_the_rows_it_concerns(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "_checks", {})
    seen: list[tuple[str, int, list[int]]] = []

    def note(name: str, taking_back: history.Recorder, undone: Change, ids: Sequence[int]) -> None:
        seen.append((name, undone.pk, [*ids]))

    for name in ("first", "second"):
        undoing.on_undo(Transaction, partial(note, name))
    txn = make_txn(account)
    recorded = last_change(account.book)

    history.undo(recorded, by=None)

    assert seen == [("first", recorded.pk, [txn.pk]), ("second", recorded.pk, [txn.pk])]


def test_rows_with_a_way_of_their_own_are_left_to_it(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undoing, "_own_ways", {})
    txn = make_txn(account)
    recorded = last_change(account.book)
    given: list[RowChange] = []

    def own(taking_back: history.Recorder, change: Change, rows: Any) -> list[RowChange]:
        given.extend(rows)
        taking_back.update(account, name="Daily")
        return []

    undoing.on_taking_back(Transaction, own)

    history.undo(recorded, by=None)

    assert [(pk, before) for pk, before, _ in given] == [(txn.pk, None)]
    assert Transaction.objects.filter(pk=txn.pk).exists()


def test_undo_of_an_undo_builds_on_nothing_that_was_undone(account: Account) -> None:
    """Refused by the change that stands, not by one that was undone and done again."""
    txn = make_txn(account)
    recorded = last_change(account.book)
    operations.change_transaction(txn, by=None, note="one")
    noted = last_change(account.book)
    undone = history.undo(noted, by=None)
    history.undo(undone, by=None)

    with pytest.raises(history.BuiltUpon, match=f"“{noted}”|“{last_change(account.book)}”"):
        history.undo(recorded, by=None)
    assert Transaction.objects.get(pk=txn.pk).note == "one"


def test_row_without_what_it_may_point_at_comes_back(account: Account, food: Category) -> None:
    """Nothing is asked for a foreign key that is empty, and all that are set have to be there."""
    plain, filed = make_txn(account), make_txn(account, category=food)
    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.all())
    deletion = last_change(account.book)
    operations.delete_category(food, by=None)

    with pytest.raises(history.Gone, match="because the category that it belonged to is no longer there"):
        history.undo(deletion, by=None)

    history.undo(last_change(account.book), by=None)
    history.undo(deletion, by=None)
    assert set(Transaction.objects.values_list("pk", flat=True)) == {plain.pk, filed.pk}


def test_only_recorded_rows_of_a_book_hold_an_undo_back() -> None:
    class Shadow(Category):
        class Meta:
            proxy = True
            app_label = "history_tests"

    models = (Category, AmountRule, Change, Entry, Shadow, User)
    assert [undoing._is_recorded(model) for model in models] == [True, True, False, False, False, False]


def test_rows_of_an_update_are_whole_on_both_sides(account: Account) -> None:
    txn = make_txn(account, "12.50")
    before = shape_of(Transaction).values(Transaction.objects.get(pk=txn.pk))
    operations.change_transaction(txn, by=None, note="x", amount=Decimal("1.00"))
    after = shape_of(Transaction).values(Transaction.objects.get(pk=txn.pk))

    assert list(history.rows_of(last_change(account.book).entries.get())) == [(txn.pk, before, after)]


def test_row_given_back_its_values_has_them_and_the_newest_version(account: Account, food: Category) -> None:
    """Rows that had different values are put back each to its own; those alike in one statement."""
    notes = ("a", "a", "b", "")
    rows = [make_txn(account, description=f"Row {n}", note=note) for n, note in enumerate(notes)]
    with history.change(account.book, None, "All", kind="test") as change:
        change.update_many(Transaction.objects.all(), note="z", category=food)
    changed = last_change(account.book)

    undone = history.undo(changed, by=None)

    stored = Transaction.objects.order_by("pk")
    assert [(row.note, row.category, row.version) for row in stored] == [(note, None, undone.number) for note in notes]
    assert [row.description for row in rows] == [f"Row {n}" for n in range(4)]


def test_keeper_is_new_for_every_change_and_nobody_watches_the_rest(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_keepers", {})
    made: list[Book] = []

    class Watching:
        def __init__(self, book: Book) -> None:
            made.append(book)
            self.taken: list[RowChange] = []

        def take(self, rows: Any) -> None:
            self.taken += rows

        def take_new(self, rows: Any) -> None:
            raise AssertionError("nothing was loaded")

        def close(self) -> None:
            closed.append([pk for pk, _, _ in self.taken])

    closed: list[list[int]] = []
    keeping.keep(Category, Watching)

    with history.change(book, None, "Two", kind="test") as change:
        pks = [change.create(Category(name=name)).pk for name in ("Tea", "Toys")]
        change.create(Account(name="Purse", type="cash", currency="EUR"))

    assert keeping.keeper_of(Account, book) is None
    assert (made, closed) == ([book], [pks])


def test_page_offers_undo_only_for_what_this_person_just_did(account: Account, owner: Any) -> None:
    request: Any = RequestFactory().get("/")
    request.book, request.user = account.book, owner
    since = account.book.version
    assert answers.undo_url(request, since) == ""

    make_txn(account)
    request.book = Book.objects.get(pk=account.book_id)
    assert answers.undo_url(request, since) == ""
    with history.change(account.book, owner, "Mine", kind="test") as change:
        change.update(account, name="Daily")
    request.book = Book.objects.get(pk=account.book_id)
    assert answers.undo_url(request, since) == f"/history/{request.book.version}/undo/"
    assert answers.undo_url(request, request.book.version) == ""


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_nobody_needs_a_place_in_a_book_that_is_being_founded(role: str) -> None:
    person = make_user()
    book = make_book(person)
    other = make_user()
    make_member(book, other, role)

    recording._require_writer(Book(pk=book.pk, version=0), make_user())
    recording._require_writer(book, None)
    if role == "viewer":
        with pytest.raises(history.MayOnlyView, match=f"You can view {book.name}, not change it"):
            recording._require_writer(book, other)
    else:
        recording._require_writer(book, other)
