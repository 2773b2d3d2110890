"""The part of the sheet that says what the line holds: a bridge, a prime, or a refusal."""

from cisterna.order.bridge import Bridge, OmittedDrug
from cisterna.order.plan import Plan
from cisterna.order.prescription import Prescription
from cisterna.order.prime import CASES, Prime
from cisterna.order.sheet.markup import (
    Markup,
    any_text,
    change_text,
    join,
    moment_text,
    pairs,
    percent,
    section,
    table,
    tag,
)
from cisterna.order.sheet.values import names
from cisterna.quantity import Quantity, show


def line(plan: Plan) -> Markup:
    """The bridge or the prime, or the refusal with its way out."""
    if plan.refused is not None:
        way = tag("p", tag("strong", "Way out: "), plan.refused.way_out)
        why = tag("p", tag("strong", "Refused. "), plan.refused.message)
        code = tag("p", tag("small", plan.refused.code))
        return section("line", "The line: refused", why, way, code)
    if plan.bridge is not None:
        return _bridge(plan, plan.bridge)
    if plan.prime is not None:
        return _prime(plan.prime, plan.new)
    text = "The line holds this solution already: nothing to prime and nothing to bridge."
    return section("line", "The line between pump and tip", tag("p", text))


def _bridge(plan: Plan, bridge: Bridge) -> Markup:
    if not bridge.needed:
        text = "The concentrations are the same: no bridge is needed, and no prime."
        return section("line", "The line: no bridge", tag("p", text))
    held = names(plan)[bridge.held]
    rows: list[tuple[str, object]] = [
        ("Old solution in the line", _volume_words(bridge)),
        ("It holds", doses_text(bridge.dose, plan)),
        ("Bridge flow", f"{show(bridge.rate)}, set {show(bridge.achieved.rate)}"),
        ("Lasts", show(bridge.duration)),
        ("Ends", moment_text(bridge.ends_at)),
        ("Then flow", f"{show(bridge.then_rate)}, set {show(bridge.achieved.then_rate)}"),
    ]
    text = f"Until the old solution has left the line, the pump keeps the old dose of {held}."
    parts = [tag("p", text), pairs(rows), _omitted(plan, bridge), _residual(plan, bridge)]
    return section("line", "The line: a bridge", *parts)


def _volume_words(bridge: Bridge) -> str:
    if bridge.other_volume is None:
        return show(bridge.volume)
    return f"{show(bridge.volume)} (the facts also allow {show(bridge.other_volume)})"


def doses_text(doses: dict[str, Quantity], plan: Plan) -> str:
    """Doses of several drugs in one line."""
    return ", ".join(f"{show(d)} {names(plan)[drug]}" for drug, d in doses.items())


def _omitted(plan: Plan, bridge: Bridge) -> Markup:
    lasts = bridge.omitted.lasts
    then = "stays in the line" if lasts is None else f"runs at the new flow for {show(lasts, 3)}"
    rows = [_omitted_row(names(plan)[k], v) for k, v in bridge.omitted.by_drug.items()]
    heads = ("Drug", "Delivered", "Old order", "New order", "Of the old", "Of the new")
    text = tag("p", f"If the bridge is left out, the old solution {then}:")
    return join(
        [tag("h3", "Without the bridge"), text, table("Daily dose without the bridge", heads, rows)]
    )


def _omitted_row(name: str, drug: OmittedDrug) -> tuple[object, ...]:
    shares = (drug.fraction_of_old, drug.fraction_of_new)
    doses = (drug.delivered, drug.old_order, drug.new_order)
    return name, *map(any_text, doses), *("–" if x is None else percent(x) for x in shares)


def _residual(plan: Plan, bridge: Bridge) -> Markup:
    residual = plan.new.pump.model.residual
    if bridge.residual_mix is None or residual is None:
        unknown = tag("p", "How much the emptied reservoir keeps is not known for this pump.")
        return join([tag("h3", "After the fill"), unknown])
    rows = [_mix_row(plan, drug, value) for drug, value in bridge.residual_mix.items()]
    text = f"The emptied reservoir may keep {show(residual.most)} of the old solution."
    heads = ("Drug", "Ordered", "Mixed", "Change")
    shown = table("Concentration in the reservoir then", heads, rows)
    return join([tag("h3", "After the fill"), tag("p", text), shown])


def _mix_row(plan: Plan, drug: str, mixed: Quantity) -> tuple[object, ...]:
    component = plan.new.solution.component(drug)
    if component is None:
        return names(plan)[drug], "none", show(mixed, 4), "–"
    wanted = component.concentration
    change = change_text((mixed.base - wanted.base) / wanted.base)
    return names(plan)[drug], show(wanted), show(mixed, 4), change


def _prime(prime: Prime, rx: Prescription) -> Markup:
    doses = ", ".join(
        f"{show(prime.dose[c.drug.id])} {c.drug.tall_man}" for c in rx.solution.components
    )
    rows: list[tuple[str, object]] = [
        ("Case", CASES[prime.case]),
        ("Prime volume", show(prime.volume)),
        ("Shown by the pump as", doses),
        ("Takes at least", any_text(prime.min_duration)),
    ]
    text = tag(
        "p", "The line holds no drug: it is filled up to the tip, and none is meant to leave."
    )
    return section("line", "The line: a prime", text, pairs(rows))
