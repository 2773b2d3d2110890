"""Accounts by invitation: who may sign in, in which role, and how somebody is shut out at once."""

import re
from secrets import choice

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from cisterna.clinic.event import Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import audit
from cisterna.clinic.web.models import HERSELF, Member

_NAME = re.compile(r"[\w.@+-]{2,100}")
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _OF = 5, 4
_RESET = "safety §4.2(b) ASVS 6.4.3, 6.4.4"


def invite(
    who: str,
    role: Role,
    clinic: str,
    password: str | None = None,
    person: str = "",
    by: str = "",
) -> tuple[Member, str]:
    """A new account and its first password, which is shown once. Raises `Refused`."""
    if not _NAME.fullmatch(who):
        text = "A name is 2 to 100 letters, digits and . @ + - _."
        raise Refused("bad-name", text, "Choose another name.")
    if not clinic.strip() or role is Role.SYSTEM:
        raise Refused("no-clinic", "An account has a clinic and a role.", "Name them.")
    if (role in HERSELF) != bool(person):
        text = "An account of a patient or a caregiver names its person, and no other does."
        raise Refused("no-person", text, "Name the person.")
    if User.objects.filter(username__iexact=who).exists():
        raise Refused("name-taken", f"{who} is somebody's name already.", "Choose another name.")
    first = password or new_password()
    try:
        validate_password(first, User(username=who))
    except ValidationError as why:
        raise Refused("weak-password", " ".join(why.messages), "Choose a longer one.") from None
    with transaction.atomic():
        user = User.objects.create_user(who, password=first)
        made = Member.objects.create(user=user, who=who, role=role, clinic=clinic, person=person)
    audit.note(None, "invited", who, f"{role} of {clinic}{_by(by)}")
    return made, first


def link(found: Member) -> str:
    """The address under which she chooses her password: once, and not for long.

    It is void as soon as a password is chosen or she has signed in (Django's own token).
    """
    user = found.user
    return f"/account/invited/{user.pk}/{default_token_generator.make_token(user)}/"


def linked(key: int, token: str) -> Member | None:
    """Whose link this is, if it is still good."""
    found = Member.objects.filter(user=key, active=True).select_related("user").first()
    good = found is not None and default_token_generator.check_token(found.user, token)
    return found if good else None


def reset(request: HttpRequest | None, found: Member, how: str, *, factor: bool) -> str:
    """Take away a lost password, or password and every factor; gives the link to begin anew.

    A password alone leaves the second factor asked as before. With a lost factor everything goes,
    so nobody comes in with half of the old; the next sign-in enrols a factor before anything else.
    `how` is how the administrator made sure who it is. Raises `Refused`. Her sessions end.
    """
    if not how.strip():
        text = "A reset says how you made sure who it is."
        raise Refused("no-reason", text, "See the person or the badge, then say so.", source=_RESET)
    if not found.active:
        raise Refused("shut-out", f"{found.who} is shut out.", "Let her in first.")
    with transaction.atomic():
        if factor:
            Authenticator.objects.filter(user=found.user_id).delete()
        found.user.set_unusable_password()
        found.user.save(update_fields=["password"])
    what = "reset-factor" if factor else "reset-password"
    audit.note(request, what, words=f"of {found.who}: {how}")
    return link(found)


def reset_administrator(who: str, how: str) -> tuple[Member, str]:
    """Begin an administrator's account anew, for whoever owns the server's machine.

    She may be the only one, so nobody can do it on the pages. Password and every factor go; it is
    written down with `how`, as done at the machine. Gives her account and the link. Raises
    `Refused` for nobody, and for whom an administrator can help.
    """
    found = Member.objects.filter(who=who).select_related("user").first()
    if found is None:
        raise Refused("no-account", f"Nobody is called {who[:40]} here.", "Look at the name.")
    if found.role != Role.ADMIN:
        text = f"{found.who} is no administrator."
        raise Refused("other-role", text, "An administrator does it on her page Members.")
    told = f"at the server's machine: {how}" if how.strip() else ""
    return found, reset(None, found, told, factor=True)


def new_password() -> str:
    """Twenty signs in groups that can be read out: a hundred bits without look-alikes."""
    return "-".join("".join(choice(_SIGNS) for _ in range(_OF)) for _ in range(_GROUPS))


def set_role(found: Member, role: Role, by: str = "") -> None:
    """Another role, from the next page on. Raises `Refused` for one that needs a person."""
    if role in HERSELF or role is Role.SYSTEM:
        text = "An account of staff stays one of staff."
        raise Refused("no-person", text, "Invite the patient under a name of her own.")
    was, found.role = found.role, role
    found.save(update_fields=["role"])
    audit.note(None, "role-changed", found.who, f"{was} to {role}{_by(by)}")


def set_active(found: Member, active: bool, by: str = "") -> None:
    """Shut somebody out, or let her in again; her sessions end with her next page."""
    found.active = active
    found.save(update_fields=["active"])
    User.objects.filter(pk=found.user_id).update(is_active=active)
    audit.note(None, "let-in" if active else "shut-out", found.who, _by(by))


def _by(who: str) -> str:
    return f" by {who}" if who else ""
