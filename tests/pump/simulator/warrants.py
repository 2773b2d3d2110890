"""Every effect on a pump has a warrant: a command that its person signed, in time, once.

Here stands who signed what. When the controller hears of an event while a frame is being heard,
the frame must be such a command, from somebody who may ask for this, good at this moment, for the
programme that runs, in the session that is theirs, and not used before. What nobody ordered may
only be time, power, what the device notices, and the end of a session whose link was lost.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cisterna.pump import events as e
from cisterna.pump.link import verbs as v
from cisterna.pump.link.notes import ALARMED
from cisterna.pump.programme import Programme
from cisterna.pump.state import State
from cisterna.quantity import HOUR_MS
from tests.pump.link.people import Person

AHEAD_MS = 2_000
ORDERS: dict[type[e.Event], tuple[type[v.Verb], ...]] = {
    e.SessionOpened: (v.OpenSession, v.TakeOver),
    e.SessionEnded: (v.CloseSession,),
    e.Staged: (v.Stage,),
    e.Confirmed: (v.Confirm,),
    e.Activated: (v.Activate,),
    e.DoseAsked: (v.AskDose,),
    e.DoseStopped: (v.StopDose,),
    e.BolusOrdered: (v.ClinicianBolus,),
    e.Primed: (v.Prime,),
    e.Stopped: (v.Stop,),
    e.Restarted: (v.Restart,),
    e.MinimumOrdered: (v.MinimumRate,),
    e.Refilled: (v.Refill,),
    e.LineSet: (v.RecordLine,),
    e.Reconciled: (v.Reconcile,),
    e.ClockSet: (v.ClockSet,),
    e.AlarmSilenced: (v.AlarmSilence,),
    e.AlarmAcknowledged: (v.AlarmAcknowledge,),
    e.Interrogated: (v.Interrogate,),
}
MAY: dict[v.Role, tuple[type[v.Verb], ...]] = {
    v.Role.REMOTE: (v.AskDose, v.StopDose),
    v.Role.EMERGENCY: (v.Stop, v.MinimumRate),
}
NOT_PROGRAMMER = (v.AskDose, v.StopDose, v.MinimumRate)
IN_SESSION = (
    v.CloseSession, v.Stage, v.Confirm, v.Activate, v.ClinicianBolus, v.Prime, v.Refill,
    v.RecordLine, v.Restart, v.Reconcile, v.ClockSet,
)  # fmt: skip
ON_VERSION = (*(verb for verb in IN_SESSION if verb is not v.CloseSession), v.AskDose)


@dataclass(frozen=True, slots=True)
class Order:
    """What a person signed."""

    id: str
    by: Person
    verb: v.Verb
    base: int
    issued_ms: int
    expires_ms: int


@dataclass
class Warrants:
    """What was signed, what has acted, and how far the two phases of programming are."""

    orders: dict[bytes, Order] = field(default_factory=dict)
    acted: set[str] = field(default_factory=set)
    owner: dict[int, Person] = field(default_factory=dict)
    hearing: bytes | None = None
    device: bool = False
    restarted_ms: int = 0
    staged: tuple[int, str] | None = None
    confirmed: tuple[int, str] | None = None
    laid: Programme | None = None
    programme: Programme | None = None

    def sees(self, before: State, event: e.Event, after: State, said: e.Outcome) -> None:
        """One event that reached the controller."""
        order = None if self.hearing is None else self.orders.get(self.hearing)
        if isinstance(event, e.PowerReturned):
            self.restarted_ms = event.at_ms
        elif isinstance(event, e.Noticed):
            assert self.device or event.alarm in self._unordered(), "the device noticed nothing"
        elif not isinstance(event, e.TimePasses) and not (
            isinstance(event, e.SessionEnded) and event.lost
        ):
            assert order is not None, f"{event} without an authentic command"
            self._holds(order, before, event)
            self.acted.add(order.id)
        if not said.refused:
            self._phase(order, event)
        assert after.programme == self.programme, "the programme changed without an activation"

    def _unordered(self) -> set[str]:
        """What a pump may notice of its own: its memory, its link, and a rotor after a scan."""
        scanned = any(isinstance(order.verb, v.MriBegin) for order in self.orders.values())
        return {"memory", *(what.value for what in ALARMED), *(("stall",) if scanned else ())}

    def _holds(self, order: Order, before: State, event: e.Event) -> None:
        verb, role, at = order.verb, order.by.role, event.at_ms
        assert isinstance(verb, ORDERS[type(event)]), f"{verb} led to {event}"
        allowed = MAY.get(role)
        assert isinstance(verb, allowed) if allowed else not isinstance(verb, NOT_PROGRAMMER)
        assert order.id not in self.acted, f"{verb} acted twice"
        assert order.issued_ms <= at + AHEAD_MS, "issued in the future"
        assert self.restarted_ms <= order.issued_ms, "issued before the last restart"
        assert at < order.expires_ms, "expired"
        if isinstance(verb, ON_VERSION):
            assert order.base == before.version, "based on another programme"
        if isinstance(verb, IN_SESSION):
            assert before.session is not None, f"{verb} outside a session"
            assert self.owner[before.session.number] == order.by, "in another's session"
        assert _as_ordered(event, order), f"{event} is not what {verb} asks for"

    def _phase(self, order: Order | None, event: e.Event) -> None:
        match event:
            case e.SessionOpened() if order:
                self.owner[event.session] = order.by
            case e.SessionEnded():
                self.staged = self.confirmed = None
            case e.Staged():
                self.laid, self.confirmed = event.programme, None
                self.staged = (event.session, event.programme.digest)
            case e.Confirmed():
                assert self.staged == (event.session, event.digest), "confirmed something else"
                self.confirmed = self.staged
            case e.Activated() if order:
                assert self.confirmed is not None, "activated what nobody confirmed"
                assert self.confirmed[0] == event.session
                self.programme, self.staged, self.confirmed = self.laid, None, None


Told = tuple[object, ...]
ARGUMENTS: dict[type[e.Event], Callable[[Any, Any], tuple[Told, Told]]] = {
    e.Staged: lambda event, verb: ((event.programme.digest,), (verb.digest,)),
    e.Confirmed: lambda event, verb: ((event.digest,), (verb.digest,)),
    e.Activated: lambda event, verb: ((event.base_version,), (verb.base_version,)),
    e.BolusOrdered: lambda event, verb: (
        (event.volume_nl, event.duration_ms, event.per_24h_fg),
        (verb.volume_nl, verb.duration_ms, verb.limit_fg_per_24h),
    ),
    e.Primed: lambda event, verb: (
        (event.volume_nl, verb.rate_nl_per_h * event.duration_ms >= event.volume_nl * HOUR_MS),
        (verb.volume_nl, True),
    ),
    e.Refilled: lambda event, verb: (
        (event.measured_nl, event.fill_nl, event.ng_per_ml),
        (verb.measured_nl, verb.fill_nl, verb.ng_per_ml),
    ),
    e.ClockSet: lambda event, verb: ((event.wall_ms,), (event.at_ms + verb.offset_ms,)),
    e.AlarmSilenced: lambda event, verb: ((event.alarm,), (verb.alarm,)),
    e.AlarmAcknowledged: lambda event, verb: ((event.alarm,), (verb.alarm,)),
}


def _as_ordered(event: e.Event, order: Order) -> bool:
    """Whether the event has the arguments of the command."""
    if isinstance(event, e.DoseAsked):
        return event.expires_ms == order.expires_ms
    told = ARGUMENTS.get(type(event))
    does, asked = told(event, order.verb) if told else ((), ())
    return does == asked
