"""A clinic of its own for each test, as for the pages of the staff, and somebody with a pump."""

from datetime import timedelta

import pytest

from tests.clinic.web.conftest import (  # Django is ready from here on
    NOW,
    clinic,
    invited,
    signed_in,
    template,
    treated,
)

# isort: split
from cisterna.clinic.ledger.record import Record
from cisterna.clinic.web import rows
from tests.clinic.people import Course
from tests.clinic.web.rich import rich

__all__ = ["clinic", "invited", "signed_in", "template", "treated"]


@pytest.fixture
def her(clinic: Record) -> Course:
    """Somebody after a year with her pump, p1."""
    course = Course("p1", NOW - timedelta(days=460))
    rich(course)
    clinic.append(*course.person.events)
    rows.catch_up()
    return course
