"""The spine on the page answers as Python does, within a frame, and for everybody."""

import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, expect

from cisterna.bedside.answer import answer
from cisterna.bedside.bundle import PAGE
from cisterna.facts import Library
from cisterna.order.reading import read_prescription
from cisterna.quantity import Quantity, show
from cisterna.spine.export import Export, export
from cisterna.spine.forecast import forecast_order
from cisterna.spine.network import Array
from tests.browser.test_bedside import EXAMPLES, LONG_MS, TWICE, VIEWS, amount, settled
from tests.campaigns.bedside import READY
from tests.orders import order, toml
from tests.variants import variants

LIBRARY = Library()
DRUGS = ("morphine", "baclofen", "ziconotide", "fentanyl", "bupivacaine")
FRAME_MS = 16
OLD, NEW = ((PAGE / f"{side}.toml").read_text("utf-8") for side in ("old", "new"))


@pytest.fixture(scope="module")
def loaded(browser: Browser, file: Path) -> Iterator[Page]:
    """The page as a file, its Python ready; loaded once for all tests."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri())
    page.wait_for_selector(READY, timeout=LONG_MS)
    yield page
    page.close()


@pytest.fixture
def page(loaded: Page) -> Page:
    """The page on its accident, as at the start."""
    loaded.set_viewport_size({"width": 1280, "height": 900})
    loaded.emulate_media(color_scheme="light")
    loaded.locator("#accident").click()
    settled(loaded, TWICE)
    return loaded


@pytest.fixture(scope="module")
def exports() -> Callable[[str], Export]:
    """The export of a drug, made once."""
    made: dict[str, Export] = {}
    return lambda drug: made.setdefault(drug, export(LIBRARY, drug, size=2))


def new_order(page: Page, text: str, words: str = "") -> None:
    """Put an order without one before it into the page."""
    page.locator("#has-old").set_checked(False)
    page.locator("#new-text").evaluate("e => e.closest('details').open = true")
    page.locator("#new-text").fill(text)
    settled(page, words or "Checks:")


def drawn(page: Page, part: str = "now") -> str:
    return page.locator(f"#spine-{part}").get_attribute("d") or ""


def figures(page: Page) -> dict[str, list[str]]:
    """The cells beside the picture by their row."""
    rows = page.locator("#spine-figures tbody tr").all()
    return {r.locator("th").inner_text(): r.locator("td").all_inner_texts() for r in rows}


def at_tip(page: Page) -> list[str]:
    """The level at the tip: now, and before or as ordered."""
    return next(
        [cells[0], cells[2]] for name, cells in figures(page).items() if name.endswith(", the tip")
    )


# the same numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("drug", variants(DRUGS, ["morphine", "baclofen"]))
def test_a_settled_level_is_that_of_the_export(drug: str, page: Page, exports: Any):
    for tip in ("C2", "T4", "T10", "L4"):
        ask = "([d, t]) => [...cisterna.spine.settled(cisterna.spine.modes[d], t, 0.2)]"
        found = page.evaluate(ask, [drug, tip])

        assert found == pytest.approx(exports(drug).settled(tip, 0.2), rel=1e-4)


def test_a_settled_level_is_that_of_the_forecast(page: Page):
    rx = read_prescription(EXAMPLES / "simple-morphine.toml", LIBRARY)
    steady = [float(v.mean.number("mg/mL")) for v in forecast_order(rx, LIBRARY, 1, 2).steady]
    ask = "r => [...cisterna.spine.settled(cisterna.spine.modes.morphine, 'T10', r)]"

    assert page.evaluate(ask, 4.4 / 24)[:26] == pytest.approx(steady, rel=0.01)


def test_two_days_without_the_bridge_are_those_of_the_recurrence(page: Page, exports: Any):
    trace = answer(OLD, NEW, bridged=False)["spine"]["drugs"][0]["cases"]["omitted"]
    ask = """([trace, hours]) => {
        const { modes: { morphine }, run, levelsOf } = cisterna.spine;
        return hours.map((h) => [...levelsOf(morphine, "T10", run(morphine, "T10", trace, h))]);
    }"""
    hours = [1, 6, 19, 24, 48]

    for hour, found in zip(hours, page.evaluate(ask, [trace, hours]), strict=True):
        want = replayed(exports("morphine"), "T10", trace, hour)
        assert found == pytest.approx(want, rel=1e-4, abs=1e-5 * want.max())


def replayed(found: Export, tip: str, trace: list[tuple[float, float]], hours: float) -> Array:
    """The recurrence of the export in Python."""
    row, y, rate, left = found.tips.index(tip), np.zeros(len(found.rates_per_h)), 0.0, hours
    for length, level in trace:
        if left <= 0:
            break
        rate = level
        grown = np.exp(found.rates_per_h * min(length, left))
        y = grown * y + (grown - 1) / found.rates_per_h * found.drive[row] * rate
        left -= length
    return np.asarray(found.see @ y + found.instant[:, row] * rate)


def test_numbers_are_shown_as_the_sheet_shows_them(page: Page):
    values = ["0", "0.5", "0.0125", "1", "9.996", "12.34", "99.96", "100", "1234", "350000.4"]
    found = page.evaluate("all => all.map(n => cisterna.spine.figure(Number(n)))", values)

    assert found == [show(Quantity.of(value, "1"), 3) for value in values]
    assert page.evaluate("cisterna.spine.figure(1e-7)") == "below 0.001"


# at once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("control", ["spine-hour", "try-tip", "try-dose", "try-schedule"])
def test_a_change_is_redrawn_within_a_frame(control: str, page: Page):
    took = page.evaluate(
        """id => {
            const control = document.getElementById(id);
            const values = control.options ? [...control.options].map(o => o.value) : null;
            return Array.from({ length: 50 }, (_, n) => {
                const begun = performance.now();
                control.value = values ? values[n % values.length] : n % 25;
                control.dispatchEvent(new Event("input", { bubbles: true }));
                document.getElementById("spine").getBoundingClientRect();
                return performance.now() - begun;
            });
        }""",
        control,
    )
    print(f"{control}: {statistics.median(took):.1f} ms in the median, {max(took):.1f} at most")

    assert statistics.median(took) < FRAME_MS


def test_ticking_the_bridge_puts_the_spine_right_before_python_answers(page: Page):
    tip, accident = at_tip(page), drawn(page)
    assert 1.8 < float(tip[0]) / float(tip[1]) < 2.05

    after = page.evaluate(
        """() => {
            document.getElementById("spine-bridged").click();
            const path = (id) => document.getElementById(id).getAttribute("d");
            return [path("spine-now"), path("spine-then")];
        }"""
    )

    assert after[0] != accident
    assert after[0] == after[1]
    settled(page, "The bridge is programmed.")
    assert drawn(page) == after[0]
    assert page.locator("#bridged").is_checked()
    now, before = at_tip(page)
    assert now == before


def test_before_python_runs_the_spine_of_the_accident_is_drawn(browser: Browser, file: Path):
    page = browser.new_page()
    page.goto(file.as_uri(), wait_until="domcontentloaded")

    assert page.get_attribute("body", "data-ready") is None
    expect(page.locator("#spine-caption")).to_contain_text("19 h after the fill")
    page.locator("#try-tip").press("ArrowLeft")
    expect(page.locator("#spine-caption")).to_contain_text("tried: 4 mg/day at T9, settled")
    page.close()


# what she does -----------------------------------------------------------------------------------


def test_with_the_keyboard_alone_she_moves_time_tip_and_dose(page: Page):
    hour = page.locator("#spine-hour")
    for key, said in (("ArrowRight", "20 h"), ("Home", "0 h"), ("End", "48 h")):
        hour.press(key)
        assert hour.get_attribute("aria-valuetext") == f"{said} after the fill"
    page.locator("#try-tip").press("Home")
    assert page.locator("#try-tip").get_attribute("aria-valuetext") == "C1"
    page.locator("#try-dose").press("ArrowRight")
    assert "4.2 mg/day, 105 % of the order" in page.locator("#spine-try").inner_text()
    page.locator("#try-back").press("Enter")

    expect(page.locator("#try-tip")).to_be_focused()
    assert "tried" not in page.locator("#spine-caption").inner_text()


def test_trying_changes_nothing_in_the_order(page: Page):
    before, text = drawn(page), page.locator("#new-text").input_value()
    page.locator("#try-tip").fill("3")
    page.locator("#try-dose").fill("200")
    page.locator("#try-schedule").select_option("4")

    assert drawn(page) != before
    assert "8 mg/day" in page.locator("#spine-caption").inner_text()
    assert page.locator("#new-text").input_value() == text
    page.locator("#try-back").click()
    page.locator("#spine-settled").set_checked(False)
    assert drawn(page) == before


def test_another_order_leaves_her_at_the_hour_she_looks_at(page: Page):
    page.locator("#spine-hour").fill("6")
    amount(page, "new", "Fill volume").fill("19")
    settled(page, TWICE)

    assert page.locator("#spine-hour").input_value() == "6"
    page.locator("#accident").click()
    settled(page, TWICE)
    assert page.locator("#spine-hour").input_value() == "19"


def test_a_higher_tip_sends_more_to_the_cistern(page: Page):
    page.locator("#spine-settled").check()
    before = float(figures(page)["Ratio of lumbar to cistern"][0])
    page.locator("#try-tip").fill("4")

    tried, _, ordered = figures(page)["Ratio of lumbar to cistern"]
    assert float(ordered) == before
    assert float(tried) < before / 3


def test_boluses_swing_around_the_same_mean(page: Page):
    page.locator("#spine-settled").check()
    mean = at_tip(page)[0]
    page.locator("#try-schedule").select_option("4")

    assert at_tip(page)[0] == mean
    low, high = swing(page)
    assert low < float(mean) < high


def swing(page: Page) -> tuple[float, float]:
    text = page.locator("#spine-figures tr", has_text="in a cycle").locator("td").first.inner_text()
    low, high = text.replace(",", "").split(" to ")
    return float(low), float(high)


def test_a_first_order_starts_without_drug(page: Page):
    new_order(page, toml(order()))
    assert page.locator("#spine-settled").is_checked()
    page.locator("#spine-settled").uncheck()
    page.locator("#spine-hour").fill("0")

    assert at_tip(page) == ["0", "–"]
    assert "without drug at the fill" in page.locator("#spine-start").inner_text()
    expect(page.locator("label[for=spine-bridged]")).to_be_hidden()


def test_the_numbers_stand_in_a_table_too(page: Page):
    page.locator("#spine-table summary").click()
    expect(page.locator("#spine-table tbody tr")).to_have_count(26)
    rows = page.locator("#spine-table tbody tr").all_inner_texts()
    page.locator("#spine-table summary").click()

    row = next(r.split() for r in rows if r.startswith("T10"))
    assert row[1] == at_tip(page)[0]


def test_the_tissue_of_the_brainstem_has_a_band(page: Page):
    page.locator("#spine-settled").check()
    value, band, _ = figures(page)["Brainstem tissue"]
    low, high = map(float, band.split(" to "))

    assert low < float(value) < high
    assert high > 5 * low


# where there is no answer ------------------------------------------------------------------------


def test_a_drug_without_an_answer_is_named_and_the_other_is_drawn(page: Page):
    more = [*order()["solution"]["drug"], {"name": "clonidine", "concentration": "50 mcg/mL"}]
    new_order(page, toml(order(solution__drug=[{**d, "preservative_free": True} for d in more])))

    assert "No answer for cloNIDine" in page.locator("#spine-refusals").inner_text()
    assert "morphine" in page.locator("#spine-caption").inner_text()


def test_the_drug_of_a_mixture_is_chosen(page: Page):
    new_order(page, (EXAMPLES / "cancer-mixture.toml").read_text("utf-8"))
    page.locator("#spine-drug").select_option("bupivacaine")

    assert "bupivacaine" in page.locator("#spine-caption").inner_text()


@pytest.mark.parametrize(
    ("catheter", "patient", "why"),
    [
        ({"catheter__tip": None}, {}, "does not say at which level"),
        ({}, {"patient__conditions": ["csf-obstruction"]}, "blocked flow"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_words(catheter: Any, patient: Any, why: str, page: Page):
    new_order(page, toml(order(**catheter, **patient)))

    assert why in page.locator("#spine").inner_text()
    expect(page.locator("#spine-drawn")).to_be_hidden()


def test_without_a_plan_there_is_no_spine(page: Page):
    amount(page, "new", "Daily dose").fill("4,4")
    settled(page, "There is no plan yet.")

    expect(page.locator("#spine")).to_be_hidden()


# for everybody -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "scheme"), variants(VIEWS, [(360, "light")]))
def test_axe_finds_nothing_while_she_tries(width: int, scheme: Any, page: Page):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.locator("#try-tip").fill("3")
    page.locator("#try-schedule").select_option("6")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_picture_is_told_in_words(page: Page):
    words = page.locator("#spine-svg-text").text_content() or ""

    assert "19 h after the fill" in words
    assert "before the change" in words
    assert "mcg/mL" in words
    text = page.locator("#spine").inner_text()
    assert "Model estimate, not measured" in text
    assert "Trying changes nothing in the order" in text
    assert "500 virtual persons" in text
