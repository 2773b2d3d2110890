"""The patient's remote, and the safe state."""

from collections.abc import Iterator

from cisterna.order.checks.case import Case
from cisterna.order.checks.finding import Finding
from cisterna.quantity import show


def opioid_naive(case: Case) -> Iterator[Finding]:
    """No patient-activated opioid for a person who does not tolerate opioids."""
    opioids = [c.drug.name for c in case.rx.solution.components if c.drug.is_opioid]
    if case.rx.remote is None or not opioids:
        return
    tolerant = case.rx.patient.opioid_tolerant
    if tolerant is None:
        case.ask("patient.opioid_tolerant", "a remote needs tolerance to opioids")
    elif not tolerant:
        yield case.finding(
            "remote-in-opioid-naive",
            f"A remote with {', '.join(opioids)} for a person who is not opioid tolerant. Leave "
            "[remote] out.",
            "opioid_tolerant = false",
            "opioid_tolerant = true",
        )


def lockout(case: Case) -> Iterator[Finding]:
    """The lockout runs from start to start, so it must outlast the dose."""
    remote = case.rx.remote
    if remote is not None and remote.lockout <= remote.duration:
        yield case.finding(
            "remote-faster-than-lockout",
            f"A dose lasts {show(remote.duration)} but the next is allowed {show(remote.lockout)} "
            "after its start. Set a lockout longer than the dose.",
            remote.lockout,
            remote.duration,
        )


def patient_dosing(case: Case) -> Iterator[Finding]:
    """A remote moves every drug of the solution, also those not meant for it."""
    if case.rx.remote is None:
        return
    model = case.rx.pump.model
    for component in case.rx.solution.components:
        drug = component.drug
        if model.remote_drugs is not None and drug.id not in model.remote_drugs:
            reason = f"the remote of {model.name} is labelled only for "
            reason += ", ".join(model.remote_drugs)
        elif not drug.patient_dosing:
            reason = "it is not given as patient-activated doses"
        else:
            continue
        yield case.finding(
            "remote-on-drug-without-patient-dosing",
            f"{drug.name} on the remote: {reason}. Leave [remote] out.",
            drug.id,
        )


def floor(case: Case) -> Iterator[Finding]:
    """Where stopping harms, a safe floor must be ordered, and it must not exceed the therapy."""
    if case.rx.pump.fixed_flow is not None or case.rx.infusion.mode == "stopped":
        return
    harmful = [c.drug.name for c in case.rx.solution.components if c.drug.stopping_harms]
    if case.rx.floor is None:
        if harmful:
            yield case.finding(
                "floor-missing",
                f"Stopping {', '.join(harmful)} at once harms: order the flow that the pump keeps "
                "when its software is in doubt ([safe] floor).",
                "no floor",
                "a floor",
            )
        return
    mean = case.schedule.mean
    if case.rx.floor > mean:
        yield case.finding(
            "floor-above-schedule",
            f"The safe floor of {show(case.rx.floor)} is above the ordered mean flow of "
            f"{show(mean)}: doubt would raise the dose. Order a lower floor.",
            case.rx.floor,
            mean,
        )
