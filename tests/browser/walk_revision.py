"""Catheter or pump are replaced, on the pages: plan, decision, the day, operation, line, prime."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from cisterna.clinic.acts.prepare import Scan
from cisterna.clinic.acts.reoperate import Reoperation
from cisterna.clinic.bodies.implant import (
    AntibioticGiven,
    Attended,
    CatheterPlaced,
    ImplantObserved,
    IncisionMade,
    OperationRecorded,
    Segment,
)
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered, GoalsSet
from cisterna.clinic.bodies.revision import PlannedPart, Replaced, RevisionPlanned
from cisterna.clinic.bodies.titration import GoalLookedAt, Stabilised
from cisterna.clinic.devices import devices, scans
from cisterna.clinic.watch import watches
from cisterna.quantity import Quantity
from tests.browser.walk import Walk
from tests.clinic.onward import (
    CALM,
    WEIGHT,
    WELL,
    catheter,
    checklist,
    morning,
    purpose,
    udi,
    visit,
)
from tests.clinic.people import (
    DECIDED,
    NURSE,
    PHYSICIAN,
    RULES,
    SURGEON,
    Course,
    Step,
    hours,
    screen,
)

OLD, NEW = "lot 55", "lot 77"
LENGTHS = Quantity.parse("100 cm"), Quantity.parse("24 cm")
"""As supplied and as cut: 76 cm lie in her, where 81.4 cm lay before."""


def new_catheter(walk: Walk, cover: str) -> None:
    """From the order of the revision until the new catheter is primed and her dose runs again."""
    code = udi("", lot="77")[:-4]
    prepared(walk, PlannedPart("catheter", OLD, "replace"), cover)
    walk.do(Step("scan-device", NURSE, Scan("catheter", "ascenda-8780", code)))
    cut(walk)
    piece = Segment("ascenda-8780", *LENGTHS, NEW)
    operated(walk, Replaced("catheter", OLD, NEW), piece)
    walk.again("catheter-replaced")


def new_pump(walk: Walk, serial: str, cover: str) -> None:
    """From the order of the replacement until her dose runs in a pump that was in stock."""
    old = devices(walk.person).pump
    assert old is not None
    prepared(walk, PlannedPart("pump", old.serial, "replace"), cover)
    walk.serial = serial
    walk.do(Step("scan-device", NURSE, Scan("pump", old.model, udi())))
    cut(walk)
    (lies,) = devices(walk.person).segments
    piece = Segment(lies.model, lies.supplied, lies.trimmed, lies.lot, stays=lies.id)
    pocket = {"scan": scans(walk.person)[-1].id, "side": "left", "site": "abdomen"}
    depth = Quantity.parse("2 cm")
    operated(walk, Replaced("pump", old.serial, serial), piece, depth=depth, **pocket)
    walk.anew()


def prepared(walk: Walk, part: PlannedPart, cover: str) -> None:
    """The order of the revision, her decision, and the screen on the day."""
    walk.do(Step("plan-revision", SURGEON, RevisionPlanned((part,), "it fails", cover)))
    walk.do(Step("record-decision", PHYSICIAN, DECIDED))
    walk.do(Step("screen", NURSE, screen(purpose(walk)), morning(walk, 6)))  # type: ignore[arg-type]
    walk.do(Step("answer-anticoagulants", NURSE, AnticoagulantsAnswered(())))


def cut(walk: Walk) -> None:
    """The checklist, the antibiotic and the incision; the operation goes on for two hours."""
    walk.do(Step("answer-checklist", NURSE, checklist("drug-order")))
    given = AntibioticGiven("cefazolin", Quantity.parse("2000 mg"), walk.at, WEIGHT)
    walk.do(Step("give-antibiotic", NURSE, given))
    walk.do(Step("record-incision", NURSE, IncisionMade("name, site, allergies said aloud")))
    walk.house.until(walk.at + timedelta(hours=2))


def operated(walk: Walk, replaced: Replaced, piece: Segment, **pocket: Any) -> None:
    """What was replaced, and the catheter whole; the tip is where it was."""
    tip = devices(walk.person).tip
    placed: CatheterPlaced = catheter(tip)
    people = Attended("dr-cole", "surgeon"), Attended("dr-jost", "anaesthetist")
    closed = walk.at - timedelta(minutes=10)
    done = OperationRecorded("revision", "general", "II", people, closed, "no bleeding")
    whole = CatheterPlaced((piece,), placed.entry, tip, placed.side, placed.anchor, True)
    reoperation = Reoperation((replaced,), whole, done, **pocket)
    walk.do(Step("record-reoperation", SURGEON, reoperation))


def recovered(course: Course) -> Iterator[Step]:
    """Every look of the watch, the way home, two visits, and the dose is the right one again."""
    while due := [s.due for w in watches(course.person, RULES) if (s := w.next(course.at))]:
        seen = min(due)
        look = ImplantObserved(seen, WELL, CALM)
        yield Step("observe-after-implant", NURSE, look, max(seen - course.at, timedelta(0)))
    ends = max((w.ends for w in watches(course.person, RULES)), default=course.at)
    yield Step("discharge", PHYSICIAN, "home", max(ends - course.at, hours(1)))
    yield Step("titration-visit", NURSE, visit(course, hours(10)), hours(10))
    yield Step("titration-visit", NURSE, visit(course, hours(38)), hours(38))
    goals = course.person.last(GoalsSet, None)
    assert goals is not None
    looked = tuple(GoalLookedAt(g, "most days") for g in goals.body.goals)
    yield Step("stabilise", PHYSICIAN, Stabilised(looked), timedelta(days=5))
