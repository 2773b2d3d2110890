"""Three people from referral to the planned implant, and what stops each of them on the way."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.planning import (
    Answer,
    Choice,
    EvaluationBegun,
    EvaluationSigned,
    EvidenceRecorded,
    ImplantPlanned,
    Moved,
    OpinionGiven,
    Outcome,
    Place,
    PrognosisGiven,
    Registered,
    TeachBackDone,
    TeamConcluded,
    TreatmentRecorded,
    TrialDoseGiven,
    TrialDoseVerified,
    TrialJudged,
    TrialPlanned,
    Verdict,
    Vote,
    Waived,
    WaiverProposed,
)
from cisterna.clinic.course import Broken, Person, fold, person_text, replay
from cisterna.clinic.event import event_text
from cisterna.clinic.guards import check
from cisterna.clinic.refusal import Refused
from cisterna.quantity import Quantity
from tests.clinic.people import (
    COLLEAGUE,
    DECIDED,
    ENTRY,
    NURSE,
    PATIENT,
    PHARMACIST,
    PHYSICIAN,
    PSYCHOLOGIST,
    RULES,
    SCRIPTS,
    START,
    SURGEON,
    THERAPIST,
    Course,
    Step,
    back,
    hold,
    hours,
    look,
    palsy,
    pancreas,
    screen,
)


def refused(course: Course, step: Step) -> Refused:
    """The refusal of a step, which has changed nothing."""
    before = course.person
    with pytest.raises(Refused) as caught:
        course.do(step)
    assert course.person == before
    assert caught.value.message
    assert caught.value.way_out
    return caught.value


def without(script: Any, *acts: str, match: type[Any] | None = None) -> Any:
    """The script without some of its acts."""

    def left(course: Course):
        for step in script(course):
            if step.act not in acts or (match and not isinstance(step.asked, match)):
                yield step

    return left


def until(script: Any, act: str) -> Course:
    return Course().through(script, act)


def drop(script: Any, test: Any) -> Any:
    return lambda course: (step for step in script(course) if not test(step))


# The whole way ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_person_comes_from_referral_to_the_planned_implant(name: str):
    assert Course().through(SCRIPTS[name]).person.place is Place.IMPLANT_PLANNED


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_texts_of_the_events_give_the_same_state_to_the_byte(name: str):
    person = Course().through(SCRIPTS[name]).person
    again = replay(person.id, [event_text(e) for e in person.events])
    assert again == person
    assert person_text(again) == person_text(person)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_step_is_an_event_with_its_actor_and_the_events_it_rests_on(name: str):
    person = Course().through(SCRIPTS[name]).person
    steps = [e for e in person.events if isinstance(e.body, Moved)]
    assert [e.body.before for e in steps[1:]] == [e.body.after for e in steps[:-1]]
    known = {e.id for e in person.events}
    assert all(e.actor.who and set(e.evidence) <= known for e in steps)


def test_a_record_with_an_event_left_out_or_of_another_person_is_no_course():
    texts = [event_text(e) for e in Course().through(palsy).person.events]
    for at in range(len(texts) - 1):
        with pytest.raises(Broken):
            replay("p1", [*texts[:at], *texts[at + 1 :]])
    with pytest.raises(Broken):
        replay("p2", texts)


def test_a_step_that_begins_elsewhere_than_she_stands_is_no_course():
    person = until(palsy, "begin-evaluation").person
    made = replace(person.events[-1], id=person.next_id)
    with pytest.raises(Broken, match="she stands at referred"):
        fold(person, replace(made, body=Moved(Place.TEAM_REVIEW, Place.TRIAL_PLANNED)))


def test_two_acts_on_the_same_state_cannot_both_be_recorded():
    course = until(palsy, "begin-evaluation")
    seen, at = course.person, course.at + hours(1)
    one, two = (ACTS["give-prognosis"](seen, a, PrognosisGiven("D", "")
                , at) for a in (PHYSICIAN, SURGEON))  # fmt: skip
    course.person = fold(course.person, one[0])
    with pytest.raises(Broken, match="not the next event"):
        fold(course.person, two[0])


@pytest.mark.pathway("PW-072")
def test_the_request_of_a_patient_lands_on_the_intake_list_and_says_nothing_of_candidacy():
    course = Course()
    step = next(iter(palsy(course)))
    course.do(replace(step, actor=PATIENT))
    assert course.person.place is Place.REFERRED
    assert [e.kind for e in course.person.events] == ["registered", "referred"]


@pytest.mark.pathway("PW-072")
def test_nobody_is_referred_whom_nobody_has_registered():
    asked = next(iter(back(Course()))).asked
    with pytest.raises(Refused, match="who she is"):
        ACTS["refer"](Person("p1"), NURSE, asked, START)


def test_a_new_entry_of_who_she_is_leaves_the_old_one_on_record():
    course = Course()
    course.do(Step("register", NURSE, replace(ENTRY, phone="555-0100")))
    assert [s.body.phone for s in course.person.every(Registered, None)] == ["", "555-0100"]


@pytest.mark.parametrize(
    ("field", "wrong", "says"),
    [
        ("name", " ", "name"),
        ("number", "", "number"),
        ("born", date(2030, 1, 1), "future"),
        ("zone", "Mars/Olympus", "time zone"),
        ("zone", "../etc/passwd", "time zone"),
    ],
)
def test_an_entry_without_its_identifiers_is_refused(field: str, wrong: Any, says: str):
    with pytest.raises(Refused, match=says):
        Course().do(Step("register", NURSE, replace(ENTRY, **{field: wrong})))


# The evaluation: five criteria --------------------------------------------------------------------


@pytest.mark.pathway("PW-040", "PW-042", "PW-044")
@pytest.mark.parametrize("item", ["onset", "diagnosis", "imaging", "baseline-scales",
    "anaesthesia-review", "decision-aid", "transport-plan", "refill-cadence",
    "emergency-contact", "missed-visits"])  # fmt: skip
def test_without_an_item_of_evidence_the_evaluation_is_incomplete(item: str):
    less = drop(back, lambda s: isinstance(s.asked, EvidenceRecorded) and s.asked.item == item)
    why = refused(until(less, "sign-evaluation"), Step("sign-evaluation", PHYSICIAN, ""))
    assert why.code == "incomplete"
    assert item in why.message


@pytest.mark.pathway("PW-040")
def test_a_tick_is_no_evidence():
    course = until(back, "record-evidence")
    asked = EvidenceRecorded("uncontrolled", "imaging", " ")
    assert refused(course, Step("record-evidence", NURSE, asked)).code == "words-missing"


@pytest.mark.pathway("PW-041")
def test_stimulation_that_was_never_considered_blocks_the_evaluation():
    course = until(back, "sign-evaluation")
    never = TreatmentRecorded(
        "spinal-cord-stimulation", Answer.NEVER_CONSIDERED, "", "", "nobody asked"
    )
    course.do(Step("record-treatment", NURSE, never))
    why = refused(course, Step("sign-evaluation", PHYSICIAN, ""))
    assert "spinal-cord-stimulation never considered" in why.message
    assert "PW-041" in why.source


@pytest.mark.pathway("PW-041")
@pytest.mark.parametrize("answer", [Answer.DECLINED, Answer.CONTRAINDICATED, Answer.CONSIDERED])
def test_stimulation_need_not_have_been_tried_but_its_answer_has_a_reason(answer: Answer):
    course = until(back, "sign-evaluation")
    asked = TreatmentRecorded("spinal-cord-stimulation", answer, "", "", "")
    assert refused(course, Step("record-treatment", NURSE, asked)).code == "words-missing"
    course.do(Step("record-treatment", NURSE, replace(asked, reason="a pacemaker")))
    course.do(Step("sign-evaluation", PHYSICIAN, ""))


@pytest.mark.pathway("PW-041", "PW-061")
def test_a_nerve_block_that_failed_counts_as_conservative_care():
    less = drop(back, lambda s: getattr(s.asked, "treatment", "") == "nerve-block")
    course = until(less, "sign-evaluation")
    why = refused(course, Step("sign-evaluation", PHYSICIAN, ""))
    assert "nerve-block not answered" in why.message
    failed = TreatmentRecorded("nerve-block", Answer.TRIED, "L4 and L5, once", "2 weeks", "")
    course.do(Step("record-treatment", NURSE, failed))
    course.do(Step("sign-evaluation", PHYSICIAN, ""))


@pytest.mark.pathway("PW-022")
@pytest.mark.parametrize("name", SCRIPTS)
def test_without_a_goal_of_her_own_nobody_comes_to_the_team(name: str):
    course = until(without(SCRIPTS[name], "set-goals"), "sign-evaluation")
    why = refused(course, Step("sign-evaluation", PHYSICIAN, ""))
    assert "no goals" in why.message


@pytest.mark.pathway("PW-062")
def test_a_therapist_records_rehabilitation_and_nothing_else():
    course = until(back, "sign-evaluation")
    had = TreatmentRecorded("rehabilitation", Answer.TRIED, "12 sessions", "stronger", "")
    course.do(Step("record-treatment", THERAPIST, had))
    step = Step("record-treatment", THERAPIST, replace(had, treatment="oral-drugs"))
    assert refused(course, step).code == "role"


@pytest.mark.pathway("PW-043")
def test_a_teach_back_that_was_not_passed_asks_for_education():
    course = until(back, "sign-evaluation")
    course.do(Step("teach-back", NURSE, TeachBackDone(False, "thinks that it cures")))
    why = refused(course, Step("sign-evaluation", PHYSICIAN, ""))
    assert "education" in why.message


@pytest.mark.pathway("PW-043")
def test_pain_that_is_no_cancer_needs_a_psychologist():
    course = until(without(back, "clear-psychology"), "sign-evaluation")
    why = refused(course, Step("sign-evaluation", PHYSICIAN, ""))
    assert "psychologist" in why.message


@pytest.mark.pathway("PW-044")
def test_the_commitment_is_signed_by_the_person_or_a_proxy_and_by_nobody_else():
    course = until(without(back, "commit"), "sign-evaluation")
    assert "proxy" in refused(course, Step("sign-evaluation", PHYSICIAN, "")).message


@pytest.mark.pathway("PW-013")
def test_cancer_needs_its_prognosis_and_why_systemic_drugs_failed():
    less = without(pancreas, "give-prognosis")
    why = refused(until(less, "sign-evaluation"), Step("sign-evaluation", PHYSICIAN, ""))
    assert why.code == "prognosis"
    less = drop(pancreas, lambda s: getattr(s.asked, "item", "") == "systemic-failure")
    why = refused(until(less, "sign-evaluation"), Step("sign-evaluation", PHYSICIAN, ""))
    assert "systemic-failure" in why.message


def test_opioid_history_and_breathing_are_assessed_before_the_signature():
    course = until(without(back, "assess-risk"), "sign-evaluation")
    assert refused(course, Step("sign-evaluation", PHYSICIAN, "")).code == "risk"


@pytest.mark.pathway("PW-071")
def test_the_report_says_first_that_care_is_exhausted_and_upkeep_agreed_to():
    found = Course().through(back).person.last(EvaluationSigned)
    assert found is not None
    assert [f.split(":")[0] for f in found.body.findings[:2]] == [
        "conservative care tried and failed",
        "commitment to refills and follow-up",
    ]


# The screen ---------------------------------------------------------------------------------------


def test_a_screen_leaves_no_finding_open():
    course = until(back, "sign-evaluation")
    whole = screen("pain")
    assert refused(course, Step("screen", NURSE, replace(whole, absent=whole.absent[1:])))
    both = replace(whole, present=("active-infection",))
    assert refused(course, Step("screen", NURSE, both)).code == "screen-incomplete"


@pytest.mark.pathway("PW-034", "PW-042")
def test_an_active_infection_blocks_trial_and_implant():
    course = until(back, "give-trial-dose")
    course.do(Step("screen", NURSE, screen("pain", "active-infection")))
    dose = TrialDoseGiven("morphine", Quantity.parse("0.3 mg"), "lot 7", "L3")
    why = refused(course, Step("give-trial-dose", PHYSICIAN, dose))
    assert (why.code, why.limit) == ("contraindicated", "absolute")
    course = until(back, "plan-implant")
    course.do(Step("screen", NURSE, screen("pain", "active-infection")))
    assert "infection" in refused(course, ORDER).message


@pytest.mark.pathway("PW-034")
def test_nobody_waives_an_infection():
    course = until(back, "plan-implant")
    course.do(Step("screen", NURSE, screen("pain", "active-infection")))
    asked = WaiverProposed(Waived.CONTRAINDICATION, "active-infection", "it is urgent")
    assert refused(course, Step("propose-waiver", PHYSICIAN, asked)).code == "waiver-blocked"


@pytest.mark.pathway("PW-034")
def test_two_may_override_a_relative_finding_and_one_may_not():
    course = until(back, "plan-implant")
    course.do(Step("screen", NURSE, screen("pain", "immunosuppression")))
    assert refused(course, ORDER).code == "incomplete"
    asked = WaiverProposed(Waived.CONTRAINDICATION, "immunosuppression", "advice of infectiology")
    (proposal,) = course.do(Step("propose-waiver", PHYSICIAN, asked))
    assert refused(course, Step("sign-waiver", PHYSICIAN, proposal.id)).code == "same-person"
    assert refused(course, ORDER).code == "incomplete"
    course.do(Step("sign-waiver", SURGEON, proposal.id))
    course.do(ORDER)
    assert course.person.place is Place.IMPLANT_PLANNED


def test_a_second_signature_comes_in_time():
    course = until(back, "plan-implant")
    course.do(Step("screen", NURSE, screen("pain", "immunosuppression")))
    asked = WaiverProposed(Waived.CONTRAINDICATION, "immunosuppression", "advice taken")
    (proposal,) = course.do(Step("propose-waiver", PHYSICIAN, asked))
    late = Step("sign-waiver", SURGEON, proposal.id, timedelta(minutes=16))
    assert refused(course, late).code == "signature-too-late"


@pytest.mark.pathway("PW-042")
def test_a_screen_older_than_thirty_days_lets_nobody_to_a_trial_or_an_implant():
    course = until(back, "plan-trial")
    late = TrialPlanned("single-shot-opioid", "morphine", "inpatient")
    step = Step("plan-trial", PHYSICIAN, late, timedelta(days=31))
    assert refused(course, step).code == "screen-too-old"
    course = until(back, "plan-implant")
    assert refused(course, replace(ORDER, later=timedelta(days=31))).code == "incomplete"


def test_the_screen_is_repeated_on_the_day_of_the_trial():
    course = until(back, "give-trial-dose")
    dose = TrialDoseGiven("morphine", Quantity.parse("0.3 mg"), "lot 7", "L3")
    step = Step("give-trial-dose", PHYSICIAN, dose, timedelta(days=1))
    assert refused(course, step).code == "screen-not-today"


@pytest.mark.parametrize(("finding", "drug"), [("psychosis", "ziconotide"),
    ("asthma-severe", "morphine"), ("hypersensitivity:fentanyl", "fentanyl")])  # fmt: skip
def test_a_finding_removes_a_drug_and_leaves_the_others(finding: str, drug: str):
    course = until(back, "plan-trial")
    course.do(Step("screen", NURSE, screen("pain", finding)))
    kind = "single-shot-ziconotide" if drug == "ziconotide" else "single-shot-opioid"
    step = Step("plan-trial", PHYSICIAN, TrialPlanned(kind, drug, "inpatient"))
    assert refused(course, step).code == "drug-removed"
    other = TrialPlanned("single-shot-opioid", "hydromorphone", "inpatient")
    course.do(Step("plan-trial", PHYSICIAN, other))


# Anticoagulants -----------------------------------------------------------------------------------


@pytest.mark.pathway("PW-042")
def test_no_dose_while_a_plan_is_open_or_the_clock_is_short():
    dose = TrialDoseGiven("morphine", Quantity.parse("0.3 mg"), "lot 7", "L3")
    course = until(back, "give-trial-dose")
    course.do(Step("plan-hold", PHYSICIAN, hold(None)))
    assert refused(course, Step("give-trial-dose", PHYSICIAN, dose)).code == "anticoagulant"
    course.do(Step("plan-hold", PHYSICIAN, hold(course.at - timedelta(days=4))))
    why = refused(course, Step("give-trial-dose", PHYSICIAN, dose))
    assert "held until" in why.message


@pytest.mark.pathway("PW-042")
def test_a_hold_for_an_earlier_procedure_holds_nothing_for_the_next():
    course = until(back, "judge-trial")
    course.do(Step("judge-trial", PHYSICIAN, TrialJudged(Verdict.EQUIVOCAL, "mixed", True)))
    again = TrialPlanned("single-shot-opioid", "morphine", "inpatient")
    course.do(Step("plan-trial", PHYSICIAN, again))
    with pytest.raises(Refused, match="earlier procedure"):
        check(("anticoagulants-closed",), course.person, RULES, course.at)
    course.do(Step("plan-hold", PHYSICIAN, hold(course.at - timedelta(days=5))))
    check(("anticoagulants-closed",), course.person, RULES, course.at)
    course = Course().through(back)
    with pytest.raises(Refused, match="earlier procedure"):
        check(("anticoagulants-closed",), course.person, RULES, course.at)


def test_a_hold_shorter_than_known_needs_a_reason():
    course = until(back, "sign-evaluation")
    short = replace(hold(course.at), hold_until=course.at + timedelta(days=3))
    why = refused(course, Step("plan-hold", PHYSICIAN, short))
    assert (why.code, "5 days" in why.message) == ("reason-missing", True)
    course.do(Step("plan-hold", PHYSICIAN, short, why="INR 1.1 measured"))


def test_a_hold_is_decided_with_its_prescriber():
    course = until(back, "sign-evaluation")
    alone = replace(hold(None), prescriber="")
    assert refused(course, Step("plan-hold", PHYSICIAN, alone)).code == "no-prescriber"


# The team -----------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-050")
@pytest.mark.parametrize("who", [PHYSICIAN, SURGEON, THERAPIST])
def test_the_team_concludes_only_with_pain_surgery_and_therapy(who: Any):
    less = drop(back, lambda s: s.act == "give-opinion" and s.actor == who)
    course = until(less, "conclude-team")
    outcome = TeamConcluded(Outcome.CANDIDATE, ("walk to the shop",))
    why = refused(course, Step("conclude-team", PHYSICIAN, outcome))
    assert (why.code, str(who.role) in why.message) == ("opinion-missing", True)


@pytest.mark.pathway("PW-050")
def test_only_the_fast_track_of_cancer_waives_an_opinion():
    course = until(back, "give-opinion")
    asked = WaiverProposed(Waived.OPINION, "therapist", "no therapist this week")
    assert refused(course, Step("propose-waiver", PHYSICIAN, asked)).code == "waiver-blocked"
    course = until(pancreas, "conclude-team")
    assert course.person.place is Place.TEAM_REVIEW


@pytest.mark.pathway("PW-050")
def test_dissent_is_answered():
    course = until(back, "conclude-team")
    course.do(Step("give-opinion", THERAPIST, OpinionGiven(Vote.AGAINST, "not yet exercised")))
    outcome = TeamConcluded(Outcome.CANDIDATE, ("walk to the shop",))
    assert refused(course, Step("conclude-team", PHYSICIAN, outcome)).code == "dissent"
    course.do(Step("conclude-team", PHYSICIAN, replace(outcome, dissent="exercise in parallel")))


@pytest.mark.pathway("PW-070")
def test_the_outcome_cites_a_goal_of_hers():
    course = until(back, "conclude-team")
    for goals in ((), ("run a marathon",)):
        outcome = TeamConcluded(Outcome.CANDIDATE, goals)
        assert refused(course, Step("conclude-team", PHYSICIAN, outcome)).code == "no-goals"


@pytest.mark.parametrize(("prognosis", "exception"), [("A", "at any price"), ("B", "")])
def test_a_short_prognosis_makes_no_candidate(prognosis: str, exception: str):
    course = until(pancreas, "conclude-team")
    course.do(Step("give-prognosis", PHYSICIAN, PrognosisGiven(prognosis, "worse")))
    outcome = TeamConcluded(Outcome.CANDIDATE, ("be awake for my grandson",), "", exception)
    assert refused(course, Step("conclude-team", PHYSICIAN, outcome)).code == "prognosis-too-short"


def test_a_prognosis_that_worsens_later_stops_the_implant():
    course = until(pancreas, "plan-implant")
    course.do(Step("give-prognosis", PHYSICIAN, PrognosisGiven("A", "days")))
    step = Step("plan-implant", SURGEON, ImplantPlanned("morphine", "synchromed-ii-20", "T7", ""))
    assert refused(course, step).code == "prognosis-too-short"


# The trial ----------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-012")
def test_a_trial_for_pain_is_none_for_spasticity():
    course = until(palsy, "plan-trial")
    step = Step(
        "plan-trial", PHYSICIAN, TrialPlanned("single-shot-opioid", "morphine", "inpatient")
    )
    assert refused(course, step).code == "wrong-template"


@pytest.mark.pathway("PW-012")
def test_spasticity_is_observed_by_the_ashworth_score_and_pain_may_be_left_out():
    course = until(palsy, "give-trial-dose")
    step = Step("observe-trial", THERAPIST, look(course.at, 5))
    assert refused(course, step).code == "not-on-scale"
    course.do(Step("observe-trial", THERAPIST, look(course.at, ashworth="1+")))


def test_a_catheter_trial_is_done_in_hospital():
    course = until(back, "plan-trial")
    planned = TrialPlanned("continuous-catheter", "morphine", "outpatient")
    assert refused(course, Step("plan-trial", PHYSICIAN, planned)).code == "inpatient-only"


@pytest.mark.pathway("PW-052")
def test_the_trial_of_baclofen_is_not_waived():
    course = until(palsy, "plan-trial")
    asked = WaiverProposed(Waived.TRIAL, "", "she is far away")
    assert refused(course, Step("propose-waiver", PHYSICIAN, asked)).code == "waiver-blocked"


@pytest.mark.pathway("PW-052")
def test_a_waived_trial_has_a_reason_and_two_signers():
    course = until(pancreas, "propose-waiver")
    asked = WaiverProposed(Waived.TRIAL, "", " ")
    assert refused(course, Step("propose-waiver", PHYSICIAN, asked)).code == "reason-missing"
    course = until(drop(pancreas, lambda s: s.act == "sign-waiver" and s.actor == SURGEON),
                   "record-decision")  # fmt: skip
    assert str(course.person.place) == "team-review"
    proposal = course.person.events[-1].id
    assert refused(course, Step("sign-waiver", PHYSICIAN, proposal)).code == "same-person"
    course.do(Step("sign-waiver", COLLEAGUE, proposal))
    assert course.person.place is Place.TRIAL_WAIVED


@pytest.mark.pathway("PW-022")
def test_there_is_no_goal_without_words():
    course = until(palsy, "set-goals")
    step = Step("set-goals", PATIENT, replace(next(s for s in palsy(course)
        if s.act == "set-goals").asked, goals=()))  # fmt: skip
    assert refused(course, step).code == "no-goals"


def test_no_dose_without_consent_and_none_that_the_pharmacist_has_not_verified():
    dose = TrialDoseGiven("baclofen", Quantity.parse("50 mcg"), "lot 9", "L3")
    for act, code in (("consent-to-trial", "no-consent"), ("verify-trial-dose", "not-verified"),
                      ("observe-trial", "no-baseline")):  # fmt: skip
        course = until(without(palsy, act), "give-trial-dose")
        assert refused(course, Step("give-trial-dose", PHYSICIAN, dose)).code == code
    course = until(palsy, "give-trial-dose")
    other = replace(dose, dose=Quantity.parse("75 mcg"))
    assert refused(course, Step("give-trial-dose", PHYSICIAN, other)).code == "not-verified"


def test_a_verification_is_good_for_one_dose_and_the_next_is_a_day_later():
    course = until(palsy, "judge-trial")
    dose = Quantity.parse("75 mcg")
    given = Step("give-trial-dose", PHYSICIAN, TrialDoseGiven("baclofen", dose, "lot 9", "L3"))
    assert refused(course, given).code == "not-verified"
    course.do(Step("verify-trial-dose", PHARMACIST, TrialDoseVerified("baclofen", dose, "lot 9")))
    assert refused(course, given).code == "too-soon"
    course.do(Step("screen", NURSE, screen("spasticity"), hours(24)))
    course.do(given)


@pytest.mark.parametrize(("text", "code"), [
    ("101 mcg", "dose-too-high"), ("50 mg", "slip"), ("50 mcg/day", "wrong-kind"),
    ("0 mcg", "wrong-kind")])  # fmt: skip
def test_a_screening_dose_of_baclofen_keeps_to_the_label(text: str, code: str):
    course = until(palsy, "verify-trial-dose")
    asked = TrialDoseVerified("baclofen", Quantity.parse(text), "lot 9")
    assert refused(course, Step("verify-trial-dose", PHARMACIST, asked)).code == code


def test_a_limit_that_is_only_recalled_asks_for_a_reason_and_a_slip_has_none():
    course = until(back, "verify-trial-dose")
    asked = TrialDoseVerified("morphine", Quantity.parse("0.6 mg"), "lot 7")
    assert refused(course, Step("verify-trial-dose", PHARMACIST, asked)).code == "reason-missing"
    slip = TrialDoseVerified("morphine", Quantity.parse("30 mg"), "lot 7")
    step = Step("verify-trial-dose", PHARMACIST, slip, why="ordered so")
    assert refused(course, step).code == "slip"
    course.do(Step("verify-trial-dose", PHARMACIST, asked, why="tolerant of 200 mg by mouth"))


# The verdict --------------------------------------------------------------------------------------

SUCCESS = TrialJudged(Verdict.SUCCESS, "better", True)


@pytest.mark.pathway("PW-052")
@pytest.mark.parametrize(("pain", "best"), [
    (6, "failed"), (5, "equivocal"), (4, "success")])  # fmt: skip
def test_relief_of_half_succeeds_of_less_than_thirty_per_cent_fails(pain: int, best: str):
    course = given_morphine()
    course.do(watch(course, 24, pain, function_better=True))
    if best == "success":
        course.do(Step("judge-trial", PHYSICIAN, SUCCESS))
        return
    why = refused(course, Step("judge-trial", PHYSICIAN, SUCCESS))
    assert (why.code, why.limit) == ("verdict-too-good", best)


def given_morphine() -> Course:
    """The dose has been given; baseline pain 8."""
    less = drop(back, lambda s: s.act == "observe-trial" and s.later >= hours(4))
    return until(less, "judge-trial")


def watch(course: Course, count: int, pain: int, **more: Any) -> Step:
    later = hours(count)
    return Step("observe-trial", NURSE, look(course.at + later, pain, **more), later)


def test_relief_without_better_function_is_no_success():
    course = given_morphine()
    course.do(watch(course, 24, 1))
    assert refused(course, Step("judge-trial", PHYSICIAN, SUCCESS)).limit == "equivocal"


@pytest.mark.parametrize("end", ["intolerable", "respiratory_depression", "new_deficit",
    "infection"])  # fmt: skip
def test_what_ends_a_trial_leaves_no_success(end: str):
    course = given_morphine()
    course.do(watch(course, 24, 0, function_better=True, **{end: True}))
    assert refused(course, Step("judge-trial", PHYSICIAN, SUCCESS)).limit == "failed"


def test_who_declines_has_no_successful_trial():
    course = given_morphine()
    course.do(watch(course, 24, 0, function_better=True))
    declined = replace(SUCCESS, patient_accepts=False)
    assert refused(course, Step("judge-trial", PHYSICIAN, declined)).limit == "failed"


def test_morphine_is_watched_for_a_day_before_a_success_and_fails_at_once():
    course = given_morphine()
    course.do(watch(course, 23, 0, function_better=True))
    assert refused(course, Step("judge-trial", PHYSICIAN, SUCCESS)).code == "not-observed"
    failed = TrialJudged(Verdict.FAILED, "vomited", False)
    course.do(Step("judge-trial", PHYSICIAN, failed))
    assert course.person.place is Place.TRIAL_FAILED


@pytest.mark.pathway("PW-053")
def test_after_a_failed_trial_there_is_no_implant_but_there_are_alternatives():
    course = until(back, "judge-trial")
    course.do(Step("judge-trial", PHYSICIAN, TrialJudged(Verdict.FAILED, "no use", True)))
    assert refused(course, ORDER).code == "not-now"
    course.do(Step("open-alternatives", PHYSICIAN, "stimulation"))
    assert course.person.place is Place.ALTERNATIVES


def test_only_an_equivocal_trial_is_planned_again():
    again = Step("plan-trial", PHYSICIAN, TrialPlanned("multiple-bolus", "morphine", "inpatient"))
    course = until(back, "judge-trial")
    assert refused(course, again).code == "not-equivocal"
    course.do(Step("judge-trial", PHYSICIAN, TrialJudged(Verdict.EQUIVOCAL, "mixed", True)))
    course.do(again)
    assert course.person.place is Place.TRIAL_PLANNED


def test_a_tone_that_falls_from_two_to_one_plus_has_not_fallen_by_a_point():
    less = drop(palsy, lambda s: s.act == "observe-trial")
    course = until(less, "give-trial-dose")
    course.do(Step("observe-trial", THERAPIST, look(course.at, ashworth="2")))
    dose = TrialDoseGiven("baclofen", Quantity.parse("50 mcg"), "lot 9", "L3")
    course.do(Step("give-trial-dose", PHYSICIAN, dose))
    seen = look(course.at + hours(9), ashworth="1+", goals_met=True)
    course.do(Step("observe-trial", THERAPIST, seen, hours(9)))
    assert refused(course, Step("judge-trial", PHYSICIAN, SUCCESS)).limit == "equivocal"


def test_no_response_to_a_hundred_micrograms_of_baclofen_is_a_failed_trial():
    course = until(drop(palsy, lambda s: s.act == "verify-trial-dose"), "give-trial-dose")
    dose = Quantity.parse("100 mcg")
    course.do(Step("verify-trial-dose", PHARMACIST, TrialDoseVerified("baclofen", dose, "lot 9")))
    course.do(Step("give-trial-dose", PHYSICIAN, TrialDoseGiven("baclofen", dose, "lot 9", "L3")))
    seen = look(course.at + hours(9), ashworth="3")
    course.do(Step("observe-trial", THERAPIST, seen, hours(9)))
    equivocal = replace(SUCCESS, verdict=Verdict.EQUIVOCAL)
    assert refused(course, Step("judge-trial", PHYSICIAN, equivocal)).limit == "failed"


# The decision and the order -----------------------------------------------------------------------

ORDER = Step("plan-implant", SURGEON, ImplantPlanned("morphine", "synchromed-ii-20", "T10", "left"))


@pytest.mark.pathway("PW-035")
@pytest.mark.parametrize("name", SCRIPTS)
def test_no_implant_without_a_record_of_the_decision_before_it(name: str):
    course = until(without(SCRIPTS[name], "record-decision"), "plan-implant")
    drug = "baclofen" if name == "palsy" else "morphine"
    step = replace(ORDER, asked=replace(ORDER.asked, drug=drug))
    assert refused(course, step).code == "no-decision"
    course.do(Step("record-decision", PHYSICIAN, DECIDED))
    course.do(step)


@pytest.mark.pathway("PW-035")
@pytest.mark.parametrize("choice", [Choice.WAIT, Choice.OTHER])
def test_who_decides_to_wait_or_for_another_way_gets_no_implant(choice: Choice):
    course = until(back, "plan-implant")
    course.do(Step("record-decision", PHYSICIAN, replace(DECIDED, choice=choice)))
    assert refused(course, ORDER).code == "no-decision"


@pytest.mark.pathway("PW-053")
def test_no_implant_without_a_successful_trial():
    course = until(without(back, "judge-trial"), "plan-implant")
    assert refused(course, ORDER).code == "no-successful-trial"


def test_an_opioid_is_not_planned_for_spasticity():
    course = until(palsy, "plan-implant")
    assert refused(course, ORDER).code == "wrong-drug"


def test_what_a_team_said_in_an_earlier_round_does_not_count_in_this_one():
    course = until(back, "judge-trial")
    course.do(Step("judge-trial", PHYSICIAN, TrialJudged(Verdict.FAILED, "no use", True)))
    course.do(Step("open-alternatives", PHYSICIAN, ""))
    course.do(Step("begin-evaluation", PHYSICIAN, EvaluationBegun("again")))
    assert course.person.every(OpinionGiven) == ()
    assert course.person.every(OpinionGiven, None) != ()
    assert refused(course, Step("sign-evaluation", PHYSICIAN, "")).code == "incomplete"


@pytest.mark.pathway("PW-051")
@pytest.mark.parametrize("who", [NURSE, PHARMACIST, THERAPIST, PSYCHOLOGIST, PATIENT])
def test_only_physician_and_surgeon_sign_the_evaluation(who: Any):
    course = until(back, "sign-evaluation")
    assert refused(course, Step("sign-evaluation", who, "")).code == "role"
    course.do(Step("sign-evaluation", SURGEON, ""))


def test_an_act_before_what_is_on_record_is_refused():
    course = until(back, "sign-evaluation")
    step = Step("sign-evaluation", PHYSICIAN, "", timedelta(minutes=-1))
    assert refused(course, step).code == "too-late"


def test_an_unknown_name_is_refused_and_nobody_can_act_for_a_stranger():
    asked = next(iter(back(Course()))).asked
    step = Step("refer", NURSE, replace(asked, indication="headache"))
    assert refused(Course(), step).code == "unknown"
    assert Person("p9").place is None
