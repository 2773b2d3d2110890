"""What a clinic says of itself, on a record of its own: values of the facts, whom to call."""

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


@event
@dataclass(frozen=True, slots=True)
class TelephonesGiven:
    """Whom to call, as the emergency sheet of everybody of the clinic `of` shows it.

    An empty number is not known. What was said before no longer holds.
    """

    of: str
    clinic: str = ""
    on_call: str = ""
    poison_centre: str = ""
