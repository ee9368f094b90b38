"""A month is held back as soon as anything is altered behind the application's back, and says what it was."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import connection

from budget.history.rows import shape_of
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
from budget.recount.examining import Examined
from budget.recount.models import Standing
from budget.recount.operations import count_month
from budget.recount.wording import headline, sentence
from budget.tests.factories import last_change, make_account, make_category, make_txn
from budget.tests.recount.conftest import Behind

pytestmark = pytest.mark.django_db

OCTOBER = Month(2026, 10)
TODAY = datetime.date(2026, 11, 21)


@pytest.fixture
def bakery(account: Account, food: Category) -> Transaction:
    """A row of October, counted and verified, among others."""
    for number in range(3):
        make_txn(account, f"{number + 1}.00", food, "2026-10-05", f"Shop {number}")
    row = make_txn(account, "12.50", food, "2026-10-03", "Bakery")
    make_txn(account, "8.00", food, "2026-11-03", "Later")
    assert count(row).status == Standing.VERIFIED
    return row


def count(row: Transaction, month: Month = OCTOBER) -> Examined:
    return count_month(row.book, month)


def setting(values: str) -> str:
    return f"UPDATE budget_transaction SET {values} WHERE id = %s"  # noqa: S608  (text of these tests)


def said(found: Examined) -> list[str]:
    assert found.finding
    return [sentence(altered, TODAY) for altered in found.finding.altered] + found.finding.problems


ALTERED = {
    "amount": ("amount = 12510", "12.51 in the table, 12.50 in the history", "Food differs by 0.01"),
    "date": ("date = '2026-10-04'", "date 4 Oct in the table, 3 Oct in the history", ""),
    "month": ("date = '2026-11-04'", "date 4 Nov in the table, 3 Oct in the history", "Food differs by 12.50"),
    "description": ("description = 'Bar'", "description “Bar” in the table, “Bakery” in the history", ""),
    "payee": ("payee = 'Bar'", "payee “Bar” in the table, nothing in the history", ""),
    "status": ("status = 'pending_save'", "status “pending_save” in the table, “{status}” in the history", ""),
    "pending": ("is_pending = (1=1)", "announced yes in the table, no in the history", ""),
    "created": ("created_at = '2001-01-01 00:00:00+00'", "time of entry", ""),
}


@pytest.mark.parametrize("what", ALTERED)
def test_altered_field_is_named_and_mended(bakery: Transaction, behind: Behind, what: str) -> None:
    sql, says, head = ALTERED[what]
    before: dict[str, Any] = dict(Transaction.objects.filter(pk=bakery.pk).values().get())

    behind(setting(sql), [bakery.pk])
    found = count(bakery)

    assert found.status == Standing.BLOCKED
    assert found.finding
    assert len(said(found)) == 1
    assert said(found)[0].startswith(f"Transaction {bakery.pk}, Bakery, 3 Oct: ") or what == "payee"
    assert says.format(status=before["status"]) in said(found)[0]
    assert headline(found.finding).startswith(head or f"Transaction {bakery.pk}, ")

    columns = ("amount", "date", "description", "payee", "status", "is_pending", "created_at")
    fields = {column.name: column.field for column in shape_of(Transaction).columns}
    values = [fields[name].get_db_prep_save(before[name], connection) for name in columns]
    behind(setting(", ".join(f"{column} = %s" for column in columns)), [*values, bakery.pk])
    assert count(bakery).status == Standing.VERIFIED


def test_other_category_and_account_are_named(bakery: Transaction, behind: Behind) -> None:
    rent, savings = make_category(bakery.book, "Rent"), make_account(bakery.book, "Savings")
    assert count(bakery).status == Standing.VERIFIED

    behind(
        "UPDATE budget_transaction SET category_id = %s, account_id = %s WHERE id = %s",
        [rent.pk, savings.pk, bakery.pk],
    )
    found = count(bakery)

    assert found.finding
    assert [(line.name, line.units) for line in found.finding.differing] == [
        ("Food", (18_500, 6_000, 18_500)),
        ("Rent", (0, 12_500, 0)),
    ]
    assert said(found) == [
        f"Transaction {bakery.pk}, Bakery, 3 Oct: account “Savings” in the table, “Everyday” in the history",
        f"Transaction {bakery.pk}, Bakery, 3 Oct: category “Rent” in the table, “Food” in the history",
    ]
    behind(
        "UPDATE budget_transaction SET category_id = %s, account_id = %s WHERE id = %s",
        [bakery.category_id, bakery.account_id, bakery.pk],
    )
    assert count(bakery).status == Standing.VERIFIED


def test_row_that_came_into_the_month_is_named_there_too(bakery: Transaction, behind: Behind) -> None:
    assert count(bakery, Month(2026, 11)).status == Standing.VERIFIED

    behind("UPDATE budget_transaction SET date = '2026-11-04' WHERE id = %s", [bakery.pk])

    assert said(count(bakery, Month(2026, 11))) == [
        f"Transaction {bakery.pk}, Bakery, 3 Oct: date 4 Nov in the table, 3 Oct in the history"
    ]


COLUMNS = (
    "book_id, account_id, category_id, date, amount, description, payee, note, status, source, is_pending, "
    "is_transfer, line_id, predicted_category_id, tier, confidence, pattern, model_version, created_at, version"
)


def copied(columns: str, source: str) -> str:
    return f"INSERT INTO budget_transaction ({columns}) SELECT {columns} FROM {source}"  # noqa: S608  (names of ours)


def test_deleted_row_is_named(bakery: Transaction, behind: Behind) -> None:
    behind("CREATE TABLE kept AS SELECT * FROM budget_transaction")
    behind("DELETE FROM budget_transaction WHERE id = %s", [bakery.pk])
    found = count(bakery)

    assert found.status == Standing.BLOCKED
    assert said(found) == [f"Transaction {bakery.pk}, Bakery, 3 Oct, 12.50: in the history, not in the table"]
    behind(copied("id, " + COLUMNS, "kept") + " WHERE id = %s", [bakery.pk])
    assert count(bakery).status == Standing.VERIFIED
    behind("DROP TABLE kept")


def test_doubled_row_is_named(bakery: Transaction, behind: Behind) -> None:
    behind(copied(COLUMNS, "budget_transaction") + " WHERE id = %s", [bakery.pk])
    twin = Transaction.objects.latest("pk").pk
    found = count(bakery)

    assert found.status == Standing.BLOCKED
    assert said(found) == [f"Transaction {twin}, Bakery, 3 Oct, 12.50: in the table, not in the history"]
    behind("DELETE FROM budget_transaction WHERE id = %s", [twin])
    assert count(bakery).status == Standing.VERIFIED


def test_altered_total_is_told_with_all_three_sums(bakery: Transaction, behind: Behind) -> None:
    behind("UPDATE budget_monthlytotal SET total = total + 500 WHERE month = '2026-10-01'")
    found = count(bakery)

    assert found.finding
    assert headline(found.finding) == "Food differs by 0.50"
    assert [(line.units, line.rows) for line in found.finding.differing] == [((19_000, 18_500, 18_500), (4, 4, 4))]
    assert said(found) == []
    behind("UPDATE budget_monthlytotal SET total = total - 500 WHERE month = '2026-10-01'")
    assert count(bakery).status == Standing.VERIFIED


def test_total_of_another_account_is_seen_though_the_category_adds_up(bakery: Transaction, behind: Behind) -> None:
    savings = make_account(bakery.book, "Savings")

    behind("UPDATE budget_monthlytotal SET account_id = %s WHERE month = '2026-10-01'", [savings.pk])

    assert count(bakery).status == Standing.BLOCKED


def test_renamed_category_is_named(bakery: Transaction, behind: Behind) -> None:
    behind("UPDATE budget_category SET name = 'Fun' WHERE id = %s", [bakery.category_id])
    found = count(bakery)

    assert said(found) == ["Category Food: name “Fun” in the table, “Food” in the history"]
    behind("UPDATE budget_category SET name = 'Food' WHERE id = %s", [bakery.category_id])
    assert count(bakery).status == Standing.VERIFIED


def test_other_currency_of_an_account_is_named(bakery: Transaction, behind: Behind) -> None:
    behind("UPDATE budget_account SET currency = 'USD' WHERE id = %s", [bakery.account_id])
    found = count(bakery)

    assert said(found) == ["Account Everyday: currency “USD” in the table, “EUR” in the history"]
    assert found.finding
    assert [(line.name, line.currency) for line in found.finding.differing] == [("Food", "USD"), ("Food", "EUR")]
    behind("UPDATE budget_account SET currency = 'EUR' WHERE id = %s", [bakery.account_id])
    assert count(bakery).status == Standing.VERIFIED


@pytest.mark.parametrize("afresh", [True, False])
def test_altered_entry_is_named_with_its_row(bakery: Transaction, behind: Behind, afresh: bool) -> None:
    """An entry that was read before is seen when the history is read from its beginning: asked for, or once a day."""
    behind(
        "UPDATE budget_entry SET payload = replace(payload, '12500', '12400') WHERE model = 'transaction' "
        "AND first_id = %s",
        [bakery.pk],
    )
    if not afresh:
        behind("DELETE FROM budget_monthrecount")
        behind("DELETE FROM budget_bookrecount")
    found = count_month(bakery.book, OCTOBER, afresh=afresh)

    assert found.status == Standing.BLOCKED
    assert said(found)[0] == f"Transaction {bakery.pk}, Bakery, 3 Oct: 12.50 in the table, 12.40 in the history"
    assert said(found)[1] == (
        f"Change {bakery.version}, “Recorded Bakery, 12.50”, was altered: entry 0 (create transaction {bakery.pk})."
    )
    behind(
        "UPDATE budget_entry SET payload = replace(payload, '12400', '12500') WHERE model = 'transaction' "
        "AND first_id = %s",
        [bakery.pk],
    )
    assert count(bakery).status == Standing.VERIFIED


def test_unreadable_entry_blocks_and_is_named(bakery: Transaction, behind: Behind) -> None:
    behind(
        "UPDATE budget_entry SET payload = '[\"2026-10-03' WHERE model = 'transaction' AND first_id = %s", [bakery.pk]
    )

    found = count_month(bakery.book, OCTOBER, afresh=True)

    assert found.status == Standing.BLOCKED
    assert any("entry 0" in text for text in said(found))


def test_removed_entry_leaves_its_row_without_history(bakery: Transaction, behind: Behind) -> None:
    behind("DELETE FROM budget_entry WHERE model = 'transaction' AND first_id = %s", [bakery.pk])

    found = count_month(bakery.book, OCTOBER, afresh=True)

    assert said(found) == [f"Transaction {bakery.pk}, Bakery, 3 Oct, 12.50: in the table, not in the history"]


def test_sums_that_were_altered_themselves_are_made_anew(bakery: Transaction, behind: Behind) -> None:
    behind("UPDATE budget_monthrecount SET tallies = '[]'")

    assert count(bakery).status == Standing.VERIFIED
    assert count(bakery).history is None


def test_rewritten_history_does_not_go_on_where_the_other_one_ended(bakery: Transaction, behind: Behind) -> None:
    behind("UPDATE budget_change SET digest = 'x' WHERE id = %s", [last_change(bakery.book).pk])

    assert count(bakery).status == Standing.BLOCKED
