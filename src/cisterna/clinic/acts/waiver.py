"""Waivers by two: of the trial, of one opinion in the team, of a relative contraindication.

One proposes with a reason, another signs within the time of the facts; nobody signs her own.
"""

from collections.abc import Iterator
from typing import Any

from cisterna.clinic.acts.act import Case, act
from cisterna.clinic.bodies.planning import Place, Waived, WaiverProposed, WaiverSigned
from cisterna.clinic.course import Said
from cisterna.clinic.refusal import Refused
from cisterna.clinic.screening import present
from cisterna.quantity import later


@act("propose-waiver")
def propose_waiver(case: Case, asked: WaiverProposed) -> Iterator[Any]:
    """Propose a waiver with its reason; what may not be waived is refused at once."""
    if not asked.reason.strip():
        text = "A waiver has a reason."
        raise Refused("reason-missing", text, "Write it.", source="pathway §8, two-person rules")
    _ALLOWED[asked.what](case, asked)
    yield asked


def _trial(case: Case, asked: WaiverProposed) -> None:
    purpose = case.person.indication(case.rules).term.purpose
    if case.rules.waiver_allowed(purpose):
        return
    rule = case.rules.rule("waiver", purpose)
    text = f"The trial before a therapy for {purpose} is not waived."
    raise Refused("waiver-blocked", text, "Plan the trial.", limit=purpose, source=rule.locator)


def _opinion(case: Case, asked: WaiverProposed) -> None:
    found = case.person.indication(case.rules)
    if not found.fast_track or asked.item not in case.rules.team_needs():
        text = "Only the fast track of cancer waives an opinion, one that is needed."
        way_out = "Ask for the opinion."
        raise Refused("waiver-blocked", text, way_out, source="pathway §1.6 PW-050")


def _contraindication(case: Case, asked: WaiverProposed) -> None:
    found = {c.id: c for c in present(case.person, case.rules)}.get(asked.item)
    if found is None or not found.override:
        text = f"{asked.item} is no relative finding of her latest screen."
        way_out = "Treat the cause, then screen again."
        raise Refused("waiver-blocked", text, way_out, source="pathway §1.4 PW-034")


_ALLOWED = {
    Waived.TRIAL: _trial,
    Waived.OPINION: _opinion,
    Waived.CONTRAINDICATION: _contraindication,
}


@act("sign-waiver")
def sign_waiver(case: Case, asked: str) -> Iterator[Any]:
    """Sign the proposal with the id `asked`: another person, in time, what still may be waived."""
    found = _proposal(case, asked)
    if found.by.who == case.actor.who:
        text = "Nobody signs her own proposal."
        _refuse("same-person", text, "Ask another who is qualified.")
    valid = case.rules.figure("valid.second_signature")
    if case.at > later(found.at, valid.value):
        text = f"The second signature comes within {valid.text()}."
        _refuse("signature-too-late", text, "Propose it again.")
    _ALLOWED[found.body.what](case, found.body)
    yield WaiverSigned(found.body.what, found.body.item, found.id)
    if found.body.what is Waived.TRIAL:
        yield Place.TRIAL_WAIVED


def _proposal(case: Case, wanted: str) -> Said[WaiverProposed]:
    for found in case.person.every(WaiverProposed):
        if found.id == wanted:
            return found
    _refuse("no-proposal", f"{wanted[:40]!r} is no proposal of this round.", "Propose it.")
    raise AssertionError  # _refuse raises


def _refuse(code: str, message: str, way_out: str) -> None:
    raise Refused(code, message, way_out, source="pathway §8, two-person rules")
