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
from budget.ledger.models import Account, AccountTransfer, Transaction
from budget.money import step
from budget.statements import recording
from budget.statements.models import Fate, Stage
from budget.tests.factories import make_account, make_book, make_category, make_txn
from budget.tests.statements.bringing import brought, fates

pytestmark = pytest.mark.django_db

PIECES = (
    "Bakery", "Zoë's", '"quoted"', "a,b", "a;b", ";=1+1", "=SUM(A1:A9)", "+49 30", "-5", "@home", "＝1", "−7", "'=1",
    "''", "  ", "\N{NO-BREAK SPACE}", "👨‍👩‍👧", "שלום", "مرحبا", "\N{RIGHT-TO-LEFT MARK}", "日本", "12.50", "1,234",
    "2026-01-02", "\\", "|", "\N{ZERO WIDTH JOINER}", "%", "ﬁ", "İ", "ß", "Total", "Balance", "EUR", ">", " > ", "x" * 40,
    "\N{LINE SEPARATOR}", "null", "#N/A",
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
