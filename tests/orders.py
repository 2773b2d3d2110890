"""A valid order as a tree of plain tables, for tests to change one thing at a time.

    order(infusion__daily_dose="5 mg/day")      a key changed
    order(remote=None, limits__per_24h=None)    tables or keys left out
    order(solution__drug__0__name="baclofen")   the first item of a list
    order(tree, patient__born=None)             another tree changed

`toml` writes such a tree as the text of a file, `read` reads it as the commands do.
"""

import copy
import json
from datetime import UTC, date, datetime, time
from typing import Any

from cisterna.facts import Library
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text

Tree = dict[str, Any]

LIBRARY = Library()

BASE: Tree = {
    "schema": "cisterna/prescription/1",
    "order": {
        "by": "Dr A. Example",
        "phase": "maintenance",
        "jurisdiction": "US",
        "previous_daily_dose": "4.0 mg/day",
        "changed_at": date(2026, 11, 20),
    },
    "patient": {
        "name": "Test Patient",
        "id": "MRN 0001",
        "born": date(1965, 4, 1),
        "sex": "female",
        "height": "165 cm",
        "weight": "78 kg",
        "indication": "failed-back-surgery-syndrome",
        "opioid_tolerant": True,
        "conditions": [],
        "medicines": [],
        "zone": "America/New_York",
    },
    "pump": {
        "model": "synchromed-ii-20",
        "serial": "NGP000000H",
        "implanted": date(2024, 3, 2),
        "ziconotide_exposed": False,
        "tubing_volume": "0.140 mL",
    },
    "catheter": {
        "tip": "L2",
        "segment": [{"model": "ascenda-8780", "supplied": "100 cm", "trimmed": "18.6 cm"}],
    },
    "line": {"holds": "this"},
    "solution": {
        "prepared": datetime(2026, 11, 22, 16, tzinfo=UTC),
        "filled_at": datetime(2026, 11, 23, 10, tzinfo=UTC),
        "fill_volume": "20 mL",
        "drug": [{"name": "morphine", "concentration": "20 mg/mL", "product": "infumorph-500"}],
    },
    "infusion": {"primary": "morphine", "mode": "continuous", "daily_dose": "4.4 mg/day"},
    "remote": {"dose": "0.2 mg", "duration": "10 min", "lockout": "2 h", "max_per_day": 5},
    "limits": {"per_24h": "5.4 mg/day"},
    "safe": {"floor": "0.05 mL/day"},
    "alarm": {"low_reservoir": "2 mL"},
}


def order(base: Tree | None = None, /, **changes: Any) -> Tree:
    """A copy of the valid order with changes; `__` goes down a level, None leaves the key out."""
    tree = copy.deepcopy(BASE if base is None else base)
    for path, given in changes.items():
        value = copy.deepcopy(given)
        *parents, last = path.split("__")
        at: Any = tree
        for key in parents:
            at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
        if value is None:
            at.pop(int(last) if isinstance(at, list) else last, None)
        else:
            at[int(last) if isinstance(at, list) else last] = value
    return tree


def toml(tree: Tree) -> str:
    """The tree as TOML, one top-level key to a line."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in tree.items())


def read(tree: Tree, library: Library = LIBRARY) -> Prescription:
    """The tree as the reader understands it; raises `Unusable`."""
    return prescription_from_text(toml(tree), library, "order.toml")


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else _text(key)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    return repr(value)
