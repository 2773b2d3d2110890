"""Who signs has touched her own key for exactly this: a server that writes names signs nothing."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cisterna.clinic.gate import acts
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.change import Wanted, second_reading
from cisterna.clinic.gate.standing import binding
from cisterna.clinic.signer.passkey import People
from tests.clinic.gate.people import COLLEAGUE, IN_RANGE, NURSE, PATIENT_MORE, PHYSICIAN, Way
from tests.clinic.signer.asking import Asking, bound_again, texts, verbs
from tests.orders import LIBRARY

SITE, ORIGIN = "clinic.example", "https://clinic.example"
Key = ec.EllipticCurvePrivateKey | Ed25519PrivateKey
ADAS: Key = ec.generate_private_key(ec.SECP256R1())
BENS: Key = Ed25519PrivateKey.generate()
CLEOS: Key = ec.generate_private_key(ec.SECP256R1())


def public(key: Any) -> str:
    """A public key as the file has it."""
    found: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found.hex()


def touched(key: Key, digest: str, flags: int = 0b101, site: str = SITE, **said: Any) -> b.Passkey:
    """What an authenticator and a browser answer to a digest."""
    challenge = base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=").decode()
    row = {"type": "webauthn.get", "challenge": challenge, "origin": ORIGIN, "crossOrigin": False}
    client = json.dumps(row | said).encode()
    seen = hashlib.sha256(site.encode()).digest() + bytes([flags]) + bytes(4)
    text = seen + hashlib.sha256(client).digest()
    if isinstance(key, Ed25519PrivateKey):
        signature = key.sign(text)
    else:
        signature = key.sign(text, ec.ECDSA(SHA256()))
    return b.Passkey(seen.hex(), client.hex(), signature.hex())


def written(folder: Path, **other: Any) -> Path:
    """The file of the people."""
    people = {
        "Ada": {"role": "physician", "keys": [public(ADAS)]},
        "Ben": {"role": "physician", "keys": [public(CLEOS), public(BENS)]},
        "Cleo": {"role": "nurse", "keys": [public(CLEOS)]},
    }
    row = {"site": SITE, "origin": ORIGIN, "people": people} | other
    path = folder / "people.json"
    path.write_text(json.dumps(row))
    return path


@pytest.fixture
def way() -> Way:
    """A person's record."""
    return Way()


@pytest.fixture
def asking(tmp_path: Path, way: Way) -> Iterator[Asking]:
    """A desk that knows its people."""
    found = Asking(tmp_path, lambda: way.at)
    found.desk.people = People.read(written(tmp_path))
    yield found
    found.desk.record.close()


def seconded(way: Way, change: Wanted, key: Key = BENS) -> None:
    """Ben signs second, with a key."""
    digest, proof = second_reading(change, LIBRARY), touched(key, binding(way.standing.chain))
    way.keep(acts.approve(way.standing, way.pen(COLLEAGUE), digest, proof=proof))


def proven(way: Way, proof: b.Passkey | None) -> None:
    """The proposer proves herself with this."""
    proposal = way.standing.proposal
    assert proposal is not None
    way.keep(acts.reauthenticate(way.standing, way.pen(proposal.actor), "passkey", proof))


def outcome(asking: Asking, way: Way) -> str:
    """`signed`, or why not."""
    proposal = way.standing.proposal
    assert proposal is not None
    found = asking.ask(verbs(proposal.body)["stage"], texts(way.standing.chain))
    return "signed" if found["ok"] else str(found["code"])


def test_two_persons_with_their_own_keys_are_enough(asking: Asking, way: Way):
    way.propose(PATIENT_MORE)
    seconded(way, PATIENT_MORE)
    proven(way, touched(ADAS, binding(way.standing.chain)))
    assert outcome(asking, way) == "signed"


def test_names_without_keys_are_not_enough(asking: Asking, way: Way):
    way.signed(IN_RANGE)
    assert outcome(asking, way) == "passkey"


@pytest.mark.parametrize(
    ("key", "other"),
    [
        (BENS, {}), (CLEOS, {}), (ADAS, {"flags": 0b001}), (ADAS, {"flags": 0b100}),
        (ADAS, {"site": "evil.example"}), (ADAS, {"origin": "https://evil.example"}),
        (ADAS, {"crossOrigin": True}), (ADAS, {"type": "webauthn.create"}),
        (ADAS, {"challenge": "AAAA"}),
    ],
)  # fmt: skip
def test_another_key_site_touch_or_digest_is_no_signature(
    asking: Asking, way: Way, key: Key, other: dict[str, Any]
):
    way.propose(IN_RANGE)
    proven(way, touched(key, binding(way.standing.chain), **other))
    assert outcome(asking, way) == "passkey"
    proven(way, touched(ADAS, binding(way.standing.chain)))
    assert outcome(asking, way) == "signed"


def test_a_signature_of_yesterdays_change_is_none_of_todays(asking: Asking, way: Way):
    yesterday = Way()
    yesterday.propose(IN_RANGE)
    old = touched(ADAS, binding(yesterday.standing.chain))
    way.at = yesterday.at.replace(hour=12)
    way.propose(IN_RANGE)
    proven(way, old)
    assert outcome(asking, way) == "passkey"


@pytest.mark.parametrize("part", ["authenticator", "client", "signature"])
def test_no_byte_of_it_can_be_changed(asking: Asking, way: Way, part: str):
    way.propose(IN_RANGE)
    right = touched(ADAS, binding(way.standing.chain))
    body = bytes.fromhex(getattr(right, part))
    for at in range(len(body)):
        spoilt = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        proven(way, replace(right, **{part: spoilt.hex()}))
        assert outcome(asking, way) in ("passkey", "unreadable"), at


def test_a_second_signature_that_the_second_person_did_not_give_opens_nothing(
    asking: Asking, way: Way
):
    way.propose(PATIENT_MORE)
    seconded(way, PATIENT_MORE, key=ADAS)
    proven(way, touched(ADAS, binding(way.standing.chain)))
    assert outcome(asking, way) == "passkey"


def test_an_order_is_the_physicians_own(asking: Asking, way: Way):
    prescription = Way().propose(IN_RANGE).body.prescription
    for key, expected in ((CLEOS, "passkey"), (ADAS, "signed")):
        proof = touched(key, prescription)
        ordered = way.keep(way.pen(PHYSICIAN).writes(b.ChangeOrdered(prescription, proof)))
        way.propose(IN_RANGE, by=NURSE, under=ordered.id)
        proven(way, touched(CLEOS, binding(way.standing.chain)))
        assert outcome(asking, way) == expected


def test_a_role_that_the_signer_does_not_know_of_is_not_claimed(asking: Asking, way: Way):
    way.propose(PATIENT_MORE, by=replace(NURSE, role=PHYSICIAN.role))
    seconded(way, PATIENT_MORE)
    proven(way, touched(CLEOS, binding(way.standing.chain)))
    assert outcome(asking, way) == "person"


DEEP = {"authenticator": "", "client": (b"[" * 50_000).hex(), "signature": ""}


@pytest.mark.parametrize("proof", ["", 3, {}, {"authenticator": "zz"}, {"client": 1}, DEEP])
def test_what_is_no_signature_is_a_refusal_and_nothing_else(
    asking: Asking, way: Way, proof: object
):
    chain = way.signed(IN_RANGE)
    found = [json.loads(text) for text in texts(chain)]
    found[-1]["body"]["proof"] = proof
    stage = verbs(chain[0].body)["stage"]
    assert asking.refused(stage, bound_again(found)) == "unreadable"


def test_a_file_of_people_that_is_none_stops_the_signer(tmp_path: Path):
    rsa = public(generate_private_key(65537, 2048))
    other_curve = public(ec.generate_private_key(ec.SECP384R1()))
    twice = {name: {"role": "nurse", "keys": []} for name in ("Ada", "ada ")}
    wrong: tuple[dict[str, Any] | None, ...] = (
        None,
        {"Ada": {}},
        {"Ada": {"role": "nurse", "keys": [rsa]}},
        {"Ada": {"role": "nurse", "keys": [other_curve]}},
        {"Ada": {"role": "nurse", "keys": ["zz"]}},
        twice,
    )
    for people in wrong:
        with pytest.raises(ValueError, match=r"people\.json|passkey|same name|hex"):
            People.read(written(tmp_path, people=people))
