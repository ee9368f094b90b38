"""Delimited text: the samples and each oddity of it, row by row. I1, I6, T5."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from budget.statements.formats import delimited
from budget.statements.formats.amounts import UnclearAmounts
from budget.statements.formats.base import (
    LONGEST_TEXT,
    AccountHint,
    Answers,
    Balance,
    DateOrder,
    DecimalMark,
    StatementEnd,
    StatementStart,
    UnclearDates,
    UnreadableFile,
)
from budget.statements.formats.delimited_records import LONGEST_LINE
from budget.statements.formats.layout import Layout
from budget.tests.statements.formats.tables import events, layout, lines, money, refused, remarks, text
from budget.tests.statements.reading import idle_of

pytestmark = pytest.mark.once

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "csv"
D = Decimal


@pytest.mark.parametrize(
    ("name", "count", "total", "first", "last"),
    [
        ("aggregator_plaid", 6, D("112.06"), dt.date(2024, 1, 8), dt.date(2024, 1, 27)),
        ("card_viseca", 9, D("49.200"), dt.date(2024, 9, 16), dt.date(2025, 5, 28)),
        ("european_decimals", 3, D("2260.94"), dt.date(2026, 4, 2), dt.date(2026, 4, 9)),
        ("garbled_amount", 1, D("100.00"), dt.date(2026, 4, 2), dt.date(2026, 4, 2)),
    ],
)
def test_a_sample_gives_its_rows_sum_and_dates(name, count, total, first, last):
    """I1."""
    with (SAMPLES / f"{name}.csv").open("rb") as source:
        found = lines(list(delimited.read(source, Answers())))

    dates = [line.date for line in found]
    assert (len(found), sum(line.printed for line in found)) == (count, total)
    assert (min(dates), max(dates)) == (first, last)


@pytest.mark.parametrize(("name", "out"), [("aggregator_plaid", D("6.33")), ("card_viseca", D("29.000"))])
def test_known_exports_print_money_out_without_a_sign(name, out):
    with (SAMPLES / f"{name}.csv").open("rb") as source:
        first = lines(list(delimited.read(source, Answers())))[0]

    assert (first.printed, first.amount) == (out, out)


def test_the_garbled_amount_is_named_with_row_column_and_value():
    """Rule 7 of the samples."""
    with (SAMPLES / "garbled_amount.csv").open("rb") as source:
        [bad] = refused(list(delimited.read(source, Answers())))

    assert (bad.number, bad.place, bad.column, bad.value) == (2, "row 2 (line 3)", "Amount", "12..34")


def test_a_german_preamble_a_constant_account_and_a_currency_in_the_header_are_read():
    found = events(
        '"Kontonummer:";"DE12 3456"\n\n"Zeitraum:";"April"\n"Kontostand vom 30.04.2026:";"1.234,56 EUR"\n\n'
        '"Auftragskonto";"Buchungstag";"Begünstigter";"Verwendungszweck";"Betrag (EUR)"\n'
        '"DE12 3456";"02.04.2026";"REWE";"Einkauf";"-1.012,34"\n'
        '"DE12 3456";"30.04.2026";"Arbeit";"Gehalt";"2.000,00"\n',
        encoding="cp1252",
    )

    assert found[0] == StatementStart(account=AccountHint(number="DE123456"), currency="EUR")
    assert [(line.payee, line.text, line.amount) for line in lines(found)] == [
        ("REWE", "Einkauf", D("1012.34")),
        ("Arbeit", "Gehalt", D("-2000.00")),
    ]
    assert lines(found)[0].place == "row 1 (line 7)"


def test_debit_and_credit_columns_are_one_amount_with_money_in_positive():
    found = events("Date;Libellé;Débit;Crédit\n13/04/2026;CB;12,50;\n14/04/2026;VIR;0,00;1 500,00\n")

    assert [line.printed for line in lines(found)] == [D("-12.50"), D("1500.00")]
    assert money(found) == [D("12.50"), D("-1500.00")]


def test_amounts_in_both_columns_are_refused():
    found = events("Date;Text;Debit;Credit\n2026-01-02;a;1.00;\n2026-01-03;b;;3.00\n2026-01-04;c;1.00;2.00\n")

    assert [(bad.column, bad.reason) for bad in refused(found)] == [
        ("Debit", "There is an amount in “Debit” and one in “Credit”.")
    ]


def test_a_debit_column_with_minuses_is_money_out_all_the_same():
    found = events("Data;Descrizione;Dare;Avere\n31/01/2026;POS;-10,00;\n01/02/2026;STIPENDIO;;1.000,00\n")

    assert money(found) == [D("10.00"), D("-1000.00")]


def test_a_word_stands_for_the_sign():
    found = events("Datum,Naam,Af Bij,Bedrag\n20260402,AH,Af,12.50\n20260403,Werk,Bij,1500.00\n20260404,AH,Huh,1.00\n")

    assert [(line.printed, line.amount) for line in lines(found)] == [
        (D("-12.50"), D("12.50")),
        (D("1500.00"), D("-1500.00")),
    ]


def test_a_word_that_says_neither_in_nor_out_is_refused():
    content = "Datum,Naam,Af Bij,Bedrag\n20260402,AH,Af,12.50\n20260403,Werk,Bij,1500.00\n"
    columns = layout(content).to_plain()

    found = events(f"{content}20260404,AH,Huh,1.00\n", Answers(columns=columns))

    assert [(bad.column, bad.value) for bad in refused(found)] == [("Af Bij", "Huh")]


def test_a_kind_only_says_what_a_positive_amount_means():
    found = events(
        "交易时间,商品,金额,收/支\n2026-01-13,咖啡,12.50,支出\n2026-01-14,工资,100.00,收入\n", encoding="gb18030"
    )

    assert [(line.printed, line.amount) for line in lines(found)] == [
        (D("12.50"), D("12.50")),
        (D("100.00"), D("-100.00")),
    ]


def test_totals_notes_and_blank_lines_are_left_out_with_a_remark():
    found = events("Date,Text,Amount\n\n2026-01-02,a,-1.00\n\n2026-01-03,b,-2.00\nTotal,,-3.00\n,Printed for you,\n\n")

    assert money(found) == [D("1.00"), D("2.00")]
    assert remarks(found) == ("Left out at the end: “Total -3.00”", "Left out at the end: “Printed for you”")


def test_a_last_row_that_is_cut_off_is_refused_and_no_note():
    """I6: a truncated file loses no row in silence."""
    found = events("Date,Text,Amount\n2026-01-02,a,-1.00\n2026-01-03,b,-2.00\n2026-01-0")

    assert [bad.reason for bad in refused(found)] == ["The row has 1 value, the others have 3."]


def test_a_row_of_zero_is_counted_and_a_row_of_a_balance_is_left_out_with_a_remark():
    found = events(
        "Date,Text,Amount,Balance\n2026-01-01,Opening balance,,5.00\n"
        "2026-01-02,Fee,0.00,5.00\n2026-01-03,b,-2.00,3.00\n"
    )

    assert money(found) == [D("2.00")]
    assert remarks(found)[0] == "1 row only says a balance or a total and was left out."
    assert idle_of(found) == [(2, "It moves nothing: the amount is 0.")]
    assert lines(found)[0].number == 3


def test_a_row_without_an_amount_is_refused():
    found = events("Date,Text,Amount\n2026-01-02,a,-1.00\n2026-01-03,b,\n2026-01-04,c,-2.00\n")

    assert [(bad.number, bad.column, bad.reason) for bad in refused(found)] == [(2, "Amount", "There is no amount.")]


@pytest.mark.parametrize("rows", ["", "reversed"])
def test_a_balance_column_gives_the_balances_of_both_ends_in_either_order(rows):
    table = ["31/01/2026;COMPRA;-10,00;90,00", "01/02/2026;NOMINA;1.000,00;1.090,00", "01/02/2026;PAN;-1,00;1.089,00"]
    body = "\n".join(table[::-1] if rows else table)

    end = events(f"Fecha;Concepto;Importe;Saldo\n{body}\n")[-1]

    assert end == StatementEnd(
        opening=Balance(amount=D("100.00"), on=dt.date(2026, 1, 31)),
        closing=Balance(amount=D("1089.00"), on=dt.date(2026, 2, 1)),
    )


def test_a_file_without_a_header_is_read_by_what_stands_in_its_columns():
    found = events("02.01.2026;Kaffee;-2,50;97,50\n03.01.2026;Lohn;100,00;197,50\n13.01.2026;Brot;-3,00;194,50\n")

    assert [(line.number, line.text, line.amount, line.balance) for line in lines(found)] == [
        (1, "Kaffee", D("2.50"), D("97.50")),
        (2, "Lohn", D("-100.00"), D("197.50")),
        (3, "Brot", D("3.00"), D("194.50")),
    ]


def test_a_quotation_mark_that_never_closes_spoils_its_own_row_only():
    found = events('Date,Text,Amount\n2026-01-01,"Foo,-1.00\n2026-01-02,Bar,-2.00\n2026-01-03,5" pipe,-3.00\n')

    assert [bad.reason for bad in refused(found)] == ["A quotation mark opens a field here and does not close it."]
    assert [(line.text, line.place) for line in lines(found)] == [
        ("Bar", "row 2 (line 3)"),
        ('5" pipe', "row 3 (line 4)"),
    ]


def test_a_quoted_field_may_go_over_lines_and_hold_the_delimiter_and_quotes():
    found = events('Date,Text,Amount\r\n2026-01-02,"Shop, ""Nord""\r\nunit 2",-1.00\r\n2026-01-03,b,-2.00\r\n')

    assert [(line.text, line.place) for line in lines(found)] == [
        ('Shop, "Nord" unit 2', "row 1 (line 2)"),
        ("b", "row 2 (line 4)"),
    ]


def test_rows_wider_or_narrower_than_the_others_are_refused():
    """I6: columns that change half-way."""
    found = events(
        "Date;Text;Amount;Balance\n2026-01-01;a;-1,00;9,00\n2026-01-02;b;c;-2,00;7,00\n2026-01-03;-3,00;4,00\n"
    )

    assert [bad.reason for bad in refused(found)] == [
        "The row has 5 values, the others have 4.",
        "The row has 3 values, the others have 4.",
    ]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_line_ends_and_encodings_make_no_difference(end, encoding):
    content = "Datum;Empfänger;Betrag\n13.01.2026;Bäckerei;-1,50\n14.01.2026;Café;-2,50\n".replace("\n", end)

    assert [(line.payee, line.amount) for line in lines(events(content, encoding=encoding))] == [
        ("Bäckerei", D("1.50")),
        ("Café", D("2.50")),
    ]


@pytest.mark.parametrize("delimiter", list(",;\t|:~^*\x1f"))
def test_any_separator_is_found(delimiter):
    rows = [["Date", "Text", "Amount"], ["2026-01-13", "Coffee", "-1.50"], ["2026-01-14", "Bread, sliced", "-2.50"]]
    content = "\n".join(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in row) for row in rows)

    assert [line.text for line in lines(events(content))] == ["Coffee", "Bread, sliced"]


def test_excels_own_line_about_the_separator_is_heeded():
    found = events("sep=;\nDate;Text;Amount\n2026-01-13;a, b, c;-1,50\n")

    assert [(line.text, line.amount) for line in lines(found)] == [("a, b, c", D("1.50"))]


def test_dates_that_read_both_ways_are_for_the_person():
    content = "Date,Text,Amount\n01/02/2026,a,-1.50\n03/04/2026,b,2.00\n"

    with pytest.raises(UnclearDates) as unclear:
        events(content)
    day_first = lines(events(content, Answers(date_order=DateOrder.DAY_FIRST)))
    month_first = lines(events(content, Answers(date_order=DateOrder.MONTH_FIRST)))

    assert unclear.value.example == "01/02/2026"
    assert [line.date for line in day_first] == [dt.date(2026, 2, 1), dt.date(2026, 4, 3)]
    assert [line.date for line in month_first] == [dt.date(2026, 1, 2), dt.date(2026, 3, 4)]


def test_a_date_after_thousands_of_rows_proves_the_order_of_the_file():
    body = "".join(f"01/02/2026,shop {number},-1.50\n" for number in range(3_000))

    found = lines(events(f"Date,Text,Amount\n{body}02/13/2026,last,-1.00\n"))

    assert {line.date for line in found} == {dt.date(2026, 1, 2), dt.date(2026, 2, 13)}


def test_amounts_that_read_both_ways_are_for_the_person():
    """T5: `1.234` is asked, never guessed."""
    content = "Date;Text;Amount\n2026-01-01;a;1.234\n2026-01-02;b;2.500\n"

    with pytest.raises(UnclearAmounts):
        events(content)

    assert [line.printed for line in lines(events(content, Answers(decimal_mark=DecimalMark.COMMA)))] == [1234, 2500]


def test_another_column_of_numbers_may_prove_the_decimal_mark():
    found = events("Date;Text;Amount;Rate\n2026-01-01;a;29.000;0.848252\n2026-01-02;b;10.000;1.000000\n")

    assert [line.printed for line in lines(found)] == [D("29.000"), D("10.000")]


def test_pending_rows_own_currencies_and_value_dates_are_told():
    found = lines(
        events(
            "Date,Value date,Text,Amount,Currency,Status\n2026-01-13,2026-01-15,a,-1.00,EUR,Pending\n"
            "2026-01-12,x,b,-1.00,USD,Booked\n"
        )
    )

    assert [(line.currency, line.is_pending, line.value_date) for line in found] == [
        ("EUR", True, dt.date(2026, 1, 15)),
        ("USD", False, None),
    ]
    assert found[1].remarks == ("The value date “x” cannot be read and is left out.",)


def test_a_currency_that_is_none_is_refused():
    found = events(
        "Date,Text,Amount,Currency\n2026-01-13,a,-1.00,EUR\n2026-01-13,a,-1.00,EUR\n" * 3 + "2026-01-14,b,-1.00,12\n"
    )

    assert [(bad.column, bad.value) for bad in refused(found)] == [("Currency", "12")]


def test_the_header_once_more_is_left_out_with_a_remark():
    found = events("Date,Text,Amount\n2026-01-13,a,-1.00\nDate,Text,Amount\n2026-01-14,b,-1.00\n")

    assert [line.number for line in lines(found)] == [1, 2]
    assert remarks(found) == ("1 row repeats the header and was left out.",)


def test_texts_lose_control_characters_and_too_long_ones_are_refused():
    """F12."""
    found = events(f"Date,Text,Amount\n2026-01-13,a\0b\x07c,-1.00\n2026-01-14,{'x' * (LONGEST_TEXT + 1)},-1.00\n")

    assert [line.text for line in lines(found)] == ["a b c"]
    assert [bad.column for bad in refused(found)] == ["Text"]


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "1e5", "１２.00", "1_000.00", "99999999999999.00", "12345678901234567"]
)
def test_what_is_no_amount_is_refused(amount):
    """T5, F11."""
    found = events(f"Date,Text,Amount\n2026-01-13,a,-1.00\n2026-01-13,b,-2.00\n2026-01-14,c,{amount}\n")

    assert [(bad.column, bad.value) for bad in refused(found)] == [("Amount", amount)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,amount\na,1.00\n", "No column has dates. The first line is “name | amount”."),
        ("Date,Text\n2026-01-13,a\n", "No column has amounts. The first line is “Date | Text”."),
        ("Date,Text,Amount\n", "There is a header and no row under it."),
        ("just words\nmore words\n", "Nothing parts the lines into columns. The first line is “just words”."),
        ("", "Nothing parts the lines into columns."),
        (f"Date,Text,Amount\n2026-01-13,{'x' * LONGEST_LINE},1\n", "Line 2 is longer than"),
    ],
)
def test_what_is_no_statement_is_refused_with_what_was_found(content, said):
    with pytest.raises(UnreadableFile) as refusal:
        events(content)

    assert str(refusal.value).startswith(said)


def test_a_mapping_by_a_person_is_followed():
    content = "Date,Payee,Note,Amount\n2026-01-13,Shop,Bread,5.00\n"
    mapped = replace(layout(content), payee=2, text=(1,)).to_plain() | {"sign": "money_out_positive"}

    [line] = lines(events(content, Answers(columns=mapped)))

    assert (line.payee, line.text, line.amount) == ("Bread", "Shop", D("5.00"))


def test_what_is_read_with_the_guessed_mapping_is_what_is_read_without():
    """I9."""
    for sample in SAMPLES.glob("*.csv"):
        with sample.open("rb") as source:
            columns = delimited.guess(source).layout.to_plain()
            assert list(delimited.read(source, Answers(columns=columns))) == list(delimited.read(source, Answers()))


def test_the_preview_shows_header_and_first_movements():
    content = "Bank;X\n\nDate;Text;Amount\n2026-01-13;a;-1,00\n2026-01-14;b;-2,00\n"

    shown = delimited.preview_columns(text(content), layout(content), 1)

    assert shown == delimited.Preview(("Date", "Text", "Amount"), (("2026-01-13", "a", "-1,00"),))


@pytest.mark.parametrize("head", [b"\x00\x01\x02\x03\x04binary" * 20, bytes(range(1, 32)) * 40])
def test_binary_is_not_recognised_as_text(head):
    assert not delimited.recognises(head)


def test_a_missing_column_of_a_mapping_is_refused_per_row():
    mapped = Layout(width=4, narrowest=4, date=0, amount=3).to_plain()

    found = events("Date,Amount\n2026-01-13,1.00\n", Answers(columns=mapped))

    assert [bad.reason for bad in refused(found)] == ["The row has 2 values, the others have 4."]


@pytest.mark.parametrize(("mark", "code"), [("€", "EUR"), ("zł", "PLN"), ("eur", "EUR"), ("", "")])
def test_currencies_are_read_as_codes_or_marks(mark, code):
    found = events(f"Date,Text,Amount,Currency\n2026-01-13,a,-1.00,{mark}\n2026-01-13,b,-1.00,CHF\n")

    assert [line.currency for line in lines(found)] == [code, "CHF"]


def test_a_currency_beside_the_amount_is_the_rows_own():
    found = events("Date,Text,Amount\n2026-01-13,a,-1.00 EUR\n2026-01-14,b,USD 2.00\n")

    assert [(line.currency, line.printed) for line in lines(found)] == [("EUR", D("-1.00")), ("USD", D("2.00"))]


def test_a_row_that_says_nothing_still_has_a_text():
    found = events("Date,Text,Amount\n2026-01-13,,-1.00\n2026-01-14,b,2.00\n")

    assert [line.text for line in lines(found)] == ["(no text)", "b"]


def test_a_bad_date_is_refused_with_its_column():
    """I6: 31 February."""
    found = events("Date,Text,Amount\n31/02/2026,a,-1.00\n13/01/2026,b,2.00\n")

    assert [(bad.column, bad.value) for bad in refused(found)] == [("Date", "31/02/2026")]


def test_a_balance_that_cannot_be_read_is_remarked():
    found = events(
        "Date,Text,Amount,Balance\n2026-01-13,a,-1.00,9.00\n2026-01-14,b,-2.00,??\n2026-01-15,b,-2.00,5.00\n"
    )

    assert lines(found)[1].remarks == ("The balance “??” cannot be read and is left out.",)


def test_texts_that_are_too_long_together_are_refused():
    long = "x" * (LONGEST_TEXT - 10)
    found = events(f"Date,Description,Note,Amount\n2026-01-13,{long},{long}y,-1.00\n2026-01-14,b,c,2.00\n")

    assert [bad.column for bad in refused(found)] == ["Description"]


def test_balances_of_one_day_in_no_order_are_not_claimed():
    found = events("Date,Text,Amount,Balance\n2026-01-13,a,-1.00,9.00\n2026-01-13,b,-2.00,70.00\n")

    assert found[-1] == StatementEnd()


def test_cells_in_single_quotation_marks_are_read():
    found = events("'Date','Text','Amount'\n'2026-01-13','a, b','-1.00'\n'2026-01-14','c','-2.00'\n")

    assert [line.text for line in lines(found)] == ["a, b", "c"]


def test_a_text_longer_than_the_sample_is_guessed_from_whole_lines():
    body = "".join(f"2026-01-{number % 28 + 1:02},{'shop ' * 10}{number},-1.50\n" for number in range(2_000))

    assert len(lines(events(f"Date,Text,Amount\n{body}"))) == 2_000


def test_without_quotes_every_mark_is_a_letter():
    content = 'Date,Text,Amount\n2026-01-13,"a,-1.00\n'
    mapped = Layout(width=3, narrowest=3, date=0, text=(1,), amount=2, quote="").to_plain()

    assert [line.text for line in lines(events(content, Answers(columns=mapped)))] == ['"a']


def test_an_amount_beyond_what_is_kept_is_refused():
    found = events("Date,Text,Amount\n2026-01-13,a,9999999999999.99\n2026-01-13,b,9999999999999.999\n")

    assert [bad.value for bad in refused(found)] == ["9999999999999.999"]


def test_rows_of_several_accounts_are_told_apart():
    rows = [f"2026-01-{day},{'Giro' if day % 2 else 'Savings'},{day},-1.00" for day in range(13, 20)]
    found = events("Date,Account,Text,Amount\n" + "\n".join(rows) + "\n2026-01-21,x\nTotal,,,-7.00\n")

    starts = [event.account.name for event in found if isinstance(event, StatementStart)]
    ends = [at for at, event in enumerate(found) if isinstance(event, StatementEnd)]
    assert starts == ["Giro", "Savings"]
    assert [line.text for line in lines(found[: ends[0]])] == ["13", "15", "17", "19"]
    assert [line.number for line in lines(found[ends[0] :])] == [2, 4, 6]
    assert [bad.place for bad in refused(found)] == ["row 8 (line 9)"]
    assert remarks(found) == ("Left out at the end: “Total -7.00”",)


def test_accounts_of_the_other_side_do_not_part_a_file():
    rows = "".join(f"2026-01-{day},DE{day}0000,a,-1.00\n" for day in range(13, 20))

    found = events(f"Date,IBAN,Text,Amount\n{rows}")

    assert [event.account for event in found if isinstance(event, StatementStart)] == [AccountHint()]


def test_a_column_of_far_too_many_accounts_is_refused():
    rows = "".join(f"2026-01-13,{number},-1.00\n" for number in range(60))
    mapped = Layout(width=3, narrowest=3, date=0, account=1, amount=2).to_plain()

    with pytest.raises(UnreadableFile, match="more than 50 accounts"):
        events(f"Date,Who,Amount\n{rows}", Answers(columns=mapped))


@pytest.mark.parametrize(
    "table",
    ["Date,Payee,Amount\n2026-04-01,Shop,-4.1234567890123\n", "Date;Payee;Amount\n2026-04-01;Shop;-4,1234567890123\n"],
)
def test_only_row_with_an_amount_of_thirteen_decimals_is_named(table):
    (bad,) = refused(events(table))

    assert (bad.place, bad.column, bad.value) == ("row 1 (line 2)", "Amount", table.split("Shop")[1][1:].strip())
    assert "has 13 decimals, more than any bank writes." in bad.reason


def test_words_and_dates_in_a_column_called_amount_are_no_amounts():
    with pytest.raises(UnreadableFile, match="No column has amounts"):
        events("Date,Payee,Amount\n2026-04-01,Shop,see letter\n")
