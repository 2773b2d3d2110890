"""The head of the emergency sheet from the record, and the cards that fit her."""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.bodies.implant import EmergencyContactGiven
from cisterna.clinic.bodies.planning import RiskAssessed, Screened
from cisterna.clinic.bodies.refill import RefillCountersigned, RefillSigned
from cisterna.clinic.bodies.site import TelephonesGiven
from cisterna.clinic.bodies.visit import OpioidsRecorded
from cisterna.clinic.cards import Plain, Running, cards_for, head
from cisterna.clinic.course import Person
from cisterna.clinic.scan import scan_of
from cisterna.clinic.since import drugs_on_record
from cisterna.clinic.web.person.now import Now
from cisterna.clinic.web.words import plain
from cisterna.facts import Card, Follow, Library
from cisterna.order.line import Refused, catheter_volume
from cisterna.order.prescription import Prescription
from cisterna.quantity import Quantity, show

_REFILLED = (RefillCountersigned, RefillSigned)


@dataclass(frozen=True, slots=True)
class About:
    """What the head says that is not of her therapy: who she is, and whom her clinic calls."""

    patient: str
    call: TelephonesGiven


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is printed on one side: the head as label and words, the cards, whom to call."""

    head: tuple[tuple[str, str], ...]
    cards: tuple[Card, ...]
    running: bool
    unverified: int


def sheet_of(
    person: Person, now: Now, about: About, findings: tuple[str, ...], library: Library
) -> Sheet:
    """The sheet of a person; raises `UnknownFact` for a finding that nobody has.

    The drugs are those of the last confirmed programme; without one, those that a visit was told.
    """
    rx = now.rx
    drugs = tuple(c.drug.id for c in rx.solution.components) if rx else drugs_on_record(person)
    cards = cards_for(drugs, findings, library)
    filled = head(_plain(person, now, about, library), library)
    return Sheet(filled, cards, now.therapy.state == "runs", unverified(cards))


def unverified(cards: tuple[Card, ...]) -> int:
    """How many lines nobody has read in a source."""
    lines = (line for card in cards for line in (*card.recognise, *card.do))
    return sum(line.evidence.certainty in ("recalled", "assumed") for line in lines)


def _plain(person: Person, now: Now, about: About, library: Library) -> Plain:
    patient, call = about.patient, about.call
    rx, since = now.rx, now.therapy.since
    signed = [e.effective for e in person.events if isinstance(e.body, _REFILLED)]
    contact = person.last(EmergencyContactGiven, None)
    confirmed = f"{since:%Y-%m-%d %H:%M %z}" if since else None
    if confirmed and now.therapy.state != "runs":
        confirmed = f"{confirmed}; since then: {now.state}"
    if contact is not None:
        c = contact.body
        patient = f"{patient}; contact: {c.name} ({c.relation}), {c.reach}"
    return Plain(
        patient=patient,
        clinic_phone=call.clinic or None,
        pump=rx.pump.model.name if rx else None,
        serial=now.therapy.serial,
        running=_running(now),
        confirmed=confirmed,
        bolus_limits=_bolus(rx),
        last_refill=_day(signed[-1]) if signed else _filled(rx),
        catheter_volume=_volume(rx),
        tip=rx.catheter.tip if rx and rx.catheter else None,
        allergies=_allergies(person),
        systemic=_systemic(person, rx),
        mr_status=_mr(person, rx, library),
        on_call=call.on_call or None,
        poison_centre=call.poison_centre or None,
    )


def _running(now: Now) -> tuple[Running, ...]:
    return tuple(Running(d.name, d.concentration, d.daily) for d in now.drugs)


def _bolus(rx: Prescription | None) -> str | None:
    if rx is None:
        return None
    r = rx.remote
    if r is None:
        return "none"
    lockout, dose = show(r.lockout), show(r.dose)
    return f"{dose} each, lockout {lockout}, at most {r.max_per_day} in 24 h"


def _filled(rx: Prescription | None) -> str | None:
    return _day(rx.solution.filled_at) if rx else None


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _volume(rx: Prescription | None) -> Quantity | None:
    try:
        return catheter_volume(rx).most if rx else None
    except Refused:
        return None


def _allergies(person: Person) -> str | None:
    """What the screen found; a screen that found none says so, and no screen says nothing."""
    screened = person.last(Screened, None)
    if screened is None:
        return None
    found = [p.partition(":")[2] for p in screened.body.present if p.startswith("hypersensitivity")]
    return ", ".join(found) or f"none to pump drugs (screen of {_day(screened.at)})"


def _systemic(person: Person, rx: Prescription | None) -> str | None:
    told = person.last(OpioidsRecorded, None)
    risk = person.last(RiskAssessed, None)
    words = []
    if told is not None:
        dose = show(told.body.daily)
        words.append(f"{told.body.opioids or 'opioid'}, {dose} morphine equivalent by mouth")
    elif risk is not None:
        words.append(f"{risk.body.opioids or 'opioid'}, {show(risk.body.daily_opioid)}")
    words += [plain(m).lower() for m in (rx.patient.medicines if rx else ()) or ()]
    return "; ".join(words) or None


def _mr(person: Person, rx: Prescription | None, library: Library) -> str | None:
    scan = scan_of(person)
    if scan is not None and scan.holds:
        return f"a scan is under way: {scan.stage}; the pump is not known to run"
    follow = Follow(library)
    if rx is None or rx.pump.model.family not in follow.scan_families():
        return None
    rule = follow.scan(rx.pump.model.family)
    first = "empty the reservoir first; " if rule.empty_first else ""
    return f"up to {', '.join(rule.fields)}; {first}interrogate after the scan"
