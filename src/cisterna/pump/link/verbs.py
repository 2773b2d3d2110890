"""What can be asked of a pump: each verb a frozen record of integers with their units.

There is no verb for memory, firmware or raw storage. Volumes are nL, times ms, masses fg. Whether
a value is right for this patient is the controller's question; here it only has to be a value.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from cisterna.pump.link.canonical import Json, Unfit, encode
from cisterna.pump.link.record import Code, Count, Hex32, Opaque, Positive, Signed, build


class Role(StrEnum):
    """Who a key belongs to."""

    PROGRAMMER = "programmer"
    REMOTE = "remote"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Verb:
    """Something asked of a pump, without arguments unless a subclass adds them."""


@dataclass(frozen=True, slots=True)
class Knock(Verb):
    """Wake the radio: the one small packet that is looked at before a handshake."""


@dataclass(frozen=True, slots=True)
class OpenSession(Verb):
    """Begin a programming session, if nobody else has one."""


@dataclass(frozen=True, slots=True)
class TakeOver(Verb):
    """Begin a programming session in place of the programmer who has one; that one is alarmed."""


@dataclass(frozen=True, slots=True)
class CloseSession(Verb):
    """End the own programming session; what was only staged is gone."""


@dataclass(frozen=True, slots=True)
class Interrogate(Verb):
    """Read everything a programmer may read."""


@dataclass(frozen=True, slots=True)
class Stage(Verb):
    """Lay a programme beside the running one; `digest` is SHA-256 of its canonical bytes."""

    programme: Opaque
    digest: Hex32


@dataclass(frozen=True, slots=True)
class ReadBack(Verb):
    """Read the staged programme as the pump understood it, with its digest."""


@dataclass(frozen=True, slots=True)
class Confirm(Verb):
    """A person has compared the read-back and confirms the programme with this digest."""

    digest: Hex32


@dataclass(frozen=True, slots=True)
class Activate(Verb):
    """The confirmed programme replaces `base_version`."""

    base_version: Count


@dataclass(frozen=True, slots=True)
class ClinicianBolus(Verb):
    """A bolus with a limit of its own for the mass of primary drug in any 24 hours."""

    volume_nl: Positive
    duration_ms: Positive
    limit_fg_per_24h: Positive


@dataclass(frozen=True, slots=True)
class Prime(Verb):
    """Fill an empty line: this volume at this rate, in place of the schedule."""

    volume_nl: Positive
    rate_nl_per_h: Positive


@dataclass(frozen=True, slots=True)
class RecordLine(Verb):
    """What tubing and catheter hold, as a person records it after an implant or an aspiration.

    `empty_nl` from the tip on is free of drug; the rest holds `ng_per_ml` of the primary drug.
    """

    volume_nl: Positive
    empty_nl: Count
    ng_per_ml: Count


@dataclass(frozen=True, slots=True)
class Refill(Verb):
    """`measured_nl` came out and `fill_nl` went in, at `ng_per_ml` of the primary drug."""

    measured_nl: Count
    fill_nl: Count
    ng_per_ml: Positive


@dataclass(frozen=True, slots=True)
class Stop(Verb):
    """Stop the pump."""


@dataclass(frozen=True, slots=True)
class Restart(Verb):
    """Restart a stopped pump with its programme."""


@dataclass(frozen=True, slots=True)
class MinimumRate(Verb):
    """The prescribed floor in place of the programme; never more than flows now."""


@dataclass(frozen=True, slots=True)
class ClockSet(Verb):
    """Set the pump's wall clock: wall time less device time. No dose step repeats or is skipped."""

    offset_ms: Signed


@dataclass(frozen=True, slots=True)
class AlarmSilence(Verb):
    """Silence an alarm for a while."""

    alarm: Code


@dataclass(frozen=True, slots=True)
class AlarmAcknowledge(Verb):
    """Acknowledge an alarm."""

    alarm: Code


@dataclass(frozen=True, slots=True)
class MriBegin(Verb):
    """A scan begins."""


@dataclass(frozen=True, slots=True)
class MriEnd(Verb):
    """A scan has ended."""


@dataclass(frozen=True, slots=True)
class Reconcile(Verb):
    """A person acknowledges a dose of unknown outcome."""


@dataclass(frozen=True, slots=True)
class PairBegin(Verb):
    """Open the pairing window for a new key of `role`; `code_key` is made from the printed code.

    A new programmer needs the same request from a second programmer.
    """

    role: Role
    code_key: Hex32


@dataclass(frozen=True, slots=True)
class Revoke(Verb):
    """The pump forgets a key at once."""

    key: Hex32


@dataclass(frozen=True, slots=True)
class AskDose(Verb):
    """The patient asks for her dose."""


@dataclass(frozen=True, slots=True)
class StopDose(Verb):
    """The patient stops the dose that is running."""


@dataclass(frozen=True, slots=True)
class ReadState(Verb):
    """Read what patient and emergency staff may read."""


VERBS: dict[str, type[Verb]] = {
    "activate": Activate,
    "alarm_acknowledge": AlarmAcknowledge,
    "alarm_silence": AlarmSilence,
    "ask_dose": AskDose,
    "clinician_bolus": ClinicianBolus,
    "clock_set": ClockSet,
    "close_session": CloseSession,
    "confirm": Confirm,
    "interrogate": Interrogate,
    "knock": Knock,
    "minimum_rate": MinimumRate,
    "mri_begin": MriBegin,
    "mri_end": MriEnd,
    "open_session": OpenSession,
    "pair_begin": PairBegin,
    "prime": Prime,
    "read_back": ReadBack,
    "read_state": ReadState,
    "reconcile": Reconcile,
    "record_line": RecordLine,
    "refill": Refill,
    "restart": Restart,
    "revoke": Revoke,
    "stage": Stage,
    "stop": Stop,
    "stop_dose": StopDose,
    "take_over": TakeOver,
}
NAMES: dict[type[Verb], str] = {kind: name for name, kind in VERBS.items()}


def verb(name: str, arguments: Json) -> Verb:
    """The verb of that name with its arguments. Raises `Unfit`.

    A staged programme that does not have the digest it came with is not what was meant.
    """
    if name not in VERBS:
        raise Unfit("no such verb")
    found = build(VERBS[name], arguments)
    if isinstance(found, Stage) and programme_digest(found.programme) != found.digest:
        raise Unfit("the programme does not have its digest")
    return found


def programme_digest(programme: dict[str, Json]) -> str:
    """SHA-256 of a programme's canonical bytes: what two people compare, and what is confirmed."""
    return hashlib.sha256(encode(programme)).hexdigest()
