"""What a person's page shows, as it leaves the server."""

from datetime import timedelta
from pathlib import Path

import pytest

from cisterna.clinic.event import Role
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows
from tests.clinic.people import Course
from tests.clinic.web.conftest import NOW, SignedIn
from tests.clinic.web.rich import rich


@pytest.fixture
def ada(clinic: Record) -> Course:
    """Ada, a year and more after her referral."""
    course = Course("p1", NOW - timedelta(days=420))
    rich(course)
    clinic.append(*course.person.events)
    rows.catch_up()
    return course


def test_x(ada: Course, signed_in: SignedIn):
    nurse = signed_in(Role.PHARMACIST)
    import time
    for url in ("/people/p1/", "/people/p1/?oral=1", "/emergency/", "/emergency/?drug=baclofen&finding=slow-breathing", "/people/p1/emergency/", "/library/", "/library/?q=morphine", "/library/guidance.refill_lead/", "/people/p1/record.jsonl"):
        t = time.time()
        page = nurse.get(url)
        print(url, page.status_code, len(ada.person.events), time.time() - t)
        Path(f"build/p-{url.replace('/','_')[:30]}.html").write_bytes(page.content)
