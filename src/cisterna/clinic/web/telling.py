"""An event in words: what happened in one line, and each thing that it says, for a timeline.

The line of a kind stands in `telling.toml`; a few that need more than what the event says are here.
Orders and programmes are never told as their text: a page links to the sheet.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cisterna.clinic.bodies import implant, planning
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.planning import Moved
from cisterna.clinic.bodies.refill import DrawnBack, Instilled, RefillBegun, ResidualDecided
from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as gate
from cisterna.clinic.web.words import plain, title
from cisterna.facts import Library
from cisterna.quantity import Quantity, show

_FILE = Path(__file__).parent / "telling.toml"
_ORDERS = frozenset({"prescription", "ordered", "running", "previous"})
_DIGESTS = frozenset({"digest", "binds", "proof", "programme", "arguments", "signed", "sheet"})
_IDS = frozenset(
    {"proposal", "intent", "scan", "waste", "first", "second", "glass", "flag", "raised"}
)
_HIDDEN = _ORDERS | _DIGESTS | _IDS | {"text", "runs", "base_version", "under", "refill"}
_NAMED = {"before": "place", "after": "place", "goes_on": "place", "indication": "indication"}
_DOSE = "Daily dose"
_LONG, _TOML = 400, "schema ="
BLIND = {"label-read": "kept apart; what two readings came to stands beside them"}
"""What a second person must not have seen is told nowhere but in the audit's export."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event as a page shows it: `line` says it in one line, at `on` in the reader's zone.

    `says` are pairs of a label and words. Where `sheet` is true the event holds an order, which a
    page shows as the sheet. `corrected` is the event that stands in its place now, `by_act` the
    act by which the reader may correct it.
    """

    id: str
    kind: str
    title: str
    at: datetime
    recorded: datetime
    who: str
    role: str
    why: str
    says: tuple[tuple[str, str], ...]
    corrects: str | None
    person: str
    line: str
    on: str
    sheet: bool
    corrected: str = ""
    by_act: str = ""


def tell(found: Event, zone: ZoneInfo, before: Iterable[Event] = ()) -> Told:
    """One event, its times in a zone; `before` is where its line looks for what it belongs to."""
    body = found.body
    name = title("kind", found.kind)
    says = tuple(_says(body))
    if found.kind in BLIND:
        says = (("What was read", BLIND[found.kind]),)
    if isinstance(body, Moved):
        name, says = f"{title('place', body.before)} → {title('place', body.after)}", ()
    at, recorded = found.effective.astimezone(zone), found.recorded.astimezone(zone)
    role = title("role", found.actor.role)
    return Told(
        found.id, found.kind, name, at, recorded, found.actor.who, role, found.why, says,
        found.corrects, found.person, _line(found, name, zone, before), f"{at:%Y-%m-%d %H:%M}",
        isinstance(body, OrderWritten | RefillBegun | gate.ChangeProposed),
    )  # fmt: skip


# One line ----------------------------------------------------------------------------------------


@cache
def _lines() -> Mapping[str, str]:
    return tomllib.loads(_FILE.read_text("utf-8"))


def _line(found: Event, name: str, zone: ZoneInfo, before: Iterable[Event]) -> str:
    """What happened, in one line; a kind that has no line of its own is called by its name."""
    if isinstance(found.body, gate.TransmissionEnded):
        return _ended(found.body, before)
    own = _OWN.get(type(found.body))
    if own is not None:
        return own(found.body)
    given = {f.name: _short(f.name, getattr(found.body, f.name), zone) for f in fields(found.body)}
    return _fill(_lines()[found.kind], given) if found.kind in _lines() else name


def _fill(line: str, given: Mapping[str, str]) -> str:
    """The line with its names filled in; a part in brackets only where its names say a thing."""
    parts = re.split(r"\[([^\]]*)\]", line)
    kept = (
        part for n, part in enumerate(parts)
        if n % 2 == 0 or all(given[name] for name in re.findall(r"\{(\w+)\}", part))
    )  # fmt: skip
    return "".join(kept).format_map(given).strip()


def _short(name: str, value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    if isinstance(value, tuple):
        return ", ".join(_short(name, one, zone) for one in value)
    if not isinstance(value, str):
        return _text(value)
    if name in _NAMED:
        return title(_NAMED[name], value)
    if value in _devices():
        return _devices()[value]
    return value if " " in value or name in _KEPT else value.replace("-", " ")


_KEPT = frozenset({"serial", "number", "lot", "model", "pump", "who", "remote"})
"""Names that are what they are, hyphens and all."""


@cache
def _devices() -> Mapping[str, str]:
    """Pumps and catheters by their ids, as their makers call them."""
    library = Library()  # a name is no value that a site confirms
    pumps = {name: library.pump(name).name for name in library.pump_ids}
    return pumps | {name: library.catheter(name).name for name in library.catheter_ids}


def _proposed(body: gate.ChangeProposed) -> str:
    return f"Change proposed: {_dose(body)}"


def _dose(body: gate.ChangeProposed) -> str:
    """What becomes of the daily dose; where it stays, what else is changed."""
    doses = [d for d in body.differences if d.what.startswith(_DOSE)]
    if body.refill is not None and not doses:
        return f"refill, the dose stays {body.dose}"
    if not doses:
        others = ", ".join(
            f"{d.what} {d.old or 'none'} → {d.new or 'none'}" for d in body.differences
        )
        return others or f"{body.dose}, as it runs"
    told = (f"{d.what.partition(', ')[2]} {d.old or 'none'} → {d.new or 'none'}" for d in doses)
    return "; ".join(told)


def _ended(body: gate.TransmissionEnded, before: Iterable[Event]) -> str:
    """The dose that was changed where the pump took it; else what became of what was sent."""
    if body.outcome != "activated":
        return f"Sent to the pump, outcome {body.outcome}{f': {body.words}' if body.words else ''}"
    earlier = [e.body for e in before]
    change = next((b for b in reversed(earlier) if isinstance(b, gate.ChangeProposed)), None)
    if change is None:
        return "The pump runs the new programme"
    changed = any(d.what.startswith(_DOSE) for d in change.differences)
    return f"{'Dose changed' if changed else 'The pump took it'}: {_dose(change)}"


def _looked(body: implant.ImplantObserved) -> str:
    neuro, vitals = body.neuro, body.vitals
    words = []
    if neuro is not None:
        flags = [plain(f.name).lower() for f in fields(neuro) if getattr(neuro, f.name) is True]
        words.append(f"nerves: {', '.join(flags) or 'nothing new'}")
    if vitals is not None:
        words.append(
            f"{vitals.sedation}, {vitals.breaths} breaths a minute, oxygen {vitals.oxygen} %"
        )
    return f"Observed: {'; '.join(words) or body.says}"


_OWN: Mapping[type, Callable[[Any], str]] = {
    gate.ChangeProposed: _proposed,
    implant.ImplantObserved: _looked,
    planning.PsychologyCleared: lambda b: (
        f"Psychologist: {'nothing speaks against it' if b.cleared else 'not cleared'}: {b.says}"
    ),
    planning.TeachBackDone: lambda b: f"Teach-back {_not(b.passed)}passed: {b.says}",
    ResidualDecided: lambda b: f"Residual judged: {'go on' if b.go_on else 'hold'}",
    Instilled: lambda b: f"Instilled {show(b.volume)}{_felt(b)}",
    DrawnBack: lambda b: f"Drawn back: {'fluid came' if b.returned else 'nothing came'}",
    gate.GlassReviewed: lambda b: f"Reviewed what was done alone: {_not(b.right)}right",
    gate.DeedReconciled: lambda b: f"Reconciled: {_not(b.happened)}happened",
}


def _not(is_so: bool) -> str:
    return "" if is_so else "not "


def _felt(body: Instilled) -> str:
    felt = [n for n in ("resistance", "swelling", "pain") if getattr(body, n)]
    return f", {' and '.join(felt)}" if felt else ""


# Each thing that it says -------------------------------------------------------------------------


def _says(body: Any) -> list[tuple[str, str]]:
    found = []
    for one in fields(body):
        text = _text(getattr(body, one.name))
        if text and one.name not in _HIDDEN:
            found.append((plain(one.name), text))
    return found


def _text(value: Any) -> str:
    if value is None or value in ("", ()):
        return ""
    for kind, words in _WORDS:
        if isinstance(value, kind):
            return words(value)
    if is_dataclass(value):
        return ", ".join(f"{label.lower()} {text}" for label, text in _says(value))
    text = str(value)
    if text.startswith(_TOML):
        return "an order, shown as its sheet"
    return text if len(text) <= _LONG else f"{text[:_LONG]} …"


_WORDS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (gate.Found, lambda value: f"{plain(value.severity)}: {value.message}"),
    (gate.Difference, lambda value: f"{value.what} {value.old or 'none'} → {value.new or 'none'}"),
    (bool, lambda value: "Yes" if value else "No"),
    (StrEnum, plain),
    (Quantity, show),
    (datetime, lambda value: f"{value:%Y-%m-%d %H:%M %z}"),
    (date, lambda value: value.isoformat()),
    (tuple, lambda value: "; ".join(_text(v) for v in value)),
)
