"""Members: invite, change a role, shut out. For administrators, who see no clinical data."""

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from cisterna.clinic.event import Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web.access import member, members_only
from cisterna.clinic.web.members import invite, set_active, set_role
from cisterna.clinic.web.models import HERSELF, Member
from cisterna.clinic.web.words import title

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
    form, refused, first = Invitation(request.POST or None), None, ""
    if request.method == "POST" and form.is_valid():
        clean = form.cleaned_data
        try:
            role, clinic = Role(clean["role"]), member(request).clinic
            made, first = invite(clean["who"], role, clinic, person=clean["person"])
            about = {"made": made, "first": first, "here": "members"}
            return render(request, "web/invited.html", about)
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
        set_role(found, Role(request.POST["role"]))
    else:
        set_active(found, request.POST.get("active") == "yes")
    messages.success(request, f"Changed: {found.who}.")


def _own(request: HttpRequest) -> QuerySet[Member]:
    return Member.objects.filter(clinic=member(request).clinic).order_by("who")


urlpatterns = [
    path("members/", members, name="members"),
    path("members/<int:key>/", change, name="change-member"),
]
