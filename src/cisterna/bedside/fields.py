"""The form of the page: which fields there are, and what a file puts into them.

Both follow from the same tree of fields that reads a prescription, so the form can ask for nothing
that the reader does not know.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache
from typing import Any

from cisterna.facts import Library
from cisterna.order.agreement import KEYS_OF_MODE
from cisterna.order.form import (
    Amount,
    Choice,
    Clock,
    Day,
    Field,
    Flag,
    Form,
    Moment,
    Several,
    Whole,
)
from cisterna.order.prescription import MODES
from cisterna.order.schema import prescription_form
from cisterna.quantity import (
    CONCENTRATION,
    DOSE_RATE,
    DURATION,
    FLOW,
    LENGTH,
    MASS,
    VOLUME,
    Dimension,
    QuantityError,
)
from cisterna.quantity.unit import unit

UNITS: Mapping[Dimension, tuple[str, ...]] = {
    MASS: ("mg", "mcg"),
    VOLUME: ("mL",),
    DURATION: ("h", "min", "day"),
    LENGTH: ("cm", "mm"),
    FLOW: ("mL/day", "mL/h"),
    DOSE_RATE: ("mg/day", "mcg/day", "mg/h", "mcg/h"),
    CONCENTRATION: ("mg/mL", "mcg/mL"),
}
_UNITS_HERE = {"patient.weight": ("kg",), "patient.age": ("year", "month")}
_NUMBER = re.compile(r"\+?([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*(\S+)")
_KINDS: Mapping[type[Field], str] = {
    Choice: "choice",
    Amount: "amount",
    Flag: "flag",
    Whole: "whole",
    Day: "day",
    Moment: "moment",
    Clock: "clock",
    Several: "several",
}


@cache
def _form() -> Form:
    return prescription_form(Library())


# What the form asks for --------------------------------------------------------------------------


def spec(library: Library) -> dict[str, Any]:
    """Every field of the form for the page, with the library's names as the closed lists."""
    names = {
        **{d: library.drug(d).name for d in library.drug_ids},
        **{p: library.pump(p).name for p in library.pump_ids},
        **{c: library.catheter(c).name for c in library.catheter_ids},
    }
    for kind in ("indication", "condition", "medicine"):
        names |= {t: library.term(kind, t).name for t in library.terms(kind)}
    return {
        "fields": _spec(prescription_form(library), ""),
        "names": names,
        "products": {d: list(library.drug(d).products) for d in library.drug_ids},
        "modes": {mode: KEYS_OF_MODE[mode] for mode in MODES},
    }


def _spec(form: Form, at: str) -> list[dict[str, Any]]:
    return [_field(key, field, f"{at}.{key}" if at else key) for key, field in form.fields.items()]


def _field(key: str, field: Field, path: str) -> dict[str, Any]:
    row: dict[str, Any] = {"key": key, "path": path, "meaning": field.meaning}
    row |= {"kind": _KINDS.get(type(field), "text"), "required": field.required}
    if isinstance(field, Form):
        return row | {"kind": "rows" if field.many else "table", "fields": _spec(field, path)}
    if isinstance(field, Amount):
        units = _UNITS_HERE.get(path, UNITS[field.dimension])
        return row | {"units": units, "example": field.example}
    if isinstance(field, Choice):
        return row | {"words": field.words}
    if isinstance(field, Several) and isinstance(field.item, Choice):
        drugs = (f"{p}:{d}" for p in field.item.prefixes for d in Library().drug_ids)
        return row | {"words": (*field.item.words, *drugs)}
    if isinstance(field, Moment):
        return row | {"bare": field.bare}
    return row


# What a file puts into it ------------------------------------------------------------------------


def filled(text: str) -> dict[str, Any]:
    """The values of a file for the form; `fits` is false where the form cannot show all of it."""
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError):
        return {"values": {}, "fits": False, "because": "the text is no valid TOML"}
    misfits: list[str] = []
    values = _values(_form(), tree, "", misfits)
    because = f"it cannot show {', '.join(misfits[:3])}" if misfits else ""
    return {"values": values, "fits": not misfits, "because": because}


def _values(form: Form, table: object, at: str, misfits: list[str]) -> Any:
    if form.many:
        rows = table if isinstance(table, list) else []
        if not isinstance(table, list):
            misfits.append(at)
        one = Form(form.meaning, form.required, form.fields)
        return [_values(one, row, f"{at}[{n}]", misfits) for n, row in enumerate(rows, 1)]
    if not isinstance(table, dict):
        misfits.append(at or "the file")
        return {}
    misfits += [f"{at}.{k}" if at else k for k in table if k not in form.fields]
    shown: dict[str, Any] = {}
    for key in form.fields.keys() & table.keys():
        path = f"{at}.{key}" if at else key
        value = _value(form.fields[key], table[key], path, misfits)
        if value is not None:
            shown[key] = value
    return shown


def _value(field: Field, value: object, path: str, misfits: list[str]) -> Any:
    if isinstance(field, Form):
        return _values(field, value, path, misfits)
    shown = _amount(value) if isinstance(field, Amount) else _plain(field, value)
    if shown is None:
        misfits.append(path)
    return shown


def _amount(value: object) -> dict[str, str] | None:
    """The number as written and the unit by its one name."""
    match = _NUMBER.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        return {"number": match[1], "unit": unit(match[2]).name}
    except QuantityError:
        return None


def _plain(field: Field, value: object) -> Any:
    if isinstance(field, Moment | Day):
        return _moment(value, isinstance(field, Moment))
    if isinstance(field, Flag):
        return value if isinstance(value, bool) else None
    if isinstance(field, Whole):
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(field, Several):
        listed = isinstance(value, list) and all(isinstance(v, str) for v in value)
        return value if listed else None
    if isinstance(field, Clock) and isinstance(value, time):
        return value.isoformat("minutes") if value.second == value.microsecond == 0 else None
    line = isinstance(value, str) and "\n" not in value and "\r" not in value
    return value if line else None


def _moment(value: object, with_time: bool) -> str | None:
    if not isinstance(value, date):
        return None
    if isinstance(value, datetime):
        whole = value.utcoffset() is not None and not value.microsecond
        return value.isoformat() if with_time and whole else None
    return value.isoformat()
