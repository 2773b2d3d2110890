"""What the page is told is what the command line says, in words that a person understands."""

import re

import pytest

from cisterna.bedside.answer import answer, paper
from cisterna.bedside.bundle import PAGE
from cisterna.bedside.fields import filled, spec
from cisterna.order.plan import plan
from cisterna.order.wire import wire
from tests.orders import LIBRARY, order, read, toml

OLD = (PAGE / "old.toml").read_text("utf-8")
NEW = (PAGE / "new.toml").read_text("utf-8")
VISIT = {"order": "old", "measured": "8.8 mL", "at": "2026-11-23T10:00:00+00:00"}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_the_page_begins_on_twice_the_dose_for_about_19_hours():
    found = answer(OLD, NEW, bridged=False)
    said = words(found["html"]["story"])

    assert "not programmed: twice the dose for about 19 hours." in said
    assert "19 h 08 min" in said
    assert "8 mg/day instead of 4 mg/day" in said
    assert found["words"]["kind"] == "danger"
    assert found["plan"]["bridge"]["volume"] == {"value": "0.31908", "unit": "mL"}


def test_programming_the_bridge_puts_it_right():
    found = answer(OLD, NEW, bridged=True)

    assert "The bridge is programmed." in words(found["html"]["story"])
    assert found["words"]["kind"] == "good"


def test_the_tick_changes_the_words_and_never_the_plan():
    with_it, without = answer(OLD, NEW, bridged=True), answer(OLD, NEW, bridged=False)

    assert with_it["plan"] == without["plan"]
    assert with_it["html"]["plan"] == without["html"]["plan"]


def test_the_plan_is_the_one_of_the_order_room():
    old, new = order(solution__drug__0__concentration="10 mg/mL", limits=None), order()

    found = answer(toml(old), toml(new))

    assert found["plan"] == wire(plan(read(old), read(new), LIBRARY))


def test_a_first_order_needs_no_old_one():
    found = answer(None, toml(order(line__holds="csf")))

    assert found["plan"]["prime"]["case"] == "unprimed"
    assert "prime" in words(found["html"]["story"])


def test_every_problem_of_both_orders_is_named_in_one_go():
    found = answer(
        toml(order(solution__fill_volume="20")),
        toml(order(infusion__daily_dose="4,4 mg/day", pump__model="nothing")),
    )

    assert found["code"] == 2
    assert found["plan"] is None
    assert {(p["pane"], p["key"]) for p in found["problems"]} == {
        ("old", "solution.fill_volume"),
        ("new", "infusion.daily_dose"),
        ("new", "pump.model"),
    }
    assert set(found["html"]) == {"story"}


def test_an_order_that_names_the_one_before_it_does_not_blame_the_line_when_that_is_unread():
    found = answer("nothing", NEW)

    assert {p["pane"] for p in found["problems"]} == {"old"}


def test_a_comma_is_refused_and_never_read_as_a_point():
    found = answer(None, toml(order(solution__drug__0__concentration="2,5 mg/mL")))

    assert [p["key"] for p in found["problems"]] == ["solution.drug[1].concentration"]


def test_a_blocked_order_is_never_told_as_good_news():
    found = answer(OLD, NEW.replace('"4 mg/day"', '"400 mg/day"'), bridged=True)

    assert found["code"] == 1
    assert found["words"]["kind"] == "danger"
    assert found["words"]["verdict"].startswith("Checks: blocked")


def test_a_reservoir_that_is_empty_at_once_is_answered_and_not_waited_for():
    found = answer(None, toml(order(remote__dose="999999999999999 kg", remote__duration="1 ms")))

    assert found["code"] == 1
    assert "Volume left in the reservoir" in words(found["html"]["plan"])


def test_a_refused_bridge_gives_its_way_out():
    found = answer(OLD, NEW.replace("100 cm", "90 cm"))

    assert found["plan"]["refused"]["way_out"] in words(found["html"]["story"])
    assert found["words"]["kind"] == "danger"


def test_a_drug_that_is_no_longer_ordered_is_named():
    new = NEW.replace('"morphine"', '"hydromorphone"').replace(
        'product = "infumorph-200"', "preservative_free = true"
    )
    said = words(answer(OLD, new, bridged=False)["html"]["story"])

    assert "not ordered any more" in said
    assert "none of the dose" in said


@pytest.mark.parametrize(
    ("measured", "verdict"), [("8.8 mL", "accept"), ("4.1 mL", "evaluate"), ("14 mL", "evaluate")]
)
def test_the_volume_of_a_visit_is_judged(measured: str, verdict: str):
    found = answer(OLD, NEW, residual_inputs={**VISIT, "measured": measured})["residual"]

    assert found["result"]["verdict"] == verdict
    assert verdict.capitalize() in words(found["html"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("measured", "8,8 mL"),
        ("measured", "8.8 mg"),
        ("at", "2026-11-23"),
        ("at", "2026-11-23T10:00"),
        ("boluses", "-1"),
        ("boluses", "1.5"),
        ("pump_says", "9"),
    ],
)
def test_a_visit_with_a_wrong_value_gives_no_verdict(key: str, value: str):
    found = answer(OLD, NEW, residual_inputs={**VISIT, key: value})["residual"]

    assert found["result"] is None
    assert "to mend" in words(found["html"])


def test_a_visit_before_the_fill_is_refused():
    found = answer(OLD, NEW, residual_inputs={**VISIT, "at": "2020-01-01T00:00:00+00:00"})

    assert found["residual"]["result"]["refused"]["code"] == "before-fill"


def test_the_order_of_a_visit_is_never_guessed():
    found = answer(OLD, NEW, residual_inputs={**VISIT, "order": ""})["residual"]

    assert found["result"] is None
    assert "the order that was running" in words(found["html"])


def test_nothing_measured_is_no_visit():
    assert answer(OLD, NEW, residual_inputs={"order": "old"})["residual"] is None


def test_nothing_from_an_order_gets_into_the_page_as_markup():
    script = "<script>window.hit = 1</script>"
    found = answer(OLD, toml(order(patient__name=script, pump__serial=script, limits=None)))

    assert all("<script" not in html for html in found["html"].values())
    bad = answer(OLD, toml(order(pump__model=script)))
    assert "<script" not in bad["html"]["story"]


def test_the_sheet_is_the_whole_sheet_and_none_without_a_plan():
    assert paper(OLD, NEW)["html"].startswith("<!DOCTYPE html>")
    assert paper(OLD, "")["html"] is None


# The form ----------------------------------------------------------------------------------------


def test_a_file_fills_the_form_with_numbers_and_the_one_name_of_their_units():
    found = filled(toml(order(infusion__daily_dose="4400 µg/day", patient__weight="78 kg")))

    assert found["fits"] is True
    assert found["values"]["infusion"]["daily_dose"] == {"number": "4400", "unit": "mcg/day"}
    assert found["values"]["patient"]["weight"] == {"number": "78", "unit": "kg"}
    assert found["values"]["solution"]["filled_at"] == "2026-11-23T10:00:00+00:00"


@pytest.mark.parametrize(
    "text",
    [
        "no toml",
        toml(order(pump__colour="red")),
        toml(order(infusion__daily_dose="4,4 mg/day")),
        toml(order(infusion__daily_dose=4.4)),
        toml(order(remote=[])),
        toml(order(solution__drug={})),
        toml(order(patient__opioid_tolerant="yes")),
    ],
)
def test_what_the_form_cannot_show_locks_it(text: str):
    found = filled(text)

    assert found["fits"] is False
    assert found["because"]


def test_the_form_asks_for_every_key_of_the_reader_with_a_unit_beside_each_amount():
    rows = spec(LIBRARY)["fields"]
    every = [*rows, *(f for row in rows for f in row.get("fields", []))]

    assert {row["key"] for row in rows} >= {"pump", "solution", "infusion", "remote", "limits"}
    assert all(row["units"] for row in every if row["kind"] == "amount")
