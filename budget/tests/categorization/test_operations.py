"""Learning from confirmations, writing rules and merchants, running them; all of it undone again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from budget import history
from budget.books.models import Book
from budget.categorization import operations
from budget.categorization.errors import (
    AmountNotAboveZero,
    CategoryClosed,
    ConfirmationsOutOfRange,
    MerchantTaken,
    NoMerchant,
    ToleranceBelowZero,
)
from budget.categorization.models import AmountRule, MerchantMapping, Origin
from budget.categorization.patterns import PatternTooWide
from budget.history import BuiltUpon, ChangedMeanwhile, IdempotentRequest
from budget.ledger import operations as ledger
from budget.ledger.errors import CategoryNotFound, InUse
from budget.ledger.models import Account, Category, Source, Status, Tier, Transaction
from budget.money.reading import TooPrecise
from budget.tests.factories import last_change, make_book, make_category, make_txn, make_user
from budget.texts import TextMissing

pytestmark = pytest.mark.django_db


def _confirm(book: Book, category: Category, *txns: Transaction) -> history.Change:
    """What a review does: decide and learn, in one change."""
    with history.change(book, None, "Confirmed", kind="review.accept") as change:
        for txn in txns:
            change.update(txn, category=category, status=Status.CONFIRMED)
        operations.learn(change, txns, category)
    return change.record


def _waiting(account: Account, payee: str = "Blue Bottle", amount: str = "5.50", **fields: Any) -> Transaction:
    return make_txn(account, amount, description=payee, status=Status.PENDING_REVIEW, **fields)


def _mappings(book: Book) -> list[tuple[str, str, int, str]]:
    rows = MerchantMapping.objects.of(book).select_related("category").order_by("merchant")
    return [(row.merchant, str(row.category), row.confirmations, row.origin) for row in rows]


# --- learning ---------------------------------------------------------------------------------------------------------


def test_confirming_makes_a_mapping_and_strengthens_it(book: Book, account: Account, food: Category) -> None:
    """R003-50: each confirmation raises its count."""
    _confirm(book, food, _waiting(account, "SQ *BLUE BOTTLE 4412"))
    _confirm(book, food, _waiting(account, "Blue Bottle 0007"), _waiting(account, "BLUE BOTTLE"))

    assert _mappings(book) == [("BLUE BOTTLE", "Food", 3, Origin.LEARNED)]


def test_correction_gives_the_merchant_to_the_other_category(
    book: Book, account: Account, food: Category, rent: Category
) -> None:
    _confirm(book, food, *(_waiting(account) for _ in range(5)))
    _confirm(book, rent, _waiting(account))

    assert _mappings(book) == [("BLUE BOTTLE", "Rent", 1, Origin.LEARNED)]


def test_nothing_is_learned_where_a_rule_decided_or_nobody_is_named(
    book: Book, account: Account, food: Category, rent: Category
) -> None:
    """R003-48: a biller with several categories gets no mapping; neither does a number, nor one switched off."""
    by_rule = _waiting(account, "APPLE.COM/BILL")
    with history.change(book, None, "Predicted", kind="rules.run") as change:
        change.update(by_rule, predicted_category=food, tier=Tier.AMOUNT_RULE, confidence=1000)
    off = operations.add_mapping(book=book, by=None, merchant="Blue Bottle", category=food)
    operations.change_mapping(off, by=None, is_active=False)

    _confirm(book, food, by_rule, _waiting(account, "1234567"))
    _confirm(book, rent, _waiting(account, "Blue Bottle"))

    assert _mappings(book) == [("BLUE BOTTLE", "Food", 0, Origin.MANUAL)]


def test_learning_from_many_rows_takes_few_queries(
    book: Book, account: Account, food: Category, django_assert_max_num_queries
) -> None:
    rows = [_waiting(account, f"Shop {number:c}{number:c}") for number in range(65, 90)]
    with (
        history.change(book, None, "Confirmed", kind="review.accept") as change,
        django_assert_max_num_queries(4),
    ):
        assert operations.learn(change, rows, food) == 25


def test_undo_takes_back_one_confirmation_of_several(book: Book, account: Account, food: Category) -> None:
    first, second, _ = (_confirm(book, food, _waiting(account)) for _ in range(3))

    undone = history.undo(second, by=None)
    counts = [_mappings(book)[0][2]]
    history.undo(first, by=None)
    counts.append(_mappings(book)[0][2])
    history.undo(undone, by=None)
    counts.append(_mappings(book)[0][2])

    assert counts == [2, 1, 2]
    assert history.verify(book).is_whole


def test_undo_of_the_only_confirmation_leaves_no_trace(book: Book, account: Account, food: Category) -> None:
    txn = _waiting(account)
    before = history.digest(book)

    history.undo(_confirm(book, food, txn), by=None)

    assert (history.digest(book), _mappings(book)) == (before, [])


def test_undo_of_a_confirmation_leaves_a_later_correction(
    book: Book, account: Account, food: Category, rent: Category
) -> None:
    first = _confirm(book, food, _waiting(account))
    _confirm(book, rent, _waiting(account))

    history.undo(first, by=None)

    assert _mappings(book) == [("BLUE BOTTLE", "Rent", 1, Origin.LEARNED)]


def test_undo_of_an_edited_merchant_is_refused_when_it_was_confirmed_since(
    book: Book, account: Account, food: Category, rent: Category
) -> None:
    mapping = operations.add_mapping(book=book, by=None, merchant="Blue Bottle", category=food)
    operations.change_mapping(mapping, by=None, category=rent)
    edited = last_change(book)
    _confirm(book, rent, _waiting(account))

    with pytest.raises(BuiltUpon):
        history.undo(edited, by=None)


def test_category_chosen_in_the_list_of_transactions_is_learned_too(
    book: Book, account: Account, food: Category, rent: Category
) -> None:
    """R003-50, for rows that came from a bank; what was typed by hand teaches nothing about bank texts."""
    from_bank = [_waiting(account, source=Source.CSV_IMPORT) for _ in range(4)]
    typed = _waiting(account, "Kiosk")
    seen = []

    ledger.change_transaction(from_bank[0], by=None, category=food)
    ledger.change_transaction(from_bank[0], by=None, category=food, note="Again")
    ledger.change_transaction(typed, by=None, category=food)
    seen.append(_mappings(book))
    ledger.categorize_transactions(book=book, by=None, rows=Transaction.objects.of(book), category=food)
    seen.append(_mappings(book))
    ledger.change_transaction(from_bank[1], by=None, category=rent)
    seen.append(_mappings(book))
    history.undo(last_change(book), by=None)
    seen.append(_mappings(book))

    assert seen == [
        [("BLUE BOTTLE", "Food", 1, Origin.LEARNED)],
        [("BLUE BOTTLE", "Food", 4, Origin.LEARNED)],
        [("BLUE BOTTLE", "Rent", 1, Origin.LEARNED)],
        [("BLUE BOTTLE", "Food", 4, Origin.LEARNED)],
    ]


# --- rules ------------------------------------------------------------------------------------------------------------


def _rule(
    book: Book, category: Category, pattern: str = "NETFLIX", amount: str | None = None, **more: Any
) -> AmountRule:
    given = None if amount is None else Decimal(amount)
    return operations.add_rule(book=book, by=None, pattern=pattern, category=category, amount=given, **more)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"pattern": " "}, TextMissing),
        ({"pattern": "*a*"}, PatternTooWide),
        ({"amount": Decimal("-3")}, AmountNotAboveZero),
        ({"amount": Decimal(0)}, AmountNotAboveZero),
        ({"amount": Decimal("3.001")}, TooPrecise),
        ({"tolerance": Decimal("-0.01")}, ToleranceBelowZero),
        ({"tolerance": Decimal("0.001")}, TooPrecise),
    ],
)
def test_rule_that_makes_no_sense_is_refused(
    book: Book, food: Category, values: dict[str, Any], refusal: type[Exception]
) -> None:
    before = history.digest(book)

    with pytest.raises(refusal):
        operations.add_rule(**{"book": book, "by": None, "pattern": "NETFLIX", "category": food, **values})

    assert history.digest(book) == before


def test_rule_leads_to_a_category_of_its_book_that_is_in_use(book: Book, food: Category) -> None:
    foreign = make_category(make_book(make_user()), "Theirs")
    ledger.change_category(food, by=None, is_archived=True)

    with pytest.raises(CategoryNotFound):
        _rule(book, foreign)
    with pytest.raises(CategoryClosed, match="Food is archived"):
        _rule(book, food)


def test_new_rules_stand_where_the_closer_fit_is_asked_first(book: Book, food: Category) -> None:
    for pattern, amount in (("A SHOP", None), ("A SHOP*NORTH", None), ("A SHOP", "5.00"), ("A SHOP", "6.00")):
        _rule(book, food, pattern, amount)

    found = [(rule.pattern, rule.amount) for rule in operations.rules_in_order(book)]

    assert found == [
        ("A SHOP", Decimal(6)),
        ("A SHOP", Decimal(5)),
        ("A SHOP*NORTH", None),
        ("A SHOP", None),
    ]


def test_moving_a_rule_alters_no_other(book: Book, food: Category) -> None:
    rules = [_rule(book, food, f"SHOP {number}") for number in range(4)]  # the newest first
    versions = {rule.pk: rule.version for rule in operations.rules_in_order(book)}

    for places, expected in ((1, "3 2 0 1"), (9, "3 2 1 0"), (-9, "0 3 2 1")):
        rule = rules[1] if places == 1 else rules[0] if places < 0 else AmountRule.objects.get(pattern="SHOP 0")
        operations.move_rule(rule, by=None, places=places)
        assert [r.pattern[-1] for r in operations.rules_in_order(book)] == expected.split()

    moved = {rules[0].pk, rules[1].pk}
    assert {r.pk: r.version for r in operations.rules_in_order(book) if r.pk not in moved} == {
        pk: version for pk, version in versions.items() if pk not in moved
    }


def test_rules_find_room_however_often_they_are_moved(book: Book, food: Category) -> None:
    for number in range(6):
        _rule(book, food, f"SHOP {number}")
    for _ in range(40):
        operations.move_rule(operations.rules_in_order(book)[-1], by=None, places=-4)

    positions = [rule.position for rule in operations.rules_in_order(book)]

    assert positions == sorted(set(positions))


def test_change_of_a_rule_that_somebody_else_changed_is_refused(book: Book, food: Category) -> None:
    rule = _rule(book, food)
    seen = rule.version
    operations.change_rule(rule, by=None, amount=Decimal("9.99"))

    with pytest.raises(ChangedMeanwhile):
        operations.change_rule(rule, by=None, seen=seen, amount=Decimal("8.99"))
    assert AmountRule.objects.get().amount == Decimal("9.99")


def test_deleted_rule_comes_back_by_undo(book: Book, food: Category) -> None:
    rule = _rule(book, food, amount="15.99")
    before = history.digest(book)

    operations.delete_rule(rule, by=None)
    assert not AmountRule.objects.exists()
    assert last_change(book).summary == "Deleted the rule NETFLIX, 15.99 ± 0.01: Food"
    history.undo(last_change(book), by=None)

    assert history.digest(book) == before


# --- merchants --------------------------------------------------------------------------------------------------------


def test_merchant_is_written_as_it_is_recognised_and_once(book: Book, food: Category, rent: Category) -> None:
    """R003-49: normalised and unique."""
    made = operations.add_mapping(book=book, by=None, merchant="sq *blue bottle 4412", category=food)
    other = operations.add_mapping(book=book, by=None, merchant="Kiosk", category=food)

    assert made.merchant == "BLUE BOTTLE"
    with pytest.raises(MerchantTaken):
        operations.add_mapping(book=book, by=None, merchant="Blue Bottle", category=rent)
    with pytest.raises(MerchantTaken):
        operations.change_mapping(other, by=None, merchant="Blue Bottle")
    with pytest.raises(NoMerchant, match="names no merchant"):
        operations.add_mapping(book=book, by=None, merchant="123456", category=rent)


def test_merchant_given_another_category_by_hand_is_by_hand(
    book: Book, account: Account, food: Category, rent: Category
) -> None:
    _confirm(book, food, _waiting(account))

    operations.change_mapping(MerchantMapping.objects.get(), by=None, category=rent)

    assert _mappings(book) == [("BLUE BOTTLE", "Rent", 0, Origin.MANUAL)]


@pytest.mark.parametrize("count", [0, 100, -1])
def test_threshold_is_from_1_to_99(book: Book, count: int) -> None:
    with pytest.raises(ConfirmationsOutOfRange):
        operations.set_confirmations_needed(book, by=None, count=count)


def test_threshold_is_set_and_undone(book: Book) -> None:
    """R003-51: configurable."""
    operations.set_confirmations_needed(book, by=None, count=1)
    assert Book.objects.get(pk=book.pk).confirmations_needed == 1

    history.undo(last_change(book), by=None)

    assert Book.objects.get(pk=book.pk).confirmations_needed == 3


# --- running ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def rows(account: Account, food: Category, rent: Category) -> dict[str, Transaction]:
    """A row in every state that a rule for BLUE BOTTLE, 5.50 can find."""
    return {
        "waiting": _waiting(account),
        "staged": make_txn(account, "5.50", rent, description="Blue Bottle", status=Status.PENDING_SAVE),
        "by hand": make_txn(account, "5.50", rent, description="Blue Bottle"),
        "by program": make_txn(account, "5.50", rent, description="Blue Bottle", status=Status.AUTO_CONFIRMED),
        "there": make_txn(account, "5.50", food, description="Blue Bottle"),
        "refund": _waiting(account, amount="-5.50"),
        "other amount": _waiting(account, amount="5.52"),
        "other text": _waiting(account, "Green Bottle"),
    }


def test_preview_of_a_rule_names_the_rows_it_would_change(
    book: Book, food: Category, rows: dict[str, Transaction]
) -> None:
    """A decision by hand, or one that is staged, stays; what the program filed may move."""
    rule = AmountRule(book=book, pattern="blue bottle", amount=Decimal("5.50"), category=food)
    before = history.digest(book)

    found = operations.preview_rule(book, rule)

    assert set(found.waiting) == {rows["waiting"].pk, rows["refund"].pk}
    assert set(found.refiled) == {rows["by program"].pk}
    assert (found.agreeing, found.by_hand, found.earlier, found.count) == (1, 2, 0, 3)
    assert history.digest(book) == before


def test_preview_leaves_rows_to_the_rules_before(book: Book, food: Category, rent: Category, rows: Any) -> None:
    _rule(book, rent, "BOTTLE", "5.50")
    late = _rule(book, food, "BLUE")

    found = operations.preview_rule(book, late)

    assert (list(found.waiting), found.earlier) == ([rows["other amount"].pk], 6)


def test_run_of_a_rule_changes_what_its_preview_named(book: Book, food: Category, rows: dict[str, Transaction]) -> None:
    rule = _rule(book, food, "blue bottle", "5.50", name="Blue Bottle Coffee")
    before, found = history.digest(book), operations.preview_rule(book, rule)
    versions = dict(Transaction.objects.of(book).values_list("pk", "version"))

    assert operations.run_rule(rule, by=None) == 3

    changed = {
        pk for pk, version in Transaction.objects.of(book).values_list("pk", "version") if version != versions[pk]
    }
    assert changed == {*found.waiting, *found.refiled}
    filed = Transaction.objects.get(pk=rows["waiting"].pk)
    assert (filed.category, filed.status, filed.payee) == (food, Status.AUTO_CONFIRMED, "Blue Bottle Coffee")
    assert (filed.predicted_category, filed.tier, filed.confidence) == (food, Tier.AMOUNT_RULE, 1000)
    assert filed.pattern == "blue bottle, 5.50 ± 0.01"
    assert last_change(book).summary == "Ran the rule blue bottle, 5.50 ± 0.01: Food: filed 3 transactions"
    history.undo(last_change(book), by=None)
    assert history.digest(book) == before


def test_rule_is_added_and_run_as_one_change(book: Book, food: Category, rows: dict[str, Transaction]) -> None:
    before = history.digest(book)

    rule, filed = operations.add_rule_and_run(
        book=book, by=None, pattern="blue bottle", category=food, amount=Decimal("5.50")
    )
    history.undo(last_change(book), by=None)

    assert (rule.pattern, filed) == ("blue bottle", 3)
    assert history.digest(book) == before


def test_run_of_all_files_what_is_sure_and_proposes_the_rest(book: Book, account: Account, food: Category) -> None:
    """R003-29, R003-38, R003-45: prediction and decision are two fields; confidence decides."""
    operations.add_mapping(book=book, by=None, merchant="Blue Bottle", category=food)
    _confirm(book, food, _waiting(account, "Green Bottle"))
    sure, likely, unknown = (_waiting(account, name) for name in ("Blue Bottle", "Green Bottle", "Nobody Knows"))
    staged = make_txn(account, "5.50", None, description="Blue Bottle", status=Status.PENDING_SAVE)

    done = operations.run_rules(book, by=None)

    assert done == operations.NotFiled(filed=1, left=2)
    for txn in (sure, likely, unknown, staged):
        txn.refresh_from_db()
    assert [(t.category, t.predicted_category, t.status, t.confidence) for t in (sure, likely, unknown, staged)] == [
        (food, food, Status.AUTO_CONFIRMED, 1000),
        (None, food, Status.PENDING_REVIEW, 500),
        (None, None, Status.PENDING_REVIEW, None),
        (None, None, Status.PENDING_SAVE, None),
    ]


def test_run_that_is_sent_twice_counts_once(book: Book, account: Account, food: Category) -> None:
    operations.add_mapping(book=book, by=None, merchant="Blue Bottle", category=food)
    _waiting(account)
    operations.run_rules(book, by=None, request=IdempotentRequest("the-same-key"))

    with pytest.raises(history.AlreadyDone):
        operations.run_rules(book, by=None, request=IdempotentRequest("the-same-key"))


# --- categories -------------------------------------------------------------------------------------------------------


@pytest.fixture
def leading(book: Book, account: Account, food: Category) -> Transaction:
    """A rule, a merchant and a prediction that lead to Food; the row itself is filed nowhere."""
    _rule(book, food, "NETFLIX", "15.99")
    operations.add_mapping(book=book, by=None, merchant="Blue Bottle", category=food)
    _confirm(book, food, learned := _waiting(account, "Green Bottle"))
    ledger.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=learned.pk))
    txn = _waiting(account, "Green Bottle")
    operations.run_rules(book, by=None)
    txn.refresh_from_db()
    assert txn.predicted_category == food
    return txn


def test_merged_category_takes_its_rules_merchants_and_predictions_along(
    book: Book, food: Category, rent: Category, leading: Transaction
) -> None:
    before = history.digest(book)

    ledger.merge_categories(source=food, target=rent, by=None)

    leading.refresh_from_db()
    led: list[AmountRule | MerchantMapping] = [*AmountRule.objects.of(book), *MerchantMapping.objects.of(book)]
    assert {row.category for row in led} == {rent} == {leading.predicted_category}
    assert len(led) == 3
    history.undo(last_change(book), by=None)
    assert history.digest(book) == before


def test_deleted_category_takes_its_rules_merchants_and_predictions_away(
    book: Book, food: Category, leading: Transaction
) -> None:
    before = history.digest(book)

    ledger.delete_category(food, by=None)

    leading.refresh_from_db()
    assert not [*AmountRule.objects.of(book), *MerchantMapping.objects.of(book)]
    assert (leading.predicted_category, leading.tier, leading.confidence) == (None, "", None)
    history.undo(last_change(book), by=None)
    leading.refresh_from_db()
    assert (leading.predicted_category, leading.tier) == (food, Tier.MERCHANT_MAP)
    assert history.digest(book) == before


def test_category_that_has_transactions_keeps_its_rules(
    book: Book, account: Account, food: Category, leading: Transaction
) -> None:
    make_txn(account, category=food)
    before = history.digest(book)

    with pytest.raises(InUse):
        ledger.delete_category(food, by=None)

    assert history.digest(book) == before
