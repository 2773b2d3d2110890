"""When somebody has to look in a trial, what each look found, and what the scores allow.

A look counts for the due time that it is nearest to, as after an operation (`clinic.watch`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from cisterna.clinic.bodies.planning import TrialDoseGiven, TrialObserved, TrialPlanned
from cisterna.clinic.course import Person
from cisterna.clinic.watch import Watch, due_looks, slots_of
from cisterna.facts import Pathway
from cisterna.quantity import later


def seen_in(person: Person) -> tuple[TrialObserved, ...]:
    """Every look of the trial that is planned or runs, oldest first."""
    looks = (o.body for o in person.every(TrialObserved, TrialPlanned))
    return tuple(sorted(looks, key=lambda look: look.seen))


def trial_watches(person: Person, rules: Pathway) -> tuple[Watch, ...]:
    """The looks that are due after the latest dose: the score, and for an opioid the breathing."""
    doses = person.every(TrialDoseGiven, TrialPlanned)
    return tuple(_watches(person, rules, doses[-1].at, doses[-1].body.drug)) if doses else ()


def _watches(person: Person, rules: Pathway, start: datetime, drug: str) -> Iterator[Watch]:
    after = [look for look in seen_in(person) if look.seen > start]
    pain = person.indication(rules).term.purpose == "pain"
    kind = "pain" if pain else "tone"
    scored = [x.seen for x in after if (x.pain_rest if pain else x.ashworth) is not None]
    names = rules.ids_below("trial_look", kind)
    figures = [rules.figure(f"trial_look.{kind}.{name}") for name in names]
    due = [later(start, figure.value) for figure in figures]
    yield Watch(kind, slots_of(start, due, scored), due[-1], figures[0].locator)
    if rules.library.drug(drug).is_opioid:
        due = due_looks("opioid", start, rules)
        looks = slots_of(start, due, [look.seen for look in after])
        yield Watch("opioid", looks, due[-1], rules.figure("watch.opioid.first_every").locator)


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores since the baseline: hours after the first dose, and the levels to be reached."""

    points: tuple[tuple[Fraction, Fraction], ...]
    baseline: Fraction
    success: Fraction | None
    fail: Fraction | None
    most: int
    name: str


def scores(person: Person, rules: Pathway) -> Scores | None:
    """The course of the score that the verdict rests on; None before the first dose."""
    doses = person.every(TrialDoseGiven, TrialPlanned)
    pain = person.indication(rules).term.purpose == "pain"
    points = [p for look in seen_in(person) if (p := _point(look, pain)) is not None]
    before = [y for at, y in points if not doses or at <= doses[0].at]
    if not doses or not before:
        return None
    base, start = before[-1], doses[0].at
    after = tuple((Fraction((at - start).total_seconds()) / 3600, y) for at, y in points)
    if not pain:
        drop = rules.figure("verdict.tone_drop").value.number("1")
        top = int(rules.scale("modified-ashworth")[-1])
        return Scores(after, base, base - drop, None, top, "modified Ashworth score")
    good, bad = (rules.figure(f"verdict.relief_{n}").value.number("1") for n in ("success", "fail"))
    most = int(rules.scale("numeric-pain")[-1])
    return Scores(after, base, base * (1 - good), base * (1 - bad), most, "worst pain")


def _point(look: TrialObserved, pain: bool) -> tuple[datetime, Fraction] | None:
    if pain:
        found = [p for p in (look.pain_rest, look.pain_moving) if p is not None]
        return (look.seen, Fraction(max(found))) if found else None
    if look.ashworth is None:
        return None
    half = Fraction(1, 2) if look.ashworth.endswith("+") else Fraction(0)
    return look.seen, Fraction(int(look.ashworth.rstrip("+"))) + half
