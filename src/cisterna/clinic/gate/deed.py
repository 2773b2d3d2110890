"""What a clinician does to the pump by hand, without a new programme, as a proposal for the gate.

A bolus, a prime, a restart, the clock, an alarm: each becomes one verb with its integers, and the
digest over both is what everybody signs. A second person works it out anew from her own reading.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from cisterna.clinic.gate import bodies as b
from cisterna.clinic.refusal import Refused
from cisterna.facts import Library
from cisterna.facts.signing import Signing
from cisterna.order.checks import check
from cisterna.order.line import Refused as OrderRefused
from cisterna.order.line import longest_line
from cisterna.order.prescription import Infusion, Prescription
from cisterna.order.prime import prime
from cisterna.order.quantise import achieved_volume, stroke
from cisterna.order.schedule import schedule
from cisterna.pump.link import verbs as v
from cisterna.pump.link.canonical import encode
from cisterna.pump.link.record import plain
from cisterna.pump.setting import device, ng_per_ml, programme, wall_ms
from cisterna.quantity import DURATION, MASS, Quantity, show

CEILINGS = frozenset(
    {"dose-above-label", "dose-above-consensus", "dose-above-agency", "dose-unit-slip"}
)
"""The findings that a bolus can call forth: the day with it is above a ceiling, or a slip."""


@dataclass(frozen=True, slots=True)
class Running:
    """The pump as it was read: its serial, the version that runs, and the order of it."""

    serial: str
    version: int
    order: Prescription


@dataclass(frozen=True, slots=True)
class Deed:
    """One verb, in words and with the dose as shown; `findings` are what stands against it."""

    verb: v.Verb
    words: str
    dose: str = ""
    findings: tuple[b.Found, ...] = ()


def proposed_deed(runs: Running, deed: Deed, under: str = "") -> b.DeedProposed:
    """The body of a proposal."""
    signing, name = Signing(), v.NAMES[type(deed.verb)]
    arguments = encode(plain(deed.verb)).decode()
    loud = [f.code for f in deed.findings if f.severity != "note"]
    second = (*signing.called_by_verb(name), *signing.called_by(loud))
    return b.DeedProposed(
        serial=runs.serial,
        base_version=runs.version,
        verb=name,
        arguments=arguments,
        digest=deed_digest(name, arguments),
        words=deed.words,
        dose=deed.dose,
        findings=deed.findings,
        second=tuple(dict.fromkeys(second)),
        under=under,
    )


def deed_digest(verb: str, arguments: str) -> str:
    """What everybody signs: the verb and its integers."""
    return hashlib.sha256(f"{verb}\n{arguments}".encode()).hexdigest()


def bolus(runs: Running, dose: Quantity, duration: Quantity, library: Library) -> Deed:
    """A clinician's bolus of the primary drug; its own limit is the programme's and this dose.

    Raises `Refused` for what is no dose or no time, or is less than one stroke of the pump.
    """
    rx = runs.order
    if (
        dose.dimension != MASS
        or duration.dimension != DURATION
        or min(dose.base, duration.base) <= 0
    ):
        words = "A bolus has a dose such as 0.1 mg and a time such as 10 min, both above zero."
        raise Refused("wrong-kind", words, "Enter both with their units.")
    volume = _nl(achieved_volume(rx.volume_of(dose), stroke(rx.pump.model, library)))
    if volume < 1:
        words = f"{show(dose)} is less than one stroke of this pump."
        raise Refused("too-small", words, "Choose another dose, or another solution.")
    limit = programme(rx, library, runs.version).per_24h_fg + volume * ng_per_ml(rx)
    verb = v.ClinicianBolus(volume, _whole(duration, "ms"), limit)
    drug = rx.primary.drug.tall_man
    words = f"Bolus of {show(dose)} {drug} over {show(duration)}, beside the programme."
    return Deed(verb, words, show(dose), _day_with(rx, dose, library))


def prime_line(runs: Running, case: str, library: Library) -> Deed:
    """Fill the empty part of the line at the pump's fastest. Raises `Refused` where it is full."""
    rx = runs.order
    try:
        found = prime(rx, case)
    except OrderRefused as no:
        raise Refused(no.code, no.message, no.way_out) from None
    volume = _nl(found.volume)
    fastest = device(rx, library, rx.solution.filled_at).fastest_nl_per_h
    dose = show(found.dose[rx.infusion.primary])
    words = f"Prime of {show(found.volume)} at the pump's fastest, in place of the schedule."
    return Deed(v.Prime(volume, fastest), words, dose)


def record_line(runs: Running, case: str) -> Deed:
    """Record that a new or aspirated line is empty from the tip on, so that it can be primed.

    The whole is the most that it may hold, so that a later bridge fits; a prime fills
    what is empty.
    Raises `Refused` where the line is full, or where only a piece of it is new.
    """
    rx = runs.order
    if case == "segment-replaced":
        words = "Where only a piece is new, the pump cannot know where the drug begins."
        raise Refused("piece-of-line", words, "Aspirate the catheter, then record it as empty.")
    try:
        empty, whole = prime(rx, case).volume, longest_line(rx)
    except OrderRefused as no:
        raise Refused(no.code, no.message, no.way_out) from None
    verb = v.RecordLine(_nl(whole), _nl(empty), ng_per_ml(rx))
    return Deed(verb, f"Record the line: {show(empty)} from the tip on hold no drug.")


def restart() -> Deed:
    """Start a stopped pump with the programme that it has."""
    return Deed(v.Restart(), "Start the pump again with its programme.")


def set_clock(runs: Running, read_at: datetime, now_ms: int) -> Deed:
    """Set the wall clock to the time at which the pump was read, when its own time was `now_ms`."""
    if read_at.utcoffset() is None:
        raise Refused("no-offset", "A time without its offset.", "Give the time with its offset.")
    offset = wall_ms(read_at, runs.order) - now_ms
    shown = read_at.astimezone(runs.order.pump_zone).replace(microsecond=0)
    return Deed(v.ClockSet(offset), f"Set the pump's clock to {shown.isoformat(' ')}.")


def silence(code: str) -> Deed:
    """Silence an alarm for a while."""
    return Deed(v.AlarmSilence(code), f"Silence the alarm {code} for a while.")


def acknowledge(code: str) -> Deed:
    """Acknowledge an alarm."""
    return Deed(v.AlarmAcknowledge(code), f"Acknowledge the alarm {code}.")


def _day_with(rx: Prescription, dose: Quantity, library: Library) -> tuple[b.Found, ...]:
    """The findings that the day with this bolus has and the day without it has not."""
    day = Quantity.of(1, "day")
    mean = rx.doses_of(schedule(rx).mean)[rx.infusion.primary]
    heavier = Infusion(rx.infusion.primary, "continuous", daily_dose=mean + dose / day)
    known = {(f.code, f.authority) for f in check(rx, library).findings}
    return tuple(
        b.Found(f.code, f.severity, f"The day with this bolus: {f.message}")
        for f in check(replace(rx, infusion=heavier), library).findings
        if f.code in CEILINGS and (f.code, f.authority) not in known
    )


def _nl(volume: Quantity) -> int:
    return _whole(volume, "nL")


def _whole(value: Quantity, unit: str) -> int:
    return value.number(unit).__floor__()
