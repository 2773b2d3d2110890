"""Is the dose inside the limits of label, consensus and agency, and is it the right unit?"""

from typing import Any

import pytest

from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    LIBRARY,
    MIXTURE,
    MORPHINE,
    NEW_PHASES,
    PHASES,
    REMOTE,
    ZICONOTIDE,
    Tree,
    checked,
    drug,
    evidence,
    finding,
    findings,
    q,
    quiet,
)

EXTERNAL = {"pump.model": "external-reference", "pump.tubing_volume": None}
CEILINGS = ("dose-above-label", "dose-above-consensus", "dose-above-agency")


def dose(text: str, phase: str | None = "maintenance", **more: Any) -> Tree:
    return {"infusion.daily_dose": text, "order.phase": phase, **more}


# dose-above-start ------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", NEW_PHASES)
@pytest.mark.parametrize("tolerant", [True, False, None])
def test_a_first_morphine_dose_is_held_against_the_lowest_start_limit(phase, tolerant):
    # The label starts at up to 1 mg/day (10 if tolerant), the consensus at up to 0.5 mg/day.
    changes = {"patient.opioid_tolerant": tolerant, "solution.drug.0.concentration": "5 mg/mL"}

    assert quiet("dose-above-start", MORPHINE, dose("0.5 mg/day", phase, **changes))
    found = finding("dose-above-start", MORPHINE, dose("0.501 mg/day", phase, **changes))
    assert evidence(found) == ("warn", "consensus", "pacc-2017", "recalled")
    assert found.limit == q("0.5 mg/day")
    assert found.found == q("0.501 mg/day")


@pytest.mark.parametrize("phase", ["titration", "maintenance"])
def test_start_limits_do_not_bind_a_running_therapy(phase):
    assert quiet("dose-above-start", MORPHINE, dose("4.4 mg/day", phase))


def test_the_label_starts_a_naive_person_ten_times_lower_than_a_tolerant_one():
    limits = {x.fact.path: x for x in LIBRARY.drug("morphine").ever("start")}
    naive = limits["morphine.limit.start-label-naive"]
    tolerant = limits["morphine.limit.start-label-tolerant"]

    assert (naive.fact.most, tolerant.fact.most) == (q("1 mg/day"), q("10 mg/day"))
    assert naive.fact.certainty == tolerant.fact.certainty == "read"


@pytest.mark.parametrize("tolerant", [True, False, None])
def test_an_order_that_does_not_say_whether_the_person_tolerates_opioids_is_asked(tolerant):
    changes = dose("0.5 mg/day", "start", **{"patient.opioid_tolerant": tolerant})
    asked = [f.found for f in findings("missing-for-check", MORPHINE, changes)]

    assert ("patient.opioid_tolerant" in str(asked)) == (tolerant is None)


@pytest.mark.parametrize("jurisdiction", ["US", "EU"])
def test_ziconotide_starts_at_the_consensus_in_either_jurisdiction(jurisdiction):
    # 2.4 mcg/day in both labels; the consensus of 1.2 mcg/day is lower and was read.
    where = {"order.jurisdiction": jurisdiction}

    assert quiet("dose-above-start", ZICONOTIDE, dose("1.2 mcg/day", "start", **where))
    found = finding("dose-above-start", ZICONOTIDE, dose("1.21 mcg/day", "start", **where))
    assert evidence(found) == ("warn", "consensus", "pacc-2017", "read")


@pytest.mark.parametrize("phase", NEW_PHASES)
@pytest.mark.parametrize(
    ("effect", "highest"),
    [("6 h", "100 mcg/day"), ("8 h", "100 mcg/day"), ("8.1 h", "50 mcg/day")],
)
def test_baclofen_starts_at_twice_the_screening_dose_or_once_after_a_long_effect(
    phase, effect, highest
):
    screened = {
        "order.screening_dose": "50 mcg",
        "order.screening_effect": effect,
        "solution.drug.0.concentration": "500 mcg/mL",
        "solution.drug.0.product": "lioresal-500",
    }
    above = str(q(highest).number("mcg/day") + 1)

    assert quiet("dose-above-start", BACLOFEN, dose(highest, phase, **screened))
    found = finding("dose-above-start", BACLOFEN, dose(f"{above} mcg/day", phase, **screened))
    assert evidence(found) == ("warn", "label", "lioresal-label", "read")
    assert found.limit == q(highest)


def test_without_its_screening_dose_a_baclofen_start_is_asked_and_held_against_the_label():
    # Twice the largest screening dose of 100 mcg.
    assert quiet("dose-above-start", BACLOFEN, dose("200 mcg/day", "start"))
    found = finding("dose-above-start", BACLOFEN, dose("201 mcg/day", "start"))
    assert (found.limit, found.certainty) == (q("200 mcg/day"), "derived")
    asked = finding("missing-for-check", BACLOFEN, dose("200 mcg/day", "start"))
    assert "order.screening_dose" in str(asked.found)


def test_a_bolus_trial_is_held_against_the_trial_bolus_not_the_daily_start():
    # The consensus' trial bolus of morphine is at most 0.5 mg; once a day that is 0.5 mg/day too.
    trial = {
        "order.phase": "trial",
        "infusion": {
            "primary": "morphine",
            "mode": "periodic-bolus",
            "dose": "0.5 mg",
            "duration": "10 min",
            "interval": "8 h",
            "background": "0 mg/day",
        },
    }

    assert quiet("dose-above-start", MORPHINE, trial)
    found = finding("dose-above-start", MORPHINE, {**trial, "infusion.dose": "0.51 mg"})
    assert found.limit == q("0.5 mg")
    assert found.source == "pacc-2017-trialing"
    start = {**trial, "order.phase": "start"}
    assert finding("dose-above-start", MORPHINE, start).found == q("1.5 mg/day")


def test_every_drug_of_a_mixture_is_held_against_its_own_start():
    # 0.5 mg/day of 1 mg/mL morphine is 0.5 mL/day, which carries 5 mg/day of 10 mg/mL bupivacaine.
    changes = {
        "order.phase": "start",
        "infusion.daily_dose": "0.5 mg/day",
        "solution.drug.0.concentration": "1 mg/mL",
    }

    found = finding("dose-above-start", MIXTURE, changes)
    assert "bupivacaine" in found.message
    assert (found.found, found.limit) == (q("5 mg/day"), q("4 mg/day"))
    weaker = {**changes, "solution.drug.1.concentration": "8 mg/mL"}
    assert quiet("dose-above-start", MIXTURE, weaker)


# dose-above-label, -consensus, -agency -----------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_morphine_has_a_ceiling_of_the_consensus_and_a_higher_one_of_the_label(phase):
    base = {"order.previous_daily_dose": "15 mg/day"}
    assert not set(CEILINGS) & set(checked(MORPHINE, dose("15 mg/day", phase, **base)).codes())

    above = dose("15.1 mg/day", phase, **base)
    consensus = finding("dose-above-consensus", MORPHINE, above)
    assert evidence(consensus) == ("warn", "consensus", "pacc-2017", "recalled")
    assert consensus.limit == q("15 mg/day")
    assert quiet("dose-above-label", MORPHINE, dose("20 mg/day", phase, **base))

    label = finding("dose-above-label", MORPHINE, dose("20.1 mg/day", phase, **base))
    assert evidence(label) == ("warn", "label", "infumorph-label", "read")
    assert label.limit == q("20 mg/day")


@pytest.mark.parametrize(
    ("jurisdiction", "amount", "codes"),
    [
        ("US", "19.2", set()),
        ("US", "19.3", {"dose-above-label", "dose-above-consensus"}),
        ("US", "21.6", {"dose-above-label", "dose-above-consensus"}),
        ("US", "21.7", {"dose-above-label", "dose-above-consensus", "dose-above-agency"}),
        ("EU", "19.2", set()),
        ("EU", "19.3", {"dose-above-consensus"}),
        ("EU", "21.6", {"dose-above-consensus"}),
        ("EU", "21.7", {"dose-above-label", "dose-above-consensus", "dose-above-agency"}),
    ],
)
def test_ziconotide_has_19_2_mcg_a_day_in_the_us_and_21_6_in_europe(jurisdiction, amount, codes):
    changes = dose(
        f"{amount} mcg/day",
        **{"order.jurisdiction": jurisdiction, "order.previous_daily_dose": "18 mcg/day"},
    )

    assert set(checked(ZICONOTIDE, changes).codes()) & set(CEILINGS) == codes


def test_an_agency_ceiling_names_the_agency_and_its_own_source():
    changes = dose("21.7 mcg/day", **{"order.jurisdiction": "EU"})

    found = finding("dose-above-agency", ZICONOTIDE, changes)
    assert evidence(found) == ("warn", "agency", "prialt-smpc", "read")
    assert found.limit == q("21.6 mcg/day")


def test_a_us_label_ceiling_names_the_us_label():
    found = finding("dose-above-label", ZICONOTIDE, dose("19.3 mcg/day"))

    assert evidence(found) == ("warn", "label", "prialt-label-us", "read")


def test_baclofen_warns_above_1000_mcg_a_day_and_no_authority_stops_it():
    before = {"order.previous_daily_dose": "950 mcg/day"}
    assert quiet("dose-above-label", BACLOFEN, dose("1000 mcg/day", **before))
    assert finding("dose-above-label", BACLOFEN, dose("1001 mcg/day", **before)).severity == "warn"
    assert checked(BACLOFEN, dose("1001 mcg/day", **before)).ok


def test_an_interval_of_ceilings_warns_above_its_upper_end():
    # Bupivacaine: 15 to 20 mg/day. 4 mg/day of 20 mg/mL morphine is 0.2 mL/day.
    at = {"infusion.daily_dose": "4 mg/day", "solution.drug.1.concentration": "100 mg/mL"}
    above = {**at, "solution.drug.1.concentration": "101 mg/mL"}

    assert quiet("dose-above-consensus", MIXTURE, at)
    assert finding("dose-above-consensus", MIXTURE, above).limit == q("20 mg/day")


def test_the_ceiling_is_held_against_the_largest_24_hours_of_the_week():
    # 14.4 mg/day on weekdays and 24 mg/day on Saturday: the mean is below 16, one day is not.
    week = ["mon", "tue", "wed", "thu", "fri", "sun"]
    steps = [
        {"from": "00:00", "dose_rate": "0.6 mg/h", "days": week},
        {"from": "00:00", "dose_rate": "1 mg/h", "days": ["sat"]},
    ]
    changes = {"infusion": {"primary": "morphine", "mode": "flex", "step": steps}}

    assert finding("dose-above-label", MORPHINE, changes).found == q("24 mg/day")


def test_published_practice_never_warns():
    # Clonidine was published up to 960 mcg/day in implanted pumps; the consensus says 600.
    changes = {
        "solution.drug": [drug("clonidine", "1000 mcg/mL")],
        "infusion": {"primary": "clonidine", "mode": "continuous", "daily_dose": "961 mcg/day"},
        "order.previous_daily_dose": "900 mcg/day",
        "safe": {"floor": "0.1 mL/day"},
    }

    codes = checked(MORPHINE, changes).codes()
    assert [c for c in codes if c in CEILINGS] == ["dose-above-consensus"]


# dose-with-remote-above-limit --------------------------------------------------------------------


def test_all_patient_doses_together_are_held_against_the_ceilings():
    # 14 mg/day and five doses: 0.2 mg make 15 mg/day, 0.21 mg make 15.05.
    before = {"order.previous_daily_dose": "14 mg/day"}
    base = dose("14 mg/day", remote=REMOTE, **before)

    assert quiet("dose-with-remote-above-limit", MORPHINE, base)
    found = finding("dose-with-remote-above-limit", MORPHINE, {**base, "remote.dose": "0.21 mg"})
    assert evidence(found) == ("warn", "consensus", "pacc-2017", "recalled")
    assert (found.found, found.limit) == (q("15.05 mg/day"), q("15 mg/day"))


def test_a_schedule_that_just_keeps_to_the_ceiling_leaves_no_room_for_patient_doses():
    before = {"order.previous_daily_dose": "15 mg/day"}
    changes = dose("15 mg/day", remote=REMOTE, **before)

    assert finding("dose-with-remote-above-limit", MORPHINE, changes).found == q("16 mg/day")


def test_a_ceiling_that_the_schedule_breaks_by_itself_is_not_said_twice():
    before = {"order.previous_daily_dose": "15 mg/day"}
    changes = dose("16 mg/day", remote=REMOTE, **before)

    assert quiet("dose-with-remote-above-limit", MORPHINE, changes)
    assert not quiet("dose-above-consensus", MORPHINE, changes)


def test_the_orders_own_limit_must_leave_room_for_every_promised_dose():
    # 4.4 + 5 × 0.2 = 5.4 mg/day.
    base = {"remote": REMOTE, "limits": {"per_24h": "5.4 mg/day"}}

    assert quiet("dose-with-remote-above-limit", MORPHINE, base)
    found = finding(
        "dose-with-remote-above-limit", MORPHINE, {**base, "limits.per_24h": "5.39 mg/day"}
    )
    assert evidence(found) == ("warn", "ours", "ours", "assumed")
    assert (found.found, found.limit) == (q("5.4 mg/day"), q("5.39 mg/day"))


def test_the_orders_own_limit_binds_a_schedule_without_remote_too():
    assert quiet("dose-with-remote-above-limit", MORPHINE, {"limits.per_24h": "4.4 mg/day"})
    assert not quiet("dose-with-remote-above-limit", MORPHINE, {"limits.per_24h": "4.3 mg/day"})


# dose-unit-slip ----------------------------------------------------------------------------------


def strong(text: str, phase: str | None = "maintenance", **more: Any) -> Tree:
    """A dose from a solution so strong that the reservoir still lasts for weeks."""
    return dose(text, phase, **{"solution.drug.0.concentration": "1000 mg/mL", **more})


@pytest.mark.parametrize("phase", PHASES)
def test_four_times_the_highest_ceiling_is_a_slip_in_every_phase(phase):
    # The highest ceiling of morphine in an implanted pump is the label's 20 mg/day.
    before = {"order.previous_daily_dose": "79 mg/day"}

    assert quiet("dose-unit-slip", MORPHINE, strong("79.9 mg/day", phase, **before))
    found = finding("dose-unit-slip", MORPHINE, strong("80 mg/day", phase, **before))
    assert evidence(found) == ("block", "ours", "ours", "assumed")
    assert found.limit == q("80 mg/day")
    assert not checked(MORPHINE, strong("80 mg/day", phase, **before)).ok


def test_an_external_pump_has_the_higher_published_ceiling():
    # 94 mg/day was published for an external pump: 4 × 94 = 376 mg/day.
    external = {**EXTERNAL, "order.previous_daily_dose": "300 mg/day"}

    assert quiet("dose-unit-slip", MORPHINE, strong("375 mg/day", **external))
    assert finding("dose-unit-slip", MORPHINE, strong("376 mg/day", **external)).limit == q(
        "376 mg/day"
    )


def test_an_implanted_pump_counts_what_was_published_for_implanted_pumps():
    # Clonidine: 4 × 960 mcg/day, not 4 × the consensus of 600.
    base = {
        "solution.drug": [drug("clonidine", "100 mg/mL")],
        "infusion.primary": "clonidine",
        "order.previous_daily_dose": "3500 mcg/day",
    }

    assert quiet("dose-unit-slip", MORPHINE, {**base, "infusion.daily_dose": "3839 mcg/day"})
    assert not quiet("dose-unit-slip", MORPHINE, {**base, "infusion.daily_dose": "3840 mcg/day"})


@pytest.mark.parametrize("phase", ["trial", "start"])
def test_ten_times_the_highest_start_dose_is_a_slip_in_a_stated_start_or_trial(phase):
    # Hydromorphone starts at up to 0.15 mg/day; its ceiling of 10 mg/day is far above.
    base = {"order.previous_daily_dose": None, "order.phase": phase}

    below = {**base, "infusion.daily_dose": "1.49 mg/day"}
    assert quiet("dose-unit-slip", HYDROMORPHONE, below)
    found = finding("dose-unit-slip", HYDROMORPHONE, {**base, "infusion.daily_dose": "1.5 mg/day"})
    assert evidence(found) == ("block", "ours", "ours", "assumed")
    assert found.limit == q("1.5 mg/day")


@pytest.mark.parametrize("phase", [None, "titration", "maintenance"])
def test_the_start_rule_needs_a_stated_start(phase):
    changes = {
        "order.previous_daily_dose": None,
        "order.phase": phase,
        "infusion.daily_dose": "1.5 mg/day",
    }

    assert quiet("dose-unit-slip", HYDROMORPHONE, changes)


@pytest.mark.parametrize("phase", PHASES)
def test_three_times_the_previous_dose_is_a_slip_once_it_is_above_every_start(phase):
    # The highest start of morphine is 10 mg/day.
    before = {"order.previous_daily_dose": "4 mg/day"}
    assert quiet("dose-unit-slip", MORPHINE, strong("11.9 mg/day", phase, **before))
    found = finding("dose-unit-slip", MORPHINE, strong("12 mg/day", phase, **before))
    assert evidence(found) == ("block", "ours", "ours", "assumed")
    assert found.limit == q("12 mg/day")

    small = {"order.previous_daily_dose": "0.1 mg/day"}
    assert quiet("dose-unit-slip", MORPHINE, strong("10 mg/day", phase, **small))
    assert not quiet("dose-unit-slip", MORPHINE, strong("10.1 mg/day", phase, **small))


def test_milligrams_where_micrograms_are_meant_are_a_slip():
    assert not quiet("dose-unit-slip", BACLOFEN, dose("440 mg/day"))
    assert not quiet("dose-unit-slip", ZICONOTIDE, dose("6 mg/day"))


def test_the_rules_look_at_every_drug_of_a_mixture():
    # 4.4 mg/day of 20 mg/mL is 0.22 mL/day; 80 mg/day of bupivacaine need 363.6… mg/mL.
    at = {"solution.drug.1.concentration": "364 mg/mL"}
    below = {"solution.drug.1.concentration": "363 mg/mL"}

    assert "bupivacaine" in finding("dose-unit-slip", MIXTURE, at).message
    assert quiet("dose-unit-slip", MIXTURE, below)


@pytest.mark.parametrize("phase", PHASES)
def test_an_implanted_reservoir_that_is_empty_in_under_three_days_is_a_slip(phase):
    # 15 mL at 5 mL/day last exactly three days.
    base = {
        "order.phase": phase,
        "order.previous_daily_dose": "5 mg/day",
        "solution.fill_volume": "15 mL",
        "solution.drug.0.concentration": "1 mg/mL",
        "alarm": None,
    }

    assert quiet("dose-unit-slip", MORPHINE, {**base, "infusion.daily_dose": "5 mg/day"})
    found = finding("dose-unit-slip", MORPHINE, {**base, "infusion.daily_dose": "5.01 mg/day"})
    assert evidence(found) == ("block", "ours", "ours", "assumed")
    assert found.limit == q("3 day")
    external = {**base, **EXTERNAL, "infusion.daily_dose": "10 mg/day"}
    assert quiet("dose-unit-slip", MORPHINE, external)
