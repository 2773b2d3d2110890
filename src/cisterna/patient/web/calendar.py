"""Her next dates as a calendar that a phone can take in; no drug and no illness is named in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import icalendar

from cisterna.clinic.bodies.revision import TherapyEnded
from cisterna.clinic.check_ins import next_check_in
from cisterna.clinic.course import Person
from cisterna.clinic.web.forms import zone_of
from cisterna.facts import Pathway
from cisterna.patient.web.plan import refill_by
from cisterna.patient.web.words import say

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
    return bytes(made.to_ical())


def _event(person: Person, one: Day, at: datetime) -> icalendar.Event:
    found = icalendar.Event()
    found.add("uid", f"{person.id}-{one.kind}@cisterna")
    found.add("dtstamp", at)
    found.add("dtstart", one.on)
    found.add("summary", say(f"portal.calendar.{one.kind}_title"))
    found.add("description", say(f"portal.calendar.{one.kind}_text"))
    for ahead in _AHEAD if one.kind == "refill" else ():
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", say(f"portal.calendar.{one.kind}_title"))
        alarm.add("trigger", -ahead)
        found.add_component(alarm)
    return found
