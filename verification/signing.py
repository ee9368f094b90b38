"""Signs the bundle: a DSSE envelope with an Ed25519 key that lives in the environment, outside the repository.

Field meanings: https://github.com/secure-systems-lab/dsse, protocol and envelope of version 1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verification.gates.base import Json

Key = Ed25519PrivateKey
PAYLOAD_TYPE = "application/vnd.budget-tracker.release-evidence.v1+json"
KEY_BYTES = 32


class UnusableKey(ValueError):
    """The signing or public key cannot be read; the sentence says what it must be, never what it was."""


def signing_key(setting: str) -> Ed25519PrivateKey | None:
    """The key named by RELEASE_SIGNING_KEY: the 32 bytes in base64, or the path of a file that holds them so.

    Raises:
        UnusableKey: it is neither.
    """
    if not setting.strip():
        return None
    return Ed25519PrivateKey.from_private_bytes(_read_key(setting, "RELEASE_SIGNING_KEY"))


def public_key(text: str) -> Ed25519PublicKey:
    """A public key: the 32 bytes in base64, or the path of a file that holds them so.

    Raises:
        UnusableKey: it is neither.
    """
    return Ed25519PublicKey.from_public_bytes(_read_key(text, "The public key"))


def public_text(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """The public half in base64, to give to those who check."""
    return base64.b64encode(_raw(key)).decode()


def key_id(key: Ed25519PrivateKey | Ed25519PublicKey) -> str:
    """The key's name in an envelope: the sha256 of its public half."""
    return hashlib.sha256(_raw(key)).hexdigest()


def envelope(payload: bytes, key: Ed25519PrivateKey | None) -> dict[str, Json]:
    """The payload with its signature; without a key with none."""
    signatures = []
    if key is not None:
        signed = key.sign(_pre_authentication(payload))
        signatures.append({"keyid": key_id(key), "sig": base64.b64encode(signed).decode()})
    return {"payload": base64.b64encode(payload).decode(), "payloadType": PAYLOAD_TYPE, "signatures": signatures}


def signature_problem(found: dict[str, Json], payload: bytes, key: Ed25519PublicKey) -> str:
    """What is wrong with an envelope, in a sentence; empty when `key` signed exactly this payload."""
    if found.get("payloadType") != PAYLOAD_TYPE:
        return "The envelope is not one of release evidence."
    if base64.b64decode(found["payload"]) != payload:
        return "The envelope was signed over another bundle than the one beside it."
    for signature in found["signatures"]:
        if signature["keyid"] != key_id(key):
            continue
        try:
            key.verify(base64.b64decode(signature["sig"]), _pre_authentication(payload))
        except InvalidSignature:
            return "The signature is not that of this key over this bundle."
        return ""
    return "The bundle is not signed." if not found["signatures"] else "The bundle is signed by another key."


def written(found: dict[str, Json]) -> bytes:
    """An envelope as its file holds it."""
    return (json.dumps(found, sort_keys=True, indent=1) + "\n").encode()


def _pre_authentication(payload: bytes) -> bytes:
    """What is signed: type and payload with their lengths, so that neither can be taken for the other."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def _raw(key: Ed25519PrivateKey | Ed25519PublicKey) -> bytes:
    public = key.public_key() if isinstance(key, Ed25519PrivateKey) else key
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _read_key(text: str, name: str) -> bytes:
    file = Path(text.strip())
    try:
        content = file.read_text(encoding="ascii") if len(text) < 1000 and file.is_file() else text
        raw = base64.b64decode(content.strip(), validate=True)
    except (OSError, UnicodeDecodeError, binascii.Error):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise UnusableKey(f"{name} must be {KEY_BYTES} bytes in base64, or the path of a file that holds them.")
    return raw
