"""What a caregiver may see and do: what the person herself has given, as it now stands.

A caregiver without a right may still say that something is wrong: help is never a matter of rights.
"""

from cisterna.clinic.bodies.delegation import (
    AccessChanged,
    AccessEnded,
    AccessGiven,
    CalendarEnded,
    CalendarShared,
)
from cisterna.clinic.course import Person, Said

RIGHTS = ("plan", "diary", "check-in", "messages", "dose")
"""See the plan, see and write the diary, check in by proxy, write messages, ask for a dose."""


def access(person: Person) -> dict[str, tuple[str, ...]]:
    """Every caregiver who has access now, and to what."""
    found: dict[str, tuple[str, ...]] = {}
    for one in person.events:
        if isinstance(one.body, AccessGiven | AccessChanged):
            found[one.body.who] = one.body.rights
        elif isinstance(one.body, AccessEnded):
            found.pop(one.body.who, None)
    return found


def granted(person: Person, who: str) -> tuple[str, ...]:
    """What this caregiver may do now."""
    return access(person).get(who, ())


def calendar_link(person: Person) -> Said[CalendarShared] | None:
    """The link to her calendar that is in force, if any; it may have run out."""
    shared, ended = person.last(CalendarShared, None), person.last(CalendarEnded, None)
    if shared is None or (ended is not None and _number(ended.id) > _number(shared.id)):
        return None
    return shared


def _number(event_id: str) -> int:
    return int(event_id.rpartition(".")[2])
