"""Django's settings of the whole: the clinic's, and the patient's pages in front of them."""

from pathlib import Path
from typing import Any

from cisterna.clinic.web import settings as clinic
from cisterna.clinic.web.settings import *  # noqa: F403

_HERE = Path(__file__).parent
_WATCH = "cisterna.clinic.web.watch.Watch"
_AT = clinic.MIDDLEWARE.index(_WATCH) + 1

INSTALLED_APPS = ["cisterna.patient.web", *clinic.INSTALLED_APPS]
# After the watch, which knows who is there: staff read English, whatever their browser asks for.
MIDDLEWARE = [
    *clinic.MIDDLEWARE[:_AT],
    "cisterna.patient.web.language.Speaks",
    *clinic.MIDDLEWARE[_AT:],
]
ROOT_URLCONF = "cisterna.patient.web.urls"
_ENGINE: dict[str, Any] = dict(clinic.TEMPLATES[0])
_PROCESSORS = [
    *_ENGINE["OPTIONS"]["context_processors"],
    "cisterna.patient.web.context.patient",
]
TEMPLATES = [
    _ENGINE
    | {
        "DIRS": [_HERE / "templates", *_ENGINE["DIRS"]],
        "OPTIONS": {**_ENGINE["OPTIONS"], "context_processors": _PROCESSORS},
    }
]
USE_I18N = True
LANGUAGES = [("en", "English"), ("es", "Español")]
LANGUAGE_COOKIE_SAMESITE = "Strict"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = not clinic.PLAIN
