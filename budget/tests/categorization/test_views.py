"""The pages of rules, merchants and accuracy: with HTMX and without."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from budget import history
from budget.books.models import Book, Role
from budget.categorization import operations
from budget.categorization.models import AmountRule, MerchantMapping
from budget.ledger import operations as ledger
from budget.ledger.models import Account, Category, Source, Status, Tier, Transaction
from budget.tests.factories import last_change, make_book, make_category, make_member, make_txn, make_user
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # security/ asks every page and form on both engines
HTMX = {"HX-Request": "true"}
LIST = "/settings/rules/"
MERCHANTS = "/settings/rules/merchants/"


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


def _typed(category: Category, **values: Any) -> dict[str, Any]:
    typed = {
        "pattern": "NETFLIX",
        "amount": "15.99",
        "tolerance": "0.01",
        "category": category.pk,
        "name": "",
        "note": "",
    }
    return typed | {"request_key": str(uuid.uuid4())} | values


@pytest.fixture
def rule(book: Book, food: Category) -> AmountRule:
    return operations.add_rule(book=book, by=None, pattern="NETFLIX", amount=Decimal("15.99"), category=food)


@pytest.fixture
def merchant(book: Book, food: Category) -> MerchantMapping:
    return operations.add_mapping(book=book, by=None, merchant="Blue Bottle", category=food)


def _waiting(account: Account, text: str = "NETFLIX.COM", amount: str = "15.99") -> Transaction:
    return make_txn(account, amount, description=text, status=Status.PENDING_REVIEW, source=Source.CSV_IMPORT)


def test_list_of_an_empty_book_says_what_comes_here(signed_in: Client) -> None:
    page = signed_in.get(LIST).content.decode()

    assert "No rules yet." in page
    assert "No merchants yet." in page
    assert "Nothing waits for review." in page


def test_list_shows_rules_in_order_with_what_they_filed(
    signed_in: Client, book: Book, account: Account, food: Category, rule: AmountRule, merchant: MerchantMapping
) -> None:
    _waiting(account)
    _waiting(account, "BLUE BOTTLE")
    operations.run_rules(book, by=None)
    operations.add_rule(book=book, by=None, pattern="AMAZON", category=food)

    found = signed_in.get(LIST).context

    assert [(r.words, r.filed, r.is_first, r.is_last) for r in found["rules"]] == [
        ("NETFLIX, 15.99 ± 0.01", 1, True, False),
        ("AMAZON", 0, False, True),
    ]
    assert [(r.mapping.merchant, r.filed, r.is_sure) for r in found["merchants"]] == [("BLUE BOTTLE", 1, True)]
    assert [(str(change), can_undo) for change, can_undo in found["runs"]] == [
        ("Ran all rules: filed 2 transactions", True)
    ]


@pytest.mark.parametrize("count", [1, 40])
def test_list_takes_the_same_queries_for_any_number_of_rules(
    signed_in: Client, book: Book, food: Category, django_assert_num_queries, count: int
) -> None:
    for number in range(count):
        operations.add_rule(book=book, by=None, pattern=f"shop {number}", category=food)
        operations.add_mapping(book=book, by=None, merchant=f"shop {number} x", category=food)
    signed_in.get(LIST)

    with django_assert_num_queries(12):
        page = signed_in.get(LIST)

    assert len(page.context["rules"]) == count


def test_merchants_are_found_and_paged(signed_in: Client, book: Book, food: Category) -> None:
    for number in range(60):
        operations.add_mapping(
            book=book, by=None, merchant=f"Shop {chr(65 + number % 26) * (number // 26 + 2)}", category=food
        )

    first, second = signed_in.get(LIST).context, signed_in.get(f"{LIST}?from=50").context
    searched = signed_in.get(f"{LIST}?q=shop+qq").context

    assert (len(first["merchants"]), first["before"], first["after"]) == (50, None, 50)
    assert (len(second["merchants"]), second["before"], second["after"]) == (10, 0, None)
    assert {row.mapping.merchant for row in searched["merchants"]} == {"SHOP QQ", "SHOP QQQ"}
    assert "No merchant matches." in signed_in.get(f"{LIST}?q=nothing").content.decode()


def test_create_adds_a_rule_once(signed_in: Client, book: Book, food: Category) -> None:
    typed = _typed(food, tolerance="0,50", name="Netflix", note="Family")

    for _ in range(2):
        assert signed_in.post(f"{LIST}new/", typed).headers["Location"] == LIST

    made = AmountRule.objects.of(book).get()
    assert (made.pattern, made.amount, made.tolerance, made.category) == (
        "NETFLIX",
        Decimal("15.99"),
        Decimal("0.50"),
        food,
    )
    assert (made.name, made.note) == ("Netflix", "Family")


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"pattern": ""}, "pattern", "Write what the bank's text contains, such as NETFLIX."),
        ({"pattern": "*"}, "__all__", "fits almost any text"),
        ({"pattern": "x" * 101}, "__all__", "100 is the most"),
        ({"amount": "12,x"}, "amount", "We could not read"),
        ({"amount": "-3"}, "__all__", "above zero"),
        ({"tolerance": "0.005"}, "tolerance", "too many decimals"),
        ({"category": ""}, "category", "Choose a category."),
        ({"category": "0"}, "category", "Category not found."),
    ],
)
def test_create_says_what_is_wrong_beside_the_field(
    signed_in: Client, book: Book, food: Category, wrong: dict[str, str], field: str, sentence: str
) -> None:
    before = history.digest(book)

    response = signed_in.post(f"{LIST}new/", _typed(food) | wrong)

    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert sentence in response.context["form"].errors[field][0]
    assert history.digest(book) == before


def test_test_of_a_rule_shows_the_rows_and_changes_nothing(
    signed_in: Client, book: Book, account: Account, food: Category, rent: Category
) -> None:
    _waiting(account)
    make_txn(account, "15.99", rent, description="NETFLIX.COM")
    before = history.digest(book)

    page = signed_in.post(f"{LIST}new/", _typed(food, test="1"))

    text = " ".join(page.content.decode().split())
    assert "It would file 1 transaction that waits for review." in text
    assert "1 that you filed elsewhere stays where it is." in text
    assert "Add it and file 1" in text
    assert history.digest(book) == before


def test_rule_is_added_and_run_with_one_undo(signed_in: Client, book: Book, account: Account, food: Category) -> None:
    txn, before = _waiting(account), history.digest(book)

    signed_in.post(f"{LIST}new/", _typed(food, run="1"))

    txn.refresh_from_db()
    assert (txn.category, txn.status) == (food, Status.AUTO_CONFIRMED)
    signed_in.post(f"/history/{last_change(book).number}/undo/")
    assert history.digest(book) == before


def test_new_rule_begins_with_what_a_link_says(signed_in: Client, food: Category) -> None:
    page = signed_in.get(f"{LIST}new/?pattern=KIOSK&amount=3.20&category={food.pk}")

    initial = page.context["form"].initial
    assert (initial["pattern"], initial["amount"], initial["category"]) == ("KIOSK", "3.20", str(food.pk))


def test_change_in_place_opens_in_its_row_and_answers_the_list(
    signed_in: Client, rule: AmountRule, rent: Category
) -> None:
    url, row = f"{LIST}{rule.pk}/", f'<li id="rule-{rule.pk}"'

    opened = signed_in.get(url, headers=HTMX)
    refused = signed_in.post(url, _typed(rent, pattern="", seen=rule.version), headers=HTMX)
    tested = signed_in.post(url, _typed(rent, seen=rule.version, test="1", is_active="on"), headers=HTMX)
    saved = signed_in.post(url, _typed(rent, seen=rule.version, amount="", is_active="on"), headers=HTMX)

    assert [a.content.decode().strip().startswith(row) for a in (opened, refused, tested)] == [True] * 3
    assert (refused.status_code, refused.headers["HX-Retarget"]) == (422, f"#rule-{rule.pk}")
    assert "It would change no transaction." in tested.content.decode()
    assert saved.headers["Location"] == LIST
    rule.refresh_from_db()
    assert (rule.category, rule.amount, rule.is_active) == (rent, None, True)


def test_change_that_somebody_else_overtook_is_shown(signed_in: Client, rule: AmountRule, rent: Category) -> None:
    seen = rule.version
    operations.change_rule(rule, by=None, note="Theirs")

    answer = signed_in.post(f"{LIST}{rule.pk}/", _typed(rent, seen=seen, is_active="on"))
    again = signed_in.post(f"{LIST}{rule.pk}/", _typed(rent, seen=answer.context["form"].data["seen"], is_active="on"))

    assert (answer.status_code, again.status_code) == (422, 302)


def test_rule_is_switched_off(signed_in: Client, rule: AmountRule, food: Category) -> None:
    signed_in.post(f"{LIST}{rule.pk}/", _typed(food, seen=rule.version))

    rule.refresh_from_db()
    assert rule.is_active is False


def test_delete_can_be_undone(signed_in: Client, book: Book, rule: AmountRule) -> None:
    before = history.digest(book)

    answer = signed_in.post(f"{LIST}{rule.pk}/deletion/", {"request_key": "the-same-key"})
    again = signed_in.post(f"{LIST}{rule.pk}/deletion/", {"request_key": "the-same-key"})

    assert [a.headers["Location"] for a in (answer, again)] == [LIST, LIST]
    assert not AmountRule.objects.exists()
    signed_in.post(f"/history/{last_change(book).number}/undo/")
    assert history.digest(book) == before


def test_rules_are_moved(signed_in: Client, book: Book, food: Category, rule: AmountRule) -> None:
    other = operations.add_rule(book=book, by=None, pattern="AMAZON", category=food)

    signed_in.post(f"{LIST}{other.pk}/position/", {"up": "1"})
    up = [r.rule.pattern for r in signed_in.get(LIST).context["rules"]]
    signed_in.post(f"{LIST}{other.pk}/position/", {"down": "1"})
    down = [r.rule.pattern for r in signed_in.get(LIST).context["rules"]]

    assert (up, down) == (["AMAZON", "NETFLIX"], ["NETFLIX", "AMAZON"])


def test_runs_file_what_waits(signed_in: Client, account: Account, rule: AmountRule, food: Category) -> None:
    one = _waiting(account)
    signed_in.post(f"{LIST}{rule.pk}/runs/")
    two = _waiting(account)
    page = signed_in.post(f"{LIST}runs/", follow=True)

    for txn in (one, two):
        txn.refresh_from_db()
        assert (txn.category, txn.tier) == (food, Tier.AMOUNT_RULE)
    assert "Ran all rules: 1 transaction filed." in page.content.decode()


@pytest.mark.parametrize(("count", "status"), [("5", 302), ("0", 422), ("x", 422), ("", 422)])
def test_threshold_is_set(signed_in: Client, book: Book, count: str, status: int) -> None:
    """R003-51: configurable."""
    answer = signed_in.post(f"{LIST}confirmations/", {"count": count})

    assert answer.status_code == status
    assert Book.objects.get(pk=book.pk).confirmations_needed == (5 if status == 302 else 3)


def test_merchant_is_added_changed_and_deleted(signed_in: Client, book: Book, food: Category, rent: Category) -> None:
    added = signed_in.post(f"{MERCHANTS}new/", {"merchant": "sq *kiosk 4412", "category": food.pk})
    made = MerchantMapping.objects.of(book).get()
    form = {"merchant": "Kiosk", "category": rent.pk, "seen": made.version, "is_active": "on"}
    opened = signed_in.get(f"{MERCHANTS}{made.pk}/", headers=HTMX)
    changed = signed_in.post(f"{MERCHANTS}{made.pk}/", form)
    made.refresh_from_db()
    deleted = signed_in.post(f"{MERCHANTS}{made.pk}/deletion/")

    assert [a.headers["Location"] for a in (added, changed, deleted)] == [LIST] * 3
    assert opened.content.decode().strip().startswith(f'<li id="merchant-{made.pk}"')
    assert (made.merchant, made.category) == ("KIOSK", rent)
    assert not MerchantMapping.objects.exists()


def test_merchant_that_is_there_is_refused_beside_its_field(
    signed_in: Client, merchant: MerchantMapping, rent: Category
) -> None:
    answer = signed_in.post(f"{MERCHANTS}new/", {"merchant": "Blue Bottle", "category": rent.pk})

    assert answer.status_code == 422
    assert answer.context["form"].errors["merchant"] == ["BLUE BOTTLE is in the list already. Change it there."]


def test_another_books_rules_are_not_found(signed_in: Client) -> None:
    theirs = make_book(make_user())
    category = make_category(theirs, "Theirs")
    rule = operations.add_rule(book=theirs, by=None, pattern="NETFLIX", category=category)
    mapping = operations.add_mapping(book=theirs, by=None, merchant="Kiosk", category=category)

    answers = [signed_in.get(f"{LIST}{rule.pk}/"), signed_in.get(f"{MERCHANTS}{mapping.pk}/")]
    answers += [signed_in.post(f"{LIST}{rule.pk}/{what}/") for what in ("deletion", "position", "runs")]
    answers += [signed_in.post(f"{MERCHANTS}{mapping.pk}/deletion/")]

    assert [answer.status_code for answer in answers] == [404] * 6


def test_viewer_sees_the_rules_and_no_button(client: Client, book: Book, rule: AmountRule, account: Account) -> None:
    viewer = make_user()
    make_member(book, viewer, Role.VIEWER)
    client.force_login(viewer)
    _waiting(account)

    page = client.get(LIST).content.decode()

    assert "NETFLIX" in page
    assert not [word for word in ("New rule", "Run on what waits", "Edit the rule") if word in page]
    assert client.post(f"{LIST}runs/").status_code == 403


def test_accuracy_compares_proposals_with_decisions(
    signed_in: Client, book: Book, account: Account, food: Category, rent: Category, merchant: MerchantMapping
) -> None:
    """R003-30, R003-53: by tier and month, from the person's own corrections."""
    operations.add_rule(book=book, by=None, pattern="NETFLIX", category=food)
    rows = [_waiting(account, text) for text in ("NETFLIX",) * 3 + ("BLUE BOTTLE",) * 4 + ("NOBODY KNOWS",)]
    operations.run_rules(book, by=None)
    for txn, category in zip(rows[:2] + rows[3:6], (food, rent, food, food, rent), strict=True):
        ledger.change_transaction(Transaction.objects.get(pk=txn.pk), by=None, category=category)

    found = signed_in.get("/review/accuracy/?all=1").context

    tiers = [(t.tier, t.agreed, t.corrected, t.unseen, t.waiting, t.accuracy) for t in found["totals"]]
    assert tiers == [
        (Tier.AMOUNT_RULE, 1, 1, 1, 0, 50),
        (Tier.MERCHANT_MAP, 2, 1, 1, 0, 67),
    ]
    (month,) = found["months"]
    assert (str(month.month), month.rows, month.coverage, month.work) == ("2026-11", 8, 88, 75)


def test_accuracy_of_an_empty_book_says_where_it_comes_from(signed_in: Client) -> None:
    page = signed_in.get("/review/accuracy/").content.decode()

    assert "Nothing to judge by yet." in page


def test_proposals_are_tried_on_past_rows(signed_in: Client, book: Book, account: Account, food: Category) -> None:
    """Learned from what is older than a year, asked about what is newer; nothing is written."""
    for month in range(1, 7):
        make_txn(account, "5.00", food, f"2024-{month:02}-10", description="BLUE BOTTLE 44")
    make_txn(account, "5.50", food, description="BLUE BOTTLE 12")
    before = history.digest(book)
    assert "Try it on past rows" in signed_in.get("/review/accuracy/").text

    page = signed_in.get("/review/accuracy/?try=1").text

    assert "then asked about the 1 since." in page
    assert "proposed a category for 100 of 100, and 100 of 100 proposals would have been right." in page
    assert history.digest(book) == before


@pytest.mark.parametrize("months", [1, 6])
def test_accuracy_takes_the_same_queries_for_any_number_of_months(
    signed_in: Client, book: Book, account: Account, food: Category, django_assert_num_queries, months: int
) -> None:
    for number in range(months):
        make_txn(account, category=food, date=f"2026-{number + 1:02}-10", source=Source.CSV_IMPORT)
    signed_in.get("/review/accuracy/?all=1")

    with django_assert_num_queries(6):
        page = signed_in.get("/review/accuracy/?all=1")

    assert len(page.context["months"]) == months
