"""What happened to a person, as one event: who did it, as what, when, why, on what evidence.

An event has a body, a frozen dataclass that `event` has made known by name; its fields are texts,
whole numbers, truth values, civil times, dates, quantities, other such dataclasses, tuples of
them, and optional values. Quantities are kept as they are read (`4.4 mg/day`), times with their
offset. An event is one text, the same on every machine: that text is what the record's chain
binds. Nothing is ever changed: a correction is a new event that names the one it corrects.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from cisterna.quantity import Quantity, QuantityError, decimal_text

T = TypeVar("T")


class Role(StrEnum):
    """As what somebody acts (pathway §8)."""

    PHYSICIAN = "physician"
    SURGEON = "surgeon"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    THERAPIST = "therapist"
    PSYCHOLOGIST = "psychologist"
    PATIENT = "patient"
    CAREGIVER = "caregiver"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and as what."""

    who: str
    role: Role


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `recorded` is when it was written down, `effective` when it was so.

    `device_ms` is the pump's own time where the pump was asked. `evidence` names other events and
    documents. Raises `ValueError` for a time without an offset or a body that is not known.
    """

    id: str
    person: str
    actor: Actor
    recorded: datetime
    effective: datetime
    body: Any
    why: str = ""
    evidence: tuple[str, ...] = ()
    device_ms: int | None = None
    corrects: str | None = None

    def __post_init__(self) -> None:
        if self.recorded.utcoffset() is None or self.effective.utcoffset() is None:
            raise ValueError("an event's times have an offset")
        if BODIES.get(name_of(type(self.body))) is not type(self.body):
            raise ValueError(f"{type(self.body).__name__} is no body of an event")

    @property
    def kind(self) -> str:
        """What happened, as a word."""
        return name_of(type(self.body))


class Unreadable(ValueError):
    """Text that is no event; nothing of it is used."""


BODIES: dict[str, type[Any]] = {}


def event(kind: type[T]) -> type[T]:
    """Make a frozen dataclass known as the body of an event (a decorator)."""
    BODIES[name_of(kind)] = kind
    return kind


def name_of(kind: type[Any]) -> str:
    """`TrialPlanned` is `trial-planned`."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in kind.__name__).lstrip("-")


def event_text(found: Event) -> str:
    """The one text of an event: JSON with sorted keys, without spaces, in ASCII."""
    plain = {f.name: _plain(getattr(found, f.name)) for f in fields(found)}
    return json.dumps(plain | {"kind": found.kind}, sort_keys=True, separators=(",", ":"))


def read_event(text: str) -> Event:
    """The event of a text that `event_text` wrote. Raises `Unreadable`."""
    try:
        row = json.loads(text)
        kind = BODIES[row.pop("kind")]
        hints = dict(_hints(Event)) | {"body": kind}
        if row.keys() != hints.keys():
            raise Unreadable("these are not the fields of an event")
        found = Event(**{name: _read(hint, row[name]) for name, hint in hints.items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, QuantityError) as why:
        raise Unreadable(f"this is no event: {why}") from None
    if event_text(found) != text:
        raise Unreadable("this is not the one text of its event")
    return found


# Values ------------------------------------------------------------------------------------------


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, Quantity):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Quantity):
        return _quantity_text(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, str)):
        return str(value) if isinstance(value, StrEnum) else value
    raise TypeError(f"{type(value).__name__} has no place in an event")


def _quantity_text(value: Quantity) -> str:
    unit = value.unit.name
    text = f"{decimal_text(value.number(unit))} {unit}"
    if Quantity.parse(text) != value:
        raise ValueError(f"{text} is not all of a quantity: an event keeps what was written")
    return text


def _read(hint: Any, value: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        kinds = [k for k in get_args(hint) if k is not NoneType]
        return None if value is None else _read(kinds[0], value)
    if get_origin(hint) is tuple:
        return tuple(_read(get_args(hint)[0], v) for v in _of(list, value))
    if reader := _READERS.get(hint):
        return reader(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(_of(str, value))
    return _dataclass(hint, _of(dict, value))


def _dataclass(kind: Any, row: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    if row.keys() != hints.keys():
        raise Unreadable(f"these are not the fields of {kind.__name__}")
    return kind(**{name: _read(hint, row[name]) for name, hint in hints.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return {f.name: get_type_hints(kind)[f.name] for f in fields(kind)}


def _of(kind: type[T], value: Any) -> T:
    if type(value) is not kind:
        raise Unreadable(f"{value!r:.40} is no {kind.__name__}")
    return value


_READERS: dict[Any, Callable[[Any], Any]] = {
    str: lambda value: _of(str, value),
    int: lambda value: _of(int, value),
    bool: lambda value: _of(bool, value),
    datetime: lambda value: datetime.fromisoformat(_of(str, value)),
    date: lambda value: date.fromisoformat(_of(str, value)),
    Quantity: lambda value: Quantity.parse(_of(str, value)),
}


def now() -> datetime:
    """The moment, for `recorded`."""
    return datetime.now(UTC)
