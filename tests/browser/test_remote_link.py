"""The way between remote and pump: lost, late, malicious. What is not signed is not believed."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from cisterna.patient.remote.lines import Lines
from cisterna.pump.certificates import signing_key
from cisterna.pump.fleet import new_code
from cisterna.pump.link.proof import key_id, public_of
from cisterna.pump.link.verbs import Role
from cisterna.pump.programmer import Programmer, knock
from cisterna.pump.serve import control
from tests.patient.hosted import CODE, straight
from tests.patient.phone import (
    AWAY,
    HOUR,
    READY,
    STEADY_MS,
    UNKNOWN,
    WORDS,
    Phone,
    answers_lost,
    cut,
    only,
    phone,
    phone_at,
)
from tests.pump.link.people import PUMP, secret
from tests.pump.served import Served, fleet_of, served

# contact -----------------------------------------------------------------------------------------


def test_without_contact_the_last_state_stands_with_its_age_and_nothing_can_be_asked(her: Phone):
    her.page.clock.install()
    her.pump.way = cut
    her.look()
    her.says(AWAY)
    her.page.clock.fast_forward(26 * 60_000)
    expect(her.page.locator("#fact-contact-value")).to_have_text("26 minutes ago")
    expect(her.page.locator("#last-said")).to_have_text(
        "What the pump said 26 minutes ago: It was ready then."
    )
    her.off()
    her.button.click(force=True)
    expect(her.page.locator("#sure")).to_be_hidden()

    her.pump.way = straight
    her.look()
    her.says(READY)
    assert her.pump.doses() == 0


def test_a_press_while_contact_is_lost_is_not_sent_and_never_sent_later(her: Phone):
    her.button.click()
    her.pump.way = cut
    her.page.wait_for_timeout(STEADY_MS)
    her.page.locator("#yes").click()
    expect(her.outcome).to_have_text(WORDS["en"]["dropped"])
    her.says(AWAY)

    her.pump.way = straight
    her.look()
    her.says(READY)
    her.page.wait_for_timeout(300)
    assert her.pump.doses() == 0


@pytest.mark.requirement("SR-48")
def test_an_unknown_outcome_says_so_and_then_the_pump_tells(her: Phone):
    her.pump.way = only(b"ask_dose", answers_lost, then=cut)
    her.press()
    her.says(UNKNOWN, WORDS["en"]["unknown.more"])
    expect(her.page.locator("#urgent")).to_contain_text("Do not press again")
    her.off()
    her.button.click(force=True)
    expect(her.page.locator("#sure")).to_be_hidden()
    her.page.reload()
    her.says(UNKNOWN)

    her.pump.way = straight
    her.look()
    her.says("Your dose is running")
    assert her.pump.doses() == 1


def test_a_request_that_never_arrived_is_told_as_not_given_and_can_never_be_given(her: Phone):
    held: list[bytes] = []

    def hold(serial: str, frame: bytes, on: Any) -> bytes:
        if b'"ask_dose"' in frame:
            held.append(frame)
            return cut(serial, frame, on)
        return on(serial, frame)  # type: ignore[no-any-return]

    her.pump.way = hold
    her.press()
    her.pump.way = only(b"ask_dose", cut, then=cut)
    her.page.wait_for_timeout(200)
    her.pump.way = straight
    her.look()
    expect(her.outcome).to_have_text(WORDS["en"]["outcome.not-arrived"])
    her.says(READY)
    for frame in held:
        her.pump.deliver(PUMP, frame)
    assert her.pump.doses() == 0


def test_a_pump_that_lost_power_with_the_request_does_not_know_and_says_so(her: Phone):
    her.pump.way = only(b"ask_dose", answers_lost, then=cut)
    her.press()
    her.says(UNKNOWN)
    her.pump.loses_power()
    her.pump.way = straight
    her.look()
    expect(her.page.locator("#alarm-list")).to_contain_text(WORDS["en"]["alarm.unknown-outcome"])
    her.off()


def test_a_slow_answer_is_waited_for_in_words(her: Phone):
    her.page.clock.install()

    def slow(serial: str, frame: bytes, on: Any) -> bytes:
        if b'"ask_dose"' in frame:
            gate.wait(5)
        return on(serial, frame)  # type: ignore[no-any-return]

    gate = threading.Event()
    her.pump.way = slow
    her.press()
    her.says("Asking your pump", WORDS["en"]["asking.more"])
    her.page.clock.fast_forward(3_100)
    her.says("Asking your pump", WORDS["en"]["slow.more"])
    her.off()
    gate.set()
    her.says("Your dose is running")
    assert her.pump.doses() == 1


def test_a_stop_without_an_answer_may_be_pressed_again(her: Phone):
    her.press()
    her.says("Your dose is running")
    her.pump.way = only(b"stop_dose", cut, then=straight)
    her.button.click()
    expect(her.outcome).to_have_text(WORDS["en"]["stop.lost"])
    expect(her.button).to_have_text("Stop this dose")
    expect(her.button).to_have_attribute("aria-disabled", "false")
    her.button.click()
    expect(her.outcome).to_have_text(WORDS["en"]["stopped"])


def test_the_page_works_without_a_network_from_its_worker(browser: Browser):
    with phone(browser) as her:
        her.says(READY)
        her.keeps("seen")  # what the pump said is shown before it is on the disk
        her.page.evaluate("navigator.serviceWorker.ready")  # all files are in its cache
        her.page.context.set_offline(True)
        her.page.reload()
        her.says(AWAY, WORDS["en"]["offline.phone"])
        expect(her.page.locator("#last-said-words")).to_have_text("It was ready then.")
        her.off()
        her.page.locator("#bar .help").click()
        expect(her.page.locator("#clinic-call")).to_have_attribute("href", "tel:+442079460000")
        her.complaints.clear()  # the browser itself tells of frames that could not be sent


def test_no_request_leaves_the_origin(her: Phone):
    her.press()
    her.says("Your dose is running")
    assert {url for url in her.asked if not url.startswith(her.relay.address)} == set()
    assert any("/link/" in url for url in her.asked)
    assert not any(CODE in url for url in her.asked[1:])


# pairing -----------------------------------------------------------------------------------------


def test_a_phone_without_a_pump_shows_how_to_connect_and_how_to_get_help(browser: Browser):
    with phone(browser, code=None) as her:
        her.open()
        expect(her.page.locator("#pair-head")).to_have_text("Connect this phone to your pump")
        expect(her.page.locator("#bar")).to_be_hidden()
        her.page.locator("#pair .help").click()
        expect(her.page.locator("#help-head")).to_be_focused()
        assert her.pump.frames == []


@pytest.mark.requirement("ST-07")
def test_pairing_needs_the_code_and_the_touch_and_works_once(browser: Browser):
    with phone(browser, code=None) as her:
        her.open(f"#serial={PUMP}&code={CODE}")
        told, go = her.page.locator("#pair-told"), her.page.locator("#pair-go")
        go.click()
        expect(told).to_have_text(WORDS["en"]["pair.refused"])
        her.pump.offers("ANOTHER-CODE-ALTOGETHER")
        go.click()
        expect(told).to_have_text(WORDS["en"]["pair.refused"])
        her.page.locator("#pair-code").fill("ANOTHER-CODE- ALTOGETHER ")
        go.click()
        her.says(READY)
        sent = b"".join(her.pump.frames)
        assert b"ALTOGETHER" not in sent
        assert her.page.url == her.relay.address


@pytest.mark.parametrize(
    ("field", "text"), [("serial", "no/pump"), ("code", "short"), ("phone", "x")]
)
def test_a_slip_on_the_pairing_screen_is_named_where_it_is(browser: Browser, field: str, text: str):
    with phone(browser, code=None) as her:
        her.open(f"#serial={PUMP}&code={CODE}")
        her.page.locator(f"#pair-{field}").fill(text)
        her.page.locator("#pair-go").click()
        expect(her.page.locator("#pair-told")).to_have_text(WORDS["en"][f"pair.{field}.wrong"])
        expect(her.page.locator(f"#pair-{field}")).to_be_focused()
        expect(her.page.locator(f"#pair-{field}")).to_have_attribute("aria-invalid", "true")
        assert her.pump.frames == []


@pytest.mark.requirement("A36", "ST-08", "H07")
def test_a_phone_that_was_revoked_can_do_nothing_and_says_whom_to_call(her: Phone):
    her.pump.revokes()
    her.look()
    her.says("The pump does not take this phone", WORDS["en"]["revoked.more"])
    her.off()
    assert her.pump.doses() == 0


def test_forgetting_the_pump_leaves_nothing_on_the_phone(browser: Browser):
    with phone(browser) as her:
        her.page.locator("#bar .help").click()
        her.page.locator("#forget-ask").click()
        her.page.locator("#forget-yes").click()
        expect(her.page.locator("#pair-head")).to_be_visible()
        assert her.page.evaluate(LATE_ANSWER) is False
        assert set(her.page.evaluate(KEPT)) <= {"language"}


LATE_ANSWER = """async () => {
    const store = await import("./store.js");
    await store.nextCounter();
    return store.note({ seen: { heard: 1 } });
}"""

KEPT = """async () => {
    const open = indexedDB.open("cisterna-remote");
    await new Promise((resolve) => { open.onsuccess = resolve; });
    const kept = open.result.transaction("kept").objectStore("kept").getAllKeys();
    await new Promise((resolve) => { kept.onsuccess = resolve; });
    open.result.close();
    return kept.result;
}"""


@pytest.mark.requirement("ST-05", "ST-01")
def test_the_key_cannot_be_taken_out_of_the_browser(her: Phone):
    found = her.page.evaluate(
        """async () => {
            const open = indexedDB.open("cisterna-remote");
            await new Promise((resolve) => { open.onsuccess = resolve; });
            const kept = open.result.transaction("kept").objectStore("kept").get("who");
            await new Promise((resolve) => { kept.onsuccess = resolve; });
            open.result.close();
            const { sign } = kept.result.key;
            const tries = ["pkcs8", "jwk", "raw"].map((form) =>
                crypto.subtle.exportKey(form, sign).then(() => form, () => "refused"));
            return [sign.extractable, sign.usages, await Promise.all(tries)];
        }"""
    )
    assert found == [False, ["sign"], ["refused"] * 3]


# a relay that is malicious ------------------------------------------------------------------------


def bent(content: bytes) -> Iterator[bytes]:
    """A signed answer with something else in one place, and things that are no answer."""
    for path, new in (
        (("body", "response"), {"kind": "accepted", "code": None, "message": "", "content": None}),
        (("body", "at_ms"), 1),
        (("body", "version"), 9),
        (("body", "counter"), 2**52),
        (("body", "pump"), "CIS-0002"),
        (("sig",), "00" * 64),
    ):
        frame = json.loads(content)
        inner = frame["frame"]
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = new
        yield json.dumps(frame, sort_keys=True, separators=(",", ":")).encode()
    yield content + b" "
    yield content[:-1]
    yield b""
    yield b"{}"
    yield b'{"frame":{},"kind":"rejected","v":2}'
    yield b"\xff\xfe"


@pytest.mark.requirement("ST-05", "ST-02", "A22")
def test_a_relay_that_bends_or_invents_answers_is_never_believed(her: Phone):
    lies = list(bent(her.pump.answers[-1]))
    for lie in lies:
        her.pump.way = saying(lie)
        her.look()
        her.says("We cannot trust this answer", WORDS["en"]["forged.more"])
        her.off()
        her.pump.way = straight
        her.look()
        her.says(READY)
    assert her.pump.doses() == 0


def saying(lie: bytes) -> Any:
    """A way on which every command gets this answer."""

    def way(serial: str, frame: bytes, on: Any) -> bytes:
        answer: bytes = on(serial, frame)
        return lie if b'"command"' in frame else answer

    return way


@pytest.mark.requirement("ST-05", "SR-48")
def test_a_relay_cannot_pass_a_dose_off_as_refused_or_as_given(her: Phone):
    old = next(a for a in her.pump.answers if b'"report"' in a)
    for lie in (old, b'{"frame":{},"kind":"rejected","v":1}', *list(bent(old))[:1]):
        her.pump.way = saying(lie)
        her.press()
        her.says(UNKNOWN)
        her.pump.way = straight
        her.look()
        expect(her.head).not_to_have_text(UNKNOWN)
        her.pump.passes(2 * HOUR)
        her.look()
        her.says(READY)
    assert her.pump.given() == 3


@pytest.mark.requirement("ST-03", "A03", "H12", "A20")
def test_a_relay_that_sends_a_press_again_gets_the_old_answer_and_no_dose(her: Phone):
    her.press()
    her.says("Your dose is running")
    [ask] = [f for f in her.pump.frames if b'"ask_dose"' in f]
    first, given = her.pump.deliver(PUMP, ask), her.pump.bench.unit.state.last_dose_ms
    assert b'"accepted"' in first
    for _ in range(20):
        her.pump.passes(HOUR)
        her.pump.deliver(PUMP, ask)
    assert her.pump.given() == 1
    her.pump.loses_power()
    her.pump.deliver(PUMP, ask)
    assert her.pump.bench.unit.state.last_dose_ms == given


@pytest.mark.requirement("ST-05", "SR-49")
def test_a_relay_that_holds_a_press_back_too_long_gives_no_dose(her: Phone):
    def late(serial: str, frame: bytes, on: Any) -> bytes:
        if b'"ask_dose"' in frame:
            her.pump.passes(10_001)
        return on(serial, frame)  # type: ignore[no-any-return]

    her.pump.way = late
    her.press()
    expect(her.outcome).to_contain_text("No dose was given.")
    expect(her.outcome).to_contain_text(WORDS["en"]["why.expired"])
    assert her.pump.given() == 0


@pytest.mark.requirement("ST-05", "ST-06", "A23")
def test_a_relay_that_alters_a_press_or_makes_one_is_rejected_by_the_pump(her: Phone):
    her.press()
    her.says("Your dose is running")
    her.pump.passes(2 * HOUR)
    [ask] = [f for f in her.pump.frames if b'"ask_dose"' in f]
    command = json.loads(ask)
    for key, new in (
        ("counter", 10**6),
        ("id", "00" * 16),
        ("expires_ms", 2**50),
        ("issued_ms", her.pump.bench.now),
        ("verb", "stop"),
        ("role", "programmer"),
        ("pump", "CIS-0002"),
        ("base", 0),
    ):
        other = json.loads(ask)
        other["frame"]["head"][key] = new
        assert other != command
        content = json.dumps(other, sort_keys=True, separators=(",", ":")).encode()
        assert b'"rejected"' in her.pump.deliver(PUMP, content)
    assert b'"rejected"' in her.pump.deliver(PUMP, her.pump.answers[-1])
    assert her.pump.given() == 1


@pytest.mark.requirement("ST-05", "ST-07")
def test_a_relay_between_phone_and_pump_cannot_put_its_own_key_in_at_pairing(browser: Browser):
    mine = secret("relay")

    def middle(serial: str, frame: bytes, on: Any) -> bytes:
        offer = json.loads(frame)
        if offer["kind"] == "pair":
            paired = {"key": key_id(offer["frame"]["public"]), "public": public_of(mine)}
            lie = {"frame": paired | {"proof": "ab" * 32}, "kind": "paired", "v": 1}
            return json.dumps(lie, sort_keys=True, separators=(",", ":")).encode()
        return on(serial, frame)  # type: ignore[no-any-return]

    with phone(browser, code=None) as her:
        her.pump.offers()
        her.pump.way = middle
        her.open(f"#serial={PUMP}&code={CODE}")
        her.page.locator("#pair-go").click()
        expect(her.page.locator("#pair-told")).to_have_text(WORDS["en"]["pair.forged"])
        assert "who" not in her.page.evaluate(KEPT)


def test_javascript_makes_the_very_bytes_of_the_published_vectors(her: Phone):
    made = her.page.evaluate(
        """async ([v, strange]) => {
            const [canonical, proof, frames] = await Promise.all(
                ["canonical", "proof", "frames"].map((name) => import(`./${name}.js`)));
            const command = canonical.parsed(v.command).frame;
            const answer = frames.read(v.answer).frame;
            const code = await proof.codeKey(v.code);
            return {
                signed: new TextDecoder().decode(proof.text("command", command.head)),
                genuine: await proof.genuine(v.public, "command", command.head, command.sig),
                command: frames.written("command", command),
                key: await proof.keyId(v.public),
                answer: await proof.genuine(v.pump_public, "answer", answer.body, answer.sig),
                code,
                pair: frames.written("pair", { role: "remote", public: v.public,
                    proof: await proof.codeProof(code, "pair", [v.pump, "remote", v.public]) }),
                strange: strange.map((text) => canonical.parsed(text) === undefined),
            };
        }""",
        [VECTORS, STRANGE],
    )
    assert made == {
        "signed": VECTORS["signed_text"],
        "genuine": True,
        "command": VECTORS["command"],
        "key": VECTORS["key"],
        "answer": True,
        "code": VECTORS["code_key"],
        "pair": VECTORS["pair"],
        "strange": [True] * len(STRANGE),
    }


STRANGE = [
    '{"b":1,"a":2}',
    '{"a": 1}',
    '{"a":1.0}',
    '{"a":-0}',
    '{"a":1,"a":2}',
    '{"a":9007199254740992}',
    '{"a":"\\u00e9"}',
    '{"A":1}',
    "[",
    "",
]
VECTORS = json.loads(
    (Path(__file__).parents[1] / "pump" / "link" / "vectors.json").read_text("utf-8")
)


# the real host -----------------------------------------------------------------------------------


@pytest.mark.requirement("ST-05", "ST-07")
def test_a_dose_goes_the_whole_way_from_the_phone_through_tls_into_the_pump(
    browser: Browser, tmp_path: Path
):
    with served(fleet_of(tmp_path / "fleet", 1), bounds=None) as host:
        whole_way(browser, host, new_code())


def whole_way(browser: Browser, host: Served, code: str) -> None:
    [serial] = host.fleet.pumps
    station = host.station("programmer-1")
    key = signing_key(station.folder)
    wakes = knock(serial, Role.PROGRAMMER, key_id(public_of(key)), key.sign)
    with station.connect(serial, wakes) as line:
        programmer = Programmer.at(station, line)
        programmer.begin_pairing(Role.REMOTE, code)
        control(host.fleet, do="touch", serial=serial)
        lines = Lines(host.station("relay"))
        with phone_at(browser, lines.exchange) as her:
            her.open()
            her.page.locator("#pair-serial").fill(serial)
            her.page.locator("#pair-code").fill(code.lower().replace("-", " "))
            her.page.locator("#pair-go").click()
            her.says("You can ask for a dose")
            expect(her.page.locator("#what")).to_contain_text("over 10 minutes")
            her.press()
            her.says("Your dose is running")
            assert programmer.read()["dose"]["running"]["kind"] == "patient"
            her.button.click()
            expect(her.outcome).to_contain_text("The dose is stopped.")
            assert programmer.read()["dose"]["running"] is None
            assert her.complaints == []
        lines.close()
