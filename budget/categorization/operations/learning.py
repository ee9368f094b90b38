"""Learning from what people confirm: a merchant is known for the category that they chose for it."""

from __future__ import annotations

from collections.abc import Iterable

from budget.categorization.merchants import merchant_of
from budget.categorization.models import MerchantMapping, Origin
from budget.history import Recorder
from budget.history.rows import shape_of
from budget.ledger.models import Category, Tier, Transaction

MERCHANTS_AT_ONCE = 500


def learn(change: Recorder, txns: Iterable[Transaction], category: Category) -> int:
    """Remember, inside an open change, that a person filed `txns` under `category`; answers for how many merchants.

    R003-50: each row strengthens its merchant's mapping, or makes one. R003-53: so that the next ones need nobody.
    See `learn_many`.
    """
    return learn_many(change, ((txn, category) for txn in txns))


def learn_many(change: Recorder, choices: Iterable[tuple[Transaction, Category]]) -> int:
    """Remember, inside an open change, which category a person chose for each row; answers for how many merchants.

    A correction gives the mapping to the chosen category, with one confirmation. Nothing is learned from a transfer,
    from a row that names no merchant, from one that a rule for its amount filed (its merchant has several categories),
    and for a merchant that was switched off. The rows may be as they were before the choice or after it.
    """
    said: dict[str, list[int]] = {}
    for txn, category in choices:
        agrees_with_a_rule = txn.tier == Tier.AMOUNT_RULE and txn.predicted_category_id == category.pk
        if txn.is_transfer or agrees_with_a_rule:
            continue
        if merchant := merchant_of(txn.payee, txn.description):
            said.setdefault(merchant, []).append(category.pk)
    merchants = sorted(said)
    for start in range(0, len(merchants), MERCHANTS_AT_ONCE):
        _remember(change, {merchant: said[merchant] for merchant in merchants[start : start + MERCHANTS_AT_ONCE]})
    return len(merchants)


def _remember(change: Recorder, said: dict[str, list[int]]) -> None:
    shape = shape_of(MerchantMapping)
    known = {row.merchant: row for row in MerchantMapping.objects.of(change.book).filter(merchant__in=said)}
    new, altered = [], []
    for merchant, categories in said.items():
        row = known.get(merchant)
        if row is None:
            row = MerchantMapping(merchant=merchant, category_id=categories[0])
            confirm(row, categories)
            new.append(row)
        elif row.is_active:
            before = shape.values(row)
            confirm(row, categories)
            altered.append((row.pk, before, shape.values(row)))
    if new:
        change.create_all(new)
    if altered:
        change.rewrite(shape, altered)


def confirm(row: MerchantMapping, categories: Iterable[int]) -> None:
    """Count choices of these categories, one after the other; another one than the mapping's takes it over."""
    for category in categories:
        if category == row.category_id:
            row.confirmations += 1
        else:
            row.category_id, row.confirmations, row.origin = category, 1, Origin.LEARNED
