"""Loading a raw ledger: every row, once, or none; what is wrong is said with its line and column."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from budget import history
from budget.books.models import Book
from budget.history import Change
from budget.ledger import ledgerfile, loading, totals
from budget.ledger.ledgerfile import LedgerUnreadable
from budget.ledger.ledgernames import BookNotFound
from budget.ledger.ledgervalues import quoted
from budget.ledger.loading import LedgerRefused, load_ledger
from budget.ledger.making import ledger_lines
from budget.ledger.models import Account, Category, Source, Status, Transaction
from budget.ledger.operations import delete_transactions
from budget.months import Month
from budget.reports.queries import category_totals
from budget.tests.factories import make_account, make_book, make_category, make_member, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db

HEAD = "user_id,date,category,amount"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.csv"


def write(file: Path, *rows: str, head: str = HEAD) -> Path:
    file.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return file


def generate(file: Path, rows: int, user: User, seed: int = 7) -> Path:
    file.write_text("\n".join(ledger_lines(rows, seed, [str(user.pk)])) + "\n", encoding="utf-8")
    return file


def state(book: Book) -> tuple[str, int, int]:
    fresh = Book.objects.get(pk=book.pk)
    return history.digest(fresh), fresh.version, Transaction.objects.of(book).count()


def problems(file: Path, book: Book) -> list[str]:
    before = state(book)
    with pytest.raises(LedgerRefused) as refused:
        load_ledger(file, book=str(book.pk))
    assert state(book) == before
    return [str(problem) for problem in refused.value.problems]


def test_rows_are_recorded_as_the_file_says(file: Path, account: Account, food: Category, owner: User) -> None:
    write(
        file,
        f'{owner.pk},2026-11-03,Food,12.50,"Bakery, corner",Everyday',
        f"{owner.email},2026-11-04,,-3,Back again,",
        f"{owner.pk},2026-11-05, food ,0.05,,everyday",
        head=HEAD + ",description,account",
    )

    receipt = load_ledger(file)

    fields = ("account", "category", "date", "amount", "description", "status", "source")
    rows = [(*row[:2], str(row[2]), *row[3:]) for row in Transaction.objects.order_by("pk").values_list(*fields)]
    confirmed, waiting, raw = Status.CONFIRMED, Status.PENDING_REVIEW, Source.LEDGER
    assert rows == [
        (account.pk, food.pk, "2026-11-03", Decimal("12.50"), "Bakery, corner", confirmed, raw),
        (account.pk, None, "2026-11-04", Decimal("-3"), "Back again", waiting, raw),
        (account.pk, food.pk, "2026-11-05", Decimal("0.05"), "food", confirmed, raw),
    ]
    assert (receipt.rows, receipt.recorded, receipt.already_there, receipt.uncategorized) == (3, 3, 0, 1)
    assert receipt.sums == {"EUR": Decimal("9.55")}
    assert totals.differences(account.book) == []
    assert history.verify(account.book).is_whole


def test_same_file_again_changes_nothing(file: Path, account: Account, owner: User) -> None:
    """R004-8, R004-9: the second time everything is there already."""
    generate(file, 1500, owner)
    load_ledger(file)
    before = state(account.book)

    again = load_ledger(file.rename(file.with_name("renamed.csv")))

    assert (again.rows, again.recorded, again.already_there) == (1500, 0, 1500)
    assert state(account.book) == before


def test_twins_in_a_file_are_two_rows(file: Path, account: Account, owner: User) -> None:
    write(file, *[f"{owner.pk},2026-11-03,Coffee,2.90"] * 2)

    assert load_ledger(file).recorded == 2


def test_dry_run_tells_the_same_and_writes_nothing(file: Path, account: Account, owner: User) -> None:
    generate(file, 300, owner)
    before = state(account.book)

    dry = load_ledger(file, dry_run=True)

    assert state(account.book) == before
    real = load_ledger(file)
    assert (dry.rows, dry.recorded, dry.sums, dry.new_categories) == (300, 300, real.sums, real.new_categories)


def test_unknown_categories_and_accounts_are_added_in_the_same_change(file: Path, owner: User, book: Book) -> None:
    """R003-18: accounts are kept with files alone."""
    head = HEAD + ",account"
    write(file, f"{owner.pk},2026-11-03,Sauna,9.00,Purse", f"{owner.pk},2026-11-03,sauna,9.00,", head=head)

    receipt = load_ledger(file)

    assert (receipt.new_categories, receipt.new_accounts) == (["Sauna"], ["Purse", "Imported"])
    assert receipt.change is not None
    assert receipt.change.number == book.version + 1
    history.undo(receipt.change, by=owner)
    assert (Category.objects.count(), Account.objects.count(), Transaction.objects.count()) == (0, 0, 0)


def test_strict_adds_nothing(file: Path, account: Account, owner: User) -> None:
    write(file, f"{owner.pk},2026-11-03,Sauna,9.00")

    with pytest.raises(LedgerRefused) as refused:
        load_ledger(file, strict=True)

    assert [str(p) for p in refused.value.problems] == ["Line 2, category: The book has no category named “Sauna”."]
    assert Category.objects.count() == 0


def test_a_subcategory_may_be_named_with_its_group(file: Path, account: Account, owner: User) -> None:
    home, work = make_category(account.book, "Home"), make_category(account.book, "Work")
    lunch = make_category(account.book, "Lunch", parent=work)
    make_category(account.book, "Lunch", parent=home)

    write(file, f"{owner.pk},2026-11-03,Lunch,9.00")
    assert problems(file, account.book) == [
        "Line 2, category: There are 2 categories named “Lunch”. Write it as Group:Lunch."
    ]
    load_ledger(write(file, f"{owner.pk},2026-11-03,Work: Lunch,9.00"))
    assert Transaction.objects.get().category == lunch


def names(book: Book) -> list[str]:
    listed = Category.objects.of(book).order_by("pk").values_list("parent__name", "name")
    return [f"{parent}:{name}" if parent else name for parent, name in listed]


def test_a_name_with_a_colon_is_a_subcategory_and_its_group_is_added(file: Path, account: Account, owner: User) -> None:
    income = make_category(account.book, "Pay", is_income=True)
    spellings = ["Food:Lunch", "food : lunch", "FOOD:  Lunch", "Food:", ":Food", "Food::Lunch:", "Pay:Bonus"]

    dry = load_ledger(write(file, *[f"{owner.pk},2026-11-03,{name},9.00" for name in spellings]), dry_run=True)
    receipt = load_ledger(file)

    assert names(account.book) == ["Pay", "Food", "Food:Lunch", "Pay:Bonus"]
    assert receipt.new_categories == dry.new_categories == ["Food", "Food:Lunch", "Pay:Bonus"]
    assert Category.objects.get(parent=income).is_income
    load_ledger(write(file, f"{owner.pk},2026-11-03,Food:Lunch,9.01"), strict=True)
    assert names(account.book) == ["Pay", "Food", "Food:Lunch", "Pay:Bonus"]


@pytest.mark.parametrize("name", ["Fun : Games", "Big  Fun", "Big\u00a0Fun", "Straße", "École", "İş"])
def test_one_name_in_two_files_is_one_category_and_one_account(
    name: str, file: Path, account: Account, owner: User
) -> None:
    """Also where an older version wrote the name down as it stood in the file."""
    make_category(account.book, name)
    make_account(account.book, f"At {name}")

    for number, spelling in enumerate((name, name.upper(), " ".join(name.split()), name), start=1):
        row = f"{owner.pk},2026-11-0{number},{spelling},9.00,At {spelling}"
        load_ledger(write(file, row, head=HEAD + ",account"))

    assert Category.objects.of(account.book).values_list("name").get() == (name,)
    assert Account.objects.of(account.book).count() == 2


def test_a_name_with_several_blanks_is_added_with_one(file: Path, account: Account, owner: User) -> None:
    load_ledger(write(file, f"{owner.pk},2026-11-03,Big  Fun,9.00,My  Purse", head=HEAD + ",account"))

    assert names(account.book) == ["Big Fun"]
    assert Account.objects.of(account.book).latest("pk").name == "My Purse"


def test_a_new_group_comes_before_its_namesakes_in_groups(file: Path, account: Account, owner: User) -> None:
    for group in ("Home", "Work"):
        make_category(account.book, "Lunch", parent=make_category(account.book, group))

    load_ledger(write(file, *[f"{owner.pk},2026-11-03,{name},9.00" for name in ("Lunch:", "Lunch")]))

    found = set(Transaction.objects.values_list("category__name", "category__parent"))
    assert found == {("Lunch", None)}


AMOUNT = "is not an amount. Write it as 1234.50 or -1234.50."
BAD_VALUES = {
    "1,2026-11-03,Food,1234,50": "row: it has 5 values, and the first line names 4 columns.",
    "1,2026-11-03,Food": "row: it has 3 values, and the first line names 4 columns.",
    '1,2026-11-03,Food,"1,234.50"': f"amount: “1,234.50” {AMOUNT}",
    "1,2026-11-03,Food,1e3": f"amount: “1e3” {AMOUNT}",
    "1,2026-11-03,Food,NaN": f"amount: “NaN” {AMOUNT}",
    "1,2026-11-03,Food,+5": f"amount: “+5” {AMOUNT}",
    "1,2026-11-03,Food,.5": f"amount: “.5” {AMOUNT}",
    "1,2026-11-03,Food,5.": f"amount: “5.” {AMOUNT}",
    "1,2026-11-03,Food,": f"amount: “” {AMOUNT}",
    "1,2026-11-03,Food, 5.00": f"amount: “ 5.00” {AMOUNT}",
    "1,2026-11-03,Food,1_000": f"amount: “1_000” {AMOUNT}",
    "1,2026-11-03,Food,١٢": f"amount: “١٢” {AMOUNT}",
    "1,2026-11-03,Food,−5": f"amount: “−5” {AMOUNT}",
    "1,2026-11-03,Food,12345678901234": f"amount: “12345678901234” {AMOUNT}",
    '1,2026-11-03,Food,"1.00\n2.00"': f"amount: “1.00?2.00” {AMOUNT}",
    "1,2026-11-03,Food,0.00": "amount: The amount is zero.",
    "1,2026-11-03,Food,-0": "amount: The amount is zero.",
    "1,2026-11-03,Food,1.005": "amount: “1.005” has more decimals than the account's currency, which has 2.",
    "1,2026-02-30,Food,5.00": "date: “2026-02-30” is not a day of the calendar.",
    "1,03.11.2026,Food,5.00": "date: “03.11.2026” is not a date. Write it as 2026-11-20.",
    "1,2026-11-3,Food,5.00": "date: “2026-11-3” is not a date. Write it as 2026-11-20.",
    "1,1899-12-31,Food,5.00": "date: The year 1899 is out of range. Dates run from 1900 to 2200.",
    "1,,Food,5.00": "date: “” is not a date. Write it as 2026-11-20.",
    "999999,2026-11-03,Food,5.00": "user_id: “999999” is no member of Household. "
    "Write the number or email address of a member.",
    f"1,2026-11-03,{'x' * 60},5.00": "category: It has 60 characters; 50 is the most. Shorten it.",
    '1,2026-11-03,"Fo\x07od",5.00': "category: It has a control character at position 3. Remove it.",
}


@pytest.mark.parametrize(("row", "said"), BAD_VALUES.items(), ids=BAD_VALUES.values())
def test_a_bad_value_is_named_with_line_and_column(
    row: str, said: str, file: Path, account: Account, food: Category, owner: User
) -> None:
    good = f"{owner.pk},2026-11-03,Food,1.00"
    write(file, good, "", row.replace("1,", f"{owner.pk},", 1) if row.startswith("1,") else row, good)

    assert problems(file, account.book) == [f"Line 4, {said}"]


def test_problems_are_counted_and_the_first_twenty_told(file: Path, account: Account, owner: User) -> None:
    write(file, *[f"{owner.pk},2026-11-{day},Food,x" for day in range(10, 40)])

    with pytest.raises(LedgerRefused, match=r"^39 problems in 30 rows\. Nothing was recorded") as refused:
        load_ledger(file)

    assert [problem.line for problem in refused.value.problems][-1] <= 31
    assert (len(refused.value.problems), refused.value.count) == (20, 39)


def test_the_problems_told_are_those_of_the_first_lines_in_order(file: Path, account: Account, owner: User) -> None:
    rows = [f"{owner.pk},never,Food,x"] * 15
    write(file, *rows, f"{owner.pk},2026-11-03,Food", *rows)

    told = problems(file, account.book)

    assert [row.partition(",")[0] for row in told] == [f"Line {line}" for line in range(2, 12) for _ in range(2)]
    assert told[:2] == [
        "Line 2, date: “never” is not a date. Write it as 2026-11-20.",
        f"Line 2, amount: “x” {AMOUNT}",
    ]


def test_a_bad_last_row_leaves_nothing(file: Path, account: Account, owner: User) -> None:
    generate(file, 3000, owner)
    with file.open("a", encoding="utf-8") as out:
        out.write(f"{owner.pk},2026-11-31,Food,5.00,Too late\n")

    assert problems(file, account.book) == ["Line 3,002, date: “2026-11-31” is not a day of the calendar."]


def test_a_failure_at_the_end_leaves_nothing(
    file: Path, account: Account, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R000-2: all rows or none."""
    generate(file, 1200, owner)
    before = state(account.book)

    def fail(self: totals.TotalsKeeper) -> None:
        raise ConnectionError

    monkeypatch.setattr(totals.TotalsKeeper, "close", fail)
    with pytest.raises(ConnectionError):
        load_ledger(file)

    assert state(account.book) == before


UNREADABLE = {
    b"": "The file is empty. Its first line names the columns: user_id,date,category,amount.",
    b"user_id,date,category,amount\n": "The file has no rows.",
    b"user_id,date,category,amount\n\n\n": "The file has no rows.",
    b"user_id,note\n1,x\n": "The columns are missing: amount, category, date. The first line names the columns: "
    "user_id,date,category,amount and, if you like, description,account.",
    b"user_id,date,category,amount,date\n": "The first line names date more than once.",
    b"user_id,date,category,amount\n1,2026-11-03,Caf\xe9,5.00\n": "Line 2 is not UTF-8. "
    "Save the file as UTF-8 and try again.",
    b"user_id,date,category,amount\n1,2026-11-03,Food,5.00\n1,2026-11-03,Fo\0od,5.00\n": "Line 3 has a NUL byte. "
    "Is this a text file?",
    b"user_id,date,category,amount\n1,2026-11-03,Food,5.00\xc3": "Line 2 is not UTF-8. "
    "Save the file as UTF-8 and try again.",
    b'user_id,date,category,amount\n1,2026-11-03,"Food,5.00\n': "Line 2 cannot be read as CSV: a quote has no end.",
    b"user_id,date,category,amount\n1,2026-11-03," + b"x" * 10_001: "Line 2 cannot be read as CSV: "
    "field larger than field limit (10000).",
}


@pytest.mark.parametrize(("content", "said"), UNREADABLE.items(), ids=UNREADABLE.values())
def test_a_file_that_is_no_ledger_is_refused_whole(content: bytes, said: str, file: Path, account: Account) -> None:
    file.write_bytes(content)
    before = state(account.book)

    for book in (str(account.book.pk), ""):
        with pytest.raises(LedgerUnreadable) as refused:
            load_ledger(file, book=book)
        if said in str(refused.value):
            continue
        pytest.fail(f"{refused.value} instead of {said}")

    assert state(account.book) == before


def test_a_file_without_one_whole_row_is_refused_with_its_problems(file: Path, account: Account, owner: User) -> None:
    with pytest.raises(LedgerRefused) as refused:
        load_ledger(write(file, *[f"{owner.pk},2026-11-03,Food"] * 1500))

    assert (refused.value.count, refused.value.rows) == (1500, 1500)
    assert str(refused.value.problems[0]) == "Line 2, row: it has 3 values, and the first line names 4 columns."


def test_byte_order_mark_windows_line_ends_and_other_columns_are_fine(
    file: Path, account: Account, owner: User
) -> None:
    text = f"Amount, DATE ,memo,category,user_id\r\n5.00,2026-11-03,x,Food,{owner.pk}\r\n"
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())

    receipt = load_ledger(file)

    assert (receipt.recorded, receipt.unread_columns) == (1, ["“memo”"])


SAVED_ANEW = {
    "with Windows line ends": lambda content: content.replace(b"\n", b"\r\n"),
    "with old Macintosh line ends": lambda content: content.replace(b"\n", b"\r"),
    "with a byte order mark": lambda content: b"\xef\xbb\xbf" + content,
    "without the last line end": lambda content: content.rstrip(b"\n"),
    "with blank lines at the end": lambda content: content + b"\r\n\n",
}


@pytest.mark.parametrize("save", SAVED_ANEW.values(), ids=SAVED_ANEW)
def test_a_file_saved_anew_is_the_same_file(
    save: Callable[[bytes], bytes], file: Path, account: Account, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a line end falls between two of the pieces in which a file is read."""
    load_ledger(generate(file, 30, owner))
    content = file.read_bytes()

    for size in (1 << 18, 1, 2, 7):
        monkeypatch.setattr(ledgerfile, "CHUNK", size)
        file.write_bytes(save(content))
        assert load_ledger(file).already_there == 30

    file.write_bytes(save(content.replace(b".", b".0", 1)))
    with pytest.raises(LedgerRefused):
        load_ledger(file)


def test_precision_follows_the_account_s_currency(file: Path, book: Book, owner: User) -> None:
    for code in ("JPY", "KWD"):
        make_account(book, code, currency=code)
    head = HEAD + ",account"
    write(file, f"{owner.pk},2026-11-03,Food,5.00,JPY", f"{owner.pk},2026-11-03,Food,7.00,JPY", head=head)
    assert load_ledger(file).sums == {"JPY": Decimal(12)}

    write(file, f"{owner.pk},2026-11-03,Food,1.234,KWD", head=head)
    assert load_ledger(file).sums == {"KWD": Decimal("1.234")}

    write(file, f"{owner.pk},2026-11-03,Food,5.50,JPY", head=head)
    assert problems(file, book) == [
        "Line 2, amount: “5.50” has more decimals than the account's currency, which has 0."
    ]


def test_each_row_of_a_mixed_file_has_the_decimals_of_its_own_currency(
    file: Path, account: Account, owner: User
) -> None:
    for code in ("JPY", "KWD"):
        make_account(account.book, code, currency=code)
    good = [f"{owner.pk},2026-11-03,Food,12.50,Everyday", f"{owner.pk},2026-11-03,Food,500,JPY"]
    good.append(f"{owner.pk},2026-11-03,Food,1.234,KWD")
    head = HEAD + ",account"

    receipt = load_ledger(write(file, *good, head=head))

    assert receipt.sums == {"EUR": Decimal("12.5"), "JPY": Decimal(500), "KWD": Decimal("1.234")}
    write(file, *good, f"{owner.pk},2026-11-03,Food,5.50,JPY", f"{owner.pk},2026-11-03,Food,5.505,Everyday", head=head)
    assert problems(file, account.book) == [
        "Line 5, amount: “5.50” has more decimals than the account's currency, which has 0.",
        "Line 6, amount: “5.505” has more decimals than the account's currency, which has 2.",
    ]


def test_a_member_s_rows_go_into_the_shared_book_and_a_stranger_s_do_not(
    file: Path, account: Account, owner: User
) -> None:
    partner, stranger = make_user(), make_user()
    make_member(account.book, partner)
    rows = [f"{person.pk},2026-11-03,Food,5.00" for person in (owner, partner)]

    assert load_ledger(write(file, *rows)).recorded == 2
    write(file, *rows, f"{stranger.pk},2026-11-04,Food,5.00")
    assert problems(file, account.book) == [
        f"Line 4, user_id: “{stranger.pk}” is no member of Household. Write the number or email address of a member."
    ]


def test_a_foreign_file_can_be_one_person_s(file: Path, account: Account, owner: User) -> None:
    write(file, "u-1,2026-11-03,Food,5.00")
    with pytest.raises(BookNotFound, match=r"Nobody here is “u-1”"):
        load_ledger(file)

    assert load_ledger(file, user=owner).recorded == 1

    write(file, "u-1,2026-11-03,Food,5.00", "u-2,2026-11-03,Food,5.00")
    with pytest.raises(LedgerRefused) as refused:
        load_ledger(file, user=owner)
    assert "“u-2” is somebody else than in the first row" in str(refused.value.problems[0])


@pytest.mark.parametrize(
    ("asked", "said"),
    [("Nowhere", "There is no book “Nowhere”."), ("999999", "no book"), ("Household", "several books")],
)
def test_a_book_that_is_not_one_is_refused(asked: str, said: str, file: Path, account: Account, owner: User) -> None:
    make_book(make_user())

    with pytest.raises(BookNotFound, match=said):
        load_ledger(write(file, f"{owner.pk},2026-11-03,Food,5.00"), book=asked)


def test_a_load_is_undone_as_one_and_can_be_loaded_anew(file: Path, account: Account, owner: User) -> None:
    _undo_a_load(generate(file, 5000, owner), account, owner, 5000)


@pytest.mark.nightly
def test_a_load_of_a_hundred_thousand_rows_is_undone_as_one(file: Path, account: Account, owner: User) -> None:
    """R001-28: 100,000 rows of one person."""
    _undo_a_load(generate(file, 100_000, owner), account, owner, 100_000)


def _undo_a_load(file: Path, account: Account, owner: User, rows: int) -> None:
    before = state(account.book)
    receipt = load_ledger(file)
    assert receipt.change is not None
    assert (receipt.recorded, Change.objects.filter(kind="ledger.load").count()) == (rows, 1)

    undoing = history.undo(receipt.change, by=owner)

    after = state(account.book)
    assert (after[0], after[2]) == (before[0], 0)
    assert totals.differences(account.book) == []
    assert load_ledger(file).recorded == rows
    assert history.verify(Book.objects.get(pk=account.book.pk)).is_whole
    assert undoing.undoes == receipt.change


def test_undone_and_restored_load_counts_as_there(file: Path, account: Account, owner: User) -> None:
    receipt = load_ledger(generate(file, 50, owner))
    assert receipt.change is not None
    history.undo(history.undo(receipt.change, by=owner), by=owner)

    assert load_ledger(file).already_there == 50


def test_loading_again_says_how_many_rows_are_still_there(file: Path, account: Account, owner: User) -> None:
    receipt = load_ledger(generate(file, 2500, owner))
    delete_transactions(book=account.book, by=owner, rows=Transaction.objects.filter(description="City Tram"))
    left = Transaction.objects.count()
    assert receipt.change is not None

    for dry_run, word in ((False, "Recorded        0"), (True, "To record       0, this was a dry run")):
        again, out = load_ledger(file, dry_run=dry_run), StringIO()
        assert (again.rows, again.recorded, again.already_there, again.gone) == (2500, 0, left, 2500 - left)
        assert 0 < again.gone < 2500
        call_command("load_ledger", str(file), dry_run=dry_run, stdout=out)
        assert word in out.getvalue()
        assert f"Already there   {left:,}\nDeleted since   {2500 - left:,}\nRefused         0\n" in out.getvalue()
        assert f"loaded before, in change {receipt.change.number}; nothing was changed." in out.getvalue()


def test_loss_on_the_way_into_the_database_is_noticed(
    file: Path, account: Account, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate(file, 50, owner)
    before = state(account.book)
    rows = loading._Loading.rows
    monkeypatch.setattr(loading._Loading, "rows", lambda self, batches: list(rows(self, batches))[:-1])

    with pytest.raises(loading.LoadedOtherwise):
        load_ledger(file)

    assert state(account.book) == before


@pytest.mark.parametrize("signs", [("",), ("", "-")])
def test_a_file_with_more_than_a_book_can_add_up_is_refused_whole(
    signs: tuple[str, ...], file: Path, account: Account, owner: User
) -> None:
    """A7: also where the amounts take each other away, because the database adds them up one after the other."""
    before = state(account.book)
    rows = [f"{owner.pk},2026-11-03,Food,{sign}9999999999999.99" for sign in signs for _ in range(930)]

    for dry_run in (True, False):
        with pytest.raises(CommandError, match=r"add up to more than 4,000,000,000,000,000. Nothing was saved."):
            call_command("load_ledger", str(write(file, *rows)), dry_run=dry_run)
        assert state(account.book) == before


@pytest.mark.parametrize("seed", range(12))
def test_random_ledgers_give_the_same_reports_on_every_engine(
    seed: int, file: Path, account: Account, owner: User
) -> None:
    """T7, R004-26: both engines are held to the sums that plain integers give."""
    _load_at_random(Random(seed), 900, file, account.book, owner)


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(0, 10_000, 500))
def test_thousands_of_random_ledgers_give_the_same_reports_on_every_engine(first: int, file: Path, owner: User) -> None:
    """T7: 10,000 of them, most of them small."""
    for seed in range(first, first + 500):
        with transaction.atomic():
            dice = Random(f"ledger {seed}")
            _load_at_random(dice, dice.choice([3, 20, 20, 120]), file, make_account(make_book(owner)).book, owner)
            transaction.set_rollback(True)


def _load_at_random(dice: Random, most: int, file: Path, book: Book, owner: User) -> None:
    """Load up to `most` random rows and compare what the reports say with sums of plain integers."""
    names = ["Food", "Rent", "Fun", ""]
    expected: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    rows = []
    for _ in range(dice.randrange(1, most)):
        cents = dice.choice([1, -1]) * dice.choice([1, 10, 999, 123_456_789_012_345, dice.randrange(1, 10**9)])
        day = f"20{dice.randrange(20, 24)}-{dice.choice(['01', '02', '12'])}-{dice.choice(['01', '28', '15'])}"
        name = dice.choice(names)
        count, total = expected[day[:7], name]
        expected[day[:7], name] = (count + 1, total + cents)
        sign = "-" if cents < 0 else ""
        rows.append(f"{owner.pk},{day},{name},{sign}{abs(cents) // 100}.{abs(cents) % 100:02}")

    load_ledger(write(file, *rows), book=str(book.pk))

    months = {month for month, _ in expected}
    found = {
        (month, total.name): (total.count, int(total.total * 100))
        for month in months
        for total in category_totals(book, Month.parse(month))
    }
    assert found == dict(expected)
    assert totals.differences(book) == []


def test_made_ledgers_are_the_same_for_the_same_seed() -> None:
    """R000-31: what is made has no chance in it."""
    one = list(ledger_lines(500, 3))

    assert one == list(ledger_lines(500, 3))
    assert one != list(ledger_lines(500, 4))
    assert (len(one), one[0], one[1][:13], one[-1][:12]) == (
        501,
        "user_id,date,category,amount,description",
        "1,2016-11-01,",
        "1,2026-10-24",
    )


def test_made_ledgers_quote_their_users() -> None:
    users = ['"Al" <al@example.org>', "a,b", "two\nlines"]

    rows = list(csv.reader(line + "\n" for line in ledger_lines(60, 3, users)))

    assert {row[0] for row in rows[1:]} == set(users)
    assert {len(row) for row in rows} == {5}


def test_commands_make_and_load_and_print_a_receipt(tmp_path: Path, account: Account, owner: User) -> None:
    file, out = tmp_path / "made.csv", StringIO()
    call_command("make_ledger", rows=200, seed=5, users=owner.email, out=file)

    call_command("load_ledger", str(file), stdout=out)

    total = sum(Transaction.objects.values_list("amount", flat=True))
    shown = f"{total:,.2f}".replace("-", "−")
    new = ", ".join(Category.objects.order_by("pk").values_list("name", flat=True))
    uncategorized = Transaction.objects.filter(category=None).count()
    assert out.getvalue().splitlines() == [
        f"Book            Household ({account.book.pk})",
        "Rows in file    200",
        "Recorded        200",
        "Already there   0",
        "Refused         0",
        f"Sum             {shown} EUR",
        f"No category     {uncategorized}",
        f"New categories  {new}",
        "Change          3, to be undone as one",
    ]


def test_command_ends_with_the_problems(file: Path, account: Account, owner: User) -> None:
    write(file, *[f"{owner.pk},2026-11-03,Food,x"] * 21)

    with pytest.raises(CommandError) as refused:
        call_command("load_ledger", str(file))

    said = str(refused.value).splitlines()
    assert said[0] == f"Line 2, amount: “x” {AMOUNT}"
    assert said[20:] == [
        "... and 1 more",
        "",
        "Rows in file    21",
        "Recorded        0",
        "Refused         21",
        "",
        "21 problems in 21 rows. Nothing was recorded; mend the file and load again.",
    ]


def test_command_names_a_file_that_is_not_there_and_a_user_that_is_not(tmp_path: Path, account: Account) -> None:
    with pytest.raises(CommandError, match=r"cannot be opened: No such file"):
        call_command("load_ledger", str(tmp_path / "nothing.csv"))
    with pytest.raises(CommandError, match=r"Nobody here has the email address x@example\.org"):
        call_command("load_ledger", str(tmp_path / "nothing.csv"), user="x@example.org")


def test_long_and_odd_values_are_quoted_briefly() -> None:
    assert quoted("a" * 50 + "\x1b[31m") == "“" + "a" * 40 + "...”"
    assert quoted("\x1b[31m") == "“?[31m”"
