"""A clinic of its own for each test, as for the pages of the staff."""

from tests.clinic.web.conftest import (
    clinic,
    invited,
    signed_in,
    template,
    treated,
)

__all__ = ["clinic", "invited", "signed_in", "template", "treated"]
