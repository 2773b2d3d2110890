"""The pages for a server: `cisterna.clinic.web.asgi:application`."""

import os
import warnings

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cisterna.clinic.web.settings")
if not settings.SECRET_KEPT:
    raise ImproperlyConfigured("CISTERNA_SECRET: a secret of 50 signs or more that is kept")
# WhiteNoise serves files by plain iterators; they are small and read at once.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")
application = get_asgi_application()
