"""The timeline: one line in clinical words for each event, in the zone of the person."""

import re
from dataclasses import fields
from zoneinfo import ZoneInfo

import pytest

from cisterna.clinic import bodies
from cisterna.clinic.event import BODIES, Role
from cisterna.clinic.web.telling import _fill, _lines, tell
from tests.clinic.onward import all_of
from tests.clinic.people import SCRIPTS, Course
from tests.clinic.web.conftest import SignedIn, Treated

_ = bodies
BERLIN = ZoneInfo("Europe/Berlin")


def test_every_line_names_only_what_its_event_says():
    for kind, line in _lines().items():
        names = {f.name for f in fields(BODIES[kind])}
        assert set(re.findall(r"{(\w+)}", line)) <= names, kind


def test_a_part_of_a_line_is_left_out_where_nothing_is_said():
    line = "Pump read[, alarms: {alarms}]"
    assert _fill(line, {"alarms": ""}) == "Pump read"
    assert _fill(line, {"alarms": "low reservoir"}) == "Pump read, alarms: low reservoir"


@pytest.mark.parametrize("script", list(SCRIPTS))
def test_a_whole_course_is_told_without_code_and_without_an_order_s_text(script: str):
    events = Course("p1").through(all_of(SCRIPTS[script])).person.events
    for number, event in enumerate(events):
        told = tell(event, BERLIN, events[:number])
        page = " ".join((told.line, *(f"{label} {text}" for label, text in told.says)))
        assert told.line
        assert not re.search(r"[{}]|schema =|Quantity\(|[A-Z][a-z]+\(|[0-9a-f]{64}", page), page


def test_a_change_that_the_pump_took_says_from_which_dose_to_which():
    events = Course("p1").through(all_of(SCRIPTS["back"])).person.events
    lines = [
        tell(e, BERLIN, events[:n]).line
        for n, e in enumerate(events)
        if e.kind == "transmission-ended"
    ]
    assert any(re.fullmatch(r"Dose changed: \w+ .+ → .+/day", line) for line in lines), lines


def test_a_page_shows_an_event_at_the_time_of_the_person_s_zone(
    signed_in: SignedIn, treated: Treated
):
    """Berlin is an hour or two before UTC; the page says that its times are Berlin's."""
    first = treated("back", "commit").person.events[0]
    page = signed_in(Role.NURSE).get("/people/p1/").content.decode()
    assert f"{first.effective.astimezone(BERLIN):%Y-%m-%d %H:%M}</time>" in page


def test_what_holds_no_order_has_no_sheet(signed_in: SignedIn, treated: Treated):
    first = treated("back", "commit").person.events[0]
    assert signed_in(Role.NURSE).get(f"/people/p1/orders/{first.id}/").status_code == 404
