"""The team answers her message on the page of the person."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from cisterna.clinic.bodies.hers import MessageSent
from cisterna.clinic.messages import thread_of
from cisterna.clinic.refusal import Refused
from cisterna.clinic.web import desk
from cisterna.clinic.web.access import check_may, members_only
from cisterna.clinic.web.screens.people import shown


@members_only()
@require_POST
def answer(request: HttpRequest, person_id: str, name: str) -> HttpResponse:
    """One answer in a thread. What stopped it is said above the page, and the words stay."""
    check_may(request, "send-message")
    found = desk.chart(request, person_id)
    if thread_of(found, name) is None:
        raise Http404
    text, base = request.POST.get("text", ""), request.POST.get("base", "")
    kept = {"refused_in": name, "text": text}
    try:
        seen = int(base[:9]) if base.isascii() and base.isdigit() else -1
        desk.do(request, person_id, "send-message", MessageSent(text, name), seen)
    except Refused as why:
        return shown(request, found, kept | {"refused": why}, 422)
    except desk.MovedOn as moved:
        text = "Not sent: the record has moved on since you opened this page."
        stopped = Refused("moved-on", text, "Look at what is new below, then send it again.")
        return shown(request, moved.person, kept | {"refused": stopped}, 409)
    messages.success(request, "Sent to her.")
    return redirect(f"/people/{person_id}/#heard")


urlpatterns = [path("people/<str:person_id>/messages/<str:name>/", answer, name="answer-message")]
