"""The pages for a server: `cisterna.clinic.web.asgi:application`."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cisterna.clinic.web.settings")
# WhiteNoise serves files by plain iterators; they are small and read at once.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")
application = get_asgi_application()
