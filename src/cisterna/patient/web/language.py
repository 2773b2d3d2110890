"""Which language a page speaks: her choice, else her browser's, else English.

The choice is kept in a cookie by Django's own view (`/language/`). Staff pages are English.
"""

from django.http import HttpRequest
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

LANGUAGES = ("en", "es")
STAFF_LANGUAGE = "en"


class Speaks(LocaleMiddleware):
    """Django's own choice of the language, for everybody but the staff of a clinic."""

    def process_request(self, request: HttpRequest) -> None:
        """Set the language of this request."""
        found = getattr(request, "member", None)
        if found is not None and found.staff:
            translation.activate(STAFF_LANGUAGE)
            request.LANGUAGE_CODE = STAFF_LANGUAGE
        else:
            super().process_request(request)


def spoken() -> str:
    """The language of the page that is being made: `en` or `es`."""
    found = (translation.get_language() or "en").partition("-")[0]
    return found if found in LANGUAGES else "en"
