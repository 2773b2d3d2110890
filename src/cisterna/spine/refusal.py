"""Where the model gives no answer, and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from cisterna.facts import Drug, Library
from cisterna.facts.spine import kinetics
from cisterna.order.prescription import Prescription

DISQUALIFIERS = {
    "csf-obstruction": "blocked flow of cerebrospinal fluid: a one-dimensional model does not hold",
    "spinal-anomaly": "a spinal anomaly: the canal is not the one that the model knows",
}


@dataclass(frozen=True, slots=True)
class NoForecast:
    """What was refused: the whole order or one drug."""

    subject: str
    reason: str


def order_refusal(rx: Prescription) -> Iterator[NoForecast]:
    """Conditions under which no drug of the order is forecast."""
    for condition in rx.patient.conditions or ():
        if condition in DISQUALIFIERS:
            yield NoForecast(condition, DISQUALIFIERS[condition])
    if rx.catheter is None or rx.catheter.tip is None:
        yield NoForecast("catheter.tip", "the order does not say at which level the tip lies")


def drug_refusal(drug: Drug, library: Library) -> NoForecast | None:
    """A drug without any known loss from the CSF is not forecast."""
    known = kinetics(library, drug.id)
    if "k_d" in known or "k_total" in known:
        return None
    return NoForecast(drug.id, f"no figure is known for the loss of {drug.name} from human CSF")


def answered(rx: Prescription, library: Library) -> tuple[list[str], list[NoForecast]]:
    """(drugs that the model answers for, everything that it refuses) for an order."""
    whole = list(order_refusal(rx))
    single = [drug_refusal(c.drug, library) for c in rx.solution.components]
    pairs = zip(rx.solution.components, single, strict=True)
    drugs = [c.drug.id for c, refused in pairs if refused is None and not whole]
    return drugs, [*whole, *(r for r in single if r is not None)]
