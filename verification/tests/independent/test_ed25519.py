import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verification.independent.ed25519 import ORDER, P, _point, is_signed

pytestmark = pytest.mark.once

# RFC 8032, section 7.1: tests 1, 2 and 3.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
        "655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
        "b00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
        "c027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_signatures_of_the_standard_are_good(key, message, signature):
    key, message, signature = map(bytes.fromhex, (key, message, signature))

    assert is_signed(key, message, signature)
    assert not is_signed(key, message + b"x", signature)


def signed(chance, message):
    private = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), private.sign(message)


def test_signatures_of_the_known_library_are_good_and_altered_ones_are_not():
    chance = random.Random(25519)
    for _ in range(20):
        message = chance.randbytes(chance.randrange(300))
        key, signature = signed(chance, message)
        assert is_signed(key, message, signature)
        for altered in (0, 31, 32, 62):
            wrong = bytearray(signature)
            wrong[altered] ^= 1 << chance.randrange(8)
            assert not is_signed(key, message, bytes(wrong))


def test_what_is_no_key_or_signature_is_not_good():
    key, signature = signed(random.Random(1), b"x")
    beyond = P.to_bytes(32, "little")
    no_point = (2).to_bytes(32, "little")
    negative_zero = (1 | 1 << 255).to_bytes(32, "little")
    answer = int.from_bytes(signature[32:], "little") + ORDER

    assert is_signed(key, b"x", signature)
    assert not is_signed(key[:31], b"x", signature)
    assert not is_signed(key, b"x", signature[:63])
    for wrong in (beyond, no_point, negative_zero):
        assert not is_signed(wrong, b"x", signature)
        assert not is_signed(key, b"x", wrong + signature[32:])
    assert not is_signed(key, b"x", signature[:32] + answer.to_bytes(32, "little"))


def test_encodings_of_no_point_are_none():
    for number in (2, P, 1 | 1 << 255):
        assert _point(number.to_bytes(32, "little")) is None
    assert _point((1).to_bytes(32, "little")) == (0, 1, 1, 0)


def test_answer_has_one_spelling():
    """RFC 8032, 5.1.7: it is below the order, or the signature could be written in two ways."""
    neutral = (1).to_bytes(32, "little")

    assert is_signed(neutral, b"x", neutral + bytes(32))
    assert not is_signed(neutral, b"x", neutral + ORDER.to_bytes(32, "little"))
