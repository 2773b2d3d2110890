"""Her next dates as a calendar that a phone can take in; no drug and no illness is named in it.

A calendar of hers can follow the dates by a secret link. The link says whose it is and which event
of her record made it, under a signature of this clinic: nothing is kept beside the record, and it
ends when she ends it, makes another, or its time is over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import icalendar
from django.core.signing import BadSignature, Signer

from cisterna.clinic.bodies.refill import NextRefillSet
from cisterna.clinic.bodies.revision import TherapyEnded
from cisterna.clinic.check_ins import next_check_in
from cisterna.clinic.course import Person
from cisterna.clinic.reach import calendar_link
from cisterna.clinic.web import rows
from cisterna.clinic.web.forms import zone_of
from cisterna.facts import Pathway
from cisterna.patient.web.plan import refill_by
from cisterna.patient.web.words import say

_YEAR = timedelta(days=365)
_AHEAD = (timedelta(days=14), timedelta(days=3))
"""When a phone reminds of a refill: pathway §5.7, T-14 remind and T-3."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day to come: `refill` by which the pump is filled at the latest, or `check_in`."""

    kind: str
    on: date


def days_of(person: Person, rules: Pathway) -> Iterator[Day]:
    """The days that are known; none after the end of the therapy."""
    if person.last(TherapyEnded) is not None:
        return
    zone = zone_of(person)
    refill, check = refill_by(person, rules.library), next_check_in(person, rules)
    if refill is not None:
        yield Day("refill", refill.astimezone(zone).date())
    if check is not None:
        yield Day("check_in", check.astimezone(zone).date())


def calendar_of(person: Person, rules: Pathway, at: datetime) -> bytes:
    """The days as an iCalendar file (RFC 5545): whole days, a refill with two reminders."""
    made = icalendar.Calendar()
    made.add("prodid", "-//Cisterna//")
    made.add("version", "2.0")
    for one in days_of(person, rules):
        made.add_component(_event(person, one, at))
    visit = booked(person, at)
    if visit is not None:
        made.add_component(_visit(person, visit, at))
        made.add_missing_timezones(first_date=at.date(), last_date=visit.date() + _YEAR)
    return bytes(made.to_ical())


def booked(person: Person, at: datetime) -> datetime | None:
    """When her refill is booked, in her own zone; None where nothing to come is."""
    said = person.last(NextRefillSet, None)
    if said is None or said.body.booked < at or person.last(TherapyEnded) is not None:
        return None
    return said.body.booked.astimezone(zone_of(person))


def _visit(person: Person, visit: datetime, at: datetime) -> icalendar.Event:
    found = icalendar.Event()
    found.add("uid", f"{person.id}-booked@cisterna")
    found.add("dtstamp", at)
    found.add("dtstart", visit)
    found.add("summary", say("mine.calendar.booked_title"))
    found.add("description", say("mine.calendar.booked_text"))
    for ahead in _AHEAD:
        found.add_component(_alarm("mine.calendar.booked_title", ahead))
    return found


def _alarm(key: str, ahead: timedelta) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", say(key))
    alarm.add("trigger", -ahead)
    return alarm


def _event(person: Person, one: Day, at: datetime) -> icalendar.Event:
    found = icalendar.Event()
    found.add("uid", f"{person.id}-{one.kind}@cisterna")
    found.add("dtstamp", at)
    found.add("dtstart", one.on)
    found.add("summary", say(f"portal.calendar.{one.kind}_title"))
    found.add("description", say(f"portal.calendar.{one.kind}_text"))
    for ahead in _AHEAD if one.kind == "refill" else ():
        found.add_component(_alarm(f"portal.calendar.{one.kind}_title", ahead))
    return found


# The link ----------------------------------------------------------------------------------------

_SALT = "her-calendar"


def link_of(person: Person, at: datetime) -> str:
    """The address of the link that is in force; empty where there is none."""
    said = calendar_link(person)
    if said is None or at >= said.body.until:
        return ""
    return f"/refills/{Signer(salt=_SALT).sign_object([person.id, said.id])}.ics"


def followed(token: str, at: datetime) -> Person | None:
    """Whose link this is, if it is in force."""
    try:
        name, event = Signer(salt=_SALT).unsign_object(token)
    except (BadSignature, ValueError, TypeError):
        return None
    person = rows.load(str(name))
    said = calendar_link(person)
    good = said is not None and said.id == event and at < said.body.until
    return person if good else None
