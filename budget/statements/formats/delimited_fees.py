"""A column of fees beside the amounts: the running balance of some banks counts both, and then says so."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from budget.statements.formats.base import Balance
from budget.statements.formats.delimited_balances import Balances
from budget.statements.formats.layout import Layout, plain_name

NAMES = frozenset({
    "fee", "fees", "fee amount", "charge", "commission", "transaction fee", "gebuhr", "gebuhren", "entgelt", "frais",
    "commissione", "commissioni", "comision", "comisiones", "comissao", "taxa", "kosten", "provision", "oplata",
    "prowizja", "gebyr",
})  # fmt: skip


def fee_column(layout: Layout, unnamed: list[int]) -> int | None:
    """The column of the fees, among those that have no other meaning."""
    return next((place for place in unnamed if plain_name(layout.name(place)) in NAMES), None)


class FeeBalances:
    """The balance column of a table, followed without its fees and with them: the way that explains it holds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._plain, self._charged = Balances(), Balances()
        self._rows, self._total = 0, Decimal(0)

    def add(self, place: str, day: dt.date, currency: str, amount: Decimal, balance: Decimal, fee: Decimal) -> None:
        """Take one row, see `Balances.add`; a fee is money out, whichever sign it has."""
        self._plain.add(place, day, currency, amount, balance)
        self._charged.add(place, day, currency, amount + abs(fee), balance)
        self._rows += bool(fee)
        self._total += abs(fee)

    def gap(self) -> None:
        """A row whose balance is not known."""
        self._plain.gap()
        self._charged.gap()

    @property
    def _is_charged(self) -> bool:
        return self._rows > 0 and bool(self._plain.astray()) and not self._charged.astray()

    def known(self) -> set[Decimal]:
        """What the account is said to have had at the two ends."""
        return (self._charged if self._is_charged else self._plain).known()

    def ends(self) -> tuple[Balance | None, Balance | None]:
        """The balance before all movements and the one after them."""
        return (self._charged if self._is_charged else self._plain).ends()

    def astray(self) -> tuple[str, ...]:
        """Where the balances do not follow; that they count the fees, where with these they do."""
        if not self._is_charged:
            return self._plain.astray()
        rows = "1 row" if self._rows == 1 else f"{self._rows:,} rows"
        return (
            f"The balances count the column “{self._name}” too: {self._total} in {rows}. The amounts are without it, "
            "so the account comes out that much higher than the bank says until you add the fees.",
        )
