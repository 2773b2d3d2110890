"""Show a page in the default browser where somebody can see it; never more than that.

    python -m cisterna.bedside.opening FILE

A machine without a display, or with only a browser for the terminal, is told where the page is.
"""

import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

_OF_TERMINAL = frozenset({"www-browser", "links", "elinks", "lynx", "w3m"})


def open_page(path: Path) -> bool:
    """Hand the page of a file to a browser with windows; whether one took it."""
    return open_address(path.resolve().as_uri())


def open_address(address: str) -> bool:
    """Hand a page to a browser with windows; whether one took it. Never waits, never raises."""
    if not has_display(os.environ, sys.platform):
        return False
    try:
        browser = webbrowser.get()
        if is_of_terminal(browser):
            return False
        return bool(browser.open(address))
    except (webbrowser.Error, OSError):
        return False


def has_display(environment: Mapping[str, str], platform: str) -> bool:
    """Whether windows can be shown to the person who typed the command."""
    if environment.get("CI") or environment.get("SSH_CONNECTION"):
        return False
    if platform in ("darwin", "win32"):
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def is_of_terminal(browser: webbrowser.BaseBrowser) -> bool:
    """Whether a browser would take over the terminal: then it is not started."""
    name = Path(getattr(browser, "name", "")).name
    return name in _OF_TERMINAL or type(browser) is webbrowser.GenericBrowser


def main(path: Path) -> str:
    """What is said about the page."""
    shown = "is open in your browser" if open_page(path) else "waits: open it in a browser"
    return f"{path} {shown}."


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
