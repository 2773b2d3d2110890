"""Is the solution what label, consensus and measurement stand behind?"""

from collections.abc import Iterator

from cisterna.facts import Product
from cisterna.order.checks.case import Case
from cisterna.order.checks.finding import Finding
from cisterna.order.prescription import Component
from cisterna.order.situation import first_fill
from cisterna.quantity import between, show


def above_consensus(case: Case) -> Iterator[Finding]:
    """Each concentration against the consensus maximum."""
    for component in case.rx.solution.components:
        limits = case.limits(component, "concentration")
        for limit in (x for x in limits if x.fact.authority == "consensus"):
            most = limit.fact.most
            if component.concentration > most:
                yield case.finding(
                    "concentration-above-consensus",
                    f"{component.drug.name}: {show(component.concentration)} is above the "
                    f"consensus maximum of {show(most)}. Order a lower concentration, or give the "
                    "reason.",
                    component.concentration,
                    most,
                    limit.fact,
                )


def above_product(case: Case) -> Iterator[Finding]:
    """Each concentration against the product it is made from, or the strongest for pumps."""
    for component in case.rx.solution.components:
        product = component.product or _strongest(component)
        if product is None:
            continue
        strength = case.use(product.strength)
        if component.concentration > strength:
            yield case.finding(
                "concentration-above-product",
                f"{component.drug.name}: {show(component.concentration)} is stronger than "
                f"{product.name} ({show(strength)}). Check the concentration and its unit.",
                component.concentration,
                strength,
                product.strength,
            )


def _strongest(component: Component) -> Product | None:
    products = [p for p in component.drug.products.values() if p.pump_label]
    return max(products, key=lambda p: p.strength.most.base, default=None)


def label_status(case: Case) -> Iterator[Finding]:
    """Each drug: is a product of it labelled for this pump, concentration and purpose?"""
    for component in case.rx.solution.components:
        reason = _off_label(case, component)
        if reason:
            yield case.finding(
                "not-on-label",
                f"{component.drug.name}: {reason}. Off-label use needs recorded consent and a "
                "pharmacist.",
                component.drug.id,
            )


def _off_label(case: Case, component: Component) -> str | None:
    """Why this drug is off label here; None when some product's label covers it."""
    here = case.rx.order.jurisdiction
    products = [component.product] if component.product else component.drug.products.values()
    labelled = [p for p in products if p and p.pump_label and here in p.jurisdictions]
    if not labelled:
        return f"no product labelled for intrathecal infusion in {here}"
    indication = case.rx.patient.indication
    if indication and not any(indication.purpose in p.purposes for p in labelled):
        return f"not labelled for {indication.purpose}"
    family = case.rx.pump.model.family
    if not any(p.pumps is None or family in p.pumps for p in labelled):
        return f"the label names no {case.rx.pump.model.name}"
    if all(component.concentration > p.strength.most for p in labelled):
        return "stronger than any labelled product"
    return None


def mixture(case: Case) -> Iterator[Finding]:
    """A mixture is off label even when every part is approved."""
    if case.rx.mixture:
        names = " + ".join(c.drug.name for c in case.rx.solution.components)
        yield case.finding(
            "mixture-off-label", f"{names}: no pump is labelled for a mixture of drugs.", names
        )


def stability_known(case: Case) -> Iterator[Finding]:
    """Has anybody shown how long this solution lasts in a pump?"""
    if case.dates.stability.lasts is not None:
        return
    names = " + ".join(c.drug.name for c in case.rx.solution.components)
    concentrations = ", ".join(show(c.concentration) for c in case.rx.solution.components)
    code = "mixture-stability-unknown" if case.rx.mixture else "stability-unknown"
    yield case.finding(
        code,
        f"{names} ({concentrations}): no measurement in a pump covers this solution, so no date "
        "rests on its stability. Ask the pharmacy for a beyond-use date.",
        names,
    )


def stability_and_refill(case: Case) -> Iterator[Finding]:
    """The drug's time runs out before its volume does."""
    until, low = case.dates.stable_until, case.dates.low_reservoir_at
    if until is None or low is None or until >= low:
        return
    fact = case.dates.stability.lasts
    yield case.finding(
        "stability-shorter-than-refill",
        f"The solution is stable until {until:%Y-%m-%d}, but the reservoir lasts until "
        f"{low:%Y-%m-%d}: the refill date follows stability, and drug is discarded.",
        until.isoformat(),
        low.isoformat(),
        fact,
    )


def prepared(case: Case) -> Iterator[Finding]:
    """Too long between preparing and filling."""
    prepared_at = case.rx.solution.prepared
    for component in case.rx.solution.components:
        limits = case.limits(component, "prepared")
        if not limits:
            continue
        if prepared_at is None:
            case.ask("solution.prepared", f"{component.drug.name} must be filled soon after it")
            continue
        fact = min((x.fact for x in limits), key=lambda f: f.most.base)
        waited = between(prepared_at, case.rx.solution.filled_at).to("h")
        if waited > fact.most:
            yield case.finding(
                "prepared-too-long-before-fill",
                f"{component.drug.name}: prepared {show(waited, 4)} before the fill; at most "
                f"{show(fact.most)} ({fact.authority}). Prepare it afresh.",
                waited,
                fact.most,
                fact,
            )


def preservative(case: Case) -> Iterator[Finding]:
    """No preservative may go into the pump."""
    for number, component in enumerate(case.rx.solution.components, 1):
        product = component.product
        free = component.preservative_free
        if product is not None and free is None:
            free = product.preservative_free
        if free is None:
            key = f"solution.drug[{number}].preservative_free"
            case.ask(key, "a preservative harms the spinal cord")
        elif not free or (product is not None and not product.preservative_free):
            yield case.finding(
                "preservative",
                f"{component.drug.name} contains a preservative; it must not go into an "
                "intrathecal pump. Order a preservative-free product.",
                component.drug.id,
            )


def _surely_first(case: Case) -> bool:
    """Whether it is stated, or goes with a trial or start, that this is the first fill."""
    exposed = case.rx.pump.ziconotide_exposed
    return exposed is False or case.rx.order.phase in ("trial", "start")


def ziconotide_first_fill(case: Case) -> Iterator[Finding]:
    """The first fill of a pump with ziconotide: rinse, undiluted, short life."""
    for component in case.rx.solution.components:
        rule = component.drug.first_fill
        if rule is None or not first_fill(case.rx, component):
            continue
        if case.rx.pump.ziconotide_exposed is None:
            case.ask("pump.ziconotide_exposed", "the first fill of a pump has rules of its own")
        wanted = case.use(rule.concentration)
        life, count, rinse = (case.use(f) for f in (rule.life, rule.rinse_count, rule.rinse_volume))
        wrong = component.concentration != wanted
        text = f"First fill of this pump: rinse {show(count)} × {show(rinse)} with undiluted "
        text += f"{show(wanted)}, discard each, then fill with {show(wanted)} and refill within "
        text += f"{show(life)}."
        if wrong:
            text += f" The order has {show(component.concentration)}: a lower start dose than "
            text += "that strength allows at the pump's smallest flow conflicts with the label; "
            text += "decide which governs and record why."
        yield case.finding(
            "ziconotide-first-fill",
            text,
            component.concentration,
            wanted,
            rule.concentration,
            main=wrong and _surely_first(case),
        )
