"""Currencies have their own decimals; amounts are rounded and shared in them."""

import random
import time
from decimal import Decimal

import pytest

from budget.money import (
    InexactAmount,
    NothingToShareBy,
    TooPrecise,
    UnknownCurrency,
    allocate,
    currency_choices,
    currency_codes,
    currency_name,
    currency_symbol,
    decimals,
    fits,
    is_currency,
    require_currency,
    require_fit,
    round_amount,
    step,
)

pytestmark = pytest.mark.once


def test_currencies_have_their_own_decimals():
    assert [decimals(code) for code in ("EUR", "USD", "JPY", "ISK", "KWD", "TND")] == [2, 2, 0, 0, 3, 3]
    assert [step(code) for code in ("EUR", "JPY", "KWD")] == [Decimal("0.01"), Decimal(1), Decimal("0.001")]


def test_every_currency_fits_into_thousandths():
    assert len(currency_codes()) > 140
    assert {decimals(code) for code in currency_codes()} == {0, 2, 3}


@pytest.mark.parametrize("code", ["DEM", "XXX", "eur", "", "EURO"])
def test_what_is_not_in_circulation_is_no_currency(code):
    assert not is_currency(code)
    with pytest.raises(UnknownCurrency, match="is not a currency"):
        decimals(code)


def test_what_is_in_circulation_is_a_currency():
    assert [is_currency(code) for code in ("EUR", "USD", "JPY")] == [True, True, True]
    assert currency_codes() == sorted(currency_codes())


def test_currency_that_is_required_must_exist():
    assert require_currency("EUR") == "EUR"
    with pytest.raises(UnknownCurrency, match="“eur” is not a currency"):
        require_currency("eur")


def test_amount_that_is_required_to_fit_is_given_back_or_refused():
    assert str(require_fit(Decimal("12.50"), "EUR")) == "12.50"
    for amount in ("12.505", "NaN", "Infinity"):
        with pytest.raises(TooPrecise, match="EUR has two decimals"):
            require_fit(Decimal(amount), "EUR")


def test_currencies_have_names():
    assert (currency_name("EUR"), currency_symbol("EUR"), currency_name("EUR", "de")) == ("Euro", "€", "Euro")
    assert [currency_name("CHF", locale) for locale in ("de-CH", "de_CH")] == ["Schweizer Franken"] * 2
    assert (currency_name("DEM"), currency_name("QQQ"), currency_symbol("QQQ")) == ("German Mark", "QQQ", "QQQ")
    assert ("EUR", "Euro (EUR)") in currency_choices()
    names = [name for _, name in currency_choices()]
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.125", "EUR", "0.12"),
        ("0.135", "EUR", "0.14"),
        ("-0.125", "EUR", "-0.12"),
        ("0.126", "EUR", "0.13"),
        ("0.5", "JPY", "0"),
        ("1.5", "JPY", "2"),
        ("1.0005", "KWD", "1.000"),
    ],
)
def test_half_a_step_is_rounded_to_even(amount, currency, rounded):
    assert str(round_amount(Decimal(amount), currency)) == rounded


def test_amount_fits_its_currency_or_not():
    cases = [("12.50", "EUR"), ("12.500", "EUR"), ("1.125", "KWD"), ("12.505", "EUR"), ("1.5", "JPY")]

    assert [fits(Decimal(amount), currency) for amount, currency in cases] == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("amount", "weights", "currency", "parts"),
    [
        ("10.00", [1, 1, 1], "EUR", ["3.34", "3.33", "3.33"]),
        ("-10.00", [1, 1, 1], "EUR", ["-3.34", "-3.33", "-3.33"]),
        ("0.02", [1, 1, 1], "EUR", ["0.01", "0.01", "0.00"]),
        ("100", [1, 1, 1], "JPY", ["34", "33", "33"]),
        ("1", [1, 2], "KWD", ["0.333", "0.667"]),
        ("100.00", [Decimal("33.3"), Decimal("66.7")], "EUR", ["33.30", "66.70"]),
        ("10.00", [Decimal("0.5"), Decimal("0.25"), 1], "EUR", ["2.86", "1.43", "5.71"]),
        ("5.00", [0, 1, 0], "EUR", ["0.00", "5.00", "0.00"]),
        ("0.00", [1, 1], "EUR", ["0.00", "0.00"]),
    ],
)
def test_parts_are_shared_by_largest_remainder(amount, weights, currency, parts):
    """T3: by largest remainder."""
    assert [str(part) for part in allocate(Decimal(amount), weights, currency)] == parts


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [2, -1], [Decimal("NaN")], [Decimal("Infinity"), 1]])
def test_nothing_is_shared_by_weights_without_meaning(weights):
    with pytest.raises(NothingToShareBy, match=r"^Shares are zero or more, and at least one of them is above zero\.$"):
        allocate(Decimal("10.00"), weights, "EUR")


def test_amount_finer_than_its_currency_is_not_shared():
    with pytest.raises(InexactAmount):
        allocate(Decimal("10.005"), [1, 1], "EUR")


def test_parts_of_100_000_random_amounts_add_up_exactly():
    """T3: the parts add up to the whole."""
    seed = time.time_ns()
    seeded = random.Random(seed)
    for case in range(100_000):
        currency = ("JPY", "EUR", "KWD")[case % 3]
        amount = Decimal(seeded.randint(-(10**12), 10**12)).scaleb(-decimals(currency))
        weights = [seeded.randrange(1000) for _ in range(seeded.randint(1, 6))]
        weights[seeded.randrange(len(weights))] += 1

        parts = allocate(amount, weights, currency)

        exact = [amount * weight / sum(weights) for weight in weights]
        close = all(abs(part - share) < step(currency) for part, share in zip(parts, exact, strict=True))
        assert (sum(parts), close) == (amount, True), f"seed {seed}: {amount} {currency} by {weights} gave {parts}"


def test_equal_shares_differ_by_one_step_and_the_earlier_is_the_larger():
    seeded = random.Random(3)
    for _ in range(1000):
        parts = allocate(Decimal(seeded.randrange(10**6)).scaleb(-2), [1] * seeded.randint(1, 12), "EUR")
        assert parts == sorted(parts, reverse=True)
        assert parts[0] - parts[-1] <= Decimal("0.01")
