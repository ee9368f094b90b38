"""Which account a statement is of: remembered by its number, guessed from what the book has, else a new one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Coalesce

from budget.ledger.models import Account, AccountType, Transaction
from budget.statements.errors import AccountOfOtherCurrency, AlreadySettled
from budget.statements.formats.base import StatementStart
from budget.statements.formats.delimited_export import EXPORT_DIGEST
from budget.statements.models import Stage, Statement, StatementImport, StatementLine
from budget.statements.standing import undone_imports

SHOWN_DIGITS = 4
LOOKED_UP = 400
IS_CODE = re.compile(r"[0-9 ]*|[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
"""A bank's number or its BIC, by which nobody calls an account."""


def usual_currency(found: StatementImport, start: StatementStart) -> str:
    """The currency of a part of a file that names none: of the account chosen beforehand, else the book's."""
    chosen = found.answers.get("account")
    if chosen and (account := Account.objects.of(found.book).filter(pk=chosen).first()):
        return account.currency
    if said := found.answers.get("currency"):
        return str(said)
    if known := _known(found, start.account.number, ""):
        return known.currency
    return found.book.currency


def guess(found: StatementImport) -> None:
    """Give each statement without an account the likeliest one, or the name that a new one would have."""
    own = list(Account.objects.of(found.book).filter(is_archived=False).order_by("pk"))
    undone = undone_imports(found.book_id)
    chosen = found.answers.get("account")
    statements = list(found.statements.order_by("number"))
    for statement in statements:
        said = found.answers.get("accounts", {}).get(str(statement.number))
        fitting = [account for account in own if account.currency == statement.currency]
        statement.account = next((account for account in fitting if _is_said(account, said)), None)
        if not statement.account and not isinstance(said, str):
            statement.account = _likeliest(found, statement, own, chosen, undone, alone=len(statements) == 1)
        named = said if isinstance(said, str) else _new_name(statement, own)
        statement.new_account = "" if statement.account else named
        statement.save(update_fields=["account", "new_account"])


def _is_said(account: Account, said: object) -> bool:
    """Whether that is the account: by its id, or by the name that it was to be opened with, and has by now."""
    return account.name.casefold() == said.casefold() if isinstance(said, str) else account.pk == said


def _likeliest(
    found: StatementImport,
    statement: Statement,
    own: list[Account],
    chosen: int | None,
    undone: Sequence[int],
    *,
    alone: bool,
) -> Account | None:
    fitting = [account for account in own if account.currency == statement.currency]
    if chosen and (fit := next((account for account in fitting if account.pk == chosen), None)):
        return fit
    if same := _of_same_file(found, statement, undone):
        return same
    if statement.account_number:
        known = _known(found, statement.account_number, statement.currency, statement.bank, undone)
        if known:
            return known
        named = [a for a in fitting if statement.account_number in (_digits(a.name), _digits(a.institution))]
        return named[0] if len(named) == 1 else None
    if statement.account_name:
        named = [a for a in fitting if a.name.casefold() == statement.account_name.casefold()]
        if named:
            return next((a for a in named if a.name == statement.account_name), named[0])
        if found.layout == EXPORT_DIGEST:
            return None
    if known := _of_same_lines(statement, fitting, undone):
        return known
    if chosen:
        return None
    if found.layout and (same := _of_same_layout(found, statement.currency)):
        return same
    return fitting[0] if alone and len(fitting) == 1 and not statement.account_name else None


def _of_same_file(found: StatementImport, statement: Statement, undone: Sequence[int]) -> Account | None:
    """Where this very part of this very file went before."""
    earlier = Statement.objects.filter(
        source__file=found.file_id,
        source__stage=Stage.RECORDED,
        number=statement.number,
        currency=statement.currency,
        account__is_archived=False,
    )
    last = _last_standing(earlier, undone)
    return where_now(last) if last else None


def _last_standing(earlier: QuerySet[Statement], undone: Sequence[int]) -> Statement | None:
    """The newest of an import that stands; where all were taken back, the newest of those."""
    newest = earlier.select_related("account").order_by("-pk")
    return newest.exclude(source__in=undone).first() or newest.first()


def _of_same_lines(statement: Statement, fitting: list[Account], undone: Sequence[int]) -> Account | None:
    """The account that most of the first lines are on, or were told of, by their day, amount and text."""
    marks = statement.lines.exclude(amount=None).order_by("number").values_list("fingerprint", flat=True)[:LOOKED_UP]
    told = StatementLine.objects.filter(
        book=statement.book_id, fingerprint__in=list(marks), statement__source__stage=Stage.RECORDED
    )
    known = told.annotate(on=Coalesce("transaction__account", "statement__account")).filter(
        on__in=[account.pk for account in fitting]
    )
    counted = known.order_by().values_list("on").annotate(lines=Count("pk")).order_by("-lines", "on")
    best = counted.exclude(statement__source__in=undone).first() or counted.first()
    return next((account for account in fitting if best and account.pk == best[0]), None)


def _known(
    found: StatementImport, number: str, currency: str, bank: str = "", undone: Sequence[int] = ()
) -> Account | None:
    """The account that a statement of this number, of this bank, was last imported into."""
    if not number:
        return None
    earlier = Statement.objects.filter(
        book=found.book_id, account_number=number, account__isnull=False, source__stage=Stage.RECORDED
    )
    if currency:
        earlier = earlier.filter(currency=currency)
    if bank:
        earlier = earlier.filter(bank__in=["", bank])
    last = _last_standing(earlier, undone)
    account = where_now(last) if last else None
    return account if account and not account.is_archived else None


def _of_same_layout(found: StatementImport, currency: str) -> Account | None:
    earlier = Statement.objects.filter(
        book=found.book_id, source__layout=found.layout, source__stage=Stage.RECORDED, currency=currency
    ).exclude(account=None)
    is_one = len(earlier.order_by().values_list("account", flat=True).distinct()[:2]) == 1
    return where_now(earlier.latest("pk")) if is_one else None


def where_now(told: Statement) -> Account | None:
    """The account that most of the first rows of a statement are on: somebody may have moved them all since.

    Its own where none of them is anywhere any more.
    """
    first = list(told.lines.order_by("number").values_list("pk", flat=True)[:LOOKED_UP])
    rows = Transaction.objects.filter(line__in=first, account__is_archived=False, account__currency=told.currency)
    counted = rows.order_by().values_list("account").annotate(rows=Count("pk")).order_by("-rows", "account").first()
    if counted is None or counted[0] == told.account_id:
        return told.account
    return Account.objects.get(pk=counted[0])


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def _new_name(statement: Statement, own: list[Account]) -> str:
    """What a new account for it would be called: the bank's or the file's name for it, with its last digits."""
    named = statement.account_name or ("" if IS_CODE.fullmatch(statement.bank) else statement.bank)
    base = named or AccountType(statement.account_type or "checking").label
    tail = f" {statement.account_number[-SHOWN_DIGITS:]}" if statement.account_number else ""
    if tail.strip() and tail.strip() in base:
        tail = ""
    name = f"{base[:80]}{tail}" if tail else base[:100]
    siblings = Statement.objects.filter(source=statement.source_id, number__lt=statement.number).exclude(new_account="")
    taken = {account.name.casefold() for account in own}
    for other in siblings:
        is_same = (other.account_number, other.bank, other.account_name) == (
            statement.account_number,
            statement.bank,
            statement.account_name,
        )
        if is_same and other.currency == statement.currency:
            return other.new_account
        taken.add(other.new_account.casefold())
    if name.casefold() in taken:
        name = f"{name[:90]} {statement.currency}"
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name[:90]} {number}"
    return free


def name_account(statement: Statement, name: str) -> None:
    """Say what the account of a statement is called: one that is there already, else one to be opened."""
    clean = name.strip()[:100]
    there = Account.objects.of(statement.book).filter(name__iexact=clean, currency=statement.currency).first()
    statement.account, statement.new_account = there, "" if there else clean
    statement.save(update_fields=["account", "new_account"])


def choose_account(statement: Statement, account: Account | None, *, new_name: str = "") -> None:
    """Say which account a statement is of, or what a new one for it is called; kept for when the file is read again.

    Raises:
        AlreadySettled: the import was recorded or discarded.
        AccountOfOtherCurrency: the account is in another currency than the statement.
    """
    found = statement.source
    with transaction.atomic():
        locked = StatementImport.objects.select_for_update().get(pk=found.pk)
        if locked.stage not in (Stage.READY, Stage.ASKING):
            raise AlreadySettled(str(locked), locked.get_stage_display().lower())
        if account is not None and account.currency != statement.currency:
            raise AccountOfOtherCurrency(str(account), account.currency, statement.currency)
        if account is None:
            name_account(statement, new_name or statement.new_account)
            account = statement.account
        else:
            statement.account, statement.new_account = account, ""
            statement.save(update_fields=["account", "new_account"])
        said = {
            **locked.answers.get("accounts", {}),
            str(statement.number): account.pk if account else statement.new_account,
        }
        found.answers = {**locked.answers, "accounts": said}
        found.save(update_fields=["answers"])


def last_line_dates(book_id: int) -> dict[int, object]:
    """For each account the last day that a bank's file told of."""
    rows = Statement.objects.filter(book=book_id, source__stage=Stage.RECORDED).exclude(account=None)
    return dict(rows.values_list("account").annotate(last=Max("last")))
