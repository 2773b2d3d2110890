"""The sheet as a person meets it: on a screen, on a phone, in the dark, read aloud, on paper."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import pairwise

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page
from pypdf import PdfReader

from cisterna.order.plan import Plan, plan
from cisterna.order.sheet import sheet
from cisterna.order.sheet.markup import any_text
from cisterna.order.sheet.order import source_title
from cisterna.quantity import Quantity, show
from tests.browser.conftest import Opener
from tests.orders import LIBRARY, Tree, order, read
from tests.variants import variants

PEOPLE = ("Test Patient", "MRN 0001", "1 Apr 1965")
NOBODY = "NO PATIENT IDENTIFIED"
SCRIPT = "<script>window.hit = 1</script>"
BREAKOUT = '</style></title>"><img src=http://192.0.2.1/x onerror="window.hit = 1">'

OLD = order(
    solution__drug__0__concentration="10 mg/mL", infusion__daily_dose="4 mg/day", remote=None
)
MIXTURE: Tree = order(
    pump__model="synchromed-ii-40",
    pump__tubing_volume=None,
    solution__fill_volume="40 mL",
    solution__drug=[
        {"name": "hydromorphone", "concentration": "5 mg/mL", "preservative_free": True},
        {"name": "bupivacaine", "concentration": "10 mg/mL", "preservative_free": True},
    ],
    infusion={
        "primary": "hydromorphone",
        "mode": "flex",
        "step": [
            {"from": "00:00", "dose_rate": "0.08 mg/h"},
            {"from": "06:30", "dose_rate": "0.15 mg/h", "days": ["mon", "tue", "wed"]},
            {"from": "09:00", "dose_rate": "0.13 mg/h", "days": ["thu", "fri", "sat", "sun"]},
        ],
    },
    order__previous_daily_dose="2.4 mg/day",
    remote__dose="0.1 mg",
    limits=None,
)
STRONGER = order(
    MIXTURE,
    solution__drug__0__concentration="10 mg/mL",
    solution__drug__1__concentration="20 mg/mL",
    infusion={"primary": "hydromorphone", "mode": "continuous", "daily_dose": "2.4 mg/day"},
)

ORDERS: dict[str, tuple[Tree | None, Tree]] = {
    "a change of concentration": (OLD, order()),
    "a mixture by weekday": (STRONGER, MIXTURE),
    "a first order into an empty line": (None, order(line__holds="csf")),
    "a blocked order": (OLD, order(infusion__daily_dose="44 mg/day", limits=None)),
    "a refused bridge": (OLD, order(catheter__segment__0__trimmed="20 cm")),
    "nobody": (None, order(patient=None)),
    "a hostile name": (None, order(patient__name=SCRIPT, patient__id=BREAKOUT, order__by=SCRIPT)),
    "a long name": (None, order(patient__name="W" * 200, patient__id="9" * 200)),
}
every_order = pytest.mark.parametrize("name", ORDERS)
UNLIKE = ("a mixture by weekday", "a blocked order", "nobody")
VIEWS = ((1280, "light"), (360, "light"), (1280, "dark"))
unlike_orders = pytest.mark.parametrize("name", UNLIKE)


@cache
def planned(name: str) -> Plan:
    old, new = ORDERS[name]
    return plan(read(old) if old else None, read(new), LIBRARY)


@cache
def html(name: str) -> str:
    return sheet(planned(name), LIBRARY)


def printed(page: Page, paper: str) -> Iterator[str]:
    """The text of each printed page, its blanks made one."""
    reader = PdfReader(BytesIO(page.pdf(format=paper)))
    return (" ".join(leaf.extract_text().split()) for leaf in reader.pages)


# alone -------------------------------------------------------------------------------------------


@every_order
def test_the_sheet_asks_nothing_of_any_network(
    name: str, open_html: Opener, asked: list[str]
) -> None:
    page = open_html(html(name))

    assert asked == [page.url]


def test_a_name_that_is_a_script_is_only_a_name(open_html: Opener, asked: list[str]) -> None:
    page = open_html(html("a hostile name"))

    assert page.evaluate("window.hit") is None
    assert page.locator("script, img").count() == 0
    assert page.locator("#who dd").first.inner_text() == SCRIPT
    assert BREAKOUT in page.locator("header").inner_text()
    assert SCRIPT in page.title()


def test_the_policy_of_the_sheet_stops_what_should_ever_get_into_it(open_html: Opener) -> None:
    page = open_html(html("nobody"))
    stopped = page.evaluate(
        """() => new Promise(done => {
            const stopped = [];
            document.addEventListener("securitypolicyviolation", event => {
                stopped.push(event.effectiveDirective);
                if (stopped.length === 3) done(stopped.sort());
            });
            const script = document.createElement("script");
            script.textContent = "window.hit = 1";
            const style = document.createElement("style");
            style.textContent = "#verdict { display: none }";
            const image = document.createElement("img");
            image.src = "http://192.0.2.1/x";
            document.body.append(script, style, image);
        })"""
    )

    assert stopped == ["img-src", "script-src-elem", "style-src-elem"]
    assert page.evaluate("window.hit") is None
    assert page.locator("#verdict").is_visible()


# for everybody -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    variants(
        ((name, *view) for name in UNLIKE for view in VIEWS),
        [(UNLIKE[0], 360, "light"), (UNLIKE[1], 1280, "dark"), (UNLIKE[2], 1280, "light")],
    ),
)
def test_axe_finds_nothing(name: str, width: int, scheme: str, open_html: Opener) -> None:
    found = Axe().run(open_html(html(name), width, scheme))

    assert found.violations_count == 0, found.generate_report()


@every_order
def test_a_phone_shows_all_without_scrolling_sideways(name: str, open_html: Opener) -> None:
    page = open_html(html(name), 360)

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@unlike_orders
def test_headings_descend_one_step_at_a_time_from_one_first_heading(
    name: str, open_html: Opener
) -> None:
    page = open_html(html(name))
    headings = page.locator("h1, h2, h3, h4, h5, h6")
    levels = headings.evaluate_all("hs => hs.map(h => Number(h.tagName[1]))")

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_order
def test_no_two_parts_have_the_same_name(name: str) -> None:
    names = re.findall(r' id="([^"]*)"', html(name))

    assert len(names) == len(set(names))


@unlike_orders
def test_every_drawing_has_a_title_a_description_and_a_table(name: str, open_html: Opener) -> None:
    figures = open_html(html(name)).locator("figure")

    assert figures.count() >= 2
    for figure in figures.all():
        drawing = figure.locator("svg[role=img]")
        assert drawing.locator("title").text_content()
        assert drawing.locator("desc").text_content()
        assert figure.locator("xpath=following::table").first.is_visible()


# what it says ------------------------------------------------------------------------------------


@unlike_orders
def test_each_finding_shows_its_limit_its_authority_its_source_and_how_sure_we_are(
    name: str, open_html: Opener
) -> None:
    rows = open_html(html(name)).locator("#findings tbody tr")
    findings = planned(name).check.findings

    assert rows.count() == len(findings)
    for row, finding in zip(rows.all(), findings, strict=True):
        said = " ".join(row.inner_text().split())
        assert finding.code in said
        if finding.limit is not None:
            limit = finding.limit
            assert (show(limit, 4) if isinstance(limit, Quantity) else any_text(limit)) in said
        if finding.source is not None:
            assert source_title(finding.source, LIBRARY) in said
            assert f"{finding.authority}:" in said
            assert row.is_visible()


def test_a_blocked_order_says_so_first_and_on_every_page(open_html: Opener) -> None:
    page = open_html(html("a blocked order"))

    assert page.locator("#verdict").inner_text().split()[1] == "BLOCKED."
    assert all("BLOCKED" in leaf for leaf in printed(page, "A4"))


def test_a_refused_bridge_blocks_and_names_the_way_out(open_html: Opener) -> None:
    page = open_html(html("a refused bridge"))
    refused = planned("a refused bridge").refused

    assert refused is not None
    assert "BLOCKED" in page.locator("#verdict").inner_text()
    assert refused.way_out in page.locator("#line").inner_text()


def test_a_sheet_that_nothing_blocks_does_not_say_blocked() -> None:
    assert planned("a change of concentration").ok
    assert "BLOCKED" not in html("a change of concentration")


def test_ordered_and_achieved_flow_stand_side_by_side(open_html: Opener) -> None:
    row = open_html(html("a change of concentration")).locator(
        "#values tr", has_text="Flow from 00:00"
    )

    assert row.locator("td").all_inner_texts()[0].startswith("0.22 mL/day, 4.4 mg/day")
    assert "9,166 nL/h" in row.locator("td").all_inner_texts()[1]


def test_without_the_bridge_half_the_new_dose_arrives(open_html: Opener) -> None:
    line = open_html(html("a change of concentration")).locator("#line").inner_text()

    assert "Without the bridge" in line
    assert "50 %" in line


def test_the_words_to_read_aloud_are_those_of_the_programme(open_html: Opener) -> None:
    page = open_html(html("a change of concentration"))
    large = page.locator(".digest")

    assert large.inner_text() == planned("a change of concentration").program.digest
    assert large.evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 30


def test_two_people_have_a_place_to_sign(open_html: Opener) -> None:
    places = open_html(html("nobody")).locator(".signature")

    assert places.count() == 2
    for place in places.all():
        said = place.inner_text()
        assert all(word in said for word in ("Name", "Role", "Date and time", "Signature"))


@unlike_orders
def test_no_number_is_written_as_ismp_forbids(name: str, open_html: Opener) -> None:
    said = open_html(html(name)).locator("main").inner_text()

    assert not re.search(r"(?<![\d.])\.\d", said), "no leading zero"
    assert not re.search(r"\d\.\d*0 (mg|mcg|mL|ng|h|day)\b", said), "a trailing zero"
    assert "µ" not in said
    assert "μ" not in said


# on paper ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", ["a change of concentration", "a mixture by weekday"])
def test_the_identifiers_stand_on_every_printed_page(
    name: str, paper: str, open_html: Opener
) -> None:
    leaves = list(printed(open_html(html(name)), paper))

    assert len(leaves) > 2
    assert all(part in leaf for leaf in leaves for part in PEOPLE)


@pytest.mark.parametrize("paper", variants(["A4", "Letter"], ["A4"]))
@pytest.mark.parametrize("missing", ["name", "id", "born"])
def test_without_an_identifier_every_page_says_so(
    missing: str, paper: str, open_html: Opener
) -> None:
    rx = read(order(**{f"patient__{missing}": None}))
    leaves = list(printed(open_html(sheet(plan(None, rx, LIBRARY), LIBRARY)), paper))

    assert len(leaves) > 2
    assert all(NOBODY in leaf for leaf in leaves)


def test_the_longest_name_still_stands_on_every_page(open_html: Opener) -> None:
    leaves = list(printed(open_html(html("a long name")), "A4"))

    assert all("W" * 200 in leaf.replace(" ", "") for leaf in leaves)
    assert all("9" * 200 in leaf.replace(" ", "") for leaf in leaves)


def test_a_table_that_was_closed_on_the_screen_is_printed(open_html: Opener) -> None:
    page = open_html(html("a change of concentration"))
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = false })")

    assert "Volume left on each date" in " ".join(printed(page, "A4"))


def test_paper_is_black_on_white_even_for_a_reader_in_the_dark(open_html: Opener) -> None:
    page = open_html(html("a blocked order"), scheme="dark")
    page.emulate_media(media="print")
    shown = page.locator("main p, main td, main th").evaluate_all(
        "es => [...new Set(es.map(e => getComputedStyle(e).color))]"
    )

    assert shown == ["rgb(0, 0, 0)"]


def test_no_row_of_a_table_is_cut_by_the_end_of_a_page(open_html: Opener) -> None:
    page = open_html(html("a mixture by weekday"))
    page.emulate_media(media="print")
    rules = page.locator("tr, figure").evaluate_all(
        "es => [...new Set(es.map(e => getComputedStyle(e).breakInside))]"
    )

    assert rules == ["avoid"]


def test_every_page_says_that_this_is_no_medical_device(open_html: Opener) -> None:
    leaves = list(printed(open_html(html("a change of concentration")), "A4"))

    assert all("not a cleared medical device" in leaf for leaf in leaves)


def test_the_foot_names_the_file_of_the_order_and_not_its_folder() -> None:
    found = planned("nobody")
    moved = replace(found, new=replace(found.new, file="/home/nurse/secret/order.toml"))

    assert "Order: order.toml" in sheet(moved, LIBRARY)
    assert "secret" not in sheet(moved, LIBRARY)
