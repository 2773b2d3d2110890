"""Which language a page speaks: her choice, else that of her record, her browser's, English.

The choice is kept in a cookie by Django's own view (`/language/`). Staff pages are English.
"""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from cisterna.clinic.reach import language_of
from cisterna.clinic.web import rows
from cisterna.clinic.web.models import Member

LANGUAGES = ("en", "es")
STAFF_LANGUAGE = "en"
_NAMES = {
    **dict.fromkeys(("en", "english", "inglés"), "en"),
    **dict.fromkeys(("es", "spanish", "español", "castellano"), "es"),
}
"""How a record names the languages of these pages."""


class Speaks(LocaleMiddleware):
    """Django's own choice of the language, for everybody but the staff of a clinic."""

    def process_request(self, request: HttpRequest) -> None:
        """Set the language of this request."""
        found = getattr(request, "member", None)
        if found is not None and found.staff:
            translation.activate(STAFF_LANGUAGE)
            request.LANGUAGE_CODE = STAFF_LANGUAGE
            return
        super().process_request(request)
        own = "" if settings.LANGUAGE_COOKIE_NAME in request.COOKIES else _own(found)
        if own:
            translation.activate(own)
            request.LANGUAGE_CODE = own


def _own(found: Member | None) -> str:
    return language_on_record(found.person) if found is not None else ""


def language_on_record(person_id: str) -> str:
    """The language that stands on her record, if these pages speak it; else empty."""
    said = language_of(rows.load(person_id))
    return language_code(said.language) if said else ""


def language_code(name: str) -> str:
    """The code of a language as a record names it; empty for one that these pages do not speak."""
    return _NAMES.get(name.strip().lower(), "")


def spoken() -> str:
    """The language of the page that is being made: `en` or `es`."""
    found = (translation.get_language() or "en").partition("-")[0]
    return found if found in LANGUAGES else "en"
