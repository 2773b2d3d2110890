"""Signing in and out, the lock, and the second factor that every member of staff must have.

The pages of allauth itself, without those for signing up and for passwords by mail: nobody signs
herself up, and a lost password is an administrator's errand, with the person in front of her.
"""

import hashlib
from secrets import token_hex

from allauth.account import views as account
from allauth.mfa.models import Authenticator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from cisterna.clinic.event import Role
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import reauth, watch
from cisterna.clinic.web.access import member, members_only

_DIGEST = "unlock"


@members_only(*Role)
@require_http_methods(["GET", "POST"])
def locked(request: HttpRequest) -> HttpResponse:
    """The lock: the session goes on where it was, once she has shown again who she is."""
    place = _place(request)
    if not request.session.get(watch.LOCKED):
        return redirect(place)
    digest = request.session.get(_DIGEST) or hashlib.sha256(token_hex(32).encode()).hexdigest()
    request.session[_DIGEST] = digest
    refused: Refused | None = None
    if request.method == "POST":
        try:
            reauth.prove(request, digest)
            del request.session[_DIGEST]
            watch.unlock(request)
            return redirect(place)
        except Refused as why:
            refused = why
    about = {"reauth": reauth.ask(request, digest), "next": place, "refused": refused}
    return render(request, "web/locked.html", about, status=422 if refused else 200)


@members_only(*Role)
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Lock now: nobody has touched the page for a while, or somebody walks away."""
    watch.lock(request)
    return redirect(f"/locked/?next={_place(request)}")


@members_only(*Role)
def enrol(request: HttpRequest) -> HttpResponse:
    """The first sign-in: a passkey or a code, before anything else."""
    kinds = set(Authenticator.objects.filter(user=request.user.pk).values_list("type", flat=True))
    done = bool(kinds - {"recovery_codes"})
    about = {"has": kinds, "who": member(request), "done": done, "here": "account"}
    return render(request, "web/enrol.html", about)


def closed(request: HttpRequest) -> HttpResponse:
    """What allauth links to and this clinic does not have."""
    raise Http404


def _place(request: HttpRequest) -> str:
    """Where to go on: a page of ours, never another site."""
    asked = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()})
    return asked if safe and not asked.startswith("/locked/") else "/"


urlpatterns = [
    path("locked/", locked, name="locked"),
    path("locked/now/", lock, name="lock"),
    path("account/enrol/", enrol, name="enrol"),
    path("account/login/", account.login, name="account_login"),
    path("account/logout/", account.logout, name="account_logout"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("account/password/change/", account.password_change, name="account_change_password"),
    path("account/signup/", closed, name="account_signup"),
    path("account/password/reset/", closed, name="account_reset_password"),
    path("account/password/set/", closed, name="account_set_password"),
    path("account/email/", closed, name="account_email"),
]
