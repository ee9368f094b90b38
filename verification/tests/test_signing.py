"""The signature: made with the key of the environment, checked with its public half, broken by one byte."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification import signing

pytestmark = pytest.mark.once

SECRET = base64.b64encode(bytes(range(32))).decode()
PAYLOAD = b'{"decision":"verified"}'


def key() -> Ed25519PrivateKey:
    found = signing.signing_key(SECRET)
    assert found is not None
    return found


def test_an_envelope_names_its_key_and_holds_what_was_signed():
    made = signing.envelope(PAYLOAD, key())

    assert base64.b64decode(made["payload"]) == PAYLOAD
    assert made["payloadType"] == signing.PAYLOAD_TYPE
    assert [signature["keyid"] for signature in made["signatures"]] == [signing.key_id(key())]
    assert json.loads(signing.written(made)) == made


def test_the_public_half_confirms_the_signature():
    public = signing.public_key(signing.public_text(key()))

    assert signing.signature_problem(signing.envelope(PAYLOAD, key()), PAYLOAD, public) == ""


def test_what_is_signed_is_the_pre_authentication_encoding():
    made = signing.envelope(PAYLOAD, key())
    kind = signing.PAYLOAD_TYPE
    signed = f"DSSEv1 {len(kind)} {kind} {len(PAYLOAD)} ".encode() + PAYLOAD

    key().public_key().verify(base64.b64decode(made["signatures"][0]["sig"]), signed)


def test_without_a_key_there_is_no_signature():
    made = signing.envelope(PAYLOAD, signing.signing_key("  "))

    assert made["signatures"] == []
    assert signing.signature_problem(made, PAYLOAD, key().public_key()) == "The bundle is not signed."


def test_every_single_altered_byte_is_found():
    made = signing.envelope(PAYLOAD, key())

    for place in range(len(PAYLOAD)):
        altered = PAYLOAD[:place] + bytes([PAYLOAD[place] ^ 1]) + PAYLOAD[place + 1 :]
        assert "another bundle" in signing.signature_problem(made, altered, key().public_key())
        forged = {**made, "payload": base64.b64encode(altered).decode()}
        assert "not that of this key" in signing.signature_problem(forged, altered, key().public_key())


def test_another_key_and_another_type_are_told():
    made = signing.envelope(PAYLOAD, key())
    other = Ed25519PrivateKey.generate().public_key()

    assert signing.signature_problem(made, PAYLOAD, other) == "The bundle is signed by another key."
    renamed = {**made, "payloadType": "text/plain"}
    assert "not one of release evidence" in signing.signature_problem(renamed, PAYLOAD, key().public_key())


def test_a_key_may_lie_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(SECRET + "\n", encoding="ascii")

    found = signing.signing_key(str(file))

    assert found is not None
    assert signing.key_id(found) == signing.key_id(key())


@pytest.mark.parametrize("wrong", ["sesame", base64.b64encode(b"short").decode(), SECRET[:-4] + "****", "x" * 2000])
def test_an_unusable_key_is_refused_without_being_shown(wrong: str):
    with pytest.raises(signing.UnusableKey, match="RELEASE_SIGNING_KEY must be 32 bytes in base64") as refused:
        signing.signing_key(wrong)

    assert wrong not in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(signing.UnusableKey, match="The public key must be 32 bytes"):
        signing.public_key(str(file))


def test_envelope_is_written_as_others_read_it():
    found = signing.envelope(b"{}", None)

    assert found == {
        "payload": "e30=",
        "payloadType": "application/vnd.budget-tracker.release-evidence.v1+json",
        "signatures": [],
    }
    assert signing.written({"b": 1, "a": []}) == b'{\n "a": [],\n "b": 1\n}\n'


def test_each_fault_of_an_envelope_has_its_sentence():
    mine, public = key(), key().public_key()
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    made, foreign = signing.envelope(PAYLOAD, mine), signing.envelope(PAYLOAD, other)
    both = {**made, "signatures": [*foreign["signatures"], *made["signatures"]]}
    forged = {**made, "signatures": [{**foreign["signatures"][0], "keyid": signing.key_id(mine)}]}

    told = [
        signing.signature_problem(found, payload, public)
        for found, payload in (
            (made, PAYLOAD),
            (both, PAYLOAD),
            ({**made, "payloadType": "text/plain"}, PAYLOAD),
            (made, b"{}"),
            (forged, PAYLOAD),
            (foreign, PAYLOAD),
            ({**made, "signatures": []}, PAYLOAD),
        )
    ]

    assert told == [
        "",
        "",
        "The envelope is not one of release evidence.",
        "The envelope was signed over another bundle than the one beside it.",
        "The signature is not that of this key over this bundle.",
        "The bundle is signed by another key.",
        "The bundle is not signed.",
    ]
