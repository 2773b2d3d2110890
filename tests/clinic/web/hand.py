"""Somebody who works by keys alone, and how many she presses."""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page

_HERE = "() => [document.activeElement.name || '', document.activeElement.type || '']"
_MANY = 60


class Hand:
    """Two hands on a keyboard before a page; every key counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, 0

    def press(self, key: str) -> None:
        """One key."""
        self.keys += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """A text, letter by letter; a tab in it goes on to the next part of a date."""
        for number, part in enumerate(text.split("\t")):
            if number:
                self.press("Tab")
            self.keys += len(part)
            self.page.keyboard.type(part)

    def enter(self) -> None:
        """Send the form, and wait for the page that comes."""
        with self.page.expect_navigation():
            self.press("Enter")

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Go from field to field, answer those that are named, and send the form by Enter.

        A truth value is answered Yes by Space and No by an arrow; of several the number counts.
        """
        left = dict(answers)
        for _ in range(_MANY):
            name, kind = self.page.evaluate(_HERE)
            if name in left:
                self._answer(kind, left.pop(name))
            if not left:
                self._send()
                return
            self.press("Tab")
        raise AssertionError(f"not reached by Tab: {sorted(left)}")

    def _answer(self, kind: str, value: Any) -> None:
        if kind != "radio":
            self.type(str(value))
            return
        steps = {True: 0, False: 1}[value] if isinstance(value, bool) else int(value)
        if not steps:
            self.press("Space")
        for _ in range(steps):
            self.press("ArrowDown")

    def _send(self) -> None:
        while self.page.evaluate(_HERE)[1] in ("textarea", "select-one"):
            self.press("Tab")
        self.enter()
