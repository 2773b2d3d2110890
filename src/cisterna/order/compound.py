"""From stock to solution: how much of each stock, how much diluent, what is discarded.

`take = C × V ÷ C_stock` for each drug; the diluent is what is left of the total volume.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cisterna.order.line import Refused
from cisterna.order.prescription import Component, Prescription
from cisterna.quantity import Quantity, show


@dataclass(frozen=True, slots=True)
class StockRow:
    """One drug: its stock, the volume to take, and the containers as far as the facts know."""

    drug: str
    stock: Quantity
    take: Quantity
    mass: Quantity
    container: Quantity | None
    containers: int | None
    discard: Quantity | None


@dataclass(frozen=True, slots=True)
class Compound:
    """The recipe of a solution."""

    rows: tuple[StockRow, ...]
    diluent: Quantity
    total: Quantity


def compound(rx: Prescription, stocks: Mapping[str, Quantity]) -> Compound:
    """The recipe for the fill volume of an order.

    Raises `Refused` for a missing, superfluous or too weak stock.
    """
    _matching(rx, stocks)
    total = rx.solution.fill_volume.to("mL")
    rows = tuple(_row(c, stocks[c.drug.id], total) for c in rx.solution.components)
    diluent = total
    for row in rows:
        diluent -= row.take
    if diluent.base < 0:
        over = show(-diluent)
        raise Refused(
            "stock-too-weak",
            f"The stocks together need {over} more than the {show(total)} of the solution.",
            "Use stronger stock, or order a lower concentration.",
        )
    return Compound(rows, diluent, total)


def _matching(rx: Prescription, stocks: Mapping[str, Quantity]) -> None:
    names = {c.drug.id for c in rx.solution.components}
    missing, extra = sorted(names - set(stocks)), sorted(set(stocks) - names)
    if missing:
        raise Refused(
            "stock-missing",
            f"No stock was given for {', '.join(missing)}.",
            f"Add --stock {missing[0]}=CONCENTRATION.",
        )
    if extra:
        raise Refused(
            "stock-not-in-solution",
            f"{', '.join(extra)} is not in the ordered solution.",
            "Leave that stock out, or check that this is the right order.",
        )


def _row(component: Component, stock: Quantity, total: Quantity) -> StockRow:
    drug = component.drug
    if stock < component.concentration:
        raise Refused(
            "stock-too-weak",
            f"{drug.name}: the stock of {show(stock)} is weaker than the ordered "
            f"{show(component.concentration)}.",
            "Use stronger stock, or order a lower concentration.",
        )
    take = (component.concentration * total / stock).to("mL")
    mass = (component.concentration * total).to(drug.unit)
    container = _container(component, stock)
    count = None if container is None else -(-take.base // container.base)
    discard = None if container is None or count is None else container * count - take
    return StockRow(drug.id, stock, take, mass, container, count, discard)


def _container(component: Component, stock: Quantity) -> Quantity | None:
    """The one container size of the product of this strength; None when there is no single one."""
    named = [component.product] if component.product else component.drug.products.values()
    sizes = {
        c.value.base: c.value
        for product in named
        if product is not None and product.strength.value == stock
        for c in product.containers
    }
    return next(iter(sizes.values())) if len(sizes) == 1 else None
