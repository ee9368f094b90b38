"""I10: a ledger that goes out as CSV and comes back into an empty book goes out again with the very same bytes."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest

from budget.books.models import Book
from budget.ledger import operations, search
from budget.ledger.directory import directory
from budget.ledger.exporting import HEADER, csv_pieces
from budget.ledger.exportrows import exported_pages
from budget.ledger.models import Account, AccountTransfer, Category, Status, Transaction
from budget.ledger.workbook import xlsx_pieces
from budget.money import step
from budget.statements import recording, takingback
from budget.statements.models import Fate, Stage, StatementLine
from budget.statements.preview import page_of
from budget.tests.factories import make_account, make_book, make_category, make_txn
from budget.tests.statements.bringing import brought, fates

pytestmark = pytest.mark.django_db

PIECES = (
    "Bakery", "Zoë's", '"quoted"', "a,b", "a;b", ";=1+1", "=SUM(A1:A9)", "+49 30", "-5", "@home", "＝1", "−7", "'=1",
    "''", "  ", "\N{NO-BREAK SPACE}", "👨‍👩‍👧", "שלום", "مرحبا", "\N{RIGHT-TO-LEFT MARK}", "日本", "12.50", "1,234",
    "2026-01-02", "\\", "|", "\N{ZERO WIDTH JOINER}", "%", "ﬁ", "İ", "ß", "Total", "Balance", "EUR", ">", " > ",
    "x" * 40, "\N{LINE SEPARATOR}", "null", "#N/A",
)  # fmt: skip
NOTE_PIECES = (*PIECES, "\n", "\n\n", "\t", "\n- milk", "\n=1", '\n"')
CURRENCIES = ("EUR", "JPY", "KWD", "USD")


def exported(book: Book) -> bytes:
    """All rows of a book as the view writes them."""
    names = directory(book)
    found = search.read({}, names, currency=book.currency, path="/")
    return "".join(csv_pieces(HEADER, exported_pages(book, names, found))).encode()


def text(rng: random.Random, limit: int, pieces: tuple[str, ...] = PIECES) -> str:
    """What a person might have typed, as the ledger keeps it."""
    return "".join(rng.choices(pieces, k=rng.randrange(1, 6)))[:limit].strip()


def amount(rng: random.Random, currency: str) -> Decimal:
    """Out or in, from the smallest part of the currency to the most that a row holds."""
    most = 10 ** rng.choice((1, 3, 6, 13))
    return step(currency) * rng.randrange(1, most) * rng.choice((1, 1, 1, -1))


def make_ledger(book: Book, rng: random.Random) -> None:
    """A random ledger: hostile texts, several currencies, equal categories, twins, transfers."""
    accounts = []
    for number in range(rng.randrange(1, 5)):
        name = f"{text(rng, 90)}{number}" if rng.random() < 0.5 else f"Account {number}"
        accounts.append(make_account(book, name, currency=rng.choice(CURRENCIES)))
    groups = [make_category(book, f"{number} {text(rng, 40)}"[:50].strip()) for number in range(rng.randrange(4))]
    categories = [*groups, None]
    for group in groups:
        categories += [
            make_category(book, name, parent=group)
            for name in ("Rent", "Rent > Flat", groups[0].name)[: rng.randrange(4)]
        ]
    days = [dt.date(1999, 12, 31) + dt.timedelta(days=rng.randrange(9000)) for _ in range(4)]
    for _ in range(rng.randrange(1, 25)):
        account, day = rng.choice(accounts), rng.choice(days)
        if len(accounts) > 1 and rng.random() < 0.3:
            move(book, rng, accounts, day)
            continue
        for _ in range(rng.choice((1, 1, 1, 3))):
            make_txn(
                account,
                str(amount(rng, account.currency)),
                rng.choice(categories),
                day.isoformat(),
                text(rng, 200) or "Something",
                payee=rng.choice(("", text(rng, 100))),
                note=rng.choice(("", text(rng, 1000, NOTE_PIECES), "\n".join("x" * rng.randrange(2, 400)))),
            )


def move(book: Book, rng: random.Random, accounts: list[Account], day: dt.date) -> None:
    """A transfer; or two rows that only look like one."""
    source, target = rng.sample(accounts, 2)
    size = abs(amount(rng, source.currency))
    if source.currency != target.currency:
        arriving = abs(amount(rng, target.currency))
        operations.transfer_between_accounts(
            book=book, by=None, source=source, target=target, amount=size, arriving=arriving, date=day
        )
    elif rng.random() < 0.5:
        operations.transfer_between_accounts(
            book=book, by=None, source=source, target=target, amount=size, date=day, note=text(rng, 90)
        )
    else:
        make_txn(source, str(size), None, day.isoformat(), "Looks like a transfer")
        make_txn(target, str(-size), None, day.isoformat(), "Looks like a transfer")


def archived(book: Book, content: bytes):
    """The file brought into a book as years of history and recorded, nothing asked and nothing refused."""
    found = brought(book, content, is_archive=True)
    assert (found.stage, found.doubts, found.problem) == (Stage.READY, [], "")
    assert set(fates(found)) <= {Fate.NEW}
    return recording.confirm(found, by=None)


def facts(book: Book) -> list[tuple[object, ...]]:
    """What a ledger says, without ids and in no order."""
    rows = Transaction.objects.of(book).values_list(
        "date", "account__name", "payee", "description", "note", "amount", "account__currency", "is_transfer",
        "category__name", "category__parent__name",
    )  # fmt: skip
    return sorted(rows, key=repr)


@pytest.mark.parametrize(
    "seeds", [range(25), *(pytest.param(range(n, n + 100), marks=pytest.mark.nightly) for n in range(0, 1000, 100))]
)
def test_out_and_in_and_out_again_is_the_same(owner, seeds):
    """I10, S16."""
    for seed in seeds:
        book, empty = make_book(owner), make_book(owner)
        make_ledger(book, random.Random(seed))
        content = exported(book)

        archived(empty, content)

        assert exported(empty) == content, seed
        assert facts(empty) == facts(book), seed
        assert AccountTransfer.objects.of(empty).count() == AccountTransfer.objects.of(book).count(), seed


ROWS = (
    "2026-10-01,Everyday,Bakery,Bread,Food > Bakery,,-1.234,KWD,two\r\n"
    "2026-10-02,Everyday,,Pay,Income,,2150.000,KWD,\r\n"
)


def export_of(rows: str) -> bytes:
    """A file as we write it."""
    return f"\ufeff{','.join(HEADER)}\r\n{rows}".encode()


def test_our_export_is_recognised_without_a_question(book):
    """Amounts like 1.234 would be asked about in any other file, and so would a sign."""
    found = brought(book, export_of(ROWS))

    [statement] = found.statements.all()
    assert (found.stage, found.doubts) == (Stage.READY, [])
    assert (statement.account_name, statement.new_account, statement.currency) == ("Everyday", "Everyday", "KWD")
    assert [f"{line.amount}" for line in statement.lines.order_by("number")] == ["1.234", "-2150.00"]


def test_what_the_preview_shows_is_what_the_archive_gets(book):
    """I9: categories that the book has not are shown before they are there; a group that brings money in is income."""
    found = brought(book, export_of(ROWS), is_archive=True)
    shown = [(row.is_sure, str(row.category), row.filed.status) for row in page_of(found).rows if row.filed]

    recording.confirm(found, by=None)

    rows = Transaction.objects.of(book).order_by("date")
    assert shown == [(True, "Bakery", "confirmed"), (True, "Income", "confirmed")]
    assert shown == [(txn.category is not None, str(txn.category), txn.status) for txn in rows]
    assert [(c.name, str(c.parent or ""), c.is_income) for c in Category.objects.of(book).order_by("pk")] == [
        ("Food", "", False), ("Bakery", "Food", False), ("Income", "", True),
    ]  # fmt: skip


def test_archive_can_be_taken_back_with_all_it_opened(book):
    found = archived(book, export_of(ROWS))

    takingback.take_back(found, by=None, keep_edited=False)

    assert not any(model.objects.of(book).exists() for model in (Transaction, Account, Category))


def test_statement_of_our_own_makes_no_categories_and_proposes_those_that_are_there(book):
    food = make_category(book, "Food")
    bakery = make_category(book, "Bakery", parent=food)

    recording.confirm(brought(book, export_of(ROWS)), by=None)

    bread, pay = Transaction.objects.of(book).order_by("date")
    assert (bread.category, bread.predicted_category, bread.status, bread.note) == (
        None, bakery, Status.PENDING_REVIEW, "two",
    )  # fmt: skip
    assert (pay.predicted_category, Category.objects.of(book).count()) == (None, 2)


def test_second_time_everything_is_there(book):
    content = export_of(ROWS)
    archived(book, content)

    assert fates(brought(book, content, is_archive=True)) == [Fate.THERE, Fate.THERE]


def test_account_that_the_book_lacks_is_opened_and_none_is_taken_for_it(book):
    archived(book, export_of(ROWS))

    found = brought(book, export_of(ROWS.replace("Everyday", "Account 123456")), is_archive=True)

    [statement] = found.statements.all()
    assert (statement.account, statement.new_account) == (None, "Account 123456")


@pytest.mark.parametrize(
    "saved",
    [
        lambda text: text.replace(",", ";").replace("-1.234", "-1,234").replace("2150.000", "2150,00"),
        lambda text: text.replace("-1.234", '"-1,234"').replace("2150.000", '"2150,00"'),
    ],
)
def test_saved_by_a_spreadsheet_of_another_country_it_proves_its_marks_itself(book, saved):
    rows = ROWS.replace("2026-10-01", "01.10.2026").replace("2026-10-02", "22.10.2026").replace("KWD", "EUR")

    found = brought(book, saved(export_of(rows).decode()).encode())

    lines = StatementLine.objects.filter(statement__source=found).order_by("number")
    assert (found.stage, found.problem) == (Stage.READY, "")
    assert [(f"{line.date}", f"{line.amount}") for line in lines] == [
        ("2026-10-01", "1.23"),
        ("2026-10-22", "-2150.00"),
    ]


def test_unclear_marks_of_a_saved_file_are_asked_for(book):
    found = brought(book, export_of(ROWS.replace("-1.234", '"-1,234"').replace("2150.000", '"2,150"')))

    assert found.stage == Stage.ASKING


def test_row_that_was_cut_off_is_refused_and_the_others_are_not(book):
    found = brought(book, export_of(ROWS + "2026-10-03,Everyday,Bakery"))

    assert fates(found) == [Fate.NEW, Fate.NEW, Fate.REFUSED]


def test_transfer_whose_other_side_is_missing_waits_for_review(book):
    rows = (
        "2026-10-01,Everyday,,To savings,,Savings,-5.00,EUR,\r\n"
        "2026-10-01,Everyday,,To savings,,Savings,-7.00,EUR,\r\n"
        "2026-10-03,Savings,,From everyday,,Everyday,5.00,EUR,\r\n"
    )

    archived(book, export_of(rows))

    assert [(txn.is_transfer, txn.status) for txn in Transaction.objects.of(book).order_by("pk")] == [
        (True, Status.CONFIRMED), (False, Status.PENDING_REVIEW), (True, Status.CONFIRMED),
    ]  # fmt: skip
    assert AccountTransfer.objects.of(book).count() == 1


def test_text_is_kept_to_the_last_blank(book, account):
    """What a bank's text would lose: blanks within, marks of direction, joined emoji."""
    text = "a  b\N{NO-BREAK SPACE}c 👨\N{ZERO WIDTH JOINER}👩 \N{RIGHT-TO-LEFT MARK}שלום"
    archived(book, export_of(f"2026-10-01,Everyday,{text},{text}!,,,-1.00,EUR,\r\n"))

    txn = Transaction.objects.of(book).get()
    assert (txn.payee, txn.description) == (text, f"{text}!")


def test_control_characters_of_a_file_made_by_hand_do_not_come_in(book):
    strange = '2026-10-01,Every\x0bday,"P\tQ\nR",D\x1aD,,,-1.00,EUR,"a\x1b\r\nb\tc"\r\n'
    archived(book, export_of(strange))

    txn = Transaction.objects.of(book).get()
    assert (txn.account.name, txn.payee, txn.description, txn.note) == ("Every day", "P Q R", "D D", "a \nb\tc")


def as_workbook(book: Book) -> bytes:
    """All rows of a book as the view writes them for spreadsheets."""
    names = directory(book)
    found = search.read({}, names, currency=book.currency, path="/")
    return b"".join(xlsx_pieces("Transactions", HEADER, exported_pages(book, names, found), HEADER.index("Currency")))


@pytest.mark.parametrize("seeds", [range(8), pytest.param(range(8, 200), marks=pytest.mark.nightly)])
def test_workbook_comes_back_like_the_table(owner, seeds):
    """I10, S16: the same rows, to the last digit, out of the file that spreadsheets open."""
    for seed in seeds:
        book, empty = make_book(owner), make_book(owner)
        make_ledger(book, random.Random(seed))

        archived(empty, as_workbook(book))

        assert facts(empty) == facts(book), seed
        assert exported(empty) == exported(book), seed
