"""From file to ledger: the receipt adds up, nothing is dropped or doubled, and all of it can be taken back."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from budget import history
from budget.categorization import operations as teaching
from budget.categorization.operations import run_rules
from budget.history.errors import MayOnlyView
from budget.ledger import operations
from budget.ledger.models import Account, AccountTransfer, Status, Transaction
from budget.statements import bringing, choices, recording, takingback
from budget.statements.accounts import choose_account
from budget.statements.errors import AccountOfOtherCurrency, AlreadySettled, BookChanged, LinesRefused, NotImported
from budget.statements.models import Fate, Stage, StatementLine
from budget.statements.receipts import receipt
from budget.tests.factories import (
    make_account,
    make_book,
    make_category,
    make_mapping,
    make_member,
    make_rule,
    make_txn,
    make_user,
)
from budget.tests.statements.bringing import amounts, brought, csv, fates, imported
from budget.tests.statements.test_samples import WELL_FORMED

pytestmark = pytest.mark.django_db

MAY = csv("2026-05-02,Bakery,-4.50", "2026-05-03,Salary,2150.00", "2026-05-03,Bakery,-4.50")


def counts(found):
    told = receipt(found)
    assert told.adds_up
    return told.rows, told.recorded, told.already_there, told.skipped, told.refused


@pytest.mark.parametrize("name", WELL_FORMED)
def test_sample_is_recorded_once_and_to_the_last_digit(book, name):
    """I1, I2, R003-18, R003-26, R003-27: rows, sums and days of the file; the second time everything is there."""
    _, rows, sums, first, last = WELL_FORMED[name]

    once = imported(book, name)
    version = history_version(book)
    again = imported(book, name, "renamed.txt")

    told = receipt(once)
    assert counts(once) == (rows, rows, 0, 0, 0)
    assert {currency: f"{total:f}" for currency, total in told.sums.items()} == {
        currency or "EUR": total for currency, total in sums.items()
    }
    assert (str(told.first), str(told.last)) == (first, last)
    assert counts(again) == (rows, 0, rows, 0, 0)
    assert (Transaction.objects.of(book).count(), history_version(book)) == (rows, version)


def history_version(book):
    book.refresh_from_db()
    return book.version


def test_money_out_is_positive_whatever_the_file_says(book, account):
    """R003-28: signs are turned once, at the edge."""
    imported(book, MAY)

    assert amounts(book) == [Decimal("4.50"), Decimal("-2150.00"), Decimal("4.50")]


def test_equal_rows_are_two_and_an_overlap_brings_only_what_is_new(book, account):
    """I2: rows 1 to 3, then 2 to 5, with real twins on one day in both."""
    coffee = "2026-05-04,Coffee,-3.00"
    imported(book, csv("2026-05-02,Bakery,-4.50", coffee, coffee))

    overlap = imported(book, csv(coffee, coffee, coffee, "2026-05-05,Shell,-41.22"))

    assert counts(overlap) == (4, 2, 2, 0, 0)
    assert len(amounts(book)) == 5


def test_rows_sorted_otherwise_with_other_line_ends_are_the_same(book, account):
    """I2."""
    imported(book, MAY)
    header, *rows = MAY.decode().split()
    turned = "\r\n".join([header, *reversed(rows), ""]).encode()

    assert counts(imported(book, turned)) == (3, 0, 3, 0, 0)


def test_bank_s_id_alone_makes_no_duplicate(book):
    """F13, rule 2 of the samples: one id on two different movements."""
    body = (
        "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>77</BANKACCTFROM>"
        "<BANKTRANLIST>{}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )
    row = "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>202605{}<TRNAMT>{}<FITID>same<NAME>Bakery</STMTTRN>"
    both = body.format(row.format("02", "-4.50") + row.format("03", "-5.50")).encode()

    imported(book, both, "a.ofx")

    assert len(amounts(book)) == 2
    assert counts(imported(book, both, "b.ofx"))[1:3] == (0, 2)


def test_deleted_row_stays_deleted_and_can_be_let_back_in(book, account):
    imported(book, MAY)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book).filter(amount=Decimal(-2150)))

    again = brought(book, MAY)
    assert fates(again) == [Fate.THERE, Fate.DELETED, Fate.THERE]
    (gone,) = StatementLine.objects.filter(statement__source=again, fate=Fate.DELETED)
    choices.choose(again, [gone.pk], Fate.NEW)
    recording.confirm(again, by=None)

    assert counts(again) == (3, 1, 2, 0, 0)
    assert sorted(amounts(book)) == [Decimal("-2150.00"), Decimal("4.50"), Decimal("4.50")]


def test_what_was_typed_by_hand_is_asked_about_and_joined(book, account, food):
    by_hand = make_txn(account, "4.50", food, "2026-05-01", "bread")

    found = brought(book, MAY)
    assert fates(found) == [Fate.DOUBTFUL, Fate.NEW, Fate.NEW]
    doubtful = StatementLine.objects.get(statement__source=found, fate=Fate.DOUBTFUL)
    choices.choose(found, [doubtful.pk], Fate.JOINED)
    recording.confirm(found, by=None)

    by_hand.refresh_from_db()
    assert (by_hand.line_id, by_hand.category_id, by_hand.description) == (doubtful.pk, food.pk, "bread")
    assert counts(found) == (3, 2, 1, 0, 0)
    assert counts(imported(book, MAY)) == (3, 0, 3, 0, 0)


def test_doubtful_row_that_nobody_answered_is_kept_apart(book, account):
    make_txn(account, "4.50", None, "2026-05-01", "bread")

    found = imported(book, MAY)

    assert counts(found) == (3, 3, 0, 0, 0)
    assert len(amounts(book)) == 4


def test_announced_row_that_posts_with_a_tip_is_asked_about(book, account):
    pending = make_txn(account, "20.00", None, "2026-05-01", "Trattoria Da Nino")
    with history.change(book, None, "Announced", kind="test") as change:
        change.update(pending, is_pending=True)

    found = brought(book, csv("2026-05-03,Trattoria Da Nino,-23.00", "2026-05-03,Other,-23.00"))
    doubtful = StatementLine.objects.get(statement__source=found, fate=Fate.DOUBTFUL)
    choices.choose(found, [doubtful.pk], Fate.JOINED)
    recording.confirm(found, by=None)

    pending.refresh_from_db()
    assert (pending.amount, pending.is_pending, pending.date.isoformat()) == (Decimal("23.00"), False, "2026-05-03")


def test_row_that_cannot_be_read_stops_all_unless_the_person_says_so(book, account):
    """Rule 7 of the samples, I6."""
    found = brought(book, "csv/garbled_amount.csv")

    with pytest.raises(LinesRefused, match="1 line cannot be read, so nothing was imported"):
        recording.confirm(found, by=None)
    assert amounts(book) == []
    recording.confirm(found, by=None, is_partial=True)

    assert counts(found) == (2, 1, 0, 0, 1)
    assert [(e.number, e.column) for e in receipt(found).errors] == [(2, "Amount")]


def test_second_confirmation_is_refused_and_changes_nothing(book, account):
    found = imported(book, MAY)
    version = history_version(book)

    with pytest.raises(AlreadySettled):
        recording.confirm(found, by=None)

    assert history_version(book) == version


def test_book_that_changed_so_that_the_preview_is_wrong_is_shown_again(book, account):
    """I9: what the preview showed is what is stored, or nothing is."""
    first, second = brought(book, MAY), brought(book, MAY)
    recording.confirm(first, by=None)

    with pytest.raises(BookChanged):
        recording.confirm(second, by=None)

    assert len(amounts(book)) == 3


def test_change_that_has_nothing_to_do_with_the_preview_is_no_hindrance(book, account, food):
    found = brought(book, MAY)
    make_txn(account, "99.00", food, "2025-01-01")

    recording.confirm(found, by=None)

    assert counts(found) == (3, 3, 0, 0, 0)


@pytest.mark.parametrize("taught", ["rule deleted", "merchant forgotten", "category archived", "category added"])
def test_preview_that_shows_other_categories_than_would_be_stored_is_shown_again(book, account, food, taught):
    """I9: what leads to a category may also go away, or the category itself."""
    rule, merchant = make_rule(food, "bakery"), make_mapping(food, "EMPLOYER")
    table = b"Date,Payee,Amount,Category\n2026-05-02,Bakery,-4.50,\n2026-05-03,Shell,-41.22,Fuel\n"
    found = brought(book, table)
    match taught:
        case "rule deleted":
            teaching.delete_rule(rule, by=None)
        case "merchant forgotten":
            teaching.delete_mapping(merchant, by=None)
        case "category archived":
            operations.change_category(food, by=None, is_archived=True)
        case "category added":
            make_category(book, "Fuel")

    with pytest.raises(BookChanged):
        recording.confirm(found, by=None)
    choices.compare_again(found)
    shown = [recording.Maker.of(found).filed(line) for page in recording._new_lines(found) for line in page]
    recording.confirm(found, by=None)

    stored = Transaction.objects.of(book).order_by("line__number").values_list("category_id", "predicted_category_id")
    assert list(stored) == [(filed.category, filed.predicted) for filed in shown]


def test_preview_is_what_is_stored(book, account, food):
    """I9, R003-29, R003-33, R003-36..38: the category that the preview proposes, its tier and how sure it is."""
    make_rule(food, "bakery")
    found = brought(book, MAY)
    maker = recording.Maker.of(found)
    shown = [maker.filed(line) for page in recording._new_lines(found) for line in page]

    recording.confirm(found, by=None)

    stored = Transaction.objects.of(book).order_by("line__number")
    assert [(t.category_id, t.predicted_category_id, t.status, t.tier, t.confidence) for t in stored] == [
        (filed.category, filed.predicted, filed.status, filed.tier, filed.confidence) for filed in shown
    ]
    assert [t.status for t in stored] == [Status.AUTO_CONFIRMED, Status.PENDING_REVIEW, Status.AUTO_CONFIRMED]


@pytest.mark.parametrize("seed", range(6))
def test_import_that_is_taken_back_leaves_the_book_as_it_was(book, account, seed):
    """I4: later rows of the person are kept; the digest is that of a book that never saw the file."""
    chance = random.Random(seed)
    make_txn(account, "12.00", None, "2026-01-01")
    before = history.digest(book)
    days = [
        f"2026-05-{chance.randint(1, 28):02},Shop {chance.randint(1, 5)},-{chance.randint(1, 99)}.50" for _ in range(9)
    ]
    found = imported(book, csv(*days))
    made = list(takingback.made_by_import(found))

    takingback.take_back(found, by=None, keep_edited=False)

    assert history.digest(book) == before
    assert len(made) == 9
    again = imported(book, csv(*days))
    assert counts(again)[1] == 9


def test_edited_rows_are_kept_or_taken_as_chosen(book, account, food):
    """I4: weeks later, after edits."""
    for keep, left in ((True, 1), (False, 0)):
        found = imported(book, MAY)
        edited = Transaction.objects.of(book).get(amount=Decimal(-2150))
        operations.change_transaction(edited, by=None, note="May")

        takingback.take_back(found, by=None, keep_edited=keep)

        assert len(amounts(book)) == left
        again = brought(book, MAY)
        assert fates(again).count(Fate.THERE) == left
        takingback.discard(again)
        operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book))


def test_row_that_a_rule_filed_since_is_nobody_s_edit(book, account, food):
    """Undoing takes it out without asking; one that a person touched before the rule did is theirs."""
    found = imported(book, csv("2026-05-02,Bakery,-4.50", "2026-05-03,Bakery,-5.50", "2026-05-04,Shoes,-80.00"))
    noted = Transaction.objects.of(book).get(amount=Decimal("5.50"))
    operations.change_transaction(noted, by=None, note="For the party")
    make_rule(food, "bakery")
    run_rules(book, by=None)
    assert [row.category for row in Transaction.objects.of(book).order_by("date")] == [food, food, None]

    assert [row.pk for row in takingback.edited_since(found)] == [noted.pk]
    takingback.take_back(found, by=None, keep_edited=True)

    assert [row.pk for row in Transaction.objects.of(book)] == [noted.pk]


def test_import_taken_back_can_itself_be_brought_back(book, account):
    found = imported(book, MAY)
    digest = history.digest(book)

    undone = takingback.take_back(found, by=None, keep_edited=True)
    history.undo(undone, by=None)

    assert history.digest(book) == digest
    assert counts(imported(book, MAY)) == (3, 0, 3, 0, 0)
    found.refresh_from_db()
    takingback.take_back(found, by=None, keep_edited=True)
    with pytest.raises(NotImported):
        takingback.take_back(found, by=None, keep_edited=True)


def test_accounts_of_one_file_are_told_apart_and_opened_with_their_balance(book):
    imported(book, "ofx2/multiple_accounts.ofx")
    imported(book, "mt940/volksbank_8_statements.sta")

    assert [(a.name, a.currency, a.transactions.count()) for a in Account.objects.of(book).order_by("pk")] == [
        ("Checking 9855", "GBP", 2),
        ("Savings 5548", "GBP", 1),
        ("Checking 3387", "EUR", 12),
    ]
    assert Account.objects.of(book).get(currency="EUR").opening_balance == Decimal("3085.00")


def test_statement_is_not_put_into_an_account_of_another_currency(book, account):
    found = brought(book, "ofx1/bank_medium.ofx")
    (statement,) = found.statements.all()

    with pytest.raises(AccountOfOtherCurrency, match="Everyday is in EUR, but these lines are in CAD"):
        choose_account(statement, account)


def test_transfer_between_own_accounts_is_linked_where_it_is_certain(book):
    """R003-18: both sides told by files; neither spends."""
    everyday, savings = make_account(book, "Everyday"), make_account(book, "Savings")
    imported(book, csv("2026-05-02,To savings,-300.00", "2026-05-03,Shoes,-80.00"), account=everyday)
    assert AccountTransfer.objects.of(book).count() == 0

    found = imported(book, csv("2026-05-03,From everyday,300.00"), account=savings)

    (pair,) = AccountTransfer.objects.of(book)
    assert (pair.outgoing.account, pair.incoming.account) == (everyday, savings)
    takingback.take_back(found, by=None, keep_edited=False)
    assert AccountTransfer.objects.of(book).count() == 0
    assert Transaction.objects.of(book).get(amount=Decimal(300)).is_transfer is False


def test_transfer_with_two_candidates_is_left_to_the_person(book):
    everyday, savings = make_account(book, "Everyday"), make_account(book, "Savings")
    imported(book, csv("2026-05-02,To savings,-300.00", "2026-05-03,To savings,-300.00"), account=everyday)

    imported(book, csv("2026-05-03,From everyday,300.00"), account=savings)

    assert AccountTransfer.objects.of(book).count() == 0


def test_archive_takes_the_file_s_categories_for_confirmed(book, account, food):
    """R003-34, R003-85: years of history in one go."""
    table = b"Date,Payee,Amount,Category\n2024-05-02,Bakery,-4.50,Food\n2024-05-03,Shell,-41.22,Fuel\n"

    imported(book, table, is_archive=True)

    assert list(Transaction.objects.of(book).order_by("date").values_list("category__name", "status", "source")) == [
        ("Food", Status.CONFIRMED, "archive"),
        (None, Status.PENDING_REVIEW, "archive"),
    ]


def test_viewer_brings_nothing_and_somebody_else_s_lines_are_not_chosen(book, account):
    viewer = make_user()
    make_member(book, viewer, "viewer")
    found = brought(book, MAY)
    with pytest.raises(MayOnlyView):
        recording.confirm(found, by=viewer)
    other = make_book(make_user(), "Other")
    make_account(other)
    theirs = brought(other, MAY)

    line = StatementLine.objects.filter(statement__source=theirs).earliest("pk")
    assert choices.choose(found, [line.pk], Fate.SKIPPED) == 0


def test_lines_of_another_book_never_count_as_known(book, account):
    """I2 with S4: the same file in two books is new in both."""
    imported(book, MAY)
    other = make_book(make_user(), "Other")
    make_account(other)

    assert counts(imported(other, MAY)) == (3, 3, 0, 0, 0)


def test_unclear_dates_are_asked_for_once_for_the_whole_file(book, account):
    """Rule 3 of the samples."""
    content = b"!Type:Bank\nD03/04/2026\nT-5.00\nPBakery\n^\n"
    found = brought(book, content, "x.qif")
    assert (found.stage, Transaction.objects.of(book).count()) == (Stage.ASKING, 0)

    bringing.answer(found, {"date_order": "dmy"})
    recording.confirm(found, by=None)

    assert Transaction.objects.of(book).get().date.isoformat() == "2026-04-03"


def test_more_digits_than_the_currency_has_are_rounded_half_to_even_and_said(book):
    """Rule 6 of the samples."""
    found = imported(book, "ofx1/four_decimals.ofx")

    lines = StatementLine.objects.filter(statement__source=found).order_by("number")
    assert amounts(book) == list(lines.order_by("date", "pk").values_list("amount", flat=True))
    assert receipt(found).rounded == sum(bool(line.remarks) for line in lines) > 0
    assert receipt(found).sums == {"USD": Decimal("-1778.3952")}


def test_number_of_questions_does_not_grow_with_the_lines(book, account, django_assert_num_queries):
    make_category(book, "Anything")
    few, many = (
        imported(book, csv(*(f"2026-0{month}-{day:02},Shop,-{day}.00" for day in range(1, days))))
        for month, days in ((3, 3), (4, 28))
    )
    with django_assert_num_queries(10):
        receipt(few)
    with django_assert_num_queries(10):
        receipt(many)
