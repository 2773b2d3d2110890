"""A pump's values as bytes and back: what the journal keeps, by the types of the dataclasses.

Frozen dataclasses of integers, texts, tuples, optional values and one another; an event is
written with its name. Reading is strict: what does not fit its type is `Unreadable`.
"""

import json
from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from cisterna.pump import events
from cisterna.pump.state import State

T = TypeVar("T")
EVENTS: Mapping[str, type[events.Event]] = {
    kind.__name__: kind for kind in events.Event.__subclasses__()
}


_ENCODER = json.JSONEncoder(separators=(",", ":"))  # made once: it is used with each event


class Unreadable(ValueError):
    """Bytes that are not what they should be; nothing of them is used."""


def state_bytes(state: State) -> bytes:
    """A state for the journal."""
    return _dumped(_plain(state))


def read_state(body: bytes) -> State:
    """A state from the journal. Raises `Unreadable`."""
    return _read(State, _loaded(body))


def event_bytes(event: events.Event) -> bytes:
    """An event for the journal."""
    return _dumped([type(event).__name__, _plain(event)])


def read_event(body: bytes) -> events.Event:
    """An event from the journal. Raises `Unreadable`."""
    found = _loaded(body)
    if not isinstance(found, list) or len(found) != 2 or found[0] not in EVENTS:
        raise Unreadable("this is no event")
    return _read(EVENTS[found[0]], found[1])


def _dumped(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unreadable("these bytes are not what was written") from None


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return [_plain(getattr(value, f.name)) for f in _kept(value.__class__)]
    return [_plain(v) for v in value] if isinstance(value, tuple) else value


def _read(kind: type[T], value: Any) -> T:
    made: T = _as(kind, value)
    return made


def _as(kind: Any, value: Any) -> Any:
    origin = get_origin(kind)
    if is_dataclass(kind):
        return _dataclass(kind, value)
    if origin is tuple:
        return _tuple(get_args(kind), value)
    if origin in (Union, UnionType):
        return None if value is None else _as(_only(kind), value)
    if origin is Literal:
        return _checked(value, value in get_args(kind))
    return _checked(value, type(value) is kind)


def _only(kind: Any) -> Any:
    """The type of an optional value."""
    return next(k for k in get_args(kind) if k is not NoneType)


def _tuple(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    _checked(value, isinstance(value, list))
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_as(kinds[0], v) for v in value)
    _checked(value, len(kinds) == len(value))
    return tuple(_as(k, v) for k, v in zip(kinds, value, strict=True))


def _dataclass(kind: Any, value: Any) -> Any:
    hints = _hints(kind)
    _checked(value, isinstance(value, list) and len(value) == len(hints))
    try:
        return kind(**{n: _as(h, v) for (n, h), v in zip(hints.items(), value, strict=True)})
    except ValueError as problem:
        raise Unreadable(str(problem)) from None


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    hints = get_type_hints(kind)
    return {f.name: hints[f.name] for f in _kept(kind)}


@cache
def _kept(kind: Any) -> tuple[Field[Any], ...]:
    """The fields that are written: not those that follow from the others."""
    return tuple(f for f in fields(kind) if f.init and f.metadata.get("kept", True))


def _checked(value: Any, fits: bool) -> Any:
    if not fits:
        raise Unreadable("a value does not fit its type")
    return value
