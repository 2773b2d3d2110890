"""Does it fit this person: conditions, medicines, age, level of the tip?"""

from datetime import date
from typing import Any

import pytest

from cisterna.order.checks import Finding
from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    MIXTURE,
    MORPHINE,
    PHASES,
    ZICONOTIDE,
    Tree,
    checked,
    evidence,
    finding,
    findings,
    q,
    quiet,
)

ALL = {"trial", "start", None, "titration", "maintenance"}
NEW = {"trial", "start", None}
RISING = {"trial", "start", None, "titration"}


# contraindicated ---------------------------------------------------------------------------------

CONTRAINDICATIONS = [
    (BACLOFEN, "conditions", "active-infection", NEW),
    (MORPHINE, "conditions", "active-infection", NEW),
    (MORPHINE, "conditions", "coagulopathy", NEW),
    (MORPHINE, "conditions", "csf-obstruction", NEW),
    (MORPHINE, "conditions", "spinal-anomaly", NEW),
    (MORPHINE, "conditions", "respiratory-depression", RISING),
    (HYDROMORPHONE, "conditions", "respiratory-depression", RISING),
    (MORPHINE, "conditions", "asthma-severe", NEW),
    (MORPHINE, "conditions", "gi-obstruction", NEW),
    (MORPHINE, "medicines", "maoi", NEW),
    (MORPHINE, "medicines", "anticoagulant", NEW),
    (MORPHINE, "conditions", "hypersensitivity:morphine", ALL),
    (ZICONOTIDE, "conditions", "psychosis", ALL),
    (ZICONOTIDE, "conditions", "hypersensitivity:ziconotide", ALL),
]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(("base", "where", "term", "blocking"), CONTRAINDICATIONS)
def test_a_contraindication_blocks_in_its_phases_and_is_a_note_in_the_others(
    phase, base, where, term, blocking
):
    here = {"order.phase": phase, f"patient.{where}": [term]}

    found = finding("contraindicated", base, here)
    assert found.severity == ("block" if phase in blocking else "note")
    assert found.found == term
    assert checked(base, here).ok == (phase not in blocking or not _blocks(found))
    assert quiet("contraindicated", base, {"order.phase": phase})


def _blocks(found: Finding) -> bool:
    return found.severity == "block"


def test_an_infection_that_forbids_an_implant_does_not_stop_a_baclofen_refill():
    result = checked(BACLOFEN, {"patient.conditions": ["active-infection"]})

    assert result.ok
    assert "contraindicated" in result.codes("note")


def test_a_contraindication_names_the_label_and_the_phases_in_which_it_blocks():
    found = finding("contraindicated", MORPHINE, {"patient.conditions": ["gi-obstruction"]})

    assert evidence(found) == ("note", "label", "infumorph-label", "read")
    assert found.limit == "trial, start"


@pytest.mark.parametrize(
    ("base", "term"),
    [
        (MORPHINE, "psychosis"),
        (MORPHINE, "intrathecal-chemotherapy"),
        (BACLOFEN, "respiratory-depression"),
        (MORPHINE, "hypersensitivity:baclofen"),
        (BACLOFEN, "asthma-severe"),
    ],
)
def test_what_forbids_one_drug_does_not_forbid_another(base, term):
    here = {"patient.conditions": [term], "order.phase": "start"}

    assert quiet("contraindicated", base, here)


@pytest.mark.parametrize("phase", PHASES)
def test_only_europe_forbids_ziconotide_with_intrathecal_chemotherapy(phase):
    here = {"order.phase": phase, "patient.conditions": ["intrathecal-chemotherapy"]}

    assert quiet("contraindicated", ZICONOTIDE, here)
    europe = {**here, "order.jurisdiction": "EU"}
    assert finding("contraindicated", ZICONOTIDE, europe).severity == "block"


def test_the_drug_of_a_mixture_that_is_forbidden_is_named():
    found = finding(
        "contraindicated", MIXTURE, {"patient.conditions": ["hypersensitivity:morphine"]}
    )

    assert "morphine" in found.message
    assert "bupivacaine" not in found.message


def test_a_condition_that_forbids_two_drugs_is_said_once():
    found = finding("contraindicated", MIXTURE, {"patient.conditions": ["active-infection"]})

    assert "morphine" in found.message
    assert "bupivacaine" in found.message


@pytest.mark.parametrize("key", ["conditions", "medicines"])
def test_unsaid_is_asked_and_an_empty_list_means_none(key):
    asked = finding("missing-for-check", MORPHINE, {f"patient.{key}": None})

    assert f"patient.{key}" in str(asked.found)
    assert quiet("missing-for-check", MORPHINE, {f"patient.{key}": []})


# interacting-medicine ----------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    "medicine", ["benzodiazepine", "opioid-systemic", "gabapentinoid", "alcohol"]
)
def test_what_deepens_an_opioid_warns_in_every_phase(phase, medicine):
    here = {"order.phase": phase, "patient.medicines": [medicine]}

    assert finding("interacting-medicine", MORPHINE, here).severity == "warn"
    assert finding("interacting-medicine", HYDROMORPHONE, here).severity == "warn"
    assert quiet("interacting-medicine", ZICONOTIDE, here)
    assert quiet("interacting-medicine", MORPHINE, {"order.phase": phase})


def test_an_interaction_names_the_label_that_warns_of_it():
    found = finding("interacting-medicine", MORPHINE, {"patient.medicines": ["benzodiazepine"]})

    assert evidence(found) == ("warn", "label", "mitigo-label", "read")


def test_an_interaction_that_a_society_warns_of_is_not_called_a_label():
    found = finding("interacting-medicine", MORPHINE, {"patient.medicines": ["opioid-systemic"]})

    assert evidence(found) == ("warn", "consensus", "asa-2016", "read")


@pytest.mark.parametrize("phase", PHASES)
def test_a_beta_blocker_makes_the_end_of_clonidine_worse(phase):
    clonidine = {
        "order.phase": phase,
        "solution.drug": [
            {"name": "clonidine", "concentration": "500 mcg/mL", "preservative_free": True}
        ],
        "infusion": {"primary": "clonidine", "mode": "continuous", "daily_dose": "100 mcg/day"},
        "order.previous_daily_dose": "100 mcg/day",
        "patient.medicines": ["beta-blocker"],
    }

    found = finding("interacting-medicine", MORPHINE, clonidine)
    assert evidence(found) == ("warn", "label", "duraclon-label", "read")
    assert quiet("interacting-medicine", MORPHINE, {"patient.medicines": ["beta-blocker"]})


# condition-raises-risk ---------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("obstructive-sleep-apnoea", ("consensus", "asa-2016", "read")),
        ("copd", ("ours", "ours", "assumed")),
        ("pregnancy", ("label", "mitigo-label", "read")),
    ],
)
def test_a_condition_that_raises_the_risk_is_loud_until_the_dose_is_settled(phase, term, expected):
    here = {"order.phase": phase, "patient.conditions": [term]}

    severity = "note" if phase == "maintenance" else "warn"
    assert evidence(finding("condition-raises-risk", MORPHINE, here)) == (severity, *expected)
    assert quiet("condition-raises-risk", MORPHINE, {"order.phase": phase})


def test_sleep_apnoea_is_no_reason_against_baclofen():
    here = {"patient.conditions": ["obstructive-sleep-apnoea"]}

    assert quiet("condition-raises-risk", BACLOFEN, here)


def test_pregnancy_is_weighed_for_every_drug():
    here = {"patient.conditions": ["pregnancy"]}

    assert not quiet("condition-raises-risk", BACLOFEN, here)
    assert not quiet("condition-raises-risk", ZICONOTIDE, here)


# age-outside-label -------------------------------------------------------------------------------


def aged(age: str, **more: Any) -> Tree:
    return {"patient.born": None, "patient.age": age, **more}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("base", "pump", "youngest", "expected"),
    [
        (MORPHINE, "synchromed-ii-20", 18, ("warn", "label", "infumorph-label", "read")),
        (MORPHINE, "prometra-ii-20", 22, ("warn", "device", "flowonix-brief-statements", "read")),
        (BACLOFEN, "synchromed-ii-20", 4, ("warn", "label", "gablofen-label", "read")),
        (BACLOFEN, "prometra-ii-20", 12, ("warn", "device", "flowonix-brief-statements", "read")),
    ],
)
def test_the_label_of_the_drug_and_that_of_the_pump_have_a_youngest_age(
    phase, base, pump, youngest, expected
):
    here = {"order.phase": phase, "pump.model": pump}

    assert quiet("age-outside-label", base, aged(f"{youngest} year", **here))
    found = finding("age-outside-label", base, aged(f"{youngest - 1} year", **here))
    assert evidence(found) == expected
    assert found.limit == q(f"{youngest} year")


def test_the_age_is_in_completed_years_on_the_day_of_the_fill():
    # The fill is on 23 November 2026.
    birthday = {"patient.born": date(2008, 11, 23)}
    day_later = {"patient.born": date(2008, 11, 24)}

    assert quiet("age-outside-label", MORPHINE, birthday)
    assert finding("age-outside-label", MORPHINE, day_later).found == q("17 year")


def test_an_unknown_age_is_asked():
    asked = finding("missing-for-check", MORPHINE, {"patient.born": None})

    assert "patient.born" in str(asked.found)


# catheter-tip-level ------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("tip", "noted"), [("T12", True), ("L1", False), ("L5", False), ("S1", True), ("C5", True)]
)
def test_the_morphine_label_says_lumbar_region(phase, tip, noted):
    found = findings("catheter-tip-level", MORPHINE, {"order.phase": phase, "catheter.tip": tip})

    assert len(found) == noted
    expected = ("note", "label", "infumorph-label", "derived")
    assert all(evidence(f) == expected for f in found)


def test_a_drug_whose_label_names_no_level_may_lie_anywhere():
    assert quiet("catheter-tip-level", BACLOFEN, {"catheter.tip": "C5"})


def test_an_unknown_tip_is_asked():
    asked = finding("missing-for-check", MORPHINE, {"catheter.tip": None})

    assert "catheter.tip" in str(asked.found)
