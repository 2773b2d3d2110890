"""A trial from its pages: looks at their times, one tap for each answer, what the rule allows."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from cisterna.clinic.bodies.planning import TrialObserved, Verdict
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import clock, rows
from tests.clinic.people import SCRIPTS, Course
from tests.clinic.web.conftest import NOW, SignedIn
from tests.clinic.web.guiding import Procedure

CALM: dict[str, Any] = {
    "sedation": "awake", "breaths": "14", "oxygen": "97", "ends": "none", "says": "", "why": "",
}  # fmt: skip


def at(when: datetime) -> str:
    """As the form writes a time in her zone (Berlin, in June two hours ahead)."""
    return f"{when + timedelta(hours=2):%Y-%m-%dT%H:%M}"


def trialled(record: Record, until: str, script: str = "back") -> Course:
    """Somebody in the middle of a trial, now."""
    done = Course("p1", NOW).through(SCRIPTS[script], until)
    course = Course("p1", NOW - (done.at - NOW)).through(SCRIPTS[script], until)
    record.append(*course.person.events)
    rows.catch_up()
    clock.use(lambda: course.at)
    return course


def trial(signed_in: SignedIn, role: Role = Role.NURSE) -> Procedure:
    return Procedure(signed_in(role), "trial")


def sends(page: Procedure, **row: Any) -> int:
    page.page()
    about = {"act": "observe-trial", "base": page.base} | CALM | row
    page.last = page.browser.post(page.place, about)
    return int(page.last.status_code)


def test_the_baseline_comes_before_the_dose(clinic: Record, signed_in: SignedIn):
    course = trialled(clinic, "observe-trial")
    page = trial(signed_in)
    assert "Baseline" in page.page().split('id="now"')[1][:30]
    row = {"seen": at(course.at), "pain_rest": "6", "pain_moving": "8", "function_better": "no"}
    assert sends(page, **row) == 302
    seen = rows.load("p1").last(TrialObserved)
    assert seen is not None
    assert (seen.body.pain_rest, seen.body.pain_moving, seen.body.breaths) == (6, 8, 14)


def test_the_planned_looks_stand_with_their_due_times_and_are_ticked_off(
    clinic: Record, signed_in: SignedIn
):
    """After the dose: pain at 1, 2, 4, 8 and 24 h, and for the opioid 12 looks and 6 more."""
    course = trialled(clinic, "judge-trial")
    given = next(e.at for e in _doses(course))
    clock.use(lambda: course.at)
    page = trial(signed_in).page()
    assert page.count("Pain at rest and moving") >= 5
    assert page.count("Sedation, breathing, oxygen") == 18
    assert "✓" in page
    assert "✗" in page
    local = given + timedelta(hours=2 if _summer(given) else 1)
    assert f"{local + timedelta(hours=4):%Y-%m-%d %H:%M}" in page


def _doses(course: Course) -> Any:
    from cisterna.clinic.bodies.planning import TrialDoseGiven  # noqa: PLC0415

    return course.person.every(TrialDoseGiven)


def _summer(when: datetime) -> bool:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    return when.astimezone(ZoneInfo("Europe/Berlin")).utcoffset() == timedelta(hours=2)


def test_what_ends_a_trial_is_answered_with_none_if_none(clinic: Record, signed_in: SignedIn):
    course = trialled(clinic, "judge-trial")
    page = trial(signed_in)
    row = {"seen": at(course.at), "pain_rest": "2", "pain_moving": "3", "function_better": "yes"}
    assert sends(page, **row | {"ends": []}) == 422
    assert sends(page, **row | {"ends": ["none", "infection"]}) == 422
    assert "Either none of these" in page.text
    assert sends(page, **row | {"ends": ["infection"]}) == 302
    assert "the rule allows: failed" in page.page().lower()


def test_the_page_says_what_the_rule_allows_and_the_act_refuses_better(
    clinic: Record, signed_in: SignedIn
):
    """From 8 to 3 is 62 % less, and function is better: a success at best."""
    trialled(clinic, "judge-trial")
    doctor = trial(signed_in, Role.PHYSICIAN)
    page = doctor.page()
    assert "So far the rule allows: success" in page
    assert "Relief 62 %" in page
    assert "pathway §3.2" in page
    row = {
        "act": "judge-trial", "base": doctor.base, "verdict": str(Verdict.SUCCESS),
        "reason": "walked 200 m", "patient_accepts": "yes", "starts_from": "", "why": "",
    }  # fmt: skip
    too_good = row | {"patient_accepts": "no"}
    doctor.last = doctor.browser.post(doctor.place, too_good)
    assert doctor.last.status_code == 422
    assert "allow failed at best" in doctor.text


def test_the_line_of_scores_has_its_baseline_and_a_table(clinic: Record, signed_in: SignedIn):
    trialled(clinic, "judge-trial")
    page = trial(signed_in).page()
    assert "baseline 8" in page
    assert "success at or below 4" in page
    assert "Every look" in page


@pytest.mark.parametrize("script", ["back", "palsy"])
def test_each_purpose_is_asked_its_own_score(clinic: Record, signed_in: SignedIn, script: str):
    trialled(clinic, "observe-trial", script)
    page = trial(signed_in).page()
    assert ('name="ashworth"' in page) is (script == "palsy")
    assert ('name="pain_rest"' in page) is (script == "back")
