"""Nothing lost, nothing doubled, nothing left behind: overlaps, equal rows, and undo after whatever people do."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from budget import history
from budget.books.models import Book
from budget.categorization import operations as teaching
from budget.ledger import operations
from budget.ledger.models import Account, AccountTransfer, Category, Transaction
from budget.review import operations as review
from budget.review.queries import unsettled
from budget.statements import choices, recording, takingback
from budget.statements.errors import NotReady
from budget.statements.formats.base import MOVES_NOTHING
from budget.statements.models import Fate, StatementImport, StatementLine
from budget.statements.preview import page_of
from budget.statements.receipts import as_json, receipt
from budget.tests.factories import make_account, make_txn
from budget.tests.statements.bringing import amounts, brought, csv, fates, imported, ofx

pytestmark = pytest.mark.django_db


def row(number: int) -> str:
    """One of a hundred rows of three months; every tenth is the same as the one before, as coffees are."""
    of = number - 1 if number % 10 == 0 else number
    return f"2026-{of // 34 + 3:02}-{of % 28 + 1:02},Shop {of},-{of}.50"


def test_rows_1_to_60_then_40_to_100_are_a_hundred(book: Book, account: Account) -> None:
    """I2: real twins inside of the overlap, on its edge and outside of it."""
    first = imported(book, csv(*map(row, range(1, 61))))
    second = imported(book, csv(*map(row, range(40, 101))))

    told = receipt(second)
    assert (receipt(first).recorded, told.rows, told.recorded, told.already_there) == (60, 61, 40, 21)
    assert len(amounts(book)) == 100
    assert sum(amounts(book)) == sum((Decimal(row(n).rpartition("-")[2]) for n in range(1, 101)), Decimal(0))


def test_hundred_pairs_of_equal_rows_are_two_hundred(book: Book, account: Account) -> None:
    """C5: being alike never drops a row, in one file or over two."""
    pairs = [f"2026-05-{n % 28 + 1:02},Coffee {n},-3.{n:02}" for n in range(100)]

    imported(book, csv(*pairs, *pairs))
    again = imported(book, csv(*pairs, *pairs))
    third = imported(book, csv(*pairs, *pairs, *pairs))

    assert len(amounts(book)) == 300
    assert (receipt(again).recorded, receipt(third).recorded) == (0, 100)


def what_people_do(
    book: Book, account: Account, savings: Account, categories: list[Category], chance: random.Random
) -> None:
    """One of the things that may happen between an import and its undo, none of them to what the import brought."""
    category = chance.choice(categories)
    by_hand = Transaction.objects.of(book).filter(line=None, is_transfer=False).order_by("pk")
    match chance.randrange(6):
        case 0:
            make_txn(account, f"{chance.randint(1, 99)}.25", category, "2026-05-20", "by hand")
        case 1:
            teaching.add_rule(
                book=book, by=None, pattern=f"shop {chance.randint(1, 5)}{chance.random()}", category=category
            )
        case 2:
            operations.transfer_between_accounts(
                book=book, by=None, source=account, target=savings, amount=Decimal(chance.randint(1, 50)),
                date=make_txn(account, "1.00", category).date,
            )  # fmt: skip
        case 3 if by_hand:
            operations.change_transaction(chance.choice(list(by_hand)), by=None, note=f"note {chance.random()}")
        case 4 if by_hand:
            operations.delete_transactions(book=book, by=None, rows=by_hand.filter(pk=chance.choice(list(by_hand)).pk))
        case _:
            imported(book, csv(f"2026-06-{chance.randint(1, 28):02},Later {chance.random()},-9.00"), account=account)


def edit(found: StatementImport, categories: list[Category], chance: random.Random) -> None:
    """What may happen to what the import brought."""
    rows = list(takingback.made_by_import(found))
    if not rows:
        return
    txn = chance.choice(rows)
    match chance.randrange(4):
        case 0:
            operations.change_transaction(txn, by=None, note=f"note {chance.random()}")
        case 1:
            operations.change_transaction(txn, by=None, category=chance.choice(categories))
        case 2:
            operations.delete_transactions(book=found.book, by=None, rows=Transaction.objects.filter(pk=txn.pk))
        case _:
            if waiting := list(
                unsettled(found.book).filter(pk__in=[each.pk for each in rows]).values_list("pk", flat=True)
            ):
                review.decide(book=found.book, by=None, choices={chance.choice(categories): waiting[:3]})


def own(book: Book, found: StatementImport) -> list[object]:
    """The rows of a book that an import did not bring, without what is only bookkeeping."""
    rows = Transaction.objects.of(book).exclude(line__statement__source=found).order_by("pk")
    return list(rows.values_list("pk", "account", "category", "date", "amount", "description", "note", "is_transfer"))


@pytest.mark.parametrize(
    "seeds", [range(5), pytest.param(range(5, 105), marks=pytest.mark.nightly)], ids=["few", "many"]
)
def test_import_taken_back_after_whatever_was_done_leaves_everything_else(
    book: Book, account: Account, food: Category, rent: Category, seeds: range
) -> None:
    """I4: weeks later, after edits, rules, transfers, decisions and other files; 100 random ones at night."""
    savings = make_account(book, "Savings")
    for seed in seeds:
        chance = random.Random(f"undo-{seed}")
        lines = [
            f"2026-05-{chance.randint(1, 28):02},Shop {seed} {n},-{chance.randint(1, 99)}.{n:02}" for n in range(8)
        ]
        found = imported(book, csv(*lines), account=account)
        for _ in range(6):
            what_people_do(book, account, savings, [food, rent], chance)
            if chance.random() < 0.5:
                edit(found, [food, rent], chance)
        before = own(book, found)

        takingback.take_back(found, by=None, keep_edited=False)

        assert own(book, found) == before, seed
        assert not Transaction.objects.filter(line__statement__source=found).exists(), seed
        assert history.verify(book).is_whole, seed
        again = imported(book, csv(*lines), account=account)
        assert fates(again) == [Fate.NEW] * 8, seed
        assert AccountTransfer.objects.of(book).filter(outgoing__line__statement__source=again).count() == 0


def test_left_out_rows_are_offered_again_by_the_next_file(book: Book, account: Account) -> None:
    """Left out is said about one import; what was never recorded is new."""
    found = brought(book, csv(row(1), row(2)))
    choices.choose(found, [StatementLine.objects.filter(statement__source=found).earliest("number").pk], Fate.SKIPPED)
    recording.confirm(found, by=None)

    assert fates(brought(book, csv(row(1), row(2)))) == [Fate.NEW, Fate.THERE]


ZERO_QIF = b"!Type:Bank\nD2026-05-01\nT0.00\nPShop\n^\nD2026-05-02\nT-4.50\nPCafe\n^\nD2026-05-03\nT0.00\nPBar\n^\n"
ZERO_MT940 = (
    b":20:A\n:25:12345678/1\n:60F:C260430EUR9,00\n:61:260501C0,00NMSC\n:61:260502D4,50NMSC\n:61:260503C0,00NMSC\n"
    b":62F:C260503EUR4,50\n-\n"
)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (csv("2026-05-01,Shop,0.00", "2026-05-02,Cafe,-4.50", "2026-05-03,Bar,0.00"), "zero.csv"),
        (ofx("20260501 0.00 a1 Shop", "20260502 -4.50 a2 Cafe", "20260503 0 a3 Bar"), "zero.ofx"),
        (ZERO_QIF, "zero.qif"),
        (ZERO_MT940, "zero.sta"),
    ],
    ids=["csv", "ofx", "qif", "mt940"],
)
def test_rows_of_nothing_are_rows_of_the_file(book: Book, account: Account, content: bytes, name: str) -> None:
    """Counted, left out with the reason, never recorded; the same once more at the next import."""
    found = brought(book, content, name)
    told = receipt(found)

    assert (told.rows, told.recorded, told.skipped, told.refused) == (3, 1, 2, 0)
    assert [(row["row"], row["reason"]) for row in as_json(told)["left_out"]] == [
        (1, MOVES_NOTHING),
        (3, MOVES_NOTHING),
    ]
    idle = StatementLine.objects.filter(statement__source=found, fate=Fate.SKIPPED)
    shown = [row for row in page_of(found).rows if row.line.fate == Fate.SKIPPED]
    told_of = [(row.line.problem, list(row.actions), row.may_be_mended) for row in shown]
    assert told_of == [(MOVES_NOTHING, [], False)] * 2
    with pytest.raises(NotReady, match="moves nothing"):
        choices.choose(found, [line.pk for line in idle], Fate.NEW)

    recording.confirm(found, by=None)
    again = receipt(imported(book, content, name))
    assert amounts(book) == [Decimal("4.50")]
    assert (again.rows, again.recorded, again.already_there, again.skipped) == (3, 0, 1, 2)
