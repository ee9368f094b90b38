"""OFX 1, OFX 2 and QFX: whatever tags banks leave open, each movement once, on the bank's own day (R003-18, I1, I6)."""

import datetime as dt
import time
import tracemalloc
from contextlib import suppress
from decimal import Decimal
from io import BytesIO

import pytest

from budget.statements.formats.amounts import UnclearAmounts
from budget.statements.formats.base import (
    MOVES_NOTHING,
    AccountHint,
    Answers,
    Balance,
    DecimalMark,
    ParsedLine,
    RefusedLine,
    StatementEnd,
    StatementStart,
    UnreadableFile,
)
from budget.statements.formats.ofx import OFX1, OFX2
from budget.statements.formats.ofxtags import find_charset, tags
from budget.tests.statements.reading import (
    ends_of,
    events_of,
    first_and_last,
    idle_of,
    lines_of,
    refused_of,
    sample,
    starts_of,
    sums_of,
)

pytestmark = pytest.mark.once

HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
ACCOUNT = "<CURDEF>EUR<BANKACCTFROM><BANKID>BANK<ACCTID>12 34<ACCTTYPE>SAVINGS</BANKACCTFROM>"


def movement(amount: str = "-12.50", date: str = "20260402", more: str = "<NAME>Bakery") -> str:
    return f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>{date}<TRNAMT>{amount}<FITID>7{more}</STMTTRN>"


def statement(*movements: str, behind: str = "", account: str = ACCOUNT) -> str:
    rows = "\n".join(movements)
    return f"{HEADER}<OFX><STMTRS>{account}<BANKTRANLIST>{rows}</BANKTRANLIST>{behind}</STMTRS></OFX>\n"


def only_line(*movements: str) -> ParsedLine:
    [line] = lines_of(events_of(statement(*movements), OFX1))
    return line


@pytest.mark.parametrize(
    ("name", "count", "sums", "first", "last"),
    [
        ("ofx1/bank_medium.ofx", 3, {"CAD": "-345.27"}, "2009-04-01", "2009-04-03"),
        ("ofx1/four_decimals.ofx", 4, {"USD": "-1778.3952"}, "2012-07-20", "2012-07-27"),
        ("ofx1/memo_with_ampersand.ofx", 16, {"BRL": "393.82"}, "2018-09-13", "2018-10-05"),
        ("ofx1/multi_decimal.ofx", 2, {"USD": "-33.77000"}, "2019-01-23", "2019-01-23"),
        ("qfx/data.qfx", 10, {"USD": "-364.41"}, "2019-01-22", "2019-01-23"),
        ("qfx/latin1_declared.qfx", 1, {"CAD": "-20.00"}, "2022-10-19", "2022-10-19"),
        ("ofx2/multiple_accounts.ofx", 3, {"GBP": "514.72"}, "2014-07-01", "2014-07-17"),
        ("ofx2/suncorp.ofx", 1, {"AUD": "-16.85"}, "2013-12-15", "2013-12-15"),
    ],
)
def test_sample_has_its_movements(name, count, sums, first, last):
    """I1: count, sum with every digit, first and last day."""
    content = sample(name)
    right, wrong = (OFX2, OFX1) if name.startswith("ofx2") else (OFX1, OFX2)
    events = events_of(content, right)

    assert (right.recognises(content[:4096]), wrong.recognises(content[:4096])) == (True, False)
    assert len(lines_of(events)) == count
    assert {currency: str(total) for currency, total in sums_of(events).items()} == sums
    assert first_and_last(events) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert refused_of(events) == []


def test_statement_is_told_with_its_account_balance_and_line():
    balance = "<LEDGERBAL><BALAMT>88.00<DTASOF>20260430</LEDGERBAL><AVAILBAL><BALAMT>588.00<DTASOF>20260430</AVAILBAL>"
    row = movement(date="20260402235959.999[-11:SST]", more="<NAME>Bakery<MEMO>Card 1234")

    assert events_of(statement(row, behind=balance), OFX1) == [
        StatementStart(account=AccountHint(number="1234", bank="BANK", type="savings"), currency="EUR"),
        ParsedLine(
            number=1,
            place="entry 1 (line 7)",
            date=dt.date(2026, 4, 2),
            printed=Decimal("-12.50"),
            amount=Decimal("12.50"),
            payee="Bakery",
            text="Card 1234",
            bank_id="7",
            original=(
                "<TRNTYPE>DEBIT\n<DTPOSTED>20260402235959.999[-11:SST]\n<TRNAMT>-12.50\n<FITID>7\n<NAME>Bakery\n"
                "<MEMO>Card 1234"
            ),
        ),
        StatementEnd(closing=Balance(amount=Decimal("88.00"), on=dt.date(2026, 4, 30))),
    ]


def test_rows_without_a_possible_date_are_all_refused():
    """I6, rules 2 and 7: date_missing.ofx has CR line ends, no header, and one FITID twice."""
    events = events_of(sample("ofx1/date_missing.ofx"), OFX1)

    assert lines_of(events) == []
    assert [(row.number, row.place, row.column, row.value, row.reason) for row in refused_of(events)] == [
        (1, "entry 1 (line 33)", "DTPOSTED", "", "There is no date."),
        (2, "entry 2 (line 40)", "DTPOSTED", "", "There is no date."),
        (
            3,
            "entry 3 (line 48)",
            "DTPOSTED",
            "20120231",
            "“20120231” is day 31 of February 2012, which does not exist.",
        ),
    ]


def test_texts_are_read_as_meant():
    memos = [line.text for line in lines_of(events_of(sample("ofx1/memo_with_ampersand.ofx"), OFX1))]
    [french] = lines_of(events_of(sample("qfx/latin1_declared.qfx"), OFX1))
    [cdata] = lines_of(events_of(sample("ofx2/suncorp.ofx"), OFX2))

    assert memos[0] == "Amazon.Com.Br Amazon & Cloud 3/3"
    assert memos[4] == 'IOF de "Leupay.Eu" & Whoelse'
    assert french.payee == "Paiement facture/Carte prépayée"
    assert (cdata.payee, cdata.text) == (
        "EFTPOS WDL HANDYWAY ALDI STORE",
        "EFTPOS WDL HANDYWAY ALDI STORE GEELONG WEST VICAU",
    )


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("Smith &amp; Sons", "Smith & Sons"),
        ("Smith & Sons", "Smith & Sons"),
        ("AT&T &copy 2026", "AT&T &copy 2026"),
        ("a < b <3 c", "a < b <3 c"),
        ("Caf&eacute; &#233;&#xE9;", "Café éé"),
        ("&#0;&#1114112;&nothing; x", "&nothing; x"),
        ("<![CDATA[<b> & </MEMO> &amp;]]>", "<b> & </MEMO> &amp;"),
        ("one<!-- two <MEMO> -->three", "onethree"),
        ("tab\tline\nend  two\x00\x1b[31m", "tab line end two [31m"),
        ("e\N{COMBINING ACUTE ACCENT}", "é"),
    ],
)
def test_text_keeps_what_is_no_tag(printed, text):
    assert only_line(movement(more=f"<NAME>Shop<MEMO>{printed}")).text == text


@pytest.mark.parametrize(
    ("encoding", "declared", "mark"),
    [
        ("utf-8", "1252", b""),
        ("utf-8", "8859-1", b"\xef\xbb\xbf"),
        ("cp1252", "1252", b""),
        ("cp1252", "ISO-8859-1", b""),
        ("iso8859-2", "8859-2", b""),
        ("cp1250", "1250", b""),
        ("utf-16-le", "NONE", b"\xff\xfe"),
        ("utf-16-be", "UNICODE", b"\xfe\xff"),
    ],
)
def test_characters_are_read_by_the_bytes_then_by_the_header(encoding, declared, mark):
    content = statement(movement(more="<NAME>Müller ß ö")).replace("CHARSET:1252", f"CHARSET:{declared}")
    source = mark + content.encode(encoding)

    assert lines_of(events_of(source, OFX1))[0].payee == "Müller ß ö"
    assert OFX1.recognises(source[:4096])


@pytest.mark.parametrize("declared", ["base64", "zip", "utf-7", "idna", "rot13", "unicode_escape", "no-such"])
def test_header_cannot_name_what_is_no_character_set(declared):
    source = BytesIO(statement(movement(more="<NAME>Müller")).replace(":1252", f":{declared}").encode("cp1252"))

    assert find_charset(source) not in (declared, declared.replace("-", "_"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "", "\n\n\n"])
def test_line_ends_make_no_difference(end):
    content = sample("ofx1/memo_with_ampersand.ofx").decode().replace("\n", end or " ")

    assert sums_of(events_of(content, OFX1)) == {"BRL": Decimal("393.82")}


def test_sgml_and_xml_are_the_same_statement():
    content = sample("ofx2/multiple_accounts.ofx").decode()
    without_ends = content
    for tag in ("TRNTYPE", "DTPOSTED", "TRNAMT", "FITID", "NAME", "CURDEF", "ACCTID", "BANKID", "ACCTTYPE", "BALAMT"):
        without_ends = without_ends.replace(f"</{tag}>", "")

    assert events_of(without_ends, OFX1) == events_of(content, OFX2)


def test_accounts_are_told_apart():
    starts = starts_of(events_of(sample("ofx2/multiple_accounts.ofx"), OFX2))
    card = starts_of(events_of(sample("ofx1/memo_with_ampersand.ofx"), OFX1))

    assert [(start.account.number, start.account.type) for start in starts] == [
        ("54658222458596", "checking"),
        ("546582659855", "checking"),
        ("21252344525548", "savings"),
    ]
    assert card[0].account.type == "credit"


def test_cash_of_an_investment_statement_is_read_and_trades_are_counted():
    trade = "<BUYSTOCK><INVBUY><INVTRAN><FITID>1<MEMO>10 shares</INVTRAN><TOTAL>-100.00</INVBUY></BUYSTOCK>"
    cash = f"<INVBANKTRAN>{movement()}<SUBACCTFUND>CASH</INVBANKTRAN>"
    account = "<CURDEF>USD<INVACCTFROM><BROKERID>broker.example<ACCTID>X1</INVACCTFROM>"
    content = f"<OFX><INVSTMTRS>{account}<INVTRANLIST>{trade}{cash}{trade}</INVTRANLIST></INVSTMTRS></OFX>"

    events = events_of(content, OFX1)

    assert starts_of(events)[0].account == AccountHint(number="X1", bank="broker.example", type="investment")
    assert sums_of(events) == {"USD": Decimal("-12.50")}
    assert ends_of(events)[0].remarks == (
        "This is an investment statement; its movements of cash are imported.",
        "2 trades in securities are left out: only cash is imported.",
    )


def test_pending_movements_are_marked():
    pending = (
        "<BANKTRANLISTP><DTASOF>20260403<STMTTRNP><TRNTYPE>HOLD<DTTRAN>20260403<TRNAMT>-3.00</STMTTRNP></BANKTRANLISTP>"
    )
    booked, held = lines_of(events_of(statement(movement(), behind=pending), OFX1))

    assert (booked.is_pending, held.is_pending) == (False, True)
    assert (held.date, held.text) == (dt.date(2026, 4, 3), "Hold")


@pytest.mark.parametrize(
    ("amounts", "printed"),
    [
        (["-12,50"], ["-12.50"]),
        (["+00000000000115.8331"], ["115.8331"]),
        (["1.234,56", "-1.234"], ["1234.56", "-1234"]),
        (["1,234.56", "-1,234"], ["1234.56", "-1234"]),
        (["-30.000"], ["-30.000"]),
        (["5", "-1234"], ["5", "-1234"]),
    ],
)
def test_amount_is_read_by_the_mark_of_the_whole_file(amounts, printed):
    events = events_of(statement(*map(movement, amounts)), OFX1)

    assert [str(line.printed) for line in lines_of(events)] == printed
    assert [str(line.amount) for line in lines_of(events)] == [str(-Decimal(text)) for text in printed]


def test_comma_of_either_meaning_is_asked():
    """T5: never guessed."""
    content = statement(movement("-1,234"))

    with pytest.raises(UnclearAmounts) as raised:
        events_of(content, OFX1)

    assert raised.value.example == "-1,234"
    assert lines_of(events_of(content, OFX1, Answers(decimal_mark=DecimalMark.POINT)))[0].printed == -1234
    assert str(lines_of(events_of(content, OFX1, Answers(decimal_mark=DecimalMark.COMMA)))[0].printed) == "-1.234"


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        (movement("12..50"), "TRNAMT", "12..50"),
        (movement(""), "TRNAMT", ""),
        (movement("NaN"), "TRNAMT", "NaN"),
        (movement("10000000000000.00"), "TRNAMT", "10000000000000.00"),
        (movement(more="<NAME>A<TRNAMT>-5.00"), "TRNAMT", "-12.50"),
        (movement().replace("<STMTTRN>", "<STMTTRM>"), "STMTTRN", "-12.50"),
        (movement(date="20260431"), "DTPOSTED", "20260431"),
        (movement(date="01/02/2026"), "DTPOSTED", "01/02/2026"),
        (movement(more="<NAME>" + "x" * 2_001), "NAME", "x" * 59 + "…"),
        (movement(more="<MEMO>" + "x" * 50_000), "MEMO", "x" * 59 + "…"),
        (movement(more="<NAME>A<CORRECTFITID>6<CORRECTACTION>DELETE"), "CORRECTACTION", "DELETE"),
    ],
)
def test_row_that_cannot_be_read_is_named_and_the_rest_is_read(row, column, value):
    """I6, rule 7."""
    events = events_of(statement(movement("1.00"), row, movement("2.00")), OFX1)

    assert [(row.number, row.place, row.column, row.value) for row in refused_of(events)] == [
        (2, "entry 2 (line 8)", column, value)
    ]
    assert [line.number for line in lines_of(events)] == [1, 3]


def test_details_of_a_movement_are_kept_apart():
    line = only_line(
        movement(
            more="<DTAVAIL>20260405<PAYEE><NAME>Town Bakery<ADDR1>Road 1</PAYEE>"
            "<BANKACCTTO><BANKID>9<ACCTID>8</BANKACCTTO><MEMO>Bread<CURRENCY><CURRATE>1.1<CURSYM>CHF</CURRENCY><CORRECTFITID>6<CORRECTACTION>REPLACE"
        )
    )

    assert (line.payee, line.text, line.currency, line.value_date) == (
        "Town Bakery",
        "Bread",
        "CHF",
        dt.date(2026, 4, 5),
    )
    assert line.remarks == ("The bank says that this replaces its movement 6.",)


@pytest.mark.parametrize(
    ("more", "payee", "text"),
    [
        ("", "", "Debit"),
        ("<CHECKNUM>0042", "", "Debit 42"),
        ("<NAME> <MEMO>Only this", "", "Only this"),
        ("<NAME>Cut off na<EXTDNAME>Cut off name", "Cut off name", ""),
    ],
)
def test_payee_and_text_are_never_both_empty(more, payee, text):
    line = only_line(movement(more=more))

    assert (line.payee, line.text) == (payee, text)


def test_movements_of_nothing_are_left_out_and_told():
    events = events_of(statement(movement("0.00"), movement(), movement("-0")), OFX1)

    assert [line.number for line in lines_of(events)] == [2]
    assert idle_of(events) == [(1, "It moves nothing: the amount is 0."), (3, "It moves nothing: the amount is 0.")]


@pytest.mark.parametrize(
    ("behind", "closing", "remarks"),
    [
        ("", None, 0),
        ("<LEDGERBAL><BALAMT></BALAMT><DTASOF></DTASOF></LEDGERBAL>", None, 0),
        ("<LEDGERBAL><BALAMT>many<DTASOF>20260430</LEDGERBAL>", None, 1),
        ("<LEDGERBAL><BALAMT>-5.00<DTASOF>00000000</LEDGERBAL>", Balance(amount=Decimal("-5.00")), 0),
        ("<AVAILBAL><BALAMT>5.00<DTASOF>20260430</AVAILBAL>", None, 0),
    ],
)
def test_closing_balance_is_that_of_the_ledger(behind, closing, remarks):
    [end] = ends_of(events_of(statement(movement(), behind=behind), OFX1))

    assert end.closing == closing
    assert len(end.remarks) == remarks


@pytest.mark.parametrize("tenths", range(1, 10))
@pytest.mark.parametrize("name", ["ofx1/memo_with_ampersand.ofx", "ofx2/multiple_accounts.ofx", "qfx/data.qfx"])
def test_file_that_is_cut_off_says_so(name, tenths):
    """I6: truncated at every 10 %; what is whole can still go in, if the person wants it."""
    content = sample(name)
    whole = lines_of(events_of(content, OFX1))
    events = events_of(content[: max(len(content) * tenths // 10, 1_000)], OFX1)

    *_, last, end = events
    assert isinstance(last, RefusedLine)
    assert isinstance(end, StatementEnd)
    assert (last.column, len(refused_of(events))) == ("</OFX>", 1)
    assert lines_of(events) == whole[: len(lines_of(events))]


def test_movement_without_its_last_tag_is_whole_when_the_next_begins():
    rows = [movement("1.00"), movement("2.00")]
    content = statement(*rows).replace("</STMTTRN>", "")

    assert [str(line.printed) for line in lines_of(events_of(content, OFX1))] == ["1.00", "2.00"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("<OFX></OFX>", "Download the movements of an account"),
        (
            "<OFX><SONRS><STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Signon invalid</STATUS></SONRS></OFX>",
            "The bank says: “Signon invalid”",
        ),
        ('<!DOCTYPE OFX SYSTEM "file:///etc/passwd"><OFX><STMTRS>', "declares a document type"),
        ('<?xml version="1.0"?><!doctype x [<!ENTITY a "b">]><OFX>', "declares a document type"),
        ("", "There is no statement"),
    ],
)
def test_what_is_no_statement_says_why(content, sentence):
    """S15: no document type is looked into."""
    with pytest.raises(UnreadableFile, match=sentence):
        events_of(content, OFX1)


HOSTILE = [
    "<" * 1_000_000,
    "<a" * 500_000,
    "<" + "a" * 1_000_000,
    "&" * 1_000_000,
    "<STMTTRN>" * 10_000,
    "<STMTRS>" * 5_000,
    "<NAME>" + "x" * 1_000_000,
    "<!--" + "-" * 1_000_000,
    "<![CDATA[" + "]" * 1_000_000,
    "<STMTTRN>" + "".join(f"<T{number}>x" for number in range(50_000)),
    "<PAYEE>" * 50_000,
]


@pytest.mark.parametrize("filling", HOSTILE, ids=lambda filling: filling[:12])
def test_hostile_tags_cost_little_time(filling):
    """I7, S14."""
    source = BytesIO(f"<OFX><STMTRS>{filling}".encode())
    start = time.process_time()

    with suppress(UnreadableFile):
        for _ in OFX1.read(source, Answers()):
            pass

    assert time.process_time() - start < 2


@pytest.mark.parametrize("filling", HOSTILE[:4] + HOSTILE[6:9], ids=lambda filling: filling[:12])
def test_hostile_tags_cost_little_memory(filling):
    """I7, S14: no more than a few pieces of the file are held at once."""
    source = BytesIO(f"<OFX><STMTRS>{filling}".encode())
    tracemalloc.start()

    for _ in OFX1.read(source, Answers()):
        pass

    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 2_000_000


def test_any_chunk_border_gives_the_same_tags(monkeypatch):
    content = statement(
        movement(more="<NAME>Caf&eacute; & < Co<MEMO><![CDATA[ a ]] > ]]>"), behind="<!-- <STMTTRN> -->"
    )
    whole = list(tags(BytesIO(content.encode()), "utf-8"))

    for size in (1, 2, 3, 5, 7, 11, 64):
        monkeypatch.setattr("budget.statements.formats.ofxtags.CHUNK", size)
        assert list(tags(BytesIO(content.encode()), "utf-8")) == whole
        assert lines_of(events_of(content, OFX1))[0].payee == "Café & < Co"


@pytest.mark.parametrize(
    "head", [b"", b"\x89PNG", b"%PDF-1.7", b"Date,Amount\n", b"!Type:Bank\n", b"<Document>", b":20:A"]
)
def test_other_files_are_not_taken_for_ofx(head):
    assert not OFX1.recognises(head)
    assert not OFX2.recognises(head)


@pytest.mark.parametrize(
    ("name", "amounts", "payee", "refused", "remarks"),
    [
        (
            "ofx1/own_investment_trades.ofx",
            ["250.00", "-12.50"],
            "Deposit",
            [],
            (
                "This is an investment statement; its movements of cash are imported.",
                "2 trades in securities are left out: only cash is imported.",
            ),
        ),
        ("ofx1/own_cut_off.ofx", ["-12.50", "2000.00"], "Bakery", [("</OFX>", "entry 3 (line 40)")], ()),
        ("ofx1/own_windows_1252.ofx", ["-12.50", "2000.00", "-125.00"], "Bäckerei Müller – “Brot”", [], ()),
        ("ofx2/own_pending_movements.ofx", ["-12.50", "-40.00"], "Bakery & Café", [], ()),
        ("ofx2/own_decimal_commas.ofx", ["-1234", "2000.50"], "Rent", [], ()),
    ],
)
def test_own_sample_has_its_movements(name, amounts, payee, refused, remarks):
    events = events_of(sample(name), OFX2 if name.startswith("ofx2") else OFX1)

    assert [str(line.printed) for line in lines_of(events)] == amounts
    assert lines_of(events)[0].payee == payee
    assert [(row.column, row.place) for row in refused_of(events)] == refused
    assert ends_of(events)[0].remarks == remarks


def test_entry_of_nothing_of_own_sample_is_counted():
    assert idle_of(events_of(sample("ofx2/own_decimal_commas.ofx"), OFX2)) == [(3, MOVES_NOTHING)]
