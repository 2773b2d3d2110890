"""The pages for a server: `cisterna.clinic.web.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cisterna.clinic.web.settings")
application = get_asgi_application()
