"""What a page sends for the input of an act: each field as a browser would fill it."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from cisterna.clinic.web.words import words
from cisterna.quantity import Quantity, decimal_text
from tests.clinic.people import ENTRY

ZONE = [ZoneInfo(ENTRY.zone)]


def sent(
    act: str, asked: Any, base: int, why: str = "", zone: ZoneInfo | None = None
) -> dict[str, Any]:
    """The form of an act for this input, its times in the zone of the person."""
    ZONE[0] = zone or ZoneInfo(ENTRY.zone)
    about = {"base": str(base), "why": why}
    about |= (
        _sent(asked, "", words("act", act)) if is_dataclass(asked) else _one(asked, "asked", {})
    )
    return {k: v for k, v in about.items() if v is not None}


def _sent(asked: Any, prefix: str, said: Any) -> dict[str, Any]:
    row: dict[str, Any] = {}
    pairs = said.get("answers", ())
    for pair in pairs:
        for key, word in ((pair["yes"], "yes"), (pair["no"], "no")):
            row |= {f"{pair['yes']}:{name}": word for name in getattr(asked, key)}
    rest = {p[k] for p in pairs for k in ("yes", "no")}
    for one in fields(asked):
        if one.name not in rest:
            inner = said.get("field", {}).get(one.name, {})
            row |= _one(getattr(asked, one.name), f"{prefix}{one.name}", inner)
    return row


def _one(value: Any, name: str, said: Any) -> dict[str, Any]:
    if is_dataclass(value) and not isinstance(value, Quantity):
        return _sent(value, f"{name}-", said)
    if isinstance(value, tuple) and value and is_dataclass(value[0]):
        groups = [_sent(v, f"{name}-{n}-", said) for n, v in enumerate(value)]
        return {k: v for group in groups for k, v in group.items()}
    if isinstance(value, tuple):
        return {name: list(value) if "choices" in said else "\n".join(value)}
    return {name: _text(value)}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Quantity):
        return f"{decimal_text(value.number(value.unit.name))} {value.unit.name}"
    if isinstance(value, datetime):
        return f"{value.astimezone(ZONE[0]):%Y-%m-%dT%H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, (StrEnum, int)) else value
