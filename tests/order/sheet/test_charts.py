"""What the charts say of an order: each line and each row is a statement about the drug."""

import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from cisterna.order.bridge import bridge
from cisterna.order.dates import refill_dates
from cisterna.order.prescription import Prescription
from cisterna.order.sheet.chart_day import dose_curve
from cisterna.order.sheet.chart_reservoir import marks, reservoir_curve
from cisterna.order.sheet.chart_tip import tip_curve, tip_drugs
from cisterna.order.sheet.figure import Frame, merged, ticks
from cisterna.order.sheet.markup import Markup
from cisterna.order.tip import tip_change
from tests.order.cases import MIXTURE, MORPHINE, REMOTE, changed, drug, ordered
from tests.orders import LIBRARY

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
FLEX = {
    "infusion": {
        "primary": "morphine",
        "mode": "flex",
        "step": [
            {"from": "00:00", "dose_rate": "0.1 mg/h"},
            {"from": "08:00", "dose_rate": "0.3 mg/h", "days": WEEKDAYS},
        ],
    }
}
HALF = {"solution.drug.0.concentration": "10 mg/mL", "infusion.daily_dose": "4 mg/day"}


def tree(chart: Markup) -> Xml.Element:
    return Xml.fromstring(f"<chart>{chart}</chart>")  # noqa: S314 – our own drawing


def rows(chart: Markup) -> list[list[str]]:
    """The table under a chart, as texts."""
    return [["".join(c.itertext()) for c in r] for r in tree(chart).iterfind(".//tbody/tr")]


def line(chart: Markup, kind: str) -> list[tuple[float, float]]:
    """The points of the line of one class, in drawing units (down is larger)."""
    paths = tree(chart).iterfind(".//figure/svg/path")
    d = next(p.attrib["d"] for p in paths if p.attrib["class"] == f"line {kind}")
    numbers = [float(n) for n in re.findall(r"[\d.]+", d)]
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def words(chart: Markup) -> set[str]:
    return {t.text or "" for t in tree(chart).iterfind(".//figure/svg/text")}


def tip(
    old: Prescription, new: Prescription, name: str = "morphine", written: str | None = None
) -> Markup:
    change = tip_change(old, new, bridge(old, new, LIBRARY))
    assert change is not None
    return tip_curve(new, change, name, written or name)


def reservoir(rx: Prescription) -> Markup:
    return reservoir_curve(rx, refill_dates(rx, LIBRARY), None)


def every_chart() -> Iterator[Markup]:
    yield dose_curve(ordered())
    yield tip(ordered(MORPHINE, HALF), ordered())
    yield reservoir(ordered(MORPHINE, {"remote": REMOTE}))


# the day -----------------------------------------------------------------------------------------


def test_one_dose_all_day_is_a_level_line():
    chart = dose_curve(ordered())

    assert rows(chart) == [["every day 00:00 to 24:00", "4.4 mg/day", "0.22 mL/day"]]
    assert len({y for _, y in line(chart, "ordered")}) == 1


def test_days_with_the_same_steps_are_one_group_of_rows():
    chart = dose_curve(ordered(MORPHINE, FLEX))

    assert [row[:2] for row in rows(chart)] == [
        ["Mon–Fri 00:00 to 08:00", "0.1 mg/h"],
        ["Mon–Fri 08:00 to 24:00", "0.3 mg/h"],
        ["Sat, Sun 00:00 to 24:00", "0.1 mg/h"],
    ]


def test_a_week_of_unlike_days_is_drawn_whole():
    assert {"Mon", "Sun"} <= words(dose_curve(ordered(MORPHINE, FLEX)))


def test_each_drug_of_a_mixture_has_its_dose_beside_the_primary_one():
    # 0.22 mL/day of 10 mg/mL.
    assert rows(dose_curve(ordered(MIXTURE)))[0][1:] == ["4.4 mg/day", "2.2 mg/day", "0.22 mL/day"]


def test_a_stopped_pump_gives_a_line_at_nothing():
    chart = dose_curve(ordered(MORPHINE, {"infusion": {"primary": "morphine", "mode": "stopped"}}))

    assert rows(chart)[0][1] == "0 mg/day"


def test_a_bolus_every_seven_hours_is_drawn_over_its_own_cycle():
    periodic = {
        "primary": "morphine",
        "mode": "periodic-bolus",
        "dose": "0.5 mg",
        "duration": "30 min",
        "interval": "7 h",
        "background": "0 mg/day",
    }
    chart = dose_curve(ordered(MORPHINE, {"infusion": periodic}))

    assert "hours since the start of the cycle" in words(chart)
    assert [row[1] for row in rows(chart)] == ["1 mg/h", "0 mg/h"]


# the tip -----------------------------------------------------------------------------------------


def test_a_bridge_keeps_the_old_dose_until_the_new_solution_arrives():
    # 0.31908 mL of 10 mg/mL at 0.4 mL/day: 19.1 h; without the bridge at 0.22 mL/day: 34.8 h.
    table = rows(tip(ordered(MORPHINE, HALF), ordered()))
    hours, bridged, omitted = (list(column) for column in list(zip(*table, strict=True))[:3])

    assert hours[0] == "0 to 18"
    assert (bridged[0], omitted[0]) == ("4", "2.2")
    assert (bridged[-1], omitted[-1]) == ("4.4", "4.4")


def test_where_the_solution_grows_weaker_the_missing_bridge_is_an_overdose():
    chart = tip(ordered(), ordered(MORPHINE, HALF))

    assert rows(chart)[0][2] == "8"
    assert line(chart, "omitted")[0][1] < line(chart, "bridged")[0][1]


def test_the_new_dose_is_the_level_that_both_lines_reach():
    chart = tip(ordered(MORPHINE, HALF), ordered())
    (_, level), (_, same) = line(chart, "reference")

    assert level == same
    assert line(chart, "bridged")[-1][1] == level
    assert line(chart, "omitted")[-1][1] == level


def test_a_drug_that_leaves_the_order_ends_at_nothing():
    chart = tip(ordered(MIXTURE), ordered(), "bupivacaine")

    assert rows(chart)[0][1] == "2.2"
    assert set(rows(chart)[-1][1:]) == {"0"}


def test_a_drug_that_is_new_begins_at_nothing():
    new = changed(MORPHINE, {"solution.drug": [drug("hydromorphone", "5 mg/mL")]})
    new = changed(new, {"infusion.primary": "hydromorphone", "infusion.daily_dose": "1 mg/day"})

    assert rows(tip(ordered(), ordered(new), "hydromorphone"))[0][1] == "0"


def test_the_drug_that_drives_the_pump_comes_first():
    new = ordered(MIXTURE)
    old = ordered(MIXTURE, {"solution.drug.0.concentration": "10 mg/mL"})
    change = tip_change(old, new, bridge(old, new, LIBRARY))

    assert change is not None
    assert tip_drugs(new, change) == ["morphine", "bupivacaine"]


# the reservoir -----------------------------------------------------------------------------------


def test_at_the_alarm_the_alarm_volume_is_left():
    table = {row[0]: row for row in rows(reservoir(ordered()))}

    assert table["low-reservoir alarm"][3] == "5 mL"


def test_a_pump_at_its_accuracy_limit_is_empty_on_the_earliest_date():
    rx = ordered()
    chart = reservoir(rx)
    frame_bottom = max(y for _, y in line(chart, "worst"))
    empty = line(chart, "empty")[0][0]
    reached = min(x for x, y in line(chart, "fast") if y == frame_bottom)

    assert reached == pytest.approx(empty, abs=0.2)


def test_the_reservoir_only_ever_falls():
    points = line(reservoir(ordered()), "worst")

    assert all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(points))


def test_patient_doses_empty_it_sooner():
    chart = reservoir(ordered(MORPHINE, {"remote": REMOTE}))
    left = {row[0]: row[3:] for row in rows(chart)}

    assert left["come back by"][0] < left["come back by"][1]
    assert "no patient dose" in words(chart)


def test_the_person_comes_back_before_every_other_date():
    rx = ordered()
    days = {m.words: m.day for m in marks(rx, refill_dates(rx, LIBRARY))}

    assert min(days, key=lambda name: days[name]) == "come back by"


def test_a_date_far_beyond_the_first_is_told_and_not_drawn():
    rx = ordered(MORPHINE, {"infusion.daily_dose": "40 mg/day"})
    chart = reservoir(rx)
    text = "".join(tree(chart).itertext())

    assert "Beyond this chart: stable until 21 Feb 2027." in text
    assert not any("stable until" in w for w in words(chart))


# every chart -------------------------------------------------------------------------------------


def test_every_chart_has_a_title_a_description_and_units_on_its_axes():
    for chart in every_chart():
        picture = tree(chart).find(".//figure/svg")
        assert picture is not None
        assert picture.attrib["role"] == "img"
        assert picture.findtext("title")
        assert picture.findtext("desc")
        assert {"mg/day", "volume, mL"} & words(chart)


def test_no_line_is_told_from_another_by_colour_alone():
    style = (Path(__file__).parents[3] / "src/cisterna/order/sheet/style/sheet.css").read_text(
        "utf-8"
    )
    for chart in every_chart():
        kinds = {p.attrib["class"] for p in tree(chart).iterfind(".//figure/svg/path")}
        strokes = [_stroke(style, k.removeprefix("line ")) for k in kinds if k.startswith("line ")]
        assert len(strokes) == len(set(strokes))


def _stroke(style: str, kind: str) -> tuple[str, ...]:
    """Width and dashes of a line; those of every line where it has none of its own."""
    rules = "".join(re.findall(rf"\.{kind}(?:, [^{{]*)? {{([^}}]*)}}", style))
    names = ("stroke-width", "stroke-dasharray")
    found = (re.search(rf"{name}: ([^;]*);", rules) for name in names)
    return tuple(m[1] if m else "as every line" for m in found)


def test_no_word_of_an_order_becomes_markup():
    chart = tip(ordered(MORPHINE, HALF), ordered(), "morphine", "<b>&")

    assert "<b>" not in chart
    assert "&lt;b&gt;&amp;" in chart


@pytest.mark.parametrize("most", ["0.004", "0.3", "1", "4.4", "72", "1200"])
def test_an_axis_has_a_few_round_numbers_from_zero(most: str):
    marked = ticks(Fraction(most))

    assert marked[0] == 0
    assert 3 <= len(marked) <= 5
    assert marked[-1] <= Fraction(most)


def test_a_word_goes_to_the_side_where_no_line_runs():
    frame = Frame(Fraction(10), Fraction(10))

    assert frame.free_side(Fraction(5), [Fraction(9)]) < 0
    assert frame.free_side(Fraction(5), [Fraction("5.5")]) > 0
    assert frame.free_side(Fraction(0), [Fraction("0.5")]) < 0


def test_equal_neighbours_are_one_row():
    assert merged([["a"], ["a"], ["b"], ["a"]]) == [(0, 2, ["a"]), (2, 3, ["b"]), (3, 4, ["a"])]
    assert merged([]) == []
