"""What an address means: the rows that a plain loop finds, whatever is combined, on every page and in every order."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from budget import history
from budget.books.models import Book
from budget.ledger import listing, search, sums
from budget.ledger.directory import Directory, directory
from budget.ledger.filters import Search
from budget.ledger.models import Account, Category, Status, Transaction
from budget.months import Month
from budget.tests import factories
from budget.users.models import User

PATH = "/transactions/"


def read(names: Directory, path: str = PATH, kind: str = "", **params: str) -> Search:
    """The search that an address means."""
    return search.read(params, names, currency="EUR", path=path, kind=kind)


@pytest.fixture
def household(book: Book, owner: User) -> list[dict[str, Any]]:
    """Six hundred rows on three accounts, in a taxonomy of two levels; as plain dictionaries."""
    rng = random.Random(20261121)
    accounts = [factories.make_account(book, name) for name in ("Everyday", "Visa", "Cash")]
    food = factories.make_category(book, "Food")
    coffee = factories.make_category(book, "Coffee", parent=food)
    rent = factories.make_category(book, "Rent")
    salary = factories.make_category(book, "Salary", is_income=True)
    categories = [food, coffee, rent, salary, None]
    payees = ["Nopa", "Acme", "City Water", "coffee house", ""]
    rows = []
    for place in range(600):
        category = rng.choice(categories)
        is_transfer = category is None and rng.random() < 0.3
        rows.append(
            {
                "account_id": rng.choice(accounts).pk,
                "category_id": category.pk if category else None,
                "date": (date(2026, 1, 15) + timedelta(days=rng.randrange(120))).isoformat(),
                "amount": rng.choice([1, -1]) * rng.randrange(1, 60) * 500,
                "description": rng.choice(["Lunch", "BANK 12.50", "Invoice"]) + f" {place % 7}",
                "payee": rng.choice(payees),
                "note": rng.choice(["", "shared"]),
                "status": rng.choice(Status.values),
                "is_transfer": is_transfer,
            }
        )
    names = list(rows[0])
    with history.change(book, owner, "Six hundred rows", kind="test") as change:
        change.create_many(Transaction, names, [[row[name] for name in names] for row in rows])
    ids = Transaction.objects.of(book).order_by("pk").values_list("pk", flat=True)
    return [row | {"pk": pk} for row, pk in zip(rows, ids, strict=True)]


def title(row: dict[str, Any]) -> str:
    return str(row["payee"] or row["description"])


def expected(row: dict[str, Any], asked: dict[str, str], names: Directory) -> bool:
    """Whether a row matches, said once more and plainly."""
    category = names.categories.get(row["category_id"] or 0)
    group = {category.pk, category.parent} if category else set()
    size = abs(row["amount"])
    tests: dict[str, Callable[[str], bool]] = {
        "q": lambda words: all(
            word.lower() in f"{row['payee']}\n{row['description']}\n{row['note']}".lower()
            or (word in ("12.50", "3") and size == Decimal(word) * 1000)
            for word in words.split()
        ),
        "month": lambda month: row["date"][:7] == month,
        "from": lambda day: row["date"] >= day,
        "to": lambda day: row["date"] <= day,
        "category": lambda pk: (
            (row["category_id"] is None and not row["is_transfer"]) if pk == "none" else int(pk) in group
        ),
        "account": lambda pk: row["account_id"] == int(pk),
        "type": lambda kind: {
            "transfer": row["is_transfer"],
            "income": bool(category and category.is_income),
            "expense": not row["is_transfer"] and not (category and category.is_income),
        }[kind],
        "status": lambda status: row["status"] == status,
        "min": lambda amount: size >= int(amount) * 1000,
        "max": lambda amount: size <= int(amount) * 1000,
    }
    return all(tests[name](value) for name, value in asked.items() if name in tests)


def sort_key(row: dict[str, Any], by: str, names: Directory) -> tuple[Any, int]:
    category = names.categories.get(row["category_id"] or 0)
    keys = {
        "date": row["date"],
        "amount": row["amount"],
        "payee": title(row).lower(),
        "category": category.label.lower() if category else "",
    }
    return keys[by], row["pk"]


def walk(book: Book, names: Directory, first: Search) -> list[int]:
    """The ids on all pages, from the first to the last."""
    found: list[int] = []
    asked = first
    for _ in range(20):
        page = listing.page(book, names, asked)
        found += [row.pk for row in page.rows]
        if not page.older_url:
            return found
        asked = read(names, **dict(parse_qsl(urlsplit(page.older_url).query)))
    raise AssertionError("The list does not end.")


@pytest.mark.parametrize("queries", [150, pytest.param(5_000, marks=pytest.mark.nightly)])
def test_c12_every_combination_finds_what_a_plain_loop_finds(
    queries: int, book: Book, household: list[dict[str, Any]]
) -> None:
    """C12, R001-8, R004-3, R004-4, R004-23: filters, texts and orders, alone and together."""
    names = directory(book)
    rng = random.Random(queries)
    offers: dict[str, list[str]] = {
        "q": ["nopa", "12.50", "coffee shared", "invoice 3", "zebra"],
        "month": ["2026-02", "2026-03"],
        "from": ["2026-02-10", "2026-04-01"],
        "to": ["2026-04-20", "2026-02-28"],
        "category": ["none", *map(str, names.categories)],
        "account": list(map(str, names.accounts)),
        "type": ["expense", "income", "transfer"],
        "status": Status.values,
        "min": ["5", "12"],
        "max": ["20", "12"],
    }
    for _ in range(queries):
        chosen = rng.sample(sorted(offers), rng.randrange(0, 4))
        asked = {name: rng.choice(offers[name]) for name in chosen}
        sort = rng.choice(["", "-"]) + rng.choice(search.SORTS)

        found = read(names, **asked, sort=sort)
        got, totals = walk(book, names, found), sums.totals(book, names, found)

        rows = [row for row in household if expected(row, asked, names)]
        rows.sort(key=lambda row: sort_key(row, sort.removeprefix("-"), names), reverse=sort.startswith("-"))
        assert got == [row["pk"] for row in rows], (asked, sort)
        spent = sum(r["amount"] for r in rows if not r["is_transfer"] and not _is_income(r, names))
        assert totals.count == len(rows)
        assert totals.sums[0].spent == _shown(spent), asked


def _is_income(row: dict[str, Any], names: Directory) -> bool:
    category = names.categories.get(row["category_id"] or 0)
    return bool(category and category.is_income)


def _shown(units: int) -> str:
    return f"{Decimal(units) / 1000:,.2f}".replace("-", "\N{MINUS SIGN}")


@pytest.mark.parametrize("sort", [sign + by for by in search.SORTS for sign in ("", "-")])
def test_pages_forth_and_back_show_the_same_rows(book: Book, household: list[dict[str, Any]], sort: str) -> None:
    names = directory(book)
    first = listing.page(book, names, read(names, sort=sort))
    second = listing.page(book, names, read(names, **dict(parse_qsl(urlsplit(first.older_url).query))))
    back = listing.page(book, names, read(names, **dict(parse_qsl(urlsplit(second.newer_url).query))))

    assert len({row.pk for row in first.rows + second.rows}) == 200
    assert [row.pk for row in back.rows] == [row.pk for row in first.rows]


def test_show_more_keeps_the_rows_that_are_there(book: Book, household: list[dict[str, Any]]) -> None:
    names = directory(book)
    first = listing.page(book, names, read(names))

    more = listing.page(book, names, read(names, **dict(parse_qsl(urlsplit(first.more_url).query))))

    assert [row.pk for row in more.rows[:100]] == [row.pk for row in first.rows]
    assert len(more.rows) == 200


def test_words_of_the_search_field_narrow_and_can_be_removed(book: Book, household: list[dict[str, Any]]) -> None:
    """R004-23: amounts, dates and names are understood."""
    names = directory(book)

    found = read(names, q="nopa #food @visa >5 <20 2026-02 ", sort="amount")

    rows = found.of(book, names)
    assert all(row.payee == "Nopa" and row.account.name == "Visa" and row.date in Month(2026, 2) for row in rows)
    assert all(5 < abs(row.amount) < 20 and row.category for row in rows)
    assert [chip.text for chip in found.chips] == ["nopa", "#food", "@visa", ">5", "<20", "2026-02"]
    assert found.chips[1].url == "/transactions/?q=nopa+%40visa+%3E5+%3C20+2026-02&sort=amount"


def test_group_in_a_word_means_what_is_below_it_too(book: Book) -> None:
    food = factories.make_category(book, "Food")
    coffee = factories.make_category(book, "Coffee", parent=food)
    names = directory(book)

    assert read(names, q="#foo").categories == [frozenset({food.pk, coffee.pk})]
    assert read(names, q='#"coffee"').categories == [frozenset({coffee.pk})]


def test_monthly_totals_answer_for_whole_months_only(book: Book) -> None:
    names = directory(book)

    assert read(names, month="2026-11", type="expense").is_in_months
    assert read(names, **{"from": "2026-11-01", "to": "2026-11-30"}).is_in_months
    assert not read(names, to="2026-11-29").is_in_months
    assert not read(names, q="nopa").is_in_months
    assert not read(names, min="5").is_in_months


def test_address_leaves_out_what_is_empty_and_begins_at_the_first_page(book: Book) -> None:
    found = read(directory(book), q=" nopa ", month="", sort="amount", page="a.5.1000")

    assert found.errors == {}
    assert found.address == "/transactions/?q=nopa&sort=amount&page=a.5.1000"
    assert found.url(sort="") == "/transactions/?q=nopa"


def test_page_of_expenses_has_a_type_of_its_own(book: Book, account: Account, food: Category) -> None:
    names = directory(book)

    assert read(names, path="/expenses/", kind="expense").url() == "/expenses/"
    assert "type" in read(names, path="/expenses/", kind="expense", type="income").errors
