"""For a maker's pump a second person's blind reading stands where the pump's answer would."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cisterna.clinic.acts import ACTS, after
from cisterna.clinic.bodies.order import OrderWritten
from cisterna.clinic.bodies.realpump import Compared, ScreenRead, ScreenTypedBack, Verdict
from cisterna.clinic.course import Person
from cisterna.clinic.event import Actor, Event
from cisterna.clinic.gate import acts
from cisterna.clinic.gate.acts import Pen
from cisterna.clinic.gate.change import Wanted, second_reading
from cisterna.clinic.gate.standing import standing
from cisterna.clinic.therapy import therapy
from cisterna.clinic.typedback import compared
from cisterna.order.plan import plan
from tests.clinic.gate.people import COLLEAGUE, NURSE, PHARMACIST, PHYSICIAN, SERIAL
from tests.clinic.people import Course, back
from tests.clinic.refusals import refused
from tests.orders import LIBRARY, order, read, toml

TEXT = toml(order(line__holds="csf"))
# 20 mL hold 400 mg; with all patient doses 5.4 mg a day flow, without them 4.4 mg, and the alarm
# is at 2 mL, so 360 mg last 66.7 or 81.8 days from 2026-11-23 10:00: 2027-01-29 to 2027-02-13.
RIGHT = ScreenRead(
    drug="Morphine",
    concentration="20 mg/mL",
    mode="continuous",
    daily_dose="4.4 mg/day",
    bolus_dose="0.2 mg",
    bolus_duration="10 min",
    lockout="2 h",
    max_per_day="5",
    reservoir="20 mL",
    alarm_date="2027-02-01",
)
FLEX = order(
    infusion={
        "primary": "morphine",
        "mode": "flex",
        "step": [
            {"from": "00:00", "dose_rate": "0.15 mg/h"},
            {"from": "08:00", "dose_rate": "0.2 mg/h"},
        ],
    }
)


def read_as(**other: Any) -> ScreenRead:
    """The right reading with other fields."""
    return replace(RIGHT, **other)


def verdicts(read_back: ScreenRead, tree: Any = None) -> dict[str, Verdict]:
    """What is not right, by field."""
    rows = compared(plan(None, read(tree or order()), LIBRARY), read_back, LIBRARY)
    return {r.field: r.verdict for r in rows if not r.right}


def test_what_is_as_ordered_matches_in_every_field():
    assert verdicts(RIGHT) == {}


@pytest.mark.parametrize(
    ("name", "typed", "verdict"),
    [
        ("daily_dose", "4.4 mcg/day", Verdict.SLIP),
        ("daily_dose", "44 mg/day", Verdict.SLIP),
        ("daily_dose", "0.44 mg/day", Verdict.SLIP),
        ("daily_dose", "4.5 mg/day", Verdict.DIFFERS),
        ("daily_dose", "4.3 mg/day", Verdict.DIFFERS),
        ("daily_dose", "0 mg/day", Verdict.DIFFERS),
        ("daily_dose", "4.4 mg/mL", Verdict.DIFFERS),
        ("daily_dose", "", Verdict.MISSING),
        ("concentration", "20 mcg/mL", Verdict.SLIP),
        ("concentration", "10 mg/mL", Verdict.DIFFERS),
        ("drug", "hydromorphone", Verdict.DIFFERS),
        ("drug", "", Verdict.MISSING),
        ("mode", "flex", Verdict.DIFFERS),
        ("bolus_dose", "2 mg", Verdict.SLIP),
        ("bolus_duration", "10 h", Verdict.DIFFERS),
        ("lockout", "2 min", Verdict.DIFFERS),
        ("lockout", "none", Verdict.MISSING),
        ("max_per_day", "50", Verdict.DIFFERS),
        ("reservoir", "40 mL", Verdict.DIFFERS),
        ("reservoir", "-20 mL", Verdict.DIFFERS),
        ("alarm_date", "2027-02-14", Verdict.DIFFERS),
        ("alarm_date", "2027-01-28", Verdict.DIFFERS),
        ("bridge_volume", "0.3 mL", Verdict.NOT_ORDERED),
    ],
)
def test_a_slip_is_a_difference(name: str, typed: str, verdict: Verdict):
    assert verdicts(read_as(**{name: typed})) == {name: verdict}


@pytest.mark.parametrize(
    ("name", "typed"),
    [("daily_dose", "4400 mcg/day"), ("concentration", "20000 mcg/mL"), ("lockout", "120 min")],
)
def test_another_unit_for_the_same_value_is_right_and_is_said(name: str, typed: str):
    rows = compared(plan(None, read(order()), LIBRARY), read_as(**{name: typed}), LIBRARY)
    assert {r.field: r.verdict for r in rows}[name] is Verdict.OTHER_UNIT


@pytest.mark.parametrize(
    ("typed", "right"),
    [("4.3996 mg/day", True), ("4.399 mg/day", False), ("4.4001 mg/day", False)],
)
def test_one_step_below_the_order_is_what_the_pump_can_do_and_nothing_above(
    typed: str, right: bool
):
    # The step borrowed from the reference pump is 1 nL/h: of 20 mg/mL 0.00048 mg a day.
    assert (verdicts(replace(RIGHT, daily_dose=typed)) == {}) is right


def test_steps_of_the_day_are_compared_one_by_one():
    read_back = replace(
        RIGHT, mode="flex", daily_dose="4.4 mg/day", steps=("00:00 0.15 mg/h", "08:00 0.2 mg/h"),
        alarm_date="",
    )  # fmt: skip
    assert set(verdicts(read_back, FLEX)) == {"alarm_date"}
    slipped = replace(read_back, steps=("00:00 0.15 mg/h", "08:00 2 mg/h"))
    assert verdicts(slipped, FLEX)["step 08:00"] is Verdict.SLIP
    swapped = replace(read_back, steps=("00:00 0.15 mg/h", "20:00 0.2 mg/h"))
    found = verdicts(swapped, FLEX)
    assert (found["step 08:00"], found["step 20:00"]) == (Verdict.MISSING, Verdict.NOT_ORDERED)


@pytest.mark.parametrize(
    "bad",
    [
        {"daily_dose": "4.4"}, {"concentration": "strong"}, {"alarm_date": "1 Feb"},
        {"steps": ("0.2 mg/h",)},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_not_taken_for_right(bad: dict[str, Any]):
    with refused("unreadable"):
        verdicts(read_as(**bad))


# The course of it --------------------------------------------------------------------------------


@dataclass
class Chair:
    """A person's record, and a clock."""

    person: Person = field(default_factory=lambda: Course().through(back).person)
    at: datetime = field(init=False)

    def __post_init__(self) -> None:
        """After all that is on record."""
        self.at = self.person.events[-1].recorded

    def pen(self, actor: Actor = PHYSICIAN, why: str = "") -> Pen:
        """The next event's pen."""
        self.at += timedelta(seconds=1)
        return Pen(self.person.id, actor, self.at, self.person.next_id, why)

    def keep(self, *events: Event) -> None:
        """On record."""
        self.person = after(self.person, events)

    def act(self, name: str, asked: Any, actor: Actor = PHYSICIAN) -> tuple[Event, ...]:
        """Do an act."""
        self.at += timedelta(seconds=1)
        events = ACTS[name](self.person, actor, asked, self.at)
        self.keep(*events)
        return events

    def signed(self, text: str = TEXT, written: bool = True) -> None:
        """A first programme with all its signatures."""
        version = therapy(self.person.events).version or 0
        change = Wanted(SERIAL, version, text, None)
        if written:
            self.keep(self.pen().writes(OrderWritten(text)))
        self.keep(acts.propose(standing(self.person.events), self.pen(), change, LIBRARY))
        s = standing(self.person.events)
        assert s.proposal is not None
        loud = tuple({f.code for f in s.proposal.body.findings if f.severity != "note"})
        if loud:
            self.keep(acts.give_reason(s, self.pen(why="she was watched"), loud))
        s = standing(self.person.events)
        digest = second_reading(change, LIBRARY)
        self.keep(acts.approve(s, self.pen(COLLEAGUE), digest))
        s = standing(self.person.events)
        self.keep(acts.reauthenticate(s, self.pen(), "passkey"))


@pytest.fixture
def printed() -> Chair:
    """A signed change whose sheet is printed."""
    chair = Chair()
    chair.signed()
    chair.act("print-sheet", "ab" * 32)
    return chair


def last(chair: Chair) -> Any:
    """The body of the last event."""
    return chair.person.events[-1].body


def test_a_matching_reading_counts_as_the_confirmed_programme(printed: Chair):
    assert therapy(printed.person.events).state == "unknown"
    printed.act("type-back", RIGHT, NURSE)
    assert (last(printed).outcome, last(printed).stage) == ("activated", "typed-back")
    now = therapy(printed.person.events)
    assert (now.state, now.text, now.version) == ("runs", TEXT, 1)
    assert standing(printed.person.events).intent is None


def test_a_slip_blocks_until_it_is_corrected_and_read_again(printed: Chair):
    printed.act("type-back", replace(RIGHT, daily_dose="44 mg/day"), NURSE)
    assert last(printed).outcome == "unknown"
    assert "daily_dose (slip)" in last(printed).words
    with refused("unknown-outcome"):
        acts.propose(
            standing(printed.person.events), printed.pen(), Wanted(SERIAL, 0, TEXT, None), LIBRARY
        )
    printed.act("type-back", RIGHT, PHARMACIST)
    assert therapy(printed.person.events).state == "runs"


def test_the_reading_stays_on_record_to_the_letter(printed: Chair):
    printed.act("type-back", replace(RIGHT, daily_dose="4400 mcg/day"), NURSE)
    found = printed.person.last(ScreenTypedBack, None)
    assert found is not None
    assert found.body.read.daily_dose == "4400 mcg/day"
    assert Compared("daily_dose", "4.4 mg/day", "4400 mcg/day", Verdict.OTHER_UNIT) in (
        found.body.compared
    )


def test_a_screen_that_still_shows_the_old_order_says_that_nothing_was_changed(printed: Chair):
    printed.act("type-back", RIGHT, NURSE)
    printed.signed(toml(order(infusion__daily_dose="4.8 mg/day", limits__per_24h="6 mg/day")))
    printed.act("print-sheet", "cd" * 32)
    printed.act("type-back", RIGHT, NURSE)
    assert (last(printed).outcome, last(printed).stage) == ("refused", "typed-back")
    assert therapy(printed.person.events).text == TEXT


def test_whoever_entered_it_does_not_read_it_back(printed: Chair):
    with refused("same-person"):
        printed.act("type-back", RIGHT)


def test_nothing_is_read_back_that_was_not_printed():
    chair = Chair()
    with refused("not-printed"):
        chair.act("type-back", RIGHT, NURSE)
    chair.signed()
    with refused("not-printed"):
        chair.act("type-back", RIGHT, NURSE)


def test_a_sheet_goes_out_only_signed_with_its_text_on_record():
    chair = Chair()
    with refused("nothing-proposed"):
        chair.act("print-sheet", "ab" * 32)
    chair.signed(written=False)
    with refused("no-order-text"):
        chair.act("print-sheet", "ab" * 32)
    with refused("no-sheet"):
        chair.act("print-sheet", " ")


def test_a_lapsed_signature_prints_nothing():
    chair = Chair()
    chair.signed()
    chair.at += timedelta(minutes=6)
    with refused("not-fresh"):
        chair.act("print-sheet", "ab" * 32)
