"""A prescription is written from the record and what is entered, and reads back as the same."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisterna.clinic.prescribing import Chart, Fitted, FittedSegment, Identity, compose, running
from cisterna.clinic.therapy import Therapy
from cisterna.order.form import Unusable
from cisterna.order.reading import prescription_from_text
from cisterna.order.writing import toml_text
from cisterna.quantity import Quantity
from tests.clinic.people import RULES, SCRIPTS, Course, back
from tests.orders import BASE, LIBRARY, order, read, toml

ADA = Identity("Test Patient", "MRN 0001", date(1965, 4, 1), "female", "America/New_York")
SEGMENT = FittedSegment("ascenda-8780", Quantity.of(100, "cm"), Quantity.parse("18.6 cm"))
FITTED = Fitted("synchromed-ii-20", "NGP000000H", date(2024, 3, 2), "L2", (SEGMENT,))
PERSON = Course().through(back).person
NONE_YET = Chart(PERSON, ADA, FITTED, Therapy())
SINCE = datetime(2026, 11, 20, 9, tzinfo=UTC)
RUNS = replace(
    NONE_YET, therapy=Therapy("runs", SINCE, "NGP000000H", 2, "ab", toml(order()), "4.4 mg/day")
)


def entered(**changes: Any) -> dict[str, Any]:
    """What a clinician enters, by section."""
    tree = order(**changes)
    keys = ("solution", "infusion", "remote", "limits", "safe", "alarm")
    found = {k: tree[k] for k in keys if k in tree}
    return found | {"order": {"phase": tree["order"]["phase"]}}


def written(chart: Chart = RUNS, **changes: Any) -> Any:
    """The order that is composed, as it reads back."""
    text = compose(chart, "Dr Ames", entered(**changes), RULES, LIBRARY)
    return prescription_from_text(text, LIBRARY, previous=running(chart.therapy, LIBRARY))


def test_who_she_is_and_what_she_has_come_from_the_record():
    rx = written()
    assert (rx.patient.name, rx.patient.id, rx.patient.born) == (ADA.name, ADA.number, ADA.born)
    assert rx.patient.indication.id == "failed-back-surgery-syndrome"
    assert rx.patient.conditions == ()
    assert (rx.pump.model.id, rx.pump.serial) == ("synchromed-ii-20", "NGP000000H")
    assert rx.catheter.tip == "L2"
    assert rx.catheter.segments[0].implanted == Quantity.parse("81.4 cm")
    assert rx.order.by == "Dr Ames"


def test_what_was_entered_reads_back_as_entered():
    rx, by_hand = written(), read(order())
    for part in ("solution", "infusion", "remote", "per_24h", "floor", "low_reservoir"):
        assert getattr(rx, part) == getattr(by_hand, part), part


def test_the_dose_before_is_the_one_that_runs_and_is_not_typed():
    rx = written(infusion__daily_dose="4.6 mg/day")
    assert rx.order.previous_daily_dose == Quantity.parse("4.4 mg/day")
    assert rx.order.changed_at == SINCE
    assert rx.previous is not None


def test_a_dose_that_was_changed_since_the_fill_has_no_time_before_it():
    later = replace(RUNS, therapy=replace(RUNS.therapy, since=datetime(2026, 12, 1, tzinfo=UTC)))
    assert written(later).order.changed_at is None
    assert written(later).order.previous_daily_dose == Quantity.parse("4.4 mg/day")


def test_where_nobody_knows_what_runs_the_dose_before_is_asked_for():
    unknown = replace(RUNS, therapy=replace(RUNS.therapy, state="unknown"))
    assert written(unknown).order.previous_daily_dose is None


def test_a_first_order_finds_csf_in_the_line():
    rx = written(NONE_YET)
    assert rx.holds == "csf"
    assert rx.order.previous_daily_dose is None


@pytest.mark.parametrize("section", ["catheter", "line", "schema", "nonsense"])
def test_what_the_record_knows_is_not_entered(section: str):
    with pytest.raises(Unusable, match=section):
        compose(RUNS, "Dr Ames", entered() | {section: {"tip": "C1"}}, RULES, LIBRARY)


@pytest.mark.parametrize(
    ("section", "key"), [("patient", "name"), ("pump", "serial"), ("order", "by")]
)
def test_a_name_or_a_serial_is_not_entered(section: str, key: str):
    with pytest.raises(Unusable, match=f"{section}.{key}"):
        compose(RUNS, "Dr Ames", entered() | {section: {key: "other"}}, RULES, LIBRARY)


def test_every_problem_comes_at_once_and_nothing_is_written():
    with pytest.raises(Unusable) as caught:
        written(infusion__daily_dose="4.4", remote__max_per_day=0)
    assert {p.key for p in caught.value.problems} == {"infusion.daily_dose", "remote.max_per_day"}


def test_a_person_without_a_screen_has_no_conditions_said():
    early = replace(NONE_YET, person=Course().through(SCRIPTS["back"], "screen").person)
    assert written(early).patient.conditions is None


def test_the_order_that_runs_holds_its_own_solution_in_the_line():
    later = compose(RUNS, "Dr Ames", entered(), RULES, LIBRARY)
    found = running(replace(RUNS.therapy, text=later), LIBRARY)
    assert found is not None
    assert found.holds == "this"
    assert running(Therapy(), LIBRARY) is None


def test_a_tree_is_written_as_the_reader_reads_it():
    assert read(BASE) == replace(
        prescription_from_text(toml_text(BASE), LIBRARY, "order.toml"), file="order.toml"
    )


@given(st.text(min_size=1, max_size=40).filter(lambda t: t.isprintable() and t.strip()))
def test_any_name_is_written_and_read_back(name: str):
    rx = prescription_from_text(toml_text(order(patient__name=name)), LIBRARY)
    assert rx.patient.name == name.strip()


def test_what_has_no_place_in_a_prescription_is_not_written():
    with pytest.raises(TypeError):
        toml_text({"order": {"dose": 4.4}})
