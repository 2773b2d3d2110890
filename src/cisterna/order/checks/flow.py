"""Can this pump do it?"""

from collections.abc import Iterator

from cisterna.order.checks.case import Case
from cisterna.order.checks.finding import Finding
from cisterna.order.prescription import DAYS, in_drug_unit
from cisterna.quantity import Quantity, show


def below_minimum(case: Case) -> Iterator[Finding]:
    """A scheduled flow, or the safe floor, under what the pump can run at."""
    fact = case.rx.pump.model.flow_min
    if case.rx.infusion.mode in ("minimum-rate", "stopped"):
        return
    if fact is None or case.rx.pump.fixed_flow is not None:
        return
    low = case.use(fact)
    flows = [("the schedule", f) for f in case.schedule.flows if f and f < low][:1]
    if case.rx.floor is not None and case.rx.floor < low:
        flows.append(("the safe floor", case.rx.floor))
    for what, flow in flows:
        yield case.finding(
            "flow-below-pump-minimum",
            f"{what} asks for {show(flow)}; {case.rx.pump.model.name} runs at no less than "
            f"{show(low)}. Order a lower concentration, or a higher dose if that is meant.",
            flow,
            low,
            fact,
        )


def unreachable(case: Case) -> Iterator[Finding]:
    """A daily dose that this concentration cannot give even at the smallest flow."""
    fact = case.rx.pump.model.flow_min
    mean = case.schedule.mean
    modes = ("continuous", "flex")
    if fact is None or case.rx.infusion.mode not in modes or case.rx.pump.fixed_flow is not None:
        return
    low = case.use(fact)
    if not mean or mean >= low:
        return
    primary = case.rx.primary
    smallest = in_drug_unit(primary, low)
    dose = case.mean[primary.drug.id]
    weaker = (dose / low).to(primary.concentration.unit.name)
    yield case.finding(
        "dose-unreachable-at-minimum-flow",
        f"At {show(primary.concentration)} the smallest dose of {primary.drug.name} is "
        f"{show(smallest)}; {show(dose)} needs a solution of at most {show(weaker)}.",
        dose,
        smallest,
        fact,
    )


def above_maximum(case: Case) -> Iterator[Finding]:
    """The fastest moment: schedule, periodic bolus and patient dose together."""
    fact = case.rx.pump.model.flow_max
    if fact is None or case.rx.pump.fixed_flow is not None:
        return
    high = case.use(fact)
    flow, remote = case.schedule.flows[-1], case.rx.remote
    if remote is not None:
        flow += case.rx.volume_of(remote.dose) / remote.duration
    if flow > high:
        yield case.finding(
            "flow-above-pump-maximum",
            f"At its fastest the order asks for {show(flow)}; {case.rx.pump.model.name} runs at no "
            f"more than {show(high)}. Give boluses over longer, or order a higher concentration.",
            flow,
            high,
            fact,
        )


def too_many_steps(case: Case) -> Iterator[Finding]:
    """More steps in a day than the pump holds."""
    fact = case.rx.pump.model.steps_per_day
    steps = case.rx.infusion.steps
    if fact is None or not steps:
        return
    most = case.use(fact)
    count = Quantity.of(max(sum(day in s.days for s in steps) for day in DAYS), "1")
    if count > most:
        yield case.finding(
            "schedule-too-many-steps",
            f"{show(count)} steps in a day; {case.rx.pump.model.name} holds {show(most)}. Merge "
            "steps.",
            count,
            most,
            fact,
        )


def mode_on_pump(case: Case) -> Iterator[Finding]:
    """A mode, a remote or a dose that the pump does not have."""
    model, mode = case.rx.pump.model, case.rx.infusion.mode
    if mode not in model.modes:
        yield case.finding(
            "mode-not-on-pump",
            f"{model.name} has no mode {mode}; it has {', '.join(model.modes)}.",
            mode,
            ", ".join(model.modes),
        )
    if case.rx.remote is not None and not model.remote:
        yield case.finding(
            "mode-not-on-pump",
            f"{model.name} takes no patient remote. Leave [remote] out.",
            "remote",
            "no remote",
        )


def fixed_flow(case: Case) -> Iterator[Finding]:
    """On a constant-flow pump the dose is the concentration times its flow, whatever is ordered."""
    ordered, flow = case.rx.infusion.daily_dose, case.rx.pump.fixed_flow
    if ordered is None or flow is None:
        return
    primary = case.rx.primary
    real = in_drug_unit(primary, flow)
    tolerance = case.library.rule("fixed_flow_tolerance")
    if abs(real - ordered) > ordered * case.use(tolerance).base:
        needed = (ordered / flow).to(primary.concentration.unit.name)
        yield case.finding(
            "dose-not-at-fixed-flow",
            f"At its fixed flow of {show(flow)} this pump gives {show(real)} of "
            f"{primary.drug.name}, not {show(ordered)}. Order {show(needed)} for that dose.",
            ordered,
            real,
            tolerance,
        )


def overfilled(case: Case) -> Iterator[Finding]:
    """More volume than the reservoir holds."""
    fact = case.rx.pump.model.reservoir
    if fact is None:
        return
    capacity, fill = case.use(fact), case.rx.solution.fill_volume
    if fill > capacity:
        yield case.finding(
            "reservoir-overfilled",
            f"{show(fill)} into a reservoir of {show(capacity)}. Fill less, or check the pump "
            "model.",
            fill,
            capacity,
            fact,
        )


def for_patients(case: Case) -> Iterator[Finding]:
    """The reference pump exists only in simulation."""
    if not case.rx.pump.model.for_patients:
        patient = case.rx.patient
        yield case.finding(
            "pump-not-for-patients",
            f"{case.rx.pump.model.name} exists only in simulation. Name the pump in the patient.",
            case.rx.pump.model.id,
            main=patient.name is not None or patient.id is not None,
        )
