"""An event in its place on the record, and the hash that binds it there."""

import json
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from cisterna.clinic.event import Event, read_event

FORMAT = "cisterna/record/1"


class ClinicKind(StrEnum):
    """Whose events these are: of people, or of a demonstration. The two never share a record."""

    DEMONSTRATION = "demonstration"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class Entry:
    """The event with number `seq`; `hash` covers its text, its number and the hash before it."""

    seq: int
    previous: str
    hash: str
    text: str

    @property
    def event(self) -> Event:
        """What happened. Raises `Unreadable` where this version does not know the event."""
        return read_event(self.text)

    def line(self) -> str:
        """The entry as a line of an export."""
        row = {"seq": self.seq, "previous": self.previous, "hash": self.hash, "text": self.text}
        return _one_line(row)


def entry_after(seq: int, previous: str, text: str) -> Entry:
    """The entry of a text that follows the entry `seq` with the hash `previous`."""
    number = seq + 1
    bound = sha256(f"{previous}\n{number}\n{text}".encode()).hexdigest()
    return Entry(number, previous, bound, text)


def head_line(clinic: ClinicKind, record: str) -> str:
    """The head of an export: whose record it is. Its hash is what the first entry follows."""
    return _one_line({"record": FORMAT, "clinic": str(clinic), "id": record})


def end_line(seq: int, last: str) -> str:
    """The end of an export: its last number and hash, so that a part is no whole."""
    return _one_line({"end": {"seq": seq, "hash": last}})


def origin(clinic: ClinicKind, record: str) -> str:
    """What the first entry follows."""
    return sha256(head_line(clinic, record).encode()).hexdigest()


def _one_line(row: object) -> str:
    return json.dumps(row, sort_keys=True, separators=(",", ":"))
