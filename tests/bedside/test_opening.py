"""A page is shown where somebody can see it; no browser takes over a terminal or fails a run."""

import webbrowser
from pathlib import Path

import pytest

from cisterna.bedside import opening

PAGE = Path("build/page.html")


class Window(webbrowser.BaseBrowser):
    """A browser that notes what it was asked to open."""

    def __init__(self, name: str = "window") -> None:
        super().__init__(name)
        self.asked: list[str] = []

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        """Note the address."""
        self.asked.append(url)
        return True


@pytest.fixture(autouse=True)
def _a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "SSH_CONNECTION", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("sys.platform", "linux")


def given(monkeypatch: pytest.MonkeyPatch, browser: webbrowser.BaseBrowser) -> None:
    monkeypatch.setattr(webbrowser, "get", lambda: browser)


def test_at_a_desk_the_page_opens(monkeypatch: pytest.MonkeyPatch):
    window = Window()
    given(monkeypatch, window)

    assert opening.main(PAGE) == "build/page.html is open in your browser."
    assert window.asked == [PAGE.resolve().as_uri()]


@pytest.mark.parametrize(
    ("environment", "platform", "shown"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"}, "linux", False),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_only_a_machine_with_a_display_shows_it(
    environment: dict[str, str], platform: str, shown: bool
):
    assert opening.has_display(environment, platform) is shown


@pytest.mark.parametrize(
    "browser",
    [webbrowser.GenericBrowser("anything"), Window("/usr/bin/lynx"), Window("www-browser")],
)
def test_a_browser_of_the_terminal_is_not_started(
    browser: webbrowser.BaseBrowser, monkeypatch: pytest.MonkeyPatch
):
    given(monkeypatch, browser)

    assert opening.main(PAGE) == "build/page.html waits: open it in a browser."


def test_a_machine_without_a_browser_is_no_failure(monkeypatch: pytest.MonkeyPatch):
    def nobody() -> webbrowser.BaseBrowser:
        raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "get", nobody)

    assert opening.open_page(PAGE) is False
