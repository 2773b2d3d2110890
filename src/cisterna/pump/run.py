"""One run of a scenario on its way: the controller, the body around it, and what has happened.

Time passes in the steps that the controller plans; the body does what was planned, and what the
device notices on the way goes back to the controller.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from cisterna.facts import Library
from cisterna.order.bridge import Bridge
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from cisterna.pump import events as e
from cisterna.pump.controller import step
from cisterna.pump.faults import Fault
from cisterna.pump.log import Entry, Log
from cisterna.pump.mechanics import Mix
from cisterna.pump.programme import Programme
from cisterna.pump.scenario import Scenario
from cisterna.pump.setting import programme
from cisterna.pump.simulation import Activation, ActRefused, Dose, Reading, RefillMade
from cisterna.pump.state import State
from cisterna.pump.virtual import VirtualPump, last_stroke, reckoned_nl, stroke_at
from cisterna.quantity import Quantity

Progress = Callable[[int, int], None]
"""Called with (milliseconds done, milliseconds in all)."""

ASSUMPTIONS = (
    "The line is full and flows as a plug. Where the facts give two volumes of it, it has the "
    "larger one; after another solution, the one that the bridge from it uses.",
    "A refill drains all that can be drained; the fill mixes at once with the undrained residual.",
    "The device notices a rotor that stands still at the first stroke that fails. It measures no "
    "flow: a leak, an occlusion or strokes of a wrong volume raise no alarm.",
    "A leak lies at the pump's end of the line; what an occlusion holds back stays in the "
    "reservoir, and nothing surges when it opens.",
    "Pressure and temperature are left out: no coefficient was read in a source.",
)


def whole_nl(volume: Quantity) -> int:
    """A volume in whole nanolitres, rounded down."""
    return volume.number("nL").__floor__()


def mix(rx: Prescription, drugs: tuple[str, ...]) -> Mix:
    """An order's solution: the concentration of each of the drugs in fg/nL."""
    found = (rx.solution.component(name) for name in drugs)
    return tuple(c.concentration.number("ng/mL") if c else Fraction(0) for c in found)


@dataclass(slots=True)
class Run:
    """A run on its way: the controller's state, the body, and what is known of the past."""

    scenario: Scenario
    library: Library
    drugs: tuple[str, ...]
    state: State
    pump: VirtualPump
    order: Prescription
    solution: Prescription
    progress: Progress | None = None
    log: Log = field(default_factory=Log)
    entries: int = 0
    alarms: list[Entry] = field(default_factory=list)
    refusals: list[ActRefused] = field(default_factory=list)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    doses: dict[int, Dose] = field(default_factory=dict)
    first: Programme | None = None
    programs: list[Activation] = field(default_factory=list)
    refills: list[RefillMade] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    dose_runs: list[tuple[int, int, int]] = field(default_factory=list)
    dark: tuple[int, int] | None = None
    assumptions: list[str] = field(default_factory=lambda: list(ASSUMPTIONS))

    def moment(self, at_ms: int) -> datetime:
        """A device time as a moment, with the offset of the start."""
        return self.scenario.start + timedelta(milliseconds=at_ms)

    def to(self, at_ms: int) -> None:
        """Let time pass until then; the controller is only taken to the end of its last plan."""
        while True:
            stop = min(self.state.until_ms, at_ms)
            seen = self.pump.notice(self.state, stop)
            if seen:
                self.pump.run(self.state, seen.at_ms)
                self.step(e.Noticed(seen.at_ms, seen.alarm, seen.over))
                continue
            self.pump.run(self.state, stop)
            if stop == at_ms:
                return
            self.step(e.TimePasses(stop))
            if self.progress:
                self.progress(stop, self.scenario.length_ms)

    def step(self, event: e.Event) -> e.Outcome:
        """One event of the controller, with all that it leaves on the books."""
        self.state, outcome = step(self.state, event)
        self.log = self.log.add(outcome.log)
        self.entries += len(outcome.log)
        self.alarms += [x for x in outcome.log if x.what in ("alarm", "alarm-over")]
        for closed in outcome.closed:
            dose = self.doses.get(closed.number)
            if dose and closed.kind in ("patient", "clinician"):
                least, most = (
                    Quantity.of(nl, "nL").to("mL") for nl in (closed.least_nl, closed.most_nl)
                )
                self.doses[closed.number] = Dose(dose.at, dose.by, dose.asked, least, most)
        return outcome

    def reckoned(self) -> int:
        """What the pump reckons is in its reservoir now."""
        return reckoned_nl(self.state, self.pump.body.now_ms)

    def refused(self, at_ms: int, what: str, why: e.Refusal | Refused) -> None:
        """Write down that something was refused."""
        ready = why.ready_ms if isinstance(why, e.Refusal) else None
        row = ActRefused(
            at=self.moment(at_ms),
            what=what,
            code=why.code,
            message=why.message,
            way_out=why.way_out if isinstance(why, Refused) else None,
            ready=None if ready is None else self.moment(ready),
        )
        self.refusals.append(row)

    def programmed(self, at_ms: int, rx: Prescription, bridge: Bridge | None) -> e.Refusal | None:
        """One whole session: interrogate, stage, read back, confirm, activate; or why not."""
        version = self.state.version
        session = version + 1
        made = programme(rx, self.library, version + 1, bridge)
        self.first = self.first or made
        self.pump.mend("interrogate")
        found = self.step(e.SessionOpened(at_ms, session)).refused
        if found:
            return found
        self.step(e.Interrogated(at_ms))
        found = self.step(e.Staged(at_ms, session, made)).refused
        if not found:
            there = self.state.session.programme if self.state.session else None
            read_back = there.digest if there else ""
            found = self.step(e.Confirmed(at_ms, session, read_back)).refused
        if not found:
            found = self.step(e.Activated(at_ms, session, version)).refused
        self.step(e.SessionEnded(at_ms, session))
        if not found:
            self.order = rx
            bridged = made.bridge is not None
            name = rx.file.rpartition("/")[2]
            row = Activation(self.moment(at_ms), version + 1, name, bridged, rx, at_ms)
            self.programs.append(row)
        return found

    def power_lost(self, at_ms: int, lasts_ms: int) -> None:
        """The power goes; it returns by itself, and what the pump knows then is its record.

        Each stroke is on record before it is made. Only of a stroke that is due in the very
        millisecond of the loss is it chance whether it was made.
        """
        if self.dark:
            self.dark = (self.dark[0], max(self.dark[1], at_ms + lasts_ms))
            return
        known = last_stroke(self.state, at_ms)
        due = lasts_ms and stroke_at(self.state, at_ms)
        if due and self.chance(f"stroke {at_ms}") % 2:
            self.pump.run(self.state, at_ms + 1)
            known = at_ms
        elif due:
            known = at_ms
        known = max(self.state.now_ms, self.state.now_ms if known is None else known)
        if lasts_ms:
            self.dark = (known, at_ms + lasts_ms)
        else:
            self.step(e.PowerReturned(at_ms, known))

    def power(self, at_ms: int) -> bool:
        """Whether the pump has power at a time; if it is due by then, power returns first."""
        if self.dark is None:
            return True
        known, back = self.dark
        if at_ms < back:
            return False
        self.pump.rest(self.state, back)
        self.dark = None
        self.step(e.PowerReturned(back, known))
        return True

    def fails(self, *faults: Fault) -> None:
        """Something begins to go wrong with the body."""
        for fault in faults:
            self.pump.fail(fault)

    def chance(self, what: str) -> int:
        """A number that follows from the seed and from what it is for, and from nothing else."""
        said = f"{self.scenario.seed} {what}".encode()
        return int.from_bytes(hashlib.sha256(said).digest()[:8])
