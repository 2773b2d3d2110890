"""The spine in the sheet: drawn, told in numbers beside it, and readable by everybody."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from cisterna.facts import Library
from cisterna.order.plan import plan
from cisterna.order.reading import read_prescription
from cisterna.order.sheet import sheet
from cisterna.spine.drawing import spine_section
from cisterna.spine.profile import Profile, profile
from tests.browser.conftest import Opener
from tests.test_examples import EXAMPLES
from tests.variants import variants

LIBRARY = Library()


@pytest.fixture(scope="module")
def found() -> Profile:
    """The settled profile of the cancer mixture (clonidine has no answer)."""
    rx = read_prescription(EXAMPLES / "cancer-mixture.toml", LIBRARY)
    return profile(rx, LIBRARY, 8)


@pytest.fixture(scope="module")
def page_html(found: Profile) -> str:
    """The sheet with the spine in it."""
    rx = read_prescription(EXAMPLES / "cancer-mixture.toml", LIBRARY)
    return sheet(plan(None, rx, LIBRARY), LIBRARY, [spine_section(found)])


@pytest.mark.parametrize(
    ("width", "scheme"),
    variants(product((360, 1280), ("light", "dark")), [(360, "light"), (1280, "dark")]),
)
def test_axe_finds_nothing_and_nothing_sticks_out(open_html: Opener, page_html, width, scheme):
    page = open_html(page_html, width, scheme)
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_level_stands_in_the_table_beside_the_drawing(open_html: Opener, page_html):
    page = open_html(page_html)
    rows = page.locator("#spine details").first.locator("tbody tr").all_inner_texts()
    assert [row.split()[0] for row in rows[:26]][:8] == [
        "C1",
        "C2",
        "C3",
        "C4",
        "C5",
        "C6",
        "C7",
        "T1",
    ]
    assert any(row.startswith("basal cistern") for row in rows)


def test_it_says_that_it_is_an_estimate_and_what_has_no_answer(open_html: Opener, page_html):
    text = open_html(page_html).locator("#spine").inner_text()
    assert "Model estimate, not measured" in text
    assert "No answer for clonidine" in text
    assert "band of 8 virtual persons" in text


def test_the_tip_is_marked_at_its_level(open_html: Opener, page_html):
    page = open_html(page_html)
    tip = page.locator("#spine svg .tip").first.bounding_box()
    name = page.locator("#spine svg text.label", has_text="T8").first.bounding_box()
    assert tip is not None
    assert name is not None
    assert tip["y"] == pytest.approx(name["y"] + name["height"] / 2, abs=8)
