"""Who is there, looked at anew for each page: idle, expired, disabled, without a factor.

The member is read from the database each time, so a role that was changed and an account that was
disabled count at once. Idle and absolute time are of `facts/access.toml`; an idle session is locked
and keeps what it is about, an expired one ends.
"""

import time
from collections.abc import Callable
from urllib.parse import quote

from allauth.mfa.models import Authenticator
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from cisterna.clinic.web import audit
from cisterna.clinic.web.models import Member
from cisterna.facts.access import span

SEEN, BEGUN, LOCKED = "seen", "begun", "locked"
_OPEN = (
    *("/static/", "/account/login/", "/account/logout/", "/account/2fa/authenticate/"),
    "/language/",  # which words the lock speaks is nobody's secret
)
_LOCK = ("/locked/", "/account/2fa/webauthn/")
_ENROL = ("/account/",)
_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class Watch:
    """Middleware that lets a page through, locks it, ends the session, or asks for a factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The page, or where she is sent instead."""
        stopped = self._stopped(request) if request.user.is_authenticated else None
        response = stopped or self.get_response(request)
        if not request.path.startswith("/static/"):
            # A page about a person is in no cache and not behind the back button after sign-out.
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", _POLICY)
        return response

    def _stopped(self, request: HttpRequest) -> HttpResponseBase | None:
        request.member = found = Member.objects.filter(user=request.user.pk).first()  # type: ignore[attr-defined]
        if found is None or not found.active:
            return _ended(request, "disabled")
        if self._expired(request):
            return _ended(request, "expired")
        if request.path.startswith(_OPEN):
            return None
        if self._locked(request) and not request.path.startswith("/locked/"):
            return _away(request, f"/locked/?next={quote(request.get_full_path())}", 423)
        if found.staff and not request.path.startswith(_ENROL) and not _has_factor(request):
            return _away(request, "/account/enrol/", 403)
        return None

    def _expired(self, request: HttpRequest) -> bool:
        begun = request.session.setdefault(BEGUN, time.time())
        return time.time() - float(begun) > span("absolute").total_seconds()

    def _locked(self, request: HttpRequest) -> bool:
        now, session = time.time(), request.session
        seen = float(session.get(SEEN, now))
        if not session.get(LOCKED) and now - seen > span("idle").total_seconds():
            session[LOCKED] = True
            audit.note(request, "locked")
        if not session.get(LOCKED) and "X-Unattended" not in request.headers:
            session[SEEN] = now
        return bool(session.get(LOCKED))


def unlock(request: HttpRequest) -> None:
    """She has shown again who she is: the session goes on, under a new token."""
    request.session.cycle_key()
    request.session[LOCKED] = False
    request.session[SEEN] = time.time()


def lock(request: HttpRequest) -> None:
    """Lock the session now: by the page when nobody touched it, or by her own wish."""
    request.session[LOCKED] = True
    audit.note(request, "locked")


def _has_factor(request: HttpRequest) -> bool:
    own = Authenticator.objects.filter(user=request.user.pk, type__in=_FACTORS)
    return bool(own.exists())


def _ended(request: HttpRequest, why: str) -> HttpResponseBase:
    audit.note(request, "ended", words=why)
    logout(request)
    return _away(request, f"/account/login/?next={quote(request.get_full_path())}", 401)


def _away(request: HttpRequest, place: str, status: int) -> HttpResponseBase:
    """Send a page elsewhere; a part that htmx asked for takes the whole page along."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=200, headers={"HX-Redirect": place})
    if request.path.startswith("/api/"):
        return HttpResponse(status=status)
    return redirect(place)


_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
