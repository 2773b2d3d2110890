"""What is filled into the pump along with a programme: at a refill, or before the first one.

A pump takes a programme only for what its reservoir holds, so the fill goes on its record in the
same session. At a refill the volumes are those that were measured at the visit; for a pump that
is new somebody says what was drawn out of it, and the rest stands in the order.
"""

from cisterna.clinic.bodies.implant import PumpPlaced
from cisterna.clinic.course import Person
from cisterna.clinic.gate.bodies import ChangeProposed, RefillTerms
from cisterna.clinic.guards.refill import Look, next_step, under_way
from cisterna.clinic.refill_order import terms
from cisterna.clinic.refusal import Refused
from cisterna.clinic.therapy import therapy
from cisterna.clinic.web import clock, site
from cisterna.order.prescription import Prescription
from cisterna.pump.setting import ng_per_ml
from cisterna.quantity import VOLUME, Quantity, QuantityError, show


def at_visit(person: Person) -> Look | None:
    """The refill that waits for its programme; None where none does."""
    try:
        found = under_way(person, site.rules(), clock.now())
    except Refused:
        return None
    return found if next_step(found) == "programme" else None


def unfilled(person: Person) -> bool:
    """Whether her pump is newer than every programme on record: it holds what its maker put in."""
    placed, since = person.last(PumpPlaced, None), therapy(person.events).since
    return placed is not None and (since is None or placed.at > since)


def terms_for(person: Person, rx: Prescription, drawn: str) -> RefillTerms | None:
    """What goes on the pump's record before this programme.

    Raises `Refused` for a new pump without what was drawn out of it (`drawn`, as it was entered).
    """
    visit = at_visit(person)
    if visit is not None:
        return terms(visit)
    if not unfilled(person):
        return None
    filled = rx.solution.fill_volume.number("nL").__floor__()
    return RefillTerms(_drawn(drawn), filled, ng_per_ml(rx))


def volumes(body: object) -> tuple[str, str] | None:
    """What a proposal says was drawn and filled; None where it brings no fill."""
    if not isinstance(body, ChangeProposed) or body.refill is None:
        return None
    found = (body.refill.measured_nl, body.refill.fill_nl)
    drawn, filled = (show(Quantity.of(n, "nL").to("mL"), 9) for n in found)
    return drawn, filled


def _drawn(text: str) -> int:
    try:
        found = Quantity.parse(text.strip())
    except QuantityError:
        found = None
    if found is None or found.dimension != VOLUME or found.base < 0:
        words = "The pump is new, and what was drawn out of it is not said."
        raise Refused("not-drawn", words, "Type the volume that was drawn out, as 18 mL.")
    return found.number("nL").__floor__()
