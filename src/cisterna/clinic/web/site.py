"""The rules and facts as this site has them: what every check of the pages goes by.

The few events of the clinic's own record are read each time, so a value that was confirmed in one
process counts in every other from the next page on; what follows from them is kept.
"""

from functools import lru_cache

from cisterna.clinic import bodies
from cisterna.clinic.bodies.site import TelephonesGiven
from cisterna.clinic.course import Person, replay
from cisterna.clinic.event import event_text
from cisterna.clinic.formulary import SITE, site_of, telephones_of
from cisterna.clinic.ledger.models import EventRow
from cisterna.facts import Library, Pathway
from cisterna.facts.signing import Signing

_SIGNING = "signing."
__all__ = ["bodies", "for_signer", "library", "record", "rules", "signing", "telephones"]


def rules() -> Pathway:
    """The rules of the course with the site's values."""
    return _rules(texts())


def library() -> Library:
    """The facts with the site's values."""
    return rules().library


def signing() -> Signing:
    """The rules of signing with the site's values."""
    return Signing(library().site)


def record() -> Person:
    """The clinic's own record."""
    return replay(SITE, texts())


def telephones(clinic: str) -> TelephonesGiven:
    """Whom to call about somebody of this clinic."""
    return telephones_of(record(), clinic)


def for_signer() -> tuple[str, ...]:
    """The texts of what the site has said of signing, for the process that holds the key."""
    said = (e for e in record().events if getattr(e.body, "fact", "").startswith(_SIGNING))
    return tuple(event_text(e) for e in said)


def texts() -> tuple[str, ...]:
    """Every event of the clinic's own record."""
    found = EventRow.objects.filter(person=SITE).order_by("seq")
    return tuple(found.values_list("text", flat=True))


@lru_cache(maxsize=8)
def _rules(said: tuple[str, ...]) -> Pathway:
    return Pathway(Library(site_of(replay(SITE, said))))
