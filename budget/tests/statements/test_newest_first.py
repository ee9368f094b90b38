"""One file with several statements of one account, whatever order they are in."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest
from django.utils import timezone

from budget.books.models import Book
from budget.ledger.models import Account
from budget.statements import summary
from budget.statements.balances import Identity
from budget.statements.models import StatementImport
from budget.statements.receipts import as_json, receipt
from budget.tests.statements.bringing import brought, imported, mt940

pytestmark = pytest.mark.django_db

DAYS = ("260503 100,00 260504D10,00 90,00", "260504 90,00 260505D20,00 70,00", "260505 70,00 260506D50,00 20,00")
ONE_DAY = ("260503 100,00 260503D10,00 90,00", "260503 90,00 260503D20,00 70,00", "260503 70,00 260503D50,00 20,00")


def camt(*statements: str) -> bytes:
    """A CAMT file of one account: statements such as `2026-05-04 100.00 10.00 90.00`, a debit between balances."""
    text = ""
    for place, statement in enumerate(statements, 1):
        day, opening, amount, closing = statement.split()
        balances = "".join(
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{balance}</Amt>"
            f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
            for code, balance in (("OPBD", opening), ("CLBD", closing))
        )
        text += (
            f"<Stmt><Id>{place}</Id><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>{balances}"
            f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>"
            f"<BookgDt><Dt>{day}</Dt></BookgDt><AddtlNtryInf>Shop {amount}</AddtlNtryInf></Ntry></Stmt>"
        )
    space = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"
    return f"<Document xmlns='{space}'><BkToCstmrStmt>{text}</BkToCstmrStmt></Document>".encode()


def of_page(found: StatementImport) -> Identity:
    (part,) = summary.summary(found).parts
    return part.balance


@pytest.mark.parametrize("statements", [*permutations(DAYS), *permutations(ONE_DAY)])
def test_file_begins_with_the_earliest_statement_and_ends_with_the_latest(
    book: Book, statements: tuple[str, ...]
) -> None:
    found = brought(book, mt940(*statements), "may.sta")
    assert of_page(found) == Identity(Decimal(100), Decimal(-80), Decimal(20), 3)

    done = imported(book, mt940(*statements), "may.sta")
    told = as_json(receipt(done))

    expected = {"opening": "100.00", "closing": "20.00", "difference": "0.00", "ledger": "20.00"}
    assert told["balance"].items() >= expected.items()
    assert {part["balance"]["ledger_difference"] for part in told["statements"]} == {"0.00"}
    assert Account.objects.get().opening_balance == Decimal(100)


@pytest.mark.parametrize("is_one_day", [False, True])
def test_camt_with_the_newest_statement_first(book: Book, is_one_day: bool) -> None:
    amounts = ("70.00 50.00 20.00", "90.00 20.00 70.00", "100.00 10.00 90.00")
    days = ["2026-05-04"] * 3 if is_one_day else ["2026-05-06", "2026-05-05", "2026-05-04"]

    done = imported(book, camt(*(f"{day} {told}" for day, told in zip(days, amounts, strict=True))), "may.xml")

    assert summary.say_balance(of_page(done), "EUR") == (
        "Opening 100.00 − 80.00 in these rows = closing 20.00 EUR, as the bank says."
    )
    assert as_json(receipt(done))["balance"]["difference"] == "0.00"
    assert Account.objects.get().opening_balance == Decimal(100)


def test_balances_that_lead_back_to_where_they_began_make_no_difference(book: Book) -> None:
    back = ("260503 100,00 260503D10,00 90,00", "260503 80,00 260503C20,00 100,00", "260503 90,00 260503D10,00 80,00")

    done = imported(book, mt940(*back), "may.sta")

    assert of_page(done).holds
    assert as_json(receipt(done))["balance"]["ledger_difference"] == "0.00"


def test_statement_that_is_missing_between_is_a_difference_still(book: Book) -> None:
    found = brought(book, mt940(DAYS[2], DAYS[0]), "may.sta")

    assert of_page(found).difference == Decimal(20)
    assert summary.say(summary.summary(found), timezone.localdate()).startswith("2 rows, ")
