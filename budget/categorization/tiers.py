"""The three that propose a category, asked in this order; the first that answers counts until a person says otherwise.

Each takes what is known of a book and one row, and answers with its evidence: which rule, merchant or words, how sure,
and the reason in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import groupby

from budget.categorization.classifier import Guess, Model, band_of
from budget.categorization.merchants import merchant_of
from budget.categorization.models import AmountRule, MerchantMapping, Origin
from budget.categorization.patterns import fold, matcher, plain_pattern
from budget.ledger.models import Category, Tier
from budget.money import format_amount

CERTAIN = Decimal(1)
MOST_OF_A_MERCHANT = Decimal("0.999")
THOUSANDTH = Decimal("0.001")
USUALLY: Mapping[str, Decimal] = {
    Tier.AMOUNT_RULE: CERTAIN,
    Tier.MERCHANT_MAP: Decimal("0.8"),
    Tier.AI: Decimal("0.7"),
    Tier.PROVIDER: Decimal("0.7"),
}
"""How sure a tier is where it does not say."""
PATTERN_KEPT = 200
VOWELS = frozenset("AEIOUYÄÖÜÉÈÀÁÍÓÚØÅ")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A category for a row, with its evidence.

    Attributes:
        confidence: from 0 to 1, in thousandths.
        pattern: the rule, merchant or words that it rests on.
        model_version: the number of the model, where one proposed it.
        is_sure: whether it may be filed without asking anybody.
        name: what a rule calls the payee; empty leaves it.
    """

    category_id: int
    tier: str
    confidence: Decimal
    pattern: str
    model_version: int | None
    reason: str
    is_sure: bool = False
    name: str = ""

    @property
    def thousandths(self) -> int:
        """The confidence as `Transaction.confidence` keeps it."""
        return thousandths(self.tier, self.confidence)


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a transaction before anybody filed it; `amount` out is positive.

    `texts` are the payee and the bank's text as patterns see them.
    """

    merchant: str
    texts: tuple[str, str]
    amount: Decimal
    currency: str

    @classmethod
    def of(cls, payee: str, text: str, amount: Decimal, currency: str) -> Row:
        """The row of these, with its merchant found."""
        return cls(merchant_of(payee, text), (fold(payee), fold(text)), amount, currency)


@dataclass
class Known:
    """What a book knows: everything a tier may ask."""

    currency: str
    confirmations_needed: int
    categories: Mapping[int, Category]
    """Those that may be proposed: no archived one."""
    rules: Sequence[AmountRule]
    """The active ones, in the order in which they are asked."""
    mappings: Mapping[str, MerchantMapping]
    """The active ones, by merchant."""
    model: Model | None = None
    model_version: int = 0

    @cached_property
    def for_money_in(self) -> frozenset[int]:
        """What may be proposed for money that came in: all there is, since a refund is no income."""
        return frozenset(self.categories)

    @cached_property
    def for_money_out(self) -> frozenset[int]:
        """What may be proposed for money that went out: no income."""
        return frozenset(pk for pk, category in self.categories.items() if not category.is_income)

    @cached_property
    def tests(self) -> Sequence[tuple[AmountRule, str, Callable[[str], bool]]]:
        """Each rule with what a text must contain, empty for a glob, and with what says whether it fits."""
        return [(rule, plain_pattern(rule.pattern), matcher(rule.pattern)) for rule in self.rules]

    def rules_of(self, texts: tuple[str, str]) -> Sequence[AmountRule]:
        """The rules that fit one of the folded texts, whatever the amount."""
        payee, text = texts
        both = f"{payee}\n{text}"  # no folded pattern has a line end in it
        return [
            rule for rule, plain, matches in self.tests if (plain in both if plain else matches(text) or matches(payee))
        ]


def amount_rule(known: Known, row: Row) -> Suggestion | None:
    """The first rule whose text is in the row's and whose amount fits.

    R003-46, R003-48. Always sure: a person wrote it.
    """
    for rule in known.rules_of(row.texts):
        if fits_amount(rule, row.amount, row.currency, known.currency):
            said = rule_in_words(rule, known.currency)
            return Suggestion(
                category_id=rule.category_id,
                tier=Tier.AMOUNT_RULE,
                confidence=CERTAIN,
                pattern=said[:PATTERN_KEPT],
                model_version=None,
                reason=f"Your rule “{said}”",
                is_sure=True,
                name=rule.name,
            )
    return None


def merchant_map(known: Known, row: Row) -> Suggestion | None:
    """The category that the merchant is known for.

    R003-51: sure from the book's number of confirmations on. The more confirmations, the higher the confidence
    (R003-37): 3 of them make 0.75, 10 make 0.909.
    """
    found = mapping_of(known, row)
    if found is None or not _suits(known, found[0].category_id, row):
        return None
    mapping, is_whole = found
    count, by_hand = mapping.confirmations, mapping.origin == Origin.MANUAL
    earned = min((Decimal(count) / (count + 1)).quantize(THOUSANDTH), MOST_OF_A_MERCHANT)
    return Suggestion(
        category_id=mapping.category_id,
        tier=Tier.MERCHANT_MAP,
        confidence=CERTAIN if by_hand else earned,
        pattern=mapping.merchant,
        model_version=None,
        reason=_merchant_reason(known, mapping, row.merchant),
        is_sure=by_hand or (is_whole and count >= known.confirmations_needed),
    )


def model(known: Known, row: Row) -> Suggestion | None:
    """What the book's own confirmed rows make likely; never sure (R003-52)."""
    if known.model is None or not row.merchant:
        return None
    allowed = known.for_money_out if row.amount > 0 else known.for_money_in
    guess = known.model.guess(row.merchant, band_of(row.amount), allowed)
    return guess and _of_guess(known, known.model, guess, row.merchant)


def _of_guess(known: Known, used: Model, guess: Guess, merchant: str) -> Suggestion:
    return Suggestion(
        category_id=guess.category,
        tier=Tier.AI,
        confidence=Decimal(guess.probability).quantize(THOUSANDTH),
        pattern=" ".join(guess.words)[:PATTERN_KEPT],
        model_version=known.model_version,
        reason=_model_reason(known, used, guess, merchant),
    )


def thousandths(tier: str, confidence: Decimal | None = None) -> int:
    """A confidence as rows keep it, 1,000 at most; the tier's usual one where none is known (R003-77)."""
    return int(min(USUALLY[tier] if confidence is None else confidence, CERTAIN) * 1000)


TIERS: Sequence[Callable[[Known, Row], Suggestion | None]] = (amount_rule, merchant_map, model)
"""R003-45: in fixed order."""

BY_MERCHANT = TIERS[1:]
"""Those that look at nothing but the merchant and the band of the amount."""


def fits_amount(rule: AmountRule, amount: Decimal, currency: str, own: str) -> bool:
    """Whether an amount, whatever its sign, is within the rule's tolerance, both ends included.

    R003-47. A rule's amount is in the book's `own` currency; an amount in another one does not fit it.
    """
    if rule.amount is None:
        return True
    return currency == own and rule.amount - rule.tolerance <= abs(amount) <= rule.amount + rule.tolerance


def rule_in_words(rule: AmountRule, currency: str) -> str:
    """``NETFLIX, 15.99 ± 0.01``; the text alone where any amount fits."""
    if rule.amount is None:
        return rule.pattern
    said = f"{rule.pattern}, {format_amount(rule.amount, currency, locale='en')}"
    return f"{said} ± {format_amount(rule.tolerance, currency, locale='en')}" if rule.tolerance else said


def mapping_of(known: Known, row: Row) -> tuple[MerchantMapping, bool] | None:
    """The mapping of a row's merchant, and whether it holds for the whole name.

    Else the longest that was written by hand and is in the name, or that came with the book and begins it: `STARBUCKS
    RESERVE` is likely `STARBUCKS`. Income that came with the book is found anywhere: `ACME INC PAYROLL`. What was
    learned from choices holds for its merchant alone.
    """
    exact = known.mappings.get(row.merchant)
    if exact is not None:
        return exact, True
    words = row.merchant.split()[:12]
    for length in range(len(words) - 1, 0, -1):
        for start in range(len(words) - length + 1):
            found = known.mappings.get(" ".join(words[start : start + length]))
            if found is None or found.origin == Origin.LEARNED:
                continue
            category = known.categories.get(found.category_id)
            is_whole = found.origin == Origin.MANUAL or bool(category and category.is_income)
            if is_whole or start == 0:
                return found, is_whole
    return None


def _suits(known: Known, category: int, row: Row) -> bool:
    """Whether a category may be proposed without a rule: it is in use, and money out is no income."""
    return category in (known.for_money_out if row.amount > 0 else known.for_money_in)


def _merchant_reason(known: Known, mapping: MerchantMapping, merchant: str) -> str:
    category, name = known.categories[mapping.category_id], shown(mapping.merchant)
    if mapping.origin == Origin.MANUAL:
        return f"You filed {name} under {category} in your rules"
    chosen = known.model.chosen(merchant) if known.model else {}
    count, total = chosen.get(mapping.category_id, 0), sum(chosen.values())
    if count > 1 and count < total:
        return f"You chose {category} for {name} {count} times out of {total}"
    count = max(count, mapping.confirmations)
    if mapping.origin == Origin.STARTER and total == 0:
        return f"{name} is usually {category}"
    return f"You chose {category} for {name} {'once' if count == 1 else f'{count} times'}"


def _model_reason(known: Known, used: Model, guess: Guess, merchant: str) -> str:
    category, chosen = known.categories[guess.category], used.chosen(merchant)
    count, total = chosen.get(guess.category, 0), sum(chosen.values())
    if count:
        often = "once" if total == 1 else f"{count} times out of {total}"
        return f"You chose {category} for {shown(merchant)} {often}"
    said = [f"“{shown(word)}”" for word in guess.words]
    words = " and ".join(filter(None, (", ".join(said[:-1]), *said[-1:])))
    return f"Rows with {words} were {category}" if words else f"It looks like {category}"


def shown(merchant: str) -> str:
    """A merchant as sentences name it: ``Blue Bottle``; what is too short for a word stays as it is: ``H&M``."""
    parts = ("".join(part) for _, part in groupby(merchant, str.isalpha))
    return "".join(part.capitalize() if len(part) > 2 and VOWELS & {*part} else part for part in parts)
