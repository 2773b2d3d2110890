"""Orders to test with: three that every check is content with, and small changes to them.

`order(MORPHINE, {"infusion.daily_dose": "5 mg/day"})` is the quiet morphine order with another
dose; a number in the path picks a row of a list, None takes a key away.
"""

import copy
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from cisterna.facts import Library
from cisterna.order.bridge import Bridge
from cisterna.order.checks import Check, Finding, check
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.quantity import Quantity

Tree = dict[str, Any]
Changes = Mapping[str, Any]

LIBRARY = Library()

PHASES = ("trial", "start", None, "titration", "maintenance")
NEW_PHASES = ("trial", "start", None)

MORPHINE: Tree = tomllib.loads(
    """
    schema = "cisterna/prescription/1"
    [order]
    by = "Dr A. Example"
    phase = "maintenance"
    jurisdiction = "US"
    previous_daily_dose = "4.0 mg/day"
    changed_at = 2026-11-20
    [patient]
    name = "Test Patient"
    id = "MRN 0001"
    born = 1965-04-01
    indication = "failed-back-surgery-syndrome"
    opioid_tolerant = true
    conditions = []
    medicines = []
    [pump]
    model = "synchromed-ii-20"
    implanted = 2024-03-02
    tubing_volume = "0.140 mL"
    [catheter]
    tip = "L2"
    [[catheter.segment]]
    model = "ascenda-8780"
    supplied = "100 cm"
    trimmed = "18.6 cm"
    [solution]
    prepared = 2026-11-22T16:00:00+00:00
    filled_at = 2026-11-23T10:00:00+00:00
    fill_volume = "20 mL"
    [[solution.drug]]
    name = "morphine"
    concentration = "20 mg/mL"
    product = "infumorph-500"
    [infusion]
    primary = "morphine"
    mode = "continuous"
    daily_dose = "4.4 mg/day"
    [alarm]
    low_reservoir = "5 mL"
    """
)

REMOTE: Tree = {"dose": "0.2 mg", "duration": "10 min", "lockout": "2 h", "max_per_day": 5}


def changed(base: Tree, changes: Changes) -> Tree:
    """A copy of an order's tables with some keys changed; None takes a key away."""
    tree = copy.deepcopy(base)
    for path, value in changes.items():
        *way, last = path.split(".")
        at: Any = tree
        for key in way:
            at = at[int(key)] if key.isdigit() else at.setdefault(key, {})
        if value is None:
            at.pop(last, None)
        else:
            at[last] = copy.deepcopy(value)
    return tree


def drug(name: str, concentration: str, **more: Any) -> Tree:
    """A row of the solution; free of preservative unless it says otherwise."""
    if "product" not in more:
        more.setdefault("preservative_free", True)
    return {"name": name, "concentration": concentration, **more}


BACLOFEN: Tree = changed(
    MORPHINE,
    {
        "order.previous_daily_dose": "400 mcg/day",
        "patient.indication": "multiple-sclerosis",
        "patient.opioid_tolerant": None,
        "solution.drug": [drug("baclofen", "2000 mcg/mL", product="lioresal-2000")],
        "infusion": {"primary": "baclofen", "mode": "continuous", "daily_dose": "440 mcg/day"},
        "safe": {"floor": "0.05 mL/day"},
    },
)

ZICONOTIDE: Tree = changed(
    MORPHINE,
    {
        "order.previous_daily_dose": "6 mcg/day",
        "patient.opioid_tolerant": None,
        "pump.ziconotide_exposed": True,
        "solution.drug": [drug("ziconotide", "25 mcg/mL", product="prialt-25")],
        "infusion": {"primary": "ziconotide", "mode": "continuous", "daily_dose": "6 mcg/day"},
    },
)

HYDROMORPHONE: Tree = changed(
    MORPHINE,
    {
        "order.previous_daily_dose": "1 mg/day",
        "solution.drug": [drug("hydromorphone", "5 mg/mL")],
        "infusion": {"primary": "hydromorphone", "mode": "continuous", "daily_dose": "1 mg/day"},
    },
)

MIXTURE: Tree = changed(
    MORPHINE,
    {
        "solution.drug": [
            drug("morphine", "20 mg/mL", product="infumorph-500"),
            drug("bupivacaine", "10 mg/mL"),
        ],
    },
)

QUIET = {"morphine": MORPHINE, "baclofen": BACLOFEN, "ziconotide": ZICONOTIDE}


def toml(tree: Mapping[str, Any]) -> str:
    """The tables as the text of a prescription file."""
    return "\n".join(_lines(tree, "")) + "\n"


def _lines(table: Mapping[str, Any], at: str) -> Iterator[str]:
    for key, value in table.items():
        if not isinstance(value, dict) and not _tables(value):
            yield f"{key} = {_value(value)}"
    for key, value in table.items():
        path = f"{at}.{key}" if at else key
        if isinstance(value, dict):
            yield f"[{path}]"
            yield from _lines(value, path)
        elif _tables(value):
            for row in value:
                yield f"[[{path}]]"
                yield from _lines(row, path)


def _tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(_value(v) for v in value)}]"
    if isinstance(value, int):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def read(tree: Mapping[str, Any], library: Library = LIBRARY) -> Prescription:
    """The prescription that these tables say."""
    return prescription_from_text(toml(tree), library)


def order(base: Tree = MORPHINE, changes: Changes | None = None) -> Prescription:
    """A prescription: one of the quiet orders with some keys changed."""
    return read(changed(base, changes or {}))


def after(old: Prescription, new: Prescription) -> Prescription:
    """The new order, with the old solution still in the line."""
    return replace(new, holds=old)


def checked(
    base: Tree = MORPHINE,
    changes: Changes | None = None,
    library: Library = LIBRARY,
    bridge: Bridge | None = None,
) -> Check:
    """Every finding of an order."""
    return check(read(changed(base, changes or {}), library), library, bridge)


def findings(code: str, base: Tree = MORPHINE, changes: Changes | None = None) -> list[Finding]:
    """The findings of one code."""
    return [f for f in checked(base, changes).findings if f.code == code]


def finding(code: str, base: Tree = MORPHINE, changes: Changes | None = None) -> Finding:
    """The one finding of a code; more or fewer than one is an error."""
    (only,) = findings(code, base, changes)
    return only


def quiet(code: str, base: Tree = MORPHINE, changes: Changes | None = None) -> bool:
    """Whether an order has no finding of a code."""
    return not findings(code, base, changes)


def evidence(found: Finding) -> tuple[str, str | None, str | None, str | None]:
    """How loud a finding is, whose limit it is, from which source, and how sure we are."""
    return found.severity, found.authority, found.source, found.certainty


def q(text: str) -> Quantity:
    """A quantity from its text."""
    return Quantity.parse(text)
