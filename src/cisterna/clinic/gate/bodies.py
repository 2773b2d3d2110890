"""What happens on the way of a change, as bodies of events.

`binds` is the digest over the texts of all events before it that belong to this change, so what
was signed cannot be exchanged afterwards. `programme` is the canonical text that travels to the
pump; `digest` its SHA-256, which the pump reads back. `proof` is a person's own signature over
`binds`; the gate keeps it, and the signer checks it where it knows the persons.
"""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.event import event


@dataclass(frozen=True, slots=True)
class Found:
    """A finding as it was shown."""

    code: str
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One line in which the new order differs from the old one."""

    what: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class RefillTerms:
    """A refill that goes on the pump's record first: nL out, nL in, ng/mL of the primary drug."""

    measured_nl: int
    fill_nl: int
    ng_per_ml: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """What a person's passkey answered to a digest (WebAuthn): three byte strings in hex."""

    authenticator: str
    client: str
    signature: str


@event
@dataclass(frozen=True, slots=True)
class ChangeOrdered:
    """A physician orders a prescription (SHA-256 of its text), for a nurse to program.

    `proof` is the passkey's answer to that digest.
    """

    prescription: str
    proof: Passkey | None = None


@event
@dataclass(frozen=True, slots=True)
class ChangeProposed:
    """A change with everything that was seen when it was proposed.

    `second` names the two-person rules that apply, `lowers` that no dose rises and no drug
    changes, `dose` the daily dose of the primary drug as shown, `under` what a nurse or a surgeon
    acts on: the id of the order, or where the privilege stands.
    """

    serial: str
    base_version: int
    prescription: str
    programme: str
    digest: str
    words: str
    dose: str
    findings: tuple[Found, ...]
    differences: tuple[Difference, ...]
    second: tuple[str, ...]
    lowers: bool
    refill: RefillTerms | None = None
    under: str = ""


@event
@dataclass(frozen=True, slots=True)
class DeedProposed:
    """Something done by hand that changes no programme: a bolus, a prime, a restart, clock, alarm.

    `verb` is what the pump is asked, `arguments` the canonical text of its integers, `digest` the
    SHA-256 over both. `dose` is the dose as shown, empty where none flows.
    """

    serial: str
    base_version: int
    verb: str
    arguments: str
    digest: str
    words: str
    dose: str
    findings: tuple[Found, ...]
    second: tuple[str, ...]
    under: str = ""

    @property
    def prescription(self) -> str:
        """What a physician's order for it names."""
        return self.digest

    @property
    def lowers(self) -> bool:
        """Never: nothing by hand is let go by one person alone as a decrease."""
        return False


@event
@dataclass(frozen=True, slots=True)
class DeedEnded:
    """What became of a deed: done, refused or unknown; a dose of unknown outcome counts as given.

    `pump_ms` is the pump's own time of its answer.
    """

    intent: str
    outcome: str
    words: str
    pump_ms: int | None = None


@event
@dataclass(frozen=True, slots=True)
class DeedReconciled:
    """A person has read the pump's log: it happened, or not (the event's `why` says how)."""

    intent: str
    happened: bool


@event
@dataclass(frozen=True, slots=True)
class ReasonGiven:
    """Why the change is right although these findings stand (the event's `why` says it)."""

    proposal: str
    codes: tuple[str, ...]


@event
@dataclass(frozen=True, slots=True)
class ChangeApproved:
    """Another person agrees: `digest` is what her own reading of the order came to.

    `typed_dose` is the daily dose typed again, where a block is lifted. `remote` is the note of a
    second signer from elsewhere: how she saw it.
    """

    proposal: str
    binds: str
    digest: str
    typed_dose: str | None = None
    remote: str | None = None
    under: str = ""
    proof: Passkey | None = None


@event
@dataclass(frozen=True, slots=True)
class GlassBroken:
    """One person alone stops the pump (`proposal` None) or lowers a dose; reviewed until a time."""

    proposal: str | None
    binds: str | None
    review_by: datetime


@event
@dataclass(frozen=True, slots=True)
class StopSent:
    """What became of a stop that one person ordered: stopped, refused or unknown."""

    glass: str
    outcome: str
    words: str


@event
@dataclass(frozen=True, slots=True)
class GlassReviewed:
    """Somebody else has looked at what was done alone."""

    glass: str
    right: bool


@event
@dataclass(frozen=True, slots=True)
class Reauthenticated:
    """Whoever proposed has proven again who she is, for exactly this change, until a time."""

    binds: str
    method: str
    until: datetime
    proof: Passkey | None = None


@event
@dataclass(frozen=True, slots=True)
class TransmissionIntended:
    """On record before anything is sent."""

    serial: str
    base_version: int
    digest: str
    binds: str


@event
@dataclass(frozen=True, slots=True)
class TransmissionEnded:
    """On record after: `outcome` is activated, refused (the old programme runs) or unknown.

    `stage` is how far it went; `running` the digest that the pump reported last.
    """

    intent: str
    outcome: str
    stage: str
    running: str | None
    version: int | None
    words: str


@event
@dataclass(frozen=True, slots=True)
class OutcomeReconciled:
    """A person has interrogated the pump and says what runs: new, old or other."""

    intent: str
    runs: str
    digest: str | None
    version: int


Proposed = ChangeProposed | DeedProposed
"""What goes through the gate."""
