"""The spine on the screen: a bar while it runs, and its answers as tables."""

import sys
from collections.abc import Iterable
from typing import TypeVar

from rich.table import Table

from cisterna.cli.show import DISCLAIMER, View, add, line, table
from cisterna.facts import Library
from cisterna.order.prescription import Prescription
from cisterna.quantity import Quantity, show
from cisterna.spine.forecast import Forecast, LevelValue
from cisterna.spine.profile import Profile, profile
from cisterna.spine.validation import Validation

_Work = TypeVar("_Work")


def run_profile(rx: Prescription, library: Library, size: int) -> Profile:
    """The settled profile of an order; a progress bar when a person is watching."""
    return profile(rx, library, size, progress=progress_bar)


_SHOWN = ("C2", "C5", "T1", "T4", "T8", "T10", "T12", "L2", "L4")


def profile_view(result: Profile) -> View:
    """The settled profile at some levels; the sheet draws all of them."""
    view: View = [line(f"No answer for {r.subject}: {r.reason}.") for r in result.refusals]
    for one in result.drugs:
        title = f"{one.drug} along the spine, settled (model estimate, not measured)"
        made = table(title, "Level", "CSF", "5 %", "95 %")
        unit = _unit([band.p95 for band in one.csf.values()])
        shown = [n for n in one.csf if n in _SHOWN or n == result.tip]
        rows = {n + (" (tip)" if n == result.tip else ""): one.csf[n] for n in shown} | one.sites
        for name, band in rows.items():
            add(made, name, *(_short(q, unit) for q in (band.value, band.p5, band.p95)))
        view.append(made)
    return view


def progress_bar(work: Iterable[_Work]) -> Iterable[_Work]:
    """The pieces of work, with a bar when a person is watching."""
    if not sys.stderr.isatty():
        return work
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import track  # noqa: PLC0415

    return track(list(work), "virtual persons", console=Console(stderr=True), transient=True)


def forecast_view(result: Forecast) -> View:
    """The tip, the levels, the sites above, what was refused and what is assumed."""
    view: View = [line("Model estimate, not measured: it is no dose advice.", "bold yellow")]
    view += [line(f"REFUSED {r.subject}: {r.reason}", "bold yellow") for r in result.refusals]
    tip = table("At the tip", "Drug", "Last 24 h", "Highest rate")
    for drug, out in result.tip.items():
        add(tip, drug, out.daily_dose, out.peak_rate)
    view.append(tip)
    if result.levels:
        days = show(result.days)
        view.append(_levels(f"CSF by level, mean of the last 24 h of {days}", result.levels))
        view.append(_sites(result))
    for drug, ratio in result.lumbar_cisternal_ratios.items():
        view.append(line(f"{drug}: lumbar (L3 to L5) over basal cistern {float(ratio):.3g}"))
    view += [line(f"- {words}") for words in result.assumptions]
    return [*view, line(f"Band of {result.cohort} virtual persons. {DISCLAIMER}", "dim")]


def _levels(title: str, values: tuple[LevelValue, ...]) -> Table:
    made = table(title, "Level", "Drug", "Mean", "5 %", "95 %", "Peak of the run")
    units = {v.drug: _unit([w.p95 for w in values if w.drug == v.drug]) for v in values}
    for v in values:
        cells = (_short(q, units[v.drug]) for q in (v.mean, v.p5, v.p95, v.peak))
        add(made, v.level, v.drug, *cells)
    return made


def _sites(result: Forecast) -> Table:
    made = table("Settled, above the canal and in plasma", "Site", "Drug", "Mean", "5 %", "95 %")
    sites = (
        ("basal cistern", result.cistern),
        ("brainstem tissue", result.brainstem),
        ("plasma", result.plasma),
    )
    for name, values in sites:
        for drug, v in values.items():
            if v is None:
                add(made, name, drug, "no human clearance known", "", "")
            else:
                unit = _unit([v.p95])
                add(made, name, drug, *(_short(q, unit) for q in (v.mean, v.p5, v.p95)))
    return made


def _unit(values: Iterable[Quantity]) -> str:
    """One unit for a column: mcg/mL where the largest reaches one, else ng/mL."""
    return "mcg/mL" if max(v.number("ng/mL") for v in values) >= 1000 else "ng/mL"


def _short(value: Quantity, unit: str) -> str:
    return show(value.to(unit), 3)


def validation_view(result: Validation) -> View:
    """Each case with what was measured, what the model says, and the verdict."""
    made = table("The model against measurements", "Case", "Role", "Measured", "Model", "Verdict")
    for row in result.rows:
        add(made, f"{row.case}: {row.title}", row.role, row.measured, row.modelled, row.verdict)
    counts = ", ".join(f"{n} {verdict}" for verdict, n in result.counts.items())
    return [made, line(counts, "bold"), line(result.rule)]
