"""I9: whatever a person makes of a table's columns, what the preview shows is what is stored, row by row."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from budget.books.models import Book
from budget.ledger.models import Account, Category, Transaction
from budget.statements import recording
from budget.statements.formats import delimited
from budget.statements.formats.base import DateOrder, DecimalMark
from budget.statements.formats.layout import Layout, Sign
from budget.statements.models import Fate, Stage, StatementImport, StatementLine
from budget.statements.preview import page_of
from budget.tests.factories import make_mapping, make_rule
from budget.tests.statements.bringing import brought, csv
from budget.tests.statements.test_views import page
from budget.users.models import User

pytestmark = pytest.mark.django_db

HEADER = "Booked,Value,Name,Purpose,Amount,Fee,Group"
DATES, TEXTS, MONEY, GROUP = (0, 1), (2, 3), (4, 5), 6
SHOPS = ("Bakery", "Power & Light", "Cinema", "Employer GmbH", "=SUM(A1)", "")


def table(chance: random.Random) -> bytes:
    """Rows whose columns could mean many things."""
    rows = [HEADER]
    for _ in range(chance.randint(2, 8)):
        days = [f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 12):02}" for _ in DATES]
        texts = [chance.choice(SHOPS) or "-", f"{chance.choice(SHOPS)} {chance.randint(1, 3)}"]
        sums = [f"{chance.choice(('', '-'))}{chance.randint(1, 5000)}.{chance.randint(1, 99):02}" for _ in MONEY]
        rows.append(",".join([*days, *texts, *sums, chance.choice(("Food", "Rent", ""))]))
    return "\n".join([*rows, ""]).encode()


def meaning(guessed: Layout, chance: random.Random) -> Layout:
    """What a person could say about such columns."""
    one, other = chance.sample(MONEY, 2)
    money = chance.choice(
        ({"amount": one}, {"amount": one}, {"debit": one, "credit": other}, {"debit": one}, {"credit": other})
    )
    texts = chance.choice(({"payee": TEXTS[0], "text": (TEXTS[1],)}, {"payee": TEXTS[1]}, {"text": TEXTS}))
    plain = {"amount": None, "debit": None, "credit": None, "payee": None, "text": (), "value_date": None}
    values: dict[str, Any] = plain | {"balance": None, "direction": None} | money | texts
    values["category"] = chance.choice((GROUP, None))
    return replace(
        guessed,
        **values,
        date=chance.choice(DATES),
        sign=chance.choice(list(Sign)),
        debit_is_negative=chance.random() < 0.3,
        date_order=chance.choice((None, *DateOrder)),
        decimal_mark=chance.choice((None, DecimalMark.POINT)),
    )


def shown(found: StatementImport) -> list[tuple[Any, ...]]:
    """The rows that would be stored, as the page has them."""
    rows = [row for row in page_of(found).rows if row.line.fate in (Fate.NEW, Fate.DOUBTFUL)]
    return [
        (row.line.date, row.line.amount, row.is_income, row.filed.category, row.filed.predicted, row.filed.status)
        for row in rows
        if row.filed
    ]


def stored(found: StatementImport) -> list[tuple[Any, ...]]:
    """The same of the transactions that came of them."""
    rows = Transaction.objects.filter(line__statement__source=found).order_by("line__number")
    return [(t.date, t.amount, t.amount < 0, t.category_id, t.predicted_category_id, t.status) for t in rows]


@pytest.mark.parametrize(
    "seeds", [range(12), pytest.param(range(12, 1_012), marks=pytest.mark.nightly)], ids=["few", "many"]
)
def test_random_mappings_are_stored_as_they_are_shown(
    book: Book, account: Account, food: Category, rent: Category, seeds: range
) -> None:
    """I9: 1,000 at night; a file that is asked about or refused stores nothing."""
    make_rule(food, "bakery")
    make_mapping(rent, "POWER LIGHT", confirmations=5)
    recorded = 0
    for seed in seeds:
        chance = random.Random(f"mapping-{seed}")
        content = table(chance)
        columns = meaning(delimited.guess(io.BytesIO(content)).layout, chance)

        found = brought(book, content, f"{seed}.csv", account=account, answers={"columns": columns.to_plain()})

        if found.stage != Stage.READY:
            assert not StatementLine.objects.filter(statement__source=found).exists(), seed
            continue
        before = shown(found)
        recording.confirm(found, by=None, is_partial=True)
        assert stored(found) == before, seed
        printed = StatementLine.objects.filter(statement__source=found, fate__in=(Fate.NEW, Fate.DOUBTFUL))
        total = sum((Decimal(text) for text in printed.values_list("printed", flat=True)), Decimal(0))
        assert abs(total) == abs(sum((row[1] for row in before), Decimal(0))), seed
        recorded += len(before)
    assert recorded > len(seeds)


def test_name_that_a_rule_gives_is_shown_before_and_after_beside_what_the_bank_has(
    client: Client, owner: User, book: Book, account: Account, food: Category
) -> None:
    make_rule(food, "rewe*", name="Rewe")
    client.force_login(owner)
    found = brought(book, csv("2026-05-02,REWE SAGT DANKE 4711,-9.10", "2026-05-03,Bakery,-4.50"), account=account)

    before = [(row.title, row.printed) for row in page_of(found).rows]
    assert before == [("Rewe", "REWE SAGT DANKE 4711"), ("Bakery", "")]
    assert "Rewe The bank has “REWE SAGT DANKE 4711”" in page(client, found)
    recording.confirm(found, by=None)

    assert [txn.payee for txn in Transaction.objects.order_by("date")] == ["Rewe", "Bakery"]
    assert [(row.title, row.printed) for row in page_of(found).rows] == before
    assert "Rewe The bank has “REWE SAGT DANKE 4711”" in page(client, found)
