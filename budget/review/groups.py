"""What waits, by merchant: look-alikes together, each group with what it probably is, why, and four other choices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

from budget.categorization.engine import Engine
from budget.categorization.merchants import merchant_of
from budget.categorization.tiers import shown as named
from budget.ledger.directory import CategoryName, Directory
from budget.ledger.models import Tier
from budget.review.queries import WaitingRow

CHOICES = 5
ROWS_IN_GROUP = 200
"""Of more look-alikes the newest make a group, the others another one."""
SURE, LIKELY = Decimal("0.9"), Decimal("0.5")


class Level(IntEnum):
    """How hard a group is, the hardest first."""

    NEW = 0
    UNSURE = 1
    LIKELY = 2
    SURE = 3

    @property
    def word(self) -> str:
        """What its tag says."""
        return ("new payee", "unsure", "likely", "sure")[self]

    @property
    def css(self) -> str:
        """The colour of its tag."""
        return ("warn", "mute", "acc", "pos")[self]


class Proposal(NamedTuple):
    """What a row probably is; `category` is None where nothing is known."""

    category: int | None
    level: Level
    confidence: Decimal
    reason: str


@dataclass
class Group:
    """Rows of one merchant in one currency and direction that are probably the same thing."""

    merchant: str
    currency: str
    proposal: Proposal
    rows: list[WaitingRow] = field(default_factory=list)
    choices: Sequence[CategoryName] = ()

    @property
    def pk(self) -> int:
        """Its newest row's id, which no other group has."""
        return self.rows[0].pk

    @property
    def total(self) -> Decimal:
        """Of its rows, out is positive."""
        return sum((row.amount for row in self.rows), Decimal(0))

    @property
    def is_sure(self) -> bool:
        """Whether it goes with all the others that are sure."""
        return self.proposal.level == Level.SURE


class Proposer:
    """Says of rows what they probably are, with the book as it is now; six queries, whatever the number of rows."""

    def __init__(self, engine: Engine, names: Directory) -> None:
        self.engine = engine
        self.names = names

    def proposal(self, row: WaitingRow) -> Proposal:
        """What the first tier that knows the row says; else what was said when it came."""
        if row.category is not None and row.category in self.names.categories:
            label = self.names.categories[row.category].label
            return Proposal(row.category, Level.LIKELY, LIKELY, f"It is under {label}, which nobody confirmed yet.")
        currency = self.names.accounts[row.account].currency
        said = self.engine.suggest(payee=row.payee, text=row.description, amount=row.amount, currency=currency)
        if said is not None:
            is_sure = said.is_sure or (said.tier == Tier.AI and said.confidence >= SURE)
            is_new = said.tier == Tier.AI and said.confidence < LIKELY and not self._is_known(row)
            level = Level.SURE if is_sure else Level.NEW if is_new else _level(said.confidence)
            return Proposal(said.category_id, level, said.confidence, f"{said.reason}.")
        earlier = self.names.categories.get(row.predicted or 0)
        if earlier is not None and not earlier.is_archived:
            reason = f"The file says “{row.pattern}”." if row.tier == Tier.FILE else f"It looked like {earlier.label}."
            return Proposal(earlier.pk, Level.LIKELY, Decimal(row.confidence or 0) / 1000, reason)
        if self._is_known(row):
            merchant = named(self._merchant(row))
            return Proposal(None, Level.UNSURE, Decimal(0), f"What you chose for {merchant} so far does not say which.")
        return Proposal(None, Level.NEW, Decimal(0), "First time this payee appears.")

    def groups(self, rows: Iterable[WaitingRow]) -> list[Group]:
        """The rows by merchant, the hardest group first; of equals the one with the newest row."""
        found: dict[tuple[object, ...], list[Group]] = defaultdict(list)
        for row in rows:
            merchant = self._merchant(row)
            proposal = self.proposal(row)
            currency = self.names.accounts[row.account].currency
            key = (merchant, row.amount < 0, currency, proposal.category, proposal.level)
            alike = found[key]
            if not alike or len(alike[-1].rows) >= ROWS_IN_GROUP:
                alike.append(Group(merchant, currency, proposal))
            alike[-1].rows.append(row)
        groups = [group for alike in found.values() for group in alike]
        groups.sort(key=lambda group: (group.rows[0].date, group.pk), reverse=True)
        groups.sort(key=lambda group: (group.proposal.level, group.proposal.confidence))
        for group in groups:
            group.choices = self._choices(group)
        return groups

    def _choices(self, group: Group) -> Sequence[CategoryName]:
        """Up to five: the proposal, what was chosen for the merchant before, then what is used most."""
        names, model = self.names, self.engine.known.model
        best, before = group.proposal.category, model.chosen(group.merchant) if model else {}
        wanted = [best] if best is not None else []
        wanted += sorted(before, key=lambda pk: (-before[pk], pk))
        wanted += [row.predicted for row in group.rows[:CHOICES] if row.predicted is not None]
        found = dict.fromkeys(pk for pk in wanted if pk in names.categories and not names.categories[pk].is_archived)
        known = names.categories.get(best or 0)
        is_in = known.is_income if known else group.rows[0].amount < 0
        found |= dict.fromkeys(category.pk for category in names.likely(is_income=is_in)[:CHOICES])
        return [names.categories[pk] for pk in list(found)[:CHOICES]]

    def _merchant(self, row: WaitingRow) -> str:
        return merchant_of(row.payee, row.description) or row.title.casefold()

    def _is_known(self, row: WaitingRow) -> bool:
        known, merchant = self.engine.known, self._merchant(row)
        return merchant in known.mappings or bool(known.model and known.model.chosen(merchant))


def _level(confidence: Decimal) -> Level:
    return Level.LIKELY if confidence >= LIKELY else Level.UNSURE
