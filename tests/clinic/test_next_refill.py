"""The next refill follows from the therapy that runs, worked out by hand."""

from datetime import datetime, timedelta

from cisterna.clinic.bodies.planning import Moved, Place
from cisterna.clinic.bodies.refill import NextRefillSet
from cisterna.clinic.next_refill import next_refill
from cisterna.clinic.refill_tasks import refill_tasks
from cisterna.clinic.tasks import due
from cisterna.order.program import program
from tests.clinic.people import RULES
from tests.clinic.refilled import maintained
from tests.clinic.treated import ALONE, FILLED, keep, read, runs, treated
from tests.orders import LIBRARY, order, toml
from tests.orders import read as order_of

DAY = timedelta(days=1)


def low(person) -> datetime:
    found = next_refill(person, LIBRARY)
    assert found is not None
    assert found.low_reservoir_at is not None
    return found.low_reservoir_at


def near(found: datetime, wanted: datetime) -> bool:
    return abs(found - wanted) < timedelta(seconds=1)


def test_the_first_refill_has_a_date_before_any_refill_was_done():
    # 18 mL above the alarm at 0.22 mL/day are 81.8 days.
    person = treated()
    assert near(low(person), FILLED + 18 / 0.22 * DAY)
    dates = next_refill(person, LIBRARY)
    assert dates == program(order_of(ALONE), LIBRARY).refill
    task = next(t for t in due(person, RULES, FILLED + DAY) if t.kind == "refill")
    assert task.due == dates.refill_by
    assert task.why == dates.binding


def test_a_dose_that_is_raised_between_refills_brings_the_date_forward():
    # 10 days of 0.22 leave 17.8 mL; 15.8 mL above the alarm at 0.25 mL/day are 63.2 days.
    raised = order(ALONE, infusion__daily_dose="5 mg/day", order__previous_daily_dose="4.4 mg/day")
    person = runs(treated(), raised, FILLED + 10 * DAY)
    assert near(low(person), FILLED + (10 + 15.8 / 0.25) * DAY)


def test_a_rise_that_never_came_to_run_changes_no_date():
    raised = order(ALONE, infusion__daily_dose="5 mg/day", order__previous_daily_dose="4.4 mg/day")
    person = runs(treated(), raised, FILLED + 10 * DAY, outcome="refused")
    assert low(person) == low(treated())


def test_what_the_pump_says_of_its_reservoir_counts_from_then_on():
    # On day 20 it holds 13 mL (patient doses, a stall): 11 mL above the alarm at 0.22 are 50 days.
    person = read(treated(), FILLED + 20 * DAY, 13_000_000)
    assert near(low(person), FILLED + 70 * DAY)


def test_after_a_refill_the_new_fill_counts_alone():
    again = order(
        ALONE, solution__filled_at=FILLED + 60 * DAY, solution__prepared=FILLED + 59 * DAY
    )
    person = runs(read(treated(), FILLED + 20 * DAY, 13_000_000), again, FILLED + 60 * DAY)
    assert near(low(person), FILLED + (60 + 18 / 0.22) * DAY)


def test_a_bridge_to_another_strength_is_part_of_the_date():
    stronger = order(
        ALONE, solution__filled_at=FILLED + 60 * DAY, solution__prepared=FILLED + 59 * DAY,
        solution__drug__0__concentration="25 mg/mL", solution__drug__0__product=None,
        solution__drug__0__preservative_free=True,
    )  # fmt: skip
    held = order(stronger, line__holds="before.toml")
    person = runs(treated(), held, FILLED + 60 * DAY)
    without = program(order_of(stronger), LIBRARY).refill.low_reservoir_at
    # The old solution in the line flows at 4.4/20 mL/day instead of 4.4/25: faster.
    assert without is not None
    assert FILLED + 60 * DAY < low(person) < without


def test_nobody_without_a_programme_has_a_refill_date():
    assert next_refill(maintained(), LIBRARY) is None
    assert not [t for t in due(maintained(), RULES, FILLED) if t.kind == "refill"]


def test_the_date_of_the_last_refill_stands_until_the_dose_is_changed():
    set_at = FILLED + DAY
    told = NextRefillSet(FILLED + 50 * DAY, "pump-end", FILLED + 40 * DAY)
    person = keep(treated(), set_at, told)
    (task,) = [t for t in refill_tasks(person, RULES, set_at) if t.kind == "refill"]
    assert (task.due, task.binding) == (FILLED + 50 * DAY, "pump-end")
    assert "booked 2027-01-02" in task.says
    raised = order(ALONE, infusion__daily_dose="5 mg/day", order__previous_daily_dose="4.4 mg/day")
    person = runs(person, raised, FILLED + 10 * DAY)
    (task,) = [t for t in refill_tasks(person, RULES, FILLED + 10 * DAY) if t.kind == "refill"]
    assert task.binding != "pump-end"


def test_a_text_that_cannot_be_read_any_more_is_said_not_hidden():
    person = treated()
    broken = toml(ALONE).replace("20 mg/mL", "20 mL")
    body = person.events[3].body
    object.__setattr__(body, "text", broken)
    events = [e.body for e in person.events]
    assert body in events
    proposal = next(b for b in events if type(b).__name__ == "ChangeProposed")
    object.__setattr__(proposal, "prescription", body.digest)
    (task,) = [t for t in refill_tasks(person, RULES, FILLED) if t.kind.startswith("refill")]
    assert task.kind == "refill-date"
    assert "cannot be worked out" in task.says


def test_during_a_refill_there_is_no_task_for_the_next_one():
    person = keep(treated(), FILLED + DAY, Moved(Place.MAINTENANCE, Place.REFILL))
    assert not [t for t in refill_tasks(person, RULES, FILLED + DAY) if t.kind == "refill"]
