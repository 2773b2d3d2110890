"""Revision and replacement: proposed, planned or declined, recorded with old and new (PW-056)."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.acts.asked import facts, need_words, once, refuse
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.revision import (
    IndicatorRead,
    PlannedPart,
    Replaced,
    RevisionDeclined,
    RevisionPlanned,
    RevisionRecorded,
)
from cisterna.clinic.revision import line_in_place, open_case, open_proposal
from cisterna.clinic.since import AFTER_IMPLANT, home
from cisterna.facts.library import known
from cisterna.order.form import LEVELS
from cisterna.quantity import LENGTH, later

_ROW = "pathway §1.6 PW-056"
_BEFORE = (Place.TITRATION, Place.MAINTENANCE, Place.TROUBLESHOOTING, Place.EMERGENCY)


@act("plan-revision", *_BEFORE)
def plan_revision(case: Case, asked: RevisionPlanned) -> Iterator[Any]:
    """Order a revision: which part, what is done with it, what covers the gap in the drug.

    Screen, anticoagulants and her decision are asked for at the operation.
    """
    if not asked.parts:
        refuse("no-part", "A revision names at least one part.", "Name it.", _ROW)
    for part in asked.parts:
        known(part.part, facts(case).words("revision.part"), "part")
        known(part.action, facts(case).words("revision.action"), "action")
        need_words(part.old, "the component in place, by serial or model", _ROW)
    once((p.part for p in asked.parts), "part", _ROW)
    need_words(asked.reason, "the reason", _ROW)
    need_words(asked.cover, "what covers the time without drug", "pathway §7, cards E to G")
    yield asked
    yield Place.REVISION_PLANNED


@act("decline-revision", Place.TROUBLESHOOTING, Place.REVISION_PLANNED)
def decline_revision(case: Case, asked: RevisionDeclined) -> Iterator[Any]:
    """No revision, with the reason; she goes back."""
    need_words(asked.reason, "the reason", _ROW)
    if open_case(case.person) is None and open_proposal(case.person) is None:
        refuse("no-revision", "No revision is proposed.", "Judge the fault first.", _ROW)
    yield asked
    yield home(case.person)


@act("record-revision", Place.IMPLANTED_OBSERVATION)
def record_revision(case: Case, asked: RevisionRecorded) -> Iterator[Any]:
    """Record what the operation left: old and new of each part, the catheter measured anew."""
    check_revision(case, asked)
    yield asked


def check_revision(case: Case, asked: RevisionRecorded) -> None:
    """Raise `Refused` unless each planned part has its old and new, and the line is measured."""
    planned = open_case(case.person)
    if planned is None:
        refuse("no-revision", "No revision is planned.", "Plan it.", _ROW)
    once((r.part for r in asked.replaced), "part", _ROW)
    known(asked.tip, LEVELS, "tip level")
    done = {r.part: r for r in asked.replaced}
    for part in planned.parts:
        _check_part(part, done.get(part.part))
    for extra in asked.replaced:
        known(extra.part, facts(case).words("revision.part"), "part")
    _check_line(case, asked)


def _check_part(part: PlannedPart, done: Replaced | None) -> None:
    if done is None or done.old != part.old:
        text = f"Planned was {part.part} {part.old}: what became of it is not said."
        refuse("part-open", text, "Name its old and its new component.", _ROW, part.part)
    if part.action == "replace" and done.new.strip() in ("", done.old):
        text = f"The new {part.part} has a serial or lot of its own."
        refuse("part-open", text, "Name the new component.", _ROW, part.part)


def _check_line(case: Case, asked: RevisionRecorded) -> None:
    for segment in asked.line:
        case.rules.library.catheter(segment.model)
        if segment.length.dimension != LENGTH or segment.length.base <= 0:
            refuse("wrong-kind", "A segment has its length in place.", "Such as 89.4 cm.", _ROW)
    if not asked.line:
        refuse("no-line", "The catheter is measured anew.", "Give each segment.", _ROW)
    cut = [r.part for r in asked.replaced if r.part in _LINE and r.new and r.new != r.old]
    if cut and asked.line == line_in_place(case.person):
        case.need_why(f"Same models and lengths after a new {cut[0]}.", _ROW)


_LINE = ("catheter", "pump-segment", "spinal-segment")


@act("read-indicator", *AFTER_IMPLANT)
def read_indicator(case: Case, asked: IndicatorRead) -> Iterator[Any]:
    """Record the replacement day that the pump shows; one beyond its service life is refused."""
    pump = case.rules.library.pump(asked.pump)
    life = pump.service_life
    if asked.implanted > case.at.date() or asked.replace_by <= asked.implanted:
        text = "It was implanted before today and is replaced after that."
        refuse("wrong-time", text, "Correct the days.", _ROW)
    if life is not None and life.high is not None:
        born = datetime.combine(asked.implanted, time(), UTC)
        if datetime.combine(asked.replace_by, time(), UTC) > later(born, life.high):
            text = f"{pump.name} serves {life.text()} at most: that day is beyond it."
            way_out = "Interrogate again; programmers have shown such days wrongly."
            source = "devices §5, row 2012 software"
            refuse("replace-by-late", text, way_out, source, life.text())
    yield asked
