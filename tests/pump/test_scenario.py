"""Scenario files: read whole and exactly, or refused with everything that is wrong with them."""

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisterna.cli.data import schema_of
from cisterna.order.form import Problem, Unusable
from cisterna.pump import scenario_events as happened
from cisterna.pump.alarms import kinds as alarm_kinds
from cisterna.pump.scenario import Scenario, read_scenario
from cisterna.pump.scenario_events import Event
from cisterna.pump.scenario_schema import scenario_form
from cisterna.quantity import Quantity
from tests.campaigns.inputs import HOSTILE
from tests.orders import LIBRARY, Tree, order, toml

EXAMPLES = Path(__file__).parents[2] / "examples" / "scenarios"
SCHEMA = schema_of("scenario")
KINDS = tuple(kind.what for kind in get_args(Event))

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

BASE: Tree = {
    "schema": "cisterna/scenario/1",
    "prescription": "rx.toml",
    "length": "30 day",
    "seed": 7,
    "accuracy": "-2.5 %",
    "event": [{"at": "3 day 14:05", "what": "remote-request"}],
}

# One row of each kind with every key it can have.
FULL: dict[str, Tree] = {
    "remote-request": {},
    "clinician-bolus": {"dose": "0.5 mg", "duration": "10 min"},
    "program": {"prescription": "next.toml", "bridge": False},
    "refill": {"measured": "4.6 mL", "fill_volume": "20 mL"},
    "interrogate": {},
    "mri": {"lasts": "45 min", "recovery": "12 h"},
    "stall": {"lasts": "12 h"},
    "sensor-stuck": {"lasts": "36 h"},
    "restart": {},
    "over-infusion": {"factor": 1.2, "lasts": "9 day"},
    "occlusion": {"lasts": "1 day", "fraction": 1},
    "leak": {"lasts": "1 day", "fraction": 0.6},
    "power-loss": {"lasts": "20 s"},
    "clock-set": {"to": datetime(2026, 11, 24, 9, tzinfo=UTC)},
    "alarm-silence": {"alarm": "low-reservoir"},
}

Reader = Callable[[Tree | str | bytes], Scenario]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an order, the one that follows, one for another pump and a broken one."""
    here = tmp_path_factory.mktemp("scenario")
    orders = {
        "rx": order(),
        "next": order(infusion__daily_dose="5 mg/day"),
        "other": order(pump__model="synchromed-ii-40"),
        "broken": order(infusion__daily_dose="5", pump__model="synchromed-2"),
    }
    for name, tree in orders.items():
        here.joinpath(f"{name}.toml").write_text(toml(tree), "utf-8")
    return here


@pytest.fixture(scope="module")
def read(folder: Path) -> Reader:
    """Write a scenario beside the orders and read it."""

    def reader(given: Tree | str | bytes) -> Scenario:
        content = toml(given) if isinstance(given, dict) else given
        file = folder / "scenario.toml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_scenario(file, LIBRARY)

    return reader


def problems(read: Reader, given: Tree | str | bytes) -> dict[str, tuple[str, str]]:
    """What is wrong, by key: (found, expected)."""
    with pytest.raises(Unusable) as refused:
        read(given)
    return {p.key: (p.found, p.expected) for p in refused.value.problems}


def base(*rows: Tree, **changes: Any) -> Tree:
    """The valid scenario with changes; rows are its events, at 01:00 where they say nothing."""
    tree = order(BASE, **changes)
    return {**tree, "event": [{"at": "01:00", **row} for row in rows]} if rows else tree


def full(what: str, **changes: Any) -> Tree:
    """An event of a kind with every key, and changes; None leaves a key out."""
    row = {"what": what, **FULL[what], **changes}
    return {key: value for key, value in row.items() if value is not None}


# What is read -----------------------------------------------------------------------------------


def test_a_scenario_is_read_exactly(read: Reader, folder: Path):
    found = read(BASE)
    assert found.prescription.file == str(folder / "rx.toml")
    assert found.start == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert (found.length_ms, found.seed) == (30 * DAY, 7)
    assert found.accuracy == Fraction(-1, 40)
    assert found.events == (happened.RemoteRequest(3 * DAY + 14 * HOUR + 5 * MINUTE),)
    assert found.file == str(folder / "scenario.toml")


def test_what_is_not_said_is_no_fault(read: Reader):
    found = read(order(BASE, seed=None, accuracy=None, event=None))
    assert found.seed == 0
    assert found.accuracy == 0
    assert not found.events


def test_a_start_of_its_own_is_kept_with_its_offset(read: Reader):
    start = datetime(2027, 3, 27, 12, tzinfo=timezone(timedelta(hours=1)))
    assert read(base(start=start)).start.isoformat() == "2027-03-27T12:00:00+01:00"


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("remote-request", happened.RemoteRequest(HOUR)),
        (
            "clinician-bolus",
            happened.ClinicianBolus(HOUR, Quantity.of("0.5", "mg"), 10 * MINUTE),
        ),
        ("interrogate", happened.Interrogate(HOUR)),
        ("mri", happened.Mri(HOUR, 45 * MINUTE, 12 * HOUR)),
        ("stall", happened.Stall(HOUR, 12 * HOUR)),
        ("restart", happened.Restart(HOUR)),
        ("over-infusion", happened.OverInfusion(HOUR, Fraction(6, 5), 9 * DAY)),
        ("occlusion", happened.Occlusion(HOUR, DAY, Fraction(1))),
        ("leak", happened.Leak(HOUR, DAY, Fraction(3, 5))),
        ("power-loss", happened.PowerLoss(HOUR, 20_000)),
        ("clock-set", happened.ClockSet(HOUR, datetime(2026, 11, 24, 9, tzinfo=UTC))),
        ("alarm-silence", happened.AlarmSilence(HOUR, "low-reservoir")),
    ],
)
def test_an_event_of_each_kind_is_read(read: Reader, what: str, expected: Event):
    assert read(base(full(what))).events == (expected,)


@pytest.mark.parametrize(
    ("what", "left_out", "expected"),
    [
        ("mri", ("lasts", "recovery"), happened.Mri(HOUR, 30 * MINUTE, 15 * MINUTE)),
        ("stall", ("lasts",), happened.Stall(HOUR, None)),
        ("occlusion", ("fraction",), happened.Occlusion(HOUR, DAY, Fraction(1))),
        ("leak", ("fraction",), happened.Leak(HOUR, DAY, Fraction(1))),
        ("power-loss", ("lasts",), happened.PowerLoss(HOUR, 0)),
    ],
)
def test_a_key_with_a_default_may_be_left_out(
    read: Reader, what: str, left_out: tuple[str, ...], expected: Event
):
    assert read(base(full(what, **dict.fromkeys(left_out)))).events == (expected,)


@pytest.mark.parametrize("code", alarm_kinds())
def test_every_alarm_can_be_silenced(read: Reader, code: str):
    row = full("alarm-silence", alarm=code)
    assert read(base(row)).events == (happened.AlarmSilence(HOUR, code),)


def test_a_stall_may_say_that_a_restart_ends_it(read: Reader):
    row = full("stall", lasts=None, until="restart")
    assert read(base(row)).events == (happened.Stall(HOUR, None),)


def test_a_program_has_its_bridge_unless_it_says_otherwise(read: Reader):
    first, second = read(base(full("program"), full("program", bridge=None))).events
    assert isinstance(first, happened.Program)
    assert isinstance(second, happened.Program)
    assert (first.bridge, second.bridge) == (False, True)
    assert first.prescription.infusion.daily_dose == Quantity.of(5, "mg/day")
    assert second.prescription is first.prescription


def test_a_refill_takes_the_same_solution_or_that_of_an_order(read: Reader):
    other = full("refill", fill_volume=None, prescription="next.toml", measured="0 mL")
    same, changed = read(base(full("refill"), other)).events
    assert same == happened.Refill(HOUR, Quantity.of("4.6", "mL"), None, Quantity.of(20, "mL"))
    assert isinstance(changed, happened.Refill)
    assert changed.prescription is not None
    assert changed.fill_volume is None
    assert not changed.measured


@pytest.mark.parametrize(
    ("at", "ms"),
    [
        ("00:00", 0),
        ("23:59:59", DAY - 1000),
        ("0 day 00:00:01", 1000),
        ("1 day 00:00", DAY),
        ("2 days 03:04:05", 2 * DAY + 3 * HOUR + 4 * MINUTE + 5000),
        ("30 day 00:00", 30 * DAY),
    ],
)
def test_a_time_since_the_start_is_read(read: Reader, at: str, ms: int):
    assert read(base({"at": at, "what": "restart"})).events[0].at_ms == ms


def test_a_time_of_day_may_stand_without_quotes(read: Reader):
    text = toml(base({"at": "AT", "what": "restart"})).replace('"AT"', "07:30:00")
    assert read(text).events[0].at_ms == 7 * HOUR + 30 * MINUTE


def test_events_are_sorted_and_those_of_one_time_keep_the_order_of_the_file(read: Reader):
    late = {"at": "2 day 00:00", "what": "restart"}
    same = [full("interrogate"), full("mri"), full("restart")]
    found = read(base(late, *same, {"at": "00:00", "what": "stall"})).events
    assert [e.what for e in found] == ["stall", "interrogate", "mri", "restart", "restart"]


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("number", ["2", "1.1", "1.123456789", "1234.000001", "10000"])
def test_a_factor_is_the_number_that_was_written(read: Reader, number: str, quote: str):
    text = toml(base(full("over-infusion", factor="X"))).replace('"X"', quote + number + quote)
    event = read(text).events[0]
    assert isinstance(event, happened.OverInfusion)
    assert event.factor == Fraction(number)


def test_a_scenario_cannot_be_changed(read: Reader):
    found = read(BASE)
    with pytest.raises(FrozenInstanceError):
        found.seed = 1  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        found.events[0].at_ms = 1  # type: ignore[misc]


def test_a_prescription_is_found_from_the_folder_of_the_scenario(folder: Path, read: Reader):
    below = folder / "below"
    below.mkdir(exist_ok=True)
    file = below / "s.toml"
    file.write_text(toml(base(prescription="../rx.toml")), "utf-8")
    assert read_scenario(file, LIBRARY).prescription.pump.model.id == "synchromed-ii-20"


# What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"schema": "cisterna/scenario/2"}, "schema", "cisterna/scenario/1"),
        ({"prescription": None}, "prescription", "path of the prescription"),
        ({"length": None}, "length", "how long the run is"),
        ({"length": "30"}, "length", "no unit"),
        ({"length": "30 mL"}, "length", "a time"),
        ({"length": "0 day"}, "length", "above zero"),
        ({"length": "-3 day"}, "length", "above zero"),
        ({"length": 30}, "length", "in quotes"),
        ({"length": "21 year"}, "length", "at most 20 years"),
        ({"length": "0.5 ms"}, "length", "whole number of milliseconds"),
        ({"seed": -1}, "seed", "a whole number from 0"),
        ({"seed": True}, "seed", "a whole number"),
        ({"seed": 2**63}, "seed", "a whole number from 0"),
        ({"accuracy": 5}, "accuracy", "per cent"),
        ({"accuracy": "5"}, "accuracy", "no unit"),
        ({"accuracy": "5 1"}, "accuracy", "per cent"),
        ({"accuracy": "5 mg"}, "accuracy", "per cent"),
        ({"accuracy": "101 %"}, "accuracy", "per cent"),
        ({"accuracy": "-51 %"}, "accuracy", "per cent"),
        ({"start": datetime(2026, 11, 23, 10)}, "start", "with its offset"),  # noqa: DTZ001
        ({"event": "x"}, "event", "[[event]] tables"),
        ({"event": ["x"]}, "event[1]", "a table"),
        ({"lenght": "3 day"}, "lenght", "did you mean length?"),
    ],
)
def test_a_wrong_value_is_named(read: Reader, changes: Tree, key: str, words: str):
    found = problems(read, order(BASE, **changes))
    assert list(found) == [key]
    assert words in found[key][1]


@pytest.mark.parametrize(
    ("row", "key", "words"),
    [
        ({"what": "remote-requests"}, "what", "did you mean remote-request?"),
        ({}, "what", "what happens"),
        ({"what": ["stall"]}, "what", "one of"),
        (full("interrogate", at="3 day"), "at", "3 day 14:05:30"),
        (full("interrogate", at="24:00"), "at", "a time since"),
        (full("interrogate", at="-1 day 00:00"), "at", "a time since"),
        (full("interrogate", at="٣ day 00:00"), "at", "a time since"),
        (full("interrogate", at=3), "at", "a time since"),
        (full("interrogate", at="30 day 00:00:01"), "at", "at most the length of the run, 30 days"),
        (full("remote-request", lasts="1 h"), "lasts", "one of at, what"),
        (full("clinician-bolus", dose=None), "dose", "dose of the primary drug"),
        (full("clinician-bolus", dose="0.5 mL"), "dose", "an amount of drug"),
        (full("clinician-bolus", dose="0 mg"), "dose", "above zero"),
        (full("clinician-bolus", duration="0 min"), "duration", "above zero"),
        (full("program", prescription=None), "prescription", "path of the order"),
        (full("program", bridge="yes"), "bridge", "true or false"),
        (full("refill", measured=None), "measured", "volume that came out"),
        (full("refill", measured="-1 mL"), "measured", "zero or more"),
        (full("refill", fill_volume="0 mL"), "fill_volume", "above zero"),
        (full("refill", fill_volume=None), "fill_volume", "either a fill_volume"),
        (full("refill", prescription="rx.toml"), "fill_volume", "either a fill_volume"),
        (full("mri", lasts="0 min"), "lasts", "above zero"),
        (full("mri", recovery="-1 h"), "recovery", "zero or more"),
        (full("stall", until="restart"), "until", "one of them"),
        (full("stall", lasts=None, until="noon"), "until", "restart"),
        (full("over-infusion", factor=None), "factor", "how many times"),
        (full("over-infusion", factor="+20 %"), "factor", "above 1"),
        (full("over-infusion", factor="20 %"), "factor", "without %"),
        (full("over-infusion", factor=1), "factor", "above 1"),
        (full("over-infusion", factor=0.8), "factor", "above 1"),
        (full("over-infusion", factor=True), "factor", "a plain number"),
        (full("over-infusion", factor=10**30), "factor", "at most 10000"),
        (full("over-infusion", lasts=None), "lasts", "how long"),
        (full("leak", fraction=0), "fraction", "above 0"),
        (full("leak", fraction=1.5), "fraction", "at most 1"),
        (full("occlusion", lasts="21 year"), "lasts", "at most 20 years"),
        (full("power-loss", lasts="-1 s"), "lasts", "zero or more"),
        (full("clock-set", to="09:00"), "to", "with its offset"),
        (full("alarm-silence", alarm="low-resevoir"), "alarm", "did you mean low-reservoir?"),
    ],
)
def test_a_wrong_event_is_named_by_its_number_and_key(
    read: Reader, row: Tree, key: str, words: str
):
    good = {"at": "00:00", "what": "interrogate"}
    found = problems(read, base(good, row))
    assert list(found) == [f"event[2].{key}"]
    assert words in found[f"event[2].{key}"][1]


def test_an_event_without_a_time_is_refused(read: Reader):
    found = problems(read, order(BASE, event=[{"what": "stall"}]))
    assert list(found) == ["event[1].at"]
    assert found["event[1].at"][0] == "nothing"


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-inf", "1e5", "1e400", "'1e1'", "'٢'", "'1,2'", "[2]"]
)
def test_a_factor_that_is_no_plain_number_is_refused(read: Reader, text: str):
    source = toml(base(full("over-infusion", factor="X"))).replace('"X"', text)
    assert "event[1].factor" in problems(read, source)


def test_an_event_of_no_kind_still_has_its_time_read_and_no_value_doubted(read: Reader):
    row = {"at": "noon", "what": "stal", "lasts": "a while", "lats": 1}
    assert list(problems(read, base(row))) == ["event[1].lats", "event[1].at", "event[1].what"]


def test_a_prescription_that_is_not_there_is_named(read: Reader):
    found = problems(read, base(full("program", prescription="gone.toml"), prescription="no.toml"))
    assert found == {
        "prescription (no.toml): file": ("nothing there", "a prescription file"),
        "event[1].prescription (gone.toml): file": ("nothing there", "a prescription file"),
    }


def test_every_problem_of_a_broken_prescription_is_named_once(read: Reader):
    rows = [
        full("program", prescription="broken.toml"),
        full("program", prescription="broken.toml"),
    ]
    found = problems(read, base(*rows))
    at = "event[1].prescription (broken.toml): "
    assert set(found) == {f"{at}infusion.daily_dose", f"{at}pump.model"}


def test_an_order_for_another_pump_is_refused(read: Reader):
    found = problems(read, base(full("program", prescription="other.toml")))
    assert list(found) == ["event[1].prescription"]
    assert "SynchroMed II 8637-20" in found["event[1].prescription"][1]


@pytest.mark.parametrize("name", ["/", ".", "x" * 190, "\\u0000", "\\u0000.toml"])
def test_a_path_that_cannot_be_read_is_refused(read: Reader, name: str):
    text = toml(base(prescription="NAME")).replace("NAME", name)
    assert len(problems(read, text)) == 1


def test_every_problem_of_a_file_is_named_in_one_go(read: Reader):
    tree = base(
        {"what": "mri", "lasts": "0 h"},
        {"what": "sleep"},
        {"at": "31 day 00:00", "what": "program", "prescription": "gone.toml"},
        length="30 day",
        seed=-1,
        prescription="broken.toml",
        colour="blue",
    )
    assert set(problems(read, tree)) == {
        "colour",
        "seed",
        "event[1].lasts",
        "event[2].what",
        "event[3].at",
        "prescription (broken.toml): infusion.daily_dose",
        "prescription (broken.toml): pump.model",
        "event[3].prescription (gone.toml): file",
    }


@pytest.mark.parametrize("content", [b"\x00\xff", b"a = " + b"[" * 5000, b"= 3", b"#" * 300_000])
def test_what_is_no_scenario_is_refused_in_one_line(read: Reader, content: bytes):
    found = problems(read, content)
    assert list(found) == ["file"]
    assert "prescription" not in found["file"][1]


def test_a_scenario_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(Unusable, match=r"found nothing there, expected a scenario file"):
        read_scenario(tmp_path / "gone.toml", LIBRARY)


# Bad input never gives a traceback ----------------------------------------------------------------

KEYS = sorted({key for row in FULL.values() for key in row} | {"at", "what", "until", "x"})
ANY = st.sampled_from([*HOSTILE, *KINDS, "01:00", "2 h", "rx.toml", "restart", 0.5])
ROW = st.dictionaries(st.sampled_from(KEYS), ANY, max_size=5) | ANY
BENT_ROW = st.builds(
    lambda what, more: {"at": "01:00", "what": what, **FULL[what], **more},
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(KEYS), ANY, max_size=2),
)


def reads_or_refuses(read: Reader, given: Tree | str | bytes) -> None:
    found: list[Problem] = []
    try:
        read(given)
    except Unusable as refused:
        found = refused.problems or [Problem("", "", "a refusal without a problem")]
    assert all(p.key and "\n" not in str(p) for p in found)


@settings(max_examples=300)
@given(
    rows=st.lists(ROW | BENT_ROW, max_size=6),
    changes=st.dictionaries(st.sampled_from([*BASE, "start", "y"]), ANY, max_size=3),
)
def test_any_tree_is_read_or_refused(read: Reader, rows: list[Any], changes: Tree):
    try:
        text = toml({**BASE, "event": rows, **changes})
    except (ValueError, TypeError):  # no TOML can say it
        return
    reads_or_refuses(read, text.encode("utf-8", "replace"))


@settings(max_examples=200)
@given(at=st.integers(0, 2000), cut=st.integers(0, 30), put=st.text(max_size=5))
def test_any_bent_text_is_read_or_refused(read: Reader, at: int, cut: int, put: str):
    text = toml(base(*(full(what) for what in KINDS)))
    at %= len(text)
    reads_or_refuses(read, (text[:at] + put + text[at + cut :]).encode("utf-8", "replace"))


@settings(max_examples=100)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(read: Reader, content: bytes):
    reads_or_refuses(read, content)


# The schema -------------------------------------------------------------------------------------


def as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: as_json(v) for key, v in value.items()}
    if isinstance(value, list):
        return [as_json(v) for v in value]
    return value.isoformat() if isinstance(value, datetime) else value


def validates(tree: Tree) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(as_json(tree))


def test_the_schema_is_a_valid_schema_and_plain_json():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$id"] == "cisterna/scenario/1"


def test_the_schema_knows_every_kind_of_event_and_every_key():
    rows = SCHEMA["properties"]["event"]["items"]["oneOf"]
    assert sorted(row["properties"]["what"]["enum"][0] for row in rows) == sorted(KINDS)
    assert set(SCHEMA["properties"]) == set(scenario_form().fields)
    assert set(FULL) == set(KINDS)


@pytest.mark.parametrize("what", KINDS)
def test_an_event_that_reads_validates_and_a_strange_key_does_not(read: Reader, what: str):
    tree = base(full(what))
    read(tree)
    assert validates(tree)
    assert not validates(base(full(what, colour="blue")))
    assert not validates(base(full(what, at="noon")))


@pytest.mark.parametrize(
    "row",
    [
        {"what": "sleep"},
        full("refill", prescription="rx.toml"),
        full("refill", fill_volume=None),
        full("stall", until="restart"),
        full("leak", fraction=0),
        full("over-infusion", factor=1),
        full("over-infusion", factor="20 %"),
        full("clinician-bolus", dose=0.5),
        full("alarm-silence", alarm="x"),
    ],
)
def test_what_the_reader_refuses_in_one_event_the_schema_refuses_too(read: Reader, row: Tree):
    assert not validates(base(row))
    assert problems(read, base(row))


@pytest.mark.parametrize(
    "changes", [{"length": 3}, {"seed": -1}, {"accuracy": "5"}, {"event": [3]}, {"x": 1}]
)
def test_what_the_reader_refuses_at_the_top_the_schema_refuses_too(read: Reader, changes: Tree):
    tree = order(BASE, **changes)
    assert not validates(tree)
    assert problems(read, tree)


# The examples -----------------------------------------------------------------------------------

FILES = sorted(EXAMPLES.glob("*.toml"))


def example(name: str) -> Scenario:
    return read_scenario(EXAMPLES / f"{name}.toml", LIBRARY)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_an_example_reads_says_what_it_shows_and_how_to_run_it(file: Path):
    found = read_scenario(file, LIBRARY)
    assert found.prescription.pump.model.for_patients
    text = file.read_text("utf-8")
    assert text.startswith("# ")
    assert f"#   cisterna simulate examples/scenarios/{file.name}\n" in text


def test_the_examples_show_every_kind_of_event():
    assert len(FILES) >= 10
    assert {e.what for f in FILES for e in read_scenario(f, LIBRARY).events} == set(KINDS)


def test_over_infusion_empties_the_reservoir_before_the_computed_alarm():
    found = example("over-infusion")
    (fast, _) = found.events
    assert isinstance(fast, happened.OverInfusion)
    rx = found.prescription
    assert rx.infusion.daily_dose is not None
    assert rx.low_reservoir is not None
    flow = rx.volume_of(rx.infusion.daily_dose)
    empty = rx.solution.fill_volume / (flow * fast.factor)
    alarm = (rx.solution.fill_volume - rx.low_reservoir) / flow
    assert empty < alarm < Quantity.of(found.length_ms, "ms")


def test_the_remote_is_pressed_five_hundred_times():
    events = example("remote-500-presses").events
    assert len(events) == 500
    assert {e.what for e in events} == {"remote-request"}


def test_the_two_visits_that_halve_the_concentration_differ_in_the_bridge_alone():
    without, bridged = (example(f"halved-{word}-bridge") for word in ("without", "with"))
    assert [getattr(e, "bridge", None) for e in without.events] == [None, False]
    assert [getattr(e, "bridge", None) for e in bridged.events] == [None, True]
    assert without.events[0] == bridged.events[0]


@pytest.mark.parametrize("name", ["seven-quiet-years", "monthly-refills", "end-of-battery"])
def test_the_measured_volumes_are_what_the_order_leaves(name: str):
    found = example(name)
    rx, last = found.prescription, 0
    assert rx.infusion.daily_dose is not None
    flow = rx.volume_of(rx.infusion.daily_dose)
    for event in found.events:
        if isinstance(event, happened.Refill):
            used = flow * Quantity.of(event.at_ms - last, "ms")
            assert event.measured == rx.solution.fill_volume - used
            assert event.fill_volume == rx.solution.fill_volume
            last = event.at_ms
