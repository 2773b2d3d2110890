"""Results as plain JSON objects: the field names of the results are the keys.

A field with `wire` in its metadata goes by that name, or not at all where it is None.
Quantities are `{"value": "0.31908", "unit": "mL"}` with the value in full precision, times ISO
8601 with offset, ratios plain decimals, unknown null.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from fractions import Fraction
from typing import Any

from cisterna.facts import Cited
from cisterna.quantity import Quantity, decimal_text

_WIRE_UNITS = {
    "g": "mg",
    "kg": "mg",
    "mcL": "mL",
    "L": "mL",
    "week": "day",
    "month": "day",
    "year": "day",
    "mm": "cm",
    "m": "cm",
}


def wire(value: Any) -> Any:
    """Anything of a result as JSON-ready values."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    simple = _scalar(value)
    if simple is not None:
        return simple
    if isinstance(value, Cited):
        return _fact(value)
    if isinstance(value, Mapping):
        return {str(k): wire(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [wire(v) for v in value]
    if is_dataclass(value):
        names = {f.name: f.metadata.get("wire", f.name) for f in fields(value)}
        return {shown: wire(getattr(value, name)) for name, shown in names.items() if shown}
    raise TypeError(f"{type(value).__name__} has no place in a result")


def _scalar(value: Any) -> Any:
    if isinstance(value, Quantity):
        return quantity(value)
    if isinstance(value, Fraction):
        return float(decimal_text(value))
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    return None


def quantity(value: Quantity) -> Any:
    """A quantity on the wire; a ratio becomes a plain decimal."""
    name = value.unit.name
    if name in ("1", "%"):
        return float(decimal_text(value.base))
    top, slash, bottom = name.partition("/")
    unit = _WIRE_UNITS.get(top, top) + slash + _WIRE_UNITS.get(bottom, bottom)
    return {"value": decimal_text(value.number(unit)), "unit": unit}


def _fact(fact: Cited) -> dict[str, Any]:
    low, high = fact.low, fact.high
    ends = {"low": wire(low), "high": wire(high)}
    value = {"value": wire(low)} if low is not None and low == high else ends
    return {
        "fact": fact.path,
        **value,
        "source": fact.source,
        "locator": fact.locator,
        "certainty": fact.certainty,
        "authority": fact.authority,
        **({"note": fact.note} if fact.note else {}),
    }
