"""What was reported from home and waits for somebody, and by when somebody acts."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from cisterna.clinic.bodies.emergency import EmergencyClosed, ReportAnswered, ReportTriaged
from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.course import Person, Said
from cisterna.clinic.event import Role
from cisterna.clinic.triage import Level

AT_HOME = (Role.PATIENT, Role.CAREGIVER)
_SATURDAY = 5


def open_reports(person: Person) -> tuple[Said[ReportTriaged], ...]:
    """What was reported from home and nobody has taken up; a red one ends with its emergency."""
    found: dict[str, Said[ReportTriaged]] = {}
    for one in person.events:
        if isinstance(one.body, ReportTriaged) and one.actor.role in AT_HOME:
            found[one.id] = Said(one.body, one.effective, one.actor, one.id)
        elif isinstance(one.body, ReportAnswered):
            found.pop(one.body.report, None)
        elif isinstance(one.body, EmergencyClosed):
            found = {k: r for k, r in found.items() if r.body.level != Level.RED}
    return tuple(found.values())


def answer_by(level: str, at: datetime, zone: ZoneInfo) -> datetime:
    """By when somebody acts (pathway §6.4): at once, the same day, or the next working day.

    Days are those of the person's zone, working days Monday to Friday; holidays are not known.
    """
    if level == Level.RED:
        return at
    day = at.astimezone(zone).date()
    if level == Level.GREEN:
        day += timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
    return datetime.combine(day, time(23, 59), zone)


def zone_of(person: Person) -> ZoneInfo:
    """Her time zone; UTC before she is registered."""
    entry = person.last(Registered, None)
    return ZoneInfo(entry.body.zone if entry else "UTC")
