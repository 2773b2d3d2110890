"""A browser for the tests, and pages that may ask nothing of any network."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from cisterna.bedside import bedside
from tests.patient.phone import Handsets, Phone, handsets

Opener = Callable[..., Page]


@pytest.fixture(scope="session")
def file(runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page at the bedside, built once."""
    return bedside(tmp_path_factory.mktemp("page") / "bedside.html", runtime)


@pytest.fixture
def asked() -> list[str]:
    """Every address that a page asked for."""
    return []


@pytest.fixture
def open_html(browser: Browser, tmp_path: Path, asked: list[str]) -> Iterator[Opener]:
    """Open a text as a file, at a width and in a colour scheme."""
    pages: list[Page] = []

    def open_it(html: str, width: int = 1280, scheme: str = "light") -> Page:
        file = tmp_path / f"sheet-{len(pages)}.html"
        file.write_text(html, "utf-8")
        page = browser.new_page(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield open_it
    for page in pages:
        page.close()


@pytest.fixture(scope="module")
def drawer(browser: Browser) -> Iterator[Handsets]:
    """A phone that was paired once."""
    with handsets(browser) as found:
        yield found


@pytest.fixture
def her(drawer: Handsets) -> Iterator[Phone]:
    """A paired phone and a pump that is ready; nothing may be left to complain about."""
    with drawer.fresh() as made:
        yield made
        assert made.complaints == []
