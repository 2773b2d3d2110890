"""A page about her own person: who may have it, and how an act is done from it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from cisterna.clinic.course import Person
from cisterna.clinic.event import Role
from cisterna.clinic.messages import rights_of
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import desk, site
from cisterna.clinic.web.access import member, members_only
from cisterna.patient.web.words import say, words

Hers = Callable[..., HttpResponseBase]
T = TypeVar("T")


def hers(right: str = "") -> Callable[[Hers], Callable[..., HttpResponseBase]]:
    """A page for her; who cares for her needs this right from her (a decorator).

    The view is given the request and her record. An empty right is for whoever cares for her.
    """

    def made(view: Hers) -> Callable[..., HttpResponseBase]:
        @members_only(Role.PATIENT, Role.CAREGIVER)
        @wraps(view)
        def looked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            person = desk.chart(request, member(request).person)
            if right and right not in rights(request, person):
                return render(request, "patient/not_given.html", {"here": ""}, status=403)
            return view(request, person, *args, **kwargs)

        return looked

    return made


def rights(request: HttpRequest, person: Person) -> frozenset[str]:
    """What whoever is signed in may see and do: she herself everything."""
    who, rules = member(request), site.rules()
    if Role(who.role) is Role.PATIENT:
        return frozenset((*rules.rights(), "access"))
    return rights_of(person, who.who, rules)


def base_of(request: HttpRequest, person: Person) -> int:
    """How many events the page had seen when it was made."""
    text = request.POST.get("base", "")
    return int(text) if text.isascii() and text.isdigit() else len(person.events)


def own_entry(request: HttpRequest, person: Person, kind: type[T]) -> tuple[str, T | None]:
    """(id, body) of the entry of her own that she wants to change; nothing for a new one.

    Raises `Http404` where she has no such entry, or it was changed since.
    """
    asked = request.POST.get("corrects", "") or request.GET.get("change", "")
    if not asked:
        return "", None
    own = (e for e in person.every(kind, None) if e.by.who == member(request).who)
    found = next((e.body for e in own if e.id == asked), None)
    if found is None and request.method == "GET":
        raise Http404
    return asked, found


def done(
    request: HttpRequest,
    person: Person,
    act: str,
    asked: Any,
    thanks: str,
    to: str,
    corrects: str | None = None,
) -> HttpResponse | str:
    """Do an act and go on to `to` with thanks; what stopped it comes back as words."""
    try:
        desk.do(request, person.id, act, asked, base_of(request, person), corrects=corrects)
    except Refused as no:
        return refused(no)
    except desk.MovedOn:
        return say("base.moved")
    messages.success(request, say(thanks))
    return redirect(to)


def refused(no: Refused) -> str:
    """Why something was not done, in her language."""
    key = f"base.refused.{no.code}"
    return say(key) if key in words("en") else say("base.refused.other", code=no.code)
