"""What must hold before the steps of the years after the implant."""

from datetime import datetime

from cisterna.clinic.bodies.emergency import EmergencyClosed, EmergencyOpened
from cisterna.clinic.bodies.planning import Choice, DecisionRecorded, Moved, Place
from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.bodies.revision import Ending, RevisionPlanned, TherapyEnded
from cisterna.clinic.course import Person
from cisterna.clinic.guards.guard import guard, missing
from cisterna.clinic.revision import open_case
from cisterna.clinic.scan import missing_after, scan_of
from cisterna.clinic.since import reached
from cisterna.clinic.therapy import therapy
from cisterna.clinic.trouble import line_open
from cisterna.facts import Pathway


@guard("scan-over")
def _scan_over(person: Person, rules: Pathway, at: datetime) -> None:
    scan = scan_of(person)
    if scan is not None and scan.holds:
        left = "; ".join(missing_after(scan, rules.library)) or "not closed"
        text = f"The pump is not known to run after the scan: {left}."
        missing("scan-open", text, "Interrogate it and close the scan.", "pathway §6.7")


@guard("pump-settled")
def _pump_settled(person: Person, rules: Pathway, at: datetime) -> None:
    """After an emergency the pump is known to run what the record says, by its own words."""
    opened, now = person.last(EmergencyOpened, None), therapy(person.events)
    if now.state in ("stopped", "unknown", "other"):
        text = f"The therapy is not settled: {_UNSETTLED[now.state]}."
        way_out = "Interrogate and program it, or go on to the search for a fault or a revision."
        missing("therapy-open", text, way_out, _EMERGENCY)
    reads = person.every(PumpRead, None)
    since = [r.body for r in reads if opened is None or r.at >= opened.at]
    if since and (since[-1].stopped or since[-1].digest != now.digest):
        text = "The pump stands still, or reports another programme than the record."
        way_out = "Find out what runs, and program it."
        missing("other-programme", text, way_out, _EMERGENCY)
    if not since and (reads or not _read_elsewhere(person)):
        text = "The pump was not read since the emergency was opened."
        way_out = (
            "Interrogate it; where no link reaches it, write how it was read and what it said."
        )
        missing("not-interrogated", text, way_out, _EMERGENCY)


_EMERGENCY = "pathway §1.7; §7; what closes an emergency is ours"
_UNSETTLED = {
    "stopped": "the pump was stopped",
    "unknown": "nobody knows what runs",
    "other": "the pump reports what nobody ordered here",
}


def _read_elsewhere(person: Person) -> bool:
    """Whether whoever closes it says how a pump was read that no link reaches."""
    closed = person.last(EmergencyClosed, None)
    return closed is not None and bool(closed.body.read.strip())


@guard("line-settled")
def _line_settled(person: Person, rules: Pathway, at: datetime) -> None:
    if line_open(person):
        text = "The catheter was aspirated and is empty."
        way_out = "Program a prime, or write the time without drug."
        missing("line-open", text, way_out, "pathway §6.6; devices §3.5")


@guard("reached-maintenance")
def _reached_maintenance(person: Person, rules: Pathway, at: datetime) -> None:
    _check_reached(person, Place.MAINTENANCE)


@guard("reached-titration")
def _reached_titration(person: Person, rules: Pathway, at: datetime) -> None:
    _check_reached(person, Place.TITRATION)


def _check_reached(person: Person, place: Place) -> None:
    if not reached(person, place):
        text = f"Since the latest operation she has not been at {place}."
        missing("no-short-cut", text, "Go back to where she was.", "pathway §1.7")


@guard("not-discharged")
def _not_discharged(person: Person, rules: Pathway, at: datetime) -> None:
    observed = reached(person, Place.IMPLANTED_OBSERVATION)
    if not observed or reached(person, Place.TITRATION):
        text = "She is not under observation after an operation."
        missing("no-short-cut", text, "Go back to where she was.", "pathway §1.7")


@guard("revision-case")
def _revision_case(person: Person, rules: Pathway, at: datetime) -> None:
    if open_case(person) is None:
        missing("no-revision", "No revision is planned.", "Plan it.", "pathway §1.6 PW-056")


@guard("revision-dropped")
def _revision_dropped(person: Person, rules: Pathway, at: datetime) -> None:
    if open_case(person) is not None:
        missing("revision-open", "A revision is planned.", "Decline it.", "pathway §1.6 PW-056")


@guard("revision-recorded")
def _revision_recorded(person: Person, rules: Pathway, at: datetime) -> None:
    if open_case(person) is not None:
        text = "What the revision left in place is not on record."
        missing("revision-open", text, "Record old and new parts.", "pathway §1.6 PW-056")


@guard("revision-decision")
def _revision_decision(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(DecisionRecorded, RevisionPlanned)
    if found is None or found.body.choice is not Choice.IMPLANT:
        text = "No record that she has decided for this operation."
        missing("no-decision", text, "Weigh it with her and record it.", "pathway §1.4 PW-035")


@guard("end-recorded")
def _end_recorded(person: Person, rules: Pathway, at: datetime) -> None:
    if person.last(TherapyEnded, Moved) is None:
        text = "How the therapy ended, and why, is not on record."
        missing("no-end", text, "End it with its reason.", "pathway §1.3 PW-024")


@guard("death")
def _death(person: Person, rules: Pathway, at: datetime) -> None:
    found = person.last(TherapyEnded, Moved)
    if found is None or found.body.ending is not Ending.DEATH:
        text = "In the middle of a visit or a scan a therapy is not ended."
        missing("not-now", text, "Close the visit or the scan first.", "pathway §1.7")
