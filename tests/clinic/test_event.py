"""An event is one text, and the text is the event: nothing is lost, nothing else is read."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.clinic.event import (
    BODIES,
    Actor,
    Event,
    Role,
    Unreadable,
    event,
    event_text,
    name_of,
    read_event,
)
from cisterna.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Reading:
    """A part of a body."""

    at: datetime
    pain: int


@event
@dataclass(frozen=True, slots=True)
class ThingSeen:
    """A body with one of every kind of value."""

    words: str
    count: int
    true: bool
    day: date
    dose: Quantity
    role: Role
    grid: tuple[Reading, ...]
    maybe: Quantity | None = None


AT = datetime(2026, 11, 30, 12, 0, tzinfo=timezone(timedelta(hours=-5)))
SEEN = ThingSeen(
    "naïve “quote”\n", 3, True, date(2026, 2, 28), Quantity.parse("4.4 mg/day"), Role.NURSE,
    (Reading(AT, 7), Reading(AT + timedelta(hours=1), 4)),
)  # fmt: skip
EVENT = Event("e1", "p1", Actor("ada", Role.NURSE), AT.astimezone(UTC), AT, SEEN, "why", ("e0",), 5)


def test_an_event_comes_back_from_its_text_as_it_was():
    assert read_event(event_text(EVENT)) == EVENT
    assert EVENT.kind == "thing-seen"


def test_a_quantity_is_kept_as_it_was_written_and_never_rounded():
    row = json.loads(event_text(EVENT))
    assert row["body"]["dose"] == "4.4 mg/day"
    third = replace(SEEN, dose=Quantity.of(Fraction(1, 3), "mg/day"))
    with pytest.raises(ValueError, match="not all of a quantity"):
        event_text(replace(EVENT, body=third))


texts = st.text(max_size=30)
moments = st.datetimes(
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
)


@given(texts, st.integers(), st.booleans(), st.dates(), moments, st.lists(st.integers(0, 10)))
def test_whatever_is_written_is_read(
    words: str, count: int, true: bool, day: date, at: datetime, pains: list[int]
):
    grid = tuple(Reading(at, pain) for pain in pains)
    body = ThingSeen(words, count, true, day, Quantity.parse("0.25 mg"), Role.PATIENT, grid)
    made = replace(EVENT, body=body, effective=at, why=words)
    assert read_event(event_text(made)) == made


@given(st.data())
def test_another_text_is_refused_and_raises_nothing_else(data: st.DataObject):
    text = event_text(EVENT)
    at = data.draw(st.integers(0, len(text)))
    other = text[:at] + data.draw(st.text(max_size=4)) + text[at + data.draw(st.integers(0, 9)) :]
    try:
        found = read_event(other)
    except Unreadable:
        return
    assert event_text(found) == other


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "nothing-known"},
        {"recorded": "2026-11-30T12:00:00"},
        {"device_ms": 5.0},
        {"device_ms": True},
        {"evidence": "e0"},
        {"actor": {"who": "ada", "role": "king"}},
        {"more": 1},
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, object]):
    row = json.loads(event_text(EVENT)) | change
    with pytest.raises(Unreadable):
        read_event(json.dumps(row, sort_keys=True, separators=(",", ":")))


def test_times_without_an_offset_and_unknown_bodies_make_no_event():
    with pytest.raises(ValueError, match="offset"):
        replace(EVENT, effective=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no body"):
        replace(EVENT, body=Reading(AT, 1))


def test_every_known_body_is_known_by_its_own_name():
    assert {name: name_of(kind) for name, kind in BODIES.items()} == {n: n for n in BODIES}
