"""The part of the sheet that says when to come back, and why then."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from cisterna.facts import Cited, Library
from cisterna.order.dates import RefillDates
from cisterna.order.plan import Plan
from cisterna.order.prescription import Prescription
from cisterna.order.sheet.chart_reservoir import reservoir_curve
from cisterna.order.sheet.markup import (
    Markup,
    any_text,
    moment_text,
    pairs,
    section,
    table,
    tag,
)
from cisterna.order.sheet.order import source_title
from cisterna.quantity import show

_CAUSES = {
    "low-reservoir": "the low-reservoir alarm with all patient doses used",
    "earliest-empty": "the earliest day the pump may be empty: all patient doses used and the pump "
    "running at its accuracy limit",
    "drug-stability": "the end of the time for which the solution is stable",
    "first-fill": "the shorter life of a first fill",
    "pump-end": "the end of the pump itself",
}


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
    return pairs(shown, "long")


def _fact(fact: Cited, library: Library) -> str:
    title = source_title(fact.source, library)
    return f"{fact.text()} ({fact.authority}: {title}; {fact.locator}; {fact.certainty})"
