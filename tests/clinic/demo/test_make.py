"""A demonstration: invented people with histories that pumps have lived, in a record of its own."""

import fcntl
import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from cisterna.clinic.acts.act import house
from cisterna.clinic.acts.monitor import open_watches
from cisterna.clinic.bodies.implant import ImplantObserved
from cisterna.clinic.bodies.planning import Place
from cisterna.clinic.bodies.refill import (
    NeurologyChecked,
    ResidualMeasured,
    WatchClosed,
    WatchRaised,
)
from cisterna.clinic.bodies.revision import Ending, RevisionRecorded, TherapyEnded
from cisterna.clinic.bodies.visit import TaperPlanned
from cisterna.clinic.course import Person, replay
from cisterna.clinic.demo.cast import whole_cast
from cisterna.clinic.demo.make import DATABASE, FLEET, NOTE, Demonstration, make
from cisterna.clinic.demo.play import Broken
from cisterna.clinic.devices import devices
from cisterna.clinic.due import visit_tasks
from cisterna.clinic.event import Event, event_text
from cisterna.clinic.gate import bodies as b
from cisterna.clinic.gate.standing import standing
from cisterna.clinic.ledger.entry import ClinicKind
from cisterna.clinic.ledger.place import connect
from cisterna.clinic.therapy import therapy
from cisterna.clinic.verify import verify
from cisterna.clinic.watch import open_flags
from cisterna.order.form import Unusable
from cisterna.order.line import Refused
from cisterna.pump.host import Host
from tests.django_ready import start

start()
from cisterna.clinic.ledger.record import Record  # noqa: E402  (once Django is ready)

CAST = whole_cast()
SMALL = CAST.of("demo-03", "demo-16", "demo-33", "demo-36", "demo-39")
"""Referred; a trial today; an unknown outcome; a glass to review; doses of her own."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """A demonstration of five."""
    return make(tmp_path_factory.mktemp("small") / "clinic", SMALL)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """The whole of it, made once for all processes of a run."""
    place = tmp_path_factory.getbasetemp()
    place = place.parent if os.environ.get("PYTEST_XDIST_WORKER") else place
    with (place / "whole.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (place / "whole").exists():
            made = make(tmp_path_factory.mktemp("whole") / "clinic")
            made.folder.parent.rename(place / "whole")
    return Demonstration(place / "whole" / "clinic")


def events_of(made: Demonstration) -> list[Event]:
    """All that is on record."""
    record = Record.open(connect(made.database), ClinicKind.DEMONSTRATION)
    return [entry.event for entry in record.entries()]


def people(events: list[Event]) -> dict[str, Person]:
    """Each person as her events leave her."""
    texts: dict[str, list[str]] = {}
    for happened in events:
        texts.setdefault(happened.person, []).append(event_text(happened))
    return {name: replay(name, rows) for name, rows in texts.items()}


def of(events: list[Event], person: str) -> list[Event]:
    """One person's events."""
    return [e for e in events if e.person == person]


def test_the_same_cast_and_seed_give_the_same_history_to_the_letter(
    small: Demonstration, tmp_path: Path
):
    again = events_of(make(tmp_path / "again", SMALL))
    assert [event_text(e) for e in again] == [event_text(e) for e in events_of(small)]
    other = events_of(make(tmp_path / "other", SMALL, seed=2))
    assert [event_text(e) for e in other] != [event_text(e) for e in again]


def test_who_else_plays_changes_nobody_s_story(small: Demonstration, tmp_path: Path):
    alone = events_of(make(tmp_path / "alone", CAST.of("demo-16")))
    bodies = [(e.recorded, e.body) for e in of(events_of(small), "demo-16")]
    assert [(e.recorded, e.body) for e in alone] == bodies


def test_the_record_is_whole_and_that_of_a_demonstration(small: Demonstration):
    verdict = verify(Path(small.database), [])
    assert verdict.ok
    assert verdict.clinic == "demonstration"
    events = events_of(small)
    assert [e.recorded for e in events] == sorted(e.recorded for e in events)
    assert events[-1].recorded <= CAST.end


def test_no_record_is_both_a_demonstration_and_real(small: Demonstration, tmp_path: Path):
    with pytest.raises(Refused, match="not of a real one"):
        Record.open(connect(small.database), ClinicKind.REAL)
    for name in (NOTE, f"{FLEET}/fleet.json"):
        (tmp_path / "real" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "real" / name).write_bytes((small.folder / name).read_bytes())
    Record.create(connect(str(tmp_path / "real" / DATABASE)), ClinicKind.REAL)
    with pytest.raises(Refused, match="not of a demonstration one"):
        Demonstration.opened(tmp_path / "real")
    with pytest.raises(Refused, match="not of a demonstration one"):
        make(tmp_path / "real", SMALL)


def test_a_folder_with_anything_else_in_it_is_left_alone(small: Demonstration, tmp_path: Path):
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(Unusable):
        make(tmp_path, SMALL)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(Refused, match="holds one"):
        make(small.folder, SMALL)


def test_a_story_that_breaks_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("cisterna.clinic.demo.stories.planning.staff", _nobody)
    with pytest.raises(Broken, match="demo-33"):
        make(tmp_path / "clinic", SMALL)
    assert list(tmp_path.iterdir()) == []


def _nobody(name: str) -> object:
    """An auditor, who may do nothing."""
    from cisterna.clinic.event import Actor, Role  # noqa: PLC0415

    return Actor(name, Role.AUDITOR)


def test_the_pumps_ran_what_is_on_record(small: Demonstration):
    events = events_of(small)
    with Host.restored(small.fleet, sync=False) as host:
        assert not host.failed
        for role in SMALL.people:
            if role.device is None:
                continue
            ended = [e.body for e in of(events, role.id) if isinstance(e.body, b.TransmissionEnded)]
            programmes = [x.running for x in ended if x.outcome == "activated"]
            programme = host.units[role.device.serial].state.programme
            assert programme is not None
            if ended[-1].outcome == "activated":
                assert programme.digest == programmes[-1]


def test_what_the_record_says_of_the_therapy_is_what_the_pump_runs(small: Demonstration):
    events = events_of(small)
    with Host.restored(small.fleet, sync=False) as host:
        for person, device in ((p.id, p.device) for p in SMALL.people if p.device):
            now = therapy(of(events, person))
            programme = host.units[device.serial].state.programme
            assert programme is not None
            if person == "demo-33":
                assert now.state == "unknown"
            else:
                assert (now.serial, now.digest) == (device.serial, programme.digest)
                assert now.text is not None


def test_pumps_in_stock_wait_for_a_visitor(small: Demonstration):
    with Host.restored(small.fleet, sync=False) as host:
        rows = [host.row(d.serial) for d in CAST.stock]
    assert [(row["version"], row["alarms"]) for row in rows] == [(0, [])] * len(CAST.stock)


def test_one_outcome_is_unknown_and_one_glass_waits_for_a_review(small: Demonstration):
    events = events_of(small)
    assert standing(of(events, "demo-33")).intent is not None
    (broken,) = standing(of(events, "demo-36")).unreviewed
    assert broken.body.review_by > CAST.end


def test_a_patient_s_own_doses_were_granted_and_refused_by_her_pump(small: Demonstration):
    serial = next(p.device.serial for p in SMALL.people if p.id == "demo-39" and p.device)
    lines = (small.fleet.pump(serial) / "events.jsonl").read_text().splitlines()
    what = Counter(row["what"] for row in map(json.loads, lines))
    assert what["refused"] > 3
    assert any("patient" in name and count > 10 for name, count in what.items()), what


def test_the_time_of_the_pumps_goes_on_from_the_present(small: Demonstration):
    assert small.fleet.zero == CAST.zero
    with Host.restored(small.fleet, sync=False) as host:
        gone = CAST.zero + timedelta(milliseconds=host.clock.now_ms()) - CAST.end
    assert timedelta(0) <= gone < timedelta(minutes=5)


def test_everybody_stands_where_the_story_leaves_her(whole: Demonstration):
    found = people(events_of(whole))
    assert {p.id: p.place for p in found.values()} == {p.id: p.place for p in CAST.people}


def test_forty_people_of_all_twelve_indications_and_plainly_invented(whole: Demonstration):
    found = people(events_of(whole))
    assert len(found) >= 40
    assert len({p.indication for p in CAST.people}) == 12
    assert len({p.name for p in CAST.people}) == len(CAST.people)


def test_somebody_stands_at_every_place_of_the_course(whole: Demonstration):
    reached = {p.place for p in people(events_of(whole)).values()}
    assert reached == set(Place)


def test_most_people_are_up_to_date_and_a_few_things_are_truly_due(whole: Demonstration):
    found = people(events_of(whole))
    late = {
        p.id
        for p in found.values()
        for due in visit_tasks(p, house(), CAST.end)
        if due.due < CAST.end
    }
    assert 3 <= len(late) <= len(found) // 4


def test_a_titration_since_the_fill_is_no_false_alarm_at_a_refill(whole: Demonstration):
    for name, person in people(events_of(whole)).items():
        if name == "demo-29":  # her pump over-infuses
            continue
        verdicts = {m.body.verdict for m in person.every(ResidualMeasured, None)}
        assert verdicts <= {"accept"}, name


def test_a_red_flag_is_open_and_a_refill_waits_for_a_decision(whole: Demonstration):
    found = people(events_of(whole))
    assert len(open_flags(found["demo-41"])) == 1
    measured = found["demo-29"].last(ResidualMeasured)
    assert measured is not None
    # The pump gave two fifths more than it reckons, so less came back than was expected.
    assert measured.body.verdict != "accept"
    assert measured.body.delivered > measured.body.programmed


def test_the_longest_histories_hold_a_year_and_a_half_of_refills(whole: Demonstration):
    events = events_of(whole)
    spans = []
    for role in CAST.people:
        filled = [
            e.recorded
            for e in of(events, role.id)
            if isinstance(e.body, b.ChangeProposed) and e.body.refill is not None
        ]
        spans.append(filled[-1] - filled[0] if filled else timedelta(0))
    assert sum(span > timedelta(days=540) for span in spans) >= 3


def test_a_missed_refill_alarms_within_days_and_an_over_infusion_shows(whole: Demonstration):
    with Host.restored(whole.fleet, sync=False) as host:
        for role in CAST.people:
            if role.tail != "missed-refill" or role.device is None:
                continue
            unit = host.units[role.device.serial]
            assert host.row(role.device.serial)["alarms"] == []
            unit.advance(host.clock.now_ms() + 4 * 86_400_000)
            assert host.row(role.device.serial)["alarms"] == ["low-reservoir"]


def one(found: dict[str, Person], tail: str) -> Person:
    """Whoever has this tail."""
    return found[next(p.id for p in CAST.people if p.tail == tail)]


@pytest.mark.pathway("PW-024")
def test_a_therapy_ends_by_taper_and_tablets_are_tapered_by_a_plan(whole: Demonstration):
    found = people(events_of(whole))
    person = one(found, "tapered")
    ended, plan = person.last(TherapyEnded, None), person.last(TaperPlanned, None)
    assert ended is not None
    assert plan is not None
    assert ended.body.ending is Ending.TAPER
    assert plan.body.intrathecal
    assert plan.body.steps[-1].per_day.base == 0
    by_mouth = [p for p in found.values() if (t := p.last(TaperPlanned, None)) is not None
                and not t.body.intrathecal]  # fmt: skip
    assert by_mouth


@pytest.mark.pathway("PW-056")
def test_somebody_is_back_in_observation_after_a_revision(whole: Demonstration):
    person = one(people(events_of(whole)), "revised")
    assert person.place is Place.IMPLANTED_OBSERVATION
    assert [s.lot for s in devices(person).segments] == ["lot 77"]
    assert person.last(ImplantObserved, RevisionRecorded) is not None


def test_a_granuloma_watch_was_answered_and_came_back_with_the_stronger_solution(
    whole: Demonstration,
):
    person = one(people(events_of(whole)), "reviewed")
    raised = [w.body.watch for w in person.every(WatchRaised, None)]
    assert raised == ["granuloma-risk", "granuloma-risk"]
    (closed,) = person.every(WatchClosed, None)
    assert person.last(NeurologyChecked, None) is not None
    (open_,) = open_watches(person)
    assert open_.recorded > closed.at
