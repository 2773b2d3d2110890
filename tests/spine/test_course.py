"""The page is told the order's own trace at the tip; what cannot be drawn has a reason."""

from typing import Any

import pytest

from cisterna.bedside.answer import answer
from cisterna.bedside.bundle import PAGE
from tests.orders import order, toml

OLD, NEW = ((PAGE / f"{side}.toml").read_text("utf-8") for side in ("old", "new"))


def course(old: str | None, new: str) -> dict[str, Any]:
    found: dict[str, Any] = answer(old, new)["spine"]
    return found


def mass(pieces: list[tuple[float, float]]) -> float:
    return sum(hours * rate for hours, rate in pieces)


def test_the_accident_gives_twice_the_dose_for_19_hours_and_the_bridge_the_old_dose():
    found = course(OLD, NEW)
    drug = found["drugs"][0]

    (wrong, twice), (rest, right) = drug["cases"]["omitted"]
    assert (found["tip"], found["hour"]) == ("T10", 19)
    assert wrong == pytest.approx(19.1448)
    assert wrong + rest == pytest.approx(48)
    assert (twice, right) == pytest.approx((8 / 24, 4 / 24))
    assert drug["cases"]["bridged"] == [(48.0, pytest.approx(4 / 24))]
    assert drug["before"] == {"tip": "T10", "cycle": [(24.0, pytest.approx(4 / 24))]}
    assert (drug["daily"], drug["unit"]) == (4, "mg/day")


def test_every_case_lasts_two_days():
    for drug in course(OLD, NEW)["drugs"]:
        for pieces in drug["cases"].values():
            assert sum(hours for hours, _ in pieces) == pytest.approx(48)


def test_a_first_order_has_one_case_and_nothing_before_it():
    found = course(None, toml(order()))

    assert [*found["drugs"][0]["cases"]] == ["ordered"]
    assert found["drugs"][0]["before"] is None
    assert "without drug" in found["start"]


def test_an_unprimed_line_gives_nothing_until_its_fluid_has_left():
    found = course(None, toml(order(line__holds="csf")))

    assert found["drugs"][0]["cases"]["ordered"][0][1] == 0
    assert "prime is left out" in found["start"]


def test_a_drug_that_is_ordered_no_more_leaves_with_the_line():
    new = NEW.replace('"morphine"', '"baclofen"').replace(
        'product = "infumorph-200"', "preservative_free = true"
    )
    drugs = {d["id"]: d for d in course(OLD, new)["drugs"]}

    assert [*drugs] == ["baclofen", "morphine"]
    assert drugs["morphine"]["daily"] == 0
    assert mass(drugs["morphine"]["cases"]["omitted"]) == pytest.approx(0.31908 * 20, rel=1e-6)


def test_an_old_order_without_a_tip_level_is_not_guessed():
    found = course(OLD.replace('tip = "T10"\n', ""), NEW)

    assert "names no tip level" in found["start"]
    assert found["drugs"][0]["before"] is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"catheter__tip": None}, "does not say at which level the tip lies"),
        ({"patient__conditions": ["csf-obstruction"]}, "blocked flow"),
    ],
)
def test_an_order_that_the_model_does_not_hold_is_refused_in_words(changes: Any, why: str):
    found = course(None, toml(order(**changes)))

    assert found["drugs"] == []
    assert any(why in words for words in found["refusals"])


def test_a_refused_bridge_leaves_the_tip_unknown():
    found = course(OLD, NEW.replace("100 cm", "90 cm"))

    assert found["drugs"] == []
    assert found["refusals"][0].startswith("No spine is drawn:")


def test_without_a_plan_there_is_no_course():
    assert "spine" not in answer(None, "nothing")
