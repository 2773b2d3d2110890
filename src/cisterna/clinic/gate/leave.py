"""Who may propose, and who may sign second: the role matrix applied."""

from collections.abc import Iterable

from cisterna.clinic.event import Actor, Event, Role
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.needs import HIGH
from cisterna.clinic.gate.standing import Standing
from cisterna.clinic.refusal import Refused
from cisterna.facts.signing import Signing

SIGNING = Signing()
ALONE = "alone"
"""What a decrease rests on where nobody else can be asked."""


def may_propose(s: Standing, actor: Actor, body: b.Proposed) -> None:
    """Raise `Refused` unless the actor's role may propose this change, on what it rests."""
    if body.under == ALONE:
        _alone(actor, body)
        return
    leaves = {act: SIGNING.leave(act, actor.role) for act in _acts(body)}
    if barred := [act for act, leave in leaves.items() if leave is None]:
        words = f"A {actor.role} does not do this: {', '.join(barred)}."
        raise Refused("role", words, "Ask a physician to propose it.")
    for leave in leaves.values():
        if leave == "order" and not _ordered(s.orders, body):
            words = f"A {actor.role} programs on a physician's order for this very prescription."
            raise Refused("no-order", words, "Ask the physician to order it.")
        _privileged(leave, body.under)


def may_second(proposal: Event, actor: Actor, under: str) -> None:
    """Raise `Refused` unless the actor is another person whose role may sign second."""
    if who(actor) == who(proposal.actor):
        words = "Nobody signs for herself: the second signer is another person."
        raise Refused("same-person", words, "Ask a colleague; from elsewhere is possible.")
    act = "second-above-range" if HIGH & set(proposal.body.second) else "second"
    leave = SIGNING.leave(act, actor.role)
    if leave is None:
        words = f"A {actor.role} does not do this: {act}."
        raise Refused("role", words, "Ask a physician or a pharmacist.")
    _privileged(leave, under)


def same_person(proposer: Actor, actor: Actor, does: str) -> None:
    """Raise `Refused` unless the actor is the proposer."""
    if actor != proposer:
        words = f"Whoever proposed {does}: {proposer.who} as {proposer.role}."
        raise Refused("other-person", words, "Let the proposer do it, or propose it yourself.")


def who(actor: Actor) -> str:
    """A person's name as it is compared: one person has one, however it is typed."""
    return " ".join(actor.who.casefold().split())


def _acts(body: b.Proposed) -> list[str]:
    acts = [body.verb] if isinstance(body, b.DeedProposed) else ["change"]
    if HIGH & set(body.second):
        acts.append("above-range")
    if "patient-dose" in body.second:
        acts.append("patient-dose")
    return acts


def _alone(actor: Actor, body: b.Proposed) -> None:
    blocked = any(f.severity == "block" for f in body.findings)
    if SIGNING.leave("stop", actor.role) is None or not body.lowers or blocked:
        words = "Alone, a clinician only lowers a dose."
        raise Refused("not-lower", words, "Ask a second person, or lower the dose.")


def _ordered(orders: Iterable[Event], body: b.Proposed) -> bool:
    return any(
        o.id == body.under
        and o.actor.role is Role.PHYSICIAN
        and o.body.prescription == body.prescription
        for o in orders
    )


def _privileged(leave: str | None, under: str) -> None:
    if leave == "privilege" and not under.strip():
        words = "It is not said where this privilege was granted."
        raise Refused("no-privilege", words, "Name the clinic's grant.")
