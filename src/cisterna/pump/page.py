"""A simulation as one HTML file: offline, without a script, in the look of the order's sheet."""

from base64 import b64encode
from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from cisterna.facts import Library
from cisterna.order.sheet.markup import (
    Markup,
    join,
    moment_text,
    pairs,
    percent,
    section,
    table,
    tag,
)
from cisterna.order.sheet.page import SEPARATOR, identifiers
from cisterna.pump.charts import dose_chart, reservoir_chart
from cisterna.pump.simulation import Extremes, Simulation
from cisterna.pump.timeline import log_table, timeline
from cisterna.quantity import Quantity, show


def page(done: Simulation, library: Library, more: Sequence[Markup] = ()) -> str:
    """The whole run. `more` are sections from rooms that know what this one does not."""
    parts = [
        _verdict(done),
        _run(done),
        _masses(done, library),
        section("dose", "Ordered and delivered", *_doses(done, library)),
        section("level", "Reservoir", reservoir_chart(done)),
        section("time", "Events and alarms", timeline(done)),
        _refusals(done),
        _steadiness(done),
        *more,
        section("log", "Log", log_table(done)),
        section("assumed", "What is assumed", tag("ul", *(tag("li", a) for a in done.assumptions))),
    ]
    title = f"Simulation of {done.scenario}"
    main = tag("main", tag("h1", title), *parts)
    body = tag("div", _banner(done), main, _foot(done), class_="sheet")
    return f"<!DOCTYPE html>\n{tag('html', _head(title), tag('body', body), lang='en')}\n"


def _head(title: str) -> Markup:
    sheet = files("cisterna.order.sheet").joinpath("style", "sheet.css").read_text("utf-8")
    style = sheet + Path(__file__).with_name("simulation.css").read_text("utf-8")
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Markup(style)),
    )


def _banner(done: Simulation) -> Markup:
    rx = done.programs[0].rx
    parts = join((tag("bdi", part) for part in identifiers(rx).split(SEPARATOR)), SEPARATOR)
    who = tag("strong", "SIMULATION, NO RECORD · ", parts)
    what = tag("span", f"{rx.pump.model.name} · from {moment_text(done.start)}")
    return tag("header", tag("div", who, what, class_="banner"))


def _verdict(done: Simulation) -> Markup:
    """In one box: how much of what was ordered arrived, and what went wrong."""
    critical = [a for a in done.alarms if a.alarm_class == "critical"]
    said = [
        f"{_share(done, drug)} of the {drug} that was ordered left the tip."
        for drug, mass in done.ordered.items()
        if mass
    ]
    said += [_days(drug, found) for drug, found in done.extremes.items() if found]
    said += [f"The reservoir was dry at {moment_text(done.dry_at)}."] if done.dry_at else []
    count = f"{len(done.alarms)} alarm{'s' if len(done.alarms) > 1 else ''}"
    said.append(f"{count}, {len(critical)} critical." if done.alarms else "No alarm.")
    kind = "block" if critical or done.dry_at is not None else _kind(done)
    return tag(
        "div", tag("strong", said[0]), *(tag("p", x) for x in said[1:]), class_=f"verdict {kind}"
    )


def _kind(done: Simulation) -> str:
    """A warning where anything alarmed, was refused, or left the accuracy of this pump model."""
    fact = done.programs[0].rx.pump.model.accuracy
    most = fact.most.base if fact else Fraction(0)
    off = (abs(share - 1) for e in done.extremes.values() if e for share in (e.lowest, e.highest))
    return "warn" if done.alarms or done.refusals or any(d > most for d in off) else "clear"


def _days(drug: str, found: Extremes) -> str:
    low, high = (_percent(share) for share in (found.lowest, found.highest))
    over = show(found.over if found.over.number("h") <= 24 else found.over.to("day"))
    return (
        f"{drug}, mean of {over}: least {low} of the order (from "
        f"{moment_text(found.lowest_from)}), most {high} (from {moment_text(found.highest_from)})."
    )


def _percent(share: Fraction) -> str:
    return show(Quantity.of(share * 100, "%"), 4)


def _share(done: Simulation, drug: str) -> str:
    return _percent((done.delivered[drug] / done.ordered[drug]).base)


def _run(done: Simulation) -> Markup:
    asked = done.boluses
    refused = ", ".join(f"{n} for {code}" for code, n in asked.refused.items()) or "none"
    rows = [
        ("From", moment_text(done.start)),
        ("To", moment_text(done.end)),
        ("Orders", ", then ".join(_order(p.order, p.bridged) for p in done.programs)),
        ("Events", str(done.events)),
        ("Doses granted", str(asked.granted)),
        ("Doses refused", refused),
        ("Constant error of the flow", _signed(done.accuracy)),
        ("Seed", str(done.seed)),
        *((f"Volume {key}", show(value)) for key, value in _volumes(done)),
        ("The pump says it holds", show(done.pump_says)),
    ]
    return section("run", "The run", pairs(rows))


def _order(name: str, bridged: bool) -> str:
    return f"{name} with a bridge" if bridged else name


def _volumes(done: Simulation) -> list[tuple[str, Quantity]]:
    v = done.volumes
    rows = [("filled", v.filled), ("delivered", v.delivered), ("withdrawn", v.withdrawn)]
    return [*rows, ("in the reservoir", v.reservoir), ("leaked", v.leaked)]


def _masses(done: Simulation, library: Library) -> Markup:
    rows = [(library.drug(n).tall_man, *(show(q, 5) for q in _row(done, n))) for n in done.masses]
    heads = ("Drug", "Ordered", "Left the tip", "At the start", "Filled", "Withdrawn", "Leaked")
    said = "Start and filled are what left the tip, was withdrawn, leaked, and is left."
    shown = table(said, (*heads, "Left"), rows)
    return section("masses", "Where the drug went", shown)


def _row(done: Simulation, drug: str) -> list[Quantity]:
    m = done.masses[drug]
    return [done.ordered[drug], m.delivered, m.at_start, m.filled, m.withdrawn, m.leaked, m.left]


def _doses(done: Simulation, library: Library) -> list[Markup]:
    found = [library.drug(name) for name in done.ordered]
    return [dose_chart(done, d.id, d.tall_man, f"{d.unit}/day") for d in found]


def _refusals(done: Simulation) -> Markup:
    if not done.refusals:
        return join([])
    rows = [(moment_text(r.at), r.what, r.code, r.message) for r in done.refusals]
    heads = ("When", "What", "Code", "Why")
    return section("refused", "Refused by the pump", table("Acts refused", heads, rows))


def _steadiness(done: Simulation) -> Markup:
    found = done.flow_accuracy
    if found is None:
        return join([])
    rows = [
        (
            show(w.window),
            *map(_maybe, (w.highest, w.lowest)),
            "–" if not w.floor else percent(w.floor),
        )
        for w in found.trumpet
    ]
    said = (
        f"At {show(found.rate)}, over the first {show(found.lasts)}: {_signed(found.overall)} in "
        f"all. One stroke is {show(found.stroke)}; alone it makes the last column."
    )
    heads = ("Any window of", "Highest error", "Lowest error", "One stroke")
    caption = "Error of the mean flow in any window of a length"
    shown = table(caption, heads, rows, shape="compact")
    return section("accuracy", "How steady the flow was", tag("p", said), shown)


def _maybe(value: Fraction | None) -> str:
    return "–" if value is None else _signed(value)


def _signed(value: Fraction) -> str:
    """In words, for a sign is too easily overlooked."""
    if not value:
        return "none"
    return f"{percent(abs(value))} {'more' if value > 0 else 'less'}"


def _foot(done: Simulation) -> Markup:
    lines = [
        "Research and planning software, not a cleared medical device.",
        f"Scenario {done.scenario}, seed {done.seed} · Cisterna {_version()}",
    ]
    return tag("footer", tag("div", join(tag("p", x) for x in lines), class_="foot"))


def _version() -> str:
    try:
        return version("cisterna")
    except PackageNotFoundError:
        return "(not installed)"
