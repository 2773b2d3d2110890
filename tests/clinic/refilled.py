"""A person in maintenance with a pump that was filled 66 days ago, and the day of her refill.

4.4 mg/day of morphine at 20 mg/mL is 0.22 mL/day: in 66 days 14.52 mL of 20 mL, so 5.48 mL are
expected. Nobody here is real.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cisterna.clinic.acts.monitor import PumpRead
from cisterna.clinic.acts.refill_fill import Drawn
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.planning import EvaluationBegun, Moved, Place, Referred
from cisterna.clinic.course import Person, fold
from cisterna.clinic.event import Actor, Event, Role
from cisterna.clinic.gate import acts as gate
from cisterna.clinic.gate import bodies as g
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.change import Wanted, second_reading
from cisterna.clinic.gate.standing import Standing, standing
from cisterna.quantity import Quantity
from tests.clinic.people import COLLEAGUE, NURSE, PHYSICIAN, Course, Step
from tests.orders import LIBRARY, Tree, order, read, toml

SERIAL = "NGP000000H"
BEFORE = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = datetime(2027, 1, 28, 9, 30, tzinfo=UTC)
FILLED = datetime(2027, 1, 28, 10, tzinfo=UTC)
SECOND = Actor("n-gray", Role.NURSE)
SIGNS = ("leg-weakness", "numbness", "bladder-or-bowel", "unsteady-or-altered-sensation",
         "new-pain-at-tip-level")  # fmt: skip

RUNNING = order(order__previous_daily_dose="4.4 mg/day")


def of_today(base: Tree = RUNNING, at: datetime = FILLED, **changes: Any) -> Tree:
    """The order of a refill at a time, prepared the day before."""
    prepared = at - timedelta(hours=18)
    return order(base, solution__filled_at=at, solution__prepared=prepared, **changes)


def q(text: str) -> Quantity:
    return Quantity.parse(text)


def maintained(at: datetime = BEFORE) -> Person:
    """A person in maintenance; how she came there is another part's."""
    person = Person("p1")
    for body in (
        Referred("failed-back-surgery-syndrome", "Dr Hall", "a pump?"),
        EvaluationBegun("pain clinic"),
        Moved(Place.REFERRED, Place.MAINTENANCE),
    ):
        made = Event(person.next_id, person.id, PHYSICIAN, at, at, body)
        person = fold(person, made)
    return person


def begun(running: Tree = RUNNING, ordered: Tree | None = None, **more: Any) -> b.RefillBegun:
    """She and her pump are identified."""
    texts = toml(running), toml(of_today(running) if ordered is None else ordered)
    return replace(b.RefillBegun("Test Patient", "", date(1965, 4, 1), SERIAL, *texts), **more)


def report(**more: Any) -> b.PumpReported:
    """The pump before the refill."""
    found = b.PumpReported(
        SERIAL, 1, "old", q("20 mg/mL"), q("5.48 mL"), True, (), 0, "report of the pump"
    )
    return replace(found, **more)


WELL = b.RefillSymptoms("intact", "awake", "same", (), SIGNS)
LABEL = b.LabelRead(
    "MRN 0001", (b.LabelDrug("morphine", q("20 mg/mL")),), q("20 mL"),
    datetime(2027, 2, 4, tzinfo=UTC), "L42", True, "P. Eads",
)  # fmt: skip
KIT = b.KitChecked(True, True, True, "refill", "easily", False)
QUIET = b.RefillObserved("awake", 14, False, False)
BOOKED = b.NextRefillSet(None, None, datetime(2027, 3, 22, 10, tzinfo=UTC))


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


class Refilling(Course):
    """The course of one refill; the gate's part is done with the gate's own acts."""

    def __init__(
        self, person: Person | None = None, at: datetime = DAY, running: Tree = RUNNING,
        ordered: Tree | None = None,
    ) -> None:  # fmt: skip
        super().__init__("p1", at)
        self.person = person or maintained()
        self.runs = running
        self.ordered = of_today(running) if ordered is None else ordered
        self.drawn, self.filled, self.digest = "5.4 mL", "20 mL", ""

    def keep(self, made: Event) -> Event:
        """An event of the gate on her record."""
        self.person = fold(self.person, made)
        return made

    def pen(self, actor: Actor, why: str = "") -> Pen:
        """The pen of the next event of the gate."""
        self.at += timedelta(seconds=10)
        return Pen(self.person.id, actor, self.at, self.person.next_id, why)

    def program(self, *, approved: bool = True, outcome: str = "activated", **terms: Any) -> None:
        """The refill and its programme through the gate; another person reads the order too."""
        primary = read(self.ordered).primary.concentration
        refill = g.RefillTerms(
            int(q(self.drawn).number("nL")), int(q(self.filled).number("nL")),
            int(primary.number("ng/mL")),
        )  # fmt: skip
        old = read(self.runs)
        wanted = Wanted(SERIAL, 1, toml(self.ordered), old, refill=replace(refill, **terms))
        self.keep(gate.propose(self._s, self.pen(PHYSICIAN), wanted, LIBRARY))
        codes = {f.code for f in self._proposal.findings if f.severity != "note"}
        if codes:
            pen = self.pen(PHYSICIAN, "as before")
            self.keep(gate.give_reason(self._s, pen, tuple(sorted(codes))))
        if approved:
            digest = second_reading(wanted, LIBRARY)
            dose = self._proposal.dose
            self.keep(gate.approve(self._s, self.pen(COLLEAGUE), digest, typed_dose=dose))
        self.keep(gate.reauthenticate(self._s, self.pen(PHYSICIAN), "passkey"))
        self.digest = self._proposal.digest
        intent = self.keep(gate.intend(self._s, self.pen(PHYSICIAN)))
        body = g.TransmissionEnded(intent.id, outcome, "verify", self.digest, 2, "")
        self.keep(self.pen(PHYSICIAN).writes(body))

    @property
    def _s(self) -> Standing:
        return standing(self.person.events)

    @property
    def _proposal(self) -> g.ChangeProposed:
        found = self._s.proposal
        assert found is not None
        assert isinstance(found.body, g.ChangeProposed)
        return found.body

    def after(self, **more: Any) -> b.PumpReported:
        """The pump after it was programmed."""
        new = {"version": 2, "digest": self.digest, "reservoir": q(self.filled)}
        return report(**(new | more))

    def last(self, kind: type[Any]) -> str:
        """The id of the latest event of a kind."""
        found = (e.id for e in reversed(self.person.events) if isinstance(e.body, kind))
        return next(found, "none")


def whole(course: Refilling) -> Iterator[Step]:
    """The refill from the door to the second signature."""
    yield Step("begin-refill", NURSE, begun(course.runs, course.ordered), minutes(1))
    yield Step("interrogate-before", NURSE, report(), minutes(1))
    yield Step("record-refill-symptoms", NURSE, WELL, minutes(2))
    yield Step("read-label", NURSE, LABEL, minutes(1))
    yield Step("read-label", SECOND, LABEL, minutes(1))
    yield Step("check-kit", NURSE, KIT, minutes(2))
    drawn = Drawn(q(course.drawn), q("0.2 mL"))
    yield Step("measure-residual", NURSE, drawn, minutes(5))
    yield Step("instil", NURSE, b.Instilled(q("5 mL")), minutes(2))
    yield Step("draw-back", NURSE, b.DrawnBack(True), minutes(1))
    yield Step("instil", NURSE, b.Instilled(q("15 mL")), minutes(3))
    course.program()
    yield Step("interrogate-after", NURSE, course.after(), minutes(1))
    yield Step("set-next-refill", NURSE, BOOKED, minutes(1))
    card = b.EmergencyCardUpdated(course.digest, "the patient")
    yield Step("update-emergency-card", NURSE, card, minutes(1))
    yield Step("observe-refill", NURSE, QUIET, minutes(30))
    wasted = b.DrugWasted(True, q(course.drawn), "into the drug bin")
    yield Step("record-waste", NURSE, wasted, minutes(1))
    yield Step("witness-waste", SECOND, course.last(b.DrugWasted), minutes(1))
    yield Step("sign-refill", NURSE, b.RefillSigned("well"), minutes(1))
    yield Step("countersign-refill", SECOND, course.last(b.RefillSigned), minutes(1))


def doubtful(course: Refilling) -> Iterator[Step]:
    """A refill that measured far too much, went on with a reason, and was given up."""
    for step in whole(course):
        if step.act == "measure-residual":
            break
        yield step
    yield Step("measure-residual", NURSE, Drawn(q("9 mL"), q("0.2 mL")), minutes(5))
    yield Step("decide-residual", PHYSICIAN, b.ResidualDecided(True), minutes(1), "rinsed twice")
    yield Step("record-waste", NURSE, b.DrugWasted(True, q("9 mL"), "drug bin"), minutes(1))
    yield Step("witness-waste", SECOND, course.last(b.DrugWasted), minutes(1))
    yield Step("abandon-refill", NURSE, "she fainted", minutes(1))
    # All came out and nothing went in, so the next try finds an empty reservoir.
    course.drawn = "0.2 mL"


def more(course: Refilling) -> Iterator[Step]:
    """Between refills: a report, a look, the watches, and what came of one; then a doubt."""
    yield Step("keep-report", NURSE, PumpRead(SERIAL, report(stalls=2)), minutes(1))
    looked = b.NeurologyChecked((), SIGNS, "same")
    yield Step("check-neurology", NURSE, looked, minutes(1))
    yield Step("review-monitoring", PHYSICIAN, toml(course.ordered), minutes(1))
    raised = next(e for e in course.person.events if isinstance(e.body, b.WatchRaised))
    closed = b.WatchClosed(raised.body.watch, raised.id, "replacement planned")
    yield Step("close-watch", PHYSICIAN, closed, minutes(1))
    yield Step("suspect-pocket-fill", NURSE, ("swelling at the pump",), minutes(1))


def until(act: str, number: int = 1, course: Refilling | None = None) -> Refilling:
    """The refill up to the `number`th act of this name, which is not done."""
    found = course or Refilling()
    for step in whole(found):
        number -= step.act == act
        if number == 0:
            break
        found.do(step)
    return found
