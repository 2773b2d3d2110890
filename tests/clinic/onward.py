"""The three worked courses from the planned implant into maintenance.

Course().through(back).through(implanted)     under observation, home, titration begins
whole("back")                                 all of it, up to maintenance
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from cisterna.clinic.acts.implant import Implant, Pocket
from cisterna.clinic.acts.prepare import Scan
from cisterna.clinic.bodies.implant import (
    AntibioticGiven,
    Attended,
    CatheterPlaced,
    Checked,
    ChecklistAnswered,
    EmergencyContactGiven,
    ImplantObserved,
    IncisionMade,
    Neuro,
    OperationRecorded,
    Segment,
    Vitals,
)
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered, GoalsSet, ImplantPlanned
from cisterna.clinic.bodies.titration import (
    Effect,
    GoalLookedAt,
    Stabilised,
    TitrationVisited,
)
from cisterna.clinic.devices import devices
from cisterna.clinic.watch import watches
from cisterna.quantity import Quantity
from tests.clinic.people import (
    CAREGIVER,
    NURSE,
    PHYSICIAN,
    RULES,
    SCRIPTS,
    SURGEON,
    Course,
    Dose,
    Script,
    Step,
    hold,
    hours,
    screen,
)
from tests.orders import Tree, order

SERIAL = "NGP000001H"
WELL = Neuro(new_weakness=False, new_numbness=False, sphincter_loss=False)
WEAK = Neuro(new_weakness=True, new_numbness=False, sphincter_loss=False)
CALM = Vitals("awake", 14, 97)
GTIN = "51022222233336"

WEIGHT = Quantity.parse("72 kg")


def udi(serial: str = SERIAL, expires: str = "271231", lot: str = "A213B1") -> str:
    """A printed identifier, as GS1 writes it."""
    return f"(01){GTIN}(17){expires}(10){lot}(21){serial}"


def plan(course: Course) -> ImplantPlanned:
    """The order for the implant."""
    found = course.person.last(ImplantPlanned)
    assert found is not None
    return found.body


def drug(course: Course) -> str:
    return plan(course).drug


def purpose(course: Course) -> str:
    return course.person.indication(RULES).term.purpose


def checklist(*later: str) -> ChecklistAnswered:
    """Everything done but what does not apply."""
    open_ones = {"pregnancy", "marking", *later}
    items = (i.id for i in RULES.checklist())
    return ChecklistAnswered(tuple(Checked(i, i not in open_ones, "not for her") for i in items))


def segment(replaces: str = "", stays: str = "") -> Segment:
    lengths = Quantity.parse("100 cm"), Quantity.parse("18.6 cm")
    return Segment("ascenda-8780", *lengths, "lot 55", replaces, stays)


def catheter(tip: str, csf_seen: bool = True) -> CatheterPlaced:
    """A catheter from L3 up to its tip."""
    return CatheterPlaced((segment(),), "L3", tip, "midline", "V-wing", csf_seen)


def operation(closed: datetime) -> OperationRecorded:
    people = Attended("dr-cole", "surgeon"), Attended("dr-jost", "anaesthetist")
    return OperationRecorded("implant", "general", "II", people, closed, "no bleeding")


def implant(course: Course, depth: str = "2 cm") -> Implant:
    """The record two hours on: closed ten minutes before it is written."""
    closed = course.at + timedelta(minutes=110)
    pocket = Pocket("left", Quantity.parse(depth))
    scanned = (e.id for e in course.person.events if e.kind == "device-scanned")
    return Implant(next(scanned, ""), pocket, catheter(plan(course).tip), operation(closed))


def the_day(course: Course) -> Iterator[Step | Dose]:
    """The day of the operation until the wound is closed."""
    takes = ("warfarin",) if purpose(course) == "pain" and _on_warfarin(course) else ()
    if takes:
        yield Step("plan-hold", PHYSICIAN, hold(course.at))
    yield Step("screen", NURSE, screen(purpose(course)), morning(course, 6))
    yield Step("answer-anticoagulants", NURSE, AnticoagulantsAnswered(takes))
    yield Step("scan-device", NURSE, Scan("pump", plan(course).pump, udi()))
    yield Step("scan-device", NURSE, Scan("catheter", "ascenda-8780", udi("", lot="55C")[:-4]))
    filled_later = drug(course) == "baclofen"
    if not filled_later:
        yield Dose(SERIAL, rx(course, start(course)), signed_only=True)
    yield Step("answer-checklist", NURSE, checklist(*(["drug-order"] if filled_later else [])))
    given = AntibioticGiven("cefazolin", Quantity.parse("2000 mg"), course.at, WEIGHT)
    yield Step("give-antibiotic", NURSE, given)
    yield Step("record-incision", NURSE, IncisionMade("name, site, allergies said aloud"))
    yield Step("record-implant", SURGEON, implant(course), hours(2))


def morning(course: Course, days: int) -> timedelta:
    """Until seven in the morning, so many days on."""
    then = (course.at + timedelta(days=days)).replace(hour=7, minute=0, second=0)
    return then - course.at


def _on_warfarin(course: Course) -> bool:
    found = course.person.last(AnticoagulantsAnswered)
    return found is not None and bool(found.body.taking)


def implanted(course: Course) -> Iterator[Step | Dose]:
    """The operation, the first programme, every look of the watch, and the way home."""
    yield from the_day(course)
    contact = EmergencyContactGiven("her sister", "sister", "+1 555 0100")
    yield Step("give-emergency-contact", CAREGIVER, contact)
    yield Dose(SERIAL, rx(course, start(course)))
    while due := [s.due for w in watches(course.person, RULES) if (s := w.next(course.at))]:
        seen = min(due)
        yield Step(
            "observe-after-implant", NURSE, ImplantObserved(seen, WELL, CALM), seen - course.at
        )
    ends = max((w.ends for w in watches(course.person, RULES)), default=course.at)
    yield Step("discharge", PHYSICIAN, "home with her sister", max(ends - course.at, hours(1)))


def titrated(course: Course) -> Iterator[Step | Dose]:
    """A visit, one rise, two visits, and the stable dose."""
    yield Step("titration-visit", NURSE, visit(course, hours(10)), hours(10))
    yield Dose(SERIAL, rx(course, risen(course), changed=True), timedelta(days=2))
    yield Step("titration-visit", NURSE, visit(course, hours(20)), hours(20))
    yield Step("titration-visit", NURSE, visit(course, timedelta(days=2)), timedelta(days=2))
    goals = course.person.last(GoalsSet, None)
    assert goals is not None
    looked = tuple(GoalLookedAt(g, "most days") for g in goals.body.goals)
    yield Step("stabilise", PHYSICIAN, Stabilised(looked), timedelta(days=5))


def visit(course: Course, on: timedelta, effect: Effect = Effect.BETTER, **more: object):
    """A visit that is seen `on` after now."""
    words = {"sedation": "none", "constipation": "mild", "breathing": "14, easy"}
    scores = (
        {"ashworth": "1"} if purpose(course) == "spasticity" else {"pain_rest": 3, "pain_moving": 4}
    )
    given = {"seen": course.at + on, "effect": effect, "neuro": WELL} | words | scores | more
    return TitrationVisited(**given)  # type: ignore[arg-type]


# Orders ------------------------------------------------------------------------------------------

STARTS = {"morphine": "0.3 mg/day", "baclofen": "100 mcg/day"}
RISEN = {"morphine": "0.36 mg/day", "baclofen": "112 mcg/day"}


def start(course: Course) -> str:
    return STARTS[drug(course)]


def risen(course: Course) -> str:
    return RISEN[drug(course)]


def rx(course: Course, dose: str, *, changed: bool = False) -> Tree:
    """An order for the devices that lie in her, or that were scanned for her."""
    tree, at = devices(course.person), course.at
    tip = tree.tip or plan(course).tip
    before = {"previous_daily_dose": start(course), "changed_at": date(2026, 1, 1)}
    made = order(
        order__phase="titration" if changed else "start",
        order__previous_daily_dose=before["previous_daily_dose"] if changed else None,
        order__changed_at=(course.at - timedelta(days=2)).date() if changed else None,
        pump__model=plan(course).pump,
        pump__serial=SERIAL,
        pump__implanted=at.date(),
        pump__tubing_volume=None,
        catheter__tip=tip,
        patient__indication=course.person.indication(RULES).term.id,
        solution__prepared=at - timedelta(hours=2),
        solution__filled_at=at,
        infusion__daily_dose=dose,
        remote=None,
        limits=None,
    )
    return _baclofen(made) if drug(course) == "baclofen" else _morphine(made)


def _morphine(tree: Tree) -> Tree:
    return order(tree, solution__drug__0__concentration="2 mg/mL", solution__drug__0__product=None,
                 solution__drug__0__preservative_free=True)  # fmt: skip


def _baclofen(tree: Tree) -> Tree:
    drugs = [{"name": "baclofen", "concentration": "500 mcg/mL", "product": "lioresal-500"}]
    return order(
        tree,
        patient__opioid_tolerant=None,
        order__screening_dose="50 mcg" if tree["order"]["phase"] == "start" else None,
        order__screening_effect="8 h" if tree["order"]["phase"] == "start" else None,
        solution__drug=drugs,
        solution__fill_volume="40 mL",
        infusion__primary="baclofen",
    )


def all_of(script: Script) -> Script:
    """A worked course from the referral into maintenance, as one script."""

    def steps(course: Course) -> Iterator[Step | Dose]:
        yield from script(course)
        yield from implanted(course)
        yield from titrated(course)

    return steps


def whole(name: str, until: str = "") -> Course:
    """One of the three, from the referral into maintenance, or up to an act."""
    return Course().through(all_of(SCRIPTS[name]), until)


def each_step(name: str) -> Iterator[tuple[Course, Step]]:
    """The course as it stands before each act of a whole course, and the act."""
    course = Course()
    for step in all_of(SCRIPTS[name])(course):
        if isinstance(step, Dose):
            course.dose(step)
        else:
            yield course, step
            course.do(step)
