import csv
import hashlib
import io
import random

import pytest

from verification.independent import source
from verification.independent.ledger import Ledger
from verification.independent.refusal import Refused
from verification.independent.totals import Total, add_up

pytestmark = pytest.mark.once

HEAD = b"user_id,date,category,amount\n"


def totals(content):
    return add_up(Ledger(io.BytesIO(content)).batches())


def refusal(content):
    with pytest.raises(Refused) as caught:
        totals(content)
    return caught.value


def places(content):
    refused = refusal(content)
    assert refused.reason == "raw_ledger_malformed"
    return [(place.line, place.column, place.kind) for place in refused.places.first]


def row(user="1", day="2024-02-29", category="Food", amount="1.00"):
    return f"{user},{day},{category},{amount}\n".encode()


def test_rows_are_added_up_per_person_month_category_and_currency():
    """R000-22: per category."""
    content = b"""amount,currency,note,date,category,user_id
12.50,EUR,x,2024-01-31,Food,1
-2.5,EUR,,2024-01-01,Food,1
0.001,USD,,2024-01-01,Food,1
3,EUR,,2024-02-01,,2
"""

    assert totals(content) == [
        Total("1", "2024-01", "Food", "EUR", 2, 10_000),
        Total("1", "2024-01", "Food", "USD", 1, 1),
        Total("2", "2024-02", "", "EUR", 1, 3_000),
    ]


@pytest.mark.parametrize(
    "content",
    [
        HEAD + row() + row(user="2"),
        b"\xef\xbb\xbf" + HEAD + row() + row(user="2"),
        (HEAD + row() + row(user="2")).replace(b"\n", b"\r\n"),
        (HEAD + row() + row(user="2")).replace(b"\n", b"\r"),
        (HEAD + row() + row(user="2")).rstrip(b"\n"),
        b"\n\n" + HEAD + b"\n" + row() + b"\n\n" + row(user="2") + b"\n",
        HEAD + b'"1","2024-02-29","Food","1.00"\n' + row(user="2"),
        b'"user_id",date,"category",amount\n' + row() + row(user="2"),
    ],
)
def test_spelling_of_the_file_makes_no_difference(content):
    assert totals(content) == [
        Total("1", "2024-02", "Food", "", 1, 1000),
        Total("2", "2024-02", "Food", "", 1, 1000),
    ]


def test_file_is_described():
    content = b"\xef\xbb\xbf" + HEAD + row(category=" Food ") + row(category="Food")
    ledger = Ledger(io.BytesIO(content))
    add_up(ledger.batches())

    assert (ledger.rows, ledger.columns, ledger.respelled) == (2, ["user_id", "date", "category", "amount"], 1)
    assert (ledger.source.encoding, ledger.source.size) == ("utf-8-sig", len(content))
    assert ledger.source.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", HEAD, HEAD + b"\n\r\n", HEAD.rstrip()])
def test_file_without_rows_is_empty(content):
    assert refusal(content).reason == "raw_ledger_empty"


def test_missing_columns_are_all_named_and_sorted():
    """R000-20, R000-21: all of them in one sentence."""
    refused = refusal(b"user_id,Date,note\n1,2024-01-01,x\n")

    assert refused.reason == "raw_ledger_missing_columns"
    assert refused.message == "The raw ledger misses columns: amount, category, date."
    assert refusal(HEAD.replace(b"date", b"day")).message == "The raw ledger misses column: date."


def test_file_without_a_header_misses_its_columns():
    """R000-20: a row is no header."""
    assert refusal(row()).message == "The raw ledger misses columns: amount, category, date, user_id."


def test_header_is_strict():
    assert places(HEAD.replace(b"\n", b",note,note,date\n") + row()) == [
        (1, "date", "repeated_column"),
        (1, "note", "repeated_column"),
    ]
    assert places(b"\n" + HEAD.replace(b"date", b"d\0te")) == [(2, "", "nul")]
    assert places(b'"user_id,date\n1,2\n') == [(1, "", "unbalanced_quote")]


def test_utf_16_is_a_wrong_encoding():
    kinds = {kind for _, _, kind in places((HEAD + row()).decode().encode("utf-16"))}

    assert kinds <= {"wrong_encoding", "nul"}


def test_every_fault_is_named_by_line_column_and_kind():
    content = (
        HEAD
        + row(day="2024-02-30")  # 2
        + b'1,2024-01-01,"two\nlines",x\n'  # 3 and 4
        + row(user="nobody", amount="1,5")  # 5, which is a row too long as well
        + b"1,2024-01-01\n"  # 6
        + b"\n"  # 7
        + row(user="")  # 8
        + row(category="Fo\0od")  # 9
        + b"1,2024-01-01,Caf\xe9,1.00\n"  # 10
        + row(user="1", day="01.01.2024", amount="NaN")  # 11
    )

    assert places(content) == [
        (2, "date", "not_a_date"),
        (3, "amount", "not_an_amount"),
        (5, "", "long_row"),
        (6, "category", "short_row"),
        (8, "user_id", "not_a_user"),
        (9, "category", "nul"),
        (10, "category", "wrong_encoding"),
        (11, "amount", "not_an_amount"),
        (11, "date", "not_a_date"),
    ]


@pytest.mark.parametrize("block", [64, 200, 1 << 15])
def test_lines_are_counted_over_blocks(monkeypatch, block):
    monkeypatch.setattr(source, "BLOCK", block)
    content = HEAD + row() * 20 + b'1,2024-01-01,"a\r\nb\rc",1.00\n' + row() * 20 + row(amount="?") + row() * 5

    assert places(content) == [(45, "amount", "not_an_amount")]


def test_twenty_places_are_kept_and_all_are_counted():
    refused = refusal(HEAD + row(amount="x") * 30)

    assert [place.line for place in refused.places.first] == list(range(2, 22))
    assert refused.places.total == 30
    assert refused.message == "The raw ledger cannot be read in 30 places, first line 2, column amount: not_an_amount."


def test_message_of_one_place_without_a_column():
    assert refusal(HEAD + b"1,2,3,4,5\n").message == (
        "The raw ledger cannot be read in 1 place, first line 2: long_row."
    )


def test_no_value_is_ever_told():
    told = str(refusal(HEAD + row(user="secret-user", day="secret-day", amount="secret-amount")).as_dict())

    assert "secret" not in told


def test_unbalanced_quote_is_named_by_the_line_on_which_its_row_starts():
    assert places(HEAD + row() + b'1,2024-01-01,"Food,1.00\n' + row() * 3) == [(3, "", "unbalanced_quote")]
    assert places(HEAD + row() + b'1,2024-01-01,"Fo"od,1.00\n' + row()) == [(3, "", "unbalanced_quote")]


def test_unbalanced_quote_in_a_large_file_is_found_and_ends_the_reading():
    content = HEAD + row() * 10 + b'1,2024-01-01,"Food,1.00\n' + row() * 300_000

    assert places(content) == [(12, "", "field_too_long")]


def test_field_may_have_131072_characters_and_no_more():
    assert totals(HEAD + row(category="x" * 131_072))[0].rows == 1
    assert places(HEAD + row() + row(category="x" * 131_073)) == [(3, "", "field_too_long")]


def test_file_without_line_ends_is_refused_before_it_fills_memory():
    assert places(HEAD + b"x" * (source.LONGEST_ROW + source.BLOCK * 2)) == [(2, "", "field_too_long")]
    assert places(b"x" * (source.LONGEST_ROW + source.BLOCK * 2)) == [(1, "", "field_too_long")]


def test_quote_within_an_unquoted_value_is_a_character_like_any_other():
    assert totals(HEAD + row(category='5" pipe'))[0].category == '5" pipe'


def test_currency_is_read_where_its_column_is():
    head = HEAD.replace(b"\n", b",currency\n")

    assert places(head + b"1,2024-01-01,Food,1.00,euro\n") == [(2, "currency", "not_a_currency")]
    assert places(HEAD.replace(b"\n", b",note\n") + b"1,2024-01-01,Food,x,\n") == [(2, "amount", "not_an_amount")]
    assert places(head + b"1,2024-01-01,Food,1.00,\n") == [(2, "currency", "not_a_currency")]


def written_by_chance(chance):
    """A ledger with everything that a writer of CSV may do, and what it adds up to by the plainest of programs."""
    columns = ["user_id", "date", "category", "amount", "note"] + ["currency"] * chance.randrange(2)
    chance.shuffle(columns)
    out = io.StringIO(newline="")
    ends = chance.choice(["\n", "\r\n"])
    writer = csv.writer(out, lineterminator=ends, quoting=chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer.writerow(columns)
    sums: dict[tuple[str, str, str, str], tuple[int, int]] = {}
    for _ in range(chance.randrange(1, 60)):
        decimals = chance.randrange(4)
        units = chance.randrange(-(10**6), 10**6) * 10 ** (3 - decimals)
        text = f"{'-' if units < 0 else ''}{abs(units) // 1000}.{abs(units) % 1000:03}"
        values = {
            "user_id": str(chance.randrange(3)),
            "date": f"2024-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
            "category": chance.choice(["Food", "Rent", "Bücher, neu", ' "Quoted" ', "Cafe\u0301", ""]),
            "amount": text[: len(text) - 3 + decimals].rstrip("."),
            "currency": chance.choice(["EUR", "USD"]),
            "note": chance.choice(["", "plain", "a, b", "two\nlines", "two\r\nlines", 'say "no"', "x" * 300]),
        }
        writer.writerow([values[name] for name in columns])
        category = {"Cafe\u0301": "Café"}.get(values["category"], values["category"].strip())
        currency = values["currency"] if "currency" in columns else ""
        key = (values["user_id"], values["date"][:7], category, currency)
        count, total = sums.get(key, (0, 0))
        sums[key] = (count + 1, total + units)
    return out.getvalue().encode(), [Total(*key, *sums[key]) for key in sorted(sums)]


def test_a_thousand_ledgers_add_up_as_by_a_plain_program(monkeypatch):
    """V16, R000-22: however the file is written."""
    chance = random.Random(20241121)
    for _ in range(1000):
        monkeypatch.setattr(source, "BLOCK", chance.choice([50, 300, 1 << 15]))
        content, expected = written_by_chance(chance)

        assert totals(content) == expected
