"""QIF: one date order and one decimal mark per file, sections and accounts apart, parts that add up (I1, I3, I6)."""

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
    DateOrder,
    DecimalMark,
    ParsedLine,
    SplitPart,
    StatementEnd,
    StatementStart,
    UnclearDates,
    UnreadableFile,
)
from budget.statements.formats.qif import QIF
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


def qif(*records: str, header: str = "!Type:Bank") -> str:
    """A file; in a record, lines are apart by `|`."""
    return "\n".join([header, *(record.replace("|", "\n") + "\n^" for record in records)]) + "\n"


def only_line(record: str) -> ParsedLine:
    [line] = lines_of(events_of(qif(record), QIF))
    return line


@pytest.mark.parametrize(
    ("name", "count", "total", "first", "last"),
    [
        ("qif/data.qif", 18, "394.06", "2018-12-19", "2018-12-21"),
        ("qif/sample_bom.qif", 29, "21349", "2008-01-01", "2008-12-10"),
        ("qif/split_apostrophe_year.qif", 1, "-10.00", "2000-01-01", "2000-01-01"),
        ("qif/day_first.qif", 3, "0.00", "2010-01-01", "2010-12-29"),
        ("qif/month_first.qif", 3, "0.00", "2010-01-01", "2010-12-29"),
    ],
)
def test_sample_has_its_movements(name, count, total, first, last):
    """I1: count, sum with every digit, first and last day."""
    content = sample(name)
    events = events_of(content, QIF)

    assert QIF.recognises(content[:4096])
    assert len(lines_of(events)) == count
    assert {currency: str(amount) for currency, amount in sums_of(events).items()} == {"": total}
    assert first_and_last(events) == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))
    assert refused_of(events) == []


@pytest.mark.parametrize("name", ["qif/day_first.qif", "qif/month_first.qif"])
def test_one_row_proves_the_order_of_all(name):
    """Rule 3: 1 June, not 6 January."""
    days = [line.date for line in lines_of(events_of(sample(name), QIF))]

    assert days == [dt.date(2010, 1, 1), dt.date(2010, 6, 1), dt.date(2010, 12, 29)]


def test_record_is_told_with_all_that_it_says():
    events = events_of(qif("D31/01/2026|T-1,234.50|C*|N1042|PTown Bakery|MBread|MRolls|LFood:Bread|ARoad 1"), QIF)

    assert events == [
        StatementStart(account=AccountHint(type="checking")),
        ParsedLine(
            number=1,
            place="entry 1 (line 2)",
            date=dt.date(2026, 1, 31),
            printed=Decimal("-1234.50"),
            amount=Decimal("1234.50"),
            payee="Town Bakery",
            text="Bread Rolls",
            category="Food:Bread",
            original="D31/01/2026\nT-1,234.50\nC*\nN1042\nPTown Bakery\nMBread\nMRolls\nLFood:Bread\nARoad 1",
        ),
        StatementEnd(),
    ]


def test_dates_that_prove_nothing_are_asked():
    """Rule 3: never guessed."""
    content = qif("D01/02/2026|T5|PA", "D03/03/2026|T5|PB")

    with pytest.raises(UnclearDates) as raised:
        events_of(content, QIF)

    assert raised.value.example == "01/02/2026"
    answered = events_of(content, QIF, Answers(date_order=DateOrder.MONTH_FIRST))
    assert [line.date for line in lines_of(answered)] == [dt.date(2026, 1, 2), dt.date(2026, 3, 3)]


def test_amounts_that_prove_nothing_are_asked():
    """T5: `-1.234` is asked; `-12,50` is never -1250."""
    content = qif("D2026-01-31|T-1.234|PA")

    with pytest.raises(UnclearAmounts):
        events_of(content, QIF)

    answered = events_of(content, QIF, Answers(decimal_mark=DecimalMark.COMMA))
    assert [str(line.printed) for line in lines_of(answered)] == ["-1234"]
    proved = lines_of(events_of(qif("D2026-01-31|T-1.234|PA", "D2026-01-31|T-12,50|PB"), QIF))
    assert [str(line.printed) for line in proved] == ["-1234", "-12.50"]


@pytest.mark.parametrize(("option", "month"), [("!Option:MDY", 1), ("!Option:DMY", 2), ("!option:dmy ", 2)])
def test_order_that_the_file_declares_decides_where_nothing_proves_one(option, month):
    content = f"{option}\n{qif('D01/02/2026|T5|PA')}"

    assert lines_of(events_of(content, QIF))[0].date.month == month
    with pytest.raises(UnreadableFile, match="different orders"):
        events_of(content + "D13/02/2026\nT5\n^\nD02/13/2026\nT5\n^\n", QIF)


def test_file_with_two_orders_is_not_read_without_an_answer():
    content = qif("D13/02/2026|T5|PA", "D02/14/2026|T5|PB")

    with pytest.raises(UnreadableFile, match="“13/02/2026”, “02/14/2026”"):
        events_of(content, QIF)

    [refused] = refused_of(events_of(content, QIF, Answers(date_order=DateOrder.DAY_FIRST)))
    assert (refused.number, refused.place, refused.column, refused.value) == (2, "entry 2 (line 6)", "D", "02/14/2026")


def test_parts_have_the_sign_of_the_whole():
    [line] = lines_of(events_of(sample("qif/split_apostrophe_year.qif"), QIF))

    assert line.splits == (
        SplitPart(amount=Decimal("9.00"), category="[An Account]"),
        SplitPart(amount=Decimal("1.00"), category="A Category"),
    )
    assert (line.amount, line.category, line.other_account) == (Decimal("10.00"), "", "")


@pytest.mark.parametrize(
    ("parts", "splits", "remarks"),
    [
        ("SFood|EBread|$-9.00|SFun|$-1.00", 2, ()),
        ("SPay|$-30|STax|$20", 2, ()),
        ("SFood|$-10|STrip|ENothing of it|$0.00", 1, ()),
        (
            "SFood|$-9.00|SFun|$-2.00",
            0,
            ("The parts of this split add up to -11.00, not to -10.00, so they are left out.",),
        ),
        ("SFood|%50|SFun|%50", 0, ("The parts of this split have no amounts, so they are left out.",)),
        ("SFood|SFun|$-10.00", 0, ("The parts of this split have no amounts, so they are left out.",)),
    ],
)
def test_parts_are_kept_where_they_add_up(parts, splits, remarks):
    line = only_line(f"D2026-01-31|T-10.00|PShop|LFood|{parts}")

    assert (len(line.splits), line.remarks) == (splits, remarks)
    assert sum(part.amount for part in line.splits) in (0, line.amount)
    assert line.category == ("" if splits else "Food")


@pytest.mark.parametrize(
    ("category", "read"),
    [
        ("Food:Bread", ("Food:Bread", "")),
        ("Income.Salary", ("Income.Salary", "")),
        ("[Savings]", ("", "Savings")),
        ("[Savings]/Trip", ("", "Savings")),
        ("[unclosed", ("[unclosed", "")),
        ("--Split--", ("", "")),
        ("|--SPLIT--|", ("", "")),
        ("", ("", "")),
    ],
)
def test_category_in_brackets_is_an_own_account(category, read):
    line = only_line(f"D2026-01-31|T-10|PShop\nL{category}".replace("|--", "\0--").replace("--|", "--\0"))

    assert (line.category, line.other_account) == read


@pytest.mark.parametrize(
    ("record", "payee", "text"),
    [
        ("PShop", "Shop", ""),
        ("MMemo", "", "Memo"),
        ("ARoad 1|ATown", "", "Road 1 Town"),
        ("LFood", "", "Food"),
        ("N1042", "", "No. 1042"),
        ("C*", "", "Movement"),
    ],
)
def test_payee_and_text_are_never_both_empty(record, payee, text):
    line = only_line(f"D2026-01-31|T-10|{record}")

    assert (line.payee, line.text) == (payee, text)


def test_amount_may_be_in_either_line():
    assert only_line("D2026-01-31|U-10.00|PShop").printed == Decimal("-10.00")
    assert only_line("D2026-01-31|T-10.00|U-10.0|PShop").printed == Decimal("-10.00")


@pytest.mark.parametrize(
    ("record", "column", "value"),
    [
        ("T5|PShop", "D", ""),
        ("D31/02/2026|T5|PShop", "D", "31/02/2026"),
        ("D2026-01-31|PShop", "T", ""),
        ("D2026-01-31|T12..34|PShop", "T", "12..34"),
        ("D2026-01-31|T5|PShop|D2026-02-01|T6|PBar", "D", "2026-01-31"),
        ("D2026-01-31|T5|PShop|T6|PBar", "T", "5"),
        ("D2026-01-31|T5|U6|PShop", "U", "6"),
        ("D2026-01-31|T10000000000000|PShop", "T", "10000000000000"),
        ("D2026-01-31|T5|SFood|$five", "$", "five"),
        ("D2026-01-31|T5|P" + "x" * 2_001, "P", "x" * 59 + "…"),
        ("D2026-01-31|T5|P" + "x" * 100_000, "P", "x" * 59 + "…"),
        ("D2026-01-31|T5" + ("|M" + "x" * 1_500) * 2, "M", "x" * 59 + "…"),
        ("D2026-01-31|T5" + "|ARoad" * 2_500, "^", ""),
    ],
)
def test_record_that_cannot_be_read_is_named_and_the_rest_is_read(record, column, value):
    """I6, rule 7."""
    events = events_of(qif("D2026-01-30|T1|PA", record, "D2026-01-31|T2|PB"), QIF)

    assert [(row.number, row.place, row.column, row.value) for row in refused_of(events)] == [
        (2, "entry 2 (line 6)", column, value)
    ]
    assert [line.number for line in lines_of(events)] == [1, 3]


def test_accounts_and_sections_are_told_apart():
    content = "\n".join(
        [
            "!Option:AutoSwitch",
            "!Account", "NEveryday", "TBank", "^", "NCard", "TCCard", "^",
            "!Clear:AutoSwitch",
            "!Type:Cat", "NFood", "DWhat we eat", "E", "^",
            "!Type:Bank", "D2026-01-29", "T1.00", "PBefore any account", "^",
            "!Account", "NEveryday", "TBank", "$99.00", "/2026-01-31", "^",
            "!Type:Bank", "D2026-01-30", "T-1.00", "PShop", "^",
            "!Account", "NCard", "TCCard", "$5.00", "/2026-01-01", "^",
            "!Type:CCard", "D2026-01-31", "T-2.00", "PShop", "^", "D2026-01-31", "T0.00", "PInfo", "^",
            "!Account", "NBroker", "TInvst", "^",
            "!Type:Invst", "D2026-01-31", "NBuy", "YShares", "T100.00", "^",
            "!Type:Prices", '"SYM",12.34,"1/31/26"', "^",
        ]
    )  # fmt: skip
    events = events_of(content, QIF)

    assert [start.account for start in starts_of(events)] == [
        AccountHint(type="checking"),
        AccountHint(name="Everyday", type="checking"),
        AccountHint(name="Card", type="credit"),
        AccountHint(name="Broker", type="investment"),
    ]
    assert [str(line.printed) for line in lines_of(events)] == ["1.00", "-1.00", "-2.00"]
    assert idle_of(events) == [(4, MOVES_NOTHING)]
    assert ends_of(events) == [
        StatementEnd(),
        StatementEnd(closing=Balance(amount=Decimal("99.00"), on=dt.date(2026, 1, 31))),
        StatementEnd(),
        StatementEnd(remarks=("1 trade in securities is left out: only movements of money are imported.",)),
    ]


def test_opening_balance_in_the_guise_of_a_movement_is_told():
    content = "!Account\nNEveryday\n^\n" + qif("D2026-01-31|T100|POpening Balance|L[Everyday]")
    [line] = lines_of(events_of(content, QIF))

    assert line.remarks == ("This is the account's opening balance rather than a movement.",)


@pytest.mark.parametrize(
    "header", ["!Type:Bank", "!type:bank ", "!Type:Oth A", "!Type:Banque", "!Type:CCard", "\n\n!Type:Cash"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headers_and_line_ends_of_all_kinds(header, end):
    content = qif("D2026-01-31|T5|PShop", "  D2026-01-31| T5 |PShop", header=header).replace("\n", end) + "\x1a"

    assert QIF.recognises(content.encode())
    assert len(lines_of(events_of(content, QIF))) == 2
    assert refused_of(events_of(content, QIF)) == []


def test_remarks_and_empty_records_before_the_first_header_are_passed_over():
    content = "# Exported by hand\n# for Alice\n\n^\n" + qif("D2026-01-31|T5|PShop")

    assert QIF.recognises(content.encode())
    assert [line.place for line in lines_of(events_of(content, QIF))] == ["entry 1 (line 6)"]
    assert refused_of(events_of(content, QIF)) == []


def test_file_without_a_header_is_read():
    content = qif("D2026-01-31|T5|PShop", header="").lstrip()

    assert QIF.recognises(content.encode())
    assert len(lines_of(events_of(content, QIF))) == 1


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
    ],
)
def test_characters_are_read_by_the_bytes(encoding, mark):
    source = mark + qif("D2026-01-31|T5|PDüsseldorf Köln", "D2026-01-31|T5|PÜber").encode(encoding)

    assert QIF.recognises(source[:4096])
    assert [line.payee for line in lines_of(events_of(source, QIF))] == ["Düsseldorf Köln", "Über"]


@pytest.mark.parametrize(
    ("end", "read", "refused"),
    [
        ("", 1, 0),
        ("\nD2026-01-31\nT-12.50\nPShop\n", 2, 0),
        ("\nD2026-01-31\nT-12.5", 1, 1),
        ("\nD2026-01-31\nT-12.50\nPSh", 1, 1),
        ("\nD2026-01-31\n", 1, 1),
        ("\nPShop\n!Type:Cash\n", 1, 1),
    ],
)
def test_record_in_which_the_file_breaks_off_is_refused(end, read, refused):
    """I6: an amount that may be half of one is no amount."""
    events = events_of("!Type:Bank\nD2026-01-30\nT5\nPA\n^" + end, QIF)

    assert (len(lines_of(events)), len(refused_of(events))) == (read, refused)
    assert all(row.column == "^" for row in refused_of(events))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("!Type:Cat\nNFood\nE\n^\n!Type:Class\nNTrip\n^\n", r"holds only lists \(Type:Cat, Type:Class\)"),
        ("!Account\nNEveryday\n^\n", "There is no movement"),
        ("!Option:MDY\n", "There is no movement"),
        ("", "There is no movement"),
    ],
)
def test_what_holds_no_movements_says_so(content, sentence):
    with pytest.raises(UnreadableFile, match=sentence):
        events_of(content, QIF)


def test_account_without_movements_is_told():
    assert events_of("!Type:Bank\n", QIF) == [StatementStart(account=AccountHint(type="checking")), StatementEnd()]


@pytest.mark.parametrize(
    "filling",
    [
        "x" * 1_000_000,
        "M\n" * 50_000,
        "!Type:Bank\n" * 8_000,
        "^\n" * 50_000,
        "S\n$1\n" * 20_000,
        "D\n^\n" * 5_000,
        "\0" * 10**6,
    ],
    ids=lambda filling: repr(filling[:8]),
)
def test_hostile_lines_cost_little_time_and_memory(filling):
    """I7, S14."""
    source = BytesIO(f"!Type:Bank\nD2026-01-31\nT5\n^\n{filling}".encode())
    start = time.process_time()
    with suppress(UnreadableFile):
        for _ in QIF.read(source, Answers()):
            pass
    assert time.process_time() - start < 2

    tracemalloc.start()
    with suppress(UnreadableFile):
        for _ in QIF.read(BytesIO(source.getvalue()[:50_000]), Answers()):
            pass
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 1_500_000


@pytest.mark.parametrize(
    "head", [b"", b"Date,Amount\n", b"!important {\n", b"<OFX>", b":20:A", b"D\n", b"Dear Sir\nT\n^"]
)
def test_other_files_are_not_taken_for_qif(head):
    assert not QIF.recognises(head)


def test_own_sample_of_a_whole_export_has_its_accounts():
    events = events_of(sample("qif/own_accounts_and_trades.qif"), QIF)

    assert [(str(line.printed), line.date.day, line.other_account) for line in lines_of(events)] == [
        ("-12.50", 2, ""),
        ("2000.00", 3, ""),
        ("-500.00", 30, "Broker"),
    ]
    assert [start.account.name for start in starts_of(events)] == ["Everyday", "Broker"]
    assert ends_of(events) == [
        StatementEnd(closing=Balance(amount=Decimal("1987.50"), on=dt.date(2026, 4, 30))),
        StatementEnd(remarks=("1 trade in securities is left out: only movements of money are imported.",)),
    ]


def test_own_sample_with_a_declared_order_has_its_parts():
    hotel, bakery = lines_of(events_of(sample("qif/own_declared_order.qif"), QIF))

    assert (hotel.date, str(hotel.printed)) == (dt.date(2006, 4, 1), "-1234.00")
    assert hotel.splits == (
        SplitPart(amount=Decimal("1000.00"), category="Travel", note="Room"),
        SplitPart(amount=Decimal("234.00"), category="Travel:Tax"),
    )
    assert bakery.splits == ()
    assert bakery.remarks == ("The parts of this split add up to -12.00, not to -12.50, so they are left out.",)


def test_field_named_by_a_control_character_is_named_without_it():
    """I7: found by spoiling a hundred thousand files; no database and no page has to take it."""
    content = qif("D2010-01-06|T-20.00|PShop", f"D2010-01-07|T-20.00|\x02{'x' * 40_000}")

    (row,) = refused_of(events_of(content, QIF))

    assert (row.column, row.reason[:16]) == ("", "The text has mor")
