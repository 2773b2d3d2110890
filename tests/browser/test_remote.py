"""The patient's remote as she meets it: a phone in one hand, a pump behind a relay."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, expect

from cisterna.pump import events as e
from cisterna.pump import report
from cisterna.pump.link.verbs import (
    AskDose,
    ClinicianBolus,
    CloseSession,
    MriBegin,
    OpenSession,
    Prime,
    RecordLine,
    Refill,
    Stop,
    Verb,
)
from cisterna.pump.programme import BridgeRule, PatientRule
from tests.patient.hosted import Hosted
from tests.patient.phone import (
    HOUR,
    NO,
    READY,
    ROOMY,
    STEADY_MS,
    WORDS,
    Handsets,
    Phone,
    answers_lost,
    cut,
    only,
    phone,
)
from tests.pump.link.people import ADA, PATIENT

# a dose ------------------------------------------------------------------------------------------


def test_she_sees_what_will_happen_and_asks_and_the_pump_gives(her: Phone):
    her.says(READY)
    expect(her.page.locator("#what")).to_have_text("0.05 mg of morphine, over 10 minutes")
    expect(her.page.locator("#fact-left-value")).to_have_text("0 of 4 used, 4 left")
    expect(her.page.locator("#fact-refill-value")).to_contain_text("Before ")
    expect(her.page.locator("#fact-contact-value")).to_have_text("just now")
    expect(her.page.locator("#alarms")).to_be_hidden()

    her.press()

    her.says("Your dose is running")
    assert her.pump.doses() == 1
    expect(her.page.locator("#given")).to_be_visible()
    expect(her.button).to_have_text("Stop this dose")
    expect(her.page.locator("#fact-left-value")).to_have_text("1 of 4 used, 3 left")


def test_the_question_names_the_dose_and_no_is_no(her: Phone):
    her.button.click()
    expect(her.page.locator("#sure-dose")).to_have_text("0.05 mg of morphine, over 10 minutes")
    expect(her.page.locator("#no")).to_be_focused()
    her.page.wait_for_timeout(STEADY_MS)
    her.page.locator("#no").click()

    expect(her.page.locator("#sure")).to_be_hidden()
    assert her.pump.doses() == 0


def test_a_second_tap_of_a_shaking_hand_is_no_answer(her: Phone):
    ask = her.button.bounding_box()
    her.button.click()
    yes = her.page.locator("#yes").bounding_box()
    assert ask
    assert yes
    assert yes["y"] + yes["height"] <= ask["y"]
    her.page.locator("#yes").click()
    her.page.locator("#yes").dblclick()

    expect(her.page.locator("#sure")).to_be_visible()
    assert her.pump.doses() == 0


def test_a_running_dose_moves_on_and_stops_at_one_press(her: Phone):
    her.press()
    her.says("Your dose is running")
    her.pump.passes(4 * 60_000)
    her.look()
    her.page.wait_for_function(
        "() => Math.abs(document.getElementById('given').value - 0.4) < 0.02"
    )

    her.button.click()

    expect(her.outcome).to_have_text("The dose is stopped. The rest is not given.")
    expect(her.head).to_contain_text("Wait until")
    expect(her.page.locator("#fact-last-value")).to_contain_text("About 0.02 mg of 0.05 mg")
    assert her.pump.bench.unit.state.flow.once is None


def test_a_dose_that_ended_is_told_whole(her: Phone):
    her.press()
    her.says("Your dose is running")
    her.pump.passes(HOUR)
    her.look()
    her.says(READY)
    expect(her.page.locator("#fact-last-value")).to_contain_text("0.05 mg, ended")


@pytest.mark.requirement("H07")
def test_pressing_again_and_again_gives_one_dose(her: Phone):
    her.press()
    her.says("Your dose is running")
    her.pump.passes(11 * 60_000)
    her.look()
    expect(her.head).to_contain_text("Wait until")
    for _ in range(20):
        her.button.click(force=True)
    expect(her.page.locator("#said")).to_contain_text("Wait until")
    expect(her.page.locator("#sure")).to_be_hidden()
    assert her.pump.doses() == 1


def test_a_press_that_the_pump_refuses_says_why(her: Phone):
    her.button.click()
    her.pump.says(ADA, OpenSession())
    her.page.wait_for_timeout(STEADY_MS)
    her.page.locator("#yes").click()
    expect(her.outcome).to_contain_text("The pump said no. No dose was given.")
    expect(her.outcome).to_contain_text("Your care team is setting the pump now")
    assert her.pump.doses() == 0


def test_a_programme_that_changed_since_she_looked_is_looked_at_first(her: Phone):
    her.button.click()
    with her.pump.walking() as pump:
        pump.programme(ADA, replace(ROOMY, version=2, patient=PatientRule(9000, 600_000, HOUR, 4)))
    her.page.wait_for_timeout(STEADY_MS)
    her.page.locator("#yes").click()
    expect(her.outcome).to_contain_text("Your clinic has changed the pump. No dose was given.")
    expect(her.page.locator("#what")).to_have_text("0.09 mg of morphine, over 10 minutes")
    assert her.pump.doses() == 0


def test_small_doses_are_in_mcg_and_an_unknown_drug_in_ml(drawer: Handsets):
    strong = replace(ROOMY, primary="baclofen", ng_per_ml=500_000)
    with drawer.fresh(drawer.pump(strong)) as her:
        expect(her.page.locator("#what")).to_have_text("2.5 mcg of baclofen, over 10 minutes")
    told = report.dose_report
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "dose_report", lambda *a: told(*a) | {"primary": None})
        with drawer.fresh() as her:
            expect(her.page.locator("#what")).to_have_text(
                "0.005 mL of your medicine, over 10 minutes"
            )


# states ------------------------------------------------------------------------------------------


def session(*verbs: Verb) -> Callable[[Hosted], None]:
    return lambda pump: pump.says(ADA, OpenSession(), *verbs, CloseSession())


def noticed(alarm: str) -> Callable[[Hosted], None]:
    return lambda pump: pump.does(lambda at: e.Noticed(at, alarm))


def programmed(**changes: Any) -> Callable[[Hosted], None]:
    def change(pump: Hosted) -> None:
        with pump.walking() as bench:
            bench.programme(ADA, replace(ROOMY, version=2, **changes))

    return change


def all_used(pump: Hosted) -> None:
    for _ in range(4):
        pump.says(PATIENT, AskDose())
        pump.passes(HOUR)


def cut_off(pump: Hosted) -> None:
    pump.says(PATIENT, AskDose())
    pump.passes(60_000)
    pump.loses_power()


REFUSED: dict[str, Callable[[Hosted], None]] = {
    "limit": programmed(per_24h_fg=(6 * 60_000 + 18 * 20_000) * 10**7 + 10**10),
    "bridge-running": programmed(bridge=BridgeRule(300_000, 20_000)),
    "prime-running": session(RecordLine(100_000, 100_000, 0), Prime(100_000, 500_000)),
    "stopped": lambda pump: pump.says(ADA, Stop()),
    "stall": noticed("stall"),
    "session": lambda pump: pump.says(ADA, OpenSession()),
    "empty-reservoir": session(Refill(10_000_000, 500, 10_000_000)),
    "mri": session(MriBegin()),
    "not-enabled": programmed(patient=None),
    "unknown-outcome": cut_off,
    "flow": noticed("flow"),
    "memory": noticed("memory"),
    "occlusion": noticed("occlusion"),
    "end-of-service": noticed("end-of-service"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_pump_that_gives_no_dose_says_why_in_plain_words(drawer: Handsets, why: str):
    pump = drawer.pump()
    REFUSED[why](pump)
    with drawer.fresh(pump) as her:
        code = "stopped" if why == "flow" else why
        her.says(NO, WORDS["en"][f"why.{code}"])
        her.off()
        her.button.click(force=True)
        expect(her.page.locator("#said")).to_contain_text(NO)
        expect(her.page.locator("#sure")).to_be_hidden()
        if f"alarm.{why}" in WORDS["en"] and why not in ("stopped", "limit"):
            alarm = her.page.locator("#alarm-list li").first
            expect(alarm).to_contain_text(WORDS["en"][f"alarm.{why}"])
            expect(alarm).to_contain_text(WORDS["en"][f"alarm.{why}.do"])


def test_all_doses_used_says_until_when(drawer: Handsets):
    pump = drawer.pump()
    all_used(pump)
    with drawer.fresh(pump) as her:
        expect(her.head).to_have_text(re.compile(r"^Wait until \d\d:\d\d( tomorrow)?$"))
        expect(her.more).to_have_text(WORDS["en"]["why.count"])
        expect(her.page.locator("#fact-left-value")).to_have_text("4 of 4 used, 0 left")
        her.off()


@pytest.mark.requirement("SR-05")
def test_the_lockout_is_told_as_a_time_in_her_zone_and_never_too_early(browser: Browser):
    with phone(browser, timezone_id="Asia/Kolkata") as her:
        her.pump.says(PATIENT, AskDose())
        her.pump.passes(11 * 60_000)
        her.look()
        expect(her.head).to_contain_text("Wait until")
        shown = her.head.inner_text().removeprefix("Wait until ")[:5]
        due = her.page.evaluate(
            """([wait, shown]) => {
                const at = new Date(Date.now() + wait), [h, m] = shown.split(":").map(Number);
                const told = new Date(at); told.setHours(h, m, 0, 0);
                return (told - at) / 1000;
            }""",
            [49 * 60_000, shown],
        )
        assert 0 <= due + 3 <= 70


@pytest.mark.requirement("SR-67")
@pytest.mark.parametrize("language", ["en-US", "en-GB", "es-MX", "es-ES"])
def test_a_time_stands_on_the_24_hour_clock(browser: Browser, language: str):
    with phone(browser, language=language) as her:
        told = her.page.evaluate(
            """async (hours) => {
                const words = await import("/words.js");
                await words.speak("en");
                return hours.map((hour) => {
                    const at = new Date(2026, 5, 1, hour, 27);
                    return words.timeText(at.getTime(), at.getTime());
                });
            }""",
            [0, 9, 14],
        )
    assert told == ["00:27", "09:27", "14:27"]


def test_after_the_wait_it_asks_the_pump_before_it_says_ready(her: Phone):
    her.page.clock.install()
    her.pump.says(PATIENT, AskDose())
    her.pump.passes(HOUR - 30_000)
    her.look()
    expect(her.head).to_contain_text("Wait until")
    her.pump.passes(31_000)
    her.page.clock.fast_forward(32_000)
    her.says(READY)


def test_a_dose_of_the_care_team_is_not_hers_to_stop(her: Phone):
    bolus = ClinicianBolus(20_000, 600_000, 10**14)
    her.pump.says(ADA, OpenSession(), bolus, CloseSession())
    her.look()
    her.says("Your care team gave you a dose")
    her.off()
    expect(her.button).to_have_text("Ask for a dose")


def test_an_alarm_that_begins_is_said_at_once_with_what_to_do(her: Phone):
    her.pump.does(lambda at: e.Noticed(at, "stall"))
    her.look()
    alarm = her.page.locator("#alarm-list li")
    expect(alarm).to_contain_text("The pump is not turning")
    expect(alarm).to_contain_text("Call your clinic now.")
    expect(alarm).to_have_class("critical")
    expect(her.page.locator("#urgent")).to_contain_text("The pump is not turning")


@pytest.mark.requirement("ST-07")
def test_her_own_pairing_is_no_alarm_but_another_phone_is(browser: Browser):
    with phone(browser) as her:
        expect(her.button).to_be_visible()  # her own pairing is over
        expect(her.page.locator("#alarms")).to_be_hidden()
        with phone(browser, her.pump, code="ANOTHER-CODE-ALTOGETHER") as other:
            expect(other.button).to_be_visible()  # its pairing is over, and not only asked for
            her.look()
            alarms = her.page.locator("#alarm-list")
            expect(alarms).to_contain_text("A phone was added to your pump")


# for everybody -----------------------------------------------------------------------------------


def test_the_keyboard_alone_is_enough(her: Phone):
    keys = her.page.keyboard
    keys.press("Tab")
    expect(her.button).to_be_focused()
    keys.press("Enter")
    expect(her.page.locator("#no")).to_be_focused()
    keys.press("Escape")
    expect(her.page.locator("#sure")).to_be_hidden()
    expect(her.button).to_be_focused()
    keys.press("Space")
    her.page.wait_for_timeout(STEADY_MS)
    keys.press("Shift+Tab")
    expect(her.page.locator("#yes")).to_be_focused()
    keys.press("Enter")
    her.says("Your dose is running")
    expect(her.button).to_be_focused()
    keys.press("Enter")
    expect(her.outcome).to_have_text(WORDS["en"]["stopped"])
    keys.press("Tab")
    keys.press("Enter")
    expect(her.page.locator("#help-head")).to_be_focused()
    keys.press("Escape")
    expect(her.page.locator("#bar .help")).to_be_focused()


def test_a_screen_reader_hears_what_changes_and_what_the_button_does(her: Phone):
    assert her.button.get_attribute("aria-describedby") == "head more"
    said = her.page.locator("#said")
    assert said.get_attribute("role") == "status"
    assert her.page.locator("#urgent").get_attribute("role") == "alert"
    her.press()
    expect(said).to_contain_text("started the dose")
    bar = her.page.get_by_role("progressbar", name="How much of the dose is given")
    expect(bar).to_be_visible()
    expect(her.page.get_by_role("button", name="Stop this dose")).to_be_visible()


def test_an_open_question_closes_by_itself(her: Phone):
    her.page.clock.install()
    her.button.click()
    expect(her.page.locator("#sure")).to_be_visible()
    her.page.clock.fast_forward(61_000)
    expect(her.page.locator("#sure")).to_be_hidden()


def test_spanish_is_spoken_from_the_phones_language_and_by_choice(her: Phone):
    her.page.locator("#bar .help").click()
    her.page.locator("#help .languages button[lang=es]").click()
    expect(her.page.locator("#help-head")).to_have_text("¿Cómo pido ayuda?")
    her.page.locator("#help-back").click()
    her.says("Puede pedir una dosis")
    expect(her.page.locator("#what")).to_have_text("0.05 mg de morfina, en 10 minutos")
    assert her.page.locator("html").get_attribute("lang") == "es"
    her.page.reload()
    her.says("Puede pedir una dosis")


def question(her: Phone) -> None:
    her.button.click()


def running(her: Phone) -> None:
    her.press()
    expect(her.page.locator("#given")).to_be_visible()


def unknown(her: Phone) -> None:
    her.pump.way = only(b"ask_dose", answers_lost, then=cut)
    her.press()
    expect(her.page.locator("#status[data-mood=warn]")).to_be_visible()


def alarm(her: Phone) -> None:
    noticed("stall")(her.pump)
    noticed("occlusion")(her.pump)
    her.look()
    expect(her.page.locator("#alarms")).to_be_visible()


def away(her: Phone) -> None:
    her.pump.way = cut
    her.look()
    expect(her.page.locator("#status[data-mood=away]")).to_be_visible()


def wait(her: Phone) -> None:
    her.pump.says(PATIENT, AskDose())
    her.pump.passes(700_000)
    her.look()
    expect(her.page.locator("#status[data-mood=wait]")).to_be_visible()


def aid(her: Phone) -> None:
    her.page.locator("#bar .help").click()
    her.page.locator("#forget-ask").click()


STATES = (question, running, unknown, alarm, away, wait, aid)


@pytest.mark.parametrize("state", STATES, ids=lambda s: s.__name__)
def test_axe_finds_nothing_in_light_and_dark_and_all_fits(
    her: Phone, state: Callable[[Phone], None]
):
    state(her)
    for scheme in ("dark", "light"):
        her.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        found = Axe().run(her.page)
        assert found.violations_count == 0, found.generate_report()
    for width in (360, 180):  # 200 % zoom of a small phone
        her.page.set_viewport_size({"width": width, "height": 740})
        assert her.page.evaluate("document.documentElement.scrollWidth") <= width


def test_axe_finds_nothing_before_pairing_in_spanish_with_high_contrast(browser: Browser):
    with phone(browser, code=None, language="es-MX", color_scheme="dark") as her:
        her.open()
        expect(her.page.locator("#pair-head")).to_have_text("Conecte este teléfono a su bomba")
        her.page.emulate_media(contrast="more", reduced_motion="reduce", forced_colors="none")
        found = Axe().run(her.page)
        assert found.violations_count == 0, found.generate_report()


def test_the_large_buttons_are_in_reach_of_a_thumb(her: Phone):
    box = her.button.bounding_box()
    assert box
    assert box["height"] >= 80
    assert box["width"] >= 300
    assert box["y"] > 740 / 2
    for button in her.page.locator("button:visible").all():
        size = button.bounding_box()
        assert size
        assert size["height"] >= 44
