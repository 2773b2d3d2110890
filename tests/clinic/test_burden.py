"""What the treatment takes of her is noted by her, and summed over a year."""

from datetime import timedelta
from decimal import Decimal

import pytest

from cisterna.clinic.bodies.hers import BurdenLogged
from cisterna.clinic.burden import burden
from tests.clinic.people import CAREGIVER, NURSE, PATIENT
from tests.clinic.refusals import refused
from tests.clinic.years import did, living


@pytest.mark.pathway("PW-033")
def test_a_year_of_journeys_time_and_money():
    course = living()
    today = course.at.date()
    notes = (
        BurdenLogged(today - timedelta(days=365), "refill", False, 500, "99", "EUR"),
        BurdenLogged(today - timedelta(days=364), "refill", False, 200, "12.50", "EUR"),
        BurdenLogged(today - timedelta(days=30), "refill", True, 30),
        BurdenLogged(today - timedelta(days=2), "test", False, 100, "7", "EUR"),
        BurdenLogged(today, "visit", False, 90, "20", "USD"),
    )
    assert burden(course.person, today) is None
    for note in notes:
        did(course, "log-burden", PATIENT, note)
    found = burden(course.person, today)
    # By hand: the first lies outside the 365 days; 200 + 30 + 100 + 90 = 420 minutes are 7 hours.
    assert found is not None
    assert (found.journeys, found.at_home, found.minutes, found.hours) == (3, 1, 420, 7)
    assert found.paid == {"EUR": Decimal("19.50"), "USD": Decimal("20")}


def test_a_note_that_cannot_be_is_refused():
    course = living()
    today = course.at.date()
    right = BurdenLogged(today, "refill", False, 200, "12.50", "EUR")
    for wrong, code in (
        (BurdenLogged(today, "party", False, 200), "unknown"),
        (BurdenLogged(today + timedelta(days=1), "refill", False, 200), "wrong-time"),
        (BurdenLogged(today, "refill", False, -1), "not-on-scale"),
        (BurdenLogged(today, "refill", False, 1441), "not-on-scale"),
        (BurdenLogged(today, "refill", False, 200, "12.505", "EUR"), "not-money"),
        (BurdenLogged(today, "refill", False, 200, "-12", "EUR"), "not-money"),
        (BurdenLogged(today, "refill", False, 200, "12.50"), "not-money"),
        (BurdenLogged(today, "refill", False, 200, "", "EUR"), "not-money"),
        (BurdenLogged(today, "refill", False, 200, "12", "euro"), "not-money"),
        (BurdenLogged(today, "refill", False, 200, says="x" * 4001), "too-long"),
    ):
        with refused(code):
            did(course, "log-burden", PATIENT, wrong)
    for actor, code in ((NURSE, "role"), (CAREGIVER, "not-given")):
        with refused(code):
            did(course, "log-burden", actor, right)
    assert did(course, "log-burden", PATIENT, right)
