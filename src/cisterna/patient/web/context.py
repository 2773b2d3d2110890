"""What every page for a patient shows besides the clinic's own context: language and menu."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from cisterna.clinic.event import Role
from cisterna.clinic.messages import rights_of
from cisterna.clinic.web import rows, site
from cisterna.clinic.web.models import HERSELF, Member
from cisterna.clinic.web.watch import LOCKED
from cisterna.patient.web.language import spoken

MENU: tuple[tuple[str, str], ...] = (
    ("home", "/my/"),
    ("plan", "/my/plan/"),
    ("diary", "/my/diary/"),
    ("check_in", "/my/check-in/"),
    ("messages", "/my/messages/"),
    ("calendar", "/my/calendar/"),
    ("card", "/my/card/"),
    ("options", "/my/options/"),
    ("aid", "/my/aid/"),
    ("about", "/my/about/"),
)
"""Name and address of the pages of somebody who has signed in, in their order."""
RIGHT = {
    **dict.fromkeys(("plan", "diary", "calendar"), "plan"),
    "check_in": "check-in",
    "messages": "message",
    "card": "card",
    **dict.fromkeys(("options", "aid"), "decide"),
}
"""What somebody who cares for her needs for a page of the menu; the others are open to her."""
PUBLIC: tuple[tuple[str, str], ...] = (
    ("self_check", "/self-check/"),
    ("options", "/options/"),
    ("aid", "/aid/"),
    ("consult", "/consult/"),
)
"""Name and address of the pages that anybody may read, in their order."""


def patient(request: HttpRequest) -> dict[str, Any]:
    """The context of every template; `layout` is the frame of a page that staff share with her."""
    found = getattr(request, "member", None)
    locked = bool(request.session.get(LOCKED)) if hasattr(request, "session") else False
    hers = found is not None and Role(found.role) in HERSELF and not locked
    staff = found is not None and found.staff
    return {
        "language": spoken(),
        "languages": settings.LANGUAGES,
        "her_menu": _menu(found) if found is not None and hers else PUBLIC,
        "hers": hers,
        "staff": staff,
        "layout": "web/base.html" if staff else "patient/base.html",
    }


def _menu(who: Member) -> tuple[tuple[str, str], ...]:
    """The pages that she may open: her own, or what she was given."""
    if who.role == Role.PATIENT:
        return MENU
    may = rights_of(rows.load(who.person), who.who, site.rules())
    return tuple(one for one in MENU if RIGHT.get(one[0]) is None or RIGHT[one[0]] in may)
