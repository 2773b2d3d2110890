"""Signatures, fingerprints and the proof of a printed code: thin names over Ed25519 and SHA-256.

Every signed or hashed text begins with the protocol, its version and its purpose, so nothing made
for one purpose, direction or version passes for another. Keys and signatures are lower-case hex.
"""

import hashlib
import hmac
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cisterna.pump.link.canonical import Json, encode

VERSION = 1

Signer = Callable[[bytes], bytes]
"""Signs a text with a private key that stays where it is: `Ed25519PrivateKey.sign`, a signer
process, a security module."""


def text(purpose: str, value: Json) -> bytes:
    """What is signed or hashed: protocol, version, purpose, newline, canonical bytes."""
    return f"cisterna/link/{VERSION}/{purpose}\n".encode() + encode(value)


def digest(purpose: str, value: Json) -> str:
    """SHA-256 of a text for one purpose."""
    return hashlib.sha256(text(purpose, value)).hexdigest()


def signed(sign: Signer, purpose: str, value: Json) -> str:
    """The signature of a text for one purpose."""
    return sign(text(purpose, value)).hex()


def genuine(public: str, purpose: str, value: Json, signature: str) -> bool:
    """Whether the owner of `public` signed exactly this for this purpose. Raises nothing."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), text(purpose, value))
    except (InvalidSignature, ValueError):
        return False
    return True


def public_of(private: Ed25519PrivateKey) -> str:
    """The public half of a key."""
    return private.public_key().public_bytes_raw().hex()


def key_id(public: str) -> str:
    """The name of a key: the fingerprint of its public half."""
    return digest("key", public)


def code_key(code: str) -> str:
    """What the pump is told of a printed code. A code has at least 100 random bits."""
    return digest("code", code)


def used_code(key: str) -> str:
    """What the pump remembers of a code once it is used: its digest, and no way back."""
    return digest("used-code", key)


def code_proof(key: str, purpose: str, value: Json) -> str:
    """HMAC-SHA256 under a code: who makes it has read the printed code, and meant this value."""
    return hmac.new(bytes.fromhex(key), text(purpose, value), hashlib.sha256).hexdigest()


def same(a: str, b: str) -> bool:
    """Equality that takes as long for a near miss as for a far one."""
    return hmac.compare_digest(a, b)
