"""Where it hurts, as she shows it: the body of the event."""

from dataclasses import dataclass

from cisterna.clinic.event import event


@event
@dataclass(frozen=True, slots=True)
class PainMapped:
    """Where it hurts, of which nature the pain is, and how far it spreads."""

    regions: tuple[str, ...]
    nature: str
    spread: str
    says: str = ""
