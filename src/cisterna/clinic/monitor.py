"""What is watched from one refill to the next: the pump's delivery, the dose, the motor.

`r` is delivered over programmed volume of one refill, `A = ln(1 + accuracy)` the pump's labelled
bound on the scale of `x = ln r`. Two sums are kept, `high = max(0, high + x − k)` and
`low = max(0, low − x − k)`, with `k` and the limit as parts of `A` (a CUSUM, Page 1954). A sum
above the limit is a trend. How the parts were chosen stands in decision 0019.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from cisterna.clinic.bodies.refill import PumpReported
from cisterna.clinic.course import Person
from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as g
from cisterna.facts.refill import RefillRules
from cisterna.order.prescription import Prescription
from cisterna.order.schedule import schedule
from cisterna.quantity import Quantity, QuantityError, later, show


@dataclass(frozen=True, slots=True)
class Trend:
    """The two sums after the last refill, as parts of the limit; 1 and more is a trend."""

    high: Fraction
    low: Fraction
    refills: int

    @property
    def side(self) -> str | None:
        """`high` where more is delivered than programmed, `low` where less, or no trend."""
        if max(self.high, self.low) <= 1:
            return None
        return "high" if self.high >= self.low else "low"


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of a watch, in words."""

    watch: str
    says: str


def trend(ratios: Iterable[Fraction], accuracy: Quantity, rules: RefillRules) -> Trend:
    """The sums over the refills of one pump, oldest first.

    `accuracy` is the pump's labelled bound. A refill of which nothing was delivered counts as far
    below as one at a hundredth of what was programmed.
    """
    bound = math.log1p(float(accuracy.number("1")))
    take = float(rules.figure("cusum_allowance").value.number("1")) * bound
    limit = float(rules.figure("cusum_limit").value.number("1")) * bound
    high = low = 0.0
    count = 0
    for ratio in ratios:
        x = math.log(max(float(ratio), 0.01))
        high, low, count = max(0.0, high + x - take), max(0.0, low - x - take), count + 1
    return Trend(Fraction(high / limit), Fraction(low / limit), count)


def residual_watch(
    ratios: tuple[Fraction, ...], accuracy: Quantity | None, rules: RefillRules
) -> Iterator[Found]:
    """A trend of the residual, as a finding."""
    if accuracy is None or not ratios:
        return
    seen = trend(ratios, accuracy, rules)
    if seen.side is not None:
        last = ", ".join(show(Quantity.of(r, "1"), 3) for r in ratios[-5:])
        words = f"Delivered over programmed volume of the last refills: {last}."
        yield Found(f"residual-{seen.side}", words)


@dataclass(frozen=True, slots=True)
class DoseSet:
    """A daily dose and the time from which it ran."""

    at: datetime
    daily: Quantity


def doses(person: Person) -> tuple[DoseSet, ...]:
    """The daily doses that the gate brought into the pump, oldest first."""
    found, proposal = [], None
    intents: dict[str, str] = {}
    for event in person.events:
        body = event.body
        if isinstance(body, g.ChangeProposed):
            proposal = body
        elif isinstance(body, g.TransmissionIntended) and proposal is not None:
            intents[event.id] = proposal.dose
        elif (dose := _activated(event, intents)) is not None:
            found.append(DoseSet(event.effective, dose))
    return tuple(found)


def _activated(event: Event, intents: dict[str, str]) -> Quantity | None:
    body = event.body
    done = isinstance(body, g.TransmissionEnded) and body.outcome == "activated"
    done = done or (isinstance(body, g.OutcomeReconciled) and body.runs == "new")
    if not done or body.intent not in intents:
        return None
    try:
        return Quantity.parse(intents[body.intent].replace(",", ""))
    except QuantityError:
        return None


def granuloma_watch(
    now: Prescription,
    history: tuple[DoseSet, ...],
    relief: str,
    at: datetime,
    rules: RefillRules,
) -> Iterator[Found]:
    """The rule of pathway §6.5: rises without relief in its window, or much morphine."""
    window = rules.figure("dose_rise_window")
    rises = [d for d in _rises(history, rules) if later(d.at, window.value) >= at]
    least = rules.count("dose_rises")
    if len(rises) >= least and relief != "better":
        share = rules.figure("dose_rise").text()
        words = f"{len(rises)} rises of {share} and more in {window.text()}, relief: {relief}."
        yield Found("granuloma-risk", words)
    yield from _much_morphine(now, rules)


def _rises(history: tuple[DoseSet, ...], rules: RefillRules) -> Iterator[DoseSet]:
    share = rules.figure("dose_rise").value.number("1")
    for before, after in pairwise(history):
        alike = before.daily.dimension == after.daily.dimension
        if alike and before.daily and after.daily.base >= before.daily.base * (1 + share):
            yield after


def _much_morphine(now: Prescription, rules: RefillRules) -> Iterator[Found]:
    morphine = now.solution.component("morphine")
    if morphine is None:
        return
    daily = now.doses_of(schedule(now).mean)["morphine"]
    most, strength = rules.figure("granuloma_dose"), rules.figure("granuloma_concentration")
    if daily > most.value or morphine.concentration >= strength.value:
        words = f"Morphine {show(daily)} at {show(morphine.concentration)}; asked for above "
        words += f"{most.text()}, or from {strength.text()} on."
        yield Found("granuloma-risk", words)


def neurology_watch(signs: tuple[str, ...]) -> Iterator[Found]:
    """Any new sign."""
    if signs:
        yield Found("new-neurology", f"New: {', '.join(signs)}.")


def motor_watch(reports: tuple[PumpReported, ...], rules: RefillRules) -> Iterator[Found]:
    """Stalls outside a scan and resets, summed over the reports, and what the last one says."""
    if not reports:
        return
    stalls, resets = sum(r.stalls for r in reports), sum(r.resets for r in reports)
    early = any(r.replace_early for r in reports)
    many = stalls >= rules.count("stalls_repeated")
    if many or resets >= rules.count("resets") or early:
        words = f"{stalls} stalls, {resets} resets"
        words += ", wants to be replaced early." if early else "."
        yield Found("motor", words)
    if not reports[-1].running:
        yield Found("pump-stopped", "The pump did not run when it was last interrogated.")
