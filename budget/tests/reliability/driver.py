"""Writers that are killed, and writers that all come at once; a program of its own, so that it can fork and die.

`python -m budget.tests.reliability.driver kills N SEED` and `… crowd PROCESSES EACH` work on `DATABASE_URL` and print
what they found as one line of JSON; `… site` makes a person with a book and answers the session they are signed in by.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any

import django

STATEMENTS = 20
"""How many of a write's statements are named kill points; every second kill is at one of them, the others in time."""

USED = ("budget.tests.factories", "budget.statements.bringing", "budget.statements.recording", "budget.ledger.totals")
"""What writers use, with all that it uses: read once, not anew by each that will be killed."""


def main() -> None:
    """Run the drill that the command line names."""
    django.setup()
    drill, *numbers = sys.argv[1:]
    drills: dict[str, Callable[..., dict[str, Any]]] = {"kills": kills, "crowd": crowd, "site": site, "sum": total}
    found = drills[drill](*map(int, numbers))
    print(json.dumps(found))


def kills(count: int, seed: int) -> dict[str, Any]:
    """D1: kill a writer `count` times; after each kill the book must be whole and hold all that was confirmed."""
    for module in USED:
        import_module(module)
    dice = random.Random(seed)
    book = _in_child(_prepare)
    problems: list[str] = []
    confirmed_total = 0
    for round_ in range(count):
        at_statement = dice.randint(1, STATEMENTS) if round_ % 2 else None
        confirmed = _kill_a_writer(book, dice.random(), at_statement, dice.uniform(0.005, 0.1))
        confirmed_total += len(confirmed)
        problems += [f"round {round_}: {p}" for p in _in_child(partial(_problems, book, confirmed))]
    return {"kills": count, "confirmed": confirmed_total, "problems": problems}


def crowd(processes: int, each: int) -> dict[str, Any]:
    """C6: `processes` writers at once on one book, `each` writes apiece; errors, and whether the sum is exact."""
    book = _in_child(_prepare)
    children = []
    for number in range(processes):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            _answer(writer, partial(_write_many, book, number, each))
        os.close(writer)
        children.append((pid, reader))
    errors: list[str] = []
    for pid, reader in children:
        with os.fdopen(reader) as stream:
            errors += json.loads(stream.read() or '["died"]')
        os.waitpid(pid, 0)
    found: dict[str, Any] = _in_child(partial(total, book))
    return {"writes": processes * each, "errors": errors, **found}


def site() -> dict[str, Any]:
    """A person with a book and an account, already signed in."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from budget.tests.factories import make_account, make_book, make_user

    user = make_user()
    book = make_book(user, "Drill")
    make_account(book)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"session": session.session_key, "book": book.pk}


def _in_child(act: Callable[[], Any]) -> Any:
    """Do something in a process of its own: the parent never opens a connection that a fork would share."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _answer(writer, act)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    os.waitpid(pid, 0)
    if not text:
        raise RuntimeError("A child of the drill died without an answer.")
    return json.loads(text)


def _answer(writer: int, act: Callable[[], Any]) -> None:
    code = 1
    try:
        os.write(writer, json.dumps(act()).encode())
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


def _prepare() -> int:
    from budget.tests.factories import make_account, make_book, make_category, make_txn, make_user

    book = make_book(make_user(), "Drill")
    everyday = make_account(book)
    make_account(book, "Savings", type="savings")
    make_category(book, "Food")
    make_category(book, "Rent")
    for _ in range(20):
        make_txn(everyday, "5.00")
    return book.pk


def _kill_a_writer(book: int, seed: float, at_statement: int | None, seconds: float) -> list[int]:
    """Let a child write until it is killed; answers the versions of the book that it had confirmed."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            _write_until_killed(book, seed, at_statement, writer)
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader) as stream:
        lines = []
        if at_statement is None:
            lines.append(stream.readline())  # the clock starts with the first answer, on a busy machine too
            time.sleep(seconds)
            os.kill(pid, signal.SIGKILL)
        lines += stream.read().splitlines()
    confirmed = [int(line) for line in lines if line]
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
        raise RuntimeError("The writer ended by itself before it was killed.")
    return confirmed


def _write_until_killed(book_pk: int, seed: float, at_statement: int | None, writer: int) -> None:
    from django.db import connection

    from budget.books.models import Book

    dice = random.Random(seed)
    book = Book.objects.get(pk=book_pk)
    seen = 0

    def kill_at(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == at_statement and dice.random() < 0.5:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = execute(*arguments)
        if seen == at_statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    with ExitStack() as stack:
        if at_statement is not None:
            stack.enter_context(connection.execute_wrapper(kill_at))
        while True:
            _write_something(book, dice)
            os.write(writer, f"{book.version}\n".encode())


def _write_something(book: Any, dice: random.Random) -> None:
    from budget.ledger import operations
    from budget.ledger.models import Account, Category, Transaction
    from budget.tests.factories import make_txn

    accounts = list(Account.objects.of(book).order_by("pk"))
    categories = list(Category.objects.of(book).order_by("pk"))
    rows = Transaction.objects.of(book)
    act = dice.choice(["record", "record", "edit", "move", "file", "delete", "import"])
    if act == "edit" and (txn := rows.filter(is_transfer=False).order_by("pk").first()):
        operations.change_transaction(txn, by=None, amount=txn.amount + Decimal("0.01"))
    elif act == "move":
        operations.transfer_between_accounts(
            book=book, by=None, source=accounts[0], target=accounts[1], amount=Decimal(dice.randint(1, 99))
        )
    elif act == "file":
        operations.categorize_transactions(book=book, by=None, rows=rows.all(), category=dice.choice(categories))
    elif act == "import":
        _import_a_file(book, accounts[0], dice)
    elif act == "delete" and rows.count() > 30:
        chosen = list(rows.order_by("pk").values_list("pk", flat=True)[:3])
        operations.delete_transactions(book=book, by=None, rows=rows.filter(pk__in=chosen))
    else:
        make_txn(dice.choice(accounts), f"{dice.randint(1, 9999) / 100:.2f}", dice.choice(categories))
    book.refresh_from_db()


def _import_a_file(book: Any, account: Any, dice: random.Random) -> None:
    import io

    from budget.statements import bringing, recording

    days = [f"2026-0{dice.randint(1, 9)}-{day:02},Shop {dice.random()},-{day}.50" for day in range(1, 13)]
    content = "\n".join(["Date,Payee,Amount", *days, ""]).encode()
    found = bringing.bring(book, "drill.csv", io.BytesIO(content), by=None, account=account)
    recording.confirm(bringing.read(found), by=None)


def _problems(book_pk: int, confirmed: list[int]) -> list[str]:
    """What is wrong with a book after a kill: nothing, as a rule."""
    from django.db import connection

    from budget import history
    from budget.books.models import Book
    from budget.ledger import totals
    from budget.ledger.models import AccountTransfer, Transaction

    book = Book.objects.get(pk=book_pk)
    found = []
    if confirmed and not max(confirmed) <= book.version <= max(confirmed) + 1:
        found.append(f"confirmed up to {max(confirmed)}, the book is at {book.version}")
    verdict = history.verify(book)
    if not verdict.is_whole:
        found.append(verdict.problem)
    if differences := totals.differences(book):
        found.append(f"totals differ: {differences}")
    legs = Transaction.objects.of(book).filter(is_transfer=True).count()
    if legs != 2 * AccountTransfer.objects.of(book).count():
        found.append(f"{legs} legs of transfers")
    from budget.statements.models import Stage, StatementImport, StatementLine

    for brought in StatementImport.objects.filter(book=book):
        lines = StatementLine.objects.filter(statement__source=brought)
        recorded = Transaction.objects.of(book).filter(line__in=lines).count()
        if recorded and brought.stage != Stage.RECORDED:
            found.append(f"import {brought.pk} is {brought.stage} and has {recorded} rows")
        if brought.stage == Stage.RECORDED and lines.count() != 12:
            found.append(f"import {brought.pk} is recorded with {lines.count()} lines")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            row = cursor.fetchone()
        if row != ("ok",):
            found.append(f"integrity: {row}")
    return found


def _write_many(book_pk: int, number: int, each: int) -> list[str]:
    from django.db import Error

    from budget.books.models import Book
    from budget.ledger.models import Account
    from budget.tests.factories import make_txn

    account = Account.objects.of(Book.objects.get(pk=book_pk)).order_by("pk").first()
    if account is None:
        return ["no account"]
    errors = []
    for _ in range(each):
        try:
            make_txn(account, "0.01", description=f"Writer {number}")
        except Error as error:
            errors.append(str(error))
    return errors


def total(book_pk: int) -> dict[str, Any]:
    """How many rows the writers of a drill left, their sum, and whether history and totals agree with them."""
    from django.db.models import Sum

    from budget import history
    from budget.books.models import Book
    from budget.ledger import totals
    from budget.ledger.models import Transaction

    book = Book.objects.get(pk=book_pk)
    rows = Transaction.objects.of(book).filter(description__startswith="Writer")
    return {
        "rows": rows.count(),
        "sum": str(rows.aggregate(sum=Sum("amount"))["sum"]),
        "whole": history.verify(book).is_whole,
        "differences": len(totals.differences(book)),
    }


if __name__ == "__main__":
    main()
