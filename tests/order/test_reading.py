"""A prescription file is read exactly as written, or refused with everything that is wrong."""

import random
import re
import time as clock
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cisterna.order.form import Problem, Unusable
from cisterna.order.prescription import DAYS, Prescription
from cisterna.order.reading import load_toml, prescription_from_text, read_prescription
from cisterna.quantity import Quantity
from tests.orders import BASE, LIBRARY, Tree, order, read, toml

LISTED_STEPS = [
    {"from": "00:00", "dose_rate": "0.15 mg/h"},
    {"from": "10:00", "dose_rate": "0.25 mg/h"},
]


def flex(*steps: Tree) -> Tree:
    infusion = {"primary": "morphine", "mode": "flex", "step": list(steps)}
    return order(infusion=infusion)


def periodic(**changes: Any) -> Tree:
    bolus = {"dose": "0.5 mg", "duration": "10 min", "interval": "6 h", "background": "1 mg/day"}
    infusion = {"primary": "morphine", "mode": "periodic-bolus", **bolus, **changes}
    return order(infusion={k: v for k, v in infusion.items() if v is not None})


def problems(tree: Tree) -> list[Problem]:
    with pytest.raises(Unusable) as refused:
        read(tree)
    return refused.value.problems


def problem(tree: Tree) -> Problem:
    """The one problem of an order."""
    found = problems(tree)
    assert len(found) == 1, found
    return found[0]


def saved(folder: Path, tree: Tree, name: str = "order.toml") -> Path:
    path = folder / name
    path.write_text(toml(tree), "utf-8")
    return path


def refusal(path: Path) -> Unusable:
    with pytest.raises(Unusable) as refused:
        read_prescription(path, LIBRARY)
    return refused.value


# What is read -----------------------------------------------------------------------------------


def test_a_valid_order_is_read_as_it_is_written():
    rx = read(BASE)
    assert rx.order.phase == "maintenance"
    assert rx.order.previous_daily_dose == Quantity.parse("4 mg/day")
    assert rx.patient.name == "Test Patient"
    assert rx.patient.identified
    assert rx.pump.model.id == "synchromed-ii-20"
    assert rx.primary.drug.id == "morphine"
    assert rx.primary.concentration == Quantity.parse("20 mg/mL")
    assert rx.infusion.daily_dose == Quantity.parse("4.4 mg/day")
    assert rx.solution.filled_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert rx.remote is not None
    assert rx.remote.max_per_day == 5
    assert rx.floor == Quantity.parse("0.05 mL/day")


def test_what_an_order_leaves_unsaid_stays_unsaid():
    bare = order(order=None, patient=None, catheter=None, line=None, remote=None, limits=None)
    rx = read(order(bare, safe=None, alarm=None, solution__prepared=None))
    assert rx.order.stated_phase is None
    assert rx.patient.conditions is None
    assert rx.patient.opioid_tolerant is None
    assert rx.catheter is None
    assert rx.remote is None
    assert rx.per_24h is None
    assert rx.floor is None
    assert rx.low_reservoir is None
    assert rx.solution.prepared is None


def test_an_absent_phase_is_judged_as_a_start_and_an_absent_country_as_the_united_states():
    rx = read(order(order=None))
    assert rx.order.phase == "start"
    assert rx.order.jurisdiction == "US"


def test_no_conditions_is_not_the_same_as_nothing_said_of_conditions():
    assert read(order(patient__conditions=[])).patient.conditions == ()
    assert read(order(patient__conditions=None)).patient.conditions is None


def test_a_bare_date_counts_from_midnight_at_the_offset_of_the_fill():
    offset = timezone(timedelta(hours=-5))
    rx = read(
        order(
            solution__prepared=date(2026, 11, 22),
            solution__filled_at=datetime(2026, 11, 23, 10, tzinfo=offset),
        )
    )
    assert rx.solution.prepared == datetime(2026, 11, 22, tzinfo=offset)
    assert rx.order.changed_at == datetime(2026, 11, 20, tzinfo=offset)


def test_the_pumps_clock_has_the_offset_of_the_fill_or_the_one_that_is_stated():
    filled = datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=-5)))
    assert read(order(solution__filled_at=filled)).pump_zone.utcoffset(None) == timedelta(hours=-5)
    stated = read(order(solution__filled_at=filled, pump__offset="-04:00"))
    assert stated.pump_zone.utcoffset(None) == timedelta(hours=-4)
    assert read(order(pump__offset="Z")).pump_zone.utcoffset(None) == timedelta(0)


@pytest.mark.parametrize(
    "infusion",
    [
        {"mode": "continuous", "daily_dose": "4.4 mg/day"},
        {"mode": "flex", "step": LISTED_STEPS},
        {"mode": "minimum-rate"},
    ],
)
def test_each_mode_takes_its_own_keys(infusion: Tree):
    rx = read(order(infusion={"primary": "morphine", **infusion}))
    assert rx.infusion.mode == infusion["mode"]


def test_a_stopped_pump_takes_no_dose_and_no_remote():
    rx = read(order(infusion={"primary": "morphine", "mode": "stopped"}, remote=None))
    assert rx.infusion.mode == "stopped"
    stopped = order(infusion={"primary": "morphine", "mode": "stopped"})
    assert problem(stopped).key == "remote"


def test_a_periodic_bolus_has_a_first_time_or_starts_at_midnight():
    first = read(periodic(first="06:30")).infusion.periodic
    assert first is not None
    assert first.first == time(6, 30)
    default = read(periodic()).infusion.periodic
    assert default is not None
    assert default.first == time(0)


def test_a_background_may_be_nothing_and_a_bolus_may_not():
    nothing = read(periodic(background="0 mg/day")).infusion.periodic
    assert nothing is not None
    assert not nothing.background
    assert problem(periodic(dose="0 mg")).expected == "a value above zero"


def test_a_flex_step_without_days_is_for_every_day():
    rx = read(flex(*LISTED_STEPS))
    assert [(s.start, s.days) for s in rx.infusion.steps] == [(time(0), DAYS), (time(10), DAYS)]


def test_weekdays_may_have_schedules_of_their_own():
    week = {"from": "00:00", "dose_rate": "0.2 mg/h", "days": list(DAYS[:5])}
    weekend = {"from": "00:00", "dose_rate": "0.1 mg/h", "days": list(DAYS[5:])}
    assert len(read(flex(week, weekend)).infusion.steps) == 2


def test_a_time_of_day_may_be_written_as_text_or_as_a_time():
    rx = read(flex({"from": time(0), "dose_rate": "0.15 mg/h"}))
    assert rx.infusion.steps[0].start == time(0)


def test_a_mixture_has_each_of_its_drugs():
    bupivacaine = {"name": "bupivacaine", "concentration": "7.5 mg/mL", "preservative_free": True}
    rx = read(order(solution__drug=[*BASE["solution"]["drug"], bupivacaine]))
    assert rx.mixture
    assert [c.drug.id for c in rx.solution.components] == ["morphine", "bupivacaine"]


# Units and numbers ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "wrong", "expected"),
    [
        ("infusion__daily_dose", "4.4", "a dose rate .* has no unit"),
        ("infusion__daily_dose", "4.4 mg", "a dose rate"),
        ("infusion__daily_dose", "4.4 mL/day", "a dose rate"),
        ("infusion__daily_dose", "4.4 MG/day", "did you mean mg"),
        ("infusion__daily_dose", "4,4 mg/day", "comma"),
        ("infusion__daily_dose", ".4 mg/day", "leading zero"),
        ("infusion__daily_dose", "-4.4 mg/day", "a value above zero"),
        ("infusion__daily_dose", "0 mg/day", "a value above zero"),
        ("infusion__daily_dose", "NaN mg/day", "not a plain decimal"),
        ("infusion__daily_dose", "inf mg/day", "not a plain decimal"),
        ("infusion__daily_dose", "1e400 mg/day", "exponent"),
        ("infusion__daily_dose", "9" * 400 + " mg/day", "too long"),
        ("infusion__daily_dose", 4.4, "in quotes"),
        ("infusion__daily_dose", 4, "in quotes"),
        ("infusion__daily_dose", float("nan"), "in quotes"),
        ("infusion__daily_dose", float("inf"), "in quotes"),
        ("infusion__daily_dose", True, "in quotes"),
        ("infusion__daily_dose", ["4.4 mg/day"], "in quotes"),
        ("infusion__daily_dose", {"value": "4.4", "unit": "mg/day"}, "in quotes"),
        ("solution__fill_volume", "20 mg", "a volume"),
        ("solution__fill_volume", "-20 mL", "above zero"),
        ("solution__drug__0__concentration", "20 mg", "a concentration"),
        ("solution__drug__0__concentration", "0 mg/mL", "above zero"),
        ("catheter__segment__0__supplied", "100 mL", "a length"),
        ("catheter__segment__0__trimmed", "-1 cm", "zero or more"),
        ("remote__dose", "0.2 mg/day", "an amount of drug"),
        ("remote__duration", "10", "a time"),
        ("remote__lockout", "2 mL", "a time"),
        ("remote__max_per_day", "5", "a whole number from 1"),
        ("remote__max_per_day", 0, "a whole number from 1"),
        ("remote__max_per_day", 5.0, "a whole number from 1"),
        ("remote__max_per_day", True, "a whole number from 1"),
        ("remote__max_per_day", 10**30, "a whole number from 1"),
        ("limits__per_24h", "5.4 mg", "a dose rate"),
        ("safe__floor", "0.05 mL", "a flow"),
        ("alarm__low_reservoir", "2 mL/day", "a volume"),
        ("pump__tubing_volume", "0.14 cm", "a volume"),
        ("order__previous_daily_dose", "4", "a dose rate"),
        ("patient__weight", "78", "an amount"),
        ("patient__height", "165 kg", "a length"),
    ],
)
def test_a_value_without_the_right_unit_and_sign_is_refused(key: str, wrong: Any, expected: str):
    found = problem(order(**{key: wrong}))
    assert found.key == key.replace("__0__", "[1].").replace("__", ".")
    _matches(found.expected, expected)


def _matches(text: str, pattern: str) -> None:
    assert re.search(pattern, text), text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("order__previous_daily_dose", "0 mg/day"),
        ("catheter__segment__0__trimmed", "0 cm"),
        ("infusion__daily_dose", "0.000000000000001 mg/day"),
        ("infusion__daily_dose", "4400 µg/day"),
        ("remote__max_per_day", 1),
        ("remote__max_per_day", 1000),
    ],
)
def test_the_smallest_and_the_unusual_are_read_where_they_make_sense(key: str, value: Any):
    assert isinstance(read(order(**{key: value})), Prescription)


# Names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "wrong", "near"),
    [
        ("solution__drug__0__name", "morfine", "morphine"),
        ("solution__drug__0__name", "Morphine", "morphine"),
        ("infusion__primary", "morphin", "morphine"),
        ("infusion__mode", "continous", "continuous"),
        ("pump__model", "synchromed-2-20", "synchromed-ii-20"),
        ("catheter__segment__0__model", "ascenda-878", "ascenda-878"),
        ("catheter__tip", "l2", "L2"),
        ("order__phase", "maintainance", "maintenance"),
        ("patient__indication", "cancer", "cancer-pain"),
        ("patient__conditions", ["sleep-apnoea"], "obstructive-sleep-apnoea"),
        ("patient__conditions", ["hypersensitivity"], "hypersensitivity:"),
        ("patient__medicines", ["benzodiazepines"], "benzodiazepine"),
        ("schema", "cisterna/prescription/2", "cisterna/prescription/1"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(key: str, wrong: Any, near: str):
    found = [p for p in problems(order(**{key: wrong})) if p.key.startswith(key[:4])]
    _matches(found[0].expected, f"did you mean {near}")


def test_a_name_near_to_none_is_refused_with_all_of_them():
    found = problem(order(pump__model="???"))
    assert found.expected.startswith("one of ")
    assert "prometra-ii-40" in found.expected


def test_a_hypersensitivity_names_a_drug_of_the_library():
    rx = read(order(patient__conditions=["hypersensitivity:baclofen"]))
    assert rx.patient.conditions == ("hypersensitivity:baclofen",)
    found = problem(order(patient__conditions=["hypersensitivity:baclofn"]))
    _matches(found.expected, r"hypersensitivity:DRUG; .*did you mean baclofen")


def test_a_condition_is_named_once():
    found = problem(order(patient__conditions=["copd", "copd"]))
    assert found.expected == "a list without repetition"


@pytest.mark.parametrize("product", ["infumorf-500", "prialt-25"])
def test_a_product_is_one_of_its_drug(product: str):
    found = problem(order(solution__drug__0__product=product))
    assert found.key == "solution.drug[1].product"
    assert "infumorph-500" in found.expected


def test_a_drug_without_products_says_that_none_is_known():
    drug = {"name": "fentanyl", "concentration": "1 mg/mL", "product": "any"}
    tree = order(solution__drug=[drug], infusion__primary="fentanyl")
    assert problem(tree).expected == "a product of fentanyl: none is known"


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("infusion__dailydose", "daily_dose"),
        ("pump__modell", "model"),
        ("patient__born_on", "born"),
        ("solution__drug__0__concentrate", "concentration"),
        ("remot", "remote"),
        ("limits__per24h", "per_24h"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(key: str, near: str):
    found = [p for p in problems(order(**{key: "1"})) if p.found == "an unknown key"]
    _matches(found[0].expected, f"did you mean {near}")


def test_an_unknown_key_cannot_break_the_line_of_its_message():
    found = problem(order(**{"pump__a\nb\x1b[2J": 1}))
    assert "\n" not in str(found)
    assert "\x1b" not in str(found)


@pytest.mark.parametrize("text", ["", "   ", "x" * 201, "two\nlines", "tab\there", 5])
def test_a_name_is_a_line_of_text(text: object):
    assert problem(order(patient__name=text)).key == "patient.name"


def test_the_longest_line_of_text_is_read():
    assert read(order(patient__name="x" * 200)).patient.name == "x" * 200


# What one value says of another -----------------------------------------------------------------


def test_the_same_drug_twice_is_refused():
    found = problem(order(solution__drug=BASE["solution"]["drug"] * 2))
    assert found == Problem("solution.drug[2].name", "morphine more than once", "each drug once")


def test_a_primary_drug_that_is_not_in_the_solution_is_refused():
    found = problem(order(infusion__primary="baclofen"))
    assert found.key == "infusion.primary"
    assert found.expected == "a drug of the solution: morphine"


def test_a_misspelt_drug_is_not_also_blamed_on_the_primary():
    keys = [p.key for p in problems(order(solution__drug__0__name="morfine"))]
    assert keys == ["solution.drug[1].name"]


@pytest.mark.parametrize(
    ("trimmed", "fits"), [("99.9 cm", True), ("100 cm", False), ("2 m", False)]
)
def test_less_is_trimmed_than_was_supplied(trimmed: str, fits: bool):
    tree = order(catheter__segment__0__trimmed=trimmed)
    if fits:
        catheter = read(tree).catheter
        assert catheter is not None
        assert catheter.segments[0].implanted == Quantity.parse("0.1 cm")
    else:
        assert problem(tree).key == "catheter.segment[1].trimmed"


@pytest.mark.parametrize(("minutes", "fits"), [(-1, True), (0, True), (1, False)])
def test_a_solution_is_prepared_before_it_is_filled(minutes: int, fits: bool):
    prepared = BASE["solution"]["filled_at"] + timedelta(minutes=minutes)
    tree = order(solution__prepared=prepared)
    if fits:
        assert read(tree).solution.prepared == prepared
    else:
        assert problem(tree).key == "solution.prepared"


@pytest.mark.parametrize(("day", "fits"), [(22, True), (23, True), (24, False)])
def test_the_last_change_comes_before_the_fill(day: int, fits: bool):
    tree = order(order__changed_at=date(2026, 11, day))
    if fits:
        assert read(tree).order.changed_at is not None
    else:
        assert problem(tree).key == "order.changed_at"


@pytest.mark.parametrize(("day", "fits"), [(23, True), (24, False)])
def test_nobody_is_born_after_the_fill(day: int, fits: bool):
    tree = order(patient__born=date(2026, 11, day))
    if fits:
        assert read(tree).patient.age_on(date(2026, 11, 23)) == Quantity.of(0, "year")
    else:
        assert problem(tree).key == "patient.born"


def test_a_birth_date_and_an_age_are_two_statements_of_one_fact():
    assert problem(order(patient__age="61 year")).key == "patient.age"
    assert read(order(patient__age="61 year", patient__born=None)).patient.born is None


@pytest.mark.parametrize(
    "zone",
    [
        "Mars/Olympus",
        "America",
        "../../etc/passwd",
        "/etc/passwd",
        "leapseconds",
        "EST5EDT4,x",
        "ü",
    ],
)
def test_a_zone_that_nobody_keeps_is_refused(zone: str):
    assert problem(order(patient__zone=zone)).key == "patient.zone"


@pytest.mark.parametrize("offset", ["-5", "5:00", "-05:60", "-25:00", "UTC", "−05:00"])
def test_an_offset_that_is_no_offset_is_refused(offset: str):
    assert problem(order(pump__offset=offset)).key == "pump.offset"


def test_a_constant_flow_pump_needs_its_flow_and_a_programmable_one_has_none():
    constant = order(pump__model="codman-3000", remote=None)
    assert problem(constant).key == "pump.fixed_flow"
    assert read(order(constant, pump__fixed_flow="1 mL/day")).pump.fixed_flow is not None
    found = problem(order(pump__fixed_flow="1 mL/day"))
    assert found.expected == "none: SynchroMed II 8637-20 is programmable"


@pytest.mark.parametrize(
    ("mode", "keys"),
    [
        ("flex", {"infusion.daily_dose", "infusion.step"}),
        ("stopped", {"infusion.daily_dose", "remote"}),
        ("minimum-rate", {"infusion.daily_dose"}),
        (
            "periodic-bolus",
            {
                *("infusion.daily_dose", "infusion.dose", "infusion.duration"),
                *("infusion.interval", "infusion.background"),
            },
        ),
    ],
)
def test_a_key_of_another_mode_and_a_missing_one_are_refused(mode: str, keys: set[str]):
    assert {p.key for p in problems(order(infusion__mode=mode))} == keys


def test_a_bolus_fits_its_interval():
    assert isinstance(read(periodic(duration="6 h")), Prescription)
    assert problem(periodic(duration="361 min")).key == "infusion.duration"


def test_an_interval_is_at_least_five_minutes():
    assert isinstance(read(periodic(interval="5 min", duration="1 min")), Prescription)
    found = problem(periodic(interval="299 s", duration="1 min"))
    assert found.key == "infusion.interval"
    assert found.expected == "at least 5 min from start to start"


# Flex -------------------------------------------------------------------------------------------


def test_a_day_without_a_step_is_named():
    weekdays = {"from": "00:00", "dose_rate": "0.2 mg/h", "days": list(DAYS[:5])}
    assert [p.found for p in problems(flex(weekdays))] == [
        "no step on sat at 00:00",
        "no step on sun at 00:00",
    ]


def test_a_day_that_does_not_start_at_midnight_is_refused():
    found = problems(flex({"from": "06:00", "dose_rate": "0.2 mg/h"}))
    assert [p.found for p in found] == [f"no step on {day} at 00:00" for day in DAYS]


def test_a_day_covered_twice_is_refused():
    everyday = {"from": "00:00", "dose_rate": "0.2 mg/h"}
    monday = {"from": "00:00", "dose_rate": "0.3 mg/h", "days": ["mon"]}
    found = problem(flex(everyday, monday))
    assert found.found == "two steps on mon at 00:00"


def test_a_day_named_twice_in_a_step_is_refused():
    step = {"from": "00:00", "dose_rate": "0.2 mg/h", "days": [*DAYS, "mon"]}
    assert problem(flex(step)).expected == "a list without repetition"


@pytest.mark.parametrize("day", ["Mon", "monday", "xyz", 1])
def test_a_day_is_one_of_seven_words(day: object):
    step = {"from": "00:00", "dose_rate": "0.2 mg/h", "days": [day]}
    assert problems(flex(step))[0].key == "infusion.step[1].days"


@pytest.mark.parametrize(
    "at", ["24:00", "7:30", "07:60", "0730", "7 am", "", " 07:30", "0٣:00", 7, time(7, 30, 15)]
)
def test_a_step_starts_at_a_time_of_day_to_the_minute(at: object):
    found = problem(flex(*LISTED_STEPS, {"from": at, "dose_rate": "0.2 mg/h"}))
    assert found.key == "infusion.step[3].from"
    assert found.expected == 'a time of day from "00:00" to "23:59"'


def test_an_empty_list_of_steps_is_refused():
    assert {p.key for p in problems(flex())} == {"infusion.step"}


def test_a_day_has_at_most_96_steps():
    steps = [{"from": f"{n // 4:02}:{n % 4 * 15:02}", "dose_rate": "0.2 mg/h"} for n in range(96)]
    assert len(read(flex(*steps)).infusion.steps) == 96
    one_more = {"from": "00:01", "dose_rate": "0.2 mg/h", "days": ["tue"]}
    assert problem(flex(*steps, one_more)).found == "97 steps on tue"


# Times ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "filled",
    [
        datetime(2026, 11, 23, 10),  # noqa: DTZ001 - that is the point
        date(2026, 11, 23),
        "2026-11-23T10:00:00+00:00",
        "yesterday",
        20261123,
    ],
)
def test_a_fill_without_its_offset_is_refused(filled: object):
    found = problem(order(solution__filled_at=filled))
    assert found.key == "solution.filled_at"
    _matches(found.expected, "a time with its offset, such as 2026")


def test_a_preparation_without_its_offset_is_refused_but_a_bare_date_is_read():
    naive = datetime(2026, 11, 22, 16)  # noqa: DTZ001
    assert problem(order(solution__prepared=naive)).key == "solution.prepared"
    assert read(order(solution__prepared=date(2026, 11, 22))).solution.prepared is not None


@pytest.mark.parametrize("born", ["1965-04-01", 1965, datetime(1965, 4, 1, tzinfo=UTC)])
def test_a_birth_date_is_a_date(born: object):
    assert problem(order(patient__born=born)).key == "patient.born"


@pytest.mark.parametrize(
    ("year", "read_so"), [(1899, False), (1900, True), (2199, True), (2200, False)]
)
def test_a_year_that_no_pump_will_see_is_refused(year: int, read_so: bool):
    tree = order(pump__eri=date(year, 1, 1))
    if read_so:
        assert read(tree).pump.eri == date(year, 1, 1)
    else:
        assert problem(tree).expected == "a year from 1900 to 2199"


# The whole file ---------------------------------------------------------------------------------


def test_a_file_is_read_as_its_text_is(tmp_path):
    assert read_prescription(saved(tmp_path, BASE), LIBRARY).infusion == read(BASE).infusion


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert refusal(tmp_path / "nowhere.toml").problems[0].found == "nothing there"
    assert refusal(tmp_path).problems[0].found == "nothing there"


def test_a_file_up_to_200_kilobytes_is_read_and_a_larger_one_is_not(tmp_path):
    text = toml(BASE)
    path = tmp_path / "order.toml"
    path.write_text(text + "#" * (200_000 - len(text.encode())), "utf-8")
    assert read_prescription(path, LIBRARY).infusion == read(BASE).infusion
    path.write_text(text + "#" * (200_001 - len(text.encode())), "utf-8")
    assert refusal(path).problems[0].expected == "at most 200000 bytes"


def test_a_file_of_ten_megabytes_is_refused_at_once(tmp_path):
    path = tmp_path / "order.toml"
    path.write_bytes(b"x" * 10_000_000)
    start = clock.perf_counter()
    assert refusal(path).problems[0].found == "10000000 bytes"
    assert clock.perf_counter() - start < 0.5


@pytest.mark.parametrize("content", [b"\x00\xff\xfe", b"\x7fELF\x02\x01\x01\x00", b"\xff" * 1000])
def test_a_binary_file_is_refused(tmp_path, content: bytes):
    path = tmp_path / "order.toml"
    path.write_bytes(content)
    _matches(str(refusal(path)), "no UTF-8 text|no valid TOML")


DEEP = {
    "lists": "x = " + "[" * 10_000,
    "lists with spaces": "x = " + "[ " * 10_000,
    "tables": "x = " + "{a=" * 10_000,
    "tables and lists": "x = " + "[{a=" * 10_000,
    "dotted keys": "x" + ".a" * 10_000 + " = 1",
    "dotted keys with spaces": "x" + " . a" * 10_000 + " = 1",
    "quoted dotted keys": "x" + '."a b"' * 10_000 + " = 1",
    "dotted keys of a known table": "pump.model" + ".a" * 10_000 + " = 1",
    "a dotted table": "[x" + ".a" * 10_000 + "]",
    "many tables": "\n".join(f"[t{n}]" for n in range(20_001)),
    "many unknown keys": "\n".join(f"k{n} = 1" for n in range(15_000)),
    "many lists": "x = [" + "[]," * 20_001 + "]",
    "a number of many digits": "x = " + "9" * 5000,
    "a number of many hex digits": "pump = 0x" + "f" * 50_000,
    "a number of many hex digits for a name": "pump.model = 0x" + "f" * 50_000,
    "a number of many hex digits for a count": "remote.max_per_day = 0x" + "f" * 50_000,
    "a date that is none": "x = 2026-02-30",
    "a time that is none": "x = 2026-11-23T25:00:00Z",
    "an offset that is none": "solution.filled_at = 2026-11-23T10:00:00+99:00",
    "the first moment": "solution.filled_at = 0001-01-01T00:00:00+14:00",
    "the last moment": "solution.filled_at = 9999-12-31T23:59:59-12:00",
    "a null byte": "x = '\x00'",
    "a lone carriage return": "x = 1\r",
    "half a text": 'x = "',
    "a key twice": "x = 1\nx = 2",
    "a table twice": "[pump]\n[pump]",
    "nothing": "",
    "a list where a table belongs": "pump = []",
    "a table where a list belongs": "[solution.drug]\nname = 'morphine'",
    "an empty list of drugs": "solution.drug = []",
    "a list of numbers for drugs": "solution.drug = [1, 2]",
    "many drugs": "solution.drug = [" + "{}," * 501 + "]",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_a_hostile_text_is_refused_soon_with_short_lines(text: str):
    start = clock.perf_counter()
    with pytest.raises(Unusable) as refused:
        prescription_from_text(text, LIBRARY)
    assert clock.perf_counter() - start < 2
    assert all(len(str(p)) < 600 for p in refused.value.problems)
    assert refused.value.problems


def test_dots_in_a_comment_are_no_deep_keys():
    assert isinstance(
        prescription_from_text("# " + "." * 200 + "\n" + toml(BASE), LIBRARY), Prescription
    )


def test_every_problem_names_the_file_the_key_what_was_found_and_what_is_expected(tmp_path):
    path = saved(tmp_path, order(infusion__daily_dose="4.4 mL/day"))
    line = f"{path}: infusion.daily_dose: found '4.4 mL/day', expected a dose rate"
    assert str(refusal(path)).startswith(line)


def test_all_problems_of_a_file_are_named_in_one_go():
    tree = order(
        schema="prescription",
        pump__model="synchromed",
        pump__colour="blue",
        infusion__primary="baclofen",
        infusion__daily_dose="4.4",
        solution__fill_volume="20 mg",
        solution__prepared=datetime(2026, 12, 1, tzinfo=UTC),
        solution__drug__0__product="infumorph",
        catheter__segment__0__trimmed="2 m",
        patient__zone="Mars/Olympus",
        patient__age="61 year",
        remote__max_per_day=0,
    )
    assert {p.key for p in problems(tree)} == {
        *("schema", "pump.model", "pump.colour", "infusion.primary", "infusion.daily_dose"),
        *("solution.fill_volume", "solution.prepared", "solution.drug[1].product"),
        *("catheter.segment[1].trimmed", "patient.zone", "patient.age", "remote.max_per_day"),
    }


def test_a_wrong_value_is_not_also_called_missing():
    assert problem(order(infusion__daily_dose="4.4 mg")).key == "infusion.daily_dose"


def test_bad_days_and_other_problems_are_named_together():
    step = {"from": "06:00", "dose_rate": "0.2 mg/h", "days": ["mon"]}
    tree = order(flex(step), catheter__segment__0__trimmed="100 cm")
    keys = [p.key for p in problems(tree)]
    assert keys == ["catheter.segment[1].trimmed", *["infusion.step"] * 7]


@pytest.mark.parametrize("table", ["pump", "solution", "infusion", "schema"])
def test_a_table_that_must_be_there_is_asked_for(table: str):
    found = problem(order(**{table: None}))
    assert (found.key, found.found) == (table, "nothing")


# What the line holds ----------------------------------------------------------------------------


def test_the_line_holds_this_solution_unless_the_order_says_otherwise():
    assert read(order(line=None)).holds == "this"
    assert read(order(line__holds="csf")).holds == "csf"


def test_the_previous_prescription_is_read_from_beside_the_order(tmp_path):
    (tmp_path / "last").mkdir()
    saved(tmp_path, order(solution__drug__0__concentration="10 mg/mL"), "last/old.toml")
    path = saved(tmp_path, order(line__holds="last/old.toml"))
    previous = read_prescription(path, LIBRARY).previous
    assert previous is not None
    assert previous.primary.concentration == Quantity.parse("10 mg/mL")


def test_a_previous_prescription_that_is_not_there_is_refused(tmp_path):
    found = refusal(saved(tmp_path, order(line__holds="old.toml"))).problems
    assert found == [Problem("line.holds (old.toml): file", "nothing there", "a prescription file")]


def test_the_problems_of_the_previous_prescription_are_named_as_its_own(tmp_path):
    saved(tmp_path, order(pump__model="x", infusion__daily_dose="1"), "old.toml")
    tree = order(line__holds="old.toml", catheter__tip="X1")
    found = [p.key for p in refusal(saved(tmp_path, tree)).problems]
    assert found == [
        "catheter.tip",
        "line.holds (old.toml): pump.model",
        "line.holds (old.toml): infusion.daily_dose",
    ]


def test_an_order_is_not_its_own_previous_prescription(tmp_path):
    path = saved(tmp_path, order(line__holds="order.toml"))
    assert refusal(path).problems[0].found == "this very file"


def test_two_orders_that_name_each_other_are_read_one_step_back(tmp_path):
    saved(tmp_path, order(line__holds="order.toml"), "old.toml")
    previous = read_prescription(saved(tmp_path, order(line__holds="old.toml")), LIBRARY).previous
    assert previous is not None
    assert previous.holds == "this"


def test_a_chain_of_links_that_never_ends_is_refused(tmp_path):
    (tmp_path / "old.toml").symlink_to(tmp_path / "older.toml")
    (tmp_path / "older.toml").symlink_to(tmp_path / "old.toml")
    found = refusal(saved(tmp_path, order(line__holds="old.toml"))).problems
    assert [p.key for p in found] == ["line.holds (old.toml): file"]


@pytest.mark.parametrize("holds", ["x" * 200, "ü" * 200, "old\x7f.toml", ".", "..", "/dev/null"])
def test_a_path_that_is_no_prescription_is_refused(tmp_path, holds: str):
    found = refusal(saved(tmp_path, order(line__holds=holds))).problems
    assert found[0].key.startswith("line.holds")


# Anything at all --------------------------------------------------------------------------------

leaves = st.one_of(
    st.text(max_size=20),
    st.integers(),
    st.booleans(),
    st.floats(),
    st.dates(),
    st.times(),
    st.datetimes(timezones=st.one_of(st.none(), st.just(UTC))),
    st.sampled_from(
        ["4.4 mg/day", "20 mL", "morphine", "00:00", "flex", "1e400 mg", "-1 mg", "mon"]
    ),
)
keys = st.one_of(
    st.text(max_size=8),
    st.sampled_from(sorted({*BASE, *(k for t in BASE.values() if isinstance(t, dict) for k in t)})),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=6)),
    max_leaves=30,
)
paths = st.sampled_from(
    [
        "__".join(path)
        for table, content in BASE.items()
        for path in [(table,), *((table, key) for key in content if isinstance(content, dict))]
    ]
)


def outcome(text: str) -> Prescription | Unusable:
    try:
        return prescription_from_text(text, LIBRARY)
    except Unusable as unusable:
        return unusable


def reads_or_refuses(text: str) -> None:
    found = outcome(text)
    if isinstance(found, Unusable):
        assert found.problems
        assert all("\n" not in str(problem) for problem in found.problems)


@given(st.dictionaries(keys, trees, max_size=8))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_tree_reads_or_is_refused(tree: Tree):
    reads_or_refuses(toml(tree))


@given(st.dictionaries(paths, trees, min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_any_change_of_a_valid_order_reads_or_is_refused(changes: Tree):
    tree = order()
    for path, value in changes.items():
        if path.partition("__")[0] not in changes:
            tree = order(tree, **{path: value})
    tree.update((path, value) for path, value in changes.items() if path in tree)
    reads_or_refuses(toml(tree))


@given(st.text(max_size=200))
def test_any_text_reads_or_is_refused(text: str):
    reads_or_refuses(text)


@given(st.binary(max_size=300))
def test_any_bytes_read_or_are_refused(tmp_path_factory, content: bytes):
    path = tmp_path_factory.mktemp("bytes") / "order.toml"
    path.write_bytes(content)
    try:
        found: dict[str, Any] | Unusable = load_toml(path)
    except Unusable as unusable:
        found = unusable
    assert isinstance(found, dict) or str(path) in str(found)


@pytest.mark.parametrize("seed", range(20))
def test_a_valid_order_with_letters_changed_reads_or_is_refused(seed: int):
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    text = list(toml(BASE))
    for _ in range(chance.randint(1, 8)):
        text[chance.randrange(len(text))] = chance.choice('"=[]{}.,:-+0123456789eEgmL/ \n\\')
    reads_or_refuses("".join(text))


def test_a_text_that_names_a_previous_file_needs_that_order_beside_it():
    examples = Path(__file__).parents[2] / "examples" / "halved"
    new = (examples / "new.toml").read_text("utf-8")
    old = read_prescription(examples / "old.toml", LIBRARY)
    with pytest.raises(Unusable, match=r"line\.holds"):
        prescription_from_text(new, LIBRARY)
    assert prescription_from_text(new, LIBRARY, previous=old).previous == old
