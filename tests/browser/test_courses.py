"""The full course of three people on the clinic's pages, from the referral to revision or end.

Each act is done in the browser of whoever does it, in the form that she sees; pump host, signer
and `cisterna serve` are processes of their own. They are a part of `make campaign`; by
themselves:

    pytest -m campaign tests/browser/test_courses.py
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.walk import Walk  # Django is ready from here on

# isort: split
from django.db import connection

from cisterna.clinic.bodies.pumpread import PumpRead
from cisterna.clinic.bodies.revision import Ending, LineSegment, TherapyEnded
from cisterna.clinic.bodies.trouble import Fault
from cisterna.clinic.devices import devices
from cisterna.clinic.refusal import Refused
from cisterna.clinic.revision import check_line
from cisterna.clinic.verify import verify
from cisterna.quantity import Quantity
from tests.browser.walk_refill import refill
from tests.browser.walk_revision import new_catheter, new_pump, recovered
from tests.browser.walk_years import scanned, searched
from tests.browser.walking import House, house
from tests.clinic.onward import implanted, titrated
from tests.clinic.people import NURSE, PHYSICIAN, Planning, Step, back, palsy, pancreas
from tests.clinic.web.conftest import emptied
from tests.clinic.years import BACLOFEN, MORPHINE, pain, tone, visit

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1200)]
PUMPS = {
    "NGP000001H": "synchromed-ii-20",
    "NGP000002H": "synchromed-ii-40",
    "NGP000003H": "synchromed-ii-20",
    "NGP000004H": "synchromed-ii-20",
}


@pytest.fixture(scope="module")
def clinic_at_work(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A served clinic with pumps in stock."""
    emptied()
    with house(browser, tmp_path_factory.mktemp("courses"), PUMPS) as found:
        yield found
        assert found.complaints == []


def maintained(her: Walk, script: Planning, days: int) -> None:
    """From the referral into maintenance, and through one refill."""
    her.through(script)
    her.through(implanted)
    her.through(titrated)
    assert her.person.place == "maintenance"
    refill(her, timedelta(days=days), timedelta(days=50))
    assert her.person.place == "maintenance"


def is_whole(her: Walk, place: str, dose: str) -> None:
    """The record verifies, she stands there, and the pump itself reports what the record says."""
    her.interrogate()
    assert (her.person.place, her.therapy.state, her.therapy.dose) == (place, "runs", dose)
    read = her.person.last(PumpRead, None)
    assert read is not None
    assert (read.body.digest, read.body.stopped) == (her.therapy.digest, False)
    verified()


def verified() -> None:
    """The record is whole."""
    connection.close()
    assert verify(Path(connection.settings_dict["NAME"])).ok


@pytest.mark.pathway("PW-013", "PW-050")
def test_cancer_of_the_pancreas_on_the_fast_track_from_referral_to_death(clinic_at_work: House):
    """No therapist's opinion and no trial: each is waived by two, with its reason."""
    her = Walk(clinic_at_work, "Ida Quist", "NGP000003H")
    maintained(her, pancreas, 30)
    her.do(Step("record-visit", NURSE, visit(her, pain(2))))  # type: ignore[arg-type]
    is_whole(her, "maintenance", "0.36 mg/day")
    ended = TherapyEnded(Ending.DEATH, "death", "at home, her grandson was with her", MORPHINE, ())
    her.do(Step("end-therapy", PHYSICIAN, ended, timedelta(days=20)))
    assert her.person.place == "therapy-ended"
    verified()


def after_revision(her: Walk) -> None:
    """Watched, sent home, and back in maintenance: only the new catheter counts."""
    her.through(recovered)
    check_line(her.person, (LineSegment("ascenda-8780", Quantity.parse("76 cm")),))
    with pytest.raises(Refused):
        check_line(her.person, (LineSegment("ascenda-8780", Quantity.parse("81.4 cm")),))


@pytest.mark.pathway("PW-022", "PW-051", "PW-052", "PW-056")
def test_failed_back_surgery_with_morphine_from_referral_to_another_pump(
    clinic_at_work: House,
):
    her = Walk(clinic_at_work, "Ada Moss", "NGP000001H")
    maintained(her, back, 60)
    her.do(Step("record-visit", NURSE, visit(her, pain(4))))  # type: ignore[arg-type]
    scanned(her, "morphine", "oral morphine at hand")
    new_pump(her, "NGP000004H", "oral morphine, watched")
    her.through(recovered)
    pump, former = devices(her.person).pump, devices(her.person).former
    assert pump is not None
    assert (pump.serial, [p.serial for p in former]) == ("NGP000004H", ["NGP000001H"])  # type: ignore[union-attr]
    is_whole(her, "maintenance", "0.36 mg/day")


@pytest.mark.pathway("PW-012", "PW-056")
def test_cerebral_palsy_with_baclofen_from_referral_to_another_catheter(
    clinic_at_work: House,
):
    her = Walk(clinic_at_work, "Eva Lind", "NGP000002H")
    maintained(her, palsy, 60)
    seen = visit(her, tone("1", "1"), now=BACLOFEN)  # type: ignore[arg-type]
    her.do(Step("record-visit", NURSE, seen))
    cover = "oral baclofen, watched for withdrawal"
    searched(her, Fault.CATHETER, "a gap at the connector", cover)
    new_catheter(her, cover)
    after_revision(her)
    is_whole(her, "maintenance", "112 mcg/day")
