"""The one line: each piece is found wherever it stands, and what cannot be read comes back as a sentence."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from budget.ledger.quickline import Problem, QuickLine, parse, title_case

pytestmark = pytest.mark.once

TODAY = date(2026, 11, 21)  # a Saturday
YESTERDAY = date(2026, 11, 20)


@dataclass(frozen=True)
class Named:
    """A category or an account, as far as the line knows them."""

    pk: int
    name: str
    label: str = ""
    is_income: bool = False


GROCERIES = Named(1, "Groceries", "Groceries")
EATING_OUT = Named(2, "EatingOut", "Eating out")
EASTER = Named(3, "Easter", "Easter gifts")
SALARY = Named(4, "Salary", "Salary", is_income=True)
CAFES = Named(5, "Cafes", "Cafés")
GIFT = Named(6, "Gift", "Gift")
GIFTS_IN = Named(7, "GiftsIn", "Gifts received", is_income=True)
CATEGORIES = [GROCERIES, EATING_OUT, EASTER, SALARY, CAFES, GIFT, GIFTS_IN]

CASH = Named(1, "Cash")
VISA = Named(2, "Visa")
SAVINGS = Named(3, "Savings")
VISA_GOLD = Named(4, "Visa Gold")
ACCOUNTS = [CASH, VISA, SAVINGS, VISA_GOLD]


def read(line, **options):
    given: dict[str, Any] = {"today": TODAY, "currency": "EUR", "categories": CATEGORIES, "accounts": ACCOUNTS}
    return parse(line, **given | options)


def says(amount=None, payee="", *, on=None, **rest):
    """The line that is expected; a day that is given was typed."""
    amount = None if amount is None else Decimal(amount)
    return QuickLine(date=on or TODAY, has_date=on is not None, amount=amount, payee=payee, **rest)


COFFEE = says("12.50", "Coffee House", on=YESTERDAY, category=EATING_OUT, account=CASH, note="with Alice")

UNDERSTOOD = {
    '12.50 coffee house #eat @cash yesterday "with Alice"': COFFEE,
    '"with Alice" yesterday @cash #eat coffee house 12.50': COFFEE,
    'coffee house @cash 12.50 "with Alice" #eat yesterday': COFFEE,
    '#eat yesterday coffee 12.50 house "with Alice" @cash': COFFEE,
    "@CASH #EATINGOUT yesterday 12,50 coffee house “with Alice”": COFFEE,
    "12.50 coffee house #eat": says("12.50", "Coffee House", category=EATING_OUT),
    "12.50": says("12.50"),
    "5 bread": says("5", "Bread"),
    "€5 bread": says("5", "Bread"),
    "5€ bread": says("5", "Bread"),
    "5 EUR bread": says("5", "Bread"),
    "€ 5 bread": says("5", "Bread"),
    "1,234.56 ikea": says("1234.56", "Ikea"),
    "1.234,56 ikea": says("1234.56", "Ikea"),
    "1 234,56 ikea": says("1234.56", "Ikea"),
    "ikea 1'234.56": says("1234.56", "Ikea"),
    "+2500 acme #salary": says("2500", "Acme", is_income=True, category=SALARY),
    "2500 acme #salary": says("2500", "Acme", is_income=True, category=SALARY),
    "+30 ikea #groc": says("30", "Ikea", is_income=True, category=GROCERIES),
    "+12+4.50 tips": says("16.50", "Tips", is_income=True),
    "12+4.50 lunch": says("16.50", "Lunch"),
    "12 + 4.50 lunch": says("16.50", "Lunch"),
    "20-3.50+1 lunch": says("17.50", "Lunch"),
    "50 @visa > @savings": says("50", transfer_from=VISA, transfer_to=SAVINGS),
    "@visa > @savings 50": says("50", transfer_from=VISA, transfer_to=SAVINGS),
    "50 @visa>@savings": says("50", transfer_from=VISA, transfer_to=SAVINGS),
    "50 @visa -> @savings": says("50", transfer_from=VISA, transfer_to=SAVINGS),
    '50 @visa → @savings fri "for the trip"': says(
        "50", on=YESTERDAY, note="for the trip", transfer_from=VISA, transfer_to=SAVINGS
    ),
    '50 @"visa gold" > @cash': says("50", transfer_from=VISA_GOLD, transfer_to=CASH),
    "5 x @visa-gold": says("5", "X", account=VISA_GOLD),
    "5 x @gold": says("5", "X", account=VISA_GOLD),
    "5 x @sav": says("5", "X", account=SAVINGS),
    "5 x #gift": says("5", "X", category=GIFT),
    "5 x #gifts-received": says("5", "X", is_income=True, category=GIFTS_IN),
    '5 x #"eating out"': says("5", "X", category=EATING_OUT),
    "5 x #out": says("5", "X", category=EATING_OUT),
    "5 x #cafés": says("5", "X", category=CAFES),
    "5 x #cafes": says("5", "X", category=CAFES),
    "5 x today": says("5", "X", on=TODAY),
    "5 x mon": says("5", "X", on=date(2026, 11, 16)),
    "5 x 20 nov": says("5", "X", on=YESTERDAY),
    "20 nov 5 x": says("5", "X", on=YESTERDAY),
    "nov 20 5 x": says("5", "X", on=YESTERDAY),
    "fri 20 nov 5 x": says("5", "X", on=YESTERDAY),
    "5 x 20 nov 2025": says("5", "X", on=date(2025, 11, 20)),
    "5 x 2026-11-20": says("5", "X", on=YESTERDAY),
    "5 x 20.11.2026": says("5", "X", on=YESTERDAY),
    "5 x 20.11.": says("5", "X", on=YESTERDAY),
    "5 x 20/11": says("5", "X", on=YESTERDAY),
    "12.50 7 eleven": says("12.50", "7 Eleven"),
    "7 eleven 12.50": says("12.50", "7 Eleven"),
    "10 7up": says("10", "7up"),
    "5 shop #12": says("5", "Shop #12"),
    "5 McDonald's": says("5", "McDonald's"),
    "5 bank of the north": says("5", "Bank of the North"),
    "5 joe's diner": says("5", "Joe's Diner"),
    "5 café élan": says("5", "Café Élan"),
    '5 "one" x "two"': says("5", "X", note="one two"),
    '5 x "not closed': says("5", "X", note="not closed"),
    "  5   x  \t y ": says("5", "X Y"),
    "5 a\x00b\x07c": says("5", "A B C"),
    "5 שלום": says("5", "שלום"),
}

REFUSED = {
    "": says(problems=[Problem("", "Enter an amount, such as 12.50.")]),
    "coffee": says(None, "Coffee", problems=[Problem("", "Enter an amount, such as 12.50.")]),
    "12,5o coffee": says(
        None, "Coffee", problems=[Problem("12,5o", "We could not read “12,5o”. Use digits, such as 12.50.")]
    ),
    "1.234 bike": says(
        None, "Bike", problems=[Problem("1.234", "Is “1.234” 1,234.00 or 1.234? Write 1234 or 1,234.00.")]
    ),
    "12.3456 x": says(
        None, "X", problems=[Problem("12.3456", "“12.3456” has too many decimals: EUR has two decimals.")]
    ),
    "$5 x": says(None, "X", problems=[Problem("$5", "“$5” is not in EUR. Enter the amount in EUR.")]),
    "12.00-20 x": says(
        None,
        "X",
        problems=[Problem("12.00-20", "The amount has to be above zero. For money that came in, put + before it.")],
    ),
    "12-20 x": says(
        None, "X", problems=[Problem("12-20", "“12-20” looks like a date. Enter an amount, such as 12.50.")]
    ),
    "0 x": says(
        None, "X", problems=[Problem("0", "The amount has to be above zero. For money that came in, put + before it.")]
    ),
    "3.20 4.20 x": says(
        "3.20",
        "4.20 X",
        problems=[Problem("4.20", "This line has the amounts 3.20 and 4.20. Keep one, or join them with +.")],
    ),
    "5 x #ea": says(
        "5", "X", problems=[Problem("#ea", "“#ea” could be Eating out, Easter gifts. Write more of the name.")]
    ),
    "5 x #travel": says(
        "5", "X", problems=[Problem("#travel", "There is no category “travel”. Categories lists the names.")]
    ),
    "5 x #grocries": says(
        "5", "X", problems=[Problem("#grocries", "There is no category “grocries”. Did you mean Groceries?")]
    ),
    "-5 bread": says(None, "Bread", problems=[Problem("-5", "Write +5 for money in, or 5 for money out.")]),
    "−5.20€ bread": says(
        None, "Bread", problems=[Problem("−5.20€", "Write +5.20€ for money in, or 5.20€ for money out.")]
    ),
    "5 x #": says("5", "X", problems=[Problem("#", "Write the category after #.")]),
    "5 x #groc #eat": says(
        "5",
        "X",
        category=GROCERIES,
        problems=[Problem("#eat", "This line has the categories #groc and #eat. Keep one.")],
    ),
    "5 x @bank": says("5", "X", problems=[Problem("@bank", "There is no account “bank”. Accounts lists the names.")]),
    "5 x @": says("5", "X", problems=[Problem("@", "Write the account after @.")]),
    "5 x @vi": says("5", "X", problems=[Problem("@vi", "“@vi” could be Visa, Visa Gold. Write more of the name.")]),
    "50 @visa @cash": says(
        "50",
        account=VISA,
        problems=[
            Problem(
                "@cash",
                "This line has two accounts. Keep one, or write @visa > @cash to move money between them.",
            )
        ],
    ),
    "50 @visa >": says(
        "50", problems=[Problem(">", "To move money, write one account on each side, such as @visa > @savings.")]
    ),
    "50 @visa > @cash > @savings": says(
        "50", problems=[Problem(">", "To move money, write one account on each side, such as @visa > @savings.")]
    ),
    "50 @visa > @visa": says(
        "50", problems=[Problem("@visa", "Money cannot move from Visa to itself. Name two accounts.")]
    ),
    "50 @visa > @savings #groc": says(
        "50",
        transfer_from=VISA,
        transfer_to=SAVINGS,
        problems=[Problem("#", "Money moved between accounts has no category. Leave the category out.")],
    ),
    "5 x 31 feb": says("5", "X", problems=[Problem("31 feb", "31 February does not exist. Did you mean 28 February?")]),
    "5 x 3/4": says("5", "X", problems=[Problem("3/4", "Is “3/4” 3 April or 4 March? Write 3 apr or 4 mar.")]),
    "5 " + "x" * 101: says(
        "5",
        "X" + "x" * 100,
        problems=[Problem("X" + "x" * 23, "This payee is too long. Use up to 100 characters.")],
    ),
    "x" * 501: says(problems=[Problem("x" * 24, "This line is too long. Use up to 500 characters.")]),
}


@pytest.mark.parametrize("line", UNDERSTOOD)
def test_line_is_understood(line):
    assert read(line) == UNDERSTOOD[line]


@pytest.mark.parametrize("line", REFUSED)
def test_line_says_what_is_wrong_and_keeps_the_rest(line):
    assert read(line) == REFUSED[line]


def test_several_problems_are_told_at_once():
    assert [piece for piece, _ in read("12,5o x #travel @bank 31 feb").problems] == [
        "31 feb",
        "12,5o",
        "#travel",
        "@bank",
    ]


def test_hints_settle_what_would_be_asked():
    line = read("1.234 x 3/4", day_first=True, locale_hint="de")

    assert (line.amount, line.date, line.problems) == (Decimal("1234.00"), date(2026, 4, 3), [])


def test_money_in_is_negative_as_on_a_transaction():
    """R003-28: money out is positive, money in negative."""
    assert [read(line).signed_amount for line in ("5 x", "+5 x", "x")] == [Decimal("5.00"), Decimal("-5.00"), None]


def test_amount_has_the_decimals_of_the_currency():
    assert str(read("1250 ramen", currency="JPY").amount) == "1250"


def test_name_without_a_label_is_called_by_its_name():
    bare = [Named(1, "Pets"), Named(2, "Petrol"), Named(3, "Petty cash"), Named(4, "Petanque")]

    line = read("5 x #pet", categories=bare)

    assert line.problems == [
        Problem("#pet", "“#pet” could be Pets, Petrol, Petty cash and 1 more. Write more of the name.")
    ]


@pytest.mark.parametrize("payee", ["", "IKEA", "eBay", "Coffee house", "7-Eleven"])
def test_payee_with_capitals_stays_as_it_was_typed(payee):
    assert title_case(payee) == payee


@pytest.mark.parametrize("piece", ['"', "#", "@", ">", "1", "+", "1+", "a ", "-", ",", '#"', "nov ", "1 ", "mon ", "("])
def test_any_line_is_answered(piece):
    line = read(piece * (500 // len(piece)))

    assert isinstance(line, QuickLine)
    assert line.problems
