"""Accounts by invitation: who may sign in, in which role, and how somebody is shut out at once."""

import re
from secrets import choice

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from cisterna.clinic.event import Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import audit
from cisterna.clinic.web.models import HERSELF, Member

_NAME = re.compile(r"[\w.@+-]{2,100}")
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _OF = 5, 4


def invite(
    who: str, role: Role, clinic: str, password: str | None = None, person: str = ""
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
    audit.note(None, "invited", who, f"{role} of {clinic}")
    return made, first


def new_password() -> str:
    """Twenty signs in groups that can be read out: a hundred bits without look-alikes."""
    return "-".join("".join(choice(_SIGNS) for _ in range(_OF)) for _ in range(_GROUPS))


def set_role(found: Member, role: Role) -> None:
    """Another role, from the next page on. Raises `Refused` for one that needs a person."""
    if role in HERSELF or role is Role.SYSTEM:
        text = "An account of staff stays one of staff."
        raise Refused("no-person", text, "Invite the patient under a name of her own.")
    was, found.role = found.role, role
    found.save(update_fields=["role"])
    audit.note(None, "role-changed", found.who, f"{was} to {role}")


def set_active(found: Member, active: bool) -> None:
    """Shut somebody out, or let her in again; her sessions end with her next page."""
    found.active = active
    found.save(update_fields=["active"])
    User.objects.filter(pk=found.user_id).update(is_active=active)
    audit.note(None, "let-in" if active else "shut-out", found.who)
