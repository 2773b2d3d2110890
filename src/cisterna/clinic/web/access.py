"""Who is there, and whom she may see: the questions that every page asks first.

Staff see the people of their own clinic, and somebody of another one whose record they opened with
a reason; an auditor reads everybody; an admin sees nobody. A patient or a caregiver sees the one
person whose account it is, on pages of her own (`cisterna.patient.web`) and on none of these. Whom
she may not see does not exist for her: 404, never 403.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from cisterna.clinic.acts.access import opened_by
from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.web import audit, clock, site
from cisterna.clinic.web.errors import Denied
from cisterna.clinic.web.models import HERSELF, Member, PersonRow

View = Callable[..., HttpResponseBase]
CLINICAL = frozenset(Role) - {Role.ADMIN, Role.SYSTEM}


_HERE = ("127.0.0.1", "::1")


def at_this_machine(request: HttpRequest) -> bool:
    """Whether the browser is on the clinic's own machine, and comes through no proxy."""
    here = request.META.get("REMOTE_ADDR") in _HERE
    return here and not request.META.get("HTTP_X_FORWARDED_FOR")


def member(request: HttpRequest) -> Member:
    """Who is signed in, as she stands now: a changed role counts from the next page on."""
    found = getattr(request, "member", None)
    if not isinstance(found, Member):
        raise Denied("This page needs a member of the clinic.")
    return found


def members_only(*roles: Role) -> Callable[[View], View]:
    """A page for these roles, or for everybody who works with patients (a decorator)."""
    allowed = frozenset(roles) or CLINICAL - HERSELF

    def made(view: View) -> View:
        @wraps(view)
        def looked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect(f"/account/login/?next={request.get_full_path()}")
            who = member(request)
            if Role(who.role) not in allowed:
                raise Denied(f"{who.role.capitalize()} has no access to this page.")
            return view(request, *args, **kwargs)

        return looked

    return made


def people_of(who: Member) -> QuerySet[PersonRow]:
    """The people that she sees in a list."""
    role = Role(who.role)
    if role is Role.AUDITOR:
        return PersonRow.objects.all()
    if role in HERSELF:
        return PersonRow.objects.filter(person=who.person or "-")
    if role not in CLINICAL:
        return PersonRow.objects.none()
    return PersonRow.objects.filter(Q(clinic=who.clinic))


def sees(who: Member, person: Person) -> bool:
    """Whether she may look at this person now."""
    if people_of(who).filter(person=person.id).exists():
        return True
    staff = who.staff and Role(who.role) in CLINICAL
    return staff and opened_by(person, who.who, clock.now())


def check_sees(request: HttpRequest, person: Person) -> None:
    """Raise `Http404` for somebody whom she may not see, as for nobody; it is written down."""
    who = member(request)
    if not person.events:
        raise Http404
    if not sees(who, person):
        audit.note(request, "denied", who.who, f"person {person.id}")
        raise Http404


def check_may(request: HttpRequest, *acts: str) -> None:
    """Raise `Denied` unless her role may do all of these acts (the matrix of pathway §8)."""
    who = member(request)
    for name in acts:
        if not site.rules().may(name, who.role):
            raise Denied(f"{who.role.capitalize()} may not {name.replace('-', ' ')}.")
