"""What a person's own confirmed rows say about a new one: naive Bayes in plain Python. No database, no network.

A row counts by the words of its merchant, the merchant as a whole, and the band of its amount. How sure it is, is not
what the formula says but how often such a certainty was right when each row was asked about before it was learned.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from math import exp, log
from typing import Any, NamedTuple

from budget.history.rows import canonical
from budget.money import UNIT

HIGHEST = 0.95
LEAST = 0.30
"""Below this certainty nothing is proposed."""
SMOOTHING = 0.25
WORDS_KEPT = 20_000
TRIED = 6000
"""How many of the last rows are asked about before they are learned, to find out how sure to be."""
RENEWED = 20
"""After so many rows what categories start from is counted anew while learning."""
STEPS = 12
FEWEST_TRIED = 20
WHY = 3
NOTHING = 30.0
"""So much less likely, in logarithms, adds nothing."""


class Example(NamedTuple):
    """A confirmed row: its merchant (normalised), the band of its amount, and the category that a person chose."""

    merchant: str
    band: str
    category: int


class Guess(NamedTuple):
    """A category with how sure it is, from 0 to 0.95, and the words that speak for it most, strongest first."""

    category: int
    probability: float
    words: Sequence[str]


STAIRS = [UNIT * first * 10**zeros for zeros in range(14) for first in (1, 2, 5)]
BANDS = {sign: [f"{sign} below {step // UNIT}" for step in STAIRS] for sign in ("in", "out")}


def band_of(amount: Decimal) -> str:
    """How much it is, roughly, in steps of 1, 2, 5; `in` for money in. Never the amount itself."""
    return band_of_units(int(amount * UNIT))


def band_of_units(units: int) -> str:
    """The band of an amount in thousandths."""
    return BANDS["in"][bisect_right(STAIRS, -units)] if units < 0 else BANDS["out"][bisect_right(STAIRS, units)]


@lru_cache(maxsize=8192)
def words_of(merchant: str) -> Sequence[str]:
    """The different words of a merchant's name that are worth counting."""
    return tuple(dict.fromkeys(word for word in merchant.split() if len(word) > 1 or not word.isascii()))


Steps = Sequence[tuple[float, float]]


@dataclass
class Counts:
    """How often each sign was seen with each category; the only thing that is learned."""

    rows: Counter[int] = field(default_factory=Counter)
    words: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    merchants: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    bands: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    length: Counter[int] = field(default_factory=Counter)
    """How many words each category has seen."""

    def learn(self, example: Example) -> None:
        """Count one row."""
        category = example.category
        words = words_of(example.merchant)
        self.rows[category] += 1
        self.bands[example.band][category] += 1
        self.merchants[example.merchant][category] += 1
        self.length[category] += len(words)
        for word in words:
            self.words[word][category] += 1

    def without_rare(self) -> Counts:
        """With the 20,000 most frequent words and merchants only."""
        for held in (self.words, self.merchants):
            if len(held) > WORDS_KEPT:
                rare = sorted(held, key=lambda key: (-held[key].total(), key))[WORDS_KEPT:]
                for key in rare:
                    del held[key]
        return self


@dataclass
class Model:
    """Counts, and what raw certainties are worth, for known and for new merchants: (from here on, right so often)."""

    counts: Counts
    steps_known: Steps = ()
    steps_new: Steps = ()

    @cached_property
    def floors(self) -> Floors:
        """What each category starts from."""
        return Floors.of(self.counts)

    def guess(self, merchant: str, band: str, allowed: frozenset[int] | None = None) -> Guess | None:
        """The likeliest category of a row; None where no word of it is known, or where it would be a mere guess.

        Args:
            allowed: the categories that may be proposed; all that were seen, where it is left out.
        """
        scores = _scores(self.counts, self.floors, merchant, band)
        if not scores:
            return None
        best, raw = _best(scores, allowed)
        if best is None:
            return None
        sure = self.calibrated(raw, is_known=merchant in self.counts.merchants)
        if sure < LEAST:
            return None
        return Guess(best, sure, self._reasons(merchant, best))

    def calibrated(self, raw: float, *, is_known: bool) -> float:
        """How often a raw certainty was right; where too few were tried, a half at most."""
        steps = self.steps_known if is_known else self.steps_new
        place = bisect_right(steps, (raw, 2.0)) - 1
        return min(steps[max(place, 0)][1] if steps else min(raw, 0.5), HIGHEST)

    def chosen(self, merchant: str) -> Mapping[int, int]:
        """How often each category was chosen for a merchant."""
        return self.counts.merchants.get(merchant, {})

    def _reasons(self, merchant: str, category: int) -> Sequence[str]:
        counts, total = self.counts, self.counts.rows.total()
        weights = []
        for word in words_of(merchant):
            seen = counts.words.get(word)
            if seen and seen[category]:
                usual = seen.total() / total
                weights.append((-log((seen[category] / counts.rows[category]) / usual), word))
        return tuple(word for _, word in sorted(weights)[:WHY])

    def dump(self) -> str:
        """Canonical JSON; `load` makes the same model of it."""
        held = self.counts
        return canonical(
            {
                "bands": _plain(held.bands),
                "length": {str(key): value for key, value in held.length.items()},
                "merchants": _plain(held.merchants),
                "rows": {str(key): value for key, value in held.rows.items()},
                "steps_known": [list(step) for step in self.steps_known],
                "steps_new": [list(step) for step in self.steps_new],
                "words": _plain(held.words),
            }
        )

    @classmethod
    def load(cls, text: str) -> Model | None:
        """The model that was dumped; None where the text holds none."""
        held: dict[str, Any] = json.loads(text)
        if not held.get("rows"):
            return None
        counts = Counts(
            rows=_counter(held["rows"]),
            words={key: _counter(value) for key, value in held["words"].items()},
            merchants={key: _counter(value) for key, value in held["merchants"].items()},
            bands={key: _counter(value) for key, value in held["bands"].items()},
            length=_counter(held["length"]),
        )
        known, new = ([(step[0], step[1]) for step in held[name]] for name in ("steps_known", "steps_new"))
        return cls(counts, known, new)


def train(examples: Sequence[Example]) -> Model:
    """Learn from confirmed rows, oldest first.

    The later half, at most 6,000 rows, is asked about before it is learned. Merchants met before and new ones are kept
    apart in that: their certainties are worth different things.
    """
    counts = Counts()
    first_tried = max(len(examples) // 2, len(examples) - TRIED, 1)
    tried: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
    floors = Floors.of(counts)
    for place, example in enumerate(examples):
        if place >= first_tried and place - floors.size >= RENEWED:
            floors = Floors.of(counts)
        if place >= first_tried and (scores := _scores(counts, floors, example.merchant, example.band)):
            best, raw = _best(scores, None)
            tried[example.merchant in counts.merchants].append((raw, best == example.category))
        counts.learn(example)
    return Model(counts.without_rare(), _steps(tried[True]), _steps(tried[False]))


@dataclass(frozen=True)
class Floors:
    """What each category starts from, in logarithms: before a word, a merchant or a band speaks for it."""

    size: int
    before: Mapping[int, float]
    word: Mapping[int, float]
    merchant: Mapping[int, float]
    band: Mapping[int, float]
    known: dict[tuple[int, bool, bool], Mapping[int, float]] = field(default_factory=dict)

    def together(self, words: int, as_whole: bool, in_band: bool) -> Mapping[int, float]:
        """The floors of a row of which so many words are known, the merchant as a whole, and the band."""
        key = words, as_whole, in_band
        if key not in self.known:
            self.known[key] = {
                category: before
                + words * self.word[category]
                + as_whole * self.merchant[category]
                + in_band * self.band[category]
                for category, before in self.before.items()
            }
        return self.known[key]

    @classmethod
    def of(cls, counts: Counts) -> Floors:
        """The floors of the counts as they are now."""
        words, merchants, bands = (SMOOTHING * len(held) for held in (counts.words, counts.merchants, counts.bands))
        return cls(
            counts.rows.total(),
            {category: log(rows) for category, rows in counts.rows.items()},
            {category: log(SMOOTHING / (counts.length[category] + words)) for category in counts.rows},
            {category: log(SMOOTHING / (rows + merchants)) for category, rows in counts.rows.items()},
            {category: log(SMOOTHING / (rows + bands)) for category, rows in counts.rows.items()},
        )


@lru_cache(maxsize=65_536)
def _gain(count: int) -> float:
    """How much more likely so many sightings make a category than none."""
    return log((count + SMOOTHING) / SMOOTHING)


def _scores(counts: Counts, floors: Floors, merchant: str, band: str) -> dict[int, float]:
    """The logarithm of how likely each category is; nothing where no word of the merchant was ever seen."""
    seen_with = [seen for word in words_of(merchant) if (seen := counts.words.get(word))]
    if not seen_with:
        return {}
    words, as_whole, in_band = len(seen_with), counts.merchants.get(merchant), counts.bands.get(band)
    scores = dict(floors.together(words, bool(as_whole), bool(in_band)))
    seen_with += [seen for seen in (as_whole, in_band) if seen]
    for seen in seen_with:
        for category, count in seen.items():
            if category in scores:
                scores[category] += _gain(count)
    return scores


def _best(scores: Mapping[int, float], allowed: frozenset[int] | None) -> tuple[int | None, float]:
    """The best of the allowed categories, and its share of all likelihood, as the formula has it."""
    highest = max(scores.values())
    whole = sum([exp(score - highest) for score in scores.values() if score > highest - NOTHING])
    open_to = [category for category in scores if allowed is None or category in allowed]
    if not open_to:
        return None, 0.0
    best = max(open_to, key=lambda category: (scores[category], -category))
    return best, exp(scores[best] - highest) / whole


def _steps(tried: Sequence[tuple[float, bool]]) -> Steps:
    """What raw certainties are worth: never less for a higher one, and careful where few were tried."""
    if len(tried) < FEWEST_TRIED:
        return ()
    ordered = sorted(tried)
    size = max(len(ordered) // STEPS, 10)
    pools: list[list[float]] = []  # lowest raw, rows, right
    for start in range(0, len(ordered), size):
        part = ordered[start : start + size]
        pools.append([part[0][0], len(part), sum(right for _, right in part)])
        while len(pools) > 1 and pools[-1][2] / pools[-1][1] <= pools[-2][2] / pools[-2][1]:
            _, rows, right = pools.pop()
            pools[-1][1] += rows
            pools[-1][2] += right
    return [(round(raw, 9), round(right / (rows + 1), 3)) for raw, rows, right in pools]


def _plain(held: Mapping[str, Counter[int]]) -> dict[str, dict[str, int]]:
    return {key: {str(category): count for category, count in seen.items()} for key, seen in held.items()}


def _counter(held: Mapping[str, int]) -> Counter[int]:
    return Counter({int(key): value for key, value in held.items()})
