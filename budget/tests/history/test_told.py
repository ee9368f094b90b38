"""The words of the history: what each field and each kind of row is called, and what the list can be narrowed to."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budget import history
from budget.books.models import Book
from budget.history import Change, errors, queries
from budget.history.chain import recorded_models
from budget.history.rows import shape_of
from budget.history.wording import TITLES, _label, noun
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.tests.factories import last_change, make_account, make_category, make_rule, make_txn

SPOKEN = dict(
    zip(
        [Book, *recorded_models()],
        [
            "book, books: Name, Currency, Confirmations needed",
            "account, accounts: Name, Institution, Type, Currency, Opening balance, Closed, Added",
            "account transfer, account transfers: Outgoing, Incoming, Added",
            "budget change, budget changes: Budget, Amount, Note, Added",
            "rule, rules: Text contains, Amount, Tolerance, Category, Name, Note, Position, Is active, Added",
            "category, categories: Parent, Name, Display name, Color, Icon, Income, Recurring, Rollover, Position, "
            "Archived, Added",
            "certificate, certificates: Account, First, Last, Opening, Closing, Rows, Digest, File name, "
            "File sha256, Added",
            "budget, budgets: Category, Month",
            "move of budget, moves of budget: Outgoing, Incoming, Added",
            "membership, memberships: User, Role, Added",
            "known merchant, known merchants: Merchant, Category, Confirmations, Origin, Is active, Added",
            "recurring payment, recurring payments: Account, Category, Name, Merchant, Amount, Low, High, "
            "Amount holds since, How often, Due on, State, Origin, Is sure, Records itself from, Note, Added",
            "due date, due dates: Series, Due, Outcome, Added",
            "transaction, transactions: Account, Category, Date, Amount, Description, Payee, Note, Status, Source, "
            "Bank's own id, Not yet posted, Transfer, In the bank's file, Proposed category, Proposed by, "
            "How sure, of 1,000, Proposed because of, By model number, Added",
        ],
        strict=True,
    )
)


@pytest.mark.once
@pytest.mark.parametrize("model", SPOKEN, ids=lambda model: model.__name__)
def test_every_field_has_the_name_that_people_know(model: type[Book]) -> None:
    shape = shape_of(model)

    said = f"{noun(shape.name)}, {noun(shape.name, 2)}: {', '.join(_label(column) for column in shape.columns)}"

    assert said == SPOKEN[model]


@pytest.mark.once
def test_line_of_a_file_is_called_a_line() -> None:
    assert (noun("statementline"), noun("statementline", 2)) == ("line", "lines")


@pytest.mark.once
def test_what_a_row_is_about_is_said_by_its_best_field() -> None:
    assert TITLES == ("payee", "description", "label", "name", "note")


@pytest.mark.once
@pytest.mark.parametrize(
    ("kinds", "shown"),
    [
        (["transaction.create", "statement.import", "statement.undo", "ledger.load", "review.save"], "transactions"),
        (["account_transfer.create", "account_transfer.link", "envelope.transfer"], "transfers"),
        (["envelope.set", "envelope.copy", "envelope.transfer"], "budgets"),
        (["recurring.create", "recurring.post"], "recurring"),
        (["account.create", "certificate.create", "certificate.delete"], "accounts"),
        (["category.merge"], "categories"),
        (["rule.create", "rules.run", "mapping.update"], "rules"),
        (["book.update", "member.create"], "book"),
        (["undo"], "undos"),
    ],
)
@pytest.mark.django_db
def test_list_is_narrowed_to_what_was_done(account: Account, kinds: list[str], shown: str) -> None:
    """An import of a bank's file is found where its transactions are, and a certificate with its account."""
    for number, kind in enumerate([*kinds, "demo.load"]):
        with history.change(account.book, None, kind, kind=kind) as change:
            change.update(account, name=f"Account {number}")

    found = queries.changes(account.book, kind=shown).rows

    others = {"accounts": ["Opened Everyday"], "book": [Change.objects.get(book=account.book, number=1).summary]}
    assert [line.change.summary for line in found] == [*reversed(kinds), *others.get(shown, [])]


@pytest.mark.once
def test_list_offers_its_kinds_in_words() -> None:
    assert {key: title for key, (title, _) in queries.KINDS.items()} == {
        "": "Everything",
        "transactions": "Transactions",
        "transfers": "Transfers",
        "budgets": "Budgets",
        "recurring": "Recurring",
        "accounts": "Accounts",
        "categories": "Categories",
        "rules": "Rules and merchants",
        "book": "Book and members",
        "undos": "Undone",
    }


CHANGE = Change(summary="Recorded Tea")


@pytest.mark.once
@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            errors.MayOnlyView(Book(name="Home")),
            "You can view Home, not change it. Ask its owner to make you an editor.",
        ),
        (errors.AlreadyDone(CHANGE), "Already saved."),
        (
            errors.AlreadyDone(CHANGE, is_undone=True),
            "This was saved before and then undone. History can bring it back.",
        ),
        (
            errors.KeyReused(),
            "This form was already sent with other content. Open it anew to send both, or check what was saved first.",
        ),
        (errors.Vanished(), "This was deleted in the meantime. History can bring it back."),
        (errors.ChangedMeanwhile(CHANGE), "This was changed on another device. Keep yours, or take theirs."),
        (errors.AlreadyUndone(CHANGE), "“Recorded Tea” is undone already."),
        (
            errors.BuiltUpon(CHANGE, "a later one"),
            "“Recorded Tea” cannot be undone, because something builds on it: a later one. Undo that first.",
        ),
        (
            errors.Gone(CHANGE, "the account"),
            "“Recorded Tea” cannot be undone, because the account is no longer there. Undo its deletion first.",
        ),
        (
            errors.PlaceTaken(CHANGE),
            "“Recorded Tea” cannot be undone, because something later stands in its place: a name given again, "
            "a budget set anew, a currency in use. Undo that first.",
        ),
        (
            errors.TheBeginning(CHANGE),
            "“Recorded Tea” is where this book begins. Remove the book in Settings instead.",
        ),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, Exception) else "",
)
def test_refusal_is_said_in_words(error: Exception, says: str) -> None:
    assert str(error) == says


@pytest.mark.once
def test_refusal_carries_what_the_page_needs() -> None:
    assert errors.AlreadyDone(CHANGE).change is CHANGE
    assert errors.ChangedMeanwhile(CHANGE).row is CHANGE


@pytest.mark.django_db
def test_change_of_a_rule_is_told_in_its_words(food: Category) -> None:
    rule = make_rule(food, "coffee")
    with history.change(food.book, None, "Changed", kind="rule.update") as change:
        change.update(rule, pattern="tea")

    [row] = queries.rows(last_change(food.book)).rows

    assert [(f.name, f.label, f.before, f.after) for f in row.fields] == [("pattern", "Text contains", "coffee", "tea")]
    assert (row.is_change, row.verb, row.amount) == (True, "changed", "")


@pytest.mark.django_db
def test_row_that_was_added_is_told_without_what_it_lacks(account: Account, food: Category) -> None:
    make_txn(account, "-4.00", food, external_id="bank-7")

    [row] = queries.rows(last_change(account.book)).rows

    told = {f.label: (f.name, f.before, f.after) for f in row.fields}
    assert told["Bank's own id"] == ("external_id", "", "bank-7")
    assert told["Category"] == ("category", "", "Food")
    assert told["Amount"] == ("amount", "", "+4.00 EUR")
    assert not {"Payee", "Note", "Transfer", "In the bank's file"} & set(told)
    assert (row.is_change, row.verb, row.amount, row.pk) == (False, "added", "+4.00 EUR", Transaction.objects.get().pk)


@pytest.mark.django_db
def test_transfer_is_called_after_where_the_money_went(book: Book) -> None:
    source, target = make_account(book, "Everyday"), make_account(book, "Savings", type="savings")
    operations.transfer_between_accounts(book=book, by=None, source=source, target=target, amount=Decimal(5))

    titles = {row.noun: row.title for row in queries.rows(last_change(book)).rows}

    assert titles["account transfer"].startswith("Transfer from Everyday")


@pytest.mark.django_db
def test_category_below_another_is_told_with_it(book: Book) -> None:
    food = make_category(book, "Food")
    make_category(book, "Bread", parent=food, is_recurring=True)

    [row] = queries.rows(last_change(book)).rows

    told = {f.label: f.after for f in row.fields}
    assert (told["Parent"], told["Name"], told["Recurring"], row.title) == ("Food", "Bread", "yes", "Bread")
    assert not {"Income", "Archived", "Display name"} & set(told)


@pytest.mark.django_db
def test_amount_is_in_the_currency_of_its_account_and_else_of_the_book(book: Book) -> None:
    make_txn(make_account(book, "Cash", currency="USD"), "5.00")
    abroad = queries.rows(last_change(book)).rows[0].amount
    make_txn(make_account(book, "Purse"), "5.00")

    assert (abroad, queries.rows(last_change(book)).rows[0].amount) == ("5.00 USD", "5.00 EUR")


@pytest.mark.django_db
def test_list_says_what_a_change_did_and_what_took_it_back(account: Account) -> None:
    make_txn(account)
    undone = history.undo(last_change(account.book), by=None)

    newest, recorded, opened = queries.changes(account.book).rows[:3]

    assert [line.what for line in (newest, recorded, opened)] == [
        *["1 transaction deleted", "1 transaction added", "1 account added"]
    ]
    assert (newest.undone_by, recorded.undone_by, opened.undone_by) == (None, undone, None)
