"""What a page sends for the input of an act: each field as a browser would fill it."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from cisterna.clinic.web.words import words
from cisterna.quantity import Quantity, show
from tests.clinic.people import ENTRY


def sent(act: str, asked: Any, base: int, why: str = "") -> dict[str, Any]:
    """The form of an act for this input."""
    about = {"base": str(base), "why": why}
    if not is_dataclass(asked):
        return about | {"asked": asked}
    pairs = words("act", act).get("answers", ())
    for pair in pairs:
        for key, word in ((pair["yes"], "yes"), (pair["no"], "no")):
            about |= {f"{pair['yes']}:{name}": word for name in getattr(asked, key)}
    rest = {p[k] for p in pairs for k in ("yes", "no")}
    values = {f.name: _text(getattr(asked, f.name)) for f in fields(asked) if f.name not in rest}
    return about | {k: v for k, v in values.items() if v is not None}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Quantity):
        return show(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(ZoneInfo(ENTRY.zone)):%Y-%m-%dT%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, (StrEnum, int)) else value
