"""What each command shows a person: the views of programme, bridge, plan and the rest."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from rich.console import Group
from rich.table import Table

from cisterna.cli.show import (
    DISCLAIMER,
    STYLE,
    View,
    add,
    console,
    findings_view,
    line,
    percent,
    source_title,
    table,
    text,
    verdict,
    when,
)
from cisterna.facts import Library
from cisterna.order.bridge import Bridge
from cisterna.order.checks import Check
from cisterna.order.compound import Compound
from cisterna.order.convert import Conversion
from cisterna.order.plan import Plan, Refusal
from cisterna.order.prescription import Prescription
from cisterna.order.prime import CASES, Prime
from cisterna.order.program import Program
from cisterna.order.residual import Residual
from cisterna.order.tip import TipChange
from cisterna.order.words import PlanRow, plain_words
from cisterna.quantity import Quantity, show

_WIDE = 150


def program_view(rx: Prescription, result: Program, blocks: Iterable[str] = ()) -> View:
    """What goes into the pump, ordered and achieved, and the dates."""
    view: View = [
        line(f"BLOCKED by {code}: do not enter this programme.", STYLE["block"]) for code in blocks
    ]
    view += [_rates(result), _doses(result)]
    view.append(line(f"Limit of the pump's guard in any 24 h: {show(result.per_24h)}"))
    view += dates_view(result)
    view.append(line(f"Digest, read it aloud to each other: {result.digest}", "bold"))
    if not rx.patient.identified:
        view.append(line("NO PATIENT IDENTIFIED", "bold red"))
    return view


def _rates(result: Program) -> Table:
    made = table("Rates", "From (pump clock)", "Ordered", "Pump can do", "Until")
    for step in result.rates:
        add(made, _moment(step.at), step.ordered, step.rate.to("mL/day"), _moment(step.until))
    return made


def _moment(label: str | None) -> str:
    """A clock time as it is; an ISO date and time as a person reads it."""
    if label is None or "T" not in label:
        return label or ""
    return when(datetime.fromisoformat(label))


def _doses(result: Program) -> Table:
    made = table("Doses", "Drug", "Ordered a day", "Pump can do", "Most in 24 h", "Patient dose")
    given = result.achieved
    for name, dose in result.daily_dose.items():
        patient = given.patient_dose[name] if given.patient_dose else None
        add(made, name, dose, given.daily_dose[name], result.max_daily_dose[name], patient)
    return made


def dates_view(result: Program) -> View:
    """Every date, and the cause that binds."""
    dates = result.refill
    made = table("Dates", "", "All patient doses", "Without them")
    add(made, "Low-reservoir alarm", dates.low_reservoir_at, dates.low_reservoir_at_basal)
    add(made, "Empty", dates.empty_at, dates.empty_at_basal)
    add(made, "Empty, pump at its accuracy limit", dates.earliest_empty_at, "")
    add(made, "Solution stable until", dates.stable_until or "not known", "")
    add(made, "Pump ends by", dates.replace_pump_by, "")
    if dates.refill_by is None:
        return [made, line("Refill date: not known", "bold")]
    said = f"Refill by {when(dates.refill_by)}, because of: {dates.binding}"
    return [made, line(said, "bold")]


def prime_view(result: Prime) -> View:
    """The prime bolus."""
    made = table(f"Prime bolus: {CASES[result.case]}", "", "")
    add(made, "Volume", result.volume)
    for name, dose in result.dose.items():
        add(made, f"Dose shown, {name}", dose)
    add(made, "Shortest duration", result.min_duration)
    warning = (
        "Mixing at a high rate gives some drug early, then a dilute period: watch the patient."
    )
    return [made, line(warning)]


def bridge_view(result: Bridge) -> View:
    """The bridge, or that none is needed, and what happens without it."""
    if not result.needed:
        return [line("No bridge is needed: the solution is the same.", "bold")]
    made = table(f"Bridge (holds the dose of {result.held})", "", "")
    add(made, "Volume", result.volume)
    if result.other_volume is not None:
        add(made, "Volume, other end of the facts", result.other_volume)
    for name, dose in result.dose.items():
        add(made, f"Dose in it, {name} (old)", dose)
    add(made, "Rate", _rate(result.rate, result.achieved.rate))
    add(made, "Duration", _hours(result.duration))
    add(made, "Ends", result.ends_at)
    add(made, "Then rate", _rate(result.then_rate, result.achieved.then_rate))
    for name, mixed in (result.residual_mix or {}).items():
        add(made, f"On the undrained residual, {name}", mixed)
    if result.rinses is not None:
        add(made, "Saline rinses before the fill", result.rinses.value)
    return [made, _omitted(result)]


def _omitted(result: Bridge) -> Table:
    made = table(
        f"Without the bridge, for {_hours(result.omitted.lasts)}",
        *("Drug", "Delivered", "Of the old order", "Of the new order"),
    )
    for name, row in result.omitted.by_drug.items():
        old = _of(row.old_order, row.fraction_of_old)
        add(made, name, row.delivered, old, _of(row.new_order, row.fraction_of_new))
    return made


def _of(order: Quantity | None, fraction: Fraction | None) -> str:
    if order is None:
        return "not ordered"
    return f"{text(fraction)} × {show(order)}"


def _rate(exact: Quantity, achieved: Quantity) -> str:
    can = achieved.to("mL/day")
    return show(exact) if can == exact else f"{show(exact)} (pump can do {show(can)})"


def _hours(duration: Quantity | None) -> str:
    """Hours and minutes, truncated to the minute."""
    if duration is None:
        return "no end: nothing flows"
    minutes = int(duration.number("min"))
    return f"{minutes // 60} h {minutes % 60:02d} min"


def residual_view(result: Residual) -> View:
    """The residual check."""
    made = table("Residual volume", "", "")
    add(made, "Expected", result.expected)
    add(made, "Measured", result.measured)
    add(made, "Expected − measured", result.discrepancy)
    judged = "" if result.ratio_judged else " (too little delivered: printed, not judged)"
    add(made, "Delivered ÷ programmed", text(result.ratio) + judged)
    style = "bold" if result.verdict == "accept" else "bold yellow"
    reasons = [line(f"- {reason}") for reason in result.reasons]
    return [made, line(f"Verdict: {result.verdict}", style), *reasons]


def compound_view(result: Compound) -> View:
    """The recipe."""
    made = table("From stock to solution", "Drug", "Stock", "Take", "Mass", "Open", "Discard")
    for row in result.rows:
        opened = f"{row.containers} × {show(row.container)}" if row.container else "–"
        add(made, row.drug, row.stock, row.take, row.mass, opened, row.discard)
    add(made, "diluent", "", result.diluent, "", "", "")
    add(made, "total", "", result.total, "", "", "")
    return [made]


def conversion_view(result: Conversion, start: str, end: str, library: Library) -> View:
    """The interval and every row it comes from."""
    low, high = show(result.low, 4), show(result.high, 4)
    made = table("Published ratios", "Ratio", "Source", "How sure")
    for fact in result.sources:
        title = source_title(library, fact.source)
        add(made, fact.text(), f"{title} ({fact.locator})", fact.certainty)
    said = f"{result.drug} {show(result.dose)} {start}: {low} to {high} {end}"
    return [line(said, "bold"), made, line(result.caution)]


def _refusal(refused: Refusal) -> View:
    said = f"REFUSED ({refused.code}): {refused.message}"
    return [line(said, "bold yellow"), line(refused.way_out)]


def plan_view(result: Plan, library: Library) -> View:
    """Everything at once: on a wide screen in two columns, else one below the other."""
    rx = result.new
    loud = [f for f in result.check.findings if f.severity != "note"]
    head: View = [line(_identity(rx), "bold" if rx.patient.identified else "bold red")]
    head += [line(words) for words in plain_words(rx)]
    head += [verdict(result.check), *findings_view(loud, library)]
    left: View = [_order(result.rows, result.old is not None), *_line(result)]
    blocks = result.check.codes("block")
    right: View = [*_tip(result.tip, rx), *program_view(rx, result.program, blocks)]
    foot: View = [*_notes(result.check, library), line(DISCLAIMER, "dim")]
    if console.width < _WIDE:
        return [*head, *left, *right, *foot]
    grid = Table.grid(padding=(0, 2))
    grid.add_row(Group(*left), Group(*right))
    return [*head, grid, *foot]


def _line(result: Plan) -> View:
    """What the line needs: bridge, prime, or why neither can be."""
    view: View = []
    if result.refused is not None:
        view += _refusal(result.refused)
    if result.bridge is not None:
        view += bridge_view(result.bridge)
    if result.prime is not None:
        view += prime_view(result.prime)
    return view


def _identity(rx: Prescription) -> str:
    patient = rx.patient
    if not patient.identified or patient.born is None:
        return "NO PATIENT IDENTIFIED"
    return f"{patient.name}, {patient.id}, born {text(patient.born)}"


def _order(rows: Iterable[PlanRow], with_old: bool) -> Table:
    columns = ("", "Old", "New", "Change") if with_old else ("", "New")
    made = table("The order", *columns)
    for row in rows:
        cells = (row.what, row.old, row.new, percent(row.change))
        changed = "bold" if with_old and row.differs else None
        add(made, *(cells if with_old else (row.what, row.new)), style=changed)
    return made


def _notes(result: Check, library: Library) -> View:
    """Notes in full, but the unverified values only counted: `cisterna check` lists them."""
    notes = [f for f in result.findings if f.severity == "note"]
    short = [f for f in notes if f.code != "unverified-limit"]
    count = sum(not fact.verified for fact in result.used)
    said = f"note: {count} values in use nobody has read in a source; cisterna check lists them."
    return (
        [*findings_view(short, library), line(said, "dim")]
        if count
        else findings_view(short, library)
    )


_CASES = {
    "bridged": "Bridged",
    "omitted": "No bridge",
    "bridged-other-line": "Bridged, other line",
    "omitted-other-line": "No bridge, other line",
}


def _tip(change: TipChange | None, rx: Prescription) -> View:
    if change is None:
        return []
    name = rx.primary.drug.id
    cases = [case for case in _CASES if case in change.traces]
    made = table(f"{name} at the tip, hour by hour", "Hours", *(_CASES[c] for c in cases))
    for first, last, rates in _grouped(change, cases, name):
        add(made, f"{first}–{last + 1}", *(_dose(r) for r in rates))
    view: View = [made]
    if not change.complete:
        view.append(line("The change lasts longer than the hours shown.", "bold yellow"))
    return view


def _dose(rate: Quantity | None) -> str:
    return "0" if rate is None else show(rate, 4)


def _grouped(
    change: TipChange, cases: list[str], name: str
) -> list[tuple[int, int, list[Quantity | None]]]:
    """Hours with the same rates in every case as one row."""
    rows: list[tuple[int, int, list[Quantity | None]]] = []
    for hour in change.hours:
        rates = [hour.rates[case].get(name) for case in cases]
        if rows and rows[-1][2] == rates:
            rows[-1] = (rows[-1][0], hour.hour, rates)
        else:
            rows.append((hour.hour, hour.hour, rates))
    return rows
