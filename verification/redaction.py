"""Keeps secrets out of evidence: what the environment holds as a secret, and what looks like one, never leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from verification.gates.base import Json

RULES_VERSION = "1"
REPLACEMENT = "[redacted]"
LEAST = 6
"""Shorter values are no secrets worth the name, and would be found inside ordinary words."""

SECRET_NAMES = re.compile(r"SECRET|PASSWORD|PASSWD|TOKEN|KEY|CREDENTIAL|DSN|_URL$|URL_|COOKIE|SESSION|PRIVATE", re.I)
ORDINARY = frozenset({"budget", "postgres", "postgresql", "localhost", "sqlite", "disable", "require", "prefer"})
"""Parts of an address that are words of this program as well: blacking them out would make evidence unreadable."""

PATTERNS: Mapping[str, str] = {
    "address with password": r"[a-z][a-z0-9+.\-]{1,20}://[^\s/:@\"']{0,100}:[^\s/@\"']{1,200}@[^\s\"']+",
    "database address": r"\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqps?)://[^\s\"']+",
    "host of a database provider": r"\b[a-z0-9.\-]+\.(?:neon\.tech|rds\.amazonaws\.com|render\.com|supabase\.co)\b",
    "password in words": r"\b(?:password|passwd|pwd)\s*[=:]\s*[^\s\"',;]{4,}",
    "secret in words": r"\b(?:secret|token|api[_-]?key|access[_-]?key)\s*[=:]\s*[^\s\"',;]{8,}",
    "authorization header": r"\bauthorization\s*[=:]\s*\S+(?:\s+\S+)?",
    "bearer token": r"\bbearer\s+[a-z0-9._~+/\-]{16,}=*",
    "basic credentials": r"\bbasic\s+[a-z0-9+/]{16,}=*",
    "JSON web token": r"\beyj[a-z0-9_\-]{8,}\.[a-z0-9_\-]{8,}\.[a-z0-9_\-]*",
    "private key": r"-----BEGIN[ A-Z]*PRIVATE KEY-----[\s\S]*?(?:-----END[ A-Z]*PRIVATE KEY-----|$)",
    "certificate request": r"-----BEGIN PGP PRIVATE KEY BLOCK-----[\s\S]*?(?:-----END|$)",
    "SSH key": r"\bssh-(?:rsa|ed25519|dss)\s+[a-z0-9+/=]{40,}",
    "AWS access key": r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b",
    "AWS secret": r"\baws[a-z_ ]{0,20}['\"=:\s]+[a-z0-9/+=]{40}\b",
    "GitHub token": r"\bgh[pousr]_[a-z0-9]{20,}\b",
    "GitHub fine-grained token": r"\bgithub_pat_[a-z0-9_]{20,}\b",
    "GitLab token": r"\bglpat-[a-z0-9_\-]{16,}\b",
    "Slack token": r"\bxox[abeoprs]-[a-z0-9\-]{10,}",
    "Slack webhook": r"hooks\.slack\.com/services/[a-z0-9/]+",
    "Discord webhook": r"discord(?:app)?\.com/api/webhooks/[a-z0-9/_\-]+",
    "Stripe key": r"\b[srp]k_(?:live|test)_[a-z0-9]{10,}\b",
    "Google API key": r"\bAIza[a-z0-9_\-]{30,}\b",
    "Google OAuth token": r"\bya29\.[a-z0-9_\-]{20,}",
    "Google client secret": r"\bGOCSPX-[a-z0-9_\-]{20,}",
    "Anthropic or OpenAI key": r"\bsk-[a-z0-9_\-]{16,}\b",
    "Hugging Face token": r"\bhf_[a-z0-9]{20,}\b",
    "npm token": r"\bnpm_[a-z0-9]{30,}\b",
    "PyPI token": r"\bpypi-[a-z0-9_\-]{20,}",
    "SendGrid key": r"\bSG\.[a-z0-9_\-]{16,}\.[a-z0-9_\-]{16,}",
    "Mailgun key": r"\bkey-[0-9a-f]{32}\b",
    "Twilio key": r"\bSK[0-9a-f]{32}\b",
    "Telegram token": r"\b\d{8,10}:[a-z0-9_\-]{35}\b",
    "Plaid token": r"\b(?:access|public|link|processor)-(?:sandbox|development|production)-[0-9a-f\-]{30,}",
    "Sentry address": r"https://[0-9a-f]{32}@[^\s\"']+",
    "Heroku or UUID key in words": r"\b(?:heroku|api)[a-z_ ]{0,20}[=:]\s*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "DigitalOcean token": r"\bdo[opr]_v1_[0-9a-f]{64}\b",
    "Fernet token": r"\bgAAAAA[a-z0-9_\-]{60,}={0,2}",
    "Django session or signature": r"\b(?:sessionid|csrftoken|csrfmiddlewaretoken)\s*[=:]\s*[a-z0-9:._\-]{16,}",
    "argon2 or PBKDF2 hash": r"(?:\$argon2(?:id|i|d)\$|pbkdf2_sha\d+\$|\bargon2\$|bcrypt(?:_sha256)?\$\$)[^\s\"']+",
    "bank card": r"\b(?:\d{4}[ \-]){3}\d{4}\b",
    "IBAN": r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b",
    "home folder": r"(?:/home/|/Users/|/root/)[^\s\"':]+",
}  # fmt: skip
CASED = frozenset({"AWS access key", "bank card", "IBAN", "Twilio key"})
"""Patterns of capital letters only: in small letters they would match digests."""


class Redactor:
    """Replaces secrets in text, counting what it replaced."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._values = sorted(set(secret_values(environment)), key=len, reverse=True)
        self._literals = _any_of(self._values)
        self._patterns = [re.compile(p, 0 if name in CASED else re.IGNORECASE) for name, p in PATTERNS.items()]
        self.replaced = 0

    def spare(self, words: Sequence[str]) -> None:
        """Leave what stands in these texts of our own, such as the names of gates: a database may be called so.

        A word that every bundle holds tells nobody anything, and without it the bundle would not be one.
        """
        self._values = [value for value in self._values if not any(value in text for text in words)]
        self._literals = _any_of(self._values)

    def text(self, text: str) -> str:
        """The text without its secrets."""
        if self._literals:
            text, found = self._literals.subn(REPLACEMENT, text)
            self.replaced += found
        for pattern in self._patterns:
            text, found = pattern.subn(REPLACEMENT, text)
            self.replaced += found
        return text

    def value(self, value: Json) -> Json:
        """The same for everything inside a JSON value; keys are ours, but may be names that people gave."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.value(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        return value

    def findings(self, texts: Iterable[str]) -> int:
        """How many secrets are in finished texts; anything but 0 blocks."""
        return sum(
            len(pattern.findall(text))
            for text in texts
            for pattern in [*self._patterns, *([self._literals] if self._literals else [])]
        )


def _any_of(values: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, values))) if values else None


def secret_values(environment: Mapping[str, str]) -> list[str]:
    """What nobody else may see of an environment: values of variables named like secrets, and parts of addresses."""
    found: list[str] = []
    for name, value in environment.items():
        if not SECRET_NAMES.search(name) or not value:
            continue
        if "://" in value:
            found += _parts_of(value)
        else:
            found.append(value)
    return [value for value in found if len(value) >= LEAST and value.lower() not in ORDINARY]


def _parts_of(address: str) -> list[str]:
    """An address, and within it user, password, host and path; what is no sound address is secret as a whole."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return [address]
    loopback = host in ("127.0.0.1", "::1")
    pieces = [parts.password or "", "" if loopback else host, parts.username or "", parts.path.strip("/")]
    return [address, *pieces, *(unquote(piece) for piece in pieces)]
