"""The full course of three people on the clinic's pages, from the referral to revision or end."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.walk import Walk
from tests.browser.walking import House, house
from tests.clinic.onward import implanted, titrated
from tests.clinic.people import pancreas
from tests.clinic.web.conftest import emptied

PUMPS = {
    "NGP000001H": "synchromed-ii-20",
    "NGP000002H": "synchromed-ii-40",
    "NGP000003H": "synchromed-ii-20",
}


@pytest.fixture(scope="module")
def clinic_at_work(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A served clinic with pumps in stock."""
    emptied()
    with house(browser, tmp_path_factory.mktemp("courses"), PUMPS) as found:
        yield found


def test_cancer(clinic_at_work: House):
    her = Walk(clinic_at_work, "Ida Quist", "NGP000003H")
    her.through(pancreas)
    her.through(implanted)
    her.through(titrated)
