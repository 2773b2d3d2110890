"""Members: invite, change a role, shut out, begin anew after a loss; without clinical data."""

import hashlib
from secrets import token_hex
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from cisterna.clinic.event import Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import audit, reauth
from cisterna.clinic.web.access import member, members_only
from cisterna.clinic.web.members import invite, link, linked, reset, set_active, set_role
from cisterna.clinic.web.models import HERSELF, Member
from cisterna.clinic.web.words import title
from cisterna.facts.access import span

_DIGEST = "lost"

_ROLES = [(r.value, title("role", r)) for r in Role if r is not Role.SYSTEM]
_STAFF = [(r.value, title("role", r)) for r in Role if r is not Role.SYSTEM and r not in HERSELF]


class Invitation(forms.Form):
    """Whom to invite, as what; a patient or a caregiver with the id of the person."""

    who = forms.CharField(label="Name to sign in with", max_length=100)
    role = forms.ChoiceField(choices=[("", "–"), *_ROLES])
    person = forms.CharField(
        label="Person", required=False, help_text="Only for a patient or a caregiver."
    )


@members_only(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def members(request: HttpRequest) -> HttpResponse:
    """Everybody who may sign in, and the form to invite somebody."""
    form, refused = Invitation(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        clean = form.cleaned_data
        try:
            role, clinic = Role(clean["role"]), member(request).clinic
            own = member(request).who
            made, _ = invite(clean["who"], role, clinic, person=clean["person"], by=own)
            return _linked(request, made, link(made))
        except Refused as why:
            refused = why
    wrong = request.method == "POST"
    about = {
        "form": form,
        "refused": refused,
        "members": _own(request),
        "roles": _STAFF,
        "here": "members",
    }
    return render(request, "web/members.html", about, status=422 if wrong else 200)


@members_only(Role.ADMIN)
@require_POST
def change(request: HttpRequest, key: int) -> HttpResponse:
    """Another role, or shut out and let in; an administrator changes nothing of her own."""
    found = get_object_or_404(_own(request), pk=key)
    try:
        _change(request, found)
    except (Refused, ValueError) as why:
        messages.error(request, str(why))
    return redirect("/members/")


def _change(request: HttpRequest, found: Member) -> None:
    if found.pk == member(request).pk:
        raise Refused("same-person", "Nobody changes her own account.", "Ask another.")
    if "role" in request.POST:
        set_role(found, Role(request.POST["role"]), member(request).who)
    else:
        set_active(found, request.POST.get("active") == "yes", member(request).who)
    messages.success(request, f"Changed: {found.who}.")


@members_only(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def lost(request: HttpRequest, key: int) -> HttpResponse:
    """A lost password or factor: the administrator proves who she is, and says how she knows."""
    found = get_object_or_404(_own(request).exclude(pk=member(request).pk), pk=key)
    digest = request.session.get(_DIGEST) or hashlib.sha256(token_hex(32).encode()).hexdigest()
    request.session[_DIGEST] = digest
    refused: Refused | None = None
    if request.method == "POST":
        try:
            what, how = request.POST.get("what", ""), request.POST.get("how", "")
            if what not in ("password", "factor"):
                raise Refused("no-answer", "What is lost is not chosen.", "Choose it.")
            reauth.prove(request, digest)
            del request.session[_DIGEST]
            return _linked(request, found, reset(request, found, how, factor=what == "factor"))
        except Refused as why:
            refused = why
    about: dict[str, Any] = {"found": found, "refused": refused, "how": request.POST.get("how", "")}
    about |= {"reauth": reauth.ask(request, digest), "here": "members"}
    return render(request, "web/lost.html", about, status=422 if refused else 200)


def _linked(request: HttpRequest, made: Member, place: str) -> HttpResponse:
    hours = int(span("invitation").total_seconds()) // 3600
    about = {"made": made, "link": request.build_absolute_uri(place), "hours": hours}
    return render(request, "web/invited.html", about | {"here": "members"})


@require_http_methods(["GET", "POST"])
def invited(request: HttpRequest, key: int, token: str) -> HttpResponse:
    """Whoever was invited chooses her own password; she signs in with it, and with her factor."""
    found = linked(key, token)
    if found is None:
        words = "This link was used or is too old. Ask an administrator for another."
        about = {"title": "This link is no longer good", "words": words}
        return render(request, "web/error.html", about, status=410)
    form = SetPasswordForm(found.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.note(request, "password-chosen", found.who)
        return redirect("account_login")
    wrong = 422 if form.is_bound else 200
    return render(request, "web/choose.html", {"form": form, "who": found.who}, status=wrong)


def _own(request: HttpRequest) -> QuerySet[Member]:
    return Member.objects.filter(clinic=member(request).clinic).order_by("who")


urlpatterns = [
    path("members/", members, name="members"),
    path("members/<int:key>/", change, name="change-member"),
    path("members/<int:key>/lost/", lost, name="lost"),
    path("account/invited/<int:key>/<str:token>/", invited, name="invited"),
]
