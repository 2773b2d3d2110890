"""What a pump was told since its last fill, read from the record, and the refill judged by it.

4.4 mg/day of morphine at 20 mg/mL is 0.22 mL/day, 6 mg/day is 0.3 mL/day. Nobody here is real.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cisterna.clinic.acts.refill_fill import Drawn
from cisterna.clinic.bodies import refill as b
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.course import Person, fold
from cisterna.clinic.event import Event
from cisterna.clinic.gate import bodies as g
from cisterna.clinic.gate.change import Wanted, proposed
from cisterna.clinic.ran import since_fill
from cisterna.clinic.refilling import orders
from tests.clinic.people import NURSE, PHYSICIAN, Step
from tests.clinic.refilled import (
    BEFORE,
    DAY,
    KIT,
    LABEL,
    RUNNING,
    SECOND,
    SERIAL,
    WELL,
    Refilling,
    begun,
    maintained,
    of_today,
    q,
    report,
)
from tests.orders import LIBRARY, Tree, order, read, toml

FILLED = read(RUNNING).solution.filled_at
RISEN = order(RUNNING, infusion__daily_dose="6 mg/day")
EARLIER_AT = FILLED - timedelta(days=60)
EARLIER = of_today(RUNNING, EARLIER_AT, order__changed_at=None)
TERMS = g.RefillTerms(0, 20_000_000, 20_000_000)


class Told:
    """A person, and what the gate put on her record."""

    def __init__(self) -> None:
        self.person, self.version = maintained(BEFORE - timedelta(days=90)), 0

    def writes(self, at: datetime, *bodies: Any) -> Event:
        """Events on her record, by the physician."""
        for body in bodies:
            made = Event(self.person.next_id, self.person.id, PHYSICIAN, at, at, body)
            self.person = fold(self.person, made)
        return made

    def sent(self, tree: Tree, at: datetime, *, fill: bool = False, outcome: str = "activated"):
        """An order, written, proposed and sent."""
        wanted = Wanted(SERIAL, self.version, toml(tree), None, True, TERMS if fill else None)
        body = proposed(wanted, LIBRARY)
        self.writes(at, OrderWritten(toml(tree)), body)
        intent = self.writes(at, g.TransmissionIntended(SERIAL, self.version, body.digest, "x"))
        ended = g.TransmissionEnded(intent.id, outcome, "verify", body.digest, 1, "")
        self.writes(at + timedelta(seconds=30), ended)
        self.version += outcome == "activated"
        return intent

    def deed(self, verb: str, arguments: str, at: datetime, outcome: str = "done") -> None:
        """Something done by hand."""
        about = (verb, arguments, "digest", "words", "", (), ())
        self.writes(at, g.DeedProposed(SERIAL, self.version, *about))
        intent = self.writes(at, g.TransmissionIntended(SERIAL, self.version, "digest", "x"))
        self.writes(at, g.DeedEnded(intent.id, outcome, ""))


def days(count: int) -> datetime:
    return FILLED + timedelta(days=count)


def ran(person: Person, running: Tree) -> tuple[Any, ...]:
    """What ran since the fill, with the day on which each began."""
    asked = begun(running)
    found = since_fill(person, orders(asked, LIBRARY), asked, LIBRARY)
    doses = (r.order.infusion.daily_dose if r.order else None for r in found.orders)
    return tuple(zip(((r.since - FILLED).days for r in found.orders), doses, strict=True)), found


def test_an_order_runs_from_its_fill_on_and_the_next_from_its_transmission_on():
    told = Told()
    told.sent(RUNNING, FILLED + timedelta(minutes=20), fill=True)
    told.sent(RISEN, days(30))
    found, _ = ran(told.person, RISEN)
    assert found == ((0, q("4.4 mg/day")), (30, q("6 mg/day")))


def test_what_was_refused_never_ran_and_what_was_reconciled_ran_from_its_intent_on():
    told = Told()
    told.sent(RUNNING, FILLED, fill=True)
    told.sent(RISEN, days(10), outcome="refused")
    found, _ = ran(told.person, RUNNING)
    assert found == ((0, q("4.4 mg/day")),)
    intent = told.sent(RISEN, days(20), outcome="unknown")
    told.writes(days(25), g.OutcomeReconciled(intent.id, "new", "d", 2))
    found, _ = ran(told.person, RISEN)
    assert found == ((0, q("4.4 mg/day")), (20, q("6 mg/day")))


def test_a_stop_a_restart_and_a_bolus_are_counted():
    told = Told()
    told.sent(RUNNING, FILLED, fill=True)
    told.writes(days(10), g.StopSent("glass", "stopped", ""))
    told.deed("restart", "{}", days(12))
    told.deed("clinician_bolus", '{"duration_ms":600000,"limit_fg":1,"volume_nl":5000}', days(15))
    told.deed("prime", '{"rate_nl_per_h":1,"volume_nl":7000}', days(16), outcome="refused")
    found, since = ran(told.person, RUNNING)
    assert found == ((0, q("4.4 mg/day")), (10, None), (12, q("4.4 mg/day")))
    assert since.by_hand == q("0.005 mL")


def test_only_what_came_after_the_last_fill_counts():
    told = Told()
    told.sent(EARLIER, EARLIER_AT, fill=True)
    told.sent(RUNNING, FILLED, fill=True)
    found, _ = ran(told.person, RUNNING)
    assert found == ((0, q("4.4 mg/day")),)


def test_a_bridge_that_began_at_the_fill_is_worked_out_from_the_order_before_it():
    weaker = order(RUNNING, solution__drug__0__concentration="10 mg/mL",
                   solution__drug__0__product="infumorph-200")  # fmt: skip
    risen = order(weaker, infusion__daily_dose="5 mg/day")
    told = Told()
    told.sent(EARLIER, EARLIER_AT, fill=True)
    told.sent(weaker, FILLED, fill=True)
    told.sent(risen, days(30))
    _, since = ran(told.person, risen)
    assert since.over is not None
    assert since.over.rate == q(
        "0.22 mL/day"
    )  # the old flow: the old dose while it leaves the line


@pytest.mark.parametrize("elsewhere", [True, False])
def test_without_the_whole_record_the_running_order_is_taken(elsewhere: bool):
    told = Told()
    if elsewhere:
        told.sent(RUNNING, FILLED, fill=True)
    found, since = ran(told.person, RISEN)
    assert found == ((0, q("6 mg/day")),)
    assert [r.since for r in since.orders] == [FILLED]


@pytest.mark.requirement("H09")
def test_a_dose_that_was_raised_since_the_fill_is_no_false_alarm_at_the_refill():
    # 33 days of 0.22 mL are 7.26 mL, then 33 days of 0.3 mL are 9.9 mL: 2.84 of 20 mL are
    # expected. By the running order alone it would be 66 days of 0.3 mL: 0.2 mL.
    told = Told()
    told.sent(RUNNING, BEFORE + timedelta(hours=1), fill=True)
    told.sent(RISEN, days(33))
    course = Refilling(told.person, running=RISEN, ordered=of_today(RISEN))
    course.do(Step("begin-refill", NURSE, begun(RISEN), timedelta(minutes=1)))
    before = replace(report(), version=2, reservoir=q("2.84 mL"))
    course.do(Step("interrogate-before", NURSE, before))
    course.do(Step("record-refill-symptoms", NURSE, WELL))
    for reader in (NURSE, SECOND):
        course.do(Step("read-label", reader, LABEL, timedelta(minutes=1)))
    course.do(Step("check-kit", NURSE, KIT))
    course.do(Step("measure-residual", NURSE, Drawn(q("2.8 mL"), q("0.2 mL"))))
    found = course.person.last(b.ResidualMeasured, None)
    assert found is not None
    assert course.at - DAY < timedelta(hours=1)
    assert found.body.verdict == "accept", found.body.reasons
    assert abs(found.body.expected - q("2.84 mL")) < q("0.01 mL")
