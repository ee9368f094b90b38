"""Rows of the matrix: what files transactions (rules, known merchants), and periods closed as right."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from budget import history
from budget.categorization import operations, queries
from budget.categorization.models import AmountRule, MerchantMapping
from budget.statements import certificates
from budget.statements.breaches import breaches, is_broken
from budget.statements.models import Certificate
from verification.drills.world import last_change
from verification.matrix.cells import NOWHERE, OURS, Output, Row, get, lines, named, post

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
LIST = "categorization:rule-list"


class Rules(Row):
    """A text, perhaps with an amount, that goes to one category."""

    name: ClassVar[str] = "amount rule"
    model: ClassVar[str] = "amountrule"
    requirements: ClassVar[tuple[str, ...]] = ("R003-45",)

    def create(self) -> Output:
        return Output(
            lines(
                self.wrote(lambda: self._add()),
                self.wrote(lambda: self._add(pattern="bakery", amount=None)),
                self.refused(
                    lambda: self._add(pattern=""),
                    lambda: self._add(pattern="***"),
                    lambda: self._add(amount=Decimal("-1.00")),
                    lambda: self._add(category=self.world.their_category),
                ),
            )
        )

    def read(self) -> Output:
        return Output(
            self.shown("categorization:rule-change", self._rule().pk, shows=["Edit the rule oatmeal", "Food"])
        )

    def list(self) -> Output:
        asked = [row.rule for row in queries.rule_rows(self.world.book)]
        return Output(
            lines(
                f"in the order in which they are asked: {named(asked)}",
                self.shown(LIST, shows=["oatmeal", "bakery"]),
                self.shown(LIST, client=self.other, hides=[*OURS, "oatmeal", "bakery"]),
            )
        )

    def foreign(self) -> Output:
        w, pk = self.world, self._rule().pk
        return Output(
            lines(
                self.answers(
                    self.other,
                    get("categorization:rule-change", pk),
                    post("categorization:rule-change", pk, **self._form(category=w.their_category.pk)),
                    post("categorization:rule-delete", pk),
                    post("categorization:rule-move", pk, direction="up"),
                    post("categorization:rule-run", pk),
                    get("categorization:rule-change", NOWHERE),
                ),
                self.refused(
                    lambda: self._add(by=w.stranger),
                    lambda: operations.change_rule(self._rule(), by=w.stranger, pattern="mine"),
                    lambda: operations.change_rule(self._rule(), by=w.owner, category=w.their_category),
                    lambda: operations.delete_rule(self._rule(), by=w.stranger),
                    lambda: operations.run_rule(self._rule(), by=w.stranger),
                    self.sql("UPDATE budget_amountrule SET category_id = %s WHERE id = %s", w.their_category.pk, pk),
                ),
            )
        )

    def update(self) -> Output:
        """Its book is not among what its form sets; what it filed before stays."""
        w = self.world
        form = self._form(category=w.rent.pk, amount="13.00") | {"book": str(w.theirs.pk), "position": "7"}
        return Output(
            lines(
                self.wrote(lambda: self.answers_to(self.own, "categorization:rule-change", form, self._rule().pk)),
                self.refused(self.sql("UPDATE budget_amountrule SET amount = -1 WHERE id = %s", self._rule().pk)),
            )
        )

    def delete(self) -> Output:
        return Output(
            lines(
                self.wrote(lambda: operations.delete_rule(self._rule(), by=self.world.owner)),
                self.wrote(lambda: history.undo(last_change(self.world.book), by=self.world.owner)),
                self.wrote(
                    lambda: self.answers_to(self.own, "categorization:rule-delete", {"x": "1"}, self._rule().pk)
                ),
            )
        )

    def _add(self, **other: Any) -> AmountRule:
        values: dict[str, Any] = {"by": self.world.owner, "pattern": "oatmeal", "category": self.world.food}
        return operations.add_rule(book=self.world.book, **values | {"amount": Decimal("12.50")} | other)

    def _form(self, category: int, amount: str = "12.50") -> dict[str, str]:
        form = {
            "pattern": "oatmeal",
            "amount": amount,
            "tolerance": "0.01",
            "category": str(category),
            "is_active": "on",
        }
        return form | {"seen": str(self._rule().version)}

    def _rule(self) -> AmountRule:
        return AmountRule.objects.of(self.world.book).get(pattern="oatmeal")


class Merchants(Row):
    """A merchant that is filed under one category."""

    name: ClassVar[str] = "known merchant"
    model: ClassVar[str] = "merchantmapping"
    requirements: ClassVar[tuple[str, ...]] = ("R003-45", "R003-49")

    def create(self) -> Output:
        """Under the name that its rows come with, whatever else the bank prints."""
        return Output(
            lines(
                self.wrote(lambda: self._add("SQ *Blue Bottle 4412")),
                self.refused(
                    lambda: self._add("Blue Bottle"),
                    lambda: self._add("4412"),
                    lambda: self._add("Elsewhere's", category=self.world.their_category),
                ),
            )
        )

    def read(self) -> Output:
        return Output(self.shown("categorization:mapping-change", self._mapping().pk, shows=["BLUE BOTTLE", "Food"]))

    def list(self) -> Output:
        found = queries.mapping_rows(self.world.book)
        return Output(
            lines(
                f"merchants: {named(row.mapping for row in found)}",
                self.shown(LIST, shows=["BLUE BOTTLE"]),
                self.shown(LIST, client=self.other, hides=[*OURS, "BLUE BOTTLE"]),
            )
        )

    def foreign(self) -> Output:
        w, pk = self.world, self._mapping().pk
        form = {"merchant": "MINE", "category": w.their_category.pk, "seen": self._mapping().version}
        return Output(
            lines(
                self.answers(
                    self.other,
                    get("categorization:mapping-change", pk),
                    post("categorization:mapping-change", pk, **form),
                    post("categorization:mapping-delete", pk),
                    get("categorization:mapping-change", NOWHERE),
                ),
                self.refused(
                    lambda: self._add("Mine", by=w.stranger),
                    lambda: operations.change_mapping(self._mapping(), by=w.stranger, merchant="MINE"),
                    lambda: operations.change_mapping(self._mapping(), by=w.owner, category=w.their_category),
                    lambda: operations.delete_mapping(self._mapping(), by=w.stranger),
                    self.sql(
                        "UPDATE budget_merchantmapping SET category_id = %s WHERE id = %s", w.their_category.pk, pk
                    ),
                ),
            )
        )

    def update(self) -> Output:
        """Neither its book nor how often it was confirmed is among what its form sets."""
        w = self.world
        form = {"merchant": "Blue Bottle Oakland", "category": str(w.rent.pk), "is_active": "on"}
        form |= {"seen": str(self._mapping().version), "book": str(w.theirs.pk), "confirmations": "99"}
        return Output(
            self.wrote(lambda: self.answers_to(self.own, "categorization:mapping-change", form, self._mapping().pk))
        )

    def delete(self) -> Output:
        return Output(
            lines(
                self.wrote(lambda: operations.delete_mapping(self._mapping(), by=self.world.owner)),
                self.wrote(lambda: history.undo(last_change(self.world.book), by=self.world.owner)),
                self.wrote(
                    lambda: self.answers_to(self.own, "categorization:mapping-delete", {"x": "1"}, self._mapping().pk)
                ),
            )
        )

    def _add(self, merchant: str, **other: Any) -> MerchantMapping:
        values: dict[str, Any] = {"by": self.world.owner, "category": self.world.food}
        return operations.add_mapping(book=self.world.book, merchant=merchant, **values | other)

    def _mapping(self) -> MerchantMapping:
        return MerchantMapping.objects.of(self.world.book).get(merchant__startswith="BLUE BOTTLE")


class Certificates(Row):
    """A period of an account that agrees with the bank's statement, to the cent."""

    name: ClassVar[str] = "certificate"
    model: ClassVar[str] = "certificate"

    def create(self) -> Output:
        self.world.record("12.50")
        return Output(
            lines(
                self.wrote(self._certify),
                self.refused(
                    self._certify,
                    lambda: self._certify(closing=Decimal("-12.49"), last=date(2026, 11, 29)),
                    lambda: self._certify(last=date(2026, 10, 31)),
                ),
            )
        )

    def read(self) -> Output:
        """A later change to its period breaks it, and says which row did; the certificate stays as it was."""
        w, made = self.world, self._certificate()
        holds = is_broken(made)
        late = w.record("1.00", "Late bread")
        found = [f"{breach.what} {breach.title} {breach.amount}" for breach in breaches(made).breaches]
        broken = is_broken(made)
        self.wrote(lambda: history.undo(last_change(w.book), by=w.owner))
        return Output(
            lines(
                f"{made.opening} to {made.closing}, rows: {made.rows}",
                f"broken at first: {holds}, after {late.description}: {broken}, undone: {is_broken(made)}",
                f"broken by: {named(found)}",
                self.shown("reconcile:certificate", made.pk, shows=["Everyday", "−12.50"]),
            )
        )

    def list(self) -> Output:
        w = self.world
        return Output(
            lines(
                f"of Everyday: {named(Certificate.objects.of(w.book))}",
                f"of the stranger: {named(Certificate.objects.of(w.theirs)) or 'none'}",
                self.shown("ledger:account-detail", w.everyday.pk, shows=["Everyday"]),
            )
        )

    def foreign(self) -> Output:
        w, made = self.world, self._certificate()
        return Output(
            lines(
                self.answers(
                    self.other,
                    get("reconcile:certificate", made.pk),
                    post("reconcile:certificate-withdraw", made.pk),
                    get("reconcile:account", w.everyday.pk),
                    get("reconcile:certificate", NOWHERE),
                ),
                self.refused(
                    lambda: certificates.withdraw(self._certificate(), by=w.stranger),
                    lambda: self._certify(by=w.stranger, last=date(2026, 11, 29)),
                    self.sql(
                        "UPDATE budget_certificate SET account_id = %s WHERE id = %s", w.their_account.pk, made.pk
                    ),
                ),
            )
        )

    def update(self) -> Output:
        """A certificate is a word that was given: it is withdrawn and given anew. No operation alters it."""
        pk = self._certificate().pk
        return Output(
            self.refused(
                lambda: Certificate.objects.filter(pk=pk).update(closing=Decimal("-12.00")),
                self.sql("UPDATE budget_certificate SET last = '2026-10-01' WHERE id = %s", pk),
            ),
            by_design=True,
        )

    def delete(self) -> Output:
        w = self.world
        return Output(
            lines(
                self.wrote(lambda: certificates.withdraw(self._certificate(), by=w.owner)),
                self.wrote(lambda: history.undo(last_change(w.book), by=w.owner)),
                self.wrote(
                    lambda: self.answers_to(
                        self.own, "reconcile:certificate-withdraw", {"x": "1"}, self._certificate().pk
                    )
                ),
            )
        )

    def _certify(self, **other: Any) -> Certificate:
        values: dict[str, Any] = {"by": self.world.owner, "first": FIRST, "last": LAST}
        values |= {"opening": Decimal("0.00"), "closing": Decimal("-12.50")}
        return certificates.certify(account=self.world.everyday, **values | other)

    def _certificate(self) -> Certificate:
        return Certificate.objects.of(self.world.book).get()


ROWS: tuple[type[Row], ...] = (Rules, Merchants, Certificates)
