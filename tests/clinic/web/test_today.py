"""Today: what cannot wait is first, routine things of one person are one line, time moves tasks."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cisterna.clinic.acts.act import house
from cisterna.clinic.course import replay
from cisterna.clinic.event import Role, event_text
from cisterna.clinic.tasks import due
from cisterna.clinic.tasks.task import Urgency
from cisterna.clinic.web import clock, rows
from cisterna.clinic.web.agenda import Day, due_words, lines
from cisterna.clinic.web.models import PersonRow, TaskRow
from tests.clinic.onward import all_of
from tests.clinic.people import SCRIPTS, Course
from tests.clinic.web.conftest import NOW, SignedIn, Treated

DAY = Day(NOW, ZoneInfo("UTC"))


def task(hours: float, urgency: Urgency = Urgency.USUAL, what: str = "See her") -> TaskRow:
    due_at = NOW + timedelta(hours=hours)
    row = TaskRow(what=what, due=due_at, role="nurse", urgency=urgency, person_id="p1")
    row.person = PersonRow(person="p1", name="Ada Moss")
    return row


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (-2, "2 h overdue"),
        (5, "today 14:00"),
        (24, "tomorrow 09:00"),
        (5 * 24, "in 5 days"),
        (-3 * 24, "3 days overdue"),
        (-90 * 24, "3 months overdue"),
    ],
)
def test_a_task_says_when_it_is_due_as_one_says_it(hours: float, said: str):
    assert due_words(task(hours), DAY)[0] == said


def test_a_day_begins_at_midnight_where_the_clinic_is():
    """09:00 UTC is 05:00 in New York; 03:00 UTC of the next day is 23:00 of this one there."""
    day = Day(NOW, ZoneInfo("America/New_York"))
    assert due_words(task(18), day)[0] == "today 23:00"
    assert due_words(task(18), DAY)[0] == "tomorrow 03:00"


def test_several_routine_things_of_one_person_are_one_line():
    routine = [task(-240, Urgency.ROUTINE, "Visit"), task(-24, Urgency.ROUTINE, "Yearly review")]
    found = lines([*routine, task(-1)], DAY)
    assert [line.what for line in found] == ["Visit", "See her"]
    assert found[0].more == ("Yearly review, 1 day overdue",)


def test_a_refill_that_was_missed_comes_before_a_visit_that_is_months_late(
    signed_in: SignedIn, treated: Treated
):
    treated("back", "refer")
    person = PersonRow.objects.get()
    TaskRow.objects.all().delete()
    about = {"person": person, "role": "nurse"}
    late, now = NOW - timedelta(days=90), NOW - timedelta(hours=1)
    TaskRow.objects.create(what="Visit", kind="visit", due=late, urgency=3, **about)
    TaskRow.objects.create(
        what="Refill by", kind="refill", why="drug-stability", due=now, urgency=1, **about
    )
    page = signed_in(Role.NURSE).get("/").content.decode()
    assert page.index("Cannot wait") < page.index("drug stability binds")
    assert page.index("drug stability binds") < page.index("Routine, overdue")
    found = signed_in(Role.NURSE).get("/?q=stability").content.decode()
    assert "drug stability binds" in found
    assert "Visit" not in found


def test_a_list_for_another_role_is_asked_for(signed_in: SignedIn, treated: Treated):
    treated("back", "refer")
    TaskRow.objects.create(
        person=PersonRow.objects.get(), what="Judge it", due=NOW, role="physician"
    )
    nurse = signed_in(Role.NURSE)
    assert "Judge it" not in nurse.get("/").content.decode()
    assert "Judge it" in nurse.get("/?role=physician").content.decode()


def test_whoever_waits_longest_at_a_place_is_told_first(signed_in: SignedIn, treated: Treated):
    treated("back", "begin-evaluation", "p1", days=100)
    treated("palsy", "begin-evaluation", "p2", days=60)
    page = signed_in(Role.NURSE).get("/").content.decode()
    assert re.findall(r"<strong>(\d+) days</strong>", page) in (["99", "59"], ["100", "60"])


# What time alone changes -------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["back", "palsy"])
def test_between_now_and_until_nothing_is_told_otherwise(script: str):
    """Whatever is due is the same at every moment before the first `until`, and then it is not."""
    whole = Course("p1").through(all_of(SCRIPTS[script])).person
    turned = 0
    for count in range(60, len(whole.events), 3):
        person = replay("p1", [event_text(e) for e in whole.events[:count]])
        at = person.events[-1].recorded
        ends = [t.until for t in due(person, house(), at) if t.until is not None]
        for step in (timedelta(minutes=50), timedelta(hours=5), timedelta(days=3)):
            until = min(ends, default=datetime.max.replace(tzinfo=UTC))
            same = due(person, house(), at) == due(person, house(), at + step)
            assert same or until <= at + step
            turned += not same
    assert turned > 0


def test_a_new_rule_of_the_site_is_worked_out_by_and_by_and_the_page_says_how_many_are_left(
    treated: Treated, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
):
    for person in ("p1", "p2", "p3", "p4", "p5"):
        treated("back", "refer", person=person)
    nurse = signed_in(Role.NURSE)
    assert "worked out anew" not in nurse.get("/").content.decode()
    PersonRow.objects.update(stale_at=NOW)
    monkeypatch.setattr(rows, "_AT_ONCE", 2)
    assert "due of 3 people is being worked out anew" in nurse.get("/").content.decode()
    assert "due of 1 person is being worked out anew" in nurse.get("/").content.decode()
    assert "worked out anew" not in nurse.get("/").content.decode()


def test_a_row_that_time_has_changed_is_worked_out_anew_without_a_new_event(treated: Treated):
    treated("back", "refer")
    PersonRow.objects.update(stale_at=NOW + timedelta(hours=1))
    TaskRow.objects.create(person_id="p1", what="of an hour ago", due=NOW, role="nurse")
    rows.catch_up()
    assert TaskRow.objects.filter(what="of an hour ago").exists()
    clock.use(lambda: NOW + timedelta(hours=1))
    rows.catch_up()
    assert not TaskRow.objects.filter(what="of an hour ago").exists()
