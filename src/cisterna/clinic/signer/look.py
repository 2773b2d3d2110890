"""The signer's own reading of an approval: a chain of the texts of events.

It shares no code with the gate. What the gate should have seen to is looked at once more: who
proposed, that another person signed the same, that reasons are there, that the proposer has proven
who she is for exactly these texts, minutes ago.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cisterna.clinic.signer import law
from cisterna.clinic.signer.chain import UNFIT, Chain, Row, chain_of, check_proof, check_second
from cisterna.clinic.signer.passkey import People
from cisterna.clinic.signer.refusal import Refusal, demand
from cisterna.pump.link.record import build
from cisterna.pump.link.verbs import Refill


@dataclass(frozen=True, slots=True)
class Approval:
    """What may be signed: this programme, over this version, in this pump, once (`bound`).

    `second` says that another person signed, `lone` that one person lowers a dose by break-glass.
    `loud` are the findings that were not mere notes, `claimed` the two-person rules it names.
    """

    bound: str
    serial: str
    base: int
    digest: str
    programme: str
    refill: Row | None
    second: bool
    lone: bool
    loud: frozenset[str]
    blocked: bool
    claimed: tuple[str, ...]


def approval(
    texts: Sequence[str],
    now: datetime,
    people: People | None = None,
    spans: law.Spans | None = None,
) -> Approval:
    """What these texts approve at this moment. Raises `Refusal` for whatever is no approval.

    Where the signer knows the `people`, their own signatures are checked; `spans` are the site's.
    """
    try:
        return _approval(chain_of(texts, "change-proposed", now, spans), now, people)
    except UNFIT:
        raise Refusal("unreadable", "The texts are no approval.") from None


def _approval(c: Chain, now: datetime, people: People | None) -> Approval:
    body = c.proposal["body"]
    if body["under"] == law.ALONE:
        demand(c.glass, "glass", "Proposed alone, without breaking the glass.")
        law.may_stop(c.proposal)
    else:
        law.may_propose(c.proposal, c.order, c.high, body["prescription"])
    check_second(c)
    if c.second is not None and c.glass:
        _glass(c.second, c.proposal)
    check_proof(c, now, people)
    demand(
        hashlib.sha256(body["programme"].encode()).hexdigest() == body["digest"],
        "altered",
        "The programme does not have the digest that was approved.",
    )
    return Approval(
        bound=c.bound,
        serial=body["serial"],
        base=body["base_version"],
        digest=body["digest"],
        programme=body["programme"],
        refill=_refill(body["refill"]),
        second=c.second is not None and not c.glass,
        lone=c.glass,
        loud=c.loud,
        blocked=bool(c.blocks),
        claimed=tuple(body["second"]),
    )


def _glass(glass: Row, proposal: Row) -> None:
    own = glass["body"]["proposal"] == proposal["id"] and law.who(glass) == law.who(proposal)
    demand(own and bool(glass["why"].strip()), "glass", "The glass was broken for something else.")


def _refill(row: Row | None) -> Row | None:
    """A refill in whole numbers that the pump would take, or none."""
    if row is not None:
        build(Refill, dict(row))
    return row
