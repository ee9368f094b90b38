"""The pool survives the death of all its idle connections, directly and through PgBouncer.

Run with `--engine postgresql` and with `--engine pgbouncer`. The loss is real: server processes are terminated, and a
pooler's clients are cut off by its own console.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import cast

import psycopg
import pytest
from django.db import connection as this_connection
from django.db import connections
from django.test import Client

from budget.prepared import run
from config.postgresql.base import DatabaseWrapper, PrePing, type_of_pool

pytestmark = [pytest.mark.pooled, pytest.mark.django_db(transaction=True)]
connection = cast(DatabaseWrapper, this_connection)
IS_POOLED_TWICE = os.environ.get("DATABASE_URL") != os.environ.get("DATABASE_URL_DIRECT")


@pytest.fixture(autouse=True)
def fresh_pool() -> Iterator[None]:
    """Each test begins and ends without pooled connections."""
    assert isinstance(connections["default"], DatabaseWrapper)
    connection.close()
    connection.close_pool()
    yield
    connection.close()
    connection.close_pool()


def the_pool() -> type_of_pool:
    pool = connection.pool
    assert pool is not None
    return pool


def fill_the_pool(size: int) -> None:
    """Hold ``size`` connections at the same moment and give them back."""
    together = Barrier(size)

    def hold(_: int) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1")
            together.wait(timeout=20)
        connections["default"].close()

    with ThreadPoolExecutor(size) as threads:
        list(threads.map(hold, range(size)))


def cut_every_connection() -> int:
    """Terminate all server processes of the test database; cut the pooler's clients off, too. How many there were."""
    name = connection.settings_dict["NAME"]
    idle = the_pool().get_stats()["pool_available"]
    if IS_POOLED_TWICE:
        pooler = os.environ["DATABASE_URL"].rpartition("/")[0] + "/pgbouncer"
        with psycopg.connect(pooler, autocommit=True, prepare_threshold=None) as console:
            console.pgconn.exec_(f'KILL "{name}"'.encode())
            console.pgconn.exec_(f'RESUME "{name}"'.encode())
    with psycopg.connect(os.environ["DATABASE_URL_DIRECT"], autocommit=True) as direct:
        direct.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )
    return int(idle)


def seconds_of_a_request() -> float:
    began = time.monotonic()
    response = Client().get("/readyz")
    assert response.status_code == 200, response.content
    return time.monotonic() - began


@pytest.mark.parametrize("round_", range(3))
def test_next_request_succeeds_within_a_second_after_all_connections_died(round_):
    """R000-4, R000-44: each connection is checked before it is lent."""
    fill_the_pool(10)

    died = cut_every_connection()

    assert died >= 10
    assert seconds_of_a_request() < 1


def test_many_requests_at_once_succeed_after_all_connections_died():
    fill_the_pool(12)
    cut_every_connection()

    with ThreadPoolExecutor(8) as threads:
        times = list(threads.map(lambda _: in_a_thread(seconds_of_a_request), range(8)))

    assert max(times) < 3


def in_a_thread(work):
    """Run, then give the thread's connection back."""
    try:
        return work()
    finally:
        connections["default"].close()


def test_pool_is_filled_again_after_the_outage():
    """R003-8: nothing that was lost is kept."""
    fill_the_pool(10)
    cut_every_connection()
    seconds_of_a_request()

    connection.close()
    fill_the_pool(15)

    assert the_pool().get_stats()["pool_size"] == 15


def test_one_outage_drains_the_pool_once(monkeypatch):
    fill_the_pool(10)
    drained = []
    drain = the_pool().drain

    def counted():
        drained.append(1)
        drain()

    monkeypatch.setattr(the_pool(), "drain", counted)
    cut_every_connection()

    seconds_of_a_request()

    assert drained == [1]


def test_transactions_of_many_threads_stay_apart():
    """R003-7: through a transaction pooler every transaction may run on another server connection."""

    def counted(number: int) -> int:
        from django.db import transaction

        with transaction.atomic(), connections["default"].cursor() as cursor:
            cursor.execute("SELECT set_config('budget.number', %s, true)", [str(number)])
            cursor.execute("SELECT current_setting('budget.number')")
            found = int(cursor.fetchone()[0])
        connections["default"].close()
        return found

    with ThreadPoolExecutor(12) as threads:
        assert list(threads.map(counted, range(200))) == list(range(200))


def test_check_of_the_pool_is_our_own():
    """R000-4: the check is in place."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")

    assert isinstance(the_pool()._check, PrePing)


def statements_kept_by_the_server() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements ORDER BY prepare_time")
        return [statement for (statement,) in cursor.fetchall()]


def test_reads_are_prepared_on_the_server_itself_and_never_behind_a_pooler():
    """Behind a transaction pooler the next statement may reach a process that never heard of it."""
    for number in (1, 2):
        assert run("SELECT %s + 0", [number]) == [(number,)]

    kept = [] if IS_POOLED_TWICE else ["SELECT $1 + 0"]
    assert statements_kept_by_the_server() == kept


def test_kept_plan_whose_column_changed_its_type_is_made_anew():
    """A migration while the program runs."""
    name = "budget_changing"
    try:
        address = os.environ["DATABASE_URL_DIRECT"].rpartition("/")[0] + f"/{connection.settings_dict['NAME']}"
        with psycopg.connect(address) as other:
            other.execute(f"CREATE TABLE {name} (number integer)")
            other.execute(f"INSERT INTO {name} VALUES (7)")  # noqa: S608  # the name is ours
            other.commit()
            assert run(f"SELECT number FROM {name}", []) == [(7,)]  # noqa: S608  # the name is ours
            other.execute(f"ALTER TABLE {name} ALTER number TYPE text")
            other.commit()

        assert run(f"SELECT number FROM {name}", []) == [("7",)]  # noqa: S608  # the name is ours
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")


def test_driver_remembers_no_text_but_those_of_prepared_reads():
    """It would keep a hundred texts of any size, with all that Django wrote into them."""
    run("SELECT %s + 0", [1])
    with connection.cursor() as cursor:
        for number in range(3):
            cursor.execute("SELECT %s, %s", ["x" * 1000, number])

    remembered = connection.connection._prepared
    assert [text for text, _ in (*remembered._names, *remembered._counts)] == (
        [] if IS_POOLED_TWICE else [b"SELECT $1 + 0"]
    )
