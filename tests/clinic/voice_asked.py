"""Who may say and answer what, and what each of these acts is asked in a right state."""

from datetime import timedelta
from typing import Any

from cisterna.clinic.acts.emergency import Report
from cisterna.clinic.acts.voice import Message
from cisterna.clinic.bodies.delegation import (
    AccessChanged,
    AccessEnded,
    AccessGiven,
    CalendarEnded,
    CalendarShared,
)
from cisterna.clinic.bodies.voice import (
    DiaryWritten,
    LanguageStated,
    MessageAnswered,
    ReportAnswered,
)
from tests.clinic.people import PATIENT
from tests.clinic.years import did, living

_TEAM = "physician surgeon nurse"
_HER = "patient caregiver"
# Written by hand: pathway §8, row triage message; §1.6 PW-057 for the rest.
VOICE_MAY = {
    "write-diary": _HER,
    "send-message": _HER,
    "answer-message": _TEAM,
    "answer-report": _TEAM,
    "state-language": f"{_TEAM} therapist psychologist {_HER}",
    **dict.fromkeys(["give-access", "change-access", "end-access"], "physician nurse patient"),
    "share-calendar": "patient",
    "end-calendar": "patient",
}


def asked() -> dict[str, tuple[Any, Any]]:
    """Each act with a state in which it is possible."""
    course = living()
    written = did(course, "send-message", PATIENT, Message("", "itch", "at night"))
    told = did(course, "triage-report", PATIENT, Report(("itch",)))
    did(course, "give-access", PATIENT, AccessGiven("sister", ("plan",)))
    until = course.at + timedelta(days=30)
    did(course, "share-calendar", PATIENT, CalendarShared(until))
    bodies: dict[str, Any] = {
        "write-diary": DiaryWritten(course.at, "day", 4, "walked", "slept well"),
        "send-message": Message("", "a question", "may I swim?"),
        "answer-message": MessageAnswered(written[0].id, "yes"),
        "answer-report": ReportAnswered(told[0].id, "called her"),
        "state-language": LanguageStated("Spanish", True, "speaks slowly"),
        "give-access": AccessGiven("brother", ("plan", "diary")),
        "change-access": AccessChanged("sister", ("diary",)),
        "end-access": AccessEnded("sister"),
        "share-calendar": CalendarShared(until),
        "end-calendar": CalendarEnded(),
    }
    return {act: (course.person, body) for act, body in bodies.items()}


VOICE_ASKED = asked()
