"""What a simulation comes to: the types whose field names are the keys of its JSON object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from cisterna.order.prescription import Prescription
from cisterna.order.trace import TipTrace
from cisterna.pump.log import Log
from cisterna.pump.scenario import Scenario
from cisterna.pump.virtual import Level
from cisterna.quantity import Quantity

Doses = Mapping[str, Quantity]


@dataclass(frozen=True, slots=True)
class Volumes:
    """Filled = delivered + withdrawn + reservoir + leaked, to the nanolitre.

    `reservoir` can be pumped at the end; the residual below it is no part of any of them.
    """

    filled: Quantity
    delivered: Quantity
    withdrawn: Quantity
    reservoir: Quantity
    leaked: Quantity


@dataclass(frozen=True, slots=True)
class Masses:
    """One drug: at_start + filled = delivered + withdrawn + leaked + left, exactly.

    `at_start` is what line and undrained residual held before the first fill; `left` counts
    reservoir, residual and line.
    """

    at_start: Quantity
    filled: Quantity
    delivered: Quantity
    withdrawn: Quantity
    leaked: Quantity
    left: Quantity


@dataclass(frozen=True, slots=True)
class Asked:
    """Doses asked for by one kind of person."""

    granted: int
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Boluses:
    """Doses on demand: all of them, and each by who asked."""

    granted: int
    refused: Mapping[str, int]
    patient: Asked
    clinician: Asked


@dataclass(frozen=True, slots=True)
class AlarmSpan:
    """An alarm from its beginning until its cause was over (None: still there at the end)."""

    code: str
    priority: int
    alarm_class: str = field(metadata={"wire": "class"})
    begins: datetime
    over: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose that was granted: when, to whom, and between what bounds it was delivered."""

    at: datetime
    by: str
    asked: Quantity
    least: Quantity | None
    most: Quantity | None


@dataclass(frozen=True, slots=True)
class ActRefused:
    """An act that the pump refused; `ready` when waiting would have helped.

    Presses of the remote are not here: they are counted in `Boluses` and stand in the log.
    """

    at: datetime
    what: str
    code: str
    message: str
    way_out: str | None = None
    ready: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefillMade:
    """A refill: what the pump expected, what the person measured, and what really came out."""

    at: datetime
    expected: Quantity
    measured: Quantity
    came_out: Quantity
    filled: Quantity


@dataclass(frozen=True, slots=True)
class Reading:
    """An interrogation: what the pump says, and beside it the truth of the reservoir."""

    at: datetime
    version: int
    reservoir: Quantity
    really: Quantity
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Activation:
    """A programme that was activated: its order, and whether a bridge came with it."""

    at: datetime
    version: int
    order: str
    bridged: bool
    rx: Prescription = field(metadata={"wire": None})
    at_ms: int = field(metadata={"wire": None})


@dataclass(frozen=True, slots=True)
class Bin:
    """Some time of the run: mean dose rate of each drug, as ordered and as it left the tip."""

    start_ms: int
    end_ms: int
    ordered: Doses
    delivered: Doses


@dataclass(frozen=True, slots=True)
class Trumpet:
    """The errors of the flow over windows of one length; `floor` is what one stroke makes."""

    window: Quantity
    highest: Fraction | None
    lowest: Fraction | None
    floor: Fraction | None


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How true the flow was at first, before anything happened (`cisterna.pump.accuracy`)."""

    rate: Quantity
    stroke: Quantity
    lasts: Quantity
    overall: Fraction
    trumpet: tuple[Trumpet, ...]


@dataclass(frozen=True, slots=True)
class Extremes:
    """The days of a run on which least and most of an order arrived, as shares of the order.

    `over` is how long such a day is: 24 hours, or longer where the run is so long.
    """

    over: Quantity
    lowest: Fraction
    lowest_from: datetime
    highest: Fraction
    highest_from: datetime


@dataclass(frozen=True, slots=True)
class Simulation:
    """One run of a scenario.

    `ordered` is what the orders in force scheduled, with the doses that were granted; `delivered`
    left the tip, `pumped` left the reservoir towards it. `pump_says` is the reservoir as the pump
    reckons at the end, `dry_at` when it was really empty for the first time.
    """

    scenario: str
    pump: str
    start: datetime
    end: datetime
    length: Quantity
    seed: int
    accuracy: Fraction
    ordered: Doses
    delivered: Doses
    extremes: Mapping[str, Extremes | None]
    pumped: Doses
    volumes: Volumes
    pump_says: Quantity
    dry_at: datetime | None
    masses: Mapping[str, Masses]
    boluses: Boluses
    alarms: tuple[AlarmSpan, ...]
    events: int
    refusals: tuple[ActRefused, ...]
    doses: tuple[Dose, ...]
    programs: tuple[Activation, ...]
    refills: tuple[RefillMade, ...]
    readings: tuple[Reading, ...]
    flow_accuracy: Steadiness | None
    log_entries: int
    log_lost: int
    assumptions: tuple[str, ...]
    source: Scenario = field(metadata={"wire": None})
    log: Log = field(metadata={"wire": None})
    trace: TipTrace = field(metadata={"wire": None})
    series: tuple[Bin, ...] = field(metadata={"wire": None})
    levels: tuple[Level, ...] = field(metadata={"wire": None})
