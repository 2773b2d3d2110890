"""What a person's page shows, as it leaves the server."""

import json
import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cisterna.clinic.bodies.implant import ImplantObserved
from cisterna.clinic.bodies.planning import GoalsSet
from cisterna.clinic.bodies.pumpread import TurnedDown
from cisterna.clinic.course import Person, replay
from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.timeline import timeline
from cisterna.clinic.web import rows
from cisterna.clinic.web.person.charts import charts
from cisterna.clinic.web.person.now import now_of
from cisterna.clinic.web.person.why import why_this_plan
from tests.clinic.onward import CALM, WELL
from tests.clinic.people import NURSE, RULES, Course
from tests.clinic.treated import FILLED, read, runs, treated
from tests.clinic.web.conftest import NOW, SignedIn
from tests.clinic.web.rich import rich
from tests.orders import LIBRARY


@pytest.fixture
def ada(clinic: Record) -> Course:
    """Ada, a year and more after her referral."""
    course = Course("p1", NOW - timedelta(days=420))
    rich(course)
    clinic.append(*course.person.events)
    rows.catch_up()
    return course


def page(signed_in: SignedIn, place: str = "/people/p1/", role: Role = Role.NURSE) -> str:
    found = signed_in(role).get(place)
    assert found.status_code == 200
    return " ".join(found.content.decode().split())


@pytest.mark.pathway("PW-020")
def test_the_chart_has_the_band_of_the_baseline_and_both_responder_lines(
    ada: Course, signed_in: SignedIn
):
    text = page(signed_in)
    drawn = json.loads(text.partition('type="application/json">')[2].partition("</script>")[0])
    keys = [chart["key"] for chart in drawn["charts"]]
    assert keys == ["dose", "pain", "asked", "refills"]
    (dose,) = drawn["charts"][0]["series"]
    assert [y for _, y in dose["points"]][:2] == [0.3, 0.36]
    scores = timeline(ada.person, RULES, NOW).scores
    for score in scores:
        # Without a baseline there is neither a band nor a line, and the page says so.
        assert (score.low is None) == (not score.lines)


def test_what_runs_stands_beside_its_age_and_the_date_of_the_refill(
    ada: Course, signed_in: SignedIn
):
    text = page(signed_in)
    for words in ("0.54 mg/day", "Refill by", "binds:", "As the pump said", "walk to the shop",
                  "no tablets at night", "Along the spine", "prefills no dose", "T10",
                  "constipation, grade 2", "20 mg/day"):  # fmt: skip
        assert words in text, words


@pytest.mark.pathway("PW-005")
def test_an_oral_equivalent_is_shown_only_where_asked_and_only_as_a_range(
    ada: Course, signed_in: SignedIn
):
    assert "published ratios give" not in page(signed_in)
    asked = page(signed_in, "/people/p1/?oral=1")
    words = asked.partition("published ratios give <strong>")[2].partition("</strong>")[0]
    low, to, high = words.partition(" to ")
    assert to
    assert low != high


def test_her_record_as_a_file_gives_her_state_back(ada: Course, signed_in: SignedIn):
    found = signed_in(Role.NURSE).get("/people/p1/record.jsonl")
    assert replay("p1", found.content.decode().splitlines()) == ada.person
    assert signed_in(Role.NURSE, "n-else", clinic="other").get(
        "/people/p1/record.jsonl"
    ).status_code == 404  # fmt: skip


def test_bad_input_of_the_page_is_no_error(ada: Course, signed_in: SignedIn):
    for more in ("?more=x", "?more=-1", "?more=99999999999999", "?more=²"):
        page(signed_in, f"/people/p1/{more}")


def test_the_page_of_2000_events_takes_under_a_second(ada: Course, clinic: Record, signed_in):
    long = ada.person
    while len(long.events) < 2000:
        long = _watched(long)
    clinic.append(*long.events[len(ada.person.events) :])
    nurse = signed_in(Role.NURSE)
    nurse.get("/people/p1/")  # what is worked out once for a programme, and for a process
    begun = time.perf_counter()
    assert nurse.get("/people/p1/").status_code == 200
    assert time.perf_counter() - begun < 1


def _watched(person: Person) -> Person:
    from tests.clinic.treated import keep  # noqa: PLC0415

    at = person.events[-1].recorded + timedelta(minutes=1)
    return keep(person, at, ImplantObserved(at, WELL, CALM), NURSE)


# The timeline ------------------------------------------------------------------------------------


def test_a_dose_in_two_logs_counts_once():
    # Read at device time 10^9 and again; the same press stands in both answers.
    person = read(treated(), FILLED + timedelta(days=1), 10**7, granted_ms=(10**9 - 3_600_000,))
    person = read(person, FILLED + timedelta(days=2), 10**7, granted_ms=(10**9 - 3_600_000,),
                  turned_down=(TurnedDown(10**9 - 60_000, "lockout"),))  # fmt: skip
    found = timeline(person, RULES, FILLED + timedelta(days=3))
    assert [(a.granted, a.at, a.why) for a in found.asked] == [
        (True, FILLED + timedelta(hours=23), ""),
        (False, FILLED + timedelta(days=2) - timedelta(minutes=1), "lockout"),
    ]
    (doses,) = [
        c for c in charts(found, ZoneInfo("UTC"), FILLED + timedelta(days=3)) if c.key == "asked"
    ]
    assert [row[1:] for row in doses.table.rows] == [("0", "1 (1 lockout)"), ("1", "0")]


def test_a_change_that_never_ran_is_no_dose():
    from tests.clinic.treated import ALONE  # noqa: PLC0415
    from tests.orders import order  # noqa: PLC0415

    raised = order(ALONE, infusion__daily_dose="5 mg/day", order__previous_daily_dose="4.4 mg/day")
    person = runs(treated(), raised, FILLED + timedelta(days=3), outcome="refused")
    (doses,) = timeline(person, RULES, FILLED + timedelta(days=9)).doses.values()
    assert [str(v.value.number("mg/day")) for v in doses] == ["22/5"]


@pytest.mark.pathway("PW-023")
def test_each_choice_of_the_plan_stands_beside_what_is_hers(ada: Course, signed_in: SignedIn):
    text = page(signed_in).partition('id="why">')[2].partition('id="results">')[0]
    found = dict(part.partition("</dt>")[::2] for part in text.split("<dt>")[1:])
    told = {key.partition(":")[0]: words for key, words in found.items()}
    assert list(told) == ["This therapy", "Drug", "Level of the tip", "Dose and schedule"]
    goals = ada.person.last(GoalsSet, None)
    assert goals is not None
    for words, choice in (
        (goals.body.goals[0], "This therapy"), ("wants no leads", "This therapy"),
        ("Trial, success", "Drug"), ("60 mg/day", "Drug"), ("low back", "Level of the tip"),
        ("0.54 mg/day", "Dose and schedule"),
    ):  # fmt: skip
        assert words in told[choice], (words, choice)


@pytest.mark.pathway("PW-023")
def test_a_choice_without_an_input_says_so_and_without_a_plan_there_is_none():
    person = treated()
    now = now_of(person, LIBRARY, FILLED)
    (dose,) = [w for w in why_this_plan(person, now, RULES) if w.choice == "Dose and schedule"]
    assert "4.4 mg/day" in dose.chosen
    bare = replay("p9", ())
    assert why_this_plan(bare, now_of(bare, LIBRARY, FILLED), RULES) == ()
