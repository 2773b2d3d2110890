"""Is the change from the previous dose small enough, late enough, and no withdrawal?"""

from collections.abc import Iterator

from cisterna.facts import Limit
from cisterna.order.checks.case import Case
from cisterna.order.checks.finding import Finding
from cisterna.order.prescription import Component
from cisterna.order.schedule import schedule
from cisterna.quantity import RATIO, Quantity, between, show


def drop(case: Case) -> Iterator[Finding]:
    """A fall of a drug whose withdrawal harms, or its end."""
    for name, before in case.before.items():
        component = case.rx.solution.component(name) or _left_out(case, name)
        if component is None or not before:
            continue
        now = case.mean.get(name, before * 0)
        if case.rx.infusion.mode == "minimum-rate":
            now = now * 0
        limits = case.limits(component, "drop")
        if not limits or now >= before:
            continue
        fact = min((x.fact for x in limits), key=lambda f: f.most.base)
        fall = _percent((before - now) / before)
        if fall > fact.most:
            yield case.finding(
                "dose-drop-risks-withdrawal",
                f"{component.drug.name} falls from {show(before)} to {show(now)}, by "
                f"{show(fall, 3)}; more than {show(fact.most)} at once risks withdrawal. Taper, or "
                "cover by another route and watch.",
                fall,
                fact.most,
                fact,
            )


def _left_out(case: Case, name: str) -> Component | None:
    """The component of the previous solution that the new one no longer has."""
    old = case.rx.previous
    return None if old is None else old.solution.component(name)


def step(case: Case) -> Iterator[Finding]:
    """A rise by more than one step."""
    if case.rx.order.stated_phase == "start":
        return
    for component, before, now in _rises(case):
        for limit in _tightest(case.limits(component, "step"), before):
            rise = now - before
            bound = _bound(limit, before)
            if rise <= bound:
                continue
            fact = limit.fact
            relative = fact.most.dimension == RATIO
            found = _percent(rise / before) if relative and before else rise
            yield case.finding(
                "step-too-large",
                f"{component.drug.name} rises from {show(before)} to {show(now)}; one step is at "
                f"most {show(fact.most)} ({fact.authority}). Take a smaller step, or give the "
                "reason.",
                found,
                fact.most,
                fact,
            )


def _rises(case: Case) -> Iterator[tuple[Component, Quantity, Quantity]]:
    for name, before in case.before.items():
        component = case.rx.solution.component(name)
        if component is not None and case.mean[name] > before:
            yield component, before, case.mean[name]


def _tightest(limits: list[Limit], before: Quantity) -> list[Limit]:
    return sorted(limits, key=lambda x: _bound(x, before).base)[:1]


def _bound(limit: Limit, before: Quantity) -> Quantity:
    """The largest rise that a step limit allows, as a dose rate."""
    most = limit.fact.most
    return before * most.base if most.dimension == RATIO else most


def too_soon(case: Case) -> Iterator[Finding]:
    """A rise before the shortest interval since the last change."""
    changed = case.rx.order.changed_at
    if changed is None:
        return
    elapsed = between(changed, case.rx.solution.filled_at).to("h")
    for component, before, now in _rises(case):
        limits = case.limits(component, "step-interval")
        if not limits:
            continue
        fact = max((x.fact for x in limits), key=lambda f: f.least.base)
        if elapsed < fact.least:
            yield case.finding(
                "step-too-soon",
                f"{component.drug.name} rises from {show(before)} to {show(now)} only "
                f"{show(elapsed, 3)} after the last change; the shortest interval is "
                f"{show(fact.least)} ({fact.authority}). Wait, or give the reason.",
                elapsed,
                fact.least,
                fact,
            )


def previous_dose(case: Case) -> Iterator[Finding]:
    """A titration or maintenance order is asked for the dose before it."""
    if case.rx.order.phase in ("titration", "maintenance") and not case.before:
        case.ask("order.previous_daily_dose", "size of the step, slips and withdrawal hang on it")
    old, stated = case.rx.previous, case.rx.order.previous_daily_dose
    if old is None or stated is None:
        return
    primary = case.rx.primary.drug
    recorded = old.doses_of(schedule(old).mean).get(primary.id)
    if recorded is not None and recorded != stated:
        yield case.finding(
            "previous-dose-disagrees",
            f"{primary.name}: the order says that {show(stated)} came before, the previous "
            f"prescription gives {show(recorded)}. Find out which was really delivered.",
            stated,
            recorded,
        )


def _percent(ratio: Quantity) -> Quantity:
    return ratio.to("%")
