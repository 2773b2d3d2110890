"""A refill on its pages: two nurses, the programme that a physician ordered, what the pump says."""

from datetime import timedelta
from typing import Any

from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.prescribing import own_line
from cisterna.quantity import Quantity, show
from tests.browser.walk import Walk
from tests.clinic.people import NURSE
from tests.clinic.refilled import KIT, QUIET, SECOND, WELL
from tests.orders import LIBRARY

CALM = {"resistance": "no", "swelling": "no", "pain": "no"}


def refill(walk: Walk, after: timedelta, booked: timedelta) -> None:
    """She comes after some time, is refilled, and goes home with her next date."""
    walk.house.until(walk.at + after)
    walk.ordered(timedelta(0))
    page = walk.house.of(NURSE)
    walk.open(page, "refill")
    form = page.locator('form.act:has(input[value="begin-refill"])')
    form.locator('[name="order"]').first.check()
    walk.enter_here(form, {"name": walk.name, "born": walk.born, "serial": walk.serial})
    said(walk, "interrogate-before")
    step(walk, "record-refill-symptoms", walk.row("record-refill-symptoms", WELL))
    for reader in (NURSE, SECOND):
        walk.enter(reader, "read-label", label(walk), "refill")
    step(walk, "check-kit", walk.row("check-kit", KIT))
    step(walk, "measure-residual", {"measured": drawn(walk), "graduation": "0.1 mL"})
    step(walk, "instil", CALM)
    step(walk, "draw-back", {"returned": "yes"})
    step(walk, "instil", CALM)
    walk.programmed(NURSE)
    said(walk, "interrogate-after")
    day = (walk.at + booked).replace(hour=9, minute=0)
    step(walk, "set-next-refill", {"booked": f"{day:%Y-%m-%dT%H:%M}"})
    step(walk, "update-emergency-card", {"given_to": "her"})
    walk.house.until(walk.at + timedelta(minutes=31))
    step(walk, "observe-refill", walk.row("observe-refill", QUIET))
    controlled = "yes" if order(walk).primary.drug.is_opioid else "no"
    row = {"controlled": controlled, "volume": drawn(walk), "how": "into the drug bin"}
    step(walk, "record-waste", row)
    if controlled == "yes":
        walk.enter(SECOND, "witness-waste", {}, "refill")
    step(walk, "sign-refill", {})
    walk.enter(SECOND, "countersign-refill", {}, "refill")


def step(walk: Walk, act: str, row: dict[str, Any]) -> None:
    """One step by her who does the refill."""
    walk.enter(NURSE, act, row, "refill")


def said(walk: Walk, act: str) -> None:
    """The pump is read; what the link does not say is filled in."""
    walk.interrogate(NURSE)
    strength = show(order(walk).primary.concentration)
    row = {"concentration": strength, "running": "yes", "doses": "0", "replace_early": "no"}
    step(walk, act, row)


def order(walk: Walk) -> Any:
    """The order that runs."""
    return own_line(str(walk.therapy.text), LIBRARY)


def drawn(walk: Walk) -> str:
    """What a syringe draws out before the fill: what the pump said, to a tenth of a millilitre."""
    begun = walk.person.last(b.RefillBegun)
    assert begun is not None
    read = next(r for r in walk.person.every(PumpRead, None) if r.at >= begun.at)
    return f"{Quantity.of(read.body.reservoir_nl, 'nL').number('mL').__float__():.1f} mL"


def label(walk: Walk) -> dict[str, Any]:
    """What the label of the syringe says."""
    rx = order(walk)
    day = walk.at + timedelta(days=3)
    return {
        "patient": f"MRN {walk.name[:3]}", "drugs-0-name": rx.primary.drug.id,
        "drugs-0-concentration": show(rx.primary.concentration),
        "volume": show(rx.solution.fill_volume), "use_by": f"{day:%Y-%m-%dT%H:%M}", "lot": "L42",
        "preservative_free": "yes", "prepared_by": "P. Eads",
    }  # fmt: skip
