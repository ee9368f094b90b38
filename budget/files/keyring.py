"""Seals what must not lie readable in the database: authenticated encryption with a ring of keys.

The newest key of `ENCRYPTION_KEYS` seals and every key opens, so a key can be replaced while the program runs. A key
derived from `SECRET_KEY` seals where none is set, and is always the last that is tried for opening.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"budget-tracker: what is sealed in the database"
"""Tells the derived key from any other that is made of SECRET_KEY. Another text would be another key."""


class CannotOpen(ValueError):
    """No key of the ring opens it: it was sealed with another one, or altered since."""


class KeyRing:
    """The keys of one deployment, newest first. What it seals is bytes, a third smaller than Fernet's own text."""

    def __init__(self, keys: tuple[str, ...], secret: str) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
        fernets = [*map(Fernet, keys), Fernet(urlsafe_b64encode(derived))]
        self._newest, self._all = fernets[0], MultiFernet(fernets)

    def seal(self, content: bytes) -> bytes:
        """The content, encrypted and authenticated with the newest key."""
        return urlsafe_b64decode(self._newest.encrypt(content))

    def open(self, sealed: bytes) -> bytes:
        """What was sealed with any key of the ring.

        Raises:
            CannotOpen: none of them did it, or it is not what they sealed any more.
        """
        return _opened(self._all, sealed)

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the newest key alone opens it."""
        try:
            _opened(self._newest, sealed)
        except CannotOpen:
            return False
        return True


def key_ring() -> KeyRing:
    """The ring of the settings."""
    return _made(tuple(settings.ENCRYPTION_KEYS), settings.SECRET_KEY)


@lru_cache(maxsize=4)
def _made(keys: tuple[str, ...], secret: str) -> KeyRing:
    return KeyRing(keys, secret)


def _opened(key: Fernet | MultiFernet, sealed: bytes) -> bytes:
    try:
        return key.decrypt(urlsafe_b64encode(sealed))
    except InvalidToken:
        raise CannotOpen from None
