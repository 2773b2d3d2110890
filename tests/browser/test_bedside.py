"""The page at the bedside as a nurse meets it: by double click or from a server, offline."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.campaigns.bedside import READY, alike, command_line, in_page, pairs
from tests.orders import order, toml
from tests.variants import variants

EXAMPLES = Path(__file__).parents[2] / "examples"
SINGLES = sorted(p.name for p in EXAMPLES.glob("*.toml"))
CHANGES = sorted(p.parent.name for p in EXAMPLES.glob("*/old.toml"))
TWICE = "The bridge is not programmed: twice the dose for about 19 hours."
LONG_MS = 60_000
VIEWS = ((1280, "light"), (360, "light"), (1280, "dark"))


@pytest.fixture(scope="module")
def asked_for() -> list[str]:
    """Every address that the page asked for."""
    return []


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """Everything that the browser had to complain about."""
    return []


@pytest.fixture(scope="module")
def loaded(
    browser: Browser, file: Path, asked_for: list[str], complaints: list[str]
) -> Iterator[Page]:
    """The page as a file, its Python ready; loaded once for all tests."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.on("request", lambda request: asked_for.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(file.as_uri())
    page.wait_for_selector(READY, timeout=LONG_MS)
    yield page
    page.close()


@pytest.fixture
def page(loaded: Page) -> Page:
    """The page on its accident."""
    loaded.set_viewport_size({"width": 1280, "height": 800})
    loaded.emulate_media(color_scheme="light")
    loaded.locator("#accident").click()
    settled(loaded, TWICE)
    return loaded


def settled(page: Page, words: str) -> None:
    """Wait until the page has said these words and has nothing more to work out."""
    expect(page.locator("#status")).to_contain_text(words)
    expect(page.locator(".now")).not_to_have_attribute("aria-busy", "true")


def amount(page: Page, pane: str, label: str) -> Any:
    return page.locator(f"#{pane}").get_by_label(label, exact=False).first


# alone -------------------------------------------------------------------------------------------


def test_opened_as_a_file_it_asks_nothing_of_any_network(
    page: Page, file: Path, asked_for: list[str], complaints: list[str]
):
    with page.context.expect_page() as sheet:
        page.locator("#paper").click()
    sheet.value.close()

    assert asked_for[0] == file.as_uri()
    assert all(address.startswith("blob:") for address in asked_for[1:])
    assert complaints == []


def test_over_http_it_asks_only_for_itself_and_gives_the_same_answer(
    browser: Browser, file: Path, page: Page
):
    here = partial(Quiet, directory=str(file.parent))
    server = ThreadingHTTPServer(("127.0.0.1", 0), here)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    other, asked = browser.new_page(), list[str]()
    other.on("request", lambda request: asked.append(request.url))
    try:
        address = f"http://127.0.0.1:{server.server_port}/{file.name}"
        other.goto(address)
        other.wait_for_selector(READY, timeout=LONG_MS)
        settled(other, TWICE)
        assert asked[0] == address
        assert all(a.startswith("blob:") for a in asked[1:])
        for part in (".plan", "#spine-svg"):
            assert other.locator(part).inner_html() == page.locator(part).inner_html()
    finally:
        other.close()
        server.shutdown()
        server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """A server that keeps no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_the_policy_stops_what_should_ever_get_into_it(page: Page, complaints: list[str]):
    stopped = page.evaluate(
        """async () => {
            const stopped = new Set();
            addEventListener("securitypolicyviolation", e => stopped.add(e.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.hit = 1";
            const image = document.createElement("img");
            image.src = "http://192.0.2.1/x";
            document.body.append(script, image);
            await fetch("http://192.0.2.1/x").catch(() => {});
            await new Promise(done => setTimeout(done, 200));
            script.remove(); image.remove();
            return [...stopped].sort();
        }"""
    )
    complaints.clear()

    assert stopped == ["connect-src", "img-src", "script-src-elem"]
    assert page.evaluate("window.hit") is None


def test_before_python_runs_the_accident_can_be_read(browser: Browser, file: Path):
    page = browser.new_page()
    page.goto(file.as_uri(), wait_until="domcontentloaded")

    assert page.get_attribute("body", "data-ready") is None
    assert TWICE in page.locator("[data-part=story]").inner_text()
    expect(page.locator("#progress")).to_be_visible()
    assert page.locator("#new-text").input_value().startswith("schema")
    page.close()


# the same answers --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SINGLES)
def test_the_page_answers_like_the_command_line_for_every_example(name: str, page: Page):
    text = (EXAMPLES / name).read_text("utf-8")

    assert alike(in_page(page, None, text), command_line(None, text))


@pytest.mark.parametrize("name", CHANGES)
def test_the_page_answers_like_the_command_line_for_every_change(name: str, page: Page):
    old, new = ((EXAMPLES / name / f"{n}.toml").read_text("utf-8") for n in ("old", "new"))

    assert alike(in_page(page, old, new), command_line(old, new))


@pytest.mark.parametrize("orders", variants([15, 50], [15]))
def test_the_page_answers_like_the_command_line_for_generated_orders(page: Page, orders: int):
    for old, new in islice(pairs(seed=1), orders):
        assert alike(in_page(page, old, new), command_line(old, new)), f"{old}\n{new}"


def test_the_form_writes_what_it_was_given(page: Page):
    for name in (*SINGLES, "change/old.toml"):
        text = (EXAMPLES / name).read_text("utf-8")
        page.locator("#new-text").evaluate("e => e.closest('details').open = true")
        page.locator("#new-text").fill(text)
        page.wait_for_function("given => cisterna.ask('filled', given)", arg=text)
        page.locator("#new").get_by_label("Record number").evaluate(
            "e => e.dispatchEvent(new Event('input', {bubbles: true}))"
        )
        written = page.locator("#new-text").input_value()

        assert written != text
        assert alike(in_page(page, None, written), command_line(None, text)), name


# what she does -----------------------------------------------------------------------------------


def test_ticking_the_bridge_puts_the_accident_right(page: Page):
    assert "8 mg/day instead of 4 mg/day" in page.locator("[data-part=story]").inner_text()
    page.locator("#bridged").check()

    settled(page, "The bridge is programmed.")
    assert "good" in (page.locator("#bar").get_attribute("class") or "")


def test_with_the_keyboard_alone_she_fills_ticks_and_reads_the_verdict(page: Page):
    page.locator("#accident").focus()
    pressed(page, "Tab", "#has-old")
    pressed(page, "Shift+Tab", "#bridged")
    page.keyboard.press("Space")
    settled(page, "The bridge is programmed.")
    dose = amount(page, "new", "Daily dose")
    pressed(page, "Tab", f"#{dose.get_attribute('id')}", most=120)
    page.keyboard.press("Control+A")
    page.keyboard.type("400")

    settled(page, "blocked")
    assert "BLOCKED" in page.locator("[data-part=verdict]").inner_text()


def pressed(page: Page, key: str, until: str, most: int = 20) -> None:
    """Press a key until an element has the focus."""
    for _ in range(most):
        page.keyboard.press(key)
        if page.evaluate("s => document.activeElement === document.querySelector(s)", until):
            return
    pytest.fail(f"{key} never comes to {until}")


def test_findings_appear_as_she_types(page: Page):
    dose = amount(page, "new", "Daily dose")
    dose.fill("")
    dose.press_sequentially("40")

    settled(page, "blocked")
    assert "dose-unit-slip" in page.locator("#findings").inner_text()


@pytest.mark.parametrize("typed", ["4,4", "4.400,5", "1,000"])
def test_a_comma_is_refused_with_a_message_and_never_converted(typed: str, page: Page):
    dose = amount(page, "new", "Daily dose")
    dose.fill(typed)

    settled(page, "There is no plan yet.")
    assert dose.input_value() == typed
    assert dose.get_attribute("aria-invalid") == "true"
    note = page.locator(f"#{dose.get_attribute('aria-describedby')}")
    assert "No comma" in note.inner_text()
    assert page.locator(".plan").inner_text() == ""
    assert page.locator("[data-part=verdict]").inner_text() == ""
    assert page.locator("#paper").is_disabled()


def test_a_problem_leads_to_its_field(page: Page):
    dose = amount(page, "new", "Daily dose")
    dose.fill("")
    settled(page, "There is no plan yet.")
    page.locator("[data-part=story] a", has_text="infusion.daily_dose").click()

    expect(dose).to_be_focused()


def test_another_unit_is_another_dose(page: Page):
    page.locator("#new").get_by_label("Unit of Daily dose").select_option("mcg/day")

    settled(page, "The bridge is not programmed")
    assert "4 mcg/day" in page.locator("#rows").inner_text()
    assert 'daily_dose = "4 mcg/day"' in page.locator("#new-text").input_value()


def test_a_file_takes_the_place_of_an_order(page: Page):
    text = toml(order(solution__drug__0__concentration="5 mg/mL"))
    given: FilePayload = {"name": "mine.toml", "mimeType": "text/plain", "buffer": text.encode()}
    page.locator("#new-file").set_input_files(given)

    expect(amount(page, "new", "Concentration")).to_have_value("5")
    assert page.locator("#new-text").input_value() == text


def test_a_file_dropped_on_an_order_takes_its_place(page: Page):
    text = toml(order(solution__drug__0__concentration="5 mg/mL"))
    page.locator("#old").evaluate(
        """(pane, text) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], "mine.toml"));
            pane.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true }));
        }""",
        text,
    )

    expect(amount(page, "old", "Concentration")).to_have_value("5")


def test_a_file_that_the_form_cannot_show_locks_the_form(page: Page):
    text = toml(order(pump__colour="red"))
    page.locator("#new-text").evaluate("e => e.closest('details').open = true")
    page.locator("#new-text").fill(text)

    settled(page, "There is no plan yet.")
    expect(amount(page, "new", "Daily dose")).to_be_disabled()
    assert "pump.colour" in page.locator("#new .note").inner_text()
    page.locator("#new").get_by_role("button", name="Empty the form").click()
    expect(amount(page, "new", "Fill volume")).to_be_enabled()


def test_drugs_are_added_and_removed(page: Page):
    new = page.locator("#new")
    new.get_by_role("button", name="Add a drug").click()
    settled(page, "There is no plan yet.")
    assert "solution.drug[2].name" in page.locator("[data-part=story]").inner_text()
    new.get_by_role("button", name="Remove").nth(1).click()

    settled(page, TWICE)


def test_the_volume_of_a_visit_is_judged(page: Page):
    visit = page.locator("#visit")
    visit.get_by_label("Order that was running").select_option("old")
    visit.get_by_label("Volume drawn out", exact=True).fill("4.1")
    visit.get_by_label("Time of this visit: date").fill("2026-11-23")
    visit.get_by_label("Time of this visit: time").fill("10:00")
    visit.get_by_label("Time of this visit: offset").select_option("+00:00")

    expect(page.locator("[data-part=residual]")).to_contain_text("Evaluate.")
    visit.get_by_label("Volume drawn out", exact=True).fill("8.8")
    expect(page.locator("[data-part=residual]")).to_contain_text("Accept.")


def test_the_sheet_opens_to_be_printed_and_signed(page: Page):
    with page.context.expect_page() as opened:
        page.locator("#paper").click()
    sheet = opened.value

    assert sheet.locator(".signature").count() == 2
    assert sheet.locator("#verdict").is_visible()
    assert sheet.locator("h1").evaluate("e => getComputedStyle(e).fontSize") != "32px"
    sheet.close()


def test_what_is_opened_stays_open_when_the_answer_changes(page: Page):
    table = page.locator("[data-part=tip] details")
    table.locator("summary").click()
    page.locator("#bridged").check()
    settled(page, "The bridge is programmed.")

    assert table.get_attribute("open") is not None


# for everybody -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "width", "scheme"),
    variants(
        ((state, *view) for state in ("accident", "bridged", "refused") for view in VIEWS),
        [("accident", 360, "light"), ("bridged", 1280, "dark"), ("refused", 1280, "light")],
    ),
)
def test_axe_finds_nothing(state: str, width: int, scheme: Any, page: Page):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    if state == "bridged":
        page.locator("#bridged").check()
        settled(page, "The bridge is programmed.")
    if state == "refused":
        amount(page, "new", "Daily dose").fill("4,4")
        settled(page, "There is no plan yet.")
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()


def test_a_phone_shows_all_without_scrolling_sideways(page: Page):
    page.set_viewport_size({"width": 360, "height": 700})
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_results_are_announced_politely(page: Page):
    assert page.locator("#status").get_attribute("aria-live") == "polite"
    assert page.locator("#status").get_attribute("role") == "status"
