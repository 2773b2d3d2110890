"""The members' passkeys as the signer wants them: `people.json`, for its owner to put in place.

The signer does not ask the clinic's server who the persons are; whoever owns its machine looks at
this file and keeps it (docs/decisions/0018).
"""

from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import get_credentials
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cisterna.clinic.web.models import HERSELF, Member

_ALGORITHM, _X, _Y = 3, -2, -3
_ES256, _EDDSA = -7, -8


def people(site: str, origin: str) -> dict[str, Any]:
    """The file's content: who may sign, in which role, with which public keys (DER, hex)."""
    staff = Member.objects.filter(active=True).exclude(role__in=HERSELF).select_related("user")
    rows = {m.who: {"role": m.role, "keys": list(_keys(m))} for m in staff.order_by("who")}
    return {"site": site, "origin": origin, "people": {w: r for w, r in rows.items() if r["keys"]}}


def without() -> list[str]:
    """Active staff with no passkey that the signer takes: they cannot sign for it."""
    staff = Member.objects.filter(active=True).exclude(role__in=HERSELF).select_related("user")
    return [m.who for m in staff.order_by("who") if not list(_keys(m))]


def _keys(found: Member) -> Iterator[str]:
    kind = Authenticator.Type.WEBAUTHN
    if Authenticator.objects.filter(user=found.user_id, type=kind).exists():
        for credential in get_credentials(found.user):
            key = _public(dict(credential.public_key))
            if key is not None:
                yield key


def _public(cose: dict[int, Any]) -> str | None:
    """A COSE key (RFC 9053) as DER in hex; None for what the signer does not take."""
    made: Any
    if cose[_ALGORITHM] == _ES256:
        x, y = (int.from_bytes(cose[part], "big") for part in (_X, _Y))
        made = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    elif cose[_ALGORITHM] == _EDDSA:
        made = Ed25519PublicKey.from_public_bytes(cose[_X])
    else:
        return None
    found: bytes = made.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found.hex()
