"""Files brought to a book the way pages and commands do it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from budget.books.models import Book
from budget.ledger.models import Transaction
from budget.statements import bringing, recording
from budget.statements.models import StatementImport, StatementLine
from budget.tests.statements.reading import sample

HEADER = "Date,Payee,Amount"


def csv(*rows: str) -> bytes:
    """A table of rows such as `2026-11-02,Bakery,-4.50`: money in is positive."""
    return "\n".join([HEADER, *rows, ""]).encode()


def brought(book: Book, content: bytes | str, name: str = "may.csv", **fields: Any) -> StatementImport:
    """A file, or the sample of that name, kept and read."""
    data = sample(content) if isinstance(content, str) else content
    found = bringing.bring(book, name, io.BytesIO(data), by=None, **fields)
    return bringing.read(found)


def imported(book: Book, content: bytes | str, name: str = "may.csv", **fields: Any) -> StatementImport:
    """The same, and recorded."""
    return recording.confirm(brought(book, content, name, **fields), by=None)


def fates(found: StatementImport) -> list[str]:
    """What becomes of each line, in the file's order."""
    lines = StatementLine.objects.filter(statement__source=found).order_by("number")
    return list(lines.values_list("fate", flat=True))


def amounts(book: Book) -> list[Decimal]:
    """The amounts of a book's transactions, in the order of their days."""
    return list(Transaction.objects.of(book).order_by("date", "pk").values_list("amount", flat=True))


def ofx(*rows: str, number: str = "77", bank: str = "", pending: Sequence[str] = ()) -> bytes:
    """An OFX file of one account. Rows such as `20260502 -4.50 a1 Bakery`: day, amount, the bank's id, payee."""
    return (
        "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1>"
        f"{ofx_part(*rows, number=number, bank=bank, pending=pending)}</BANKMSGSRSV1></OFX>"
    ).encode()


def ofx_part(*rows: str, number: str = "77", bank: str = "", pending: Sequence[str] = ()) -> str:
    """One account's part of such a file."""
    listed = "".join(_entry("STMTTRN", "DTPOSTED", row) for row in rows)
    announced = "".join(_entry("STMTTRNP", "DTTRAN", row) for row in pending)
    return (
        "<STMTTRNRS><STMTRS><CURDEF>EUR"
        f"<BANKACCTFROM>{f'<BANKID>{bank}' if bank else ''}<ACCTID>{number}</BANKACCTFROM>"
        f"<BANKTRANLIST>{listed}</BANKTRANLIST>"
        f"{f'<BANKTRANLISTP><DTASOF>20260510{announced}</BANKTRANLISTP>' if announced else ''}"
        "</STMTRS></STMTTRNRS>"
    )


def _entry(tag: str, date: str, row: str) -> str:
    day, amount, own, name = row.split(maxsplit=3)
    fitid = "" if tag == "STMTTRNP" else f"<FITID>{own}"
    return f"<{tag}><TRNTYPE>DEBIT<{date}>{day}<TRNAMT>{amount}{fitid}<NAME>{name}</{tag}>"


def mt940(*statements: str, number: str = "10020030/1234567") -> bytes:
    """An MT940 file of one account: statements such as `260503 100,00 260504D10,00 90,00`, a debit between balances."""
    text = ""
    for place, statement in enumerate(statements, 1):
        day, opening, entry, closing = statement.split()
        text += (
            f":20:FILE\n:25:{number}\n:28C:{place}/1\n:60F:C{day}EUR{opening}\n:61:{entry}NMSCNONREF\n"
            f":86:Shop {entry}\n:62F:C{entry[:6]}EUR{closing}\n-\n"
        )
    return text.encode()
