"""The plan: all that a nurse looks at first, for one order or for a change of order."""

from fractions import Fraction
from typing import Any

import pytest

from cisterna.order.plan import bridge_of, plan
from cisterna.order.tip import tip_change
from cisterna.quantity import Quantity
from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    LIBRARY,
    MIXTURE,
    MORPHINE,
    ZICONOTIDE,
    Changes,
    Tree,
    after,
    drug,
    ordered,
    q,
)

WEAK = {"solution.drug.0.concentration": "10 mg/mL", "infusion.daily_dose": "4 mg/day"}
STRONG = {"solution.drug.0.concentration": "20 mg/mL", "infusion.daily_dose": "4.4 mg/day"}


def change(
    before: Changes = WEAK,
    now: Changes = STRONG,
    old_base: Tree = MORPHINE,
    new_base: Tree = MORPHINE,
) -> Any:
    return plan(ordered(old_base, before), ordered(new_base, now), LIBRARY)


def tip_rates(found: Any, case: str, name: str = "morphine") -> list[Quantity]:
    return [hour.rates[case][name] for hour in found.tip.hours]


# one order or two --------------------------------------------------------------------------------


def test_a_change_is_shown_side_by_side_with_its_step_and_bridge():
    found = change()

    step = found.step["morphine"]
    assert (step.before, step.now, step.change) == (q("4 mg/day"), q("4.4 mg/day"), Fraction(1, 10))
    assert found.bridge is not None
    assert found.bridge.volume == q("0.31908 mL")
    assert (found.prime, found.refused) == (None, None)
    rows = {row.what: row for row in found.rows}
    strength = rows["Concentration, morphine"]
    assert (strength.old, strength.new, strength.change) == ("10 mg/mL", "20 mg/mL", 1)
    assert strength.differs
    assert not rows["Fill volume"].differs


def test_the_programme_of_a_change_begins_with_the_bridge():
    found = change()

    assert found.program.rates[0].rate == q("16666 nL/h")
    assert found.program.bridge == found.bridge


def test_an_order_that_names_its_predecessor_needs_no_second_file():
    old, new = ordered(MORPHINE, WEAK), ordered(MORPHINE, STRONG)

    assert plan(None, after(old, new), LIBRARY) == plan(old, new, LIBRARY)
    assert bridge_of(after(old, new), LIBRARY) == plan(old, new, LIBRARY).bridge
    assert bridge_of(new, LIBRARY) is None


def test_a_first_order_into_a_line_full_of_csf_is_primed():
    found = plan(None, ordered(MORPHINE, {"line.holds": "csf"}), LIBRARY)

    assert found.prime is not None
    assert (found.prime.case, found.prime.volume) == ("unprimed", q("0.31908 mL"))
    assert (found.bridge, found.tip) == (None, None)
    assert found.step["morphine"].before is None


def test_an_order_alone_has_neither_bridge_nor_prime():
    found = plan(None, ordered(), LIBRARY)

    assert (found.bridge, found.prime, found.tip, found.refused) == (None, None, None, None)
    assert all(row.old is None for row in found.rows)
    assert found.ok


@pytest.mark.parametrize(
    ("before", "now", "code"),
    [
        (WEAK, {**STRONG, "pump.model": "synchromed-ii-40"}, "pumps-differ"),
        (WEAK, {**STRONG, "catheter.segment.0.trimmed": "20 cm"}, "lines-differ"),
        ({**WEAK, "infusion": {"primary": "morphine", "mode": "stopped"}}, STRONG, "old-dose-zero"),
    ],
)
def test_a_change_whose_bridge_is_refused_is_not_ok_but_still_planned(before, now, code):
    found = change(before, now)

    assert found.refused is not None
    assert found.refused.code == code
    assert found.refused.way_out
    assert not found.ok
    assert found.program.rates
    assert found.tip is None


def test_a_plan_is_ok_when_nothing_blocks_and_nothing_is_refused():
    assert change().ok
    assert not change(WEAK, {**STRONG, "solution.fill_volume": "21 mL"}).ok


def test_the_previous_solution_counts_for_the_checks_too():
    # 4 mg/day before, 12 after: at least three times and above the highest start.
    now = {**STRONG, "infusion.daily_dose": "12 mg/day", "order.previous_daily_dose": None}

    assert "dose-unit-slip" in change(WEAK, now).check.codes("block")


# the step of each drug ---------------------------------------------------------------------------


def test_a_drug_that_joins_or_leaves_has_no_percentage():
    joined = change(WEAK, {}, MORPHINE, MIXTURE).step["bupivacaine"]
    assert (joined.before, joined.now, joined.change) == (None, q("2.2 mg/day"), None)

    left = change({}, WEAK, MIXTURE, MORPHINE).step["bupivacaine"]
    assert (left.before, left.now, left.change) == (q("2.2 mg/day"), None, None)


def test_a_stop_is_a_change_by_minus_100_per_cent():
    stopped = {**STRONG, "infusion": {"primary": "morphine", "mode": "stopped"}}

    assert change(WEAK, stopped).step["morphine"].change == -1


def test_a_start_from_nothing_has_no_percentage():
    stopped = {**STRONG, "infusion": {"primary": "morphine", "mode": "stopped"}}

    step = change(stopped, STRONG).step["morphine"]
    assert (step.before, step.change) == (q("0 mg/day"), None)


# the tip -----------------------------------------------------------------------------------------


def test_with_its_bridge_the_dose_at_the_tip_goes_from_the_old_to_the_new():
    # The bridge lasts 19 h 8.69 min.
    rates = tip_rates(change(), "bridged")

    assert rates[:19] == [q("4 mg/day")] * 19
    # In the twentieth hour 0.1448 h at 4 and 0.8552 h at 4.4 mg/day.
    assert rates[19].number("mg/day") == 4 * Fraction("0.1448") + Fraction("4.4") * Fraction(
        "0.8552"
    )
    assert set(rates[20:]) == {q("4.4 mg/day")}


def test_without_its_bridge_half_the_dose_arrives_for_a_day_and_a_half():
    # 0.31908 mL at 0.22 mL/day: 34.81 h.
    rates = tip_rates(change(), "omitted")

    assert rates[:34] == [q("2.2 mg/day")] * 34
    assert q("2.2 mg/day") < rates[34] < q("4.4 mg/day")
    assert set(rates[35:]) == {q("4.4 mg/day")}


def test_the_tip_is_followed_until_the_new_solution_has_arrived_in_every_case():
    found = change()

    assert found.tip is not None
    assert found.tip.complete
    assert len(found.tip.hours) == 35 + 12
    assert {h.rates["bridged"]["morphine"] for h in found.tip.hours[-12:]} == {q("4.4 mg/day")}
    assert [h.hour for h in found.tip.hours] == list(range(47))
    assert found.tip.hours[1].at == "2026-11-23T11:00:00+00:00"


def test_where_the_line_volume_is_an_interval_both_ends_are_shown():
    unknown = {"pump.tubing_volume": None}
    found = change({**WEAK, **unknown}, {**STRONG, **unknown})

    # Bridged at 0.31908 mL; if the line holds 0.37808, 0.059 mL leave at 0.22 mL/day: half dose.
    other = tip_rates(found, "bridged-other-line")
    assert other[:19] == [q("4 mg/day")] * 19
    assert other[20:25] == [q("2.2 mg/day")] * 5
    assert other[26] == q("4.4 mg/day")
    assert "omitted-other-line" in found.tip.hours[0].rates


def test_a_known_line_has_no_other_end():
    assert set(change().tip.hours[0].rates) == {
        "bridged",
        "bridged-dispersed",
        "omitted",
        "omitted-dispersed",
    }


def test_dispersion_moves_the_dose_in_time_but_loses_none():
    found = change()
    end = q("47 h")

    for case in ("bridged", "omitted"):
        plug = found.tip.traces[case].mass("morphine", q("0 h"), end)
        blurred = found.tip.traces[f"{case}-dispersed"].mass("morphine", q("0 h"), end)
        assert float(blurred.base) == pytest.approx(float(plug.base), rel=1e-9)


def test_a_diffusivity_that_is_known_as_an_interval_spreads_the_front_too():
    # Ziconotide: 2.5e-10 to 3e-10 m²/s.
    diluted = {"solution.drug.0.concentration": "20 mcg/mL"}
    found = change(diluted, {}, ZICONOTIDE, ZICONOTIDE)

    assert tip_rates(found, "bridged", "ziconotide")[0] == q("6 mcg/day")
    blurred = tip_rates(found, "omitted-dispersed", "ziconotide")
    assert any(q("4.81 mcg/day") < rate < q("5.99 mcg/day") for rate in blurred)


def test_a_change_of_drug_shows_both_drugs_at_the_tip():
    found = change(WEAK, {}, MORPHINE, HYDROMORPHONE)

    morphine, hydromorphone = (
        tip_rates(found, "bridged", n) for n in ("morphine", "hydromorphone")
    )
    assert (morphine[0], morphine[-1]) == (q("4 mg/day"), q("0 mg/day"))
    assert (hydromorphone[0], hydromorphone[-1]) == (q("0 mg/day"), q("1 mg/day"))


def test_the_same_solution_changes_nothing_in_the_line():
    old, new = ordered(), ordered(MORPHINE, {"infusion.daily_dose": "5 mg/day"})
    found = plan(old, new, LIBRARY)

    assert found.bridge is not None
    assert not found.bridge.needed
    assert found.tip is None
    assert tip_change(old, new, found.bridge) is None


def test_a_change_that_takes_weeks_is_cut_and_says_so():
    # 0.048 mL/day: even the bridge takes 6.6 days; with the minimum rate the omitted case 53 days.
    slow = {**STRONG, "infusion": {"primary": "morphine", "mode": "minimum-rate"}}
    found = change(WEAK, slow)

    assert found.tip is not None
    assert not found.tip.complete
    assert len(found.tip.hours) == 14 * 24


def test_a_new_order_that_stops_the_pump_leaves_the_tip_at_rest_after_the_bridge():
    stopped = {**STRONG, "infusion": {"primary": "morphine", "mode": "stopped"}}
    found = change(WEAK, stopped)

    assert found.bridge.omitted.lasts is None
    assert tip_rates(found, "bridged")[-1] == q("0 mg/day")
    assert set(tip_rates(found, "omitted")) == {q("0 mg/day")}


def test_baclofen_at_the_tip_is_in_micrograms():
    weak = {
        "solution.drug": [drug("baclofen", "500 mcg/mL", product="lioresal-500")],
        "infusion.daily_dose": "400 mcg/day",
    }

    rate = tip_rates(change(weak, {}, BACLOFEN, BACLOFEN), "bridged", "baclofen")[0]
    assert (rate, rate.unit.name) == (q("400 mcg/day"), "mcg/day")
