"""Whatever people do in whatever order, nothing goes out that lacks a signature."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cisterna.clinic.event import Actor, Event
from cisterna.clinic.gate import acts, glass
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import SIGNING
from cisterna.clinic.gate.leave import ALONE
from cisterna.clinic.gate.standing import standing
from cisterna.clinic.refusal import Refused
from tests.clinic.gate.people import (
    COLLEAGUE,
    IN_RANGE,
    LARGE_STEP,
    LOWER,
    NURSE,
    PATIENT_MORE,
    PHARMACIST,
    PHYSICIAN,
    SLIP,
    Way,
)

PEOPLE = st.sampled_from([PHYSICIAN, COLLEAGUE, NURSE, PHARMACIST])
CHANGES = {w.text: Way().propose(w).body for w in (IN_RANGE, LOWER, LARGE_STEP, SLIP, PATIENT_MORE)}
MAYBE = st.none() | PEOPLE
"""None is whoever proposed."""
WANTED = {w.text: w for w in (IN_RANGE, LOWER, LARGE_STEP, SLIP, PATIENT_MORE)}
TEXTS = st.sampled_from(list(CHANGES))


class Clinic(RuleBasedStateMachine):
    """Four people, five changes, a clock."""

    @initialize()
    def opens(self):
        """Nothing is on record."""
        self.way = Way()
        self.sent: list[tuple[Event, list[Event]]] = []

    def proposer(self) -> Actor:
        """Whoever proposed what is under way."""
        found = self.way.standing.proposal
        return found.actor if found else PHYSICIAN

    def tries(self, act) -> Event | None:
        """An act that may be refused."""
        try:
            return self.way.keep(act())
        except Refused:
            return None

    @rule(text=TEXTS, by=PEOPLE, under=st.sampled_from(["", ALONE]))
    def proposes(self, text, by, under):
        """Somebody proposes, or tries to."""
        body = replace(CHANGES[text], under=under)
        self.tries(lambda: acts.laid_down(self.way.standing, self.way.pen(by), body))

    @rule(by=MAYBE, why=st.sampled_from(["", "worse pain"]), part=st.booleans())
    def reasons(self, by, why, part):
        """A reason, empty or for a part only."""
        by = by or self.proposer()
        found = self.way.standing.proposal
        codes = tuple(f.code for f in found.body.findings) if found else ()
        loud = tuple(f.code for f in found.body.findings if f.severity != "note") if found else ()
        given = loud[:1] if part else loud
        assert set(given) <= set(codes)
        self.tries(lambda: acts.give_reason(self.way.standing, self.way.pen(by, why), given))

    @rule(by=PEOPLE, text=st.none() | TEXTS, typed=st.sampled_from([None, "44 mg/day", "9 mg/day"]))
    def seconds(self, by, text, typed):
        """A second signature, or what would be one."""
        found = self.way.standing.proposal
        digest = CHANGES[text].digest if text else found.body.digest if found else ""
        self.tries(lambda: acts.approve(self.way.standing, self.way.pen(by), digest, typed))

    @rule(by=PEOPLE)
    def breaks_glass(self, by):
        """Somebody alone."""
        self.tries(lambda: glass.break_glass(self.way.standing, self.way.pen(by, "alone")))

    @rule(by=MAYBE)
    def proves(self, by):
        """A re-authentication."""
        by = by or self.proposer()
        self.tries(lambda: acts.reauthenticate(self.way.standing, self.way.pen(by), "passkey"))

    @rule(steps=st.integers(1, 5))
    def goes_on(self, steps):
        """What is lacking next is done rightly, so that the other rules have ways to spoil."""
        for _ in range(steps):
            self.next_step()

    @rule(text=TEXTS, steps=st.integers(1, 5))
    def begins(self, text, steps):
        """A physician proposes, and it goes on."""
        self.proposes(text, PHYSICIAN, "")
        self.goes_on(steps)

    def next_step(self) -> None:
        """The next step of what is under way."""
        s, who = self.way.standing, self.proposer()
        body = s.proposal.body if s.proposal else None
        if body is None or s.intent:
            return
        loud = tuple(sorted({f.code for f in body.findings if f.severity != "note"}))
        if not set(loud) <= s.reasoned:
            self.tries(lambda: acts.give_reason(s, self.way.pen(who, "worse pain"), loud))
        elif body.second and s.second is None:
            pen = self.way.pen(PHARMACIST)
            self.tries(lambda: acts.approve(s, pen, body.digest, body.dose))
        elif s.fresh is None:
            self.tries(lambda: acts.reauthenticate(s, self.way.pen(who), "passkey"))
        else:
            self.intends(who)

    @rule(minutes=st.sampled_from([1, 1, 2, 6, 20]))
    def waits(self, minutes):
        """Time goes by."""
        self.way.at += timedelta(minutes=minutes)

    @rule(by=MAYBE)
    def intends(self, by):
        """It is let go, or not."""
        by = by or self.proposer()
        before = list(self.way.events)
        intent = self.tries(lambda: acts.intend(self.way.standing, self.way.pen(by)))
        if intent:
            self.sent.append((intent, before))

    @rule(outcome=st.sampled_from(["activated", "refused", "unknown"]))
    def ends(self, outcome):
        """An outcome."""
        if self.way.standing.intent:
            self.way.ended(outcome)

    @rule(by=PEOPLE)
    def reconciles(self, by):
        """Somebody has looked at the pump."""
        self.tries(lambda: acts.reconcile(self.way.standing, self.way.pen(by), 1, None))

    @invariant()
    def whatever_was_sent_was_signed(self):
        """No path leads out without its signatures."""
        for intent, before in getattr(self, "sent", []):
            _signed(intent, before)

    @invariant()
    def the_record_says_the_same(self):
        """The standing is what the events add up to."""
        if hasattr(self, "way"):
            assert standing(self.way.events) == self.way.standing


def _signed(intent: Event, before: list[Event]) -> None:
    """By the record alone: the last proposal before an intent has all it needs."""
    at = max(n for n, e in enumerate(before) if isinstance(e.body, b.ChangeProposed))
    proposal, since = before[at], before[at + 1 :]
    last = next((e for e in reversed(before) if isinstance(e.body, _CLOSING)), None)
    assert last is None or before.index(last) < at, "an approval was used twice"
    assert proposal.body.digest == intent.body.digest
    loud = {f.code for f in proposal.body.findings if f.severity != "note"}
    given = [e for e in since if isinstance(e.body, b.ReasonGiven) and e.why.strip()]
    assert loud <= {code for e in given for code in e.body.codes}
    others = [e for e in since if isinstance(e.body, b.ChangeApproved)]
    alone = [e for e in since if isinstance(e.body, b.GlassBroken)]
    if proposal.body.second and not (alone and proposal.body.lowers):
        assert any(e.actor.who != proposal.actor.who for e in others)
    if any(f.severity == "block" for f in proposal.body.findings):
        assert any(e.body.typed_dose == proposal.body.dose for e in others)
    proof = [e for e in since if isinstance(e.body, b.Reauthenticated)][-1]
    assert proof.actor == proposal.actor == intent.actor
    assert proof.body.binds == intent.body.binds
    assert intent.recorded - proof.recorded < SIGNING.fresh


_CLOSING = (b.TransmissionEnded, b.OutcomeReconciled, b.TransmissionIntended)

TestClinic = Clinic.TestCase
TestClinic.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_the_machine_reaches_a_transmission_of_each_change():
    """The invariants above are about something: every one of its changes can go out."""
    for text, change in WANTED.items():
        way = Way()
        way.signed(change)
        assert way.intend().body.digest == CHANGES[text].digest
