"""Who may say what of herself, and what each of these acts is asked in a right state."""

from datetime import timedelta
from typing import Any

from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.bodies.emergency import ReportAnswered
from cisterna.clinic.bodies.hers import AccessGiven, BurdenLogged, DiaryWritten, MessageSent
from cisterna.clinic.bodies.reach import CalendarEnded, CalendarShared, LanguageStated
from tests.clinic.people import PATIENT
from tests.clinic.years import did, living

# Written by hand: pathway §1.6 PW-057, which has no row in §8.
HEARD_MAY = {
    "answer-report": "physician surgeon nurse",  # §8, row triage message
    "send-message": "physician surgeon nurse pharmacist therapist psychologist patient caregiver",
    "write-diary": "patient caregiver",
    "log-burden": "patient caregiver",
    "give-access": "physician nurse patient",
    "state-language": "physician surgeon nurse therapist psychologist patient caregiver",
    "share-calendar": "patient",
    "end-calendar": "patient",
}


def asked() -> dict[str, tuple[Any, Any]]:
    """Each act with a state in which it is possible."""
    course = living()
    told = did(course, "triage-report", PATIENT, Report(("itch",)))
    written = did(course, "send-message", PATIENT, MessageSent("May I swim?"))
    until = course.at + timedelta(days=30)
    did(course, "share-calendar", PATIENT, CalendarShared(until))
    bodies: dict[str, Any] = {
        "send-message": MessageSent("In the sea?", written[0].id),
        "write-diary": DiaryWritten(course.at, 4, "walked", "slept well"),
        "log-burden": BurdenLogged(course.at.date(), "refill", False, 210, "12.50", "EUR"),
        "give-access": AccessGiven("sister", ("plan", "check-in")),
        "answer-report": ReportAnswered(told[0].id, "called her"),
        "state-language": LanguageStated("Spanish", True, "speaks slowly"),
        "share-calendar": CalendarShared(until),
        "end-calendar": CalendarEnded(),
    }
    return {act: (course.person, body) for act, body in bodies.items()}


HEARD_ASKED = asked()
