"""Django's settings for the record alone: its database, and no page."""

from cisterna.clinic.ledger.place import address, database

INSTALLED_APPS = ["cisterna.clinic.ledger"]
DATABASES = {"default": database(address())}
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
