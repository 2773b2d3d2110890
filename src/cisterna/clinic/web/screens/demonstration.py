"""The controls in the banner of a demonstration: be somebody else, move the time on.

They exist in a demonstration and at its own machine only; each is a form with its token.
"""

from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from cisterna.clinic.demo.cast import whole_cast
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import audit, stagehand
from cisterna.clinic.web.models import HERSELF
from cisterna.clinic.web.screens.start import account_of, check_demonstration, check_here


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that the visitor came from, here; else to the first one."""
    place = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(place, allowed_hosts=None) and place.startswith("/")
    return redirect(place if here else "/")


@require_POST
def be(request: HttpRequest) -> HttpResponse:
    """Go on as another of the invented staff, on the same page."""
    check_demonstration()
    check_here(request)
    who = request.POST.get("who", "")
    if not who:
        return _back(request)  # whoever she is, she stays
    found = next((a for a in whole_cast().staff.values() if a.who == who), None)
    if found is None or found.role in HERSELF:
        raise Http404
    user = account_of(found.who, found.role)
    login(request, user, "allauth.account.auth_backends.AuthenticationBackend")
    audit.note(request, "door", user.get_username(), "changed in the banner")
    return _back(request)


@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Move the demonstration's time on; the pumps live through all of it."""
    check_demonstration()
    check_here(request)
    try:
        stagehand.move(request.POST.get("length", ""))
    except Refused as why:
        messages.warning(request, f"The time was not moved: {why.message} {why.way_out}")
    return _back(request)


@require_GET
def progress(request: HttpRequest) -> HttpResponse:
    """How far the time has come; the page is shown anew when it is there."""
    check_demonstration()
    check_here(request)
    about = stagehand.banner()
    response = render(request, "web/demonstration_time.html", {"demo": about})
    if not about.get("moving") and request.headers.get("HX-Request"):
        response["HX-Refresh"] = "true"
    return response


urlpatterns = [
    path("demonstration/be/", be, name="demonstration-be"),
    path("demonstration/move/", move, name="demonstration-move"),
    path("demonstration/progress/", progress, name="demonstration-progress"),
]
