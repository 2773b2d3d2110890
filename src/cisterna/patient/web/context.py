"""What every page for a patient shows besides the clinic's own context: language and menu."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from cisterna.clinic.event import Role
from cisterna.clinic.web.models import HERSELF
from cisterna.patient.web.language import spoken

MENU: tuple[tuple[str, str], ...] = (
    ("home", "/my/"),
    ("plan", "/my/plan/"),
    ("diary", "/my/diary/"),
    ("check_in", "/my/check-in/"),
    ("messages", "/my/messages/"),
    ("calendar", "/my/calendar/"),
    ("access", "/my/access/"),
)
"""Name and address of the pages of somebody who has signed in, in their order."""
PUBLIC: tuple[tuple[str, str], ...] = ()
"""Name and address of the pages that anybody may read, in their order."""


def patient(request: HttpRequest) -> dict[str, Any]:
    """The context of every template."""
    found = getattr(request, "member", None)
    hers = found is not None and Role(found.role) in HERSELF
    return {
        "language": spoken(),
        "languages": settings.LANGUAGES,
        "her_menu": MENU if hers else PUBLIC,
        "hers": hers,
    }
