"""What a pump said of itself when somebody asked it."""

from dataclasses import dataclass

from cisterna.clinic.event import event


@dataclass(frozen=True, slots=True)
class TurnedDown:
    """When a pump gave no patient dose, and because of which of its limits: the log's own code."""

    at_ms: int
    why: str


@event
@dataclass(frozen=True, slots=True)
class PumpRead:
    """An interrogation: what runs, what is in the reservoir, what is wrong; times are the pump's.

    Flow in nL/h, volume in nL, as the pump reports them. `digest` and `mode` are None in a pump
    without a programme. `granted_ms` is when it gave a patient dose, `turned_down` when it
    gave none and why, as far back as its answer goes.
    """

    serial: str
    version: int
    digest: str | None
    mode: str | None
    stopped: bool
    flow_nl_per_h: int
    reservoir_nl: int
    alarms: tuple[str, ...]
    now_ms: int
    granted_ms: tuple[int, ...] = ()
    turned_down: tuple[TurnedDown, ...] = ()
