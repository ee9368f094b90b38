"""Totals at the end of a table, which are no rows, and a balance column that does not follow."""

from __future__ import annotations

import pytest

from budget.tests.statements.formats.tables import events, lines, refused, remarks

HEAD = "Date,Payee,Amount\n"
FIVE = "".join(f"2026-04-0{day},Shop {day},-{day}.00\n" for day in range(1, 6))


@pytest.mark.parametrize("payee", ["Total Energies", "Saldo Bar", "Sum Sim", "Count Basie Ltd"])
@pytest.mark.parametrize("place", ["end", "begin", "only one above"])
def test_movement_without_a_date_is_refused_however_its_payee_begins(payee: str, place: str) -> None:
    bad = f",{payee},-60.00\n"
    table = {"end": FIVE + bad, "begin": bad + FIVE, "only one above": f"2026-04-01,Shop,-60.00\n{bad}"}[place]

    found = events(HEAD + table)

    assert [(row.number, row.column) for row in refused(found)] == [
        ({"end": 6, "begin": 1, "only one above": 2}[place], "Date")
    ]
    assert len(lines(found)) == table.count("Shop")


@pytest.mark.parametrize(
    "total",
    [
        ",Total,-60.00",
        ",Saldo am 30.04.2026,-60.00",
        ",Total of transactions,-15.00",
        ",Total for Alice,-15.00",
        "Totals,,-99.00",
        ",Total Energies,",
    ],
)
def test_certain_total_is_no_row_and_is_told(total: str) -> None:
    found = events(f"{HEAD}{FIVE}{total}\n")

    assert (len(lines(found)), refused(found)) == (5, [])
    assert remarks(found) == (f"Left out at the end: “{' '.join(cell for cell in total.split(',') if cell)}”",)


def test_total_at_the_end_whose_amount_cannot_be_read_is_refused() -> None:
    assert len(refused(events(f"{HEAD}{FIVE},Total Energies,-6x.00\n"))) == 1


def test_balance_brought_forward_on_top_is_told() -> None:
    found = events(f"{HEAD},Balance brought forward,100.00\n{FIVE}")

    assert (len(lines(found)), refused(found)) == (5, [])
    assert remarks(found) == ("Left out: “Balance brought forward 100.00”",)


def test_amount_that_is_a_balance_is_a_total() -> None:
    table = "Date,Payee,Amount,Balance\n2026-04-01,a,-1.00,9.00\n2026-04-02,b,-2.00,7.00\n,Total Alice,7.00,\n"

    found = events(table)

    assert (len(lines(found)), refused(found)) == (2, [])


STEPS = [("01", "a", "-10.00", "90.00"), ("02", "b", "-10.00", "80.00"), ("03", "c", "-10.00", "70.00")]
STEPS += [("04", "d", "-10.00", "60.00"), ("05", "e", "-5.00", "55.00")]


def table(rows: list[tuple[str, str, str, str]]) -> str:
    return "Date,Payee,Amount,Balance\n" + "".join(f"2026-04-{','.join(row)}\n" for row in rows)


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_balance_that_is_wrong_in_the_middle_is_told_at_its_row(is_newest_first: bool) -> None:
    rows = [("03", "c", "-10.00", "71.00") if row[1] == "c" else row for row in STEPS]

    found = events(table(rows[::-1] if is_newest_first else rows))

    assert (len(lines(found)), refused(found)) == (5, [])
    assert remarks(found) == (
        "The balances do not follow at row 3 (line 4): it says 71.00, and 70.00 would follow. "
        "A row may be missing or altered.",
    )


def test_missing_row_is_told_at_the_one_behind_it() -> None:
    assert remarks(events(table([row for row in STEPS if row[1] != "c"])))[0].startswith(
        "The balances do not follow at row 3 (line 4): it says 60.00, and 70.00 would follow."
    )


@pytest.mark.parametrize(
    "rows",
    [
        STEPS,
        STEPS[::-1],
        [STEPS[0], STEPS[2], STEPS[1], STEPS[3], STEPS[4]],
        [STEPS[4], STEPS[2], STEPS[3], STEPS[1], STEPS[0]],
        [*STEPS[:2], ("03", "c", "-10.00", ""), *STEPS[3:]],
        [*STEPS[:2], ("03", "c", "-10.0x", "70.00"), *STEPS[3:]],
        [*STEPS[:2], ("03", "nothing", "0.00", "80.00"), *STEPS[2:]],
    ],
    ids=["oldest first", "newest first", "a day mixed", "a day mixed back", "one unsaid", "one unread", "one of zero"],
)
def test_balances_in_any_order_within_a_day_follow(rows: list[tuple[str, str, str, str]]) -> None:
    assert remarks(events(table(rows))) == ()
