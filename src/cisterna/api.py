"""The functions of `import cisterna`: the same work as the commands, as typed results.

An order is a path or a `Prescription` that was read before. `site` is a site file; without it
CISTERNA_SITE counts, as on the command line. What cannot be used raises `Unusable` with every
problem, an act that must not be done as asked raises `Refused` with its way out.
"""

from pathlib import Path

from cisterna.facts import Library, open_library
from cisterna.order.checks import Check
from cisterna.order.checks import check as _check
from cisterna.order.form import Problem, Unusable
from cisterna.order.plan import Plan, line_change
from cisterna.order.plan import plan as _plan
from cisterna.order.prescription import Prescription
from cisterna.order.reading import read_prescription
from cisterna.quantity import DURATION, Quantity, QuantityError
from cisterna.spine.forecast import Forecast, forecast_order

Order = str | Path | Prescription
SiteFile = str | Path | None


def read(path: str | Path, site: SiteFile = None) -> Prescription:
    """Read a prescription file; raises `Unusable` with everything that is wrong with it."""
    return read_prescription(path, open_library(site))


def check(order: Order, site: SiteFile = None) -> Check:
    """Every guardrail: `ok`, and `findings` with limit, authority, source and certainty."""
    library = open_library(site)
    rx = _order(order, library)
    return _check(rx, library, line_change(rx.previous, rx, library)[0])


def plan(new: Order, old: Order | None = None, site: SiteFile = None) -> Plan:
    """All that a nurse looks at first, for an order or for a change from `old`."""
    library = open_library(site)
    before = None if old is None else _order(old, library)
    return _plan(before, _order(new, library), library)


def forecast(
    order: Order,
    days: int = 7,
    cohort: int = 500,
    every: str | Quantity = "1 h",
    seed: int = 1,
    site: SiteFile = None,
) -> Forecast:
    """Delivery at the tip and the model's answer along the spine, with a band over a cohort.

    An estimate that advises a person and prefills no dose. The same `seed` gives the same cohort.
    """
    library = open_library(site)
    rx = _order(order, library)
    return forecast_order(rx, library, days, cohort, seed, _duration(every))


def _order(order: Order, library: Library) -> Prescription:
    return order if isinstance(order, Prescription) else read_prescription(order, library)


def _duration(every: str | Quantity) -> Quantity:
    try:
        value = Quantity.parse(every) if isinstance(every, str) else every
        return value.expect(DURATION)
    except QuantityError as problem:
        expected = f"{DURATION} ({problem})"
        raise Unusable("forecast", [Problem("every", str(every)[:60], expected)]) from None
