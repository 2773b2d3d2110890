"""Django for a whole run of the tests: one process has one set of settings, those of the pages.

The commands that a test starts as processes of their own choose for themselves, as they always do.
"""

import os

import django
from django.apps import apps

_NAME = "DJANGO_SETTINGS_MODULE"


def start() -> None:
    """Make Django ready, once, and leave nothing of it in the environment."""
    if apps.ready:
        return
    before = os.environ.get(_NAME)
    os.environ[_NAME] = "tests.clinic.web.settings"
    django.setup()
    if before is None:
        del os.environ[_NAME]
    else:
        os.environ[_NAME] = before
