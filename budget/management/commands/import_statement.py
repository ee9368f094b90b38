"""`manage.py import_statement FILE...`: files from banks into a book, with a receipt that adds up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.books.models import Book
from budget.errors import BudgetError
from budget.ledger.ledgernames import books_called
from budget.ledger.models import Account
from budget.management.progress import Bar
from budget.money import format_with_currency, plain_amount, require_currency
from budget.statements import bringing, choices, recording
from budget.statements.accounts import name_account
from budget.statements.balances import Agreement
from budget.statements.formats.base import DateOrder, DecimalMark
from budget.statements.looking import forget, is_hopeless
from budget.statements.models import Fate, Stage, StatementImport
from budget.statements.receipts import Receipt, as_json, balance_in_json, receipt
from budget.statements.same_file import imported_before, said_of
from budget.statements.takingback import discard
from budget.statements.warning import before_importing

REFUSED = 4
COUNTS = ("rows", "recorded", "already_there", "skipped", "refused")


class Command(BaseCommand):
    """Brings files in and prints a receipt for each."""

    help = (
        "Import statement files (CSV, XLSX, XLS, ODS, OFX, QFX, QIF, CAMT, MT940), recognised by their content. Rows "
        "that are there already are not recorded again. Ends with 4 when a file or a row cannot be read; nothing of "
        "that file is stored then unless --partial is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be said on the command line."""
        add = parser.add_argument
        add("files", nargs="+", type=Path, metavar="FILE")
        add("--book", default="", metavar="ID|NAME", help="the only book where it is left out")
        add("--account", default="", metavar="ID|NAME", help="else the one that the file names; opened when it is new")
        add("--currency", default="", help="of a file that names none, such as EUR")
        add("--mapping", type=Path, metavar="FILE.json", help="what the columns of a table mean")
        add("--date-order", choices=[order.value for order in DateOrder], help="where no row proves it")
        add("--decimal-mark", choices=[mark.value for mark in DecimalMark], help="where no row proves it")
        add("--partial", action="store_true", help="take the rows that can be read")
        add("--join", action="store_true", help="take what is perhaps there already for the same")
        add("--archive", action="store_true", help="years of history: the file's own categories are confirmed")
        add("--dry-run", action="store_true", help="show what would happen, store nothing")
        add("--yes", action="store_true", help="ask nothing")
        add("--json", action="store_true", help="print one object for programs, and ask nothing")

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Import each file by itself; the exit code is that of the worst."""
        book = chosen_book(options["book"])
        answers = said_before(options)
        told: list[dict[str, Any]] = []
        for path in options["files"]:
            told.append(self.one_or_why_not(book, path, answers, options))
        if options["json"]:
            self.stdout.write(json.dumps({"files": told, "totals": totals(told)}, ensure_ascii=False, indent=2))
        if any(file["refused"] or file["problem"] for file in told):
            raise SystemExit(REFUSED)
        return None

    def one_or_why_not(
        self, book: Book, path: Path, answers: dict[str, Any], options: dict[str, Any]
    ) -> dict[str, Any]:
        """One file; what is wrong with it is said in its receipt, so that those of the others are not lost."""
        try:
            return self.one(book, path, answers, options)
        except CommandError as error:
            if not options["json"]:
                self.stderr.write(f"{path.name}: {error}")
            return unread(path, str(error))

    def one(self, book: Book, path: Path, answers: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        """One file: read, shown, asked about, recorded."""
        account = chosen_account(book, options["account"])
        bar = Bar(f"Reading {path.name}")
        found = bring(book, path, account, answers, options)
        size = max(found.kept.size // 60, 1)
        bringing.read(found, lambda lines: bar(min(lines, size), size))
        bar.clear()
        if found.stage != Stage.READY:
            return self.told_of_unread(found, options)
        if account and (named := new_account_of_other_currency(found, account)):
            discard(found)
            raise CommandError(named)
        name_new_accounts(found, options["account"].strip())
        if options["join"]:
            join_all(found)
        before = receipt(found)
        earlier = imported_before(found) if before.already_there or before.skipped else None
        if earlier and not options["json"]:
            self.stdout.write(f"{said_of(earlier)} If they were read wrongly, undo that import first.")
        problem = self.carry_out(found, before, options)
        after = receipt(found)
        shown = as_json(after, is_dry_run=options["dry_run"]) | {"problem": problem}
        if found.stage != Stage.RECORDED:
            discard(found)
        if not options["json"]:
            self.stdout.write("\n".join(lines(after, shown, problem)))
        return shown

    def carry_out(self, found: StatementImport, before: Receipt, options: dict[str, Any]) -> str:
        """Record it, unless something speaks against it; the reason why not, if so."""
        if options["dry_run"]:
            return ""
        if before.refused and not options["partial"]:
            return f"{before.refused:,} of {before.rows:,} rows cannot be read, so nothing was stored."
        if not options["yes"] and not options["json"] and not self.agreed(before):
            return "Nothing was stored."
        try:
            recording.confirm(found, by=None, is_partial=options["partial"])
        except BudgetError as error:
            return str(error)
        return ""

    def agreed(self, told: Receipt) -> bool:
        """Ask, where somebody is there to answer; a script says --yes."""
        self.stdout.write(f"{told.source.file_name}: {told.recorded:,} new, {told.already_there:,} already here.")
        for warned in before_importing(told.source):
            self.stdout.write(warned)
        try:
            return input("Import? [y/N] ").strip().lower() in ("y", "yes")
        except EOFError as error:
            raise CommandError("Nobody answered. Say --yes to import without being asked.") from error

    def told_of_unread(self, found: StatementImport, options: dict[str, Any]) -> dict[str, Any]:
        """A file that could not be read, or that needs an answer."""
        hints = {Stage.ASKING: " Say it with --date-order, --decimal-mark or --mapping."}
        problem = found.problem + hints.get(Stage(found.stage), "")
        shown = as_json(receipt(found)) | {"problem": problem}
        shown["errors"] = [{"row": None, "place": "", "column": "", "reason": problem}]
        if is_hopeless(found):
            forget(found)
        else:
            discard(found)
        if not options["json"]:
            self.stderr.write(f"{found.file_name}: {problem}")
        return shown


def bring(
    book: Book, path: Path, account: Account | None, answers: dict[str, Any], options: dict[str, Any]
) -> StatementImport:
    """Keep the file and begin its import."""
    try:
        with path.open("rb") as source:
            return bringing.bring(
                book, path.name, source, by=None, account=account, answers=answers, is_archive=options["archive"]
            )
    except OSError as error:
        raise CommandError(f"{path} cannot be opened: {error.strerror or error}.") from error
    except BudgetError as error:
        raise CommandError(str(error)) from error


def unread(path: Path, problem: str) -> dict[str, Any]:
    """The receipt of a file of which nothing was read."""
    nothing = dict.fromkeys(COUNTS, 0)
    errors = [{"row": None, "place": "", "column": "", "reason": problem}]
    balance = balance_in_json(None, None)
    empty: dict[str, Any] = {
        "format": "",
        "account": "",
        "currency": "",
        "sums": {},
        "first": None,
        "last": None,
        "left_out": [],
        "statements": [],
        "doubtful": 0,
        "more_errors": 0,
    }
    return {"file": path.name, **nothing, **empty, "balance": balance, "errors": errors, "problem": problem}


def chosen_book(wanted: str) -> Book:
    """The book that is meant; the only one where nothing is said."""
    found = books_called(wanted, Book.objects.all()) if wanted else list(Book.objects.order_by("pk")[:2])
    if len(found) == 1:
        return found[0]
    if wanted:
        raise CommandError(f"There is no book “{wanted}”, or several. Give its number.")
    raise CommandError(
        "Say --book: there are several." if found else "There is no book yet. Start the site and open one."
    )


def chosen_account(book: Book, wanted: str) -> Account | None:
    """The account that is meant, where it is there already."""
    own, wanted = Account.objects.of(book), wanted.strip()
    if wanted.isdigit() and (by_number := own.filter(pk=int(wanted)).first()):
        return by_number
    return own.filter(name__iexact=wanted).first() if wanted else None


def new_account_of_other_currency(found: StatementImport, account: Account) -> str:
    """What is wrong with the account that was asked for, if anything."""
    unfit = [s for s in found.statements.order_by("number") if s.account_id is None and s.currency != account.currency]
    if not unfit or found.statements.count() > len(unfit):
        return ""
    return f"{account} is in {account.currency}, but {found.file_name} is in {unfit[0].currency}."


def name_new_accounts(found: StatementImport, wanted: str) -> None:
    """An account that was named on the command line and is not there yet is opened for a file of one account."""
    parts = list(found.statements.order_by("number"))
    if not wanted or chosen_account(found.book, wanted) or len({part.account_number for part in parts}) != 1:
        return
    if wanted.isdigit():
        discard(found)
        raise CommandError(f"There is no account number {wanted}. Give a name to open one.")
    for part in parts:
        same = part.currency == parts[0].currency
        name_account(part, wanted if same else f"{wanted} {part.currency}")
    choices.compare_again(found)


def join_all(found: StatementImport) -> None:
    """Take every doubtful line for the transaction that it is like."""
    from budget.statements.models import StatementLine

    StatementLine.objects.filter(statement__source=found, fate=Fate.DOUBTFUL).update(fate=Fate.JOINED, is_chosen=True)


def said_before(options: dict[str, Any]) -> dict[str, Any]:
    """What the command line says about the files."""
    said: dict[str, Any] = {}
    try:
        if options["currency"]:
            said["currency"] = require_currency(options["currency"].upper())
    except BudgetError as error:
        raise CommandError(str(error)) from error
    if options["mapping"]:
        try:
            said["columns"] = json.loads(options["mapping"].read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['mapping']} cannot be read as a mapping: {error}.") from error
    for name in ("date_order", "decimal_mark"):
        if options[name]:
            said[name] = options[name]
    return said


def totals(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The counts and sums of all files together."""
    sums: dict[str, Decimal] = {}
    for file in told:
        for currency, amount in file["sums"].items():
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(amount)
    counts = {name: sum(file[name] for file in told) for name in COUNTS}
    return {"files": len(told), **counts, "sums": {currency: f"{amount:f}" for currency, amount in sums.items()}}


def agreement_lines(agreed: Agreement, account: str, currency: str) -> list[str]:
    """The account beside the bank, and the rows that may be why they differ."""
    own = f"{account} has {plain_amount(agreed.ledger, currency)} {currency} on {agreed.on}"
    if agreed.waiting:
        rows = "1 row waits" if agreed.waiting == 1 else f"{agreed.waiting:,} rows wait"
        return [f"In the book     {own}; not known whether the bank agrees, as {rows} to be read"]
    if not agreed.difference:
        return [f"In the book     {own}, as the bank says"]
    side = "more" if agreed.difference > 0 else "less"
    apart = f"{format_with_currency(agreed.apart, currency)} {side} than the bank says"
    likely = [
        f"  {clue.date}, {clue.title}, {plain_amount(clue.amount, currency)}: {clue.why}" for clue in agreed.clues
    ]
    return [f"In the book     {own}, {apart}", *likely]


def lines(told: Receipt, shown: dict[str, Any], problem: str) -> list[str]:
    """The receipt as people read it."""
    found = [
        f"File            {shown['file']} ({shown['format']})",
        f"Account         {shown['account']}",
        f"Rows in file    {told.rows:,}",
        f"Recorded        {shown['recorded']:,}",
        f"Already here    {told.already_there:,}",
        f"Left out        {shown['skipped']:,}",
        f"Refused         {told.refused:,}",
    ]
    found += [f"Sum             {amount} {currency}" for currency, amount in shown["sums"].items()]
    if told.first and told.last:
        found.append(f"Days            {told.first} to {told.last}")
    for part in told.parts:
        if part.balance.is_told and part.balance.difference is not None and part.balance.closing is not None:
            verdict = (
                "as the bank says"
                if part.balance.holds
                else (f"off by {format_with_currency(part.balance.difference, part.currency)}")
            )
            closing = plain_amount(part.balance.closing, part.currency)
            found.append(f"Closing         {closing} {part.currency}, {verdict}")
        if part.agreement:
            found += agreement_lines(part.agreement, part.account, part.currency)
    found += [f"{error.place}, {error.column}: {error.reason}" for error in told.errors[:20]]
    found += [f"{row.place}: {row.reason}" for row in told.idle if not row.column][:20]
    found += dict.fromkeys(remark for part in told.parts for remark in part.statement.remarks)
    if problem:
        found.append(problem)
    return [*found, ""]
