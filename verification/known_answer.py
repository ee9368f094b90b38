"""The known answer: a ledger whose rows lie in a file, recorded through the product's operations and summed by its SQL.

Runs in the drill's process, on the scratch database. The same file is counted by `verification.independent`, which has
never seen this database, and both must agree.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from budget.books.models import Book
from budget.envelopes.operations import set_budgets, transfer
from budget.envelopes.queries import plan_line
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.money import plain_amount
from budget.months import Month
from budget.reports.queries import category_totals, month_summary
from budget.users.models import User
from verification.gates.base import GateResult, Json, held

PLANNED = Month(2024, 1)
FIXTURE = Path(__file__).parent / "fixtures" / "ledger.csv"


def record(file: Path = FIXTURE) -> list[tuple[str, Book]]:
    """Record every row for its person, through the operations that the pages use; answers the books by user id."""
    rows_of: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    with file.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            rows_of[row["user_id"]].append(row)
    return [(person, _record_person(person, rows)) for person, rows in sorted(rows_of.items())]


def _record_person(person: str, rows: list[Mapping[str, str]]) -> Book:
    user = User.objects.create_user(f"known-answer-{person}@example.org", f"Person {person}")
    currencies = list(Counter(row["currency"] for row in rows))
    book = operations.create_book(by=user, name="Known answer", currency=currencies[0], account_name="Everyday")
    accounts = {book.currency: Account.objects.of(book).get()}
    for code in currencies[1:]:
        accounts[code] = operations.open_account(book=book, by=user, name=f"Everyday {code}", currency=code)
    listed = sorted(Category.objects.of(book), key=lambda category: category.parent_id is None)
    categories = {category.name: category for category in listed}  # a group wins over a category of its name
    for row in rows:
        name = row["category"]
        if name not in categories:
            categories[name] = operations.add_category(book=book, by=user, name=name)
        operations.record_transaction(
            book=book,
            by=user,
            account=accounts[row["currency"]],
            amount=Decimal(row["amount"]),
            description=row.get("description") or name,
            category=categories[name],
            date=date.fromisoformat(row["date"]),
        )
    _plan(book, user, categories)
    return book


def _plan(book: Book, user: User, categories: Mapping[str, Category]) -> None:
    """Budgets for a month of two categories, and some of one moved to the other."""
    source, target = categories["Groceries"], categories["Rent"]
    set_budgets(book=book, by=user, month=PLANNED, amounts={source.pk: Decimal(400), target.pk: Decimal(1200)})
    transfer(book=book, by=user, source=source, target=target, month=PLANNED, amount=Decimal("25.50"))


def summed_by_sql(books: Iterable[tuple[str, Book]]) -> list[dict[str, Json]]:
    """What the product's own query says of every month that the books have rows in."""
    found: list[dict[str, Json]] = []
    for person, book in books:
        months = sorted({Month.of(day) for day in Transaction.objects.of(book).values_list("date", flat=True)})
        for month in months:
            found += [
                _total(person, month, total.name, total.currency, total.count, total.total)
                for total in category_totals(book, month)
            ]
    return found


def added_row_by_row(books: Iterable[tuple[str, Book]]) -> list[dict[str, Json]]:
    """The third opinion: the stored rows, added one by one in Python, without any sum in SQL."""
    found: list[dict[str, Json]] = []
    for person, book in books:
        sums: dict[tuple[Month, str, str], tuple[int, Decimal]] = {}
        rows = Transaction.objects.of(book).filter(is_transfer=False)
        for day, name, currency, amount in rows.values_list("date", "category__name", "account__currency", "amount"):
            key = (Month.of(day), name or "", currency)
            count, total = sums.get(key, (0, Decimal(0)))
            sums[key] = (count + 1, total + amount)
        found += [_total(person, *key, count, total) for key, (count, total) in sums.items()]
    return found


def _total(person: str, month: Month, name: str, currency: str, count: int, total: Decimal) -> dict[str, Json]:
    return {
        "user": person,
        "month": str(month),
        "category": name,
        "currency": currency,
        "count": count,
        "total": plain_amount(total, currency),
    }


def run() -> GateResult:
    """The step of the drill: record the file, sum it by SQL, add it row by row; these two must agree first."""
    books = record()
    by_sql, by_row = summed_by_sql(books), added_row_by_row(books)
    differing = sorted(_spelled(by_sql) ^ _spelled(by_row))
    rows = sum(total["count"] for total in by_sql)
    check = held(
        "verification.known_answer_row_by_row",
        bool(by_sql) and not differing,
        expected="the database's sums equal its rows added one by one",
        observed=f"{len(by_sql)} totals of {rows} rows, {len(differing)} differing",
        threshold="0",
        failing_examples=differing,
        requirements=["R000-3", "R000-15", "R000-16", "R000-17", "R000-31"],
    )
    wrong = [problem for _, book in books for problem in _wrong_on_pages(book)]
    pages = held(
        "verification.known_answer_pages",
        not wrong,
        expected="month summaries and what envelopes have left, as the rows make them",
        observed=f"{len(books)} books, {len(wrong)} differing",
        threshold="0",
        failing_examples=wrong,
        requirements=["R000-15", "R000-16", "R000-17"],
    )
    return GateResult("verification", [check, pages], details={"sql": by_sql, "row_by_row": by_row})


def _wrong_on_pages(book: Book) -> list[str]:
    """Where the month summary or the plan is not what the rows of `PLANNED` add up to, one by one, in Python."""
    spent: dict[str, tuple[int, Decimal]] = {}
    rows = Transaction.objects.of(book).filter(is_transfer=False, account__currency=book.currency)
    for day, name, is_income, amount in rows.values_list("date", "category__name", "category__is_income", "amount"):
        if day in PLANNED and not is_income:
            count, total = spent.get(name, (0, Decimal(0)))
            spent[name] = (count + 1, total + amount)
    expected = sorted(((total, count, name) for name, (count, total) in spent.items()), reverse=True)
    said = [(line.total, line.count, line.name) for line in month_summary(book, PLANNED)]
    is_right = sorted(said, reverse=True) == expected and [total for total, *_ in said] == [t for t, *_ in expected]
    wrong = [] if is_right else [f"the month summary of {PLANNED}"]
    given = {"Groceries": Decimal("374.50"), "Rent": Decimal("1225.50")}
    for name, budget in given.items():
        left = plan_line(book, Category.objects.of(book).get(name=name), PLANNED).available
        if left != budget - spent.get(name, (0, Decimal(0)))[1]:
            wrong.append(f"what {name} has left in {PLANNED}")
    return wrong


def _spelled(totals: Iterable[Mapping[str, Json]]) -> set[str]:
    return {
        f"person {t['user']}, {t['month']}, {t['category']}: {t['count']} rows, {t['total']} {t['currency']}"
        for t in totals
    }
