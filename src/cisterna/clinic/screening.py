"""The screen for contraindications and the anticoagulant plans: what they block, and until when."""

from collections.abc import Iterator
from datetime import datetime

from cisterna.clinic.bodies import (
    AnticoagulantsAnswered,
    HoldPlanned,
    Screened,
    Waived,
    WaiverSigned,
)
from cisterna.clinic.course import Person, Said
from cisterna.facts import Pathway
from cisterna.facts.pathway import Contraindication
from cisterna.quantity import later


def split(finding: str) -> tuple[str, str]:
    """`hypersensitivity:morphine` is a finding and a drug."""
    name, _, drug = finding.partition(":")
    return name, drug


def present(person: Person, rules: Pathway) -> tuple[Contraindication, ...]:
    """What the latest screen found."""
    found = person.last(Screened)
    names = found.body.present if found else ()
    return tuple(rules.contraindication(split(name)[0]) for name in names)


def blocking(person: Person, rules: Pathway, phase: str) -> tuple[Contraindication, ...]:
    """What the latest screen found that blocks a phase, and two have not overridden since."""
    waived = {
        w.body.item
        for w in person.every(WaiverSigned, Screened)
        if w.body.what is Waived.CONTRAINDICATION
    }
    found = (c for c in present(person, rules) if phase in c.blocks)
    return tuple(c for c in found if not (c.override and c.id in waived))


def removed_drugs(person: Person, rules: Pathway) -> dict[str, str]:
    """The drugs that this person must not have, each with the finding that removes it."""
    found = person.last(Screened)
    gone = {}
    for written in found.body.present if found else ():
        name, drug = split(written)
        row = rules.contraindication(name)
        gone.update(dict.fromkeys((*row.drugs, drug) if drug else row.drugs, row.name))
    return gone


def screen_age_over(person: Person, rules: Pathway, at: datetime) -> bool:
    """Whether there is no screen, or one older than it is good for."""
    found = person.last(Screened)
    return found is None or at > later(found.at, rules.figure("valid.screen").value)


def screened_on(person: Person, at: datetime) -> bool:
    """Whether the latest screen was made on the day of `at`."""
    found = person.last(Screened)
    return found is not None and found.at.astimezone(at.tzinfo).date() == at.date()


def unplanned(person: Person) -> tuple[str, ...]:
    """What stops the plan for anticoagulants from being whole: no answer, or a drug without one."""
    answered = person.last(AnticoagulantsAnswered)
    if answered is None:
        return ("whether anticoagulants are taken",)
    plans = latest_plans(person)
    return tuple(drug for drug in answered.body.taking if drug not in plans)


def open_holds(person: Person, at: datetime) -> Iterator[str]:
    """Each anticoagulant whose plan is open or whose clock is short, in words."""
    for drug in unplanned(person):
        yield f"{drug}: no plan"
    answered = person.last(AnticoagulantsAnswered)
    taking = answered.body.taking if answered else ()
    for drug, plan in latest_plans(person).items():
        until = plan.body.hold_until
        if drug not in taking:
            continue
        if until is None or plan.body.last_dose is None or not plan.body.prescriber_agrees:
            yield f"{drug}: the plan is open"
        elif at < until:
            yield f"{drug}: held until {until.isoformat()}"


def latest_plans(person: Person) -> dict[str, Said[HoldPlanned]]:
    """The latest plan of each drug."""
    return {plan.body.drug: plan for plan in person.every(HoldPlanned)}
