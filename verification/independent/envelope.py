"""Checks the DSSE envelope beside a bundle. Field meanings: https://github.com/secure-systems-lab/dsse, version 1."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verification.independent.ed25519 import is_signed

PAYLOAD_TYPE = "application/vnd.budget-tracker.release-evidence.v1+json"
NO_ENVELOPE = "bundle.dsse.json is no envelope."


class UnusableKey(ValueError):
    """The public key cannot be read."""


def read_key(file: Path) -> bytes:
    """The 32 bytes of a public key, which the file holds in base64.

    Raises:
        UnusableKey: it does not.
    """
    try:
        key = base64.b64decode(file.read_text(encoding="ascii").strip(), validate=True)
    except (OSError, ValueError) as error:
        raise UnusableKey("The public key cannot be read.") from error
    if len(key) != 32:
        raise UnusableKey("A public key is 32 bytes in base64.")
    return key


def problems(envelope: Mapping[str, Any], payload: bytes, key: bytes | None, is_said_signed: bool) -> list[str]:
    """What is wrong with an envelope.

    Args:
        key: the public key that must have signed; None leaves the signature unchecked.
        is_said_signed: what the decision says.
    """
    found: list[str] = []
    try:
        signatures = [
            (str(one["keyid"]), base64.b64decode(one["sig"], validate=True)) for one in envelope["signatures"]
        ]
        content = base64.b64decode(envelope["payload"], validate=True)
        kind = envelope["payloadType"]
    except (KeyError, TypeError, ValueError, binascii.Error):
        return [NO_ENVELOPE]
    if kind != PAYLOAD_TYPE:
        found.append("The envelope is not one of release evidence.")
    if content != payload:
        found.append("The envelope was made over another bundle than the one beside it.")
    if bool(signatures) != is_said_signed:
        told = "signed" if is_said_signed else "unsigned"
        found.append(f"The decision says that the bundle is {told}; the envelope holds {len(signatures)} signatures.")
    if key is not None:
        found += _signature_problems(signatures, content, key)
    return found


def _signature_problems(signatures: list[tuple[str, bytes]], payload: bytes, key: bytes) -> list[str]:
    if not signatures:
        return ["The bundle is not signed."]
    name = hashlib.sha256(key).hexdigest()
    ours = [signature for keyid, signature in signatures if keyid == name]
    if not ours:
        return ["The bundle is signed by another key."]
    kind = PAYLOAD_TYPE.encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    if not all(is_signed(key, signed, signature) for signature in ours):
        return ["The signature is not that of this key over this bundle."]
    return []
