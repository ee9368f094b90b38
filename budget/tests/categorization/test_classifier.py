"""The model of a person's own choices: what it proposes, why, and how sure it is."""

from __future__ import annotations

import random
import time
from decimal import Decimal

import pytest

from budget.categorization.classifier import HIGHEST, LEAST, Example, Model, band_of, train, words_of

pytestmark = pytest.mark.once

FOOD, FUEL, GIFTS = 1, 2, 3
SMALL, LARGE = band_of(Decimal("8.00")), band_of(Decimal("60.00"))


def _rows(count: int, noise: float = 0.0) -> list[Example]:
    """Bakeries are food, stations are fuel; some rows are filed elsewhere for no reason that could be known."""
    dice = random.Random(4)
    rows = []
    for _ in range(count):
        town = f"TOWN{dice.randint(1, 30)}"
        word, band, category = dice.choice([("BAKERY", SMALL, FOOD), ("STATION", LARGE, FUEL)])
        rows.append(Example(f"{town} {word}", band, GIFTS if dice.random() < noise else category))
    return rows


@pytest.mark.parametrize(
    ("amount", "band"),
    [
        ("0.99", "out below 1"),
        ("1.00", "out below 2"),
        ("4.99", "out below 5"),
        ("5", "out below 10"),
        ("99.99", "out below 100"),
        ("-2150", "in below 5000"),
        ("9999999999999.999", "out below 10000000000000"),
    ],
)
def test_band_says_roughly_how_much_it_is(amount: str, band: str) -> None:
    assert band_of(Decimal(amount)) == band


def test_words_are_counted_once_and_single_letters_not() -> None:
    assert list(words_of("TRADER JOE S TRADER 5")) == ["TRADER", "JOE"]


def test_guess_names_the_category_and_the_words_that_speak_for_it() -> None:
    """R003-53: a merchant that was never seen is filed by the words that were."""
    model = train(_rows(400))

    guess = model.guess("HILLSIDE BAKERY", SMALL)

    assert guess is not None
    assert (guess.category, list(guess.words)) == (FOOD, ["BAKERY"])
    assert LEAST <= guess.probability <= HIGHEST


def test_guess_about_a_merchant_without_a_known_word_is_none() -> None:
    assert train(_rows(400)).guess("UNHEARD OF", SMALL) is None


def test_guess_leaves_out_categories_that_may_not_be_proposed() -> None:
    model = train(_rows(400))

    guess = model.guess("HILLSIDE BAKERY", SMALL, allowed=frozenset({FUEL}))

    assert guess is None or guess.category == FUEL


def test_model_of_nothing_knows_nothing() -> None:
    assert train([]).guess("BAKERY", SMALL) is None
    assert Model.load(train([]).dump()) is None
    assert Model.load("{}") is None


def test_model_is_the_same_after_it_was_kept() -> None:
    model = train(_rows(300, noise=0.1))

    kept = Model.load(model.dump())

    assert kept is not None
    assert kept.dump() == model.dump()
    assert kept.guess("HILLSIDE BAKERY", SMALL) == model.guess("HILLSIDE BAKERY", SMALL)


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2, 0.4])
def test_certainty_is_how_often_it_is_right(noise: float) -> None:
    """Of the rows that it is so and so sure of, at least as many are right, within what chance allows."""
    rows = _rows(6000, noise)
    model = train(rows[:4000])

    told = [(guess, row) for row in rows[4000:] if (guess := model.guess(row.merchant, row.band))]

    said = sum(guess.probability for guess, _ in told) / len(told)
    right = sum(guess.category == row.category for guess, row in told) / len(told)
    assert right >= said - 0.03
    sure = [guess.category == row.category for guess, row in told if guess.probability >= 0.9]
    assert not sure or sum(sure) / len(sure) >= 0.88


def test_a_hundred_thousand_rows_are_learned_within_five_seconds() -> None:
    dice = random.Random(5)
    rows = [
        Example(f"W{dice.randint(1, 3000)} X{dice.randint(1, 400)}", dice.choice((SMALL, LARGE)), dice.randint(1, 60))
        for _ in range(100_000)
    ]
    start = time.process_time()

    train(rows)

    assert time.process_time() - start < 5
