"""The rules and facts as this site has them: what every check of the pages goes by.

The few events of the clinic's own record are read each time, so a value that was confirmed in one
process counts in every other from the next page on; what follows from them is kept.
"""

from functools import lru_cache

from cisterna.clinic import bodies
from cisterna.clinic.course import Person, replay
from cisterna.clinic.formulary import SITE, site_of
from cisterna.clinic.ledger.models import EventRow
from cisterna.facts import Library, Pathway

__all__ = ["bodies", "library", "record", "rules"]


def rules() -> Pathway:
    """The rules of the course with the site's values."""
    return _rules(_texts())


def library() -> Library:
    """The facts with the site's values."""
    return rules().library


def record() -> Person:
    """The clinic's own record."""
    return replay(SITE, _texts())


def _texts() -> tuple[str, ...]:
    found = EventRow.objects.filter(person=SITE).order_by("seq")
    return tuple(found.values_list("text", flat=True))


@lru_cache(maxsize=8)
def _rules(texts: tuple[str, ...]) -> Pathway:
    return Pathway(Library(site_of(replay(SITE, texts))))
