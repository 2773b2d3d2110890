"""How to speak to her, and the link to her dates, as they stand on her record."""

from cisterna.clinic.bodies.planning import Registered
from cisterna.clinic.bodies.reach import CalendarEnded, CalendarShared, LanguageStated
from cisterna.clinic.course import Person, Said


def language_of(person: Person) -> LanguageStated | None:
    """How to speak to her, as it was last stated, by herself or at the registration."""
    for one in reversed(person.events):
        if isinstance(one.body, LanguageStated):
            return one.body
        if isinstance(one.body, Registered):
            return LanguageStated(one.body.language, one.body.interpreter_needed)
    return None


def calendar_link(person: Person) -> Said[CalendarShared] | None:
    """The link to her dates that she has made and not ended; it may have run out."""
    found: Said[CalendarShared] | None = None
    for one in person.events:
        if isinstance(one.body, CalendarShared):
            found = Said(one.body, one.effective, one.actor, one.id)
        elif isinstance(one.body, CalendarEnded):
            found = None
    return found
