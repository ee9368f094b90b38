"""What the connection gate makes of what was measured: no figure without its limit, and no pass without a server."""

import copy
import json
import os
import re
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connection

from verification import pooling, reaching
from verification.controls import connection as controls
from verification.decision import Profile
from verification.gates import connection as gate
from verification.gates.base import Status
from verification.reaching import Trouble, Unreachable
from verification.tests.spelled import spelled, told

GOOD: dict[str, Any] = {
    "cold_start": 0.02,
    "latencies": [0.001] * 49 + [0.004],
    "pool": {"check": "PrePing", "is_checked": True, "smallest": 5, "largest": 15, "seconds": 3600.0},
    "settings": dict.fromkeys(
        ("server_side_cursors", "prepared_statements", "startup_options", "role_assumed", "kept_by_django"), False
    ),
    "tls": {"is_used": True, "mode": "verify-full", "is_verified": True, "is_local": False, "server_side": True},
    "between": True,
    "shared": True,
    "state": dict.fromkeys(("temporary_tables", "prepared_statements", "cursors", "advisory_locks", "channels"), 0)
    | {"settings": []},
    "rounds": [{"cut": 10, "ended": 4, "status": 200, "seconds": 0.05}] * 3,
}
PRODUCTION, EMBEDDED = gate.demand(Profile.PRODUCTION), gate.demand(Profile.EMBEDDED)


def found(**changes):
    facts = copy.deepcopy(GOOD)
    for place, value in changes.items():
        facts[place] = {**facts[place], **value} if isinstance(value, dict) else value
    return facts


def check(name, facts, demand=PRODUCTION):
    return next(each for each in gate.judge(facts, demand).checks if each.id == f"connection.{name}")


def test_good_connection_passes_and_holds_its_figures_apart():
    """R000-12: a trivial query, timed."""
    result = gate.judge(GOOD, PRODUCTION)

    assert (result.status, result.reason, result.details) == (Status.PASS, "", {"pooler_seen": True})
    answered = check("select_1", GOOD)
    assert answered.measured == {"cold_start_ms": "20.0", "p50_ms": "1.0", "p95_ms": "1.0", "max_ms": "4.0"}
    assert not any(
        figure in each.observed for each in result.checks for figure in answered.measured.values() if figure != "1.0"
    )


@pytest.mark.parametrize(
    ("changes", "name", "said"),
    [
        ({"pool": {"is_checked": False}}, "pool", "a connection is not checked before it is lent, by PrePing"),
        ({"pool": {"check": ""}}, "pool", "a connection is checked before it is lent, by nothing"),
        ({"rounds": [{"cut": 10, "ended": 4, "status": 503, "seconds": 0.1}]}, "survives", "0 of 1 times"),
        ({"rounds": [{"cut": 10, "ended": 4, "status": 200, "seconds": 1.0}]}, "survives", "0 of 1 times"),
        ({"rounds": [{"cut": 0, "ended": 0, "status": 200, "seconds": 0.1}]}, "survives", "0 of 1 times"),
        ({"rounds": []}, "survives", "0 of 0 times"),
        ({"settings": {"startup_options": True}}, "settings", "1 settings that need a session"),
        ({"state": {"cursors": 2}}, "session_state", "1 uses"),
        ({"state": {"settings": ["work_mem"]}}, "session_state", "1 uses"),
        ({"tls": {"is_used": False, "mode": "prefer"}}, "tls", "no TLS, sslmode prefer"),
    ],
)
def test_each_fault_of_a_connection_fails_its_check(changes, name, said):
    result = gate.judge(found(**changes), PRODUCTION)

    assert [each.id for each in result.checks if each.status.blocks] == [f"connection.{name}"]
    assert check(name, found(**changes)).observed == said
    assert result.reason == "connection_failed"


@pytest.mark.parametrize(
    ("each", "said"),
    [
        ({"cut": 0, "ended": 0, "status": 200, "seconds": 0.1}, "round 1: there was no idle connection to cut"),
        ({"cut": 9, "ended": 0, "status": 503, "seconds": 0.1}, "round 1: answered with status 503"),
        ({"cut": 9, "ended": 0, "status": 200, "seconds": 3.0}, "round 1: answered too late"),
    ],
)
def test_round_that_was_lost_says_why(each, said):
    assert check("survives", found(rounds=[each])).failing_examples == [said]


@pytest.mark.parametrize(
    ("tls", "demand", "status"),
    [
        ({"is_verified": False, "mode": "require"}, PRODUCTION, Status.WARN),
        ({"is_used": False, "is_local": True}, PRODUCTION, Status.PASS),
        ({"is_used": False, "is_local": False}, EMBEDDED, Status.WARN),
        ({"is_used": False, "is_local": True}, gate.Demand(needs_tls=True, spares_local=False), Status.FAIL),
        ({}, PRODUCTION, Status.PASS),
    ],
)
def test_tls_is_asked_by_profile_and_spared_on_this_machine(tls, demand, status):
    facts = found(tls=tls)

    assert check("tls", facts, demand).status is status


@pytest.mark.parametrize(
    ("between", "shared", "said", "is_seen"),
    [
        (True, True, "a transaction pooler", True),
        (False, True, "a transaction pooler", True),
        (True, False, "a proxy", True),
        (False, False, "none: the server itself", False),
    ],
)
def test_pooler_is_told_from_a_proxy_and_from_none(between, shared, said, is_seen):
    facts = found(between=between, shared=shared)

    assert check("pooler", facts).observed == said
    assert gate.judge(facts, PRODUCTION).details == {"pooler_seen": is_seen}


def test_other_sizes_of_the_pool_are_told_and_do_no_harm():
    assert check("pool", found(pool={"smallest": 2})).message == (
        "2 to 15 connections, each replaced after 3600 s; the defaults are 5 to 15 and 3600 s"
    )


def test_database_that_cannot_be_reached_fails_and_says_why():
    result = gate.judge({"unreachable": "tls"}, PRODUCTION)

    assert (result.status, result.reason) == (Status.FAIL, "connection_failed")
    assert result.checks[0].observed == Trouble.TLS.sentence


def test_sqlite_has_no_connection_to_lose_and_that_is_no_pass():
    """R000-12: without a pool nothing was proved."""
    result = gate.not_applicable()

    assert result.status is Status.NOT_APPLICABLE
    assert [each.status for each in result.checks] == [Status.NOT_APPLICABLE]
    if connection.vendor == "sqlite":
        assert gate.run(Profile.EMBEDDED) == result
        assert controls.run() == []


def test_address_gets_another_database_and_keeps_the_rest():
    made = gate.on_database(
        "postgresql://me:p%40ss@host:5433/name?sslmode=require", "other one", {"application_name": "x"}
    )

    assert made == "postgresql://me:p%40ss@host:5433/other%20one?sslmode=require&application_name=x"


def test_measuring_that_fails_is_an_error_without_an_address(monkeypatch):
    done = subprocess.CompletedProcess(
        [], 1, "", "Traceback\npsycopg.OperationalError: connection to hidden-host failed"
    )
    monkeypatch.setenv("DATABASE_URL", "postgresql://annabel:topsecret@hidden-host/book")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)

    with pytest.raises(gate.CannotMeasure) as refused:
        gate.measure()

    assert str(refused.value) == "Measuring the pool ended with 1: psycopg.OperationalError"


def test_measuring_is_told_who_it_is_and_what_to_break(monkeypatch):
    seen: dict[str, Any] = {}

    def run(words, env, **_):
        seen.update(words=words, env=env)
        with open(words[words.index("--answer") + 1], "w") as out:
            json.dump({"unreachable": "down"}, out)
        return subprocess.CompletedProcess(words, 0, "", "")

    monkeypatch.setenv("DATABASE_URL", "postgresql://annabel@pooled-host/book")
    monkeypatch.delenv("DATABASE_URL_DIRECT", raising=False)
    monkeypatch.setattr(subprocess, "run", run)

    assert gate.measure(plant="tls_off") == {"unreachable": "down"}
    assert seen["words"][-2:] == ["--plant", "tls_off"]
    assert seen["env"]["DATABASE_URL"].endswith(f"application_name={seen['env'][pooling.TAG]}")
    assert seen["env"]["DATABASE_URL_DIRECT"].startswith("postgresql://annabel@pooled-host/")
    assert "DATABASE_URL_DIRECT" not in os.environ


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("", True),
        ("/run/postgresql", True),
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("10.0.0.1", False),
    ],
)
def test_loopback_and_sockets_are_of_this_machine(host, is_local):
    assert pooling.is_local(host) is is_local


@pytest.mark.parametrize("fault", [*pooling.FAULTS, None])
def test_fault_breaks_the_settings_it_names_and_no_others(fault):
    sound = {
        "ENGINE": "config.postgresql",
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {},
        "CONN_HEALTH_CHECKS": True,
    }
    broken = copy.deepcopy(sound)

    pooling.plant_settings(broken, fault)

    assert (broken == sound) is (fault in (None, "session_state"))


def test_fault_is_taken_back_from_its_ground():
    ground = controls.Ground("default")
    before = copy.deepcopy(ground)

    for fault in controls.FAULTS:
        with fault.plant(ground):
            assert ground.planted == fault.id.removeprefix("connection.")
        assert ground == before


@pytest.mark.parametrize(("fault", "rounds"), [(None, 3), ("no_health_check", 1), ("tls_off", 0)])
def test_loss_of_connections_is_tried_where_it_matters(fault, rounds):
    assert pooling.rounds_with(fault) == rounds


BAD: dict[str, Any] = {
    "cold_start": 1.5,
    "latencies": [number / 1000 for number in range(1, 51)],
    "pool": {"check": "", "is_checked": False, "smallest": 1, "largest": 2, "seconds": 60.0},
    "settings": dict.fromkeys(GOOD["settings"], True),
    "tls": {"is_used": True, "mode": "require", "is_verified": False, "is_local": False, "server_side": True},
    "between": False,
    "shared": False,
    "state": dict.fromkeys(GOOD["state"], 2) | {"settings": ["work_mem", "geqo_seed"]},
    "rounds": [
        {"cut": 1, "ended": 1, "status": 200, "seconds": 0.05},
        {"cut": 0, "ended": 0, "status": 200, "seconds": 0.05},
        {"cut": 3, "ended": 2, "status": 503, "seconds": 0.25},
    ],
}


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "facts", "demand"),
    [
        ("good", GOOD, PRODUCTION),
        ("bad", BAD, PRODUCTION),
        ("local", found(tls={"is_used": False, "is_local": True}, shared=False), EMBEDDED),
        ("not_spared", found(tls={"is_used": False, "is_local": True}), gate.Demand(True, spares_local=False)),
        ("unreachable", {"unreachable": "tls"}, EMBEDDED),
    ],
)
def test_every_figure_has_its_limit_and_its_words(name, facts, demand):
    """R000-34: expected, observed and threshold of each check, for a sound address and for others."""
    assert spelled(gate.judge(facts, demand)) == told(f"connection_{name}")


@pytest.mark.once
def test_gate_that_does_not_apply_says_so():
    assert spelled(gate.not_applicable()) == told("connection_not_applicable")


@pytest.mark.once
def test_gate_judges_what_it_measures_by_what_the_profile_demands(monkeypatch):
    monkeypatch.setattr(gate, "connections", {"other": SimpleNamespace(vendor="postgresql")})
    monkeypatch.setattr(gate, "measure", lambda alias: found(tls={"is_used": False}) if alias == "other" else None)

    assert [gate.run(profile, "other").status for profile in (Profile.EMBEDDED, Profile.PRODUCTION)] == [
        Status.WARN,
        Status.FAIL,
    ]


@pytest.mark.once
def test_measuring_is_a_program_of_its_own_on_the_database_of_the_alias(monkeypatch):
    seen: dict[str, Any] = {}

    def run(words, **more):
        seen.update(more, words=words)
        return subprocess.CompletedProcess(words, 0, "", "")

    monkeypatch.setenv("DATABASE_URL", "postgresql://annabel@pooled-host/book?sslmode=&x=")
    monkeypatch.setenv("DATABASE_URL_DIRECT", "postgresql://annabel@direct-host/book")
    monkeypatch.setattr(gate, "connections", {"other": SimpleNamespace(settings_dict={"NAME": "a/b"})})
    monkeypatch.setattr(subprocess, "run", run)

    with pytest.raises(gate.CannotMeasure, match=r"ended with 0: $"):
        gate.measure("other")

    tag = seen["env"][pooling.TAG]
    assert re.fullmatch(r"budget_check_[0-9a-f]{12}", tag)
    assert seen["words"][1:4] == ["-m", "verification.pooling", "--answer"]
    assert len(seen["words"]) == 5
    assert seen["env"]["DATABASE_URL"] == f"postgresql://annabel@pooled-host/a%2Fb?sslmode=&x=&application_name={tag}"
    assert seen["env"]["DATABASE_URL_DIRECT"] == "postgresql://annabel@direct-host/a%2Fb"
    assert (seen["timeout"], seen["capture_output"], seen["text"]) == (120, True, True)


@pytest.mark.once
@pytest.mark.parametrize("stage", ["reaching", "first query"])
def test_address_that_does_not_answer_is_measured_as_unreachable(monkeypatch, stage):
    def reach(connection):
        if stage == "reaching":
            raise Unreachable(Trouble.DOWN)

    def first_query(act):
        raise OperationalError("connection refused")

    monkeypatch.setattr(reaching, "reach", reach)
    monkeypatch.setattr(pooling, "_seconds", first_query)

    assert pooling.measured(None) == {"unreachable": Trouble.DOWN.value}
