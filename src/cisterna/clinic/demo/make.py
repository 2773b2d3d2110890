"""A demonstration in a folder: its pumps, its record, and the note that says it is whole.

demonstration.json   written last, so half a demonstration is none
fleet/               the virtual pumps, their stations, the signer's key and record
clinic.sqlite3       the record, of the kind `demonstration`
"""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from cisterna.clinic.demo.cast import Cast, whole_cast
from cisterna.clinic.demo.play import SEED, new_fleet, play
from cisterna.clinic.demo.stage import staged
from cisterna.clinic.event import Event
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.facts import Library
from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused
from cisterna.pump.fleet import Fleet

SCHEMA = "cisterna/demonstration/1"
NOTE, FLEET, DATABASE = "demonstration.json", "fleet", "clinic.sqlite3"

Share = Callable[[float], None]
"""Hears how much is done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A demonstration that stands in a folder."""

    folder: Path

    @property
    def fleet(self) -> Fleet:
        """Its pumps. Raises `Unusable`."""
        return Fleet.read(self.folder / FLEET)

    @property
    def database(self) -> str:
        """The address of its record."""
        return str((self.folder / DATABASE).absolute())

    @classmethod
    def opened(cls, folder: Path) -> "Demonstration | None":
        """The demonstration of a folder, None where nothing is there yet.

        Raises `Unusable` where something else is, and `Refused` for a record of real people.
        """
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return None
        found = cls(folder)
        if not _noted(folder) or found.fleet.zero is None:
            expected = "a folder that is empty, or holds a demonstration"
            raise Unusable("command line", [Problem("DIR", f"{folder} holds others", expected)])
        _record(found.database)
        return found


def _noted(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / NOTE).read_bytes())["schema"] == SCHEMA)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _record(database: str) -> None:
    """Raise `Refused` unless the record is there and of a demonstration."""
    from cisterna.clinic.ledger.place import connect  # noqa: PLC0415  (Django, only where needed)

    name = connect(database)
    from cisterna.clinic.ledger.record import Record  # noqa: PLC0415

    Record.open(name, ClinicKind.DEMONSTRATION)


def make(
    folder: Path, cast: Cast | None = None, seed: int = SEED, share: Share = lambda done: None
) -> Demonstration:
    """Play the cast's histories into a new folder. Raises `Unusable`, and `Broken` for a story.

    Made beside the folder and moved there when it is whole.
    """
    if Demonstration.opened(folder) is not None:
        raise Refused("demonstration-exists", f"{folder} holds one.", "Take another folder.")
    cast = cast or whole_cast()
    whole = folder.absolute()
    whole.parent.mkdir(parents=True, exist_ok=True)
    part = Path(mkdtemp(prefix=".demonstration-", dir=whole.parent))
    try:
        events = _played(part, cast, seed, share)
        _written(part, events)
        note = {"schema": SCHEMA, "seed": seed, "until": cast.end.isoformat()}
        (part / NOTE).write_text(json.dumps(note), "utf-8")
        os.replace(part, whole)  # over an empty folder or none
    except BaseException:
        rmtree(part, ignore_errors=True)
        raise
    share(1.0)
    return Demonstration(folder)


def _played(part: Path, cast: Cast, seed: int, share: Share) -> list[Event]:
    library = Library()
    fleet = new_fleet(part / FLEET, cast, library)

    def told(at: datetime) -> None:
        share((at - cast.zero) / (cast.end - cast.zero))

    with staged(fleet, library) as stage:
        play(stage, cast, seed, told)
        return stage.events


def _written(part: Path, events: Iterable[Event]) -> None:
    """The history as a record of its own, all of it or none."""
    from cisterna.clinic.ledger.place import connect  # noqa: PLC0415  (Django, only where needed)

    name = connect(str(part / DATABASE))
    from django.db import connections  # noqa: PLC0415

    from cisterna.clinic.ledger.record import Record  # noqa: PLC0415

    Record.create(name, ClinicKind.DEMONSTRATION).append(*events)
    with connections[name].cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the file alone is the record then
    connections[name].close()
