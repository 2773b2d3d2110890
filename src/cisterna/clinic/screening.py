"""The screen for contraindications and the anticoagulant plans: what they block, and until when."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cisterna.clinic.bodies.planning import (
    AnticoagulantsAnswered,
    HoldPlanned,
    ImplantPlanned,
    Screened,
    TrialPlanned,
    Waived,
    WaiverSigned,
)
from cisterna.clinic.bodies.revision import RevisionPlanned
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
    """Each anticoagulant whose plan is open or whose clock is short, in words.

    A plan is good for one procedure: after the first dose of an earlier trial the drug was started
    again, so a plan older than the latest trial, implant or revision that is planned holds nothing.
    """
    for drug in unplanned(person):
        yield f"{drug}: no plan"
    answered, plans = person.last(AnticoagulantsAnswered), latest_plans(person)
    for drug in answered.body.taking if answered else ():
        if drug in plans and (why := _open(person, plans[drug], at)):
            yield f"{drug}: {why}"


def _open(person: Person, plan: Said[HoldPlanned], at: datetime) -> str:
    """Why a plan does not hold, or nothing."""
    until = plan.body.hold_until
    if until is None or plan.body.last_dose is None or not plan.body.prescriber_agrees:
        return "the plan is open"
    if any(plan not in person.every(HoldPlanned, kind) for kind in _procedures(person)):
        return "planned for an earlier procedure"
    return f"held until {until.isoformat()}" if at < until else ""


def _procedures(person: Person) -> list[type[Any]]:
    """The procedures that are planned in this round."""
    return [kind for kind in (TrialPlanned, ImplantPlanned, RevisionPlanned) if person.every(kind)]


def latest_plans(person: Person) -> dict[str, Said[HoldPlanned]]:
    """The latest plan of each drug."""
    return {plan.body.drug: plan for plan in person.every(HoldPlanned)}
