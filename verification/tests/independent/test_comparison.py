import random
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from verification.independent.comparison import compare
from verification.independent.totals import Total
from verification.independent.values import BadValue

pytestmark = pytest.mark.once


def total(category="Food", units=10_000, rows=1, currency="EUR", user="1", month="2024-02"):
    return Total(user, month, category, currency, rows, units)


def test_equal_sides_are_verified_and_exact():
    """R000-18, R000-27: the result says verified."""
    sides = [total(), total("Rent", 850_000), total(currency="USD")]

    assert compare(sides, list(reversed(sides))) == {
        "status": "verified",
        "reason": "",
        "tolerance": "0.01",
        "causes": [],
        "mismatches": [],
        "warnings": [],
        "totals": [
            {"user": "", "month": "", "category": "", "currency": "EUR", "sql": "860.00", "raw": "860.00",
             "delta": "0.00", "sql_rows": 2, "raw_rows": 2},
            {"user": "", "month": "", "category": "", "currency": "USD", "sql": "10.00", "raw": "10.00",
             "delta": "0.00", "sql_rows": 1, "raw_rows": 1},
        ],
        "exact_match": True,
        "max_delta": "0.00",
        "total_delta": "0.00",
        "sql_rows": 3,
        "raw_rows": 3,
        "hints": [],
    }  # fmt: skip


def test_difference_of_one_cent_is_a_warning():
    """R000-23: 0.01 is within the tolerance."""
    result = compare([total()], [total(units=10_010)])

    assert (result["status"], result["exact_match"], result["max_delta"]) == ("verified", False, "0.01")
    assert [pair["delta"] for pair in result["warnings"]] == ["0.01"]


def test_difference_below_half_a_cent_is_not_exact():
    result = compare([total()], [total(units=10_001)])

    assert (result["status"], result["exact_match"], result["max_delta"]) == ("verified", False, "0.00")
    assert result["warnings"][0]["raw"] == "10.001"


def test_difference_above_the_tolerance_blocks_with_both_values():
    """R000-23, R000-25, R000-26: category, both values and their difference."""
    result = compare([total()], [total(units=9_980)])

    assert (result["status"], result["reason"], result["tolerance"]) == ("blocked", "verification_mismatch", "0.01")
    assert result["causes"] == ["category", "total"]
    assert result["mismatches"] == [
        {"user": "1", "month": "2024-02", "category": "Food", "currency": "EUR", "sql": "10.00", "raw": "9.98",
         "delta": "-0.02", "sql_rows": 1, "raw_rows": 1}
    ]  # fmt: skip


def test_rounding_to_cents_goes_to_the_even_neighbour_before_comparing():
    """R000-24: both sides are rounded to cents."""
    assert compare([total(units=10_005)], [total(units=10_015)])["max_delta"] == "0.02"
    assert compare([total(units=10_015)], [total(units=10_025)])["max_delta"] == "0.00"


def test_many_differences_of_a_cent_block_by_the_total():
    names = [f"Category {n}" for n in range(5)]
    result = compare([total(name) for name in names], [total(name, 10_010) for name in names])

    assert (result["status"], result["causes"], result["total_delta"]) == ("blocked", ["total"], "0.05")
    assert len(result["warnings"]) == 5


def test_differences_that_cancel_block_by_category():
    result = compare([total("A"), total("B")], [total("A", 10_020), total("B", 9_980)])

    assert (result["status"], result["causes"], result["total_delta"]) == ("blocked", ["category"], "0.00")


def test_equal_sum_of_another_number_of_rows_blocks_by_count():
    result = compare([total(rows=2)], [total(rows=1)])

    assert (result["status"], result["causes"], result["exact_match"]) == ("blocked", ["count"], False)
    assert result["mismatches"][0]["sql_rows"] == 2


def test_absent_category_counts_as_nothing():
    """R000-24: the union of both sides."""
    result = compare([], [total(units=20)])

    assert (result["status"], result["mismatches"][0]["sql"]) == ("blocked", "0.00")


def test_two_empty_sides_are_blocked():
    result = compare([], [])

    assert (result["status"], result["reason"], result["exact_match"]) == ("blocked", "empty_scope", False)


def test_currencies_are_never_mixed():
    result = compare([total(), total(currency="USD", units=20)], [total(units=10_020), total(currency="USD", units=0)])

    assert (result["status"], len(result["mismatches"])) == ("blocked", 2)


def test_ledger_without_currencies_is_that_of_the_only_one_in_scope():
    assert compare([total()], [total(currency="")])["exact_match"]


def test_ledger_without_currencies_is_ambiguous_where_there_are_several():
    result = compare([total(), total(currency="USD")], [total(currency="", rows=2, units=20_000)])

    assert (result["status"], result["reason"]) == ("blocked", "currency_ambiguous")


def test_renamed_category_is_told_and_never_taken_as_the_same():
    result = compare([total("Groceries"), total("Rent", 5)], [total("groceries"), total("Rent", 5)])

    assert result["status"] == "blocked"
    assert result["hints"] == [
        {
            "sql": "Groceries",
            "raw": "groceries",
            "message": "“groceries” of the raw ledger has the rows of “Groceries”. "
            "If it was renamed, give --category-map.",
        }
    ]


def test_tolerance_can_be_none():
    assert compare([total()], [total(units=10_010)], Decimal(0))["status"] == "blocked"


def test_total_is_read_as_it_was_written():
    assert Total.from_dict(total(units=-12_345).as_dict()) == total(units=-12_345)


@pytest.mark.parametrize(
    "altered", [{"user": 1}, {"month": "2024-13"}, {"total": 1}, {"total": "1,00"}, {"count": True}, {"count": -1}]
)
def test_total_in_another_shape_is_refused(altered):
    with pytest.raises(BadValue):
        Total.from_dict({**total().as_dict(), **altered})


def plain_verdict(sql, raw):
    """The rules once more, in Decimals and the plainest way."""
    cent = Decimal("0.01")
    sides = [{(t.category, t.currency): (t.rows, Decimal(t.units) / 1000) for t in side} for side in (sql, raw)]
    keys = set(sides[0]) | set(sides[1])
    if not keys:
        return "empty_scope"

    def rounded(values):
        return sum(values, Decimal(0)).quantize(cent, ROUND_HALF_EVEN)

    def values(side, key):
        return side.get(key, (0, Decimal(0)))

    for key in keys:
        (left_rows, left), (right_rows, right) = values(sides[0], key), values(sides[1], key)
        if left_rows != right_rows or abs(rounded([right]) - rounded([left])) > cent:
            return "verification_mismatch"
    for currency in {currency for _, currency in keys}:
        left, right = (rounded([v for (_, c), (_, v) in side.items() if c == currency]) for side in sides)
        if abs(right - left) > cent:
            return "verification_mismatch"
    return ""


def test_a_thousand_comparisons_end_as_by_a_plain_program():
    """V16, R000-24: against the rules said once more."""
    chance = random.Random(16)
    seen = set()
    for _ in range(1000):
        keys = [(f"C{n}", currency) for n in range(chance.randrange(4)) for currency in ("EUR", "USD")]
        sql = [total(name, chance.randrange(-50_000, 50_000), 2, currency) for name, currency in keys]
        step = chance.choice([0, 3, 6, 20])
        raw = [
            one._replace(units=one.units + chance.choice([0, 0, step, -step]), rows=2 + (chance.random() < 0.02))
            for one in sql
            if chance.random() < 0.98
        ]
        result = compare(sql, raw)
        seen.add(result["reason"])

        assert result["reason"] == plain_verdict(sql, raw)
        assert result["exact_match"] is (bool(sql) and sorted(sql) == sorted(raw))
    assert seen == {"", "empty_scope", "verification_mismatch"}


def test_category_that_both_sides_have_was_not_renamed():
    found = compare([total("Food", 10_000)], [total("Food", 5_000), total("Meals", 10_000)])

    assert (found["status"], found["hints"]) == ("blocked", [])


def test_total_of_no_rows_is_one():
    assert Total.from_dict(total(rows=0, units=0).as_dict()) == total(rows=0, units=0)


def test_another_tolerance_is_in_cents_as_well():
    assert compare([total()], [total(units=11_000)], Decimal("1.00"))["status"] == "verified"
    assert compare([total()], [total(units=11_010)], Decimal("1.00"))["status"] == "blocked"
