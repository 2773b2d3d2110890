"""When she is asked how she is, between the visits: her check-ins from home."""

from datetime import datetime

from cisterna.clinic.bodies.planning import Moved, Place
from cisterna.clinic.bodies.visit import VisitRecorded
from cisterna.clinic.course import Person
from cisterna.clinic.since import AFTER_IMPLANT
from cisterna.facts import Pathway
from cisterna.quantity import later

_WEEKLY = (Place.TITRATION, Place.IMPLANTED_OBSERVATION)


def next_check_in(person: Person, rules: Pathway) -> datetime | None:
    """When the next one is due; None where she has no pump."""
    if person.place not in AFTER_IMPLANT:
        return None
    kind = "titration" if person.place in _WEEKLY else "otherwise"
    begun = [m.at for m in person.every(Moved) if m.body.after is Place.IMPLANTED_OBSERVATION]
    done = [v.body.seen for v in person.every(VisitRecorded) if v.body.remote]
    last = max((*begun[-1:], *done), default=None)
    return None if last is None else later(last, rules.figure(f"check_in.{kind}").value)
