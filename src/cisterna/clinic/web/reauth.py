"""Prove again who is there, for exactly one thing: the digest that is signed.

Whoever has a passkey touches it, and the passkey's challenge is the digest itself, so the answer is
good for nothing else. Without one it is the password together with the current one-time code. What
comes back is what `gate.reauthenticate` takes: the method, and the passkey's answer as proof.
A patient or a caregiver may have no second factor: then her password alone opens her own lock.

A page gives its template `reauth = reauth.ask(request, digest)`, includes `web/reauth.html` in its
form, and calls `prove(request, digest)` when the form comes back.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import get_credentials, get_server
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticationResponse, UserVerificationRequirement

from cisterna.clinic.gate.bodies import Passkey
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import audit

_DIGEST = re.compile("[0-9a-f]{64}")
_SOURCE = "safety §4.2(b) ASVS 7.5.3"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page's form needs: the challenge, and the passkeys that may answer."""

    challenge: str
    site: str
    passkeys: tuple[str, ...]
    code: bool


@dataclass(frozen=True, slots=True)
class Proven:
    """How she has proven who she is, and her passkey's own signature where she has one."""

    method: str
    proof: Passkey | None


def ask(request: HttpRequest, digest: str) -> Asked:
    """What to ask for a digest (SHA-256 in hex). Raises `ValueError` for anything else."""
    if not _DIGEST.fullmatch(digest):
        raise ValueError("a digest is 64 signs of hex")
    keys = tuple(websafe_encode(c.credential_id) for c in get_credentials(_user(request)))
    site = get_server().rp.id or ""
    return Asked(websafe_encode(bytes.fromhex(digest)), site, keys, _totp(request) is not None)


def prove(request: HttpRequest, digest: str) -> Proven:
    """Look at what the form brought for this digest. Raises `Refused`, and writes it down.

    Somebody with a passkey cannot fall back to password and code.
    """
    asked = ask(request, digest)
    try:
        clear = check_rate_limit(_user(request))
    except ValidationError:
        raise _refused(request, "Too many tries.", "Wait some minutes, then try again.") from None
    found = _by_passkey(request, asked) if asked.passkeys else _by_code(request)
    clear()
    audit.note(request, "reauthenticated", words=f"{found.method} for {digest[:16]}")
    return found


def _by_passkey(request: HttpRequest, asked: Asked) -> Proven:
    state = {
        "challenge": asked.challenge,
        "user_verification": UserVerificationRequirement.REQUIRED,
    }
    try:
        answer = json.loads(request.POST.get("passkey") or "")
        get_server().authenticate_complete(state, get_credentials(_user(request)), answer)
        response = AuthenticationResponse.from_dict(answer).response
    except (ValueError, TypeError, KeyError, AttributeError):
        text = "Your passkey did not answer for this."
        raise _refused(request, text, "Touch your passkey again.") from None
    proof = Passkey(
        bytes(response.authenticator_data).hex(),
        bytes(response.client_data).hex(),
        response.signature.hex(),
    )
    return Proven("passkey", proof)


def _by_code(request: HttpRequest) -> Proven:
    factor, user = _totp(request), _user(request)
    right = user.check_password(request.POST.get("password", ""))
    # Both are looked at whatever comes of the first, so a wrong one is not told from the other.
    if factor is None:
        fits = not request.member.staff  # type: ignore[attr-defined]
    else:
        fits = factor.wrap().validate_code(request.POST.get("code", ""))
    if not (right and fits):
        text = "Password and code do not fit."
        raise _refused(request, text, "Type your password, and the code that is shown now.")
    return Proven("password and code" if factor else "password", None)


def _totp(request: HttpRequest) -> Authenticator | None:
    kind = Authenticator.Type.TOTP
    found: Authenticator | None = Authenticator.objects.filter(
        user=_user(request).pk, type=kind
    ).first()
    return found


def _user(request: HttpRequest) -> Any:
    return request.user


def _refused(request: HttpRequest, text: str, way_out: str) -> Refused:
    audit.note(request, "reauthentication-failed", words=text)
    return Refused("not-proven", text, way_out, source=_SOURCE)
