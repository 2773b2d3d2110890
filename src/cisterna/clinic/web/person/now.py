"""What runs in her now, as the pump said it, beside what was ordered; and what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cisterna.clinic.acts.monitor import open_watches
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.planning import Place, RiskAssessed, Screened
from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.course import Person, Said
from cisterna.clinic.gate import bodies as g
from cisterna.clinic.gate.standing import standing
from cisterna.clinic.next_refill import next_refill
from cisterna.clinic.prescribing import running
from cisterna.clinic.scan import scan_of
from cisterna.clinic.therapy import Therapy, Waiting, awaiting, therapy
from cisterna.clinic.treatments import stimulator_in_place
from cisterna.clinic.watch import open_flags
from cisterna.clinic.web.words import plain, title
from cisterna.facts import Library
from cisterna.order.dates import RefillDates
from cisterna.order.form import Unusable
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from cisterna.order.schedule import schedule
from cisterna.quantity import Quantity, show

STATES = {
    "none": "No programme yet",
    "runs": "Runs",
    "stopped": "Stopped",
    "other": "A programme that is on no record here",
    "unknown": "Not known: a transmission has no outcome",
}


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug as it runs: its concentration and daily dose."""

    name: str
    concentration: Quantity
    daily: Quantity


@dataclass(frozen=True, slots=True)
class Read:
    """The last interrogation: what it said, how long ago, and whether it is what is on record."""

    body: PumpRead
    at: datetime
    age: timedelta
    agrees: bool

    @property
    def reservoir(self) -> str:
        """What the pump holds, as it reckons."""
        return show(Quantity.of(self.body.reservoir_nl, "nL").to("mL"), 4)

    @property
    def flow(self) -> str:
        """What it delivers at that moment."""
        return show((Quantity.of(self.body.flow_nl_per_h, "nL/h")).to("mL/day"), 4)


@dataclass(frozen=True, slots=True)
class Now:
    """The therapy now: the order that runs, what the pump said, and what waits for whom."""

    therapy: Therapy
    state: str
    rx: Prescription | None
    drugs: tuple[Drug, ...]
    read: Read | None
    ordered: tuple[g.Difference, ...]
    ordered_dose: str
    waiting: tuple[Waiting, ...]
    refill: RefillDates | None
    problem: str


def now_of(person: Person, library: Library, at: datetime) -> Now:
    """What runs as of `at`; a text that can no longer be read is said in `problem`."""
    found, problem = therapy(person.events), ""
    rx, refill = None, None
    try:
        rx = running(found, library)
        refill = next_refill(person, library)
    except (Unusable, Refused) as why:
        problem = str(why)
    proposal = standing(person.events).proposal
    body = proposal.body if proposal else None
    differences = body.differences if isinstance(body, g.ChangeProposed) else ()
    return Now(
        found,
        STATES[found.state],
        rx,
        _drugs(rx),
        _read(person, found, at),
        differences,
        body.dose if body else _ordered(person, found, library),
        awaiting(person.events),
        refill,
        problem,
    )


def _drugs(rx: Prescription | None) -> tuple[Drug, ...]:
    if rx is None:
        return ()
    doses = rx.doses_of(schedule(rx).mean)
    return tuple(
        Drug(c.drug.name, c.concentration, doses[c.drug.id]) for c in rx.solution.components
    )


def _read(person: Person, known: Therapy, at: datetime) -> Read | None:
    said: Said[PumpRead] | None = person.last(PumpRead, None)
    if said is None:
        return None
    same = said.body.digest == known.digest
    return Read(said.body, said.at, at - said.at, same)


def _ordered(person: Person, known: Therapy, library: Library) -> str:
    """The dose of an order that nobody has programmed yet, where it is another than runs."""
    wanted = next((w for w in awaiting(person.events) if w.what == "program"), None)
    if wanted is None:
        return ""
    by_id = {e.id: e.body for e in person.events}
    digest = by_id[wanted.event].prescription
    texts = {b.digest: b.text for b in by_id.values() if isinstance(b, OrderWritten)}
    try:
        rx = running(Therapy("runs", text=texts.get(digest)), library)
    except (Unusable, Refused):
        return "an order that cannot be read"
    return ", ".join(f"{d.name} {show(d.daily)}" for d in _drugs(rx))


# What is wrong, or must be known first -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that the head says: how grave (`bad`, `warn`, `note`), and in words."""

    level: str
    words: str


def flags_of(person: Person, now: Now, library: Library, at: datetime) -> tuple[Flag, ...]:
    """Alarms and flags, the gravest first."""
    found = (*_pump(now), *_alarms(person, now, at), *_watched(person), *_risks(person))
    order = {"bad": 0, "warn": 1, "note": 2}
    return tuple(sorted(found, key=lambda flag: order[flag.level]))


def _pump(now: Now) -> Iterator[Flag]:
    if now.therapy.state in ("unknown", "other", "stopped"):
        yield Flag("bad", f"Pump: {now.state}")
    if now.read is not None:
        for code in now.read.body.alarms:
            yield Flag("bad", f"Pump alarm: {plain(code)}")
        if not now.read.agrees:
            yield Flag("bad", "The pump reports another programme than the record")


def _alarms(person: Person, now: Now, at: datetime) -> Iterator[Flag]:
    if person.place is Place.EMERGENCY:
        yield Flag("bad", "An emergency is open")
    for flag in open_flags(person):
        yield Flag("bad", f"Red flag: {', '.join(flag.body.found)} (card {flag.body.card})")
    if now.refill and now.refill.refill_by and now.refill.refill_by <= at:
        yield Flag("bad", f"Refill overdue since {now.refill.refill_by:%Y-%m-%d}")


def _watched(person: Person) -> Iterator[Flag]:
    for raised in open_watches(person):
        yield Flag("warn", f"{title('watch', raised.body.watch)}: {raised.body.found}")
    scan = scan_of(person)
    if scan is not None and scan.holds:
        yield Flag("warn", f"Scan: {scan.stage}; the pump is not known to run")


def _risks(person: Person) -> Iterator[Flag]:
    screened, risk = person.last(Screened, None), person.last(RiskAssessed, None)
    if stimulator_in_place(person):
        yield Flag("warn", "A spinal cord stimulator is in place: before a scan and an operation")
    for name in screened.body.present if screened else ():
        kind, _, about = name.partition(":")
        yield Flag("warn", f"{plain(kind)}{f': {about}' if about else ''}")
    if risk is not None and risk.body.at_risk:
        risks = ", ".join(plain(n).lower() for n in risk.body.at_risk)
        yield Flag("note", f"Risk of slow breathing: {risks}")
