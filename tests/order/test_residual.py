"""The volume check at a refill: is what came back what should be there?"""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.order.bridge import bridge
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from cisterna.order.residual import Ran, Residual, SinceFill, residual
from tests.order.cases import LIBRARY, MORPHINE, REMOTE, Changes, after, ordered, q

FILL = datetime(2026, 11, 23, 10, tzinfo=UTC)
# 4 mg/day of 20 mg/mL: 0.2 mL/day, so 20 mL hold 5 days to the millilitre.
FIFTH = {"infusion.daily_dose": "4 mg/day"}


def visit(measured: str, days: str | int, changes: Changes | None = None, **more: Any) -> Residual:
    rx = ordered(MORPHINE, {**FIFTH, **(changes or {})})
    at = FILL + timedelta(days=float(days))
    return residual(rx, LIBRARY, q(measured), at, **more)


# the table of the device fact book, §3.4 ---------------------------------------------------------

BIG = {
    "pump.model": "synchromed-ii-40",
    "solution.fill_volume": "40 mL",
    "infusion.daily_dose": "8 mg/day",
}


@pytest.mark.parametrize(
    ("changes", "days", "measured", "ratio", "discrepancy", "verdict", "reasons"),
    [
        ({}, 82, "1.5 mL", "1.1280", "2.1 mL", "evaluate", 1),
        ({}, 82, "6.2 mL", "0.8415", "-2.6 mL", "evaluate", 2),
        ({}, 20, "15 mL", "1.2500", "1 mL", "accept", 0),
        (BIG, 85, "3.9 mL", "1.0618", "2.1 mL", "evaluate", 1),
    ],
)
def test_the_rows_of_the_fact_book(changes, days, measured, ratio, discrepancy, verdict, reasons):
    found = visit(measured, days, changes)

    assert found.ratio is not None
    assert f"{float(found.ratio):.4f}" == ratio
    assert found.discrepancy == q(discrepancy)
    assert (found.verdict, len(found.reasons)) == (verdict, reasons)


# the rules ---------------------------------------------------------------------------------------


def test_what_is_expected_is_the_fill_less_what_was_programmed():
    found = visit("10 mL", 50)

    assert (found.expected, found.measured) == (q("10 mL"), q("10 mL"))
    assert found.ratio == 1
    assert (found.discrepancy, found.verdict) == (q("0 mL"), "accept")
    assert found.reasons == ()


@pytest.mark.parametrize(("measured", "verdict"), [("8 mL", "accept"), ("7.99 mL", "evaluate")])
def test_more_than_two_millilitres_too_little_is_evaluated(measured, verdict):
    # 20 mL delivered of 40: two millilitres are within 14.5 %.
    changes = {**BIG, "infusion.daily_dose": "8 mg/day", "solution.fill_volume": "30 mL"}

    assert visit(measured, 50, changes).verdict == verdict


@pytest.mark.parametrize(("measured", "verdict"), [("12 mL", "accept"), ("12.01 mL", "evaluate")])
def test_more_than_two_millilitres_too_much_is_evaluated(measured, verdict):
    changes = {**BIG, "infusion.daily_dose": "8 mg/day", "solution.fill_volume": "30 mL"}

    assert visit(measured, 50, changes).verdict == verdict


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        ("8.55 mL", "accept"),
        ("8.54 mL", "evaluate"),
        ("11.45 mL", "accept"),
        ("11.46 mL", "evaluate"),
    ],
)
def test_a_ratio_beyond_the_pump_s_accuracy_is_evaluated(measured, verdict):
    # 10 mL programmed: 14.5 % are 1.45 mL either way.
    found = visit(measured, 50)

    assert found.ratio_judged
    assert found.verdict == verdict
    assert all("14.5 %" in reason for reason in found.reasons)


@pytest.mark.parametrize(("days", "judged"), [("24.9", False), ("25", True)])
def test_under_five_millilitres_the_ratio_is_printed_but_not_judged(days, judged):
    # One millilitre more than programmed is 20 % of five.
    programmed = Fraction(days) / 5
    measured = 20 - programmed - 1
    found = visit(f"{float(measured):.3f} mL", days)

    assert found.ratio is not None
    assert found.ratio > Fraction("1.145")
    assert found.ratio_judged == judged
    assert found.verdict == ("evaluate" if judged else "accept")


def test_at_the_time_of_the_fill_there_is_no_ratio():
    found = visit("20 mL", 0)

    assert (found.ratio, found.ratio_judged, found.verdict) == (None, False, "accept")


def test_a_pump_whose_accuracy_is_unknown_is_judged_by_volume_alone():
    unknown = {"pump": {"model": "synchromed-iii-20"}}

    assert visit("8.1 mL", 50, unknown).verdict == "accept"
    assert not visit("8.1 mL", 50, unknown).ratio_judged
    assert visit("7.9 mL", 50, unknown).verdict == "evaluate"


def test_too_little_and_too_much_have_unlike_causes():
    (little,) = [r for r in visit("7 mL", 50).reasons if "expected volume" in r]
    (much,) = [r for r in visit("13 mL", 50).reasons if "expected volume" in r]

    assert "over-infusion" in little
    assert "do not simply restart" in much


def test_a_reservoir_that_should_have_run_dry_is_said_and_not_hidden():
    # 110 days × 0.2 mL/day = 22 mL from 20.
    found = visit("0 mL", 110)

    assert found.expected == q("0 mL")
    assert found.verdict == "evaluate"
    assert "run empty" in found.reasons[0]


def test_a_reservoir_that_runs_dry_at_the_visit_has_not_run_dry_before():
    found = visit("0 mL", 100)

    assert (found.expected, found.verdict) == (q("0 mL"), "accept")


def test_more_than_was_filled_is_another_fluid():
    assert any("another fluid" in r for r in visit("20.1 mL", 5).reasons)
    assert not any("another fluid" in r for r in visit("20 mL", 5).reasons)


@pytest.mark.parametrize(("says", "verdict"), [("12 mL", "accept"), ("12.1 mL", "evaluate")])
def test_a_pump_that_counts_otherwise_was_programmed_otherwise(says, verdict):
    found = visit("10 mL", 50, pump_says=q(says))

    assert found.verdict == verdict
    assert all("check the fill volume" in r for r in found.reasons)


# patient doses, bridge, time ---------------------------------------------------------------------


def test_patient_doses_that_were_given_count():
    # 50 × 0.010 mL.
    found = visit("9.5 mL", 50, {"remote": REMOTE}, boluses=50)

    assert found.expected == q("9.5 mL")


def test_without_the_number_of_patient_doses_nothing_is_expected():
    with pytest.raises(Refused) as refused:
        visit("9 mL", 50, {"remote": REMOTE})
    assert refused.value.code == "boluses-missing"
    assert "--boluses" in refused.value.way_out
    assert visit("10 mL", 50, {"remote": REMOTE}, boluses=0).verdict == "accept"


def test_patient_doses_without_a_remote_are_another_order():
    with pytest.raises(Refused) as refused:
        visit("9 mL", 50, boluses=3)
    assert refused.value.code == "no-remote"


@pytest.mark.parametrize("changes", [{}, {"remote": REMOTE}])
def test_a_negative_number_of_patient_doses_is_refused(changes):
    with pytest.raises(Refused) as refused:
        visit("9 mL", 50, changes, boluses=-1)
    assert refused.value.code == "boluses-negative"


def test_a_visit_before_the_fill_is_refused():
    with pytest.raises(Refused) as refused:
        visit("20 mL", -1)
    assert refused.value.code == "before-fill"


def test_a_bridge_was_pumped_too():
    # 0.31908 mL at 0.4 mL/day in 0.7977 day, then 0.2 mL/day: 0.15954 mL more than without.
    old = ordered(MORPHINE, {"solution.drug.0.concentration": "10 mg/mL", **FIFTH})
    new = after(old, ordered(MORPHINE, FIFTH))
    at = FILL + timedelta(days=50)

    found = residual(new, LIBRARY, q("10 mL"), at, bridge=bridge(old, new, LIBRARY))
    assert found.expected == q("9.84046 mL")


@given(st.integers(0, 100), st.integers(0, 2000))
def test_discrepancy_and_ratio_say_the_same(days, measured):
    found = visit(f"{measured / 100:.2f} mL", days)

    assert found.expected == found.measured + found.discrepancy
    programmed = q("20 mL") - found.expected
    if found.ratio is not None:
        missing = q("20 mL") - found.measured
        assert found.ratio == missing.base / programmed.base
        assert (found.ratio > 1) == (found.discrepancy.base > 0)


# A dose that was changed since the fill --------------------------------------------------------


def dosed(daily: str, **more: Any) -> Prescription:
    return ordered(MORPHINE, {"infusion.daily_dose": daily, **more})


def since(*turns: tuple[int, Prescription | None], by_hand: str = "0 mL") -> SinceFill:
    """What ran from each day after the fill on."""
    return SinceFill(tuple(Ran(FILL + timedelta(days=d), rx) for d, rx in turns), q(by_hand))


def test_every_order_counts_for_as_long_as_it_ran():
    # 20 days of 4 mg/day at 20 mg/mL are 4 mL, 30 days of 6 mg/day are 9 mL: 7 of 20 mL are left.
    risen = dosed("6 mg/day")
    told = since((0, dosed("4 mg/day")), (20, risen))
    at = FILL + timedelta(days=50)
    found = residual(risen, LIBRARY, q("7 mL"), at, since=told)
    assert (found.expected, found.ratio, found.verdict) == (q("7 mL"), Fraction(1), "accept")
    # By the running order alone it would be 15 mL of 20: the syringe looks 2 mL too full.
    assert residual(risen, LIBRARY, q("7 mL"), at).expected == q("5 mL")


def test_a_pump_that_stood_still_gave_nothing_and_a_bolus_gave_its_volume():
    # 10 days of 0.2 mL, 5 of nothing, 10 of 0.2 mL, and 0.1 mL by hand: 4.1 mL.
    told = since((0, dosed("4 mg/day")), (10, None), (15, dosed("4 mg/day")), by_hand="0.1 mL")
    found = residual(
        dosed("4 mg/day"), LIBRARY, q("15.9 mL"), FILL + timedelta(days=25), since=told
    )
    assert found.expected == q("15.9 mL")


def test_a_schedule_keeps_its_hours_when_another_takes_its_place():
    # A flex day gives 0.3 mg/h by day from 08:00 (12 h, 0.18 mL) and nothing at night; filled at
    # 10:00 UTC with the pump's clock there too, the new order takes over after a day and two hours.
    steps = [{"from": "00:00", "dose_rate": "0 mg/h"}, {"from": "08:00", "dose_rate": "0.3 mg/h"},
             {"from": "20:00", "dose_rate": "0 mg/h"}]  # fmt: skip
    day = ordered(MORPHINE, {"infusion": {"primary": "morphine", "mode": "flex", "step": steps}})
    steady = dosed("4 mg/day")
    change = timedelta(days=1, hours=2)
    told = SinceFill((Ran(FILL, day), Ran(FILL + change, steady)))
    found = residual(steady, LIBRARY, q("20 mL"), FILL + timedelta(days=2, hours=2), since=told)
    # 12 h in the first 24 h, 2 h more of it at 0.015 mL/h, then a day of 0.2 mL.
    assert found.expected == q("20 mL") - q("0.18 mL") - q("0.03 mL") - q("0.2 mL")


def test_a_bridge_goes_on_under_the_order_that_changed_the_dose_in_it():
    old = ordered(MORPHINE)
    weak = {"solution.drug.0.concentration": "10 mg/mL", "solution.drug.0.product": "infumorph-200"}
    new = after(old, ordered(MORPHINE, weak))
    over = bridge(old, new, LIBRARY)
    flow, lasts = over.rate, over.duration
    half = timedelta(hours=float(lasts.number("h")) / 2)
    at = FILL + half * 2 + timedelta(days=3)
    told = SinceFill((Ran(FILL, new), Ran(FILL + half, new)), over=over)
    whole = residual(new, LIBRARY, q("9 mL"), at, bridge=over)
    assert residual(new, LIBRARY, q("9 mL"), at, since=told).expected == whole.expected
    assert flow != over.then_rate


def test_doses_of_two_sizes_are_counted_as_the_last_and_said_to_be():
    small = dosed("4 mg/day", remote=REMOTE)
    large = dosed("4 mg/day", remote={**REMOTE, "dose": "0.4 mg"})
    at = FILL + timedelta(days=10)
    told = since((0, small), (5, large))
    found = residual(large, LIBRARY, q("17.9 mL"), at, boluses=5, since=told)
    assert found.expected == q("17.9 mL")  # 2 mL of the schedule, 5 x 0.02 mL
    assert any("was changed since the fill" in reason for reason in found.reasons)
    alone = since((0, dosed("4 mg/day")), (5, small))
    assert not residual(small, LIBRARY, q("17.95 mL"), at, boluses=5, since=alone).reasons
    told = since((0, small), (5, dosed("4 mg/day")))
    with pytest.raises(Refused, match="number of patient doses"):
        residual(dosed("4 mg/day"), LIBRARY, q("18 mL"), at, since=told)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5, unique=True))
def test_an_order_that_is_sent_again_changes_nothing(days: list[int]):
    rx, at = dosed("4 mg/day"), FILL + timedelta(days=61)
    told = since((0, rx), *((d, rx) for d in sorted(days)))
    assert residual(rx, LIBRARY, q("7 mL"), at, since=told) == residual(rx, LIBRARY, q("7 mL"), at)
