"""What must hold before the cut, before she goes home, and before the dose counts as found."""

from datetime import datetime

from cisterna.clinic.bodies.implant import (
    AntibioticGiven,
    ChecklistAnswered,
    EmergencyContactGiven,
    IncisionMade,
)
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered
from cisterna.clinic.course import Person, Said
from cisterna.clinic.devices import OPERATION, scans
from cisterna.clinic.gate.bodies import ChangeApproved, ChangeProposed
from cisterna.clinic.guards.guard import guard, missing
from cisterna.clinic.reassess import reassessments
from cisterna.clinic.refusal import Refused
from cisterna.clinic.titration import stopped
from cisterna.clinic.watch import first_dose, open_flags, watches
from cisterna.facts import Cited, Pathway
from cisterna.quantity import later


def same_day(said: Said[object] | None, at: datetime) -> bool:
    """Whether something was recorded on the day of `at`."""
    return said is not None and said.at.astimezone(at.tzinfo).date() == at.date()


@guard("anticoagulants-today")
def _anticoagulants_today(person: Person, rules: Pathway, at: datetime) -> None:
    if not same_day(person.last(AnticoagulantsAnswered), at):
        text = "Nobody has asked about anticoagulants today."
        missing("anticoagulants-not-today", text, "Ask again now.", "pathway §4; §2.5")


@guard("checklist")
def _checklist(person: Person, rules: Pathway, at: datetime) -> None:
    if not same_day(person.last(ChecklistAnswered, OPERATION), at):
        text = "The checklist before the operation is not answered today."
        missing("no-checklist", text, "Go through it.", "pathway §4, pre-op checklist")


@guard("order-signed")
def _order_signed(person: Person, rules: Pathway, at: datetime) -> None:
    """The gate has the order with the signature of another person."""
    by = {p.id: p.by.who for p in person.every(ChangeProposed, OPERATION)}
    signed = person.every(ChangeApproved, OPERATION)
    if not any(by.get(s.body.proposal, s.by.who) != s.by.who for s in signed):
        text = "The order for the drug does not have two signatures."
        way_out = "Propose it at the gate and have another sign; or say that it is filled later."
        missing("order-not-signed", text, way_out, "pathway §4; §8, two-person rules")


@guard("udi-scanned")
def _udi_scanned(person: Person, rules: Pathway, at: datetime) -> None:
    if not scans(person):
        text = "No device is scanned."
        missing("not-scanned", text, "Scan the device.", "pathway §1.7; §4, row Identity")


def antibiotic_window(rules: Pathway, drug: str) -> Cited:
    """How long before the cut this antibiotic is given."""
    own = drug if drug in rules.ids("antibiotic") else "any"
    return rules.figure(f"antibiotic.{own}.within")


@guard("antibiotic")
def _antibiotic(person: Person, rules: Pathway, at: datetime) -> None:
    """A window that is only recalled is the act's to ask a reason for."""
    found = person.last(AntibioticGiven, OPERATION)
    if found is None:
        text = "No antibiotic is given."
        missing("no-antibiotic", text, "Give it, then cut.", "pathway §4, row Antibiotic")
    within = antibiotic_window(rules, found.body.drug)
    if within.verified and at > later(found.body.given, within.value):
        raise Refused(
            "antibiotic-too-old",
            f"{found.body.drug.capitalize()} was given more than {within.text()} before the cut.",
            "Ask the anaesthetist for another dose.",
            limit=within.text(),
            source=within.locator,
        )


@guard("incision")
def _incision(person: Person, rules: Pathway, at: datetime) -> None:
    if person.last(IncisionMade, OPERATION) is None:
        text = "No incision is on record."
        missing("no-incision", text, "Record it when it is made.", "pathway §4, row Antibiotic")


@guard("first-interrogation")
def _first_interrogation(person: Person, rules: Pathway, at: datetime) -> None:
    """The pump itself has said that the first programme since the operation runs."""
    if first_dose(person) is None:
        text = "The pump has not confirmed its first programme."
        way_out = "Program it, and interrogate it afterwards."
        missing("not-interrogated", text, way_out, "pathway §1.7, guards")


@guard("watch-complete")
def _watch_complete(person: Person, rules: Pathway, at: datetime) -> None:
    for watch in watches(person, rules):
        if at < watch.ends:
            raise Refused(
                "watch-not-over",
                f"The watch ({watch.name}) goes on until {watch.ends.isoformat()}.",
                "Watch her until then.",
                limit=watch.ends.isoformat(),
                source=watch.source,
            )


@guard("no-open-flag")
def _no_open_flag(person: Person, rules: Pathway, at: datetime) -> None:
    for flag in open_flags(person):
        text = f"A red flag is open: {', '.join(flag.body.found)}."
        way_out = f"Card {flag.body.card}; close it with what the imaging showed."
        missing("red-flag-open", text, way_out, "pathway §6.4; §7 card K")


@guard("emergency-contact")
def _emergency_contact(person: Person, rules: Pathway, at: datetime) -> None:
    if person.last(EmergencyContactGiven, None) is None:
        text = "Nobody to call about her is known."
        missing("no-contact", text, "Ask for one.", "pathway §1.5 PW-044; §4")


@guard("reassessed")
def _reassessed(person: Person, rules: Pathway, at: datetime) -> None:
    for found in reassessments(person, rules):
        if not found.done:
            raise Refused(
                "not-reassessed",
                f"The dose of {found.change.at.date()} is not reassessed yet.",
                f"See her after {found.opens.isoformat()}, due {found.due.isoformat()}.",
                limit=found.due.isoformat(),
                source=found.source,
            )


@guard("titrating")
def _titrating(person: Person, rules: Pathway, at: datetime) -> None:
    if stopped(person) is not None:
        text = "Titration is stopped: the effect is lost in spite of rises."
        missing("titration-stopped", text, "Look for the cause first.", "pathway §5.2; §6.5; §6.6")
