"""The state of a pump between two events: a value, so that it can be kept, compared and restored.

Between events the pump does what `tip` says until `until_ms`. `guard` has checked all that flowed
until `flow.now_ms`; what is planned was checked by the same guard before it was planned.
"""

from dataclasses import dataclass, field
from typing import Literal

from cisterna.pump import alarms as a
from cisterna.pump import repeats
from cisterna.pump.changed import changed
from cisterna.pump.events import Closed, Refusal
from cisterna.pump.flow import Flow
from cisterna.pump.guard import Guard
from cisterna.pump.log import Entry
from cisterna.pump.programme import Device, Programme
from cisterna.quantity import TipRun

LATCH = "repeated-stop"
Stage = Literal["open", "staged", "confirmed"]


@dataclass(frozen=True, slots=True)
class Session:
    """A programming session: how far it is, and what was staged in it."""

    number: int
    since_ms: int
    stage: Stage = "open"
    programme: Programme | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A dose whose outcome is not known: it counts as delivered and blocks patient doses."""

    number: int
    asked_nl: int
    least_nl: int
    most_nl: int


@dataclass(frozen=True, slots=True)
class Then:
    """Flow and guard at the end of the plan, if nothing happens before it."""

    flow: Flow
    guard: Guard


@dataclass(frozen=True, slots=True)
class State:
    """Everything the controller knows.

    `clock_ms` is wall time less device time. `stopped_ms` is when a person or a fault stopped the
    pump. `granted` holds the starts of the patient's doses of the last 24 h and `last_dose_ms`
    the latest of all; `bridge_left_nl` is what an interrupted bridge has still to pump. `halts` are
    the alarms that took the flow away in the last minutes, `turned_down` the times of the latest
    requests of the patient that came too soon or too often. `then` follows from the rest and saves
    working it out twice.
    """

    device: Device
    flow: Flow
    guard: Guard
    clock_ms: int = 0
    programme: Programme | None = None
    tip: TipRun | None = None
    until_ms: int = 0
    then: "Then | None" = field(default=None, compare=False, metadata={"kept": False})
    session: Session | None = None
    stopped_ms: int | None = None
    minimum: bool = False
    bridge_left_nl: int = 0
    granted: tuple[int, ...] = ()
    last_dose_ms: int | None = None
    unknown: Unknown | None = None
    alarms: a.Alarms = ()
    halts: repeats.Halts = ()
    turned_down: tuple[int, ...] = ()

    @property
    def now_ms(self) -> int:
        """Device time of the last event."""
        return self.flow.now_ms

    @property
    def version(self) -> int:
        """Version of the running programme; 0 without one."""
        return self.programme.version if self.programme else 0

    def wall_ms(self, at_ms: int) -> int:
        """Wall time of the pump's clock."""
        return at_ms + self.clock_ms


@dataclass(frozen=True, slots=True)
class Step:
    """A state on its way through an event, with what the event has led to so far."""

    state: State
    refused: Refusal | None = None
    closed: tuple[Closed, ...] = ()
    log: tuple[Entry, ...] = ()

    def now(self, state: State) -> "Step":
        """The same step with another state."""
        return Step(state, self.refused, self.closed, self.log)

    def said(self, what: str, why: str = "") -> "Step":
        """The same step with one more entry in the log."""
        s = self.state
        entry = Entry(s.now_ms, s.wall_ms(s.now_ms), what, why)
        return Step(s, self.refused, self.closed, (*self.log, entry))

    def over(self, closed: Closed) -> "Step":
        """The same step with one more volume that has ended."""
        return Step(self.state, self.refused, (*self.closed, closed), self.log)

    def refuse(self, code: str, message: str, ready_ms: int | None = None) -> "Step":
        """The command is refused; the refusal is logged."""
        said = self.said("refused", code)
        return Step(said.state, Refusal(code, message, ready_ms), said.closed, said.log)

    def raised(self, code: str, who: str = "") -> "Step":
        """An alarm begins; logged once, silenced or not."""
        s = self.state
        found = a.raised(s.alarms, code, s.now_ms, who)
        if found == s.alarms:
            return self
        made = self.now(changed(s, alarms=found)).said("alarm", code)
        return made._halted(code) if a.kinds()[code].flow in ("hold", "stop") else made

    def _halted(self, code: str) -> "Step":
        """It takes the flow away; the same one again and again stops the pump for good."""
        s = self.state
        halts = repeats.halted(s.halts, code, s.now_ms)
        made = self.now(changed(s, halts=halts))
        if code == LATCH or not repeats.again(halts):
            return made
        stopped_ms = s.now_ms if s.stopped_ms is None else s.stopped_ms
        return made.now(changed(made.state, stopped_ms=stopped_ms)).raised(LATCH)

    def ended(self, code: str) -> "Step":
        """The condition of an alarm is over."""
        if not self.state.alarms or code not in a.wrong_now(self.state.alarms):
            return self
        found = a.ended(self.state.alarms, code)
        return self.now(changed(self.state, alarms=found)).said("alarm-over", code)
