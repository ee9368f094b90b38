"""Faults of figures: each is planted for real, seen for what it is, and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from budget.ledger.models import Transaction
from verification import known_answer
from verification.controls import summary as controls
from verification.controls.base import attempt
from verification.gates.base import Status

pytestmark = pytest.mark.django_db
SOME = (
    "cent_off",
    "row_doubled",
    "month_edge",
    "total_altered",
    "budget_altered",
    "role_altered",
    "history_missing",
    "summary_drops_one",
    "ledger_cent_off",
)


def test_some_faults_are_detected_and_taken_back():
    """V2, R000-37: one of each kind here; the drill of every run plants them all."""
    answer = known_answer.run()
    before = list(Transaction.objects.order_by("pk").values_list())
    ground = controls.found_ground()
    planted = {fault.id.removeprefix("verification."): fault for fault in controls.faults(ground)}

    outcomes = [
        attempt(planted[name], ground, controls.judge_file if name.startswith("ledger") else controls.judge_books)
        for name in SOME
    ]

    assert answer.status is Status.PASS
    assert [(outcome.fault, outcome.how) for outcome in outcomes if not outcome.detected] == []
    assert list(Transaction.objects.order_by("pk").values_list()) == before
    assert len(planted) >= 20


@pytest.mark.nightly
def test_every_fault_is_detected():
    """V2: all of them in this process, one after the other."""
    known_answer.run()

    outcomes = controls.run()

    assert [(outcome.fault, outcome.how) for outcome in outcomes if not outcome.detected] == []
    assert len(outcomes) >= 20


def small_ledger(folder: Path) -> Path:
    """Two people with two rows each that are fit to be altered."""
    file = folder / "ledger.csv"
    rows = [f"{person},2026-10-31,Rent,{amount},EUR" for person in (1, 2) for amount in ("5.00", "6.00")]
    file.write_text("\n".join(["user_id,date,category,amount,currency", *rows]) + "\n", encoding="utf-8")
    return file


def test_without_the_known_answer_nothing_can_be_planted():
    with pytest.raises(controls.NoGround, match="known-answer has to run first"):
        controls.run()


def test_books_that_are_not_whole_are_no_ground(monkeypatch: pytest.MonkeyPatch, tmp_path):
    """Detecting a fault where something else is wrong proves nothing."""
    file = small_ledger(tmp_path)
    known_answer.record(file)

    with pytest.raises(controls.NoGround, match="fails before anything is planted"):
        controls.run()
    monkeypatch.setattr(known_answer, "FIXTURE", file)
    ground = controls.found_ground()
    assert controls.judge_file(ground).status is Status.PASS


def test_books_without_a_fit_row_are_no_ground(tmp_path):
    file = tmp_path / "ledger.csv"
    rows = [f"{person},2026-{month}-31,Rent,5.00,EUR" for person in (1, 2) for month in ("08", "10")]
    file.write_text("\n".join(["user_id,date,category,amount,currency", *rows]) + "\n", encoding="utf-8")
    known_answer.record(file)

    with pytest.raises(controls.NoGround, match="No row of the known answer is fit"):
        controls.run()


def test_books_without_anything_else_to_alter_are_no_ground(tmp_path):
    known_answer.record(small_ledger(tmp_path))
    ground = controls.found_ground()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM budget_membership WHERE book_id = %s", [ground.row.book_id])

    with pytest.raises(controls.NoGround, match="lack what is to be altered"):
        controls.faults(ground)


def test_fault_that_alters_no_row_is_none():
    no_ground: Any = None
    fault = controls._altered("nothing", "Nothing", ["UPDATE budget_book SET name = name WHERE id = %s", 0])

    with pytest.raises(controls.NoGround, match="Nothing: 0 rows were altered instead of one"), fault.plant(no_ground):
        pass
