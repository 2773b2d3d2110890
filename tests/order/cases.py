"""Orders to test with: three that every check is content with, and what is found in others.

`ordered(MORPHINE, {"infusion.daily_dose": "5 mg/day"})` is the quiet morphine order with another
dose; the paths are those of `tests.orders`, written with dots.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cisterna.facts import Library
from cisterna.order.bridge import Bridge
from cisterna.order.checks import Check, Finding, check
from cisterna.order.prescription import Prescription
from cisterna.quantity import Quantity
from tests import orders
from tests.orders import LIBRARY, Tree, read

__all__ = ["LIBRARY", "Tree", "read"]  # of tests.orders, for the tests of this room

Changes = Mapping[str, Any]

PHASES = ("trial", "start", None, "titration", "maintenance")
NEW_PHASES = ("trial", "start", None)

MORPHINE: Tree = orders.order(remote=None, limits=None, safe=None, alarm__low_reservoir="5 mL")

REMOTE: Tree = orders.BASE["remote"]


def changed(base: Tree, changes: Changes) -> Tree:
    """A copy of an order's tables with some keys changed; None takes a key away."""
    return orders.order(base, **{path.replace(".", "__"): v for path, v in changes.items()})


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


def ordered(base: Tree = MORPHINE, changes: Changes | None = None) -> Prescription:
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
