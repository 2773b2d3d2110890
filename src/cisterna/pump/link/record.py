"""Frozen dataclasses as plain JSON values and back, strictly.

A class is its own schema: every field is needed, no other key is allowed, an integer stays inside
its bounds and a text matches its pattern. Verbs, answers and all state of the link use it, so a
journal of another version is refused by the same code that refuses a malformed command.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from cisterna.pump.link.canonical import LARGEST, Json, Unfit

MOST_ITEMS = 4096
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer from `low` to `high`."""

    low: int = 0
    high: int = LARGEST

    def fits(self, value: Json) -> bool:
        """Whether it is an integer (a truth value is none) inside the bounds."""
        return type(value) is int and self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Text:
    """A text that matches `pattern` in full."""

    pattern: str

    def fits(self, value: Json) -> bool:
        """Whether it is a text of that form."""
        return isinstance(value, str) and re.fullmatch(self.pattern, value, re.ASCII) is not None


@dataclass(frozen=True, slots=True)
class Anything:
    """An object whose content is read elsewhere; only its canonical form is settled here."""

    def fits(self, value: Json) -> bool:
        """Whether it is an object at all."""
        return isinstance(value, dict)


Count = Annotated[int, Whole()]
Positive = Annotated[int, Whole(low=1)]
Signed = Annotated[int, Whole(low=-LARGEST)]
Name = Annotated[str, Text(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")]
Code = Annotated[str, Text(r"[a-z][a-z0-9-]{0,63}")]
Words = Annotated[str, Text(r"[ -~]{0,300}")]
Id = Annotated[str, Text(r"[0-9a-f]{32}")]
Hex32 = Annotated[str, Text(r"[0-9a-f]{64}")]
Hex64 = Annotated[str, Text(r"[0-9a-f]{128}")]
Opaque = Annotated[dict[str, Any], Anything()]


_ALREADY = (int, str, bool, type(None))


def plain(value: Any) -> Json:
    """A dataclass, or a part of one, as JSON values."""
    kind = type(value)
    if kind in _ALREADY:  # most are: asked first, it halves the time of a record
        return cast("Json", value)
    names = _names(cast("Hashable", kind))
    if names is not None:
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    raise Unfit(f"{type(value).__name__} has no place in a record")


@cache
def _names(kind: Hashable) -> tuple[str, ...] | None:
    """The fields of a dataclass, None for any other type."""
    return tuple(f.name for f in fields(kind)) if is_dataclass(kind) else None


def build(kind: type[T], value: Json) -> T:
    """The dataclass `kind` from JSON values. Raises `Unfit` for anything else than its fields."""
    hints = _hints(cast("Hashable", kind))
    if not isinstance(value, dict) or value.keys() != hints.keys():
        raise Unfit(f"not the keys of {kind.__name__}")
    return kind(**{name: _part(hint, value[name]) for name, hint in hints.items()})


@cache
def _hints(kind: Hashable) -> dict[str, Any]:
    cls = cast("type[Any]", kind)
    hints = get_type_hints(cls, include_extras=True)
    return {f.name: hints[f.name] for f in fields(cls)}


def _part(hint: Any, value: Json) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _checked(args[1].fits, value)
    if origin in (Union, UnionType):
        return None if value is None else _part(args[0], value)
    if origin is tuple:
        return _several(args[0], value)
    if is_dataclass(hint):
        return build(cast("type[Any]", hint), value)
    if value not in list(hint):
        raise Unfit(f"not one of {hint.__name__}")
    return hint(value)


def _checked(fits: Callable[[Json], bool], value: Json) -> Json:
    if not fits(value):
        raise Unfit("a value is outside its bounds or of another form")
    return value


def _several(hint: Any, value: Json) -> tuple[Any, ...]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise Unfit("not a list, or too long a list")
    return tuple(_part(hint, v) for v in value)
