"""S20: what is sealed opens with every key of the ring, with no other, and not once it was altered."""

from __future__ import annotations

import base64
import hashlib

import pytest
from django.test import override_settings

from budget.files.keyring import CannotOpen, KeyRing, key_ring

pytestmark = pytest.mark.once

SECRET, OTHER_SECRET = "s" * 50, "t" * 50


def _key(name: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode()


OLD, NEW = _key("old"), _key("new")


def test_newest_key_seals_and_every_key_opens() -> None:
    by_old, by_both = KeyRing((OLD,), SECRET), KeyRing((NEW, OLD), SECRET)

    sealed = by_both.seal(b"content")

    assert by_both.open(by_old.seal(b"content")) == b"content"
    assert (by_both.is_newest(sealed), by_both.is_newest(by_old.seal(b"content"))) == (True, False)
    with pytest.raises(CannotOpen):
        by_old.open(sealed)


def test_key_made_of_the_secret_seals_where_there_is_none_and_opens_always() -> None:
    sealed = KeyRing((), SECRET).seal(b"content")

    assert KeyRing((), SECRET).is_newest(sealed)
    assert KeyRing((NEW, OLD), SECRET).open(sealed) == b"content"
    with pytest.raises(CannotOpen):
        KeyRing((NEW, OLD), OTHER_SECRET).open(sealed)


def test_secret_does_not_open_what_a_key_sealed() -> None:
    with pytest.raises(CannotOpen):
        KeyRing((), SECRET).open(KeyRing((NEW,), SECRET).seal(b"content"))


def test_altered_seal_does_not_open() -> None:
    ring = KeyRing((NEW,), SECRET)
    sealed = ring.seal(b"content")

    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(CannotOpen):
            ring.open(bytes(altered))
    for cut in (b"", sealed[:-1], sealed + b"x", b"plain content"):
        with pytest.raises(CannotOpen):
            ring.open(cut)


def test_sealing_twice_gives_two_seals_that_show_nothing() -> None:
    ring = KeyRing((NEW,), SECRET)
    one, other = ring.seal(b"content" * 100), ring.seal(b"content" * 100)

    assert one != other
    assert b"content" not in one


def test_ring_is_that_of_the_settings() -> None:
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        sealed = key_ring().seal(b"content")
    with override_settings(ENCRYPTION_KEYS=[NEW, OLD]):
        assert key_ring().open(sealed) == b"content"
    with override_settings(ENCRYPTION_KEYS=[NEW]), pytest.raises(CannotOpen):
        key_ring().open(sealed)
