"""The operation, the watch after it, the way home, and the dose found step by step."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from cisterna.clinic.acts.act import house
from cisterna.clinic.acts.implant import Implant, Pocket
from cisterna.clinic.acts.prepare import Scan as Scanned
from cisterna.clinic.antibiotic import adult
from cisterna.clinic.bodies import implant as b
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered, GoalsSet
from cisterna.clinic.bodies.titration import Effect, GoalLookedAt, Stabilised, TitrationVisited
from cisterna.clinic.demo.player import Player, Step
from cisterna.clinic.demo.steps import Act
from cisterna.clinic.demo.stories.ordering import change, first, with_dose
from cisterna.clinic.demo.stories.planning import (
    HOUR,
    next_morning,
    plan_of,
    purpose,
    screened,
    staff,
)
from cisterna.clinic.reassess import reassessments
from cisterna.clinic.watch import watches
from cisterna.quantity import Quantity

GTIN = "51022222233336"
"""A device identifier whose check digit fits and that names nothing."""
WELL = b.Neuro(new_weakness=False, new_numbness=False, sphincter_loss=False)
WEAK = b.Neuro(new_weakness=True, new_numbness=False, sphincter_loss=False)
CALM = b.Vitals("awake", 14, 97)
NOT_FOR_HER = ("pregnancy", "marking")
RISES_AFTER = 3
"""Days from the last look at a dose to the next one (invented)."""


def operated(player: Player) -> Iterator[Step]:
    """The day of the operation, up to the first programme."""
    yield screened(player, next_morning(player, 12))
    none = AnticoagulantsAnswered(())
    yield Act("answer-anticoagulants", staff("nurse"), none)
    yield from _unpacked(player)
    yield change(first, "the order for the operation", refill=True, far="signed")
    yield Act("answer-checklist", staff("nurse"), checklist())
    yield Act("give-antibiotic", staff("nurse"), antibiotic, why=_why_so_much(player))
    pause = b.IncisionMade("name, side and allergies said aloud")
    yield Act("record-incision", staff("nurse"), pause)
    yield Act("record-implant", staff("surgeon"), _implant, 2 * HOUR)
    contact = b.EmergencyContactGiven("a sister", "sister", "by telephone, on the paper file")
    yield Act("give-emergency-contact", staff("caregiver"), contact)
    yield change(first, "the first programme", refill=True)


def _unpacked(player: Player) -> Iterator[Step]:
    device = player.role.device
    if device is None:
        raise LookupError(f"{player.role.id} has no pump in the cast")
    good = f"(01){GTIN}(17)291231(10)"
    pump = Scanned("pump", device.model, f"{good}A213B1(21){device.serial}")
    yield Act("scan-device", staff("nurse"), pump)
    yield Act("scan-device", staff("nurse"), Scanned("catheter", device.catheter, f"{good}55C"))


def checklist(*left_out: str) -> b.ChecklistAnswered:
    """Every item done, but those that are not for these people, and those that are left out."""
    spared = (*NOT_FOR_HER, *left_out)
    items = (item.id for item in house().checklist())
    rows = (b.Checked(i, i not in spared, "not for her") for i in items)
    return b.ChecklistAnswered(tuple(rows))


def antibiotic(player: Player) -> b.AntibioticGiven:
    """The dose of an adult."""
    return b.AntibioticGiven(
        "cefazolin", Quantity.parse("2000 mg"), player.at, Quantity.parse("68 kg")
    )


def _why_so_much(player: Player) -> str:
    """For a child no dose by weight is known to the facts."""
    grown = adult(player.person, house(), player.at)
    return "" if grown else "the dose that the paediatrician wrote"


def _implant(player: Player) -> Implant:
    """The record, written ten minutes after the wound was closed."""
    device, people = player.role.device, ("dr-granite", "dr-basalt")
    if device is None:
        raise LookupError(f"{player.role.id} has no pump in the cast")
    attended = b.Attended(people[0], "surgeon"), b.Attended(people[1], "anaesthetist")
    closed = player.at - timedelta(minutes=10)
    done = b.OperationRecorded("implant", "general", "II", attended, closed, "no bleeding")
    lengths = Quantity.parse(device.supplied), Quantity.parse(device.trimmed)
    segment = b.Segment(device.catheter, *lengths, "lot 55")
    catheter = b.CatheterPlaced((segment,), "L3", device.tip, "midline", "anchor sutured", True)
    scan = [e for e in player.person.events if isinstance(e.body, b.DeviceScanned)]
    pump = next(e.id for e in reversed(scan) if e.body.kind == "pump")
    return Implant(pump, Pocket("left", Quantity.parse("2 cm")), catheter, done)


def watched(player: Player, until: datetime | None = None) -> Iterator[Step]:
    """Every look of the watch, at its time; those before `until`."""
    while due := [s.due for w in watches(player.person, house()) if (s := w.next(player.at))]:
        if until is not None and min(due) >= until:
            return
        yield Act("observe-after-implant", staff("nurse"), _seen, player.until(min(due)))


def red_flag(player: Player) -> Iterator[Step]:
    """Operated yesterday; this morning a leg is weaker than before."""
    yield from operated(player)
    before = player.end - HOUR
    yield from watched(player, before)
    yield Act("observe-after-implant", staff("nurse"), _weak, player.until(before))


def _weak(player: Player) -> b.ImplantObserved:
    return b.ImplantObserved(player.at, WEAK, CALM, "the left foot drops since this morning")


def _seen(player: Player) -> b.ImplantObserved:
    return b.ImplantObserved(player.at, WELL, CALM)


def _no_more_antibiotic(player: Player) -> b.AntibioticEnded:
    given = player.person.last(b.AntibioticGiven, None)
    if given is None:
        raise LookupError("no antibiotic was given")
    return b.AntibioticEnded(given.body.given)


def home(player: Player) -> Iterator[Step]:
    """The watch, and the way home."""
    yield from watched(player)
    ends = max((w.ends for w in watches(player.person, house())), default=player.at)
    yield Act("end-antibiotic", staff("nurse"), _no_more_antibiotic)
    later = max(player.until(ends), HOUR)
    yield Act("discharge", staff("physician"), "home with a sister", later)


def titrated(player: Player) -> Iterator[Step]:
    """One dose after the other, each looked at in time, until it is the right one."""
    for dose in plan_of(player).doses[1:]:
        yield from _reassessed(player)
        why = "less pain or tone, not yet little enough; awake and breathing well"
        yield change(with_dose(dose), why, later=next_morning(player, RISES_AFTER))
    yield from _reassessed(player)
    yield Act("stabilise", staff("physician"), _stable, next_morning(player, 5))


def _reassessed(player: Player) -> Iterator[Step]:
    """What the last change of the dose asks for."""
    while due := [r for r in reassessments(player.person, house()) if not r.done]:
        at = _between(due[0].opens, due[0].due)
        yield Act("titration-visit", staff("nurse"), _visit, player.until(at))


def _between(opens: datetime, due: datetime) -> datetime:
    return opens + (due - opens) / 2


def _visit(player: Player) -> TitrationVisited:
    calm = ("none", "mild", "14 a minute, easy", Effect.BETTER, WELL)
    if purpose(player) == "spasticity":
        return TitrationVisited(player.at, *calm, ashworth="1+")
    return TitrationVisited(player.at, *calm, pain_rest=3, pain_moving=4)


def _stable(player: Player) -> Stabilised:
    goals = player.person.last(GoalsSet, None)
    if goals is None:
        raise LookupError("she has set no goals")
    return Stabilised(tuple(GoalLookedAt(g, "most days") for g in goals.body.goals))
