"""Whatever acts come in whatever order, no state is one that a guard forbids, and replay gives it.

The machine mixes the next right step of a worked course with any act by anybody, and looks at the
record itself, not through the guards.
"""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.bodies.access import ChartOpened, OpeningReviewed
from cisterna.clinic.bodies.implant import (
    IncisionMade,
    NerveFlagClosed,
    OperationRecorded,
    StayNoted,
)
from cisterna.clinic.bodies.planning import (
    Choice,
    DecisionRecorded,
    EvaluationBegun,
    ImplantPlanned,
    Moved,
    OpinionGiven,
    Outcome,
    Place,
    PrognosisGiven,
    Screened,
    TeamConcluded,
    TrialConsented,
    TrialDoseGiven,
    TrialDoseVerified,
    TrialJudged,
    TrialPlanned,
    Verdict,
    Waived,
    WaiverProposed,
    WaiverSigned,
)
from cisterna.clinic.bodies.titration import TitrationResumed
from cisterna.clinic.course import Person, person_text, replay
from cisterna.clinic.event import Actor, Event, Role, event_text
from cisterna.clinic.refusal import Refused
from tests.clinic.onward import each_step
from tests.clinic.people import DECIDED, ENTRY, PURPOSE, RULES, SCRIPTS, START, Course, look, screen

ACTORS = [Actor(f"{role}-{n}", role) for role in Role for n in (1, 2)]
FINDINGS = ("active-infection", "coagulopathy", "immunosuppression", "psychosis", "maoi")
ASKED: dict[str, list[Any]] = {}
for _name in SCRIPTS:
    for _, _step in each_step(_name):
        ASKED.setdefault(_step.act, []).append(_step.asked)
ASKED["register"] = [ENTRY]
ASKED["open-chart"] = [ChartOpened("main")]
ASKED["review-opening"] = [OpeningReviewed("p1.9", True)]
ASKED["open-alternatives"] = ["another way"]
ASKED["close-flag"] = [NerveFlagClosed("p1.1", "MRI", "nothing")]
ASKED["note-stay"] = [StayNoted("waited for a bed")]
ASKED["resume-titration"] = [TitrationResumed("p1.1", "nothing")]
ASKED["screen"] += [screen(p, f) for p in ("pain", "spasticity") for f in FINDINGS]
ASKED["give-prognosis"] += [PrognosisGiven(c, "so") for c in "ABCD"]
ASKED["record-decision"] += [DecisionRecorded(Choice.WAIT, "aid", "later", ("she",)), DECIDED]
ASKED["judge-trial"] += [TrialJudged(v, "so", ok) for v in Verdict for ok in (True, False)]
ASKED["conclude-team"] += [TeamConcluded(o, ("walk to the shop",), "heard") for o in Outcome]
ASKED["propose-waiver"] += [
    WaiverProposed(Waived.TRIAL, "", "no time"),
    WaiverProposed(Waived.CONTRAINDICATION, "active-infection", "urgent"),
    WaiverProposed(Waived.CONTRAINDICATION, "immunosuppression", "advice"),
    WaiverProposed(Waived.OPINION, "therapist", "away"),
]


DISTURBANCES: dict[str, list[tuple[str, Any]]] = {
    purpose: [
        *(("screen", screen(purpose, f)) for f in ("active-infection", "coagulopathy")),
        ("screen", screen(purpose)),
        ("give-prognosis", PrognosisGiven("A", "days")),
        ("record-decision", DecisionRecorded(Choice.WAIT, "aid", "later", ("she",))),
        ("plan-implant", ImplantPlanned("morphine", "synchromed-ii-20", "T10", "left")),
        ("plan-implant", ImplantPlanned("baclofen", "synchromed-ii-20", "T10", "left")),
    ]
    for purpose in ("pain", "spasticity")
}


class OneCourse(RuleBasedStateMachine):
    """One person, and everybody who acts."""

    @initialize(
        name=st.sampled_from(sorted(SCRIPTS)),
        omitted=st.sets(st.sampled_from(sorted(ASKED)), max_size=2),
        between=st.lists(st.tuples(st.integers(0, 45), st.integers(0, 6)), max_size=2),
    )
    def begin(
        self, name: str, omitted: set[str] | None = None, between: list[Any] | None = None
    ) -> None:
        """One of the three, with acts forgotten and things that come between."""
        self.name, self.course = name, Course()
        self.script = SCRIPTS[name](self.course)
        self.refused = 0
        for number, step in enumerate(self.script):
            for act, asked in (
                DISTURBANCES[PURPOSE[name]][k] for n, k in between or () if n == number
            ):
                who = Actor("dr-knox", Role.PHYSICIAN)
                self._try(act, who, asked, timedelta(minutes=1), "a reason")
            if step.act not in (omitted or ()):
                self._try(step.act, step.actor, step.asked, step.later, step.why)

    @rule()
    def leave_out(self) -> None:
        """The next right step is forgotten."""
        next(self.script, None)

    @rule(data=st.data())
    def disturb(self, data: st.DataObject) -> None:
        """Something comes between by somebody who may: a finding, a prognosis, a wait of days."""
        act, asked = data.draw(st.sampled_from(DISTURBANCES[PURPOSE[self.name]]))
        days = data.draw(st.sampled_from([0, 0, 0, 1, 31]))
        self._try(act, Actor("dr-knox", Role.PHYSICIAN), asked, timedelta(days=days), "a reason")

    @rule(count=st.integers(1, 6))
    def go_on(self, count: int) -> None:
        """The next right steps; they may have become wrong."""
        for _ in range(count):
            step = next(self.script, None)
            if step is not None:
                self._try(step.act, step.actor, step.asked, step.later, step.why)

    @rule(data=st.data(), act=st.sampled_from(sorted(ASKED)), later=st.integers(0, 40 * 24))
    def anything(self, data: st.DataObject, act: str, later: int) -> None:
        """Any act by anybody, at any time."""
        actor = data.draw(st.sampled_from(ACTORS))
        self._try(act, actor, self._asked(data, act), timedelta(hours=later), "a reason")

    @rule(data=st.data(), act=st.sampled_from(sorted(ASKED)))
    def at_once(self, data: st.DataObject, act: str) -> None:
        """An act by somebody who may do it, minutes later."""
        roles = [a for a in ACTORS if RULES.may(act, a.role)]
        actor = data.draw(st.sampled_from(roles))
        self._try(act, actor, self._asked(data, act), timedelta(minutes=5), "a reason")

    def _asked(self, data: st.DataObject, act: str) -> Any:
        person = self.course.person
        if act == "sign-waiver" and person.events:
            return data.draw(st.sampled_from([e.id for e in person.events[-3:]]))
        if act == "observe-trial":
            pain = data.draw(st.integers(0, 11))
            tone = data.draw(st.sampled_from(["0", "1+", "3", "9"]))
            bad = data.draw(st.booleans())
            return look(self.course.at, pain, tone, function_better=True, infection=bad)
        return data.draw(st.sampled_from(ASKED[act]))

    def _try(self, act: str, actor: Actor, asked: Any, later: timedelta, why: str) -> None:
        before, at = self.course.person, self.course.at + later
        try:
            events = ACTS[act](before, actor, asked, at, why=why)
        except Refused:
            self.refused += 1
            return
        self.course.person, self.course.at = after(before, events), at

    @invariant()
    def replay_gives_the_same_state(self) -> None:
        """The texts of the events are all of the state."""
        person = self.course.person
        again = replay(person.id, [event_text(e) for e in person.events])
        assert person_text(again) == person_text(person)

    @invariant()
    def every_step_is_one_of_the_course(self) -> None:
        """No step that the facts do not have."""
        for found in self.course.person.events:
            if isinstance(found.body, Moved):
                assert RULES.step(found.body.before, found.body.after)

    @invariant()
    def no_dose_that_a_guard_forbids(self) -> None:
        """Screened that day, consented, verified, not yet judged."""
        for before, found in _histories(self.course.person, TrialDoseGiven):
            screened = _last(before, Screened)
            assert screened is not None
            assert screened.recorded.date() == found.recorded.date()
            assert not {"active-infection", "coagulopathy"} & set(screened.body.present)
            trial = _since(before, TrialPlanned)
            assert _last(trial, TrialConsented)
            verified = _last(_since(before, TrialDoseGiven) or trial, TrialDoseVerified)
            verified = _last(trial, TrialDoseVerified) if verified is None else verified
            assert verified is not None
            assert verified.body.dose == found.body.dose
            assert not _last(trial, TrialJudged)

    @invariant()
    def no_implant_that_a_guard_forbids(self) -> None:
        """Decided, heard, screened, tried or waived, time enough to live."""
        for before, found in _histories(self.course.person, ImplantPlanned):
            this = _since(before, EvaluationBegun)
            decided = _last(this, DecisionRecorded)
            assert decided is not None
            assert decided.body.choice is Choice.IMPLANT
            self._team_was_heard(this)
            screened = _last(this, Screened)
            assert screened is not None
            assert found.recorded - screened.recorded <= timedelta(days=30)
            assert not {"active-infection", "coagulopathy"} & set(screened.body.present)
            prognosis = _last(this, PrognosisGiven)
            assert prognosis is not None
            assert prognosis.body.prognosis in ("C", "D")
            self._tried_or_waived(this)

    def _team_was_heard(self, this: list[Event]) -> None:
        heard = {str(e.actor.role) for e in this if isinstance(e.body, OpinionGiven)}
        heard |= {e.body.item for e in _signed(this) if e.body.what is Waived.OPINION}
        assert heard >= {"physician", "surgeon", "therapist"}

    def _tried_or_waived(self, this: list[Event]) -> None:
        if [e for e in _signed(this) if e.body.what is Waived.TRIAL]:
            assert PURPOSE[self.name] == "pain"
            return
        judged = _last(_since(this, TrialPlanned), TrialJudged)
        assert judged is not None
        assert judged.body.verdict is Verdict.SUCCESS

    @invariant()
    def nobody_signs_alone(self) -> None:
        """Two persons, in time, and never for an infection."""
        by_id = {e.id: e for e in self.course.person.events}
        for found in _signed(list(by_id.values())):
            proposal = by_id[found.body.proposal]
            assert isinstance(proposal.body, WaiverProposed)
            assert proposal.actor.who != found.actor.who
            assert found.recorded - proposal.recorded <= timedelta(minutes=15)
            assert found.body.item != "active-infection"

    @invariant()
    def nobody_is_implanted_without_a_plan(self) -> None:
        """The operation has its own machine; here nobody comes to it past the plan."""
        for before, _ in _histories(self.course.person, OperationRecorded):
            assert _last(before, ImplantPlanned)
            assert _last(before, IncisionMade)


def _signed(events: list[Event]) -> list[Event]:
    return [e for e in events if isinstance(e.body, WaiverSigned)]


def _histories(person: Person, kind: type[Any]) -> list[tuple[list[Event], Event]]:
    """Each event of a kind with what stood before it."""
    events = list(person.events)
    return [(events[:n], e) for n, e in enumerate(events) if isinstance(e.body, kind)]


def _last(events: list[Event], kind: type[Any]) -> Event | None:
    return next((e for e in reversed(events) if isinstance(e.body, kind)), None)


def _since(events: list[Event], kind: type[Any]) -> list[Event]:
    found = [n for n, e in enumerate(events) if isinstance(e.body, kind)]
    return events[found[-1] :] if found else []


TestOneCourse = OneCourse.TestCase
TestOneCourse.settings = settings(max_examples=150, stateful_step_count=5)


def test_the_machine_can_come_to_a_planned_implant():
    machine = OneCourse()
    for name in SCRIPTS:
        machine.begin(name)
        assert machine.course.person.place is Place.IMPLANT_PLANNED
        assert machine.refused == 0
        assert machine.course.at > START
        machine.no_implant_that_a_guard_forbids()
