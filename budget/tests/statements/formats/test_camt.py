"""CAMT.052, 053 and 054: the entry has the money, CdtDbtInd the sign, the bank the date (R003-18, I1, I3, I6)."""

import datetime as dt
from decimal import Decimal

import pytest

from budget.statements.formats.base import (
    AccountHint,
    Balance,
    ParsedLine,
    StatementEnd,
    StatementStart,
    UnreadableFile,
)
from budget.statements.formats.camt import CAMT
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

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
ACCOUNT = "<Acct><Id><IBAN>DE89 3704 0044 0532 0130 00</IBAN></Id><Ccy>EUR</Ccy></Acct>"
BOOKED = "<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-04-02</Dt></BookgDt>"


def balance(code: str, amount: str, sign: str = "CRDT", day: str = "2026-04-01", currency: str = "EUR") -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
    money = f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
    return f"<Bal>{kind}{money}<Dt><Dt>{day}</Dt></Dt></Bal>"


def entry(amount: str = "12.00", sign: str = "DBIT", more: str = BOOKED, currency: str = "EUR") -> str:
    return f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{more}</Ntry>'


def document(*parts: str, message: str = "BkToCstmrStmt", statement: str = "Stmt") -> str:
    inner = f"<{statement}><Id>1</Id>{''.join(parts)}</{statement}>"
    return f'<?xml version="1.0"?>\n<Document xmlns="{NAMESPACE}"><{message}>{inner}</{message}></Document>'


def details(inner: str) -> str:
    return f"{BOOKED}<NtryDtls><TxDtls>{inner}</TxDtls></NtryDtls>"


def only_line(part: str) -> ParsedLine:
    [line] = lines_of(events_of(document(ACCOUNT, part), CAMT))
    return line


def test_statement_is_told_with_its_account_balances_and_line():
    parties = "<RltdPties><Cdtr><Pty><Nm>City  Coffee</Nm></Pty></Cdtr></RltdPties>"
    purpose = "<RmtInf><Ustrd>Two cups</Ustrd></RmtInf>"
    more = BOOKED + "<AcctSvcrRef>B-77</AcctSvcrRef>" + details(parties + purpose).removeprefix(BOOKED)

    events = events_of(document(ACCOUNT, balance("OPBD", "100.00"), balance("CLBD", "88.00"), entry(more=more)), CAMT)

    opening = Balance(amount=Decimal("100.00"), on=dt.date(2026, 4, 1))
    assert events == [
        StatementStart(account=AccountHint(number="DE89370400440532013000"), currency="EUR", opening=opening),
        ParsedLine(
            number=1,
            place="entry 1",
            date=dt.date(2026, 4, 2),
            printed=Decimal("-12.00"),
            amount=Decimal("12.00"),
            currency="EUR",
            payee="City Coffee",
            text="Two cups",
            bank_id="B-77",
            original='<Ntry><Amt Ccy="EUR">12.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>' + more + "</Ntry>",
        ),
        StatementEnd(opening=opening, closing=Balance(amount=Decimal("88.00"), on=dt.date(2026, 4, 1))),
    ]
    assert differences(events) == [0]


@pytest.mark.parametrize("reversal", ["", "<RvslInd>true</RvslInd>", "<RvslInd>false</RvslInd>"])
@pytest.mark.parametrize(("sign", "printed"), [("CRDT", "12.00"), ("DBIT", "-12.00")])
def test_indicator_alone_gives_the_sign(reversal, sign, printed):
    line = only_line(entry(sign=sign, more=reversal + BOOKED))

    assert (line.printed, line.amount) == (Decimal(printed), -Decimal(printed))


@pytest.mark.parametrize(
    ("more", "column"),
    [
        ("<BookgDt><Dt>2026-02-30</Dt></BookgDt>", "BookgDt"),
        ("<BookgDt><Dt>30.04.2026</Dt></BookgDt>", "BookgDt"),
        ("<BookgDt><Dt>0001-04-30</Dt></BookgDt>", "BookgDt"),
        ("<ValDt><Dt>2026-13-01</Dt></ValDt>", "ValDt"),
        ("", "BookgDt"),
        (BOOKED + '<Amt Ccy="EUR">1.00</Amt>', "Amt"),
        (BOOKED + f"<AddtlNtryInf>{'x' * 2001}</AddtlNtryInf>", "NtryDtls"),
    ],
)
def test_entry_that_cannot_be_read_is_refused_with_its_place(more, column):
    events = events_of(document(ACCOUNT, entry(), entry("7.00", more=more)), CAMT)

    [refused] = refused_of(events)
    assert (refused.number, refused.place, refused.column) == (2, "entry 2", column)
    assert refused.reason
    assert "<Amt Ccy=" in refused.original
    assert len(lines_of(events)) == 1


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "-12.00",
        "1e5",
        "NaN",
        "Infinity",
        "１２",
        "1,234.00",
        "12,50",
        "0x1",
        "1_000",
        "12..34",
        "99999999999999.00",
        "9" * 500,
    ],
)
def test_amount_that_is_none_is_refused(amount):
    [refused] = refused_of(events_of(document(ACCOUNT, entry(amount)), CAMT))

    assert refused.column == "Amt"


@pytest.mark.parametrize("sign", ["", "CREDIT", "crdt"])
def test_entry_without_a_sign_is_refused(sign):
    [refused] = refused_of(events_of(document(ACCOUNT, entry(sign=sign)), CAMT))

    assert refused.column == "CdtDbtInd"


def test_entry_without_an_amount_is_refused():
    [refused] = refused_of(events_of(document(ACCOUNT, f"<Ntry><CdtDbtInd>DBIT</CdtDbtInd>{BOOKED}</Ntry>"), CAMT))

    assert refused.reason == "The entry has no amount."


@pytest.mark.parametrize(
    ("printed", "amount"),
    [
        ("474.4", "474.4"),
        ("8.850", "8.850"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("0012.00", "12.00"),
        (" 12.00\n", "12.00"),
    ],
)
def test_amount_keeps_every_digit(printed, amount):
    assert str(only_line(entry(printed, "CRDT")).printed) == amount


@pytest.mark.parametrize(
    ("dates", "date", "remarks"),
    [
        ("<BookgDt><DtTm>2026-04-02T23:59:59-11:00</DtTm></BookgDt>", (2026, 4, 2), 0),
        ("<BookgDt><DtTm>2026-04-02T00:00:00Z</DtTm></BookgDt>", (2026, 4, 2), 0),
        ("<BookgDt><Dt>2026-04-02+02:00</Dt></BookgDt>", (2026, 4, 2), 0),
        ("<BookgDt><Dt>2026-04-02</Dt></BookgDt><ValDt><Dt>2026-05-01</Dt></ValDt>", (2026, 4, 2), 0),
        ("<ValDt><Dt>2026-04-03</Dt></ValDt>", (2026, 4, 3), 1),
        (
            "<NtryDtls><TxDtls><RltdDts><TxDtTm>2026-04-04T01:00:00</TxDtTm></RltdDts></TxDtls></NtryDtls>",
            (2026, 4, 4),
            1,
        ),
    ],
)
def test_date_is_the_banks_own(dates, date, remarks):
    line = only_line(entry(more=dates))

    assert (line.date, len(line.remarks)) == (dt.date(*date), remarks)


@pytest.mark.parametrize(
    ("state", "is_pending"),
    [("BOOK", False), ("PDNG", True), ("FUTR", True), ("<Cd>BOOK</Cd>", False), ("<Cd>PDNG</Cd>", True), ("", False)],
)
def test_state_says_whether_it_is_pending(state, is_pending):
    more = f"<Sts>{state}</Sts><BookgDt><Dt>2026-04-02</Dt></BookgDt>"

    assert only_line(entry(more=more)).is_pending is is_pending


def test_entries_of_zero_and_for_information_are_left_out_and_counted():
    information = BOOKED.replace("BOOK", "INFO")

    events = events_of(document(ACCOUNT, entry("0.00"), entry(), entry(more=information), entry("0")), CAMT)

    assert [(line.number, line.place) for line in lines_of(events)] == [(2, "entry 2")]
    zero, information = "It moves nothing: the amount is 0.", "The bank prints it for information only."
    assert idle_of(events) == [(1, zero), (3, information), (4, zero)]


def test_unknown_state_counts_as_booked_and_is_said():
    line = only_line(entry(more=BOOKED.replace("BOOK", "DONE")))

    assert not line.is_pending
    assert line.remarks == ("The bank marked this entry “DONE”; it counts as booked.",)


def test_money_of_a_batch_is_on_its_entry():
    events = events_of(sample("camt/camt053_batch.xml"), CAMT)

    assert sums_of(events) == {"EUR": Decimal("2934.26")}
    assert lines_of(events)[0].text == "3 payments in one entry · O0OpeAYTkhjerKu3eE9asw"


def test_details_of_a_batch_give_text_and_no_money():
    def one(name):
        parties = f"<RltdPties><Cdtr><Nm>{name}</Nm></Cdtr></RltdPties>"
        return f'<TxDtls><Amt Ccy="EUR">6.00</Amt>{parties}<RmtInf><Ustrd>To {name}</Ustrd></RmtInf></TxDtls>'

    line = only_line(entry(more=f"{BOOKED}<NtryDtls>{one('Ann')}{one('Ben')}</NtryDtls>"))

    assert (line.printed, line.payee, line.text) == (Decimal("-12.00"), "", "2 payments in one entry · To Ann · To Ben")


def test_batch_of_many_details_keeps_its_money_in_little_memory():
    many = "<TxDtls><RmtInf><Ustrd>One of many payments</Ustrd></RmtInf></TxDtls>" * 20_000

    line = only_line(entry(more=f"{BOOKED}<NtryDtls>{many}</NtryDtls>"))

    assert line.printed == Decimal("-12.00")
    assert line.remarks == ("Not all details of this entry are kept.",)
    assert len(line.original) <= 8_000


def test_other_currencies_are_named_by_their_lines():
    events = events_of(sample("camt/camt053_v8_two_currencies.xml"), CAMT)

    assert sums_of(events) == {"CHF": Decimal("563.25"), "EUR": Decimal("-20.97")}


def test_amount_without_any_currency_is_refused():
    events = events_of(document("<Acct/>", f"<Ntry><Amt>1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>{BOOKED}</Ntry>"), CAMT)

    assert refused_of(events)[0].reason == "The amount has no currency."


@pytest.mark.parametrize(
    ("balances", "opening", "closing"),
    [
        ([balance("PRCD", "1"), balance("CLBD", "2")], "1", "2"),
        ([balance("PRCD", "1"), balance("OPBD", "3"), balance("CLBD", "2")], "3", "2"),
        ([balance("OPBD", "1"), balance("ITBD", "2")], "1", "2"),
        ([balance("ITBD", "1"), balance("CLBD", "2")], "1", "2"),
        ([balance("ITBD", "1"), balance("ITBD", "2")], "1", "2"),
        ([balance("ITBD", "2")], None, "2"),
        ([balance("OPBD", "1", "DBIT"), balance("CLBD", "2", "DBIT")], "-1", "-2"),
        ([balance("OPBD", "9", currency="USD"), balance("OPBD", "1"), balance("CLBD", "2")], "1", "2"),
        ([balance("OPAV", "1"), balance("CLAV", "2"), balance("FWAV", "3")], None, None),
    ],
)
def test_balances_open_and_close(balances, opening, closing):
    end = ends_of(events_of(document(ACCOUNT, *balances, entry()), CAMT))[0]

    assert (end.opening and end.opening.amount) == (Decimal(opening) if opening else None)
    assert (end.closing and end.closing.amount) == (Decimal(closing) if closing else None)


def test_balance_that_cannot_be_read_is_said():
    end = ends_of(events_of(document(ACCOUNT, balance("OPBD", "much"), entry()), CAMT))[0]

    assert (end.opening, end.remarks) == (None, ("The balance OPBD cannot be read.",))


def test_several_statements_are_told_one_by_one():
    first, second = document(ACCOUNT, entry()), document(ACCOUNT.replace("DE89", "DE88"), entry("5.00"))
    both = first.replace(
        "</BkToCstmrStmt>", second[second.index("<Stmt>") : second.index("</BkToCstmrStmt>")] + "</BkToCstmrStmt>"
    )

    events = events_of(both, CAMT)

    assert [start.account.number[:4] for start in starts_of(events)] == ["DE89", "DE88"]
    assert [line.number for line in lines_of(events)] == [1, 2]


@pytest.mark.parametrize(
    ("message", "statement"),
    [("BkToCstmrAcctRpt", "Rpt"), ("BkToCstmrStmt", "Stmt"), ("BkToCstmrDbtCdtNtfctn", "Ntfctn")],
)
def test_all_three_messages_are_read(message, statement):
    content = document(ACCOUNT, entry(), message=message, statement=statement)

    assert CAMT.recognises(content.encode())
    assert sums_of(events_of(content, CAMT)) == {"EUR": Decimal("-12.00")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_prefixes_wrappers_and_encodings_make_no_difference(encoding):
    inner = document(ACCOUNT, entry(more=details("<RmtInf><Ustrd>Käse</Ustrd></RmtInf>")))
    inner = inner[inner.index("<Document") :].replace("</", "</ns2:")
    prefixed = "".join(f"<ns2:{part}" if part[0].isalpha() else f"<{part}" for part in inner.split("<")[1:])
    blanks = "\n " if encoding.startswith("utf-8") else ""
    content = f"{blanks}<envelope>{prefixed.replace('xmlns=', 'xmlns:ns2=')}</envelope>".encode(encoding)

    assert CAMT.recognises(content)
    assert lines_of(events_of(content, CAMT))[0].text == "Käse"


def test_declared_code_page_is_used():
    content = document(ACCOUNT, entry(more=details("<RmtInf><Ustrd>Käse für 5 €</Ustrd></RmtInf>")))
    content = content.replace('version="1.0"', 'version="1.0" encoding="windows-1252"')

    assert lines_of(events_of(content.encode("cp1252"), CAMT))[0].text == "Käse für 5 €"


def test_owner_of_the_account_is_not_the_counterparty():
    account = ACCOUNT.replace("<Ccy>", "<Nm>Alice</Nm><Ccy>")
    parties = "<RltdPties><Dbtr><Nm>Shop</Nm></Dbtr><Cdtr><Nm>ALICE</Nm></Cdtr></RltdPties>"

    [line] = lines_of(events_of(document(account, entry(more=details(parties))), CAMT))

    assert line.payee == "Shop"


def test_two_equal_purchases_are_two_lines():
    assert len(lines_of(events_of(sample("camt/camt053_two_equal_coffees.xml"), CAMT))) == 2


def test_file_that_is_cut_off_is_unreadable_whole():
    content = document(ACCOUNT, entry(), entry())

    with pytest.raises(UnreadableFile, match="cannot be read beyond line 2: it ends too early"):
        events_of(content[:-40], CAMT)


def test_xml_without_a_statement_is_unreadable():
    with pytest.raises(UnreadableFile, match="no statement"):
        events_of("<a/>", CAMT)
