"""When a second person signs, and when a change only lowers."""

from collections.abc import Iterator

from cisterna.clinic.gate.bodies import Found
from cisterna.facts.signing import Signing
from cisterna.order.bridge import Bridge
from cisterna.order.prescription import Prescription, Remote
from cisterna.order.program import max_daily_flow, per_24h
from cisterna.order.schedule import schedule

HIGH = frozenset({"above-range", "contraindication"})
"""Rules that only a physician may propose under."""


def second_for(
    old: Prescription | None,
    new: Prescription,
    findings: tuple[Found, ...],
    bridge: Bridge | None,
    signing: Signing,
    revised: bool,
) -> tuple[str, ...]:
    """The two-person rules that apply to a change, in the order of the facts."""
    loud = [f.code for f in findings if f.severity != "note"]
    needed = {*signing.called_by(loud), *_of_the_orders(old, new, bridge, revised)}
    return tuple(rule.name for rule in signing.rules if rule.name in needed)


def _of_the_orders(
    old: Prescription | None, new: Prescription, bridge: Bridge | None, revised: bool
) -> Iterator[str]:
    if old is None or revised:
        yield "first-programme"
    if old is None or strengths(old) != strengths(new) or (bridge is not None and bridge.needed):
        yield "drug-or-concentration"
    if raised(old.remote if old else None, new.remote):
        yield "patient-dose"


def strengths(rx: Prescription) -> dict[str, object]:
    """The concentration of each drug."""
    return {c.drug.id: c.concentration for c in rx.solution.components}


def raised(old: Remote | None, new: Remote | None) -> bool:
    """Whether the patient may have more, faster or more often than before."""
    if new is None:
        return False
    return old is None or (
        new.dose > old.dose
        or new.duration < old.duration
        or new.lockout < old.lockout
        or new.max_per_day > old.max_per_day
    )


def lowers(old: Prescription | None, new: Prescription) -> bool:
    """Whether the solution stays and neither peak, mean, 24 hours nor limit rises."""
    if old is None or strengths(old) != strengths(new) or raised(old.remote, new.remote):
        return False
    before, after = schedule(old), schedule(new)
    return (
        after.flows[-1] <= before.flows[-1]
        and after.mean <= before.mean
        and max_daily_flow(new) <= max_daily_flow(old)
        and per_24h(new) <= per_24h(old)
    )
