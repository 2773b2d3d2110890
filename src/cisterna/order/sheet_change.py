"""The parts of the sheet that say what to enter, what the line holds, and when to come back."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from cisterna.facts import Cited, Library
from cisterna.order.bridge import Bridge, OmittedDrug
from cisterna.order.chart import dose_curve, offset_text, tip_curve, tip_drugs
from cisterna.order.chart_reservoir import reservoir_curve
from cisterna.order.dates import RefillDates, low_reservoir
from cisterna.order.markup import (
    Markup,
    any_text,
    change_text,
    join,
    moment_text,
    pairs,
    percent,
    section,
    table,
    tag,
)
from cisterna.order.plan import Plan
from cisterna.order.prescription import Prescription
from cisterna.order.prime import CASES, Prime
from cisterna.order.program import RateStep
from cisterna.order.sheet_order import source_title
from cisterna.order.words import remote_words
from cisterna.quantity import Quantity, show

_CAUSES = {
    "low-reservoir": "the low-reservoir alarm with all patient doses used",
    "earliest-empty": "the earliest day the pump may be empty: all patient doses used and the pump "
    "running at its accuracy limit",
    "drug-stability": "the time for which the solution is stable",
    "first-fill": "the shorter life of a first fill",
    "pump-end": "the end of the pump itself",
}

Row = tuple[str, object, object]


# Values for the programmer -----------------------------------------------------------------------


def values(plan: Plan) -> Markup:
    """What a programmer asks for, in its order; ordered and achieved side by side."""
    rows = [*_solution_rows(plan.new), *_rate_rows(plan), *_dose_rows(plan), *_limit_rows(plan)]
    step = plan.program.achieved.rate_step
    note = f"The pump can be set in steps of {show(step)}; it is never set above the order."
    heads = ("Asked for", "Ordered", "The pump will do")
    shown = table("In the order in which a programmer asks", heads, rows)
    return section("values", "Values for the programmer", tag("p", note), shown)


def _solution_rows(rx: Prescription) -> Iterator[Row]:
    yield "Date and time of the fill", moment_text(rx.solution.filled_at), "–"
    yield "Pump's clock", f"{offset_text(rx)}, fixed", "–"
    yield "Patient id", rx.patient.id or "not said", "–"
    for component in rx.solution.components:
        drives = ", drives the doses" if component.drug.id == rx.infusion.primary else ""
        yield f"{component.drug.tall_man}{drives}", show(component.concentration), "–"
    yield "Fill volume", show(rx.solution.fill_volume), "–"
    yield "Mode", rx.infusion.mode, "–"


def _rate_rows(plan: Plan) -> Iterator[Row]:
    for step in plan.program.rates:
        done = f"{show(step.rate.to('mL/day'))} ({show(step.rate)})"
        yield _rate_words(step), show(step.ordered), done


def _rate_words(step: RateStep) -> str:
    if step.until is None:
        return f"Flow from {step.at}"
    start, end = (moment_text(datetime.fromisoformat(t)) for t in (step.at, step.until))
    return f"Bridge, flow from {start} to {end}"


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
    given = "–" if done is None else ", ".join(f"{show(d)} {name}" for name, d in done.items())
    yield "Patient dose", remote_words(rx), given
    yield f"Most of {rx.primary.drug.tall_man} in any 24 h", show(plan.program.per_24h), "–"
    yield "Safe floor", any_text(rx.floor), "–"
    yield "Low-reservoir alarm", any_text(low_reservoir(rx)), "–"


# The line between pump and tip -------------------------------------------------------------------


def line(plan: Plan) -> Markup:
    """The bridge or the prime, or the refusal with its way out."""
    if plan.refused is not None:
        way = tag("p", tag("strong", "Way out: "), plan.refused.way_out)
        text = tag("p", tag("strong", "Refused. "), plan.refused.message)
        code = tag("p", tag("small", plan.refused.code))
        return section("line", "The line: refused", text, way, code)
    if plan.bridge is not None:
        return _bridge(plan, plan.bridge)
    if plan.prime is not None:
        return _prime(plan.prime, plan.new)
    text = "The line holds this solution already: nothing to prime and nothing to bridge."
    return section("line", "The line between pump and tip", tag("p", text))


def _bridge(plan: Plan, bridge: Bridge) -> Markup:
    if not bridge.needed:
        text = "The concentrations are the same: no bridge is needed, and no prime."
        return section("line", "The line: no bridge", tag("p", text))
    held = names(plan)[bridge.held]
    rows: list[tuple[str, object]] = [
        ("Old solution in the line", _volume_words(bridge)),
        ("It holds", doses_text(bridge.dose, plan)),
        ("Bridge flow", f"{show(bridge.rate)}, set {show(bridge.achieved.rate)}"),
        ("Lasts", show(bridge.duration)),
        ("Ends", moment_text(bridge.ends_at)),
        ("Then flow", f"{show(bridge.then_rate)}, set {show(bridge.achieved.then_rate)}"),
    ]
    text = f"Until the old solution has left the line, the pump keeps the old dose of {held}."
    parts = [tag("p", text), pairs(rows), _omitted(plan, bridge), _residual(plan, bridge)]
    return section("line", "The line: a bridge", *parts)


def _volume_words(bridge: Bridge) -> str:
    if bridge.other_volume is None:
        return show(bridge.volume)
    return f"{show(bridge.volume)} (the facts also allow {show(bridge.other_volume)})"


def names(plan: Plan) -> dict[str, str]:
    """The written name of every drug, old and new."""
    orders = [rx for rx in (plan.old, plan.new) if rx is not None]
    return {c.drug.id: c.drug.tall_man for rx in orders for c in rx.solution.components}


def doses_text(doses: dict[str, Quantity], plan: Plan) -> str:
    """Doses of several drugs in one line."""
    return ", ".join(f"{show(d)} {names(plan)[drug]}" for drug, d in doses.items())


def _omitted(plan: Plan, bridge: Bridge) -> Markup:
    lasts = bridge.omitted.lasts
    time = "for as long as the pump stands still" if lasts is None else f"for {show(lasts, 3)}"
    rows = [_omitted_row(names(plan)[k], v) for k, v in bridge.omitted.by_drug.items()]
    heads = ("Drug", "Delivered", "Old order", "New order", "Of the old", "Of the new")
    text = tag("p", f"If the bridge is left out, the old solution runs at the new flow {time}:")
    return join([tag("h3", "Without the bridge"), text, table("Daily dose then", heads, rows)])


def _omitted_row(name: str, drug: OmittedDrug) -> tuple[object, ...]:
    shares = (drug.fraction_of_old, drug.fraction_of_new)
    doses = (drug.delivered, drug.old_order, drug.new_order)
    return name, *map(any_text, doses), *("–" if x is None else percent(x) for x in shares)


def _residual(plan: Plan, bridge: Bridge) -> Markup:
    residual = plan.new.pump.model.residual
    if bridge.residual_mix is None or residual is None:
        text = tag("p", "How much the emptied reservoir keeps is not known for this pump.")
        return join([tag("h3", "After the fill"), text])
    rows = [_mix_row(plan, drug, value) for drug, value in bridge.residual_mix.items()]
    text = f"The emptied reservoir may keep {show(residual.most)} of the old solution."
    heads = ("Drug", "Ordered", "Mixed", "Change")
    shown = table("Concentration in the reservoir then", heads, rows)
    return join([tag("h3", "After the fill"), tag("p", text), shown])


def _mix_row(plan: Plan, drug: str, mixed: Quantity) -> tuple[object, ...]:
    component = plan.new.solution.component(drug)
    if component is None:
        return names(plan)[drug], "none", show(mixed, 4), "–"
    wanted = component.concentration
    change = change_text((mixed.base - wanted.base) / wanted.base)
    return names(plan)[drug], show(wanted), show(mixed, 4), change


def _prime(prime: Prime, rx: Prescription) -> Markup:
    doses = ", ".join(
        f"{show(prime.dose[c.drug.id])} {c.drug.tall_man}" for c in rx.solution.components
    )
    rows: list[tuple[str, object]] = [
        ("Case", CASES[prime.case]),
        ("Prime volume", show(prime.volume)),
        ("Shown by the pump as", doses),
        ("Takes at least", any_text(prime.min_duration)),
    ]
    text = tag(
        "p", "The line holds no drug: it is filled up to the tip, and none is meant to leave."
    )
    return section("line", "The line: a prime", text, pairs(rows))


# The charts --------------------------------------------------------------------------------------


def day(plan: Plan) -> Markup:
    """The dose over the day."""
    extra = tag("p", f"Patient doses come on top: {remote_words(plan.new)}.")
    parts = [dose_curve(plan.new), *([extra] if plan.new.remote else [])]
    return section("day", "Dose over the day", *parts)


def tip(plan: Plan) -> Markup:
    """Each drug at the tip during the change; nothing where nothing changes."""
    if plan.tip is None:
        return join([])
    written, change = names(plan), plan.tip
    charts = [tip_curve(plan.new, change, drug, written[drug]) for drug in tip_drugs(change)]
    text = tag("p", "Patient doses are not drawn: during a bridge the pump refuses them.")
    return section("tip", "At the tip during the change", text, *charts)


# Reservoir and dates -----------------------------------------------------------------------------


def reservoir(plan: Plan, library: Library) -> Markup:
    """When to come back and why then, with the evidence for the stability."""
    dates = plan.program.refill
    parts = [
        _come_back(plan.new, dates, library),
        _dates(dates),
        _stability(dates, library),
        reservoir_curve(plan.new, dates, plan.bridge),
    ]
    return section("reservoir", "Reservoir and dates", *parts)


def _come_back(rx: Prescription, dates: RefillDates, library: Library) -> Markup:
    if dates.refill_by is None or dates.binding is None:
        return tag("p", "No date is known: nothing in the order empties the pump or ends it.")
    lead = show(library.rule("refill_lead").value)
    when = tag("strong", f"Come back by {moment_text(dates.refill_by)}")
    there = _local(rx, dates.refill_by)
    why = f", {lead} before {_CAUSES[dates.binding]}."
    return tag("p", when, there, why, class_="come-back")


def _local(rx: Prescription, moment: datetime) -> str:
    """The same moment for the patient, where her zone is another."""
    zone = _zone(rx.patient.zone)
    if zone is None or moment.astimezone(zone).utcoffset() == moment.utcoffset():
        return ""
    return f" ({moment_text(moment.astimezone(zone))} in {rx.patient.zone})"


def _zone(name: str | None) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError):
        return None


def _dates(dates: RefillDates) -> Markup:
    end = dates.replace_pump_by
    rows = [
        ("Low-reservoir alarm", dates.low_reservoir_at, dates.low_reservoir_at_basal),
        ("Empty", dates.empty_at, dates.empty_at_basal),
        ("Earliest empty, pump at its accuracy limit", dates.earliest_empty_at, None),
        ("Solution stable until", dates.stable_until, dates.stable_until),
        ("Replace the pump by", end, end),
    ]
    shown = [(what, any_text(a), any_text(b)) for what, a, b in rows]
    return table("Dates", ("What", "All patient doses used", "No patient dose"), shown)


def _stability(dates: RefillDates, library: Library) -> Markup:
    found = dates.stability
    rows = [("Stable for", found.lasts), ("First fill, at most", found.first_fill)]
    shown = [(k, _fact(f, library)) for k, f in rows if f is not None]
    if found.lasts is None:
        shown.insert(0, ("Stable for", "not known: nobody has shown it for this solution"))
        if found.bound is not None:
            shown.append(("No part alone longer than", _fact(found.bound, library)))
    return pairs(shown)


def _fact(fact: Cited, library: Library) -> str:
    title = source_title(fact.source, library)
    return f"{fact.text()} ({fact.authority}: {title}, {fact.locator}; {fact.certainty})"
