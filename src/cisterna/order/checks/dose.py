"""Is the dose inside the limits of label, consensus and agency, and is it the right unit?"""

from collections.abc import Iterator

from cisterna.facts import Cited, Drug, Limit
from cisterna.order.checks.case import Case
from cisterna.order.checks.finding import Finding
from cisterna.order.prescription import Component
from cisterna.quantity import Quantity, show

_AUTHORITY_CODES = {
    "label": "dose-above-label",
    "consensus": "dose-above-consensus",
    "agency": "dose-above-agency",
}


def above_start(case: Case) -> Iterator[Finding]:
    """In a trial or a start: each drug against the start doses (trial boluses in a bolus trial)."""
    if case.rx.order.phase not in ("trial", "start"):
        return
    for component in case.rx.solution.components:
        limit, dose = _start(case, component)
        if limit is None or dose <= limit[0]:
            continue
        fact = limit[1]
        yield case.finding(
            "dose-above-start",
            f"{component.drug.name}: {show(dose)} is above the start limit of {show(limit[0])} "
            f"({fact.authority}). Lower the dose, or state the phase and why it is safe.",
            dose,
            limit[0],
            fact,
        )


def _start(case: Case, component: Component) -> tuple[tuple[Quantity, Cited] | None, Quantity]:
    """(lowest start limit with its fact, the dose to hold against it)."""
    drug, bolus = component.drug, case.rx.infusion.periodic
    if case.rx.order.phase == "trial" and bolus is not None:
        limits = case.limits(component, "trial-bolus")
        if limits:
            volume = case.rx.volume_of(bolus.dose)
            return _lowest(limits), case.rx.doses_of(volume)[drug.id]
    dose = case.peak[drug.id]
    screened = _screening(case, drug)
    if screened is not None:
        return screened, dose
    return _lowest(case.limits(component, "start")), dose


def _screening(case: Case, drug: Drug) -> tuple[Quantity, Cited] | None:
    """The start limit from an effective screening bolus (twice it, or once after a long effect)."""
    rule = drug.screening
    if rule is None:
        return None
    order = case.rx.order
    if order.screening_dose is None:
        case.ask("order.screening_dose", f"it decides the start dose of {drug.name}")
        return None
    if order.screening_effect is None:
        case.ask("order.screening_effect", "an effect of over 8 h halves the start dose")
        factor = rule.start_factor
    else:
        long = order.screening_effect > case.use(rule.long_effect)
        factor = rule.start_factor_long if long else rule.start_factor
    dose = order.screening_dose * factor.value / Quantity.of(1, "day")
    return dose.to(f"{drug.unit}/day"), factor


def _lowest(limits: list[Limit]) -> tuple[Quantity, Cited] | None:
    if not limits:
        return None
    fact = min((x.fact for x in limits), key=lambda f: f.most.base)
    return fact.most, fact


def above_ceilings(case: Case) -> Iterator[Finding]:
    """Each drug against the daily ceilings, one finding for each authority."""
    for component in case.rx.solution.components:
        dose = case.peak[component.drug.id]
        for code, fact in _ceilings(case, component):
            if dose > fact.most:
                yield case.finding(
                    code,
                    f"{component.drug.name}: {show(dose)} is above the daily ceiling of "
                    f"{show(fact.most)} ({fact.authority}). Give the reason, or lower the dose.",
                    dose,
                    fact.most,
                    fact,
                )


def _ceilings(case: Case, component: Component) -> Iterator[tuple[str, Cited]]:
    """(code, fact). The chosen jurisdiction's label; an agency's own ceiling counts everywhere."""
    jurisdiction = case.rx.order.jurisdiction
    for limit in component.drug.ever("ceiling"):
        fact = limit.fact
        if not _on_this_pump(case, limit) or fact.authority not in _AUTHORITY_CODES:
            continue
        if fact.authority == "agency":
            case.use(fact)
            if limit.jurisdiction == jurisdiction:
                yield "dose-above-label", fact
            yield "dose-above-agency", fact
        elif limit.applies(case.situation(component)):
            case.use(fact)
            yield _AUTHORITY_CODES[fact.authority], fact


def _on_this_pump(case: Case, limit: Limit) -> bool:
    wanted = dict(limit.when).get("pump_kind")
    return wanted in (None, case.situation().pump_kind)


def with_remote(case: Case) -> Iterator[Finding]:
    """The dose with every patient dose used, against the order's own limit and the ceilings."""
    yield from _own_limit(case)
    if case.rx.remote is None:
        return
    for component in case.rx.solution.components:
        dose, name = case.peak_with_remote[component.drug.id], component.drug.name
        facts = [f for _, f in _ceilings(case, component) if case.peak[component.drug.id] <= f.most]
        broken = [f for f in facts if dose > f.most]
        if broken:
            fact = min(broken, key=lambda f: f.most.base)
            yield case.finding(
                "dose-with-remote-above-limit",
                f"{name}: with all patient doses {show(dose)} is above the daily ceiling of "
                f"{show(fact.most)} ({fact.authority}). Allow fewer or smaller patient doses.",
                dose,
                fact.most,
                fact,
            )


def _own_limit(case: Case) -> Iterator[Finding]:
    limit, primary = case.rx.per_24h, case.rx.primary.drug
    dose = case.peak_with_remote[primary.id]
    if limit is not None and dose > limit:
        yield case.finding(
            "dose-with-remote-above-limit",
            f"{primary.name}: the schedule with all patient doses comes to {show(dose)} in 24 "
            f"hours, above the order's own limit of {show(limit)}: the pump would refuse doses "
            "that the patient was promised. Raise the limit, or allow fewer patient doses.",
            dose,
            limit,
        )


def unit_slip(case: Case) -> Iterator[Finding]:
    """Doses so far out that a unit, a decimal point or a drug name must be wrong."""
    for component in case.rx.solution.components:
        found = _slip(case, component)
        if found:
            reason, limit, fact = found
            dose = case.peak[component.drug.id]
            yield case.finding(
                "dose-unit-slip",
                f"{component.drug.name}: {show(dose)} {reason}. Check the unit (mg or mcg), the "
                "decimal point, the drug and the concentration.",
                dose,
                limit,
                fact,
            )
    yield from _empties_fast(case)


def _factor(case: Case, name: str) -> Cited:
    fact = case.library.rule(name)
    case.use(fact)
    return fact


def _slip(case: Case, component: Component) -> tuple[str, Quantity, Cited] | None:
    dose = case.peak[component.drug.id]
    ceilings = [x for x in component.drug.ever("ceiling") if _on_this_pump(case, x)]
    highest = _highest(ceilings)
    factor = _factor(case, "slip_ceiling_factor")
    if highest is not None and dose >= highest.most * factor.value.base:
        limit = (highest.most * factor.value.base).to(highest.most.unit.name)
        text = show(factor.value)
        return f"is at least {text} times the highest ceiling, {show(highest.most)}", limit, factor
    start = _highest(list(component.drug.ever("start")))
    return _slip_start(case, dose, start) or _slip_previous(case, component, start)


def _slip_start(
    case: Case, dose: Quantity, start: Cited | None
) -> tuple[str, Quantity, Cited] | None:
    factor = _factor(case, "slip_start_factor")
    if start is None or case.rx.order.stated_phase not in ("trial", "start"):
        return None
    limit = (start.most * factor.value.base).to(start.most.unit.name)
    if dose < limit:
        return None
    text = show(factor.value)
    return f"is at least {text} times the highest start dose, {show(start.most)}", limit, factor


def _slip_previous(
    case: Case, component: Component, start: Cited | None
) -> tuple[str, Quantity, Cited] | None:
    before = case.before.get(component.drug.id)
    factor = _factor(case, "slip_previous_factor")
    dose = case.peak[component.drug.id]
    if before is None or (start is not None and dose <= start.most):
        return None
    limit = before * factor.value.base
    if dose < limit or not dose:
        return None
    text = show(factor.value)
    return f"is at least {text} times the previous {show(before)}", limit, factor


def _highest(limits: list[Limit]) -> Cited | None:
    return max((x.fact for x in limits), key=lambda f: f.most.base, default=None)


def _empties_fast(case: Case) -> Iterator[Finding]:
    """An implanted reservoir that would be empty within days: the flow cannot be meant."""
    fact = _factor(case, "slip_empty")
    flow = case.schedule.mean
    if not flow or not case.rx.pump.model.implanted:
        return
    lasts = (case.rx.solution.fill_volume / flow).to("day")
    if lasts < fact.value:
        yield case.finding(
            "dose-unit-slip",
            f"The reservoir would be empty after {show(lasts, 3)}, in under {show(fact.value)}. "
            "Check the dose, its unit and the concentration.",
            lasts,
            fact.value,
            fact,
        )
