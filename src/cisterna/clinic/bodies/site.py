"""What a clinic's pharmacist confirms of the facts: events on the record of the clinic itself."""

from dataclasses import dataclass

from cisterna.clinic.event import event
from cisterna.quantity import Quantity


@event
@dataclass(frozen=True, slots=True)
class ValueConfirmed:
    """A value of the facts as the site has it: read in `origin`, as it stands or narrower.

    `fact` is its path. `low` and `high` are the same for one value. The event's `why` says why.
    """

    fact: str
    low: Quantity
    high: Quantity
    origin: str


@event
@dataclass(frozen=True, slots=True)
class ConfirmationWithdrawn:
    """The value of the facts holds again as it was shipped; the event's `why` says why."""

    fact: str
