"""Whom to call in an emergency: what stands on every emergency sheet of this clinic."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.site import TelephonesGiven
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event, Role
from cisterna.clinic.formulary import SITE
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import clock, desk, reauth, site
from cisterna.clinic.web.access import check_may, member, members_only
from cisterna.clinic.web.forms import UTC_ZONE
from cisterna.clinic.web.models import HERSELF
from cisterna.clinic.web.telling import tell

_STAFF = tuple(r for r in Role if r not in HERSELF and r is not Role.SYSTEM)


class Numbers(forms.Form):
    """The three numbers; what is left empty is not known."""

    base = forms.IntegerField(widget=forms.HiddenInput())
    clinic = forms.CharField(label="The clinic, by day", required=False, max_length=60)
    on_call = forms.CharField(label="On call, at any hour", required=False, max_length=60)
    poison_centre = forms.CharField(label="Poison centre", required=False, max_length=60)


@members_only(*_STAFF)
@require_http_methods(["GET", "POST"])
def telephones(request: HttpRequest) -> HttpResponse:
    """The numbers as they stand, what was said of them, and the form for who may say them."""
    record, own = site.record(), member(request).clinic
    refused: Refused | None = None
    form = Numbers(request.POST or None, initial=_given(record, own))
    if request.method == "POST":
        check_may(request, "give-telephones")
        refused = _refused(request, form) if form.is_valid() else None
        if form.is_valid() and refused is None:
            messages.success(request, "Recorded. It stands on every emergency sheet from now on.")
            return redirect("telephones")
    said = [e for e in record.events if getattr(e.body, "of", None) == own]
    about = {
        "form": form,
        "said": [tell(e, UTC_ZONE) for e in said][::-1],
        "refused": refused,
        "call": site.telephones(own),
        "may": site.rules().may("give-telephones", member(request).role),
        "reauth": reauth.ask(request, _digest(len(record.events))),
        "here": "emergency",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "web/telephones.html", about, status=status)


def _given(record: Person, own: str) -> dict[str, Any]:
    now = site.telephones(own)
    return {
        "base": len(record.events),
        "clinic": now.clinic,
        "on_call": now.on_call,
        "poison_centre": now.poison_centre,
    }


def _refused(request: HttpRequest, form: Numbers) -> Refused | None:
    """Why it was not recorded; None where it is on record."""
    try:
        _done(request, form.cleaned_data)
    except Refused as why:
        return why
    except desk.MovedOn:
        text, way_out = "Something else was recorded meanwhile.", "Look again, then sign."
        return Refused("moved-on", text, way_out)
    return None


def _done(request: HttpRequest, clean: dict[str, Any]) -> None:
    who, seen = member(request), clean["base"]
    asked = TelephonesGiven(who.clinic, clean["clinic"], clean["on_call"], clean["poison_centre"])

    def make(record: Person) -> Sequence[Event]:
        # Refused before anybody proves who she is for nothing.
        events: Sequence[Event] = ACTS["give-telephones"](record, who.actor, asked, clock.now())
        reauth.prove(request, _digest(seen))
        return events

    desk.write(SITE, seen, make)


def _digest(base: int) -> str:
    """What is signed: the numbers on the clinic's record as it was seen."""
    return hashlib.sha256(f"{SITE} {base} telephones".encode()).hexdigest()


urlpatterns = [path("telephones/", telephones, name="telephones")]
