"""The persons' own signatures: a passkey's answer to the digest that she signs (WebAuthn).

The browser asks the passkey with the digest `binds` as its challenge, so a server that writes
names into a chain cannot make what these persons did not touch their keys for. The file
`people.json` beside the key says who they are; where it stands, no approval goes without.

    {"site": "clinic.example", "origin": "https://clinic.example",
     "people": {"Ada": {"role": "physician", "keys": ["<public key, DER, hex>"]}}}
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from cisterna.clinic.signer import law
from cisterna.clinic.signer.refusal import demand

Row = Mapping[str, Any]
PublicKey = EllipticCurvePublicKey | Ed25519PublicKey
PRESENT_AND_VERIFIED = 0b101
"""Flags of the authenticator: somebody touched it, and it knew who she is."""
FLAGS_AT, LEAST_BYTES = 32, 37


@dataclass(frozen=True, slots=True)
class Person:
    """A person's role, and her passkeys."""

    role: str
    keys: tuple[PublicKey, ...]


@dataclass(frozen=True, slots=True)
class People:
    """Whom the signer knows, and the site that their passkeys are for."""

    site: str
    origin: str
    persons: Mapping[str, Person]

    @classmethod
    def read(cls, path: Path) -> "People":
        """From a file. Raises `OSError`, and `ValueError` for whatever is no such file."""
        try:
            row = json.loads(path.read_bytes())
            persons = {
                law.name_of(who): Person(str(p["role"]), tuple(map(public_key, p["keys"])))
                for who, p in row["people"].items()
            }
            if len(persons) != len(row["people"]):
                raise ValueError("two persons have the same name")
            return cls(str(row["site"]), str(row["origin"]), persons)
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"people.json is not as it should be: {problem}") from None

    def check(self, row: Row, signed: str) -> None:
        """Raise `Refusal` unless the actor of an event touched her key for this digest."""
        person = self.persons.get(law.who(row))
        known = person is not None and person.role == row["actor"]["role"]
        demand(known, "person", "The signer does not know this person in this role.")
        proof = row["body"]["proof"]
        demand(proof is not None, "passkey", "The person's own signature is missing.")
        seen, client = bytes.fromhex(proof["authenticator"]), bytes.fromhex(proof["client"])
        demand(self._meant(seen, client, signed), "passkey", "The passkey answered another thing.")
        signature = bytes.fromhex(proof["signature"])
        text = seen + hashlib.sha256(client).digest()
        keys = person.keys if person is not None else ()
        own = any(_genuine(key, signature, text) for key in keys)
        demand(own, "passkey", "The signature is not of this person's passkey.")

    def _meant(self, seen: bytes, client: bytes, signed: str) -> bool:
        """Whether the answer is for this site and this digest, by somebody it verified."""
        said = json.loads(client)
        challenge = base64.urlsafe_b64encode(bytes.fromhex(signed)).rstrip(b"=").decode()
        asked = (said["type"], said["challenge"], said["origin"])
        return (
            asked == ("webauthn.get", challenge, self.origin)
            and said.get("crossOrigin", False) is False
            and len(seen) >= LEAST_BYTES
            and seen[:FLAGS_AT] == hashlib.sha256(self.site.encode()).digest()
            and seen[FLAGS_AT] & PRESENT_AND_VERIFIED == PRESENT_AND_VERIFIED
        )


def public_key(text: str) -> PublicKey:
    """A public key from hex. Raises `ValueError` for other kinds than ES256 and EdDSA."""
    try:
        key = load_der_public_key(bytes.fromhex(text))
    except UnsupportedAlgorithm:
        raise ValueError("a passkey is of no known kind") from None
    if isinstance(key, Ed25519PublicKey):
        return key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise ValueError("a passkey is neither ES256 nor EdDSA")


def _genuine(key: PublicKey, signature: bytes, text: bytes) -> bool:
    try:
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, text)
        else:
            key.verify(signature, text, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
