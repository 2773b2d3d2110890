"""The emergency reader's drill: a card off the printer, read by somebody whom nobody here knows."""

import os
from base64 import b64encode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Browser, Locator, Page
from pypdf import PdfReader

from tests.browser.test_portal import (  # Django is ready from here on
    address,
    fit,
    of_her,
)
from tests.clinic.web.conftest import SignedIn
from tests.clinic.web.served import HOST, signed_in_browser
from tests.patient.web.conftest import clinic, her, invited, signed_in, template, treated

# isort: split
from cisterna.clinic.event import Role
from tests.variants import variants

__all__ = ["address", "clinic", "her", "invited", "signed_in", "template", "treated"]

SHOTS = os.environ.get("CISTERNA_SHOTS")
MM = 96 / 25.4
"""CSS pixels in a millimetre."""
WIDE, HIGH = 85.6 * MM, 54 * MM
"""A side of the wallet card, as large as a bank card."""
PHONE = (360, 780)
"""1080 x 2340 dots of a phone that has three dots to a CSS pixel."""
BACK = {
    "en": ("IN AN EMERGENCY", "must not run dry", "Too much: very sleepy", "Too little: pain"),
    "es": ("EN UNA EMERGENCIA", "no debe quedar vacía", "Demasiado: mucho", "Muy poco: dolor"),
}
FRONT = {"en": "morphine 2 mg/mL, 0.54 mg/day", "es": "morfina 2 mg/mL, 0.54 mg/día"}
_GREY = """async png => {
  const shot = new Image(); shot.src = `data:image/png;base64,${png}`; await shot.decode();
  const sheet = new OffscreenCanvas(shot.width, shot.height).getContext("2d");
  sheet.drawImage(shot, 0, 0);
  const dots = sheet.getImageData(0, 0, shot.width, shot.height).data;
  return [shot.height, shot.width, [...dots].filter((_, i) => i % 4 == 1)]; }"""


def card_made(page: Page, address: str) -> Locator:
    """She makes her card with the button; the card as it stands on the page."""
    page.goto(f"{address}/my/card/")
    page.locator("main form.send button").first.click()
    page.locator(".wallet svg.qr").wait_for()
    return page.locator(".wallet")


def kept(name: str, png: bytes) -> bytes:
    """The picture, kept to be looked at where one is asked for."""
    if SHOTS:
        (Path(SHOTS) / f"{name}.png").write_bytes(png)
    return png


def codes_in(browser: Browser, png: bytes) -> list[str]:
    """What a reader of codes finds in a picture."""
    bench = browser.new_page()
    height, width, grey = bench.evaluate(_GREY, b64encode(png).decode())
    bench.close()
    picture = np.array(grey, dtype=np.uint8).reshape(height, width)
    return [found.text for found in zxingcpp.read_barcodes(picture)]


@pytest.mark.parametrize("language", variants(["en", "es"], ["en"]))
def test_a_printed_card_says_the_essentials_and_its_code_opens_what_to_do(
    language: str,
    browser: Browser,
    address: str,
    signed_in: SignedIn,
):
    with of_her(browser, address, signed_in, language) as page:
        wallet = card_made(page, address)
        paper = PdfReader(BytesIO(page.pdf(format="A4")))
        page.emulate_media(media="print", color_scheme="light")
        png = kept(f"wallet-print-{language}", wallet.screenshot())
    assert len(paper.pages) == 1
    text = " ".join(paper.pages[0].extract_text().split())
    for words in ("Ada Moss", FRONT[language], *BACK[language]):
        assert words in text
    (code,) = codes_in(browser, png)
    assert code.startswith(f"https://{HOST}/card/")
    stranger = browser.new_context(locale=language).new_page()
    stranger.goto(code.replace(f"https://{HOST}", address))
    assert "Ada Moss" in stranger.locator("h1").inner_text()
    stranger.locator("details").first.locator("summary").click()
    assert {"en": "Naloxone 0.4", "es": "Naloxona 0.4"}[language] in stranger.inner_text("main")
    fit(stranger, f"card-read-{language}")
    stranger.context.close()


@pytest.mark.parametrize("language", ["en", "es"])
def test_both_sides_of_the_printed_card_are_as_large_as_a_bank_card_and_lose_nothing(
    language: str,
    browser: Browser,
    address: str,
    signed_in: SignedIn,
):
    with of_her(browser, address, signed_in, language) as page:
        wallet = card_made(page, address)
        page.emulate_media(media="print")
        sides = wallet.locator(".side").all()
        assert len(sides) == 2
        for side in sides:
            box = side.bounding_box()
            assert box is not None
            assert (box["width"], box["height"]) == pytest.approx((WIDE, HIGH), abs=1)
            assert side.evaluate("e => e.scrollHeight - e.clientHeight") <= 0


@pytest.mark.parametrize("language", variants(["en", "es"], ["en"]))
def test_the_card_for_the_phone_fits_one_screen_and_its_code_is_read_from_it(
    language: str,
    browser: Browser,
    address: str,
    signed_in: SignedIn,
):
    with of_her(browser, address, signed_in, language) as page:
        card_made(page, address)
        page.goto(f"{address}/my/card/phone/")
        fit(page, f"card-phone-{language}")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.emulate_media(color_scheme="light")
        png = kept(f"card-lock-{language}", page.screenshot())
        last = page.locator("main p.small").bounding_box()
        assert last is not None
        assert last["y"] + last["height"] <= PHONE[1]
    (code,) = codes_in(browser, png)
    assert code.startswith(f"https://{HOST}/card/")


@pytest.mark.parametrize("language", variants(["en", "es"], ["en"]))
def test_her_page_of_the_card_is_fit_for_everybody(
    language: str,
    browser: Browser,
    address: str,
    signed_in: SignedIn,
):
    with of_her(browser, address, signed_in, language) as page:
        page.goto(f"{address}/my/card/")
        fit(page, f"card-none-{language}")
        card_made(page, address)
        fit(page, f"card-{language}")


def test_the_team_s_page_of_the_card_has_a_code_that_is_read(
    browser: Browser,
    address: str,
    signed_in: SignedIn,
):
    context = signed_in_browser(browser, address, signed_in(Role.NURSE))
    page = context.new_page()
    page.goto(f"{address}/people/p1/card/")
    page.locator("main form.send button").first.click()
    png = kept("card-team", page.locator(".wallet").screenshot())
    context.close()
    (code,) = codes_in(browser, png)
    assert code.startswith(f"https://{HOST}/card/")
