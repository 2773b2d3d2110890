"""Where a record is kept: a file of SQLite, or PostgreSQL by its address.

`CISTERNA_DATABASE` names it: `postgresql://USER:PASSWORD@HOST/NAME`, or a file's path.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

VARIABLE = "CISTERNA_DATABASE"
FILE = "cisterna.sqlite3"
SETTINGS = "cisterna.clinic.settings"
_POSTGRESQL = ("postgresql", "postgres")
_WAIT_S = 30


def address() -> str:
    """Where this process keeps its record."""
    return os.environ.get(VARIABLE) or FILE


def database(place: str) -> dict[str, Any]:
    """Django's settings of a database. Raises `ValueError` for an address of another kind."""
    kind, mark, _ = place.partition("://")
    if not mark:
        return _sqlite(Path(place))
    if kind not in _POSTGRESQL:
        raise ValueError(f"{kind}:// is no database for a record: postgresql:// or a file")
    return _postgresql(place)


def _sqlite(path: Path) -> dict[str, Any]:
    # In WAL with full sync a transaction that was acknowledged is on the disk; IMMEDIATE lets
    # writers wait for each other at the start of a transaction, not fail in its middle.
    begin = "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
    options = {"init_command": begin, "transaction_mode": "IMMEDIATE", "timeout": _WAIT_S}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path.absolute()),
        "OPTIONS": options,
    }


def _postgresql(place: str) -> dict[str, Any]:
    parts = urlsplit(place)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", str(parts.port or "")),
        "OPTIONS": options,
    }


def start() -> None:
    """Make Django ready, once; the settings are ours unless `DJANGO_SETTINGS_MODULE` says else."""
    import django  # noqa: PLC0415
    from django.apps import apps  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    if not apps.ready:
        django.setup()


def connect(place: str) -> str:
    """The name by which Django knows the database at this address from now on."""
    from django.db import connections  # noqa: PLC0415

    start()
    known: dict[str, dict[str, Any]] = connections.settings
    if place not in known:
        # Django wants a default beside it; the one that is there stays as it is.
        wanted = connections.configure_settings({"default": {}, place: database(place)})
        known[place] = wanted[place]
    return place
