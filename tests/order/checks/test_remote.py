"""The patient's remote, and the safe state."""

import pytest

from tests.order.cases import (
    BACLOFEN,
    HYDROMORPHONE,
    MIXTURE,
    MORPHINE,
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

# remote-in-opioid-naive --------------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("base", [MORPHINE, HYDROMORPHONE, MIXTURE])
def test_no_opioid_on_the_remote_of_a_person_who_does_not_tolerate_opioids(phase, base):
    here = {"order.phase": phase, "remote": REMOTE}

    assert quiet("remote-in-opioid-naive", base, {**here, "patient.opioid_tolerant": True})
    found = finding("remote-in-opioid-naive", base, {**here, "patient.opioid_tolerant": False})
    assert evidence(found) == ("block", "device", "medtronic-patient-selection", "read")


def test_a_remote_whose_patient_is_not_described_is_asked_about():
    here = {"remote": REMOTE, "patient.opioid_tolerant": None}

    assert quiet("remote-in-opioid-naive", MORPHINE, here)
    asked = finding("missing-for-check", MORPHINE, here)
    assert "patient.opioid_tolerant" in str(asked.found)


def test_without_opioid_or_without_remote_tolerance_does_not_matter():
    naive = {"patient.opioid_tolerant": False}
    ziconotide = {**naive, "remote": {**REMOTE, "dose": "0.2 mcg"}}

    assert quiet("remote-in-opioid-naive", MORPHINE, naive)
    assert quiet("remote-in-opioid-naive", ZICONOTIDE, ziconotide)


# remote-faster-than-lockout ----------------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_the_lockout_outlasts_the_dose(phase):
    def locked(time: str) -> Tree:
        return {"order.phase": phase, "remote": {**REMOTE, "lockout": time}}

    assert quiet("remote-faster-than-lockout", MORPHINE, locked("10.1 min"))
    found = finding("remote-faster-than-lockout", MORPHINE, locked("10 min"))
    assert evidence(found) == ("block", "ours", "ours", "assumed")
    assert (found.found, found.limit) == (q("10 min"), q("10 min"))
    assert not quiet("remote-faster-than-lockout", MORPHINE, locked("9.9 min"))


# remote-on-drug-without-patient-dosing -----------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_baclofen_is_not_given_by_remote(phase):
    here = {"order.phase": phase, "remote": {**REMOTE, "dose": "20 mcg"}}

    found = finding("remote-on-drug-without-patient-dosing", BACLOFEN, here)
    assert evidence(found) == ("warn", "label", "flowonix-ptc-guide", "read")
    assert found.found == "baclofen"
    assert quiet("remote-on-drug-without-patient-dosing", BACLOFEN, {"order.phase": phase})


def test_the_remote_of_a_prometra_is_labelled_for_morphine_only():
    prometra = {"pump.model": "prometra-ii-20", "remote": REMOTE}

    assert quiet("remote-on-drug-without-patient-dosing", MORPHINE, prometra)
    found = finding("remote-on-drug-without-patient-dosing", HYDROMORPHONE, prometra)
    assert found.severity == "warn"
    assert "labelled only for morphine" in found.message
    synchromed = {"remote": REMOTE}
    assert quiet("remote-on-drug-without-patient-dosing", HYDROMORPHONE, synchromed)


def test_a_remote_moves_every_drug_of_the_solution():
    here = {
        "remote": REMOTE,
        "solution.drug": [drug("morphine", "20 mg/mL"), drug("baclofen", "200 mcg/mL")],
    }

    found = finding("remote-on-drug-without-patient-dosing", MORPHINE, here)
    assert found.found == "baclofen"


# floor-missing, floor-above-schedule -------------------------------------------------------------


@pytest.mark.parametrize("phase", PHASES)
def test_a_drug_whose_stop_harms_needs_a_safe_floor(phase):
    here = {"order.phase": phase}

    assert quiet("floor-missing", BACLOFEN, here)
    found = finding("floor-missing", BACLOFEN, {**here, "safe": None})
    assert evidence(found) == ("warn", "ours", "ours", "assumed")
    assert quiet("floor-missing", MORPHINE, here)


def test_one_harmful_drug_in_a_mixture_is_enough():
    here = {"solution.drug": [drug("morphine", "20 mg/mL"), drug("clonidine", "100 mcg/mL")]}

    assert "clonidine" in finding("floor-missing", MORPHINE, here).message


@pytest.mark.parametrize("phase", PHASES)
def test_the_floor_is_not_above_the_ordered_flow(phase):
    # 440 mcg/day of 2000 mcg/mL is 0.22 mL/day.
    here = {"order.phase": phase}

    assert quiet("floor-above-schedule", BACLOFEN, {**here, "safe.floor": "0.22 mL/day"})
    found = finding("floor-above-schedule", BACLOFEN, {**here, "safe.floor": "0.221 mL/day"})
    assert evidence(found) == ("warn", "ours", "ours", "assumed")
    assert (found.found, found.limit) == (q("0.221 mL/day"), q("0.22 mL/day"))


def test_a_stopped_pump_and_one_with_a_fixed_flow_have_no_floor():
    stopped = {"infusion": {"primary": "baclofen", "mode": "stopped"}, "safe": None}
    fixed = {
        "pump": {"model": "codman-3000", "fixed_flow": "1 mL/day"},
        "solution.drug.0.concentration": "440 mcg/mL",
        "safe": None,
    }

    assert "floor-missing" not in checked(BACLOFEN, stopped).codes()
    assert findings("floor-missing", BACLOFEN, fixed) == []
