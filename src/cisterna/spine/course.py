"""What reaches the tip over two days, as numbers from which the page draws the spine.

The page has the exported modes and no NumPy: it is given the delivery of each drug as (hours, mg/h)
pieces, with the bridge and without it, and before the change. Whether the model may answer at all
is asked here, by the same rule as everywhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cisterna.facts import Library
from cisterna.order.line import Refused
from cisterna.order.plan import Plan
from cisterna.order.schedule import schedule
from cisterna.order.sheet.values import names
from cisterna.order.tip import settled_trace, tip_trace
from cisterna.order.trace import TipTrace
from cisterna.quantity import Quantity
from cisterna.spine.drive import pieces_of
from cisterna.spine.refusal import NoForecast, answered, drug_refusal

SHOWN = Quantity.of(2, "day")
_SHOWN_H, _USUAL_H = 48, 24
_DIGITS = 9
_NO_OLD = "There is no order before this one: the canal is drawn without drug at the fill."


@dataclass(frozen=True, slots=True)
class _Before:
    """The old order, settled: where and with which cycle; or why the canal starts without drug."""

    tip: str | None
    trace: TipTrace | None
    words: str


def course(plan: Plan, library: Library) -> dict[str, Any]:
    """Tip, start, delivery of each drug and refusals; no `drugs` where nothing can be drawn."""
    drugs, refusals = answered(plan.new, library)
    said = [_refusal(plan, r) for r in refusals]
    found: dict[str, Any] = {"drugs": [], "refusals": said}
    if not drugs:
        return found
    try:
        traces = _traces(plan)
    except Refused as refused:
        said.append(f"No spine is drawn: {refused.message} {refused.way_out}")
        return found
    before = _before(plan)
    ids = [*drugs, *_left(plan, drugs, library)] if before.trace else drugs
    first = plan.new.infusion.primary
    rows = [_drug(plan, d, traces, before) for d in sorted(ids, key=lambda d: d != first)]
    tip = plan.new.catheter.tip if plan.new.catheter else None
    start = before.words + _prime_words(plan)
    return found | {"tip": tip, "start": start, "hour": _hour(plan), "drugs": rows}


def _refusal(plan: Plan, refused: NoForecast) -> str:
    if refused.subject not in names(plan):
        return f"No spine is drawn: {refused.reason}."
    return f"No answer for {_written(plan, refused.subject)}: {refused.reason}."


def _written(plan: Plan, subject: str) -> str:
    return names(plan).get(subject, subject)


def _traces(plan: Plan) -> dict[str, TipTrace]:
    """The tip with the bridge and without it, or as ordered where none is needed."""
    if plan.refused is not None:
        raise Refused(plan.refused.code, plan.refused.message, plan.refused.way_out)
    if plan.bridge is None or not plan.bridge.needed:
        return {"ordered": tip_trace(plan.new, plan.bridge, SHOWN)}
    return {
        "bridged": tip_trace(plan.new, plan.bridge, SHOWN),
        "omitted": tip_trace(plan.new, plan.bridge, SHOWN, programmed=False),
    }


def _before(plan: Plan) -> _Before:
    """The old order's cycle as it stands at the new fill."""
    old = plan.old
    if old is None:
        return _Before(None, None, _NO_OLD)
    tip = old.catheter.tip if old.catheter else None
    if tip is None:
        why = "The old order names no tip level, so the canal is drawn without drug at the fill."
        return _Before(None, None, why)
    moved = replace(old, solution=replace(old.solution, filled_at=plan.new.solution.filled_at))
    words = f"At the fill the canal holds what the old order settles to, with its tip at {tip}."
    return _Before(tip, settled_trace(moved), words)


def _prime_words(plan: Plan) -> str:
    return " The prime is left out: what the line holds leaves first." if plan.prime else ""


def _left(plan: Plan, drugs: list[str], library: Library) -> Iterator[str]:
    """Drugs of the old order that are ordered no more and that the model answers for."""
    ordered = {c.drug.id for c in plan.new.solution.components}
    for component in plan.old.solution.components if plan.old else ():
        name = component.drug.id
        if name not in ordered and drug_refusal(component.drug, library) is None:
            yield name


def _hour(plan: Plan) -> int:
    """The hour that tells most: the last of a wrong dose, else a day after the fill."""
    lasts = plan.bridge.omitted.lasts if plan.bridge and plan.bridge.needed else None
    return _USUAL_H if lasts is None else max(1, min(_SHOWN_H, int(lasts.number("h"))))


def _drug(plan: Plan, drug: str, traces: Mapping[str, TipTrace], before: _Before) -> dict[str, Any]:
    """One drug: its ordered dose, its cycle, and what leaves the tip in each case."""
    unit, daily = _daily(plan, drug)
    row: dict[str, Any] = {"id": drug, "name": _written(plan, drug), "unit": unit}
    row["daily"] = _short(float(daily.number(unit)))
    row["mg_per_h"] = _short(float(daily.number("mg/h")))
    row["cycle"] = _pieces(settled_trace(plan.new), drug)
    row["cases"] = {case: _pieces(trace, drug) for case, trace in traces.items()}
    row["before"] = None
    if before.trace is not None:
        row["before"] = {"tip": before.tip, "cycle": _pieces(before.trace, drug)}
    return row


def _daily(plan: Plan, drug: str) -> tuple[str, Quantity]:
    """(unit, mean daily dose); the unit is the one in which the drug is spoken of."""
    orders = [rx for rx in (plan.new, plan.old) if rx is not None]
    component = next(c for rx in orders if (c := rx.solution.component(drug)) is not None)
    unit = f"{component.drug.unit}/day"
    ordered = plan.new.doses_of(schedule(plan.new).mean)
    return unit, ordered.get(drug, Quantity.of(0, unit))


def _pieces(trace: TipTrace, drug: str) -> list[tuple[float, float]]:
    return [(_short(hours), _short(rate)) for hours, rate in pieces_of(trace, drug)]


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
