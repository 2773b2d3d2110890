"""A step of the dose is held against the dose that runs, whatever phase its order claims."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cisterna.clinic.gate.change import proposed
from cisterna.clinic.gate.steps import Before, before_of
from cisterna.clinic.refusal import Refused
from tests.clinic.gate.people import IN_RANGE, LOWER, OTHER_STRENGTH, Way, wanted
from tests.clinic.treated import FILLED, treated
from tests.orders import LIBRARY

LARGE = wanted(order__phase="start", infusion__daily_dose="9 mg/day", limits=None)
SMALL = wanted(order__phase="start")
BETWEEN_FILLS = wanted(order__changed_at=None)


def codes(change) -> set[str]:
    return {f.code for f in proposed(change, LIBRARY).findings}


@pytest.mark.pathway("PW-006")
def test_an_order_that_claims_a_start_while_a_dose_runs_is_held_against_a_step():
    body = proposed(LARGE, LIBRARY)
    (found,) = [f for f in body.findings if f.code == "step-too-large"]
    assert "4 mg/day to 9 mg/day" in found.message
    assert found.severity == "warn"
    assert "above-range" in body.second


@pytest.mark.pathway("PW-006")
def test_it_goes_neither_without_a_reason_nor_without_a_second_person():
    way = Way()
    way.propose(LARGE)
    with pytest.raises(Refused) as refused:
        way.prove()
    assert refused.value.code == "no-reason"
    way.reason()
    with pytest.raises(Refused) as refused:
        way.prove()
    assert refused.value.code == "second-signer"


def test_a_small_step_a_start_and_a_revision_are_no_such_finding():
    assert "step-too-large" not in codes(SMALL)
    assert "step-too-large" not in codes(replace(LARGE, old=None))
    assert "step-too-large" not in codes(replace(LARGE, revised=True))


@pytest.mark.parametrize(
    ("change", "hours", "there"),
    [
        (BETWEEN_FILLS, 23, True),
        (BETWEEN_FILLS, 24, False),
        (IN_RANGE, 1, False),
        (LOWER, 1, False),
        (OTHER_STRENGTH, 1, False),
    ],
)
def test_a_rise_between_two_fills_is_held_against_the_last_change(change, hours: int, there: bool):
    change = replace(change, before=Before(FILLED, FILLED + timedelta(hours=hours)))
    assert ("step-too-soon" in codes(change)) is there


def test_nobody_raises_a_dose_while_titration_is_stopped():
    with pytest.raises(Refused) as refused:
        proposed(replace(IN_RANGE, before=Before(stopped=True)), LIBRARY)
    assert refused.value.code == "titration-stopped"
    assert proposed(replace(LOWER, before=Before(stopped=True)), LIBRARY).lowers


def test_the_record_says_since_when_the_dose_runs():
    person = treated()
    assert before_of(person, FILLED) == Before(FILLED, FILLED, False)
