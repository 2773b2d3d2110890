"""The day of the operation and the days after: what is refused, what is recorded, what is due."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from cisterna.clinic.acts import ACTS
from cisterna.clinic.acts.prepare import Scan
from cisterna.clinic.bodies.implant import (
    AntibioticEnded,
    AntibioticGiven,
    Attended,
    Checked,
    ChecklistAnswered,
    DeviceScanned,
    ImplantObserved,
    IncisionMade,
    NerveFlagClosed,
    NerveFlagRaised,
    OperationRecorded,
    StayNoted,
    Vitals,
)
from cisterna.clinic.bodies.planning import AnticoagulantsAnswered, Place
from cisterna.clinic.course import person_text, replay
from cisterna.clinic.event import event_text
from cisterna.clinic.hibc import check_character
from cisterna.clinic.refusal import Refused
from cisterna.clinic.tasks import due
from cisterna.clinic.watch import watches
from cisterna.quantity import Quantity
from tests.clinic.onward import (
    CALM,
    SERIAL,
    WEAK,
    WEIGHT,
    WELL,
    all_of,
    checklist,
    implant,
    rx,
    start,
    udi,
    whole,
)
from tests.clinic.people import (
    NURSE,
    PHYSICIAN,
    RULES,
    SURGEON,
    Course,
    Dose,
    Step,
    back,
    hours,
    latest,
    screen,
)
from tests.clinic.refusals import refused

GRAMS = Quantity.parse("2 g")


def kinds(course: Course) -> list[str]:
    return [task.kind for task in due(course.person, RULES, course.at)]


# Before the cut ----------------------------------------------------------------------------------


def test_a_checklist_answers_each_item_once():
    course = whole("back", "answer-checklist")
    whole_list = checklist().items
    for items in (whole_list[1:], (*whole_list, whole_list[0]), ()):
        with refused("checklist-incomplete"):
            course.do(Step("answer-checklist", NURSE, ChecklistAnswered(items)))


@pytest.mark.parametrize(("item", "note"), [
    ("identity", "no time"), ("infection", "not for her"), ("allergy", "none known"),
    ("bed", "full"), ("pregnancy", ""), ("tobacco", " ")])  # fmt: skip
def test_an_item_that_is_not_done_stops_the_list_unless_it_may_not_apply_and_says_why(
    item: str, note: str
):
    course = whole("back", "answer-checklist")
    items = tuple(Checked(c.item, c.done, c.note) for c in checklist().items if c.item != item)
    with refused("checklist-open"):
        asked = ChecklistAnswered((*items, Checked(item, False, note)))
        course.do(Step("answer-checklist", NURSE, asked))


def test_a_signed_order_is_ticked_only_where_the_gate_has_it():
    course = whole("palsy", "answer-checklist")
    with refused("order-not-signed"):
        course.do(Step("answer-checklist", NURSE, checklist()))
    course.dose(Dose(SERIAL, rx(course, start(course)), signed_only=True))
    course.do(Step("answer-checklist", NURSE, checklist()))


def test_the_cut_waits_for_a_screen_made_that_day():
    course = whole("back", "record-incision")
    course.at += timedelta(days=1)
    with refused("screen-not-today"):
        course.do(Step("record-incision", NURSE, IncisionMade("pause")))


def test_on_the_day_anticoagulants_are_asked_again_and_a_new_one_stops_the_cut():
    course = whole("palsy", "give-antibiotic")
    course.do(Step("answer-anticoagulants", NURSE, AnticoagulantsAnswered(("clopidogrel",))))
    course.do(
        Step("give-antibiotic", NURSE, AntibioticGiven("cefazolin", GRAMS, course.at, WEIGHT))
    )
    with refused("anticoagulant"):
        course.do(Step("record-incision", NURSE, IncisionMade("pause")))


@pytest.mark.pathway("PW-030")
def test_an_infection_found_on_the_day_stops_the_cut():
    course = whole("palsy", "record-incision")
    course.do(Step("screen", NURSE, screen("spasticity", "active-infection")))
    with refused("contraindicated"):
        course.do(Step("record-incision", NURSE, IncisionMade("pause")))


def cut_after(drug: str, minutes: int, why: str = "") -> Course:
    """An incision so long after an antibiotic."""
    course = whole("palsy", "give-antibiotic")
    course.do(
        Step("give-antibiotic", NURSE, AntibioticGiven(drug, GRAMS, course.at), hours(0), "2 g")
    )
    later = timedelta(minutes=minutes)
    course.do(Step("record-incision", NURSE, IncisionMade("pause"), later, why))
    return course


def test_no_cut_before_the_antibiotic():
    course = whole("palsy", "give-antibiotic")
    with refused("no-antibiotic"):
        course.do(Step("record-incision", NURSE, IncisionMade("pause")))


def test_an_antibiotic_is_good_for_one_hour_and_not_a_minute_more():
    cut_after("cefazolin", 60)
    with refused("antibiotic-too-old"):
        cut_after("cefazolin", 61, "the surgeon was late")


def test_vancomycin_may_be_two_hours_old_and_beyond_that_asks_for_a_reason_as_it_is_recalled():
    cut_after("vancomycin", 120)
    with refused("reason-missing"):
        cut_after("vancomycin", 121)
    cut_after("vancomycin", 121, "slow infusion, ended just now")


def test_an_antibiotic_of_the_future_or_without_a_dose_is_refused():
    course = whole("palsy", "give-antibiotic")
    later = AntibioticGiven("cefazolin", GRAMS, course.at + hours(2))
    with refused("wrong-time"):
        course.do(Step("give-antibiotic", NURSE, later))
    for dose in ("2 mL", "0 g"):
        with refused("wrong-dose"):
            given = AntibioticGiven("cefazolin", Quantity.parse(dose), course.at)
            course.do(Step("give-antibiotic", NURSE, given))


@pytest.mark.parametrize(
    ("drug", "dose", "weight", "code"),
    [("cefazolin", "2 g", "72 kg", ""), ("cefazolin", "2 g", "119.9 kg", ""),
     ("cefazolin", "3 g", "120 kg", ""), ("cefazolin", "2 g", "120 kg", "reason-missing"),
     ("cefazolin", "3 g", "72 kg", "reason-missing"), ("vancomycin", "1.08 g", "72 kg", ""),
     ("vancomycin", "1 g", "72 kg", "reason-missing"),
     ("ampicillin", "2 g", "72 kg", "reason-missing"),
     ("cefazolin", "2 g", "72 mL", "wrong-weight"), ("cefazolin", "2 g", "0 kg", "wrong-weight"),
     ("cefazolin", "2 g", "", "reason-missing")],
)  # fmt: skip
def test_the_dose_of_an_antibiotic_goes_by_weight_or_has_its_reason(
    drug: str, dose: str, weight: str, code: str
):
    course = whole("palsy", "give-antibiotic")
    told = Quantity.parse(weight) if weight else None
    given = AntibioticGiven(drug, Quantity.parse(dose), course.at, told)
    if code:
        with refused(code):
            course.do(Step("give-antibiotic", NURSE, given))
    if code != "wrong-weight":
        course.do(Step("give-antibiotic", NURSE, given, why="as the anaesthetist ordered"))


def test_for_a_child_no_dose_by_weight_is_known():
    course = whole("palsy", "give-antibiotic")
    entry = course.person.events[0]
    child = replace(entry, body=replace(entry.body, born=date(2015, 4, 1)))
    person = replace(course.person, events=(child, *course.person.events[1:]))
    given = AntibioticGiven("cefazolin", GRAMS, course.at, WEIGHT)
    with refused("reason-missing"):
        ACTS["give-antibiotic"](person, NURSE, given, course.at)


def over(course: Course, at: datetime, why: str = "") -> None:
    course.do(Step("end-antibiotic", NURSE, AntibioticEnded(at), timedelta(days=2), why))


def waits(course: Course) -> list[datetime]:
    return [t.due for t in due(course.person, RULES, course.at) if t.kind == "antibiotic"]


def test_the_antibiotic_is_over_within_a_day_and_somebody_says_so():
    course = whole("palsy", "discharge")
    given = course.person.last(AntibioticGiven, None)
    assert given is not None
    day = given.body.given + hours(24)
    assert waits(course) == [day]
    with refused("wrong-time"):
        over(course, given.body.given - hours(1))
    with refused("reason-missing"):
        over(course, day + timedelta(minutes=1))
    over(course, day)
    assert not waits(course)
    with refused("no-antibiotic"):
        over(course, day)


def test_a_second_incision_is_refused():
    course = whole("palsy", "record-implant")
    with refused("incised"):
        course.do(Step("record-incision", NURSE, IncisionMade("again")))


# The devices -------------------------------------------------------------------------------------


def scanned(code: str, model: str = "synchromed-ii-20", why: str = "", kind: str = "pump") -> Any:
    course = whole("back", "scan-device")
    course.do(Step("scan-device", NURSE, Scan(kind, model, code), why=why))
    return course.person.events[-1].body


def test_the_scan_keeps_who_made_it_serial_lot_and_expiry():
    found = scanned(udi())
    assert isinstance(found, DeviceScanned)
    assert (found.issuer, found.di, found.serial, found.lot) == (
        *("gs1", "51022222233336", SERIAL),
        "A213B1",
    )
    assert found.expires is not None
    assert found.expires.isoformat() == "2027-12-31"


def test_a_device_is_good_on_its_last_day_and_expired_the_day_after():
    day = whole("back", "scan-device").at
    assert scanned(udi(expires=f"{day:%y%m%d}"))
    with refused("expired"):
        scanned(udi(expires=f"{day - timedelta(days=1):%y%m%d}"))


def test_a_pump_that_is_not_in_the_plan_asks_for_a_reason():
    with refused("reason-missing"):
        scanned(udi(), "synchromed-ii-40")
    assert scanned(udi(), "synchromed-ii-40", "the smaller one fell down").model.endswith("40")


@pytest.mark.pathway("PW-001")
@pytest.mark.parametrize(("model", "code"), [
    ("synchromed-9", "unknown"), ("cisterna-reference", "wrong-pump"), ("", "unknown"),
])  # fmt: skip
def test_a_pump_has_a_model_that_the_facts_know_and_that_is_for_patients(model: str, code: str):
    with refused(code):
        scanned(udi(), model)


def test_a_pump_without_serial_and_a_device_without_expiry_do_not_pass_silently():
    with refused("udi-incomplete"):
        scanned("(01)51022222233336(17)271231(10)A213B1")
    with refused("reason-missing"):
        scanned("(01)51022222233336(21)1234")
    assert scanned("(01)51022222233336(21)1234", why="the package has no date").expires is None


def test_a_hibc_label_is_read_as_well():
    body = "+A99912345/$$52902710X3"
    found = scanned(body + check_character(body), "ascenda-8780", kind="catheter")
    assert (found.issuer, found.lot) == ("hibc", "10X3")


def test_a_kind_of_device_that_nobody_knows_is_refused():
    with refused("unknown"):
        scanned(udi(), kind="lead")


# The record --------------------------------------------------------------------------------------


def recorded(why: str = "", **changes: Any) -> Course:
    """An implant recorded with changes to catheter, pocket or operation."""
    course = whole("back", "record-implant")
    asked = implant(course, changes.pop("depth", "2 cm"))
    for part in ("catheter", "pocket", "operation"):
        own = {k[len(part) + 1 :]: v for k, v in changes.items() if k.startswith(f"{part}_")}
        asked = replace(asked, **{part: replace(getattr(asked, part), **own)})
    if "scan" in changes:
        asked = replace(asked, scan=changes["scan"])
    course.do(Step("record-implant", SURGEON, asked, hours(2), why))
    return course


def test_an_implant_brings_her_under_observation():
    course = recorded()
    assert course.person.place is Place.IMPLANTED_OBSERVATION
    assert [k for k in kinds(course) if k in ("first-programme", "look-neuro")][:2] == [
        "first-programme",
        "look-neuro",
    ]


@pytest.mark.pathway("PW-001")
@pytest.mark.parametrize(("changes", "code"), [
    ({"scan": "p1.1"}, "not-scanned"),
    ({"pocket_site": " "}, "no-site"),
    ({"pocket_side": "front"}, "unknown"),
    ({"depth": "2 mL"}, "wrong-length"),
    ({"depth": "0 cm"}, "wrong-length"),
])  # fmt: skip
def test_a_pump_counts_as_implanted_only_with_scan_site_side_and_depth(
    changes: dict[str, Any], code: str
):
    with refused(code):
        recorded(**changes)


def test_a_pocket_deeper_than_telemetry_reaches_is_recorded_with_its_reason():
    recorded(depth="2.5 cm")
    with refused("reason-missing"):
        recorded(depth="2.6 cm")
    recorded("scar tissue", depth="2.6 cm")


@pytest.mark.pathway("PW-002")
@pytest.mark.parametrize(("changes", "code"), [
    ({"catheter_segments": ()}, "no-segment"),
    ({"catheter_entry": "L9"}, "unknown"),
    ({"catheter_tip": "10"}, "unknown"),
    ({"catheter_side": ""}, "unknown"),
    ({"catheter_anchor": ""}, "words-missing"),
    ({"catheter_tip": "T8"}, "reason-missing"),
    ({"catheter_csf_seen": False}, "reason-missing"),
])  # fmt: skip
def test_a_catheter_is_whole_and_what_differs_from_the_plan_has_its_reason(
    changes: dict[str, Any], code: str
):
    with refused(code):
        recorded(**changes)
    if code == "reason-missing":
        assert recorded("a scar below it", **changes)


@pytest.mark.pathway("PW-002")
@pytest.mark.parametrize(("changes", "code"), [
    ({"model": "ascenda-1"}, "unknown"),
    ({"supplied": Quantity.parse("100 mL")}, "wrong-length"),
    ({"trimmed": Quantity.parse("100 cm")}, "wrong-length"),
    ({"trimmed": Quantity.parse("-1 cm")}, "wrong-length"),
    ({"trimmed": Quantity.parse("1 mg")}, "wrong-length"),
    ({"lot": ""}, "no-lot"),
    ({"stays": "p1.7/1"}, "no-such-part"),
])  # fmt: skip
def test_a_segment_has_a_known_model_its_lengths_and_its_lot(changes: dict[str, Any], code: str):
    segment = replace(implant(whole("back", "record-implant")).catheter.segments[0], **changes)
    with refused(code):
        recorded(catheter_segments=(segment,))


@pytest.mark.pathway("PW-053")
@pytest.mark.parametrize(("changes", "code"), [
    ({"operation_asa": "9"}, "unknown"),
    ({"operation_kind": "other"}, "unknown"),
    ({"operation_anaesthesia": " "}, "words-missing"),
    ({"operation_people": (Attended("dr-jost", "anaesthetist"),)}, "words-missing"),
])  # fmt: skip
def test_the_record_names_anaesthesia_asa_class_and_surgeon(changes: dict[str, Any], code: str):
    with refused(code):
        recorded(**changes)


def test_the_wound_is_not_closed_before_the_cut_or_in_the_future():
    at = whole("back", "record-implant").at
    for closed in (at - hours(1), at + hours(3), at.replace(tzinfo=None)):
        with refused("wrong-time"):
            recorded(operation_closed=closed)


def test_what_was_found_after_the_cut_loses_no_record():
    course = whole("back", "record-implant")
    course.do(Step("screen", NURSE, screen("pain", "active-infection")))
    course.do(Step("record-implant", SURGEON, implant(course), hours(2)))
    assert course.person.last(OperationRecorded) is not None


# The watch ---------------------------------------------------------------------------------------


def test_the_nerves_are_looked_at_hourly_four_times_then_every_four_hours_for_a_day():
    course = recorded()
    (watch,) = watches(course.person, RULES)
    closed = course.person.last(OperationRecorded).body.closed  # type: ignore[union-attr]
    hours_on = [(s.due - closed) / hours(1) for s in watch.slots]
    assert hours_on == [1, 2, 3, 4, 8, 12, 16, 20, 24, 28]


def test_an_opioid_is_watched_hourly_for_twelve_hours_then_every_two_from_its_start():
    course = whole("back", "observe-after-implant")
    _, watch = watches(course.person, RULES)
    begun = course.person.events[-1].effective
    hours_on = [(s.due - begun) / hours(1) for s in watch.slots]
    assert hours_on == [*range(1, 13), 14, 16, 18, 20, 22, 24]


def test_baclofen_has_no_grid_and_is_watched_for_eight_hours():
    course = whole("palsy", "observe-after-implant")
    _, baclofen = watches(course.person, RULES)
    assert baclofen.ends - course.person.events[-1].effective == hours(8)
    assert not baclofen.slots


def test_a_look_counts_for_the_due_time_it_is_nearest_to_and_for_no_other():
    course = recorded()
    (watch,) = watches(course.person, RULES)
    first, second = watch.slots[:2]
    seen = first.due + timedelta(minutes=20)
    course.do(Step("observe-after-implant", NURSE, ImplantObserved(seen, WELL, None), hours(2)))
    (watch,) = watches(course.person, RULES)
    assert [s.done for s in watch.slots[:3]] == [True, False, False]
    assert watch.next(second.due) == second
    assert watch.missed(second.closes) == (second,)


def test_a_look_that_saw_only_the_vital_signs_is_none_at_the_nerves():
    course = recorded()
    seen = watches(course.person, RULES)[0].slots[0].due
    course.do(Step("observe-after-implant", NURSE, ImplantObserved(seen, None, CALM), hours(2)))
    assert not watches(course.person, RULES)[0].slots[0].done


def test_looks_that_were_missed_ask_for_a_reason_before_she_goes_home():
    course = whole("palsy", "observe-after-implant")
    ends = max(w.ends for w in watches(course.person, RULES))
    course.at = ends + hours(2)
    with refused("reason-missing"):
        course.do(Step("discharge", PHYSICIAN, "home"))
    course.do(Step("discharge", PHYSICIAN, "home", why="seen by the night nurse on paper"))
    assert course.person.place is Place.TITRATION


@pytest.mark.parametrize("asked", [(None, None), (None, Vitals("", 14, 97)),
    (None, Vitals("awake", -1, 97)), (None, Vitals("awake", 14, 101))])  # fmt: skip
def test_a_look_has_seen_something_that_can_be(asked: Any):
    course = recorded()
    with pytest.raises(Refused):
        course.do(Step("observe-after-implant", NURSE, ImplantObserved(course.at, *asked)))


def test_a_look_before_the_operation_is_none_after_it():
    course = recorded()
    with refused("wrong-time"):
        early = ImplantObserved(course.at - hours(5), WELL, None)
        course.do(Step("observe-after-implant", NURSE, early))


# The red flag ------------------------------------------------------------------------------------


@pytest.mark.pathway("PW-030")
@pytest.mark.parametrize("sign", ["new_weakness", "new_numbness", "sphincter_loss"])
def test_each_new_sign_after_the_operation_opens_the_haematoma_card_at_once(sign: str):
    course = whole("back", "observe-after-implant")
    found = replace(WELL, **{sign: True})
    course.do(Step("observe-after-implant", NURSE, ImplantObserved(course.at, found, CALM)))
    flag = course.person.last(NerveFlagRaised)
    assert flag is not None
    assert flag.body.card == "K"
    first = due(course.person, RULES, course.at)[0]
    assert first.kind == "red-flag"
    assert first.overdue(course.at)
    assert f"{flag.body.onset + hours(12):%Y-%m-%d %H:%M}" in first.what


def test_nobody_goes_home_with_an_open_flag_and_it_is_closed_by_imaging():
    course = whole("palsy", "discharge")
    course.do(Step("observe-after-implant", NURSE, ImplantObserved(course.at, WEAK, None)))
    flag = latest(course)
    with refused("red-flag-open"):
        course.do(Step("discharge", PHYSICIAN, "home"))
    with refused("words-missing"):
        course.do(Step("close-flag", SURGEON, NerveFlagClosed(flag, "", "nothing")))
    with refused("no-flag"):
        course.do(Step("close-flag", SURGEON, NerveFlagClosed("p1.1", "MRI", "nothing")))
    course.do(Step("close-flag", SURGEON, NerveFlagClosed(flag, "MRI", "no blood, root irritated")))
    course.do(Step("discharge", PHYSICIAN, "home", why="all looks on paper"))
    assert "red-flag" not in kinds(course)


# Home --------------------------------------------------------------------------------------------


def test_she_does_not_go_home_before_the_pump_itself_confirmed_its_first_programme():
    course = recorded()
    for outcome in ("unknown", "refused"):
        again = whole("palsy", "dose")
        again.dose(Dose(SERIAL, rx(again, start(again)), outcome=outcome))
        again.at += timedelta(days=2)
        with refused("not-interrogated"):
            again.do(Step("discharge", PHYSICIAN, "home", why="looks on paper"))
    assert "first-programme" in kinds(course)


@pytest.mark.pathway("PW-053")
@pytest.mark.parametrize(("days", "usual"), [(1, True), (3, True), (4, False), (9, False)])
def test_a_stay_outside_one_to_three_days_asks_for_a_note_and_is_no_error(days: int, usual: bool):
    course = whole("palsy", "discharge")
    closed = course.person.last(OperationRecorded)
    assert closed is not None
    on = closed.body.closed + timedelta(days=days, hours=8) - course.at
    course.do(Step("discharge", PHYSICIAN, "home", on))
    assert course.person.place is Place.TITRATION
    assert ("stay-note" in kinds(course)) is not usual
    with refused("words-missing"):
        course.do(Step("note-stay", NURSE, StayNoted(" ")))
    course.do(Step("note-stay", NURSE, StayNoted("headache, a blood patch")))
    assert "stay-note" not in kinds(course)


def test_the_tasks_of_the_ward_end_at_the_door():
    course = Course().through(all_of(back), "titration-visit")
    assert not {"look-neuro", "look-opioid", "first-programme"} & set(kinds(course))


def test_the_events_of_the_implant_are_read_back_as_they_were_written():
    person = recorded().person
    again = replay(person.id, [event_text(e) for e in person.events])
    assert person_text(again) == person_text(person)
    assert [e.kind for e in person.events[-4:]] == [
        *("moved", "pump-placed", "catheter-placed", "operation-recorded")
    ]
