"""The settings of the pages as in a clinic, but for the place of the tables and quick hashing."""

import tempfile
from pathlib import Path

from cisterna.clinic.ledger.place import database
from cisterna.patient.web.settings import *  # noqa: F403

FOLDER = Path(tempfile.mkdtemp(prefix="cisterna-pages-"))
DATABASES = {"default": database(str(FOLDER / "clinic.sqlite3"))}
ALLOWED_HOSTS = ["clinic.example"]
SECRET_KEY = "for the tests alone, and for nothing that anybody signs in to"  # noqa: S105
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SECRET_KEPT = True
