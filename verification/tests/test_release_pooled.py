"""The whole release check under the production profile: PostgreSQL behind PgBouncer, deployed code, a signature.

Run with `--engine pgbouncer`; on `--engine postgresql` both addresses lead to the server itself.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification import evidence, signing
from verification.tests.running import CODE, Home, Ran
from verification.tests.running import read_until as read

pytestmark = [pytest.mark.pooled]
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
COMMIT = "0123456789abcdef0123456789abcdef01234567"
NOT_DEPLOYED = (".git", ".venv", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", "node_modules")
WRITER = """
import sys, time, django
django.setup()
from datetime import date
from decimal import Decimal
from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Category
book = Book.objects.order_by("pk").first()
by = book.memberships.first().user
account, category = Account.objects.of(book).first(), Category.objects.of(book).filter(is_income=False).last()
print("writing", flush=True)
written = 0
while not sys.stdin.closed and written < 5000:
    operations.record_transaction(book=book, by=by, account=account, amount=Decimal("1.25"), description="Coffee",
                                  category=category, date=date(2026, 10, 1))
    written += 1
    print(written, flush=True)
    time.sleep(0.02)
"""


def on(address: str, database: str) -> str:
    return urlsplit(address)._replace(path=f"/{database}").geturl()


def digests(address: str) -> dict[str, tuple[int, str]]:
    """Rows and a digest of every table of ours."""
    with psycopg.connect(address, prepare_threshold=None) as session:
        names = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        found = {}
        for (name,) in names:
            sql = f'SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM "{name}" t'  # noqa: S608  (a name of the catalogue)
            row = session.execute(sql.encode()).fetchone()
            assert row is not None
            found[name] = (int(row[0]), str(row[1]))
        return found


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The code without its repository, as a host unpacks it, with the sample book on a database of its own."""
    folder = tmp_path_factory.mktemp("deployed")
    code = folder / "code"
    shutil.copytree(CODE, code, ignore=shutil.ignore_patterns(*NOT_DEPLOYED))
    name = f"release_{secrets.token_hex(4)}"
    direct, pooled = os.environ["DATABASE_URL_DIRECT"], os.environ["DATABASE_URL"]
    with psycopg.connect(direct, autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{name}"'.encode())
    home = Home(
        folder,
        {
            "BUDGET_PRODUCTION": "yes",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "DATABASE_URL": on(pooled, name),
            "DATABASE_URL_DIRECT": on(direct, name),
            "EMAIL_URL": "dummymail://",
            "ALLOWED_HOSTS": "budget.example.org",
            "RELEASE_SIGNING_KEY": base64.b64encode(bytes(range(32))).decode(),
            "SOURCE_COMMIT": COMMIT,
            "STATIC_ROOT": str(folder / "static"),
        },
        code,
    )
    home.manage("migrate", "--verbosity", "0")
    home.manage("load_demo")
    yield home
    with psycopg.connect(direct, autocommit=True) as session:
        session.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture(scope="module")
def first(deployed: Home) -> tuple[dict[str, tuple[int, str]], Ran, dict[str, tuple[int, str]]]:
    direct = deployed.more["DATABASE_URL_DIRECT"]
    before = digests(direct)
    ran = deployed.check("--profile", "production")
    return before, ran, digests(direct)


def test_production_is_verified_and_signed(deployed: Home, first: tuple[object, Ran, object]):
    """V1, R000-4, R000-12: through the pool, without a repository beside the code, exit 0."""
    ran = first[1]

    assert (ran.code, ran.err) == (0, ""), ran.out
    bundle = ran.bundle
    assert (bundle["decision"]["status"], bundle["decision"]["signed"]) == ("verified", True)
    assert bundle["neon_connection_resilience"] == "pass"
    assert bundle["database"]["engine"] == "postgresql"
    assert bundle["database"]["pooler_seen"] == (os.environ["DATABASE_URL"] != os.environ["DATABASE_URL_DIRECT"])
    assert (bundle["subject"]["commit"], bundle["subject"]["dirty"]) == (COMMIT, None)
    assert {control["detected"] for control in bundle["controls"]} == {True}
    assert len(evidence.canonical(bundle)) < evidence.LARGEST


def test_nothing_was_changed_on_the_server(deployed: Home, first: tuple[object, Ran, object]):
    """V12: no row of any table, no schema of the drill, no message, no lock that anybody waits for."""
    before, ran, after = first

    assert after == before
    safety = ran.bundle["safety"]
    assert (safety["rows_changed"], safety["messages_sent"], safety["locks"]) == (0, 0, "AccessShareLock")
    with psycopg.connect(deployed.more["DATABASE_URL_DIRECT"]) as session:
        left = session.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'release_drill_%'").fetchall()
    assert (left, deployed.scratch_left()) == ([], [])


def test_no_part_of_an_address_is_shown(deployed: Home, first: tuple[object, Ran, object]):
    """V15: neither the database's name nor the key."""
    told = first[1].told
    name = urlsplit(deployed.more["DATABASE_URL"]).path.strip("/")

    assert [
        word for word in (name, deployed.more["SECRET_KEY"], deployed.more["RELEASE_SIGNING_KEY"]) if word in told
    ] == []


def test_the_deployment_checks_it_before_it_goes_on(deployed: Home, first: tuple[object, Ran, object]):
    """V14: this very code, this commit, this key, this profile; another key is refused with 6."""
    place = str(first[1].place)
    words = [sys.executable, "manage.py", "release_verify", place, "--profile", "production"]

    def verify(*more: str) -> tuple[int, str]:
        done = subprocess.run(
            [*words, *more], cwd=deployed.code, env=deployed.environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    assert verify("--public-key", signing.public_text(KEY)) == (0, "verified, signature good\n")
    other = signing.public_text(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert verify("--public-key", other)[0] == 6
    assert verify("--public-key", signing.public_text(KEY), "--commit", "f" * 40)[0] == 6


@pytest.mark.nightly
def test_it_is_verified_while_somebody_writes(deployed: Home, first: tuple[object, Ran, object]):
    """V12: one snapshot; what others record meanwhile is neither lost nor in the way."""
    environment = deployed.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER],
        cwd=deployed.code,
        env=environment,
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    ) as writer:
        read(writer, "writing")
        read(writer, "3")
        ran = deployed.check("--profile", "production")
        is_writing = writer.poll() is None
        writer.terminate()
        said, _ = writer.communicate()

    assert (ran.code, is_writing) == (0, True), ran.out
    assert int(said.split()[-1]) > 3
    assert ran.bundle["safety"]["rows_changed"] == 0
    assert ran.bundle["scope"]["sql_rows"] >= first[1].bundle["scope"]["sql_rows"] + 3


@pytest.mark.nightly
def test_one_cent_by_hand_blocks_and_names_the_row(deployed: Home, first: tuple[object, Ran, object]):
    """R000-37, V2: the issue's own proof, on the server: exit 2, the row by its number."""
    with psycopg.connect(deployed.more["DATABASE_URL_DIRECT"], autocommit=True) as session:
        found = session.execute("SELECT max(id) FROM budget_transaction WHERE NOT is_transfer").fetchone()
        assert found is not None
        by_hand = "UPDATE budget_transaction SET amount = amount + %s WHERE id = %s"
        session.execute(by_hand, [10, found[0]])
        try:
            ran = deployed.check("--profile", "production")
        finally:
            session.execute(by_hand, [-10, found[0]])  # the other tests of the module have the same server

    assert ran.code == 2
    assert ran.bundle["decision"]["reasons"][0] == "rows_altered"
    assert f"transaction {found[0]} differs from the history in its amount" in ran.out


def test_without_a_direct_address_it_blocks(deployed: Home):
    """V17: the drill needs a session of its own; nothing is tried on people's tables instead."""
    pooled = {name: value for name, value in deployed.more.items() if name != "DATABASE_URL_DIRECT"}
    if os.environ["DATABASE_URL"] == os.environ["DATABASE_URL_DIRECT"]:
        pooled["DATABASE_URL"] = deployed.more["DATABASE_URL"] + "_nowhere"
    ran = Home(deployed.folder, pooled, deployed.code).check("--profile", "production")

    assert ran.code == (3 if "_nowhere" in pooled["DATABASE_URL"] else 2)
    assert ran.bundle["decision"]["status"] == "blocked"
