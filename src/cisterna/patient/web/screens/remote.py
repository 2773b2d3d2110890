"""Her remote: how it stands as far as her record knows, and the way to its own page.

The remote is a page at an address of its own, so that no script of these pages can reach the key
with which it signs (docs/decisions/0025). What it asked for stands here once the pump was read.
"""

import os

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from cisterna.clinic.course import Person
from cisterna.clinic.timeline import timeline
from cisterna.clinic.web import clock, site
from cisterna.clinic.web.forms import zone_of
from cisterna.clinic.web.person.now import now_of
from cisterna.patient.web.her import hers

ADDRESS = "CISTERNA_REMOTE"
"""The environment names where the remote's page is."""
_LATEST = 5


@hers("dose")
@require_GET
def remote(request: HttpRequest, person: Person) -> HttpResponse:
    """What she may ask for, what became of her last requests, and the link."""
    now = now_of(person, site.library(), clock.now())
    asked = timeline(person, site.rules(), clock.now()).asked
    about = {
        "address": os.environ.get(ADDRESS, ""),
        "now": now,
        "limits": now.rx.remote if now.rx else None,
        "asked": asked[: -_LATEST - 1 : -1],
        "zone": zone_of(person),
        "here": "about",
    }
    return render(request, "patient/remote.html", about)


urlpatterns = [path("my/remote/", remote, name="my-remote")]
