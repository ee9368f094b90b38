"""Guessing what columns mean, and layouts as plain data. I6, I9."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from budget.statements.formats.base import DateOrder, DecimalMark, UnreadableFile
from budget.statements.formats.layout import Layout, Sign, header_digest, plain_name
from budget.tests.statements.formats.tables import doubts, layout

pytestmark = pytest.mark.once

SMALLEST = Layout(width=3, narrowest=3, date=0, amount=2)

ONE_AMOUNT = [
    "Date,Description,Amount",
    "Transaction Date,Merchant,Transaction Amount",
    "Buchungstag,Verwendungszweck,Betrag in EUR",
    "Buchungsdatum (TT.MM.JJJJ),Buchungstext,Umsatz",
    "Date de comptabilisation,Libellé,Montant (EUR)",
    "Date de l'opération,Libellé opération,Montant",
    "Fecha operación,Concepto,Importe",
    "Fecha,Descripción,Monto",
    "Data contabile,Descrizione operazione,Importo",
    "Data,Causale,Importo EUR",
    "Data do lançamento,Histórico,Valor",
    "Data Mov.,Descrição,Montante",
    "Boekdatum,Omschrijving,Bedrag",
    "Transactiedatum,Mededelingen,Transactiebedrag",
    "Data księgowania,Tytuł operacji,Kwota operacji",
    "Data transakcji,Szczegóły transakcji,Kwota w PLN",
    "交易日期,摘要,交易金额",
    "记账日期,备注,金额",
]
TWO_AMOUNTS = [
    "Date,Details,Debit,Credit",
    "Date,Details,Paid out,Paid in",
    "Posting date,Narrative,Withdrawals,Deposits",
    "Datum,Text,Soll,Haben",
    "Datum,Buchungstext,Belastung CHF,Gutschrift CHF",
    "Date,Libellé,Débit euros,Crédit euros",
    "Fecha,Concepto,Cargo,Abono",
    "Fecha valor,Concepto,Debe,Haber",
    "Data,Descrizione,Addebiti,Accrediti",
    "Data operazione,Descrizione,Uscite,Entrate",
    "Data,Descrição,Débito,Crédito",
    "Datum,Omschrijving,Af,Bij",
    "Data operacji,Opis,Obciążenia,Uznania",
    "交易日期,摘要,借方发生额,贷方发生额",
]


@pytest.mark.parametrize("header", ONE_AMOUNT)
def test_names_in_nine_languages_say_which_column_is_which(header):
    found = layout(f"{header}\n2026-01-13,Coffee,-1.50\n2026-01-14,Pay,20.00\n")

    assert (found.header, found.date, found.amount) == (1, 0, 2)
    assert (found.payee, *found.text) in {(None, 1), (1,)}


@pytest.mark.parametrize("header", TWO_AMOUNTS)
def test_names_of_two_columns_say_out_and_in(header):
    found = layout(f"{header}\n2026-01-13,Coffee,1.50,\n2026-01-14,Pay,,20.00\n2026-01-15,Bread,2.50,\n")

    assert (found.header, found.date, found.debit, found.credit, found.amount) == (1, 0, 2, 3, None)


def test_the_order_of_columns_makes_no_difference():
    found = layout("Saldo;Betrag;Währung;Empfänger;Valuta;Buchungstag\n9,00;-1,00;EUR;REWE;15.01.2026;13.01.2026\n")

    assert (found.date, found.value_date, found.amount, found.balance) == (5, 4, 1, 0)
    assert (found.currency, found.payee) == (2, 3)


def test_a_name_that_occurs_twice_does_not_hide_a_column():
    found = layout("date,name,amount,pending,pending\n2026-01-13,Shop,-1.00,False,\n2026-01-14,Shop,-1.00,True,\n")

    assert (found.pending, found.names) == (3, ("date", "name", "amount", "pending", "pending"))


def test_a_balance_that_runs_proves_the_sign():
    rows = "2026-01-13,a,{}1.00,99.00\n2026-01-14,b,{}2.00,97.00\n2026-01-15,c,{}3.00,94.00\n"

    minus = layout("Date,Text,Amount,Balance\n" + rows.format("-", "-", "-"))
    plus = layout("Date,Text,Amount,Balance\n" + rows.format("", "", ""))

    assert (minus.sign, plus.sign) == (Sign.MONEY_IN_POSITIVE, Sign.MONEY_OUT_POSITIVE)
    assert doubts("Date,Text,Amount,Balance\n" + rows.format("", "", "")) == []


def test_a_word_beside_signed_amounts_proves_the_sign():
    found = layout("Details,Date,Text,Amount\nDEBIT,2026-01-13,a,5.00\nCREDIT,2026-01-14,b,-2.00\n")

    assert (found.sign, found.direction) == (Sign.MONEY_OUT_POSITIVE, None)


def test_a_sign_that_nothing_proves_is_money_in_positive_with_a_doubt():
    content = "Date,Text,Amount\n2026-01-13,a,5.00\n2026-01-14,b,2.00\n"

    assert layout(content).sign == Sign.MONEY_IN_POSITIVE
    assert doubts(content) == ["sign"]


def test_a_header_without_known_names_is_found_above_the_movements():
    found = layout("Wann,Wer,Wieviel\n2026-01-31,Bob,-3.20\n2026-02-01,Eve,9.00\n")

    assert (found.header, found.names, found.amount, found.text) == (1, ("Wann", "Wer", "Wieviel"), 2, (1,))


def test_two_columns_of_which_each_row_fills_one_are_out_and_in():
    content = "2026-01-13,Coffee,1.50,\n2026-01-14,Pay,,20.00\n"

    found = layout(content)

    assert (found.header, found.debit, found.credit) == (0, 2, 3)
    assert doubts(content) == ["columns", "columns"]


def test_what_is_not_proved_is_a_doubt():
    assert doubts("Date;Text;Amount\n01/02/2026;a;1.234\n") == ["sign", "date_order", "decimal_mark"]


def test_dates_in_two_orders_are_a_doubt():
    assert "date_order" in doubts("Date;Text;Amount\n13/02/2026;a;1,00\n02/13/2026;b;1,00\n")


def test_narrow_rows_are_sound_where_a_program_leaves_empty_ends_out():
    rows = "2026-01-13,a,-1.00,note\n2026-01-14,b,-1.00\n" * 4

    found = layout("Date,Text,Amount,Note\n" + rows)

    assert (found.narrowest, found.width) == (3, 4)


def test_a_layout_goes_through_json_unchanged():
    whole = replace(
        SMALLEST,
        names=("Date", "D/C", "Amount"),
        direction=1,
        words_in=("C",),
        words_out=("D",),
        text=(1,),
        date_order=DateOrder.DAY_FIRST,
        decimal_mark=DecimalMark.COMMA,
        sign=Sign.MONEY_OUT_POSITIVE,
    )

    assert Layout.from_plain(json.loads(json.dumps(whole.to_plain()))) == whole


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("date", "0", "The mapping says “0” as date, which cannot be."),
        ("date", True, "The mapping says “True” as date, which cannot be."),
        ("amount", -1, "The mapping says “-1” as amount, which cannot be."),
        ("amount", 1000, "The mapping says “1000” as amount, which cannot be."),
        ("amount", None, "The mapping names no column with amounts."),
        ("date", None, "The mapping does not say date."),
        ("text", [1, "x"], "The mapping says “[1, 'x']” as text, which cannot be."),
        ("names", "Date", "The mapping says “Date” as names, which cannot be."),
        ("direction_signs", 1, "The mapping says “1” as direction signs, which cannot be."),
        ("delimiter", "ab", "The mapping says “ab” as delimiter, which cannot be."),
        ("delimiter", "\n", "The mapping says “\n” as delimiter, which cannot be."),
        ("quote", "x", "The mapping says “x” as quote, which cannot be."),
        ("encoding", "nonsense", "The mapping says “nonsense” as encoding, which cannot be."),
        ("encoding", "base64", "The mapping says “base64” as encoding, which cannot be."),
        ("currency_code", "euro", "The mapping says “euro” as currency code, which cannot be."),
        ("sign", None, "The mapping says “None” as sign, which cannot be."),
        ("date_order", "ydm", "The mapping says “ydm” as date order, which cannot be."),
        ("first", 10**10, "The mapping says “10000000000” as first, which cannot be."),
        ("colour", "red", "The mapping has a part “colour”, which no mapping has."),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_by_its_part(part, value, said):
    with pytest.raises(UnreadableFile) as refusal:
        Layout.from_plain(SMALLEST.to_plain() | {part: value})

    assert str(refusal.value) == said


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("ValutaDate", "valuta date"),
        ("iso_currency_code", "iso currency code"),
        ("Begünstigter/Zahlungspflichtiger", "begunstigter zahlungspflichtiger"),
        (" Tytuł  operacji: ", "tytul operacji"),
        ("收/支", "收 支"),
    ],
)
def test_names_are_compared_without_case_accents_and_marks(name, plain):
    assert plain_name(name) == plain


def test_a_header_is_known_again_whatever_its_case_and_blanks_but_not_in_another_order():
    digest = header_digest(["Date", "Beträge", ""])

    assert digest == header_digest(["date ", "BETRAGE"])
    assert digest != header_digest(["Beträge", "Date"])
    assert header_digest(["", ""]) == ""
    assert SMALLEST.digest == ""


def test_columns_are_called_by_name_or_number():
    named = replace(SMALLEST, names=("Date", "", "Amount"))

    assert [named.name(place) for place in range(4)] == ["Date", "column 2", "Amount", "column 4"]
