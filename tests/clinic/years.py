"""People of the worked courses with a pump in place, put there by events."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from cisterna.clinic.bodies.planning import Moved, Place
from cisterna.clinic.bodies.visit import DrugDose, Graded, Score, VisitRecorded
from cisterna.clinic.course import fold
from cisterna.clinic.event import Actor, Event
from cisterna.clinic.since import Due
from cisterna.quantity import Quantity
from tests.clinic.people import NURSE, RULES, SCRIPTS, SURGEON, Course, Step

WAY = (Place.IMPLANTED_OBSERVATION, Place.TITRATION, Place.MAINTENANCE)
QUIET = ("sedation", "constipation", "respiratory-depression")
MORPHINE = (DrugDose("morphine", Quantity.parse("1.2 mg/day")),)
BACLOFEN = (DrugDose("baclofen", Quantity.parse("120 mcg/day")),)
DAY = timedelta(days=1)


def to_order(name: str) -> Course:
    """A worked course up to the planned implant and no further."""
    course = Course()
    for step in SCRIPTS[name](course):
        if course.person.place is Place.IMPLANT_PLANNED:
            break
        course.do(step)
    return course


def move(course: Course, place: Place, later: timedelta = DAY) -> Course:
    """A step of the course that another part takes."""
    at = course.at + later
    person = course.person
    body = Moved(person.place or place, place)
    made = Event(person.next_id, person.id, SURGEON, at, at, body)
    course.person, course.at = fold(person, made), at
    return course


def living(name: str = "back", place: Place = Place.MAINTENANCE) -> Course:
    """Somebody with a pump, at a place after the implant; a day from one place to the next."""
    course = to_order(name)
    for reached in WAY[: WAY.index(place) + 1]:
        move(course, reached)
    return course


def did(course: Course, act: str, actor: Actor, asked: Any, **more: Any) -> tuple[Event, ...]:
    """Do one act; `later` and `why` as in a step."""
    return course.do(Step(act, actor, asked, **more))


def symptoms(grade: str = "none", *names: str) -> tuple[Graded, ...]:
    """The symptoms that are always asked for, and more."""
    return tuple(Graded(name, grade) for name in (*QUIET, *names))


def pain(value: int, peg: int | None = None) -> tuple[Score, ...]:
    """Every item of pain and PEG at one value."""
    items = RULES_ITEMS["numeric-pain"], RULES_ITEMS["peg"]
    low = value if peg is None else peg
    first = (Score("numeric-pain", item, str(value)) for item in items[0])
    return (*first, *(Score("peg", item, str(low)) for item in items[1]))


RULES_ITEMS = {
    "numeric-pain": ("worst", "average", "rest", "moving"),
    "peg": ("pain", "enjoyment", "activity"),
}


def tone(ashworth: str, penn: str) -> tuple[Score, ...]:
    """Ashworth and Penn."""
    return Score("modified-ashworth", "tone", ashworth), Score("penn-spasm", "spasms", penn)


def visit(course: Course, scores: tuple[Score, ...], **more: Any) -> VisitRecorded:
    """A visit now, with morphine running, unless told otherwise."""
    given: dict[str, Any] = {"remote": False, "now": MORPHINE, "symptoms": symptoms()} | more
    return VisitRecorded(seen=course.at, scores=scores, **given)


def visited(course: Course, value: int, later: timedelta, actor: Actor = NURSE) -> None:
    """A visit after some time."""
    course.at += later
    did(course, "record-visit", actor, visit(course, pain(value)))


def named(tasks: Iterator[Due], what: str) -> list[Due]:
    """The tasks whose words hold these."""
    return [task for task in tasks if what in task.what]


__all__ = ["BACLOFEN", "DAY", "MORPHINE", "RULES", "Due"]
