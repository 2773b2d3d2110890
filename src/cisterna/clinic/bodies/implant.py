"""What happens at an implant and until the discharge: the bodies of the events.

A component is known by the id under which it was scanned or placed; what takes the place of
another names it in `replaces`, so a revision adds and never edits.
"""

from dataclasses import dataclass
from datetime import date, datetime

from cisterna.clinic.event import event
from cisterna.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Checked:
    """One item of the checklist: done, or not applying with its note."""

    item: str
    done: bool
    note: str = ""


@event
@dataclass(frozen=True, slots=True)
class ChecklistAnswered:
    """The whole checklist before the operation, each item once; good for its day."""

    items: tuple[Checked, ...]


@event
@dataclass(frozen=True, slots=True)
class DeviceScanned:
    """A device unpacked and scanned: `kind` is pump or catheter, `code` what the scanner read.

    `issuer` is gs1 or hibc, `di` the device identifier, the rest what the code says.
    """

    kind: str
    model: str
    code: str
    issuer: str
    di: str
    serial: str
    lot: str
    expires: date | None
    made: date | None


@event
@dataclass(frozen=True, slots=True)
class AntibioticGiven:
    """The antibiotic before the cut: drug, dose, when it was given or begun, and her weight."""

    drug: str
    dose: Quantity
    given: datetime
    weight: Quantity | None = None


@event
@dataclass(frozen=True, slots=True)
class AntibioticEnded:
    """The last dose of the antibiotic of the operation was given at this time."""

    last_given: datetime


@event
@dataclass(frozen=True, slots=True)
class IncisionMade:
    """The cut, with what was said at the pause before it."""

    says: str


@event
@dataclass(frozen=True, slots=True)
class PumpPlaced:
    """A pump in its pocket; `scan` is the id of its scan, `replaces` that of the pump before."""

    scan: str
    model: str
    serial: str
    udi: str
    placed: date
    site: str
    side: str
    depth: Quantity
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of catheter, as supplied and as cut; `replaces` names the piece before it.

    `stays` names a piece that was placed earlier and is left as it was.
    """

    model: str
    supplied: Quantity
    trimmed: Quantity
    lot: str
    replaces: str = ""
    stays: str = ""


@event
@dataclass(frozen=True, slots=True)
class CatheterPlaced:
    """The catheter from the spine to the pump, whole, anew each time.

    `entry` and `tip` are levels, `side` that of the tip, `csf_seen` whether fluid came.
    """

    segments: tuple[Segment, ...]
    entry: str
    tip: str
    side: str
    anchor: str
    csf_seen: bool


@dataclass(frozen=True, slots=True)
class Attended:
    """Somebody at the operation, and as what."""

    who: str
    part: str


@event
@dataclass(frozen=True, slots=True)
class OperationRecorded:
    """The operation itself: anaesthesia, ASA class, who was there, when the wound was closed."""

    kind: str
    anaesthesia: str
    asa: str
    people: tuple[Attended, ...]
    closed: datetime
    says: str = ""


@dataclass(frozen=True, slots=True)
class Neuro:
    """What a look at the nerves found; each is new since the operation."""

    new_weakness: bool
    new_numbness: bool
    sphincter_loss: bool

    @property
    def found(self) -> tuple[str, ...]:
        """What there is, in words."""
        named = (
            (self.new_weakness, "new weakness"),
            (self.new_numbness, "new numbness"),
            (self.sphincter_loss, "loss of sphincter control"),
        )
        return tuple(words for there, words in named if there)


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a look for the effect of an opioid found: breaths a minute, oxygen in per cent."""

    sedation: str
    breaths: int
    oxygen: int


@event
@dataclass(frozen=True, slots=True)
class ImplantObserved:
    """One look after the operation: at the nerves, for the opioid, or both."""

    seen: datetime
    neuro: Neuro | None
    vitals: Vitals | None
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class NerveFlagRaised:
    """A red flag of the nerves: which emergency card to open, and what was found."""

    card: str
    found: tuple[str, ...]
    onset: datetime


@event
@dataclass(frozen=True, slots=True)
class NerveFlagClosed:
    """What the flag turned out to be, after imaging."""

    flag: str
    imaging: str
    says: str


@event
@dataclass(frozen=True, slots=True)
class EmergencyContactGiven:
    """Whom to call about her: name, relation, how to reach."""

    name: str
    relation: str
    reach: str


@event
@dataclass(frozen=True, slots=True)
class Discharged:
    """She goes home, `days` after the operation; `usual` is whether that is a usual stay."""

    days: int
    usual: bool
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class StayNoted:
    """Why the stay was shorter or longer than usual."""

    says: str
