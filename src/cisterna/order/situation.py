"""The situation of an order: what decides which limits of a drug apply."""

from cisterna.facts import Situation
from cisterna.order.prescription import Component, Prescription


def situation(rx: Prescription, component: Component | None = None) -> Situation:
    """The situation of the whole order, or of one of its drugs."""
    indication = rx.patient.indication
    return Situation(
        jurisdiction=rx.order.jurisdiction,
        phase=rx.order.phase,
        opioid_tolerant=rx.patient.opioid_tolerant,
        cancer=None if indication is None else indication.cancer,
        origin=None if indication is None else indication.origin,
        age=rx.patient.age_on(rx.solution.filled_at.date()),
        pump_kind="implanted" if rx.pump.model.implanted else "external",
        pump_family=rx.pump.model.family,
        product=component.product.id if component and component.product else None,
        diluted=None if component is None else _diluted(component),
        first_fill=None if component is None else first_fill(rx, component),
    )


def first_fill(rx: Prescription, component: Component) -> bool:
    """Whether the first-fill rule of this drug's label governs this pump.

    It governs an implanted pump that is not known to have held the drug.
    """
    ruled = component.drug.first_fill is not None and rx.pump.model.implanted
    return ruled and rx.pump.ziconotide_exposed is not True


def _diluted(component: Component) -> bool | None:
    """Whether the solution is weaker than the product it is made from."""
    products = [component.product] if component.product else list(component.drug.products.values())
    pump_products = [p for p in products if p is not None and p.pump_label]
    if not pump_products:
        return None
    return all(component.concentration != p.strength.value for p in pump_products)
