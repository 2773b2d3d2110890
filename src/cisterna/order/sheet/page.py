"""The sheet: a plan as one HTML file, for the screen, a phone and paper.

The file holds its own style and drawings, runs no script and asks nothing of any network; its
security policy allows nothing but its own style. The two identifiers (name, and record number
with birth date) stand on every printed page, because the header is repeated like a table's.
"""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cisterna.facts import Library
from cisterna.order.plan import Plan
from cisterna.order.prescription import Prescription
from cisterna.order.sheet import dates, line, order, values
from cisterna.order.sheet.markup import Markup, day_text, join, moment_text, pairs, section, tag

NOT_IDENTIFIED = "NO PATIENT IDENTIFIED"
SEPARATOR = " · "
_STYLE = Path(__file__).parent / "style" / "sheet.css"


def sheet(plan: Plan, library: Library, more: Sequence[Markup] = ()) -> str:
    """The whole plan as one self-contained HTML file.

    `more` are sections from rooms that know what this one does not, such as the spine.
    """
    parts = [
        order.verdict(plan),
        _who(plan.new),
        order.words(plan),
        order.findings(plan, library),
        order.side_by_side(plan),
        values.values(plan),
        line.line(plan),
        values.day_curve(plan),
        values.tip(plan),
        dates.reservoir(plan, library),
        *more,
        order.digest(plan),
        order.unverified(plan, library),
        order.signatures(plan),
    ]
    main = tag("main", tag("h1", _title(plan)), *parts)
    body = tag("div", _banner(plan), main, _foot(plan), class_="sheet")
    return f"<!DOCTYPE html>\n{tag('html', _head(plan), tag('body', body), lang='en')}\n"


def _title(plan: Plan) -> str:
    return "Plan of a first order" if plan.old is None else "Plan of a change of order"


def _head(plan: Plan) -> Markup:
    style = _STYLE.read_text("utf-8")
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
        tag("title", f"{_title(plan)} · {identifiers(plan.new)}"),
        tag("style", Markup(style)),
    )


def identifiers(rx: Prescription) -> str:
    """Name, record number and birth date in one line, or that there is nobody."""
    person = rx.patient
    if person.name is None or person.id is None or person.born is None:
        return NOT_IDENTIFIED
    return SEPARATOR.join((person.name, f"id {person.id}", f"born {day_text(person.born)}"))


def _banner(plan: Plan) -> Markup:
    """What every printed page begins with."""
    rx = plan.new
    blocked = "" if plan.ok else " · BLOCKED"
    # Each in its own direction: letters of one cannot turn round the others.
    parts = join((tag("bdi", part) for part in identifiers(rx).split(SEPARATOR)), SEPARATOR)
    who = tag("strong", parts, blocked)
    pump = tag("span", f"{rx.pump.model.name} · fill {moment_text(rx.solution.filled_at)}")
    return tag("header", tag("div", who, pump, class_="banner"))


def _who(rx: Prescription) -> Markup:
    person, pump = rx.patient, rx.pump
    segments = rx.catheter.segments if rx.catheter else ()
    rows = [
        ("Name", person.name),
        ("Id", person.id),
        ("Born", day_text(person.born) if person.born else None),
        ("Indication", person.indication.name if person.indication else None),
        ("Ordered by", rx.order.by),
        ("Phase", _phase(rx)),
        ("Label of", rx.order.jurisdiction),
        ("Pump", pump.model.name),
        ("Serial", pump.serial),
        ("Implanted", day_text(pump.implanted) if pump.implanted else None),
        ("Catheter", ", ".join(s.model.name for s in segments) or None),
        ("Catheter tip", rx.catheter.tip if rx.catheter else None),
    ]
    shown = [(k, v if v is not None else tag("em", "not said")) for k, v in rows]
    warning = [] if person.identified else [tag("p", NOT_IDENTIFIED, class_="nobody")]
    return section("who", "Patient and pump", *warning, pairs(shown))


def _phase(rx: Prescription) -> str:
    return rx.order.stated_phase or f"not said, so judged as {rx.order.phase}"


def _foot(plan: Plan) -> Markup:
    files = [plan.new.file] if plan.old is None else [plan.new.file, plan.old.file]
    order = " in place of ".join(Path(name).name for name in files)
    lines = [
        "Research and planning software, not a cleared medical device.",
        f"Order: {order} · Cisterna {_version()} · {plan.program.digest}",
    ]
    return tag("footer", tag("div", join(tag("p", x) for x in lines), class_="foot"))


def _version() -> str:
    try:
        return version("cisterna")
    except PackageNotFoundError:
        return "(not installed)"
