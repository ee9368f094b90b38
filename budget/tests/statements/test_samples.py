"""Every sample: its rows, its sum per currency, its dates, exactly; and the eight rules they establish (I1, I3)."""

import datetime as dt
import io
from decimal import Decimal

import pytest

from budget.statements.formats import recognise
from budget.statements.formats.base import Answers, DateOrder, Event, SplitPart, UnreadableFile
from budget.tests.statements.reading import (
    SAMPLES,
    differences,
    ends_of,
    events_of,
    first_and_last,
    lines_of,
    refused_of,
    sample,
    starts_of,
    sums_of,
)

pytestmark = pytest.mark.once

WELL_FORMED = {
    "csv/european_decimals.csv": ("csv", 3, {"EUR": "2260.94"}, "2026-04-02", "2026-04-09"),
    "csv/aggregator_plaid.csv": ("csv", 6, {"USD": "112.06"}, "2024-01-08", "2024-01-27"),
    "csv/card_viseca.csv": ("csv", 9, {"CHF": "49.200"}, "2024-09-16", "2025-05-28"),
    "ofx1/bank_medium.ofx": ("ofx1", 3, {"CAD": "-345.27"}, "2009-04-01", "2009-04-03"),
    "ofx1/four_decimals.ofx": ("ofx1", 4, {"USD": "-1778.3952"}, "2012-07-20", "2012-07-27"),
    "ofx1/memo_with_ampersand.ofx": ("ofx1", 16, {"BRL": "393.82"}, "2018-09-13", "2018-10-05"),
    "ofx1/multi_decimal.ofx": ("ofx1", 2, {"USD": "-33.77000"}, "2019-01-23", "2019-01-23"),
    "qfx/data.qfx": ("ofx1", 10, {"USD": "-364.41"}, "2019-01-22", "2019-01-23"),
    "qfx/latin1_declared.qfx": ("ofx1", 1, {"CAD": "-20.00"}, "2022-10-19", "2022-10-19"),
    "ofx2/multiple_accounts.ofx": ("ofx2", 3, {"GBP": "514.72"}, "2014-07-01", "2014-07-17"),
    "ofx2/suncorp.ofx": ("ofx2", 1, {"AUD": "-16.85"}, "2013-12-15", "2013-12-15"),
    "qif/data.qif": ("qif", 18, {"": "394.06"}, "2018-12-19", "2018-12-21"),
    "qif/sample_bom.qif": ("qif", 29, {"": "21349"}, "2008-01-01", "2008-12-10"),
    "qif/split_apostrophe_year.qif": ("qif", 1, {"": "-10.00"}, "2000-01-01", "2000-01-01"),
    "qif/day_first.qif": ("qif", 3, {"": "0.00"}, "2010-01-01", "2010-12-29"),
    "qif/month_first.qif": ("qif", 3, {"": "0.00"}, "2010-01-01", "2010-12-29"),
    "camt/camt053_v8_two_currencies.xml": ("camt", 3, {"CHF": "563.25", "EUR": "-20.97"}, "2023-06-20", "2023-06-20"),
    "camt/camt053_three_decimals.xml": ("camt", 1, {"EUR": "8.850"}, "2014-12-31", "2014-12-31"),
    "camt/camt053_batch.xml": ("camt", 3, {"EUR": "2934.26"}, "2019-05-21", "2019-06-18"),
    "camt/camt053_two_equal_coffees.xml": ("camt", 2, {"EUR": "-9.00"}, "2026-04-07", "2026-04-07"),
    "mt940/volksbank_8_statements.sta": ("mt940", 12, {"EUR": "745.00"}, "2020-02-19", "2020-03-10"),
    "mt940/reversal_of_credit.sta": ("mt940", 1, {"EUR": "-1027.25"}, "2020-02-01", "2020-02-01"),
    "mt940/february_30.sta": ("mt940", 1, {"EUR": "-6.00"}, "2016-03-01", "2016-03-01"),
    "xlsx/four_sheets.xlsx": ("xlsx", 7, {"CNY": "-7541.90"}, "2024-09-01", "2024-09-11"),
}
"""Format, rows, sum per currency with the sign of the file, first and last date as the bank wrote them.

From the samples' own description; February 30 is the one date that does not exist, and the entry date stands for it.
"""

OUR_OWN = {
    "camt/own_camt052_pending.xml": ("camt", 2, {"EUR": "-16.50"}, "2026-04-02", "2026-04-03"),
    "camt/own_camt054_reversal.xml": ("camt", 2, {"CHF": "74.75"}, "2026-04-03", "2026-04-04"),
    "mt940/own_interim_report.sta": ("mt940", 3, {"EUR": "83.50"}, "2026-04-02", "2026-04-03"),
    "mt940/own_slashes_in_pages.sta": ("mt940", 2, {"EUR": "0.00"}, "2026-04-01", "2026-04-02"),
}
"""Written by us for oddities that no other sample has; what they hold was counted by hand."""


def read(name: str) -> list[Event]:
    content = sample(name)
    return events_of(content, recognise(io.BytesIO(content)))


@pytest.mark.parametrize("name", [*WELL_FORMED, *OUR_OWN])
def test_sample_has_exactly_its_rows_sums_and_dates(name):
    expected = (WELL_FORMED | OUR_OWN)[name]

    events = read(name)

    sums = {currency: str(total) for currency, total in sums_of(events).items()}
    first, last = (date.isoformat() for date in first_and_last(events))
    assert (recognise(io.BytesIO(sample(name))).name, len(lines_of(events)), sums, first, last) == expected
    assert refused_of(events) == []


@pytest.mark.parametrize("name", [*WELL_FORMED, *OUR_OWN])
def test_lines_are_numbered_signed_and_never_empty(name):
    lines = lines_of(read(name))

    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    assert len({line.place for line in lines}) == len(lines)
    for line in lines:
        assert abs(line.amount) == abs(line.printed) > 0
        assert line.payee or line.text
        assert line.original


@pytest.mark.parametrize("name", [*WELL_FORMED, *OUR_OWN])
def test_every_account_begins_and_ends_once(name):
    kinds = [type(event).__name__ for event in read(name)]

    inside = False
    for kind in kinds:
        if kind == "StatementStart":
            assert not inside
            inside = True
        elif kind == "StatementEnd":
            assert inside
            inside = False
        else:
            assert inside
    assert not inside


def test_every_sample_is_looked_at():
    malformed = {
        "csv/garbled_amount.csv",
        "ofx1/date_missing.ofx",
        "xlsx/not_a_statement.xlsx",
        "hostile/entity_expansion.xml",
        "hostile/external_entity_file.xml",
        "hostile/formula_payloads.txt",
    }
    assert set(OUR_OWN) <= {f"{path.parent.name}/{path.name}" for path in SAMPLES.glob("*/*")}
    ours = {f"{path.parent.name}/{path.name}" for path in SAMPLES.glob("*/*") if path.stem.startswith("own_")}

    assert {f"{path.parent.name}/{path.name}" for path in SAMPLES.glob("*/*")} == set(WELL_FORMED) | malformed | ours


# The eight rules.


def test_1_equal_is_not_duplicate():
    first, second = lines_of(read("camt/camt053_two_equal_coffees.xml"))

    assert (first.date, first.amount, first.payee, first.text) == (
        second.date,
        second.amount,
        second.payee,
        second.text,
    )
    assert (first.number, second.number) == (1, 2)


def test_2_banks_id_is_not_unique():
    refused = refused_of(read("ofx1/date_missing.ofx"))

    assert len(refused) == 3
    assert sum("<FITID>2000957249" in row.original for row in refused) == 2


def test_3_one_date_order_per_file():
    days = [dt.date(2010, 1, 1), dt.date(2010, 6, 1), dt.date(2010, 12, 29)]

    assert [line.date for line in lines_of(read("qif/day_first.qif"))] == days
    assert [line.date for line in lines_of(read("qif/month_first.qif"))] == days


def test_4_offset_moves_no_date():
    days = {line.date.isoformat() for line in lines_of(read("ofx1/memo_with_ampersand.ofx"))}

    assert (min(days), max(days)) == ("2018-09-13", "2018-10-05")


def test_5_reversals_have_the_right_sign():
    [line] = lines_of(read("mt940/reversal_of_credit.sta"))

    assert (line.printed, line.amount) == (Decimal("-1027.25"), Decimal("1027.25"))


def test_6_every_digit_is_kept():
    assert [str(line.printed) for line in lines_of(read("ofx1/multi_decimal.ofx"))] == ["-30.000", "-3.77000"]
    assert [str(line.printed) for line in lines_of(read("camt/camt053_three_decimals.xml"))] == ["8.850"]
    assert any(str(line.printed).endswith(".8331") for line in lines_of(read("ofx1/four_decimals.ofx")))


def test_7_bad_rows_are_named():
    events = read("csv/garbled_amount.csv")

    assert sums_of(events) == {"EUR": Decimal("100.00")}
    [refused] = refused_of(events)
    assert (refused.number, refused.value) == (2, "12..34")
    assert refused.column.lower() == "amount"
    assert "row 2" in refused.place

    events = read("ofx1/date_missing.ofx")

    assert lines_of(events) == []
    assert [(row.number, row.value) for row in refused_of(events)] == [(1, ""), (2, ""), (3, "20120231")]


@pytest.mark.parametrize("name", ["hostile/entity_expansion.xml", "hostile/external_entity_file.xml"])
def test_8_document_type_is_refused(name):
    with pytest.raises(UnreadableFile, match="document type declaration"):
        recognise(io.BytesIO(sample(name)))


# What else the samples are known for.


@pytest.mark.parametrize("name", ["xlsx/not_a_statement.xlsx", "hostile/formula_payloads.txt"])
def test_file_that_is_no_statement_is_refused_with_a_reason(name):
    with pytest.raises(UnreadableFile, match="No column has dates"):
        read(name)


def test_mislabelled_encoding_is_read_as_what_it_is():
    assert lines_of(read("qfx/latin1_declared.qfx"))[0].payee == "Paiement facture/Carte prépayée"


def test_unescaped_ampersand_stays():
    assert any("&" in line.payee + line.text for line in lines_of(read("ofx1/memo_with_ampersand.ofx")))


def test_account_without_movements_is_told_too():
    assert len(starts_of(read("ofx2/multiple_accounts.ofx"))) == 3


def test_parts_of_a_split_add_up():
    [line] = lines_of(read("qif/split_apostrophe_year.qif"))

    assert line.amount == Decimal("10.00")
    assert [part.amount for part in line.splits] == [Decimal("9.00"), Decimal("1.00")]
    assert sum((part.amount for part in line.splits), Decimal()) == line.amount
    assert all(isinstance(part, SplitPart) for part in line.splits)


def test_second_column_of_one_name_is_not_lost():
    lines = lines_of(read("csv/aggregator_plaid.csv"))

    assert sorted(line.printed for line in lines if abs(line.printed) == 500) == [Decimal(-500), Decimal(500)]


def test_sheets_are_told_apart():
    events = read("xlsx/four_sheets.xlsx")

    places = {line.place.partition("of")[2] for line in lines_of(events)}
    assert len(places) == 4


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("mt940/volksbank_8_statements.sta", ["0"] * 8),
        ("mt940/february_30.sta", ["0"]),
        ("mt940/reversal_of_credit.sta", ["-1279.46"]),
        ("camt/camt053_three_decimals.xml", ["-0.050"]),
        ("camt/camt053_batch.xml", ["-12774.14"]),
    ],
)
def test_balances_agree_or_differ_by_what_is_known(name, difference):
    assert differences(read(name)) == [Decimal(text) for text in difference]


def test_order_of_dates_that_a_person_chose_is_used():
    content = sample("qif/day_first.qif").decode().replace("29/12/2010", "02/12/2010").encode()
    format_ = recognise(io.BytesIO(content))

    for order, month in ((DateOrder.DAY_FIRST, 6), (DateOrder.MONTH_FIRST, 1)):
        lines = lines_of(events_of(content, format_, Answers(date_order=order)))
        assert lines[1].date.month == month


def test_ends_have_their_balances():
    assert sum(end.closing is not None for end in ends_of(read("mt940/volksbank_8_statements.sta"))) == 8


def test_pending_entries_are_marked():
    states = {name: [line.is_pending for line in lines_of(read(name))] for name in OUR_OWN}

    assert states["camt/own_camt052_pending.xml"] == [False, True]
    assert states["mt940/own_interim_report.sta"] == [False, True, True]


def test_pages_of_a_dutch_bank_balance_and_name_who_was_paid():
    events = read("mt940/own_slashes_in_pages.sta")

    assert differences(events) == [0, 0]
    assert [(line.payee, line.text) for line in lines_of(events)] == [
        ("BICYCLE REPAIR", "SEPA OVERBOEKING: INVOICE 17"),
        ("Bicycle Repair", "RETURNED INVOICE 17"),
    ]
    assert {start.account.number for start in starts_of(events)} == {"NL69INGB0123456789"}
