"""The file's own categories: which of the book's each means, and which of an archive the book gets with it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet, Sum

from budget.history import Recorder
from budget.ledger.exporting import category_names, category_path
from budget.ledger.models import Category
from budget.statements.formats.delimited_export import EXPORT_DIGEST
from budget.statements.models import StatementImport, StatementLine

LONGEST_NAME = 50
DEEPEST = 2


@dataclass(frozen=True)
class Filing:
    """Finds the category that a file names.

    A bank may name it by its name or its label. Our own export has paths, which no two categories share; in an archive
    nothing but the path counts, closed categories are found too, and missing ones are added.
    """

    by_name: dict[str, int]
    by_path: dict[str, int]
    is_whole: bool
    """It is an archive of our own export."""

    @classmethod
    def of(cls, found: StatementImport) -> Filing:
        """For one import, as its book stands."""
        is_whole = found.is_archive and found.layout == EXPORT_DIGEST
        by_name: dict[str, int] = {}
        paths: dict[str, int] = {}
        rows = Category.objects.of(found.book).order_by("-pk")
        rows = rows if is_whole else rows.filter(is_archived=False)
        for pk, name, label, parent in rows.values_list("pk", "name", "label", "parent__name"):
            by_name[name.casefold()] = pk
            by_name[(label or name).casefold()] = pk
            paths[category_path(name, parent or "")] = pk
        by_path = {path.lower(): pk for path, pk in paths.items()} | paths
        return cls(by_name, by_path, is_whole)

    def category_of(self, hint: str) -> int | None:
        """The category that a line names, if the book has it."""
        if not hint:
            return None
        found = self.by_path.get(hint) or self.by_path.get(hint.lower())
        return found if found or self.is_whole else self.by_name.get(hint.casefold())

    def opens(self, hint: str) -> bool:
        """Whether the import adds the category that a line names."""
        return self.is_whole and self.category_of(hint) is None and _is_path(hint)


def open_categories(change: Recorder, found: StatementImport, lines: QuerySet[StatementLine]) -> int:
    """Add the categories that these lines of an archive name and the book lacks; answers how many.

    A group through which more came in than went out is one of income; what is below it is of its kind.
    """
    filing = Filing.of(found)
    if not filing.is_whole:
        return 0
    sums = lines.exclude(category_hint="").values_list("category_hint").annotate(total=Sum("amount")).order_by()
    told = {hint: total for hint, total in sums if _is_path(hint)}
    missing = sorted(hint for hint in told if filing.opens(hint))
    if not missing:
        return 0
    groups: dict[str, Decimal] = defaultdict(Decimal)
    for hint, total in told.items():
        groups[category_names(hint)[0].lower()] += total
    there = Category.objects.of(change.book).order_by("pk")
    known = {(category.parent_id, category.name.lower()): category for category in there}
    before = len(known)
    for hint in missing:
        parent: Category | None = None
        for name in category_names(hint):
            key = (parent.pk if parent else None, name.lower())
            if key not in known:
                is_income = parent.is_income if parent else groups[name.lower()] < 0
                known[key] = change.create(Category(name=name, parent=parent, is_income=is_income))
            parent = known[key]
    return len(known) - before


def _is_path(hint: str) -> bool:
    names = category_names(hint)
    return len(names) <= DEEPEST and all(0 < len(name) <= LONGEST_NAME and name == name.strip() for name in names)
