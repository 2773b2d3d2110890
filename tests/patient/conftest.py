"""Fixtures of other rooms: a browser for the way from a phone to a real host, the command line."""

from tests.browser.conftest import browser, chromium
from tests.cli.conftest import cisterna

__all__ = ["browser", "chromium", "cisterna"]
