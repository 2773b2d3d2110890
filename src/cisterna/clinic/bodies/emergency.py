"""What somebody reported and how urgent it is; an emergency from its opening to its close."""

from dataclasses import dataclass

from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.event import event


@event
@dataclass(frozen=True, slots=True)
class ReportTriaged:
    """Findings and what the rules of this version made of them."""

    findings: tuple[str, ...]
    drugs: tuple[str, ...]
    level: str
    act: str
    cards: tuple[str, ...]
    version: str
    says: str = ""


@event
@dataclass(frozen=True, slots=True)
class ReportAnswered:
    """Somebody of the team has taken up the report with the id `report`, and what came of it."""

    report: str
    says: str


@event
@dataclass(frozen=True, slots=True)
class EmergencyOpened:
    """An emergency, and the cards that fit it."""

    cards: tuple[str, ...]
    says: str


@event
@dataclass(frozen=True, slots=True)
class EmergencyClosed:
    """It is over: what it was, what was done, where she goes on, and how she came out of it.

    `read` is how the pump was read, and what it said, where no link of the clinic reaches it.
    """

    was: str
    done: str
    goes_on: Place
    outcome: str = ""
    read: str = ""
