"""What the page asks and what it gets: pure functions from the texts of two orders to plain data.

The plan in the answer is the object that `cisterna plan OLD NEW --json` prints, made by the same
code; beside it stand the words and pieces of HTML that the page shows.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from cisterna.bedside.parts import (
    plan_parts,
    plan_words,
    problems_part,
    refusal_part,
    residual_part,
)
from cisterna.facts import FactsError, Library
from cisterna.order.form import Problem, Unusable
from cisterna.order.line import Refused
from cisterna.order.plan import Plan, plan
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.order.residual import Residual, residual
from cisterna.order.sheet import sheet
from cisterna.order.wire import wire
from cisterna.quantity import VOLUME, Quantity, QuantityError
from cisterna.spine.course import course

DONE, BLOCKED, UNUSABLE = 0, 1, 2
OLD, NEW, VISIT = "old", "new", "visit"

_Problems = list[tuple[str, Problem]]


def answer(
    old_toml: str | None,
    new_toml: str,
    bridged: bool = True,
    residual_inputs: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The plan, the words and the pieces of HTML for two orders (or a first one).

    `bridged` says whether the bridge is programmed: it changes what the page tells, never the plan.
    `residual_inputs` holds `order`, `measured`, `at`, `boluses` and `pump_says` as typed.
    """
    problems: _Problems = []
    old = _order(OLD, old_toml, None, problems) if old_toml is not None else None
    unread = old_toml is not None and old is None
    new = _order(NEW, new_toml, old, problems, previous_unread=unread)
    found: dict[str, Any] = {"code": UNUSABLE, "problems": [], "plan": None, "html": {}}
    if new is None or unread:
        found["problems"] = [{"pane": pane, **wire(p)} for pane, p in problems]
        found["html"] = {"story": problems_part(problems)}
        count = f"{len(problems)} to mend."
        found["words"] = {"kind": "danger", "verdict": count, "headline": "There is no plan yet."}
    else:
        found |= _planned(old, new, bridged)
    orders = {OLD: old, NEW: new}
    return found | {"residual": _visit(orders, bridged, residual_inputs)}


def paper(old_toml: str | None, new_toml: str) -> dict[str, Any]:
    """The sheet to print and sign, or nothing where there is no plan."""
    try:
        return {"html": sheet(_plan_of(old_toml, new_toml), _library())}
    except (Unusable, FactsError, QuantityError, Refused) as problem:
        return {"html": None, "because": str(problem)}


@cache
def _library() -> Library:
    return Library()


def _plan_of(old_toml: str | None, new_toml: str) -> Plan:
    old = None if old_toml is None else prescription_from_text(old_toml, _library(), "old.toml")
    return plan(old, prescription_from_text(new_toml, _library(), "new.toml", old), _library())


def _order(
    pane: str,
    text: str,
    previous: Prescription | None,
    problems: _Problems,
    previous_unread: bool = False,
) -> Prescription | None:
    """The order in a pane, or None with everything that is wrong with it in `problems`."""
    try:
        return prescription_from_text(text, _library(), f"{pane}.toml", previous)
    except Unusable as unusable:
        found = unusable.problems
        if previous_unread:
            found = [p for p in found if p.key != "line.holds"]
        problems += [(pane, p) for p in found]
    except (FactsError, QuantityError) as problem:
        problems.append((pane, Problem("file", str(problem), "known names and quantities")))
    return None


def _planned(old: Prescription | None, new: Prescription, bridged: bool) -> dict[str, Any]:
    try:
        made = plan(old, new, _library())
    except Refused as refused:
        row = {"code": refused.code, "message": refused.message, "way_out": refused.way_out}
        words = {"kind": "danger", "verdict": "Refused.", "headline": refused.message}
        html = {"story": refusal_part(refused)}
        return {"code": BLOCKED, "plan": {"refused": row}, "words": words, "html": html}
    return {
        "code": DONE if made.ok else BLOCKED,
        "plan": wire(made),
        "words": plan_words(made, bridged),
        "html": plan_parts(made, _library(), bridged),
        "spine": course(made, _library()),
        "bridge_needed": made.bridge is not None and made.bridge.needed,
    }


# The volume at a visit ---------------------------------------------------------------------------


def _visit(
    orders: Mapping[str, Prescription | None], bridged: bool, given: Mapping[str, str] | None
) -> dict[str, Any] | None:
    """The residual check for the order that was running; None while nothing was typed."""
    if not given or not given.get("measured"):
        return None
    rx = orders.get(given.get("order", ""))
    if rx is None:
        named = "no order that can be read" if given.get("order") else "nothing"
        problem = Problem("order", named, "the order that was running, old or new")
        return {"result": None, "html": problems_part([(VISIT, problem)])}
    try:
        result = _residual(rx, bridged, given)
    except Unusable as unusable:
        return {"result": None, "html": problems_part([(VISIT, p) for p in unusable.problems])}
    except Refused as refused:
        row = {"code": refused.code, "message": refused.message, "way_out": refused.way_out}
        return {"result": {"refused": row}, "html": refusal_part(refused)}
    return {"result": wire(result), "html": residual_part(result)}


def _residual(rx: Prescription, bridged: bool, given: Mapping[str, str]) -> Residual:
    problems: list[Problem] = []
    measured = _volume("measured", given.get("measured"), problems)
    says = _volume("pump says", given.get("pump_says"), problems)
    at, boluses = _moment(given.get("at"), problems), _count(given.get("boluses"), problems)
    if problems or measured is None or at is None:
        raise Unusable("the visit", problems)
    made = plan(None, rx, _library()) if bridged and rx.previous is not None else None
    bridge = made.bridge if made else None
    return residual(rx, _library(), measured, at, boluses, says, bridge)


def _volume(name: str, text: str | None, problems: list[Problem]) -> Quantity | None:
    if not text:
        return None
    try:
        value = Quantity.parse(text).expect(VOLUME)
    except QuantityError as problem:
        problems.append(Problem(name, repr(text[:60]), f"a volume in mL ({problem})"))
        return None
    if value.base < 0:
        problems.append(Problem(name, repr(text[:60]), "zero or more"))
    return value


def _moment(text: str | None, problems: list[Problem]) -> datetime | None:
    try:
        value = datetime.fromisoformat(text or "")
    except ValueError:
        value = None
    if value is None or value.utcoffset() is None:
        expected = "date, time and offset, such as 2027-02-01T09:30:00+00:00"
        problems.append(Problem("time", repr((text or "")[:60]), expected))
        return None
    return value


def _count(text: str | None, problems: list[Problem]) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        problems.append(Problem("boluses", repr(text[:60]), "a whole number of zero or more"))
        return None
    return int(text)
