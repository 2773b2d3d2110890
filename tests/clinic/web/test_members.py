"""Invitations and losses: a link is good once, and no reset goes past the second factor."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cisterna.clinic.event import Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import passkeys
from cisterna.clinic.web.members import link, linked, reset
from cisterna.clinic.web.models import AuditRow, Member
from tests.clinic.web.conftest import PASSWORD, Invited, SignedIn, browser_of_nobody
from tests.clinic.web.test_session import code, sign_in

NEW = "another long and honest sentence"


def chosen(place: str) -> Any:
    return browser_of_nobody().post(place, {"new_password1": NEW, "new_password2": NEW})


def lost(admin: Any, who: Member, what: str, **more: str) -> Any:
    admin.get(f"/members/{who.pk}/lost/")
    told = {"what": what, "how": "seen with her badge", "password": PASSWORD, "code": code()}
    return admin.post(f"/members/{who.pk}/lost/", told | more)


def link_in(page: Any) -> str:
    found = re.search(r"/account/invited/\d+/[\w-]+/", page.content.decode())
    assert found is not None
    return found[0]


def test_an_invitation_is_a_link_that_works_once(signed_in: SignedIn, clinic: object):
    """ASVS 6.4.1: nobody keeps a password that somebody else has seen."""
    page = signed_in(Role.ADMIN).post("/members/", {"who": "n-new", "role": "nurse"})
    place = link_in(page)
    assert chosen(place).status_code == 302
    assert chosen(place).status_code == 410
    browser = browser_of_nobody()
    assert browser.post("/account/login/", {"login": "n-new", "password": NEW}).status_code == 302
    assert browser.get("/people/")["Location"] == "/account/enrol/"
    assert "by admin-1" in AuditRow.objects.get(what="invited", who="n-new").words


def test_a_link_is_not_good_for_long(invited: Invited, monkeypatch: pytest.MonkeyPatch):
    found = invited("n-1", Role.NURSE)
    token = link(found).split("/")[-2]
    assert linked(found.user_id, token) == found
    from django.contrib.auth.tokens import PasswordResetTokenGenerator  # noqa: PLC0415

    now = PasswordResetTokenGenerator()._now() + timedelta(hours=73)
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: now)
    assert linked(found.user_id, token) is None


def test_a_lost_password_leaves_the_second_factor_asked(signed_in: SignedIn, invited: Invited):
    """ASVS 6.4.3: a reset does not go past the second factor."""
    nurse = invited("n-1", Role.NURSE)
    page = lost(signed_in(Role.ADMIN), nurse, "password")
    assert page.status_code == 200
    assert chosen(link_in(page)).status_code == 302
    browser = browser_of_nobody()
    answer = browser.post("/account/login/", {"login": "n-1", "password": NEW})
    assert answer["Location"].startswith("/account/2fa/authenticate/")
    row = AuditRow.objects.get(what="reset-password")
    assert (row.who, row.words) == ("admin-1", "of n-1: seen with her badge")


def test_with_a_lost_factor_everything_begins_anew(signed_in: SignedIn, invited: Invited):
    """ASVS 6.4.4: proven as at the enrolment; old password and open sessions are worth nothing."""
    found = invited("n-1", Role.NURSE)
    nurse = signed_in(Role.NURSE, "n-1")
    assert nurse.get("/people/").status_code == 200
    assert lost(signed_in(Role.ADMIN), found, "factor").status_code == 200
    assert not Authenticator.objects.filter(user=found.user_id).exists()
    assert nurse.get("/people/").status_code == 302
    assert sign_in(browser_of_nobody(), "n-1").status_code == 200
    assert AuditRow.objects.get(what="reset-factor").who == "admin-1"


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"how": " "}, {"what": "all"}])
def test_without_proof_or_reason_nothing_is_reset(
    wrong: dict[str, str], signed_in: SignedIn, invited: Invited
):
    found = invited("n-1", Role.NURSE)
    page = lost(signed_in(Role.ADMIN), found, wrong.pop("what", "factor"), **wrong)
    assert page.status_code == 422
    assert Authenticator.objects.filter(user=found.user_id).exists()
    assert sign_in(browser_of_nobody(), "n-1").status_code == 302


def test_nobody_resets_herself_or_whoever_is_shut_out(signed_in: SignedIn, invited: Invited):
    admin = signed_in(Role.ADMIN)
    own = Member.objects.get(role="admin")
    assert admin.get(f"/members/{own.pk}/lost/").status_code == 404
    found = invited("n-1", Role.NURSE)
    found.active = False
    with pytest.raises(Refused, match="shut out"):
        reset(None, found, "seen", factor=True)


@pytest.mark.parametrize("kind", ["es256", "eddsa"])
def test_a_passkey_s_key_is_told_as_the_signer_reads_it(kind: str):
    """RFC 9053: x and y of P-256 under -2 and -3, the point of Ed25519 under -2."""
    if kind == "es256":
        key: Any = generate_private_key(SECP256R1()).public_key()
        n = key.public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: n.x.to_bytes(32, "big"), -3: n.y.to_bytes(32, "big")}
    else:
        key = Ed25519PrivateKey.generate().public_key()
        cose = {1: 1, 3: -8, -1: 6, -2: key.public_bytes(Encoding.Raw, PublicFormat.Raw)}
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert passkeys._public(cose) == der.hex()
    assert passkeys._public(cose | {3: -257}) is None


def test_who_has_no_passkey_is_not_in_the_signer_s_file(invited: Invited):
    invited("n-1", Role.NURSE)
    found = passkeys.people("clinic.example", "https://clinic.example")
    assert found["people"] == {}
    assert passkeys.without() == ["n-1"]
