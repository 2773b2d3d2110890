"""The prime bolus: filling the part of the line that holds no drug."""

import pytest

from cisterna.order.line import Refused
from cisterna.order.prime import CASES, prime
from tests.order.cases import BACLOFEN, LIBRARY, MIXTURE, MORPHINE, ordered, q

TEN = {"solution.drug.0.concentration": "10 mg/mL", "solution.drug.0.product": "infumorph-200"}
SEGMENT = MORPHINE["catheter"]["segment"][0]


@pytest.mark.parametrize(
    ("case", "volume", "dose", "minutes"),
    [
        # 81.4 cm × 0.0022 mL/cm, and with 0.140 mL of tubing; at 24 mL/day or 1 mL/h.
        ("new-implant", "0.17908 mL", "1.7908 mg", "10.7448 min"),
        ("unprimed", "0.31908 mL", "3.1908 mg", "19.1448 min"),
        ("catheter-replaced", "0.17908 mL", "1.7908 mg", "10.7448 min"),
    ],
)
def test_the_prime_fills_what_holds_no_drug(case, volume, dose, minutes):
    found = prime(ordered(MORPHINE, TEN), case)

    assert (found.volume, found.dose) == (q(volume), {"morphine": q(dose)})
    assert found.min_duration == q(minutes)


def test_after_a_new_segment_only_that_segment_is_primed():
    # 30 cm less 5 cm trimmed: 25 × 0.0022 mL.
    new = {"model": "ascenda-8781", "supplied": "30 cm", "trimmed": "5 cm", "new": True}
    rx = ordered(MORPHINE, {**TEN, "catheter.segment": [SEGMENT, new]})

    found = prime(rx, "segment-replaced")
    assert (found.volume, found.dose) == (q("0.055 mL"), {"morphine": q("0.55 mg")})
    assert found.min_duration == q("3.3 min")
    # The whole catheter is longer.
    assert prime(rx, "new-implant").volume == q("0.23408 mL")


def test_a_segment_that_nobody_marked_as_new_cannot_be_primed():
    with pytest.raises(Refused) as refused:
        prime(ordered(), "segment-replaced")
    assert refused.value.code == "no-new-segment"
    assert "new = true" in refused.value.way_out


def test_a_refill_is_refused_because_the_line_is_full():
    with pytest.raises(Refused) as refused:
        prime(ordered(), "refill")
    assert refused.value.code == "line-is-full"
    assert "bridge" in refused.value.way_out


def test_every_case_is_either_primed_or_refused():
    new = {**SEGMENT, "new": True}
    rx = ordered(MORPHINE, {"catheter.segment": [new]})
    primed = [case for case in CASES if case != "refill" and prime(rx, case).volume]

    assert len(primed) == len(CASES) - 1 == 4


def test_the_prime_of_a_synchromed_uses_the_corrected_tubing_not_the_larger_one():
    # 0.140 mL since the change of software; 0.199 mL before it gave 0.059 mL too much.
    assert prime(ordered(MORPHINE, {"pump.tubing_volume": None}), "unprimed").volume == q(
        "0.31908 mL"
    )


def test_every_drug_of_a_mixture_is_shown():
    # 0.17908 mL of 20 and 10 mg/mL.
    assert prime(ordered(MIXTURE), "new-implant").dose == {
        "morphine": q("3.5816 mg"),
        "bupivacaine": q("1.7908 mg"),
    }


def test_the_dose_is_in_the_unit_that_the_drug_is_ordered_in():
    dose = prime(ordered(BACLOFEN), "new-implant").dose["baclofen"]

    assert (dose, dose.unit.name) == (q("358.16 mcg"), "mcg")


@pytest.mark.parametrize("case", ["new-implant", "unprimed", "catheter-replaced"])
def test_without_a_catheter_on_record_nothing_is_primed(case):
    with pytest.raises(Refused) as refused:
        prime(ordered(MORPHINE, {"catheter": None}), case)
    assert refused.value.code == "missing-for-check"


def test_the_tubing_is_asked_for_only_where_it_must_be_filled():
    rx = ordered(MORPHINE, {"pump": {"model": "prometra-ii-20"}})

    assert prime(rx, "new-implant").volume == q("0.17908 mL")
    with pytest.raises(Refused) as refused:
        prime(rx, "unprimed")
    assert "tubing_volume" in refused.value.way_out


def test_a_pump_whose_fastest_flow_is_unknown_has_no_shortest_time():
    rx = ordered(MORPHINE, {"pump": {"model": "medstream"}})

    assert prime(rx, "new-implant").min_duration is None


def test_the_catheter_s_own_volume_per_length_counts():
    segment = {"model": "prometra-11823", "supplied": "110 cm", "trimmed": "10 cm"}
    rx = ordered(MORPHINE, {"catheter.segment": [segment]})

    assert LIBRARY.catheter("prometra-11823").volume_per_length is not None
    assert prime(rx, "new-implant").volume == q("0.26 mL")
