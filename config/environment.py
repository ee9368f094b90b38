"""Reads the settings of one deployment from its environment; what is missing or malformed is one clear sentence."""

import base64
import os
import re
import warnings
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}
POSTGRESQL = {"postgres", "postgresql"}
EXAMPLES = "The file .env.example explains every setting."

ENCRYPTION_KEY = re.compile(r"[A-Za-z0-9_-]{43}=", re.ASCII)
PUBLISHED_KEYS = {"cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="}
"""Random, but printed in the specification of Fernet."""


class Environment:
    """The variables of one deployment. Values are never part of a message: they may be secrets."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    @classmethod
    def with_files(cls, *folders: Path) -> "Environment":
        """The process's own variables, then the ``.env`` of each folder; what is named first wins."""
        process = cls(os.environ)
        if process.flag("BUDGET_READ_ENV_FILES", default=True):
            for folder in folders:
                try:
                    environ.Env.read_env(folder / ".env")
                except UnicodeDecodeError:
                    raise ImproperlyConfigured(f"{folder / '.env'} is not UTF-8. Save it as UTF-8.") from None
        return process

    def text(self, name: str, default: str = "") -> str:
        """A text, or ``default`` when the variable is absent or empty."""
        return self.values.get(name, "").strip() or default

    def required(self, name: str, purpose: str) -> str:
        """A text without which the program does not start."""
        if value := self.text(name):
            return value
        raise ImproperlyConfigured(f"{name} is missing: {purpose}. {EXAMPLES}")

    def flag(self, name: str, default: bool) -> bool:
        """A yes or a no, in any of the usual spellings."""
        value = self.text(name).lower()
        if value in TRUE | FALSE:
            return value in TRUE
        if not value:
            return default
        raise ImproperlyConfigured(f"{name} must be yes or no. {EXAMPLES}")

    def number(self, name: str, default: int, least: int = 0) -> int:
        """A whole number of at least ``least``."""
        value = self.text(name)
        if not value:
            return default
        if not value.isdecimal() or int(value) < least:
            raise ImproperlyConfigured(f"{name} must be a whole number of at least {least}. {EXAMPLES}")
        return int(value)

    def required_words(self, name: str, purpose: str) -> list[str]:
        """A list of at least one word, without which the program does not start."""
        if words := self.words(name, []):
            return words
        raise ImproperlyConfigured(f"{name} is missing: {purpose}. {EXAMPLES}")

    def words(self, name: str, default: list[str]) -> list[str]:
        """A list separated by commas."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()] or default

    def encryption_keys(self, name: str) -> list[str]:
        """Keys of 32 random bytes in URL-safe base64, newest first; what is no secret key is refused, and named."""
        keys = self.words(name, [])
        for place, key in enumerate(keys, start=1):
            if not ENCRYPTION_KEY.fullmatch(key):
                problem = "is too short or malformed"
            elif _is_plain(base64.urlsafe_b64decode(key)) or key in PUBLISHED_KEYS:
                problem = "is an example or too plain"
            elif key in keys[: place - 1]:
                problem = "is there twice"
            else:
                continue
            raise ImproperlyConfigured(
                f"{name} must be keys of 32 random bytes in URL-safe base64, separated by commas: number {place} "
                f"{problem}. {EXAMPLES}"
            )
        return keys

    def time_zone(self, name: str, default: str) -> str:
        """A name such as ``Europe/Berlin``; an unknown ``default`` is UTC."""
        value = self.text(name)
        if value and value not in available_timezones():
            raise ImproperlyConfigured(f"{name} must be a name such as Europe/Berlin. {EXAMPLES}")
        return value or (default if default in available_timezones() else "UTC")

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's description of the database at an address such as ``postgresql://user:password@host/name``."""
        url = self.text(name, default)
        refusal = ImproperlyConfigured(
            f"{name} must look like postgresql://user:password@host:port/name or sqlite:////folder/file. {EXAMPLES}"
        )
        try:
            scheme = urlsplit(url).scheme
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                found: dict[str, Any] = environ.Env.db_url_config(url)
        except (ValueError, UserWarning, ImproperlyConfigured):
            raise refusal from None
        if scheme not in POSTGRESQL | {"sqlite"} or not found.get("NAME"):
            raise refusal
        return found

    def email(self, name: str, default: str) -> dict[str, Any]:
        """Django's ``EMAIL_*`` settings for an address such as ``smtp+tls://user:password@host:587``."""
        try:
            found: dict[str, Any] = environ.Env.email_url_config(self.text(name, default))
        except (ValueError, ImproperlyConfigured):
            raise ImproperlyConfigured(
                f"{name} must look like smtp+tls://user:password@host:587, consolemail:// or dummymail://. {EXAMPLES}"
            ) from None
        return found


def _is_plain(key: bytes) -> bool:
    """Whether 32 bytes are no random ones: some characters over and over, counted up or down, or a readable text."""
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    return len(set(key)) < 16 or len(steps) < 8 or key.isascii()
