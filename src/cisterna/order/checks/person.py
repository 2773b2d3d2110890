"""Does it fit this person: conditions, medicines, age, level of the tip?"""

from collections.abc import Iterator

from cisterna.facts import Remark
from cisterna.order.checks.case import Case
from cisterna.order.checks.finding import Finding, evidence_of_remark
from cisterna.order.form import LEVELS
from cisterna.order.prescription import Component
from cisterna.quantity import show


def contraindicated(case: Case) -> Iterator[Finding]:
    """Contraindications: they block in their phases and are notes in the others."""
    patient, phase = case.rx.patient, case.rx.order.phase
    _ask_person(case)
    held = {*(patient.conditions or ()), *(patient.medicines or ())}
    for term, rows in _hits(case, "contraindications", held).items():
        blocking = [(c, r) for c, r in rows if phase in r.blocks]
        remark = (blocking or rows)[0][1]
        drugs = ", ".join(dict.fromkeys(c.drug.name for c, _ in blocking or rows))
        when = f"in phase {phase}" if blocking else f"outside phase {phase}: weigh it"
        yield case.finding(
            "contraindicated",
            f"{term} and {drugs}: contraindicated {when}. {remark.why}",
            term,
            ", ".join(remark.blocks),
            evidence_of_remark(remark),
            main=bool(blocking),
        )


def _ask_person(case: Case) -> None:
    if case.rx.patient.conditions is None:
        case.ask("patient.conditions", "contraindications hang on it; [] means none")
    if case.rx.patient.medicines is None:
        case.ask("patient.medicines", "interactions hang on it; [] means none")


def _hits(case: Case, kind: str, held: set[str]) -> dict[str, list[tuple[Component, Remark]]]:
    """Each held term with the (drug, remark) pairs that name it."""
    hits: dict[str, list[tuple[Component, Remark]]] = {}
    for component in case.rx.solution.components:
        for remark in getattr(component.drug, kind):
            term = remark.term
            if term == "hypersensitivity":
                term = f"hypersensitivity:{component.drug.id}"
            if term in held and remark.jurisdiction in (None, case.rx.order.jurisdiction):
                hits.setdefault(term, []).append((component, remark))
    return hits


def interacting(case: Case) -> Iterator[Finding]:
    """Medicines that make a drug of the solution more dangerous."""
    held = set(case.rx.patient.medicines or ())
    for term, rows in _hits(case, "interactions", held).items():
        drugs = ", ".join(dict.fromkeys(c.drug.name for c, _ in rows))
        remark = rows[0][1]
        yield case.finding(
            "interacting-medicine",
            f"{term} with {drugs}: {remark.why} Plan the watch after the change, or a taper.",
            term,
            None,
            evidence_of_remark(remark),
        )


def condition_risk(case: Case) -> Iterator[Finding]:
    """Conditions that raise a drug's risk: loud while the dose is new, a note afterwards."""
    held = set(case.rx.patient.conditions or ())
    for term, rows in _hits(case, "cautions", held).items():
        drugs = ", ".join(dict.fromkeys(c.drug.name for c, _ in rows))
        remark = rows[0][1]
        yield case.finding(
            "condition-raises-risk",
            f"{term} with {drugs}: {remark.why}",
            term,
            None,
            evidence_of_remark(remark),
            main=case.rx.order.phase != "maintenance",
        )


def age(case: Case) -> Iterator[Finding]:
    """The youngest age of the drug's label and of the pump's."""
    years = case.rx.patient.age_on(case.rx.solution.filled_at.date())
    for component in case.rx.solution.components:
        facts = [x.fact for x in case.limits(component, "age")]
        on_pump = case.rx.pump.model.ages.get(component.drug.id)
        if on_pump is not None:
            case.use(on_pump)
            facts.append(on_pump)
        if not facts:
            continue
        if years is None:
            case.ask("patient.born", "labels have a youngest age")
            continue
        fact = max(facts, key=lambda f: f.least.base)
        if years < fact.least:
            yield case.finding(
                "age-outside-label",
                f"{component.drug.name}: age {show(years)}; the label is for {show(fact.least)} "
                "and older. Give the reason.",
                years,
                fact.least,
                fact,
            )


def tip_level(case: Case) -> Iterator[Finding]:
    """The tip outside the levels that a drug's label names."""
    tip = None if case.rx.catheter is None else case.rx.catheter.tip
    if tip is None:
        case.ask("catheter.tip", "where the drug goes hangs on it")
        return
    for component in case.rx.solution.components:
        wanted = component.drug.tip
        if wanted is None:
            continue
        low, high, here = (LEVELS.index(x) for x in (wanted.low, wanted.high, tip))
        if not low <= here <= high:
            yield case.finding(
                "catheter-tip-level",
                f"{component.drug.name}: the tip lies at {tip}; the label names {wanted.low} to "
                f"{wanted.high}. Spread towards the head differs with the level.",
                tip,
                f"{wanted.low} to {wanted.high}",
                case.library.severities["catheter-tip-level"].evidence,
            )
