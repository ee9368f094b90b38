"""C11: random programs of operations, compared after every step with a plain model that knows no database."""

from __future__ import annotations

import copy
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from budget import history
from budget.envelopes import operations as plan
from budget.envelopes.errors import NotEnoughInEnvelope
from budget.envelopes.queries import plan as plan_of
from budget.ledger import operations, totals
from budget.ledger.errors import AmountIsZero, InUse, OtherKind, PartOfATransfer
from budget.ledger.models import Account, AccountTransfer, Category, Rollover, Transaction
from budget.ledger.queries import accounts_with_balance
from budget.months import Month
from budget.reports.queries import category_totals
from budget.tests.factories import last_change, make_account, make_book, make_category, make_txn, make_user

MONTHS = [Month(2026, 11), Month(2026, 12), Month(2027, 1)]
ZERO = Decimal(0)

amounts = st.integers(-99_999, 99_999).filter(bool).map(lambda cents: Decimal(cents) / 100)
positive = st.integers(1, 99_999).map(lambda cents: Decimal(cents) / 100)
days = st.sampled_from([month.first for month in MONTHS] + [date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31)])
picks = st.integers(0, 1_000)


@dataclass
class Model:
    """What a book should be, in plain dictionaries."""

    accounts: dict[int, Decimal] = field(default_factory=dict)
    categories: dict[int, dict[str, Any]] = field(default_factory=dict)
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    pairs: dict[int, int] = field(default_factory=dict)
    given: dict[tuple[int, Month], Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def balances(self) -> dict[int, Decimal]:
        """Opening balances less what went out."""
        found = dict(self.accounts)
        for row in self.rows.values():
            found[row["account"]] -= row["amount"]
        return found

    def spent(self, month: Month) -> dict[int | None, tuple[int, Decimal]]:
        """Rows and sum per category, without transfers."""
        found: dict[int | None, tuple[int, Decimal]] = {}
        for row in self.rows.values():
            if not row["transfer"] and Month.of(row["date"]) == month:
                count, total = found.get(row["category"], (0, ZERO))
                found[row["category"]] = (count + 1, total + row["amount"])
        return found

    def left(self, category: int, month: Month) -> Decimal:
        """What a category may still spend, month by month from the first one with a budget."""
        mode = self.categories[category]["rollover"]
        planned = [m for (c, m), given in self.given.items() if c == category and m < month and given]
        carried, at = ZERO, min(planned, default=month) if mode != "none" else month
        while True:
            spent = self.spent(at).get(category, (0, ZERO))[1]
            left = carried + self.given.get((category, at), ZERO) - spent
            if at == month:
                return left
            carried = {"none": ZERO, "surplus": max(left, ZERO), "both": left}[mode]
            at = at.next


class Programs(RuleBasedStateMachine):
    """Operations on one book, each done to the product and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.past: list[Model] = []
        self.steps = 0

    @initialize()
    def begin(self) -> None:
        self.book = make_book(make_user(), "Program")
        for name in ("One", "Two"):
            self.model.accounts[make_account(self.book, name).pk] = ZERO
        for name in ("Food", "Rent"):
            self._know(make_category(self.book, name))

    def _know(self, category: Category) -> None:
        self.model.categories[category.pk] = {"income": category.is_income, "rollover": str(category.rollover)}

    def _remember(self) -> None:
        self.past.append(copy.deepcopy(self.model))

    def _account(self, pick: int) -> Account:
        keys = sorted(self.model.accounts)
        return Account.objects.get(pk=keys[pick % len(keys)])

    def _category(self, pick: int) -> Category:
        keys = sorted(self.model.categories)
        return Category.objects.get(pk=keys[pick % len(keys)])

    def _row(self, pick: int) -> Transaction:
        keys = sorted(self.model.rows)
        return Transaction.objects.get(pk=keys[pick % len(keys)])

    def _has_rows(self) -> bool:
        return bool(self.model.rows)

    @rule(pick=picks, opening=amounts)
    def open_account(self, pick: int, opening: Decimal) -> None:
        if len(self.model.accounts) > 4:
            return
        self._remember()
        made = make_account(self.book, f"Account {self.steps}", opening_balance=opening)
        self.model.accounts[made.pk] = opening

    @rule(pick=picks, opening=amounts)
    def correct_opening_balance(self, pick: int, opening: Decimal) -> None:
        account = self._account(pick)
        if opening == account.opening_balance:
            return
        self._remember()
        operations.change_account(account, by=None, opening_balance=opening)
        self.model.accounts[account.pk] = opening

    @rule(pick=picks)
    def delete_account_without_rows(self, pick: int) -> None:
        account = self._account(pick)
        if any(row["account"] == account.pk for row in self.model.rows.values()):
            with pytest.raises(InUse):
                operations.delete_account(account, by=None)
        elif len(self.model.accounts) > 2:
            self._remember()
            operations.delete_account(account, by=None)
            del self.model.accounts[account.pk]

    @rule(is_income=st.booleans())
    def add_category(self, is_income: bool) -> None:
        if len(self.model.categories) > 6:
            return
        self._remember()
        self._know(make_category(self.book, f"Category {self.steps}", is_income=is_income))

    @rule(pick=picks, mode=st.sampled_from(Rollover.values))
    def set_rollover(self, pick: int, mode: str) -> None:
        category = self._category(pick)
        if category.rollover == mode:
            return
        self._remember()
        operations.change_category(category, by=None, rollover=mode)
        self.model.categories[category.pk]["rollover"] = mode

    @rule(pick=picks, other=picks)
    def merge_categories(self, pick: int, other: int) -> None:
        source, target = self._category(pick), self._category(other)
        if source == target or len(self.model.categories) < 3:
            return
        if source.is_income != target.is_income:
            with pytest.raises(OtherKind):
                operations.merge_categories(source=source, target=target, by=None)
            return
        self._remember()
        operations.merge_categories(source=source, target=target, by=None)
        for row in self.model.rows.values():
            if row["category"] == source.pk:
                row["category"] = target.pk
        for category, month in list(self.model.given):
            if category == source.pk:
                self.model.given[target.pk, month] += self.model.given.pop((category, month))
        del self.model.categories[source.pk]

    @rule(account=picks, category=st.none() | picks, amount=amounts, day=days)
    def record(self, account: int, category: int | None, amount: Decimal, day: date) -> None:
        self._remember()
        filed = None if category is None else self._category(category)
        made = make_txn(self._account(account), str(amount), filed, day.isoformat())
        self.model.rows[made.pk] = {
            "account": made.account_id,
            "category": made.category_id,
            "amount": amount,
            "date": day,
            "transfer": False,
        }

    @rule(account=picks)
    def record_nothing(self, account: int) -> None:
        with pytest.raises(AmountIsZero):
            make_txn(self._account(account), "0")

    @precondition(_has_rows)
    @rule(pick=picks, amount=amounts, day=days, category=st.none() | picks, account=picks)
    def edit(self, pick: int, amount: Decimal, day: date, category: int | None, account: int) -> None:
        txn = self._row(pick)
        filed = None if category is None else self._category(category)
        moved = self._account(account)
        if txn.is_transfer:
            with pytest.raises(PartOfATransfer):
                operations.change_transaction(txn, by=None, amount=txn.amount + 1)
            return
        self._remember()
        before = self.book_version()
        operations.change_transaction(txn, by=None, amount=amount, date=day, category=filed, account=moved)
        if self.book_version() == before:
            self.past.pop()
        self.model.rows[txn.pk] |= {"amount": amount, "date": day, "category": txn.category_id, "account": moved.pk}

    @precondition(_has_rows)
    @rule(chosen=st.lists(picks, min_size=1, max_size=4))
    def delete(self, chosen: list[int]) -> None:
        self._remember()
        rows = {self._row(pick).pk for pick in chosen}
        operations.delete_transactions(book=self.book, by=None, rows=Transaction.objects.filter(pk__in=rows))
        for pk in rows | {self.model.pairs[pk] for pk in rows if pk in self.model.pairs}:
            del self.model.rows[pk]
            self.model.pairs.pop(pk, None)

    @precondition(_has_rows)
    @rule(chosen=st.lists(picks, min_size=1, max_size=4), category=st.none() | picks)
    def file_many(self, chosen: list[int], category: int | None) -> None:
        rows = {self._row(pick).pk for pick in chosen}
        filed = None if category is None else self._category(category)
        self._remember()
        done = operations.categorize_transactions(
            book=self.book, by=None, rows=Transaction.objects.filter(pk__in=rows), category=filed
        )
        if done is None:
            self.past.pop()
        for pk in rows:
            if not self.model.rows[pk]["transfer"]:
                self.model.rows[pk]["category"] = filed.pk if filed else None

    @rule(pick=picks, amount=positive, day=days)
    def move_money(self, pick: int, amount: Decimal, day: date) -> None:
        keys = sorted(self.model.accounts)
        source, target = self._account(pick), self._account(keys.index(self._account(pick).pk) + 1)
        self._remember()
        moved = operations.transfer_between_accounts(
            book=self.book, by=None, source=source, target=target, amount=amount, date=day
        )
        for leg in (moved.outgoing, moved.incoming):
            self.model.rows[leg.pk] = {
                "account": leg.account_id,
                "category": None,
                "amount": leg.amount,
                "date": day,
                "transfer": True,
            }
        self.model.pairs |= {moved.outgoing_id: moved.incoming_id, moved.incoming_id: moved.outgoing_id}

    def _plannable(self, pick: int) -> Category | None:
        category = self._category(pick)
        return None if category.is_income else category

    @rule(pick=picks, month=st.sampled_from(MONTHS), amount=positive)
    def set_budget(self, pick: int, month: Month, amount: Decimal) -> None:
        category = self._plannable(pick)
        if category is None or self.model.given.get((category.pk, month)) == amount:
            return
        self._remember()
        plan.set_budget(book=self.book, by=None, category=category, month=month, amount=amount)
        self.model.given[category.pk, month] = amount

    @rule(giver=picks, taker=picks, month=st.sampled_from(MONTHS), amount=positive)
    def move_budget(self, giver: int, taker: int, month: Month, amount: Decimal) -> None:
        one, two = self._plannable(giver), self._plannable(taker)
        if one is None or two is None or one == two:
            return
        asked: dict[str, Any] = {"source": one, "target": two, "month": month, "amount": amount}
        wanted = copy.deepcopy(self.model)
        wanted.given[one.pk, month] -= amount
        wanted.given[two.pk, month] += amount
        # Nothing is moved that the month does not have, or that a later one has spent.
        later = [at for at in MONTHS if at > month]
        short = [at for at in later if wanted.left(one.pk, at) < min(ZERO, self.model.left(one.pk, at))]
        if short or wanted.left(one.pk, month) < 0:
            with pytest.raises(NotEnoughInEnvelope):
                plan.transfer(book=self.book, by=None, **asked)
            return
        self._remember()
        plan.transfer(book=self.book, by=None, **asked)
        self.model = wanted

    @precondition(lambda self: bool(self.past))
    @rule()
    def undo(self) -> None:
        change = last_change(self.book)
        history.undo(change, by=None)
        assert history.Change.objects.filter(undoes=change).exists()
        redo = last_change(self.book)
        current, self.model = self.model, self.past.pop()
        self.check()
        if self.steps % 2:
            history.undo(redo, by=None)
            self.past.append(self.model)
            self.model = current
        else:
            # What comes next builds on the undo; what came before stays where it is.
            self.past.clear()

    def book_version(self) -> int:
        return history.Change.objects.filter(book=self.book).count()

    @invariant()
    def check(self) -> None:
        if not hasattr(self, "book"):
            return
        self.steps += 1
        month = MONTHS[self.steps % len(MONTHS)]
        assert {a.pk: a.balance for a in accounts_with_balance(self.book)} == self.model.balances()
        found = {t.category: (t.count, t.total) for t in category_totals(self.book, month)}
        assert found == self.model.spent(month)
        lines = {line.category.pk: line.available for line in plan_of(self.book, month)}
        spending = [pk for pk, category in self.model.categories.items() if not category["income"]]
        assert lines == {pk: self.model.left(pk, month) for pk in spending}

    def teardown(self) -> None:
        if hasattr(self, "book"):
            assert totals.differences(self.book) == []
            assert history.verify(self.book).is_whole
            legs = Transaction.objects.of(self.book).filter(is_transfer=True).count()
            assert legs == 2 * AccountTransfer.objects.of(self.book).count()


def _run(programs: int, steps: int) -> None:
    run_state_machine_as_test(
        Programs,
        settings=settings(
            max_examples=programs,
            stateful_step_count=steps,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking one failure took over five minutes
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.mark.django_db
@pytest.mark.parametrize("part", [1, 2])
def test_programs_do_what_the_model_does(part: int) -> None:
    """C11: 200 programs of 30 steps, half of them on each engine, in parts that two processors share."""
    _run(50, 30)


@pytest.mark.nightly
@pytest.mark.django_db
def test_many_long_programs_do_what_the_model_does() -> None:
    """C11: 10,000 programs of 50 steps."""
    _run(10_000, 50)
