"""Is the change from the previous dose small enough, late enough, and no withdrawal?"""

from datetime import datetime
from typing import Any

import pytest

from cisterna.order.checks import check
from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    LIBRARY,
    MIXTURE,
    MORPHINE,
    PHASES,
    ZICONOTIDE,
    Tree,
    after,
    changed,
    checked,
    drug,
    evidence,
    finding,
    ordered,
    q,
    quiet,
)


def to(text: str, **more: Any) -> Tree:
    return {"infusion.daily_dose": text, **more}


# dose-drop-risks-withdrawal ----------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_baclofen_falls_by_at_most_20_per_cent_at_once(phase):
    here = {"order.phase": phase}
    assert quiet("dose-drop-risks-withdrawal", BACLOFEN, to("320 mcg/day", **here))
    found = finding("dose-drop-risks-withdrawal", BACLOFEN, to("319 mcg/day", **here))

    assert evidence(found) == ("warn", "label", "gabalon-label-jp", "read")
    assert (found.found, found.limit) == (q("20.25 %"), q("20 %"))


@pytest.mark.parametrize("phase", PHASES)
def test_an_opioid_falls_by_at_most_half(phase):
    here = {"order.phase": phase}
    assert quiet("dose-drop-risks-withdrawal", MORPHINE, to("2 mg/day", **here))
    found = finding("dose-drop-risks-withdrawal", MORPHINE, to("1.99 mg/day", **here))

    assert evidence(found) == ("warn", "ours", "ours", "assumed")


def test_clonidine_falls_by_at_most_half():
    base = {
        "solution.drug": [drug("clonidine", "500 mcg/mL")],
        "infusion.primary": "clonidine",
        "order.previous_daily_dose": "100 mcg/day",
    }

    assert quiet("dose-drop-risks-withdrawal", MORPHINE, {**base, **to("50 mcg/day")})
    found = finding("dose-drop-risks-withdrawal", MORPHINE, {**base, **to("49 mcg/day")})
    assert evidence(found) == ("warn", "label", "duraclon-label", "derived")


def test_ziconotide_may_be_stopped_at_once():
    stopped = {"infusion": {"primary": "ziconotide", "mode": "stopped"}}

    assert quiet("dose-drop-risks-withdrawal", ZICONOTIDE, stopped)


@pytest.mark.parametrize("mode", ["stopped", "minimum-rate"])
def test_a_stop_and_the_minimum_rate_are_a_fall_to_nothing(mode):
    changes = {"infusion": {"primary": "baclofen", "mode": mode}}

    found = finding("dose-drop-risks-withdrawal", BACLOFEN, changes)
    assert found.found == q("100 %")


def test_a_drug_that_the_new_solution_leaves_out_falls_to_nothing():
    old = ordered(BACLOFEN)
    new = ordered(MORPHINE, {"order.previous_daily_dose": None, "safe": None})
    codes = check(after(old, new), LIBRARY).findings

    (found,) = [f for f in codes if f.code == "dose-drop-risks-withdrawal"]
    assert found.found == q("100 %")
    assert "baclofen" in found.message
    assert found.limit == q("20 %")


def test_a_drug_whose_end_does_not_harm_may_be_left_out():
    new = ordered(MORPHINE, {"order.previous_daily_dose": None})
    codes = check(after(ordered(MIXTURE), new), LIBRARY).codes()

    assert "dose-drop-risks-withdrawal" not in codes


# step-too-large ----------------------------------------------------------------------------------

STEPS = [
    ("multiple-sclerosis", "titration", "520", "521", "label", "lioresal-label"),
    ("cerebral-palsy", "titration", "460", "461", "label", "lioresal-label"),
    ("multiple-sclerosis", "maintenance", "560", "561", "label", "lioresal-label"),
    ("cerebral-palsy", "maintenance", "480", "481", "label", "lioresal-label"),
]


@pytest.mark.parametrize(("why", "phase", "at", "above", "authority", "source"), STEPS)
def test_baclofen_rises_by_origin_and_phase(why, phase, at, above, authority, source):
    # From 400 mcg/day: 30 % and 15 % while titrated, 40 % and 20 % in maintenance.
    here = {"patient.indication": why, "order.phase": phase}

    assert quiet("step-too-large", BACLOFEN, to(f"{at} mcg/day", **here))
    found = finding("step-too-large", BACLOFEN, to(f"{above} mcg/day", **here))
    assert evidence(found) == ("warn", authority, source, "read")


@pytest.mark.parametrize("why", ["multiple-sclerosis", "cerebral-palsy"])
def test_a_child_is_titrated_by_at_most_15_per_cent_whatever_the_origin(why):
    here = {
        "patient.indication": why,
        "patient.born": None,
        "patient.age": "17 year",
        "order.phase": "titration",
    }

    assert quiet("step-too-large", BACLOFEN, to("460 mcg/day", **here))
    found = finding("step-too-large", BACLOFEN, to("461 mcg/day", **here))
    assert found.limit == q("15 %")


def test_the_childrens_step_is_the_consensus_of_the_best_practice_panel():
    here = {
        "patient.indication": "multiple-sclerosis",
        "patient.born": None,
        "patient.age": "17 year",
        "order.phase": "titration",
    }

    found = finding("step-too-large", BACLOFEN, to("461 mcg/day", **here))
    assert evidence(found) == ("warn", "consensus", "itb-best-practice-dosing", "read")


@pytest.mark.parametrize("phase", ["trial", None, "titration", "maintenance"])
@pytest.mark.parametrize(
    ("why", "at", "above"),
    [
        ("failed-back-surgery-syndrome", "5.2", "5.21"),
        ("cancer-pain", "6", "6.01"),
    ],
)
def test_an_opioid_rises_by_30_per_cent_or_in_cancer_pain_by_50(phase, why, at, above):
    here = {"patient.indication": why, "order.phase": phase}

    assert quiet("step-too-large", MORPHINE, to(f"{at} mg/day", **here))
    found = finding("step-too-large", MORPHINE, to(f"{above} mg/day", **here))
    assert evidence(found) == ("warn", "consensus", "pump-refills-textbook", "read")


def test_without_an_indication_the_smaller_step_binds_and_the_question_is_asked():
    here = {"patient.indication": None}

    assert finding("step-too-large", MORPHINE, to("5.21 mg/day", **here)).limit == q("30 %")
    assert "patient.indication" in str(finding("missing-for-check", MORPHINE, here).found)


@pytest.mark.parametrize(
    ("jurisdiction", "authority", "source"),
    [("US", "label", "prialt-label-us"), ("EU", "agency", "prialt-smpc")],
)
def test_ziconotide_rises_by_at_most_2_4_mcg_a_day(jurisdiction, authority, source):
    here = {"order.jurisdiction": jurisdiction}

    assert quiet("step-too-large", ZICONOTIDE, to("8.4 mcg/day", **here))
    found = finding("step-too-large", ZICONOTIDE, to("8.5 mcg/day", **here))
    assert evidence(found) == ("warn", authority, source, "read")
    assert (found.found, found.limit) == (q("2.5 mcg/day"), q("2.4 mcg/day"))


def test_a_stated_start_is_no_step():
    assert quiet("step-too-large", MORPHINE, to("6 mg/day", **{"order.phase": "start"}))


def test_every_drug_of_the_previous_solution_is_held_against_its_step():
    # Morphine stays at 4.4 mg/day, hydromorphone rises from 1.1 to 2.2 mg/day by its strength.
    def mixed(strength: str) -> Tree:
        return changed(
            MORPHINE,
            {
                "order.previous_daily_dose": None,
                "solution.drug": [drug("morphine", "20 mg/mL"), drug("hydromorphone", strength)],
            },
        )

    new = after(ordered(mixed("5 mg/mL")), ordered(mixed("10 mg/mL")))
    (found,) = [f for f in check(new, LIBRARY).findings if f.code == "step-too-large"]
    assert found.found == q("100 %")
    assert "hydromorphone" in found.message


# step-too-soon -----------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("base", "higher", "at", "before", "expected"),
    [
        (
            BACLOFEN,
            "440 mcg/day",
            "2026-11-22T10:00:00+00:00",
            "2026-11-22T10:00:01+00:00",
            ("warn", "label", "lioresal-label", "read"),
        ),
        (
            MORPHINE,
            "4.4 mg/day",
            "2026-11-22T10:00:00+00:00",
            "2026-11-22T10:00:01+00:00",
            ("warn", "ours", "ours", "assumed"),
        ),
        (
            ZICONOTIDE,
            "7 mcg/day",
            "2026-11-21T02:00:00+00:00",  # 56 h before: at most three times in 7 days
            "2026-11-21T02:00:01+00:00",
            ("warn", "label", "prialt-label-us", "derived"),
        ),
    ],
)
def test_a_rise_waits_for_the_shortest_interval(phase, base, higher, at, before, expected):
    here = {"order.phase": phase, "infusion.daily_dose": higher}
    in_time = {**here, "order.changed_at": datetime.fromisoformat(at)}
    too_soon = {**here, "order.changed_at": datetime.fromisoformat(before)}

    assert quiet("step-too-soon", base, in_time)
    assert evidence(finding("step-too-soon", base, too_soon)) == expected


def test_europe_lets_ziconotide_rise_every_24_hours():
    def last(hour: str) -> Tree:
        moment = datetime.fromisoformat(f"2026-11-22T{hour}+00:00")
        more = {"order.jurisdiction": "EU", "order.changed_at": moment}
        return to("7 mcg/day", **more)

    assert quiet("step-too-soon", ZICONOTIDE, last("10:00:00"))
    found = finding("step-too-soon", ZICONOTIDE, last("10:00:01"))
    assert evidence(found) == ("warn", "agency", "prialt-smpc", "read")


def test_a_fall_may_come_at_any_time():
    moment = datetime.fromisoformat("2026-11-23T09:00:00+00:00")

    assert quiet("step-too-soon", MORPHINE, to("3.9 mg/day", **{"order.changed_at": moment}))


def test_the_same_dose_may_be_ordered_again_at_any_time():
    moment = datetime.fromisoformat("2026-11-23T09:00:00+00:00")

    assert quiet("step-too-soon", MORPHINE, to("4 mg/day", **{"order.changed_at": moment}))


def test_without_the_time_of_the_last_change_nothing_is_too_soon():
    assert quiet("step-too-soon", MORPHINE, {"order.changed_at": None})


# previous dose -----------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_titration_and_maintenance_are_asked_for_the_dose_before(phase):
    changes = {"order.phase": phase, "order.previous_daily_dose": None}
    asked = "order.previous_daily_dose" in str(
        [f.found for f in checked(MORPHINE, changes).findings if f.code == "missing-for-check"]
    )

    assert asked == (phase in ("titration", "maintenance"))


def test_two_statements_of_the_dose_before_must_agree():
    # The old order gives 4.4 mg/day.
    old = ordered(MORPHINE)
    same = after(old, ordered(MORPHINE, {"order.previous_daily_dose": "4400 mcg/day"}))
    other = after(old, ordered(MORPHINE, {"order.previous_daily_dose": "4.0 mg/day"}))

    assert "previous-dose-disagrees" not in check(same, LIBRARY).codes()
    (found,) = [f for f in check(other, LIBRARY).findings if f.code == "previous-dose-disagrees"]
    assert evidence(found) == ("warn", "ours", "ours", "assumed")
    assert (found.found, found.limit) == (q("4 mg/day"), q("4.4 mg/day"))


def test_the_previous_prescription_stands_in_for_a_dose_that_is_not_stated():
    new = ordered(HYDROMORPHONE, to("1.31 mg/day", **{"order.previous_daily_dose": None}))
    codes = check(after(ordered(HYDROMORPHONE), new), LIBRARY).codes()

    assert "step-too-large" in codes
    assert "missing-for-check" not in codes
