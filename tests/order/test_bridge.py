"""The bridge: running the old solution out of the line at the old dose."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.order.bridge import Bridge, bridge
from cisterna.order.line import Refused
from cisterna.order.prescription import Prescription
from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    LIBRARY,
    MIXTURE,
    MORPHINE,
    Tree,
    changed,
    drug,
    ordered,
    q,
)

# V_c = 81.4 cm × 0.0022 mL/cm = 0.17908 mL; with 0.140 mL of tubing 0.31908, with 0.199 0.37808.
DATASHEET: dict[str, Any] = {"pump.tubing_volume": None}


def solution(strength: str, dose: str = "4 mg/day", **more: Any) -> Prescription:
    changes = {"solution.drug.0.concentration": strength, "infusion.daily_dose": dose, **more}
    return ordered(MORPHINE, changes)


def between(old: Prescription, new: Prescription, hold: str | None = None) -> Bridge:
    return bridge(old, new, LIBRARY, hold)


# what the bridge is ------------------------------------------------------------------------------


def test_a_bridge_empties_the_line_at_the_old_dose():
    old, new = solution("10 mg/mL"), solution("20 mg/mL", "4.4 mg/day")

    found = between(old, new)
    assert found.needed
    assert found.held == "morphine"
    assert found.volume == q("0.31908 mL")
    assert found.dose == {"morphine": q("3.1908 mg")}
    assert found.rate == q("0.4 mL/day")
    assert found.duration == q("19.1448 h")
    assert found.then_rate == q("0.22 mL/day")
    assert found.ends_at - new.solution.filled_at == timedelta(hours=19, minutes=8, seconds=41.28)
    assert found.setting == (found.rate, found.duration)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 300))
def test_the_volume_is_the_invariant_whatever_the_strengths(before, after, dose):
    # 0.1 mg/day at 40 mg/mL would be below the pump's minimum, so the dose follows the strength.
    daily = f"{dose * before} mcg/day"
    old = solution(f"{before} mg/mL", daily)
    new = solution(f"{after} mg/mL", daily)
    if before == after or dose < 48:
        return

    there = between(old, new)
    assert there.volume == q("0.31908 mL")
    assert there.dose["morphine"] == (q("0.31908 mL") * old.primary.concentration)
    assert there.duration.base * there.rate.base == there.volume.base
    assert there.omitted.delivered_fraction == Fraction(before, after)


@given(st.integers(1, 40), st.integers(1, 40))
def test_there_and_back_are_mirror_images(low, high):
    if low == high:
        return
    strong, weak = solution(f"{high} mg/mL"), solution(f"{low} mg/mL")

    up, down = between(weak, strong), between(strong, weak)
    assert up.volume == down.volume
    assert up.then_rate == down.rate
    assert down.then_rate == up.rate
    assert up.omitted.delivered_fraction == Fraction(low, high)
    assert down.omitted.delivered_fraction == Fraction(high, low)
    assert up.omitted.lasts == down.duration
    assert down.omitted.lasts == up.duration


def test_flex_and_periodic_modes_run_at_their_daily_mean():
    # 12 h × 0.1 + 12 h × 0.3 = 4.8 mg/day of 10 mg/mL.
    steps = [{"from": "00:00", "dose_rate": "0.1 mg/h"}, {"from": "12:00", "dose_rate": "0.3 mg/h"}]
    weak = {"solution.drug.0.concentration": "10 mg/mL"}
    flex = ordered(
        MORPHINE, {**weak, "infusion": {"primary": "morphine", "mode": "flex", "step": steps}}
    )
    bolus = {
        "primary": "morphine",
        "mode": "periodic-bolus",
        "dose": "1 mg",
        "duration": "10 min",
        "interval": "6 h",
        "background": "0.8 mg/day",
    }

    assert between(flex, ordered()).rate == q("0.48 mL/day")
    periodic = ordered(MORPHINE, {**weak, "infusion": bolus})
    assert between(periodic, ordered()).rate == q("0.48 mL/day")


def test_the_achieved_rates_are_never_above_the_exact_ones():
    found = between(solution("10 mg/mL"), solution("20 mg/mL", "4.4 mg/day"))

    assert found.achieved.rate == q("16666 nL/h")
    assert found.achieved.then_rate == q("9166 nL/h")
    assert found.achieved.rate < found.rate


# the safe end of the line volume -----------------------------------------------------------------


def test_when_the_concentration_rises_the_smaller_line_is_used_and_the_other_shown():
    found = between(solution("10 mg/mL", **DATASHEET), solution("20 mg/mL", **DATASHEET))

    assert (found.volume, found.other_volume) == (q("0.31908 mL"), q("0.37808 mL"))
    assert "synchromed-ii.tubing_bridge" in [f.path for f in found.facts]


def test_when_the_concentration_falls_the_larger_line_is_used():
    found = between(solution("20 mg/mL", **DATASHEET), solution("10 mg/mL", **DATASHEET))

    assert (found.volume, found.other_volume) == (q("0.37808 mL"), q("0.31908 mL"))


def test_a_stated_tubing_leaves_no_other_end():
    assert between(solution("10 mg/mL"), solution("20 mg/mL")).other_volume is None


def test_the_direction_is_that_of_the_drug_whose_dose_is_held():
    # Morphine falls from 20 to 10 mg/mL while bupivacaine rises from 5 to 10.
    def mix(morphine: str, bupivacaine: str) -> Prescription:
        rows = [drug("morphine", morphine), drug("bupivacaine", bupivacaine)]
        return ordered(MIXTURE, {"solution.drug": rows, **DATASHEET})

    old, new = mix("20 mg/mL", "5 mg/mL"), mix("10 mg/mL", "10 mg/mL")
    assert between(old, new).volume == q("0.37808 mL")
    held = between(old, new, hold="bupivacaine")
    assert held.held == "bupivacaine"
    assert held.volume == q("0.31908 mL")
    assert held.rate == between(old, new).rate


# a change of drug, a mixture ---------------------------------------------------------------------


def test_a_change_of_drug_reports_each_drug_against_each_order():
    # Old: 4 mg/day of 10 mg/mL morphine. New: 1 mg/day of 5 mg/mL hydromorphone, 0.2 mL/day.
    omitted = between(solution("10 mg/mL"), ordered(HYDROMORPHONE)).omitted

    assert omitted.delivered_fraction == 0
    old = omitted.by_drug["morphine"]
    assert (old.delivered, old.old_order, old.new_order) == (q("2 mg/day"), q("4 mg/day"), None)
    assert (old.fraction_of_old, old.fraction_of_new) == (Fraction(1, 2), None)
    new = omitted.by_drug["hydromorphone"]
    assert (new.delivered, new.old_order, new.new_order) == (q("0 mg/day"), None, q("1 mg/day"))
    assert new.fraction_of_old is None
    assert new.fraction_of_new == 0
    # 0.31908 mL at 0.2 mL/day.
    assert omitted.lasts == q("1.5954 day")


def test_a_mixture_shows_every_component_of_the_bridge():
    # 0.31908 mL of 20 and 10 mg/mL.
    new = ordered(MIXTURE, {"solution.drug.0.concentration": "10 mg/mL"})

    found = between(ordered(MIXTURE), new)
    assert found.dose == {"morphine": q("6.3816 mg"), "bupivacaine": q("3.1908 mg")}
    # The new order runs at 0.44 mL/day: twice the morphine and twice the bupivacaine of before.
    assert found.omitted.by_drug["bupivacaine"].fraction_of_old == 2


def test_a_drug_that_only_joins_needs_a_bridge_too():
    assert between(ordered(), ordered(MIXTURE)).needed


def test_the_residual_mixes_with_the_fill():
    # 1.4 mL of 10 and 20 mL of 20 mg/mL: 414 mg in 21.4 mL.
    mixed = between(solution("10 mg/mL"), solution("20 mg/mL")).residual_mix

    assert mixed is not None
    assert mixed["morphine"].number("mg/mL") == Fraction(414) / Fraction("21.4")
    changed_drug = between(solution("10 mg/mL"), ordered(HYDROMORPHONE)).residual_mix
    assert changed_drug is not None
    assert changed_drug["morphine"].number("mg/mL") == Fraction(14) / Fraction("21.4")
    assert changed_drug["hydromorphone"].number("mg/mL") == Fraction(100) / Fraction("21.4")


def test_a_pump_whose_residual_is_unknown_has_no_mix():
    prometra = {"pump.model": "prometra-ii-20"}

    found = between(solution("10 mg/mL", **prometra), solution("20 mg/mL", **prometra))
    assert found.residual_mix is None


def test_a_weaker_solution_asks_for_rinses_a_stronger_one_does_not():
    up = between(solution("10 mg/mL"), solution("20 mg/mL"))
    down = between(solution("20 mg/mL"), solution("10 mg/mL"))

    assert up.rinses is None
    assert down.rinses is not None
    assert (down.rinses.value, down.rinses.source) == (q("2 1"), "synchromed-el-japan")


def test_a_drug_that_keeps_its_strength_asks_for_no_rinse_and_uses_the_larger_line():
    found = between(ordered(MORPHINE, DATASHEET), ordered(MIXTURE, DATASHEET))

    assert found.rinses is None
    assert found.volume == q("0.37808 mL")


# no bridge needed --------------------------------------------------------------------------------


def test_the_same_solution_needs_no_bridge():
    found = between(solution("20 mg/mL"), solution("20 mg/mL", "5 mg/day"))

    assert not found.needed
    assert found.setting is None
    assert (found.volume, found.duration) == (q("0 mL"), q("0 h"))
    assert found.ends_at == ordered().solution.filled_at


def test_the_same_strength_in_another_unit_is_the_same_solution():
    assert not between(solution("20 mg/mL"), solution("20000 mcg/mL")).needed


@pytest.mark.parametrize("mode", ["stopped", "minimum-rate"])
def test_a_stopped_pump_that_goes_on_with_the_same_solution_needs_neither_bridge_nor_prime(mode):
    # The line is full of it: a prime bolus would be given to the patient.
    old = ordered(MORPHINE, {"infusion": {"primary": "morphine", "mode": mode}})

    assert not between(old, ordered()).needed


def test_a_refill_with_the_same_solution_does_not_need_the_volume_of_the_line():
    unknown = {"pump": {"model": "synchromed-iii-20"}, "catheter": {"tip": "T10"}}

    assert not between(ordered(MORPHINE, unknown), ordered(MORPHINE, unknown)).needed


# refused -----------------------------------------------------------------------------------------

SEGMENT = MORPHINE["catheter"]["segment"][0]
REFUSALS: dict[str, tuple[str, Tree, Tree]] = {
    "another pump model": ("pumps-differ", {}, {"pump.model": "synchromed-ii-40"}),
    "another serial number": ("pumps-differ", {}, {"pump.serial": "NGP000001H"}),
    "another length": ("lines-differ", {}, {"catheter.segment.0.trimmed": "20 cm"}),
    "another catheter": ("lines-differ", {}, {"catheter.segment.0.model": "indura-8709"}),
    "a second segment": ("lines-differ", {}, {"catheter.segment": [SEGMENT, SEGMENT]}),
    "a replaced segment": ("lines-differ", {}, {"catheter.segment.0.new": True}),
    "another tubing": ("lines-differ", {}, {"pump.tubing_volume": "0.199 mL"}),
    "old pump stopped": (
        "old-dose-zero",
        {"infusion": {"primary": "morphine", "mode": "stopped"}},
        {},
    ),
    "old pump at minimum rate": (
        "old-dose-zero",
        {"infusion": {"primary": "morphine", "mode": "minimum-rate"}},
        {},
    ),
    "a flow below the pump's minimum": (
        "bridge-rate-outside-pump",
        {"infusion.daily_dose": "0.47 mg/day"},
        {},
    ),
    "a flow above the pump's maximum": (
        "bridge-rate-outside-pump",
        {"infusion.daily_dose": "241 mg/day"},
        {},
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_bridge_that_cannot_be_is_refused_with_the_way_out(name):
    code, before, after = REFUSALS[name]
    weak = changed(MORPHINE, {"solution.drug.0.concentration": "10 mg/mL"})

    with pytest.raises(Refused) as refused:
        between(ordered(weak, before), ordered(MORPHINE, after))
    assert refused.value.code == code
    assert refused.value.way_out.endswith(".")


@pytest.mark.parametrize(
    ("dose", "rate"), [("0.48 mg/day", "0.048 mL/day"), ("240 mg/day", "24 mL/day")]
)
def test_the_bridge_may_run_at_either_end_of_the_pump_s_range(dose, rate):
    assert between(solution("10 mg/mL", dose), solution("20 mg/mL")).rate == q(rate)


@pytest.mark.parametrize(
    "unknown",
    [
        {"pump": {"model": "synchromed-iii-20"}},
        {"pump": {"model": "prometra-ii-20"}},
        {"catheter": None},
    ],
)
def test_a_line_whose_volume_nobody_knows_is_asked_for(unknown):
    with pytest.raises(Refused) as refused:
        between(solution("10 mg/mL", **unknown), solution("20 mg/mL", **unknown))
    assert refused.value.code == "missing-for-check"
    assert "[" in refused.value.way_out


def test_an_order_may_supply_the_tubing_that_the_books_lack():
    own: dict[str, Any] = {"pump": {"model": "prometra-ii-20", "tubing_volume": "0.2 mL"}}

    assert between(solution("10 mg/mL", **own), solution("20 mg/mL", **own)).volume == q(
        "0.37908 mL"
    )


def test_only_a_drug_of_the_old_solution_can_be_held():
    with pytest.raises(Refused) as refused:
        between(ordered(), ordered(MIXTURE), hold="bupivacaine")
    assert refused.value.code == "held-drug-not-in-line"
    assert "morphine" in refused.value.way_out


def test_the_serial_number_may_be_unsaid_on_one_side():
    unsaid: dict[str, Any] = {"pump.serial": None}
    old = solution("10 mg/mL", **unsaid)

    assert between(old, solution("20 mg/mL")).needed


def test_baclofen_is_bridged_in_micrograms():
    # 0.31908 mL of 500 mcg/mL at 440 mcg/day.
    old = ordered(
        BACLOFEN,
        {
            "solution.drug.0.concentration": "500 mcg/mL",
            "solution.drug.0.product": "lioresal-500",
        },
    )

    found = between(old, ordered(BACLOFEN))
    assert found.dose == {"baclofen": q("159.54 mcg")}
    assert found.dose["baclofen"].unit.name == "mcg"
    assert found.omitted.delivered_fraction == Fraction(1, 4)
