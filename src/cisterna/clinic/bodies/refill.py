"""What happens at a refill, and between refills: the bodies of the events.

Words for skin, sedation, relief, signs and ports are those of `facts/refill.toml`. What changes
the programme at a refill is an event of the gate; see `cisterna.clinic.gate.bodies`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from cisterna.clinic.event import event
from cisterna.quantity import Quantity


@event
@dataclass(frozen=True, slots=True)
class RefillBegun:
    """The person and the pump are identified; the texts of the orders this visit rests on.

    `name`, `number`, `born` are what was asked and told, `serial` what was scanned or read.
    `running` is the order whose solution is in the pump, `previous` the one before it where the
    line changed from it, `ordered` the order of this refill.
    """

    name: str
    number: str
    born: date | None
    serial: str
    running: str
    ordered: str
    previous: str = ""


@event
@dataclass(frozen=True, slots=True)
class PumpReported:
    """What the pump said of itself: `when` is before, after or visit.

    `concentration` and `reservoir` are the pump's own record; `stalls` (outside a scan) and
    `resets` count since the report before; `doses` are patient doses since the fill; `text` is
    the report as it was kept.
    """

    serial: str
    version: int
    digest: str | None
    concentration: Quantity
    reservoir: Quantity
    running: bool
    alarms: tuple[str, ...]
    doses: int | None
    text: str
    stalls: int = 0
    resets: int = 0
    replace_early: bool = False
    when: str = "visit"


@event
@dataclass(frozen=True, slots=True)
class RefillSymptoms:
    """How she is before the needle: skin over the pump, sedation, relief, each sign answered."""

    skin: str
    sedation: str
    relief: str
    signs: tuple[str, ...]
    no_signs: tuple[str, ...]
    says: str = ""


@dataclass(frozen=True, slots=True)
class LabelDrug:
    """One drug on a label and its concentration."""

    name: str
    concentration: Quantity


@event
@dataclass(frozen=True, slots=True)
class LabelRead:
    """What one reader read on the syringe, not having seen what another read.

    `remote` is the note of a reader from elsewhere: how she saw it.
    """

    patient: str
    drugs: tuple[LabelDrug, ...]
    volume: Quantity
    use_by: datetime
    lot: str
    preservative_free: bool
    prepared_by: str
    remote: str = ""


@event
@dataclass(frozen=True, slots=True)
class LabelsCompared:
    """Two readings held against each other and the order; no difference lets the syringe on."""

    first: str
    second: str
    differences: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class KitChecked:
    """The kit, its needle and template, the port under the needle, and how it was found."""

    refill_kit: bool
    refill_needle: bool
    template: bool
    port: str
    felt: str
    ultrasound: bool


@event
@dataclass(frozen=True, slots=True)
class ResidualMeasured:
    """All that came back, beside what should have; rounded to the nanolitre.

    `verdict` is accept, evaluate or hold. `programmed` and `delivered` since the last fill are
    what the trend is made of; it counts where `judged`.
    """

    measured: Quantity
    graduation: Quantity
    expected: Quantity
    programmed: Quantity
    delivered: Quantity
    judged: bool
    verdict: str
    reasons: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class ResidualDecided:
    """Whether the refill goes on with such a residual; the event's `why` says why."""

    go_on: bool


@event
@dataclass(frozen=True, slots=True)
class TroubleshootingOpened:
    """Something has to be found out: what, and since which event."""

    about: str
    since: str


@event
@dataclass(frozen=True, slots=True)
class Instilled:
    """A part of the syringe that went in, and what was met on the way."""

    volume: Quantity
    resistance: bool = False
    swelling: bool = False
    pain: bool = False


@event
@dataclass(frozen=True, slots=True)
class DrawnBack:
    """Whether what went in comes back through the needle."""

    returned: bool


@event
@dataclass(frozen=True, slots=True)
class EmergencyRaised:
    """An emergency and its card; how much had been drawn and instilled by then."""

    card: str
    findings: tuple[str, ...]
    drawn: Quantity
    instilled: Quantity


@event
@dataclass(frozen=True, slots=True)
class NextRefillSet:
    """The date by which she must come, what binds it, and the date that is booked."""

    refill_by: datetime | None
    binding: str | None
    booked: datetime


@event
@dataclass(frozen=True, slots=True)
class EmergencyCardUpdated:
    """The card she carries says what the pump runs now: the digest of that programme."""

    digest: str
    given_to: str


@event
@dataclass(frozen=True, slots=True)
class RefillObserved:
    """One look after the fill."""

    sedation: str
    breaths: int
    swelling: bool
    pain: bool
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class DrugWasted:
    """What was thrown away; whether it is a controlled drug is answered each time."""

    controlled: bool
    volume: Quantity
    how: str


@event
@dataclass(frozen=True, slots=True)
class WasteWitnessed:
    """Another person saw it."""

    waste: str


@event
@dataclass(frozen=True, slots=True)
class RefillSigned:
    """The refill is signed by who did it."""

    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class RefillCountersigned:
    """And by another person; `signed` is the event of the first signature."""

    signed: str


@event
@dataclass(frozen=True, slots=True)
class RefillAbandoned:
    """The refill was given up: at which step, why, and what had been done by then."""

    step: str
    reason: str
    drawn: Quantity
    instilled: Quantity
    programmed: bool


@event
@dataclass(frozen=True, slots=True)
class NeurologyChecked:
    """A neurological look outside a refill: each sign answered, and relief."""

    signs: tuple[str, ...]
    no_signs: tuple[str, ...]
    relief: str
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class WatchRaised:
    """Something that is watched was found: which watch, what, and what to do."""

    watch: str
    found: str
    todo: str


@event
@dataclass(frozen=True, slots=True)
class WatchClosed:
    """What came of it; the trend is counted anew from here."""

    watch: str
    raised: str
    outcome: str


@event
@dataclass(frozen=True, slots=True)
class RefillReminded:
    """Somebody spoke with her about the next refill: what came of it, in words.

    `alone` is that she travels alone, so that each step before a refill comes earlier.
    """

    says: str
    alone: bool
