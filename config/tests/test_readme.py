"""The README tells no lie: its commands and files are there, and it answers what a stranger asks."""

import re

import pytest
from django.core.management import get_commands

from config.places import CODE_DIR

pytestmark = pytest.mark.once

TEXT = (CODE_DIR / "README.md").read_text(encoding="utf-8")
SELF_INSTALLING = {"demo", "up", "selftest"}


def test_every_command_that_is_named_is_there():
    """R001-26, R004-19: the run steps, with pip and with uv."""
    named = set(re.findall(r"manage\.py ([a-z_]+)", TEXT)) | set(re.findall(r"^\| `([a-z_]+)[^|]*` \|", TEXT, re.M))

    assert named - set(get_commands()) - SELF_INSTALLING == set()
    assert named >= SELF_INSTALLING | {"migrate", "golden", "load_ledger"}
    assert "pip install -r requirements.txt " in TEXT
    assert "uv pip install -r requirements.txt" in TEXT


def test_every_file_of_the_code_that_is_named_is_there():
    """R001-41: each operation with its purpose, and where it is."""
    table = TEXT.partition("| purpose | where |")[2].partition("\n\n")[0]
    named = [path for cell in re.findall(r"`(budget/[^`]+)`", table) for path in expanded(cell)]

    assert len(named) >= 8
    assert [path for path in named if not (CODE_DIR / path).exists()] == []


def expanded(path: str) -> list[str]:
    """Each of the paths that `a/{b,c}.py` stands for."""
    before, _, rest = path.partition("{")
    names, _, after = rest.partition("}")
    return [f"{before}{name}{after}" for name in names.split(",")]


@pytest.mark.parametrize(
    "words",
    ["**Why transactions?**", "**Why a pool?**", "### When something is wrong", "### Before you let others in"],
)
def test_guide_has_its_parts(words):
    """R001-42, R001-43: the reasons for transactions and for a pool, what to do about errors, and the checklist."""
    part = TEXT.partition(words)[2].partition("\n\n")

    assert len(part[0] or part[2].partition("\n\n")[0]) > 150


def test_rows_can_be_looked_at_where_the_database_is_hosted():
    """R001-44: which tables they are, and what explains them."""
    assert "provider's console" in TEXT
    assert "`budget_`" in TEXT
