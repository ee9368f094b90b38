"""Bank files for the rollback drills: brought, read and decided about, so that confirming them is all that is left."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

from budget.statements import bringing, choices, recording, takingback
from budget.statements.accounts import choose_account
from budget.statements.models import Fate, StatementImport, StatementLine
from verification.drills.world import World

DAY = date(2026, 2, 2)
BY_HAND = "20260202 -8.08 Row by hand"


def confirming(world: World, lines: int) -> Callable[[], object]:
    """Confirming a file of two accounts, of which the second is new.

    One of its lines is a row typed by hand that it is joined with, one is left out, two make a transfer.
    """
    world.record("8.08", "Row by hand", date=DAY)
    first = [BY_HAND, "20260203 -3.03 Left out", "20260204 -250.25 To holiday", *_rows(lines)]
    found = _brought(world, _part("everyday", first) + _part("holiday", ["20260205 250.25 From everyday"]))
    choose_account(found.statements.get(number=1), world.everyday)
    choices.compare_again(found)
    for payee, fate in (("Row by hand", Fate.JOINED), ("Left out", Fate.SKIPPED)):
        line = StatementLine.objects.get(statement__source=found, payee=payee)
        choices.choose(found, [line.pk], fate)
    recording.Maker.of(found)  # what the preview shows is asked of the book's model, which learns for it
    return lambda: recording.confirm(StatementImport.objects.get(pk=found.pk), by=world.owner)


def taking_back(world: World, lines: int) -> Callable[[], object]:
    """Taking such a file back after it was imported and a row of it was edited; that row stays."""
    confirming(world, lines)()
    found = StatementImport.objects.get(book=world.book)
    edited = takingback.made_by_import(found).filter(account=world.everyday).latest("pk")
    world.alter(edited, "13.00")
    return lambda: takingback.take_back(StatementImport.objects.get(pk=found.pk), by=world.owner, keep_edited=True)


def _brought(world: World, parts: str) -> StatementImport:
    content = f"OFXHEADER:100\n\n<OFX><BANKMSGSRSV1>{parts}</BANKMSGSRSV1></OFX>"
    found = bringing.bring(world.book, "bank.ofx", io.BytesIO(content.encode()), by=world.owner)
    return bringing.read(found)


def _part(name: str, rows: list[str]) -> str:
    """One account's part of an OFX file; rows are a day, an amount with the bank's sign, and a payee."""
    entries = ""
    for row in rows:
        day, amount, payee = row.split(maxsplit=2)
        entries += f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day}<TRNAMT>{amount}<NAME>{payee}</STMTTRN>"
    return (
        f"<STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>{name}</BANKACCTFROM>"
        f"<BANKTRANLIST>{entries}</BANKTRANLIST></STMTRS></STMTTRNRS>"
    )


def _rows(count: int) -> list[str]:
    return [
        f"2026{row % 12 + 1:02}{row % 28 + 1:02} -{row % 97 + 1}.{row % 100:02} Row {row}"
        for row in range(1, count + 1)
    ]
