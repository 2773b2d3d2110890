"""Nothing that changes a dose goes out unseen, unexplained, signed alone or signed long ago."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from cisterna.clinic.event import Actor, Role, event_text, read_event
from cisterna.clinic.gate import acts, glass
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.acts import SIGNING
from cisterna.clinic.gate.change import Wanted
from cisterna.clinic.gate.leave import ALONE
from cisterna.clinic.gate.standing import Standing, standing
from tests.clinic.gate.people import (
    COLLEAGUE,
    IN_RANGE,
    LARGE_STEP,
    LOWER,
    NURSE,
    OLD,
    OTHER_STRENGTH,
    PATIENT_MORE,
    PHARMACIST,
    PHYSICIAN,
    SLIP,
    SURGEON,
    Way,
    revised,
    wanted,
)
from tests.clinic.refusals import refused
from tests.orders import LIBRARY, order, read

HIGH_OLD = read(order(infusion__daily_dose="30 mg/day", limits=None, remote=None))
HIGH_LOWER = wanted(
    HIGH_OLD,
    order__previous_daily_dose="30 mg/day",
    infusion__daily_dose="28 mg/day",
    limits=None,
    remote=None,
)


def test_a_step_in_range_needs_nobody_else_and_a_fresh_signature():
    way = Way()
    way.propose(IN_RANGE)
    with refused("not-fresh"):
        way.intend()
    way.prove()
    intent = way.intend()
    assert intent.body.digest == way.events[0].body.digest


def test_a_proposal_says_in_words_what_changes():
    way = Way()
    body = way.propose(IN_RANGE).body
    lines = {d.what: (d.old, d.new) for d in body.differences}
    assert lines["Daily dose, morphine"] == ("4 mg/day", "4.4 mg/day")
    assert "Concentration, morphine" not in lines


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (OTHER_STRENGTH, "drug-or-concentration"),
        (revised(IN_RANGE), "first-programme"),
        (wanted(None), "first-programme"),
        (LARGE_STEP, "above-range"),
        (SLIP, "above-range"),
        (PATIENT_MORE, "patient-dose"),
    ],
)
@pytest.mark.requirement("SR-56", "H02")
def test_what_the_two_person_rules_name_is_not_sent_by_one_person(change, rule: str):
    way = Way()
    assert rule in way.propose(change).body.second
    way.reason()
    with refused("second-signer"):
        way.prove()


def test_a_contraindication_is_overridden_by_two_persons_only():
    way = Way()
    change = wanted(patient__conditions=["respiratory-depression"], order__phase="titration")
    body = way.propose(change).body
    assert "contraindication" in body.second
    way.reason()
    with refused("typed-dose"):
        way.second(change)
    way.second(change, typed_dose="4.4 mg/day")
    way.prove()
    way.intend()


def test_a_dose_that_the_pump_cannot_give_is_never_proposed():
    with refused("flow-above-pump-maximum"):
        Way().propose(wanted(infusion__daily_dose="2000 mg/day", limits=None, remote=None))


@pytest.mark.requirement("SR-23")
def test_a_warning_without_a_reason_stops_the_change():
    way = Way()
    way.propose(LARGE_STEP)
    with refused("no-reason"):
        way.second(LARGE_STEP)
    with refused("no-reason"):
        way.reason("  ")
    with refused("other-finding"):
        acts.give_reason(way.standing, way.pen(why="why"), ("preservative",))
    way.reason()
    way.second(LARGE_STEP)
    way.prove()


def test_the_reason_is_the_proposers_and_comes_before_the_second_signature():
    way = Way()
    way.propose(LARGE_STEP)
    with refused("other-person"):
        acts.give_reason(way.standing, way.pen(COLLEAGUE, "why"), ("step-too-large",))
    way.reason()
    way.second(LARGE_STEP)
    with refused("signed"):
        way.reason()
    way.prove()
    way.intend()
    with refused("unknown-outcome"):
        way.reason()


@pytest.mark.parametrize("name", ["Ada", "ada", "  ADA "])
def test_nobody_signs_for_herself_however_she_types_her_name(name: str):
    way = Way()
    way.propose(PATIENT_MORE)
    with refused("same-person"):
        way.second(PATIENT_MORE, by=Actor(name, Role.PHARMACIST))


def test_the_second_person_reads_the_order_herself():
    way = Way()
    way.propose(PATIENT_MORE)
    with refused("readings-differ"):
        way.second(wanted(remote__lockout="90 min"))


def test_a_unit_slip_passes_only_where_the_second_person_types_the_same_dose():
    way = Way()
    way.propose(SLIP)
    way.reason()
    for typed in (None, "4.4 mg/day", "44 mcg/day", "44", "dose"):
        with refused("typed-dose"):
            way.second(SLIP, typed_dose=typed)
    way.second(SLIP, typed_dose="44000 mcg/day")


def test_the_second_signature_is_given_within_minutes():
    way = Way()
    way.propose(PATIENT_MORE)
    way.at += SIGNING.second_signer
    with refused("too-late"):
        way.second(PATIENT_MORE)


def test_a_rota_of_two_works_the_second_signs_from_elsewhere_with_a_note():
    way = Way()
    ordered = way.keep(way.pen().writes(b.ChangeOrdered(_prescription_digest(OTHER_STRENGTH))))
    way.propose(OTHER_STRENGTH, by=NURSE, under=ordered.id)
    way.reason()
    with refused("no-note"):
        way.second(OTHER_STRENGTH, by=PHYSICIAN, remote=" ")
    way.second(OTHER_STRENGTH, by=PHYSICIAN, remote="by video, saw the syringe's label")
    way.prove()
    assert way.intend().actor == NURSE


def test_a_nurse_programs_what_a_physician_ordered_and_nothing_else():
    way = Way()
    with refused("no-order"):
        way.propose(IN_RANGE, by=NURSE)
    other = way.keep(way.pen().writes(b.ChangeOrdered(_prescription_digest(LOWER))))
    with refused("no-order"):
        way.propose(IN_RANGE, by=NURSE, under=other.id)
    digest = _prescription_digest(IN_RANGE)
    herself = way.keep(way.pen(NURSE).writes(b.ChangeOrdered(digest)))
    with refused("no-order"):
        way.propose(IN_RANGE, by=NURSE, under=herself.id)
    right = way.keep(way.pen().writes(b.ChangeOrdered(digest)))
    way.propose(IN_RANGE, by=NURSE, under=right.id)


def test_a_surgeon_names_the_privilege():
    with refused("no-privilege"):
        Way().propose(IN_RANGE, by=SURGEON)
    Way().propose(IN_RANGE, by=SURGEON, under="privilege of 2026-01-04")


@pytest.mark.parametrize("change", [LARGE_STEP, SLIP, PATIENT_MORE])
@pytest.mark.parametrize("role", [r for r in Role if r is not Role.PHYSICIAN])
def test_above_range_and_patient_dose_are_a_physicians_to_propose(change, role: Role):
    with refused("role"):
        Way().propose(change, by=Actor("Zoe", role), under="privilege")


@pytest.mark.parametrize("role", Role)
def test_who_signs_second_above_a_range(role: Role):
    way = Way()
    way.propose(LARGE_STEP)
    way.reason()
    if role in (Role.PHYSICIAN, Role.PHARMACIST):
        way.second(LARGE_STEP, by=Actor("Zoe", role))
    else:
        with refused("role"):
            way.second(LARGE_STEP, by=Actor("Zoe", role), under="privilege")


def test_a_signature_is_good_for_minutes_and_can_be_given_again():
    way = Way()
    way.signed(IN_RANGE)
    way.at += SIGNING.fresh
    with refused("not-fresh"):
        way.intend()
    way.prove()
    way.intend()


def test_whoever_proposed_signs_and_sends():
    way = Way()
    way.propose(PATIENT_MORE)
    way.second(PATIENT_MORE)
    with refused("other-person"):
        acts.reauthenticate(way.standing, way.pen(COLLEAGUE), "passkey")
    way.prove()
    with refused("other-person"):
        acts.intend(way.standing, way.pen(COLLEAGUE))


def test_a_change_after_the_signature_needs_a_new_one():
    way = Way()
    way.signed(PATIENT_MORE)
    way.second(PATIENT_MORE, by=PHARMACIST)
    with refused("not-fresh"):
        way.intend()


def test_a_signature_of_another_proposal_opens_nothing():
    one, two = Way(), Way()
    one.signed(IN_RANGE)
    two.propose(LOWER)
    two.keep(replace(one.events[-1], id="e9"))
    with refused("not-fresh"):
        two.intend()


@pytest.mark.parametrize("outcome", [None, "unknown"])
def test_an_unknown_outcome_blocks_every_change_until_a_person_has_looked(outcome: str | None):
    way = Way()
    way.signed(IN_RANGE)
    intent = way.intend()
    if outcome:
        way.ended(outcome)
    tries: list[Callable[[], object]] = [lambda: way.propose(LOWER), way.prove, way.intend]
    for act in tries:
        with refused("unknown-outcome"):
            act()
    with refused("role"):
        acts.reconcile(way.standing, way.pen(Actor("Zoe", Role.AUDITOR)), 2, None)
    found = way.keep(acts.reconcile(way.standing, way.pen(NURSE), 2, intent.body.digest))
    assert found.body.runs == "new"
    way.propose(wanted(version=2))


@pytest.mark.parametrize(
    ("version", "digest", "runs"), [(1, "x", "old"), (2, "x", "other"), (3, None, "other")]
)
def test_what_the_pump_says_decides_what_runs(version: int, digest: str | None, runs: str):
    way = Way()
    way.signed(IN_RANGE)
    way.intend()
    assert acts.reconcile(way.standing, way.pen(), version, digest).body.runs == runs


@pytest.mark.parametrize("outcome", ["activated", "refused"])
def test_after_a_known_outcome_the_approval_is_gone(outcome: str):
    way = Way()
    way.signed(IN_RANGE)
    way.intend()
    way.ended(outcome)
    with refused("nothing-proposed"):
        acts.intend(way.standing, way.pen())
    with refused("nothing-open"):
        acts.reconcile(way.standing, way.pen(), 1, None)


def test_an_outcome_of_another_transmission_ends_nothing():
    way = Way()
    way.signed(IN_RANGE)
    way.intend()
    body = b.TransmissionEnded("another", "activated", "activate", None, None, "")
    way.keep(way.pen().writes(body))
    assert way.standing.intent is not None


# Alone -------------------------------------------------------------------------------------------


def test_at_night_a_nurse_lowers_a_dose_alone_and_says_why():
    way = Way()
    assert "above-range" in way.propose(HIGH_LOWER, by=NURSE, under=ALONE).body.second
    way.reason()
    with refused("glass"):
        way.prove()
    with refused("no-reason"):
        glass.break_glass(way.standing, way.pen(NURSE))
    way.keep(glass.break_glass(way.standing, way.pen(NURSE, "drowsy, nobody answers")))
    way.prove()
    way.intend()


@pytest.mark.parametrize("change", [IN_RANGE, PATIENT_MORE, OTHER_STRENGTH, LARGE_STEP])
def test_alone_nothing_but_a_decrease_is_proposed(change):
    way = Way()
    with refused("not-lower"):
        way.propose(change, by=NURSE, under=ALONE)
    way.propose(change)
    with refused("not-lower"):
        glass.break_glass(way.standing, way.pen(why="alone"))


def test_a_stop_is_never_refused_for_what_else_is_open():
    way = Way()
    way.signed(IN_RANGE)
    way.intend()
    broken = glass.break_glass(way.standing, way.pen(NURSE, "breathing 6 a minute"), stop=True)
    way.keep(broken)
    assert way.standing.unreviewed == (broken,)
    assert way.standing.intent is not None


@pytest.mark.parametrize("role", [Role.PATIENT, Role.ADMIN, Role.AUDITOR, Role.PHARMACIST])
def test_who_is_no_clinician_at_the_bed_breaks_no_glass(role: Role):
    with refused("role"):
        glass.break_glass(Standing(), Way().pen(Actor("Zoe", role), "why"), stop=True)


def test_what_was_done_alone_is_reviewed_by_another_within_a_day():
    way = Way()
    broken = way.keep(glass.break_glass(way.standing, way.pen(NURSE, "asleep"), stop=True))
    assert not glass.overdue(way.standing, way.at + timedelta(hours=23))
    assert glass.overdue(way.standing, way.at + timedelta(hours=24)) == (broken,)
    with refused("same-person"):
        glass.review(way.standing, way.pen(NURSE), broken.id, right=True)
    with refused("nothing-open"):
        glass.review(way.standing, way.pen(), "e99", right=True)
    way.keep(glass.review(way.standing, way.pen(PHYSICIAN), broken.id, right=True))
    assert not way.standing.unreviewed


def test_the_record_alone_says_where_a_change_stands():
    way = Way()
    way.signed(SLIP)
    way.intend()
    read_again = standing(read_event(event_text(e)) for e in way.events)
    assert read_again == way.standing


def test_an_order_for_another_pump_is_not_proposed():
    with refused("other-pump"):
        acts.propose(Standing(), Way().pen(), replace(wanted(OLD), serial="NGP000001H"), LIBRARY)


def _prescription_digest(change: Wanted) -> str:
    return str(Way().propose(change).body.prescription)
