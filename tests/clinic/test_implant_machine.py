"""From the planned implant on, whatever is forgotten or comes between: what never happens.

The machine goes through a worked course, leaves acts out, puts others in, and looks at the record
itself, not through the guards.
"""

from collections.abc import Iterator
from copy import copy
from datetime import timedelta
from functools import cache
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisterna.clinic.acts import ACTS
from cisterna.clinic.bodies.implant import (
    AntibioticGiven,
    ChecklistAnswered,
    DeviceScanned,
    Discharged,
    EmergencyContactGiven,
    ImplantObserved,
    IncisionMade,
    NerveFlagClosed,
    NerveFlagRaised,
    OperationRecorded,
)
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered, Moved, Place, Screened
from cisterna.clinic.bodies.titration import Effect, TitrationVisited
from cisterna.clinic.course import Person, person_text, replay
from cisterna.clinic.event import Event, event_text
from cisterna.clinic.gate.bodies import TransmissionEnded
from cisterna.clinic.refusal import Refused
from cisterna.clinic.tasks import due
from tests.clinic.onward import WEAK, WELL, implanted, purpose, titrated, visit
from tests.clinic.people import NURSE, PHYSICIAN, RULES, SCRIPTS, Course, Dose, Step, screen

LATER = [n for n in ACTS if ACTS[n].does.__module__.endswith(("prepare", "implant", "observation"))]
FORGETFUL = sorted({*LATER, "titration-visit", "screen", "answer-anticoagulants", "dose"})


@cache
def planned(name: str) -> Course:
    """A course up to the planned implant."""
    return Course().through(SCRIPTS[name])


def between(course: Course, what: str) -> Step:
    """Something that comes between."""
    at = course.at
    return {
        "infection": Step("screen", NURSE, screen(purpose(course), "active-infection")),
        "anticoagulant": Step(
            "answer-anticoagulants", NURSE, AnticoagulantsAnswered(("clopidogrel",))
        ),
        "weak": Step("observe-after-implant", NURSE, ImplantObserved(at, WEAK, None)),
        "well": Step("observe-after-implant", NURSE, ImplantObserved(at, WELL, None)),
        "less": Step("titration-visit", NURSE, visit(course, timedelta(0), Effect.LESS)),
        "home": Step("discharge", PHYSICIAN, "home", why="a reason"),
        "a-day": Step("screen", NURSE, screen(purpose(course)), timedelta(days=1)),
    }[what]


COMES = ("infection", "anticoagulant", "weak", "well", "less", "a-day", "home")
WHEN = st.integers(0, 12) | st.integers(0, 50)


@pytest.mark.parametrize("forgotten", ["", *FORGETFUL])
@given(
    name=st.sampled_from(sorted(SCRIPTS)),
    come=st.lists(st.tuples(WHEN, st.sampled_from(COMES)), max_size=3).map(dict),
)
@settings(max_examples=8, deadline=None)
def test_no_course_after_the_plan_is_one_that_may_not_be(
    forgotten: str, name: str, come: dict[int, str]
):
    course = copy(planned(name))
    for number, step in enumerate(islice(onward(course), 90)):
        if number in come:
            _try(course, between(course, come[number]))
        if step.act != forgotten:
            _try(course, step)
    _holds(course.person)
    assert all(
        t.source and t.person == course.person.id for t in due(course.person, RULES, course.at)
    )


def onward(course: Course) -> Iterator[Step | Dose]:
    """From the day of the operation into maintenance."""
    yield from implanted(course)
    yield from titrated(course)


def _try(course: Course, step: Any) -> None:
    try:
        course.dose(step) if isinstance(step, Dose) else course.do(step)
    except Refused:
        course.at += timedelta(minutes=1)


def _holds(person: Person) -> None:
    again = replay(person.id, [event_text(e) for e in person.events])
    assert person_text(again) == person_text(person)
    for before, found in _histories(person, IncisionMade):
        _the_cut_may_be_made(before, found)
    for before, _ in _histories(person, OperationRecorded):
        assert _last(before, IncisionMade)
        assert _last(before, DeviceScanned)
    for before, found in _histories(person, Discharged):
        _she_may_go_home(before)
        operated = _last(before, OperationRecorded)
        assert operated is not None
        assert found.recorded - operated.body.closed >= timedelta(hours=28)  # 4 and 24
    if person.place is Place.MAINTENANCE:
        moved = next(n for n, e in enumerate(person.events) if _to(e, Place.MAINTENANCE))
        seen = [e for e in person.events[:moved] if isinstance(e.body, TitrationVisited)]
        assert seen[-1].body.seen > _last(list(person.events), TransmissionEnded).effective  # type: ignore[union-attr]


def _the_cut_may_be_made(before: list[Event], found: Event) -> None:
    """Asked, listed, scanned and screened that day, and an antibiotic in the hour before."""
    day = found.recorded.date()
    for kind in (Screened, AnticoagulantsAnswered, ChecklistAnswered):
        told = _last(before, kind)
        assert told is not None
        assert told.recorded.date() == day
    screened = _last(before, Screened)
    assert screened is not None
    assert "active-infection" not in screened.body.present
    answered = _last(before, AnticoagulantsAnswered)
    assert answered is not None
    assert "clopidogrel" not in answered.body.taking
    antibiotic = _last(before, AntibioticGiven)
    assert antibiotic is not None
    assert timedelta(0) <= found.recorded - antibiotic.body.given <= timedelta(hours=1)


def _she_may_go_home(before: list[Event]) -> None:
    """The pump confirmed, somebody to call is known, no flag is open."""
    operated = next(n for n, e in enumerate(before) if isinstance(e.body, OperationRecorded))
    ended = [e for e in before[operated:] if isinstance(e.body, TransmissionEnded)]
    assert [e for e in ended if e.body.outcome == "activated"]
    assert _last(before, EmergencyContactGiven)
    raised = {e.id for e in before if isinstance(e.body, NerveFlagRaised)}
    assert raised == {e.body.flag for e in before if isinstance(e.body, NerveFlagClosed)}


def _to(event: Event, place: Place) -> bool:
    return isinstance(event.body, Moved) and event.body.after is place


def _histories(person: Person, kind: type[Any]) -> list[tuple[list[Event], Event]]:
    events = list(person.events)
    return [(events[:n], e) for n, e in enumerate(events) if isinstance(e.body, kind)]


def _last(events: list[Event], kind: type[Any]) -> Event | None:
    return next((e for e in reversed(events) if isinstance(e.body, kind)), None)
