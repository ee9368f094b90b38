"""One category through time: its months, what is below it, its newest rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models.expressions import RawSQL
from django.utils.text import slugify

from budget.books.models import Book
from budget.envelopes.facts import NOTHING, Tally
from budget.ledger.directory import CategoryName, Directory
from budget.ledger.models import Transaction
from budget.months import Month
from budget.reports.flows import Flows, summed
from budget.reports.queries import LISTED, ListedTxn
from budget.reports.spans import ID, Asked

NEWEST_ROWS = 10
UNFILED_KEY = "none"
ROWS_OF_ONE = """SELECT * FROM (SELECT t.id, t.date FROM budget_transaction t
    WHERE t.book_id = %s AND {category} AND t.date >= %s AND t.date < %s AND t.account_id IN
        (SELECT a.id FROM budget_account a WHERE a.book_id = %s AND {account})
    ORDER BY t.date DESC, t.id DESC LIMIT {most}) n{number}"""


@dataclass(frozen=True, slots=True)
class Part:
    """A subcategory, or a parent's own rows (`is_rest`); amounts as the page shows them."""

    category: CategoryName
    tally: Tally
    total: Decimal
    is_rest: bool


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page is about: a category with what is below it of its kind, or all rows without a category."""

    category: CategoryName | None
    ids: Sequence[int]

    @property
    def name(self) -> str:
        """How the page calls it."""
        return str(self.category) if self.category else "No category"

    @property
    def is_income(self) -> bool:
        """Whether money comes in here."""
        return self.category is not None and self.category.is_income

    @property
    def sign(self) -> int:
        """What makes the ledger's amounts those that are shown."""
        return -1 if self.is_income else 1


def find(names: Directory, key: str) -> Subject | None:
    """The category of an id, or of a name as addresses have it where only one is called so; None if there is none."""
    if key == UNFILED_KEY:
        return Subject(None, ())
    if ID.fullmatch(key):
        category = names.categories.get(int(key))
    else:
        called = [each for each in names.categories.values() if key and slugify(each.name) == key]
        category = called[0] if len(called) == 1 else None
    if category is None:
        return None
    below = [names.categories[pk] for pk in names.below(category.pk)]
    return Subject(category, tuple(each.pk for each in below if each.is_income == category.is_income))


def months_of(read: Flows, subject: Subject, months: Sequence[Month]) -> dict[Month, Tally]:
    """What each month adds up to; those that are held back are left out."""
    ids: Sequence[int | None] = subject.ids if subject.category else (None,)
    return {month: summed(read.tally(pk, month) for pk in ids) for month in read.shown(months)}


def parts_of(read: Flows, subject: Subject, months: Sequence[Month]) -> list[Part]:
    """The subcategories with rows, largest first; nothing where there are none."""
    shown = read.shown(months)
    tallies: Mapping[int, Tally] = {pk: summed(read.tally(pk, month) for month in shown) for pk in subject.ids}
    if len(subject.ids) < 2:
        return []
    found = [
        Part(read.names.categories[pk], tally, subject.sign * tally.total, pk == subject.ids[0])
        for pk, tally in tallies.items()
        if tally != NOTHING
    ]
    return sorted(found, key=lambda part: (-part.total, part.is_rest, str(part.category)))


def newest_of(book: Book, asked: Asked, subject: Subject) -> list[ListedTxn]:
    """Its newest rows in these months: each category's by index, then the newest of all. One statement."""
    span, account = asked.span, asked.account
    held = ("a.id = %s", account.pk) if account else ("a.currency = %s", book.currency)
    ids: Sequence[int | None] = subject.ids or (None,)
    arms, bound = [], []
    for number, pk in enumerate(ids):
        category = "t.category_id IS NULL AND NOT t.is_transfer" if pk is None else "t.category_id = %s"
        arms.append(ROWS_OF_ONE.format(category=category, account=held[0], most=NEWEST_ROWS, number=number))
        bound += [book.pk, *([] if pk is None else [pk]), span.first.first, span.last.end, book.pk, held[1]]
    union = " UNION ALL ".join(arms)
    sql = f"SELECT x.id FROM ({union}) x ORDER BY x.date DESC, x.id DESC LIMIT {NEWEST_ROWS}"  # noqa: S608  # ours
    few = Transaction.objects.of(book).filter(pk__in=RawSQL(sql, bound))  # noqa: S611  # it binds its values  # nosec
    return [ListedTxn(*row) for row in few.order_by("-date", "-pk").values_list(*LISTED)]
