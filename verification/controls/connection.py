"""Faults of the pooled connection, each planted in a real pool on the live database's own pooled address."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django.db import DEFAULT_DB_ALIAS, connections

from verification.controls.base import Fault, Outcome, attempt
from verification.decision import Profile
from verification.gates import connection as gate
from verification.gates.base import GateResult


@dataclass
class Ground:
    """A pool to break. `planted` is what the measuring process breaks before it opens the pool."""

    alias: str
    demand: gate.Demand = field(default_factory=lambda: gate.demand(Profile.PRODUCTION))
    planted: str = ""


def run(alias: str = DEFAULT_DB_ALIAS) -> list[Outcome]:
    """Plant every fault and have the connection gate judge each; none on SQLite, which has no connection to lose."""
    if connections[alias].vendor == "sqlite":
        return []
    return [attempt(fault, Ground(alias), judge) for fault in FAULTS]


def judge(ground: Ground) -> GateResult:
    """The gate, on this ground."""
    return gate.judge(gate.measure(ground.alias, ground.planted), ground.demand)


def _fault(name: str, title: str, check: str, sign: str) -> Fault[Ground]:
    @contextmanager
    def plant(ground: Ground) -> Iterator[None]:
        before = ground.demand
        ground.planted = name
        if name == "tls_off":  # what is asked of a server elsewhere
            ground.demand = replace(before, spares_local=False)
        try:
            yield
        finally:
            ground.planted, ground.demand = "", before

    return Fault(
        f"connection.{name}",
        title,
        "connection",
        f"connection.{check}",
        plant,
        sign,
        engines=frozenset({"postgresql"}),
    )


FAULTS: Sequence[Fault[Ground]] = (
    _fault(
        "no_health_check",
        "A pool lends connections without checking them",
        "survives",
        "answered with status",
    ),
    _fault("tls_off", "TLS is off where it was demanded", "tls", "no "),
    _fault(
        "session_state",
        "A session is changed for whoever gets the connection next",
        "session_state",
        "setting geqo_seed changed",
    ),
    _fault("server_side_cursors", "Rows are read through cursors of the server", "session_state", "open cursors"),
    _fault("prepared_statements", "Statements are prepared on the server", "session_state", "prepared statements"),
)
"""Every fault of the connection; all need PostgreSQL."""
