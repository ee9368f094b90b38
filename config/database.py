"""How the program talks to its database: one dictionary per engine, each option for a measured reason."""

from typing import Any

from config.environment import Environment

NEEDS_THE_DIRECT_ADDRESS = {"migrate", "createcachetable", "dbshell", "inspectdb"}
"""Commands that change the schema or hold a session, not to be had from a transaction pooler such as Neon's."""

SERVERS = {"", "runserver", "demo", "up", "bench"}
"""What runs requests in threads, and so needs many connections; "" is everything but `manage.py`. Another command has
one connection without a pool: it starts at once, and hears from the driver why a database cannot be reached.
"""


def database_settings(env: Environment, default: str, command: str) -> dict[str, Any]:
    """The database of this process: ``DATABASE_URL``, or ``DATABASE_URL_DIRECT`` for a ``command`` that needs it.

    One alias with two addresses rather than two aliases: tests, routers and ``migrate`` know a single database, and
    nobody can forget a ``--database`` option.
    """
    direct = command in NEEDS_THE_DIRECT_ADDRESS and env.text("DATABASE_URL_DIRECT")
    found = env.database("DATABASE_URL_DIRECT" if direct else "DATABASE_URL", default)
    if found["ENGINE"].endswith("postgresql"):
        return found | _postgresql(env, found, pooled=command in SERVERS)
    return found | _sqlite()


def _postgresql(env: Environment, found: dict[str, Any], *, pooled: bool) -> dict[str, Any]:
    """A pool of 5 to 15 connections per process, each checked before it is lent and replaced after an hour."""
    smallest = env.number("DB_POOL_MIN", 5)
    pool = {
        "min_size": smallest,
        "max_size": env.number("DB_POOL_MAX", max(15, smallest), least=max(1, smallest)),
        "max_lifetime": 3600,
        "max_idle": 300,
        "timeout": 10,
    }
    options = {"connect_timeout": 10, "application_name": "budget"} | found.get("OPTIONS", {})
    if pooled:
        options["pool"] = pool
    return {
        "ENGINE": "config.postgresql",
        "CONN_MAX_AGE": 0,  # the pool keeps connections, Django must not
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # a cursor would outlive its server connection behind a pooler
        "OPTIONS": options,
    }


def _sqlite() -> dict[str, Any]:
    """WAL with IMMEDIATE transactions: writers wait for each other (30 s) instead of failing at once.

    ``synchronous=FULL``: in WAL the faster NORMAL survives a crash of the program, but after a power cut the last
    changes a person saw confirmed may be gone. One fsync per change is a price nobody notices in a budget.
    """
    return {
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    }
