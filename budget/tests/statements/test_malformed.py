"""Files that are broken as real ones are: cut off, mislabelled, with a wrong row among right ones (I6)."""

import io

import pytest

from budget.statements.formats import read_statements, recognise
from budget.statements.formats.base import Answers, Event, UnreadableFile
from budget.tests.statements.mutations import check_events
from budget.tests.statements.reading import events_of, lines_of, refused_of, sample, sums_of

pytestmark = pytest.mark.once

CUT = [
    "csv/card_viseca.csv",
    "ofx1/memo_with_ampersand.ofx",
    "ofx2/multiple_accounts.ofx",
    "qif/data.qif",
    "camt/camt053_batch.xml",
    "mt940/volksbank_8_statements.sta",
    "xlsx/four_sheets.xlsx",
]
SAY_WHERE_THEY_END = {"ofx1", "ofx2", "camt", "xlsx"}
TENTHS = range(1, 10)


def read(content: bytes | str) -> list[Event]:
    source = content.encode() if isinstance(content, str) else content
    events = list(read_statements(io.BytesIO(source)))
    check_events(events)
    return events


def as_far_as_it_goes(content: bytes) -> tuple[list[Event], str]:
    """The events until the file breaks, and what is said then."""
    events: list[Event] = []
    try:
        for event in read_statements(io.BytesIO(content)):
            events.append(event)
    except UnreadableFile as refusal:
        return events, str(refusal)
    return events, ""


@pytest.mark.parametrize("tenth", TENTHS)
@pytest.mark.parametrize("name", CUT)
def test_file_that_is_cut_off_gives_nothing_wrong(name, tenth):
    content = sample(name)
    whole = [(line.date, line.amount, line.payee, line.text) for line in lines_of(read(content))]

    events, sentence = as_far_as_it_goes(content[: len(content) * tenth // 10])

    found = [(line.date, line.amount, line.payee, line.text) for line in lines_of(events)]
    assert found[:-1] == whole[: max(0, len(found) - 1)]
    if name.partition("/")[0] in SAY_WHERE_THEY_END:
        assert sentence or refused_of(events)


def test_statement_that_is_cut_within_says_so():
    content = sample("mt940/volksbank_8_statements.sta")

    for end in range(len(content) // 2, len(content), 97):
        cut = content[:end]
        is_between = cut.rstrip().endswith(b"-") or b":62F:" in cut.rpartition(b":20:")[2]
        assert is_between or refused_of(read(cut))


HEADER = "Date;Payee;Amount;Currency;Note\n"
GOOD = ["2026-04-01;Rent;-850,00;EUR;April", "2026-04-02;Bakery;-4,50;EUR;Bread", "2026-04-03;Salary;2500,00;EUR;"]
BAD_ROWS = {
    "31 February": ("2026-02-31;Bakery;-4,50;EUR;x", "Date", "2026-02-31"),
    "no date": (";Bakery;-4,50;EUR;x", "Date", ""),
    "a word for a date": ("yesterday;Bakery;-4,50;EUR;x", "Date", "yesterday"),
    "two commas": ("2026-04-04;Bakery;-4,,50;EUR;x", "Amount", "-4,,50"),
    "no amount": ("2026-04-04;Bakery;;EUR;x", "Amount", ""),
    "a word for an amount": ("2026-04-04;Bakery;much;EUR;x", "Amount", "much"),
    "13 decimals": ("2026-04-04;Bakery;1,1234567890123;EUR;x", "Amount", "1,1234567890123"),
    "14 digits": ("2026-04-04;Bakery;12345678901234,00;EUR;x", "Amount", "12345678901234,00"),
    "exponent": ("2026-04-04;Bakery;1e5;EUR;x", "Amount", "1e5"),
    "digits of elsewhere": ("2026-04-04;Bakery;１２;EUR;x", "Amount", "１２"),
    "no number": ("2026-04-04;Bakery;NaN;EUR;x", "Amount", "NaN"),
    "NUL": ("2026-04-04;Bakery;-4\0,50;EUR;x", "Amount", "-4 ,50"),
    "too few columns": ("2026-04-04;Bakery", "", "2026-04-04;Bakery"),
}


@pytest.mark.parametrize(("row", "column", "value"), BAD_ROWS.values(), ids=BAD_ROWS)
def test_bad_row_is_named_and_the_others_are_read(row, column, value):
    events = read(HEADER + "\n".join([GOOD[0], GOOD[1], row, GOOD[2]]))

    [refused] = refused_of(events)
    assert (refused.number, refused.column, refused.value) == (3, column, value)
    assert refused.place == "row 3 (line 4)"
    assert refused.reason
    assert [line.number for line in lines_of(events)] == [1, 2, 4]


def test_mixed_line_ends_part_rows_alike():
    events = read("Date;Payee;Amount\r\n2026-04-01;A;-1,50\n2026-04-02;B;-2,50\r2026-04-03;C;-3,50\r\n")

    assert [line.payee for line in lines_of(events)] == ["A", "B", "C"]


def test_columns_that_change_half_way_are_not_taken_for_others():
    wide = "\n".join(f"2026-04-{day:02};Shop;-{day},50;EUR;x" for day in range(1, 9))
    other = "\n".join(f"Shop;2026-04-{day:02};EUR;-{day},50" for day in range(9, 15))

    events = read(HEADER + wide + "\n" + other)

    assert len(lines_of(events)) == 8
    assert len(refused_of(events)) == 6


def test_lone_quote_takes_no_rows_with_it_unsaid():
    rows = "\n".join(["2026-04-01;Shop;-1,50", '2026-04-02;5" pipe;-2,50', "2026-04-03;Shop;-3,50"])

    events = read("Date;Payee;Amount\n" + rows)

    assert len(lines_of(events)) + len(refused_of(events)) == 3


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_separator_is_found(separator):
    rows = [["Date", "Payee", "Amount"], ["2026-04-01", "A", "-1.50"], ["2026-04-02", "B", "-12.50"]]

    assert [str(line.printed) for line in lines_of(read("\n".join(separator.join(row) for row in rows)))] == [
        "-1.50",
        "-12.50",
    ]


GERMAN = "Bäckerei Müller, Brötchen für Käthe größer"
POLISH = "Piekarnia Łódź, świeże pączki i żurek, księgarnia Kraków"
CHINESE = "北京大学餐厅午餐费用和咖啡馆早餐费用"


def delimited(payee: str) -> str:
    return f"Date;Payee;Amount\n2026-04-01;{payee};-4,50\n2026-04-02;{payee} 2;-5,50\n2026-04-03;{payee} 3;-6,50\n"


def ofx(payee: str) -> str:
    entry = f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260401<TRNAMT>-4.50<FITID>1<NAME>{payee}</STMTTRN>"
    account = "<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM>"
    statement = f"<CURDEF>EUR{account}<BANKTRANLIST>{entry}</BANKTRANLIST>"
    tree = f"<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>{statement}</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    return f"OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n{tree}"


def qif(payee: str) -> str:
    return f"!Type:Bank\nD2026-04-13\nT-4.50\nP{payee}\n^\n"


def mt940(payee: str) -> str:
    lines = [":20:A", ":25:1/2", ":28C:1", ":60F:C260401EUR10,00", ":61:260402D4,50NMSC", f":86:166?20x?32{payee}"]
    return "\r\n".join([*lines, ":62F:C260402EUR5,50", "-", ""])


MAKERS = {"csv": delimited, "ofx1": ofx, "qif": qif, "mt940": mt940}
ENCODINGS = [
    *((encoding, GERMAN) for encoding in ("utf-8", "utf-8-sig", "cp1252", "iso-8859-1")),
    ("cp1250", POLISH),
    ("gb18030", CHINESE),
    *((encoding, CHINESE) for encoding in ("utf-8", "utf-8-sig")),
]
WIDE = [(encoding, text) for encoding in ("utf-16", "utf-16-le", "utf-16-be") for text in (GERMAN, POLISH)]


@pytest.mark.parametrize(("encoding", "text"), [*ENCODINGS, *WIDE])
@pytest.mark.parametrize("name", ["csv", "qif", "mt940", "ofx1"])
def test_text_is_the_same_in_every_encoding(name, encoding, text):
    content = MAKERS[name](text).encode(encoding)

    assert recognise(io.BytesIO(content)).name == name
    assert lines_of(read(content))[0].payee == text


SAME = [name for name in CUT if not name.startswith("xlsx")]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("name", SAME)
def test_line_ends_make_no_difference(name, ending):
    content = sample(name).replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    changed = read(content.replace(b"\n", ending))

    assert sums_of(changed) == sums_of(read(sample(name)))
    assert len(lines_of(changed)) == len(lines_of(read(sample(name))))


def test_wrong_name_makes_no_difference():
    """A reader never sees a name; a file that is called `.ofx` and is none is read as what it is."""
    content = sample("csv/european_decimals.csv")

    assert lines_of(events_of(content, recognise(io.BytesIO(content)), Answers()))


@pytest.mark.parametrize(
    "content",
    [
        "just a letter\nto somebody\n",
        "a,b,c\n1,2,3\n4,5,6\n",
        "Date,Amount\n",
        "Date;Payee;Amount\nx;y;z\n",
        "name;street\nA;B\n",
    ],
)
def test_text_that_is_no_statement_is_refused_with_a_sentence(content):
    events, sentence = as_far_as_it_goes(content.encode())

    assert lines_of(events) == []
    assert len(sentence) > 20 or refused_of(events)
