"""Why a file cannot be kept or read."""

from __future__ import annotations

from budget.errors import BudgetError


class FileSpoiled(BudgetError):
    """A kept file is not what was brought: a part is missing, altered, of another file, or its key is gone."""

    def __init__(self, name: str, part: int | None = None) -> None:
        where = "its content" if part is None else f"part {part + 1} of it"
        super().__init__(
            f"The kept file “{name}” cannot be read: {where} is missing, was altered, or was sealed with a key that is "
            f"not in ENCRYPTION_KEYS any more. Restore it from a backup or put the key back."
        )


class FileChanging(BudgetError):
    """The file changed while it was read, so what was brought cannot be said."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The file “{name}” changed while it was read. Bring it again once it is complete.")
