"""The full course of three people on the clinic's pages, from the referral to revision or end."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from cisterna.clinic.bodies.revision import Ending, TherapyEnded
from tests.browser.walk import Walk
from tests.browser.walking import House, house
from tests.browser.walk_refill import refill
from tests.clinic.onward import implanted, titrated
from tests.clinic.people import NURSE, PHYSICIAN, Step, back, palsy, pancreas

from tests.clinic.years import MORPHINE, pain, visit

PUMPS = {
    "NGP000001H": "synchromed-ii-20",
    "NGP000002H": "synchromed-ii-40",
    "NGP000003H": "synchromed-ii-20",
}


@pytest.fixture(scope="module")
def clinic_at_work(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A served clinic with pumps in stock."""
    from tests.clinic.web.conftest import _emptied

    _emptied()
    with house(browser, tmp_path_factory.mktemp("courses"), PUMPS) as found:
        yield found


def test_cancer(clinic_at_work: House):
    her = Walk(clinic_at_work, "Ida Quist", "NGP000003H")
    her.through(pancreas)
    her.through(implanted)
    her.through(titrated)
    refill(her, timedelta(days=60), timedelta(days=50))
    her.do(Step("record-visit", NURSE, visit(her, pain(2))))
    ended = TherapyEnded(Ending.DEATH, "death", "at home, her grandson was with her", MORPHINE, ())
    her.do(Step("end-therapy", PHYSICIAN, ended, timedelta(days=20)))
    assert her.person.place == "therapy-ended"


def test_back(clinic_at_work: House):
    her = Walk(clinic_at_work, "Ada Moss", "NGP000001H")
    her.through(back)
    her.through(implanted)
    her.through(titrated)


def test_palsy(clinic_at_work: House):
    her = Walk(clinic_at_work, "Eva Lind", "NGP000002H")
    her.through(palsy)
    her.through(implanted)
    her.through(titrated)
