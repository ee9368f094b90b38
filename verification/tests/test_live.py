"""The look at the live database reads one moment, writes nothing, keeps no writer waiting, and proves it."""

import hashlib
import threading
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, connections

from budget.tests import factories
from budget.users.models import User
from verification import live

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def elsewhere():
    """Run in a thread, which has a connection of its own."""
    failures = []

    def work(do):
        try:
            do()
        except BaseException as error:  # told below, in the test's own thread
            failures.append(error)
        finally:
            connections["default"].close()

    def run(do):
        thread = threading.Thread(target=work, args=[do])
        thread.start()
        thread.join()
        assert failures == []

    yield run


def test_snapshot_refuses_to_write_and_proves_that_it_did_not():
    with live.snapshot() as look:
        assert look.rows("SELECT count(*) FROM budget_user") == [(0,)]
        proof_before = dict(look.proof)

    assert proof_before == {}
    if look.engine == "sqlite":
        assert look.proof.pop("locks") == ["SHARED"]
        assert list(look.proof) == ["mode", "isolation", "rows_written", "transaction_id_assigned", "blocking_locks"]
    assert look.proof["rows_written"] == 0
    assert look.proof["transaction_id_assigned"] is False
    assert look.proof["blocking_locks"] == []
    assert look.proof["mode"] == "read only"
    assert look.proof["isolation"] == {"sqlite": "snapshot", "postgresql": "repeatable read"}[look.engine]


def test_writing_inside_the_snapshot_is_refused_by_the_database():
    with pytest.raises(DatabaseError), live.snapshot():
        factories.make_user()

    assert User.objects.count() == 0


def test_connection_can_be_written_with_again_after_the_snapshot():
    mode = getattr(connection, "transaction_mode", None)
    with pytest.raises(DatabaseError), live.snapshot():
        factories.make_user()

    factories.make_user()

    assert (User.objects.count(), getattr(connection, "transaction_mode", None)) == (1, mode)


@pytest.mark.pooled
def test_snapshot_does_not_see_what_others_write_meanwhile_nor_keeps_them_waiting():
    """R003-4: readers and writers go on beside each other."""
    with elsewhere() as run, live.snapshot() as look:
        before = look.rows("SELECT count(*) FROM budget_user")
        run(lambda: factories.make_user())
        after = look.rows("SELECT count(*) FROM budget_user")

    assert (before, after, User.objects.count()) == ([(0,)], [(0,)], 1)


def test_proof_of_a_snapshot_that_wrote_is_an_error(monkeypatch):
    @contextmanager
    def writing(look):
        yield
        look.proof = {"rows_written": 1, "blocking_locks": []}

    monkeypatch.setattr(live, "_sqlite", writing)
    monkeypatch.setattr(live, "_postgresql", writing)

    with pytest.raises(live.Wrote, match="to write nothing"), live.snapshot():
        pass


def test_digest_of_a_table_changes_with_one_cell_and_with_nothing_else():
    person = factories.make_user()
    first, second = digests(), digests()

    User.objects.filter(pk=person.pk).update(name="Somebody else")
    third = digests()
    User.objects.filter(pk=person.pk).update(name=person.name)

    assert first == second == digests()
    assert {table for table in first if first[table] != third[table]} == {"budget_user"}
    assert third["budget_user"]["rows"] == 1


@pytest.mark.once
def test_digest_is_the_sum_of_the_rows_digests_in_any_order():
    person, other = factories.make_user(), factories.make_user()
    with live.snapshot() as look:
        both = live._streamed(look, "SELECT id, 'x' FROM budget_user ORDER BY id")
        turned = live._streamed(look, "SELECT id, 'x' FROM budget_user ORDER BY id DESC")

    each = [hashlib.blake2b(repr((pk, "x")).encode(), digest_size=16).digest() for pk in (person.pk, other.pk)]
    assert both == turned == {"rows": 2, "digest": str(sum(int.from_bytes(digest) for digest in each))}


def digests():
    with live.snapshot() as look:
        return live.digests(look)
