"""A column of fees beside the amounts: where the running balance counts it, that is said, and nothing is astray."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from budget.statements.formats.base import StatementEnd
from budget.tests.statements.formats.tables import events, money, remarks

pytestmark = pytest.mark.once

D = Decimal
HEADER = "Date,Text,Amount,{},Balance\n"
OLDEST_FIRST = (
    "2026-01-02,Taxi,-10.00,0.00,90.00",
    "2026-01-03,Abroad,-20.00,0.50,69.50",
    "2026-01-04,Pay,100.00,0.00,169.50",
    "2026-01-05,Cash,-40.00,1.00,128.50",
    "2026-01-06,Bread,-3.00,0.00,125.50",
)


def ends(found: Sequence[object]) -> list[Decimal | None]:
    (end,) = [each for each in found if isinstance(each, StatementEnd)]
    return [each.amount if each else None for each in (end.opening, end.closing)]


@pytest.mark.parametrize("order", [1, -1], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("name", ["Fee", "Gebühr", "Frais"])
@pytest.mark.parametrize("minus", ["", "-"])
def test_balance_that_counts_the_fees_is_not_astray(order: int, name: str, minus: str) -> None:
    rows = [row.replace(",0.50,", f",{minus}0.50,") for row in OLDEST_FIRST[::order]]

    found = events(HEADER.format(name) + "\n".join(rows) + "\n")

    assert ends(found) == [D("100.00"), D("125.50")]
    assert [said for said in remarks(found) if "balances" in said] == [
        f"The balances count the column “{name}” too: 1.50 in 2 rows. The amounts are without it, so the account comes "
        "out that much higher than the bank says until you add the fees."
    ]
    assert sum(money(found)) == D("-27.00")


def test_balance_without_the_fees_says_nothing_of_them() -> None:
    rows = ("2026-01-02,Taxi,-10.00,0.50,90.00", "2026-01-03,Abroad,-20.00,0.50,70.00", "2026-01-04,Tip,-1.00,,69.00")

    found = events(HEADER.format("Fee") + "\n".join(rows) + "\n")

    assert (ends(found), [said for said in remarks(found) if "balances" in said]) == ([D("100.00"), D("69.00")], [])


def test_row_that_is_missing_is_still_named_beside_fees() -> None:
    rows = [*OLDEST_FIRST[:2], *OLDEST_FIRST[3:]]

    found = events(HEADER.format("Fee") + "\n".join(rows) + "\n")

    assert any("The balances do not follow at" in said for said in remarks(found))
    assert not any("count the column" in said for said in remarks(found))
