"""A page is fit for everybody: nothing for axe, nothing beside the screen, nothing too small.

Colours are the same tokens at every width and layouts the same in every colour, so a page is looked
at narrow and dark, and wide and light. By default axe takes one of the two for each page, always
the same one for its name; `CISTERNA_CAMPAIGN=1` (`make campaign`) takes both. With `CISTERNA_SHOTS`
naming a folder every look is kept there as a picture for somebody to look at.
"""

import os
from pathlib import Path
from typing import Literal
from zlib import crc32

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page

Scheme = Literal["dark", "light"]
NARROW = 320
"""CSS pixels: 1280 at 400 % zoom (WCAG 1.4.10)."""
LOOKS: tuple[tuple[int, Scheme], ...] = ((NARROW, "dark"), (1280, "light"))
PICTURES: tuple[tuple[int, Scheme], ...] = ((360, "light"), (360, "dark"), (1280, "dark"))
SHOTS = os.environ.get("CISTERNA_SHOTS")
ALL = bool(SHOTS or os.environ.get("CISTERNA_CAMPAIGN"))


def fit(page: Page, name: str) -> None:
    """In every look nothing sticks out or is squeezed, and axe finds nothing where it looks."""
    shown = LOOKS if ALL else (LOOKS[crc32(name.encode()) % len(LOOKS)],)
    for width, scheme in (*LOOKS, *(PICTURES if SHOTS else ())):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, width, wide, page.evaluate(_BESIDE, width))
        assert not (thin := page.evaluate(_SQUEEZED)), (name, width, thin)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
        if (width, scheme) in shown:
            nothing_for_axe(page, f"{name} {width} {scheme}")


def follow(link: Locator) -> None:
    """A click that leads to a page, and the page: what is looked at next is not the one before."""
    with link.page.expect_navigation():
        link.click()


_BESIDE = """width => [...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().right > width)
  .map(e => e.outerHTML.slice(0, 120))"""


_SQUEEZED = """() => [...document.querySelectorAll("main p, main li, main dd, main h3")]
  .filter(e => e.offsetParent && e.offsetWidth < 40 && e.offsetHeight > 200)
  .map(e => e.outerHTML.slice(0, 120))"""


def nothing_for_axe(page: Page, name: str) -> None:
    """The page as it stands breaks no rule."""
    found = Axe().run(page).response["violations"]
    told = [(v["id"], [n["target"] for n in v["nodes"]]) for v in found]
    assert not told, (name, told)
