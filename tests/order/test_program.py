"""What goes into the pump, as that pump can do it, and a digest to compare it by."""

import random
import re
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cisterna.order.bridge import bridge
from cisterna.order.program import Program, digest, max_daily_dose, per_24h, program
from cisterna.order.quantise import achieved_rate, achieved_volume, rate_step, stroke
from cisterna.order.reading import prescription_from_text
from cisterna.quantity import Quantity
from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    LIBRARY,
    MIXTURE,
    MORPHINE,
    REMOTE,
    Changes,
    Tree,
    after,
    changed,
    ordered,
    q,
)
from tests.orders import toml

STEP = rate_step(LIBRARY.pump("synchromed-ii-20"), LIBRARY)
ONE_NL_PER_H = q("1 nL/h")

FLEX = {
    "primary": "morphine",
    "mode": "flex",
    "step": [
        {"from": "00:00", "dose_rate": "0.15 mg/h"},
        {"from": "10:00", "dose_rate": "0.25 mg/h"},
    ],
}
PERIODIC = {
    "primary": "morphine",
    "mode": "periodic-bolus",
    "dose": "0.5 mg",
    "duration": "30 min",
    "interval": "5 h",
    "first": "00:00",
    "background": "0.96 mg/day",
}


def of(base: Tree = MORPHINE, changes: Changes | None = None) -> Program:
    return program(ordered(base, changes or {}), LIBRARY)


# hand-derived ------------------------------------------------------------------------------------


def test_a_continuous_order_is_one_rate_rounded_down():
    # 0.22 mL/day are 9,166.67 nL/h.
    (row,) = of().rates

    assert (row.at, row.rate, row.until) == ("00:00", q("9166 nL/h"), None)
    assert row.ordered == q("0.22 mL/day")


def test_ordered_and_achieved_stand_side_by_side():
    # 24 × 9,166 nL = 0.219984 mL of 20 mg/mL.
    found = of()

    assert found.daily_volume == q("0.22 mL")
    assert found.daily_dose == {"morphine": q("4.4 mg/day")}
    assert found.achieved.daily_volume == q("0.219984 mL")
    assert found.achieved.daily_dose == {"morphine": q("4.39968 mg/day")}


def test_a_flex_day_has_a_rate_from_each_of_its_times():
    # 0.15 mg/h of 20 mg/mL are 7,500 nL/h, 0.25 mg/h are 12,500.
    rates = [(r.at, r.rate) for r in of(MORPHINE, {"infusion": FLEX}).rates]

    assert rates == [("00:00", q("7500 nL/h")), ("10:00", q("12500 nL/h"))]


def test_a_flex_week_names_its_days():
    weekdays = ["mon", "tue", "wed", "thu", "fri"]
    steps = [
        {"from": "00:00", "dose_rate": "0.2 mg/h", "days": weekdays},
        {"from": "00:00", "dose_rate": "0.3 mg/h", "days": ["sat", "sun"]},
        {"from": "09:30", "dose_rate": "0.1 mg/h", "days": ["sat"]},
    ]
    found = of(MORPHINE, {"infusion": {"primary": "morphine", "mode": "flex", "step": steps}})

    assert found.repeats_every == q("7 day")
    labels = [r.at for r in found.rates]
    assert labels[:2] == ["mon 00:00", "tue 00:00"]
    assert labels[-3:] == ["sat 00:00", "sat 09:30", "sun 00:00"]


def test_a_bridge_is_the_first_rate_from_the_fill_to_its_end():
    old = ordered(
        MORPHINE,
        {"solution.drug.0.concentration": "10 mg/mL", "infusion.daily_dose": "4 mg/day"},
    )
    new = after(old, ordered())
    first, then = program(new, LIBRARY, bridge(old, new, LIBRARY)).rates

    # 0.4 mL/day are 16,666.67 nL/h, for 19 h 8 min 41 s.
    assert (first.rate, first.ordered) == (q("16666 nL/h"), q("0.4 mL/day"))
    assert first.at == "2026-11-23T10:00:00+00:00"
    assert first.until is not None
    assert first.until.startswith("2026-11-24T05:08:41")
    assert then.rate == q("9166 nL/h")


def test_the_other_drugs_of_a_mixture_follow_the_flow():
    # 0.22 mL/day of 10 mg/mL bupivacaine.
    assert of(MIXTURE).daily_dose["bupivacaine"] == q("2.2 mg/day")


def test_the_largest_day_counts_every_patient_dose():
    # 4.4 + 5 × 0.2 mg of morphine; (0.22 + 0.05) mL of 10 mg/mL bupivacaine.
    found = of(MIXTURE, {"remote": REMOTE})

    assert found.max_daily_dose == {"morphine": q("5.4 mg/day"), "bupivacaine": q("2.7 mg/day")}


def test_the_guard_s_limit_is_the_order_s_else_the_largest_day():
    assert per_24h(ordered(MORPHINE, {"remote": REMOTE})) == q("5.4 mg/day")
    stated = {"remote": REMOTE, "limits": {"per_24h": "6 mg/day"}}
    assert per_24h(ordered(MORPHINE, stated)) == q("6 mg/day")
    weekend = [
        {"from": "00:00", "dose_rate": "0.1 mg/h", "days": ["mon", "tue", "wed", "thu", "fri"]},
        {"from": "00:00", "dose_rate": "0.2 mg/h", "days": ["sat", "sun"]},
    ]
    flex = {"infusion": {"primary": "morphine", "mode": "flex", "step": weekend}}
    assert per_24h(ordered(MORPHINE, flex)) == q("4.8 mg/day")


def test_a_patient_dose_is_whole_strokes_and_never_more_than_ordered():
    # A Prometra pulse is 2.5 mcL: 0.25 mg of 20 mg/mL are 12.5 mcL, five pulses; 0.24 mg four.
    def given_dose(dose: str) -> dict[str, Quantity] | None:
        changes = {"pump.model": "prometra-ii-20", "remote": {**REMOTE, "dose": dose}}
        return of(MORPHINE, changes).achieved.patient_dose

    assert given_dose("0.25 mg") == {"morphine": q("0.25 mg")}
    assert given_dose("0.24 mg") == {"morphine": q("0.2 mg")}
    assert of().achieved.patient_dose is None


def test_a_pump_whose_mechanics_nobody_knows_borrows_those_of_the_reference_and_says_so():
    assert [f.path for f in of().facts] == [
        "cisterna-reference.rate_step",
        "cisterna-reference.stroke",
    ]
    assert {f.certainty for f in of().facts} == {"assumed"}
    own = stroke(LIBRARY.pump("prometra-ii-20"), LIBRARY)
    assert (own.path, own.value) == ("prometra-ii.stroke", q("2.5 mcL"))


# rounding ----------------------------------------------------------------------------------------

flows = st.fractions(min_value=0, max_value=30).map(lambda x: Quantity.of(x, "mL/day"))


@given(flows)
def test_rounding_a_rate_never_raises_a_dose_and_costs_less_than_one_nanolitre_an_hour(flow):
    rate = achieved_rate(flow, STEP)

    assert rate <= flow
    assert flow - rate < ONE_NL_PER_H
    assert rate.number("nL/h").denominator == 1


@given(flows)
def test_a_rate_that_the_pump_can_run_is_left_alone(flow):
    rate = achieved_rate(flow, STEP)

    assert achieved_rate(rate, STEP) == rate


@given(st.fractions(min_value=0, max_value=1), st.sampled_from(["prometra-ii-20", "medstream"]))
def test_rounding_a_dose_never_raises_it_and_costs_less_than_one_stroke(volume, pump):
    one = stroke(LIBRARY.pump(pump), LIBRARY)
    wanted = Quantity.of(volume, "mL")
    achieved = achieved_volume(wanted, one)

    assert achieved <= wanted
    assert wanted - achieved < one.value
    assert (achieved.base / one.value.base).denominator == 1


@given(
    st.integers(1, 20_000),
    st.sampled_from(["1 mg/mL", "7.5 mg/mL", "20 mg/mL", "33.3 mg/mL"]),
    st.sampled_from(["synchromed-ii-20", "prometra-ii-40", "external-reference"]),
)
def test_no_programme_gives_more_than_was_ordered(dose, strength, pump):
    found = of(
        MIXTURE,
        {
            "infusion.daily_dose": f"{dose} mcg/day",
            "solution.drug.0.concentration": strength,
            "pump.model": pump,
        },
    )

    assert found.achieved.daily_volume <= found.daily_volume
    assert found.daily_volume - found.achieved.daily_volume < q("24 nL")
    for name, ordered_dose in found.daily_dose.items():
        assert found.achieved.daily_dose[name] <= ordered_dose


@given(st.lists(st.integers(0, 900), min_size=1, max_size=13))
def test_every_step_of_a_day_is_rounded_down_by_less_than_one_nanolitre_an_hour(rates):
    steps = [{"from": f"{n:02d}:00", "dose_rate": f"{r} mcg/h"} for n, r in enumerate(rates)]
    infusion = {"primary": "morphine", "mode": "flex", "step": steps}

    for row in of(MORPHINE, {"infusion": infusion}).rates:
        assert row.rate <= row.ordered
        assert row.ordered - row.rate < ONE_NL_PER_H


@given(st.integers(0, 60), st.integers(1, 12))
def test_the_largest_day_is_the_schedule_s_plus_every_patient_dose(dose, count):
    assume(dose)
    changes = {"remote": {**REMOTE, "dose": f"{dose} mcg", "max_per_day": count}}

    found = max_daily_dose(ordered(MORPHINE, changes))["morphine"]
    assert found.number("mcg/day") == 4400 + dose * count


# the digest --------------------------------------------------------------------------------------

BASE = {
    "remote": REMOTE,
    "limits": {"per_24h": "5.4 mg/day"},
    "safe": {"floor": "0.05 mL/day"},
}
ENTERED = {
    "patient": {"patient.id": "MRN 0002"},
    "pump model": {"pump.model": "synchromed-ii-40"},
    "pump serial": {"pump.serial": "NGP000001H"},
    "pump clock": {"pump.offset": "-05:00"},
    "concentration": {"solution.drug.0.concentration": "20.1 mg/mL"},
    "drug": {
        "solution.drug": [{"name": "hydromorphone", "concentration": "20 mg/mL"}],
        "infusion.primary": "hydromorphone",
    },
    "another drug": {"solution.drug": MIXTURE["solution"]["drug"]},
    "fill volume": {"solution.fill_volume": "19 mL"},
    "fill time": {"solution.filled_at": MORPHINE["solution"]["filled_at"] + timedelta(minutes=1)},
    "dose": {"infusion.daily_dose": "4.5 mg/day"},
    "mode": {"infusion": FLEX},
    "patient dose": {"remote.dose": "0.21 mg"},
    "dose duration": {"remote.duration": "11 min"},
    "lockout": {"remote.lockout": "3 h"},
    "doses a day": {"remote.max_per_day": 4},
    "no remote": {"remote": None},
    "limit": {"limits.per_24h": "5.5 mg/day"},
    "floor": {"safe.floor": "0.06 mL/day"},
    "no floor": {"safe": None},
    "alarm": {"alarm.low_reservoir": "4 mL"},
}
FLEX_ENTERED = {
    "time": {"infusion.step.1.from": "11:00"},
    "rate": {"infusion.step.1.dose_rate": "0.26 mg/h"},
    "days": {
        "infusion.step": [
            *FLEX["step"],
            {"from": "12:00", "dose_rate": "0.25 mg/h", "days": ["sun"]},
        ],
        "infusion.step.2.dose_rate": "0.3 mg/h",
    },
}
PERIODIC_ENTERED = {
    "bolus": {"infusion.dose": "0.6 mg"},
    "duration": {"infusion.duration": "20 min"},
    "interval": {"infusion.interval": "7 h"},
    "interval of a day": {"infusion.interval": "6 h"},
    "first": {"infusion.first": "01:00"},
    "background": {"infusion.background": "1 mg/day"},
}
ALL_ENTERED = [
    *(("continuous", {}, name, change) for name, change in ENTERED.items()),
    *(("flex", {"infusion": FLEX}, name, change) for name, change in FLEX_ENTERED.items()),
    *(
        ("periodic", {"infusion": PERIODIC}, name, change)
        for name, change in PERIODIC_ENTERED.items()
    ),
]


@pytest.mark.parametrize(
    ("mode", "start", "name", "change"), ALL_ENTERED, ids=[f"{m} {n}" for m, _, n, _ in ALL_ENTERED]
)
def test_any_other_value_gives_another_digest(mode, start, name, change):
    base = changed(changed(MORPHINE, BASE), start)

    assert of(base).digest != of(changed(base, change)).digest, (mode, name)


def test_a_bridge_changes_the_digest():
    old = ordered(
        MORPHINE,
        {"solution.drug.0.concentration": "10 mg/mL", "infusion.daily_dose": "4 mg/day"},
    )
    new = after(old, ordered())

    assert program(new, LIBRARY, bridge(old, new, LIBRARY)).digest != program(new, LIBRARY).digest


NOT_ENTERED: dict[str, Changes] = {
    "unit": {"infusion.daily_dose": "4400 mcg/day"},
    "trailing zero": {"solution.fill_volume": "20.0 mL"},
    "who orders": {"order.by": "Dr B. Example"},
    "product": {"solution.drug.0.product": "mitigo-25"},
    "conditions": {"patient.conditions": ["copd"]},
}


@pytest.mark.parametrize("name", NOT_ENTERED)
def test_what_is_not_entered_does_not_change_the_digest(name):
    base = changed(MORPHINE, BASE)

    assert of(base).digest == of(changed(base, NOT_ENTERED[name])).digest


def test_comments_and_white_space_do_not_change_the_digest():
    text = toml(MIXTURE)
    spaced = "# a comment\n\n" + re.sub(r"(?m)$", "   # another", text.replace(" = ", "   =  "))

    plain = program(prescription_from_text(text, LIBRARY), LIBRARY)
    noisy = program(prescription_from_text(spaced, LIBRARY), LIBRARY)
    assert plain.digest == noisy.digest


@given(st.permutations(["morphine", "bupivacaine", "clonidine"]), st.integers(0, 2**32))
def test_the_order_of_drugs_and_keys_does_not_change_the_digest(names, seed):
    strengths = {"morphine": "20 mg/mL", "bupivacaine": "10 mg/mL", "clonidine": "100 mcg/mL"}
    rows = [{"name": n, "concentration": strengths[n]} for n in names]
    straight = [{"name": n, "concentration": c} for n, c in strengths.items()]
    tree = changed(MORPHINE, {"solution.drug": rows})
    keys = list(tree)
    random.Random(seed).shuffle(keys)  # noqa: S311 - not for cryptography

    shuffled = of({key: tree[key] for key in keys})
    assert shuffled.digest == of(MORPHINE, {"solution.drug": straight}).digest


def test_two_people_can_read_a_digest_aloud():
    for base in (MORPHINE, BACLOFEN, HYDROMORPHONE, MIXTURE):
        assert re.fullmatch(
            r"([b-z][aiou][b-z][aiou][b-z]-){3}[b-z][aiou][b-z][aiou][b-z]", (of(base).digest)
        )


@given(st.sets(st.integers(0, 10**9), min_size=2, max_size=20))
def test_unlike_contents_have_unlike_digests(numbers):
    assert len({digest({"value": n}) for n in numbers}) == len(numbers)


def test_a_digest_is_the_same_on_every_machine():
    # SHA-256 of {"a":1} begins 015a bd7f 5cc5 7a2d.
    assert digest({"a": 1}) == "bajip-rujuz-jugaj-lomot"
