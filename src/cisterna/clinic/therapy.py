"""The therapy as the record knows it: what runs now, how it came to be, and what waits for whom.

What runs is what the pump reported last, in an interrogation or read by a second person from its
programmer's screen; what was only sent is not shown as running (DESIGN §5.11).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.event import Actor, Event
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.standing import Standing, standing

State = Literal["none", "runs", "stopped", "other", "unknown"]
"""`other`: the pump reported a programme that is on no record here."""


@dataclass(frozen=True, slots=True)
class Therapy:
    """What runs: the prescription's text, the programme's version and digest, since when.

    In the state `unknown` they are those of the last programme that was known to run.
    """

    state: State = "none"
    since: datetime | None = None
    serial: str | None = None
    version: int | None = None
    digest: str | None = None
    text: str | None = None
    dose: str | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class DoseChange:
    """One line of the dose history: when, who, with whom, why, from what to what, and the end."""

    at: datetime
    what: str
    by: Actor
    second: Actor | None
    old: str | None
    new: str | None
    reasons: tuple[str, ...]
    outcome: str
    words: str
    event: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What somebody has to do next; `event` is the id of what it is about.

    One of `program`, `reason`, `second`, `transmit`, `reconcile`, `review`.
    """

    what: str
    event: str
    since: datetime
    words: str


def therapy(events: Iterable[Event]) -> Therapy:
    """The therapy now, from one person's events."""
    return _told(events).now


def therapies(events: Iterable[Event]) -> tuple[Therapy, ...]:
    """Every therapy that she has had, oldest first: one for each time that what runs changed."""
    found, told = [], _Told()
    for one in events:
        before, told = told.now, _after(told, one)
        if told.now != before:
            found.append(told.now)
    return tuple(found)


def dose_history(events: Iterable[Event]) -> tuple[DoseChange, ...]:
    """Every change that was let go, every stop and every dose by hand, oldest first."""
    return _told(events).changes


def awaiting(events: Iterable[Event]) -> tuple[Waiting, ...]:
    """The orders and changes that wait for somebody."""
    found = tuple(events)
    return (*_orders(found), *_under_way(standing(found)))


# What runs, and how it came to be ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Told:
    """The story so far; `proposal` is what is under way, `before` what ran when it was sent."""

    now: Therapy = field(default_factory=Therapy)
    before: Therapy = field(default_factory=Therapy)
    changes: tuple[DoseChange, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    proposal: Event | None = None
    signed: tuple[Event, ...] = ()

    @property
    def by_hand(self) -> bool:
        """Whether what is under way is done by hand."""
        return self.proposal is not None and isinstance(self.proposal.body, b.DeedProposed)


def _told(events: Iterable[Event]) -> _Told:
    found = _Told()
    for one in events:
        found = _after(found, one)
    return found


def _after(t: _Told, one: Event) -> _Told:
    match one.body:
        case OrderWritten() as order:
            return replace(t, texts=(*t.texts, (order.digest, order.text)))
        case b.ChangeProposed() | b.DeedProposed():
            return replace(t, proposal=one, signed=())
        case b.ReasonGiven() | b.ChangeApproved() | b.GlassBroken(proposal=str()):
            return replace(t, signed=(*t.signed, one))
    return _outcome(t, one)


def _outcome(t: _Told, one: Event) -> _Told:
    match one.body:
        case b.TransmissionIntended() if not t.by_hand:
            lost = replace(t.now, state="unknown", since=one.effective)
            return replace(t, before=t.now, now=lost)
        case b.TransmissionEnded(outcome=outcome):
            return _ended(t, one, {"activated": "new", "refused": "old"}.get(outcome, "unknown"))
        case b.OutcomeReconciled(runs=runs):
            return _ended(t, one, runs)
        case b.DeedEnded() | b.DeedReconciled():
            return _by_hand(t, one)
        case b.StopSent():
            return _stop(t, one)
    return t


def _ended(t: _Told, one: Event, runs: str) -> _Told:
    body = t.proposal.body if t.proposal else None
    if not isinstance(body, b.ChangeProposed):
        return t
    now = _runs(t, one, body, runs)
    return replace(t, now=now, changes=(*t.changes, _line(t, one, body, runs)))


def _runs(t: _Told, one: Event, body: b.ChangeProposed, runs: str) -> Therapy:
    if runs == "old":
        return t.before
    if runs == "new":
        text = dict(t.texts).get(body.prescription)
        version = body.base_version + 1
        return Therapy(
            "runs", one.effective, body.serial, version, body.digest, text, body.dose, body.words
        )
    if runs == "other":
        return Therapy("other", one.effective, body.serial, one.body.version, one.body.digest)
    return replace(t.now, state="unknown")


def _line(t: _Told, one: Event, body: b.ChangeProposed, runs: str) -> DoseChange:
    outcome = {"new": "activated", "old": "refused"}.get(runs, runs)
    words = one.body.words if isinstance(one.body, b.TransmissionEnded) else "reconciled"
    return _change(t, one, "programme", t.before.dose, body.dose, outcome, words)


def _change(
    t: _Told, one: Event, what: str, old: str | None, new: str | None, outcome: str, words: str
) -> DoseChange:
    """A line of the history for what was proposed and signed."""
    by = t.proposal.actor if t.proposal else one.actor
    second = next((e.actor for e in t.signed if isinstance(e.body, b.ChangeApproved)), None)
    told = (*((t.proposal,) if t.proposal else ()), *t.signed)
    reasons = tuple(dict.fromkeys(e.why for e in told if e.why.strip()))
    return DoseChange(one.effective, what, by, second, old, new, reasons, outcome, words, one.id)


def _by_hand(t: _Told, one: Event) -> _Told:
    """A dose by hand leaves the programme as it is; a restart makes it run again."""
    body = t.proposal.body if t.proposal else None
    if not isinstance(body, b.DeedProposed):
        return t
    if isinstance(one.body, b.DeedEnded):
        outcome = one.body.outcome
    else:
        outcome = "done" if one.body.happened else "not done"
    line = _change(t, one, body.verb, None, body.dose or None, outcome, body.words)
    now = t.now
    if body.verb == "restart" and outcome in ("done", "unknown"):
        state: State = "runs" if outcome == "done" else "unknown"
        now = replace(now, state=state, since=one.effective)
    if body.verb == "restart" and outcome == "not done":
        now = replace(now, state="stopped", since=one.effective)
    return replace(t, now=now, changes=(*t.changes, line))


def _stop(t: _Told, one: Event) -> _Told:
    outcome, words = one.body.outcome, one.body.words
    reasons = (one.why,) if one.why.strip() else ()
    made = DoseChange(
        one.effective, "stop", one.actor, None, t.now.dose, None, reasons, outcome, words, one.id
    )
    changes = (*t.changes, made)
    if outcome == "refused":
        return replace(t, changes=changes)
    state: State = "stopped" if outcome == "stopped" else "unknown"
    return replace(t, now=replace(t.now, state=state, since=one.effective), changes=changes)


# What waits --------------------------------------------------------------------------------------


def _orders(events: tuple[Event, ...]) -> Iterator[Waiting]:
    """The last order that nobody has transmitted a programme for."""
    ordered = [e for e in events if isinstance(e.body, b.ChangeOrdered)]
    used = {e.body.under for e in events if isinstance(e.body, b.ChangeProposed)}
    if ordered and ordered[-1].id not in used:
        last = ordered[-1]
        yield Waiting("program", last.id, last.recorded, f"{last.actor.who} has ordered a change.")


def needs_reader(body: b.Proposed) -> bool:
    """Whether another person reads the order in any case: a refill goes with it (pathway §5.5)."""
    return isinstance(body, b.ChangeProposed) and body.refill is not None


def _under_way(s: Standing) -> Iterator[Waiting]:
    for glass in s.unreviewed:
        words = f"{glass.actor.who} acted alone: {glass.why}"
        yield Waiting("review", glass.id, glass.recorded, words)
    if s.intent is not None:
        words = "A transmission has no known outcome."
        yield Waiting("reconcile", s.intent.id, s.intent.recorded, words)
        return
    proposal = s.proposal
    if proposal is None:
        return
    open_codes = {f.code for f in proposal.body.findings if f.severity != "note"} - s.reasoned
    if open_codes:
        what, words = "reason", f"A reason is missing: {', '.join(sorted(open_codes))}."
    elif (proposal.body.second or needs_reader(proposal.body)) and s.second is None:
        rules = ", ".join(proposal.body.second) or "refill"
        what, words = "second", f"A second person signs: {rules}."
    else:
        what, words = "transmit", f"{proposal.actor.who} can send it."
    yield Waiting(what, proposal.id, proposal.recorded, words)
