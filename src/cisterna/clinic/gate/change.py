"""From an old and a new order to what is proposed: findings, differences, the pump's programme."""

import hashlib
from dataclasses import dataclass, replace

from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.needs import lowers, second_for
from cisterna.clinic.gate.steps import NOTHING, Before, step_findings
from cisterna.clinic.refusal import Refused
from cisterna.facts import Library
from cisterna.facts.signing import Signing
from cisterna.order.plan import Plan, plan
from cisterna.order.prescription import Prescription
from cisterna.order.reading import prescription_from_text
from cisterna.order.schedule import schedule
from cisterna.pump.link.canonical import encode
from cisterna.pump.programme import Programme
from cisterna.pump.setting import programme
from cisterna.pump.terms import programme_terms
from cisterna.quantity import show


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants in the pump: the order's text, beside the order that runs now.

    `version` is the programme's version that the pump reported last; `revised` says that the
    pump or the catheter is new since the last programme; `before` is what the record knows of the
    dose that runs.
    """

    serial: str
    version: int
    text: str
    old: Prescription | None
    revised: bool = False
    refill: b.RefillTerms | None = None
    before: Before = NOTHING


def proposed(wanted: Wanted, library: Library, under: str = "") -> b.ChangeProposed:
    """The body of a proposal. Raises `Refused` where it cannot be, `Unusable` for the text."""
    new = prescription_from_text(wanted.text, library, previous=wanted.old)
    seen = plan(wanted.old, new, library)
    if seen.refused:
        raise Refused(seen.refused.code, seen.refused.message, seen.refused.way_out)
    signing = Signing()
    _no_hard_block(seen, signing)
    goes = the_programme(wanted, new, seen, library)
    text = encode(programme_terms(goes)).decode()
    findings = _findings(wanted, new, seen, library)
    return b.ChangeProposed(
        serial=wanted.serial,
        base_version=wanted.version,
        prescription=hashlib.sha256(wanted.text.encode()).hexdigest(),
        programme=text,
        digest=goes.digest,
        words=goes.words,
        dose=daily_dose(new),
        findings=findings,
        differences=tuple(b.Difference(r.what, r.old, r.new) for r in seen.rows if r.differs),
        second=second_for(wanted.old, new, findings, seen.bridge, signing, wanted.revised),
        lowers=not wanted.revised and lowers(wanted.old, new),
        refill=wanted.refill,
        under=under,
    )


def _findings(
    wanted: Wanted, new: Prescription, seen: Plan, library: Library
) -> tuple[b.Found, ...]:
    """Those of the order's own checks, and what the record adds to them."""
    found = tuple(b.Found(f.code, f.severity, f.message) for f in seen.check.findings)
    if wanted.old is None or wanted.revised:
        return found
    more = step_findings(wanted.old, new, wanted.before, library)
    known = {f.code for f in found}
    return (*found, *(f for f in more if f.code not in known))


def second_reading(wanted: Wanted, library: Library) -> str:
    """The digest that a second person's own reading of the same order comes to."""
    return proposed(wanted, library).digest


def the_programme(wanted: Wanted, new: Prescription, seen: Plan, library: Library) -> Programme:
    """The programme that would follow the running one in this pump. Raises `Refused`."""
    if new.pump.serial not in (None, wanted.serial):
        raise Refused(
            "other-pump",
            f"The order is for pump {new.pump.serial}, this person has {wanted.serial}.",
            "Find out whose order this is.",
        )
    goes = programme(new, library, wanted.version + 1, seen.bridge)
    return replace(goes, serial=wanted.serial)


def daily_dose(rx: Prescription) -> str:
    """The mean daily dose of the primary drug, as a person reads and types it."""
    return show(rx.doses_of(schedule(rx).mean)[rx.infusion.primary])


def _no_hard_block(seen: Plan, signing: Signing) -> None:
    for finding in seen.check.findings:
        if finding.severity == "block" and finding.code not in signing.overridable:
            raise Refused(finding.code, finding.message, "Change the order.")
