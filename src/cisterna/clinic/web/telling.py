"""An event in words: what happened, and each thing that it says, for a timeline or a list."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from cisterna.clinic.bodies.planning import Moved
from cisterna.clinic.event import Event
from cisterna.clinic.web.words import plain, title
from cisterna.quantity import Quantity, show

_TEXTS = {"programme", "prescription", "text", "running", "ordered", "previous"}
_HIDDEN = frozenset({"proof", *_TEXTS})
_LONG = 400


@dataclass(frozen=True, slots=True)
class Told:
    """One event as a page shows it; `says` are pairs of a label and words."""

    id: str
    kind: str
    title: str
    at: datetime
    recorded: datetime
    who: str
    role: str
    why: str
    says: tuple[tuple[str, str], ...]
    corrects: str | None


def tell(found: Event, zone: ZoneInfo) -> Told:
    """One event, its times in a zone."""
    body = found.body
    name = title("kind", found.kind)
    says = tuple(_says(body))
    if isinstance(body, Moved):
        name, says = f"{title('place', body.before)} → {title('place', body.after)}", ()
    at, recorded = found.effective.astimezone(zone), found.recorded.astimezone(zone)
    role = title("role", found.actor.role)
    return Told(
        found.id, found.kind, name, at, recorded, found.actor.who, role, found.why, says,
        found.corrects,
    )  # fmt: skip


def _says(body: Any) -> list[tuple[str, str]]:
    found = []
    for one in fields(body):
        text = _text(getattr(body, one.name))
        if text and one.name not in _HIDDEN:
            found.append((plain(one.name), text))
    return found


def _text(value: Any) -> str:
    if value is None or value in ("", ()):
        return ""
    if is_dataclass(value) and not isinstance(value, Quantity):
        return ", ".join(f"{label} {text}" for label, text in _says(value))
    for kind, words in _WORDS:
        if isinstance(value, kind):
            return words(value)
    text = str(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]} …"


_WORDS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: "Yes" if value else "No"),
    (StrEnum, plain),
    (Quantity, show),
    (datetime, lambda value: f"{value:%Y-%m-%d %H:%M %z}"),
    (date, lambda value: value.isoformat()),
    (tuple, lambda value: "; ".join(_text(v) for v in value)),
)
