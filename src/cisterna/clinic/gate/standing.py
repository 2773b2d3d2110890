"""Where the change of a person's pump stands: what her events add up to.

The chain is all that belongs to the change that is under way, in the order of its signing: the
order it rests on, the proposal, reasons, the second signature, the re-authentication.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cisterna.clinic.event import Event, event_text
from cisterna.clinic.gate import bodies as b

ENDS = (b.TransmissionEnded, b.DeedEnded)
"""What became of what was sent."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`intent` is a transmission whose outcome nobody knows yet: it blocks every other change."""

    orders: tuple[Event, ...] = ()
    chain: tuple[Event, ...] = ()
    intent: Event | None = None
    unreviewed: tuple[Event, ...] = ()

    @property
    def proposal(self) -> Event | None:
        """The proposal that is under way."""
        return _last(self.chain, b.ChangeProposed, b.DeedProposed)

    @property
    def second(self) -> Event | None:
        """The second signature, or the broken glass in its place."""
        return _last(self.chain, b.ChangeApproved, b.GlassBroken)

    @property
    def fresh(self) -> Event | None:
        """The last re-authentication."""
        return _last(self.chain, b.Reauthenticated)

    @property
    def reasoned(self) -> frozenset[str]:
        """The findings for which a reason is given."""
        bodies = [e.body for e in self.chain if isinstance(e.body, b.ReasonGiven)]
        return frozenset(code for body in bodies for code in body.codes)


def binding(chain: Iterable[Event]) -> str:
    """The digest over the texts of a chain, without re-authentications: what is signed."""
    texts = [event_text(e) for e in chain if not isinstance(e.body, b.Reauthenticated)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def approval_texts(chain: Iterable[Event]) -> tuple[str, ...]:
    """The texts that the signer is shown."""
    return tuple(event_text(e) for e in chain)


def standing(events: Iterable[Event]) -> Standing:
    """What the events of one person add up to."""
    found = Standing()
    for one in events:
        found = after(found, one)
    return found


def after(s: Standing, happened: Event) -> Standing:
    """The standing after one more event; events of other kinds change nothing."""
    match happened.body:
        case b.ChangeOrdered():
            return replace(s, orders=(*s.orders, happened))
        case b.ChangeProposed(under=under) | b.DeedProposed(under=under):
            return replace(s, chain=(*(o for o in s.orders if o.id == under), happened))
        case b.ReasonGiven() | b.ChangeApproved() | b.Reauthenticated():
            return _signed(s, happened)
        case b.GlassBroken() | b.GlassReviewed():
            return _alone(s, happened)
    return _transmitted(s, happened)


def _signed(s: Standing, happened: Event) -> Standing:
    return replace(s, chain=(*_kept(s.chain, happened), happened))


def _alone(s: Standing, happened: Event) -> Standing:
    body = happened.body
    if isinstance(body, b.GlassReviewed):
        return replace(s, unreviewed=tuple(g for g in s.unreviewed if g.id != body.glass))
    signed = _signed(s, happened) if body.proposal else s
    return replace(signed, unreviewed=(*s.unreviewed, happened))


def _transmitted(s: Standing, happened: Event) -> Standing:
    """An intent blocks until its own outcome is known: from the pump, or from a person."""
    body = happened.body
    if isinstance(body, b.TransmissionIntended):
        return replace(s, intent=happened)
    if isinstance(body, (*ENDS, b.OutcomeReconciled, b.DeedReconciled)):
        unknown = isinstance(body, ENDS) and body.outcome == "unknown"
        if s.intent is not None and body.intent == s.intent.id and not unknown:
            return replace(s, chain=(), intent=None)
    return s


def _kept(chain: tuple[Event, ...], new: Event) -> Iterator[Event]:
    """A later signature replaces an earlier one of its kind."""
    replaced = not isinstance(new.body, b.ReasonGiven)
    fresh = isinstance(new.body, b.Reauthenticated)
    for old in chain:
        signature = isinstance(old.body, (b.ChangeApproved, b.GlassBroken))
        if isinstance(old.body, b.Reauthenticated) or (replaced and signature and not fresh):
            continue
        yield old


def _last(chain: tuple[Event, ...], *kinds: type) -> Event | None:
    return next((e for e in reversed(chain) if isinstance(e.body, kinds)), None)
