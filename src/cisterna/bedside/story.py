"""What the change does to the person, in one plain sentence: with the bridge, and without it."""

from dataclasses import dataclass
from fractions import Fraction

from cisterna.order.bridge import Bridge, OmittedDrug
from cisterna.order.plan import Plan
from cisterna.order.sheet.markup import moment_text
from cisterna.order.sheet.values import names
from cisterna.quantity import Quantity, show

_WORDS = {
    Fraction(2): "twice",
    Fraction(3): "three times",
    Fraction(4): "four times",
    Fraction(1, 2): "half",
    Fraction(1, 3): "a third of",
    Fraction(1, 4): "a quarter of",
}


@dataclass(frozen=True, slots=True)
class Story:
    """How loud (`danger`, `good`, `plain`), in a few words, and in a sentence or two."""

    kind: str
    headline: str
    text: str


def story(plan: Plan, bridged: bool) -> Story:
    """What happens at the tip when the plan is carried out with the bridge, or without it."""
    if plan.refused is not None:
        return Story("danger", "No bridge can be worked out.", _refused(plan))
    if plan.bridge is None:
        return Story("plain", "No order before this one.", _first(plan))
    if not plan.bridge.needed:
        return Story("plain", "No bridge is needed.", "The line holds this solution already.")
    return _bridged(plan, plan.bridge) if bridged else _omitted(plan, plan.bridge)


def _refused(plan: Plan) -> str:
    return f"{plan.refused.message} {plan.refused.way_out}" if plan.refused else ""


def _first(plan: Plan) -> str:
    if plan.prime is not None:
        return f"The line holds no drug: a prime of {show(plan.prime.volume)} fills it to the tip."
    return "Nothing is said about another solution in the line."


def _bridged(plan: Plan, bridge: Bridge) -> Story:
    held = names(plan)[bridge.held]
    text = (
        f"The pump runs at {show(bridge.rate)} for {lasting(bridge.duration)}, until "
        f"{moment_text(bridge.ends_at)}, and then at {show(bridge.then_rate)}. "
        f"At the tip {held} stays at its old dose until the new solution arrives."
    )
    return Story("good", "The bridge is programmed.", text)


def _omitted(plan: Plan, bridge: Bridge) -> Story:
    wrong = {k: v for k, v in _by_drug(plan, bridge) if v.fraction_of_new != 1}
    lasts = bridge.omitted.lasts
    span = "as long as nothing flows" if lasts is None else f"for {about(lasts)}"
    still = "The old solution still fills the line."
    if not wrong:
        text = f"{still} It leaves the tip at the ordered dose, {span}."
        return Story("plain", "The bridge is not programmed.", text)
    first = times(next(iter(wrong.values())).fraction_of_new)
    given = "; ".join(f"{names(plan)[k]} {_given(v)}" for k, v in wrong.items())
    exactly = "" if lasts is None else f" ({lasting(lasts)})"
    text = f"{still} At the new flow it gives, {span}{exactly}: {given}."
    return Story("danger", f"The bridge is not programmed: {first} {span}.", text)


def _by_drug(plan: Plan, bridge: Bridge) -> list[tuple[str, OmittedDrug]]:
    """Each drug in the line or in the order, the primary one first."""
    primary = plan.new.infusion.primary
    return sorted(bridge.omitted.by_drug.items(), key=lambda row: row[0] != primary)


def _given(row: OmittedDrug) -> str:
    if row.new_order is None:
        return f"{show(row.delivered)}, which is not ordered any more"
    return f"{show(row.delivered)} instead of {show(row.new_order)}"


def times(share: Fraction | None) -> str:
    """A share of the ordered dose in words."""
    if share is None:
        return "another dose"
    if share == 0:
        return "none of the dose"
    if share in _WORDS:
        return f"{_WORDS[share]} the dose"
    return f"{show(Quantity.of(share, '1'), 3)} times the dose"


def lasting(duration: Quantity) -> str:
    """Hours and minutes, cut to the minute."""
    minutes = int(duration.number("min"))
    return f"{minutes // 60} h {minutes % 60:02d} min"


def about(duration: Quantity) -> str:
    """A length of time as a person says it."""
    hours = duration.number("h")
    if hours < 2:
        return f"about {round(duration.number('min'))} minutes"
    return f"about {round(hours)} hours" if hours < 72 else f"about {round(hours / 24)} days"
