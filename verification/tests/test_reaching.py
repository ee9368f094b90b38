"""Each way in which a database cannot be reached is told apart, in time, and without a word of the address."""

import queue
import socket
import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import Any, cast

import psycopg
import pytest
from django.db import connection

from verification import reaching
from verification.reaching import Trouble, Unreachable, reach, reach_address, reach_server, trouble_of

SECRETS = ("topsecret", "annabel", "hidden-host", "127.0.0.1")


def refused(call, *arguments):
    """The trouble, and how long it took to say so; no secret may be in the message."""
    began = time.monotonic()
    with pytest.raises(Unreachable) as found:
        call(*arguments)
    assert not [secret for secret in SECRETS if secret in str(found.value)]
    assert found.value.__cause__ is None
    return found.value.trouble, time.monotonic() - began


@pytest.mark.django_db
def test_database_of_the_tests_is_reached():
    found = reach(connection)

    assert (found.attempts, found.milliseconds < 10_000) == (1, True)


@pytest.mark.once
def test_server_that_is_down_is_said_at_once():
    trouble, seconds = refused(reach_address, "postgresql://annabel:topsecret@127.0.0.1:1/book")

    assert (trouble, seconds < 5) == (Trouble.DOWN, True)


@pytest.mark.once
def test_name_that_nobody_knows_is_said_in_time():
    trouble, seconds = refused(reach_address, "postgresql://annabel:topsecret@hidden-host.invalid/book")

    assert (trouble, seconds < 15) == (Trouble.NAME, True)


@pytest.mark.once
def test_resolver_that_never_answers_is_waited_for_only_so_long(monkeypatch):
    monkeypatch.setattr(reaching, "ANSWER_WITHIN", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(2))

    trouble, seconds = refused(reach_address, "postgresql://annabel:topsecret@hidden-host.example/book")

    assert (trouble, seconds < 1.5) == (Trouble.NAME, True)


@pytest.mark.once
def test_host_that_never_takes_the_call_is_waited_for_only_so_long(monkeypatch):
    class Silent(socket.socket):
        def connect(self, place):
            time.sleep(0.01)
            raise TimeoutError

    monkeypatch.setattr(socket, "socket", Silent)

    assert refused(reach_address, "postgresql://annabel:topsecret@127.0.0.1:6/book")[0] is Trouble.HOST


@contextmanager
def a_server(answer):
    """Takes calls, and answers the first bytes of each with what `answer` gives."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.05)
        ended = threading.Event()
        held = []

        def serve():
            while not ended.is_set():
                try:
                    call, _ = door.accept()
                except TimeoutError:
                    continue
                held.append(call)
                call.settimeout(0.5)
                try:
                    if call.recv(1024):
                        call.sendall(answer())
                except OSError:
                    continue  # a call that only looked whether somebody is there

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield door.getsockname()[1]
        finally:
            ended.set()
            thread.join()
            for call in held:
                call.close()


@pytest.mark.once
def test_server_that_takes_the_call_and_stays_silent_is_asleep(monkeypatch):
    monkeypatch.setattr(reaching, "AWAKE_WITHIN", 2.5)
    with a_server(lambda: b"") as port:
        trouble, seconds = refused(reach_address, f"postgresql://annabel:topsecret@127.0.0.1:{port}/book")

    assert (trouble, 2 <= seconds < 6) == (Trouble.ASLEEP, True)


@pytest.mark.once
def test_server_without_tls_is_told_from_others(monkeypatch):
    with a_server(lambda: b"N") as port:
        trouble, seconds = refused(
            reach_address, f"postgresql://annabel:topsecret@127.0.0.1:{port}/book?sslmode=require"
        )

    assert (trouble, seconds < 15) == (Trouble.TLS, True)


@pytest.mark.once
def test_something_that_is_no_database_is_not_mistaken_for_one():
    with a_server(lambda: b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        trouble, seconds = refused(reach_address, f"postgresql://annabel:topsecret@127.0.0.1:{port}/book")

    assert (trouble, seconds < 15) == (Trouble.DOWN, True)


def error_message(state, words):
    body = b"SFATAL\0VFATAL\0C" + state + b"\0M" + words + b"\0\0"
    return b"E" + (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.once
@pytest.mark.parametrize(
    ("state", "words", "expected"),
    [
        (b"28P01", b'password authentication failed for user "annabel"', Trouble.PASSWORD),
        (b"3D000", b'database "book" does not exist', Trouble.MISSING),
        (b"53300", b"sorry, too many clients already", Trouble.FULL),
        (b"08P01", b"server login failed: wrong password type", Trouble.PASSWORD),
        (b"XX000", b"something of topsecret nobody heard of", Trouble.OTHER),
    ],
)
def test_what_a_server_refuses_is_told_apart(state, words, expected):
    with a_server(lambda: error_message(state, words)) as port:
        trouble, seconds = refused(
            reach_address, f"postgresql://annabel:topsecret@127.0.0.1:{port}/book?sslmode=disable"
        )

    assert (trouble, seconds < 15) == (expected, True)


@pytest.mark.once
def test_server_that_starts_up_is_asked_again_until_it_is_awake(monkeypatch):
    asked = []

    def starting(*_, **parameters):
        asked.append(parameters["hostaddr"])
        if len(asked) < 3:
            raise psycopg.errors.CannotConnectNow("the database system is starting up")
        return Session()

    class Session:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def execute(self, sql):
            return sql

    monkeypatch.setattr(reaching, "PAUSE", 0.01)
    monkeypatch.setattr(psycopg, "connect", starting)
    with a_server(lambda: b"") as port:
        found = reach_server({"host": "127.0.0.1", "port": port})

    assert (found.attempts, asked) == (3, ["127.0.0.1"] * 3)


@pytest.mark.once
def test_socket_of_this_machine_is_not_called_first():
    assert reaching._found_host({"host": "/run/postgresql"}, time.monotonic() + 1) == {}
    assert refused(reach_server, {"host": "/nowhere/at/all", "user": "annabel"})[0] is Trouble.DOWN


@pytest.mark.once
def test_address_that_is_none_is_said_without_it():
    assert refused(reach_address, "postgresql://annabel:topsecret@hidden-host:port/x y?=%")[0] is Trouble.OTHER


class File:
    vendor = "sqlite"

    def __init__(self, name):
        self.settings_dict = {"NAME": name}


@pytest.mark.once
def test_files_that_cannot_be_read_are_told_apart(tmp_path, monkeypatch):
    text = tmp_path / "text.sqlite3"
    text.write_text(
        "This is no database, but a text of some length, longer than the header of a database would be." * 9
    )
    good = tmp_path / "good.sqlite3"
    with sqlite3.connect(good) as session:
        session.execute("CREATE TABLE t (id)")
    session.close()

    assert refused(reach, File(tmp_path / "none.sqlite3"))[0] is Trouble.MISSING
    assert not (tmp_path / "none.sqlite3").exists()
    assert refused(reach, File(text))[0] is Trouble.OTHER
    assert refused(reach, File(tmp_path))[0] is Trouble.RIGHTS
    assert reach(cast(Any, File(good))).attempts == 1
    assert reach(cast(Any, File("file:memorydb_default?mode=memory&cache=shared"))).milliseconds == 0


@pytest.mark.once
def test_every_kind_of_trouble_has_a_sentence_and_the_driver_s_words_a_kind():
    assert all(kind.sentence.endswith((".", "migrate")) for kind in Trouble)
    assert trouble_of(queue.Empty()) is Trouble.OTHER
    assert trouble_of(psycopg.errors.InvalidCatalogName("no words")) is Trouble.MISSING
    assert trouble_of(psycopg.OperationalError("SSL error: certificate verify failed")) is Trouble.TLS
    assert trouble_of(psycopg.errors.InvalidPassword("no words")) is Trouble.PASSWORD
    assert trouble_of(psycopg.OperationalError('to server at "bottles.example": timeout expired')) is Trouble.HOST
    assert trouble_of(psycopg.OperationalError("no pg_hba.conf entry for host, no encryption")) is Trouble.TLS


@pytest.mark.pooled
def test_real_server_says_that_a_database_is_missing():
    parameters = dict(connection.get_connection_params()) | {"dbname": "nowhere_to_be_found"}

    assert refused(reach_server, parameters)[0] is Trouble.MISSING
