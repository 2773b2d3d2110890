"""Her first page, and how to get help, at the same place on every page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from cisterna.clinic.event import Role
from cisterna.clinic.web.access import members_only


@members_only(Role.PATIENT, Role.CAREGIVER)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What is next for her."""
    return render(request, "patient/home.html", {"here": "home"})


@require_GET
def help_(request: HttpRequest) -> HttpResponse:
    """What to do when something is wrong; for anybody, signed in or not."""
    return render(request, "patient/help.html", {"here": "help"})


urlpatterns = [
    path("my/", home, name="my-home"),
    path("help/", help_, name="help"),
]
