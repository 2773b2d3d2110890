"""What can happen to a pump, and what it answers. Times are device ms, volumes nL, masses fg.

Who may send which command, and that it is genuine and fresh, is settled by `cisterna.pump.link`
before an event is made of it.
"""

from dataclasses import dataclass

from cisterna.pump.alarms import Alarms
from cisterna.pump.flow import OnceKind
from cisterna.pump.log import Entry
from cisterna.pump.programme import Programme, Slug


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at a device time, which is never before the state's own."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class TimePasses(Event):
    """Nothing but time: due at the end of what was planned."""


# The programming session ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionOpened(Event):
    """A programmer begins a session (`session` numbers it)."""

    session: int


@dataclass(frozen=True, slots=True)
class Staged(Event):
    """A programme is laid beside the running one; nothing changes yet."""

    session: int
    programme: Programme


@dataclass(frozen=True, slots=True)
class Confirmed(Event):
    """The programmer read the staged programme back and confirms its digest."""

    session: int
    digest: str


@dataclass(frozen=True, slots=True)
class Activated(Event):
    """The confirmed programme replaces the running one, which must still be `base_version`."""

    session: int
    base_version: int


@dataclass(frozen=True, slots=True)
class SessionEnded(Event):
    """The session is closed, or its link was lost; what was only staged is gone."""

    session: int
    lost: bool = False


# Doses and flow ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DoseAsked(Event):
    """The patient asks for a dose; the request counts only before `expires_ms`."""

    number: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class DoseStopped(Event):
    """The patient stops the running dose."""


@dataclass(frozen=True, slots=True)
class BolusOrdered(Event):
    """A clinician orders a bolus with a limit of its own for any 24 hours."""

    number: int
    volume_nl: int
    duration_ms: int
    per_24h_fg: int


@dataclass(frozen=True, slots=True)
class Primed(Event):
    """A prime: this much, in this time, in place of the schedule."""

    number: int
    volume_nl: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """A person stops the pump."""


@dataclass(frozen=True, slots=True)
class Restarted(Event):
    """A person restarts the pump with its programme."""


@dataclass(frozen=True, slots=True)
class MinimumOrdered(Event):
    """The prescribed floor in place of the programme: emergency access may ask for it."""


# The reservoir, and what the device notices -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refilled(Event):
    """`measured_nl` came out, `fill_nl` went in; the reservoir now holds `ng_per_ml`."""

    measured_nl: int
    fill_nl: int
    ng_per_ml: int


@dataclass(frozen=True, slots=True)
class LineSet(Event):
    """What the line holds is recorded: after an implant, an aspiration, a new segment."""

    line: tuple[Slug, ...]


@dataclass(frozen=True, slots=True)
class Noticed(Event):
    """The device notices a condition of the alarm table: it begins, or it is over.

    `who` is the key concerned, where something happened at the link.
    """

    alarm: str
    over: bool = False
    who: str = ""


@dataclass(frozen=True, slots=True)
class PowerReturned(Event):
    """Power returns. Strokes before `known_ms` are on record; one after it may have happened."""

    known_ms: int


@dataclass(frozen=True, slots=True)
class Reconciled(Event):
    """A person acknowledges a dose of unknown outcome."""


@dataclass(frozen=True, slots=True)
class ClockSet(Event):
    """The pump's wall clock is set; the schedule goes on as it was."""

    wall_ms: int


@dataclass(frozen=True, slots=True)
class AlarmSilenced(Event):
    """A person silences an alarm for a while."""

    alarm: str


@dataclass(frozen=True, slots=True)
class AlarmAcknowledged(Event):
    """A person acknowledges an alarm."""

    alarm: str


@dataclass(frozen=True, slots=True)
class Interrogated(Event):
    """Somebody reads the pump."""


# What the pump answers --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was refused: a code and words; `ready_ms` when waiting would help."""

    code: str
    message: str
    ready_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A volume that flowed once has ended: asked for, and delivered between two bounds."""

    kind: OnceKind
    number: int
    asked_nl: int
    least_nl: int
    most_nl: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an event led to: the answer to a command, doses that closed, entries for the log."""

    refused: Refusal | None = None
    closed: tuple[Closed, ...] = ()
    log: tuple[Entry, ...] = ()
    alarms: Alarms = ()
