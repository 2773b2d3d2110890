"""The catheter is replaced, on the pages: plan, decision, the day, operation, line and prime."""

from collections.abc import Iterator
from datetime import timedelta

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
from cisterna.clinic.devices import devices
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


def revise(walk: Walk, cover: str) -> None:
    """From the order of the revision until the new catheter is primed and her dose runs again."""
    planned = RevisionPlanned((PlannedPart("catheter", OLD, "replace"),), "it leaks", cover)
    walk.do(Step("plan-revision", SURGEON, planned))
    walk.do(Step("record-decision", PHYSICIAN, DECIDED))
    walk.do(Step("screen", NURSE, screen(purpose(walk)), morning(walk, 6)))  # type: ignore[arg-type]
    walk.do(Step("answer-anticoagulants", NURSE, AnticoagulantsAnswered(())))
    code = udi("", lot="77")[:-4]
    walk.do(Step("scan-device", NURSE, Scan("catheter", "ascenda-8780", code)))
    walk.do(Step("answer-checklist", NURSE, checklist("drug-order")))
    given = AntibioticGiven("cefazolin", Quantity.parse("2000 mg"), walk.at, WEIGHT)
    walk.do(Step("give-antibiotic", NURSE, given))
    walk.do(Step("record-incision", NURSE, IncisionMade("name, site, allergies said aloud")))
    walk.house.until(walk.at + timedelta(hours=2))
    walk.do(Step("record-reoperation", SURGEON, operation(walk)))
    walk.again("catheter-replaced")


def operation(walk: Walk) -> Reoperation:
    """The catheter out, another one in; the tip where it was."""
    tip = devices(walk.person).tip
    placed: CatheterPlaced = catheter(tip)
    piece = Segment("ascenda-8780", *LENGTHS, NEW)
    people = Attended("dr-cole", "surgeon"), Attended("dr-jost", "anaesthetist")
    closed = walk.at - timedelta(minutes=10)
    done = OperationRecorded("revision", "general", "II", people, closed, "no bleeding")
    whole = CatheterPlaced((piece,), placed.entry, tip, placed.side, placed.anchor, True)
    return Reoperation((Replaced("catheter", OLD, NEW),), whole, done)


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
