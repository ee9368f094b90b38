"""Which lines are earlier ones again: against a plain reading of the rule, and the same in small parts as in one."""

import random
from collections import defaultdict

import pytest

from budget.statements import duplicates, known, lines
from budget.statements.fingerprints import day_number
from budget.statements.models import Fate, Stage, StatementLine
from budget.tests.factories import make_account, make_import, make_line, make_statement

pytestmark = pytest.mark.django_db

DAYS = ("2026-01-01", "2026-01-02", "2026-03-01")


def _brought(book, accounts, chance, **fields):
    source = make_import(book, **fields)
    for account in accounts:
        statement = make_statement(source, account)
        for _ in range(chance.randint(1, 6)):
            bank_id = chance.choice(("", "", "A", "B"))
            amount = chance.choice(("5.00", "-7.00"))
            make_line(statement, amount, chance.choice(DAYS), payee=chance.choice(("Tea", "tea.")), bank_id=bank_id)
    return source


def _of(source):
    return list(StatementLine.objects.filter(statement__source=source).select_related("statement").order_by("pk"))


def _said(line):
    return line.statement.account_id, line.bank_id, line.date, line.amount


def _by_the_rule(fresh, known):
    """The earlier line of each: by id, day and amount in turn, else by day, amount and text where no two ids differ."""
    found, used = {}, set()
    turns: dict[tuple[object, ...], int] = defaultdict(int)
    has_both = {bool(line.bank_id) for line in fresh} == {True, False}
    for line in fresh:
        same = [other for other in known if line.bank_id and _said(other) == _said(line)]
        nth, turns[_said(line)] = turns[_said(line)], turns[_said(line)] + 1
        if nth < len(same):
            found[line.pk] = same[nth].pk
            used |= {same[nth].pk} if has_both else set()
    for line in sorted(fresh, key=lambda line: (line.number, line.pk)):
        if line.pk not in found:
            like = (line.statement.account_id, line.fingerprint)
            for other in known:
                two_ids = line.bank_id and other.bank_id
                if other.pk not in used and (other.statement.account_id, other.fingerprint) == like and not two_ids:
                    used.add(other.pk)
                    found[line.pk] = other.pk
                    break
    return found


@pytest.mark.parametrize("part", [1, 2, 5000])
def test_lines_are_earlier_ones_again_by_the_rule(book, account, monkeypatch, part):
    monkeypatch.setattr(lines, "PART", part)
    monkeypatch.setattr(lines, "LONG_DAY", 2 * part)
    monkeypatch.setattr(known, "PART", part)
    chance = random.Random(part)
    accounts = (account, make_account(book, "Savings"))
    earlier: list[StatementLine] = []
    for _ in range(6):
        source = _brought(book, accounts, chance)

        duplicates.compare(source)

        fresh = _of(source)
        assert {line.pk: line.same_as_id for line in fresh if line.same_as_id} == _by_the_rule(fresh, earlier)
        assert {line.fate for line in fresh if line.same_as_id} <= {Fate.DELETED}  # no transaction was made of any
        source.stage = Stage.RECORDED
        source.save(update_fields=["stage"])
        earlier += [line for line in fresh if line.fate == Fate.NEW]


def test_parts_hold_whole_days_and_split_only_very_long_ones(book, account, monkeypatch):
    monkeypatch.setattr(lines, "PART", 2)
    monkeypatch.setattr(lines, "LONG_DAY", 3)
    statement = make_statement(make_import(book), account)
    for day, count in zip(DAYS, (1, 5, 1), strict=True):
        for number in range(count):
            make_line(statement, "5.00", day, payee=f"Shop {number}")

    parts = list(lines.parts_by_day([statement.pk]))

    marks = sorted(line.fingerprint for line in statement.lines.all())
    held = [[mark for mark in marks if first <= mark < end] for first, end in parts]
    assert [mark for part in held for mark in part] == marks
    assert [len(part) for part in held if {day_number(mark) for mark in part} & {day_number(marks[0])}] == [1]
    assert len([part for part in held if part]) > len(DAYS)
