"""What a person sees in the terminal: tables with the source of every limit.

Every text from an order goes through `Text`, so that nothing in it is taken for markup.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fractions import Fraction

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cisterna.facts import Library
from cisterna.order.bridge import Bridge
from cisterna.order.checks import Check, Finding
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

console = Console(highlight=False, soft_wrap=False)

_STYLE = {"block": "bold white on red", "warn": "bold yellow", "note": "dim"}
_WORD = {"block": "BLOCK", "warn": "WARN", "note": "note"}
DISCLAIMER = "Research and planning software, not a cleared medical device."


def table(title: str, *columns: str) -> Table:
    """An empty table of the house style."""
    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def add(made: Table, *cells: object, style: str | None = None) -> None:
    """A row whose cells are plain text."""
    made.add_row(
        *(cell if isinstance(cell, Text) else Text(text(cell)) for cell in cells), style=style
    )


def text(value: object) -> str:
    """Any value of a result for a person."""
    if value is None:
        return "–"
    if isinstance(value, Quantity):
        return show(value)
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    if isinstance(value, Fraction):
        return show(Quantity.of(value, "1"), 5)
    return str(value)


def when(moment: datetime) -> str:
    """A time that nobody can misread, truncated to the minute."""
    return f"{moment.day} {moment:%b %Y %H:%M} {moment:%z}"


def percent(change: Fraction | None) -> str:
    """A change for the side-by-side view."""
    if change is None:
        return ""
    if change == 0:
        return "same"
    sign = "+" if change > 0 else "−"
    return f"{sign}{show(Quantity.of(abs(change) * 100, '%'), 3)}"


def say(line: str, style: str | None = None) -> None:
    """One plain line."""
    console.print(Text(line, style=style or ""))


def show_check(result: Check, library: Library) -> None:
    """The verdict and the findings."""
    show_verdict(result)
    show_findings(result.findings, library)
    say(DISCLAIMER, "dim")


def show_verdict(result: Check) -> None:
    """One line: does anything block?"""
    blocks, warns = len(result.codes("block")), len(result.codes("warn"))
    if blocks:
        say(f"BLOCKED: {blocks} finding(s) block this order, {warns} warn.", _STYLE["block"])
    else:
        say(f"Nothing blocks. {warns} warning(s).", "bold")


def show_findings(findings: Iterable[Finding], library: Library) -> None:
    """Findings with limit, authority, source and certainty."""
    for finding in findings:
        word, style = _WORD[finding.severity], _STYLE[finding.severity]
        console.print(Text.assemble((word, style), " ", (finding.code, "bold")))
        body = "dim" if finding.severity == "note" else ""
        console.print(Padding(Text(finding.message, style=body), (0, 0, 0, 6)))
        evidence = _evidence(finding, library)
        if evidence:
            console.print(Padding(Text(evidence, style="dim"), (0, 0, 0, 6)))


def _evidence(finding: Finding, library: Library) -> str:
    if finding.source is None:
        return ""
    source = library.sources.get(finding.source, {}).get("title", finding.source)
    limit = f"limit {text(finding.limit)}; " if finding.limit is not None else ""
    return f"{limit}{finding.authority}: {source} ({finding.certainty})"


def show_program(rx: Prescription, result: Program, blocks: Iterable[str] = ()) -> None:
    """What goes into the pump, ordered and achieved, and the dates."""
    for code in blocks:
        say(f"BLOCKED by {code}: do not enter this programme.", _STYLE["block"])
    made = table("Rates", "From (pump clock)", "Ordered", "Pump can do", "Until")
    for step in result.rates:
        add(made, _moment(step.at), step.ordered, step.rate.to("mL/day"), _moment(step.until))
    console.print(made)
    _show_doses(result)
    show_dates(result)
    say(f"Digest, read it aloud to each other: {result.digest}", "bold")
    if not rx.patient.identified:
        say("NO PATIENT IDENTIFIED", "bold red")


def _moment(label: str | None) -> str:
    """A clock time as it is; an ISO date and time as a person reads it."""
    if label is None or "T" not in label:
        return label or ""
    return when(datetime.fromisoformat(label))


def _show_doses(result: Program) -> None:
    made = table("Doses", "Drug", "Ordered a day", "Pump can do", "Most in 24 h", "Patient dose")
    given = result.achieved
    for name, dose in result.daily_dose.items():
        patient = given.patient_dose[name] if given.patient_dose else None
        add(made, name, dose, given.daily_dose[name], result.max_daily_dose[name], patient)
    console.print(made)
    say(f"Limit of the pump's guard in any 24 h: {show(result.per_24h)} of the primary drug")


def show_dates(result: Program) -> None:
    """Every date, the binding one marked."""
    dates = result.refill
    made = table("Dates", "", "All patient doses", "Without them")
    add(made, "Low-reservoir alarm", dates.low_reservoir_at, dates.low_reservoir_at_basal)
    add(made, "Empty", dates.empty_at, dates.empty_at_basal)
    add(made, "Empty, pump at its accuracy limit", dates.earliest_empty_at, "")
    add(made, "Solution stable until", dates.stable_until or "not known", "")
    add(made, "Pump ends by", dates.replace_pump_by, "")
    console.print(made)
    if dates.refill_by is not None:
        say(f"Refill by {when(dates.refill_by)}, because of: {dates.binding}", "bold")
    else:
        say("Refill date: not known", "bold")


def show_prime(result: Prime) -> None:
    """The prime bolus."""
    made = table(f"Prime bolus: {CASES[result.case]}", "", "")
    add(made, "Volume", result.volume)
    for name, dose in result.dose.items():
        add(made, f"Dose shown, {name}", dose)
    add(made, "Shortest duration", result.min_duration)
    console.print(made)
    say("Mixing at a high rate gives some drug early, then a dilute period: watch the patient.")


def show_bridge(result: Bridge) -> None:
    """The bridge, or that none is needed, and what happens without it."""
    if not result.needed:
        say("No bridge is needed: the solution is the same.", "bold")
        return
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
    console.print(made)
    _show_omitted(result)


def _show_omitted(result: Bridge) -> None:
    made = table(
        f"Without the bridge, for {_hours(result.omitted.lasts)}",
        *("Drug", "Delivered", "Of the old order", "Of the new order"),
    )
    for name, row in result.omitted.by_drug.items():
        add(
            made,
            name,
            row.delivered,
            _of(row.old_order, row.fraction_of_old),
            _of(row.new_order, row.fraction_of_new),
        )
    console.print(made)


def _of(order: Quantity | None, fraction: Fraction | None) -> str:
    if order is None:
        return "not ordered"
    return f"{show(order)}: {text(fraction)} ×"


def _rate(exact: Quantity, achieved: Quantity) -> str:
    return f"{show(exact)} (pump can do {show(achieved.to('mL/day'))})"


def _hours(duration: Quantity | None) -> str:
    """Hours and minutes, truncated to the minute."""
    if duration is None:
        return "no end: nothing flows"
    minutes = int(duration.number("min"))
    return f"{minutes // 60} h {minutes % 60:02d} min"


def show_residual(result: Residual) -> None:
    """The residual check."""
    made = table("Residual volume", "", "")
    add(made, "Expected", result.expected)
    add(made, "Measured", result.measured)
    add(made, "Expected − measured", result.discrepancy)
    judged = "" if result.ratio_judged else " (too little delivered: printed, not judged)"
    add(made, "Delivered ÷ programmed", text(result.ratio) + judged)
    console.print(made)
    say(f"Verdict: {result.verdict}", "bold" if result.verdict == "accept" else "bold yellow")
    for reason in result.reasons:
        say(f"- {reason}")


def show_compound(result: Compound) -> None:
    """The recipe."""
    made = table("From stock to solution", "Drug", "Stock", "Take", "Mass", "Open", "Discard")
    for row in result.rows:
        opened = f"{row.containers} × {show(row.container)}" if row.container else "–"
        add(made, row.drug, row.stock, row.take, row.mass, opened, row.discard)
    add(made, "diluent", "", result.diluent, "", "", "")
    add(made, "total", "", result.total, "", "", "")
    console.print(made)


def show_conversion(result: Conversion, start: str, end: str, library: Library) -> None:
    """The interval and every row it comes from."""
    low, high = show(result.low, 4), show(result.high, 4)
    say(f"{result.drug} {show(result.dose)} {start}: {low} to {high} {end}", "bold")
    made = table("Published ratios", "Ratio", "Source", "How sure")
    for fact in result.sources:
        title = library.sources.get(fact.source, {}).get("title", fact.source)
        add(made, fact.text(), f"{title} ({fact.locator})", fact.certainty)
    console.print(made)
    say(result.caution)


def show_refusal(refused: Refusal) -> None:
    """An act that was refused, with the way out."""
    say(f"REFUSED ({refused.code}): {refused.message}", "bold yellow")
    say(refused.way_out)


def show_plan(result: Plan, library: Library) -> None:
    """Everything on one screen."""
    rx = result.new
    say(_identity(rx), "bold" if rx.patient.identified else "bold red")
    for line in plain_words(rx):
        say(line)
    show_verdict(result.check)
    _show_rows(result.rows, result.old is not None)
    show_findings((f for f in result.check.findings if f.severity != "note"), library)
    if result.refused is not None:
        show_refusal(result.refused)
    if result.bridge is not None:
        show_bridge(result.bridge)
    if result.prime is not None:
        show_prime(result.prime)
    if result.tip is not None:
        _show_tip(result.tip, rx)
    show_program(rx, result.program, result.check.codes("block"))
    show_findings((f for f in result.check.findings if f.severity == "note"), library)
    say(DISCLAIMER, "dim")


def _identity(rx: Prescription) -> str:
    patient = rx.patient
    if not patient.identified or patient.born is None:
        return "NO PATIENT IDENTIFIED"
    return f"{patient.name}, {patient.id}, born {text(patient.born)}"


def _show_rows(rows: Iterable[PlanRow], with_old: bool) -> None:
    columns = ("", "Old", "New", "Change") if with_old else ("", "New")
    made = table("The order", *columns)
    for row in rows:
        cells = (row.what, row.old, row.new, percent(row.change))
        changed = "bold" if with_old and row.differs else None
        add(made, *(cells if with_old else (row.what, row.new)), style=changed)
    console.print(made)


def _show_tip(change: TipChange, rx: Prescription) -> None:
    name = rx.primary.drug.id
    cases = [c for c in change.traces if not c.endswith("-dispersed")]
    titles = {
        "bridged": "Bridged",
        "omitted": "No bridge",
        "bridged-other-line": "Bridged, other line volume",
        "omitted-other-line": "No bridge, other line volume",
    }
    made = table(f"{name} at the tip, hour by hour", "Hours", *(titles[c] for c in cases))
    for first, last, rates in _grouped(change, cases, name):
        span = f"{first}–{last + 1}"
        add(made, span, *(_rate_text(r) for r in rates))
    console.print(made)
    if not change.complete:
        say("The change lasts longer than the hours shown.", "bold yellow")


def _rate_text(rate: Quantity | None) -> str:
    return "0" if rate is None else show(rate, 4)


def _grouped(
    change: TipChange, cases: list[str], name: str
) -> list[tuple[int, int, list[Quantity | None]]]:
    """Hours with the same rates in every case as one row."""
    rows: list[tuple[int, int, list[Quantity | None]]] = []
    for hour in change.hours:
        rates = [_of_case(hour.rates, case, name) for case in cases]
        if rows and rows[-1][2] == rates:
            rows[-1] = (rows[-1][0], hour.hour, rates)
        else:
            rows.append((hour.hour, hour.hour, rates))
    return rows


def _of_case(rates: Mapping[str, Mapping[str, Quantity]], case: str, name: str) -> Quantity | None:
    return rates[case].get(name)
