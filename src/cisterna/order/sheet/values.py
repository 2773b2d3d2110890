"""The parts of the sheet that say what to enter, and draw what then happens."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from cisterna.order.dates import low_reservoir
from cisterna.order.plan import Plan
from cisterna.order.prescription import Prescription
from cisterna.order.program import RateStep
from cisterna.order.quantise import REFERENCE
from cisterna.order.sheet.chart_day import dose_curve, dose_rate
from cisterna.order.sheet.chart_tip import tip_curve, tip_drugs
from cisterna.order.sheet.markup import (
    Markup,
    any_text,
    anywhere,
    join,
    moment_text,
    section,
    table,
    tag,
)
from cisterna.order.words import clock_words, days_words, remote_words
from cisterna.quantity import Quantity, show

Row = tuple[str, object, object]


def names(plan: Plan) -> dict[str, str]:
    """The written name of every drug, old and new."""
    orders = [rx for rx in (plan.old, plan.new) if rx is not None]
    return {c.drug.id: c.drug.tall_man for rx in orders for c in rx.solution.components}


def values(plan: Plan) -> Markup:
    """What a programmer asks for, in its order; ordered and achieved side by side."""
    rows = [*_solution_rows(plan.new), *_rate_rows(plan), *_dose_rows(plan), *_limit_rows(plan)]
    note = f"{_step_words(plan)} It is never set above the order."
    heads = ("Asked for", "Ordered", "The pump will do")
    shown = table("In the order in which a programmer asks", heads, rows)
    return section("values", "Values for the programmer", tag("p", note), shown)


def _step_words(plan: Plan) -> str:
    """The step of the pump's flow, and whether it is the maker's figure."""
    step = show(plan.program.achieved.rate_step)
    borrowed = any(f.path.startswith(f"{REFERENCE}.rate_step") for f in plan.program.facts)
    known = ", which is assumed: the maker's figure is not known" if borrowed else ""
    return f"The pump can be set in steps of {step}{known}."


def _solution_rows(rx: Prescription) -> Iterator[Row]:
    yield "Date and time of the fill", moment_text(rx.solution.filled_at), "–"
    yield "Pump's clock", clock_words(rx), "–"
    yield "Patient id", anywhere(rx.patient.id or "not said"), "–"
    for component in rx.solution.components:
        drives = ", drives the doses" if component.drug.id == rx.infusion.primary else ""
        yield f"{component.drug.tall_man}{drives}", show(component.concentration), "–"
    yield "Fill volume", show(rx.solution.fill_volume), "–"
    yield "Mode", rx.infusion.mode, "–"


def _rate_rows(plan: Plan) -> Iterator[Row]:
    bridge = [r for r in plan.program.rates if r.until is not None]
    for step in bridge:
        yield f"Bridge, flow from {_moment(step.at)} to {_moment(step.until)}", *_flows(None, step)
    for days, step in alike([r for r in plan.program.rates if r.until is None]):
        clock = step.at.rpartition(" ")[2]
        yield f"Flow {days} from {clock}".replace("  ", " "), *_flows(plan.new, step)


def _moment(text: str | None) -> str:
    return moment_text(datetime.fromisoformat(text)) if text else "–"


def _flows(rx: Prescription | None, step: RateStep) -> tuple[str, str]:
    """Ordered and achieved flow, with the dose rate where the solution is the new one."""
    ordered, done = show(step.ordered), f"{show(step.rate.to('mL/day'))} ({show(step.rate)})"
    if rx is None:
        return ordered, done
    return f"{ordered}, {dose_rate(rx, step.ordered)}", f"{done}, {dose_rate(rx, step.rate)}"


def alike(rates: Sequence[RateStep]) -> Iterator[tuple[str, RateStep]]:
    """The steps of a week by days that have the same ones; other steps as they are."""
    week: dict[str, list[RateStep]] = {}
    for step in rates:
        week.setdefault(step.at.rpartition(" ")[0], []).append(step)
    groups: dict[tuple[object, ...], list[str]] = {}
    for day, steps in week.items():
        same = tuple((s.at.rpartition(" ")[2], s.rate.base, s.ordered.base) for s in steps)
        groups.setdefault(same, []).append(day)
    for days in groups.values():
        for step in week[days[0]]:
            yield days_words(days) if days[0] else "", step


def _dose_rows(plan: Plan) -> Iterator[Row]:
    ordered, achieved = plan.program.daily_dose, plan.program.achieved.daily_dose
    mean = plan.program.repeats_every > Quantity.of(1, "day")
    day = "Mean daily" if mean else "Daily"
    yield f"{day} volume", show(plan.program.daily_volume), show(plan.program.achieved.daily_volume)
    for component in plan.new.solution.components:
        drug = component.drug
        yield f"{day} dose, {drug.tall_man}", show(ordered[drug.id]), show(achieved[drug.id])


def _limit_rows(plan: Plan) -> Iterator[Row]:
    rx, done = plan.new, plan.program.achieved.patient_dose
    given = (
        "–"
        if done is None
        else ", ".join(f"{show(d)} {names(plan)[drug]}" for drug, d in done.items())
    )
    yield "Patient dose", remote_words(rx), given
    yield f"Most of {rx.primary.drug.tall_man} in any 24 h", show(plan.program.per_24h), "–"
    yield "Safe floor", any_text(rx.floor), "–"
    yield "Low-reservoir alarm", any_text(low_reservoir(rx)), "–"


def day_curve(plan: Plan) -> Markup:
    """The dose over the day."""
    extra = tag("p", f"Patient doses come on top: {remote_words(plan.new)}.")
    parts = [dose_curve(plan.new), *([extra] if plan.new.remote else [])]
    return section("day", "Dose over the day", *parts)


def tip(plan: Plan) -> Markup:
    """Each drug at the tip during the change; nothing where nothing changes."""
    if plan.tip is None:
        return join([])
    written, change = names(plan), plan.tip
    charts = [
        tip_curve(plan.new, change, drug, written[drug]) for drug in tip_drugs(plan.new, change)
    ]
    text = tag("p", "Patient doses are not drawn: during a bridge the pump refuses them.")
    return section("tip", "At the tip during the change", text, *charts)
