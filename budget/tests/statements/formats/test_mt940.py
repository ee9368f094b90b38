"""MT940 and MT942: signs, dates, statements one by one, purposes in sub-fields (R003-18, I1, I3, I6)."""

import datetime as dt
from decimal import Decimal

import pytest

from budget.statements.formats.base import AccountHint, Balance, ParsedLine, StatementStart, UnreadableFile
from budget.statements.formats.mt940 import MT940
from budget.statements.formats.purpose import read_purpose
from budget.tests.statements.reading import (
    differences,
    ends_of,
    events_of,
    idle_of,
    lines_of,
    refused_of,
    sample,
    starts_of,
    sums_of,
)

pytestmark = pytest.mark.once


def statement(*fields: str, opening: str = "C260401EUR100,00", closing: str = "C260430EUR88,00") -> str:
    head = [":20:A", ":25:DE89370400440532013000", ":28C:1/1", f":60F:{opening}"]
    return "\r\n".join([*head, *fields, f":62F:{closing}", "-"]) + "\r\n"


def only_line(*fields: str) -> ParsedLine:
    [line] = lines_of(events_of(statement(*fields), MT940))
    return line


def test_statement_is_told_with_its_account_balances_and_line():
    events = events_of(statement(":61:2604020402D12,00NDDTNONREF//B-77", ":86:Bakery"), MT940)

    assert events[0] == StatementStart(
        account=AccountHint(number="DE89370400440532013000"),
        currency="EUR",
        opening=Balance(amount=Decimal("100.00"), on=dt.date(2026, 4, 1)),
    )
    assert lines_of(events) == [
        ParsedLine(
            number=1,
            place="line 5",
            date=dt.date(2026, 4, 2),
            value_date=dt.date(2026, 4, 2),
            printed=Decimal("-12.00"),
            amount=Decimal("12.00"),
            text="Bakery",
            bank_id="B-77",
            original=":61:2604020402D12,00NDDTNONREF//B-77\n:86:Bakery",
        )
    ]
    assert ends_of(events)[0].closing == Balance(amount=Decimal("88.00"), on=dt.date(2026, 4, 30))
    assert differences(events) == [0]


def test_eight_statements_of_one_account_each_balance():
    events = events_of(sample("mt940/volksbank_8_statements.sta"), MT940)

    assert differences(events) == [0] * 8
    assert {start.account for start in starts_of(events)} == {AccountHint(number="93387", bank="66642399")}
    assert [line.number for line in lines_of(events)] == list(range(1, 13))


@pytest.mark.parametrize(
    ("mark", "printed", "is_pending"),
    [
        ("C", "12.00", False),
        ("D", "-12.00", False),
        ("RC", "-12.00", False),
        ("RD", "12.00", False),
        ("CR", "12.00", False),
        ("DR", "-12.00", False),
        ("RCR", "-12.00", False),
        ("RDR", "12.00", False),
        ("CD", "12.00", False),
        ("DD", "-12.00", False),
        ("EC", "12.00", True),
        ("ED", "-12.00", True),
    ],
)
def test_mark_gives_the_sign(mark, printed, is_pending):
    line = only_line(f":61:260402{mark}12,00NMSC")

    assert (line.printed, line.amount, line.is_pending) == (Decimal(printed), -Decimal(printed), is_pending)


@pytest.mark.parametrize(
    ("printed", "amount"),
    [
        ("12,", "12"),
        ("12", "12"),
        (",5", "0.5"),
        ("12.50", "12.50"),
        ("0000012,345", "12.345"),
        ("9999999999999,9", "9999999999999.9"),
    ],
)
def test_amount_keeps_every_digit(printed, amount):
    assert str(only_line(f":61:260402C{printed}NMSC").printed) == amount


@pytest.mark.parametrize(
    ("field", "column"),
    [
        (":61:260402X12,00NMSC", ":61:"),
        (":61:260402C-12,00NMSC", ":61:"),
        (":61:260402CNMSC", ":61:"),
        (":61:", ":61:"),
        (":61:260231C12,00NMSC", "date"),
        (":61:261302C12,00NMSC", "date"),
        (":61:2602310230C12,00NMSC", "date"),
        (":61:260402C12345678901234,00NMSC", "amount"),
        (":61:２60402C12,00NMSC", ":61:"),
    ],
)
def test_entry_that_cannot_be_read_is_refused_with_its_line(field, column):
    events = events_of(statement(":61:260402D12,00NMSC", field, ":86:Text"), MT940)

    [refused] = refused_of(events)
    assert (refused.number, refused.place, refused.column) == (2, "line 6", column)
    assert refused.reason
    assert refused.original == f"{field}\n:86:Text"
    assert len(lines_of(events)) == 1


def test_february_30_takes_the_entry_date_and_says_so():
    [line] = lines_of(events_of(sample("mt940/february_30.sta"), MT940))

    assert line.date == dt.date(2016, 3, 1)
    assert line.remarks == ("The bank printed 2016-02-30, which does not exist; the entry date is used.",)


def test_entry_date_behind_new_year_is_of_the_next_year():
    assert only_line(":61:2511310101D12,00NMSC").date == dt.date(2026, 1, 1)


def test_reversal_of_a_credit_is_money_out():
    events = events_of(sample("mt940/reversal_of_credit.sta"), MT940)

    assert sums_of(events) == {"EUR": Decimal("-1027.25")}
    assert lines_of(events)[0].payee == "GEBÜHREN MANUELL GG UST-FREI"


def test_entries_of_zero_are_counted_and_left_out():
    events = events_of(statement(":61:260402C0,00NMSC", ":61:260402D12,00NMSC"), MT940)

    assert [line.number for line in lines_of(events)] == [2]
    assert idle_of(events) == [(1, "It moves nothing: the amount is 0.")]


def test_missing_closing_balance_is_a_refused_row():
    cut = statement(":61:260402D12,00NMSC").split(":62F:")[0]

    [refused] = refused_of(events_of(cut, MT940))

    assert (refused.number, refused.column) == (2, ":62F:")
    assert "cut off" in refused.reason


def test_interim_report_has_pending_entries_and_no_balances():
    fields = (":34F:EURD0,", ":13D:2604021200+0200", ":61:260402D5,00NMSC", ":86:Coffee", ":90D:1EUR5,00", "-")
    report = "\n".join([":20:A", ":25:DE89370400440532013000", ":28C:1/1", *fields])

    events = events_of(report, MT940)

    assert starts_of(events)[0].currency == "EUR"
    assert refused_of(events) == []
    assert sums_of(events) == {"EUR": Decimal("-5.00")}


def test_text_behind_the_closing_balance_is_not_of_the_last_entry():
    content = statement(":61:260402D12,00NMSC", ":86:Bakery").replace("\r\n-", "\r\n:86:Interest is 1 %\r\n-")

    assert [line.text for line in lines_of(events_of(content, MT940))] == ["Bakery"]


def test_second_opening_without_a_new_message_begins_a_statement():
    content = statement(":61:260402D12,00NMSC").removesuffix("-\r\n")
    content += ":60F:C260501EUR88,00\r\n:61:260502C2,00NMSC\r\n:62F:C260531EUR90,00\r\n"

    events = events_of(content, MT940)

    assert differences(events) == [0, 0]
    assert len({start.account for start in starts_of(events)}) == 1


def test_pages_of_one_statement_each_balance():
    first = statement(":61:260402D12,00NMSC").replace(":62F:", ":62M:")
    second = statement(":61:260403C2,00NMSC", opening="C260403EUR88,00", closing="C260430EUR90,00").replace(
        ":60F:", ":60M:"
    )

    assert differences(events_of(first + second, MT940)) == [0, 0]


def test_negative_balance_is_owed():
    events = events_of(statement(":61:260402D12,00NMSC", opening="D260401EUR5,00", closing="D260402EUR17,00"), MT940)

    assert ends_of(events)[0].closing == Balance(amount=Decimal("-17.00"), on=dt.date(2026, 4, 2))
    assert differences(events) == [0]


def test_balance_that_cannot_be_read_is_said():
    events = events_of(statement(":61:260402D12,00NMSC", opening="gone"), MT940)

    assert ends_of(events)[0].opening is None
    assert ends_of(events)[0].remarks == ("The balance “gone” in line 4 cannot be read.",)


def test_currency_behind_an_iban_is_taken_off():
    content = statement(":61:260402D12,00NMSC").replace(":25:DE89370400440532013000", ":25:NL69INGB0123456789EUR")

    assert starts_of(events_of(content, MT940))[0].account == AccountHint(number="NL69INGB0123456789")


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_and_line_ends_say_the_same(encoding, ending):
    content = statement(":61:260402D12,00NMSC", ":86:Bäckerei Müller, Brötchen für Käthe", ":61:260403C2,00NMSC")
    source = content.replace("\r\n", ending).encode(encoding)

    assert MT940.recognises(source)
    assert [line.text for line in lines_of(events_of(source, MT940))] == ["Bäckerei Müller, Brötchen für Käthe", "NMSC"]


def test_swift_blocks_and_lines_of_a_bank_before_the_statement_are_passed_over():
    content = "{1:F01BANKDEFFXXXX0000000000}{2:O940}{4:\r\n" + statement(":61:260402D12,00NMSC", ":86:Bakery")
    content = content.removesuffix("-\r\n") + "-}\r\n"
    by_dutch_bank = "ABNANL2A\r\n940\r\nABNANL2A\r\n" + statement(":61:260402D12,00NMSC", ":86:Bakery")

    for source in (content, by_dutch_bank):
        assert MT940.recognises(source.encode())
        assert [line.text for line in lines_of(events_of(source, MT940))] == ["Bakery"]


def test_line_without_any_text_says_its_kind():
    assert only_line(":61:260402D12,00NMSCNONREF").text == "NMSCNONREF"
    assert only_line(":61:260402D12,00").text == "No details"
    assert only_line(":61:260402D12,00NMSC", "Card 1234").text == "Card 1234"


@pytest.mark.parametrize(
    ("lines", "payee", "text"),
    [
        (["166?00TRANSFER?20SVWZ+Rent Ap?21ril?32Ann", "Smith?33 and Co"], "AnnSmith and Co", "TRANSFER: Rent April"),
        (["020~00Card~20Shop~32Baker~34000"], "Baker", "Card: Shop"),
        (["166?00FEE?20EREF+1 SVWZ+Card fee ABWA+Bank"], "", "FEE: Card fee"),
        (["166?00FEE?20What? No"], "", "FEE: What? No"),
        (
            ["/TRTP/SEPA OVERBOEKING/IBAN/NL1/BIC/A/NAME/J JAN", "SEN/REMI/Rent/EREF/NOT"],
            "J JANSEN",
            "SEPA OVERBOEKING: Rent",
        ),
        (["/CNTP/NL1/INGBNL2A/J JANSEN/UTRECHT//REMI/USTD//Rent/"], "J JANSEN", "Rent"),
        (["Plain text", "in two lines"], "", "Plain text in two lines"),
        (["x" * 65, "y"], "", "x" * 65 + "y"),
        ([], "", ""),
    ],
)
def test_purpose_is_told_apart(lines, payee, text):
    assert read_purpose(lines) == (payee, text)


@pytest.mark.parametrize(
    "content", [b"", b"Date;Amount\n1;2\n", b":20:A\nno more", b"see :20:x and :61:y", b"\x00" * 100]
)
def test_other_files_are_not_recognised(content):
    assert not MT940.recognises(content)


def test_file_without_a_statement_is_unreadable():
    with pytest.raises(UnreadableFile, match="no line begins with “:20:”"):
        events_of("Date;Amount\n", MT940)


def test_endless_line_is_unreadable():
    with pytest.raises(UnreadableFile, match="longer than any line"):
        events_of(b":20:A\n:86:" + b"x" * 1_000_000, MT940)


def test_control_characters_do_not_reach_the_text():
    assert only_line(":61:260402D12,00NMSC", ":86:Bak\x00er\x1by\u2028x").text == "Bak er y x"
