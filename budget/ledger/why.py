"""Why this category: what proposed it, by which evidence, how sure that was, and what a person made of it."""

from __future__ import annotations

from dataclasses import dataclass

from budget.ledger.models import Status, Tier, Transaction

CERTAIN, SURE, LIKELY = 1000, 900, 500
"""Thousandths of certainty from which on a word fits."""

BY = {
    Tier.AMOUNT_RULE: "A rule of yours",
    Tier.MERCHANT_MAP: "A merchant that you filed before",
    Tier.AI: "A comparison with what you confirmed",
    Tier.PROVIDER: "A language model",
    Tier.FILE: "The bank's file itself",
}
BECAUSE = {
    Tier.AMOUNT_RULE: "Rule",
    Tier.MERCHANT_MAP: "Merchant",
    Tier.AI: "Words",
    Tier.PROVIDER: "Words",
    Tier.FILE: "In the file",
}


@dataclass(frozen=True)
class Why:
    """The evidence behind a category, in finished texts.

    Attributes:
        by: what proposed it.
        proposed: the category that was proposed.
        because: the label of `pattern`: a rule, a merchant, words.
        sure: how sure that was, in words.
        version: the number of the model, where one proposed it.
        outcome: what a person made of it.
    """

    by: str
    proposed: str
    because: str
    pattern: str
    sure: str
    version: int | None
    outcome: str


def why(txn: Transaction) -> Why | None:
    """What is known of a transaction's category; None where nothing proposed one. Reads its predicted category."""
    if not txn.tier or txn.predicted_category is None:
        return None
    tier = Tier(txn.tier)
    return Why(
        by=BY[tier],
        proposed=str(txn.predicted_category),
        because=BECAUSE[tier],
        pattern=txn.pattern,
        sure=in_words(txn.confidence),
        version=txn.model_version,
        outcome=_outcome(txn),
    )


def in_words(confidence: int | None) -> str:
    """How sure, never as a bare figure: ``certain``, ``sure``, ``likely``, ``unsure``.

    Args:
        confidence: in thousandths.
    """
    if confidence is None:
        return "not said"
    words = ((CERTAIN, "certain"), (SURE, "sure"), (LIKELY, "likely"))
    return next((word for least, word in words if confidence >= least), "unsure")


def _outcome(txn: Transaction) -> str:
    agrees = txn.category_id == txn.predicted_category_id
    if txn.status == Status.AUTO_CONFIRMED:
        return "Filed without asking."
    if txn.status == Status.PENDING_REVIEW:
        return "Nobody has confirmed it yet."
    if txn.status == Status.PENDING_SAVE:
        return "Chosen as proposed, not saved yet." if agrees else "Another one is chosen, not saved yet."
    if txn.is_transfer:
        return "It turned out to be a transfer."
    return "Confirmed as proposed." if agrees else "Somebody chose another one, which stays."
