"""The acts of the gate, each giving the event to record, or raising `Refused`.

In their order: propose, give the reason, sign second, prove again who one is, intend, reconcile.
"""

from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.event import Actor, Event
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.change import Wanted, proposed
from cisterna.clinic.gate.leave import ALONE, may_propose, may_second, same_person
from cisterna.clinic.gate.standing import Standing, binding
from cisterna.clinic.refusal import Refused
from cisterna.facts import Library
from cisterna.facts.signing import Signing
from cisterna.quantity import Quantity, QuantityError

SIGNING = Signing()


@dataclass(frozen=True, slots=True)
class Pen:
    """Whose record, who writes, when, under which id of the event, why, by which rules."""

    person: str
    actor: Actor
    at: datetime
    id: str
    why: str = ""
    signing: Signing = SIGNING

    def writes(self, body: object) -> Event:
        """The event."""
        return Event(self.id, self.person, self.actor, self.at, self.at, body, self.why)


def propose(s: Standing, pen: Pen, wanted: Wanted, library: Library, under: str = "") -> Event:
    """Propose a change; it takes the place of one that is not yet under way.

    `under` is what a nurse or a surgeon acts on, or `ALONE` for a decrease by break-glass.
    """
    return laid_down(s, pen, proposed(wanted, library, under))


def laid_down(s: Standing, pen: Pen, body: b.Proposed) -> Event:
    """A proposal whose body is worked out already. Raises `Refused` for who may not propose it."""
    _known_outcome(s)
    may_propose(s, pen.actor, body)
    return pen.writes(body)


def give_reason(s: Standing, pen: Pen, codes: tuple[str, ...]) -> Event:
    """Say why the change is right although these findings stand; `pen.why` is the reason."""
    proposal = _proposal(s)
    _known_outcome(s)
    same_person(proposal.actor, pen.actor, "gives the reason")
    if s.second:
        raise Refused("signed", "It is signed already.", "Propose anew, with the reason.")
    if not pen.why.strip():
        raise Refused("no-reason", "The reason is empty.", "Say why the change is right.")
    if strange := set(codes) - _to_reason(proposal.body):
        words = f"No such finding asks for a reason: {', '.join(sorted(strange))}."
        raise Refused("other-finding", words, "Give the reason for what was found.")
    return pen.writes(b.ReasonGiven(proposal.id, codes))


def approve(
    s: Standing,
    pen: Pen,
    digest: str,
    typed_dose: str | None = None,
    remote: str | None = None,
    under: str = "",
    proof: b.Passkey | None = None,
) -> Event:
    """Sign second: `digest` is what the second person's own reading of the order came to."""
    proposal = _proposal(s)
    _known_outcome(s)
    _reasoned(s, proposal.body)
    may_second(proposal, pen.actor, under)
    if pen.at - proposal.recorded > pen.signing.second_signer:
        raise Refused("too-late", "The proposal is too old to be signed.", "Propose it anew.")
    if digest != proposal.body.digest:
        words = "The second person's own reading comes to another programme."
        raise Refused("readings-differ", words, "Compare the order with its source, both of you.")
    if remote is not None and not remote.strip():
        raise Refused("no-note", "A remote signature needs its note.", "Say how you saw it.")
    _typed_again(proposal.body, typed_dose)
    bound = binding(s.chain)
    return pen.writes(
        b.ChangeApproved(proposal.id, bound, digest, typed_dose, remote, under, proof)
    )


def reauthenticate(s: Standing, pen: Pen, method: str, proof: b.Passkey | None = None) -> Event:
    """The proposer has proven again who she is, for this change as it stands now.

    `proof` is her passkey's answer to `binding(s.chain)`.
    """
    proposal = _proposal(s)
    _known_outcome(s)
    _complete(s, proposal.body)
    same_person(proposal.actor, pen.actor, "transmits")
    until = pen.at + pen.signing.fresh
    return pen.writes(b.Reauthenticated(binding(s.chain), method, until, proof))


def intend(s: Standing, pen: Pen) -> Event:
    """On record before anything is sent: the change will be transmitted now."""
    proposal = _proposal(s)
    _known_outcome(s)
    _complete(s, proposal.body)
    same_person(proposal.actor, pen.actor, "transmits")
    bound = binding(s.chain)
    if s.fresh is None or s.fresh.body.binds != bound:
        raise Refused("not-fresh", "Nobody has signed exactly this.", "Prove who you are, again.")
    if not s.fresh.recorded <= pen.at < s.fresh.body.until:
        raise Refused("not-fresh", "The signature has lapsed.", "Prove who you are, again.")
    body = proposal.body
    return pen.writes(b.TransmissionIntended(body.serial, body.base_version, body.digest, bound))


def reconcile(s: Standing, pen: Pen, version: int, digest: str | None) -> Event:
    """A person has interrogated the pump: this version with this digest runs."""
    if s.intent is None:
        raise Refused("nothing-open", "No outcome is unknown.", "Nothing needs to be done.")
    if SIGNING.leave("stop", pen.actor.role) is None:
        raise Refused("role", f"A {pen.actor.role} does not reconcile.", "Ask a clinician.")
    if s.proposal is not None and isinstance(s.proposal.body, b.DeedProposed):
        words = "What is unknown was done by hand, and changes no programme."
        raise Refused("other-act", words, "Say whether it happened, by the pump's log.")
    sent = s.intent.body
    runs = "old" if version == sent.base_version else "other"
    if (version, digest) == (sent.base_version + 1, sent.digest):
        runs = "new"
    return pen.writes(b.OutcomeReconciled(s.intent.id, runs, digest, version))


def reconcile_deed(s: Standing, pen: Pen, happened: bool) -> Event:
    """A person has read the pump's log: what was done by hand happened, or not; `pen.why` is how.

    Until then a dose counts as given (DESIGN §5.3).
    """
    deed = s.proposal is not None and isinstance(s.proposal.body, b.DeedProposed)
    if s.intent is None or not deed:
        raise Refused("nothing-open", "No outcome is unknown.", "Nothing needs to be done.")
    if SIGNING.leave("stop", pen.actor.role) is None:
        raise Refused("role", f"A {pen.actor.role} does not reconcile.", "Ask a clinician.")
    if not pen.why.strip():
        raise Refused("no-reason", "It is not said how that is known.", "Name what you read.")
    return pen.writes(b.DeedReconciled(s.intent.id, happened))


def _proposal(s: Standing) -> Event:
    if s.proposal is None:
        raise Refused("nothing-proposed", "No change is proposed.", "Propose it.")
    return s.proposal


def _known_outcome(s: Standing) -> None:
    if s.intent is not None:
        words = "A transmission has no known outcome: it may be running, or not."
        raise Refused("unknown-outcome", words, "Interrogate the pump and reconcile first.")


def _to_reason(body: b.Proposed) -> set[str]:
    return {f.code for f in body.findings if f.severity != "note"}


def _reasoned(s: Standing, body: b.Proposed) -> None:
    if lacking := _to_reason(body) - s.reasoned:
        words = f"These findings have no reason: {', '.join(sorted(lacking))}."
        raise Refused("no-reason", words, "Give the reason, or change the order.")


def _complete(s: Standing, body: b.Proposed) -> None:
    """Everything but the re-authentication is there."""
    _reasoned(s, body)
    if body.under == ALONE and (s.second is None or not isinstance(s.second.body, b.GlassBroken)):
        raise Refused("glass", "Proposed alone: the glass is not broken.", "Say why you are alone.")
    if body.second and s.second is None:
        words = f"A second person has to sign: {', '.join(body.second)}."
        raise Refused("second-signer", words, "Ask a colleague; from elsewhere is possible.")


def _typed_again(body: b.Proposed, typed: str | None) -> None:
    if not any(f.severity == "block" for f in body.findings):
        return
    try:
        right = typed is not None and Quantity.parse(typed) == Quantity.parse(body.dose)
    except QuantityError:
        right = False
    if not right:
        words = "A block is lifted only where the second person types the same daily dose again."
        raise Refused("typed-dose", words, "Type the dose from the order, with its unit.")
