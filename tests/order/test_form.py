"""The form of an order is one tree: what the reader accepts is what the JSON Schema says."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import jsonschema
import pytest

from cisterna.order.form import Amount, Field, Form, Problem, Several, Unfit, Unusable, Whole, shown
from cisterna.order.schema import json_schema, prescription_form
from cisterna.quantity import MASS
from tests.orders import BASE, LIBRARY, Tree, order

SCHEMA = json_schema(LIBRARY)
FORM = prescription_form(LIBRARY)

FLEX = order(
    infusion={
        "primary": "morphine",
        "mode": "flex",
        "step": [{"from": "00:00", "dose_rate": "0.2 mg/h", "days": ["mon"]}],
    }
)


def as_json(value: Any) -> Any:
    """A tree with dates and times as the strings that JSON has for them."""
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_json(v) for v in value]
    return value.isoformat() if isinstance(value, datetime | date | time) else value


def complaints(tree: Tree) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [error.json_path for error in validator.iter_errors(as_json(tree))]


def fields(form: Form, path: str = "") -> Iterator[tuple[str, Field]]:
    for key, field in form.fields.items():
        yield f"{path}.{key}", field
        if isinstance(field, Form):
            yield from fields(field, f"{path}.{key}")


def node_of(path: str) -> dict[str, Any]:
    node: Any = SCHEMA
    for key in path.strip(".").split("."):
        node = node.get("items", node)["properties"][key]
    return dict(node)


ALL = dict(fields(FORM))


# The schema -------------------------------------------------------------------------------------


def test_the_schema_is_a_valid_schema_and_plain_json():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("tree", [BASE, FLEX, order(remote=None, patient=None)])
def test_a_valid_order_validates(tree: Tree):
    assert complaints(tree) == []


@pytest.mark.parametrize("path", ALL)
def test_every_key_of_the_form_is_in_the_schema_with_its_meaning(path: str):
    field = ALL[path]
    node = node_of(path)
    assert node["description"].startswith(field.meaning)
    parent = SCHEMA if path.count(".") == 1 else node_of(path.rpartition(".")[0])
    assert (path.rpartition(".")[2] in parent.get("items", parent)["required"]) == field.required


@pytest.mark.parametrize("path", [p for p, f in ALL.items() if isinstance(f, Amount)])
def test_the_example_of_an_amount_is_one_that_the_form_reads(path: str):
    field = ALL[path]
    assert isinstance(field, Amount)
    assert field.example
    assert field.read(field.example).dimension == field.dimension


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"pump__colour": "blue"}, "$.pump"),
        ({"pump__model": "x"}, "$.pump.model"),
        ({"pump__model": None}, "$.pump"),
        ({"infusion__daily_dose": 4.4}, "$.infusion.daily_dose"),
        ({"infusion__daily_dose": "-4.4 mg/day"}, "$.infusion.daily_dose"),
        ({"infusion__daily_dose": "1e400 mg/day"}, "$.infusion.daily_dose"),
        ({"remote__max_per_day": 0}, "$.remote.max_per_day"),
        ({"remote__max_per_day": 1001}, "$.remote.max_per_day"),
        ({"patient__conditions": ["copd", "copd"]}, "$.patient.conditions"),
        ({"patient__conditions": ["hypersensitivity"]}, "$.patient.conditions[0]"),
        ({"patient__name": ""}, "$.patient.name"),
        ({"solution__drug": []}, "$.solution.drug"),
        ({"schema": "cisterna/prescription/2"}, "$.schema"),
    ],
)
def test_what_the_reader_refuses_in_one_value_the_schema_refuses_too(changes: Tree, at: str):
    assert complaints(order(**changes)) == [at]


def test_a_hypersensitivity_validates_with_its_drug():
    assert complaints(order(patient__conditions=["hypersensitivity:baclofen"])) == []


@pytest.mark.parametrize(("at", "valid"), [("23:59", True), ("24:00", False), ("7:30", False)])
def test_a_time_of_day_has_the_form_that_the_reader_takes(at: str, valid: bool):
    step = {"from": at, "dose_rate": "0.2 mg/h"}
    tree = order(FLEX, infusion__step=[step])
    assert (complaints(tree) == []) == valid


# The fields -------------------------------------------------------------------------------------


def test_a_whole_number_has_both_its_ends():
    field = Whole("count", most=3)
    assert [field.read(n) for n in (1, 3)] == [1, 3]
    for wrong in (0, 4, -1, True, 1.0, "1", None):
        with pytest.raises(Unfit, match="a whole number from 1 to 3"):
            field.read(wrong)


@pytest.mark.parametrize(("count", "fits"), [(100, True), (101, False)])
def test_a_list_has_an_end(count: int, fits: bool):
    field = Several("words")
    words = [f"word {n}" for n in range(count)]
    if fits:
        assert field.read(words) == tuple(words)
    else:
        with pytest.raises(Unfit, match="a list"):
            field.read(words)


@pytest.mark.parametrize(("count", "problems"), [(500, 0), (501, 1)])
def test_a_list_of_tables_has_an_end(count: int, problems: int):
    found: list[Problem] = []
    form = Form("rows", fields={"n": Whole("n", most=501)}, many=True)
    form.fill([{"n": n} for n in range(1, count + 1)], "row", found)
    assert len(found) == problems


def test_zero_is_read_only_where_it_means_something():
    assert Amount("dose", dimension=MASS, zero=True).read("0 mg").base == 0
    with pytest.raises(Unfit, match="above zero"):
        Amount("dose", dimension=MASS).read("0 mg")


def test_a_number_of_a_list_of_tables_is_counted_from_one():
    found: list[Problem] = []
    Form("rows", fields={"n": Whole("n")}, many=True).fill([{"n": 1}, {"n": 0}], "row", found)
    assert [p.key for p in found] == ["row[2].n"]


def test_a_field_of_no_kind_reads_nothing():
    with pytest.raises(Unfit, match="nothing"):
        Field("anything").read(1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("4.4 mg", "'4.4 mg'"),
        ("a\nb", r"'a\nb'"),
        (date(2026, 11, 23), "2026-11-23"),
        (time(7, 30), "07:30:00"),
        (True, "True"),
    ],
)
def test_a_found_value_is_shown_on_one_line(value: object, text: str):
    assert shown(value) == text


def test_a_long_value_is_shown_cut_short():
    assert len(shown("x" * 60)) == 58
    assert shown("x" * 58) == repr("x" * 58)
    assert shown("x" * 59).endswith("…")


def test_a_number_of_too_many_digits_is_still_shown():
    assert shown(16**50_000) == "a value too large to show"


def test_a_value_nested_without_end_is_still_shown():
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == "a value too large to show"


def test_a_refusal_has_a_line_for_each_problem():
    refused = Unusable("rx.toml", [Problem("a", "1", "2"), Problem("b", "3", "4")])
    assert str(refused) == "rx.toml: a: found 1, expected 2\nrx.toml: b: found 3, expected 4"
