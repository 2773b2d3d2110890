"""What is done by hand goes through the same gate: one verb, two persons where a dose flows."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from cisterna.clinic.event import Actor
from cisterna.clinic.gate import acts, glass
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.deed import (
    Deed,
    Running,
    acknowledge,
    bolus,
    prime_line,
    proposed_deed,
    record_line,
    restart,
    set_clock,
    silence,
)
from cisterna.clinic.therapy import dose_history, therapy
from cisterna.order.bridge import bridge
from cisterna.pump.link import verbs as v
from cisterna.pump.link.canonical import decode
from cisterna.quantity import Quantity
from tests.clinic.gate.people import (
    COLLEAGUE,
    NURSE,
    OLD,
    PHARMACIST,
    PHYSICIAN,
    SERIAL,
    SURGEON,
    Way,
)
from tests.clinic.refusals import refused
from tests.orders import LIBRARY, order, read

RUNS = Running(SERIAL, 1, OLD)
TEN_MINUTES = Quantity.of(10, "min")


def small_bolus(dose: str = "0.2 mg") -> Deed:
    """A bolus over ten minutes."""
    return bolus(RUNS, Quantity.parse(dose), TEN_MINUTES, LIBRARY)


def lay(way: Way, deed: Deed, by: Actor = PHYSICIAN, under: str = "") -> b.DeedProposed:
    """Propose a deed."""
    body = proposed_deed(RUNS, deed, under)
    way.keep(acts.laid_down(way.standing, way.pen(by), body))
    return body


def test_a_bolus_is_whole_nanolitres_with_a_limit_of_its_own():
    # 0.2 mg of 20 mg/mL are 0.01 mL = 10,000 nL in whole strokes of 1,000 nL; the pump's limit of
    # 5.4 mg a day is 5.4e12 fg, and the bolus adds 10,000 nL x 20,000,000 ng/mL = 0.2e12 fg.
    body = proposed_deed(RUNS, small_bolus())
    assert decode(body.arguments.encode()) == {
        "volume_nl": 10_000, "duration_ms": 600_000, "limit_fg_per_24h": 5_600_000_000_000,
    }  # fmt: skip
    assert (body.verb, body.dose, body.second) == ("clinician_bolus", "0.2 mg", ("by-hand",))


@pytest.mark.parametrize(
    ("dose", "duration"), [("0.2 mL", "10 min"), ("0.2 mg", "10 mg"), ("0 mg", "10 min")]
)
def test_what_is_no_dose_or_no_time_is_no_bolus(dose: str, duration: str):
    with refused("wrong-kind"):
        bolus(RUNS, Quantity.parse(dose), Quantity.parse(duration), LIBRARY)


def test_less_than_a_stroke_is_not_rounded_up():
    with refused("too-small"):
        small_bolus("1 mcg")


def test_milligrams_for_micrograms_is_a_slip_that_only_a_second_person_lifts():
    slip = small_bolus("200 mg")
    assert "dose-unit-slip" in {f.code for f in slip.findings if f.severity == "block"}
    way = Way()
    body = lay(way, slip)
    way.reason()
    with refused("typed-dose"):
        acts.approve(way.standing, way.pen(COLLEAGUE), body.digest)
    with refused("typed-dose"):
        acts.approve(way.standing, way.pen(COLLEAGUE), body.digest, typed_dose="200 mcg")


def test_a_bolus_within_the_day_has_no_finding():
    assert small_bolus().findings == ()


def test_nobody_gives_a_bolus_alone():
    way = Way()
    body = lay(way, small_bolus())
    with refused("second-signer"):
        acts.reauthenticate(way.standing, way.pen(), "passkey")
    with refused("same-person"):
        acts.approve(way.standing, way.pen(), body.digest)
    with refused("not-lower"):
        glass.break_glass(way.standing, way.pen(why="alone at night"))


def test_the_second_person_reads_the_dose_for_herself():
    way = Way()
    lay(way, small_bolus())
    other = proposed_deed(RUNS, small_bolus("0.3 mg"))
    with refused("readings-differ"):
        acts.approve(way.standing, way.pen(COLLEAGUE), other.digest)
    same = proposed_deed(RUNS, small_bolus("200 mcg"))
    way.keep(acts.approve(way.standing, way.pen(COLLEAGUE), same.digest))
    way.prove()
    assert way.intend().body.digest == same.digest


@pytest.mark.parametrize(
    ("deed", "alone"),
    [
        (restart, True),
        (lambda: silence("low-reservoir"), True),
        (lambda: acknowledge("low-reservoir"), True),
        (lambda: set_clock(RUNS, datetime(2026, 11, 30, 9, tzinfo=UTC), 1000), True),
        (lambda: prime_line(RUNS, "unprimed", LIBRARY), False),
        (lambda: record_line(RUNS, "unprimed"), False),
    ],
)
def test_what_flows_needs_two_and_what_does_not_needs_one(deed: Callable[[], Deed], alone: bool):
    assert (proposed_deed(RUNS, deed()).second == ()) is alone


def test_a_new_line_is_empty_from_the_tip_on():
    # Tubing 0.14 mL, catheter 81.4 cm of 2.2 mcL/cm = 0.17908 mL: 319,080 nL in all.
    assert record_line(RUNS, "unprimed").verb == v.RecordLine(319_080, 319_080, 20_000_000)
    assert record_line(RUNS, "catheter-replaced").verb == v.RecordLine(319_080, 179_080, 20_000_000)
    for case, code in (("segment-replaced", "piece-of-line"), ("refill", "line-is-full")):
        with refused(code):
            record_line(RUNS, case)


def test_a_line_that_was_recorded_takes_the_bridge_to_a_weaker_solution_later():
    # The facts give the tubing as 0.14 mL for a prime and 0.14 to 0.199 mL for a bridge. To a
    # weaker solution the bridge empties the most, 378,080 nL; the prime fills 319,080 nL.
    old = read(order(pump__tubing_volume=None))
    weaker = order(
        pump__tubing_volume=None,
        solution__drug__0__concentration="10 mg/mL",
        solution__drug__0__product="infumorph-200",
    )
    found = record_line(Running(SERIAL, 1, old), "unprimed").verb
    assert found == v.RecordLine(378_080, 319_080, 20_000_000)
    assert bridge(old, read(weaker), LIBRARY).volume == Quantity.of(found.volume_nl, "nL")


def test_a_full_line_is_not_primed():
    with refused("line-is-full"):
        prime_line(RUNS, "refill", LIBRARY)


def test_the_clock_is_the_wall_time_less_the_pumps_own():
    # 2024-01-01 is the pump's Monday; 2024-01-02 10:00 at its offset (UTC) is 34 h later.
    deed = set_clock(RUNS, datetime(2024, 1, 2, 10, tzinfo=UTC), 4 * 3_600_000)
    assert deed.verb == v.ClockSet(30 * 3_600_000)
    with refused("no-offset"):
        set_clock(RUNS, datetime(2024, 1, 2, 10), 0)  # noqa: DTZ001 - that is what is refused


@pytest.mark.parametrize(
    ("actor", "code"), [(NURSE, "no-order"), (SURGEON, "no-privilege"), (PHARMACIST, "role")]
)
def test_a_role_needs_what_the_matrix_says(actor: Actor, code: str):
    with refused(code):
        lay(Way(), small_bolus(), actor)


def test_a_nurse_gives_the_bolus_that_was_ordered_and_no_other():
    way = Way()
    digest = proposed_deed(RUNS, small_bolus()).digest
    order = way.keep(way.pen().writes(b.ChangeOrdered(digest)))
    with refused("no-order"):
        lay(way, small_bolus("0.3 mg"), NURSE, order.id)
    assert lay(way, small_bolus(), NURSE, order.id).digest == digest


def test_an_unknown_bolus_blocks_until_somebody_has_read_the_log():
    way = Way()
    body = lay(way, small_bolus())
    way.keep(acts.approve(way.standing, way.pen(COLLEAGUE), body.digest))
    way.prove()
    intent = way.intend()
    way.keep(way.pen().writes(b.DeedEnded(intent.id, "unknown", "the line is cut")))
    with refused("unknown-outcome"):
        lay(way, restart())
    with refused("other-act"):
        acts.reconcile(way.standing, way.pen(), 1, None)
    with refused("no-reason"):
        acts.reconcile_deed(way.standing, way.pen(), True)
    with refused("role"):
        acts.reconcile_deed(way.standing, way.pen(PHARMACIST, "log"), True)
    why = "the pump's log has clinician-begun at 09:02"
    way.keep(acts.reconcile_deed(way.standing, way.pen(NURSE, why), True))
    assert way.standing.intent is None
    assert dose_history(way.events)[-1].outcome == "done"
    with refused("nothing-open"):
        acts.reconcile_deed(way.standing, way.pen(NURSE, why), True)


def test_a_dose_by_hand_leaves_the_programme_as_it_was():
    way = Way()
    before = therapy(way.events)
    lay(way, silence("low-reservoir"))
    way.prove()
    intent = way.intend()
    way.keep(way.pen().writes(b.DeedEnded(intent.id, "done", "")))
    assert therapy(way.events) == before
    assert [c.what for c in dose_history(way.events)] == ["alarm_silence"]
