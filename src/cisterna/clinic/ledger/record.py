"""The record of one clinic: made once, written at its end only, read in order.

What `append` has returned is on the disk. Several events are written all or none, and the same
event again is no second one, so an act whose answer was lost can simply be done again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connections, transaction

from cisterna.clinic.event import Event, event_text, read_event
from cisterna.clinic.ledger.entry import ClinicKind, Entry, entry_after, origin
from cisterna.clinic.ledger.models import ClinicRow, EventRow
from cisterna.order.line import Refused

_TRIES = 5
_CHUNK = 2000
_NAME = re.compile("[!-~]{1,100}")
# The number that writers of one PostgreSQL database queue for.
_TURN = 0xC157E29A


class Head(NamedTuple):
    """How far the record goes: its last number and that entry's hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Record:
    """A clinic's record in a database that Django knows by a name."""

    database: str
    clinic: ClinicKind
    id: str

    @classmethod
    def create(cls, database: str, clinic: ClinicKind, record: str | None = None) -> "Record":
        """Make the tables and an empty record. Raises `Refused` where there is one."""
        _keep_private(database)
        call_command("migrate", "ledger", database=database, verbosity=0, interactive=False)
        found = cls(database, clinic, record or uuid4().hex)
        try:
            found.mark()
        except IntegrityError:
            words = "This database holds a record already."
            raise Refused("record-exists", words, "Name another database.") from None
        return found

    @classmethod
    def open(cls, database: str, clinic: ClinicKind | None = None) -> "Record":
        """The record of a database. Raises `Refused` for none, and for one of another kind."""
        row = _clinic_row(database)
        if row is None:
            raise Refused("no-record", "This database holds no record.", "Make or restore one.")
        if clinic not in (None, row.clinic):
            words = f"This record is of a {row.clinic} clinic, not of a {clinic} one."
            raise Refused("other-clinic", words, "Name the database of that clinic.")
        return cls(database, ClinicKind(row.clinic), row.record)

    def mark(self) -> None:
        """Say whose record this database holds, once. Raises `IntegrityError` the second time."""
        row = ClinicRow(clinic=self.clinic, record=self.id)
        row.save(using=self.database, force_insert=True)

    def append(self, *events: Event) -> tuple[Entry, ...]:
        """Write what happened at the end of the record, all of it or nothing.

        An event that is there already with the same text is left as it is. Raises `Refused` for
        the same id with another text, and for a correction of what this person's record lacks.
        """
        texts = [_text(event) for event in events]
        for _ in range(_TRIES):
            try:
                with transaction.atomic(using=self.database, durable=True):
                    _wait_for_turn(self.database)
                    return self._written(events, texts)
            except IntegrityError:
                # Somebody wrote without waiting for a turn: the end is another now.
                continue
            except OperationalError as why:
                if "locked" not in str(why):
                    raise
        words = "Others keep the record busy; nothing was written."
        raise Refused("record-busy", words, "Do it again.")

    def entries(self, person: str | None = None, since: int = 0) -> Iterator[Entry]:
        """What happened after number `since`, of everybody or of one person, in order."""
        rows = EventRow.objects.using(self.database).filter(seq__gt=since).order_by("seq")
        if person is not None:
            rows = rows.filter(person=person)
        values = rows.values_list("seq", "previous", "hash", "text")
        return (Entry(*row) for row in values.iterator(chunk_size=_CHUNK))

    def head(self) -> Head:
        """How far the record goes; number 0 where nothing happened yet."""
        rows = EventRow.objects.using(self.database).order_by("-seq")
        found = rows.values_list("seq", "hash").first()
        return Head(*found) if found else Head(0, origin(self.clinic, self.id))

    def _written(self, events: Sequence[Event], texts: Sequence[str]) -> tuple[Entry, ...]:
        known = self._known(events)
        seq, last = self.head()
        found, rows = [], []
        for event, text in zip(events, texts, strict=True):
            entry = known[event.id][1] if event.id in known else entry_after(seq, last, text)
            if entry.text != text:
                words = f"Event {event.id} is on record with another text."
                raise Refused("other-text", words, "Write a correction: a new event.")
            if event.id not in known:
                _refuse_stray(event, known)
                known[event.id] = (event.person, entry)
                seq, last = entry.seq, entry.hash
                rows.append(event_row(entry, event.person, event.kind, event.id))
            found.append(entry)
        EventRow.objects.using(self.database).bulk_create(rows, batch_size=_CHUNK)
        return tuple(found)

    def _known(self, events: Sequence[Event]) -> dict[str, tuple[str, Entry]]:
        """The person and the entry of each named event that is on record."""
        names = {event.id for event in events} | {e.corrects for e in events if e.corrects}
        rows = EventRow.objects.using(self.database).filter(event_id__in=names)
        return {
            row.event_id: (row.person, Entry(row.seq, row.previous, row.hash, row.text))
            for row in rows
        }


def event_row(entry: Entry, person: str, kind: str, name: str) -> EventRow:
    """The row of an entry."""
    place = {"seq": entry.seq, "previous": entry.previous, "hash": entry.hash}
    return EventRow(person=person, kind=kind, event_id=name, text=entry.text, **place)


def _text(event: Event) -> str:
    """The event's text, which can be read again. Raises `Refused` for a strange name."""
    for name in (event.id, event.person):
        if not _NAME.fullmatch(name):
            words = f"{name[:40]!r} is no name on a record."
            raise Refused("bad-name", words, "Take up to 100 printable ASCII signs, no space.")
    text = event_text(event)
    read_event(text)
    return text


def _refuse_stray(event: Event, known: dict[str, tuple[str, Entry]]) -> None:
    """A correction names an event of the same person."""
    if event.corrects is None:
        return
    if event.corrects not in known or known[event.corrects][0] != event.person:
        words = f"The record of {event.person} has no event {event.corrects} to correct."
        raise Refused("nothing-to-correct", words, "Name an event of the same person.")


def _file(database: str) -> Path | None:
    connection = connections[database]
    return Path(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else None


def _keep_private(database: str) -> None:
    """A new file of SQLite is for its owner alone: it is about people."""
    file = _file(database)
    if file is not None:
        file.touch(mode=0o600)


def _clinic_row(database: str) -> ClinicRow | None:
    connection, file = connections[database], _file(database)
    if file is not None and not file.exists():
        # To look would make an empty file.
        return None
    if ClinicRow._meta.db_table not in connection.introspection.table_names():
        return None
    return ClinicRow.objects.using(database).first()


def _wait_for_turn(database: str) -> None:
    """One writer after another. SQLite has taken its one lock with the transaction."""
    connection = connections[database]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
