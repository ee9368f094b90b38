"""A table's column of states: payments that were reverted are not spent, pending ones without a date are told."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from budget.statements.formats import delimited
from budget.statements.formats.base import Answers, IdleLine, ParsedLine, RefusedLine
from budget.statements.formats.delimited import DELIMITED

pytestmark = pytest.mark.once

HEAD = "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\n"
BOOKED = "CARD_PAYMENT,Current,2026-05-01 10:00:00,2026-05-02 10:00:00,Bakery,-4.50,0.00,EUR,COMPLETED,95.50\n"
REVERTED = "CARD_PAYMENT,Current,2026-05-03 10:00:00,2026-05-03 10:00:00,Hotel,-80.00,0.00,EUR,REVERTED,\n"
PENDING = "CARD_PAYMENT,Current,2026-05-04 10:00:00,,Kiosk,-2.00,0.00,EUR,PENDING,\n"
LATER = "CARD_PAYMENT,Current,2026-05-05 10:00:00,2026-05-06 10:00:00,Market,-5.50,0.00,EUR,COMPLETED,90.00\n"


def rows_of(content: str) -> list[ParsedLine | RefusedLine | IdleLine]:
    told = DELIMITED.read(io.BytesIO(content.encode()), Answers())
    return [each for each in told if isinstance(each, ParsedLine | RefusedLine | IdleLine)]


def test_reverted_rows_move_nothing_and_pending_ones_without_a_date_wait_for_a_later_file() -> None:
    bakery, hotel, kiosk, market = rows_of(HEAD + BOOKED + REVERTED + PENDING + LATER)

    assert [type(row) for row in (bakery, hotel, kiosk, market)] == [ParsedLine, IdleLine, IdleLine, ParsedLine]
    assert isinstance(hotel, IdleLine)
    assert isinstance(kiosk, IdleLine)
    assert (hotel.reason, hotel.printed, hotel.payee or hotel.text) == (
        "It moves nothing: “State” says “REVERTED”.",
        "-80.00",
        "Hotel",
    )
    assert kiosk.date is None
    assert kiosk.reason == "“PENDING” and without a date: it is not booked yet. A later file will have it."
    assert sum(row.amount for row in (bakery, market) if isinstance(row, ParsedLine)) == Decimal("10.00")


@pytest.mark.parametrize("state", ["FAILED", "DECLINED", "Cancelled", "storniert", "Annulé"])
def test_payments_that_never_came_about_are_not_spent(state: str) -> None:
    bakery, hotel = rows_of(HEAD + BOOKED + REVERTED.replace("REVERTED", state))

    assert isinstance(bakery, ParsedLine)
    assert isinstance(hotel, IdleLine)
    assert state in hotel.reason


def test_booked_row_without_a_date_is_refused_still() -> None:
    _, row = rows_of(HEAD + BOOKED + PENDING.replace("PENDING", "COMPLETED") + LATER)[:2]

    assert isinstance(row, RefusedLine)
    assert row.reason == "There is no date."


def test_pending_row_with_a_date_is_announced() -> None:
    row = rows_of(HEAD + BOOKED + LATER.replace("COMPLETED", "PENDING"))[1]

    assert isinstance(row, ParsedLine)
    assert row.is_pending


def test_a_shop_called_failed_is_a_movement() -> None:
    assert delimited.guess(io.BytesIO(b"Date,Payee,Amount\n2026-05-01,Reverted,-4.50\n")).layout.pending is None
    (row,) = rows_of("Date,Payee,Amount\n2026-05-01,Reverted,-4.50\n")
    assert isinstance(row, ParsedLine)
